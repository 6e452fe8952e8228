//! Corners that the file does not list: where two streets would meet if each went on as its listed corners run.
//!
//! Rows of open data name few corners, and a street's course is known no farther than its last known house. Who asks
//! for a corner says that it is there; so two courses are drawn on until they cross, as far as their direction is sure.
//! Only where the file's author computed crossings: where all corners are known, one that is not listed is not there.

use super::corner::{Hint, ZIP_BESIDE, ZIP_MARGIN, are_one_place};
use super::index::{Corner, Gazetteer};
use super::mention::{Mention, Strength};
use super::{NotFound, Place};

/// A street is not drawn on farther than this beyond its last listed corner.
const FARTHEST: f64 = 4_000.0;

/// A crossing that may be off by more is not told.
const MOST_DOUBT: f64 = 280.0;

/// A crossing for which the streets must be drawn on so much farther than for another is not the one that is meant.
const PLAINLY_FARTHER: f64 = 2.5;

/// Where the two ways of drawing on differ by more, neither is told.
const APART: f64 = 300.0;

/// A course whose angle is less sure than this (in radians) is not drawn on.
const CROOKED: f64 = 0.12;

/// Corners of one name farther apart than this are those of two streets.
const ONE_STREET: f64 = 2_600.0;

/// At most this many corners of a street are looked at: the longest of Los Angeles has some 300.
const MOST_CORNERS: usize = 400;

/// Courses that meet at a smaller angle (its sine) cross nowhere in particular.
const STEEP: f64 = 0.5;

/// Streets whose name alone is a word of many messages: `federal and national guard` names no corner.
const ORDINARY: [&str; 12] = [
    "FEDERAL", "NATIONAL", "MILITARY", "JUSTICE", "LIBERTY", "FREEDOM", "COLLEGE", "VILLAGE",
    "AIRPORT", "STADIUM", "MISSION", "CHURCH",
];

fn is_ordinary(words: &[String]) -> bool {
    matches!(words, [word] if ORDINARY.contains(&word.as_str()))
}

/// A crossing of two courses drawn on.
#[derive(Debug, Clone, Copy)]
struct Crossing {
    lat: f64,
    lon: f64,
    /// How far the two streets were drawn on for it, in metres.
    reach: f64,
    /// Whether it may be told.
    sure: bool,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
}

impl Point {
    fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// A corner of the street, and the street that it meets there.
#[derive(Debug, Clone, Copy)]
struct Stop {
    at: Point,
    partner: u32,
}

/// A straight line that a street follows near a point.
struct Line {
    through: Point,
    /// Of length one.
    along: (f64, f64),
    /// The angle that it may be off, in radians.
    doubt: f64,
}

impl Line {
    /// Its point nearest to another.
    fn foot(&self, from: Point) -> Point {
        let (dx, dy) = (from.x - self.through.x, from.y - self.through.y);
        let along = dx * self.along.0 + dy * self.along.1;
        Point {
            x: self.through.x + along * self.along.0,
            y: self.through.y + along * self.along.1,
        }
    }
}

/// The plane around a point of the city.
struct Plane {
    lat: f64,
    lon: f64,
    east: f64,
}

const NORTH: f64 = 111_195.0;

impl Plane {
    fn point(&self, corner: &Corner) -> Point {
        Point {
            x: (corner.lon - self.lon) * self.east,
            y: (corner.lat - self.lat) * NORTH,
        }
    }

    fn unproject(&self, point: Point) -> (f64, f64) {
        (self.lat + point.y / NORTH, self.lon + point.x / self.east)
    }
}

impl Gazetteer {
    /// A corner that the file does not list, of two streets that are both named without doubt.
    pub(super) fn unlisted(
        &self,
        text: &[String],
        mentions: &[Mention],
        hint: Hint,
    ) -> Option<Result<Place, NotFound>> {
        const MOST_NAMES: usize = 3;
        let (a, b) = self
            .pairs(text, mentions)
            .into_iter()
            .filter(|(a, b)| {
                let is_name = |mention: &Mention| !is_ordinary(&text[mention.start..mention.end]);
                is_name(a)
                    && is_name(b)
                    && a.streets.len() <= MOST_NAMES
                    && b.streets.len() <= MOST_NAMES
                    && a.strength != Strength::Common
                    && b.strength != Strength::Common
            })
            .max_by_key(|(a, b)| {
                (
                    a.end - a.start + b.end - b.start,
                    std::cmp::Reverse(a.start),
                )
            })?;
        let mut found: Vec<(Crossing, Corner)> = Vec::new();
        for &one in &a.streets {
            for &other in &b.streets {
                // As a file lists them.
                let title = |street: u32| &self.streets[street as usize].title;
                let (one, other) = if title(one) <= title(other) {
                    (one, other)
                } else {
                    (other, one)
                };
                for crossing in self.drawn_on(one, other) {
                    let corner = Corner {
                        a: one,
                        b: other,
                        zip: 0,
                        lat: crossing.lat,
                        lon: crossing.lon,
                        named: false,
                    };
                    found.push((crossing, corner));
                }
            }
        }
        if let Some(zip) = hint.zip {
            let within = |margin: f64| {
                let inside = |(_, corner): &&(Crossing, Corner)| self.in_zip(corner, zip, margin);
                found.iter().filter(inside).copied().collect::<Vec<_>>()
            };
            let near = within(ZIP_MARGIN);
            let beside = within(ZIP_BESIDE);
            let only = beside.len() == found.len();
            found = match near.is_empty() {
                true if only => beside,
                _ => near,
            };
        }
        // A street or an avenue is meant before a place or a court.
        let rank = |corner: &Corner| self.rank(corner.a) + self.rank(corner.b);
        let best = found.iter().map(|(_, corner)| rank(corner)).min()?;
        found.retain(|(_, corner)| rank(corner) == best);
        // The nearest is meant; where it is not sure, a farther one would be a wrong place.
        found.sort_by(|a, b| a.0.reach.total_cmp(&b.0.reach));
        if !found.first()?.0.sure {
            return None;
        }
        found.retain(|(crossing, _)| crossing.sure);
        let &(nearest, first) = found.first()?;
        found.retain(|(crossing, _)| crossing.reach < PLAINLY_FARTHER * nearest.reach);
        let corners: Vec<&Corner> = found.iter().map(|(_, corner)| corner).collect();
        if are_one_place(&corners) {
            return self.place(&first).map(Ok);
        }
        Some(Err(self.ambiguous(&corners, hint)))
    }

    /// Where two streets would cross, for each pair of streets of these names.
    fn drawn_on(&self, a: u32, b: u32) -> Vec<Crossing> {
        if !self.computed {
            return Vec::new();
        }
        let [south, west, ..] = self.bounds;
        let plane = Plane {
            lat: south,
            lon: west,
            east: NORTH * ((south + self.bounds[2]) / 2.0).to_radians().cos(),
        };
        let (one, other) = (self.stops(a, &plane), self.stops(b, &plane));
        let mut crossings = Vec::new();
        let others = parts(&other);
        for part in parts(&one) {
            for other in &others {
                crossings.extend(self.cross(&part, other, &plane));
            }
        }
        crossings
    }

    fn stops(&self, street: u32, plane: &Plane) -> Vec<Stop> {
        let corners = || {
            let ids = &self.streets[street as usize].corners;
            ids.iter().map(|&id| &self.corners[id as usize])
        };
        corners()
            .take(MOST_CORNERS)
            .map(|corner| Stop {
                at: plane.point(corner),
                partner: corner.other(street),
            })
            .collect()
    }

    /// From the two nearest corners on, each street is followed to where the last guess was, until the guess stays.
    fn cross(&self, one: &[Stop], other: &[Stop], plane: &Plane) -> Option<Crossing> {
        const MOST_STEPS: usize = 5;
        let (mut from, mut to) = nearest_pair(one, other)?;
        let mut last = None;
        for _ in 0..MOST_STEPS {
            let (a, b) = (self.line(one, from, plane)?, self.line(other, to, plane)?);
            let at = meet(&a, &b)?;
            let (near, far) = (nearest(one, at)?, nearest(other, at)?);
            last = Some((at, a, b));
            if (near, far) == (from, to) {
                break;
            }
            (from, to) = (near, far);
        }
        let (at, a, b) = last?;
        let reach = (one[from].at.distance(at), other[to].at.distance(at));
        let sine = (a.along.0 * b.along.1 - a.along.1 * b.along.0).abs();
        // Most streets cross squarely: the one that is drawn on farther is led straight to the other, too.
        let square = if reach.0 > reach.1 {
            b.foot(one[from].at)
        } else {
            a.foot(other[to].at)
        };
        let doubt =
            15.0 + (reach.0 * a.doubt).hypot(reach.1 * b.doubt) / sine + at.distance(square) / 2.0;
        let sure = reach.0.max(reach.1) <= FARTHEST
            && doubt <= MOST_DOUBT
            && a.doubt.max(b.doubt) <= CROOKED
            && at.distance(square) <= APART;
        let middle = Point {
            x: (at.x + square.x) / 2.0,
            y: (at.y + square.y) / 2.0,
        };
        let (lat, lon) = plane.unproject(middle);
        Some(Crossing {
            lat,
            lon,
            reach: reach.0 + reach.1,
            sure,
        })
    }

    /// The way that a street runs near one of its corners; where it has no other, across the street that it meets.
    fn line(&self, part: &[Stop], stop: usize, plane: &Plane) -> Option<Line> {
        let here = part[stop];
        fitted(part, here.at).or_else(|| {
            let partner = self.stops(here.partner, plane);
            let across = fitted(&partner, here.at)?;
            Some(Line {
                through: here.at,
                along: (-across.along.1, across.along.0),
                doubt: across.doubt + 0.06,
            })
        })
    }
}

/// The principal axis of the corners near a point, or farther around it.
fn fitted(stops: &[Stop], here: Point) -> Option<Line> {
    [1_500.0, 3_000.0]
        .into_iter()
        .find_map(|radius| axis(stops, here, radius))
}

fn axis(stops: &[Stop], here: Point, radius: f64) -> Option<Line> {
    const FEWEST: usize = 3;
    const SHORTEST: f64 = 100.0;
    let near = || {
        stops
            .iter()
            .map(|stop| stop.at)
            .filter(|at| at.distance(here) <= radius)
    };
    let count = near().count();
    if count < FEWEST {
        return None;
    }
    let n = count as f64;
    let through = near().fold(Point { x: 0.0, y: 0.0 }, |sum, at| Point {
        x: sum.x + at.x / n,
        y: sum.y + at.y / n,
    });
    let (xx, xy, yy) = near().fold((0.0, 0.0, 0.0), |(xx, xy, yy), at| {
        let (x, y) = (at.x - through.x, at.y - through.y);
        (xx + x * x / n, xy + x * y / n, yy + y * y / n)
    });
    let root = ((xx - yy) / 2.0).hypot(xy);
    let (most, least) = ((xx + yy) / 2.0 + root, ((xx + yy) / 2.0 - root).max(0.0));
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let straight = most.sqrt() >= SHORTEST && least * 10.0 <= most;
    straight.then(|| Line {
        through,
        along: (angle.cos(), angle.sin()),
        doubt: 0.03 + (least / (most * n)).sqrt(),
    })
}

fn meet(a: &Line, b: &Line) -> Option<Point> {
    let turn = a.along.0 * b.along.1 - a.along.1 * b.along.0;
    if turn.abs() < STEEP {
        return None;
    }
    let (dx, dy) = (b.through.x - a.through.x, b.through.y - a.through.y);
    let along = (dx * b.along.1 - dy * b.along.0) / turn;
    Some(Point {
        x: a.through.x + along * a.along.0,
        y: a.through.y + along * a.along.1,
    })
}

fn nearest(stops: &[Stop], at: Point) -> Option<usize> {
    (0..stops.len()).min_by(|&a, &b| {
        stops[a]
            .at
            .distance(at)
            .total_cmp(&stops[b].at.distance(at))
    })
}

/// If they are not too far apart to meet.
fn nearest_pair(one: &[Stop], other: &[Stop]) -> Option<(usize, usize)> {
    let mut best = (2.0 * FARTHEST, None);
    for (at, stop) in one.iter().enumerate() {
        for (to, end) in other.iter().enumerate() {
            let distance = stop.at.distance(end.at);
            if distance < best.0 {
                best = (distance, Some((at, to)));
            }
        }
    }
    best.1
}

/// The corners of each street of one name.
fn parts(stops: &[Stop]) -> Vec<Vec<Stop>> {
    let mut left = stops.to_vec();
    let mut parts = Vec::new();
    while let Some(first) = left.pop() {
        let mut part = vec![first];
        let mut at = 0;
        while let Some(stop) = part.get(at).copied() {
            let mut other = 0;
            while other < left.len() {
                if left[other].at.distance(stop.at) <= ONE_STREET {
                    part.push(left.swap_remove(other));
                } else {
                    other += 1;
                }
            }
            at += 1;
        }
        parts.push(part);
    }
    parts
}
