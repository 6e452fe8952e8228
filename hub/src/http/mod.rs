//! The public server: every view behind its address, kept ready to send, and the stream of what changes.
//!
//! The hub's only listener that faces readers. It takes no input but addresses and one short form (`gone`), sets no cookie
//! and writes no access log.

mod answer;
#[cfg(test)]
pub mod ask;
mod assets;
mod basemap;
mod bodies;
mod connections;
mod events;
mod folder;
mod forms;
mod gone;
mod icons;
pub mod metrics;
mod openapi;
mod serve;
mod tiles;
mod viewers;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware;
use axum::response::Response;
use axum::routing::{get, post};
use spotlight_common::clock::Clock;
use tokio::sync::watch;

use crate::context::Which;
use crate::http::answer::{plain, secured, unknown};
use crate::http::bodies::{Bodies, Key};
pub use crate::http::serve::serve;
use crate::left::Left;
use crate::views::choice::{Choice, Shape, When};
use crate::views::find::{Point, Search};
use crate::views::projection::{MAX_ZOOM, View};
use crate::views::words::{Lang, Languages};
use crate::views::{Picture, geojson, sweeps as announced};

/// What every handler sees; cheap to clone.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    pictures: watch::Receiver<Arc<Picture>>,
    clock: Clock,
    bodies: Bodies,
    tiles: Arc<tiles::Tiles>,
    viewers: Arc<tokio::sync::Semaphore>,
    left: Arc<Left>,
    closing: Arc<watch::Sender<bool>>,
    /// What is served in folders of the same server, each a city of a hub of several.
    folders: Vec<(String, Shared)>,
}

impl Shared {
    /// Serves the newest of `pictures`; whoever holds the other end sends one on every change.
    pub fn new(pictures: watch::Receiver<Arc<Picture>>, clock: Clock) -> Self {
        Self::noting(pictures, clock, Arc::default())
    }

    /// The same; what readers say of sightings goes into `left`.
    pub(crate) fn noting(
        pictures: watch::Receiver<Arc<Picture>>,
        clock: Clock,
        left: Arc<Left>,
    ) -> Self {
        Self::with_folders(pictures, Vec::new(), clock, left)
    }

    /// The same, and in folders other pictures. All of them together may cost what one does: readers, renderings and what is
    /// kept ready. The first folder shows the same city as the top.
    pub(crate) fn with_folders(
        pictures: watch::Receiver<Arc<Picture>>,
        folders: Vec<(String, watch::Receiver<Arc<Picture>>)>,
        clock: Clock,
        left: Arc<Left>,
    ) -> Self {
        let share = 1 + folders.len();
        let top = Inner {
            left,
            pictures,
            clock,
            bodies: Bodies::one_of(share),
            tiles: Arc::new(tiles::Tiles::one_of(share)),
            viewers: Arc::new(tokio::sync::Semaphore::new(events::most_viewers())),
            closing: Arc::new(watch::Sender::new(false)),
            folders: Vec::new(),
        };
        let folders = folders.into_iter().enumerate();
        let folders = folders.map(|(n, (folder, pictures))| {
            let inner = Inner {
                left: top.left.clone(),
                pictures,
                clock: top.clock.clone(),
                bodies: Bodies::beside(&top.bodies),
                tiles: match n {
                    0 => top.tiles.clone(),
                    _ => Arc::new(tiles::Tiles::one_of(share)),
                },
                viewers: top.viewers.clone(),
                closing: top.closing.clone(),
                folders: Vec::new(),
            };
            (folder, Self(Arc::new(inner)))
        });
        let folders = folders.collect();
        Self(Arc::new(Inner { folders, ..top }))
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// This and what is served in its folders.
    fn all(&self) -> impl Iterator<Item = &Self> {
        let folders = self.0.folders.iter().map(|(_, shared)| shared);
        std::iter::once(self).chain(folders)
    }

    fn picture(&self) -> Arc<Picture> {
        self.0.pictures.borrow().clone()
    }
}

/// Every address that readers may ask for. All links are relative, so it also works under a folder of a proxy.
pub fn router(shared: Shared) -> Router {
    let mut router = addresses(shared.clone());
    for (folder, shared) in &shared.0.folders {
        router = router
            .route(&format!("/{folder}"), get(folder::enter))
            .nest(&format!("/{folder}/"), addresses(shared.clone()));
    }
    router.layer(middleware::map_response(secured))
}

/// Those of one city.
fn addresses(shared: Shared) -> Router {
    Router::new()
        .route("/", get(map))
        .route("/list", get(list))
        .route("/about", get(about))
        .route("/feed.atom", get(feed))
        .route("/sweeps", get(sweeps))
        .route("/sweeps.ics", get(calendar))
        .route("/sweeps/{area}", get(calendar_of))
        .route("/openapi.json", get(description))
        .route("/poster", get(poster))
        .route("/sw.js", get(worker))
        .route("/manifest.webmanifest", get(manifest))
        .route("/icon.svg", get(icons::drawing))
        .route("/icon-192.png", get(icons::small))
        .route("/icon-512.png", get(icons::large))
        .route("/api/v1/sightings.geojson", get(sightings))
        .route("/api/v1/sightings.csv", get(sightings_table))
        .route("/api/v1/sweeps.geojson", get(sweeps_data))
        .route("/api/v1/cities", get(cities))
        .route("/api/v1/layers", get(layers))
        .route("/api/v1/layers/{layer}", get(layer))
        .route("/api/v1/layers/transit.geojson", get(transit))
        .route("/api/v1/layers/cameras.geojson", get(cameras))
        .route("/api/v1/events", get(events::stream))
        .route("/api/v1/gone", post(gone::post))
        .route("/tiles/{layer}", get(tiles::tilejson))
        .route("/tiles/{layer}/{z}/{x}/{y}", get(tiles::tile))
        .route("/assets/{name}", get(assets::serve))
        .route("/healthz", get(healthy))
        .fallback(unknown)
        .with_state(shared)
}

/// What an address may carry; anything that it does not understand is as if it were not there, and of two of a name the
/// first counts. Not to be printed: it holds what a reader looks for.
#[derive(Default)]
struct Asked {
    lang: Option<String>,
    view: Option<String>,
    period: Option<String>,
    before: Option<String>,
    transit: Option<String>,
    cameras: Option<String>,
    layer: Option<String>,
    by: Option<String>,
    at: Option<String>,
    q: Option<String>,
    embed: Option<String>,
    kept: Option<String>,
    version: Option<String>,
}

impl Asked {
    fn of(fields: Vec<(String, String)>) -> Self {
        let mut asked = Self::default();
        for (name, value) in fields {
            let place = match name.as_str() {
                "lang" => &mut asked.lang,
                "view" => &mut asked.view,
                "period" => &mut asked.period,
                "before" => &mut asked.before,
                "transit" => &mut asked.transit,
                "cameras" => &mut asked.cameras,
                "layer" => &mut asked.layer,
                "by" => &mut asked.by,
                "at" => &mut asked.at,
                "q" => &mut asked.q,
                "embed" => &mut asked.embed,
                "kept" => &mut asked.kept,
                "v" => &mut asked.version,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        asked
    }

    /// The language that the address names.
    fn named(&self, languages: &Languages) -> Option<Lang> {
        languages.named(self.lang.as_deref()?)
    }

    /// That or the one that the browser asks for.
    fn lang(&self, languages: &Languages, headers: &HeaderMap) -> Lang {
        let header = headers.get(header::ACCEPT_LANGUAGE);
        let accepted = || languages.accepted(header?.to_str().ok()?);
        let lang = self.named(languages).or_else(accepted);
        lang.unwrap_or(languages.first())
    }

    fn shape(&self) -> Shape {
        let is_set = |value: &Option<String>| value.as_deref() == Some("1");
        match (is_set(&self.kept), is_set(&self.embed)) {
            (true, _) => Shape::Kept,
            (false, true) => Shape::Embedded,
            (false, false) => Shape::Whole,
        }
    }

    /// Only what the picture knows, so that there are not more pages than layers, periods and views. `place` is where the
    /// pin is.
    fn choice(&self, picture: &Picture, lang: Lang, place: Option<Point>) -> Choice {
        let mut layers = picture.layers.iter();
        let asked = self.layer.as_deref();
        let layer = layers
            .find(|layer| asked == Some(&*layer.id))
            .or(picture.layers.first());
        let known = |period: &str| {
            layer.is_some_and(|layer| layer.periods.iter().any(|p| p.period == period))
        };
        let when = match self.period.as_deref() {
            Some("none") => When::Hidden,
            Some(period) if known(period) => When::Of(period.to_owned()),
            _ => When::Newest,
        };
        let before = self.before.clone().filter(|period| known(period));
        // What comes first needs no name.
        let chosen = layer.filter(|layer| {
            let first = picture.layers.first();
            first.is_some_and(|first| first.id != layer.id)
        });
        let parts = layer
            .map(|layer| layer.begun_by.as_slice())
            .unwrap_or_default();
        let mut parts = parts.iter().skip(1);
        let by = self.by.as_deref();
        let part = parts.find(|part| by.is_some() && geojson::begun_by(**part) == by);
        let view = match self.view.as_deref() {
            Some("city") => View::CITY,
            Some("now") => View::Now,
            Some(view) => area(view, picture)
                .or_else(|| on_grid(view))
                .unwrap_or_default(),
            None => place.map_or(View::Now, |place| place.view(&picture.city)),
        };
        Choice {
            lang,
            view,
            layer: chosen.map(|layer| layer.id.clone()),
            begun_by: part.copied(),
            when,
            before,
            hides_transit: picture.context.transit.is_some()
                && self.transit.as_deref() == Some("off"),
            shows_cameras: picture.context.cameras.is_some()
                && self.cameras.as_deref() == Some("on"),
            place,
            shape: self.shape(),
        }
    }
}

/// `area.n`, if there is coverage of that number.
fn area(text: &str, picture: &Picture) -> Option<View> {
    let n: u8 = text.strip_prefix("area.")?.parse().ok()?;
    (usize::from(n) < picture.coverage.len()).then_some(View::Area(n))
}

/// `zoom.x.y`, if it is on the grid.
fn on_grid(text: &str) -> Option<View> {
    let mut parts = text.splitn(3, '.');
    let z: u8 = parts.next()?.parse().ok()?;
    let x: u16 = parts.next()?.parse().ok()?;
    let y: u16 = parts.next()?.parse().ok()?;
    let last = 4_u16 << z.min(MAX_ZOOM);
    (z <= MAX_ZOOM && x <= last && y <= last).then_some(View::Grid { z, x, y })
}

/// The address's query, or none where it makes no sense.
type Asking = Result<Query<Vec<(String, String)>>, axum::extract::rejection::QueryRejection>;

fn asked(query: Asking) -> Asked {
    Asked::of(query.map(|Query(all)| all).unwrap_or_default())
}

async fn map(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let (asked, picture) = (asked(query), shared.picture());
    let lang = asked.lang(&picture.languages, &headers);
    let is_framed = asked.shape() == Shape::Embedded;
    let text = asked.q.as_deref();
    let response = match text.and_then(|text| Search::words(text, &picture)) {
        Some(search) => {
            let choice = asked.choice(&picture, lang, search.found());
            bodies::respond_once(shared, choice, search, headers).await
        }
        None => {
            let place = asked.at.as_deref();
            let place = place.and_then(|at| Point::parse(at, &picture));
            let choice = asked.choice(&picture, lang, place);
            bodies::respond(shared, Key::Map(choice), headers).await
        }
    };
    match is_framed {
        true => answer::framed(response),
        false => response,
    }
}

async fn list(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let lang = asked(query).lang(&shared.picture().languages, &headers);
    bodies::respond(shared, Key::List(lang), headers).await
}

async fn about(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let lang = asked(query).lang(&shared.picture().languages, &headers);
    bodies::respond(shared, Key::About(lang), headers).await
}

async fn poster(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let lang = asked(query).named(&shared.picture().languages);
    bodies::respond(shared, Key::Poster(lang), headers).await
}

async fn manifest(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let languages = &shared.picture().languages;
    let lang = asked(query).named(languages);
    let key = Key::Manifest(lang.unwrap_or(languages.first()));
    bodies::respond(shared, key, headers).await
}

/// Beside the pages, so that its scope is theirs.
async fn worker(State(shared): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    match assets::worker() {
        Some(worker) => bodies::respond(shared, Key::Worker(worker), headers).await,
        None => unknown(State(shared), uri).await,
    }
}

async fn sightings(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::Sightings, headers).await
}

async fn sightings_table(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::SightingsTable, headers).await
}

/// By its address alone: a feed stays what it is, whoever reads it.
async fn feed(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let languages = &shared.picture().languages;
    let lang = asked(query).named(languages);
    let key = Key::Feed(lang.unwrap_or(languages.first()));
    bodies::respond(shared, key, headers).await
}

async fn sweeps(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let lang = asked(query).lang(&shared.picture().languages, &headers);
    bodies::respond(shared, Key::Sweeps(lang), headers).await
}

/// By its address alone, as the feed.
async fn calendar(State(shared): State<Shared>, query: Asking, headers: HeaderMap) -> Response {
    let languages = &shared.picture().languages;
    let lang = asked(query).named(languages).unwrap_or(languages.first());
    bodies::respond(shared, Key::Calendar(None, lang), headers).await
}

async fn calendar_of(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    query: Asking,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let picture = shared.picture();
    let slug = name.strip_suffix(".ics");
    let Some(area) = slug.and_then(|slug| announced::area_of(&picture, slug)) else {
        return unknown(State(shared), uri).await;
    };
    let languages = &picture.languages;
    let lang = asked(query).named(languages).unwrap_or(languages.first());
    let key = Key::Calendar(Some(area.to_owned()), lang);
    bodies::respond(shared, key, headers).await
}

async fn sweeps_data(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::SweepsData, headers).await
}

async fn cities(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::Cities, headers).await
}

async fn layers(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::Layers, headers).await
}

async fn layer(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    query: Asking,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let key = match name.rsplit_once('.') {
        Some((_, "geojson")) => Key::Layer,
        Some((_, "csv")) => Key::LayerTable,
        _ => return unknown(State(shared), uri).await,
    };
    let layer = name.rsplit_once('.').map_or(&*name, |(layer, _)| layer);
    let found = geojson::find(&shared.picture(), layer, asked(query).period.as_deref())
        .map(|(layer, period)| key(layer.id.clone(), period.period.clone()));
    match found {
        Ok(key) => bodies::respond(shared, key, headers).await,
        Err(reason) => answer::refusal(reason),
    }
}

async fn transit(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    beside(shared, Which::Transit, headers).await
}

async fn cameras(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    beside(shared, Which::Cameras, headers).await
}

/// A context layer, which has no periods.
async fn beside(shared: Shared, which: Which, headers: HeaderMap) -> Response {
    let picture = shared.picture();
    let is_there = match which {
        Which::Transit => picture.context.transit.is_some(),
        Which::Cameras => picture.context.cameras.is_some(),
    };
    match is_there {
        true => bodies::respond(shared, Key::Context(which), headers).await,
        false => answer::refusal("this hub has no such layer; /api/v1/layers lists them"),
    }
}

async fn description(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    bodies::respond(shared, Key::Description, headers).await
}

async fn healthy() -> Response {
    plain("ok\n")
}

#[cfg(test)]
mod tests;
