//! A tileset's version: a hash of all that its tiles are drawn from, so that an address which carries it names the same
//! bytes for good.

use blake3::Hasher;

use super::Tileset;
use crate::context::{Context, Which};
use crate::views::geojson::begun_by;
use crate::views::{Picture, rents};

/// Changed with every change of what tiles hold or how: it makes their addresses new.
const FORMAT: &str = "spotlight tiles 1";

/// Ten hexadecimal digits.
pub fn version(picture: &Picture, tileset: &Tileset) -> String {
    let mut hash = Hasher::new();
    text(&mut hash, FORMAT);
    match tileset.areas(picture) {
        _ if matches!(tileset, Tileset::Context(_)) => {
            let Context { transit, cameras } = &*picture.context;
            // Our own types always serialise.
            let bytes = match tileset {
                Tileset::Context(Which::Transit) => {
                    postcard::to_stdvec(&transit.as_ref().map(|layer| &layer.what))
                }
                _ => postcard::to_stdvec(&cameras.as_ref().map(|layer| &layer.what)),
            };
            hash.update(&bytes.unwrap_or_default());
        }
        Some((layer, period)) => {
            text(&mut hash, &period.period);
            for area in &period.rents {
                text(&mut hash, &area.area);
                let (rent, margin) = rents::figures(area.rent);
                hash.update(rents::bound(area.rent).unwrap_or_default().as_bytes());
                hash.update(&rent.unwrap_or_default().to_le_bytes());
                hash.update(&margin.unwrap_or_default().to_le_bytes());
                for polygon in area.shape.fine.iter() {
                    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                        points(&mut hash, ring.coords().map(|c| (c.y, c.x)));
                    }
                }
            }
            // Tiles carry the classes, which are of all periods.
            for from in layer.rents.iter().flat_map(|_| rents::classes(layer)) {
                hash.update(&from.to_le_bytes());
            }
            for area in &period.areas {
                text(&mut hash, &area.area);
                text(&mut hash, begun_by(area.begun_by).unwrap_or_default());
                hash.update(&area.count.to_le_bytes());
                for polygon in area.geometry.iter() {
                    for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                        points(&mut hash, ring.coords().map(|c| (c.y, c.x)));
                    }
                }
            }
        }
        None => {
            let basemap = &picture.city.basemap;
            for ring in &basemap.outline {
                points(&mut hash, ring.iter().copied());
            }
            for street in &basemap.streets {
                text(&mut hash, &street.name);
                hash.update(&[street.rank as u8]);
                points(&mut hash, street.points.iter().copied());
            }
            for (name, lat, lon) in &picture.city.districts {
                text(&mut hash, name);
                points(&mut hash, std::iter::once((*lat, *lon)));
            }
            for coverage in picture.coverage.iter() {
                text(&mut hash, &coverage.name);
                points(&mut hash, coverage.outline.iter().copied());
            }
        }
    }
    hash.finalize().to_hex()[..10].to_owned()
}

fn text(hash: &mut Hasher, text: &str) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

fn points(hash: &mut Hasher, points: impl Iterator<Item = (f64, f64)>) {
    for (lat, lon) in points {
        hash.update(&lat.to_le_bytes());
        hash.update(&lon.to_le_bytes());
    }
    // No coordinate in degrees: what comes next is another line.
    hash.update(&f64::MAX.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::views::fixture;

    #[test]
    fn a_version_is_of_what_is_drawn_and_of_nothing_else() {
        let mut picture = fixture::picture(0);
        let areas = Tileset::find(&picture, "encampments", None).expect("known");
        let of = |picture: &Picture| {
            [&Tileset::Streets, &areas].map(|tileset| version(picture, tileset))
        };
        let first = of(&picture);
        assert_eq!(of(&fixture::picture(5)), first, "no tile holds a sighting");
        picture.coverage = Arc::new(Vec::new());
        let second = of(&picture);
        assert_ne!(second[0], first[0]);
        assert_eq!(second[1], first[1]);
        let mut layers = picture.layers.to_vec();
        layers[0].periods[1].areas[0].count += 1;
        picture.layers = Arc::new(layers);
        assert_ne!(of(&picture)[1], first[1]);
    }
}
