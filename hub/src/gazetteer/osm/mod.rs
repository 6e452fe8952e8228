//! OpenStreetMap as facts of streets: which streets share a node, how each runs, and what is named.
//!
//! A file is read twice: nodes come before the ways that say which of them are wanted. Only these are kept, so that
//! memory grows with the named streets, not with the file.

mod pbf;
mod xml;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::BuildError;
use super::named::{self, Named};
use super::plane::Plane;
use super::rows;

/// What the licence asks to be said wherever its facts go.
pub(super) const ATTRIBUTION: &str =
    "(c) OpenStreetMap contributors, ODbL 1.0, openstreetmap.org/copyright";

/// A file with more places of named streets than this is no city's.
const MOST_NODES: usize = 5_000_000;

/// Nodes of one pair of streets as near as this are one corner: the carriageways of a boulevard.
const ONE_CORNER: f64 = 120.0;

/// Ways that are no street, whatever their name.
const NOT_STREETS: &[&str] = &[
    "footway",
    "path",
    "cycleway",
    "steps",
    "corridor",
    "bridleway",
    "elevator",
    "platform",
    "proposed",
    "construction",
    "raceway",
    "bus_stop",
    "rest_area",
    "services",
    "abandoned",
    "razed",
];

/// A node or a way, as either format has it.
pub(super) enum Element<'a> {
    Node { id: i64, at: (f64, f64) },
    Way { nodes: &'a [i64] },
}

/// What a map says.
#[derive(Debug, Default)]
pub(super) struct Map {
    /// Two streets in alphabetical order, and where they meet.
    pub(super) corners: Vec<(String, String, (f64, f64))>,
    /// Each way of a street.
    pub(super) ways: BTreeMap<String, Vec<Vec<(f64, f64)>>>,
    pub(super) named: Vec<Named>,
}

/// What the first reading leaves for the second.
#[derive(Default)]
struct Wanted {
    /// Streets by their ways' nodes.
    streets: Vec<(String, Vec<i64>)>,
    /// Named ways that are no streets, with one of their nodes.
    named: Vec<(named::Kind, String, i64)>,
    /// Filled by the second reading.
    places: HashMap<i64, Option<(f64, f64)>>,
}

/// Reads a map: OSM XML, plain, `.gz` or `.bz2`, or PBF.
pub(super) fn read(path: &Path, map: &mut Map) -> Result<(), BuildError> {
    let mut wanted = Wanted::default();
    each(path, &mut |element, tags| {
        if let Element::Way { nodes } = element {
            wanted.way(nodes, tags)?;
        }
        Ok(())
    })?;
    each(path, &mut |element, tags| {
        if let Element::Node { id, at } = element {
            if let Some(place) = wanted.places.get_mut(&id) {
                *place = Some(at);
            }
            if let Some((kind, name)) = named::of_tags(tags) {
                map.named.push(Named { kind, name, at });
            }
        }
        Ok(())
    })?;
    wanted.finish(map);
    Ok(())
}

type Visit<'a> = dyn FnMut(Element<'_>, &[(&str, &str)]) -> Result<(), String> + 'a;

fn each(path: &Path, visit: &mut Visit<'_>) -> Result<(), BuildError> {
    let done = if path.extension().is_some_and(|extension| extension == "pbf") {
        pbf::each(path, visit)
    } else {
        xml::each(path, visit)
    };
    done.map_err(|reason| BuildError::Input {
        path: path.to_owned(),
        what: "a map of OpenStreetMap",
        reason,
    })
}

impl Wanted {
    fn way(&mut self, nodes: &[i64], tags: &[(&str, &str)]) -> Result<(), String> {
        let tag = |key: &str| {
            tags.iter()
                .find(|(k, _)| *k == key)
                .map(|(_, value)| *value)
        };
        let street = tag("highway").filter(|kind| !NOT_STREETS.contains(kind));
        if street.is_some() {
            let name = tag("name").and_then(|name| rows::street_name(&name.to_uppercase()));
            if let Some(name) = name.filter(|_| nodes.len() > 1) {
                self.places.extend(nodes.iter().map(|&node| (node, None)));
                self.streets.push((name, nodes.to_vec()));
            }
        } else if let (Some((kind, name)), Some(&node)) = (named::of_tags(tags), nodes.first()) {
            self.places.insert(node, None);
            self.named.push((kind, name, node));
        }
        if self.places.len() > MOST_NODES {
            return Err(format!(
                "it has more than {MOST_NODES} places of streets; cut the city out of it first"
            ));
        }
        Ok(())
    }

    fn finish(self, map: &mut Map) {
        let place = |node: &i64| self.places.get(node).copied().flatten();
        let mut streets_at: HashMap<i64, Vec<&String>> = HashMap::new();
        for (name, nodes) in &self.streets {
            for node in nodes {
                let streets = streets_at.entry(*node).or_default();
                if !streets.contains(&name) {
                    streets.push(name);
                }
            }
            let line: Vec<(f64, f64)> = nodes.iter().filter_map(place).collect();
            if line.len() > 1 {
                map.ways.entry(name.clone()).or_default().push(line);
            }
        }
        let mut pairs: BTreeMap<(&String, &String), Vec<(f64, f64)>> = BTreeMap::new();
        for (node, mut streets) in streets_at {
            streets.sort_unstable();
            let Some(at) = place(&node) else { continue };
            for (index, a) in streets.iter().enumerate() {
                for b in &streets[index + 1..] {
                    pairs.entry((a, b)).or_default().push(at);
                }
            }
        }
        for ((a, b), places) in pairs {
            for at in merged(places) {
                map.corners.push((a.clone(), b.clone(), at));
            }
        }
        for (kind, name, node) in &self.named {
            if let Some(at) = place(node) {
                map.named.push(Named {
                    kind: *kind,
                    name: name.clone(),
                    at,
                });
            }
        }
    }
}

/// The middle of each group of places near each other.
fn merged(mut places: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    places.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut groups: Vec<Vec<(f64, f64)>> = Vec::new();
    for at in places {
        let plane = Plane::around(at.0, at.1);
        let near =
            |other: &(f64, f64)| plane.project(*other).distance(plane.project(at)) <= ONE_CORNER;
        match groups.iter_mut().find(|group| group.iter().any(near)) {
            Some(group) => group.push(at),
            None => groups.push(vec![at]),
        }
    }
    let middle = |group: &Vec<(f64, f64)>| {
        let count = group.len() as f64;
        group.iter().fold((0.0, 0.0), |sum, at| {
            (sum.0 + at.0 / count, sum.1 + at.1 / count)
        })
    };
    groups.iter().map(middle).collect()
}

/// A reader that gives up where one element of a file is larger than any may be.
struct Bounded<R> {
    inner: R,
    left: Allowance,
}

/// How many bytes may still be read before the next [`Allowance::renew`].
#[derive(Clone, Default)]
struct Allowance(Arc<AtomicU64>);

impl Allowance {
    fn renew(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.0.load(Ordering::Relaxed);
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        if most == 0 && !buffer.is_empty() {
            return Err(io::Error::other("one of its elements is too large"));
        }
        let read = self.inner.read(&mut buffer[..most])?;
        self.left.0.store(left - read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
