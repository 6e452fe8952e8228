//! Streets strung from the places that stand on them.
//!
//! The points of one name are joined into shortest trees, no join longer than [`LONGEST_JOIN`]; so one name in two
//! parts of the city is two streets. A tree's longest path is the street's run; its short side branches are houses
//! set back from it.

use std::collections::{BTreeMap, HashSet};

use super::plane::{Plane, Point, length};
use super::rows::{Facts, Stop};

/// Longer gaps part a street in two.
const LONGEST_JOIN: f64 = 1_000.0;

/// Runs of one name are one street across a longer gap, up to this, where each points at the other: few rows name a
/// boulevard in the hills.
const LONGEST_GAP: f64 = 2_600.0;

/// How straight they must point: the cosine of about 32 degrees.
const STRAIGHT: f64 = 0.85;

/// Half the length, in metres, over which a run's wobble is evened out.
const SMOOTHED: f64 = 120.0;

/// A street's run: a line along it, with the stops that it came from.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) name: String,
    pub(super) line: Vec<Point>,
    pub(super) metres: f64,
    pub(super) zips: Vec<u32>,
    /// Whether its houses are numbered east and west, so that it runs that way; `None` where rows do not say.
    pub(super) east_west: Option<bool>,
    /// A map draws it: its vertices are nobody's address.
    pub(super) charted: bool,
}

/// Every street's runs, in the plane around the city's middle.
pub(super) struct Streets {
    pub(super) plane: Plane,
    /// By name, then longest first.
    pub(super) runs: Vec<Run>,
}

pub(super) fn string(facts: &Facts) -> Streets {
    let count = facts.addresses.len().max(1) as f64;
    let (lat, lon) = facts
        .addresses
        .values()
        .map(|mean| mean.point())
        .fold((0.0, 0.0), |sum, point| {
            (sum.0 + point.0 / count, sum.1 + point.1 / count)
        });
    let plane = Plane::around(lat, lon);
    let mut runs = Vec::new();
    for (name, stops) in &facts.streets {
        let mut own = runs_of(name, stops, plane);
        join_ahead(&mut own);
        own.sort_by(|a, b| b.metres.total_cmp(&a.metres));
        runs.extend(own);
    }
    Streets { plane, runs }
}

impl Streets {
    /// Adds a map's ways, those of one street joined end to end. Their courses are known, so they cross nothing anew.
    pub(super) fn add_ways(&mut self, ways: &BTreeMap<String, Vec<Vec<(f64, f64)>>>) {
        if self.runs.is_empty()
            && let Some(&(lat, lon)) = ways.values().flatten().flatten().next()
        {
            self.plane = Plane::around(lat, lon);
        }
        for (name, ways) in ways {
            let mut lines: Vec<Vec<Point>> = Vec::new();
            for way in ways {
                let way: Vec<Point> = way.iter().map(|&at| self.plane.project(at)).collect();
                lines.push(way);
            }
            let mut joined = join_ends(lines);
            joined.sort_by(|a, b| length(b).total_cmp(&length(a)));
            self.runs.extend(joined.into_iter().map(|line| Run {
                name: name.clone(),
                metres: length(&line),
                zips: vec![0; line.len()],
                line,
                east_west: None,
                charted: true,
            }));
        }
    }

    /// How many streets there are.
    pub(super) fn names(&self) -> usize {
        let names: HashSet<&String> = self.runs.iter().map(|run| &run.name).collect();
        names.len()
    }
}

/// Joins lines that end where another begins. One that none joins is left as it is.
fn join_ends(mut lines: Vec<Vec<Point>>) -> Vec<Vec<Point>> {
    let mut joined = Vec::new();
    while let Some(mut line) = lines.pop() {
        loop {
            let end = *line.last().unwrap_or(&Point { x: 0.0, y: 0.0 });
            let start = *line.first().unwrap_or(&end);
            let meets = |other: &Vec<Point>, at: Point| {
                other.first() == Some(&at) || other.last() == Some(&at)
            };
            if let Some(next) = lines.iter().position(|other| meets(other, end)) {
                let mut next = lines.swap_remove(next);
                if next.first() != Some(&end) {
                    next.reverse();
                }
                line.extend(next.into_iter().skip(1));
            } else if let Some(next) = lines.iter().position(|other| meets(other, start)) {
                let mut next = lines.swap_remove(next);
                if next.last() != Some(&start) {
                    next.reverse();
                }
                next.pop();
                next.extend(line);
                line = next;
            } else {
                break;
            }
        }
        joined.push(line);
    }
    joined
}

/// A run without its zigzag from one side of the street to the other: each vertex is the mean of the places within
/// [`SMOOTHED`] of it along the run.
pub(super) fn smooth(line: &[Point]) -> Vec<Point> {
    let mut along = Vec::with_capacity(line.len());
    let mut total = 0.0;
    for (at, point) in line.iter().enumerate() {
        if at > 0 {
            total += point.distance(line[at - 1]);
        }
        along.push(total);
    }
    let (mut from, mut to) = (0, 0);
    let mut smooth = Vec::with_capacity(line.len());
    for (at, &here) in along.iter().enumerate() {
        // Near an end the window shrinks with the distance to it, so that the mean stays where it is.
        let reach = SMOOTHED.min(here.max(30.0)).min((total - here).max(30.0));
        while along[from] < here - reach {
            from += 1;
        }
        while to < line.len() && along[to] <= here + reach {
            to += 1;
        }
        while from > 0 && along[from - 1] >= here - reach {
            from -= 1;
        }
        while to > at + 1 && along[to - 1] > here + reach {
            to -= 1;
        }
        let count = (to - from) as f64;
        let sum = line[from..to]
            .iter()
            .fold((0.0, 0.0), |sum, point| (sum.0 + point.x, sum.1 + point.y));
        smooth.push(Point {
            x: sum.0 / count,
            y: sum.1 / count,
        });
    }
    smooth
}

impl Run {
    /// The known place nearest to a point: how far it is, and its ZIP code.
    pub(super) fn nearest(&self, point: Point) -> Option<(f64, u32)> {
        self.line
            .iter()
            .zip(&self.zips)
            .map(|(stop, &zip)| (stop.distance(point), zip))
            .min_by(|a, b| a.0.total_cmp(&b.0))
    }
}

/// Joins runs across gaps, the narrowest first.
fn join_ahead(runs: &mut Vec<Run>) {
    loop {
        let mut best: Option<(f64, usize, usize, bool, bool)> = None;
        for one in 0..runs.len() {
            for other in one + 1..runs.len() {
                for (at_start, to_end) in
                    [(false, false), (false, true), (true, false), (true, true)]
                {
                    let Some(gap) = gap(&runs[one].line, at_start, &runs[other].line, to_end)
                    else {
                        continue;
                    };
                    if best.is_none_or(|(least, ..)| gap < least) {
                        best = Some((gap, one, other, at_start, to_end));
                    }
                }
            }
        }
        let Some((gap, one, other, at_start, to_end)) = best else {
            return;
        };
        let mut tail = runs.swap_remove(other);
        let head = &mut runs[one];
        if at_start {
            head.line.reverse();
            head.zips.reverse();
        }
        if to_end {
            tail.line.reverse();
            tail.zips.reverse();
        }
        head.metres += gap + tail.metres;
        head.line.extend(tail.line);
        head.zips.extend(tail.zips);
    }
}

/// The gap between an end of one line and an end of another, if the street plainly goes on across it.
fn gap(one: &[Point], at_start: bool, other: &[Point], to_end: bool) -> Option<f64> {
    let end = |line: &[Point], first: bool| if first { line.first() } else { line.last() }.copied();
    let (from, to) = (end(one, at_start)?, end(other, to_end)?);
    let gap = from.distance(to);
    let ahead = |line: &[Point], first: bool, end: Point, next: Point| -> Option<bool> {
        let back = if first {
            line.iter().find(|point| point.distance(end) >= 300.0)
        } else {
            line.iter().rev().find(|point| point.distance(end) >= 300.0)
        }?;
        let (ax, ay) = (end.x - back.x, end.y - back.y);
        let (bx, by) = (next.x - end.x, next.y - end.y);
        Some(ax * bx + ay * by >= STRAIGHT * ax.hypot(ay) * bx.hypot(by))
    };
    // A lone place points nowhere: it is joined where the other run points at it.
    let (left, right) = (
        ahead(one, at_start, from, to),
        ahead(other, to_end, to, from),
    );
    let straight =
        left.unwrap_or(true) && right.unwrap_or(true) && (left.is_some() || right.is_some());
    (gap <= LONGEST_GAP && straight).then_some(gap)
}

fn runs_of(name: &str, stops: &[Stop], plane: Plane) -> Vec<Run> {
    let points: Vec<Point> = stops.iter().map(|stop| plane.project(stop.at)).collect();
    let neighbours = shortest_trees(&points);
    let sides = || {
        stops
            .iter()
            .filter_map(|stop| stop.house.and_then(|(_, side)| side))
    };
    let east_west = sides().next().map(|_| {
        let east_west = sides().filter(|side| matches!(side, 'E' | 'W')).count();
        2 * east_west > sides().count()
    });
    let mut seen = vec![false; points.len()];
    let mut runs = Vec::new();
    for start in 0..points.len() {
        if seen[start] {
            continue;
        }
        let path = longest_path(&points, &neighbours, start, &mut seen);
        let line: Vec<Point> = path.iter().map(|&at| points[at]).collect();
        runs.push(Run {
            name: name.to_owned(),
            metres: length(&line),
            line,
            zips: path.iter().map(|&at| stops[at].zip).collect(),
            east_west,
            charted: false,
        });
    }
    runs
}

/// Prim's algorithm, begun anew wherever the nearest point left is too far.
fn shortest_trees(points: &[Point]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); points.len()];
    let mut nearest = vec![(f64::INFINITY, usize::MAX); points.len()];
    let mut out: Vec<usize> = (0..points.len()).collect();
    while !out.is_empty() {
        let pick = (0..out.len())
            .min_by(|&a, &b| nearest[out[a]].0.total_cmp(&nearest[out[b]].0))
            .unwrap_or(0);
        let point = out.swap_remove(pick);
        let (distance, from) = nearest[point];
        if distance <= LONGEST_JOIN {
            neighbours[point].push(from);
            neighbours[from].push(point);
        }
        for &other in &out {
            let distance = points[point].distance(points[other]);
            if distance < nearest[other].0 {
                nearest[other] = (distance, point);
            }
        }
    }
    neighbours
}

/// The longest path of the tree that holds `start`, found by walking to the farthest point twice.
fn longest_path(
    points: &[Point],
    neighbours: &[Vec<usize>],
    start: usize,
    seen: &mut [bool],
) -> Vec<usize> {
    let walk = |from: usize, seen: Option<&mut [bool]>| {
        let mut before = vec![(usize::MAX, from)];
        let mut open = vec![(from, usize::MAX, 0.0)];
        let mut far = (from, -1.0);
        let mut visited = Vec::new();
        while let Some((at, came, distance)) = open.pop() {
            visited.push(at);
            if distance > far.1 {
                far = (at, distance);
            }
            for &next in &neighbours[at] {
                if next != came {
                    before.push((at, next));
                    open.push((next, at, distance + points[at].distance(points[next])));
                }
            }
        }
        if let Some(seen) = seen {
            for at in visited {
                seen[at] = true;
            }
        }
        (far.0, before)
    };
    let (one_end, _) = walk(start, Some(seen));
    let (other_end, before) = walk(one_end, None);
    let came: std::collections::HashMap<usize, usize> =
        before.into_iter().map(|(from, to)| (to, from)).collect();
    let mut path = vec![other_end];
    let mut at = other_end;
    while let Some(&from) = came.get(&at)
        && from != usize::MAX
    {
        path.push(from);
        at = from;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_two_parts_of_the_city_is_two_runs() {
        let stop = |lat: f64, lon: f64| Stop {
            at: (lat, lon),
            zip: 90_013,
            house: None,
        };
        let mut stops: Vec<Stop> = (0..10)
            .map(|at| stop(34.0, -118.2 + f64::from(at) * 0.002))
            .collect();
        stops.extend((0..4).map(|at| stop(34.2 + f64::from(at) * 0.002, -118.4)));
        stops.swap(3, 7);
        let mut runs = runs_of("4TH AVE", &stops, Plane::around(34.0, -118.2));
        runs.sort_by(|a, b| b.metres.total_cmp(&a.metres));
        assert_eq!(
            runs.iter().map(|run| run.line.len()).collect::<Vec<_>>(),
            [10, 4]
        );
        assert!(
            (runs[0].metres - 9.0 * 184.4).abs() < 5.0,
            "{}",
            runs[0].metres
        );
    }
}
