//! Bodies ready to send: each view is rendered and compressed once per change, then only copied.
//!
//! A body is good for one picture and until a given second: the earliest `fades_at` that it shows, and where it says the
//! time or an age, the end of the minute at most. After that, or when the clock was set back, it is made anew,
//! whoever else should have sent a new picture. So what has faded is never sent, from any of these.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::context::Which;
use crate::http::forms::{Form, accepted, brotli, gzip, gzip_piece, tag};
use crate::http::{Shared, answer, assets, forms, openapi};
use crate::views::choice::{Choice, When};
use crate::views::context;
use crate::views::find::Search;
use crate::views::projection::View;
use crate::views::words::Lang;
use crate::views::{Picture, current, geojson, ics, sweeps, time, upcoming};
use crate::views::{about, atom, cities, csv, install, page, poster};

/// Views that are not everybody's first are rendered so many at a time, for the same threads store reports and erase them.
const RENDERING: usize = 2;
/// So many more wait for their turn, a second at most; the others are told that the hub is full.
const WAITING: usize = 64;
/// Most bodies kept; with map pages of about 150 kB in their three forms, 10 MB.
const MOST_KEPT: usize = 64;
/// But of each city of a hub of several at least so many.
const LEAST_KEPT: usize = 24;

/// A page: without a language in its address it is in the one that the browser asks for.
const HTML: &str = "text/html; charset=utf-8";

/// A view, by what it depends on besides the picture.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    Map(Choice),
    List(Lang),
    About(Lang),
    Feed(Lang),
    Poster(Option<Lang>),
    Manifest(Lang),
    Worker(&'static str),
    Sightings,
    SightingsTable,
    Sweeps(Lang),
    /// Of an area, or of all.
    Calendar(Option<String>, Lang),
    SweepsData,
    Cities,
    Layers,
    Layer(String, String),
    LayerTable(String, String),
    Context(Which),
    Event,
    Description,
}

impl Key {
    /// Whether its body may be kept: not one with a place that a reader looked for.
    fn is_kept(&self) -> bool {
        !matches!(self, Self::Map(choice) if choice.place.is_some())
    }

    /// Whether it is of the few that most readers get: who asks for every corner of the map must not make these be
    /// rendered again and again.
    fn is_first(&self) -> bool {
        match self {
            Self::Map(choice) => {
                choice.view == View::Now
                    && choice.when == When::Newest
                    && choice.layer.is_none()
                    && choice.before.is_none()
                    && !choice.hides_transit
                    && !choice.shows_cameras
                    && choice.place.is_none()
            }
            Self::Layer(..) | Self::LayerTable(..) | Self::Calendar(Some(_), _) => false,
            Self::Sweeps(_) | Self::Calendar(None, _) | Self::SweepsData => true,
            Self::List(_) | Self::About(_) | Self::Feed(_) | Self::Description => true,
            Self::Poster(_) | Self::Manifest(_) | Self::Worker(_) => true,
            Self::Sightings | Self::SightingsTable | Self::Layers | Self::Event => true,
            Self::Cities | Self::Context(_) => true,
        }
    }
}

/// One view in the forms that a client may accept.
pub struct Ready {
    of: Arc<Picture>,
    pub made_at: Timestamp,
    pub good_until: Timestamp,
    content_type: &'static str,
    /// A hash of its bytes; of an event without its time.
    pub tag: String,
    pub plain: Bytes,
    brotli: Bytes,
    /// Of an event, the piece that follows others in a stream.
    pub gzip: Bytes,
}

impl Ready {
    /// A page that is sent once.
    fn html(of: Arc<Picture>, now: Timestamp, text: String) -> Self {
        let plain = Bytes::from(text);
        Self {
            of,
            made_at: now,
            good_until: now,
            content_type: HTML,
            tag: tag(&plain),
            brotli: brotli(&plain),
            gzip: gzip(&plain),
            plain,
        }
    }

    fn is_good(&self, picture: &Arc<Picture>, now: Timestamp) -> bool {
        Arc::ptr_eq(&self.of, picture) && self.made_at <= now && now < self.good_until
    }
}

/// A view's place: whoever renders it holds the lock, and the others wait for the result.
type Slot = Arc<Mutex<Option<Arc<Ready>>>>;

pub struct Bodies {
    slots: Mutex<HashMap<Key, Slot>>,
    most_kept: usize,
    queue: Arc<Semaphore>,
    rendering: Arc<Semaphore>,
}

/// A place in the queue, and the right to render.
pub type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// Too many ask for views of their own.
    Full,
    /// Rendering failed.
    Failed,
}

impl Bodies {
    /// The bodies of one of so many cities, which keep together what one alone would, or a little more than everybody's first.
    pub fn one_of(cities: usize) -> Self {
        Self {
            slots: Mutex::default(),
            most_kept: (MOST_KEPT / cities.max(1)).max(LEAST_KEPT),
            queue: Arc::new(Semaphore::new(RENDERING + WAITING)),
            rendering: Arc::new(Semaphore::new(RENDERING)),
        }
    }

    /// Those of another of them, which are rendered in turn with these.
    pub fn beside(other: &Self) -> Self {
        Self {
            slots: Mutex::default(),
            most_kept: other.most_kept,
            queue: other.queue.clone(),
            rendering: other.rendering.clone(),
        }
    }

    /// Forgets what older pictures showed: it would tell of cells and times for as long as nobody asks for the same again.
    pub fn forget_all_but(&self, picture: &Arc<Picture>) {
        lock(&self.slots).retain(|_, slot| {
            // One that is being rendered is kept by whoever waits for it, and by nobody after that.
            slot.try_lock().is_ok_and(|kept| {
                kept.as_ref()
                    .is_some_and(|kept| Arc::ptr_eq(&kept.of, picture))
            })
        });
    }

    /// Leave to render something that is not everybody's first, until it is dropped.
    pub async fn turn(&self) -> Result<Turn, Unready> {
        let place = self.queue.clone().try_acquire_owned();
        let place = place.map_err(|_| Unready::Full)?;
        let turn = self.rendering.clone().acquire_owned().await;
        Ok((place, turn.map_err(|_| Unready::Failed)?))
    }

    #[cfg(test)]
    pub fn len(&self) -> usize {
        lock(&self.slots).len()
    }

    #[cfg(test)]
    pub fn take_all_turns(&self) -> tokio::sync::SemaphorePermit<'_> {
        let all = (RENDERING + WAITING) as u32;
        self.queue.try_acquire_many(all).expect("nobody waits")
    }

    fn slot(&self, key: &Key) -> Slot {
        let mut slots = lock(&self.slots);
        if slots.len() >= self.most_kept && !slots.contains_key(key) {
            slots.retain(|key, _| key.is_first());
        }
        slots.entry(key.clone()).or_default().clone()
    }
}

/// A view as it may be shown now, from memory if nothing has changed.
pub async fn ready(shared: &Shared, key: Key) -> Result<Arc<Ready>, Unready> {
    let slot = match key.is_kept() {
        true => shared.0.bodies.slot(&key),
        false => Slot::default(),
    };
    let (picture, now) = (shared.picture(), shared.0.clock.now());
    if let Ok(kept) = slot.try_lock()
        && let Some(kept) = kept.as_ref()
        && kept.is_good(&picture, now)
    {
        return Ok(kept.clone());
    }
    let bodies = &shared.0.bodies;
    let turn = match key.is_first() {
        true => None,
        false => Some(bodies.turn().await?),
    };
    let work = move || {
        // Given back when the work is done, also where the reader has left.
        let _turn = turn;
        let mut kept = lock(&slot);
        match kept.as_ref() {
            Some(kept) if kept.is_good(&picture, now) => kept.clone(),
            _ => kept.insert(Arc::new(render(&key, picture, now))).clone(),
        }
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Unready::Failed)
}

/// Sends a view in the form that the client likes best, or says that it has it already.
pub async fn respond(shared: Shared, key: Key, headers: HeaderMap) -> Response {
    // A page that a browser keeps would be shown again as it was, its fading begun anew.
    let keeping = match key {
        Key::Map(_) | Key::List(_) | Key::Sweeps(_) => "no-store",
        _ => "no-cache",
    };
    send(ready(&shared, key).await, &headers, keeping)
}

/// Sends the map as a search has left it; what was searched for is forgotten with the answer.
pub async fn respond_once(
    shared: Shared,
    choice: Choice,
    search: Search,
    headers: HeaderMap,
) -> Response {
    let turn = match shared.0.bodies.turn().await {
        Ok(turn) => turn,
        Err(why) => return send(Err(why), &headers, "no-store"),
    };
    let (picture, now) = (shared.picture(), shared.0.clock.now());
    let work = move || {
        let _turn = turn;
        let text = page::searched_page(&picture, now, &choice, Some(&search), assets::script());
        Arc::new(Ready::html(picture, now, text))
    };
    let ready = tokio::task::spawn_blocking(work).await;
    send(ready.map_err(|_| Unready::Failed), &headers, "no-store")
}

fn send(
    ready: Result<Arc<Ready>, Unready>,
    headers: &HeaderMap,
    keeping: &'static str,
) -> Response {
    let ready = match ready {
        Ok(ready) => ready,
        Err(Unready::Full) => return answer::full(),
        Err(Unready::Failed) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let (form, bytes) = match accepted(headers) {
        Form::Brotli => (Some("br"), &ready.brotli),
        Form::Gzip => (Some("gzip"), &ready.gzip),
        Form::Plain => (None, &ready.plain),
    };
    // A strong tag names bytes, so each form has its own.
    let tag = match form {
        None => format!("\"{}\"", ready.tag),
        Some(form) => format!("\"{}-{form}\"", ready.tag),
    };
    let mut response = forms::send(bytes, form, &tag, ready.content_type, keeping, headers);
    if ready.content_type == HTML {
        let vary = HeaderValue::from_static("Accept-Encoding, Accept-Language");
        response.headers_mut().insert(header::VARY, vary);
    }
    response
}

fn render(key: &Key, picture: Arc<Picture>, now: Timestamp) -> Ready {
    let fades = current(&picture, now).map(|s| s.fades_at).min();
    let until_fade = fades.unwrap_or(Timestamp::MAX);
    let until_minute = until_fade.min(time::next_minute(now));
    let over = upcoming(&picture, now).map(|notice| notice.over_at).min();
    let until_over = over.unwrap_or(Timestamp::MAX);
    let script = assets::script();
    let mut event_tag = None;
    let (content_type, text, good_until) = match key {
        Key::Map(choice) => (
            HTML,
            page::map_page(&picture, now, choice, script),
            until_minute.min(until_over),
        ),
        Key::List(lang) => (
            HTML,
            page::list_page(&picture, now, *lang, script),
            until_minute.min(until_over),
        ),
        Key::About(lang) => (HTML, about::about_page(&picture, *lang), Timestamp::MAX),
        Key::Description => (
            "application/json",
            openapi::description(&picture.languages).to_string(),
            Timestamp::MAX,
        ),
        Key::Feed(lang) => (
            "application/atom+xml; charset=utf-8",
            atom::feed(&picture, now, *lang),
            until_over,
        ),
        Key::SightingsTable => (
            "text/csv; charset=utf-8; header=present",
            csv::sightings(&picture, now),
            until_fade,
        ),
        Key::Sweeps(lang) => (
            HTML,
            sweeps::sweeps_page(&picture, now, *lang),
            // It says today and tomorrow.
            until_over.min(time::next_minute(now)),
        ),
        Key::Calendar(area, lang) => (
            "text/calendar; charset=utf-8",
            ics::calendar(&picture, now, area.as_deref(), *lang),
            // Its zone is of the years around.
            until_over.min(time::next_minute(now)),
        ),
        Key::SweepsData => (
            "application/geo+json",
            geojson::sweeps(&picture, now).to_string(),
            until_over,
        ),
        Key::Poster(lang) => (HTML, poster::poster(&picture, now, *lang), until_minute),
        Key::Manifest(lang) => (
            "application/manifest+json",
            install::manifest(&picture, *lang),
            Timestamp::MAX,
        ),
        Key::Worker(worker) => (
            "text/javascript; charset=utf-8",
            (*worker).to_owned(),
            Timestamp::MAX,
        ),
        Key::Sightings => (
            "application/geo+json",
            geojson::sightings(&picture, now).to_string(),
            until_minute,
        ),
        Key::Event => {
            let mut sightings = geojson::sightings(&picture, now);
            let event = format!("event: sightings\ndata: {sightings}\n\n");
            if let Some(members) = &mut sightings.foreign_members {
                members.remove("at");
            }
            event_tag = Some(tag(sightings.to_string().as_bytes()));
            ("text/event-stream", event, until_minute)
        }
        Key::Cities => (
            "application/json",
            cities::list(&picture).to_string(),
            Timestamp::MAX,
        ),
        Key::Layers => (
            "application/json",
            geojson::layers(&picture).to_string(),
            Timestamp::MAX,
        ),
        Key::Context(which) => {
            let found = context::data::collection(&picture.context, *which);
            let text = found.map(|found| found.to_string()).unwrap_or_default();
            ("application/geo+json", text, Timestamp::MAX)
        }
        Key::Layer(layer, period) => {
            let found = geojson::find(&picture, layer, Some(period));
            let text = match found {
                Ok((layer, period)) => geojson::layer(layer, period).to_string(),
                Err(reason) => serde_json::json!({ "error": reason }).to_string(),
            };
            ("application/geo+json", text, Timestamp::MAX)
        }
        Key::LayerTable(layer, period) => {
            let found = geojson::find(&picture, layer, Some(period));
            let text = found.map(|(layer, period)| csv::layer(layer, period));
            (
                "text/csv; charset=utf-8; header=present",
                text.unwrap_or_default(),
                Timestamp::MAX,
            )
        }
    };
    let plain = Bytes::from(text);
    let (brotli, gzip) = match key {
        Key::Event => (Bytes::new(), gzip_piece(&plain)),
        _ => (brotli(&plain), gzip(&plain)),
    };
    Ready {
        of: picture,
        made_at: now,
        good_until,
        content_type,
        tag: event_tag.unwrap_or_else(|| tag(&plain)),
        plain,
        brotli,
        gzip,
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn what_most_readers_get_outlasts_any_number_of_views() {
        let bodies = Bodies::one_of(1);
        let first = Key::Map(Choice::default());
        let kept = bodies.slot(&first);
        for x in 0..3 * MOST_KEPT as u16 {
            let view = View::Grid { z: 6, x, y: 0 };
            bodies.slot(&Key::Map(Choice {
                view,
                ..Choice::default()
            }));
            assert!(lock(&bodies.slots).len() <= MOST_KEPT);
        }
        assert!(Arc::ptr_eq(&kept, &bodies.slot(&first)));
    }

    #[test]
    fn nothing_that_an_older_picture_showed_is_kept() {
        let bodies = Bodies::one_of(1);
        let [old, new] = [2, 1].map(|n| Arc::new(fixture::picture(n)));
        for (key, picture) in [(Key::Sightings, &old), (Key::Event, &new)] {
            let ready = render(&key, picture.clone(), picture.at);
            *lock(&bodies.slot(&key)) = Some(Arc::new(ready));
        }
        bodies.forget_all_but(&new);
        let keys: Vec<Key> = lock(&bodies.slots).keys().cloned().collect();
        assert_eq!(keys, [Key::Event]);
        assert_eq!(Arc::strong_count(&old), 1);
    }

    #[test]
    fn an_events_tag_is_of_what_it_shows_and_not_of_its_time() {
        let picture = Arc::new(fixture::picture(2));
        let at = |time| render(&Key::Event, picture.clone(), fixture::at(time));
        let [first, later, faded] = [
            "2026-07-01T22:00:00Z",
            "2026-07-01T22:10:00Z",
            "2026-07-01T22:57:00Z",
        ]
        .map(at);
        assert_ne!(first.plain, later.plain);
        assert_eq!(first.tag, later.tag);
        assert_ne!(first.tag, faded.tag);
    }
}
