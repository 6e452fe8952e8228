//! Blocks between numbered streets: where 6th St begins the 600s, the 600 block lies between 6th and 7th.
//!
//! Told only of a street whose known houses bear it out, or that has none there and runs beside one that does; on others
//! numbers may start elsewhere.

use std::collections::{BTreeMap, HashSet};

use super::blocks::Block;
use super::crossings::Crossing;
use super::plane::{Plane, Point};
use super::rows::Facts;

/// How far apart two numbered streets may be, in metres.
const BLOCK: std::ops::RangeInclusive<f64> = 60.0..=420.0;

/// A house of a block lies as near as this to its middle.
const NEAR: f64 = 260.0;

/// A street without known houses is numbered as the one this near beside it.
const BESIDE: f64 = 400.0;

/// A street by name, its numbered cross streets by number, and where they meet it.
type Numbered<'a> = BTreeMap<&'a str, BTreeMap<u32, Vec<(Point, u32)>>>;

/// The blocks of streets that are not among `known`.
pub(super) fn blocks(
    facts: &Facts,
    crossings: &[Crossing],
    known: &[Block],
    plane: Plane,
) -> Vec<Block> {
    let known: HashSet<(&str, u32)> = known
        .iter()
        .map(|block| (block.street.as_str(), block.hundred))
        .collect();
    let mut numbered = Numbered::new();
    let corners = facts
        .corners
        .iter()
        .map(|((a, b, zip), mean)| (a.as_str(), b.as_str(), *zip, mean.point()));
    let computed = crossings.iter().map(|crossing| {
        (
            crossing.a.as_str(),
            crossing.b.as_str(),
            crossing.zip,
            crossing.at,
        )
    });
    for (a, b, zip, at) in corners.chain(computed) {
        for (street, cross) in [(a, b), (b, a)] {
            if let Some(number) = ordinal(cross) {
                let own = numbered.entry(street).or_default();
                own.entry(number)
                    .or_default()
                    .push((plane.project(at), zip));
            }
        }
    }
    let mut found: BTreeMap<u32, Vec<(&str, Point, u32)>> = BTreeMap::new();
    let mut unsaid = Vec::new();
    for (street, cross) in numbered {
        let middles = middles(&cross);
        match houses(facts, street, &middles, plane) {
            Houses::Agree => {
                for (hundred, (at, zip)) in middles {
                    found.entry(hundred).or_default().push((street, at, zip));
                }
            }
            Houses::None => unsaid.push((street, middles)),
            Houses::Differ => {}
        }
    }
    for (street, middles) in unsaid {
        for (hundred, (at, zip)) in middles {
            let own = found.entry(hundred).or_default();
            if own.iter().any(|(_, other, _)| other.distance(at) <= BESIDE) {
                own.push((street, at, zip));
            }
        }
    }
    let is_new = |street: &str, hundred: u32| !known.contains(&(street, hundred));
    found
        .into_iter()
        .flat_map(|(hundred, places)| {
            places
                .into_iter()
                .map(move |(street, at, zip)| (street, hundred, at, zip))
        })
        .filter(|(street, hundred, ..)| is_new(street, *hundred))
        .map(|(street, hundred, at, zip)| Block {
            street: street.to_owned(),
            hundred,
            zip,
            middle: plane.unproject(at),
        })
        .collect()
}

/// `6TH ST` as 6.
fn ordinal(street: &str) -> Option<u32> {
    let number = street.strip_suffix(" ST")?;
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    (digits.len() + 2 == number.len())
        .then(|| digits.parse().ok())
        .flatten()
}

/// Where one corner of a number lies a block from one corner of the next.
fn middles(cross: &BTreeMap<u32, Vec<(Point, u32)>>) -> BTreeMap<u32, (Point, u32)> {
    let mut middles = BTreeMap::new();
    for (&number, here) in cross {
        let next = cross.get(&(number + 1));
        if let ([(a, zip)], Some([(b, _)])) = (here.as_slice(), next.map(Vec::as_slice))
            && BLOCK.contains(&a.distance(*b))
        {
            let at = Point {
                x: (a.x + b.x) / 2.0,
                y: (a.y + b.y) / 2.0,
            };
            middles.insert(number * 100, (at, *zip));
        }
    }
    middles
}

/// What a street's houses say of its blocks.
enum Houses {
    /// All are on one side of the city, and those in these blocks, one at least, are where they should be.
    Agree,
    /// There are none in them.
    None,
    Differ,
}

fn houses(
    facts: &Facts,
    street: &str,
    middles: &BTreeMap<u32, (Point, u32)>,
    plane: Plane,
) -> Houses {
    let mut sides = HashSet::new();
    let mut agree = false;
    for stop in facts.streets.get(street).into_iter().flatten() {
        let Some((number, side)) = stop.house else {
            continue;
        };
        sides.insert(side);
        if let Some((middle, _)) = middles.get(&(number / 100 * 100)) {
            if plane.project(stop.at).distance(*middle) > NEAR {
                return Houses::Differ;
            }
            agree = true;
        }
    }
    match sides.len() {
        1 if agree => Houses::Agree,
        0 | 1 => Houses::None,
        _ => Houses::Differ,
    }
}
