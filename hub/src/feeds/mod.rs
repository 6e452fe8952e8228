//! Feeds: city open data into the store, and from there the published periods.
//!
//! ```text
//! import FILE -> rows, saved, geojson --------------------.
//!                                                         layout -> import -> store -> publish -> store
//! fetch -> soda, arcgis, open311, ckan, geojson, rows ----'
//! ```
//!
//! Both stream in constant memory. Each batch of rows is one transaction and a row that is read twice is a duplicate, so a
//! reading may be cut off at any byte and run again. The periods that a source has rows of are marked as unfinished until it
//! ends, and no period is published that is: what a kill leaves behind waits for its file, or for the fetch to go on.

pub mod answer;
pub mod arcgis;
pub mod boundaries;
pub mod ckan;
pub mod command;
pub mod failure;
pub mod fetch;
pub mod follow;
pub mod geojson;
pub mod gtfs;
pub mod http;
pub mod import;
pub mod input;
pub mod layout;
pub mod new_city;
pub mod open311;
pub mod paging;
pub mod period;
pub mod publish;
pub mod rent;
pub mod rows;
pub mod saved;
pub mod schedule;
pub mod soda;
pub mod status;
pub mod values;

use std::io;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::city::boundaries::BoundarySet;
use crate::city::{City, CityError, Feed};
use crate::store::open_data::sources::StoredAreas;
use crate::store::open_data::{self, OpenData, OpenPeriod};
use crate::store::reports::StoreError;
use crate::views::layers::{self, Layer};
use crate::views::rents;
use import::{Counts, Importer};
use publish::Names;

/// The demo's sample, in the portal's own form; its provenance stands in the city's file.
const SAMPLE: &str = include_str!("../../cities/los-angeles/sample-encampments.csv");

/// Why open data cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The city or its feed is unknown.
    #[error(transparent)]
    City(#[from] CityError),
    /// A file cannot be read.
    #[error("failed to read the file")]
    Io(#[from] io::Error),
    /// It is not CSV.
    #[error("not a CSV file that can be read: {0}")]
    Csv(String),
    /// It has no bytes.
    #[error("the file is empty")]
    Empty,
    /// It is something else.
    #[error("the file is {0}")]
    Form(&'static str),
    /// Its header is not this feed's.
    #[error(
        "the header has no column `{0}`; nothing was read. If the city renamed it, add the new name to the city's file"
    )]
    MissingColumn(String),
    /// A boundary file cannot be used.
    #[error("the boundary file cannot be used: {0}")]
    Boundaries(String),
    /// A file of rents cannot be used.
    #[error("the file of rents cannot be used: {0}")]
    Rent(String),
    /// The portal has no dataset of a title.
    #[error("the portal has no dataset with the title `{0}`")]
    NoDataset(String),
    /// It cannot be asked.
    #[error("failed to reach {address}: {reason}")]
    Unreachable {
        /// Who.
        address: String,
        /// Why.
        reason: String,
    },
    /// It wants to be asked later.
    #[error("{address} asks to be left alone for a while{}", until.map(|at| format!(", until {at}")).unwrap_or_default())]
    Busy {
        /// Who.
        address: String,
        /// Until when, if it says so.
        until: Option<Timestamp>,
    },
    /// It refuses.
    #[error("{address} answered {status}{}{said}", if said.is_empty() { "" } else { ": " })]
    Portal {
        /// Who.
        address: String,
        /// The status.
        status: u16,
        /// What it says besides.
        said: String,
    },
    /// It leads elsewhere.
    #[error(
        "{from} leads to {to}, which is not a listed host; if that is right, add the host to `hosts` in the city's file"
    )]
    Redirect {
        /// From where.
        from: String,
        /// To where.
        to: String,
    },
    /// Its answer is something else.
    #[error("{address} answered with {got}, not with data")]
    Type {
        /// Who.
        address: String,
        /// What it calls its answer.
        got: String,
    },
    /// Its answer is JSON of another shape.
    #[error("{address} answered with JSON of another shape (line {}, column {})", at.0, at.1)]
    Shape {
        /// Who.
        address: String,
        /// Where.
        at: (usize, usize),
    },
    /// Its answer does not come to its end.
    #[error("the answer of {address} was cut off: {reason}")]
    Cut {
        /// Who.
        address: String,
        /// How.
        reason: String,
    },
    /// Whoever makes a city's file has not said what is needed, or something else.
    #[error("{0}")]
    Answer(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FeedError {
    fn csv(error: simd_csv::Error) -> Self {
        Self::Csv(error.to_string())
    }
}

/// What is kept of an error: it may quote what it read.
pub fn said(error: &FeedError) -> String {
    values::cut(&spotlight_common::log::chain(error), 300)
}

/// Imports the bundled sample into a hub's data folder.
pub fn import_sample(data: &Path, city: &City) -> Result<Counts, FeedError> {
    let feed = city.feed("encampments")?;
    let store = OpenData::open(data)?;
    let file = "sample-encampments.csv";
    let source = import::source_of(Path::new(file));
    let mut importer = Importer::new(&store, city, feed, &source, file)?;
    fetch::read_all(SAMPLE.as_bytes(), feed, city, &mut importer)?;
    let counts = importer.finish(true)?;
    publish_due(&store, city, feed, Timestamp::now(), Which::Settled)?;
    Ok(counts)
}

/// The layers of a city as they are published; those of feeds that were never read are left out.
pub fn load_layers(data: &Path, city: &City) -> Result<Vec<Layer>, StoreError> {
    let mut loaded = Vec::new();
    for feed in &city.feeds {
        if let (periods, Some(freshness)) = open_data::published::published(data, &feed.id)? {
            let areas = areas(data, city, feed)?;
            let trouble = status::trouble(data, city, feed)?;
            loaded.push(layers::layer(feed, &periods, areas, freshness, trouble));
        }
    }
    for rent in &city.rents {
        let stored = open_data::rents::rents(data, rent.kind.id())?;
        if !stored.is_empty() {
            let outlines = open_data::sources::areas(data, &rent.boundaries)?;
            loaded.extend(rents::layer(rent, &stored, outlines));
        }
    }
    Ok(loaded)
}

/// A value that changes when an import has written.
pub fn layers_changed_at(data: &Path) -> Option<SystemTime> {
    open_data::changed_at(data)
}

/// The areas that a feed's rows name; none where they have points.
fn areas(data: &Path, city: &City, feed: &Feed) -> Result<StoredAreas, StoreError> {
    match city.boundaries_of(feed) {
        Some(set) => open_data::sources::areas(data, set),
        None => Ok(StoredAreas::built_in(&BoundarySet::default())),
    }
}

/// Which periods are to be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that are due and settled, and not published yet.
    Settled,
    /// Also those that are published: the operator rebuilds the layer.
    Again,
    /// Also what is due and not settled, as far as it was read.
    Everything,
}

/// What became of the periods that are due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Published {
    /// How many were published.
    pub periods: usize,
    /// How many wait for a reading that was cut off.
    pub unfinished: usize,
    /// How many wait for a source that was not read, or not whole, since they were due.
    pub unsettled: usize,
}

/// Publishes the periods that are due at an instant.
pub fn publish_due(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    now: Timestamp,
    which: Which,
) -> Result<Published, FeedError> {
    let today = city.day(now);
    let again = which != Which::Settled;
    let names = match city.boundaries_of(feed) {
        Some(set) => Names::of(set, &store.areas(set)?.areas),
        None => Names::none(),
    };
    let (_, freshness) = store.published(&feed.id)?;
    let through = freshness.map_or(i32::MIN, |freshness| freshness.data_through);
    let mut done = Published::default();
    let mut periods = Vec::new();
    for OpenPeriod {
        first,
        is_published,
        is_unfinished,
    } in store.periods(&feed.id)?
    {
        let day = open_data::day(first);
        let is_due = today >= period::due(feed.period, day);
        let is_wanted = match which {
            Which::Everything => true,
            Which::Again if is_published => true,
            _ => {
                let is_open = is_due && !is_published;
                done.unfinished += usize::from(is_open && is_unfinished);
                let is_settled =
                    is_open && !is_unfinished && is_settled(store, city, feed, day, through, now)?;
                done.unsettled += usize::from(is_open && !is_unfinished && !is_settled);
                is_settled
            }
        };
        if is_due && is_wanted {
            let next = open_data::number(period::next(feed.period, day));
            let requests = store.requests(&feed.id, first, next)?;
            periods.push((first, publish::publish(&requests, &names)));
        }
    }
    done.periods = periods.len();
    store.publish(&feed.id, &periods, again)?;
    if again {
        let now = now.as_second();
        store.finish(&feed.id, "", false, |freshness| {
            freshness.rebuilt_at = Some(now)
        })?;
    }
    Ok(done)
}

/// Whether every source that may have rows of a period, as far as any was ever asked, was read to its end, from the period's
/// first day on, and a scheduled one since the period was due: what is published stays as it is, so it must not lack what the
/// city publishes late. What the operator imports is whole by itself.
fn is_settled(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    first: Date,
    through: i32,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let today = city.day(now);
    let next = period::next(feed.period, first);
    let due_at = period::due_at(feed.period, first, city);
    let sources = feed.sources.iter();
    for source in sources.flat_map(|source| fetch::tables(source, today)) {
        let may_have =
            source.from.is_none_or(|from| from < next) && source.to.is_none_or(|to| to >= first);
        let state = store.source(&feed.id, &source.id)?;
        if !may_have || state.tried_at == 0 {
            continue;
        }
        let is_scheduled =
            source.every_hours.is_some() && !status::is_abandoned(&source, &state, now);
        let since = if is_scheduled { due_at } else { 1 };
        if !(state.is_whole_since(since) && state.has_all_from(&first.to_string())) {
            return Ok(false);
        }
        // A portal that is quiet for weeks has not said all of them.
        if is_scheduled && through < open_data::number(next) - 1 {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
