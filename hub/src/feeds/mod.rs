//! Feeds: city open data into the store, and from there the published months.
//!
//! `import` streams a file in constant memory. Each batch of rows is one transaction and a row that is read twice is a
//! duplicate, so an import may be cut off at any byte and run again. The months that a file has rows of are marked as
//! unfinished until it ends, and no month is published that is: what a kill leaves behind waits for its file.

pub mod input;
pub mod publish;
pub mod rows;
pub mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use spotlight_common::log;

use crate::city::{City, CityError, Feed};
use crate::store::open_data::{self, Accepted, OpenData, Stored};
use crate::store::reports::StoreError;
use crate::views::layers::{self, Layer};
use rows::{Row, Rows};

/// Rows of a feed that one transaction takes, and their bytes: a row may have a megabyte.
const BATCH: usize = 10_000;
const BATCH_BYTES: usize = 4 << 20;

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
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FeedError {
    fn csv(error: simd_csv::Error) -> Self {
        Self::Csv(error.to_string())
    }
}

/// `spotlight-hub import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// One of the city's feeds.
    #[arg(long)]
    pub feed: String,
    /// The hub's data folder, or a box's.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// CSV files as the portal exports them.
    #[arg(required = true)]
    pub file: Vec<PathBuf>,
}

/// `spotlight-hub layers rebuild`.
#[derive(Debug, clap::Args)]
pub struct RebuildArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// One of the city's feeds.
    #[arg(long)]
    pub feed: String,
    /// The hub's data folder, or a box's.
    #[arg(long)]
    pub data: PathBuf,
}

/// What became of a file's rows, as the contract writes it.
#[derive(Debug, Default, Clone, PartialEq, Serialize)]
pub struct Counts {
    /// As it was given.
    pub file: String,
    /// Without the header.
    pub rows: u64,
    /// Of other feeds.
    pub skipped: u64,
    /// Records and duplicates.
    pub accepted: u64,
    /// New requests.
    pub records: u64,
    /// Known already, by id or by address and day.
    pub duplicates: u64,
    /// Accepted ones without usable coordinates.
    pub unplaced: u64,
    /// Unusable ones, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// How long it took.
    pub seconds: f64,
}

/// Imports files, a JSON line each on stdout; then publishes the months that are due.
pub fn run_import(args: &ImportArgs) -> Result<ExitCode, FeedError> {
    let city = City::load(&args.city)?;
    let feed = city.feed(&args.feed)?;
    let data = crate::hub_folder(&args.data);
    let mut code = ExitCode::SUCCESS;
    let mut late = 0;
    let mut opened = None;
    for path in &args.file {
        let line = match import_file(&mut opened, &data, &city, feed, path) {
            Ok((counts, late_here)) => {
                late += late_here;
                serde_json::to_string(&counts).expect("our own types always serialise")
            }
            Err(error @ FeedError::Store(_)) => return Err(error),
            Err(error) => {
                code = ExitCode::FAILURE;
                let reason = log::chain(&error);
                eprintln!("{}: {reason}", path.display());
                serde_json::json!({ "file": path.display().to_string(), "error": reason })
                    .to_string()
            }
        };
        writeln!(io::stdout().lock(), "{line}")?;
    }
    let Some(store) = opened else {
        return Ok(code);
    };
    let mut unfinished = 0;
    if code == ExitCode::SUCCESS {
        unfinished = publish_due(&store, &city, feed, false)?;
    } else {
        // A published month stays as it is: without the rows of the file that failed it would lack them for good.
        eprintln!(
            "nothing was published, as not every file could be read; import again with the rest"
        );
    }
    let rebuild = || {
        format!(
            "`spotlight-hub layers rebuild --city {} --feed {} --data {}`",
            args.city,
            args.feed,
            args.data.display()
        )
    };
    if unfinished > 0 {
        eprintln!(
            "{unfinished} months are not published, as a file with rows of theirs was cut off; import that file again, \
             or publish what there is with {}",
            rebuild()
        );
    }
    if late > 0 {
        eprintln!(
            "{late} new records fall in months that are already published, and those stay as they are; {} publishes \
             them anew",
            rebuild()
        );
    }
    Ok(code)
}

/// Publishes all months of a feed anew.
pub fn run_rebuild(args: &RebuildArgs) -> Result<(), FeedError> {
    let city = City::load(&args.city)?;
    let feed = city.feed(&args.feed)?;
    let store = OpenData::open(&crate::hub_folder(&args.data))?;
    publish_due(&store, &city, feed, true).map(drop)
}

/// Imports the bundled sample into a hub's data folder.
pub fn import_sample(data: &Path, city: &City) -> Result<Counts, FeedError> {
    let feed = city.feed("encampments")?;
    let store = OpenData::open(data)?;
    let (counts, _) = import(
        &store,
        city,
        feed,
        SAMPLE.as_bytes(),
        "sample-encampments.csv",
    )?;
    publish_due(&store, city, feed, false)?;
    Ok(counts)
}

/// The layers of a city as they are published; empty ones are left out.
pub fn load_layers(data: &Path, city: &City) -> Result<Vec<Layer>, StoreError> {
    let mut loaded = Vec::new();
    for feed in &city.feeds {
        if let (months, Some(freshness)) = open_data::published(data, &feed.id)? {
            loaded.push(layers::layer(feed, &months, freshness));
        }
    }
    Ok(loaded)
}

/// A value that changes when an import has written.
pub fn layers_changed_at(data: &Path) -> Option<SystemTime> {
    open_data::changed_at(data)
}

/// Imports one file. The store is opened for the first whose header is this feed's: another changes nothing, not even an
/// empty store. A file is opened once, so that it may be a pipe.
fn import_file(
    opened: &mut Option<OpenData>,
    data: &Path,
    city: &City,
    feed: &Feed,
    path: &Path,
) -> Result<(Counts, u64), FeedError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let bar = if io::stderr().is_terminal() {
        ProgressBar::new(length)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    let result = Rows::open(bar.wrap_read(file), feed).and_then(|rows| {
        let store = match opened {
            Some(store) => store,
            None => opened.insert(OpenData::open(data)?),
        };
        import_rows(store, city, feed, rows, &path.display().to_string())
    });
    bar.finish_and_clear();
    result
}

/// Reads one file; returns its counts, and how many records fall in published months.
pub fn import(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    input: impl Read,
    file: &str,
) -> Result<(Counts, u64), FeedError> {
    import_rows(store, city, feed, Rows::open(input, feed)?, file)
}

fn import_rows(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    mut rows: Rows<'_>,
    file: &str,
) -> Result<(Counts, u64), FeedError> {
    let start = Instant::now();
    let now = Timestamp::now();
    let today = now.to_zoned_datetime(city.time_zone.clone()).date();
    let mut counts = Counts {
        file: file.to_owned(),
        ..Counts::default()
    };
    let mut total = Stored::default();
    let mut last_day: Option<Date> = None;
    let mut months = BTreeSet::new();
    let mut batch = Batch::default();
    loop {
        let row = rows.next(feed, city)?;
        let ended = row.is_none();
        counts.rows += u64::from(!ended);
        match row {
            Some(Row::Skipped) => counts.skipped += 1,
            Some(Row::Rejected(reason)) => *counts.rejected.entry(reason).or_default() += 1,
            Some(Row::Accepted(accepted)) => {
                counts.accepted += 1;
                counts.unplaced += u64::from(accepted.cell.is_none());
                // A day to come is a slip of the pen: it must not make the layer look fresh.
                last_day = last_day.max(Some(accepted.day).filter(|day| *day <= today));
                months.insert(open_data::month(accepted.day));
                batch.push(accepted);
            }
            None => {}
        }
        if batch.is_full() || ended && !batch.rows.is_empty() {
            let stored = store.store(&feed.id, &batch.rows)?;
            total.records += stored.records;
            total.duplicates += stored.duplicates;
            total.late += stored.late;
            batch.clear();
        }
        if ended {
            break;
        }
    }
    store.finish(&feed.id, &months, |freshness| {
        freshness.fetched_at = now.as_second();
        let last_day = last_day.map_or(i32::MIN, open_data::number);
        freshness.data_through = freshness.data_through.max(last_day);
    })?;
    counts.records = total.records;
    counts.duplicates = total.duplicates;
    counts.seconds = (start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
    Ok((counts, total.late))
}

/// What one transaction will take.
#[derive(Default)]
struct Batch {
    rows: Vec<Accepted>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, row: Accepted) {
        self.bytes += row.bytes();
        self.rows.push(row);
    }

    fn is_full(&self) -> bool {
        self.rows.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    fn clear(&mut self) {
        self.rows.clear();
        self.bytes = 0;
    }
}

/// Publishes the months that are due and not published; all that are due if `again`. Returns how many of them had to wait,
/// for they are unfinished.
fn publish_due(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    again: bool,
) -> Result<usize, FeedError> {
    let now = Timestamp::now();
    let today = now.to_zoned_datetime(city.time_zone.clone()).date();
    let waiting = publish_months(store, feed, today, again)?;
    if again {
        store.finish(&feed.id, &BTreeSet::new(), |freshness| {
            freshness.rebuilt_at = Some(now.as_second())
        })?;
    }
    Ok(waiting)
}

fn publish_months(
    store: &OpenData,
    feed: &Feed,
    today: Date,
    again: bool,
) -> Result<usize, FeedError> {
    let mut months = Vec::new();
    let mut waiting = 0;
    for (month, is_unfinished) in store.months(&feed.id, again)? {
        let first = layers::date_of(month);
        if !publish::is_due(first, today) {
            continue;
        }
        if is_unfinished && !again {
            waiting += 1;
            continue;
        }
        let next = open_data::number(first.last_of_month()) + 1;
        let requests = store.requests(&feed.id, month, next)?;
        months.push((month, publish::publish(&requests)));
    }
    store.publish(&feed.id, &months, again)?;
    Ok(waiting)
}

#[cfg(test)]
mod tests;
