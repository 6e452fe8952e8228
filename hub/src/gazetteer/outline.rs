//! A city's boundary from GeoJSON.

use std::fs;
use std::path::Path;

use geojson::{FeatureCollection, GeoJson, GeometryValue};

use super::BuildError;

/// The outer and inner rings, (latitude, longitude), closed as they come.
pub(super) fn read(path: &Path) -> Result<Vec<Vec<(f64, f64)>>, BuildError> {
    let fail = |reason: String| BuildError::Outline {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|source| BuildError::Read {
        path: path.to_owned(),
        source,
    })?;
    let parsed: GeoJson = text
        .parse()
        .map_err(|err: geojson::Error| fail(err.to_string()))?;
    let features = FeatureCollection::try_from(parsed).map_err(|err| fail(err.to_string()))?;
    let mut rings = Vec::new();
    for geometry in features
        .features
        .iter()
        .filter_map(|feature| feature.geometry.as_ref())
    {
        let polygons = match &geometry.value {
            GeometryValue::Polygon { coordinates } => std::slice::from_ref(coordinates),
            GeometryValue::MultiPolygon { coordinates } => coordinates.as_slice(),
            _ => continue,
        };
        for ring in polygons.iter().flatten() {
            rings.push(
                ring.iter()
                    .filter_map(|position| match position.as_slice() {
                        [lon, lat, ..] => Some((*lat, *lon)),
                        _ => None,
                    })
                    .collect(),
            );
        }
    }
    if rings.is_empty() {
        return Err(fail("it has no polygon".to_owned()));
    }
    Ok(rings)
}
