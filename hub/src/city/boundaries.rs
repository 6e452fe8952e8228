//! Boundary sets: the named areas that some rows say instead of a point, such as a police reporting district.
//!
//! A set that is built in is a text file of facts with a header of `#` lines. Each other line is an area: its name and
//! its rings, `0127 34.0394,-118.2527 34.0392,-118.2524 ... / ...`; a ring after `/` is a further one. What lies inside an
//! odd number of an area's rings is of the area.

use std::collections::BTreeMap;

use geo::orient::Direction;
use geo::{Contains as _, LineString, MultiPolygon, Orient as _, Polygon};
use serde::{Deserialize, Serialize};

const HEADER: &str = "# Spotlight boundaries, version 1";

/// Points of a ring that is read at least, the first again at the end.
const LEAST_POINTS: usize = 4;

/// A boundary set as a city's file describes it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoundarySet {
    /// For instance `reporting-districts`.
    pub id: String,
    /// The property of a feature that holds its area's name; the names that it has had.
    pub name: Vec<String>,
    /// Names are numbers, and lose their leading zeros in some tables: how many digits they have.
    #[serde(default)]
    pub digits: Option<usize>,
    /// So many first characters of a name are the name of the greater area that it is part of.
    #[serde(default)]
    pub part_of: Option<usize>,
    /// Names that stand for no area.
    #[serde(default)]
    pub none: Vec<String>,
    /// Where the areas of today are to be had: GeoJSON, or a zip of a shapefile with its .prj.
    #[serde(default)]
    pub address: Option<String>,
    /// How often a running hub reads them, in hours.
    #[serde(default)]
    pub every_hours: Option<u32>,
    /// On which terms.
    #[serde(default)]
    pub licence: String,
    /// What ships with the city.
    #[serde(skip)]
    pub built_in: Areas,
}

impl BoundarySet {
    /// An area's name as the set writes it; `None` where a row names none.
    pub fn name_of(&self, text: &str) -> Option<String> {
        let text = text.trim();
        // Tables of numbers are sometimes read as if they were measured: `127.0`.
        let text = text.strip_suffix(".0").unwrap_or(text);
        let padded = match self.digits {
            Some(digits) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("{:0>digits$}", text.trim_start_matches('0'))
            }
            // A name is one word in the set's text.
            _ => text
                .split_whitespace()
                .collect::<Vec<_>>()
                .join("-")
                .to_uppercase(),
        };
        let mut none = self.none.iter();
        let is_none = padded.is_empty()
            || padded.len() > 64
            || none.any(|none| none.eq_ignore_ascii_case(&padded));
        (!is_none).then_some(padded)
    }

    /// The greater area that one is part of.
    pub fn greater(&self, name: &str) -> Option<String> {
        name.get(..self.part_of?).map(str::to_owned)
    }
}

/// Areas by name; (longitude, latitude) in degrees.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Areas(pub BTreeMap<String, Vec<Ring>>);

/// A closed ring of (longitude, latitude).
pub type Ring = Vec<(f64, f64)>;

/// Why a boundary file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineError {
    line: usize,
    reason: String,
}

impl Areas {
    /// Reads a set's text.
    pub fn parse(text: &str) -> Result<Self, LineError> {
        let mut areas = BTreeMap::new();
        let wrong = |line: usize, reason: &str| LineError {
            line: line + 1,
            reason: reason.to_owned(),
        };
        for (at, line) in text.lines().enumerate() {
            if at == 0 && line.trim_end() != HEADER {
                return Err(wrong(at, &format!("should be `{HEADER}`")));
            }
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, rings) = line
                .split_once(' ')
                .ok_or_else(|| wrong(at, "should be NAME LAT,LON LAT,LON ..."))?;
            let rings: Option<Vec<Ring>> = rings
                .split('/')
                .map(|ring| ring.split_whitespace().map(point).collect())
                .collect();
            let rings = rings.ok_or_else(|| wrong(at, "should be LAT,LON in degrees"))?;
            if rings.iter().any(|ring| ring.len() < LEAST_POINTS) {
                return Err(wrong(at, "a ring needs at least three corners"));
            }
            areas.insert(name.to_owned(), rings);
        }
        Ok(Self(areas))
    }

    /// As text; `about` is its header's lines.
    pub fn write(&self, about: &[String]) -> String {
        let mut text = format!("{HEADER}\n");
        for line in about {
            text += &format!("# {line}\n");
        }
        for (name, rings) in &self.0 {
            let rings: Vec<String> = rings
                .iter()
                .map(|ring| {
                    let points: Vec<String> = ring
                        .iter()
                        .map(|(lon, lat)| format!("{lat:.4},{lon:.4}"))
                        .collect();
                    points.join(" ")
                })
                .collect();
            text += &format!("{name} {}\n", rings.join(" / "));
        }
        text
    }

    /// The outline of several areas together; those that are not known are left out.
    pub fn outline<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> MultiPolygon<f64> {
        let known: Vec<MultiPolygon<f64>> = names
            .into_iter()
            .filter_map(|name| self.0.get(name))
            .map(|rings| polygons(rings))
            .collect();
        match &known[..] {
            [] => MultiPolygon::new(Vec::new()),
            [one] => one.clone(),
            many => geo::unary_union(many),
        }
    }

    /// Whether an area has that name.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

fn point(text: &str) -> Option<(f64, f64)> {
    let (lat, lon) = text.split_once(',')?;
    let (lat, lon): (f64, f64) = (lat.parse().ok()?, lon.parse().ok()?);
    let is_on_earth = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    is_on_earth.then_some((lon, lat))
}

/// Rings as polygons: one that lies within another is its hole.
fn polygons(rings: &[Ring]) -> MultiPolygon<f64> {
    let lines: Vec<LineString<f64>> = rings.iter().map(|ring| ring.clone().into()).collect();
    let filled: Vec<Polygon<f64>> = lines
        .iter()
        .map(|line| Polygon::new(line.clone(), Vec::new()))
        .collect();
    let inside = |at: usize| {
        let Some(corner) = lines[at].0.first() else {
            return Vec::new();
        };
        let others = (0..filled.len()).filter(|other| *other != at);
        others
            .filter(|&other| filled[other].contains(corner))
            .collect::<Vec<_>>()
    };
    let around: Vec<Vec<usize>> = (0..lines.len()).map(inside).collect();
    let outer = (0..lines.len()).filter(|&at| around[at].len().is_multiple_of(2));
    let polygons = outer.map(|at| {
        let holes = (0..lines.len()).filter(|&hole| {
            around[hole].len() == around[at].len() + 1 && around[hole].contains(&at)
        });
        Polygon::new(
            lines[at].clone(),
            holes.map(|hole| lines[hole].clone()).collect(),
        )
    });
    // A union takes a hole for what is wound against its outer ring.
    MultiPolygon::new(polygons.collect()).orient(Direction::Default)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area as _;

    fn set() -> BoundarySet {
        toml::from_str("id = 'rd'\nname = ['REPDIST']\ndigits = 4\npart_of = 2\nnone = ['0000']")
            .expect("a set")
    }

    #[test]
    fn a_leading_zero_that_was_lost_comes_back() {
        let set = set();
        for text in ["904", "0904", " 904 ", "00904", "904.0"] {
            assert_eq!(set.name_of(text).as_deref(), Some("0904"), "{text}");
        }
        assert_eq!(set.name_of("1385").as_deref(), Some("1385"));
        for text in ["", "0", "0000", " "] {
            assert_eq!(set.name_of(text), None, "{text:?}");
        }
        assert_eq!(set.greater("0904").as_deref(), Some("09"));
    }

    #[test]
    fn holes_and_islands_are_told_apart_and_neighbours_join() {
        let square = |x: f64, size: f64| {
            vec![
                (x, 0.0),
                (x + size, 0.0),
                (x + size, size),
                (x, size),
                (x, 0.0),
            ]
        };
        let hole: Ring = square(0.25, 0.5)
            .into_iter()
            .map(|(x, y)| (x, y + 0.25))
            .collect();
        let areas = Areas(BTreeMap::from([
            (
                "A".to_owned(),
                vec![square(0.0, 1.0), hole, square(5.0, 1.0)],
            ),
            ("B".to_owned(), vec![square(1.0, 1.0)]),
        ]));
        let again = Areas::parse(&areas.write(&["a test".to_owned()])).expect("parses");
        assert_eq!(again, areas);
        assert_eq!(areas.outline(["A"]).unsigned_area(), 1.75);
        assert_eq!(areas.outline(["A"]).0.len(), 2);
        let both = areas.outline(["A", "B", "C"]);
        let area = both.unsigned_area();
        assert!((area - 2.75).abs() < 1e-6, "{area}");
        assert_eq!(both.0.len(), 2, "neighbours are one polygon");
        assert!(areas.outline(["C"]).0.is_empty());
    }

    #[test]
    fn a_bad_line_is_named() {
        for (text, line) in [
            ("x", "line 1"),
            ("# Spotlight boundaries, version 1\nA", "line 2"),
            ("# Spotlight boundaries, version 1\nA 1,2 3,4", "line 2"),
            (
                "# Spotlight boundaries, version 1\n\nA 1,2 3,4 95,1 1,2",
                "line 3",
            ),
        ] {
            let error = Areas::parse(text).expect_err("refused").to_string();
            assert!(error.contains(line), "{error}");
        }
    }
}
