//! Server-sent events: the whole of what is seen now, at once and again on every change and fade; between them nothing but
//! the time.
//!
//! An event is a state, not a step, so a reader that falls behind gets the newest and nothing is queued for it. It is
//! compressed once for all who accept gzip, for whom it takes about a quarter of the bytes.
//!
//! The answer's head is written as any other; then its connection leaves the server and becomes a [`Seat`] among the
//! [`viewers`].

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Version, header};
use axum::response::Response;
use jiff::Timestamp;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use crate::http::bodies::{self, Key, Ready};
use crate::http::connections::ROOM;
use crate::http::forms::allows_gzip;
use crate::http::viewers::Audience;
use crate::http::{Shared, answer};

/// Readers of the stream at one time, where there is room for so many connections; else three of four connections.
const MOST_VIEWERS: usize = 12_000;
/// The longest sleep: a clock that was set forward is noticed by then.
const NAP: Duration = Duration::from_secs(5);

pub fn most_viewers() -> usize {
    MOST_VIEWERS.min(*ROOM / 4 * 3)
}

/// What a connection's reader has asked for: to stay and be told. One for each connection, in its requests' extensions.
#[derive(Clone, Default)]
pub struct Seat(Arc<Mutex<Option<Seated>>>);

/// A reader that stays.
pub struct Seated {
    /// What it is told first.
    pub first: Arc<Ready>,
    /// Whether it is told in gzip.
    pub in_gzip: bool,
    /// Of what it is told.
    pub of: Shared,
    /// Its place among the viewers.
    pub permit: OwnedSemaphorePermit,
}

impl Seat {
    /// What was asked for, once.
    pub fn take(&self) -> Option<Seated> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn give(&self, seated: Seated) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(seated);
    }
}

/// The head of the answer; what follows is written by the viewers' threads.
pub async fn stream(
    State(shared): State<Shared>,
    Extension(seat): Extension<Seat>,
    method: Method,
    accepts: HeaderMap,
) -> Response {
    let Ok(permit) = shared.0.viewers.clone().try_acquire_owned() else {
        return answer::full();
    };
    let in_gzip = allows_gzip(&accepts);
    if method == Method::GET {
        match bodies::ready(&shared, Key::Event).await {
            Ok(first) => seat.give(Seated {
                first,
                in_gzip,
                of: shared.clone(),
                permit,
            }),
            Err(_) => return answer::full(),
        }
    }
    // A body without a length, whose end is the connection's: hyper then leaves the connection as it is. In HTTP/1.1 it
    // would write chunks of its own.
    let mut response = Response::new(Body::from_stream(tokio_stream::empty::<
        Result<axum::body::Bytes, std::convert::Infallible>,
    >()));
    *response.version_mut() = Version::HTTP_10;
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONNECTION, "close"),
        (header::VARY, "Accept-Encoding"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if in_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

/// Tells the audience each state, until the server stops. An error where one cannot be rendered: viewers who hear no more
/// must not go on hearing that all is well.
pub async fn announce(shared: Shared, audience: Audience) -> io::Result<()> {
    let mut pictures = shared.0.pictures.clone();
    let mut closing = shared.0.closing.subscribe();
    while !*closing.borrow_and_update() {
        // Seen before it is read: a change in between wakes the wait below.
        pictures.mark_unchanged();
        let ready = bodies::ready(&shared, Key::Event).await;
        let ready =
            ready.map_err(|_| io::Error::other("failed to render what viewers are told"))?;
        let wake = sleep(until(&shared, ready.good_until));
        audience.tell(&ready);
        tokio::select! {
            changed = pictures.changed() => if changed.is_err() { break },
            _ = closing.changed() => break,
            () = wake => (),
        }
    }
    Ok(())
}

/// How long until an instant of the hub's clock, but never so long that a changed clock goes unnoticed.
fn until(shared: &Shared, instant: Timestamp) -> Duration {
    let left = instant.as_millisecond() - shared.0.clock.now().as_millisecond();
    Duration::from_millis(u64::try_from(left).unwrap_or(0)).clamp(Duration::from_millis(1), NAP)
}
