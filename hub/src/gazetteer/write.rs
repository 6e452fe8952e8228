//! The files that are built, each with its provenance in its header.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use spotlight_common::cell::Cell;
use spotlight_common::gazetteer::KNOWN_ENOUGH;

use super::plane::length;
use super::rows::Facts;
use super::simplify::{resample, simplify, unfold};
use super::strings::{Streets, smooth};
use super::{BuildArgs, BuildError, Built, blocks, crossings};

/// A line moves by at most this many metres: one unit of a view of Los Angeles 1,000 wide.
const TOLERANCE: f64 = 47.0;

/// A line's vertices are chosen among points this many metres apart on it, not among the places that it came from.
const STEP: f64 = 60.0;

/// A street whose longest run is shorter is not drawn.
const SHORTEST_LINE: f64 = 1_700.0;

/// Nor is another run of a street that is, if it is shorter than this.
const SHORTEST_PART: f64 = 900.0;

/// A street with fewer known places is not drawn: its line would tell them.
const FEWEST_PLACES: usize = 5;

/// The city's bounds are drawn out by this much, in degrees.
const MARGIN: f64 = 0.02;

pub(super) fn places(
    args: &BuildArgs,
    facts: &Facts,
    streets: &Streets,
    path: &Path,
    built: &mut Built,
) -> Result<(), BuildError> {
    let mut out = String::from("# Spotlight places, version 1\n");
    header(&mut out, args);
    let all = facts.addresses.values().map(|mean| mean.point());
    let bounds = all.fold(
        [f64::MAX, f64::MAX, f64::MIN, f64::MIN],
        |[south, west, north, east], (lat, lon)| {
            [south.min(lat), west.min(lon), north.max(lat), east.max(lon)]
        },
    );
    let [south, west, north, east] = bounds;
    let _ = writeln!(
        out,
        "# bounds: {:.2},{:.2},{:.2},{:.2}",
        south - MARGIN,
        west - MARGIN,
        north + MARGIN,
        east + MARGIN
    );
    out.push_str(
        "# Lines: corner and crossing,STREET,STREET,ZIP,LAT,LON (a corner is named by a row, a crossing is computed\n\
         # from the courses of its streets); block,STREET,HUNDRED,ZIP,LAT,LON (to about 100 m, from four addresses on);\n\
         # area,NAME,LAT,LON,KM2; alias,NICKNAME,STREET; known,CELL (12 or more distinct addresses or corners lie in it).\n\
         # Facts of streets only: no address, no row.\n",
    );
    for ((a, b, zip), mean) in &facts.corners {
        let (lat, lon) = mean.point();
        let _ = writeln!(out, "corner,{a},{b},{},{lat:.5},{lon:.5}", Zip(*zip));
    }
    built.corners = facts.corners.len();
    let computed = crossings::crossings(facts, streets);
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
    for block in blocks::blocks(facts, streets.plane) {
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
    if let Some(names) = &args.names {
        own_facts(names, &mut out)?;
    }
    for cell in known_cells(facts) {
        let _ = writeln!(out, "known,{cell}");
        built.cells += 1;
    }
    write(path, &out)
}

/// The cells of resolution 7 and 8 in which enough distinct addresses or corners are known.
fn known_cells(facts: &Facts) -> Vec<Cell> {
    let mut counts: BTreeMap<Cell, usize> = BTreeMap::new();
    for mean in facts.addresses.values() {
        let (lat, lon) = mean.point();
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

fn own_facts(path: &Path, out: &mut String) -> Result<(), BuildError> {
    let text = fs::read_to_string(path).map_err(|source| BuildError::Read {
        path: path.to_owned(),
        source,
    })?;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        let fields = line.split(',').count();
        match line.split(',').next() {
            Some("area") if fields == 5 => {}
            Some("alias") if fields == 3 => {}
            Some(first) if first.is_empty() || first.starts_with('#') => continue,
            _ => {
                return Err(BuildError::Names {
                    path: path.to_owned(),
                    line: at + 1,
                });
            }
        }
        out.push_str(line);
        out.push('\n');
    }
    Ok(())
}

pub(super) fn streets(
    args: &BuildArgs,
    streets: &Streets,
    path: &Path,
    built: &mut Built,
) -> Result<(), BuildError> {
    let mut lines = Vec::new();
    let mut drawn = HashSet::new();
    for run in &streets.runs {
        if run.line.len() >= FEWEST_PLACES {
            let line = simplify(&resample(&smooth(&run.line), STEP), TOLERANCE);
            let line = unfold(&line).to_vec();
            let metres = length(&line);
            // A street's runs come longest first.
            let is_part = metres >= SHORTEST_PART && drawn.contains(&run.name);
            if metres >= SHORTEST_LINE || is_part {
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
         # Strung from the places of rows along it, evened out over 240 m, sampled each 60 m, simplified to 47 m\n\
         # and rounded to 4 decimals (about 10 m): a vertex is a point of the street's course, never an address.\n",
    );
    for (metres, name, line) in &lines {
        out.push_str(name);
        for point in line {
            let (lat, lon) = streets.plane.unproject(*point);
            let _ = write!(out, " {lat:.4},{lon:.4}");
        }
        out.push('\n');
        built.kilometres += (*metres / 1_000.0) as usize;
    }
    built.lines = lines.len();
    write(path, &out)
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
    let _ = writeln!(out, "# city: {}\n# source: {}", args.city, args.source);
    let files: Vec<String> = args
        .csv
        .iter()
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
