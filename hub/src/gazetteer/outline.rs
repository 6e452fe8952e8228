//! A city's boundary from GeoJSON.

use std::path::Path;

use super::BuildError;
use super::boundaries::{Ring, features, polygons};

/// The outer and inner rings, (latitude, longitude), closed as they come.
pub(super) fn read(path: &Path) -> Result<Vec<Ring>, BuildError> {
    let rings: Vec<Ring> = features(path)?
        .features
        .iter()
        .flat_map(polygons)
        .flatten()
        .collect();
    if rings.is_empty() {
        return Err(BuildError::Outline {
            path: path.to_owned(),
            reason: "it has no polygon".to_owned(),
        });
    }
    Ok(rings)
}
