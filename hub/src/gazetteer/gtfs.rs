//! Stations from a GTFS feed's stops; nothing else of the feed is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use super::BuildError;
use super::named::{Kind, Named, plain};
use super::plane::Plane;
use crate::feeds::FeedError;
use crate::feeds::gtfs::{archive, stops};

/// Stops of one name that lie farther from their middle are not one place.
const ONE_STATION: f64 = 300.0;

/// Adds a feed's stations: parent stations, or where a feed has none, its stops by name.
pub(super) fn read(path: &Path, named: &mut Vec<Named>) -> Result<(), BuildError> {
    let fail = |error: FeedError| BuildError::Input {
        path: path.to_owned(),
        what: "a GTFS feed",
        reason: spotlight_common::log::chain(&error),
    };
    let file = File::open(path).map_err(|error| fail(error.into()))?;
    for mut feed in archive::open(file).map_err(fail)? {
        let (stops, _) = stops::read(&mut feed, |_| true).map_err(fail)?;
        named.extend(stations(stops));
    }
    Ok(())
}

fn stations(stops: Vec<stops::Stop>) -> Vec<Named> {
    let mut parents = Vec::new();
    let mut by_name: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    for stop in stops {
        let Some(name) = plain(&stop.name) else {
            continue;
        };
        match stop.is_station {
            true => parents.push((name, stop.at)),
            false => by_name.entry(name).or_default().push(stop.at),
        }
    }
    if parents.is_empty() {
        parents = by_name.into_iter().filter_map(together).collect();
    }
    let parents = parents.into_iter();
    parents
        .map(|(name, at)| Named {
            kind: Kind::Station,
            name,
            at,
        })
        .collect()
}

/// The middle of stops that are one place; a stop named after its corner is no station.
fn together((name, places): (String, Vec<(f64, f64)>)) -> Option<(String, (f64, f64))> {
    if name.contains(['/', '&', '@']) || name.to_ascii_lowercase().contains(" at ") {
        return None;
    }
    let count = places.len() as f64;
    let middle = places.iter().fold((0.0, 0.0), |sum, at| {
        (sum.0 + at.0 / count, sum.1 + at.1 / count)
    });
    let plane = Plane::around(middle.0, middle.1);
    let far = |at: &(f64, f64)| plane.project(*at).distance(plane.project(middle)) > ONE_STATION;
    (!places.iter().any(far)).then_some((name, middle))
}
