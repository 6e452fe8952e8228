//! What a running hub does about its feeds: each source is read when it is due, a little earlier or later so that not all hubs
//! ask at once, and after a failure again, in ever longer pauses. After each reading, and once an hour, what is due is
//! published.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::{keys, log};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::fetch::{Fetch, tables};
use super::http::{Client, Patience};
use super::status::BOUNDARIES;
use super::{FeedError, Which, boundaries, publish_due};
use crate::city::boundaries::BoundarySet;
use crate::city::{City, Feed, Source};
use crate::store::open_data::OpenData;
use crate::store::open_data::sources::SourceState;
use crate::store::reports::StoreError;

/// At most this long passes without a look at what is due.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// The pause after a first failure; it doubles, up to the source's own.
const FIRST_PAUSE: i64 = 300;

/// A boundary file may take so long.
const FILE: Duration = Duration::from_secs(1800);

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

/// Runs until the shutdown.
pub async fn keep_fresh(schedule: Schedule, shutdown: CancellationToken) {
    loop {
        // A thread, not the runtime's: a portal that drips must not hold up the end. What it has not committed comes again.
        let (done, is_done) = oneshot::channel();
        let round = schedule.clone();
        std::thread::spawn(move || {
            let _ = done.send(run_due(&round));
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

/// Reads what is due and publishes; returns how long until the next is due.
fn run_due(schedule: &Schedule) -> Result<Duration, FeedError> {
    let Schedule { data, city, .. } = schedule;
    if !schedule.fetch && !data.join(crate::store::open_data::FILE).exists() {
        return Ok(LOOK_EVERY);
    }
    let store = OpenData::open(data)?;
    let mut next = i64::MAX;
    if schedule.fetch {
        let patience = Patience::default();
        let client = Client::new(city, schedule.token.clone(), patience);
        for set in &city.boundaries {
            let Some(hours) = set.every_hours.filter(|_| set.address.is_some()) else {
                continue;
            };
            let at = if_due(&store, (BOUNDARIES, &set.id), hours, || {
                read_boundaries(&client, &store, set)
            })?;
            next = next.min(at);
        }
        for feed in &city.feeds {
            for source in due_tables(feed, city) {
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
    }
    for feed in &city.feeds {
        publish_due(
            &store,
            data,
            city,
            feed,
            Timestamp::now(),
            which(feed, schedule.fetch),
        )?;
    }
    let left = next.saturating_sub(Timestamp::now().as_second());
    Ok(Duration::from_secs(u64::try_from(left).unwrap_or(0).max(1)))
}

/// Where nobody fetches, what was imported is all that there will be.
fn which(feed: &Feed, fetch: bool) -> Which {
    match fetch
        && feed
            .sources
            .iter()
            .any(|source| source.every_hours.is_some())
    {
        true => Which::Settled,
        false => Which::Due,
    }
}

fn due_tables(feed: &Feed, city: &City) -> Vec<Source> {
    let today = Timestamp::now()
        .to_zoned_datetime(city.time_zone.clone())
        .date();
    let scheduled = feed
        .sources
        .iter()
        .filter(|source| source.every_hours.is_some());
    scheduled
        .flat_map(|source| tables(source, today, false))
        .collect()
}

/// Reads a source if it is due; returns when it is due next.
fn if_due(
    store: &OpenData,
    (feed, source): (&str, &str),
    hours: u32,
    reading: impl FnOnce() -> Result<(), FeedError>,
) -> Result<i64, StoreError> {
    let before = store.source(feed, source)?;
    if before.next_at > Timestamp::now().as_second() {
        return Ok(before.next_at);
    }
    let result = reading();
    let mut state = store.source(feed, source)?;
    let every = i64::from(hours) * 3600;
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
    state.next_at = wanted.max(now + jittered(pause));
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
    let result = fetched(client, set);
    match &result {
        Ok(areas) => {
            store.put_areas(&set.id, areas, now)?;
            state.rows = areas.0.len() as u64;
            state.read_at = now;
            state.failures = 0;
            state.error = None;
        }
        Err(error) => {
            state.failures = state.failures.saturating_add(1);
            state.error = Some(log::chain(error));
        }
    }
    store.put_source(BOUNDARIES, &set.id, &state)?;
    result.map(drop)
}

fn fetched(
    client: &Client,
    set: &BoundarySet,
) -> Result<crate::city::boundaries::Areas, FeedError> {
    let address = set.address.as_deref().unwrap_or_default();
    let bytes = client.patiently(|| {
        let mut response = client.get(address, "application/geo+json, */*", None, FILE)?;
        let body = response
            .body_mut()
            .with_config()
            .limit(boundaries::read::MOST_BYTES);
        body.read_to_vec().map_err(|error| FeedError::Cut {
            address: address.to_owned(),
            reason: error.to_string(),
        })
    })?;
    let read = boundaries::read::read(&bytes, set)?;
    let areas = boundaries::simplify::simplify(&read, boundaries::TOLERANCE);
    // A server that gives a part must not take the rest off the map.
    if areas.0.len() * 2 < set.built_in.0.len() {
        return Err(FeedError::Boundaries(format!(
            "it has {} areas, and the map knows {}",
            areas.0.len(),
            set.built_in.0.len()
        )));
    }
    Ok(areas)
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
            let tables = sources.flat_map(move |source| tables(source, today, true));
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
        let until = Timestamp::now() + Duration::from_secs(90_000_000);
        let busy = if_due(&store, ("f", "t"), 1, || {
            Err(FeedError::Busy {
                address: String::new(),
                until: Some(until),
            })
        });
        assert_eq!(busy.expect("kept"), until.as_second());
    }
}
