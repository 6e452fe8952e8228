//! From all courses of a line to what of them is drawn: its longest, and of the others what runs elsewhere. There and back
//! are one, and a course that hardly a trip takes, as into a depot, is none.

use super::lines::Corner;
use crate::gazetteer::plane::{Plane, Point, length};
use crate::gazetteer::simplify::{kept, simplify};

/// Metres by which a course may be off.
const TOLERANCE: f64 = 12.0;

/// Metres from a course beyond which another is not the same.
const APART: f64 = 150.0;

/// A branch has so many metres at least.
const SHORTEST: f64 = 500.0;

/// Metres between points at which a course is compared with another.
const STEP: f64 = 100.0;

/// One in so many trips at least takes a course that counts.
const RARE: u64 = 50;

/// Courses of one line that are compared.
const MOST: usize = 40;

/// Comparisons that are made at most for all lines of a feed; after them only the longest course of each is drawn.
pub const MOST_EFFORT: u64 = 2_000_000_000;

/// Points of a course that came one after the other, simplified.
pub fn run(points: &mut [Corner]) -> Vec<Corner> {
    points.sort_by_key(|corner| corner.sequence);
    let Some(first) = points.first() else {
        return Vec::new();
    };
    let plane = Plane::around(first.at.0, first.at.1);
    let line: Vec<Point> = points
        .iter()
        .map(|corner| plane.project(corner.at))
        .collect();
    let kept = kept(&line, TOLERANCE);
    let points = points.iter().zip(kept);
    points
        .filter(|(_, kept)| *kept)
        .map(|(corner, _)| *corner)
        .collect()
}

/// What is drawn of a line's courses, each with its trips; corners are rounded to a metre.
pub fn paths(courses: Vec<(Vec<(f64, f64)>, u64)>, effort: &mut u64) -> Vec<Vec<(f64, f64)>> {
    let all: u64 = courses.iter().map(|(_, trips)| trips).sum();
    let mut firsts = courses.iter().filter_map(|(course, _)| course.first());
    let Some(first) = firsts.next() else {
        return Vec::new();
    };
    let plane = Plane::around(first.0, first.1);
    let courses = courses
        .iter()
        .filter(|(_, trips)| trips.saturating_mul(RARE) >= all);
    let mut courses: Vec<Vec<Point>> = courses
        .map(|(course, _)| course.iter().map(|at| plane.project(*at)).collect())
        .collect();
    courses.sort_by(|a, b| length(b).total_cmp(&length(a)));
    let mut drawn: Vec<Vec<Point>> = Vec::new();
    for course in courses.iter().take(MOST) {
        let parts = match drawn.is_empty() {
            true => vec![course.clone()],
            false => {
                let mut branches = elsewhere(course, &drawn, effort);
                branches.retain(|branch| length(branch) >= SHORTEST);
                branches
            }
        };
        let parts = parts.into_iter().filter(|part| part.len() > 1);
        drawn.extend(parts.map(|part| simplify(&part, TOLERANCE)));
    }
    let rounded = |at: Point| {
        let (lat, lon) = plane.unproject(at);
        ((lat * 1e5).round() / 1e5, (lon * 1e5).round() / 1e5)
    };
    let drawn = drawn.into_iter();
    drawn
        .map(|path| path.into_iter().map(rounded).collect())
        .collect()
}

/// The parts of a course that are far from what is drawn, each with the point where it leaves and the one where it joins.
fn elsewhere(course: &[Point], drawn: &[Vec<Point>], effort: &mut u64) -> Vec<Vec<Point>> {
    let dense = dense(course);
    let comparisons = dense.len() * drawn.iter().map(Vec::len).sum::<usize>();
    match effort.checked_sub(comparisons as u64) {
        Some(left) => *effort = left,
        None => return Vec::new(),
    }
    let mut parts: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for (at, point) in dense.iter().enumerate() {
        let is_far = drawn.iter().all(|path| distance(*point, path) > APART);
        match (is_far, open) {
            (true, true) => {
                if let Some(part) = parts.last_mut() {
                    part.push(*point);
                }
            }
            (true, false) => {
                let before = at.checked_sub(1).map(|before| dense[before]);
                parts.push(before.into_iter().chain([*point]).collect());
            }
            (false, true) => {
                if let Some(part) = parts.last_mut() {
                    part.push(*point);
                }
            }
            (false, false) => {}
        }
        open = is_far;
    }
    parts
}

fn distance(point: Point, path: &[Point]) -> f64 {
    let pairs = path.windows(2);
    let distances = pairs.map(|pair| point.distance_to_segment(pair[0], pair[1]));
    distances.fold(f64::INFINITY, f64::min)
}

/// With points between its corners, so that a long straight part is compared too.
fn dense(course: &[Point]) -> Vec<Point> {
    let mut dense: Vec<Point> = course.first().copied().into_iter().collect();
    for pair in course.windows(2) {
        let steps = (pair[0].distance(pair[1]) / STEP)
            .ceil()
            .clamp(1.0, 1_000.0) as u32;
        dense.extend((1..=steps).map(|step| {
            let along = f64::from(step) / f64::from(steps);
            Point {
                x: pair[0].x + along * (pair[1].x - pair[0].x),
                y: pair[0].y + along * (pair[1].y - pair[0].y),
            }
        }));
    }
    dense
}
