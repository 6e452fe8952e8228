use super::*;

use std::collections::HashSet;

use spotlight_common::clock::ClockQuality;
use spotlight_common::ids::{Epoch, Pseudonym};
use spotlight_common::report::{Evidence, Kind};

const NODE: NodeId = NodeId([
    0xd1, 0x5e, 0xa5, 0xed, 0x0d, 0xec, 0xaf, 0xc0, 0xff, 0xee, 0xba, 0xdf, 0x00, 0xd5, 0xfa, 0xce,
    0xd1, 0x5e, 0xa5, 0xed, 0x0d, 0xec, 0xaf, 0xc0, 0xff, 0xee, 0xba, 0xdf, 0x00, 0xd5, 0xfa, 0xcf,
]);
const REPORTER: u64 = 0x9e37_79b9_7f4a_7c15;
const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

fn at(seconds: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T12:00:30Z".parse().expect("a time");
    Timestamp::from_second(start.as_second() + seconds).expect("in range")
}

fn report(seen_at: Timestamp) -> Report {
    Report {
        id: ReportId::random(),
        seen_at: Minute::of(seen_at),
        cell: Cell::at(34.0442, -118.2439, 9).expect("a cell"),
        kind: Kind::Present,
        evidence: Evidence::Photo { police: 93 },
        reporter: Pseudonym(REPORTER),
        epoch: Epoch(0x0123_4567_89ab_cdef),
        clock: ClockQuality::Synced,
    }
}

fn store(folder: &Path) -> Reports {
    let store = Reports::open(folder).expect("opens");
    store.add_node(&NODE, "roof").expect("adds");
    store
}

fn accept_one(store: &Reports, report: Report, now: Timestamp) -> Outcome {
    let (outcomes, _) = store
        .accept(&[(NODE, report)], now, |_| true)
        .expect("accepts");
    outcomes[0]
}

fn keys(folder: &Path) -> usize {
    let entries = fs::read_dir(folder.join("live-keys")).expect("the folder");
    entries.count()
}

#[test]
fn every_kind_of_report_has_its_outcome_also_in_one_batch() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(folder.path());
    let (stranger, revoked) = (NodeId([1; 32]), NodeId([2; 32]));
    store.add_node(&revoked, "stolen").expect("adds");
    assert!(store.revoke_node(&revoked).expect("revokes"));
    assert!(!store.revoke_node(&stranger).expect("answers"));
    let now = at(0);
    let good = report(now);
    let with_cell = |cell: Option<Cell>| Report {
        cell: cell.expect("a cell"),
        ..report(now)
    };
    let pentagon = h3o::Resolution::Nine.pentagons().next().map(Cell::from);
    let paris = Cell::at(48.85, 2.35, 9);
    let refused = Outcome::Refused;
    let cases = [
        (NODE, good, Outcome::Stored),
        (NODE, good, Outcome::Duplicate),
        // The same id from another node, saying something else: the first word stands.
        (stranger, good, refused(Refusal::UnknownNode)),
        (stranger, report(now), refused(Refusal::UnknownNode)),
        (revoked, report(now), refused(Refusal::RevokedNode)),
        (revoked, good, refused(Refusal::RevokedNode)),
        (NODE, with_cell(paris), refused(Refusal::Cell)),
        (NODE, with_cell(pentagon), refused(Refusal::Cell)),
        (
            NODE,
            with_cell(Cell::at(34.0442, -118.2439, 15)),
            refused(Refusal::Cell),
        ),
        (
            NODE,
            with_cell(Cell::at(34.0442, -118.2439, 10)),
            refused(Refusal::Cell),
        ),
        (
            NODE,
            with_cell(Cell::at(34.0442, -118.2439, 6)),
            refused(Refusal::Cell),
        ),
        (
            NODE,
            with_cell(Cell::at(34.0442, -118.2439, 7)),
            Outcome::Stored,
        ),
        // 35 days and 60 minutes are whole minutes: the last one is still taken.
        (NODE, report(at(-35 * DAY)), Outcome::Stored),
        (NODE, report(at(-35 * DAY - MINUTE)), refused(Refusal::Old)),
        (NODE, report(Timestamp::MIN), refused(Refusal::Old)),
        (NODE, report(at(3 * MINUTE)), Outcome::Stored),
        (NODE, report(at(DAY)), Outcome::Stored),
        (NODE, report(at(DAY + 2 * MINUTE)), refused(Refusal::Ahead)),
        (NODE, report(Timestamp::MAX), refused(Refusal::Ahead)),
    ];
    let city = crate::city::City::load("los-angeles").expect("loads");
    let batch: Vec<_> = cases
        .iter()
        .map(|(node, report, _)| (*node, *report))
        .collect();
    let (outcomes, live) = store
        .accept(&batch, now, |cell| city.has(cell))
        .expect("accepts");
    for (n, ((_, _, expected), found)) in cases.iter().zip(&outcomes).enumerate() {
        assert_eq!(found, expected, "case {n}");
    }
    // A report whose hour is long over is known and no more.
    assert_eq!(live.len(), 4);
    for received in &live {
        assert!(
            received.time() <= Minute::of(now) && received.fades_at().start() <= at(60 * MINUTE)
        );
    }
    let rows = store.live().expect("reads");
    let ids: HashSet<_> = rows.iter().map(|row| row.report.id).collect();
    assert_eq!(ids, live.iter().map(|row| row.report.id).collect());
    // Each again, from anyone who may: nothing changes.
    let (again, new) = store
        .accept(&batch, at(30), |cell| city.has(cell))
        .expect("accepts");
    assert!(new.is_empty() && !again.contains(&Outcome::Stored));
    // A second known node that says the same id is told that it is known.
    store.add_node(&stranger, "late").expect("adds");
    let other = Report {
        cell: Cell::at(34.1, -118.3, 9).expect("a cell"),
        ..good
    };
    let (outcomes, new) = store
        .accept(&[(stranger, other)], now, |_| true)
        .expect("accepts");
    assert_eq!((outcomes, new), (vec![Outcome::Duplicate], vec![]));
}

/// Whatever a node's clock said, and whenever it is said again, a report is taken once.
#[test]
fn no_replay_is_ever_taken_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(folder.path());
    let mut reports: Vec<Report> = [0, -34 * DAY, DAY, 23 * 60 * MINUTE]
        .map(|ahead| report(at(ahead)))
        .to_vec();
    reports.push(report(at(11 * 60 * MINUTE + 59 * MINUTE)));
    for report in &reports {
        assert_eq!(accept_one(&store, *report, at(0)), Outcome::Stored);
    }
    let batch: Vec<_> = reports.iter().map(|report| (NODE, *report)).collect();
    for hours in (0..=240 * 24).step_by(29) {
        let now = at(hours * 60 * MINUTE);
        store.forget(now).expect("forgets");
        let (outcomes, _) = store.accept(&batch, now, |_| true).expect("accepts");
        assert!(!outcomes.contains(&Outcome::Stored), "{hours} h");
    }
    assert_eq!(
        store.tables().expect("lists")[0].rows,
        0,
        "all are forgotten"
    );
}

/// All ways in which a careless store would leave these bytes.
fn forms(bytes: &[u8]) -> Vec<Vec<u8>> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    vec![
        hex(bytes).into_bytes(),
        hex(&reversed).into_bytes(),
        hex(bytes).to_uppercase().into_bytes(),
        bytes.to_vec(),
        reversed,
    ]
}

fn numbers(number: u64) -> Vec<Vec<u8>> {
    let mut all = forms(&number.to_be_bytes());
    all.push(postcard::to_stdvec(&number).expect("writes"));
    all.push(number.to_string().into_bytes());
    all
}

/// How often each of the forms occurs in the files of a folder.
fn occurrences(folder: &Path, forms: &[Vec<u8>]) -> usize {
    let mut found = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("lists") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).expect("reads");
            for form in forms {
                found += memchr::memmem::find_iter(&bytes, form).count();
            }
        }
    }
    found
}

#[test]
fn what_a_report_said_is_never_on_disk_in_the_clear_and_cannot_be_read_after_its_hour() {
    let folder = tempfile::tempdir().expect("a folder");
    let (received, sealed, node_before);
    {
        let store = store(folder.path());
        drop(store);
        node_before = occurrences(folder.path(), &forms(&NODE.0));
        assert!(
            node_before > 0,
            "the list of nodes, and nothing else, names it"
        );
        let store = Reports::open(folder.path()).expect("opens");
        let report = report(at(0));
        let (_, live) = store
            .accept(&[(NODE, report)], at(0), |_| true)
            .expect("accepts");
        received = live[0];
        // Another commit, so that the first page is not the last.
        accept_one(
            &store,
            Report {
                id: ReportId::random(),
                ..report
            },
            at(0),
        );
        sealed = {
            let transaction = store.database.begin_read().expect("reads");
            let table = transaction.open_table(LIVE).expect("opens");
            let row = table
                .get(report.id.0.as_u128())
                .expect("reads")
                .expect("a row");
            row.value().to_vec()
        };
        let row = write(&received);
        let secrets = [
            numbers(received.report.cell.index()),
            numbers(REPORTER),
            numbers(received.report.epoch.0),
            vec![row[..40].to_vec(), row[row.len() - 24..].to_vec()],
        ];
        for forms in &secrets {
            assert_eq!(occurrences(folder.path(), forms), 0);
        }
        assert_eq!(store.live().expect("reads").len(), 2);
        // Its time has not come: nothing is destroyed.
        store.erase(&[], at(119 * MINUTE)).expect("erases");
        assert_eq!(store.live().expect("reads").len(), 2);
        let ids: Vec<_> = store
            .live()
            .expect("reads")
            .iter()
            .map(|row| row.report.id)
            .collect();
        store.erase(&ids, received.erased_at()).expect("erases");
        assert!(store.live().expect("reads").is_empty());
        store.erase(&[], at(130 * MINUTE)).expect("erases");
        assert_eq!(keys(folder.path()), 0);
        for forms in &secrets {
            assert_eq!(occurrences(folder.path(), forms), 0);
        }
        assert_eq!(
            accept_one(&store, report, at(131 * MINUTE)),
            Outcome::Duplicate
        );
    }
    assert!(occurrences(folder.path(), &forms(&NODE.0)) <= node_before);
    // The sealed row may well lie in a free page; nothing in the folder opens it.
    let keys = Shredder::load(&folder.path().join("live-keys")).expect("loads");
    assert!(keys.open(received.report.id.0.as_u128(), &sealed).is_none());
}

#[test]
fn live_rows_survive_a_restart_and_a_lost_key_is_no_reason_not_to_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (early, late) = (report(at(0)), report(at(30 * MINUTE)));
    {
        let store = store(folder.path());
        assert_eq!(accept_one(&store, early, at(0)), Outcome::Stored);
        assert_eq!(accept_one(&store, late, at(30 * MINUTE)), Outcome::Stored);
    }
    let live = |folder: &Path| -> Vec<ReportId> {
        let store = Reports::open(folder).expect("opens");
        let live = store.live().expect("reads");
        live.iter().map(|row| row.report.id).collect()
    };
    assert_eq!(live(folder.path()).len(), 2);
    let period = Minute::of(at(120 * MINUTE)).0 / ERASURE_MINUTES;
    fs::remove_file(folder.path().join(format!("live-keys/{period}.key"))).expect("lost");
    assert_eq!(live(folder.path()), [late.id]);
    let store = Reports::open(folder.path()).expect("opens");
    assert_eq!(
        store.tables().expect("lists")[1].rows,
        1,
        "the lost row is gone"
    );
    assert_eq!(
        accept_one(&store, early, at(31 * MINUTE)),
        Outcome::Duplicate
    );
}

/// A process that ends at any instant: what it committed is what the next start reads, as long as its hour lasts.
#[test]
fn a_hub_that_was_away_erases_at_its_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = report(at(0));
    {
        let store = store(folder.path());
        assert_eq!(accept_one(&store, report, at(0)), Outcome::Stored);
    }
    // Killed between the row's removal and its key's end, and the other way round.
    {
        let store = Reports::open(folder.path()).expect("opens");
        store.erase(&[], at(5 * 60 * MINUTE)).expect("erases");
        assert_eq!(keys(folder.path()), 0);
    }
    let store = Reports::open(folder.path()).expect("opens");
    assert!(store.live().expect("reads").is_empty());
    assert_eq!(store.tables().expect("lists")[1].rows, 0);
    assert!(store.knows(report.id.0).expect("reads"));
}

/// A system that is out of files or of room for a moment: the same is tried again later.
#[test]
fn a_key_that_cannot_be_made_or_destroyed_is_no_end_and_no_loss() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = store(folder.path());
    let keys_folder = folder.path().join("live-keys");
    let report = report(at(0));
    fs::remove_dir(&keys_folder).expect("taken away");
    let failed = store.accept(&[(NODE, report)], at(0), |_| true);
    assert!(matches!(failed, Err(StoreError::Keys(_))));
    assert!(!store.knows(report.id.0).expect("reads"));
    fs::create_dir(&keys_folder).expect("given back");
    assert_eq!(accept_one(&store, report, at(0)), Outcome::Stored);

    let period = Minute::of(at(120 * MINUTE)).0 / ERASURE_MINUTES;
    let key = keys_folder.join(format!("{period}.key"));
    let aside = folder.path().join("aside");
    fs::rename(&key, &aside).expect("put aside");
    fs::create_dir(&key).expect("in its place");
    let over = at(131 * MINUTE);
    let failed = store.erase(&[report.id], over);
    assert!(matches!(failed, Err(StoreError::Keys(_))));
    assert!(store.live().expect("reads").is_empty(), "the row is gone");
    fs::remove_dir(&key).expect("taken away");
    fs::rename(&aside, &key).expect("put back");
    store.erase(&[], over).expect("erases");
    assert_eq!(keys(folder.path()), 0);
}
