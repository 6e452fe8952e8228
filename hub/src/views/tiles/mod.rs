//! The map as vector tiles: streets, coverage and the areas of open data, for the living map and for other programs.
//!
//! No tile holds a sighting: those come as events only, and fade where they are shown.

mod context;
mod draw;
pub mod grid;
pub mod json;
mod mvt;
#[cfg(test)]
mod read;
mod version;

use crate::city::City;
use crate::context::Which;
use crate::views::layers::{Layer, Period};
use crate::views::{Picture, geojson};
use grid::Square;
pub use version::version;

/// The id of the tileset that is not of open data.
pub const STREETS: &str = "streets";
/// The id of the tileset beneath ours.
pub const BASEMAP: &str = "basemap";

/// What a tile is of, besides its square.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Tileset {
    /// The city, its streets and the names of its districts; coverage, and what lies outside it.
    Streets,
    /// A period of a layer.
    Areas { layer: String, period: String },
    /// A context layer.
    Context(Which),
}

impl Tileset {
    /// What an address asks for, the newest period if it names none; else why there is no such.
    pub fn find(picture: &Picture, id: &str, period: Option<&str>) -> Result<Self, &'static str> {
        if id == STREETS {
            return Ok(Self::Streets);
        }
        if let Some(which) = Which::of(id).filter(|which| has(picture, *which)) {
            return Ok(Self::Context(which));
        }
        let (layer, period) = geojson::find(picture, id, period)?;
        Ok(Self::of(layer, period))
    }

    pub fn of(layer: &Layer, period: &Period) -> Self {
        Self::Areas {
            layer: layer.id.clone(),
            period: period.period.clone(),
        }
    }

    /// The layer and the period, if they are still there.
    fn areas<'a>(&self, picture: &'a Picture) -> Option<(&'a Layer, &'a Period)> {
        match self {
            Self::Streets | Self::Context(_) => None,
            Self::Areas { layer, period } => geojson::find(picture, layer, Some(period)).ok(),
        }
    }
}

fn has(picture: &Picture, which: Which) -> bool {
    match which {
        Which::Transit => picture.context.transit.is_some(),
        Which::Cameras => picture.context.cameras.is_some(),
    }
}

/// A tile's bytes; none where it is empty.
pub fn tile(picture: &Picture, tileset: &Tileset, square: Square) -> Vec<u8> {
    match tileset {
        Tileset::Streets => draw::streets(picture, square),
        Tileset::Context(Which::Transit) => match &picture.context.transit {
            Some(layer) => context::transit(&layer.what, square),
            None => Vec::new(),
        },
        Tileset::Context(Which::Cameras) => match &picture.context.cameras {
            Some(layer) => context::cameras(&layer.what, square),
            None => Vec::new(),
        },
        Tileset::Areas { .. } => match tileset.areas(picture) {
            Some((layer, period)) => draw::areas(picture, layer, period, square),
            None => Vec::new(),
        },
    }
}

/// South, west, north and east of what there are tiles of: the city, and as much again on each side, so that a map which
/// is moved beyond it still says that there is no data.
pub fn bounds(city: &City) -> (f64, f64, f64, f64) {
    let (south, west, north, east) = city.bounds;
    let (high, wide) = (north - south, east - west);
    let short = |degrees: f64| (degrees * 1e6).round() / 1e6;
    (
        short((south - high).max(-85.0)),
        short((west - wide).max(-180.0)),
        short((north + high).min(85.0)),
        short((east + wide).min(180.0)),
    )
}
