//! The files that are built, each with its provenance in its header.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use spotlight_common::cell::Cell;
use spotlight_common::gazetteer::{Gazetteer, KNOWN_ENOUGH};

use super::named::Kind;
use super::plane::{Point, length};
use super::simplify::{resample, simplify, unfold};
use super::strings::{Streets, smooth};
use super::{BuildArgs, BuildError, Built, Read, blocks, crossings, numbered, osm};

/// Where rows come from where nothing else is said.
const ROWS: &str = "MyLA311 service requests, data.lacity.org, CC0 1.0";

/// A line moves by at most this many metres: one unit of a view of Los Angeles 1,000 wide.
const TOLERANCE: f64 = 47.0;

/// A line's vertices are chosen among points this many metres apart on it, not among the places that it came from.
const STEP: f64 = 60.0;

/// A street whose longest run is shorter is not drawn.
const SHORTEST_LINE: f64 = 1_700.0;

/// Nor is another run of a street that is, if it is shorter than this.
const SHORTEST_PART: f64 = 900.0;

/// These are of a city as wide as Los Angeles, in metres. A map's own streets are drawn as much finer as its city is smaller:
/// nothing in them is anybody's address.
const WIDE: f64 = 60_000.0;

/// But by no finer than this, in metres: what is written is rounded to about 10.
const FINEST: f64 = 5.0;

/// A street with fewer known places is not drawn: its line would tell them.
const FEWEST_PLACES: usize = 5;

/// The city's bounds are drawn out by this much, in degrees.
const MARGIN: f64 = 0.02;

pub(super) fn places(
    args: &BuildArgs,
    read: &Read,
    streets: &Streets,
    path: &Path,
    built: &mut Built,
) -> Result<(), BuildError> {
    let facts = &read.facts;
    let mut out = String::from("# Spotlight places, version 1\n");
    header(&mut out, args);
    let [south, west, north, east] = bounds(read);
    let _ = writeln!(
        out,
        "# bounds: {:.2},{:.2},{:.2},{:.2}",
        south - MARGIN,
        west - MARGIN,
        north + MARGIN,
        east + MARGIN
    );
    out.push_str(
        "# Lines: corner and crossing,STREET,STREET,ZIP,LAT,LON (a corner is named by a row or a map, a crossing is computed\n\
         # from the courses of its streets); block,STREET,HUNDRED,ZIP,LAT,LON (to about 100 m, from four addresses or numbered streets);\n\
         # area,NAME,LAT,LON,KM2; station and landmark,NAME,LAT,LON; alias,NICKNAME,STREET; known,CELL (12 or more\n\
         # distinct addresses or corners lie in it); example,STREET,STREET (the corner that people are told for an example).\n\
         # Facts of streets only: no address, no row.\n",
    );
    for ((a, b, zip), mean) in &facts.corners {
        let (lat, lon) = mean.point();
        let _ = writeln!(out, "corner,{a},{b},{},{lat:.5},{lon:.5}", Zip(*zip));
    }
    for (a, b, (lat, lon)) in &read.map.corners {
        let _ = writeln!(out, "corner,{a},{b},,{lat:.5},{lon:.5}");
    }
    built.corners = facts.corners.len() + read.map.corners.len();
    // A map has every corner.
    let computed = if read.map.corners.is_empty() {
        crossings::crossings(facts, streets)
    } else {
        Vec::new()
    };
    for crossing in &computed {
        let (lat, lon) = crossing.at;
        let _ = writeln!(
            out,
            "crossing,{},{},{},{lat:.4},{lon:.4}",
            crossing.a,
            crossing.b,
            Zip(crossing.zip)
        );
    }
    built.crossings = computed.len();
    let mut blocks = blocks::blocks(facts, streets.plane);
    blocks.extend(numbered::blocks(facts, &computed, &blocks, streets.plane));
    blocks.sort_by(|a, b| a.street.cmp(&b.street).then(a.hundred.cmp(&b.hundred)));
    for block in &blocks {
        let (lat, lon) = block.middle;
        let _ = writeln!(
            out,
            "block,{},{},{},{lat:.3},{lon:.3}",
            block.street,
            block.hundred,
            Zip(block.zip)
        );
        built.blocks += 1;
    }
    named(read, &mut out, built);
    for cell in known_cells(read) {
        let _ = writeln!(out, "known,{cell}");
        built.cells += 1;
    }
    if !read.own.iter().any(|line| line.starts_with("example,")) {
        let places = Gazetteer::parse(&out, path).map_err(|error| BuildError::Input {
            path: path.to_owned(),
            what: "a places file",
            reason: error.to_string(),
        })?;
        if let Some(example) = places.choose_example() {
            let _ = writeln!(out, "example,{},{}", example.one, example.other);
        }
    }
    write(path, &out)
}

/// Areas, stations, landmarks and aliases; what is written last holds, so own names come last.
fn named(read: &Read, out: &mut String, built: &mut Built) {
    for area in &read.areas {
        let (lat, lon) = area.middle;
        // So that no area that is too large for a cell rounds down to one that is not.
        let size = (area.square_km * 10.0).ceil() / 10.0;
        let _ = writeln!(out, "area,{},{lat:.3},{lon:.3},{size:.1}", area.name);
        built.named += 1;
    }
    let mut places = read.map.named.clone();
    places.sort_by(|a, b| a.name.cmp(&b.name).then(a.kind.cmp(&b.kind)));
    for place in &places {
        let (lat, lon) = place.at;
        let name = &place.name;
        let _ = match place.kind {
            Kind::Area(size) => writeln!(out, "area,{name},{lat:.3},{lon:.3},{size}"),
            Kind::Station => writeln!(out, "station,{name},{lat:.4},{lon:.4}"),
            Kind::Landmark => writeln!(out, "landmark,{name},{lat:.4},{lon:.4}"),
        };
        built.named += 1;
    }
    for line in &read.own {
        out.push_str(line);
        out.push('\n');
        let is_place = !line.starts_with("alias,") && !line.starts_with("example,");
        built.named += usize::from(is_place);
    }
}

/// South, west, north, east of all that is known; of what has a name alone only where no street is.
fn bounds(read: &Read) -> [f64; 4] {
    let streets = read.facts.addresses.values().map(|mean| mean.point());
    let streets = streets.chain(read.map.corners.iter().map(|(_, _, at)| *at));
    let mut points: Vec<(f64, f64)> = streets.collect();
    if points.is_empty() {
        points.extend(read.map.named.iter().map(|place| place.at));
        points.extend(read.areas.iter().map(|area| area.middle));
        points.extend(read.own.iter().filter_map(|line| {
            let mut fields = line.split(',').skip(2);
            super::rows::point(fields.next()?, fields.next()?)
        }));
    }
    points.into_iter().fold(
        [f64::MAX, f64::MAX, f64::MIN, f64::MIN],
        |[south, west, north, east], (lat, lon)| {
            [south.min(lat), west.min(lon), north.max(lat), east.max(lon)]
        },
    )
}

/// The cells of resolution 7 and 8 in which enough distinct addresses or corners are known.
fn known_cells(read: &Read) -> Vec<Cell> {
    let mut counts: BTreeMap<Cell, usize> = BTreeMap::new();
    // However they are written: a house is one by its street, number and side, and what lies within about 100 m is one corner.
    let mut houses: BTreeMap<(&str, u32, Option<char>), (f64, f64)> = BTreeMap::new();
    for (street, stops) in &read.facts.streets {
        for stop in stops {
            if let Some((number, side)) = stop.house {
                houses.entry((street, number, side)).or_insert(stop.at);
            }
        }
    }
    let thousandths = |degrees: f64| (degrees * 1e3).round() as i64;
    let named = read.facts.corners.values().map(|mean| mean.point());
    let mapped = read.map.corners.iter().map(|(_, _, at)| *at);
    let corners: BTreeMap<(i64, i64), (f64, f64)> = named
        .chain(mapped)
        .map(|(lat, lon)| ((thousandths(lat), thousandths(lon)), (lat, lon)))
        .collect();
    for &(lat, lon) in houses.values().chain(corners.values()) {
        for cell in [7, 8]
            .into_iter()
            .filter_map(|resolution| Cell::at(lat, lon, resolution))
        {
            *counts.entry(cell).or_default() += 1;
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| *count >= KNOWN_ENOUGH)
        .map(|(cell, _)| cell)
        .collect()
}

/// The lines of a file of own facts.
pub(super) fn own_facts(path: &Path) -> Result<Vec<String>, BuildError> {
    const LARGEST: u64 = 32 << 20;
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(|source| BuildError::Read {
            path: path.to_owned(),
            source,
        })?;
    let mut lines = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let fields = line.split(',').count();
        match line.split(',').next() {
            Some("area") if fields == 5 => {}
            Some("station" | "landmark") if fields == 4 => {}
            Some("alias" | "example") if fields == 3 => {}
            Some(first) if first.is_empty() || first.starts_with('#') => continue,
            _ => {
                return Err(BuildError::Names {
                    path: path.to_owned(),
                    line: at + 1,
                });
            }
        }
        lines.push(line.to_owned());
    }
    Ok(lines)
}

pub(super) fn streets(
    args: &BuildArgs,
    streets: &Streets,
    path: &Path,
    built: &mut Built,
) -> Result<(), BuildError> {
    let mut lines = Vec::new();
    let mut drawn = HashSet::new();
    let finer = (width(streets) / WIDE).min(1.0);
    for run in &streets.runs {
        if run.charted || run.line.len() >= FEWEST_PLACES {
            let (line, share) = match run.charted {
                true => (simplify(&run.line, (TOLERANCE * finer).max(FINEST)), finer),
                false => (
                    simplify(&resample(&smooth(&run.line), STEP), TOLERANCE),
                    1.0,
                ),
            };
            let line = unfold(&line).to_vec();
            let metres = length(&line);
            // A street's runs come longest first.
            let is_part = metres >= SHORTEST_PART * share && drawn.contains(&run.name);
            if metres >= SHORTEST_LINE * share || is_part {
                drawn.insert(&run.name);
                lines.push((metres, &run.name, line));
            }
        }
    }
    lines.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out = String::from("# Spotlight streets, version 1\n");
    header(&mut out, args);
    out.push_str(
        "# A street's runs: its name, then latitude,longitude of each vertex; longest first.\n\
         # Strung from the places of rows along it, evened out over 240 m, sampled each 60 m and simplified to 47 m, or joined from a\n\
         # map's ways and simplified to 47 m or less; rounded to 4 decimals (about 10 m): a vertex is a point of the street's course,\n\
         # never an address.\n",
    );
    for (_, name, line) in &lines {
        out.push_str(name);
        for point in line {
            let (lat, lon) = streets.plane.unproject(*point);
            let _ = write!(out, " {lat:.4},{lon:.4}");
        }
        out.push('\n');
    }
    let metres: f64 = lines.iter().map(|(metres, ..)| metres).sum();
    built.kilometres = (metres / 1_000.0) as usize;
    built.lines = lines.len();
    write(path, &out)
}

/// Metres from the westmost to the eastmost of all streets, or from south to north if that is more.
fn width(streets: &Streets) -> f64 {
    let points = || streets.runs.iter().flat_map(|run| &run.line);
    let across = |of: fn(&Point) -> f64| {
        let least = points().map(of).fold(f64::MAX, f64::min);
        let most = points().map(of).fold(f64::MIN, f64::max);
        most - least
    };
    across(|point| point.x).max(across(|point| point.y))
}

pub(super) fn outline(
    args: &BuildArgs,
    rings: &[Vec<(f64, f64)>],
    path: &Path,
) -> Result<(), BuildError> {
    /// Holes and islands smaller than this across are not drawn.
    const SMALLEST_RING: f64 = 500.0;
    let mut out = String::from("# Spotlight outline, version 1\n");
    let _ = writeln!(
        out,
        "# city: {}\n# source: the city's boundary as published by the city; facts, simplified to 47 m and rounded to 4 decimals\n\
         # Each line is a ring: latitude,longitude of each vertex, the first repeated at the end.",
        args.city
    );
    for ring in rings {
        let Some(&(lat, lon)) = ring.first() else {
            continue;
        };
        let plane = super::plane::Plane::around(lat, lon);
        let points: Vec<_> = ring.iter().map(|&point| plane.project(point)).collect();
        let line = simplify(&points, TOLERANCE);
        if line.len() < 4 || length(&line) < 2.0 * SMALLEST_RING {
            continue;
        }
        let vertices: Vec<String> = line
            .iter()
            .map(|&point| plane.unproject(point))
            .map(|(lat, lon)| format!("{lat:.4},{lon:.4}"))
            .collect();
        let _ = writeln!(out, "{}", vertices.join(" "));
    }
    write(path, &out)
}

fn header(out: &mut String, args: &BuildArgs) {
    let _ = writeln!(out, "# city: {}", args.city);
    match &args.source {
        Some(source) => {
            let _ = writeln!(out, "# source: {source}");
        }
        None if !args.csv.is_empty() => {
            let _ = writeln!(out, "# source: {ROWS}");
        }
        None => {}
    }
    if !args.osm.is_empty() {
        let _ = writeln!(out, "# source: {}", osm::ATTRIBUTION);
    }
    if args.source.is_none() && !(args.gtfs.is_empty() && args.boundaries.is_empty()) {
        out.push_str(
            "# source: the feeds and boundary files below, each under its publisher's terms\n",
        );
    }
    let files = [&args.csv, &args.osm, &args.gtfs, &args.boundaries];
    let files: Vec<String> = files
        .into_iter()
        .flatten()
        .chain(&args.names)
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    let _ = writeln!(
        out,
        "# files: {}\n# built by: spotlight-hub gazetteer build",
        files.join(" ")
    );
}

/// A ZIP code, or nothing where it is not known.
struct Zip(u32);

impl std::fmt::Display for Zip {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0 == 0 {
            Ok(())
        } else {
            write!(f, "{:05}", self.0)
        }
    }
}

fn write(path: &Path, text: &str) -> Result<(), BuildError> {
    fs::write(path, text).map_err(|source| BuildError::Write {
        path: path.to_owned(),
        source,
    })
}
