//! Blocks: the hundred that a house number falls in, where that tells no address.

use std::collections::BTreeMap;

use super::plane::Plane;
use super::rows::{Facts, Stop};

/// A block's middle is told where at least so many distinct addresses of it are known.
pub(super) const ENOUGH: usize = 4;

/// A block whose addresses lie farther apart is two.
const LONGEST: f64 = 350.0;

pub(super) struct Block {
    pub(super) street: String,
    pub(super) hundred: u32,
    pub(super) zip: u32,
    pub(super) middle: (f64, f64),
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
        let mut hundreds: BTreeMap<(u32, u32), Vec<&Stop>> = BTreeMap::new();
        for stop in stops {
            if let Some((number, _)) = stop.house {
                hundreds
                    .entry((number / 100 * 100, stop.zip))
                    .or_default()
                    .push(stop);
            }
        }
        for ((hundred, zip), stops) in hundreds {
            let count = stops.len() as f64;
            let middle = stops.iter().fold((0.0, 0.0), |sum, stop| {
                (sum.0 + stop.at.0 / count, sum.1 + stop.at.1 / count)
            });
            let center = plane.project(middle);
            let compact = stops
                .iter()
                .all(|stop| plane.project(stop.at).distance(center) <= LONGEST / 2.0);
            if hundred > 0 && stops.len() >= ENOUGH && compact {
                blocks.push(Block {
                    street: street.clone(),
                    hundred,
                    zip,
                    middle,
                });
            }
        }
    }
    blocks
}
