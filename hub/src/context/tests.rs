use std::path::PathBuf;
use std::process::ExitCode;

use super::read::{Build as _, CameraFiles, Report, TransitFiles};
use super::*;
use crate::feeds::gtfs::fixture::{feed, file};

fn shared(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(name)
}

fn cameras(text: &str, city: &City) -> (Report, Cameras) {
    let mut files = CameraFiles::default();
    let report = files.read(text.as_bytes(), city).expect("reads");
    (report, files.end().2)
}

fn point(lon: f64, lat: f64, properties: &str) -> String {
    format!(
        r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[{lon},{lat}]}},"properties":{{{properties}}}}}"#
    )
}

fn collection(features: &[String]) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    )
}

fn sums(report: &Report) {
    let rejected: u64 = report.rejected.values().sum();
    assert_eq!(report.rows, report.skipped + report.accepted + rejected);
    assert_eq!(report.accepted, report.records + report.duplicates);
    assert!(report.unplaced <= report.records);
}

#[test]
fn a_camera_is_what_its_tags_say_and_counts_once() {
    let city = City::load("los-angeles").expect("loads");
    let (lon, lat) = (-118.25, 34.05);
    let text = collection(&[
        point(lon, lat, r#""osmId":1,"osmType":"node","osmTimestamp":"2026-05-01T00:00:00Z""#),
        point(lon, lat, r#""osmId":1,"osmType":"node""#),
        point(lon, lat, r#""osmId":1,"osmType":"way""#),
        point(lon, lat, r#""@id":"node/7","man_made":"surveillance","surveillance:type":"ALPR""#),
        point(lon, lat, r#""@id":"node/8","man_made":"surveillance","surveillance:type":"camera;alpr""#),
        point(lon, lat, r#""@id":"node/9","man_made":"surveillance","surveillance:type":"camera""#),
        point(lon, lat, r#""@id":"node/10","man_made":"mast""#),
        point(2.35, 48.85, r#""osmId":11"#),
        point(lon, lat, r#""RequestType":"Homeless Encampment""#),
        point(0.0, 0.0, r#""osmId":12"#),
        r#"{"type":"Feature","geometry":null,"properties":{"osmId":13}}"#.to_owned(),
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":["x",[]]},"properties":{"osmId":14}}"#
            .to_owned(),
    ]);
    let (report, layer) = cameras(&text, &city);
    sums(&report);
    assert_eq!((report.rows, report.skipped, report.accepted), (12, 3, 5));
    assert_eq!((report.records, report.duplicates), (4, 1));
    let rejected: Vec<_> = report.rejected.into_iter().collect();
    assert_eq!(rejected, [("coordinates", 2), ("geometry", 1), ("tags", 1)]);
    assert_eq!(layer.at.len(), 4);
    for hostile in ["", "{}", "[1]", "{\"features\":[{\"properties\":"] {
        let read = CameraFiles::default().read(hostile.as_bytes(), &city);
        assert!(read.is_err(), "{hostile}");
    }
}

/// Counted with Python's json module: by the city's bounds, and by id.
#[test]
fn the_real_cameras_are_those_within_the_bounds() {
    let file = "socal_alpr_cameras.geojson.gz";
    for (city, records) in [("los-angeles", 1_830), ("san-diego", 1_196)] {
        let city = City::load(city).expect("loads");
        let mut files = CameraFiles::default();
        let opened = std::fs::File::open(shared(file)).expect("opens");
        let report = files.take(opened, &city).expect("reads");
        sums(&report);
        let counts = (
            report.rows,
            report.skipped,
            report.records,
            report.duplicates,
        );
        assert_eq!(counts, (9_577, 9_577 - records, records, 0));
        let (as_of, _, layer) = files.end();
        assert_eq!(layer.at.len() as u64, records);
        assert_eq!(
            as_of.map(|day| day.to_string()).as_deref(),
            Some("2026-07-09")
        );
    }
    let elsewhere = City::load("boston").expect("loads");
    let opened = std::fs::File::open(shared(file)).expect("opens");
    let error = CameraFiles::default().take(opened, &elsewhere);
    assert!(
        error
            .expect_err("refused")
            .to_string()
            .contains("another place")
    );
}

#[test]
fn a_transit_feed_is_accounted_for_by_its_stops_and_lines() {
    let city = City::load("los-angeles").expect("loads");
    let mut files = TransitFiles::default();
    let report = files.take(file(&feed("f/")), &city).expect("reads");
    sums(&report);
    // 12 stops and 7 lines: an entrance, a platform, a stop and a line elsewhere are skipped.
    assert_eq!((report.rows, report.skipped, report.accepted), (19, 4, 9));
    assert_eq!(
        (report.records, report.duplicates, report.unplaced),
        (8, 1, 1)
    );
    for name in [
        "gtfs_lametro_rail_2024-02-22.zip",
        "gtfs_lametro_rail_nested_dir_and_zip.zip",
    ] {
        let mut files = TransitFiles::default();
        let opened = std::fs::File::open(shared(name)).expect("opens");
        let report = files.take(opened, &city).expect("reads");
        sums(&report);
        assert_eq!((report.rows, report.skipped), (435, 325));
        assert_eq!(
            (report.records, report.duplicates, report.unplaced),
            (110, 0, 0)
        );
        let (_, _, layer) = files.end();
        assert_eq!((layer.lines.len(), layer.stops.len()), (6, 104));
        let size = postcard::to_stdvec(&layer).expect("written").len();
        assert!(size < 20_000, "{size}");
    }
    let bom = std::fs::File::open(shared("gtfs_rs_fixture_with_bom.zip")).expect("opens");
    let error = TransitFiles::default().take(bom, &city);
    assert!(
        error
            .expect_err("refused")
            .to_string()
            .contains("another place")
    );
}

#[test]
fn an_import_takes_the_place_of_all_that_was_and_a_failed_one_of_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, city) = (folder.path(), City::load("los-angeles").expect("loads"));
    assert_eq!(load(data, &city).expect("loads"), Context::default());
    let path = |name: &str, bytes: &[u8]| {
        let path = data.join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let import = |files: &[PathBuf]| {
        let code = command::import(Which::Transit, &city, data, files).expect("ends");
        code == ExitCode::SUCCESS
    };
    let lines = || {
        let context = load(data, &city).expect("loads");
        context.transit.map(|layer| layer.what.lines.len())
    };
    let (one, bad) = (path("one.zip", &feed("")), path("bad.zip", b"no zip"));
    assert!(!import(&[one.clone(), bad]));
    assert_eq!(lines(), None);
    assert!(import(std::slice::from_ref(&one)));
    assert_eq!(lines(), Some(2));
    assert!(import(&[one, shared("gtfs_lametro_rail_2024-02-22.zip")]));
    assert_eq!(lines(), Some(8));
    assert!(import(&[shared("gtfs_lametro_rail_2024-02-22.zip")]));
    assert_eq!(lines(), Some(6));
    let context = load(data, &city).expect("loads");
    let layer = context.transit.expect("there");
    assert_eq!(layer.as_of, Some(jiff::civil::date(2024, 2, 22)));
    assert!(context.cameras.is_none());
    let statuses = refresh::statuses(data, &city, Timestamp::now()).expect("told");
    let told: Vec<_> = statuses
        .iter()
        .map(|status| {
            (
                status.feed.as_str(),
                status.kind,
                status.last_success.is_some(),
                status.rows,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("transit", "gtfs", true, 435),
            ("cameras", "geojson", false, 0)
        ]
    );
    // A city whose file has none says what to do.
    let other = City::load("boston").expect("loads");
    let error = command::import(Which::Transit, &other, data, &[]).expect_err("refused");
    assert!(error.to_string().contains("[transit]"), "{error}");
}
