//! After a run with known numbers, texts and a photo: nothing that stays behind holds any of them.

use std::fs;
use std::path::Path;

use spotlight_tests::scan::{self, Secret};
use spotlight_tests::spool::Spool;
use spotlight_tests::world::{Apart, Demo, Map, cell, number};
use spotlight_tests::{process, wait};

const HERE: &str = "the two officers with the blue tarp took Marisol's tent at Beverly & Vermont";
const SPANISH: &str = "hay una patrulla junto a la carpa de Chucho en 6th & Vermont";
const CHINESE: &str = "警察在这里，他们在拆帐篷 103rd & Figueroa";
const UNKNOWN: &str = "police behind the big sycamore where Dwayne sleeps";
const PHOTO_TEXT: &str = "look what they did to us at 3rd St & Vermont, police";

/// All that our own code would ever say; tract alone fills megabytes with the network's layers.
const LOG: (&str, &str) = ("SPOTLIGHT_LOG", "trace,tract=info,mio=info");

/// Senders 900 to 906.
fn sender(n: usize) -> String {
    number(900 + n)
}

/// What the run says, in every form that must not stay.
fn secrets(photo: &[u8]) -> Vec<Secret> {
    let mut secrets: Vec<_> = (0..7).flat_map(|n| scan::number(&sender(n))).collect();
    for said in [
        HERE,
        SPANISH,
        CHINESE,
        UNKNOWN,
        PHOTO_TEXT,
        "Marisol",
        "sycamore",
        "Dwayne sleeps",
        "carpa de Chucho",
    ] {
        secrets.extend(scan::text(said));
    }
    secrets.extend(scan::photo(photo));
    secrets
}

fn run(spool: &Spool, map: &Map, photo: &[u8]) {
    spool.text("a", &sender(0), HERE);
    spool.text("b", &sender(1), SPANISH);
    spool.text("c", &sender(2), CHINESE);
    spool.text("d", &sender(3), UNKNOWN);
    spool.photo("e", &sender(4), PHOTO_TEXT, photo);
    spool.text("f", &sender(5), "GONE Beverly & Vermont");
    // What is refused is a message too: a PDU that is cut off after the number, a photo message that is cut in the photo.
    let pdu = spotlight_tests::sms::deliver(&sender(6), HERE).remove(0);
    spool.put("g.pdu", &pdu.as_bytes()[..60]);
    let mms = spotlight_tests::mms::retrieved(&sender(6), PHOTO_TEXT, &[photo]);
    spool.put("h.mms", &mms[..mms.len() / 2]);
    for place in [
        "Beverly & Vermont",
        "6th & Vermont",
        "103rd & Figueroa",
        "3rd St & Vermont",
    ] {
        map.wait_for(&cell(place));
    }
    wait::until_true("all is handled", wait::LONG, || {
        let waiting = spool.waiting();
        ('a'..='h').all(|name| {
            !waiting.contains(&format!("{name}.pdu")) && !waiting.contains(&format!("{name}.mms"))
        })
    });
}

fn photo() -> Vec<u8> {
    fs::read(process::top().join("deploy/box/samples/police-car.jpg")).expect("our own sample")
}

fn assert_clean(folder: &Path, except: &[&Path], secrets: &[Secret], must_scan: &[&str]) {
    let files = scan::files(folder, except);
    let names: Vec<_> = files.iter().map(|path| path.to_string_lossy()).collect();
    for needed in must_scan {
        assert!(
            names.iter().any(|name| name.ends_with(needed)),
            "{needed} was scanned: {names:?}"
        );
    }
    scan::assert_none(&files, secrets);
}

#[test]
fn the_box_keeps_no_number_no_text_and_no_photo() {
    let photo = photo();
    let mut demo = Demo::with_environment(&[LOG]);
    run(&demo.spool, &demo.map, &photo);
    let secrets = secrets(&photo);
    // While it runs, and after it was killed with whatever it had on disk.
    let folder = demo
        .data
        .parent()
        .expect("the data folder lies in the test's")
        .to_owned();
    let must_scan = ["edge/outbox.redb", "hub/hub.redb", "spotlight.0.err"];
    assert_clean(&folder, &[&demo.spool.0], &secrets, &must_scan);
    demo.kill();
    assert_clean(&folder, &[&demo.spool.0], &secrets, &must_scan);
    for answer in demo.spool.answers() {
        let found = scan::found_in(&demo.spool.0.join("out").join(answer), &secrets[..7 * 8]);
        assert!(found.is_empty(), "an answer names no number: {found:?}");
    }
}

#[test]
fn edge_hub_and_broker_apart_keep_no_number_no_text_and_no_photo() {
    let photo = photo();
    let mut apart = Apart::prepare();
    apart.add_node();
    apart.start_hub();
    apart.start_edge_with(&[LOG]);
    run(&apart.spool, &apart.map, &photo);
    apart.stop();
    let must_scan = [
        "edge/outbox.redb",
        "hub/hub.redb",
        "mosquitto/mosquitto.db",
        "edge.0.err",
        "hub.0.err",
        "mosquitto.0.err",
    ];
    assert_clean(
        apart.folder(),
        &[&apart.spool.0],
        &secrets(&photo),
        &must_scan,
    );
}
