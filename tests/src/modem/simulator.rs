//! A modem behind a PTY, in a thread of its own.
//!
//! The PTY's number is the kernel's choice; a symbolic link stands before it, as udev's under `/dev/serial/by-id` do.
//! What is said while nobody listens is lost, as on a serial line.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::fault::Fault;
use super::memory::Stored;
use super::network::Sent;
use super::port::{Port, timespec};
use super::state::{Modem, Options, Output};

/// The thread looks about at least so often, though all that happens wakes it.
const IDLE: Duration = Duration::from_secs(1);

/// A port that could not be made is tried again after this.
const AGAIN: Duration = Duration::from_millis(20);

/// The name of the port, under which a client finds it again after it was renumbered.
const NAME: &str = "usb-Simulated_Modem-if00-port0";

/// A modem that a client can open.
pub struct Simulator {
    shared: Arc<Shared>,
    link: PathBuf,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    wake: OwnedFd,
}

struct State {
    modem: Modem,
    plugged: bool,
    stopped: bool,
    is_open: bool,
    openings: usize,
    /// The PTY, while it is there.
    pty: Option<PathBuf>,
    /// All that clients wrote.
    heard: Vec<u8>,
}

impl Simulator {
    /// Starts a modem; the stable name of its port is made in `folder`.
    pub fn start(options: Options, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let link = folder.join(NAME);
        let baud = options.baud;
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                modem: Modem::new(options),
                plugged: true,
                stopped: false,
                is_open: false,
                openings: 0,
                pty: None,
                heard: Vec::new(),
            }),
            changed: Condvar::new(),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        });
        let port = Port::open(None)?;
        port.link(&link)?;
        shared.lock().pty = Some(port.path.clone());
        let theirs = (shared.clone(), link.clone());
        let thread = std::thread::Builder::new().name("modem".to_owned());
        let thread = thread.spawn(move || serve(&theirs.0, &theirs.1, baud, port))?;
        Ok(Self {
            shared,
            link,
            thread: Some(thread),
        })
    }

    /// The port's stable name.
    pub fn device(&self) -> &Path {
        &self.link
    }

    /// The PTY behind it; `None` while it is unplugged.
    pub fn pty(&self) -> Option<PathBuf> {
        self.shared.lock().pty.clone()
    }

    /// Does something with the modem, and lets out what it says.
    pub fn with<T>(&self, act: impl FnOnce(&mut Modem) -> T) -> T {
        let done = act(&mut self.shared.lock().modem);
        self.shared.wake();
        done
    }

    /// Somebody sends this DELIVER, hex with its SMSC.
    pub fn deliver(&self, hex: &str) -> Result<(), String> {
        self.with(|modem| modem.deliver(hex))
    }

    /// Lets something go wrong.
    pub fn fault(&self, fault: Fault) {
        self.with(|modem| modem.fault(fault));
    }

    /// Nothing goes wrong any more.
    pub fn mend(&self) {
        self.with(Modem::mend);
    }

    /// What lies in a memory, by number.
    pub fn stored(&self, memory: &str) -> Vec<(usize, Stored)> {
        self.with(|modem| modem.stored(memory))
    }

    /// How many messages the network could not bring yet.
    pub fn waiting(&self) -> usize {
        self.with(|modem| modem.waiting())
    }

    /// Whether nothing lies in it, or in its network.
    pub fn is_empty(&self) -> bool {
        let mut memories = ["SM", "ME", "SR"].iter();
        memories.all(|memory| self.stored(memory).is_empty()) && self.waiting() == 0
    }

    /// All that was sent.
    pub fn sent(&self) -> Vec<Sent> {
        self.with(|modem| modem.sent().to_vec())
    }

    /// Whether a client has the port open, and how often one opened it.
    pub fn openings(&self) -> (bool, usize) {
        let state = self.shared.lock();
        (state.is_open, state.openings)
    }

    /// All that clients wrote so far, as text.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.shared.lock().heard).into_owned()
    }

    /// Takes the power away and gives it back; the port stays.
    pub fn power_cycle(&self) {
        self.with(Modem::power_cycle);
    }

    /// Pulls the plug: the port and its name are gone when this returns.
    pub fn unplug(&self) {
        self.plug(false);
    }

    /// Plugs it in: it boots, and has a PTY of another number under the old name when this returns.
    pub fn replug(&self) {
        self.plug(true);
    }

    fn plug(&self, plugged: bool) {
        let mut state = self.shared.lock();
        state.plugged = plugged;
        self.shared.wake();
        while state.pty.is_some() != plugged && !state.stopped {
            state = match self.shared.changed.wait(state) {
                Ok(state) => state,
                Err(broken) => broken.into_inner(),
            };
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.lock().stopped = true;
        self.shared.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }

    /// Ends the thread's poll.
    fn wake(&self) {
        // A full counter is awake already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    /// Waits for the wake or the time; both may have been.
    fn doze(&self, at_most: Duration) {
        let mut fds = [PollFd::new(&self.wake, PollFlags::IN)];
        let _ = poll(&mut fds, Some(&timespec(at_most)));
        self.rest();
    }

    fn rest(&self) {
        let _ = rustix::io::read(&self.wake, &mut [0; 8]);
    }
}

/// What becomes of the port.
enum Plug {
    Stays,
    IsPulled,
    IsRenumbered,
}

fn serve(shared: &Shared, link: &Path, baud: Option<u32>, port: Port) {
    let mut port = Some(port);
    let mut last = None;
    loop {
        let plugged = {
            let state = shared.lock();
            if state.stopped {
                break;
            }
            state.plugged
        };
        let plug = match &port {
            Some(port) if plugged => serve_once(shared, port, baud),
            Some(_) => Plug::IsPulled,
            None if plugged => {
                port = plug_in(shared, link, last.as_deref()).ok();
                if port.is_none() {
                    shared.doze(AGAIN);
                }
                continue;
            }
            None => {
                shared.doze(IDLE);
                continue;
            }
        };
        if !matches!(plug, Plug::Stays) {
            let _ = fs::remove_file(link);
            last = port.take().map(|port| port.path);
            let mut state = shared.lock();
            state.modem.closed();
            state.is_open = false;
            state.pty = None;
            state.plugged &= !matches!(plug, Plug::IsPulled);
            shared.changed.notify_all();
        }
    }
    let _ = fs::remove_file(link);
    let mut state = shared.lock();
    state.pty = None;
    shared.changed.notify_all();
}

/// A port of another number than the last one's, of a modem that has just booted.
fn plug_in(shared: &Shared, link: &Path, last: Option<&Path>) -> io::Result<Port> {
    let port = Port::open(last)?;
    port.link(link)?;
    let mut state = shared.lock();
    state.modem.power_cycle();
    // Nobody hears how it boots.
    state.modem.output();
    state.pty = Some(port.path.clone());
    shared.changed.notify_all();
    Ok(port)
}

/// One look at the port.
fn serve_once(shared: &Shared, port: &Port, baud: Option<u32>) -> Plug {
    let was_open = shared.lock().is_open;
    let look = port.look(&shared.wake, was_open, IDLE);
    shared.rest();
    let read = if look.is_readable {
        port.read()
    } else {
        Vec::new()
    };
    let output = {
        let mut state = shared.lock();
        let is_left = !look.is_open && read.is_empty();
        if state.is_open && (is_left || look.was_reopened) {
            state.is_open = false;
            state.modem.closed();
            // A port that cannot be cleaned is about to be pulled out.
            let _ = port.clean();
        }
        if !state.is_open && !is_left {
            state.is_open = true;
            state.openings += 1;
            state.modem.opened();
        }
        state.heard.extend_from_slice(&read);
        state.modem.receive(&read);
        let output = state.modem.output();
        // Nobody hears what is said to a closed port.
        if state.is_open { output } else { Vec::new() }
    };
    for output in output {
        match output {
            Output::Bytes(bytes) => port.write(&bytes, baud),
            Output::HangUp => return Plug::IsPulled,
            Output::Renumber => return Plug::IsRenumbered,
        }
    }
    Plug::Stays
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};

    use super::*;
    use crate::sms;

    /// Reads until what was read ends so.
    fn until(client: &mut File, end: &str) -> String {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(end.as_bytes()) {
            match client.read(&mut byte) {
                Ok(1) => read.push(byte[0]),
                other => panic!("{other:?} after {}", String::from_utf8_lossy(&read)),
            }
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    fn open(simulator: &Simulator) -> File {
        let options = File::options()
            .read(true)
            .write(true)
            .open(simulator.device());
        options.expect("the port opens")
    }

    #[test]
    fn a_port_is_opened_closed_and_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let simulator = Simulator::start(Options::default(), folder.path()).unwrap();
        simulator
            .deliver(&sms::deliver("+12135550100", "before")[0])
            .unwrap();
        for _ in 0..3 {
            let mut client = open(&simulator);
            client.write_all(b"ATE0\r").unwrap();
            until(&mut client, "\r\nOK\r\n");
            simulator
                .deliver(&sms::deliver("+12135550100", "police")[0])
                .unwrap();
            until(&mut client, "\r\n+CMTI: \"SM\",");
            let openings = simulator.openings();
            drop(client);
            crate::wait::until_true("the close is seen", crate::wait::LONG, || {
                simulator.openings() == (false, openings.1)
            });
        }
        assert_eq!(simulator.openings(), (false, 3));
        // Closed and opened again before anybody looked.
        for n in 4..24 {
            let mut client = open(&simulator);
            client.write_all(b"AT\r").unwrap();
            until(&mut client, "\r\nOK\r\n");
            assert_eq!(simulator.openings(), (true, n));
        }
        assert_eq!(simulator.stored("SM").len(), 4);
        drop(simulator);
        assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none());
    }

    #[test]
    fn a_port_comes_back_under_another_number() {
        let folder = tempfile::tempdir().unwrap();
        let baud = Some(115_200);
        let options = Options {
            baud,
            ..Options::default()
        };
        let simulator = Simulator::start(options, folder.path()).unwrap();
        let before = simulator.pty().unwrap();
        let mut client = open(&simulator);
        client.write_all(b"ATE0\r").unwrap();
        until(&mut client, "OK\r\n");
        simulator.unplug();
        assert_eq!(
            (simulator.pty(), simulator.device().exists()),
            (None, false)
        );
        assert!(
            !matches!(client.read(&mut [0]), Ok(1)),
            "the client sees it go"
        );
        simulator.replug();
        assert_ne!(simulator.pty().unwrap(), before);
        let mut client = open(&simulator);
        client.write_all(b"AT\r").unwrap();
        assert_eq!(
            until(&mut client, "OK\r\n"),
            "AT\r\r\nOK\r\n",
            "it booted: it echoes again"
        );
        // A restart does the same.
        let before = simulator.pty().unwrap();
        simulator.fault(Fault::RestartRenumbers);
        client.write_all(b"AT+CFUN=1,1\r").unwrap();
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
        crate::wait::until_true("another number", crate::wait::LONG, || {
            simulator.pty().is_some_and(|pty| pty != before)
        });
        let mut client = open(&simulator);
        // Half a PDU and the end of the file.
        simulator
            .deliver(&sms::deliver("+12135550100", "police")[0])
            .unwrap();
        simulator.fault(Fault::HalfPdu);
        client.write_all(b"AT+CMGL=4\r").unwrap();
        until(&mut client, "+CMGL: 0,0,,");
        let mut rest = Vec::new();
        let _ = client.read_to_end(&mut rest);
        assert!(!rest.ends_with(b"OK\r\n"));
        crate::wait::until_true("the port goes", crate::wait::LONG, || {
            simulator.pty().is_none()
        });
    }
}
