//! Files of real rows, held out one by one, ask the places built from the others.

use std::path::{Path, PathBuf};

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
    for (at, name) in YEARS.iter().enumerate() {
        let others: Vec<&str> = YEARS
            .iter()
            .copied()
            .filter(|other| other != name)
            .collect();
        let measured = held_out(&others, name);
        eprintln!("{at} {name} {measured:?}");
    }
}
