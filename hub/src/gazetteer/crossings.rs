//! Corners that no row names: where the runs of two streets cross, or would if one went on a little.

use std::collections::{BTreeMap, HashMap};

use super::plane::{Plane, Point};
use super::rows::Facts;
use super::simplify::simplify;
use super::strings::{Run, Streets, smooth};

/// A run is drawn out by this much at its ends: the last known house stands short of the corner.
const BEYOND: f64 = 450.0;

/// A crossing farther than this from a known place of either street is a guess, and is left out.
const FROM_KNOWN: f64 = 450.0;

/// A street of which less than this is known has no course of its own.
const SHORT: f64 = 100.0;

/// Such a street is led to the streets across its way that are as near as this.
const FOOT: f64 = 400.0;

/// Crossings of one pair nearer than this are one.
const ONE_CROSSING: f64 = 300.0;

/// And a row that names their corner this near knows better.
const NAMED_CROSSING: f64 = 800.0;

/// The side of the squares in which crossings are looked for.
const SQUARE: f64 = 400.0;

pub(super) struct Crossing {
    pub(super) a: String,
    pub(super) b: String,
    pub(super) zip: u32,
    pub(super) at: (f64, f64),
}

struct Segment {
    run: usize,
    from: Point,
    to: Point,
}

pub(super) fn crossings(facts: &Facts, streets: &Streets) -> Vec<Crossing> {
    let segments = segments(&streets.runs);
    let mut squares: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    for (at, segment) in segments.iter().enumerate() {
        let square = |v: f64| (v / SQUARE).floor() as i64;
        let (x, y) = (segment.from, segment.to);
        for column in square(x.x.min(y.x))..=square(x.x.max(y.x)) {
            for row in square(x.y.min(y.y))..=square(x.y.max(y.y)) {
                squares.entry((column, row)).or_default().push(at);
            }
        }
    }
    let mut found: BTreeMap<(usize, usize), Vec<Point>> = BTreeMap::new();
    for inside in squares.values() {
        for (at, &one) in inside.iter().enumerate() {
            for &other in &inside[at + 1..] {
                let (one, other) = (&segments[one], &segments[other]);
                let (a, b) = (one.run.min(other.run), one.run.max(other.run));
                if streets.runs[a].name == streets.runs[b].name {
                    continue;
                }
                if let Some(point) = cross(one, other) {
                    found.entry((a, b)).or_default().push(point);
                }
            }
        }
    }
    feet(streets, &segments, &squares, &mut found);
    let named = named(facts, streets.plane);
    let mut crossings: BTreeMap<(String, String), Vec<(u32, Point)>> = BTreeMap::new();
    for ((a, b), mut points) in found {
        points.sort_by(|p, q| p.x.total_cmp(&q.x).then(p.y.total_cmp(&q.y)));
        for point in points {
            let (one, other) = (&streets.runs[a], &streets.runs[b]);
            let (Some((near, zip)), Some((far, other_zip))) =
                (one.nearest(point), other.nearest(point))
            else {
                continue;
            };
            if near.max(far) > FROM_KNOWN {
                continue;
            }
            let pair = if one.name <= other.name {
                (&one.name, &other.name)
            } else {
                (&other.name, &one.name)
            };
            let pair = (pair.0.clone(), pair.1.clone());
            let zip = if near <= far { zip } else { other_zip };
            let known = named.get(&pair).is_some_and(|corners| {
                corners
                    .iter()
                    .any(|(known, corner)| *known == zip || corner.distance(point) < NAMED_CROSSING)
            });
            let own = crossings.entry(pair).or_default();
            if !known
                && own
                    .iter()
                    .all(|(_, other)| other.distance(point) >= ONE_CROSSING)
            {
                own.push((zip, point));
            }
        }
    }
    crossings
        .into_iter()
        .flat_map(|((a, b), points)| {
            points
                .into_iter()
                .map(move |(zip, point)| (a.clone(), b.clone(), zip, point))
        })
        .map(|(a, b, zip, point)| Crossing {
            a,
            b,
            zip,
            at: streets.plane.unproject(point),
        })
        .collect()
}

/// A street of which one place is known meets the streets that run across its way nearby; in a grid, at the foot of
/// the perpendicular. Its way is told by the side of the city that its houses are numbered on.
fn feet(
    streets: &Streets,
    segments: &[Segment],
    squares: &HashMap<(i64, i64), Vec<usize>>,
    found: &mut BTreeMap<(usize, usize), Vec<Point>>,
) {
    for (at, run) in streets
        .runs
        .iter()
        .enumerate()
        .filter(|(_, run)| run.metres < SHORT)
    {
        let (Some(&stop), Some(east_west)) = (run.line.first(), run.east_west) else {
            continue;
        };
        let (column, row) = (
            (stop.x / SQUARE).floor() as i64,
            (stop.y / SQUARE).floor() as i64,
        );
        let mut nearest: BTreeMap<usize, (f64, Point)> = BTreeMap::new();
        let around = (column - 1..=column + 1)
            .flat_map(|column| (row - 1..=row + 1).map(move |row| (column, row)));
        for &segment in around.filter_map(|square| squares.get(&square)).flatten() {
            let other = &segments[segment];
            let (east, north) = (
                (other.to.x - other.from.x).abs(),
                (other.to.y - other.from.y).abs(),
            );
            let across = if east_west {
                north > east
            } else {
                east > north
            };
            let foot = stop.onto_segment(other.from, other.to);
            let distance = stop.distance(foot);
            if !across || distance > FOOT || streets.runs[other.run].name == run.name {
                continue;
            }
            let best = nearest.entry(other.run).or_insert((distance, foot));
            if distance < best.0 {
                *best = (distance, foot);
            }
        }
        for (other, (_, foot)) in nearest {
            found
                .entry((at.min(other), at.max(other)))
                .or_insert_with(|| vec![foot]);
        }
    }
}

type Named = HashMap<(String, String), Vec<(u32, Point)>>;

fn named(facts: &Facts, plane: Plane) -> Named {
    let mut named = Named::new();
    for ((a, b, zip), mean) in &facts.corners {
        named
            .entry((a.clone(), b.clone()))
            .or_default()
            .push((*zip, plane.project(mean.point())));
    }
    named
}

fn segments(runs: &[Run]) -> Vec<Segment> {
    let mut segments = Vec::new();
    for (at, run) in runs.iter().enumerate() {
        let mut line = simplify(&smooth(&run.line), 8.0);
        if line.len() < 2 || run.metres < 40.0 {
            continue;
        }
        draw_out(&mut line);
        line.reverse();
        draw_out(&mut line);
        segments.extend(line.windows(2).map(|pair| Segment {
            run: at,
            from: pair[0],
            to: pair[1],
        }));
    }
    segments
}

/// Moves the last vertex on, in the direction of the last 80 metres or more.
fn draw_out(line: &mut [Point]) {
    let Some(&last) = line.last() else { return };
    let from = line
        .iter()
        .rev()
        .find(|point| point.distance(last) >= 80.0)
        .or(line.first());
    let Some(&from) = from else { return };
    let length = from.distance(last);
    if length > 1.0
        && let Some(end) = line.last_mut()
    {
        let factor = BEYOND / length;
        *end = Point {
            x: last.x + (last.x - from.x) * factor,
            y: last.y + (last.y - from.y) * factor,
        };
    }
}

/// Where two segments cross at an angle of more than about 15 degrees.
fn cross(one: &Segment, other: &Segment) -> Option<Point> {
    let (ax, ay) = (one.to.x - one.from.x, one.to.y - one.from.y);
    let (bx, by) = (other.to.x - other.from.x, other.to.y - other.from.y);
    let turn = ax * by - ay * bx;
    if turn.abs() < 0.25 * ax.hypot(ay) * bx.hypot(by) || turn == 0.0 {
        return None;
    }
    let (dx, dy) = (other.from.x - one.from.x, other.from.y - one.from.y);
    let along_one = (dx * by - dy * bx) / turn;
    let along_other = (dx * ay - dy * ax) / turn;
    let inside = (0.0..=1.0).contains(&along_one) && (0.0..=1.0).contains(&along_other);
    inside.then_some(Point {
        x: one.from.x + along_one * ax,
        y: one.from.y + along_one * ay,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cross_once_and_not_when_nearly_parallel() {
        let segment = |a: (f64, f64), b: (f64, f64)| Segment {
            run: 0,
            from: Point { x: a.0, y: a.1 },
            to: Point { x: b.0, y: b.1 },
        };
        let east = segment((0.0, 0.0), (100.0, 0.0));
        assert_eq!(
            cross(&east, &segment((40.0, -10.0), (40.0, 10.0))),
            Some(Point { x: 40.0, y: 0.0 })
        );
        assert_eq!(cross(&east, &segment((40.0, 5.0), (40.0, 10.0))), None);
        assert_eq!(cross(&east, &segment((0.0, -5.0), (100.0, 5.0))), None);
        assert_eq!(cross(&east, &east), None);
    }
}
