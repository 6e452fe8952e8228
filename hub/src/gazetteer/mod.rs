//! Builds a city's places file, its street lines and its outline from open data:
//! `rows -> strings -> crossings -> write`, and `osm`, `gtfs`, `boundaries` and own names beside them.
//!
//! Rows carry addresses; nothing that leaves here does. A places file holds corners, crossings, blocks (to about 100 m,
//! from at least `blocks::ENOUGH` distinct addresses or from numbered cross streets) and cells that reached a count; a
//! street line's vertices are points of its evened course at even steps, the few that its simplification needs, rounded to 10 m.

mod blocks;
mod boundaries;
mod crossings;
mod gtfs;
pub mod measure;
mod named;
mod numbered;
mod osm;
mod outline;
pub(crate) mod plane;
mod rows;
pub(crate) mod simplify;
mod strings;
mod write;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

pub use rows::FieldMap;

/// `spotlight-hub gazetteer build`
#[derive(Debug, Clone, Args)]
pub struct BuildArgs {
    /// A CSV export whose rows have addresses or corners, and coordinates; may be given several times
    #[arg(long = "csv", value_name = "FILE")]
    pub csv: Vec<PathBuf>,
    /// Which columns hold what: address or street_a and street_b, zip, lat, lon (any case)
    #[arg(
        long,
        value_name = "KEY=COLUMN,...",
        default_value = "address=address,zip=zipcode,lat=latitude,lon=longitude"
    )]
    pub map: FieldMap,
    /// A map of OpenStreetMap, cut to the city: .osm (plain, .gz or .bz2) or .pbf; its corners, streets and named places
    #[arg(long = "osm", value_name = "FILE")]
    pub osm: Vec<PathBuf>,
    /// A GTFS feed, zipped: its stations
    #[arg(long = "gtfs", value_name = "FILE")]
    pub gtfs: Vec<PathBuf>,
    /// Neighbourhoods, GeoJSON with a property `name`: the middle and size of each
    #[arg(long = "boundaries", value_name = "FILE")]
    pub boundaries: Vec<PathBuf>,
    /// A CSV of own facts, lines as in a places file: `area,NAME,LAT,LON,KM2`, `station,NAME,LAT,LON`,
    /// `landmark,NAME,LAT,LON`, `alias,NICKNAME,STREET` and `example,STREET,STREET` (the corner that people are told for an
    /// example; without it one is chosen)
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// The city's name
    #[arg(long, default_value = "Los Angeles")]
    pub city: String,
    /// Where rows, feeds and boundaries come from and under which terms; stands in each file's header
    #[arg(long, value_name = "TEXT")]
    pub source: Option<String>,
    /// Write the places file here
    #[arg(long, value_name = "FILE")]
    pub out_places: Option<PathBuf>,
    /// Write the street lines here
    #[arg(long, value_name = "FILE")]
    pub out_streets: Option<PathBuf>,
    /// The city's boundary, GeoJSON
    #[arg(long, value_name = "FILE", requires = "out_outline")]
    pub outline: Option<PathBuf>,
    /// Write the simplified boundary here
    #[arg(long, value_name = "FILE", requires = "outline")]
    pub out_outline: Option<PathBuf>,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A file cannot be read.
    #[error("failed to read `{path}`")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A CSV file is malformed.
    #[error("`{path}` is not a CSV file")]
    Csv {
        /// Which file.
        path: PathBuf,
        /// What the reader said.
        #[source]
        source: simd_csv::Error,
    },
    /// A column of the field map is not there.
    #[error("`{path}` has no column `{column}`; name its column with --map")]
    Column {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
    },
    /// A boundary file is not a polygon in GeoJSON.
    #[error("`{path}` is not GeoJSON with a Polygon or MultiPolygon: {reason}")]
    Outline {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file is not what it was given as.
    #[error("`{path}` is not {what}: {reason}")]
    Input {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A line of own facts is wrong.
    #[error(
        "`{path}` line {line}: should be area,NAME,LAT,LON,KM2, station or landmark,NAME,LAT,LON, alias,NICKNAME,STREET or example,STREET,STREET"
    )]
    Names {
        /// Which file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// No row could be placed.
    #[error("no row has both an address and coordinates; check --map")]
    Nothing,
    /// Nothing to build from was given.
    #[error("nothing to build from; give --csv, --osm, --gtfs, --boundaries or --names")]
    NoInput,
    /// A file cannot be written.
    #[error("failed to write `{path}`")]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What was built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Built {
    /// Rows read.
    pub rows: usize,
    /// Distinct addresses and corners with coordinates.
    pub addresses: usize,
    /// Streets by name.
    pub streets: usize,
    /// Corners that rows or a map name.
    pub corners: usize,
    /// Corners computed.
    pub crossings: usize,
    /// Blocks.
    pub blocks: usize,
    /// Areas, stations and landmarks.
    pub named: usize,
    /// Cells with enough known places.
    pub cells: usize,
    /// Street lines drawn.
    pub lines: usize,
    /// Their length.
    pub kilometres: usize,
}

/// All that was read.
#[derive(Debug, Default)]
struct Read {
    facts: rows::Facts,
    map: osm::Map,
    areas: Vec<boundaries::Area>,
    /// Lines of own facts.
    own: Vec<String>,
}

/// Reads what was given and writes the files that were asked for.
pub fn build(args: &BuildArgs) -> Result<Built, BuildError> {
    let files = args.csv.len() + args.osm.len() + args.gtfs.len() + args.boundaries.len();
    if files == 0 && args.names.is_none() && args.outline.is_none() {
        return Err(BuildError::NoInput);
    }
    let progress = ProgressBar::new(files as u64 + 3);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        progress.set_style(style);
    }
    let read = read(args, &progress)?;
    progress.set_message("streets");
    let mut streets = strings::string(&read.facts);
    progress.inc(1);
    let mut built = Built {
        rows: read.facts.rows,
        addresses: read.facts.addresses.len(),
        ..Built::default()
    };
    if let Some(path) = &args.out_places {
        progress.set_message("crossings");
        write::places(args, &read, &streets, path, &mut built)?;
    }
    progress.inc(1);
    streets.add_ways(&read.map.ways);
    built.streets = streets.names();
    if let Some(path) = &args.out_streets {
        progress.set_message("lines");
        write::streets(args, &streets, path, &mut built)?;
    }
    if let (Some(input), Some(path)) = (&args.outline, &args.out_outline) {
        write::outline(args, &outline::read(input)?, path)?;
    }
    progress.finish_and_clear();
    Ok(built)
}

fn read(args: &BuildArgs, progress: &ProgressBar) -> Result<Read, BuildError> {
    let mut read = Read::default();
    let next = |path: &PathBuf| {
        progress.set_message(path.display().to_string());
        progress.inc(1);
    };
    for path in &args.csv {
        next(path);
        rows::read(path, &args.map, &mut read.facts)?;
    }
    if !args.csv.is_empty() && read.facts.addresses.is_empty() {
        return Err(BuildError::Nothing);
    }
    for path in &args.osm {
        next(path);
        osm::read(path, &mut read.map)?;
    }
    for path in &args.gtfs {
        next(path);
        gtfs::read(path, &mut read.map.named)?;
    }
    for path in &args.boundaries {
        next(path);
        read.areas.extend(boundaries::read(path)?);
    }
    if let Some(path) = &args.names {
        read.own = write::own_facts(path)?;
    }
    Ok(read)
}
