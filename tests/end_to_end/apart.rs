//! Edge, hub and Debian's mosquitto as three processes: the same line, and what strangers and failures do to it.

use std::path::Path;

use spotlight_common::cell::Cell;
use spotlight_common::clock::ClockQuality;
use spotlight_common::envelope;
use spotlight_common::ids::{Epoch, Network, NodeId, Pseudonym, ReportId};
use spotlight_common::keys;
use spotlight_common::receipt::{Outcome, Receipt, Refusal};
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_common::topic::{self, Leaf};
use spotlight_tests::mqtt::Stranger;
use spotlight_tests::world::{Apart, NETWORK, cell, number};
use spotlight_tests::{diagnostics, http, wait};

const VERMONT: &str = "6th St & Vermont";
const FIGUEROA: &str = "103rd St & Figueroa";
const BEVERLY: &str = "Beverly & Vermont";

fn network() -> Network {
    NETWORK.parse().expect("a network name")
}

fn report(cell: &str) -> Report {
    Report {
        id: ReportId::random(),
        seen_at: Minute::of(jiff::Timestamp::now()),
        cell: cell.parse().expect("a cell"),
        kind: Kind::Present,
        evidence: Evidence::Text,
        reporter: Pseudonym(7),
        epoch: Epoch(7),
        clock: ClockQuality::Synced,
    }
}

fn receipt_of(
    node: &NodeId,
    message: &spotlight_tests::mqtt::Message,
) -> Option<(NodeId, Receipt)> {
    let wanted = topic::of_node(&network(), node, Leaf::Receipt);
    if message.topic != wanted {
        return None;
    }
    let (signer, receipts) =
        envelope::open::<Vec<Receipt>>(&network(), &message.payload).expect("receipts open");
    assert_eq!(receipts.len(), 1, "one delivery, one receipt");
    Some((signer, receipts[0]))
}

fn rows(apart: &Apart) -> u64 {
    diagnostics::rows(&apart.hub_data(), "reports")
}

#[test]
fn every_way_to_say_a_place_is_one_sighting_and_every_sender_is_answered() {
    let apart = Apart::start();
    let ways = [
        "5th & San Pedro",
        "5TH ST AT SAN PEDRO ST, 90013",
        "san pedro y 5ta",
        "34.0442,-118.2439",
        "https://maps.google.com/?q=34.0442,-118.2439",
    ];
    let here = cell(ways[0]);
    for (n, way) in ways.iter().enumerate() {
        apart.spool.text(&format!("way{n}"), &number(n), way);
    }
    for n in 0..ways.len() {
        let answer = wait::until("an answer", wait::LONG, || {
            apart.spool.answer(&format!("way{n}"))
        });
        assert!(answer.contains("San Pedro"), "{answer}");
    }
    wait::until_true("all are handled", wait::LONG, || {
        apart.spool.waiting().is_empty() && rows(&apart) == 5
    });
    apart.map.wait_for_level(&here, "corroborated");
    let all = apart.map.sightings().expect("the hub answers");
    assert_eq!(all["features"].as_array().map(Vec::len), Some(1), "{all}");
    assert!(
        http::get(&apart.map.at("list"))
            .text()
            .contains("San Pedro")
    );
}

#[test]
fn hub_and_broker_may_be_away_and_nothing_is_lost() {
    let mut apart = Apart::start();
    apart.kill_hub();
    apart
        .spool
        .text("hub-away", &number(1), &format!("police {VERMONT}"));
    let answered =
        |apart: &Apart, name| wait::until("an answer", wait::LONG, || apart.spool.answer(name));
    answered(&apart, "hub-away");
    wait::until_true("it is taken", wait::LONG, || {
        apart.spool.waiting().is_empty()
    });
    apart.start_hub();
    apart.map.wait_for(&cell(VERMONT));

    apart.broker.kill();
    apart
        .spool
        .text("broker-away", &number(2), &format!("police {FIGUEROA}"));
    answered(&apart, "broker-away");
    wait::until_true("it is taken", wait::LONG, || {
        apart.spool.waiting().is_empty()
    });
    apart.broker.restart();
    apart.map.wait_for(&cell(FIGUEROA));

    // All at once, the edge too.
    apart.kill_edge();
    apart.kill_hub();
    apart.broker.kill();
    apart
        .spool
        .text("all-away", &number(3), &format!("police {BEVERLY}"));
    apart.broker.restart();
    apart.start_edge();
    apart.start_hub();
    apart.map.wait_for(&cell(BEVERLY));
    assert_eq!(rows(&apart), 3);
    apart.stop();
}

#[test]
fn forged_and_replayed_reports_change_nothing_and_stop_nothing() {
    let apart = Apart::start();
    let mut stranger = Stranger::connect(apart.broker.port, "stranger");
    let folder = tempfile::tempdir().expect("a folder");
    let key = keys::load_or_create(&folder.path().join("stranger.key")).expect("a key");
    let stranger_id = keys::public(&key);
    stranger.subscribe(&topic::of_all_nodes(&network(), Leaf::Receipt));
    stranger.subscribe(&topic::of_all_nodes(&network(), Leaf::Report));
    let node_topic = topic::of_node(&network(), &apart.node, Leaf::Report);
    let own_topic = topic::of_node(&network(), &stranger_id, Leaf::Report);
    let forged = report(&cell(VERMONT));

    // In the node's name, with another's key.
    stranger.publish(&node_topic, &envelope::seal(&key, &network(), &forged));
    // Bytes that are no envelope, or too many, or of another network, or not a report.
    stranger.publish(&node_topic, b"");
    stranger.publish(&node_topic, &[0xFF; 200]);
    stranger.publish(&node_topic, &vec![1; 100_000]);
    stranger.publish(
        &node_topic,
        &envelope::seal(&key, &"other".parse().expect("a name"), &forged),
    );
    let receipt = vec![Receipt {
        id: forged.id,
        outcome: Outcome::Stored,
    }];
    stranger.publish(&node_topic, &envelope::seal(&key, &network(), &receipt));
    // In its own name: the hub says that it does not know it.
    let sealed = envelope::seal(&key, &network(), &forged);
    stranger.publish(&own_topic, &sealed);
    let (signer, answer) =
        stranger.wait_for("the refusal", |message| receipt_of(&stranger_id, message));
    assert_eq!(signer, apart.hub_key);
    assert_eq!(
        (answer.id, answer.outcome),
        (forged.id, Outcome::Refused(Refusal::UnknownNode))
    );
    assert_eq!(rows(&apart), 0);
    assert!(apart.map.sighting(&cell(VERMONT)).is_none());

    // A true report, heard by the stranger and said again, and with one bit turned.
    apart
        .spool
        .text("true", &number(1), &format!("police {BEVERLY}"));
    let heard = stranger.wait_for("the true report", |message| {
        (message.topic == node_topic).then(|| message.payload.clone())
    });
    let (_, first) = stranger.wait_for("its receipt", |message| receipt_of(&apart.node, message));
    assert_eq!(first.outcome, Outcome::Stored);
    apart.map.wait_for(&cell(BEVERLY));
    for at in [0, 40, 80, heard.len() - 1] {
        let mut bent = heard.clone();
        bent[at] ^= 1;
        stranger.publish(&node_topic, &bent);
    }
    stranger.publish(&node_topic, &heard);
    let (_, again) = stranger.wait_for("the duplicate's receipt", |message| {
        receipt_of(&apart.node, message)
    });
    assert_eq!((again.id, again.outcome), (first.id, Outcome::Duplicate));
    assert_eq!(rows(&apart), 1);

    apart
        .spool
        .text("after", &number(2), &format!("police {FIGUEROA}"));
    apart.map.wait_for(&cell(FIGUEROA));
    assert_eq!(rows(&apart), 2);
}

#[test]
fn a_report_of_an_unpublished_resolution_or_too_old_is_refused_with_its_reason() {
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_hub();
    // The edge's own key, used by a faulty edge.
    let key = keys::load_or_create(&apart.edge_data().join(spotlight_edge::KEY_FILE))
        .expect("the node's key");
    let mut faulty = Stranger::connect(apart.broker.port, "faulty");
    // What it publishes before the hub has subscribed would be lost.
    let status = topic::of_node(&network(), &apart.node, Leaf::Status);
    wait::until_true("the hub hears the node", wait::LONG, || {
        faulty.publish(&status, br#"{"online":true}"#);
        let shown = apart.map.sightings();
        shown.is_some_and(|shown| shown["node_online"] == true)
    });
    faulty.subscribe(&topic::of_node(&network(), &apart.node, Leaf::Receipt));
    let too_fine = Report {
        cell: Cell::at(34.0442, -118.2439, 12).expect("a cell"),
        ..report(&cell(VERMONT))
    };
    let too_old = Report {
        seen_at: Minute(Minute::of(jiff::Timestamp::now()).0 - 36 * 24 * 60),
        ..report(&cell(VERMONT))
    };
    let mut check = |report: Report, expected: Outcome| {
        let topic = topic::of_node(&network(), &apart.node, Leaf::Report);
        faulty.publish(&topic, &envelope::seal(&key, &network(), &report));
        let (_, receipt) = faulty.wait_for("a receipt", |message| receipt_of(&apart.node, message));
        assert_eq!((receipt.id, receipt.outcome), (report.id, expected));
    };
    check(too_fine, Outcome::Refused(Refusal::Cell));
    check(too_old, Outcome::Refused(Refusal::Old));
    check(report(&cell(VERMONT)), Outcome::Stored);
    assert_eq!(rows(&apart), 1);
}

#[test]
fn a_forged_receipt_makes_the_edge_forget_nothing() {
    let mut apart = Apart::prepare();
    apart.add_node();
    let mut stranger = Stranger::connect(apart.broker.port, "stranger");
    stranger.subscribe(&topic::of_all_nodes(&network(), Leaf::Report));
    apart.start_edge();
    apart
        .spool
        .text("true", &number(1), &format!("police {VERMONT}"));
    let heard = stranger.wait_for("the report", |message| {
        envelope::open::<Report>(&network(), &message.payload).ok()
    });
    let forged = vec![Receipt {
        id: heard.1.id,
        outcome: Outcome::Stored,
    }];
    let folder = tempfile::tempdir().expect("a folder");
    let key = keys::load_or_create(&folder.path().join("stranger.key")).expect("a key");
    let receipts = topic::of_node(&network(), &apart.node, Leaf::Receipt);
    stranger.publish(&receipts, &envelope::seal(&key, &network(), &forged));
    stranger.publish(&receipts, b"stored");
    // The hub's own, but of another network: its signature says so.
    let hub_key = keys::load_or_create(&apart.hub_data().join(spotlight_hub::KEY_FILE))
        .expect("the hub's key");
    stranger.publish(
        &receipts,
        &envelope::seal(&hub_key, &"other".parse().expect("a name"), &forged),
    );
    let ignored = |log: String| log.matches("ignored").count();
    let edge = apart.edge.as_ref().expect("it runs");
    wait::until_true("the edge has seen all three", wait::LONG, || {
        ignored(edge.stderr()) >= 3
    });
    let (status, _) = apart.edge.take().expect("it runs").terminate();
    assert_eq!(status.code(), Some(0));
    assert_eq!(pending(&apart.edge_data()), 1);

    apart.start_hub();
    apart.start_edge();
    apart.map.wait_for(&cell(VERMONT));
    assert_eq!(rows(&apart), 1);
}

#[test]
fn a_node_that_the_hub_does_not_know_keeps_its_reports_until_it_does() {
    let mut apart = Apart::prepare();
    apart.start_hub();
    let mut listener = Stranger::connect(apart.broker.port, "listener");
    listener.subscribe(&topic::of_node(&network(), &apart.node, Leaf::Receipt));
    apart.start_edge();
    apart
        .spool
        .text("early", &number(1), &format!("police {VERMONT}"));
    let (_, receipt) = listener.wait_for("the refusal", |message| receipt_of(&apart.node, message));
    assert_eq!(receipt.outcome, Outcome::Refused(Refusal::UnknownNode));
    assert_eq!(rows(&apart), 0);

    // The hub goes on running; only the edge starts again, so as not to wait until it asks anew.
    apart.edge.take().expect("it runs").terminate();
    assert_eq!(pending(&apart.edge_data()), 1);
    apart.add_node();
    apart.start_edge();
    apart.map.wait_for(&cell(VERMONT));
    assert_eq!(rows(&apart), 1);
}

/// Reports that an edge which does not run has still to deliver.
fn pending(edge: &Path) -> usize {
    diagnostics::outbox(edge).0
}

/// Rows of one city never reach another's store or pages, and a sighting is of the city that it lies in.
#[test]
fn a_hub_of_two_cities_keeps_them_apart() {
    let mut apart = Apart::prepare();
    let path = apart.folder().join("hub.toml");
    let text = std::fs::read_to_string(&path).expect("the configuration is there");
    let both = "cities = [\"los-angeles\", \"seattle\"]";
    let text = text.replace("city = \"los-angeles\"", both);
    std::fs::write(&path, text).expect("a configuration can be written");
    apart.add_node();
    apart.start_hub();
    apart.start_edge();
    apart.map.wait_until_online();
    let mut rows = "SweepID,SweepDate,SweepLocation,SweepLatitude,SweepLongitude\n".to_owned();
    for n in 0..6 {
        rows += &format!("{n},2020-01-0{},{n} PINE ST,47.61,-122.335\n", n + 1);
    }
    let file = apart.folder().join("sweeps.csv");
    std::fs::write(&file, rows).expect("a file can be written");
    let data = apart.hub_data();
    let [data, file] = [&data, &file].map(|path| path.to_str().expect("a plain name"));
    let import = ["import", "--city", "seattle", "--feed", "sweeps"];
    let read = diagnostics::run(
        "spotlight-hub",
        &[&import[..], &["--data", data, file]].concat(),
    );
    assert_eq!(read[0]["records"], 6);
    let layers = |folder: &str| {
        let list = http::get(&apart.map.at(&format!("{folder}api/v1/layers"))).json();
        list["layers"].as_array().map_or(0, Vec::len)
    };
    wait::until_true("Seattle has its layer", wait::LONG, || {
        layers("seattle/") == 1
    });
    assert_eq!(layers(""), 0);
    assert_eq!(
        diagnostics::rows(&apart.hub_data(), "cities/seattle/sweeps/records"),
        6
    );
    apart.spool.text("here", &number(0), VERMONT);
    let here = cell(VERMONT);
    apart.map.wait_for(&here);
    for (folder, is_there) in [("los-angeles/", true), ("seattle/", false)] {
        let there = spotlight_tests::world::Map {
            url: apart.map.at(folder),
        };
        let shown = || there.sighting(&here).is_some();
        match is_there {
            true => wait::until_true("its folder shows it too", wait::LONG, shown),
            false => assert!(!shown(), "{folder}"),
        }
    }
    apart.stop();
}
