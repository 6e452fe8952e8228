//! Thousands of open event streams and one new sighting a second: when each viewer has it, and what a viewer costs the hub.
//! The viewers are a process of their own, so that neither's threads or files are the other's.

use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use spotlight_common::clock::ClockQuality;
use spotlight_common::ids::{Epoch, Pseudonym, ReportId};
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_common::topic::{self, Leaf};
use spotlight_common::{envelope, keys};
use spotlight_tests::mqtt::Stranger;
use spotlight_tests::wait;
use spotlight_tests::world::{Apart, NETWORK, texts_all_over};
use tokio::io::AsyncWriteExt as _;

/// As the hub's own limit, some below it.
const COUNTS: [usize; 2] = [1_000, 10_000];
const EVENTS: usize = 15;

/// The first argument of the process of viewers.
pub const CHILD: &str = "--viewers";

/// Prints for each count the time from publishing a report to a viewer's last byte, and the hub's memory a viewer.
pub fn figure() {
    for count in COUNTS {
        watched_by(count);
    }
}

fn watched_by(count: usize) {
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_hub();
    let key_file = apart.folder().join("edge").join(spotlight_edge::KEY_FILE);
    let key = keys::load_or_create(&key_file).expect("the node's key");
    let network = NETWORK.parse().expect("a network name");
    let hub = apart.hub.as_ref().expect("it runs");
    let resident = || hub.resident_kb() as f64;
    let before = resident();
    let own = std::env::current_exe().expect("a program knows its file");
    let mut child = Command::new(own)
        .args([CHILD, &apart.map.at("api/v1/events"), &count.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the viewers start");
    let mut told = child.stdin.take().expect("piped");
    let mut says = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut next = || says.next().expect("the viewers go on").expect("a line");
    assert_eq!(next(), "open", "all streams are open");
    let publisher = Stranger::connect(apart.broker.port, "publisher");
    let report_topic = topic::of_node(&network, &apart.node, Leaf::Report);
    let second = Duration::from_secs(1);
    // Two that come at once are one event.
    let texts = texts_all_over(EVENTS);
    let mut due = Instant::now();
    for (n, (_, cell)) in texts.into_iter().enumerate() {
        let report = Report {
            id: ReportId::random(),
            seen_at: Minute::of(jiff::Timestamp::now()),
            cell: cell.parse().expect("a cell"),
            kind: Kind::Present,
            evidence: Evidence::Text,
            reporter: Pseudonym(n as u64),
            epoch: Epoch(1),
            clock: ClockQuality::Synced,
        };
        let sealed = envelope::seal(&key, &network, &report);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        due += second;
        writeln!(told, "{}", micros()).expect("the viewers listen");
        publisher.send(&report_topic, &sealed);
    }
    let result = next();
    let a_viewer = (resident() - before) / count as f64;
    drop(told);
    child.wait().expect("the viewers end");
    println!(
        "`spotlight-hub run`, {count} open event streams, {EVENTS} reports, one a second, from publishing to each viewer's last \
         byte: {result}; {a_viewer:.1} kB a viewer"
    );
}

fn micros() -> u128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_micros())
}

/// The process of viewers: opens the streams, says so, hears when each report was published, and says how it went.
pub fn child(url: &str, count: usize) {
    if let Err(error) = rlimit::increase_nofile_limit(count as u64 + 100) {
        eprintln!("files: {error}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(watch(url.to_owned(), count));
}

async fn watch(url: String, count: usize) {
    let rest = url.strip_prefix("http://").expect("plain HTTP");
    let (host, path) = rest.split_once('/').expect("a path");
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    let (opened, mut openings) = tokio::sync::mpsc::unbounded_channel();
    let mut viewers = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (host, request, opened) = (host.to_owned(), request.clone(), opened.clone());
        viewers.spawn(async move { viewer(&host, &request, || _ = opened.send(())).await });
        // Not more at once than a listener's queue takes.
        if viewers.len() % 64 == 0 {
            for _ in 0..64 {
                openings.recv().await;
            }
        }
    }
    for _ in 0..count % 64 {
        openings.recv().await;
    }
    println!("open");
    let hear = tokio::task::spawn_blocking(|| {
        let lines = std::io::stdin().lines().take(EVENTS);
        let times = lines.map(|line| line.expect("a line").parse::<u128>().expect("a time"));
        times.collect::<Vec<_>>()
    });
    let published = hear.await.expect("the times are heard");
    let mut took = Vec::new();
    while let Some(arrivals) = viewers.join_next().await {
        let arrivals = arrivals.expect("no viewer panics");
        let times = arrivals.iter().zip(&published);
        took.extend(times.map(|(came, sent)| came.saturating_sub(*sent) as f64 / 1000.0));
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

/// When each event after the first came whole; ends early where none comes for long.
async fn viewer(host: &str, request: &str, opened: impl FnOnce()) -> Vec<u128> {
    let mut arrivals = Vec::with_capacity(EVENTS);
    let mut opened = Some(opened);
    if let Ok(mut stream) = tokio::net::TcpStream::connect(host).await
        && stream.write_all(request.as_bytes()).await.is_ok()
    {
        let mut frames = Frames::default();
        while arrivals.len() < EVENTS {
            // Not kept while it waits: thousands of buffers would be the viewers' own cost.
            let mut octets = [0; 16 * 1024];
            match stream.try_read(&mut octets) {
                Ok(0) => break,
                Ok(count) => {
                    for _ in 0..frames.sightings(&octets[..count]) {
                        match opened.take() {
                            // The first says what there was.
                            Some(opened) => opened(),
                            None => arrivals.push(micros()),
                        }
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let readable = tokio::time::timeout(wait::LONG, stream.readable()).await;
                    if !readable.is_ok_and(|readable| readable.is_ok()) {
                        break;
                    }
                }
                Err(_) => break,
            }
        }
    }
    if let Some(opened) = opened {
        opened();
    }
    arrivals
}

/// A stream of events, read piece by piece.
#[derive(Default)]
struct Frames {
    /// How the line under way begins.
    start: Vec<u8>,
    is_sightings: bool,
}

impl Frames {
    /// How many events of sightings a piece brings to their end.
    fn sightings(&mut self, mut octets: &[u8]) -> usize {
        const EVENT: &[u8] = b"event:";
        const SIGHTINGS: &[u8] = b"event: sightings";
        const DATA: &[u8] = b"data:";
        let mut ended = 0;
        loop {
            let end = memchr::memchr(b'\n', octets);
            let line = &octets[..end.unwrap_or(octets.len())];
            let room = SIGHTINGS.len() - self.start.len();
            self.start.extend(&line[..line.len().min(room)]);
            let Some(end) = end else {
                return ended;
            };
            if self.start.starts_with(EVENT) {
                self.is_sightings = self.start == SIGHTINGS;
            } else if self.start.starts_with(DATA) && self.is_sightings {
                ended += 1;
            }
            self.start.clear();
            octets = &octets[end + 1..];
        }
    }
}
