//! Neighbourhoods from a boundary file: each one's name, middle and size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use geojson::{Feature, FeatureCollection, GeoJson, GeometryValue};

use super::BuildError;
use super::named::plain;
use super::plane::{Plane, Point};

/// A boundary file is far smaller.
const LARGEST: u64 = 128 << 20;

/// A neighbourhood, as the places file's `area`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) middle: (f64, f64),
    pub(super) square_km: f64,
}

pub(super) type Ring = Vec<(f64, f64)>;

/// A file's features, within bounds.
pub(super) fn features(path: &Path) -> Result<FeatureCollection, BuildError> {
    let fail = |reason: String| BuildError::Outline {
        path: path.to_owned(),
        reason,
    };
    let read = |source| BuildError::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST + 1).read_to_string(&mut text))
        .map_err(read)?;
    if text.len() as u64 > LARGEST {
        return Err(fail(format!("it is larger than {LARGEST} bytes")));
    }
    let parsed: GeoJson = text
        .parse()
        .map_err(|error: geojson::Error| fail(error.to_string()))?;
    FeatureCollection::try_from(parsed).map_err(|error| fail(error.to_string()))
}

/// A feature's polygons: each an outer ring and its holes, (latitude, longitude).
pub(super) fn polygons(feature: &Feature) -> Vec<Vec<Ring>> {
    let Some(geometry) = &feature.geometry else {
        return Vec::new();
    };
    let polygons = match &geometry.value {
        GeometryValue::Polygon { coordinates } => std::slice::from_ref(coordinates),
        GeometryValue::MultiPolygon { coordinates } => coordinates.as_slice(),
        _ => return Vec::new(),
    };
    let ring = |ring: &Vec<geojson::Position>| -> Ring {
        ring.iter()
            .filter_map(|position| match position.as_slice() {
                [lon, lat, ..] => Some((*lat, *lon)),
                _ => None,
            })
            .collect()
    };
    polygons
        .iter()
        .map(|rings| rings.iter().map(ring).collect())
        .collect()
}

/// The named areas of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Area>, BuildError> {
    let features = features(path)?;
    let areas: Vec<Area> = features.features.iter().filter_map(area).collect();
    if areas.is_empty() {
        return Err(BuildError::Outline {
            path: path.to_owned(),
            reason: "no polygon of it has a property `name`".to_owned(),
        });
    }
    Ok(areas)
}

fn area(feature: &Feature) -> Option<Area> {
    let name = feature
        .properties
        .as_ref()?
        .iter()
        .find(|(key, value)| key.eq_ignore_ascii_case("name") && value.is_string())
        .and_then(|(_, value)| plain(value.as_str()?))?;
    let polygons = polygons(feature);
    let &(lat, lon) = polygons.first()?.first()?.first()?;
    let on_globe =
        |&(lat, lon): &(f64, f64)| (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
    if !polygons.iter().flatten().flatten().all(on_globe) {
        return None;
    }
    let plane = Plane::around(lat, lon);
    let (mut size, mut x, mut y) = (0.0, 0.0, 0.0);
    for polygon in &polygons {
        for (at, ring) in polygon.iter().enumerate() {
            let (area, middle) = ring_area(ring, plane);
            let area = if at == 0 { area } else { -area };
            size += area;
            x += middle.x * area;
            y += middle.y * area;
        }
    }
    (size > 1.0).then(|| Area {
        name,
        middle: plane.unproject(Point {
            x: x / size,
            y: y / size,
        }),
        square_km: size / 1e6,
    })
}

/// A ring's size in square metres, whichever way it runs, and its centroid.
fn ring_area(ring: &Ring, plane: Plane) -> (f64, Point) {
    let points: Vec<Point> = ring.iter().map(|&at| plane.project(at)).collect();
    let (mut twice, mut x, mut y) = (0.0, 0.0, 0.0);
    for (at, a) in points.iter().enumerate() {
        let b = points[(at + 1) % points.len()];
        let cross = a.x * b.y - b.x * a.y;
        twice += cross;
        x += (a.x + b.x) * cross;
        y += (a.y + b.y) * cross;
    }
    if twice == 0.0 {
        return (0.0, Point { x: 0.0, y: 0.0 });
    }
    let middle = Point {
        x: x / (3.0 * twice),
        y: y / (3.0 * twice),
    };
    (twice.abs() / 2.0, middle)
}
