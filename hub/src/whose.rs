//! In which of a hub's cities a place is shown: in exactly one.

use std::sync::Arc;

use spotlight_common::cell::Cell;

use crate::city::City;

/// The city of a cell, by its middle; where that is in none, one that it reaches into; else the first.
pub fn of_cell(cities: &[Arc<City>], cell: Cell) -> usize {
    of_point(cities, cell.center())
        .or_else(|| cities.iter().position(|city| city.has(cell)))
        .unwrap_or(0)
}

/// The city of a part of it: of its middle, or of any of its corners; else the first.
pub fn of_area(cities: &[Arc<City>], outline: &[(f64, f64)]) -> usize {
    let count = outline.len().max(1) as f64;
    let sum = outline
        .iter()
        .fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
    let middle = (sum.0 / count, sum.1 / count);
    let mut points = std::iter::once(middle).chain(outline.iter().copied());
    points
        .find_map(|point| of_point(cities, point))
        .unwrap_or(0)
}

/// Where several have a point in their bounds: the one whose outline holds it, else one that has no outline, else the first.
fn of_point(cities: &[Arc<City>], at: (f64, f64)) -> Option<usize> {
    let all = cities.iter().enumerate();
    let holding: Vec<(usize, &Arc<City>)> =
        all.filter(|(_, city)| city.holds(at.0, at.1)).collect();
    if holding.len() < 2 {
        return holding.first().map(|(n, _)| *n);
    }
    let rank = |city: &City| match city.encloses(at) {
        Some(true) => 0,
        None => 1,
        Some(false) => 2,
    };
    // The first of those that are equal.
    let best = holding.iter().min_by_key(|(_, city)| rank(city));
    best.map(|(n, _)| *n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_of_the_city_around_it_and_of_one_alone() {
        let home = Arc::new(City::load("los-angeles").expect("loads"));
        let seattle = Arc::new(City::load("seattle").expect("loads"));
        // Within the bounds of Los Angeles, and mostly beyond its outline.
        let beside = Arc::new(City {
            id: "santa-monica".to_owned(),
            bounds: (33.99, -118.52, 34.05, -118.44),
            gazetteer: None,
            basemap: Default::default(),
            ..City::load("los-angeles").expect("loads")
        });
        let cities = [home, seattle, beside];
        let cell = |(lat, lon)| Cell::at(lat, lon, 9).expect("a cell");
        for (at, expected) in [
            ((34.0442, -118.2439), 0),
            ((47.6080, -122.3350), 1),
            ((34.0195, -118.4912), 2),
            // West Los Angeles, in the bounds of both.
            ((34.0390, -118.4430), 0),
            // Pasadena, by the bounds alone.
            ((34.1478, -118.1600), 0),
            ((0.0, 0.0), 0),
        ] {
            assert_eq!(of_cell(&cities, cell(at)), expected, "{at:?}");
        }
        // A cell of which only a corner is in the bounds.
        let edge = (47.7601, -122.33);
        assert_eq!(of_cell(&cities, cell(edge)), 1);
        let square = [(47.62, -122.35), (47.62, -122.31), (47.59, -122.31)];
        assert_eq!(of_area(&cities, &square), 1);
        assert_eq!(of_area(&cities, &[]), 0);
    }
}
