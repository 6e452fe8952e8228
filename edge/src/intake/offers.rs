//! What providers offer: each message once, however often its webhook or a listing names it.
//!
//! A provider's id is kept as 64 bits of a keyed hash, in RAM, until there are [`MAX_KNOWN`]. What the outbox knows of an
//! earlier run counts as done.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use tokio::sync::watch;

use super::{Inbox, Origin};

/// Messages that are known at once; beyond it the oldest that are done are forgotten.
const MAX_KNOWN: usize = 100_000;

/// The messages that an intake of a provider knows.
#[derive(Debug)]
pub struct Offers {
    inbox: Inbox,
    key: [u8; 32],
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    known: HashMap<u64, Offer>,
    items: HashMap<u64, (u64, Origin)>,
    before: HashSet<Origin>,
    next_item: u64,
}

#[derive(Debug)]
enum Offer {
    UnderWay(watch::Sender<bool>),
    Done(Instant),
}

/// What is known of an offered message.
#[derive(Debug)]
pub enum Begun {
    /// It is new: hand it to the pipeline under this number and origin.
    New(u64, Origin, Waiter),
    /// The pipeline has it.
    UnderWay(Waiter),
    /// It is done already, now or in an earlier run; at most its removal is open.
    Done(Origin),
}

/// Waits for the end of a message.
#[derive(Debug)]
pub struct Waiter(watch::Receiver<bool>);

impl Waiter {
    /// Whether it was done; not so if the pipeline gave it up, as at a shutdown.
    pub async fn wait(mut self) -> bool {
        self.0.wait_for(|done| *done).await.is_ok()
    }
}

impl Offers {
    /// `before` is what the outbox knows of this inbox; `key` is the node's own.
    pub fn new(inbox: Inbox, key: [u8; 32], before: impl IntoIterator<Item = Origin>) -> Self {
        let state = State {
            before: before.into_iter().collect(),
            ..State::default()
        };
        Self {
            inbox,
            key,
            state: Mutex::new(state),
        }
    }

    /// The origin of a provider's id.
    pub fn origin(&self, id: &[u8]) -> Origin {
        Origin::new(self.inbox, &self.key, id)
    }

    /// Offers a message by its provider's id.
    pub fn begin(&self, id: &[u8]) -> Begun {
        let (name, origin) = (self.name(id), self.origin(id));
        let mut state = self.state();
        match state.known.get(&name) {
            Some(Offer::UnderWay(sender)) => return Begun::UnderWay(Waiter(sender.subscribe())),
            Some(Offer::Done(_)) => return Begun::Done(origin),
            None if state.before.contains(&origin) => return Begun::Done(origin),
            None => {}
        }
        state.make_room();
        state.next_item += 1;
        let item = state.next_item;
        let (sender, receiver) = watch::channel(false);
        state.known.insert(name, Offer::UnderWay(sender));
        state.items.insert(item, (name, origin));
        Begun::New(item, origin, Waiter(receiver))
    }

    /// The message is done; whoever waits for it is told. Returns its origin.
    pub fn end(&self, item: u64) -> Option<Origin> {
        let mut state = self.state();
        let (name, origin) = state.items.remove(&item)?;
        if let Some(Offer::UnderWay(sender)) = state.known.insert(name, Offer::Done(Instant::now()))
        {
            sender.send_replace(true);
        }
        Some(origin)
    }

    /// The message was not taken (the pipeline is closing, its photos could not be had yet): it may be offered again.
    pub fn give_up(&self, item: u64) {
        let mut state = self.state();
        if let Some((name, _)) = state.items.remove(&item) {
            state.known.remove(&name);
        }
    }

    fn name(&self, id: &[u8]) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"offer");
        hasher.update(id);
        let mut hash = [0; 8];
        hasher.finalize_xof().fill(&mut hash);
        u64::from_le_bytes(hash)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn make_room(&mut self) {
        if self.known.len() < MAX_KNOWN {
            return;
        }
        let mut done: Vec<Instant> = self.known.values().filter_map(Offer::done_at).collect();
        done.sort_unstable();
        let half = done.get(done.len() / 2).copied();
        self.known.retain(|_, offer| {
            let at = offer.done_at();
            at.is_none_or(|at| half.is_none_or(|half| at > half))
        });
    }
}

impl Offer {
    fn done_at(&self) -> Option<Instant> {
        match self {
            Self::UnderWay(_) => None,
            Self::Done(at) => Some(*at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(before: &[&[u8]]) -> Offers {
        let fresh = Offers::new(Inbox::Twilio, [7; 32], []);
        let before: Vec<_> = before.iter().map(|id| fresh.origin(id)).collect();
        Offers::new(Inbox::Twilio, [7; 32], before)
    }

    #[tokio::test]
    async fn a_message_is_new_once_and_all_who_wait_hear_its_end() {
        let offers = offers(&[]);
        let Begun::New(item, origin, first) = offers.begin(b"SM1") else {
            panic!("new")
        };
        let Begun::UnderWay(second) = offers.begin(b"SM1") else {
            panic!("under way")
        };
        assert_eq!(offers.end(item), Some(origin));
        assert!(first.wait().await && second.wait().await);
        assert!(matches!(offers.begin(b"SM1"), Begun::Done(_)));
        assert_eq!(offers.end(item), None);
    }

    #[tokio::test]
    async fn one_that_was_given_up_may_come_again() {
        let offers = offers(&[]);
        let Begun::New(item, _, waiter) = offers.begin(b"SM1") else {
            panic!("new")
        };
        offers.give_up(item);
        assert!(!waiter.wait().await);
        assert!(matches!(offers.begin(b"SM1"), Begun::New(..)));
    }

    #[test]
    fn what_an_earlier_run_committed_is_done() {
        let offers = offers(&[b"SM1"]);
        assert!(
            matches!(offers.begin(b"SM1"), Begun::Done(origin) if origin == offers.origin(b"SM1"))
        );
        assert!(matches!(offers.begin(b"SM2"), Begun::New(..)));
    }
}
