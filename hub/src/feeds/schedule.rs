//! What a running hub does about its feeds: each source is read when it is due, a little earlier or later so that not all hubs
//! ask at once, and after a failure again, in ever longer pauses. After each reading, and once an hour, what is due is
//! published.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::keys;
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::fetch::{Fetch, scheduled, tables};
use super::http::{Client, Patience};
use super::status::BOUNDARIES;
use super::{FeedError, Which, boundaries, publish_due, said};
use crate::city::boundaries::{Areas, BoundarySet};
use crate::city::{City, Feed, Source};
use crate::context;
use crate::store::open_data::OpenData;
use crate::store::open_data::sources::SourceState;
use crate::store::reports::StoreError;

/// At most this long passes without a look at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// The pause after a first failure; it doubles, up to the source's own.
const FIRST_PAUSE: i64 = 300;

/// A boundary file may take so long.
const FILE: Duration = Duration::from_secs(600);

/// What the operator says of feeds.
#[derive(Clone)]
pub struct Schedule {
    pub data: PathBuf,
    pub city: Arc<City>,
    /// Whether portals are asked at all. Else only what the operator imports is published.
    pub fetch: bool,
    /// Socrata's application token.
    pub token: Option<String>,
}

/// Runs until the shutdown. A round waits for its turn: the memory that a reading takes is not to grow with a hub's cities.
pub async fn keep_fresh(schedule: Schedule, turns: Arc<Semaphore>, shutdown: CancellationToken) {
    loop {
        let turn = tokio::select! {
            turn = turns.clone().acquire_owned() => turn,
            () = shutdown.cancelled() => return,
        };
        // A thread, not the runtime's: a portal that drips must not hold up the end. What it has not committed comes again.
        let (done, is_done) = oneshot::channel();
        let round = schedule.clone();
        std::thread::spawn(move || {
            let _ = done.send(run_due(&round));
            drop(turn);
        });
        let next = tokio::select! {
            next = is_done => next,
            () = shutdown.cancelled() => return,
        };
        let wait = match next {
            Ok(Ok(next)) => next,
            Ok(Err(error)) => {
                tracing::warn!(error = %spotlight_common::log::chain(&error), "could not look after the feeds");
                LOOK_EVERY
            }
            Err(_) => LOOK_EVERY,
        };
        tokio::select! {
            () = tokio::time::sleep(wait.min(LOOK_EVERY)) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Publishes what is due, reads what is due, and publishes again; returns how long until the next is due.
fn run_due(schedule: &Schedule) -> Result<Duration, FeedError> {
    let Schedule { data, city, .. } = schedule;
    if !schedule.fetch && !data.join(crate::store::open_data::FILE).exists() {
        return Ok(LOOK_EVERY);
    }
    let store = OpenData::open(data)?;
    // A portal that drips must not hold up what is there.
    publish_all(&store, city)?;
    let mut next = i64::MAX;
    if schedule.fetch {
        let patience = Patience::default();
        let client = Client::new(city, schedule.token.clone(), patience);
        let today = city.day(Timestamp::now());
        for feed in &city.feeds {
            for source in scheduled(&store, city, feed, today)? {
                let fetch = Fetch {
                    client: &client,
                    store: &store,
                    city,
                    page: patience.page,
                    since: None,
                    bar: indicatif::ProgressBar::hidden(),
                };
                let hours = source.every_hours.unwrap_or(24);
                let at = if_due(&store, (&feed.id, &source.id), hours, || {
                    fetch.source(feed, &source).map(|counts| {
                        let (new, all) = (counts.records, counts.accepted);
                        tracing::info!(feed = feed.id, source = source.id, new, all, "read");
                    })
                })?;
                next = next.min(at);
            }
        }
        for set in &city.boundaries {
            let Some(hours) = set.every_hours.filter(|_| set.address.is_some()) else {
                continue;
            };
            let at = if_due(&store, (BOUNDARIES, &set.id), hours, || {
                read_boundaries(&client, &store, set)
            })?;
            next = next.min(at);
        }
        publish_all(&store, city)?;
        for which in context::Which::ALL {
            let Some(hours) = context::refresh::every_hours(data, city, which)? else {
                continue;
            };
            let id = which.id();
            let at = if_due(&store, (id, id), hours, || {
                context::refresh::read(&client, &store, data, city, which).map(drop)
            })?;
            next = next.min(at);
        }
    }
    let left = next.saturating_sub(Timestamp::now().as_second());
    Ok(Duration::from_secs(u64::try_from(left).unwrap_or(0).max(1)))
}

fn publish_all(store: &OpenData, city: &City) -> Result<(), FeedError> {
    for feed in &city.feeds {
        let done = publish_due(store, city, feed, Timestamp::now(), Which::Settled)?;
        if done.unfinished > 0 {
            let periods = done.unfinished;
            tracing::warn!(
                feed = feed.id,
                periods,
                "not published, for a reading of them was cut off: import the file again"
            );
        }
    }
    Ok(())
}

/// Reads a source if it is due; returns when it is due next.
fn if_due(
    store: &OpenData,
    (feed, source): (&str, &str),
    hours: u32,
    reading: impl FnOnce() -> Result<(), FeedError>,
) -> Result<i64, StoreError> {
    let every = i64::from(hours) * 3600;
    let before = store.source(feed, source)?;
    let now = Timestamp::now().as_second();
    // A time far off was written by a clock that was wrong.
    if (now..=now + 3 * every).contains(&before.next_at) {
        return Ok(before.next_at);
    }
    let result = reading();
    let mut state = store.source(feed, source)?;
    let pause = match &result {
        Ok(()) => every,
        Err(error) => {
            tracing::warn!(feed, source, error = %spotlight_common::log::chain(error), "could not be read; the map stays as it was");
            let doubled = FIRST_PAUSE << state.failures.saturating_sub(1).min(10);
            doubled.min(every)
        }
    };
    let now = Timestamp::now().as_second();
    let wanted = match &result {
        Err(FeedError::Busy {
            until: Some(until), ..
        }) => until.as_second(),
        _ => 0,
    };
    // Nobody is left alone for ever because he once asked for it.
    state.next_at = wanted.min(now + 2 * every).max(now + jittered(pause));
    store.put_source(feed, source, &state)?;
    Ok(state.next_at)
}

/// A tenth more or less.
fn jittered(pause: i64) -> i64 {
    let random: [u8; 2] = keys::random_bytes().unwrap_or_default();
    let share = i64::from(u16::from_le_bytes(random));
    pause * 9 / 10 + pause / 5 * share / i64::from(u16::MAX)
}

/// Reads a boundary set's file into the store.
pub fn read_boundaries(
    client: &Client,
    store: &OpenData,
    set: &BoundarySet,
) -> Result<(), FeedError> {
    let mut state: SourceState = store.source(BOUNDARIES, &set.id)?;
    let now = Timestamp::now().as_second();
    state.tried_at = now;
    let before = store.areas(set)?;
    let result = fetched(client, set)
        .and_then(|areas| have_nearly_all(&areas, &before.areas).map(|()| areas));
    match &result {
        Ok(areas) => {
            store.put_areas(&set.id, areas, before, now)?;
            state.rows = areas.0.len() as u64;
            state.read_at = now;
            state.succeeded();
        }
        Err(error) => state.failed(said(error)),
    }
    store.put_source(BOUNDARIES, &set.id, &state)?;
    result.map(drop)
}

fn fetched(client: &Client, set: &BoundarySet) -> Result<Areas, FeedError> {
    let address = set.address.as_deref().unwrap_or_default();
    let bytes = {
        let mut response = client.get(address, "application/geo+json, */*", None, FILE)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(boundaries::read::MOST_BYTES);
        body.read_to_vec().map_err(|error| FeedError::Cut {
            address: address.to_owned(),
            reason: error.to_string(),
        })
    }?;
    let read = boundaries::read::read(&bytes, set)?;
    Ok(boundaries::simplify::simplify(&read, boundaries::TOLERANCE))
}

/// Whether areas may take the place of others: a server that gives a part must not take the rest off the map.
fn have_nearly_all(areas: &Areas, before: &Areas) -> Result<(), FeedError> {
    let kept = before.0.keys().filter(|name| areas.has(name)).count();
    if kept * 10 < before.0.len() * 9 {
        return Err(FeedError::Boundaries(format!(
            "it has {kept} of the {} areas that the map knows; `spotlight-hub boundaries` takes it all the same",
            before.0.len()
        )));
    }
    Ok(())
}

/// Every table of a city, or of one feed, also those that only `fetch` reads.
pub fn sources_of<'a>(
    city: &'a City,
    feed: Option<&str>,
    today: jiff::civil::Date,
) -> Vec<(&'a Feed, Source)> {
    let feeds = city
        .feeds
        .iter()
        .filter(|known| feed.is_none_or(|feed| feed == known.id));
    feeds
        .flat_map(|feed| {
            let sources = feed.sources.iter();
            let tables = sources.flat_map(move |source| tables(source, today));
            tables.map(move |source| (feed, source))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_a_tenth_more_or_less() {
        let all: Vec<i64> = (0..200).map(|_| jittered(1000)).collect();
        assert!(all.iter().all(|pause| (900..=1100).contains(pause)));
        assert!(all.iter().any(|pause| *pause < 980) && all.iter().any(|pause| *pause > 1020));
    }

    #[test]
    fn a_failing_source_is_asked_in_ever_longer_pauses() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = OpenData::open(folder.path()).expect("opens");
        let mut pauses = Vec::new();
        for failures in 1..=9 {
            let now = Timestamp::now().as_second();
            let at = if_due(&store, ("f", "s"), 24, || {
                let state = SourceState {
                    failures,
                    ..SourceState::default()
                };
                store.put_source("f", "s", &state)?;
                Err(FeedError::Empty)
            });
            pauses.push(at.expect("kept") - now);
            // Not before its time.
            let again = if_due(&store, ("f", "s"), 24, || panic!("it is not due"));
            assert!(again.expect("kept") > now);
            let due = SourceState {
                failures,
                ..SourceState::default()
            };
            store.put_source("f", "s", &due).expect("kept");
        }
        assert!(
            pauses.windows(2).take(7).all(|pair| pair[1] > pair[0]),
            "{pauses:?}"
        );
        assert!((270..=340).contains(&pauses[0]), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 24 * 3600 * 11 / 10));
        // A portal is left alone as long as it asks, within reason.
        let wait = |seconds: u64| {
            let until = Timestamp::now() + Duration::from_secs(seconds);
            let source = format!("t{seconds}");
            let at = if_due(&store, ("f", &source), 24, || {
                let busy = FeedError::Busy {
                    address: String::new(),
                    until: Some(until),
                };
                Err(busy)
            });
            at.expect("kept") - Timestamp::now().as_second()
        };
        assert!((7_100..=7_200).contains(&wait(7_200)));
        assert!((172_700..=172_800).contains(&wait(4_000_000_000)));
    }
}
