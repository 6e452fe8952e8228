//! Files of real rows, held out one by one, ask the places built from the others.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use spotlight_common::gazetteer::{Gazetteer, Place};

use super::measure::{CheckArgs, Measured, check};
use super::*;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/data")
        .join(name)
}

fn map() -> FieldMap {
    "address=address,zip=zipcode,lat=latitude,lon=longitude"
        .parse()
        .expect("the default map")
}

/// What the places built from `built` make of the corners of `held_out`.
fn held_out(built: &[&str], held_out: &str) -> Measured {
    let folder = tempfile::tempdir().expect("a folder");
    let places = folder.path().join("places.csv");
    let args = BuildArgs {
        csv: built.iter().map(|name| data(name)).collect(),
        out_places: Some(places.clone()),
        ..arguments()
    };
    build(&args).expect("built");
    check(&CheckArgs {
        places: Some(places),
        csv: data(held_out),
        map: map(),
    })
    .expect("measured")
}

fn arguments() -> BuildArgs {
    BuildArgs {
        csv: Vec::new(),
        map: map(),
        osm: Vec::new(),
        gtfs: Vec::new(),
        boundaries: Vec::new(),
        names: None,
        city: "Los Angeles".to_owned(),
        source: None,
        out_places: None,
        out_streets: None,
        outline: None,
        out_outline: None,
    }
}

#[test]
fn a_file_held_out_is_found_by_what_the_others_say() {
    const YEARS: [&str; 3] = [
        "la311_2017_export_latlon_parens.csv",
        "la311_2018_export_computed_regions.csv",
        "la311_2020_seed_iso_dates.csv",
    ];
    for name in YEARS {
        let others: Vec<&str> = YEARS
            .iter()
            .copied()
            .filter(|other| *other != name)
            .collect();
        let measured = held_out(&others, name);
        let wrong = measured.over_400_m as f64 / measured.corners as f64;
        assert!(measured.corners > 450, "{name}: {measured:?}");
        assert!(measured.hit_rate > 0.76, "{name}: {measured:?}");
        assert!(measured.hit_rate_of_known >= 0.84, "{name}: {measured:?}");
        assert!(measured.median_error_m <= 30.0, "{name}: {measured:?}");
        assert!(wrong <= 0.01, "{name}: {measured:?}");
    }
}

/// The places file that some inputs make.
fn built(args: BuildArgs) -> (Built, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("places.csv");
    let built = build(&BuildArgs {
        out_places: Some(path.clone()),
        ..args
    });
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    (built.expect("built"), text)
}

fn find(places: &str, text: &str) -> Option<Place> {
    Gazetteer::parse(places, Path::new("places.csv"))
        .expect("a places file")
        .find(text)
        .ok()
}

/// A map of a few blocks becomes a city's ground, and the city is searched and drawn by it.
#[test]
fn a_city_is_searched_and_drawn_by_what_was_built_from_a_map() {
    use crate::city::City;
    use crate::http::ask;
    use crate::views::fixture;
    use spotlight_common::cell::Cell;

    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let built = build(&BuildArgs {
        osm: vec![data("osm_west_oakland_query.osm.bz2")],
        city: "West Oakland".to_owned(),
        out_places: Some(path("places.csv")),
        out_streets: Some(path("streets.txt")),
        ..arguments()
    });
    let built = built.expect("built");
    assert!(built.lines >= 5, "{built:?}");
    let file = "name = 'West Oakland'\ntime_zone = 'America/Los_Angeles'\nbounds = [37.79, -122.32, 37.83, -122.28]\n\
                places = 'places.csv'\nstreets = 'streets.txt'\nfeeds = []\n";
    std::fs::write(path("west-oakland.toml"), file).expect("written");
    let city = City::load(&path("west-oakland.toml").to_string_lossy()).expect("loads");
    let cell = Cell::at(37.8077, -122.3005, 9).expect("a cell");
    assert_eq!(city.label(cell), "near 8th St & Willow St");
    let picture = crate::views::Picture {
        city: std::sync::Arc::new(city),
        layers: Default::default(),
        coverage: Default::default(),
        ..fixture::picture(0)
    };
    let places = picture.city.gazetteer.clone().expect("places");
    let example = places.example();
    assert!(example.number().is_some(), "{example:?}");
    let example = format!("<q>police at {} &amp; {}</q>", example.one, example.other);
    let asked = ["/?q=8th+and+willow&view=now", "/?view=3.16.17"];
    let answers = ask::all(picture, asked.map(str::to_owned).to_vec());
    let found = &answers[asked[0]];
    assert!(
        found.contains("<strong>8th St &amp; Willow St."),
        "{found:.2000}"
    );
    assert!(found.contains("<g class=\"pin\""));
    assert!(found.contains(&example), "{example}");
    assert!(
        found.contains("OpenStreetMap contributors, ODbL 1.0"),
        "attribution"
    );
    for name in ["7th St", "Willow St"] {
        assert!(
            answers[asked[1]].contains(&format!(">{name}</text>")),
            "{name}"
        );
    }
}

#[test]
fn a_map_gives_corners_streets_landmarks_and_its_attribution() {
    let packed = data("osm_west_oakland_query.osm.bz2");
    let (was, places) = built(BuildArgs {
        osm: vec![packed.clone()],
        city: "Oakland".to_owned(),
        ..arguments()
    });
    assert_eq!((was.corners, was.crossings, was.streets), (12, 0, 8));
    assert!(places.contains("# source: (c) OpenStreetMap contributors, ODbL 1.0"));
    let corner = find(&places, "cops at 8th and willow").expect("a corner");
    assert_eq!(corner.label, "8th St & Willow St");
    assert!((corner.lat - 37.8077).abs() < 0.0002 && (corner.lon + 122.3005).abs() < 0.0002);
    assert!(find(&places, "by bertha port park").is_some());
    // The same, plain and packed the other way.
    let mut plain = String::new();
    let file = std::fs::File::open(&packed).expect("the map");
    bzip2::read::MultiBzDecoder::new(file)
        .read_to_string(&mut plain)
        .expect("XML");
    let folder = tempfile::tempdir().expect("a folder");
    let (xml, gz) = (folder.path().join("m.osm"), folder.path().join("m.osm.gz"));
    std::fs::write(&xml, &plain).expect("written");
    let mut packer = flate2::write::GzEncoder::new(
        std::fs::File::create(&gz).expect("made"),
        flate2::Compression::fast(),
    );
    packer.write_all(plain.as_bytes()).expect("packed");
    packer.finish().expect("packed");
    let lines = |text: &str| -> Vec<String> {
        let facts = text.lines().filter(|line| !line.starts_with('#'));
        facts.map(str::to_owned).collect()
    };
    for same in [xml, gz] {
        let (_, other) = built(BuildArgs {
            osm: vec![same],
            ..arguments()
        });
        assert_eq!(lines(&other), lines(&places));
    }
}

/// A field of a protocol buffer: a number, or bytes.
fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: &[u8]) -> Vec<u8> {
    [
        varint((field << 3) | 2),
        varint(value.len() as u64),
        value.to_vec(),
    ]
    .concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// Differences, signed.
fn deltas(values: &[i64]) -> Vec<u8> {
    let mut last = 0;
    let mut out = Vec::new();
    for &value in values {
        let delta = value - last;
        last = value;
        out.extend(varint(((delta << 1) ^ (delta >> 63)) as u64));
    }
    out
}

/// A map of two streets that share their middle node, and a station.
fn tiny_pbf() -> Vec<u8> {
    let block = |kind: &str, content: Vec<u8>| {
        let blob = bytes(1, &content);
        let header = [bytes(1, kind.as_bytes()), number(3, blob.len() as u64)].concat();
        [(header.len() as u32).to_be_bytes().to_vec(), header, blob].concat()
    };
    let strings = [
        "",
        "highway",
        "residential",
        "name",
        "Ash Street",
        "Oak Avenue",
        "railway",
        "station",
        "Elm",
    ];
    let table: Vec<u8> = strings
        .iter()
        .flat_map(|text| bytes(1, text.as_bytes()))
        .collect();
    // In units of 100 nanodegrees.
    let nodes = [
        bytes(1, &deltas(&[1, 2, 3, 4, 5])),
        bytes(
            8,
            &deltas(&[
                340_000_000,
                340_010_000,
                340_020_000,
                340_010_000,
                340_010_000,
            ]),
        ),
        bytes(
            9,
            &deltas(&[
                -1_182_000_000,
                -1_182_000_000,
                -1_182_000_000,
                -1_182_010_000,
                -1_181_990_000,
            ]),
        ),
        bytes(10, &[0, 0, 0, 0, 6, 7, 3, 8, 0]),
    ]
    .concat();
    let way = |id: u64, name: u8, refs: &[i64]| {
        let way = [
            number(1, id),
            bytes(2, &[1, 3]),
            bytes(3, &[2, name]),
            bytes(8, &deltas(refs)),
        ];
        bytes(3, &way.concat())
    };
    let group = [
        bytes(2, &nodes),
        way(10, 4, &[1, 2, 3]),
        way(11, 5, &[4, 2, 5]),
    ]
    .concat();
    let data = [bytes(1, &table), bytes(2, &group)].concat();
    [
        block("OSMHeader", bytes(4, b"OsmSchema-V0.6")),
        block("OSMData", data),
    ]
    .concat()
}

#[test]
fn a_pbf_gives_the_same_kinds_of_facts_and_never_panics() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.osm.pbf");
    let whole = tiny_pbf();
    std::fs::write(&path, &whole).expect("written");
    let args = || BuildArgs {
        osm: vec![path.clone()],
        ..arguments()
    };
    let (was, places) = built(args());
    assert_eq!((was.corners, was.streets, was.named), (1, 2, 1));
    assert!(
        places.contains("corner,ASH ST,OAK AVE,,34.00100,-118.20000"),
        "{places}"
    );
    let station = find(&places, "elm station").expect("a station");
    assert_eq!(station.label, "Elm");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        std::fs::write(&path, &damaged).expect("written");
        let _ = build(&args());
        std::fs::write(&path, &whole[..at]).expect("written");
        let _ = build(&args());
    }
}

#[test]
fn a_feed_gives_its_stations_wherever_its_stops_are() {
    let named = |name: &str| {
        let (was, places) = built(BuildArgs {
            gtfs: vec![data(name)],
            ..arguments()
        });
        (was.named, places)
    };
    let (count, places) = named("gtfs_lametro_rail_2024-02-22.zip");
    assert_eq!(count, 104);
    assert!(places.contains("station,Pershing Square Station,34.0493,-118.2513"));
    assert_eq!(named("gtfs_lametro_rail_nested_dir_and_zip.zip").0, 104);
    // A byte order mark before its header, and no parent but one.
    let (count, places) = named("gtfs_rs_fixture_with_bom.zip");
    assert_eq!(count, 1);
    assert!(
        places.contains("station,Stop Area,48.7961,2.4494"),
        "{places}"
    );
    // A feed within a zip that has no stops of its own.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("outer.zip");
    let mut outer = zip::ZipWriter::new(std::fs::File::create(&path).expect("made"));
    outer
        .start_file("feeds/inner.zip", zip::write::SimpleFileOptions::default())
        .expect("started");
    let inner = std::fs::read(data("gtfs_rs_fixture_with_bom.zip")).expect("read");
    outer.write_all(&inner).expect("written");
    outer.finish().expect("finished");
    let (was, _) = built(BuildArgs {
        gtfs: vec![path],
        ..arguments()
    });
    assert_eq!(was.named, 1);
}

#[test]
fn boundaries_give_the_middle_and_size_of_each_neighbourhood() {
    let check = |name: &str, count: usize, line: &str| {
        let (was, places) = built(BuildArgs {
            boundaries: vec![data(name)],
            ..arguments()
        });
        assert_eq!(was.named, count, "{name}");
        assert!(places.contains(line), "{name}: {line}");
    };
    check(
        "la_neighborhood_councils_2020.geojson",
        99,
        "area,Pico Union,34.045,-118.287,4.2",
    );
    check(
        "latimes_neighborhoods_v6.geojson",
        318,
        "area,Koreatown,34.064,-118.302,7.1",
    );
}

#[test]
fn what_is_no_input_is_named_in_the_error() {
    let fails = |args: BuildArgs, expected: &str| {
        let error = build(&args).expect_err(expected).to_string();
        assert!(error.contains(expected), "{error}");
    };
    let json = || vec![data("la311_2026_soda_field_names.json")];
    let none = arguments;
    fails(none(), "nothing to build from");
    fails(
        BuildArgs {
            osm: json(),
            ..none()
        },
        "field_names.json` is not a map of OpenStreetMap: it has no `osm` element",
    );
    fails(
        BuildArgs {
            gtfs: json(),
            ..none()
        },
        "field_names.json` is not a GTFS feed",
    );
    fails(
        BuildArgs {
            boundaries: json(),
            ..none()
        },
        "field_names.json` is not GeoJSON",
    );
    // One that never ends within bounds.
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.osm");
    let long = format!(
        "<osm><node id=\"1\" lat=\"1\" lon=\"{}\"/></osm>",
        "1".repeat(4 << 20)
    );
    std::fs::write(&path, long).expect("written");
    fails(
        BuildArgs {
            osm: vec![path],
            ..none()
        },
        "one of its elements is too large",
    );
}

#[test]
fn the_shipped_places_are_what_their_inputs_make() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = root.join("common/places/los-angeles-names.csv");
    let (_, places) = built(BuildArgs {
        csv: [
            "la311_2017_export_latlon_parens.csv",
            "la311_2018_export_computed_regions.csv",
            "la311_2020_seed_iso_dates.csv",
            "la311_2020_seed_mdyy_dates.csv",
        ]
        .map(data)
        .to_vec(),
        names: Some(names),
        ..arguments()
    });
    let shipped = std::fs::read_to_string(root.join("common/places/los-angeles.csv"));
    assert!(
        shipped.expect("the shipped places") == places,
        "build them anew: `spotlight-hub gazetteer build` with the --csv files of the header, --names, --out-places"
    );
}
