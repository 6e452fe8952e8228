//! Files: recorded answers and exports of each city, and files that are fetched.

use super::super::saved::{self, Opened};
use super::replay::{Portal, Says, There, feed, numbers};
use super::*;

/// Imports a file of the reference data into a city's first feed.
pub fn imported(there: &There, file: &str) -> Counts {
    read(there, &there.city.feeds[0].id, file, &shared(file))
}

fn read(there: &There, feed: &str, name: &str, path: &Path) -> Counts {
    let feed = there.city.feed(feed).expect("a feed");
    let bytes = File::open(path).expect("opens");
    let opened = Opened::open(bytes, path, feed).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut importer =
        Importer::new(&there.store, &there.city, feed, "file:x", name).expect("begins");
    opened
        .read(feed, &there.city, &mut importer)
        .expect("reads");
    importer.finish(true).expect("ends")
}

/// A built-in city, with a change to its file.
fn built_in(name: &str, change: impl Fn(&str) -> String) -> There {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("there.toml");
    let text = crate::city::builtin::file(name).expect("a city");
    std::fs::write(&path, change(text)).expect("written");
    There {
        city: City::load(&path.to_string_lossy()).expect("loads"),
        store: OpenData::open(folder.path()).expect("opens"),
        folder,
    }
}

/// The table of rows in a recorded description of a dataset, as CSV.
fn top_rows(file: &str) -> String {
    let text = std::fs::read_to_string(shared(file)).expect("reads");
    let table = text.split_once("## Top Records").expect("it has rows").1;
    let lines = table
        .lines()
        .filter(|line| line.starts_with('|') && !line.starts_with("| ="));
    let row = |line: &str| {
        let cells = line.trim().trim_matches('|').split('|');
        let cells = cells.map(|cell| format!("\"{}\"", cell.trim().replace('"', "\"\"")));
        cells.collect::<Vec<_>>().join(",")
    };
    lines.map(row).collect::<Vec<_>>().join("\n")
}

/// Counted apart with Python from the same rows: rows, accepted, records, duplicates, unplaced.
#[test]
fn the_recorded_rows_of_new_york_and_san_francisco_have_exact_counts() {
    for (name, file, filter, words, expected) in [
        (
            "new-york",
            "nyc311_erm2-nwe9_2018_metadata_top10.md",
            "is = [\"Homeless Encampment\", \"Encampment\"]",
            "contains = [\"N\", \"E\"]",
            [10, 10, 8, 2, 0],
        ),
        (
            "san-francisco",
            "sf311_vw6y-z8j6_2017_metadata_top10.md",
            "is = [\"Encampments\", \"Encampment\", \"Homeless Encampments\"]",
            "is = [\"Tree Maintenance\"]",
            [10, 8, 8, 0, 0],
        ),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rows.csv");
        std::fs::write(&path, top_rows(file)).expect("written");
        // None of them is of an encampment.
        let there = built_in(name, str::to_owned);
        let counts = read(&there, "encampments", name, &path);
        assert_eq!(
            (counts.skipped, numbers(&counts)),
            (10, [10, 0, 0, 0, 0]),
            "{name}"
        );
        let there = built_in(name, |text| text.replacen(filter, words, 1));
        let counts = read(&there, "encampments", name, &path);
        assert_eq!(numbers(&counts), expected, "{name}");
    }
}

/// Bicycles that a sensor counted, in two saved pages: 1,001 rows, each of its own quarter of an hour, at a point of no city.
#[test]
fn a_table_of_something_else_is_counted_by_a_file_that_names_its_columns() {
    let columns = "[feeds.columns]\nid = ['date']\ncreated = ['date']\naddress = ['id']\nlatitude = ['counts']\nlongitude = ['status']";
    let source = "kind = 'socrata'\naddress = 'https://data.example.org'\ndataset = 'abcd-1234'";
    let there = There::new(&feed(columns, source));
    for (file, expected) in [
        (
            "socrata_bike_counts_page_1.json",
            [1_000, 1_000, 12, 988, 1_000],
        ),
        ("socrata_bike_counts_page_2.json", [1, 1, 0, 1, 1]),
    ] {
        assert_eq!(numbers(&imported(&there, file)), expected, "{file}");
    }
}

const CALLS: &str = "sf_police_calls_realtime_gnap-fj3t_2026-09-30_subset.json";

/// Four calls: one sensitive and without a place, one still open, none of the types of the layer.
#[test]
fn san_francisco_s_calls_drop_what_is_sensitive_and_wait_for_what_is_open() {
    let there = built_in("san-francisco", str::to_owned);
    let counts = read(&there, "encampment-calls", CALLS, &shared(CALLS));
    assert_eq!((counts.skipped, counts.rows), (4, 4));
    let there = built_in("san-francisco", |text| {
        text.replace(
            "\"SIT/LIE ENFORCEMENT\"",
            "\"PASSING CALL\", \"VANDALISM\", \"TRAF VIOLATION TOW\"",
        )
    });
    let counts = read(&there, "encampment-calls", CALLS, &shared(CALLS));
    assert_eq!(numbers(&counts), [4, 1, 1, 0, 0]);
    assert_eq!(
        counts.rejected,
        BTreeMap::from([("date", 1), ("victim", 1)])
    );
}

/// A week of calls, each told several times while it went on: counted by its week, seven days after, five from three corners.
#[test]
fn a_call_counts_once_in_its_week_however_often_it_changes() {
    let there = built_in("san-francisco", str::to_owned);
    let call = |id: u32, corner: u32, kind: &str, closed: Option<u32>, sensitive: bool| {
        let mut call = serde_json::json!({
            "id": id.to_string(), "call_type_original_desc": "MEET W/CITIZEN", "call_type_final_desc": kind,
            "sensitive_call": sensitive, "onview_flag": "N", "intersection_name": format!("A ST \\ {corner} ST"),
            "intersection_point": { "type": "Point", "coordinates": [-122.4144, 37.7846] },
        });
        if let Some(day) = closed {
            call["close_datetime"] = format!("2026-09-{day}T12:00:00.000").into();
        }
        call
    };
    let homeless = "HOMELESS COMPLAINT";
    // Of another kind, and closed.
    let mut early = vec![
        call(99, 0, "NOISE NUISANCE", Some(20), false),
        call(0, 0, homeless, None, false),
    ];
    early.extend((1..6).map(|n| call(n, n % 3, homeless, None, false)));
    let mut late: Vec<_> = (1..6)
        .map(|n| call(n, n % 3, homeless, Some(21 + n), false))
        .collect();
    // The first became somebody's emergency, another was of last week.
    late.push(call(0, 0, homeless, Some(22), true));
    late.push(call(9, 9, "SIT/LIE ENFORCEMENT", Some(20), false));
    late.extend(late.clone());
    let folder = tempfile::tempdir().expect("a folder");
    let published = |calls: &[serde_json::Value], today| {
        let path = folder.path().join("calls.json");
        std::fs::write(&path, serde_json::to_string(calls).expect("JSON")).expect("written");
        let counts = read(&there, "encampment-calls", "calls", &path);
        let feed = there.city.feed("encampment-calls").expect("a feed");
        let noon = date(2026, 10, today).at(12, 0, 0, 0);
        let now = there.city.time_zone.to_timestamp(noon).expect("a time");
        publish_due(&there.store, &there.city, feed, now, Which::Settled).expect("publishes");
        let layers = load_layers(there.folder.path(), &there.city).expect("loads");
        let layer = layers
            .into_iter()
            .find(|layer| layer.id == "encampment-calls")
            .expect("a layer");
        let periods = layer.periods.iter().map(|period| {
            let counts = period.areas.iter().map(|area| area.count);
            (period.period.clone(), counts.sum::<u32>())
        });
        (counts.records, periods.collect::<Vec<_>>())
    };
    assert_eq!(published(&early, 1), (0, vec![]));
    // The week of 21 to 27 September is due on 5 October.
    let (records, periods) = published(&late, 4);
    assert_eq!(records, 6);
    assert_eq!(periods.iter().map(|(_, count)| count).sum::<u32>(), 0);
    let (records, periods) = published(&late, 5);
    assert_eq!(records, 0);
    assert_eq!(
        periods.iter().map(|(_, count)| *count).max(),
        Some(5),
        "{periods:?}"
    );
}

/// 9,577 cameras, counted apart with Python: 83 share a point and a day.
#[test]
fn geojson_is_read_feature_by_feature() {
    let columns =
        "[feeds.columns]\nid = ['osmId']\ncreated = ['osmTimestamp']\nlocation = ['geometry']";
    let there = There::new(&feed(
        columns,
        "kind = 'geojson'\naddress = 'https://x.example/'",
    ));
    let counts = imported(&there, "socal_alpr_cameras.geojson.gz");
    assert_eq!(numbers(&counts), [9_577, 9_577, 9_494, 83, 0]);
}

const POINTS: &str =
    "[feeds.columns]\nid = ['id']\ncreated = ['at']\naddress = ['where']\nlocation = ['geometry']";

#[test]
fn a_file_is_fetched_only_when_it_changed() {
    let geojson = "\u{feff}{\"type\":\"FeatureCollection\",\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:OGC:1.3:CRS84\"}},\"features\":[\
        {\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"id\":1,\"at\":\"2026-01-02\",\"where\":\"A\"}},\
        {\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[-73.9,40.7,1.0]},\"properties\":{\"id\":2,\"at\":\"2026-01-02\",\"where\":\"B\"}},\
        {\"type\":\"Feature\",\"geometry\":{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]},\"properties\":{\"id\":3,\"at\":\"2026-01-02\",\"where\":\"C\"}},\
        {\"type\":\"Feature\",\"properties\":null}]}";
    let csv = b"id,at,where,geometry\n3,01/04/2026,\"5 \x8aKODA \x96 PE\xd1A ST\",\n1,2026-01-02,A,POINT (-73.9 40.7)\n".to_vec();
    for (kind, form, body, expected) in [
        (
            "geojson",
            "application/geo+json",
            geojson.as_bytes().to_vec(),
            [4, 3, 3, 0, 2],
        ),
        ("csv", "text/csv", csv, [2, 2, 2, 0, 1]),
    ] {
        for (name, condition, version) in [
            ("ETag", "if-none-match", "\"abc\""),
            (
                "Last-Modified",
                "if-modified-since",
                "Wed, 25 Nov 2026 12:01:00 GMT",
            ),
        ] {
            let body = body.clone();
            let portal = Portal::start(move |asked| match asked.headers.get(condition) {
                Some(known) if known == version => Says::status(304, ""),
                _ => Says::of(form, body.clone()).with(name, version),
            });
            let there = There::new(&feed(
                POINTS,
                &format!("kind = '{kind}'\naddress = '{}/f'", portal.url),
            ));
            let counts = there.fetch().expect("reads");
            assert_eq!(numbers(&counts), expected, "{kind}");
            assert_eq!(there.fetch().expect("reads").rows, 0, "{kind} {name}");
            portal.break_at(1, Says::of("text/html", "<html>"));
            assert!(
                there
                    .fetch()
                    .expect_err("refused")
                    .to_string()
                    .contains("text/html")
            );
        }
    }
}

#[test]
fn hostile_geojson_is_refused_with_a_reason() {
    let there = There::new(&feed(
        POINTS,
        "kind = 'geojson'\naddress = 'https://x.example/'",
    ));
    let read = |text: String| {
        let feed = &there.city.feeds[0];
        let mut importer =
            Importer::new(&there.store, &there.city, feed, "file:x", "x").expect("begins");
        let result =
            super::super::geojson::read_all(text.as_bytes(), feed, &there.city, &mut importer);
        result
            .map(|()| importer.rows())
            .map_err(|error| spotlight_common::log::chain(&error))
    };
    let start = "{\"type\":\"FeatureCollection\",\"features\":[";
    let long = "x".repeat(9 << 20);
    for (text, reason) in [
        (String::new(), "empty"),
        (
            format!("{start}{{\"properties\":{{\"id\":\"{long}\"}}}}]}}"),
            "a feature of over 4 MiB",
        ),
        (
            format!(
                "{start}{{\"properties\":{{\"id\":{}1{}}}}}]}}",
                "[".repeat(999),
                "]".repeat(999)
            ),
            "another shape",
        ),
        (format!("{start}{{\"properties\":{{"), "ends in the middle"),
        (
            format!("{start}{{\"properties\":{{\"key\":1}}}}]}}"),
            "no column `id`",
        ),
        (
            "{\"type\":\"FeatureCollection\"}".to_owned(),
            "another shape",
        ),
        (
            "{\"crs\":{\"properties\":{\"name\":\"EPSG:2229\"}},\"features\":[]}".to_owned(),
            "coordinate system",
        ),
        ("[1]".to_owned(), "another shape"),
    ] {
        let error = read(text).expect_err(reason);
        assert!(error.contains(reason), "{reason}: {error}");
    }
    assert_eq!(read(format!("{start}]}}")), Ok(0));
}

/// What each recorded answer is taken for, its columns and rows counted by hand or with Python.
#[test]
fn saved_answers_are_told_apart() {
    for (file, form, columns, rows) in [
        (
            "arcgis_cleveland_cad_police_2026-09-30_excerpt.json",
            "ArcGIS JSON",
            17,
            3,
        ),
        (
            "arcgis_us-ca-carson__us-ca-carson-metadata.json",
            "ArcGIS JSON",
            20,
            0,
        ),
        ("open311_chicago_requests.json", "Open311", 16, 2),
        ("open311_sf2010_service_requests.xml", "Open311", 17, 2),
        ("socrata_bike_counts_page_1.json", "SODA JSON", 4, 1000),
        (CALLS, "SODA JSON", 29, 4),
        ("socal_alpr_cameras.geojson.gz", "GeoJSON", 12, 200),
        ("la311_2020_seed_iso_dates.csv", "CSV", 35, 200),
        ("seattle_sweeps_2008_2025.csv", "CSV", 14, 200),
        ("lapd_bureaus.geojson", "GeoJSON", 2, 4),
        ("socrata_error_403.json", "", 0, 0),
    ] {
        let table = saved::table_of(File::open(shared(file)).expect("opens"), None);
        match table {
            Ok(table) => assert_eq!(
                (table.form, table.columns.len(), table.rows.len()),
                (form, columns, rows),
                "{file}"
            ),
            Err(_) => assert_eq!(form, "", "{file}"),
        }
    }
}
