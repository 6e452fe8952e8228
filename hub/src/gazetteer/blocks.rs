//! Blocks: the hundred that a house number falls in, told from the run of numbers along a street and from no one address.

use std::collections::{BTreeMap, BTreeSet};

use super::plane::{Plane, Point};
use super::rows::{Facts, Stop};

/// A block's middle is told where at least so many distinct addresses on and around it are known.
pub(super) const ENOUGH: usize = 4;

/// House numbers as near as this to a block's middle say where it is.
const AROUND: f64 = 350.0;

/// They lie as near as this, in metres, to where their numbers say; else the street bends, or is two.
const STRAIGHT: f64 = 60.0;

/// A hundred numbers take at least and at most so many metres.
const HUNDRED: std::ops::RangeInclusive<f64> = 40.0..=320.0;

pub(super) struct Block {
    pub(super) street: String,
    pub(super) hundred: u32,
    pub(super) zip: u32,
    pub(super) middle: (f64, f64),
}

struct House {
    number: f64,
    at: Point,
    zip: u32,
}

/// Only streets whose known houses all lie on one side of the city: else `500 Main` could be north or south.
pub(super) fn blocks(facts: &Facts, plane: Plane) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (street, stops) in &facts.streets {
        let mut sides: Vec<_> = stops
            .iter()
            .filter_map(|stop| stop.house.map(|(_, side)| side))
            .collect();
        sides.sort_unstable();
        sides.dedup();
        if sides.len() != 1 {
            continue;
        }
        let mut houses: Vec<House> = stops.iter().filter_map(|stop| house(stop, plane)).collect();
        houses.sort_by(|a, b| a.number.total_cmp(&b.number));
        let mut hundreds: BTreeMap<u32, u32> = BTreeMap::new();
        for stop in stops {
            if let Some((number, _)) = stop.house {
                hundreds.entry(number / 100 * 100).or_insert(stop.zip);
            }
        }
        for (hundred, zip) in with_gaps(&hundreds) {
            if let Some(middle) = middle(&houses, f64::from(hundred) + 50.0) {
                blocks.push(Block {
                    street: street.clone(),
                    hundred,
                    zip,
                    middle: plane.unproject(middle),
                });
            }
        }
    }
    blocks
}

fn house(stop: &Stop, plane: Plane) -> Option<House> {
    let (number, _) = stop.house?;
    Some(House {
        number: f64::from(number),
        at: plane.project(stop.at),
        zip: stop.zip,
    })
}

/// The hundreds that have a house, and one without between two that have.
fn with_gaps(hundreds: &BTreeMap<u32, u32>) -> BTreeMap<u32, u32> {
    let mut all = hundreds.clone();
    for (&hundred, &zip) in hundreds {
        if hundreds.contains_key(&(hundred + 200)) {
            all.entry(hundred + 100).or_insert(zip);
        }
    }
    all.remove(&0);
    all
}

/// Where a number would be on the straight line that the numbers around it run along.
fn middle(houses: &[House], number: f64) -> Option<Point> {
    let from = houses.partition_point(|house| house.number < number - AROUND);
    let to = houses.partition_point(|house| house.number <= number + AROUND);
    let near = &houses[from..to];
    // Of one address a line would only tell where that is.
    let numbers: BTreeSet<u64> = near.iter().map(|house| house.number.to_bits()).collect();
    if numbers.len() < ENOUGH || near.iter().any(|house| house.zip != near[0].zip) {
        return None;
    }
    let n = near.len() as f64;
    let mean = near.iter().fold((0.0, 0.0, 0.0), |sum, house| {
        (
            sum.0 + house.number / n,
            sum.1 + house.at.x / n,
            sum.2 + house.at.y / n,
        )
    });
    let (mut square, mut x, mut y) = (0.0, 0.0, 0.0);
    for house in near {
        let off = house.number - mean.0;
        square += off * off;
        x += off * (house.at.x - mean.1);
        y += off * (house.at.y - mean.2);
    }
    if square < 1.0 {
        return None;
    }
    let (x, y) = (x / square, y / square);
    let at = |number: f64| Point {
        x: mean.1 + x * (number - mean.0),
        y: mean.2 + y * (number - mean.0),
    };
    let (first, last) = (near.first()?.number, near.last()?.number);
    let inside = (first - 50.0..=last + 50.0).contains(&number);
    let straight = near
        .iter()
        .all(|house| house.at.distance(at(house.number)) <= STRAIGHT);
    (inside && straight && HUNDRED.contains(&(100.0 * x.hypot(y)))).then(|| at(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn houses(numbers: &[u32], metres_each: f64) -> Vec<House> {
        numbers
            .iter()
            .map(|&number| House {
                number: f64::from(number),
                at: Point {
                    x: f64::from(number) * metres_each,
                    y: if number % 2 == 0 { 10.0 } else { -10.0 },
                },
                zip: 90_013,
            })
            .collect()
    }

    #[test]
    fn a_block_is_where_the_numbers_around_it_say() {
        let middle = |numbers: &[u32], each: f64| middle(&houses(numbers, each), 650.0);
        let found = middle(&[512, 541, 702, 733], 1.2).expect("between them");
        assert!(
            (found.x - 780.0).abs() < 5.0 && found.y.abs() < 12.0,
            "{found:?}"
        );
        assert_eq!(middle(&[512, 541, 702], 1.2), None, "too few");
        assert_eq!(middle(&[312, 341, 402, 433], 1.2), None, "beyond them");
        assert_eq!(
            middle(&[512, 541, 702, 733], 9.0),
            None,
            "no street has such blocks"
        );
    }
}
