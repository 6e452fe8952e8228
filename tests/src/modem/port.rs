//! The PTY: a serial line without a wire.
//!
//! The modem holds the master alone, so that it sees when the last client closes the port and when the next one opens it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

/// Octets in one write on a paced line.
const PACE: usize = 32;

/// How long a client that does not read may keep the modem waiting before what it was told is lost.
const UNREAD: Duration = Duration::from_secs(5);

/// Between two looks whether it reads.
const LOOK: Duration = Duration::from_millis(5);

/// A PTY's master.
pub(super) struct Port {
    master: File,
    pub path: PathBuf,
    /// Its openings and closings: a client that closes it and opens it again at once is not seen otherwise.
    watch: OwnedFd,
    /// A closing whose opening is still to be told of.
    closed: AtomicBool,
}

/// What is new at a port.
pub(super) struct Look {
    pub is_readable: bool,
    /// Whether a client has it open.
    pub is_open: bool,
    /// Whether it was closed and opened again since the last look.
    pub was_reopened: bool,
}

impl Port {
    /// A new PTY, raw as a serial line is; never the one that was `before`.
    pub fn open(before: Option<&Path>) -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let master = openpt(flags)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let name = ptsname(&master, Vec::new())?.into_bytes();
        let path = PathBuf::from(std::ffi::OsString::from_vec(name));
        if before == Some(path.as_path()) {
            // The kernel gives out the lowest number: the old one is kept meanwhile.
            return Self::open(None);
        }
        rustix::fs::fcntl_setfl(&master, OFlags::NONBLOCK)?;
        // Opened and closed once, so that it counts as closed.
        let slave = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY, Mode::empty())?;
        drop(slave);
        let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let events = WatchFlags::OPEN | WatchFlags::CLOSE;
        inotify::add_watch(&watch, &path, events)?;
        let port = Self {
            master: File::from(master),
            path,
            watch,
            closed: AtomicBool::new(false),
        };
        port.clean()?;
        Ok(port)
    }

    /// Raw again, whatever the last client left, and with nothing unread.
    pub fn clean(&self) -> io::Result<()> {
        let mut termios = tcgetattr(&self.master)?;
        termios.make_raw();
        tcsetattr(&self.master, OptionalActions::Now, &termios)?;
        tcflush(&self.master, QueueSelector::OFlush)?;
        Ok(())
    }

    pub fn link(&self, link: &Path) -> io::Result<()> {
        let new = link.with_extension("new");
        let _ = fs::remove_file(&new);
        symlink(&self.path, &new)?;
        fs::rename(&new, link)
    }

    /// What is new, once there is something, or nothing after `wait`.
    pub fn look(&self, wake: &OwnedFd, was_open: bool, wait: Duration) -> Look {
        let mut fds = vec![
            PollFd::new(wake, PollFlags::IN),
            PollFd::new(&self.watch, PollFlags::IN),
        ];
        if was_open {
            // A closed one is always ready: to say that it is closed.
            fds.push(PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN));
        }
        let _ = poll(&mut fds, Some(&timespec(wait)));
        let was_reopened = self.was_reopened();
        let mut fds = [PollFd::from_borrowed_fd(self.master.as_fd(), PollFlags::IN)];
        let _ = poll(&mut fds, Some(&timespec(Duration::ZERO)));
        let events = fds[0].revents();
        let is_open = !events.contains(PollFlags::HUP);
        if !was_open || !is_open {
            self.closed.store(false, Ordering::Relaxed);
        }
        Look {
            is_readable: events.contains(PollFlags::IN),
            is_open,
            was_reopened,
        }
    }

    /// Whether an opening came after a closing.
    fn was_reopened(&self) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 1024];
        let mut reader = Reader::new(&self.watch, &mut buffer);
        let (mut closed, mut reopened) = (self.closed.load(Ordering::Relaxed), false);
        while let Ok(event) = reader.next() {
            let events = event.events();
            if events.intersects(ReadFlags::CLOSE_WRITE | ReadFlags::CLOSE_NOWRITE) {
                closed = true;
            } else if events.contains(ReadFlags::OPEN) {
                reopened |= std::mem::take(&mut closed);
            }
        }
        self.closed.store(closed, Ordering::Relaxed);
        reopened
    }

    /// All of it, unless the client goes away or never reads.
    pub fn write(&self, mut bytes: &[u8], baud: Option<u32>) {
        let start = Instant::now();
        while !bytes.is_empty() {
            let most = baud.map_or(bytes.len(), |_| bytes.len().min(PACE));
            match (&self.master).write(&bytes[..most]) {
                Ok(written) => {
                    bytes = &bytes[written..];
                    if let Some(baud) = baud {
                        // Ten bits an octet: a start, eight, a stop.
                        let seconds = written as f64 * 10.0 / f64::from(baud.max(1));
                        std::thread::sleep(Duration::from_secs_f64(seconds));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let mut fds = [PollFd::from_borrowed_fd(
                        self.master.as_fd(),
                        PollFlags::OUT,
                    )];
                    let _ = poll(&mut fds, Some(&timespec(LOOK)));
                    let gone = fds[0].revents().contains(PollFlags::HUP);
                    if gone || start.elapsed() > UNREAD {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    }

    /// What a client wrote.
    pub fn read(&self) -> Vec<u8> {
        let mut read = vec![0; 4096];
        loop {
            match (&self.master).read(&mut read) {
                Ok(count) => {
                    read.truncate(count);
                    return read;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Vec::new(),
            }
        }
    }
}

pub(super) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: duration.as_secs() as i64,
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}
