//! SIGKILL at any instant, or a disk that is full, loses nothing and doubles nothing: 500 messages, every one on the hub
//! exactly once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spotlight_hub::store::reports::Reports;
use spotlight_tests::process::{self, Running};
use spotlight_tests::random::Random;
use spotlight_tests::world::{Apart, Demo, cell, number, texts_all_over};
use spotlight_tests::{diagnostics, wait};

const MESSAGES: usize = 500;
const KILLS: usize = 24;
const SEED: u64 = 20_261_124;

/// The longest a kill waits for some messages to be taken, and for the last of them to arrive.
const PATIENCE: Duration = Duration::from_secs(120);

/// After the wait for a count, the kill itself comes within this time, so that it meets any step of the line.
const JITTER: Duration = Duration::from_millis(40);

#[test]
fn the_box_loses_and_doubles_nothing() {
    let mut random = Random::new(SEED);
    let messages = texts_all_over(MESSAGES);
    let mut demo = Demo::start();
    let mut put = 0;
    for kill in 1..=KILLS {
        let upto = MESSAGES * kill / KILLS;
        for (n, (text, _)) in messages.iter().enumerate().take(upto).skip(put) {
            demo.spool.text(&format!("message{n}"), &number(n), text);
        }
        let chunk = upto - put;
        put = upto;
        // Killed when a part of them is taken, at any moment between the steps; at times before it is even up.
        let left = random.below(chunk + 1);
        if random.below(4) > 0 {
            wait::until_true("some messages are taken", PATIENCE, || {
                demo.spool.waiting().len() <= left
            });
        }
        std::thread::sleep(random.time_below(JITTER));
        demo.kill();
        if kill < KILLS {
            demo.start_only();
        }
    }
    demo.restart();
    wait::until_true("every message is taken", PATIENCE, || {
        demo.spool.waiting().is_empty()
    });
    let data = demo.data.clone();
    wait::until_true("every report is on the hub", PATIENCE, || {
        diagnostics::try_rows(&data, "reports").is_some_and(|rows| rows >= MESSAGES as u64)
    });
    diagnostics::wait_until_settled(&data.join("edge"));
    let running = demo.running.take().expect("it runs");
    assert_eq!(running.terminate().0.code(), Some(0));
    assert_eq!(diagnostics::outbox(&data.join("edge")), (0, 0));
    assert_each_once(&data.join("hub"), &messages);
}

#[test]
fn edge_hub_and_broker_apart_lose_and_double_nothing() {
    let mut random = Random::new(SEED + 1);
    let messages = texts_all_over(MESSAGES);
    let mut apart = Apart::start();
    let mut put = 0;
    for kill in 1..=KILLS {
        let upto = MESSAGES * kill / KILLS;
        for (n, (text, _)) in messages.iter().enumerate().take(upto).skip(put) {
            apart.spool.text(&format!("message{n}"), &number(n), text);
        }
        let left = random.below(upto - put + 1);
        put = upto;
        if random.below(4) > 0 {
            wait::until_true("some messages are taken", PATIENCE, || {
                apart.spool.waiting().len() <= left
            });
        }
        std::thread::sleep(random.time_below(JITTER));
        match kill % 3 {
            0 => {
                apart.kill_edge();
                apart.start_edge();
            }
            1 => {
                apart.kill_hub();
                apart.start_hub_only();
            }
            _ => {
                apart.broker.kill();
                apart.broker.restart();
            }
        }
    }
    wait::until_true("every message is taken", PATIENCE, || {
        apart.spool.waiting().is_empty()
    });
    let data = apart.hub_data();
    wait::until_true("every report is on the hub", PATIENCE, || {
        diagnostics::try_rows(&data, "reports").is_some_and(|rows| rows >= MESSAGES as u64)
    });
    diagnostics::wait_until_settled(&apart.edge_data());
    assert_eq!(
        diagnostics::rows(&data, "reports"),
        MESSAGES as u64,
        "not one too many"
    );
    let cells = messages.iter().map(|(_, cell)| cell.clone()).collect();
    apart.map.wait_for_exactly(&cells);
    apart.stop();
    assert_eq!(diagnostics::outbox(&apart.edge_data()), (0, 0));
    assert_each_once(&data, &messages);
}

#[test]
fn a_crash_between_commit_and_removal_makes_one_report() {
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    apart
        .spool
        .text("crash", &number(1), "police at 6th St & Vermont");
    let status = apart
        .edge
        .take()
        .expect("it was started")
        .wait_for_end(wait::LONG);
    assert!(!status.success(), "{status}");
    assert!(apart.spool.holds("crash.pdu"), "it died before the removal");
    let edge_data = apart.edge_data();
    assert_eq!(
        diagnostics::outbox(&edge_data),
        (1, 1),
        "and after the commit"
    );

    apart.start_hub();
    apart.start_edge();
    apart.map.wait_for(&cell("6th St & Vermont"));
    wait::until_true("the file is removed", wait::LONG, || {
        !apart.spool.holds("crash.pdu")
    });
    // A later message shows that the line has moved on.
    apart
        .spool
        .text("later", &number(2), "police at 103rd St & Figueroa");
    apart.map.wait_for(&cell("103rd St & Figueroa"));
    assert_eq!(diagnostics::rows(&apart.hub_data(), "reports"), 2);
    apart.stop();
    assert_eq!(
        diagnostics::outbox(&edge_data).1,
        0,
        "a confirmed removal is forgotten"
    );
}

#[test]
fn a_disk_that_takes_no_more_ends_the_edge_and_loses_nothing() {
    let mut apart = Apart::prepare();
    apart.add_node();
    // No file of the edge's may grow beyond this: writing fails as on a full disk. Without a hub the outbox only grows.
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "bash"])
        .arg(process::binary("spotlight-edge"))
        .args(["run", "--config"])
        .arg(apart.folder().join("edge.toml"))
        .current_dir(process::top());
    let edge = Running::start("edge", command, &apart.logs);
    let messages = texts_all_over(MESSAGES);
    for (n, (text, _)) in messages.iter().enumerate() {
        apart.spool.text(&format!("message{n}"), &number(n), text);
    }
    let said = apart.logs.join("edge.0.err");
    let status = edge.wait_for_end(PATIENCE);
    assert_eq!(status.code(), Some(1));
    let said = fs::read_to_string(said).expect("its log");
    assert!(said.contains("a report could not be written"), "{said}");
    let committed = diagnostics::outbox(&apart.edge_data()).0;
    let left = apart.spool.waiting().len();
    assert!(
        left > 0 && committed > 0,
        "{left} left, {committed} committed"
    );
    assert!(left + committed >= MESSAGES);

    // The next start, with room, reads what is left.
    apart.start_hub();
    apart.start_edge();
    wait::until_true("every message is taken", PATIENCE, || {
        apart.spool.waiting().is_empty()
    });
    let data = apart.hub_data();
    wait::until_true("every report is on the hub", PATIENCE, || {
        diagnostics::try_rows(&data, "reports").is_some_and(|rows| rows >= MESSAGES as u64)
    });
    apart.stop();
    assert_each_once(&data, &messages);
}

/// Each cell holds as many live reports as messages named it; no message is missing and none counts twice.
fn assert_each_once(hub: &Path, messages: &[(String, String)]) {
    let store = Reports::open(hub).expect("the store opens after any kill");
    let mut expected = BTreeMap::new();
    for (_, cell) in messages {
        *expected.entry(cell.clone()).or_insert(0) += 1;
    }
    let mut found = BTreeMap::new();
    for received in store.live().expect("live reports") {
        *found.entry(received.report.cell.to_string()).or_insert(0) += 1;
    }
    assert_eq!(found, expected);
    let rows = store
        .tables()
        .expect("tables")
        .iter()
        .find(|table| table.table == "reports")
        .map(|table| table.rows);
    assert_eq!(
        rows,
        Some(messages.len() as u64),
        "live reports and known ids are the same set"
    );
}
