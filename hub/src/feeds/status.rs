//! How the feeds are doing: for `feeds`, for the page's footer and for `/metrics`.

use std::path::Path;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::city::{City, Feed, Source};
use crate::store::open_data;
use crate::store::open_data::sources::{self, SourceState};
use crate::store::reports::StoreError;

use super::fetch;

/// What boundary sets are called, among the feeds.
pub const BOUNDARIES: &str = "boundaries";

/// One source, as `spotlight-hub feeds` lists it. Times are RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The layer that it feeds, or `boundaries`.
    pub feed: String,
    /// Its name in the city's file.
    pub source: String,
    /// A source's kind, or `boundaries`.
    pub kind: &'static str,
    /// When it was last read to its end.
    #[serde(serialize_with = "text")]
    pub last_success: Option<Timestamp>,
    /// Hours since then.
    pub age_hours: Option<i64>,
    /// Rows of the feed that it gave, repeats too.
    pub rows: u64,
    /// The last day that the feed has rows of, whichever source they came from.
    pub data_through: Option<String>,
    /// When a running hub asks again; none if only `fetch` does.
    #[serde(serialize_with = "text")]
    pub next: Option<Timestamp>,
    /// Failures since the last success.
    pub failures: u32,
    /// What went wrong, if something did since.
    pub error: Option<String>,
}

fn text<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// All sources of a city.
pub fn all(data: &Path, city: &City, now: Timestamp) -> Result<Vec<Status>, StoreError> {
    let today = city.day(now);
    let mut all = Vec::new();
    for feed in &city.feeds {
        let (_, freshness) = open_data::published::published(data, &feed.id)?;
        let through = freshness
            .filter(|freshness| freshness.data_through > i32::MIN)
            .map(|freshness| open_data::day(freshness.data_through).to_string());
        for source in feed
            .sources
            .iter()
            .flat_map(|source| fetch::tables(source, today))
        {
            let state = sources::source(data, &feed.id, &source.id)?;
            let is_scheduled = source.every_hours.is_some();
            let of = (feed.id.as_str(), source.id.as_str(), source.kind.as_str());
            all.push(status(of, state, is_scheduled, through.clone(), now));
        }
    }
    for set in city.boundaries.iter().filter(|set| set.address.is_some()) {
        let state = sources::source(data, BOUNDARIES, &set.id)?;
        let of = (BOUNDARIES, set.id.as_str(), BOUNDARIES);
        all.push(status(of, state, set.every_hours.is_some(), None, now));
    }
    all.extend(crate::context::refresh::statuses(data, city, now)?);
    Ok(all)
}

/// A source by what is known of it.
pub fn status(
    (feed, source, kind): (&str, &str, &'static str),
    state: Option<SourceState>,
    is_scheduled: bool,
    data_through: Option<String>,
    now: Timestamp,
) -> Status {
    let state = state.unwrap_or_default();
    let time = |second: i64| {
        let is_set = second > 0;
        is_set
            .then(|| Timestamp::from_second(second).ok())
            .flatten()
    };
    let last_success = time(state.read_at);
    Status {
        feed: feed.to_owned(),
        source: source.to_owned(),
        kind,
        last_success,
        age_hours: last_success.map(|at| (now.as_second() - at.as_second()) / 3600),
        rows: state.rows,
        data_through,
        next: time(state.next_at).filter(|_| is_scheduled),
        failures: state.failures,
        error: state.error,
    }
}

/// Since when a feed's sources cannot be read, if one of them cannot: its last success, or nothing before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trouble {
    /// The last time that it could be.
    pub since: Option<Timestamp>,
}

/// Failures in a row that readers are told of: one may be a moment's.
const TOLD: u32 = 2;

/// A scheduled source that was not asked for so long (seconds) is not one any more: the hub was taken off the internet.
const ABANDONED: i64 = 7 * 24 * 3600;

/// A table of a year that began so few days ago may not be there yet.
const NEW_TABLE: i32 = 45;

/// Whether nobody asks a scheduled source any more.
pub fn is_abandoned(source: &Source, state: &SourceState, now: Timestamp) -> bool {
    let every = i64::from(source.every_hours.unwrap_or(0)) * 3600;
    now.as_second() - state.tried_at > ABANDONED.max(3 * every)
}

/// Whether a feed's readers should know that it cannot be refreshed.
pub fn trouble(data: &Path, city: &City, feed: &Feed) -> Result<Option<Trouble>, StoreError> {
    let now = Timestamp::now();
    let today = city.day(now);
    let mut worst: Option<i64> = None;
    let scheduled = feed.sources.iter();
    let scheduled = scheduled.filter(|source| source.every_hours.is_some());
    for table in scheduled.flat_map(|source| fetch::tables(source, today)) {
        let state = sources::source(data, &feed.id, &table.id)?.unwrap_or_default();
        let is_new = |from| open_data::number(today) - open_data::number(from) < NEW_TABLE;
        let is_expected = state.read_at > 0 || !table.from.is_some_and(is_new);
        if state.failures >= TOLD && is_expected && !is_abandoned(&table, &state, now) {
            worst = Some(worst.map_or(state.read_at, |worst| worst.min(state.read_at)));
        }
    }
    Ok(worst.map(|since| Trouble {
        since: Timestamp::from_second(since).ok().filter(|_| since > 0),
    }))
}
