//! Server-sent events: the whole of what is seen now, at once and again on every change and fade; between them nothing but
//! the time.
//!
//! An event is a state, not a step, so a reader that falls behind gets the newest and nothing is queued for it; one that
//! takes no bytes at all is cut off by its connection (`connections`). The frame is rendered once for all readers.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::http::bodies::{self, Key, Ready};
use crate::http::connections::ROOM;
use crate::http::{Shared, answer};

/// Readers of the stream at one time, where there is room for so many connections; else three of four connections.
const MOST_VIEWERS: usize = 12_000;
/// A sign of life this often keeps proxies from closing the stream, and tells a page that it is still connected.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The longest sleep: a clock that was set forward is noticed by then.
const NAP: Duration = Duration::from_secs(5);

pub fn most_viewers() -> usize {
    MOST_VIEWERS.min(*ROOM / 4 * 3)
}

pub async fn stream(State(shared): State<Shared>) -> Response {
    let Ok(permit) = shared.0.viewers.clone().try_acquire_owned() else {
        return answer::full();
    };
    // One frame in flight: while it waits, newer states take its place at the source.
    let (frames, body) = mpsc::channel(1);
    tokio::spawn(feed(shared, frames, permit));
    let body = ReceiverStream::new(body).map(Ok::<_, std::convert::Infallible>);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Writes frames until the reader is gone or the server stops.
async fn feed(shared: Shared, frames: mpsc::Sender<Bytes>, _permit: OwnedSemaphorePermit) {
    let mut pictures = shared.0.pictures.clone();
    let mut closing = shared.0.closing.subscribe();
    let mut sent: Option<Arc<Ready>> = None;
    let one_second = SignedDuration::from_secs(1);
    let mut heartbeat = Instant::now() + HEARTBEAT;
    while !*closing.borrow_and_update() {
        // Seen before it is read: a change in between wakes the wait below.
        pictures.mark_unchanged();
        let Ok(ready) = bodies::ready(&shared, Key::Event).await else {
            return;
        };
        // Anew each minute, but the tag leaves the time out.
        let is_new = sent.as_ref().is_none_or(|sent| sent.tag != ready.tag);
        let now = shared.0.clock.now();
        let frame = if is_new {
            Some(ready.plain.clone())
        } else {
            (Instant::now() >= heartbeat).then(|| alive(now))
        };
        let good_until = ready.good_until;
        // The kept frame of an earlier second says that second: the time now comes right after it.
        let is_late = is_new && now.duration_since(ready.made_at) >= one_second;
        sent = Some(ready);
        if let Some(frame) = frame {
            heartbeat = Instant::now() + if is_late { Duration::ZERO } else { HEARTBEAT };
            tokio::select! {
                handed = frames.send(frame) => if handed.is_err() { return },
                _ = closing.changed() => return,
            }
        }
        let wake = heartbeat.min(Instant::now() + until(&shared, good_until));
        tokio::select! {
            changed = pictures.changed() => if changed.is_err() { return },
            _ = closing.changed() => return,
            () = frames.closed() => return,
            () = tokio::time::sleep_until(wake) => (),
        }
    }
}

/// A comment for proxies, and the hub's time for pages, whose scripts never see a comment.
fn alive(now: Timestamp) -> Bytes {
    let now = now.strftime("%Y-%m-%dT%H:%M:%SZ");
    Bytes::from(format!(":\nevent: alive\ndata: {now}\n\n"))
}

/// How long until an instant of the hub's clock, but never so long that a changed clock goes unnoticed.
fn until(shared: &Shared, instant: Timestamp) -> Duration {
    let left = instant.as_millisecond() - shared.0.clock.now().as_millisecond();
    Duration::from_millis(u64::try_from(left).unwrap_or(0)).clamp(Duration::from_millis(1), NAP)
}
