//! From a line through places to a line that can be shown: resampling, Douglas and Peucker's simplification, and an
//! end to what folds back on itself.

use super::plane::{Point, length};

/// Keeps the vertices without which the line would move by more than `tolerance` metres.
pub(crate) fn simplify(line: &[Point], tolerance: f64) -> Vec<Point> {
    let kept = kept(line, tolerance);
    line.iter()
        .zip(kept)
        .filter(|(_, keep)| *keep)
        .map(|(point, _)| *point)
        .collect()
}

/// Which vertices those are.
pub(crate) fn kept(line: &[Point], tolerance: f64) -> Vec<bool> {
    if line.len() < 3 {
        return vec![true; line.len()];
    }
    let mut keep = vec![false; line.len()];
    keep[0] = true;
    keep[line.len() - 1] = true;
    let mut open = vec![(0, line.len() - 1)];
    while let Some((from, to)) = open.pop() {
        let farthest = (from + 1..to)
            .map(|at| (at, line[at].distance_to_segment(line[from], line[to])))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((at, distance)) = farthest
            && distance > tolerance
        {
            keep[at] = true;
            open.push((from, at));
            open.push((at, to));
        }
    }
    keep
}

/// Points of a line at even steps, the first half a step from its start: none is a vertex but by chance.
pub(super) fn resample(line: &[Point], step: f64) -> Vec<Point> {
    let mut points = Vec::new();
    let mut next = step / 2.0;
    for pair in line.windows(2) {
        let length = pair[0].distance(pair[1]);
        while next <= length {
            let along = next / length;
            points.push(Point {
                x: pair[0].x + (pair[1].x - pair[0].x) * along,
                y: pair[0].y + (pair[1].y - pair[0].y) * along,
            });
            next += step;
        }
        next -= length;
    }
    points
}

/// The longest part of a line in which it never turns by more than about 107 degrees: streets do not fold back, but
/// two streets of one name that were strung together do.
pub(super) fn unfold(line: &[Point]) -> &[Point] {
    let sharp = |at: &usize| {
        let [a, b, c] = [line[at - 1], line[*at], line[at + 1]];
        let (ax, ay, bx, by) = (b.x - a.x, b.y - a.y, c.x - b.x, c.y - b.y);
        ax * bx + ay * by < -0.3 * ax.hypot(ay) * bx.hypot(by)
    };
    let mut cuts: Vec<usize> = (1..line.len().saturating_sub(1)).filter(sharp).collect();
    cuts.insert(0, 0);
    cuts.push(line.len().saturating_sub(1));
    cuts.windows(2)
        .map(|cut| &line[cut[0]..(cut[1] + 1).min(line.len())])
        .max_by(|a, b| length(a).total_cmp(&length(b)))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_corners_and_loses_its_wobble() {
        let line: Vec<Point> = (0..=20)
            .map(|at| {
                let x = f64::from(at) * 10.0;
                let wobble = if at % 2 == 0 { 2.0 } else { -2.0 };
                if at <= 10 {
                    Point { x, y: wobble }
                } else {
                    Point {
                        x: 100.0 + wobble,
                        y: x - 100.0,
                    }
                }
            })
            .collect();
        assert_eq!(simplify(&line, 8.0).len(), 3);
        assert_eq!(simplify(&line[..2], 8.0).len(), 2);
        assert!(simplify(&[], 8.0).is_empty());
    }

    #[test]
    fn a_line_is_resampled_evenly_and_unfolded() {
        let point = |x: f64, y: f64| Point { x, y };
        let line = [point(0.0, 0.0), point(30.0, 0.0), point(100.0, 0.0)];
        let even: Vec<f64> = resample(&line, 20.0).iter().map(|point| point.x).collect();
        assert_eq!(even, [10.0, 30.0, 50.0, 70.0, 90.0]);
        let folded = [
            point(0.0, 0.0),
            point(500.0, 0.0),
            point(500.0, 400.0),
            point(300.0, -50.0),
        ];
        assert_eq!(unfold(&folded).len(), 3);
        assert_eq!(unfold(&line).len(), 3);
        assert!(unfold(&[]).is_empty());
        assert!(resample(&[], 20.0).is_empty());
    }
}
