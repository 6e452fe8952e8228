use super::*;

use spotlight_common::cell::Cell;
use spotlight_common::clock::ClockQuality;
use spotlight_common::ids::{Epoch, Pseudonym, ReportId};
use spotlight_common::keys;
use spotlight_common::receipt::Refusal;
use spotlight_common::report::{Evidence, Kind, Minute};

/// What anyone may put on the broker: each gets its receipt or none, and the good ones around it are taken.
#[test]
fn forged_and_foreign_envelopes_get_no_receipt_and_cost_their_neighbours_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Reports::open(folder.path()).expect("opens");
    let cities = ["seattle", "los-angeles"].map(|name| Arc::new(City::load(name).expect("loads")));
    let key = |byte| SigningKey::from_bytes(&[byte; 32]);
    let id = |byte| keys::public(&key(byte));
    let (here, elsewhere): (Network, Network) =
        ("la".parse().expect("a name"), "sf".parse().expect("a name"));
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
    store.add_node(&id(1), "one").expect("adds");
    store.add_node(&id(2), "two").expect("adds");
    let report = || Report {
        id: ReportId::random(),
        seen_at: Minute::of(now),
        cell: Cell::at(34.0442, -118.2439, 9).expect("a cell"),
        kind: Kind::Present,
        evidence: Evidence::Text,
        reporter: Pseudonym(7),
        epoch: Epoch(7),
        clock: ClockQuality::Synced,
    };
    let (good, last) = (report(), report());
    let outside = Report {
        cell: Cell::at(36.17, -115.14, 8).expect("a cell"),
        ..report()
    };
    let receipts = vec![Receipt {
        id: good.id,
        outcome: Outcome::Stored,
    }];
    let mut bent = envelope::seal(&key(1), &here, &report());
    bent[70] ^= 1;
    let deliveries = vec![
        (id(1), envelope::seal(&key(1), &here, &good)),
        // On another node's topic, for another network, of another purpose, turned by a bit, and no envelope at all.
        (id(1), envelope::seal(&key(2), &here, &report())),
        (id(1), envelope::seal(&key(1), &elsewhere, &report())),
        (id(1), envelope::seal(&key(1), &here, &receipts)),
        (id(1), bent),
        (id(1), Vec::new()),
        (id(1), vec![1; envelope::MAX_BYTES + 1]),
        // Answered: of a node that nobody knows, of nowhere, again, and with another node's id.
        (id(3), envelope::seal(&key(3), &here, &report())),
        (id(1), envelope::seal(&key(1), &here, &outside)),
        (id(1), envelope::seal(&key(1), &here, &good)),
        (id(2), envelope::seal(&key(2), &here, &good)),
        (id(2), envelope::seal(&key(2), &here, &last)),
    ];
    let (receipts, stored) = take(&store, &here, &cities, deliveries, now).expect("takes");
    let check = |node: u8, expected: &[Outcome]| {
        let outcomes: Vec<_> = receipts[&id(node)]
            .iter()
            .map(|receipt| receipt.outcome)
            .collect();
        assert_eq!(outcomes, expected, "node {node}");
    };
    let stored_then = [
        Outcome::Stored,
        Outcome::Refused(Refusal::Cell),
        Outcome::Duplicate,
    ];
    check(1, &stored_then);
    check(2, &[Outcome::Duplicate, Outcome::Stored]);
    check(3, &[Outcome::Refused(Refusal::UnknownNode)]);
    assert_eq!(receipts.len(), 3);
    let stored: Vec<_> = stored.iter().map(|row| (row.node, row.report)).collect();
    assert_eq!(stored, [(id(1), good), (id(2), last)]);
}

#[test]
fn a_status_that_a_broker_kept_is_of_its_own_time() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a time");
    let node = NodeId([1; 32]);
    let earlier = now.as_second() - 3600;
    let check = |online, at, retained, expected: Option<Option<i64>>| {
        let said = presence(node, Status { online, at }, retained, now);
        let said = said.map(|change| match change {
            Change::Up(_, at) => Some(at.as_second()),
            Change::Gone(_) => None,
            other => panic!("{other:?}"),
        });
        assert_eq!(said, expected, "{online} {at:?} {retained}");
    };
    check(true, Some(earlier), false, Some(Some(now.as_second())));
    check(true, None, false, Some(Some(now.as_second())));
    check(true, Some(earlier), true, Some(Some(earlier)));
    check(true, None, true, None);
    check(true, Some(i64::MAX), true, None);
    check(false, None, true, Some(None));
    check(false, None, false, Some(None));
}
