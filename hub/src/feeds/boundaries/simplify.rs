//! Fewer corners, and neighbours that still share their border: a border is what lies between two corners where three
//! areas meet, or two and the outside, and each is simplified once, for both its sides.

use std::collections::{BTreeMap, HashMap};

use geo::{Coord, LineString, SimplifyIdx as _};

use crate::city::boundaries::{Areas, Ring};

/// Degrees of latitude in a metre.
const METRE: f64 = 1.0 / 111_195.0;

/// A corner, in millionths of a degree: what two areas share is the same number.
type Corner = (i32, i32);

/// The areas with no corner farther than `tolerance` metres from where its border was, rounded to four decimals (11 m).
pub fn simplify(areas: &Areas, tolerance: f64) -> Areas {
    let rings: Vec<Vec<Corner>> = areas.0.values().flatten().map(corners).collect();
    let meetings = meetings(&rings);
    let simple = areas.0.iter().map(|(name, rings)| {
        let rings = rings.iter().map(|ring| {
            let open = corners(ring);
            let simple: Vec<Corner> = borders(&open, &meetings)
                .iter()
                .flat_map(|border| {
                    let mut border = simple(border, tolerance);
                    // The next one begins where it ends.
                    border.pop();
                    border
                })
                .collect();
            closed(&simple)
                .or_else(|| closed(&open))
                .unwrap_or_else(|| ring.clone())
        });
        (name.clone(), rings.collect())
    });
    Areas(simple.collect())
}

/// A ring's corners, each once.
fn corners(ring: &Ring) -> Vec<Corner> {
    let millionths = |degrees: f64| (degrees * 1e6).round() as i32;
    let mut corners: Vec<Corner> = ring
        .iter()
        .map(|(lon, lat)| (millionths(*lon), millionths(*lat)))
        .collect();
    corners.dedup();
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    corners
}

/// Rounded, closed, and with at least three different corners; else nothing.
fn closed(corners: &[Corner]) -> Option<Ring> {
    let rounded = |millionths: i32| (f64::from(millionths) / 100.0).round() / 1e4;
    let mut ring: Ring = corners
        .iter()
        .map(|(lon, lat)| (rounded(*lon), rounded(*lat)))
        .collect();
    ring.dedup();
    if ring.first() == ring.last() {
        ring.pop();
    }
    if ring.len() < 3 {
        return None;
    }
    ring.push(ring[0]);
    Some(ring)
}

/// Corners that do not have the same two neighbours in every ring that has them.
fn meetings(rings: &[Vec<Corner>]) -> HashMap<Corner, bool> {
    let mut neighbours: HashMap<Corner, (Corner, Corner)> = HashMap::new();
    let mut meets = HashMap::new();
    for ring in rings {
        for (at, &corner) in ring.iter().enumerate() {
            let before = ring[(at + ring.len() - 1) % ring.len()];
            let after = ring[(at + 1) % ring.len()];
            let pair = (before.min(after), before.max(after));
            let known = neighbours.entry(corner).or_insert(pair);
            if *known != pair {
                meets.insert(corner, true);
            }
        }
    }
    meets
}

/// A ring's borders, each with both its ends; a ring that meets no other is cut at its two farthest west corners' least one
/// and opposite.
fn borders(ring: &[Corner], meetings: &HashMap<Corner, bool>) -> Vec<Vec<Corner>> {
    let mut cuts: Vec<usize> = (0..ring.len())
        .filter(|&at| meetings.contains_key(&ring[at]))
        .collect();
    if cuts.len() < 2 {
        let first = cuts
            .first()
            .copied()
            .or_else(|| (0..ring.len()).min_by_key(|&at| ring[at]))
            .unwrap_or(0);
        let far = |at: &usize| {
            let (dx, dy) = (
                i64::from(ring[*at].0) - i64::from(ring[first].0),
                i64::from(ring[*at].1) - i64::from(ring[first].1),
            );
            (dx * dx + dy * dy, ring[*at])
        };
        let opposite = (0..ring.len()).max_by_key(far).unwrap_or(first);
        cuts = vec![first.min(opposite), first.max(opposite)];
        cuts.dedup();
    }
    let mut borders = Vec::new();
    for (n, &from) in cuts.iter().enumerate() {
        let to = match cuts.get(n + 1) {
            Some(&next) => next,
            None => cuts[0] + ring.len(),
        };
        borders.push((from..=to).map(|at| ring[at % ring.len()]).collect());
    }
    borders
}

/// One border, simplified the same way from whichever side it is looked at.
fn simple(border: &[Corner], tolerance: f64) -> Vec<Corner> {
    let is_backward = border.last() < border.first();
    let mut way = border.to_vec();
    if is_backward {
        way.reverse();
    }
    let middle = way.first().map_or(0.0, |corner| f64::from(corner.1) / 1e6);
    let narrow = middle.to_radians().cos();
    let line: LineString<f64> = way
        .iter()
        .map(|(lon, lat)| Coord {
            x: f64::from(*lon) / 1e6 * narrow,
            y: f64::from(*lat) / 1e6,
        })
        .collect();
    let kept = line.simplify_idx(tolerance * METRE);
    let mut simple: Vec<Corner> = kept.into_iter().map(|at| way[at]).collect();
    if is_backward {
        simple.reverse();
    }
    simple
}

/// How many corners there are.
pub fn count(areas: &BTreeMap<String, Vec<Ring>>) -> usize {
    areas.values().flatten().map(Vec::len).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::Area as _;

    #[test]
    fn neighbours_keep_one_border_and_no_gap() {
        // Two squares whose common border is wavy by a few metres.
        let wave: Vec<(f64, f64)> = (0..=100)
            .map(|n| {
                let y = f64::from(n) * 0.0001;
                (1e-5 * f64::from(n % 3), y)
            })
            .collect();
        let mut left = vec![(-0.01, 0.01), (-0.01, 0.0)];
        left.extend(&wave);
        left.push((-0.01, 0.01));
        let mut right = vec![(0.01, 0.0), (0.01, 0.01)];
        right.extend(wave.iter().rev());
        right.push((0.01, 0.0));
        let areas = Areas(BTreeMap::from([
            ("L".to_owned(), vec![left]),
            ("R".to_owned(), vec![right]),
        ]));
        let simple = simplify(&areas, 12.0);
        assert!(count(&simple.0) <= 12, "{}", count(&simple.0));
        let whole = simple.outline(["L", "R"]);
        assert_eq!(whole.0.len(), 1);
        assert!(whole.0[0].interiors().is_empty());
        let parts = simple.outline(["L"]).unsigned_area() + simple.outline(["R"]).unsigned_area();
        assert!((whole.unsigned_area() - parts).abs() < 1e-12, "no overlap");
    }

    #[test]
    fn the_real_districts_stay_whole() {
        let set = crate::city::City::load_set("reporting-districts");
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/lapd_reporting_districts.geojson"
        );
        let read =
            super::super::read::read(&std::fs::read(path).expect("reads"), &set).expect("reads");
        let simple = simplify(&read, super::super::TOLERANCE);
        assert_eq!(simple.0.len(), read.0.len());
        assert!(
            count(&simple.0) * 5 < count(&read.0),
            "{} of {}",
            count(&simple.0),
            count(&read.0)
        );
        let mut off = 0.0;
        let mut all = 0.0;
        for name in read.0.keys() {
            let (before, after) = (
                read.outline([name.as_str()]).unsigned_area(),
                simple.outline([name.as_str()]).unsigned_area(),
            );
            assert!(after > before * 0.8 && after < before * 1.25, "{name}");
            off += (after - before).abs();
            all += before;
        }
        assert!(off < all * 0.01, "{}", off / all);
        assert_eq!(
            simple, set.built_in,
            "what ships is what the command makes of the real file"
        );
    }
}
