//! The viewers: everyone who reads the stream of events, in a thread for each core that holds nothing of them but their sockets.
//!
//! A frame is rendered once and written to each socket in turn, without a task, a queue or a buffer for each. What a socket
//! does not take at once is written when it does; one that takes nothing for [`STALLED`] is let go.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use spotlight_common::clock::Clock;
use tokio::sync::OwnedSemaphorePermit;

use crate::http::bodies::Ready;
use crate::http::connections::STALLED;
use crate::http::events::Seated;
use crate::http::forms::{GZIP_HEAD, gzip_piece};

/// A sign of life this often keeps proxies from closing the stream, and tells a page that it is still connected.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often those are looked at that have been silent, and those that did not take all at once.
const LOOK: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// What the system keeps for a reader that is slow, in bytes; not the megabytes that it would.
const SEND_BUFFER: usize = 64 * 1024;
/// Most threads; the system's part of a write is most of it, and is done on the writer's core.
const MOST_HALLS: usize = 4;

enum Told {
    Came(Box<Viewer>),
    State(Arc<Ready>),
    End,
}

/// Where the threads are spoken to; cheap to clone.
#[derive(Clone)]
pub struct Audience {
    halls: Arc<[Sender<Told>]>,
    seated: Arc<AtomicUsize>,
}

impl Audience {
    /// Starts the threads, which end with [`Audience::end`], or when nobody can speak to them any more.
    pub fn open(clock: &Clock) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let halls = (0..cores.min(MOST_HALLS)).map(|_| Hall::open(clock.clone()));
        Ok(Self {
            halls: halls.collect::<io::Result<_>>()?,
            seated: Arc::default(),
        })
    }

    /// Takes over a connection, whose answer's head is written.
    pub fn seat(
        &self,
        stream: TcpStream,
        seated: Seated,
        connection: Option<OwnedSemaphorePermit>,
    ) {
        // What a socket does not grant costs memory, not correctness.
        let _ = socket2::SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER);
        let viewer = Viewer {
            stream,
            in_gzip: seated.in_gzip,
            rest: Bytes::new(),
            seen: seated.first,
            written: Instant::now(),
            _permits: (seated.permit, connection),
        };
        let turn = self.seated.fetch_add(1, Ordering::Relaxed);
        // Once its thread has ended nobody is seated.
        let _ = self.halls[turn % self.halls.len()].send(Told::Came(Box::new(viewer)));
    }

    /// What is to be seen now.
    pub fn tell(&self, ready: &Arc<Ready>) {
        for hall in self.halls.iter() {
            let _ = hall.send(Told::State(ready.clone()));
        }
    }

    /// Lets everyone go.
    pub fn end(&self) {
        for hall in self.halls.iter() {
            let _ = hall.send(Told::End);
        }
    }
}

/// One reader.
struct Viewer {
    /// Never waits.
    stream: TcpStream,
    in_gzip: bool,
    /// Of what was begun, what it has not taken.
    rest: Bytes,
    /// The state that it was sent last, or is being sent.
    seen: Arc<Ready>,
    /// When it last took a byte.
    written: Instant,
    _permits: (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>),
}

impl Viewer {
    /// Writes what it takes of `rest`; an error where it is gone.
    fn write(&mut self, now: Instant) -> io::Result<()> {
        while !self.rest.is_empty() {
            match self.stream.write(&self.rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.rest = self.rest.slice(taken..);
                    self.written = now;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => (),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return match now.saturating_duration_since(self.written) < STALLED {
                        true => Ok(()),
                        false => Err(ErrorKind::TimedOut.into()),
                    };
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Of two that say the same, the one that it reads.
    fn form<'a, T: ?Sized>(&self, plain: &'a T, gzip: &'a T) -> &'a T {
        match self.in_gzip {
            true => gzip,
            false => plain,
        }
    }

    /// Whether the other side has closed. What a reader sends after its request is not read.
    fn is_gone(&mut self) -> bool {
        let mut bytes = [0; 64];
        match self.stream.read(&mut bytes) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }

    /// Sends the state, if it has not seen it and has taken all that came before.
    fn show(&mut self, state: &Arc<Ready>, now: Instant) -> io::Result<()> {
        if self.rest.is_empty() && self.seen.tag != state.tag {
            self.seen = state.clone();
            self.rest = self.form(&state.plain, &state.gzip).clone();
        }
        self.write(now)
    }
}

/// Readers of one thread, and what they are shown.
struct Hall {
    clock: Clock,
    viewers: Vec<Viewer>,
    state: Option<Arc<Ready>>,
}

impl Hall {
    /// Starts the thread.
    fn open(clock: Clock) -> io::Result<Sender<Told>> {
        let (teller, told) = channel();
        let hall = Self {
            clock,
            viewers: Vec::new(),
            state: None,
        };
        std::thread::Builder::new()
            .name("viewers".into())
            .spawn(move || hall.run(&told))?;
        Ok(teller)
    }

    fn run(mut self, told: &Receiver<Told>) {
        let mut look = Instant::now() + LOOK;
        loop {
            let wait = look.saturating_duration_since(Instant::now());
            match told.recv_timeout(wait) {
                Ok(Told::Came(viewer)) => self.welcome(*viewer),
                Ok(Told::State(ready)) => {
                    self.state = Some(ready);
                    let are_behind = self.show();
                    look = look.min(Instant::now() + pause(are_behind));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let are_behind = self.show();
                    self.heartbeat();
                    look = Instant::now() + pause(are_behind);
                }
                Ok(Told::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn welcome(&mut self, mut viewer: Viewer) {
        let now = self.clock.now();
        let seen = &viewer.seen;
        let head: &[u8] = viewer.form(&[], &GZIP_HEAD);
        let mut first = [head, viewer.form(&seen.plain, &seen.gzip)].concat();
        // A kept frame of an earlier second says that second: the time now comes right after it.
        if now.duration_since(seen.made_at) >= SignedDuration::from_secs(1) {
            let [plain, gzip] = alive(now);
            first.extend_from_slice(viewer.form(&plain, &gzip));
        }
        viewer.rest = first.into();
        let newer = self
            .state
            .as_ref()
            .filter(|state| state.made_at > viewer.seen.made_at);
        let at = Instant::now();
        let mut shown = viewer.write(at);
        if let (Ok(()), Some(state)) = (&shown, newer) {
            shown = viewer.show(state, at);
        }
        if shown.is_ok() {
            self.viewers.push(viewer);
        }
    }

    /// Sends the state to whoever has not seen it; says whether somebody did not take all.
    fn show(&mut self) -> bool {
        let Some(state) = &self.state else {
            return false;
        };
        let now = Instant::now();
        let mut are_behind = false;
        self.viewers.retain_mut(|viewer| {
            let shown = viewer.show(state, now);
            are_behind |= !viewer.rest.is_empty();
            shown.is_ok()
        });
        are_behind
    }

    /// Sends the time to whoever was sent nothing for long, and forgets who has left.
    fn heartbeat(&mut self) {
        let now = Instant::now();
        let mut alive_now = None;
        self.viewers.retain_mut(|viewer| {
            if !viewer.rest.is_empty() || now.saturating_duration_since(viewer.written) < HEARTBEAT
            {
                return true;
            }
            if viewer.is_gone() {
                return false;
            }
            let [plain, gzip] = alive_now.get_or_insert_with(|| alive(self.clock.now()));
            viewer.rest = viewer.form(plain, gzip).clone();
            viewer.write(now).is_ok()
        });
    }
}

fn pause(are_behind: bool) -> Duration {
    match are_behind {
        true => LOOK_AGAIN,
        false => LOOK,
    }
}

/// A comment for proxies, and the hub's time for pages, whose scripts never see a comment; plain and in gzip.
fn alive(now: Timestamp) -> [Bytes; 2] {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    let frame = format!(":\nevent: alive\ndata: {now}\n\n");
    let gzip = gzip_piece(frame.as_bytes());
    [frame.into(), gzip]
}

#[cfg(test)]
mod tests;
