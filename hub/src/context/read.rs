//! From files to a layer: what is of this city, each thing once, and an account of every row.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::Read;

use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use super::{Cameras, Line, Spot, Stop, Transit};
use crate::city::City;
use crate::feeds::arcgis::GEOMETRY;
use crate::feeds::gtfs::stops::joined;
use crate::feeds::gtfs::table::{Counts, Took};
use crate::feeds::gtfs::{self, stops};
use crate::feeds::soda::{JsonRow, text};
use crate::feeds::{FeedError, geojson};
use crate::views::tiles;

/// No city has as many cameras.
const MOST_CAMERAS: usize = 200_000;

/// What became of a file's rows, as `import` prints it: `rows` = `skipped` (not of this city, or nothing to draw) +
/// `accepted` + all `rejected`; `accepted` = `records` (drawn, or `unplaced`) + `duplicates`. Of a transit feed the rows
/// are its stops and its lines, and `tables` accounts for each table by itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Report {
    pub file: String,
    pub rows: u64,
    pub skipped: u64,
    pub accepted: u64,
    pub records: u64,
    pub duplicates: u64,
    pub unplaced: u64,
    pub rejected: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<&'static str, Counts>,
    pub seconds: f64,
}

/// A layer that is put together, file by file.
pub trait Build: Default {
    type Layer: super::Drawn;

    /// Takes one file.
    fn take(&mut self, file: File, city: &City) -> Result<Report, FeedError>;
    /// The day that what was taken is of, what it calls its form, and the layer.
    fn end(self) -> (Option<Date>, Option<String>, Self::Layer);
}

/// Lines and stops.
#[derive(Default)]
pub struct TransitFiles {
    lines: Vec<gtfs::lines::Line>,
    stops: Vec<stops::Stop>,
    as_of: Option<Date>,
    versions: Vec<String>,
}

impl Build for TransitFiles {
    type Layer = Transit;

    fn take(&mut self, file: File, city: &City) -> Result<Report, FeedError> {
        let (south, west, north, east) = tiles::bounds(city);
        let is_wanted =
            |(lat, lon): (f64, f64)| (south..=north).contains(&lat) && (west..=east).contains(&lon);
        let feed = gtfs::read(file, is_wanted)?;
        if feed.stops.is_empty() && feed.lines.is_empty() {
            return Err(FeedError::Form(
                "of another place: it has no stop and no line here",
            ));
        }
        let (stops, lines) = (&feed.tables["stops"], feed.tables.get("routes"));
        let mut all = Counts::default();
        all.add(stops.clone());
        all.add(lines.cloned().unwrap_or_default());
        let lines = lines.map_or(0, |counts| counts.accepted);
        // Lines that run only elsewhere.
        let elsewhere = lines - feed.lines.len() as u64 - feed.unplaced;
        let accepted = all.accepted - elsewhere;
        let records = feed.stops.len() as u64 + feed.lines.len() as u64 + feed.unplaced;
        self.as_of = self.as_of.max(feed.version.from);
        self.versions.extend(feed.version.name);
        self.lines.extend(feed.lines);
        self.stops.extend(feed.stops);
        Ok(Report {
            rows: all.rows,
            skipped: all.skipped + elsewhere,
            accepted,
            records,
            duplicates: accepted - records,
            unplaced: feed.unplaced,
            rejected: all.rejected,
            tables: feed.tables,
            ..Report::default()
        })
    }

    fn end(self) -> (Option<Date>, Option<String>, Transit) {
        let lines = self.lines.into_iter().map(|line| {
            let paths = line.paths.into_iter();
            let spots = |path: Vec<_>| path.into_iter().map(Spot::of).collect();
            Line {
                name: line.name,
                mode: line.mode,
                colour: line.colour,
                paths: paths.map(spots).collect(),
            }
        });
        let mut lines: Vec<Line> = lines.collect();
        lines.sort_by(|one, other| (one.mode, &one.name).cmp(&(other.mode, &other.name)));
        let stops = joined(self.stops).into_iter().map(|stop| Stop {
            name: stop.name,
            at: Spot::of(stop.at),
            is_station: stop.is_station,
        });
        let stops = stops.collect();
        let version = (!self.versions.is_empty()).then(|| self.versions.join(" "));
        (self.as_of, version, Transit { lines, stops })
    }
}

/// Points of GeoJSON with OpenStreetMap's tags, or with DeFlock's names of them.
#[derive(Default)]
pub struct CameraFiles {
    at: Vec<Spot>,
    known: HashSet<String>,
    as_of: Option<Date>,
}

impl Build for CameraFiles {
    type Layer = Cameras;

    fn take(&mut self, file: File, city: &City) -> Result<Report, FeedError> {
        self.read(file, city)
    }

    fn end(mut self) -> (Option<Date>, Option<String>, Cameras) {
        self.at.sort();
        (self.as_of, None, Cameras { at: self.at })
    }
}

impl CameraFiles {
    pub fn read(&mut self, input: impl Read, city: &City) -> Result<Report, FeedError> {
        let mut counts = Counts::default();
        let mut records = 0;
        geojson::each(input, |row| {
            let took = match camera(&row, city) {
                Ok(Some((id, at))) => {
                    if self.known.insert(id) {
                        records += 1;
                        self.at.push(at);
                    }
                    let edited = ["osmTimestamp", "timestamp", "@timestamp"];
                    let edited = edited.iter().map(|name| text(&row, name));
                    let days = edited.filter_map(|at| at.get(..10)?.parse().ok());
                    self.as_of = days.max().max(self.as_of);
                    Took::Accepted
                }
                Ok(None) => Took::Skipped,
                Err(reason) => Took::Rejected(reason),
            };
            counts.took(took);
            match self.at.len() > MOST_CAMERAS {
                true => Err(FeedError::Form("of more cameras than a city has")),
                false => Ok(()),
            }
        })?;
        if records == 0 && counts.accepted == 0 {
            return Err(FeedError::Form("of another place: it has no camera here"));
        }
        Ok(Report {
            rows: counts.rows,
            skipped: counts.skipped,
            accepted: counts.accepted,
            records,
            duplicates: counts.accepted - records,
            rejected: counts.rejected,
            ..Report::default()
        })
    }
}

/// A camera that reads plates in the city, with what it is known by; nothing where it is another thing or elsewhere.
fn camera(row: &JsonRow, city: &City) -> Result<Option<(String, Spot)>, &'static str> {
    let said = |names: &[&str]| {
        let mut said = names.iter().map(|name| text(row, name));
        said.find(|said| !said.is_empty())
    };
    let kind = said(&["surveillance:type", "surveillanceType", "surveillance_type"]);
    let is_other = |said: &str, expected: &str| !said.eq_ignore_ascii_case(expected);
    if kind.as_ref().is_some_and(|kind| {
        let mut kinds = kind.split(';');
        kinds.all(|kind| is_other(kind.trim(), "ALPR"))
    }) {
        return Ok(None);
    }
    let thing = said(&["man_made", "manMade"]);
    if thing.is_some_and(|thing| is_other(&thing, "surveillance")) {
        return Ok(None);
    }
    let id = said(&["osmId", "osm_id", "@id", "id"]).map(|id| {
        let of = said(&["osmType", "osm_type", "@type"]).unwrap_or_default();
        format!("{of}/{id}")
    });
    if id.is_none() && kind.is_none() {
        return Err("tags");
    }
    let place = row.get(GEOMETRY).ok_or("geometry")?;
    let degree = |at: usize| place["coordinates"].get(at).and_then(Value::as_f64);
    let (Some(lon), Some(lat)) = (degree(0), degree(1)) else {
        return Err("coordinates");
    };
    if !((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon))
        || (lat, lon) == (0.0, 0.0)
    {
        return Err("coordinates");
    }
    if !city.holds(lat, lon) {
        return Ok(None);
    }
    let spot = Spot::of((lat, lon));
    Ok(Some((id.unwrap_or_else(|| format!("{spot:?}")), spot)))
}
