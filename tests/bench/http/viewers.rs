//! Thousands of open event streams and one new sighting a second: when each viewer has it, and what a viewer costs the hub.
//! The viewers are a process of their own, so that neither's threads or files are the other's.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use spotlight_common::clock::ClockQuality;
use spotlight_common::ids::{Epoch, Pseudonym, ReportId};
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_common::topic::{self, Leaf};
use spotlight_common::{envelope, keys};
use spotlight_tests::mqtt::Stranger;
use spotlight_tests::world::{Apart, NETWORK, texts_all_over};

use crate::http::watching::{CHILD, EVENTS, micros};

/// As the hub's own limit, some below it.
const COUNTS: [usize; 2] = [1_000, 10_000];

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
    let key_file = apart.edge_data().join(spotlight_edge::KEY_FILE);
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
