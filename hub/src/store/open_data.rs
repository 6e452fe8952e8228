//! Open data in `open-data.redb`: what counting and incremental import need, never the city's table.
//!
//! # On disk
//! For each feed, five tables, and one for all:
//! - `FEED/requests`: keyed hash of the request's id (`u64`) -> nothing. By this a row read twice is known.
//! - `FEED/records`: (local day, keyed hash of the address) -> resolution-8 cell, 0 where it has no place. One a request.
//!   Where a row has a point but no address, the hash is of the point: its first 40 bits of the place, about 100 m across,
//!   and the others of the point to a metre. Days and addresses that come twice are known by all 64 bits; how many addresses
//!   an area has is counted by the first 40, so that a device that writes one place a little differently each time is one.
//! - `FEED/months`: first day of a month -> records in it.
//! - `FEED/unfinished`: first day of a month -> nothing. A file with rows of that month is being read, or was cut off.
//! - `FEED/published`: first day of a month -> postcard [`PublishedMonth`], written once.
//! - `meta`: `key` -> the random key of the hashes; `FEED` -> postcard [`Freshness`].
//!
//! No address, coordinate or request id is stored. The key lies beside the hashes: they hide addresses from whoever reads
//! counts, not from whoever holds the disk and guesses; the rows are public where they came from.
//!
//! The file is opened for as long as one batch or one reading takes, so that imports, a running hub and other commands work
//! side by side.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::civil::Date;
use redb::{
    Database, ReadOnlyDatabase, ReadTransaction, ReadableDatabase, ReadableTable,
    ReadableTableMetadata, TableDefinition, TableHandle,
};
use serde::{Deserialize, Serialize};
use spotlight_common::cell::Cell;
use spotlight_common::keys;

use super::create::open_or_create;
use super::reports::{StoreError, Table};
use super::write;

const FILE: &str = "open-data.redb";
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");

/// The bits of a hash that tell points of one place apart.
const FINE_BITS: u32 = 24;

/// Instead of a cell: the row counts in no area.
const NOWHERE: u64 = 0;

/// How long a command waits for another one to close the file, which takes as long as a batch.
const PATIENCE: Duration = Duration::from_secs(30);

/// A row that was accepted, before it is stored. Its strings go no further.
pub struct Accepted {
    /// The request's id.
    pub id: String,
    /// What its address is known by; `None` where there is neither address nor point.
    pub address: Option<Address>,
    /// The local day that it was filed.
    pub day: Date,
    /// Its resolution-8 cell.
    pub cell: Option<Cell>,
}

/// What an address is known by.
pub enum Address {
    /// As it is written, in capitals.
    Written(String),
    /// Only a point.
    Point {
        /// To about a metre.
        point: String,
        /// To about a hundred metres.
        place: String,
    },
}

impl Accepted {
    /// About what it takes in RAM.
    pub fn bytes(&self) -> usize {
        let address = match &self.address {
            Some(Address::Written(written)) => written.len(),
            Some(Address::Point { point, place }) => point.len() + place.len(),
            None => 0,
        };
        size_of::<Self>() + self.id.len() + address
    }
}

/// How many of a batch were new.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// New requests.
    pub records: u64,
    /// Known ids, or the same address on the same day.
    pub duplicates: u64,
    /// New requests in months that are already published: they are not shown until the operator rebuilds.
    pub late: u64,
}

/// The requests of one cell in one month, as counting needs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Resolution 8.
    pub cell: Cell,
    /// What tells its address from others.
    pub address: u64,
}

/// What is published of a month: the only thing that views get to see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedMonth {
    /// Disjoint areas.
    pub areas: Vec<PublishedArea>,
}

/// One area and its count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedArea {
    /// Its cell, or `CELL-rest`.
    pub area: String,
    /// The resolution-8 cells that it is made of.
    pub cells: Vec<Cell>,
    /// Distinct requests.
    pub count: u32,
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

/// The number of the first day of a day's month.
pub fn month(day: Date) -> i32 {
    number(day.first_of_month())
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
            match known {
                Some(key) => key,
                None => {
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
            None => self.hash("no address", &row.id),
        }
    }

    /// Stores a batch in one durable transaction.
    pub fn store(&self, feed: &str, batch: &[Accepted]) -> Result<Stored, StoreError> {
        let (requests, records) = (name(feed, "requests"), name(feed, "records"));
        let (months, published) = (name(feed, "months"), name(feed, "published"));
        let mut stored = Stored::default();
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let mut unfinished =
                transaction.open_table(TableDefinition::<i32, ()>::new(&unfinished))?;
            let mut requests =
                transaction.open_table(TableDefinition::<u64, ()>::new(&requests))?;
            let mut records =
                transaction.open_table(TableDefinition::<(i32, u64), u64>::new(&records))?;
            let mut months = transaction.open_table(TableDefinition::<i32, u64>::new(&months))?;
            let published =
                transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
            for row in batch {
                let month = month(row.day);
                if unfinished.get(month)?.is_none() {
                    unfinished.insert(month, ())?;
                }
                let is_known = requests.insert(self.hash("id", &row.id), ())?.is_some();
                let key = (number(row.day), self.address(row));
                let is_known_here = records.get(key)?.is_some();
                if is_known || is_known_here {
                    if !is_known_here {
                        // A known id with another address or day: what it says counts nowhere, but who repeats it is a duplicate.
                        records.insert(key, NOWHERE)?;
                    }
                    stored.duplicates += 1;
                    continue;
                }
                records.insert(key, row.cell.map_or(NOWHERE, Cell::index))?;
                let count = months.get(month)?.map_or(0, |count| count.value());
                months.insert(month, count + 1)?;
                stored.records += 1;
                stored.late += u64::from(published.get(month)?.is_some());
            }
        }
        transaction.commit()?;
        Ok(stored)
    }

    /// Months that have records and are not published, oldest first; all with records if `again`. Each with whether it is
    /// unfinished.
    pub fn months(&self, feed: &str, again: bool) -> Result<Vec<(i32, bool)>, StoreError> {
        let (months, published) = (name(feed, "months"), name(feed, "published"));
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        let months = transaction.open_table(TableDefinition::<i32, u64>::new(&months))?;
        let published = transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
        let unfinished = transaction.open_table(TableDefinition::<i32, ()>::new(&unfinished))?;
        let mut open = Vec::new();
        for row in months.iter()? {
            let month = row?.0.value();
            if again || published.get(month)?.is_none() {
                open.push((month, unfinished.get(month)?.is_some()));
            }
        }
        Ok(open)
    }

    /// The placed requests from a day up to, not including, another.
    pub fn requests(&self, feed: &str, from: i32, to: i32) -> Result<Vec<Request>, StoreError> {
        let records = name(feed, "records");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_read()?;
        let records =
            existing(transaction.open_table(TableDefinition::<(i32, u64), u64>::new(&records)))?;
        let Some(records) = records else {
            return Ok(Vec::new());
        };
        let mut requests = Vec::new();
        for row in records.range((from, 0)..(to, 0))? {
            let (key, cell) = row?;
            if let Ok(cell) = Cell::from_index(cell.value()) {
                let address = key.value().1 >> FINE_BITS;
                requests.push(Request { cell, address });
            }
        }
        Ok(requests)
    }

    /// Publishes months. Without `again` a month that is published stays as it is.
    pub fn publish(
        &self,
        feed: &str,
        months: &[(i32, PublishedMonth)],
        again: bool,
    ) -> Result<(), StoreError> {
        let published = name(feed, "published");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let mut published =
                transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published))?;
            for (month, areas) in months {
                if again || published.get(month)?.is_none() {
                    published.insert(month, write(areas).as_slice())?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    /// Notes that a file with rows of these months was read to its end, and how fresh the feed is.
    pub fn finish(
        &self,
        feed: &str,
        months: &BTreeSet<i32>,
        change: impl FnOnce(&mut Freshness),
    ) -> Result<(), StoreError> {
        let unfinished = name(feed, "unfinished");
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        {
            let mut unfinished =
                transaction.open_table(TableDefinition::<i32, ()>::new(&unfinished))?;
            for month in months {
                unfinished.remove(month)?;
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

/// Published months by the number of their first day, oldest first.
pub type PublishedMonths = Vec<(i32, PublishedMonth)>;

/// What is published of a feed, oldest month first, and how fresh it is. Nothing if nothing was imported.
pub fn published(
    data: &Path,
    feed: &str,
) -> Result<(PublishedMonths, Option<Freshness>), StoreError> {
    let Some(transaction) = open_to_read(data)? else {
        return Ok((Vec::new(), None));
    };
    // An import that was killed early may have left a file without these tables.
    let Some(meta) = existing(transaction.open_table(META))? else {
        return Ok((Vec::new(), None));
    };
    let freshness = match meta.get(feed)? {
        Some(bytes) => Some(read(bytes.value())?),
        None => return Ok((Vec::new(), None)),
    };
    let published = name(feed, "published");
    let published = transaction.open_table(TableDefinition::<i32, &[u8]>::new(&published));
    let Some(published) = existing(published)? else {
        return Ok((Vec::new(), freshness));
    };
    let months = published.iter()?.map(|row| {
        let (month, areas) = row?;
        Ok((month.value(), read(areas.value())?))
    });
    Ok((months.collect::<Result<_, StoreError>>()?, freshness))
}

/// The tables, as `what-do-you-know` lists them.
pub fn tables(data: &Path) -> Result<Vec<Table>, StoreError> {
    let Some(transaction) = open_to_read(data)? else {
        return Ok(Vec::new());
    };
    let mut tables = Vec::new();
    for handle in transaction.list_tables()? {
        let name = handle.name().to_owned();
        let columns: &[&str] = match name.rsplit('/').next() {
            Some("requests") => &["hash_of_id"],
            Some("records") => &["day", "hash_of_address", "cell"],
            Some("months") => &["month", "records"],
            Some("published") => &["month", "areas"],
            Some("unfinished") => &["month"],
            _ => &["name", "value"],
        };
        tables.push(Table::new(
            &name,
            transaction.open_untyped_table(handle)?.len()?,
            columns,
        ));
    }
    Ok(tables)
}

fn open_to_write(path: &Path) -> Result<Database, StoreError> {
    patiently(path, || open_or_create(path, 8 << 20))
}

fn open_to_read(data: &Path) -> Result<Option<ReadTransaction>, StoreError> {
    let path = data.join(FILE);
    if !path.exists() {
        return Ok(None);
    }
    let opened = patiently(&path, || match ReadOnlyDatabase::open(&path) {
        // A crash left it to be repaired, which takes a writer.
        Err(redb::DatabaseError::RepairAborted) => {
            drop(Database::open(&path)?);
            ReadOnlyDatabase::open(&path)
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
