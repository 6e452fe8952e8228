//! `spotlight demo`: one command, one process, from a phone's bytes to a reader's screen.

use std::time::Duration;

use spotlight_tests::world::{Demo, cell, number};
use spotlight_tests::{http, sms, wait};

#[test]
fn a_text_reaches_the_map_the_list_and_an_open_page_and_is_answered() {
    let demo = Demo::start();
    let viewer = http::Viewer::open(&demo.map.url);
    let here = cell("103rd St & Figueroa");
    assert!(
        demo.map.sighting(&here).is_none(),
        "nothing shows before it is said"
    );

    demo.spool
        .text("one", &number(1), "police at 103rd and Figueroa");
    let event = viewer.wait_for("the sighting", wait::LONG, |event| {
        event.data.contains(&here)
    });
    assert_eq!(event.name, "sightings");
    let sighting = demo.map.wait_for(&here);
    assert_eq!(sighting["level"], "unconfirmed");
    for time in ["first_seen", "last_seen", "fades_at"] {
        let text = sighting[time].as_str().unwrap_or_default();
        assert!(
            text.parse::<jiff::Timestamp>().is_ok() && text.ends_with('Z'),
            "{time}: {text}"
        );
    }
    for path in ["", "list"] {
        let page = http::get(&demo.map.at(path));
        assert_eq!(page.status, 200);
        let text = page.text();
        assert!(text.contains(&format!("s-{here}")), "/{path} lists it");
        let label = sighting["label"]
            .as_str()
            .unwrap_or_default()
            .trim_start_matches("near ");
        assert!(
            !label.is_empty() && text.contains(&label.replace('&', "&amp;")),
            "/{path} names it: {label}"
        );
    }
    wait::until_true("the spool file goes", wait::LONG, || {
        !demo.spool.holds("one.pdu")
    });
    let answer = wait::until("the answer", wait::LONG, || demo.spool.answer("one"));
    assert!(
        sms::septets(&answer).is_some_and(|septets| septets.len() <= 160),
        "{answer}"
    );
    assert!(answer.contains("igueroa"), "{answer}");
}

#[test]
fn two_senders_corroborate_and_gone_takes_back_or_ends_it() {
    let demo = Demo::start();
    let here = cell("Beverly & Vermont, 90004");
    demo.spool
        .text("first", &number(10), "cops at Beverly & Vermont");
    demo.map.wait_for_level(&here, "unconfirmed");
    // The same person again is no second witness.
    demo.spool
        .text("again", &number(10), "still cops at Beverly & Vermont");
    wait::until_true("the second text is handled", wait::LONG, || {
        !demo.spool.holds("again.pdu")
    });
    demo.spool
        .text("second", &number(11), "policia en Beverly y Vermont");
    demo.map.wait_for_level(&here, "corroborated");
    let answer = wait::until("the answer", wait::LONG, || demo.spool.answer("second"));
    assert!(
        answer.starts_with("Recibido"),
        "a Spanish text has a Spanish answer: {answer}"
    );

    // Each takes back what they said; the first alone leaves the other's word.
    demo.spool
        .text("gone", &number(11), "ya se fueron, Beverly y Vermont");
    demo.map.wait_for_level(&here, "unconfirmed");
    let all = demo.map.sightings().expect("the map answers");
    assert!(all["reported_gone"][&here].is_string(), "{all}");
    demo.spool
        .text("gone-too", &number(10), "GONE Beverly & Vermont");
    demo.map.wait_until_gone(&here);
}

#[test]
fn long_texts_photos_unknown_places_and_junk_are_each_answered_in_kind() {
    let demo = Demo::start();
    let long = "There are three police cars and about ten officers here, they have blocked the whole sidewalk with tape and they \
                are telling people to pack up their things right now. Colorado Blvd & Figueroa St";
    let lines = sms::deliver(&number(30), long);
    assert!(lines.len() > 1);
    // The parts come as separate files, the last one first.
    for (n, line) in lines.iter().enumerate().rev() {
        demo.spool.put(&format!("part{n}.pdu"), line.as_bytes());
    }
    demo.map.wait_for(&cell("Colorado & Figueroa"));

    let unknown = "police at the big tree behind the shop";
    demo.spool.text("unknown", &number(31), unknown);
    let answer = wait::until("the question back", wait::LONG, || {
        demo.spool.answer("unknown")
    });
    assert!(answer.contains("corner"), "{answer}");
    wait::until_true("a text without a place goes", wait::LONG, || {
        !demo.spool.holds("unknown.pdu")
    });

    demo.spool.put("junk.pdu", b"07912135551");
    demo.spool.put(
        "junk2.mms",
        &[
            0x8C, 0x84, 0x84, 0xA3, 0x01, 0x8F, 0xFF, 0xFF, 0xFF, 0x7F, 0x03, 0x83,
        ],
    );
    for name in ["junk", "junk2"] {
        wait::until_true("junk is put aside", wait::LONG, || {
            demo.spool.holds(&format!("{name}.refused"))
        });
    }
    let log = demo
        .running
        .as_ref()
        .map(|running| running.stderr())
        .unwrap_or_default();
    assert!(
        log.lines().any(|line| line.contains("junk.pdu: ")),
        "its reason is on stderr: {log}"
    );

    let photo =
        std::fs::read(spotlight_tests::process::top().join("deploy/box/samples/police-car.jpg"))
            .expect("our own sample");
    let here = cell("6th & Vermont");
    demo.spool
        .photo("photo", &number(32), "cops 6th St & Vermont", &photo);
    let sighting = demo.map.wait_for(&here);
    assert!(
        ["photo", "unconfirmed"]
            .iter()
            .any(|level| sighting["level"] == *level),
        "{sighting}"
    );
    let answer = wait::until("the answer", wait::LONG, || demo.spool.answer("photo"));
    assert!(answer.to_lowercase().contains("photo"), "{answer}");
    wait::until_true("the photo goes", wait::LONG, || {
        !demo.spool.holds("photo.mms")
    });
}

#[test]
fn with_its_samples_it_serves_every_view_and_ends_within_five_seconds() {
    let mut demo = Demo::with_samples();
    wait::until_true("the samples show", wait::LONG, || {
        demo.map.sightings().is_some_and(|all| {
            all["features"]
                .as_array()
                .is_some_and(|features| features.len() > 1)
        })
    });
    let page = http::get(&demo.map.url);
    let text = page.text();
    for part in ["<svg", "Los Angeles", "ilence is not safety"] {
        assert!(text.contains(part), "/ says {part}");
    }
    assert!(page.header("set-cookie").is_none());
    for path in [
        "",
        "list",
        "api/v1/sightings.geojson",
        "api/v1/layers",
        "api/v1/layers/encampments.geojson",
    ] {
        let first = http::get(&demo.map.at(path));
        assert_eq!(first.status, 200, "/{path}");
        let tag = first
            .header("etag")
            .unwrap_or_else(|| panic!("/{path} has no ETag"))
            .to_owned();
        if path.contains("layers") {
            let second = http::get_with(&demo.map.at(path), &[("If-None-Match", &tag)]);
            assert_eq!(second.status, 304, "/{path}");
            assert!(second.body.is_empty());
        }
        for coding in ["br", "gzip"] {
            let coded = http::get_with(&demo.map.at(path), &[("Accept-Encoding", coding)]);
            assert_eq!(coded.header("content-encoding"), Some(coding), "/{path}");
        }
    }
    assert_eq!(http::get(&demo.map.at("healthz")).status, 200);
    assert_eq!(http::get(&demo.map.at("nowhere")).status, 404);

    let layers = http::get(&demo.map.at("api/v1/layers")).json();
    let layer = &layers["layers"][0];
    for key in [
        "id",
        "title",
        "explanation",
        "unit",
        "periods",
        "data_through",
        "fetched_at",
        "source",
        "licence",
    ] {
        assert!(!layer[key].is_null(), "{key}: {layers}");
    }
    let periods = layer["periods"].as_array().expect("periods");
    assert!(!periods.is_empty());
    let mut areas = 0;
    for period in periods.iter().filter_map(|period| period.as_str()) {
        let url = demo.map.at(&format!(
            "api/v1/layers/encampments.geojson?period={period}"
        ));
        let all = http::get(&url).json();
        for feature in all["features"].as_array().expect("features") {
            let properties = &feature["properties"];
            assert!(
                properties["count"].as_u64().is_some_and(|count| count >= 5),
                "{properties}"
            );
            assert_eq!(properties["period"], period);
            areas += 1;
        }
    }
    assert!(areas > 0, "the sample of open data is on the map");

    let running = demo.running.take().expect("it runs");
    assert_eq!(
        running.stdout().lines().next(),
        Some(format!("ready {}", demo.map.url).as_str())
    );
    // An open stream must not hold it up.
    let _viewer = http::Viewer::open(&demo.map.url);
    let (status, took) = running.terminate();
    assert_eq!(status.code(), Some(0));
    assert!(took <= Duration::from_secs(5), "{took:?}");
}
