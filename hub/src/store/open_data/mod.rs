//! Open data in `open-data.redb`: what counting and incremental import need, never the city's table.
//!
//! # On disk
//! For each feed, five tables, and four for all:
//! - `FEED/requests`: keyed hash of the row's id (`u64`) -> nothing. By this a row read twice is known.
//! - `FEED/records`: (local day, keyed hash of the address) -> (place, who began it). One a request. The place is an H3 cell
//!   of resolution 8, or 6 where only a ZIP code is known; or a hash of its area's name; 1 where it has none and 0 where it
//!   counts nowhere. Where a row has a point but no address, the hash is of the point: its first 40 bits of the place, about
//!   100 m across, and the others of the point to a metre. Days and addresses that come twice are known by all 64 bits; how
//!   many addresses an area has is counted by the first 40, so that a device that writes one place a little differently each
//!   time is one.
//! - `FEED/periods`: first day of a period -> records in it.
//! - `FEED/unfinished`: (first day of a period, source) -> nothing. That source's rows of it are being read, or were cut off.
//! - `FEED/published`: first day of a period -> postcard [`PublishedPeriod`], written once.
//! - `meta`: `format` -> its version; `key` -> the random key of the hashes; `FEED` -> postcard [`Freshness`].
//! - `sources`: `FEED/SOURCE` -> postcard [`SourceState`](sources::SourceState).
//! - `areas`: a boundary set -> postcard [`StoredAreas`](sources::StoredAreas).
//! - `context`: `transit` or `cameras` -> postcard [`Kept`](crate::context::Kept): what the map draws beside all that.
//! - `rents`: (layer, first day of a period) -> postcard [`Rents`](rents::Rents).
//!
//! Of rows, no address, coordinate or request id is stored. The key lies beside the hashes: they hide addresses from whoever reads
//! counts, not from whoever holds the disk and guesses; the rows are public where they came from.
//!
//! The file is opened for as long as one batch or one reading takes, so that imports, a running hub and other commands work
//! side by side.

pub mod context;
pub mod published;
pub mod rents;
mod row;
pub mod sources;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use redb::{
    Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition,
};
use serde::{Deserialize, Serialize};
use spotlight_common::cell::Cell;
use spotlight_common::keys;

use super::create::open_or_create;
use super::reports::StoreError;
use super::write;
use crate::feeds::publish::PublishedPeriod;
pub use row::{Accepted, Address, BegunBy, Counted, Hashed, Place, Request, area_number};
use row::{NOWHERE, UNPLACED};

pub const FILE: &str = "open-data.redb";
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// The bits of a hash that tell points of one place apart.
const FINE_BITS: u32 = 24;

/// What a file of this form says under `format`.
const FORMAT: &[u8] = &[2];

type Records<'a> = TableDefinition<'a, (i32, u64), (u64, u8)>;
type Unfinished<'a> = TableDefinition<'a, (i32, &'static str), ()>;

/// Bytes that redb keeps of it in RAM.
const CACHE: usize = 4 << 20;

/// How long a command waits for another one to close the file, which takes as long as a batch.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many of a batch were new.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// New requests.
    pub records: u64,
    /// Known ids, or the same address on the same day.
    pub duplicates: u64,
    /// New requests in periods that are already published: they are not shown until the operator rebuilds.
    pub late: u64,
}

/// How fresh a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    /// The last day that was read, days since 1970.
    pub data_through: i32,
    /// When it was last read, seconds since 1970.
    pub fetched_at: i64,
    /// When the operator last rebuilt it whole.
    pub rebuilt_at: Option<i64>,
}

/// The open data of one hub, to be written. Each call opens the file.
pub struct OpenData {
    path: PathBuf,
    key: [u8; 32],
}

/// Days since 1970.
pub fn number(day: Date) -> i32 {
    let since = day.duration_since(jiff::civil::date(1970, 1, 1));
    i32::try_from(since.as_hours() / 24).unwrap_or(i32::MAX)
}

/// The day of a number.
pub fn day(number: i32) -> Date {
    let start = jiff::civil::date(1970, 1, 1);
    start
        .checked_add(jiff::Span::new().days(number))
        .unwrap_or(start)
}

/// A period that has records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenPeriod {
    /// The number of its first day.
    pub first: i32,
    /// Whether it is published.
    pub is_published: bool,
    /// Whether a source's rows of it are being read, or were cut off.
    pub is_unfinished: bool,
}

fn is_marked(
    unfinished: &impl ReadableTable<(i32, &'static str), ()>,
    period: i32,
) -> Result<bool, StoreError> {
    let mut marks = unfinished.range((period, "")..(period + 1, ""))?;
    Ok(marks.next().is_some())
}

fn name(feed: &str, table: &str) -> String {
    format!("{feed}/{table}")
}

impl OpenData {
    /// Opens the file in a hub's data folder, or makes it.
    pub fn open(data: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(data).map_err(|source| StoreError::Folder {
            path: data.to_owned(),
            source,
        })?;
        let path = data.join(FILE);
        let database = open_to_write(&path)?;
        let transaction = database.begin_write()?;
        let key = {
            let mut meta = transaction.open_table(META)?;
            let known = meta.get("key")?.and_then(|key| key.value().try_into().ok());
            let is_ours = meta
                .get("format")?
                .is_some_and(|format| format.value() == FORMAT);
            match known {
                Some(_) if !is_ours => return Err(StoreError::Format(path)),
                Some(key) => key,
                None => {
                    meta.insert("format", FORMAT)?;
                    let key: [u8; 32] =
                        keys::random_bytes().map_err(|_| StoreError::Row("meta"))?;
                    meta.insert("key", key.as_slice())?;
                    key
                }
            }
        };
        transaction.commit()?;
        drop(database);
        Ok(Self { path, key })
    }

    fn hash(&self, purpose: &str, text: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher
            .update(purpose.as_bytes())
            .update(&[0])
            .update(text.as_bytes());
        let mut hash = [0; 8];
        hasher.finalize_xof().fill(&mut hash);
        u64::from_le_bytes(hash)
    }

    fn address(&self, row: &Accepted) -> u64 {
        match &row.address {
            Some(Address::Written(written)) => self.hash("address", written),
            Some(Address::Point { point, place }) => {
                let fine = (1 << FINE_BITS) - 1;
                self.hash("place", place) & !fine | self.hash("address", point) & fine
            }
            Some(Address::Unknown) => {
                let fine = (1 << FINE_BITS) - 1;
                self.hash("unknown address", "") & !fine | self.hash("id", &row.id) & fine
            }
            None => self.hash("no address", &row.id),
        }
    }

    /// What will be stored of a row.
    pub fn hashed(&self, row: &Accepted) -> Hashed {
        Hashed {
            id: self.hash("id", &row.id),
            address: self.address(row),
            day: row.day,
            place: row.place.number(),
            begun_by: row.begun_by.number(),
        }
    }

    /// Stores a batch of a source's rows in one durable transaction. A period begins on the day that `begins` says.
    pub fn store(
        &self,
        feed: &str,
        source: &str,
        begins: impl Fn(Date) -> Date,
        batch: &[Hashed],
    ) -> Result<Stored, StoreError> {
        let (requests, records) = (name(feed, "requests"), name(feed, "records"));
        let (periods, published) = (name(feed, "periods"), name(feed, "published"));
        let mut stored = Stored::default();
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let mut unfinished = transaction.open_table(Unfinished::new(&unfinished))?;
            let mut requests =
                transaction.open_table(TableDefinition::<u64, ()>::new(&requests))?;
            let mut records = transaction.open_table(Records::new(&records))?;
            let mut periods = transaction.open_table(TableDefinition::<i32, u64>::new(&periods))?;
            let published =
                transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
            for row in batch {
                let period = number(begins(row.day));
                if unfinished.get((period, source))?.is_none() {
                    unfinished.insert((period, source), ())?;
                }
                let is_known = requests.insert(row.id, ())?.is_some();
                let key = (number(row.day), row.address);
                let is_known_here = records.get(key)?.is_some();
                if is_known || is_known_here {
                    if !is_known_here {
                        // A known id with another address or day: what it says counts nowhere, but who repeats it is a duplicate.
                        records.insert(key, (NOWHERE, 0))?;
                    }
                    stored.duplicates += 1;
                    continue;
                }
                records.insert(key, (row.place, row.begun_by))?;
                let count = periods.get(period)?.map_or(0, |count| count.value());
                periods.insert(period, count + 1)?;
                stored.records += 1;
                stored.late += u64::from(published.get(period)?.is_some());
            }
        }
        transaction.commit()?;
        Ok(stored)
    }

    /// Periods that have records, oldest first.
    pub fn periods(&self, feed: &str) -> Result<Vec<OpenPeriod>, StoreError> {
        let (periods, published) = (name(feed, "periods"), name(feed, "published"));
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        let periods = transaction.open_table(TableDefinition::<i32, u64>::new(&periods))?;
        let published = transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
        let unfinished = transaction.open_table(Unfinished::new(&unfinished))?;
        let mut all = Vec::new();
        for row in periods.iter()? {
            let first = row?.0.value();
            all.push(OpenPeriod {
                first,
                is_published: published.get(first)?.is_some(),
                is_unfinished: is_marked(&unfinished, first)?,
            });
        }
        Ok(all)
    }

    /// The requests from a day up to, not including, another.
    pub fn requests(&self, feed: &str, from: i32, to: i32) -> Result<Vec<Request>, StoreError> {
        let records = name(feed, "records");
        let Some(transaction) = open_to_read(&self.path)? else {
            return Ok(Vec::new());
        };
        let Some(records) = existing(transaction.open_table(Records::new(&records)))? else {
            return Ok(Vec::new());
        };
        let mut requests = Vec::new();
        for row in records.range((from, 0)..(to, 0))? {
            let (key, value) = row?;
            let (place, begun_by) = value.value();
            let place = match place {
                NOWHERE => continue,
                UNPLACED => Counted::Unplaced,
                place => Cell::from_index(place).map_or(Counted::Area(place), Counted::Cell),
            };
            requests.push(Request {
                place,
                begun_by: BegunBy::of_number(begun_by),
                address: key.value().1 >> FINE_BITS,
            });
        }
        Ok(requests)
    }

    /// Publishes periods. Without `again` one that is published, or whose rows are being read now, stays as it is.
    pub fn publish(
        &self,
        feed: &str,
        periods: &[(i32, PublishedPeriod)],
        again: bool,
    ) -> Result<(), StoreError> {
        let (published, unfinished) = (name(feed, "published"), name(feed, "unfinished"));
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let unfinished = transaction.open_table(Unfinished::new(&unfinished))?;
            let mut published =
                transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
            for (period, areas) in periods {
                let is_open = published.get(period)?.is_none() && !is_marked(&unfinished, *period)?;
                if again || is_open {
                    published.insert(period, write(areas).as_slice())?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// Notes that a source was read to its end, if it was, and how fresh the feed is.
    pub fn finish(
        &self,
        feed: &str,
        source: &str,
        is_whole: bool,
        change: impl FnOnce(&mut Freshness),
    ) -> Result<(), StoreError> {
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let mut unfinished = transaction.open_table(Unfinished::new(&unfinished))?;
            if is_whole {
                unfinished.retain(|(_, of), ()| of != source)?;
            }
            let mut meta = transaction.open_table(META)?;
            let mut freshness = match meta.get(feed)? {
                Some(bytes) => read(bytes.value())?,
                None => Freshness {
                    data_through: i32::MIN,
                    fetched_at: 0,
                    rebuilt_at: None,
                },
            };
            change(&mut freshness);
            meta.insert(feed, write(&freshness).as_slice())?;
        }
        Ok(transaction.commit()?)
    }
}

fn open_to_write(path: &Path) -> Result<Database, StoreError> {
    patiently(path, || open_or_create(path, CACHE))
}

fn open_to_read(path: &Path) -> Result<Option<ReadTransaction>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let opened = patiently(path, || match ReadOnlyDatabase::open(path) {
        // A crash left it to be repaired, which takes a writer.
        Err(redb::DatabaseError::RepairAborted) => {
            drop(Database::open(path)?);
            ReadOnlyDatabase::open(path)
        }
        other => other,
    })?;
    Ok(Some(opened.begin_read()?))
}

fn existing<T>(opened: Result<T, redb::TableError>) -> Result<Option<T>, StoreError> {
    match opened {
        Ok(table) => Ok(Some(table)),
        Err(redb::TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// When the file last changed; `None` if there is none.
pub fn changed_at(data: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(data.join(FILE))
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// Another command may have it open for a moment.
fn patiently<T>(
    path: &Path,
    mut open: impl FnMut() -> Result<T, redb::DatabaseError>,
) -> Result<T, StoreError> {
    let start = Instant::now();
    loop {
        match open() {
            Ok(opened) => return Ok(opened),
            Err(redb::DatabaseError::DatabaseAlreadyOpen) if start.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(50))
            }
            Err(redb::DatabaseError::DatabaseAlreadyOpen) => {
                return Err(StoreError::Busy(path.to_owned()));
            }
            Err(error) => {
                return Err(StoreError::Open {
                    path: path.to_owned(),
                    source: Box::new(error),
                });
            }
        }
    }
}

fn read<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, StoreError> {
    postcard::from_bytes(bytes).map_err(|_| StoreError::Row("open data"))
}
