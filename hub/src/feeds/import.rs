//! Rows into the store, in batches that are one transaction each, and what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::layout::Row;
use super::period;
use crate::city::{City, Feed};
use crate::store::open_data::{self, Accepted, Hashed, OpenData, Place, Stored};
use crate::store::reports::StoreError;

/// Rows of a feed that one transaction takes: under a megabyte, for their strings are gone.
pub const BATCH: usize = 20_000;

/// What a file that the operator imports is called, among a feed's sources: no source's id has a colon.
pub fn source_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default();
    format!("file:{}", name.to_string_lossy())
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
    /// Accepted ones without usable coordinates; where rows name areas, without one.
    pub unplaced: u64,
    /// Those of them that a ZIP code places; not told where there are none.
    #[serde(skip_serializing_if = "is_none")]
    pub by_zip: u64,
    /// Those that name an area which the map does not know; not told where there are none.
    #[serde(skip_serializing_if = "is_none")]
    pub unknown_area: u64,
    /// Unusable ones, by reason.
    pub rejected: BTreeMap<&'static str, u64>,
    /// New requests in periods that are already published: those stay as they are.
    #[serde(skip)]
    pub late: u64,
    /// How long it took.
    pub seconds: f64,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Takes a source's rows.
pub struct Importer<'a> {
    store: &'a OpenData,
    feed: &'a Feed,
    source: &'a str,
    start: Instant,
    now: Timestamp,
    today: Date,
    last_day: Option<Date>,
    known: Option<BTreeSet<String>>,
    batch: Vec<Hashed>,
    counts: Counts,
}

impl<'a> Importer<'a> {
    /// For a source of the city's file, or [`source_of`] a file; `file` is how its counts are told.
    pub fn new(
        store: &'a OpenData,
        city: &'a City,
        feed: &'a Feed,
        source: &'a str,
        file: &str,
    ) -> Result<Self, StoreError> {
        let now = Timestamp::now();
        let known = match city.boundaries_of(feed) {
            Some(set) => Some(store.areas(set)?.areas.0.into_keys().collect()),
            None => None,
        };
        Ok(Self {
            store,
            feed,
            source,
            start: Instant::now(),
            now,
            today: city.day(now),
            last_day: None,
            known,
            batch: Vec::new(),
            counts: Counts {
                file: file.to_owned(),
                ..Counts::default()
            },
        })
    }

    /// Counts a row, and stores it when enough are together.
    pub fn push(&mut self, row: Row) -> Result<(), StoreError> {
        self.counts.rows += 1;
        match row {
            Row::Skipped => self.counts.skipped += 1,
            Row::Rejected(reason) => *self.counts.rejected.entry(reason).or_default() += 1,
            Row::Accepted(accepted) => {
                self.count(&accepted);
                self.batch.push(self.store.hashed(&accepted));
                if self.batch.len() >= BATCH {
                    self.flush()?;
                }
            }
        }
        Ok(())
    }

    fn count(&mut self, accepted: &Accepted) {
        self.counts.accepted += 1;
        match &accepted.place {
            Place::Cell(_) if accepted.has_point => {}
            Place::Cell(_) => {
                self.counts.unplaced += 1;
                self.counts.by_zip += 1;
            }
            Place::Area(name) => {
                let is_known = self.known.as_ref().is_none_or(|known| known.contains(name));
                self.counts.unknown_area += u64::from(!is_known);
            }
            Place::None => self.counts.unplaced += 1,
        }
        // A day to come is a slip of the pen: it must not make the layer look fresh.
        let day = Some(accepted.day).filter(|day| *day <= self.today);
        self.last_day = self.last_day.max(day);
    }

    /// Stores what has come.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let span = self.feed.period;
        let Stored {
            records,
            duplicates,
            late,
        } = self.store.store(
            &self.feed.id,
            self.source,
            |day| period::first_day(span, day),
            &self.batch,
        )?;
        self.counts.records += records;
        self.counts.duplicates += duplicates;
        self.counts.late += late;
        self.batch.clear();
        Ok(())
    }

    /// How many rows have come.
    pub fn rows(&self) -> u64 {
        self.counts.rows
    }

    /// All rows have come: the periods that they are of may be published, if no earlier reading of the source is still open.
    pub fn finish(mut self, is_whole: bool) -> Result<Counts, StoreError> {
        self.flush()?;
        let now = self.now.as_second();
        let last_day = self.last_day.map_or(i32::MIN, open_data::number);
        self.store
            .finish(&self.feed.id, self.source, is_whole, |freshness| {
                freshness.fetched_at = freshness.fetched_at.max(now);
                freshness.data_through = freshness.data_through.max(last_day);
            })?;
        self.counts.seconds = (self.start.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        Ok(self.counts)
    }
}
