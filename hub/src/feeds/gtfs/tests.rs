use std::path::PathBuf;

use super::*;
use crate::gazetteer::plane::{Plane, length};

fn shared(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name)
}

fn near((lat, lon): (f64, f64)) -> bool {
    (33.0..35.0).contains(&lat) && (-119.0..-117.0).contains(&lon)
}

fn of(bytes: &[u8]) -> Result<Transit, FeedError> {
    read(fixture::file(bytes), near)
}

/// rows, skipped, accepted, and the reasons of the rest.
fn counts(feed: &Transit, table: &str) -> (u64, u64, u64, Vec<(&'static str, u64)>) {
    let Counts {
        rows,
        skipped,
        accepted,
        rejected,
    } = feed.tables[table].clone();
    assert_eq!(rows, skipped + accepted + rejected.values().sum::<u64>());
    (rows, skipped, accepted, rejected.into_iter().collect())
}

fn metres(line: &Line) -> Vec<f64> {
    let plane = Plane::around(34.0, -118.3);
    let paths = line.paths.iter();
    paths
        .map(|path| length(&path.iter().map(|at| plane.project(*at)).collect::<Vec<_>>()).round())
        .collect()
}

#[test]
fn a_row_is_used_skipped_or_named_by_its_reason() {
    let feed = of(&fixture::feed("")).expect("reads");
    let reasons = vec![("coordinates", 1), ("location_type", 1), ("name", 1)];
    assert_eq!(counts(&feed, "stops"), (12, 3, 6, reasons));
    let reasons = vec![("name", 1), ("repeated", 1), ("route_type", 1)];
    assert_eq!(counts(&feed, "routes"), (7, 0, 4, reasons));
    assert_eq!(counts(&feed, "trips"), (7, 1, 5, vec![("route_id", 1)]));
    let (rows, skipped, accepted, reasons) = counts(&feed, "shapes");
    assert_eq!((rows, skipped), (4 - 1 + 2 * 61 + 51 + 2 * 21, 1));
    assert_eq!(accepted, 2 * 61 + 51 + 2 * 21);
    assert_eq!(reasons, [("coordinates", 1), ("sequence", 1)]);

    let stops: Vec<_> = feed
        .stops
        .iter()
        .map(|s| (s.name.as_str(), s.is_station))
        .collect();
    let expected = [
        ("5th / Main", false),
        ("5th / Main", false),
        ("First, Station", true),
        ("Orphan", false),
        ("Second", true),
    ];
    assert_eq!(
        stops, expected,
        "two at one corner are one, a third far away is not"
    );
    assert!((feed.stops[0].at.0 - 34.02005).abs() < 1e-9);
    assert_eq!(feed.version.name.as_deref(), Some("7/20260103/"));
    assert_eq!(feed.version.from, Some(jiff::civil::date(2026, 1, 3)));
}

#[test]
fn a_line_is_drawn_once_with_its_branches() {
    let feed = of(&fixture::feed("")).expect("reads");
    let lines: Vec<_> = feed
        .lines
        .iter()
        .map(|l| (l.name.as_str(), l.mode))
        .collect();
    assert_eq!(lines, [("Metro A Line", Mode::Rail), ("51", Mode::Bus)]);
    assert_eq!(feed.unplaced, 1, "a line without a course");
    assert_eq!(feed.lines[0].colour.as_deref(), Some("0072BC"));
    assert_eq!(feed.lines[1].colour, None);
    // There and back is one path of two corners; the branch begins where it leaves, to within a step.
    let paths = &feed.lines[0].paths;
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert_eq!(paths[0].len(), 2, "{paths:?}");
    let metres = metres(&feed.lines[0]);
    assert!((metres[0] - 6672.0).abs() < 20.0, "{metres:?}");
    assert!((1600.0..1900.0).contains(&metres[1]), "{metres:?}");
    // What one trip in fifty does not take is left out.
    let many = "A,w,9,0,north\n".repeat(100);
    let trips = format!("{}{many}", fixture::TRIPS);
    let shapes = fixture::shapes();
    let zip = fixture::zip(&[
        ("stops.txt", fixture::STOPS.as_bytes()),
        ("routes.txt", fixture::ROUTES.as_bytes()),
        ("trips.txt", trips.as_bytes()),
        ("shapes.txt", shapes.as_bytes()),
    ]);
    assert_eq!(of(&zip).expect("reads").lines[0].paths.len(), 1);
}

#[test]
fn the_tables_may_lie_in_a_folder_or_in_zips_within() {
    let whole = of(&fixture::feed("")).expect("reads");
    let same = |bytes: &[u8]| {
        let feed = of(bytes).expect("reads");
        assert_eq!((&feed.stops, &feed.lines), (&whole.stops, &whole.lines));
        assert_eq!(feed.tables, whole.tables);
    };
    same(&fixture::feed("google/feed/"));
    let inner = fixture::feed("");
    same(&fixture::zip(&[
        ("readme.md", b"x"),
        ("a/feed.zip", &inner),
    ]));
    // A feed and its zip side by side is one feed.
    same(&fixture::zip(&[
        ("f/stops.txt", fixture::STOPS.as_bytes()),
        ("f/routes.txt", fixture::ROUTES.as_bytes()),
        ("f/trips.txt", fixture::TRIPS.as_bytes()),
        ("f/shapes.txt", fixture::shapes().as_bytes()),
        ("f/feed.zip", &inner),
    ]));
    // Two zips are two feeds, whose stops at one place are one.
    let two = of(&fixture::zip(&[("bus.zip", &inner), ("rail.zip", &inner)])).expect("reads");
    assert_eq!(two.stops.len(), whole.stops.len());
    assert_eq!(two.lines.len(), 2 * whole.lines.len());
    assert_eq!(two.tables["stops"].rows, 24);
    // No zip within a zip within a zip.
    let deep = fixture::zip(&[("x.zip", &fixture::zip(&[("feed.zip", &inner)]))]);
    assert!(
        of(&deep)
            .expect_err("refused")
            .to_string()
            .contains("stops.txt")
    );
}

/// The figures were counted by another program: rows with the csv module of Python, lengths on a plane.
#[test]
fn the_real_feeds_give_what_they_hold() {
    for (name, trips, from) in [
        ("gtfs_lametro_rail_2024-02-22.zip", 6_705, "2024-02-22"),
        (
            "gtfs_lametro_rail_nested_dir_and_zip.zip",
            6_949,
            "2023-11-04",
        ),
    ] {
        let feed = read(File::open(shared(name)).expect("opens"), near).expect("reads");
        assert_eq!(counts(&feed, "stops"), (429, 325, 104, vec![]), "{name}");
        assert_eq!(counts(&feed, "routes"), (6, 0, 6, vec![]));
        assert_eq!(counts(&feed, "trips"), (trips, 0, trips, vec![]));
        assert_eq!(counts(&feed, "shapes"), (8_661, 0, 8_661, vec![]));
        assert_eq!((feed.stops.len(), feed.unplaced), (104, 0));
        assert!(feed.stops.iter().all(|stop| stop.is_station));
        assert_eq!(feed.version.name, None);
        assert_eq!(
            feed.version.from.map(|day| day.to_string()).as_deref(),
            Some(from)
        );
        for (line, metres_) in [
            ("A", 77_990),
            ("B", 25_180),
            ("C", 31_486),
            ("D", 9_465),
            ("E", 35_350),
            ("K", 13_420),
        ] {
            let of_name =
                |known: &&Line| known.name.replace('-', " ") == format!("Metro {line} Line");
            let line = feed.lines.iter().find(of_name).expect(line);
            // In Long Beach the A Line goes around a few blocks, one way: a branch.
            let branch = metres(line).get(1).copied();
            assert_eq!(branch.is_some(), line.name.contains(" A"), "{branch:?}");
            assert!(
                branch.is_none_or(|metres| (990.0..1030.0).contains(&metres)),
                "{branch:?}"
            );
            let off = metres(line)[0] / f64::from(metres_);
            assert!((0.985..1.015).contains(&off), "{}: {off}", line.name);
            assert!(
                line.paths[0].len() < 400,
                "{}: {}",
                line.name,
                line.paths[0].len()
            );
        }
    }
    let bom = shared("gtfs_rs_fixture_with_bom.zip");
    let feed = read(File::open(&bom).expect("opens"), |_| true).expect("reads");
    assert_eq!(counts(&feed, "stops"), (5, 0, 5, vec![]));
    assert_eq!(counts(&feed, "routes"), (2, 0, 1, vec![("route_type", 1)]));
    assert_eq!(counts(&feed, "trips"), (1, 0, 0, vec![("route_id", 1)]));
    assert_eq!(counts(&feed, "shapes"), (3, 3, 0, vec![]));
    assert_eq!(
        (feed.stops.len(), feed.lines.len(), feed.unplaced),
        (5, 0, 1)
    );
    assert_eq!(feed.version.name.as_deref(), Some("0.3/20180709/20180927"));
}

#[test]
fn what_is_damaged_or_hostile_is_refused_with_a_reason() {
    let whole = fixture::feed("");
    for at in (0..whole.len()).step_by(37) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        let _ = of(&damaged);
        let _ = of(&whole[..at]);
    }
    let said = |bytes: &[u8]| {
        let error = of(bytes).expect_err("refused");
        spotlight_common::log::chain(&error)
    };
    assert!(said(b"PK").contains("no zip"));
    assert!(said(&fixture::zip(&[("readme", b"x")])).contains("without a stops.txt"));
    assert!(
        said(&fixture::zip(&[("stops.txt", b"stop_id,stop_name\n1,x\n")])).contains("stop_lat")
    );
    assert!(said(&fixture::zip(&[("stops.txt", b"")])).contains("empty"));
    // One row that does not end, 1,000 times as long as it is packed.
    let bomb = vec![b'x'; 80 << 20];
    let header = b"stop_id,stop_name,stop_lat,stop_lon\n";
    let zip = fixture::zip(&[("stops.txt", &[header.as_slice(), &bomb].concat())]);
    assert!(zip.len() < 1 << 20);
    let error = said(&zip);
    assert!(!error.is_empty(), "{error}");
    // A directory of more entries than a feed has.
    let names: Vec<String> = (0..70_000).map(|n| format!("{n:060}")).collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|name| (name.as_str(), b"".as_slice()))
        .collect();
    let error = said(&fixture::zip(&files));
    assert!(error.contains("more than a feed"), "{error}");
}

/// A course whose rows come one here and one there is the same course.
#[test]
fn the_order_of_rows_changes_nothing() {
    let whole = of(&fixture::feed("")).expect("reads");
    let shapes = fixture::shapes();
    let mut rows: Vec<&str> = shapes.lines().skip(1).collect();
    rows.sort_by_key(|row| row.bytes().map(u64::from).sum::<u64>() * 7919 % 101);
    let shuffled = format!(
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n{}\n",
        rows.join("\n")
    );
    let zip = fixture::zip(&[
        ("stops.txt", fixture::STOPS.as_bytes()),
        ("routes.txt", fixture::ROUTES.as_bytes()),
        ("trips.txt", fixture::TRIPS.as_bytes()),
        ("shapes.txt", shuffled.as_bytes()),
    ]);
    let feed = of(&zip).expect("reads");
    for (one, other) in whole.lines.iter().zip(&feed.lines) {
        for (one, other) in metres(one).iter().zip(metres(other)) {
            assert!((one - other).abs() < 30.0, "{one} {other}");
        }
    }
}
