//! What of a month may be published (invariant 4). Only computes.
//!
//! Every distinct request counts in exactly one area: its resolution-8 cell if that holds at least [`LEAST_REQUESTS`] from at
//! least [`LEAST_ADDRESSES`]; else what is left of its resolution-7 parent, by the same rule; else of 6; else of 5; else nowhere.
//!
//! # Why subtraction shows nothing
//! Areas are disjoint sets of resolution-8 cells: a coarser area is only what no finer one took. So no published area
//! lies inside another, and no sum or difference of counts is the count of fewer than a whole area, which is over the
//! threshold. A month is published once and never again by a feed, and months are disjoint in time, so before and after
//! an import every published number is the same. That an area is missing says that it holds less than the threshold,
//! which is what the threshold hides.

use std::collections::{BTreeMap, HashSet};

use jiff::civil::Date;
use spotlight_common::cell::Cell;

use crate::store::open_data::{PublishedArea, PublishedMonth, Request};

/// An area shows at least this many requests.
pub const LEAST_REQUESTS: usize = 5;

/// From at least this many addresses.
pub const LEAST_ADDRESSES: usize = 3;

/// A month is published this many days after its end.
pub const DAYS_AFTER: i64 = 7;

/// The coarser resolutions that take what is left.
const RESTS: [u8; 3] = [7, 6, 5];

/// Whether a month may be published on a day.
pub fn is_due(month: Date, today: Date) -> bool {
    let due = month
        .last_of_month()
        .checked_add(jiff::Span::new().days(1 + DAYS_AFTER));
    due.is_ok_and(|due| today >= due)
}

/// The areas of a month, in order of name.
pub fn publish(requests: &[Request]) -> PublishedMonth {
    let mut left: BTreeMap<Cell, Vec<u64>> = BTreeMap::new();
    for request in requests {
        left.entry(request.cell).or_default().push(request.address);
    }
    let mut taken: HashSet<Cell> = HashSet::new();
    let mut areas = Vec::new();
    left.retain(|cell, addresses| {
        let shows = is_enough(addresses);
        if shows {
            taken.insert(*cell);
            areas.push(area(cell.to_string(), vec![*cell], addresses.len()));
        }
        !shows
    });
    for resolution in RESTS {
        let mut parents: BTreeMap<Cell, Vec<u64>> = BTreeMap::new();
        for (cell, addresses) in &left {
            if let Some(parent) = cell.parent(resolution) {
                parents.entry(parent).or_default().extend(addresses);
            }
        }
        parents.retain(|_, addresses| is_enough(addresses));
        for (parent, addresses) in &parents {
            let cells: Vec<_> = children(*parent)
                .filter(|cell| !taken.contains(cell))
                .collect();
            taken.extend(&cells);
            areas.push(area(format!("{parent}-rest"), cells, addresses.len()));
        }
        left.retain(|cell, _| {
            cell.parent(resolution)
                .is_none_or(|parent| !parents.contains_key(&parent))
        });
    }
    areas.sort_by(|one, other| one.area.cmp(&other.area));
    PublishedMonth { areas }
}

fn is_enough(addresses: &[u64]) -> bool {
    addresses.len() >= LEAST_REQUESTS
        && addresses.iter().collect::<HashSet<_>>().len() >= LEAST_ADDRESSES
}

fn area(area: String, cells: Vec<Cell>, count: usize) -> PublishedArea {
    PublishedArea {
        area,
        cells,
        count: u32::try_from(count).unwrap_or(u32::MAX),
    }
}

fn children(parent: Cell) -> impl Iterator<Item = Cell> {
    parent.h3().children(h3o::Resolution::Eight).map(Cell::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn cells(count: usize) -> Vec<Cell> {
        let home = Cell::at(34.0442, -118.2439, 8).expect("a cell");
        let near: Vec<h3o::CellIndex> = home.h3().grid_disk(8);
        near.into_iter().map(Cell::from).take(count).collect()
    }

    fn xorshift(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn thresholds_are_exact() {
        let cell = cells(1)[0];
        let of = |addresses: &[u64]| {
            let requests: Vec<_> = addresses
                .iter()
                .map(|&address| Request { cell, address })
                .collect();
            publish(&requests).areas
        };
        assert_eq!(of(&[1, 2, 3, 3]), vec![]);
        assert_eq!(of(&[1, 2, 2, 2, 2, 2]), vec![]);
        assert_eq!(of(&[1, 2, 3, 3, 3])[0].count, 5);
    }

    #[test]
    fn a_rest_is_what_finer_areas_left() {
        let home = cells(1)[0];
        let parent = home.parent(7).expect("a parent");
        let sibling = children(parent)
            .find(|cell| *cell != home)
            .expect("a sibling");
        let full = children(parent)
            .find(|cell| ![home, sibling].contains(cell))
            .expect("another");
        // Three each is too few for either, and enough for both together; the third shows alone.
        let requests: Vec<_> = [(home, 0..3), (sibling, 3..6), (full, 10..17)]
            .into_iter()
            .flat_map(|(cell, addresses)| addresses.map(move |address| Request { cell, address }))
            .collect();
        let areas = publish(&requests).areas;
        let counts: BTreeMap<&str, u32> = areas
            .iter()
            .map(|area| (area.area.as_str(), area.count))
            .collect();
        let (rest, full_name) = (format!("{parent}-rest"), full.to_string());
        assert_eq!(counts, BTreeMap::from([(&*rest, 6), (&*full_name, 7)]));
        let rest = areas
            .iter()
            .find(|area| area.area == rest)
            .expect("published");
        assert_eq!(rest.cells.len(), children(parent).count() - 1);
        assert!(!rest.cells.contains(&full));
    }

    #[test]
    fn areas_are_disjoint_over_the_threshold_and_count_each_request_at_most_once() {
        let mut state = 0x5eed;
        let mut rests = 0;
        for round in 0..200 {
            let cells = cells(1 + round % 150);
            let requests: Vec<_> = (0..round * 3)
                .map(|_| Request {
                    cell: cells[(xorshift(&mut state) % cells.len() as u64) as usize],
                    address: xorshift(&mut state) % 40,
                })
                .collect();
            let areas = publish(&requests).areas;
            let mut seen = HashSet::new();
            for area in &areas {
                rests += usize::from(area.area.ends_with("-rest"));
                assert!(
                    area.cells.iter().all(|cell| seen.insert(*cell)),
                    "areas overlap"
                );
                let inside: Vec<_> = requests
                    .iter()
                    .filter(|request| area.cells.contains(&request.cell))
                    .collect();
                assert_eq!(inside.len(), area.count as usize);
                assert!(inside.len() >= LEAST_REQUESTS);
                let addresses: HashSet<_> = inside.iter().map(|request| request.address).collect();
                assert!(addresses.len() >= LEAST_ADDRESSES);
            }
        }
        assert!(rests > 100, "{rests} rests were made");
    }

    #[test]
    fn a_month_waits_seven_days_after_its_end() {
        let january = date(2020, 1, 1);
        assert!(!is_due(january, date(2020, 2, 7)));
        assert!(is_due(january, date(2020, 2, 8)));
        assert!(is_due(date(2019, 12, 1), date(2020, 1, 8)));
    }
}
