//! The folders of other programs: Debian's own smsd and gammu-smsd receive without a modem (see `gateways`), the edge
//! reports to a hub through mosquitto, and the daemons take the answers. And the spool, written in place.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use spotlight_tests::gateways::{Gammu, Smsd};
use spotlight_tests::scan;
use spotlight_tests::world::{Apart, cell, number};
use spotlight_tests::{diagnostics, sms, wait};

const BEVERLY: &str = "Beverly & Vermont";
const VERMONT: &str = "6th St & Vermont";
const FIGUEROA: &str = "103rd St & Figueroa";

/// All that our own code would ever say; tract alone fills megabytes with the network's layers.
const LOG: (&str, &str) = ("SPOTLIGHT_LOG", "trace,tract=info,mio=info");

/// Between the pieces of a file that is written in place; what no longer changes for 2 s is whole.
const PAUSE: Duration = Duration::from_millis(200);

/// The zone of the time stamps that the tests write.
const ZONE: &str = "UTC";

/// Edge, hub and broker, the edge with a section more.
fn start(section: impl Fn(&Path) -> String) -> Apart {
    let mut apart = Apart::prepare();
    let path = apart.folder().join("edge.toml");
    let mut file = OpenOptions::new()
        .append(true)
        .open(&path)
        .expect("the configuration");
    write!(file, "{}", section(apart.folder())).expect("the configuration can be written");
    apart.add_node();
    apart.start_hub();
    apart
}

fn smstools(folder: &Path) -> String {
    format!(
        "[smstools]\nincoming = {:?}\noutgoing = {:?}\ntime_zone = \"{ZONE}\"\n",
        folder.join("smstools/incoming"),
        folder.join("smstools/outgoing"),
    )
}

fn gammu(folder: &Path) -> String {
    format!(
        "[gammu]\ninbox = {:?}\noutbox = {:?}\ntime_zone = \"{ZONE}\"\n",
        folder.join("gammu/inbox"),
        folder.join("gammu/outbox"),
    )
}

fn assert_no_number_in(folder: &Path, except: &[&Path], numbers: &[String]) {
    let secrets: Vec<_> = numbers
        .iter()
        .flat_map(|number| scan::number(number))
        .collect();
    let files = scan::files(folder, except);
    scan::assert_none(&files, &secrets);
}

#[test]
fn what_smsd_receives_is_reported_and_smsd_sends_the_answers() {
    let mut apart = start(smstools);
    let folder = apart.folder().join("smstools");
    let mut smsd = Smsd::start(&folder, &apart.logs);
    apart.start_edge_with(&[LOG]);
    apart.map.wait_until_online();

    smsd.receive("a", &number(0), "police at Beverly & Vermont");
    // UCS2, and longer than one SMS: smsd joins it.
    let long = "hay policía, están quitando las carpas y todas las cosas de la gente, vengan por favor, en 6th & Vermont";
    assert!(sms::deliver(&number(1), long).len() > 1);
    smsd.receive("b", &number(1), long);
    // A status report, data, and what is no PDU.
    let numbers: Vec<_> = (0..4).map(number).collect();
    smsd.receive_pdu("c", &status_report(&number(2)));
    smsd.receive_pdu("d", &sms::deliver_data(&number(3), &[0x00, 0x06, 0x01]));
    smsd.receive_pdu("e", "0791zz");
    smsd.wait_until_read();

    apart.map.wait_for(&cell(BEVERLY));
    apart.map.wait_for(&cell(VERMONT));
    for (n, place) in [(0, "Beverly"), (1, "Vermont")] {
        let sent = wait::until("smsd sends the answer", wait::LONG, || {
            smsd.sent_to(&number(n)).pop()
        });
        assert!(sent.contains(place), "{sent}");
        assert!(sent.contains("Flash: no\n"), "{sent}");
    }
    wait::until_true("all are handled", wait::LONG, || {
        let left = smsd.incoming();
        left.len() == 2 && left.iter().all(|name| name.ends_with(".refused"))
    });
    for (n, count) in [(0, 1), (1, 1), (2, 0), (3, 0)] {
        assert_eq!(
            smsd.sent_to(&number(n)).len(),
            count,
            "answers to sender {n}"
        );
    }
    assert_eq!(diagnostics::rows(&apart.hub_data(), "reports"), 2);
    let said = apart.edge.as_ref().expect("it runs").stderr();
    assert!(said.contains("smsd could not decode it"), "{said}");
    assert!(said.contains("binary, not a text"), "{said}");
    smsd.stop();
    diagnostics::wait_until_settled(&apart.edge_data());
    apart.stop();
    let logs: Vec<_> = scan::files(&apart.logs, &[])
        .into_iter()
        .filter(|path| path.to_string_lossy().contains("smsd"))
        .collect();
    let except: Vec<&Path> = logs
        .iter()
        .map(AsRef::as_ref)
        .chain([folder.as_path()])
        .collect();
    assert_no_number_in(apart.folder(), &except, &numbers);
}

/// A status report for a text that went to `number`: the service centre, and the times, as in `sms`.
fn status_report(number: &str) -> String {
    let digits = number.trim_start_matches('+');
    let mut bytes = vec![0x07, 0x91];
    bytes.extend(sms::semi_octets("12135550199"));
    bytes.extend([0x06, 42, digits.len() as u8, 0x91]);
    bytes.extend(sms::semi_octets(digits));
    for _ in 0..2 {
        bytes.extend(sms::semi_octets("26112413300000"));
    }
    bytes.push(0);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn gammu_reports(format: &str) {
    let mut apart = start(gammu);
    let folder = apart.folder().join("gammu");
    let mut daemon = Gammu::start(&folder, format, &apart.logs);
    apart.start_edge_with(&[LOG]);
    apart.map.wait_until_online();

    daemon.receive(&number(10), "policía en Beverly & Vermont 警察", ZONE);
    let long = "hay policía, están quitando las carpas y todas las cosas de la gente, vengan por favor, en 6th & Vermont";
    daemon.receive(&number(11), long, ZONE);
    daemon.receive_data(&number(12));
    daemon.wait_until_read();

    apart.map.wait_for(&cell(BEVERLY));
    apart.map.wait_for(&cell(VERMONT));
    for (n, place) in [(10, "Beverly"), (11, "Vermont")] {
        let sent = wait::until("gammu-smsd sends the answer", wait::LONG, || {
            daemon.sent_to(&number(n)).pop()
        });
        assert!(sent.contains(place), "{sent}");
    }
    wait::until_true("all are handled", wait::LONG, || {
        let left = daemon.inbox();
        left.len() == 1 && left[0].ends_with(".refused")
    });
    for (n, count) in [(10, 1), (11, 1), (12, 0)] {
        assert_eq!(
            daemon.sent_to(&number(n)).len(),
            count,
            "answers to sender {n}"
        );
    }
    assert_eq!(diagnostics::rows(&apart.hub_data(), "reports"), 2);
    daemon.stop();
    diagnostics::wait_until_settled(&apart.edge_data());
    apart.stop();
    let numbers: Vec<_> = (10..13).map(number).collect();
    assert_no_number_in(apart.folder(), &[folder.as_path()], &numbers);
}

#[test]
fn what_gammu_receives_is_reported_and_gammu_sends_the_answers() {
    gammu_reports("unicode");
}

#[test]
fn gammus_other_formats_say_the_same() {
    gammu_reports("standard");
    gammu_reports("detail");
}

#[test]
fn killed_after_the_commit_it_reports_no_message_twice_and_answers_none_twice() {
    let mut apart = start(|folder| smstools(folder) + &gammu(folder));
    let smsd = Smsd::start(&apart.folder().join("smstools"), &apart.logs);
    let folder = apart.folder().join("gammu");
    fs::create_dir_all(folder.join("inbox")).expect("a folder");
    fs::create_dir_all(folder.join("outbox")).expect("a folder");
    let now = jiff::Timestamp::now().in_tz(ZONE).expect("a time zone");
    let stem = format!("IN{}_00_{}", now.strftime("%Y%m%d_%H%M%S"), number(20));
    // Two parts as gammu writes them, so that the message can be removed in part.
    let part = |n: usize| folder.join(format!("inbox/{stem}_{n:02}.txt"));
    fs::write(part(0), "police at Beverly ").expect("a file");
    fs::write(part(1), "& Vermont").expect("a file");
    let incoming = apart.folder().join("smstools/incoming/GSM1.abcdef");
    fs::write(
        &incoming,
        format!(
            "From: {}\nFrom_TOA: 91 international\nAlphabet: UTF-8\n\npolice at {FIGUEROA}",
            &number(21)[1..]
        ),
    )
    .expect("a file");
    apart.start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    let edge = apart.edge.take().expect("it was started");
    edge.wait_for_end(wait::LONG);
    // The run that committed one may have committed the other, or not: two more runs commit each at most once.
    apart.start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    wait::until_true(
        "both messages are gone, or it ended again",
        wait::LONG,
        || !part(0).exists() && !incoming.exists() || ended(&mut apart),
    );
    apart.kill_edge();
    // As if the power went when all but the first of its files were removed.
    if part(1).exists() {
        fs::remove_file(part(1)).expect("a file can be removed");
    }
    apart.start_edge();
    apart.map.wait_for(&cell(BEVERLY));
    apart.map.wait_for(&cell(FIGUEROA));
    wait::until_true("both messages are gone", wait::LONG, || {
        !part(0).exists() && !incoming.exists()
    });
    diagnostics::wait_until_settled(&apart.edge_data());
    apart.stop();
    assert_eq!(diagnostics::rows(&apart.hub_data(), "reports"), 2);
    smsd.stop();
}

fn ended(apart: &mut Apart) -> bool {
    apart.edge.as_mut().is_none_or(|edge| edge.has_ended())
}

#[test]
fn a_file_that_is_written_in_place_is_not_read_half() {
    let mut apart = Apart::start();
    let name = "slow";
    let pdu = sms::deliver(&number(30), "police at Beverly & Vermont").remove(0);
    let path = apart.spool.0.join("in").join(format!("{name}.pdu"));
    let mut file = fs::File::create(&path).expect("a file");
    // A writer that pauses between its writes, each time for far less than the rest that makes a file whole, and in all for
    // longer.
    for piece in pdu.as_bytes().chunks(pdu.len() / 13) {
        file.write_all(piece).expect("written");
        file.flush().expect("written");
        let start = Instant::now();
        wait::until_true("the writer's pause is over", wait::LONG, || {
            assert!(path.exists(), "it was taken before it was whole");
            start.elapsed() > PAUSE
        });
    }
    drop(file);
    let answer = wait::until("the answer", wait::LONG, || apart.spool.answer(name));
    assert!(answer.contains("Beverly"), "{answer}");
    apart.map.wait_for(&cell(BEVERLY));
    wait::until_true("it is gone", wait::LONG, || {
        apart.spool.waiting().is_empty()
    });
    apart.stop();
}
