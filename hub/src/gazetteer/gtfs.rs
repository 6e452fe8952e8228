//! Stations from a GTFS feed's `stops.txt`; nothing else of the feed is read.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::Path;

use simd_csv::{ByteRecord, ReaderBuilder};
use zip::ZipArchive;

use super::BuildError;
use super::named::{Kind, Named, plain};
use super::plane::Plane;
use super::rows::{point, text};

/// The largest `stops.txt`, and the largest feed within a zip, that is read.
const LARGEST: u64 = 128 << 20;

/// No feed has as many stops.
const MOST_STOPS: usize = 500_000;

/// Stops of one name that lie farther from their middle are not one place.
const ONE_STATION: f64 = 300.0;

/// Adds a feed's stations: parent stations, or where a feed has none, its stops by name.
pub(super) fn read(path: &Path, named: &mut Vec<Named>) -> Result<(), BuildError> {
    let stops = File::open(path)
        .map_err(|error| error.to_string())
        .and_then(|file| stops_text(file, true))
        .and_then(|bytes| stops(&bytes));
    let fail = |reason: String| BuildError::Input {
        path: path.to_owned(),
        what: "a GTFS feed",
        reason,
    };
    named.extend(stops.map_err(fail)?);
    Ok(())
}

/// The bytes of `stops.txt`, in whatever folder it is; else those of a feed within the zip.
fn stops_text(archive: impl Read + Seek, nested: bool) -> Result<Vec<u8>, String> {
    let mut archive = ZipArchive::new(archive).map_err(|error| error.to_string())?;
    let mut names: Vec<(usize, String)> = Vec::new();
    for at in 0..archive.len() {
        if let Some(Ok(name)) = archive.name_for_index(at) {
            names.push((at, name.into_owned()));
        }
    }
    // The nearest to the top.
    names.sort_by_key(|(_, name)| name.matches('/').count());
    let ends = |end: &str| {
        names
            .iter()
            .find(|(_, name)| {
                name.rsplit('/')
                    .next()
                    .is_some_and(|file| file.ends_with(end))
            })
            .map(|(at, _)| *at)
    };
    let is_stops = names
        .iter()
        .find(|(_, name)| name.rsplit('/').next() == Some("stops.txt"))
        .map(|(at, _)| *at);
    match (is_stops, ends(".zip").filter(|_| nested)) {
        (Some(at), _) => entry(&mut archive, at),
        (None, Some(at)) => stops_text(Cursor::new(entry(&mut archive, at)?), false),
        (None, None) => Err("it has no stops.txt".to_owned()),
    }
}

fn entry(archive: &mut ZipArchive<impl Read + Seek>, at: usize) -> Result<Vec<u8>, String> {
    let entry = archive.by_index(at).map_err(|error| error.to_string())?;
    let name = entry
        .name()
        .map_err(|error| error.to_string())?
        .into_owned();
    let mut bytes = Vec::new();
    entry
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!("{name} is larger than {LARGEST} bytes"));
    }
    Ok(bytes)
}

fn stops(bytes: &[u8]) -> Result<Vec<Named>, String> {
    let mut reader = ReaderBuilder::with_capacity(1 << 16)
        .flexible(true)
        .from_reader(bytes);
    let headers = reader.byte_headers().map_err(|error| error.to_string())?;
    let names: Vec<String> = headers
        .iter()
        .map(|name| {
            text(name)
                .trim_start_matches('\u{feff}')
                .trim_matches('"')
                .to_owned()
        })
        .collect();
    let column = |name: &str| names.iter().position(|other| other == name);
    let needed = |name: &str| column(name).ok_or_else(|| format!("stops.txt has no `{name}`"));
    let (name, lat, lon) = (
        needed("stop_name")?,
        needed("stop_lat")?,
        needed("stop_lon")?,
    );
    let kind = column("location_type");
    let mut record = ByteRecord::new();
    let mut parents = Vec::new();
    let mut by_name: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let mut count = 0;
    while reader
        .read_byte_record(&mut record)
        .map_err(|error| error.to_string())?
    {
        count += 1;
        if count > MOST_STOPS {
            return Err(format!("it has more than {MOST_STOPS} stops"));
        }
        let field = |at: usize| record.get(at).map(text).unwrap_or_default();
        let (Some(stop), Some(at)) = (plain(&field(name)), point(&field(lat), &field(lon))) else {
            continue;
        };
        match kind.map(field).unwrap_or_default().as_str() {
            "1" => parents.push((stop, at)),
            "" | "0" => by_name.entry(stop).or_default().push(at),
            _ => {}
        }
    }
    if parents.is_empty() {
        parents = by_name.into_iter().filter_map(together).collect();
    }
    Ok(parents
        .into_iter()
        .map(|(name, at)| Named {
            kind: Kind::Station,
            name,
            at,
        })
        .collect())
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
