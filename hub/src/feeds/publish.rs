//! What of a period may be published (invariant 4). Only computes, and is the only maker of what views get to see.
//!
//! Every distinct request counts in exactly one area: its resolution-8 cell if that holds at least [`LEAST_REQUESTS`] from at
//! least [`LEAST_ADDRESSES`]; else what is left of its resolution-7 parent, by the same rule; else of 6; else of 5; else nowhere.
//! One whose ZIP code alone is known begins at the cell of that, of resolution 6. Where rows name areas, the steps are the area
//! and what is left of the greater one that it is part of. Those without a known place are an area of their own that is not
//! drawn. Police calls have no addresses: each call is one.
//!
//! # Why subtraction shows nothing
//! Each request is counted once and in one area. Areas are disjoint sets of resolution-8 cells: a coarser area is only what no
//! finer one took. So no published area lies inside another, and no sum or difference of counts is the count of fewer than a
//! whole area, which is over the threshold. What officers began and what they were sent to are counted in areas of their own,
//! each over the threshold, and no sum of both is published that is not the sum of these. A period is published once and never
//! again by a feed, and periods are disjoint in time, so before and after a reading every published number is the same.
//! That an area is missing says that it holds less than the threshold, which is what the threshold hides.
//!
//! [`PublishedPeriod`] has no public way to be made but [`publish`]; the store keeps nothing else where views can read, and
//! [`Request`] cannot be turned into what they draw. `feeds/tests/attack.rs` reads every endpoint and subtracts.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};
use spotlight_common::cell::Cell;

use crate::city::boundaries::{Areas, BoundarySet};
use crate::store::open_data::{BegunBy, Counted, Request, area_number};

/// An area shows at least this many requests.
pub const LEAST_REQUESTS: usize = 5;

/// From at least this many addresses.
pub const LEAST_ADDRESSES: usize = 3;

/// The coarser resolutions that take what is left.
const RESTS: [u8; 3] = [7, 6, 5];

/// The name of the area of those that have no known place.
pub const UNKNOWN: &str = "unknown";

/// What is published of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedPeriod {
    areas: Vec<PublishedArea>,
}

impl PublishedPeriod {
    /// Disjoint areas of each kind of beginning, in order of it and of their names.
    pub fn areas(&self) -> &[PublishedArea] {
        &self.areas
    }
}

/// One area and its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedArea {
    area: String,
    extent: Extent,
    begun_by: BegunBy,
    count: u32,
}

impl PublishedArea {
    /// Its cell or its name; `NAME-rest` for what is left of a coarser one; [`UNKNOWN`].
    pub fn area(&self) -> &str {
        &self.area
    }

    /// What it is made of.
    pub fn extent(&self) -> &Extent {
        &self.extent
    }

    /// What of it was counted.
    pub fn begun_by(&self) -> BegunBy {
        self.begun_by
    }

    /// Distinct requests.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// What an area is made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Extent {
    /// Resolution-8 cells.
    Cells(Vec<Cell>),
    /// Areas of the feed's boundary set, by name.
    Named(Vec<String>),
    /// Nobody knows where.
    Unknown,
}

/// The areas that requests of a feed may name, as they are known today.
pub struct Names {
    by_number: BTreeMap<u64, (String, Option<String>)>,
}

impl Names {
    /// Those of a boundary set.
    pub fn of(set: &BoundarySet, areas: &Areas) -> Self {
        let by_number = areas
            .0
            .keys()
            .map(|name| (area_number(name), (name.clone(), set.greater(name))));
        Self {
            by_number: by_number.collect(),
        }
    }

    /// None: the feed's rows have points.
    pub fn none() -> Self {
        Self {
            by_number: BTreeMap::new(),
        }
    }
}

/// The areas of a period.
pub fn publish(requests: &[Request], names: &Names) -> PublishedPeriod {
    let mut kinds: BTreeMap<BegunBy, Vec<&Request>> = BTreeMap::new();
    for request in requests {
        kinds.entry(request.begun_by).or_default().push(request);
    }
    let mut areas = Vec::new();
    for (begun_by, requests) in kinds {
        let mut cells: BTreeMap<Cell, Vec<u64>> = BTreeMap::new();
        let mut named: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        let mut unknown = Vec::new();
        for request in requests {
            match request.place {
                Counted::Cell(cell) => cells.entry(cell).or_default(),
                Counted::Area(number) => match names.by_number.get(&number) {
                    Some((name, _)) => named.entry(name).or_default(),
                    None => &mut unknown,
                },
                Counted::Unplaced => &mut unknown,
            }
            .push(request.address);
        }
        let mut found = of_cells(cells);
        found.extend(of_names(named, names));
        if is_enough(&unknown) {
            found.push((UNKNOWN.to_owned(), Extent::Unknown, unknown.len()));
        }
        found.sort_by(|one, other| one.0.cmp(&other.0));
        areas.extend(
            found
                .into_iter()
                .map(|(area, extent, count)| PublishedArea {
                    area,
                    extent,
                    begun_by,
                    count: u32::try_from(count).unwrap_or(u32::MAX),
                }),
        );
    }
    PublishedPeriod { areas }
}

type Found = Vec<(String, Extent, usize)>;

fn of_cells(mut left: BTreeMap<Cell, Vec<u64>>) -> Found {
    let mut taken: HashSet<Cell> = HashSet::new();
    let mut found = Vec::new();
    left.retain(|cell, addresses| {
        let shows = cell.resolution() == 8 && is_enough(addresses);
        if shows {
            taken.insert(*cell);
            found.push((
                cell.to_string(),
                Extent::Cells(vec![*cell]),
                addresses.len(),
            ));
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
        let mut shown = HashSet::new();
        for (parent, addresses) in parents {
            let cells: Vec<_> = children(parent)
                .filter(|cell| !taken.contains(cell))
                .collect();
            // Where finer areas took all of it, what is known by its ZIP code alone goes on to the next.
            if !is_enough(&addresses) || cells.is_empty() {
                continue;
            }
            taken.extend(&cells);
            shown.insert(parent);
            found.push((
                format!("{parent}-rest"),
                Extent::Cells(cells),
                addresses.len(),
            ));
        }
        left.retain(|cell, _| {
            cell.parent(resolution)
                .is_none_or(|parent| !shown.contains(&parent))
        });
    }
    found
}

fn of_names(left: BTreeMap<&str, Vec<u64>>, names: &Names) -> Found {
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    let mut greater: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (name, addresses) in left {
        if is_enough(&addresses) {
            taken.insert(name);
            let extent = Extent::Named(vec![name.to_owned()]);
            found.push((name.to_owned(), extent, addresses.len()));
        } else if let Some((_, Some(part_of))) = names.by_number.get(&area_number(name)) {
            greater.entry(part_of).or_default().extend(addresses);
        }
    }
    for (part_of, addresses) in greater {
        if !is_enough(&addresses) {
            continue;
        }
        let rest = names
            .by_number
            .values()
            .filter(|(name, of)| of.as_deref() == Some(part_of) && !taken.contains(name.as_str()));
        let mut rest: Vec<String> = rest.map(|(name, _)| name.clone()).collect();
        rest.sort();
        found.push((
            format!("{part_of}-rest"),
            Extent::Named(rest),
            addresses.len(),
        ));
    }
    found
}

fn is_enough(addresses: &[u64]) -> bool {
    addresses.len() >= LEAST_REQUESTS
        && addresses.iter().collect::<HashSet<_>>().len() >= LEAST_ADDRESSES
}

fn children(parent: Cell) -> impl Iterator<Item = Cell> {
    parent.h3().children(h3o::Resolution::Eight).map(Cell::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(count: usize) -> Vec<Cell> {
        let home = Cell::at(34.0442, -118.2439, 8).expect("a cell");
        let near: Vec<h3o::CellIndex> = home.h3().grid_disk(8);
        near.into_iter().map(Cell::from).take(count).collect()
    }

    fn request(place: Counted, address: u64) -> Request {
        Request {
            place,
            begun_by: BegunBy::Untold,
            address,
        }
    }

    fn at(cell: Cell, address: u64) -> Request {
        request(Counted::Cell(cell), address)
    }

    fn shown(requests: &[Request]) -> Vec<PublishedArea> {
        publish(requests, &Names::none()).areas
    }

    fn cells_of(area: &PublishedArea) -> &[Cell] {
        match area.extent() {
            Extent::Cells(cells) => cells,
            _ => &[],
        }
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
            let requests: Vec<_> = addresses.iter().map(|&address| at(cell, address)).collect();
            shown(&requests)
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
            .flat_map(|(cell, addresses)| addresses.map(move |address| at(cell, address)))
            .collect();
        let areas = shown(&requests);
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
        assert_eq!(cells_of(rest).len(), children(parent).count() - 1);
        assert!(!cells_of(rest).contains(&full));
    }

    #[test]
    fn areas_are_disjoint_over_the_threshold_and_count_each_request_at_most_once() {
        let mut state = 0x5eed;
        let mut rests = 0;
        for round in 0..200 {
            let cells = cells(1 + round % 150);
            let requests: Vec<_> = (0..round * 3)
                .map(|_| {
                    let cell = cells[(xorshift(&mut state) % cells.len() as u64) as usize];
                    // Some are known by their ZIP code alone.
                    let is_coarse = xorshift(&mut state).is_multiple_of(10);
                    let cell = cell.parent(if is_coarse { 6 } else { 8 });
                    at(cell.expect("a cell"), xorshift(&mut state) % 40)
                })
                .collect();
            let areas = shown(&requests);
            let mut seen = HashSet::new();
            for area in &areas {
                rests += usize::from(area.area.ends_with("-rest"));
                assert!(
                    cells_of(area).iter().all(|cell| seen.insert(*cell)),
                    "areas overlap"
                );
                assert!(!cells_of(area).is_empty() && area.count as usize >= LEAST_REQUESTS);
                let inside: Vec<_> = requests
                    .iter()
                    .filter(|request| match request.place {
                        Counted::Cell(cell) => cells_of(area).contains(&cell),
                        _ => false,
                    })
                    .collect();
                // The others are of the area's ZIP codes.
                assert!(inside.len() <= area.count as usize);
                if !area.area.ends_with("-rest") {
                    assert_eq!(inside.len(), area.count as usize);
                    let addresses: HashSet<_> = inside.iter().map(|one| one.address).collect();
                    assert!(addresses.len() >= LEAST_ADDRESSES);
                }
            }
            let total: usize = areas.iter().map(|area| area.count as usize).sum();
            assert!(total <= requests.len());
        }
        assert!(rests > 100, "{rests} rests were made");
    }

    #[test]
    fn what_a_zip_code_alone_places_counts_in_what_is_left_of_its_cell() {
        let home = cells(1)[0];
        let zip = home.parent(6).expect("a parent");
        let mut requests: Vec<_> = (0..5).map(|address| at(home, address)).collect();
        requests.extend((10..15).map(|address| at(zip, address)));
        let areas = shown(&requests);
        assert_eq!(areas.len(), 2);
        let rest = areas.iter().find(|area| area.area == format!("{zip}-rest"));
        let rest = rest.expect("shown");
        assert_eq!(rest.count, 5);
        assert!(!cells_of(rest).contains(&home));
        // Where nothing is left to draw it in, it goes on to the coarser cell.
        let mut all: Vec<_> = children(zip)
            .flat_map(|cell| (0..5).map(move |address| at(cell, address)))
            .collect();
        all.extend((10..15).map(|address| at(zip, address)));
        let parent = zip.parent(5).expect("a parent");
        let areas = shown(&all);
        assert!(
            areas
                .iter()
                .any(|area| area.area == format!("{parent}-rest"))
        );
    }

    #[test]
    fn districts_roll_up_into_their_division_and_unknown_ones_are_unknown() {
        let set: BoundarySet =
            toml::from_str("id = 'rd'\nname = ['n']\ndigits = 4\npart_of = 2").expect("a set");
        let ring = vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)];
        let known = ["0101", "0102", "0103", "0201"];
        let areas = Areas(
            known
                .map(|name| (name.to_owned(), vec![ring.clone()]))
                .into(),
        );
        let names = Names::of(&set, &areas);
        let mut requests = Vec::new();
        for (district, officer, dispatch) in [
            ("0101", 7, 4),
            ("0102", 3, 3),
            ("0103", 2, 0),
            ("0201", 4, 4),
            ("9999", 5, 1),
        ] {
            for (begun_by, count) in [(BegunBy::Officer, officer), (BegunBy::Dispatch, dispatch)] {
                for _ in 0..count {
                    let address = requests.len() as u64;
                    let place = Counted::Area(area_number(district));
                    requests.push(Request {
                        place,
                        begun_by,
                        address,
                    });
                }
            }
        }
        let shown: Vec<_> = publish(&requests, &names)
            .areas
            .into_iter()
            .map(|area| (area.area, area.extent, area.begun_by, area.count))
            .collect();
        let named =
            |names: &[&str]| Extent::Named(names.iter().map(|&name| name.to_owned()).collect());
        let text = str::to_owned;
        assert_eq!(
            shown,
            [
                (
                    text("01-rest"),
                    named(&["0102", "0103"]),
                    BegunBy::Officer,
                    5
                ),
                (text("0101"), named(&["0101"]), BegunBy::Officer, 7),
                (text("unknown"), Extent::Unknown, BegunBy::Officer, 5),
                // 4 and 3 are too few each, and enough together.
                (
                    text("01-rest"),
                    named(&["0101", "0102", "0103"]),
                    BegunBy::Dispatch,
                    7
                ),
            ]
        );
    }
}
