//! A transit feed (GTFS Schedule), as far as a map needs it: `archive -> table -> stops, lines`.
//!
//! `stop_times.txt`, by far the largest table, is never opened. The others are read row by row: what stays in memory are the
//! stops and the simplified courses, both with a bound, whatever the file.

pub mod archive;
pub mod lines;
mod reduce;
pub mod stops;
pub mod table;

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::File;

use jiff::civil::Date;

use super::FeedError;
use archive::Archive;
use lines::Line;
#[cfg(test)]
use lines::Mode;
use stops::Stop;
use table::{Counts, Took};

/// What a feed has.
#[derive(Debug, Default)]
pub struct Transit {
    pub stops: Vec<Stop>,
    pub lines: Vec<Line>,
    /// Lines of which no course is told.
    pub unplaced: u64,
    /// What became of each table's rows.
    pub tables: BTreeMap<&'static str, Counts>,
    pub version: Version,
}

/// What a feed calls its present form (`feed_info.txt`), and from when on it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Version {
    /// All that `feed_info.txt` says of it.
    pub name: Option<String>,
    /// Its first day, else that of its calendar.
    pub from: Option<Date>,
}

/// Reads a feed, or all feeds that a zip of zips holds; of their stops and courses only what is `wanted`, by latitude and
/// longitude in degrees.
pub fn read(file: File, wanted: impl Fn((f64, f64)) -> bool) -> Result<Transit, FeedError> {
    let mut all = Transit::default();
    for mut archive in archive::open(file)? {
        let mut tables = BTreeMap::new();
        let (stops, counts) = stops::read(&mut archive, &wanted)?;
        tables.insert("stops", counts);
        let lines = lines::read(&mut archive, &wanted, &mut tables)?;
        all.stops.extend(stops);
        all.lines.extend(lines.lines);
        all.unplaced += lines.unplaced;
        for (name, counts) in tables {
            all.tables.entry(name).or_default().add(counts);
        }
        let version = version(&mut archive)?;
        all.version.name = match (all.version.name.take(), version.name) {
            (Some(one), Some(other)) => Some(format!("{one} {other}")),
            (one, other) => one.or(other),
        };
        all.version.from = all.version.from.max(version.from);
    }
    all.stops = stops::joined(all.stops);
    Ok(all)
}

/// What the feeds of a file call their form, without reading them.
pub fn versions(file: File) -> Result<Option<String>, FeedError> {
    let mut names = Vec::new();
    for mut archive in archive::open(file)? {
        match version(&mut archive)?.name {
            Some(name) => names.push(name),
            None => return Ok(None),
        }
    }
    Ok((!names.is_empty()).then(|| names.join(" ")))
}

fn version(archive: &mut Archive) -> Result<Version, FeedError> {
    let mut version = Version::default();
    if let Some(input) = archive.table("feed_info.txt")? {
        let columns = ["feed_version?", "feed_start_date?", "feed_end_date?"];
        table::read(input, columns, |fields| {
            if version.name.is_none() && fields.iter().any(|field| !field.is_empty()) {
                version.name = Some(super::values::cut(&fields.join("/"), 100));
                version.from = day(&fields[1]);
            }
            Took::Accepted
        })?;
    }
    if version.from.is_none()
        && let Some(input) = archive.table("calendar.txt")?
    {
        table::read(input, ["start_date?"], |[start]| {
            let start = day(start);
            version.from = match (version.from, start) {
                (Some(known), Some(start)) => Some(known.min(start)),
                (known, start) => known.or(start),
            };
            Took::Accepted
        })?;
    }
    Ok(version)
}

/// `20240222`
fn day(text: &str) -> Option<Date> {
    let is_day = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i16>().ok();
    let (year, month, day) = (part(0..4)?, part(4..6)?, part(6..8)?);
    let small = |part: i16| i8::try_from(part).ok();
    is_day
        .then(|| Date::new(year, small(month)?, small(day)?).ok())
        .flatten()
}

/// Latitude and longitude in degrees; none where a feed has nothing to say, which some write as 0, 0.
fn point(lat: &str, lon: &str) -> Option<(f64, f64)> {
    let (lat, lon): (f64, f64) = (lat.parse().ok()?, lon.parse().ok()?);
    let is_on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    (is_on_earth && (lat, lon) != (0.0, 0.0)).then_some((lat, lon))
}
