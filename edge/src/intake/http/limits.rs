//! What the listener allows: times, sizes, numbers, and the rates of requests.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Connections at once. While there are as many, more wait unaccepted.
pub const CONNECTIONS: usize = 256;

/// Connections of one peer at once; loopback and the configured proxy are everybody and have no limit of their own.
pub const CONNECTIONS_PER_PEER: usize = 32;

/// A request's head must be whole after this time; a kept connection that is idle closes after it too.
pub const HEAD_TIME: Duration = Duration::from_secs(10);

/// A request's body must be whole after this time.
pub const BODY_TIME: Duration = Duration::from_secs(20);

/// The size of a request's head.
pub const HEAD: usize = 16 * 1024;

/// Headers of a request.
pub const HEADERS: usize = 64;

/// The size of a body where the hook asks for no more: a form or JSON without media in it.
pub const BODY: usize = 1024 * 1024;

/// The size of a body that carries media as base64: carriers cut an MMS at 0.3 to 3 MB.
pub const BODY_WITH_MEDIA: usize = 6 * 1024 * 1024;

/// Bytes of bodies in RAM at once, of all requests together. Bodies are held before their signature can be checked.
pub const BODIES: usize = 32 * 1024 * 1024;

/// After the shutdown, what is under way may take so long.
pub const CLOSE_TIME: Duration = Duration::from_secs(3);

/// Peers that are told apart at once; more share one allowance.
const PEERS: usize = 4096;

/// The rates of requests, by peer and in all. A bucket holds one second's worth.
pub struct Rates {
    per_peer: f64,
    state: Mutex<RateState>,
    in_all: f64,
}

struct RateState {
    peers: HashMap<Peer, Bucket>,
    others: Bucket,
    all: Bucket,
}

/// Whom a limit counts: an IPv4 address, or the /64 that one IPv6 subscriber has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(u64);

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u64::from(v4.to_bits())),
            // The upper half of a global IPv6 address is never below 2^32.
            IpAddr::V6(v6) => Self((v6.to_bits() >> 64) as u64),
        }
    }
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, rate: f64, now: Instant) {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + seconds * rate).min(rate);
        self.at = now;
    }
}

impl Rates {
    /// Requests a second, at least one each.
    pub fn new(per_peer: u32, in_all: u32, now: Instant) -> Self {
        let (per_peer, in_all) = (f64::from(per_peer.max(1)), f64::from(in_all.max(1)));
        let state = RateState {
            peers: HashMap::new(),
            others: Bucket {
                tokens: per_peer,
                at: now,
            },
            all: Bucket {
                tokens: in_all,
                at: now,
            },
        };
        Self {
            per_peer,
            in_all,
            state: Mutex::new(state),
        }
    }

    /// Whether a peer's request is within the rates. One that is not uses nothing up.
    pub fn admit(&self, peer: Peer, now: Instant) -> bool {
        let mut state = lock(&self.state);
        let state = &mut *state;
        state.all.refill(self.in_all, now);
        if state.peers.len() >= PEERS && !state.peers.contains_key(&peer) {
            // A peer whose second is over is as good as unknown.
            let old = Duration::from_secs(1);
            state
                .peers
                .retain(|_, bucket| now.saturating_duration_since(bucket.at) < old);
        }
        let full = Bucket {
            tokens: self.per_peer,
            at: now,
        };
        let bucket = if state.peers.len() < PEERS || state.peers.contains_key(&peer) {
            state.peers.entry(peer).or_insert(full)
        } else {
            &mut state.others
        };
        bucket.refill(self.per_peer, now);
        if bucket.tokens < 1.0 || state.all.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        state.all.tokens -= 1.0;
        true
    }
}

/// Counts the connections of each peer.
#[derive(Default)]
pub struct Connections(Mutex<HashMap<Peer, usize>>);

/// One connection; its place is free again when this goes.
pub struct Place {
    connections: Arc<Connections>,
    peer: Peer,
}

impl Connections {
    /// A place for one more connection of a peer, if it has not too many.
    pub fn place(self: &Arc<Self>, peer: Peer) -> Option<Place> {
        let mut open = lock(&self.0);
        let count = open.entry(peer).or_default();
        if *count >= CONNECTIONS_PER_PEER {
            return None;
        }
        *count += 1;
        Some(Place {
            connections: self.clone(),
            peer,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = lock(&self.connections.0);
        if let Some(count) = open.get_mut(&self.peer) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.peer);
            }
        }
    }
}

/// The bytes of all bodies that are held.
#[derive(Default)]
pub struct Held(AtomicUsize);

/// The bytes of one body; they are free again when this goes.
pub struct Share {
    held: Arc<Held>,
    bytes: usize,
}

impl Held {
    /// A share that holds nothing yet.
    pub fn share(self: &Arc<Self>) -> Share {
        Share {
            held: self.clone(),
            bytes: 0,
        }
    }
}

impl Share {
    /// Whether so many bytes more can be held.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let before = self.held.0.fetch_add(bytes, Ordering::Relaxed);
        if before + bytes > BODIES {
            self.held.0.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.bytes += bytes;
        true
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(n: u32) -> Peer {
        Peer::from(IpAddr::from(n.to_be_bytes()))
    }

    fn admitted(rates: &Rates, peer: Peer, times: usize, now: Instant) -> usize {
        (0..times).filter(|_| rates.admit(peer, now)).count()
    }

    #[test]
    fn a_peer_has_its_rate_and_all_have_theirs() {
        let start = Instant::now();
        let rates = Rates::new(5, 8, start);
        assert_eq!(admitted(&rates, peer(1), 20, start), 5);
        assert_eq!(admitted(&rates, peer(2), 20, start), 3);
        let half = start + Duration::from_millis(500);
        assert_eq!(admitted(&rates, peer(1), 20, half), 2);
        let later = start + Duration::from_secs(60);
        assert_eq!(admitted(&rates, peer(1), 20, later), 5);
    }

    #[test]
    fn peers_cost_bounded_memory() {
        let start = Instant::now();
        let rates = Rates::new(2, 1_000_000, start);
        for n in 0..PEERS as u32 {
            assert!(rates.admit(peer(n), start));
        }
        let strangers = (0..100).filter(|n| rates.admit(peer(1_000_000 + n), start));
        assert_eq!(strangers.count(), 2, "they share one allowance");
        assert_eq!(lock(&rates.state).peers.len(), PEERS);
        let later = start + Duration::from_secs(2);
        assert!(rates.admit(peer(1_000_000), later));
        assert_eq!(lock(&rates.state).peers.len(), 1);
    }

    #[test]
    fn one_subscriber_of_ipv6_is_one_peer() {
        let peer = |text: &str| Peer::from(text.parse::<IpAddr>().expect("an address"));
        assert_eq!(peer("2001:db8:1:2::3"), peer("2001:db8:1:2:ffff::4"));
        assert_ne!(peer("2001:db8:1:2::3"), peer("2001:db8:1:3::3"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
    }

    #[test]
    fn connections_and_bytes_come_free_again() {
        let connections = Arc::<Connections>::default();
        let places: Vec<_> = (0..CONNECTIONS_PER_PEER)
            .map(|_| connections.place(peer(1)).expect("there is room"))
            .collect();
        assert!(connections.place(peer(1)).is_none());
        assert!(connections.place(peer(2)).is_some());
        drop(places);
        assert!(lock(&connections.0).is_empty());

        let held = Arc::<Held>::default();
        let mut first = held.share();
        assert!(first.grow(BODIES));
        assert!(!held.share().grow(1));
        drop(first);
        assert!(held.share().grow(BODIES));
        assert_eq!(held.0.load(Ordering::Relaxed), 0);
    }
}
