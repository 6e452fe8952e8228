use std::path::PathBuf;

use super::*;

fn shared(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(file)
}

fn made(folder: &Path, file: &str, kind: &str, zone: &str) -> (ExitCode, City, String) {
    let out = folder.join(format!("{kind}-{}.toml", file.len()));
    let args = NewArgs {
        name: Some("Some \"New\" City".to_owned()),
        time_zone: Some(zone.to_owned()),
        kind: Some(kind.to_owned()),
        address: Some("https://data.example.org/x".to_owned()),
        dataset: Some("abcd-1234".to_owned()),
        answer: Some(shared(file)),
        out: Some(out.clone()),
        ..NewArgs::default()
    };
    let code = new(&args)
        .unwrap_or_else(|error| panic!("{file}: {}", spotlight_common::log::chain(&error)));
    let text = std::fs::read_to_string(&out).expect("written");
    assert!(
        new(&args).is_err(),
        "a file that is there is not written over"
    );
    (
        code,
        City::load(&out.to_string_lossy()).expect("loads"),
        text,
    )
}

#[test]
fn files_of_cities_that_it_has_never_seen_are_proposed_from_their_values() {
    let folder = tempfile::tempdir().expect("a folder");
    for (file, kind, zone, expected) in [
        (
            "la311_2020_seed_iso_dates.csv",
            "csv",
            "America/Los_Angeles",
            [
                "SRNumber",
                "CreatedDate",
                "Address",
                "Latitude",
                "Longitude",
                "RequestType",
            ],
        ),
        (
            "la311_2017_export_latlon_parens.csv",
            "csv",
            "America/Los_Angeles",
            [
                "SRNumber",
                "CreatedDate",
                "Address",
                "Latitude",
                "Longitude",
                "RequestType",
            ],
        ),
        (
            "open311_sf2010_service_requests.xml",
            "open311",
            "America/Los_Angeles",
            [
                "service_request_id",
                "requested_datetime",
                "address",
                "lat",
                "long",
                "service_name",
            ],
        ),
        (
            "open311_chicago_requests.json",
            "open311",
            "America/Chicago",
            [
                "service_request_id",
                "requested_datetime",
                "address",
                "lat",
                "long",
                "service_name",
            ],
        ),
    ] {
        let (code, city, text) = made(folder.path(), file, kind, zone);
        assert_eq!(code, ExitCode::SUCCESS, "{file}");
        let feed = &city.feeds[0];
        let columns = &feed.columns;
        let all = [
            &columns.id,
            &columns.created,
            &columns.address,
            &columns.latitude,
            &columns.longitude,
        ];
        let filter = feed.filter.as_ref().expect("a filter");
        let mut found: Vec<_> = all.iter().filter_map(|names| names.first()).collect();
        found.extend(&filter.column);
        assert_eq!(found.len(), expected.len(), "{file}: {text}");
        // One of the exports has its names in small letters.
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.eq_ignore_ascii_case(expected), "{file}: {text}");
        }
    }
    let (_, city, _) = made(
        folder.path(),
        "la311_2020_seed_iso_dates.csv",
        "geojson",
        "America/Los_Angeles",
    );
    assert_eq!(
        city.feeds[0].filter.as_ref().expect("one").is,
        ["HOMELESS ENCAMPMENT"]
    );
    assert!(
        city.holds(34.05, -118.25) && !city.holds(33.0, -118.25),
        "{:?}",
        city.bounds
    );
}

#[test]
fn points_in_one_column_are_found_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, city, text) = made(
        folder.path(),
        "sf_police_calls_realtime_gnap-fj3t_2026-09-30_subset.json",
        "socrata",
        "America/Los_Angeles",
    );
    let columns = &city.feeds[0].columns;
    assert_eq!(code, ExitCode::SUCCESS);
    assert_eq!(columns.location, ["intersection_point"], "{text}");
    assert_eq!(columns.address, ["intersection_name"], "{text}");
    let (_, city, text) = made(
        folder.path(),
        "arcgis_cleveland_cad_police_2026-09-30_excerpt.json",
        "arcgis",
        "America/New_York",
    );
    let columns = &city.feeds[0].columns;
    assert_eq!(columns.created, ["IncidentDate"], "{text}");
    assert_eq!(columns.id, ["IncidentNumber"], "{text}");
    assert_eq!(
        (&columns.address[..], &columns.zip[..]),
        (&["address".to_owned()][..], &["zip".to_owned()][..]),
        "{text}"
    );
}

#[test]
fn what_is_not_found_is_said_and_nothing_is_read_by_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let answer = folder.path().join("rows.csv");
    std::fs::write(&answer, "a,b\nx,1\nx,2\n").expect("written");
    let args = NewArgs {
        name: Some("X".to_owned()),
        time_zone: Some("UTC".to_owned()),
        bounds: Some("1,2,3,4".to_owned()),
        kind: Some("csv".to_owned()),
        address: Some("https://x.example/rows.csv".to_owned()),
        answer: Some(answer),
        out: Some(folder.path().join("x.toml")),
        ..NewArgs::default()
    };
    assert_eq!(new(&args).expect("written"), ExitCode::FAILURE);
    let bad = |change: &dyn Fn(NewArgs) -> NewArgs| {
        let args = NewArgs {
            name: Some("X".to_owned()),
            time_zone: Some("UTC".to_owned()),
            kind: Some("csv".to_owned()),
            address: Some("https://x.example/".to_owned()),
            answer: args.answer.clone(),
            out: Some(folder.path().join("y.toml")),
            ..NewArgs::default()
        };
        new(&change(args)).expect_err("refused").to_string()
    };
    let zone = |args| NewArgs {
        time_zone: Some("Mars".to_owned()),
        ..args
    };
    assert!(bad(&zone).contains("IANA"));
    assert!(bad(&|args| args).contains("--bounds"));
    let kind = |args| NewArgs {
        kind: Some("fax".to_owned()),
        answer: None,
        ..args
    };
    assert!(bad(&kind).contains("none of socrata"));
    let bounds = |args| NewArgs {
        bounds: Some("3,2,1,4".to_owned()),
        ..args
    };
    assert!(bad(&bounds).contains("not south,west,north,east"));
}

#[test]
fn a_saved_answer_bears_a_file_out_or_does_not() {
    let check = |city: &str, file: &str, feed: Option<&str>| {
        let bytes = std::fs::File::open(shared(file)).expect("opens");
        let table = saved::table_of(bytes, None).expect("reads");
        check::of_file(Path::new(city), Some(&table), feed)
    };
    let (lines, good) = check(
        "los-angeles",
        "la311_2018_export_computed_regions.csv",
        None,
    );
    assert!(good, "{lines:?}");
    assert_eq!(lines[0]["feed"], "encampments");
    assert_eq!(lines[0]["found"]["columns.id"], "SRNumber");
    assert_eq!(lines[0]["rows"], 200);
    let (lines, good) = check(
        "san-francisco",
        "sf_police_calls_realtime_gnap-fj3t_2026-09-30_subset.json",
        None,
    );
    assert!(good && lines[0]["feed"] == "encampment-calls", "{lines:?}");
    assert_eq!(lines[0]["skipped"], 4);
    let (lines, good) = check("boston", "open311_chicago_requests.json", None);
    assert!(!good, "{lines:?}");
    assert_eq!(lines[0]["missing"]["columns.id"][0], "case_enquiry_id");
    assert!(
        lines[0]["error"]
            .as_str()
            .expect("one")
            .contains("no column `case_enquiry_id`")
    );
    let (lines, good) = check("boston", "open311_chicago_requests.json", Some("calls"));
    assert!(!good && lines[0]["error"] == "it has no such feed");
    // Without an answer only the files are looked at.
    let (lines, good) = check::of_file(Path::new("new-york"), None, None);
    assert!(good && lines[0]["ok"] == true);
    let (lines, good) = check::of_file(Path::new("/nowhere.toml"), None, None);
    assert!(!good && lines[0]["file"] == "/nowhere.toml");
}
