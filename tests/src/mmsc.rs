//! A carrier's MMSC behind its HTTP proxy, both on loopback: it hands messages over, fails as a test says, and keeps what it was
//! told.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

use crate::mms;
use crate::server::{Asked, Pace, Says, read, send};

/// The MMSC's host, which the proxy alone knows.
const HOST: &str = "mmsc.test";

/// Its answer to a message's fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A status and nothing else.
    Status(u16),
    /// A redirect to elsewhere.
    Redirect,
    /// A web page, with status 200.
    Page,
    /// Something that is no message, by its type one.
    Nonsense,
    /// Half of the message; then the connection ends.
    Cut,
    /// The message, an octet now and then.
    Slow,
    /// X-Mms-Retrieve-Status, with status 200.
    Refused(u8),
    /// More octets than any carrier's message has.
    TooLarge,
    /// The connection is reset.
    Reset,
}

struct Message {
    bytes: Vec<u8>,
    /// What comes before the message is handed over.
    troubles: Vec<Trouble>,
    /// Whether the last trouble stays.
    for_good: bool,
    fetched: usize,
}

#[derive(Default)]
struct State {
    messages: BTreeMap<String, Message>,
    told: Vec<(String, &'static str)>,
    /// Requests that no phone would make.
    odd: Vec<String>,
}

/// The two servers, in one; they stop when this goes.
pub struct Mmsc {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Mmsc {
    /// Starts them.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (state, stop) = (Arc::<Mutex<State>>::default(), Arc::<AtomicBool>::default());
        let (seen, stopped) = (state.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let seen = seen.clone();
                std::thread::spawn(move || serve(stream, &seen));
            }
        });
        Self {
            address,
            state,
            stop,
            thread: Some(thread),
        }
    }

    /// The settings that lead there, as carriers write addresses.
    pub fn settings(&self) -> String {
        format!(
            "mmsc = \"http://{HOST}/mms\"\nproxy = \"127.000.000.001:{}\"\ninterface = \"lo\"\n",
            self.address.port()
        )
    }

    /// Where a message lies.
    pub fn url(&self, name: &str) -> String {
        format!("http://{HOST}/m/{name}")
    }

    /// Keeps a message. It is handed over after the troubles; or never, if the last of them is for good.
    pub fn put(&self, name: &str, bytes: Vec<u8>, troubles: &[Trouble], for_good: bool) {
        let message = Message {
            bytes,
            troubles: troubles.to_vec(),
            for_good,
            fetched: 0,
        };
        lock(&self.state).messages.insert(self.url(name), message);
    }

    /// What it was told of a transaction.
    pub fn told(&self, transaction: &str) -> Vec<&'static str> {
        let state = lock(&self.state);
        let told = state.told.iter().filter(|(id, _)| id == transaction);
        told.map(|(_, told)| *told).collect()
    }

    /// How often a message was asked for.
    pub fn fetched(&self, name: &str) -> usize {
        let state = lock(&self.state);
        let message = state.messages.get(&self.url(name));
        message.map_or(0, |message| message.fetched)
    }

    /// Requests that no phone would make.
    pub fn odd(&self) -> Vec<String> {
        lock(&self.state).odd.clone()
    }
}

impl Drop for Mmsc {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The connection ends the wait for one.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no test panics in it")
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    let mut first = [0; 256];
    let Ok(count) = stream.peek(&mut first) else {
        return;
    };
    let line = String::from_utf8_lossy(&first[..count]).into_owned();
    let url = line.split(' ').nth(1).unwrap_or_default();
    if next_trouble(state, url) == Some(Trouble::Reset) {
        count_fetch(state, url);
        // What was not read makes it a reset.
        drop(stream);
        return;
    }
    let Some((mut stream, asked)) = read(stream) else {
        return;
    };
    let says = answer(state, &asked);
    let _ = send(&mut stream, &says);
}

/// What stands between a phone and its message now.
fn next_trouble(state: &Mutex<State>, url: &str) -> Option<Trouble> {
    lock(state).messages.get(url)?.troubles.first().copied()
}

fn count_fetch(state: &Mutex<State>, url: &str) -> Option<(Vec<u8>, Option<Trouble>)> {
    let mut state = lock(state);
    let message = state.messages.get_mut(url)?;
    message.fetched += 1;
    let trouble = match message.troubles.as_slice() {
        [last] if message.for_good => Some(*last),
        [] => None,
        _ => Some(message.troubles.remove(0)),
    };
    Some((message.bytes.clone(), trouble))
}

fn answer(state: &Mutex<State>, asked: &Asked) -> Says {
    let says_who = ["user-agent", "x-wap-profile", "host"]
        .iter()
        .all(|name| asked.header(name).is_some_and(|value| !value.is_empty()));
    if !says_who {
        lock(state).odd.push(format!("{asked:?}"));
    }
    if asked.method == "POST" {
        let is_there = asked.path == format!("http://{HOST}/mms");
        let is_mms = asked.header("content-type") == Some("application/vnd.wap.mms-message");
        return match mms::told(&asked.body) {
            Some(told) if is_there && is_mms => {
                lock(state).told.push(told);
                Says::status(204)
            }
            _ => {
                lock(state).odd.push(format!("{asked:?}"));
                Says::status(400)
            }
        };
    }
    let Some((bytes, trouble)) = count_fetch(state, &asked.path) else {
        lock(state).odd.push(format!("{asked:?}"));
        return Says::status(404);
    };
    let mms = |bytes: &[u8]| Says::file("application/vnd.wap.mms-message", bytes);
    match trouble {
        None => mms(&bytes),
        Some(Trouble::Status(status)) => Says::status(status),
        Some(Trouble::Redirect) => Says::redirect(format!("http://{HOST}/elsewhere")),
        Some(Trouble::Page) => Says::file("text/html", b"<html>No more data on your plan</html>"),
        Some(Trouble::Nonsense) => mms(b"no message at all"),
        Some(Trouble::Cut) => Says {
            pace: Pace::Half,
            ..mms(&bytes)
        },
        Some(Trouble::Slow) => Says {
            pace: Pace::Drip,
            ..mms(&bytes)
        },
        Some(Trouble::Refused(status)) => mms(&mms::refused("refused", status)),
        Some(Trouble::TooLarge) => mms(&vec![0; 9_000_000]),
        Some(Trouble::Reset) => Says::status(500),
    }
}
