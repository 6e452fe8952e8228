//! Vector tiles and what describes them, drawn off the async threads and kept ready to send.
//!
//! A tile depends on layers, coverage and streets, and not on sightings: what is kept outlasts the pictures, and goes when
//! one of those is exchanged.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::city::City;
use crate::context::Context;
use crate::http::bodies::Unready;
use crate::http::forms::{FOR_GOOD, Forms};
use crate::http::{Asking, Shared, answer, asked, basemap};
use crate::views::layers::Layer;
use crate::views::tiles::grid::Square;
use crate::views::tiles::{self, BASEMAP, Tileset, json};
use crate::views::{Coverage, Picture};

/// Most tiles kept; of about 10 kB in their three forms, 10 MB.
const MOST_KEPT: usize = 1024;

pub const MVT: &str = "application/vnd.mapbox-vector-tile";

pub struct Tiles {
    kept: Mutex<Kept>,
    most_kept: usize,
}

#[derive(Default)]
struct Kept {
    of: Option<DrawnFrom>,
    versions: HashMap<Tileset, String>,
    tiles: HashMap<(Tileset, Square), Forms>,
}

/// All that tiles are drawn from.
#[derive(Clone)]
struct DrawnFrom(Arc<City>, Arc<Vec<Layer>>, Arc<Vec<Coverage>>, Arc<Context>);

impl DrawnFrom {
    fn of(picture: &Picture) -> Self {
        let Picture {
            city,
            layers,
            coverage,
            context,
            ..
        } = picture;
        Self(
            city.clone(),
            layers.clone(),
            coverage.clone(),
            context.clone(),
        )
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
            && Arc::ptr_eq(&self.1, &other.1)
            && Arc::ptr_eq(&self.2, &other.2)
            && Arc::ptr_eq(&self.3, &other.3)
    }
}

impl Tiles {
    /// The tiles of one of so many cities, which keep together as many as one alone would.
    pub fn one_of(cities: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most_kept: MOST_KEPT / cities.max(1),
        }
    }

    /// What is kept of what a picture's tiles are drawn from.
    fn kept(&self, of: &DrawnFrom) -> MutexGuard<'_, Kept> {
        let mut kept = self
            .kept
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if !kept.of.as_ref().is_some_and(|kept| kept.is(of)) {
            *kept = Kept {
                of: Some(of.clone()),
                ..Kept::default()
            };
        }
        kept
    }

    fn version(&self, picture: &Picture, tileset: &Tileset) -> String {
        let mut kept = self.kept(&DrawnFrom::of(picture));
        let version = kept.versions.entry(tileset.clone());
        version
            .or_insert_with(|| tiles::version(picture, tileset))
            .clone()
    }

    fn find(&self, of: &DrawnFrom, key: &(Tileset, Square)) -> Option<Forms> {
        self.kept(of).tiles.get(key).cloned()
    }

    fn keep(&self, of: &DrawnFrom, key: (Tileset, Square), forms: Forms) {
        let mut kept = self.kept(of);
        if kept.tiles.len() >= self.most_kept {
            kept.tiles.clear();
        }
        kept.tiles.insert(key, forms);
    }
}

/// `/tiles/{layer}/{z}/{x}/{y}.mvt`
pub async fn tile(
    State(shared): State<Shared>,
    Path((layer, z, x, y)): Path<(String, String, String, String)>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    let (asked, picture) = (asked(query), shared.picture());
    if let Some(basemap) = picture.basemap.as_ref().filter(|_| layer == BASEMAP) {
        return basemap::tile(basemap, (&z, &x, &y), asked.version.as_deref(), &headers).await;
    }
    let tileset = match Tileset::find(&picture, &layer, asked.period.as_deref()) {
        Ok(tileset) => tileset,
        Err(reason) => return answer::refusal(reason),
    };
    let square = y
        .strip_suffix(".mvt")
        .and_then(|y| Square::parse(&z, &x, y));
    let Some(square) = square else {
        return answer::refusal("there is no such tile; the layer's TileJSON says which there are");
    };
    if !square.touches(tiles::bounds(&picture.city)) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let version = shared.0.tiles.version(&picture, &tileset);
    let keeping = match asked.version {
        Some(asked) if asked == version => FOR_GOOD,
        _ => "no-cache",
    };
    match drawn(&shared, picture, (tileset, square)).await {
        Ok(forms) => forms.answer(MVT, keeping, &headers),
        Err(Unready::Full) => answer::full(),
        Err(Unready::Failed) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// `/tiles/{layer}.json`
pub async fn tilejson(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    query: Asking,
    headers: HeaderMap,
) -> Response {
    let picture = shared.picture();
    let layer = name.strip_suffix(".json").unwrap_or_default();
    if let Some(basemap) = picture.basemap.as_ref().filter(|_| layer == BASEMAP) {
        let json = json::of_basemap(basemap).to_string();
        return Forms::of(json.into_bytes()).answer("application/json", "no-cache", &headers);
    }
    match Tileset::find(&picture, layer, asked(query).period.as_deref()) {
        Ok(tileset) => {
            let json = json::tilejson(&picture, &tileset).to_string();
            Forms::of(json.into_bytes()).answer("application/json", "no-cache", &headers)
        }
        Err(reason) => answer::refusal(reason),
    }
}

async fn drawn(
    shared: &Shared,
    picture: Arc<Picture>,
    key: (Tileset, Square),
) -> Result<Forms, Unready> {
    let of = DrawnFrom::of(&picture);
    if let Some(forms) = shared.0.tiles.find(&of, &key) {
        return Ok(forms);
    }
    let turn = shared.0.bodies.turn().await?;
    // Drawn by whoever had the turn before, perhaps.
    if let Some(forms) = shared.0.tiles.find(&of, &key) {
        return Ok(forms);
    }
    let work = {
        let shared = shared.clone();
        move || {
            let _turn = turn;
            let forms = Forms::of(tiles::tile(&picture, &key.0, key.1));
            shared.0.tiles.keep(&of, key, forms.clone());
            forms
        }
    };
    let drawn = tokio::task::spawn_blocking(work).await;
    drawn.map_err(|_| Unready::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn tiles_are_kept_until_what_they_are_drawn_from_changes() {
        let tiles = Tiles::one_of(1);
        let mut picture = fixture::picture(1);
        let square = Square { z: 12, x: 1, y: 1 };
        let key = (Tileset::Streets, square);
        tiles.keep(&DrawnFrom::of(&picture), key.clone(), Forms::of(vec![1]));
        picture.sightings.clear();
        assert!(tiles.find(&DrawnFrom::of(&picture), &key).is_some());
        picture.coverage = Arc::default();
        assert!(tiles.find(&DrawnFrom::of(&picture), &key).is_none());
        for x in 0..2 * MOST_KEPT as u32 {
            let key = (Tileset::Streets, Square { x, ..square });
            tiles.keep(&DrawnFrom::of(&picture), key, Forms::of(Vec::new()));
            assert!(tiles.kept(&DrawnFrom::of(&picture)).tiles.len() <= MOST_KEPT);
        }
    }
}
