//! `routes.txt`, `trips.txt` and `shapes.txt`: what a line is called, which courses its trips take, and where those run.
//!
//! A course is simplified as soon as its last row was read, so that what is kept does not grow with how finely a feed draws.

use std::collections::{BTreeMap, HashMap};

use super::archive::Archive;
use super::table::{self, Counts, Took};
use super::{point, reduce};
use crate::feeds::FeedError;
use crate::feeds::values::cut;

/// What is kept of a name.
const NAME: usize = 60;

/// No city has as many lines, or courses.
const MOST_LINES: usize = 10_000;
const MOST_COURSES: usize = 50_000;

/// Corners of simplified courses that are kept at most: 24 MB.
const MOST_CORNERS: usize = 1_500_000;

/// So many points of a course are simplified at once, and so many of them are kept.
const AT_ONCE: usize = 5_000;
const MOST_OF_ONE: usize = 10_000;

/// How a line runs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Mode {
    Rail,
    Ferry,
    Bus,
}

impl Mode {
    /// As data calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rail => "rail",
            Self::Ferry => "ferry",
            Self::Bus => "bus",
        }
    }

    /// By `route_type`, also of the extended ones.
    fn of(route_type: &str) -> Option<Self> {
        match route_type.parse().ok()? {
            0_u16 | 1 | 2 | 5 | 6 | 7 | 12 => Some(Self::Rail),
            100..=199 | 400..=499 | 900..=999 | 1300..=1399 | 1400..=1499 => Some(Self::Rail),
            4 | 1000..=1099 | 1200..=1299 => Some(Self::Ferry),
            3 | 11 | 200..=299 | 700..=899 | 1500..=1599 => Some(Self::Bus),
            _ => None,
        }
    }
}

/// A line and where it runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub name: String,
    pub mode: Mode,
    /// Its colour as the feed has it, `0072BC`.
    pub colour: Option<String>,
    /// (latitude, longitude) in degrees; more than one where it branches.
    pub paths: Vec<Vec<(f64, f64)>>,
}

/// The lines of a feed.
#[derive(Debug, Default)]
pub struct Lines {
    pub lines: Vec<Line>,
    /// Those of which no course is told.
    pub unplaced: u64,
}

/// The lines that have a course where it is wanted. What became of the rows goes into `tables`.
pub fn read(
    archive: &mut Archive,
    wanted: impl Fn((f64, f64)) -> bool,
    tables: &mut BTreeMap<&'static str, Counts>,
) -> Result<Lines, FeedError> {
    let mut lines: Vec<Line> = Vec::new();
    let mut ids: HashMap<String, usize> = HashMap::new();
    if let Some(input) = archive.table("routes.txt")? {
        let counts = routes(input, &mut lines, &mut ids)?;
        tables.insert("routes", counts);
    }
    let mut courses = Courses::default();
    if let Some(input) = archive.table("trips.txt")? {
        let counts = trips(input, &ids, &mut courses)?;
        tables.insert("trips", counts);
    }
    if let Some(input) = archive.table("shapes.txt")? {
        let counts = shapes(input, &mut courses)?;
        tables.insert("shapes", counts);
    }
    let mut of_lines: Vec<Vec<(usize, u64)>> = vec![Vec::new(); lines.len()];
    for ((line, course), trips) in &courses.trips {
        of_lines[*line].push((*course, *trips));
    }
    let mut unplaced = 0;
    let mut effort = reduce::MOST_EFFORT;
    for (line, of_line) in lines.iter_mut().zip(of_lines) {
        let of_line = of_line.into_iter();
        let of_line = of_line.map(|(course, trips)| (courses.kept[course].whole(), trips));
        let paths = reduce::paths(of_line.collect(), &mut effort);
        unplaced += u64::from(paths.is_empty());
        let near = paths
            .into_iter()
            .filter(|path| path.iter().any(|at| wanted(*at)));
        line.paths = near.collect();
    }
    lines.retain(|line| !line.paths.is_empty());
    Ok(Lines { lines, unplaced })
}

fn routes(
    input: impl std::io::Read,
    lines: &mut Vec<Line>,
    ids: &mut HashMap<String, usize>,
) -> Result<Counts, FeedError> {
    let columns = [
        "route_id",
        "route_short_name?",
        "route_long_name?",
        "route_type",
        "route_color?",
    ];
    let counts = table::read(input, columns, |[id, short, long, kind, colour]| {
        let name = if short.is_empty() { long } else { short };
        if id.is_empty() {
            return Took::Rejected("route_id");
        }
        if name.is_empty() {
            return Took::Rejected("name");
        }
        let Some(mode) = Mode::of(kind) else {
            return Took::Rejected("route_type");
        };
        if ids.contains_key(id.as_ref()) {
            return Took::Rejected("repeated");
        }
        if lines.len() >= MOST_LINES {
            return Took::Rejected("too_many");
        }
        ids.insert(id.to_string(), lines.len());
        let is_colour = colour.len() == 6 && colour.bytes().all(|byte| byte.is_ascii_hexdigit());
        lines.push(Line {
            name: cut(name, NAME),
            mode,
            colour: is_colour.then(|| colour.to_ascii_uppercase()),
            paths: Vec::new(),
        });
        Took::Accepted
    })?;
    Ok(counts)
}

fn trips(
    input: impl std::io::Read,
    ids: &HashMap<String, usize>,
    courses: &mut Courses,
) -> Result<Counts, FeedError> {
    table::read(input, ["route_id", "shape_id?"], |[route, shape]| {
        let Some(line) = ids.get(route.as_ref()) else {
            return Took::Rejected("route_id");
        };
        if shape.is_empty() {
            return Took::Skipped;
        }
        let course = match courses.ids.get(shape.as_ref()) {
            Some(known) => *known,
            None if courses.kept.len() >= MOST_COURSES => return Took::Rejected("too_many"),
            None => {
                courses.ids.insert(shape.to_string(), courses.kept.len());
                courses.kept.push(Course::default());
                courses.kept.len() - 1
            }
        };
        *courses.trips.entry((*line, course)).or_default() += 1;
        Took::Accepted
    })
}

fn shapes(input: impl std::io::Read, courses: &mut Courses) -> Result<Counts, FeedError> {
    let columns = [
        "shape_id",
        "shape_pt_lat",
        "shape_pt_lon",
        "shape_pt_sequence",
    ];
    // The course that is being read, and its points.
    let mut present: Option<usize> = None;
    let mut run: Vec<Corner> = Vec::new();
    let mut corners = 0;
    let Courses { ids, kept, .. } = courses;
    let mut end = |present: Option<usize>, run: &mut Vec<Corner>| {
        if let Some(present) = present {
            let simple = reduce::run(run);
            corners += simple.len();
            let course = &mut kept[present].corners;
            if corners <= MOST_CORNERS && course.len() + simple.len() <= MOST_OF_ONE {
                course.extend(simple);
            } else {
                corners = usize::MAX / 2;
            }
        }
        run.clear();
        corners <= MOST_CORNERS
    };
    let mut has_room = true;
    let counts = table::read(input, columns, |[shape, lat, lon, sequence]| {
        let Some(course) = ids.get(shape.as_ref()).copied() else {
            return Took::Skipped;
        };
        let Some(at) = point(lat, lon) else {
            return Took::Rejected("coordinates");
        };
        let Ok(sequence) = sequence.parse::<u32>() else {
            return Took::Rejected("sequence");
        };
        if present != Some(course) || run.len() >= AT_ONCE {
            has_room &= end(present, &mut run);
            present = Some(course);
        }
        run.push(Corner { sequence, at });
        Took::Accepted
    })?;
    has_room &= end(present, &mut run);
    match has_room {
        true => Ok(counts),
        false => Err(FeedError::Form(
            "a feed whose courses have more corners than a city's would",
        )),
    }
}

/// Which courses there are, and how many trips of a line take one.
#[derive(Default)]
struct Courses {
    ids: HashMap<String, usize>,
    kept: Vec<Course>,
    trips: BTreeMap<(usize, usize), u64>,
}

/// A point of a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corner {
    pub sequence: u32,
    pub at: (f64, f64),
}

/// A simplified course; its rows may come in any order.
#[derive(Default)]
struct Course {
    corners: Vec<Corner>,
}

impl Course {
    fn whole(&self) -> Vec<(f64, f64)> {
        let mut corners = self.corners.clone();
        corners.sort_by_key(|corner| corner.sequence);
        corners.into_iter().map(|corner| corner.at).collect()
    }
}
