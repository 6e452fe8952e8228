//! The places file: lines of plain text, a header of `#` lines and then one fact a line.
//!
//! ```text
//! # Spotlight places, version 1
//! # city: Los Angeles
//! # bounds: 33.70,-118.67,34.34,-118.15            south, west, north, east; required
//! # source: ... # licence: ...                     for people; not read
//! corner,5TH ST,SAN PEDRO ST,90013,34.04419,-118.24393    two streets, ZIP, latitude, longitude: a row names it
//! crossing,5TH ST,TOWNE AVE,90013,34.0436,-118.2424       the same, computed from the two streets' courses
//! block,SAN JULIAN ST,500,90013,34.043,-118.244           street, hundred, ZIP, its middle to about 100 m
//! area,Skid Row,34.0440,-118.2437,1.1                     name, middle, square kilometres
//! station,Wilshire / Vermont Station,34.0627,-118.2901    name, place; people say it with `station` or `estacion`
//! landmark,County Hospital,34.0580,-118.2090              the same, said by its name
//! alias,MLK,MARTIN LUTHER KING JR BLVD                    what people call a street
//! known,8829a1d757fffff                                   a cell (7 or 8) with enough known addresses or corners
//! example,5th,San Pedro                                   the corner that people are told for an example, as they say it
//! ```
//! No field holds a comma, so nothing is quoted. A line of an unknown kind is refused: a reader that skipped it would
//! find other places than the file's author meant.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::index::{Builder, Gazetteer};
use crate::cell::Cell;

/// The first line of every places file.
const FIRST_LINE: &str = "# Spotlight places, version 1";

/// More than this, and one byte that tells so, is not read: a city of 60,000 corners takes 3 MB.
const LARGEST: usize = 32 << 20;

/// Why a places file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GazetteerError {
    /// It cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A line of it is wrong.
    #[error("`{path}` line {line}: {reason}")]
    Line {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what should stand there.
        reason: String,
    },
    /// It is too large to be a city's places.
    #[error("`{path}` is larger than {LARGEST} bytes")]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
}

impl Gazetteer {
    /// Reads a places file.
    pub fn load(path: &Path) -> Result<Self, GazetteerError> {
        let failed = |source| GazetteerError::Read {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST as u64 + 1).read_to_end(&mut bytes))
            .map_err(failed)?;
        if bytes.len() > LARGEST {
            return Err(GazetteerError::TooLarge {
                path: path.to_owned(),
            });
        }
        let text = String::from_utf8(bytes)
            .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?;
        Self::parse(&text, path)
    }

    /// Reads the text of a places file; `path` is for errors.
    pub fn parse(text: &str, path: &Path) -> Result<Self, GazetteerError> {
        if text.len() > LARGEST {
            return Err(GazetteerError::TooLarge {
                path: path.to_owned(),
            });
        }
        let fail = |line: usize, reason: String| GazetteerError::Line {
            path: path.to_owned(),
            line,
            reason,
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.lines().next().map(str::trim_end) != Some(FIRST_LINE) {
            return Err(fail(1, format!("should be `{FIRST_LINE}`")));
        }
        let mut builder = Builder::default();
        for (at, line) in text.lines().enumerate().skip(1) {
            read_line(line.trim(), &mut builder).map_err(|reason| fail(at + 1, reason))?;
        }
        builder.finish().map_err(|reason| fail(1, reason))
    }
}

fn read_line(line: &str, builder: &mut Builder) -> Result<(), String> {
    if let Some(header) = line.strip_prefix('#') {
        return match header.trim().split_once(':') {
            Some(("city", city)) => {
                builder.city = city.trim().to_owned();
                Ok(())
            }
            Some(("bounds", bounds)) => {
                builder.bounds = Some(read_bounds(bounds)?);
                Ok(())
            }
            _ => Ok(()),
        };
    }
    if line.is_empty() {
        return Ok(());
    }
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    match fields.as_slice() {
        [kind @ ("corner" | "crossing"), a, b, zip, lat, lon] => builder.corner(
            a,
            b,
            read_zip(zip)?,
            read_point(lat, lon)?,
            *kind == "corner",
        ),
        ["block", street, hundred, zip, lat, lon] => {
            let hundred = hundred
                .parse()
                .map_err(|_| format!("`{hundred}` is not a house number"))?;
            builder.block(street, hundred, read_zip(zip)?, read_point(lat, lon)?)
        }
        ["area", name, lat, lon, size] => {
            let size = read_number(size)?;
            builder.area(name, read_point(lat, lon)?, size)
        }
        [kind @ ("station" | "landmark"), name, lat, lon] => {
            builder.landmark(name, read_point(lat, lon)?, *kind == "station")
        }
        ["alias", nickname, street] => builder.alias(nickname, street),
        ["example", one, other] => builder.example(one, other),
        ["known", cell] => {
            let cell: Cell = cell
                .parse()
                .map_err(|_| format!("`{cell}` is not an H3 cell"))?;
            builder.known(cell)
        }
        [
            kind @ ("corner" | "crossing" | "block" | "area" | "station" | "landmark" | "alias"
            | "known" | "example"),
            rest @ ..,
        ] => Err(format!("`{kind}` cannot have {} fields", rest.len())),
        [kind, ..] => Err(format!(
            "`{kind}` is not corner, crossing, block, area, station, landmark, alias, known or example"
        )),
        [] => Ok(()),
    }
}

fn read_bounds(text: &str) -> Result<[f64; 4], String> {
    let numbers = text
        .split(',')
        .map(|n| read_number(n.trim()))
        .collect::<Result<Vec<_>, _>>()?;
    match numbers.as_slice() {
        &[south, west, north, east] if south < north && west < east => {
            Ok([south, west, north, east])
        }
        _ => Err("bounds should be south,west,north,east".to_owned()),
    }
}

fn read_number(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| format!("`{text}` is not a number"))
}

fn read_point(lat: &str, lon: &str) -> Result<(f64, f64), String> {
    let (lat, lon) = (read_number(lat)?, read_number(lon)?);
    Cell::at(lat, lon, 0).ok_or_else(|| format!("{lat},{lon} is not on the globe"))?;
    Ok((lat, lon))
}

/// An empty ZIP is allowed.
fn read_zip(text: &str) -> Result<u32, String> {
    if text.is_empty() {
        return Ok(0);
    }
    text.parse()
        .map_err(|_| format!("`{text}` is not a ZIP code"))
}
