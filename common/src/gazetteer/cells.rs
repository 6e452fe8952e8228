//! How finely a place may be said, and the words for a cell.

use std::collections::HashMap;

use super::index::{Block, Corner, Gazetteer, Street, metres};
use super::{Missing, NotFound, Place, Precision, words};
use crate::cell::Cell;

/// Coordinates farther than this from every known corner are outside the city.
const NEAR_CITY: f64 = 3_000.0;

impl Gazetteer {
    /// The city's name.
    pub fn city(&self) -> &str {
        &self.city
    }

    /// About how much memory it takes.
    pub fn bytes(&self) -> usize {
        // A hash map's entry, with its share of empty ones and of control bytes.
        const ENTRY: usize = 2;
        let ids = |ids: &Vec<u32>| size_of::<u32>() * ids.capacity();
        let street = |street: &Street| {
            size_of::<Street>()
                + street.title.capacity()
                + street.full.capacity()
                + street.joined.capacity()
                + ids(&street.corners)
        };
        let named = |names: &HashMap<String, Vec<u32>>| -> usize {
            let entry = ENTRY * size_of::<(String, Vec<u32>)>();
            let own = |(name, found): (&String, &Vec<u32>)| name.capacity() + ids(found);
            names.len() * entry + names.iter().map(own).sum::<usize>()
        };
        let blocks = self.blocks.values().map(Vec::capacity).sum::<usize>();
        self.streets.iter().map(street).sum::<usize>()
            + self.corners.capacity() * size_of::<Corner>()
            + named(&self.by_alias)
            + named(&self.by_landmark)
            + blocks * size_of::<Block>()
            + self.blocks.len() * ENTRY * size_of::<((u32, u32), Vec<Block>)>()
            + (self.areas.len() + self.landmarks.len()) * 128
            + self.zips.len() * ENTRY * size_of::<(u32, [f64; 4])>()
            + self.known.len() * ENTRY * size_of::<Cell>()
    }

    /// Whether a street of this whole name has a corner or a block here.
    pub fn knows_street(&self, name: &str) -> bool {
        let Some(parts) = words::street_name(name) else {
            return false;
        };
        let streets = self.by_alias.get(&parts.full).into_iter().flatten();
        streets
            .into_iter()
            .any(|&street| self.streets[street as usize].full == parts.full)
    }

    /// South, west, north, east in degrees.
    pub fn bounds(&self) -> [f64; 4] {
        self.bounds
    }

    /// The cell that may be published for a point: resolution 9 where its resolution-8 parent holds at least
    /// [`KNOWN_ENOUGH`](super::KNOWN_ENOUGH) distinct known addresses or intersections, else 8 by the same rule, else 7.
    /// In a river bed a small cell would be the camp itself.
    pub fn published_cell(&self, lat: f64, lon: f64) -> Option<Cell> {
        let fine = Cell::at(lat, lon, 9)?;
        for resolution in [9, 8] {
            if self.known.contains(&fine.parent(resolution - 1)?) {
                return fine.parent(resolution);
            }
        }
        fine.parent(7)
    }

    /// Words for a cell, made from the cell alone: the best known corner near its middle.
    pub fn cell_label(&self, cell: Cell) -> String {
        let middle = cell.center();
        let radius = match cell.resolution() {
            9.. => 400.0,
            8 => 700.0,
            _ => 1_800.0,
        };
        let fame = |corner: &Corner| -> f64 {
            let meets = |street: u32| self.streets[street as usize].corners.len().min(30) as f64;
            meets(corner.a) + meets(corner.b) + if corner.named { 6.0 } else { 0.0 }
        };
        let best = self
            .near(middle, radius)
            .map(|(corner, distance)| (corner, distance / radius - fame(corner) / 60.0))
            .min_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((corner, _)) = best {
            return format!("near {}", self.corner_label(corner));
        }
        let area = self
            .areas
            .iter()
            .map(|area| (area, metres(middle, (area.lat, area.lon))))
            .filter(|(area, distance)| *distance < 1_000.0 * area.square_km.max(1.0).sqrt())
            .min_by(|a, b| a.1.total_cmp(&b.1));
        match area {
            Some((area, _)) => format!("in {}", area.name),
            None if self.city.is_empty() => "in the city".to_owned(),
            None => format!("in {}", self.city),
        }
    }

    pub(super) fn at_point(&self, lat: f64, lon: f64) -> Result<Place, NotFound> {
        // A lost minus sign or swapped numbers are mended only where one reading alone is in the city.
        let readings = [(lat, lon), (lat, -lon), (lon, lat)];
        let place = readings
            .into_iter()
            .find(|&point| self.covers(point))
            .and_then(|(lat, lon)| {
                let cell = self.published_cell(lat, lon)?;
                let label = match self
                    .near((lat, lon), 250.0)
                    .min_by(|a, b| a.1.total_cmp(&b.1))
                {
                    Some((corner, _)) => format!("near {}", self.corner_label(corner)),
                    None => self.cell_label(cell),
                };
                Some(Place {
                    label,
                    lat,
                    lon,
                    cell,
                    precision: Precision::Point,
                })
            });
        place.ok_or_else(|| Missing::OutsideCity.into())
    }

    fn covers(&self, (lat, lon): (f64, f64)) -> bool {
        let [south, west, north, east] = self.bounds;
        (south..=north).contains(&lat)
            && (west..=east).contains(&lon)
            && self.near((lat, lon), NEAR_CITY).next().is_some()
    }

    pub(super) fn corner_label(&self, corner: &Corner) -> String {
        let title = |street: u32| &self.streets[street as usize].title;
        format!("{} & {}", title(corner.a), title(corner.b))
    }

    /// The corners within `radius` metres, and how far they are.
    pub(super) fn near(
        &self,
        middle: (f64, f64),
        radius: f64,
    ) -> impl Iterator<Item = (&Corner, f64)> {
        let reach = radius / 111_000.0;
        let from = self
            .corners
            .partition_point(|corner| corner.lat < middle.0 - reach);
        self.corners[from..]
            .iter()
            .take_while(move |corner| corner.lat <= middle.0 + reach)
            .map(move |corner| (corner, metres(middle, (corner.lat, corner.lon))))
            .filter(move |(_, distance)| *distance <= radius)
    }
}
