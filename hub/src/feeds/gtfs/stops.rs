//! `stops.txt`: stations, and stops that belong to none.

use std::collections::{BTreeMap, BTreeSet};

use super::archive::Archive;
use super::point;
use super::table::{self, Counts, Took};
use crate::feeds::FeedError;
use crate::feeds::values::cut;
use crate::gazetteer::plane::Plane;

/// No city has as many.
const MOST: usize = 100_000;

/// What is kept of a name.
const NAME: usize = 80;

/// Stops of one name that are so near to each other (metres) are one for a map.
const ONE: f64 = 300.0;

/// So many places of one name are told apart, and what is more is not joined.
const MOST_OF_A_NAME: usize = 200;

/// A place where people get on and off.
#[derive(Debug, Clone, PartialEq)]
pub struct Stop {
    pub name: String,
    /// Latitude and longitude in degrees.
    pub at: (f64, f64),
    /// Whether the feed calls it a station: one with platforms of its own.
    pub is_station: bool,
}

/// The stations and the stops without one, each row by itself, where they are wanted; entrances and platforms are skipped.
pub fn read(
    archive: &mut Archive,
    wanted: impl Fn((f64, f64)) -> bool,
) -> Result<(Vec<Stop>, Counts), FeedError> {
    let input = archive
        .table("stops.txt")?
        .ok_or(FeedError::Form("a feed whose stops.txt is empty"))?;
    let columns = [
        "stop_id?",
        "stop_name",
        "stop_lat",
        "stop_lon",
        "location_type?",
        "parent_station?",
    ];
    let mut stops = Vec::new();
    let mut platforms = Vec::new();
    let mut stations = BTreeSet::new();
    let mut is_full = false;
    let mut counts = table::read(input, columns, |[id, name, lat, lon, kind, parent]| {
        let is_station = match kind.as_ref() {
            "" | "0" => false,
            "1" => true,
            "2" | "3" | "4" => return Took::Skipped,
            _ => return Took::Rejected("location_type"),
        };
        if name.is_empty() {
            return Took::Rejected("name");
        }
        let Some(at) = point(lat, lon) else {
            return Took::Rejected("coordinates");
        };
        is_full |= stops.len() + platforms.len() >= MOST;
        if is_full || !wanted(at) {
            return Took::Skipped;
        }
        let stop = Stop {
            name: cut(name, NAME),
            at,
            is_station,
        };
        if is_station {
            stations.insert(id.to_string());
        } else if !parent.is_empty() {
            platforms.push((parent.to_string(), stop));
            return Took::Skipped;
        }
        stops.push(stop);
        Took::Accepted
    })?;
    if is_full {
        return Err(FeedError::Form("a feed of more than 100,000 stops here"));
    }
    // A platform whose station is not there stands for itself.
    for (_, stop) in platforms
        .into_iter()
        .filter(|(parent, _)| !stations.contains(parent))
    {
        counts.skipped -= 1;
        counts.accepted += 1;
        stops.push(stop);
    }
    Ok((stops, counts))
}

/// Those of one name that are near to each other made one, in its middle.
pub fn joined(stops: Vec<Stop>) -> Vec<Stop> {
    let mut by_name: BTreeMap<String, Vec<(Stop, f64)>> = BTreeMap::new();
    for stop in stops {
        let known = by_name.entry(stop.name.clone()).or_default();
        let plane = Plane::around(stop.at.0, stop.at.1);
        let here = plane.project(stop.at);
        let mut near = known.iter_mut().take(MOST_OF_A_NAME);
        let near = near.find(|(other, _)| plane.project(other.at).distance(here) <= ONE);
        match near {
            Some((other, count)) => {
                let mean = |of: f64, one: f64| (of * *count + one) / (*count + 1.0);
                other.at = (mean(other.at.0, stop.at.0), mean(other.at.1, stop.at.1));
                other.is_station |= stop.is_station;
                *count += 1.0;
            }
            None => known.push((stop, 1.0)),
        }
    }
    let all = by_name.into_values().flatten();
    all.map(|(stop, _)| stop).collect()
}
