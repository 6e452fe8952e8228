//! Multimedia messages on a modem's SIM: a notification there, the message at a carrier's MMSC behind its proxy, and all the ways
//! in which both fail. Each message is one report or one answer that asks for a text; the SIM ends empty; the MMSC is told after
//! the commit.

use std::time::Duration;

use jpeg_encoder::{ColorType, Encoder};
use serde_json::Value;
use spotlight_tests::mmsc::{Mmsc, Trouble};
use spotlight_tests::modem::{Options, Simulator};
use spotlight_tests::world::{Apart, number, texts_all_over};
use spotlight_tests::{diagnostics, mms, process, scan, sms, wait};

const PATIENCE: Duration = Duration::from_secs(180);

/// A small picture of nothing, each sender's another.
fn photo(from: usize) -> Vec<u8> {
    let mut jpeg = Vec::new();
    // Tiles of 8 by 8, of what hashing by multiplication gives.
    let tile = |n: usize| ((from * 64 + n) as u32).wrapping_mul(2_654_435_761) >> 24;
    let pixel = |n: usize| tile(n / 512 * 8 + n % 64 / 8) as u8;
    let grey: Vec<u8> = (0..64 * 64).map(pixel).collect();
    Encoder::new(&mut jpeg, 80)
        .encode(&grey, 64, 64, ColorType::Luma)
        .expect("a picture");
    jpeg
}

struct World {
    apart: Apart,
    simulator: Simulator,
    mmsc: Mmsc,
}

impl World {
    /// `more` are settings of `[modem.mms]`; those of the proxy are the MMSC's unless it says others.
    fn prepare(more: &str, proxy: Option<&str>) -> Self {
        let apart = Apart::prepare();
        let options = Options {
            slots: 40,
            ..Options::default()
        };
        let simulator = Simulator::start(options, &apart.folder().join("dev")).expect("a modem");
        let mmsc = Mmsc::start();
        let settings = proxy.map_or_else(|| mmsc.settings(), str::to_owned);
        let section = format!(
            "[modem]\nport = {:?}\npoll = \"1s\"\n[modem.mms]\n{settings}{more}",
            simulator.device()
        );
        apart.configure_edge(&section);
        apart.add_node();
        Self {
            apart,
            simulator,
            mmsc,
        }
    }

    fn run(&mut self) {
        self.apart.start_hub();
        self.apart.start_edge();
        self.apart.map.wait_until_online();
    }

    /// A message at the MMSC, and its notification on the SIM. The name is its transaction's, too.
    fn send(&self, name: &str, from: usize, text: &str, troubles: &[Trouble], for_good: bool) {
        let message = mms::retrieved_as(name, &number(from), text, &[&photo(from)]);
        self.mmsc.put(name, message, troubles, for_good);
        self.notify(name, from);
    }

    fn notify(&self, name: &str, from: usize) {
        let push = mms::notification(name, &number(from), &self.mmsc.url(name));
        for pdu in sms::deliver_data_parts(&number(from), &push) {
            self.simulator.deliver(&pdu).expect("a PDU");
        }
    }

    fn wait_until_empty(&self) {
        wait::until_true("the SIM is empty", PATIENCE, || self.simulator.is_empty());
    }

    fn answers(&self, to: usize) -> Vec<String> {
        let sent = self.simulator.sent();
        let own = sent.into_iter().filter(|sent| sent.number == number(to));
        own.map(|sent| sent.text).collect()
    }

    fn wait_for_answer(&self, to: usize) -> String {
        wait::until(&format!("sender {to} is answered"), PATIENCE, || {
            self.answers(to).into_iter().next()
        })
    }

    /// Nothing that was logged names a sender or a message.
    fn assert_discreet(&self, senders: std::ops::Range<usize>) {
        let logs = scan::files(&self.apart.logs, &[]);
        for sender in senders {
            scan::assert_none(&logs, &scan::number(&number(sender)));
        }
        scan::assert_none(&logs, &scan::text("mmsc.test/m/"));
    }
}

/// What a message comes to.
enum Comes {
    /// To a report, in the end.
    Report,
    /// To an answer that asks for a text.
    Text,
}

/// A name; what the server does, and whether for good; what that comes to; what the server is told.
type Case = (
    &'static str,
    &'static [Trouble],
    bool,
    Comes,
    &'static [&'static str],
);

#[test]
fn however_a_carriers_server_fails_each_message_is_one_report_or_one_answer() {
    use Comes::{Report, Text};
    let cases: [Case; 15] = [
        ("well", &[], false, Report, &["retrieved"]),
        ("missing", &[Trouble::Status(404)], true, Text, &[]),
        ("gone", &[Trouble::Status(410)], true, Text, &[]),
        (
            "precondition",
            &[Trouble::Status(412)],
            true,
            Text,
            &["deferred", "rejected"],
        ),
        (
            "busy",
            &[Trouble::Status(503)],
            false,
            Report,
            &["deferred", "acknowledged"],
        ),
        ("page", &[Trouble::Page], true, Text, &["rejected"]),
        ("page-once", &[Trouble::Page], false, Report, &["retrieved"]),
        (
            "cut",
            &[Trouble::Cut],
            true,
            Text,
            &["deferred", "rejected"],
        ),
        (
            "cut-once",
            &[Trouble::Cut],
            false,
            Report,
            &["deferred", "acknowledged"],
        ),
        (
            "slow",
            &[Trouble::Slow],
            true,
            Text,
            &["deferred", "rejected"],
        ),
        (
            "refused",
            &[Trouble::Refused(0xC0)],
            false,
            Report,
            &["deferred", "acknowledged"],
        ),
        (
            "refused-for-good",
            &[Trouble::Refused(0xE2)],
            true,
            Text,
            &[],
        ),
        (
            "nonsense",
            &[Trouble::Nonsense, Trouble::Redirect],
            true,
            Text,
            &["rejected"],
        ),
        ("too-large", &[Trouble::TooLarge], true, Text, &["rejected"]),
        (
            "reset",
            &[Trouble::Reset, Trouble::Reset],
            false,
            Report,
            &["deferred", "acknowledged"],
        ),
    ];
    let mut world = World::prepare(
        "timeout = \"6s\"\nretry = \"25s\"\nmax_size = 1000000\n",
        None,
    );
    let texts = texts_all_over(cases.len());
    for (n, (name, troubles, for_good, ..)) in cases.iter().enumerate() {
        world.send(name, n, &texts[n].0, troubles, *for_good);
    }
    world.run();
    let mut reports = 0;
    for (n, (name, _, _, comes, _)) in cases.iter().enumerate() {
        let answer = world.wait_for_answer(n);
        match comes {
            Report => {
                reports += 1;
                assert!(answer.starts_with("Got it: police at "), "{name}: {answer}");
                world.apart.map.wait_for(&texts[n].1);
            }
            Text => assert!(!answer.starts_with("Got it"), "{name}: {answer}"),
        }
    }
    world.wait_until_empty();
    world.apart.wait_for_reports(reports);
    for (n, (name, _, _, _, told)) in cases.iter().enumerate() {
        assert_eq!(world.mmsc.told(name), *told, "{name}");
        assert_eq!(world.answers(n).len(), 1, "{name}");
        assert!(world.mmsc.fetched(name) > 0, "{name}");
    }
    assert_eq!(world.mmsc.fetched("well"), 1);
    assert_eq!(world.mmsc.odd(), [""; 0]);
    world.assert_discreet(0..cases.len());
    world.apart.stop();
}

#[test]
fn killed_between_commit_and_deletion_the_message_is_not_fetched_again_and_the_mmsc_is_told() {
    let mut world = World::prepare("", None);
    let (text, cell) = texts_all_over(1).remove(0);
    world.send("once", 1, &text, &[], false);
    assert_eq!(
        world.simulator.stored("SM").len(),
        2,
        "its notification has two parts"
    );
    world.apart.start_hub();
    world
        .apart
        .start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    let edge = world.apart.edge.take().expect("it was started");
    assert!(!edge.wait_for_end(wait::LONG).success());
    assert_eq!(
        world.simulator.stored("SM").len(),
        2,
        "it died before the deletion"
    );
    assert_eq!(
        world.mmsc.told("once"),
        [""; 0],
        "it is told after the commit"
    );
    world.apart.start_edge();
    world.apart.map.wait_for(&cell);
    world.wait_until_empty();
    wait::until_true("the MMSC is told", wait::LONG, || {
        world.mmsc.told("once") == ["retrieved"]
    });
    // It tells of the message again, as if it had not been told.
    world.notify("once", 1);
    world.wait_until_empty();
    world.apart.wait_for_reports(1);
    assert_eq!(world.mmsc.fetched("once"), 1);
    world.apart.stop();
}

#[test]
fn where_the_proxy_or_the_interface_is_not_there_senders_are_asked_for_a_text() {
    let closed = process::free_port();
    let refused = format!(
        "mmsc = \"http://mmsc.test/mms\"\nproxy = \"127.0.0.1:{closed}\"\ninterface = \"lo\"\n"
    );
    let missing = format!(
        "mmsc = \"http://mmsc.test/mms\"\nproxy = \"127.0.0.1:{closed}\"\ninterface = \"wwan9\"\n"
    );
    for settings in [refused.as_str(), &missing, "interface = \"lo\"\n"] {
        let mut world = World::prepare("retry = \"3s\"\n", Some(settings));
        world.notify("away", 1);
        world.run();
        let answer = world.wait_for_answer(1);
        assert!(!answer.starts_with("Got it"), "{answer}");
        world.wait_until_empty();
        // While one waits, texts are read.
        let (text, cell) = texts_all_over(1).remove(0);
        world.notify("away-again", 2);
        for pdu in sms::deliver(&number(3), &text) {
            world.simulator.deliver(&pdu).expect("a PDU");
        }
        world.apart.map.wait_for(&cell);
        world.wait_for_answer(2);
        world.wait_until_empty();
        world.apart.wait_for_reports(1);
        world.assert_discreet(1..4);
        world.apart.stop();
    }
}

#[test]
fn doctor_names_what_is_wrong_with_the_bearer_and_the_fix() {
    let lines = |world: &World| -> Vec<Value> {
        let configuration = world.apart.folder().join("edge.toml");
        let configuration = configuration.to_str().expect("a plain name");
        let output = process::output(
            "spotlight-edge",
            &["doctor", "--json", "--config", configuration],
        );
        diagnostics::lines(&output)
    };
    let status = |lines: &[Value], check: &str| {
        let line = lines.iter().find(|line| line["check"] == check);
        let line = line.unwrap_or_else(|| panic!("no `{check}` in {lines:?}"));
        let has_fix = line["fix"].as_str().is_some_and(|fix| !fix.is_empty());
        assert!(line["status"] == "ok" || has_fix, "{line}");
        line["status"].as_str().expect("a status").to_owned()
    };
    let world = World::prepare("", None);
    let said = lines(&world);
    assert_eq!(status(&said, "MMS bearer"), "ok");
    assert_eq!(status(&said, "MMS proxy"), "ok");
    assert_eq!(world.mmsc.odd(), [""; 0]);
    let closed = process::free_port();
    let refused = format!("mmsc = \"http://mmsc.test/\"\nproxy = \"127.0.0.1:{closed}\"\n");
    assert_eq!(
        status(&lines(&World::prepare("", Some(&refused))), "MMS proxy"),
        "fail"
    );
    // The simulator's SIM is a test network's, which no table knows.
    let unknown = World::prepare("", Some("interface = \"lo\"\n"));
    assert_eq!(status(&lines(&unknown), "MMS bearer"), "fail");
}
