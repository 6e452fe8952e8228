//! The process of viewers: thousands of open streams that cost it little more than a read for each event, since it shares
//! its machine with the hub. They ask for gzip, as browsers do.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Sender, channel};
use std::time::SystemTime;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use spotlight_tests::wait;

/// The first argument of this process.
pub const CHILD: &str = "--viewers";
/// Events that each viewer waits for, after the first, which says what there was.
pub const EVENTS: usize = 15;
/// Not more at once than a listener's queue takes.
const AT_ONCE: usize = 64;

/// Since 1970: both processes have this clock.
pub fn micros() -> u128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros())
}

/// Opens the streams, says so, hears when each report was published, and says how it went.
pub fn child(url: &str, count: usize) {
    if let Err(error) = rlimit::increase_nofile_limit(count as u64 + 100) {
        eprintln!("files: {error}");
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (opened, all_opened) = channel();
    let watching = (0..threads).map(|n| {
        let (url, opened) = (url.to_owned(), opened.clone());
        let part = count / threads + usize::from(n < count % threads);
        std::thread::spawn(move || Watching::new().watch(&url, part, &opened))
    });
    let watching: Vec<_> = watching.collect();
    for _ in 0..threads {
        all_opened.recv().expect("the streams open");
    }
    println!("open");
    let lines = std::io::stdin().lines().take(EVENTS);
    let published = lines.map(|line| line.expect("a line").parse::<u128>().expect("a time"));
    let published: Vec<_> = published.collect();
    let mut took = Vec::new();
    for thread in watching {
        for viewer in thread.join().expect("no viewer panics") {
            let times = viewer.arrivals.iter().zip(&published);
            took.extend(times.map(|(came, sent)| {
                // One that nobody published would count in the place of another.
                let late = came.checked_sub(*sent).expect("no event before its report");
                late as f64 / 1000.0
            }));
        }
    }
    took.sort_unstable_by(f64::total_cmp);
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize];
    println!(
        "{} of {} events came; p50 {:.0} ms, p99 {:.0} ms, the last {:.0} ms",
        took.len(),
        EVENTS * count,
        at(0.5),
        at(0.99),
        at(1.0),
    );
}

/// The viewers of one thread.
struct Watching {
    epoll: OwnedFd,
    ready: Vec<epoll::Event>,
    octets: Vec<u8>,
    viewers: Vec<Viewer>,
    /// Of these viewers, those that were told what there was.
    open: usize,
    /// All events after that.
    came: usize,
}

struct Viewer {
    stream: TcpStream,
    pieces: Pieces,
    is_open: bool,
    /// When each event after the first came whole.
    arrivals: Vec<u128>,
}

impl Watching {
    fn new() -> Self {
        Self {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll"),
            ready: Vec::with_capacity(1024),
            octets: vec![0; 64 * 1024],
            viewers: Vec::new(),
            open: 0,
            came: 0,
        }
    }

    fn watch(mut self, url: &str, count: usize, opened: &Sender<()>) -> Vec<Viewer> {
        let rest = url.strip_prefix("http://").expect("plain HTTP");
        let (host, path) = rest.split_once('/').expect("a path");
        let request =
            format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n");
        while self.viewers.len() < count {
            for _ in 0..AT_ONCE.min(count - self.viewers.len()) {
                let mut stream = TcpStream::connect(host).expect("connected");
                stream.write_all(request.as_bytes()).expect("asked");
                let data = epoll::EventData::new_u64(self.viewers.len() as u64);
                epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN).expect("watched");
                self.viewers.push(Viewer {
                    stream,
                    pieces: Pieces::default(),
                    is_open: false,
                    arrivals: Vec::with_capacity(EVENTS),
                });
            }
            self.read_until(|all| all.open == all.viewers.len());
        }
        opened.send(()).expect("somebody waits");
        self.read_until(|all| all.came == EVENTS * all.viewers.len());
        self.viewers
    }

    /// Reads what comes, until it is enough or nothing comes for long.
    fn read_until(&mut self, is_enough: impl Fn(&Self) -> bool) {
        let long = Timespec::try_from(wait::LONG).expect("a short time");
        while !is_enough(self) {
            self.ready.clear();
            let count = epoll::wait(&self.epoll, spare_capacity(&mut self.ready), Some(&long));
            if count.expect("watching works") == 0 {
                return;
            }
            for event in &self.ready {
                let viewer = &mut self.viewers[event.data.u64() as usize];
                let read = viewer.stream.read(&mut self.octets).unwrap_or(0);
                if read == 0 {
                    epoll::delete(&self.epoll, &viewer.stream).expect("was watched");
                }
                for _ in 0..viewer.pieces.events(&self.octets[..read]) {
                    if viewer.is_open {
                        viewer.arrivals.push(micros());
                        self.came += 1;
                    } else {
                        viewer.is_open = true;
                        self.open += 1;
                    }
                }
            }
        }
    }
}

/// A compressed stream, read part by part: each of its pieces ends with an empty stored block (RFC 1951, 3.2.4).
#[derive(Default)]
struct Pieces {
    /// Octets of the piece under way.
    length: usize,
    /// Octets of `END` that it ends with.
    matched: usize,
}

impl Pieces {
    const END: [u8; 4] = [0, 0, 0xff, 0xff];
    /// A piece that says only the time is shorter.
    const SHORTEST_EVENT: usize = 100;

    /// How many events a part brings to their end.
    fn events(&mut self, octets: &[u8]) -> usize {
        let mut events = 0;
        for &octet in octets {
            self.length += 1;
            self.matched = match octet == Self::END[self.matched] {
                true => self.matched + 1,
                // Of three zeros the last two may begin it.
                false if octet == 0 => [0, 0, 2, 1][self.matched],
                false => 0,
            };
            if self.matched == Self::END.len() {
                events += usize::from(self.length >= Self::SHORTEST_EVENT);
                *self = Self::default();
            }
        }
        events
    }
}
