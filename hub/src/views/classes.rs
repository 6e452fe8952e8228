//! Classes of a layer's colours: a quarter each of the areas that are in sight, by how many there are to a square kilometre.
//! Wherever a reader looks, the areas differ from each other: a map that is all of one colour says nothing.

use geo::{Intersects as _, LineString, MapCoords as _, MultiPolygon, Rect};

use crate::views::layers::Area;
use crate::views::projection::{Frame, HEIGHT, WIDTH};

/// How many colours there are.
pub const COLOURS: usize = 4;

/// Where each class but the first begins, in counts per square kilometre, rising; fewer than three where areas are few or alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Classes {
    from: Vec<f64>,
}

impl Classes {
    /// Of the areas that a frame shows.
    pub fn of<'a>(frame: &Frame, areas: impl Iterator<Item = &'a Area>) -> Self {
        let in_sight = Rect::new((0.0, 0.0), (WIDTH, HEIGHT));
        let seen = areas.filter(|area| {
            let in_units = area
                .geometry
                .map_coords(|c| geo::Coord::from(frame.units((c.y, c.x))));
            in_units.intersects(&in_sight)
        });
        Self::by_quarters(seen.map(|area| density(frame, area)).collect())
    }

    fn by_quarters(mut densities: Vec<f64>) -> Self {
        densities.sort_by(f64::total_cmp);
        let Some(&least) = densities.first() else {
            return Self::default();
        };
        let mut from: Vec<f64> = Vec::new();
        for quarter in 1..COLOURS {
            let bound = rounded(densities[densities.len() * quarter / COLOURS]);
            if bound > from.last().copied().unwrap_or(rounded(least)) {
                from.push(bound);
            }
        }
        Self { from }
    }

    /// Where each class but the first begins.
    pub fn from(&self) -> &[f64] {
        &self.from
    }

    /// An area's class, 0 for the lowest.
    pub fn class(&self, frame: &Frame, area: &Area) -> usize {
        let density = density(frame, area);
        self.from.iter().filter(|from| density >= **from).count()
    }

    /// The colour of a class, spread over all that there are.
    pub fn colour(&self, class: usize) -> usize {
        spread(self.from.len(), class)
    }
}

/// The colour of a class, where so many follow the first.
pub fn spread(following: usize, class: usize) -> usize {
    match following {
        0 => 1,
        1 => [0, 2][class.min(1)],
        2 => [0, 1, 3][class.min(2)],
        _ => class.min(COLOURS - 1),
    }
}

/// As a reader may keep it in mind: two digits, and no more than it was.
fn rounded(density: f64) -> f64 {
    let digits = density.log10().floor() as i32;
    match digits {
        ..1 => (density * 10.0 + 1e-9).floor() / 10.0,
        _ => {
            let unit = 10_f64.powi(digits - 1);
            (density / unit + 1e-9).floor() * unit
        }
    }
}

/// `0.4`, `12`, `350`.
pub fn written(density: f64) -> String {
    let text = format!("{density:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// How many of an area's count there are to a square kilometre.
pub fn density(frame: &Frame, area: &Area) -> f64 {
    let km2 = square_kilometres(frame, &area.geometry);
    f64::from(area.count) / km2.max(0.01)
}

fn square_kilometres(frame: &Frame, geometry: &MultiPolygon<f64>) -> f64 {
    let enclosed = |line: &LineString<f64>| {
        let corners: Vec<_> = line
            .coords()
            .map(|c| frame.plane.metres((c.y, c.x)))
            .collect();
        let twice: f64 = corners
            .windows(2)
            .map(|p| p[0].0 * p[1].1 - p[1].0 * p[0].1)
            .sum();
        twice.abs() / 2e6
    };
    geometry
        .iter()
        .map(|polygon| {
            let holes: f64 = polygon.interiors().iter().map(enclosed).sum();
            enclosed(polygon.exterior()) - holes
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;
    use crate::views::projection::View;

    #[test]
    fn each_quarter_of_what_is_seen_has_a_colour() {
        let classes = Classes::by_quarters((1..=100).map(f64::from).collect());
        assert_eq!(classes.from(), [26.0, 51.0, 76.0]);
        // However great all of them are.
        let classes = Classes::by_quarters((1..=100).map(|n| 1e4 + f64::from(n) * 100.0).collect());
        assert_eq!(classes.from(), [12_000.0, 15_000.0, 17_000.0]);
        let classes = Classes::by_quarters((1..=40).map(|n| f64::from(n) / 8.0).collect());
        assert_eq!(classes.from(), [1.3, 2.6, 3.8]);
    }

    #[test]
    fn few_or_equal_areas_have_fewer_classes() {
        for (densities, expected) in [
            (vec![], vec![]),
            (vec![7.0], vec![]),
            (vec![7.0; 9], vec![]),
            (vec![5.0, 60.0], vec![60.0]),
            (vec![1.0, 1.0, 1.0, 9.0], vec![9.0]),
        ] {
            let classes = Classes::by_quarters(densities);
            assert_eq!(classes.from(), expected);
            let colours: Vec<usize> = (0..=expected.len()).map(|n| classes.colour(n)).collect();
            assert!(
                colours.windows(2).all(|pair| pair[0] < pair[1]),
                "{colours:?}"
            );
        }
    }

    #[test]
    fn only_what_is_in_sight_counts() {
        let picture = fixture::picture(0);
        let areas = &picture.layers[0].periods[1].areas;
        // About 1.02 square kilometres each.
        let city = Frame::of(View::CITY, &picture);
        let classes = Classes::of(&city, areas.iter());
        assert_eq!(classes.from(), [58.0]);
        assert_eq!(
            (
                classes.class(&city, &areas[0]),
                classes.class(&city, &areas[1])
            ),
            (0, 1)
        );
        let far = Frame::of(View::Grid { z: 6, x: 0, y: 0 }, &picture);
        assert_eq!(Classes::of(&far, areas.iter()).from(), [0.0; 0]);
    }

    #[test]
    fn numbers_are_short() {
        for (density, text) in [(0.44, "0.4"), (1.26, "1.2"), (12.0, "12"), (347.0, "340")] {
            assert_eq!(written(rounded(density)), text);
        }
    }
}
