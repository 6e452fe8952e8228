//! Accepted reports and known nodes.
//!
//! # On disk
//! One redb file, `hub.redb`:
//! - `reports`: id (`u128`) -> the day it was received (`u32`, days since 1970). Every accepted report of the last
//!   [`KNOWN_DAYS`] days, and nothing else of it: this is what duplicates are known by.
//! - `live`: id -> postcard [`Received`]: cell, time, pseudonym, node and the rest, erased an hour after fading. Sealed by
//!   [`spotlight_common::shred`] under the key of its period of erasure in `live-keys/`.
//! - `nodes`: public key -> postcard [`Node`].
//!
//! # Erasing
//! A row leaves `live` within a minute of its time ([`Received::erased_at`]). redb keeps what it removed in free pages until
//! it needs them, so what counts is the key: a period is [`ERASURE_MINUTES`] long, and its key is destroyed when it is over
//! and the rows are removed. From then on nothing in the folder tells of the row but its bare id. No row needs a key
//! after its own time, so the clock alone decides, and a crash between removal and destruction is mended at the next start.
//! A row that no key opens is logged, removed and skipped; its id still counts as known.
//!
//! # Promises
//! A batch is one durable transaction; its receipts are made from what [`Reports::accept`] returns after the commit.
//! An id is in `reports` from its first commit on, so that a report counts once however often it is delivered. It stays
//! there until the report's own time is too old to be taken, also where a node's clock ran ahead by up to
//! [`AHEAD_DAYS`]. A report of a later time is refused, as one that is too old is: its id would stay for as long.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use jiff::Timestamp;
use redb::{Database, ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};
use serde::{Deserialize, Serialize};
use spotlight_common::cell::Cell;
use spotlight_common::ids::{NodeId, ReportId};
use spotlight_common::receipt::{Outcome, Refusal};
use spotlight_common::report::{Minute, Report};
use spotlight_common::shred::{ShredError, Shredder};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::create::open_or_create;
use super::received::Received;
use super::write;

const REPORTS: TableDefinition<'_, u128, u32> = TableDefinition::new("reports");
const LIVE: TableDefinition<'_, u128, &[u8]> = TableDefinition::new("live");
const NODES: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("nodes");

/// Ids are known this long; a report seen before that is refused as old.
pub const KNOWN_DAYS: u32 = 35;

/// So many days a node's clock may be ahead of the hub's.
pub const AHEAD_DAYS: u32 = 1;

/// Rows whose time of erasure falls into the same so many minutes share a key.
pub const ERASURE_MINUTES: u32 = 10;

const MINUTES_A_DAY: u32 = 24 * 60;

/// A command may have the file open for a moment while the hub starts.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the store cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Its folder cannot be made.
    #[error("failed to create the folder `{path}`")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process has it open.
    #[error("`{0}` is in use by another process; stop the hub that runs on this folder first")]
    InUse(PathBuf),
    /// Other commands keep it open.
    #[error("`{0}` is in use by another command; try again when that has ended")]
    Busy(PathBuf),
    /// It cannot be opened.
    #[error("failed to open `{path}`")]
    Open {
        /// Which file.
        path: PathBuf,
        /// redb's reason.
        #[source]
        source: Box<redb::DatabaseError>,
    },
    /// An earlier version made it.
    #[error("an earlier version made `{0}`; remove it, and import or fetch its feeds again")]
    Format(PathBuf),
    /// A transaction failed.
    #[error("failed to read or write the store")]
    Database(#[source] Box<redb::Error>),
    /// The keys of its rows cannot be kept.
    #[error("failed to keep the keys of live reports")]
    Keys(#[source] ShredError),
    /// A row is not what was written.
    #[error("a row of table `{0}` cannot be read: it is damaged, or another version wrote it")]
    Row(&'static str),
}

impl<E: Into<redb::Error>> From<E> for StoreError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// What the hub knows of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// The operator's name for it.
    pub label: String,
    /// Whether its reports are refused.
    pub revoked: bool,
}

/// A table as `what-do-you-know` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Table {
    /// Its name.
    pub table: String,
    /// How many rows it holds.
    pub rows: u64,
    /// What a row tells.
    pub columns: Vec<String>,
}

impl Table {
    /// A row of the listing.
    pub fn new(table: &str, rows: u64, columns: &[&str]) -> Self {
        Self {
            table: table.into(),
            rows,
            columns: columns.iter().map(|&column| column.into()).collect(),
        }
    }
}

/// The store of reports and nodes.
pub struct Reports {
    database: Database,
    live_keys: Shredder,
}

impl Reports {
    /// Opens `hub.redb` in a folder, or makes it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let path = folder.join("hub.redb");
        let start = Instant::now();
        let database = loop {
            match open_or_create(&path, 64 << 20) {
                Err(redb::DatabaseError::DatabaseAlreadyOpen) if start.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(20));
                }
                opened => break opened,
            }
        };
        let database = database.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.clone()),
            other => StoreError::Open {
                path: path.clone(),
                source: Box::new(other),
            },
        })?;
        let transaction = database.begin_write()?;
        transaction.open_table(REPORTS)?;
        transaction.open_table(LIVE)?;
        transaction.open_table(NODES)?;
        transaction.commit()?;
        let live_keys = Shredder::load(&folder.join("live-keys")).map_err(StoreError::Keys)?;
        Ok(Self {
            database,
            live_keys,
        })
    }

    /// Takes verified reports in one durable transaction; returns each one's outcome, and those that are new and still tell
    /// something. `is_in_city` says which cells the map has.
    pub fn accept(
        &self,
        batch: &[(NodeId, Report)],
        now: Timestamp,
        is_in_city: impl Fn(Cell) -> bool,
    ) -> Result<(Vec<Outcome>, Vec<Received>), StoreError> {
        let received_at = Minute::of(now);
        let day = received_at.0 / MINUTES_A_DAY;
        let oldest = received_at.0.saturating_sub(KNOWN_DAYS * MINUTES_A_DAY);
        let newest = received_at.0.saturating_add(AHEAD_DAYS * MINUTES_A_DAY);
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut stored = Vec::new();
        let transaction = self.database.begin_write()?;
        {
            let mut reports = transaction.open_table(REPORTS)?;
            let mut live = transaction.open_table(LIVE)?;
            let nodes = transaction.open_table(NODES)?;
            for (node, report) in batch {
                let id = report.id.0.as_u128();
                let known_node = nodes
                    .get(&node.0)?
                    .map(|row| read_node(row.value()))
                    .transpose()?;
                let outcome = match known_node {
                    None => Outcome::Refused(Refusal::UnknownNode),
                    Some(node) if node.revoked => Outcome::Refused(Refusal::RevokedNode),
                    Some(_)
                        if !Cell::REPORTED.contains(&report.cell.resolution())
                            || !is_in_city(report.cell) =>
                    {
                        Outcome::Refused(Refusal::Cell)
                    }
                    Some(_) if reports.get(id)?.is_some() => Outcome::Duplicate,
                    Some(_) if report.seen_at.0 < oldest => Outcome::Refused(Refusal::Old),
                    Some(_) if report.seen_at.0 > newest => Outcome::Refused(Refusal::Ahead),
                    Some(_) => Outcome::Stored,
                };
                if outcome == Outcome::Stored {
                    let received = Received {
                        node: *node,
                        received_at,
                        report: *report,
                    };
                    reports.insert(id, day.max(report.seen_at.0 / MINUTES_A_DAY))?;
                    if received.erased_at() > now {
                        live.insert(id, self.seal(&received)?.as_slice())?;
                        stored.push(received);
                    }
                }
                outcomes.push(outcome);
            }
        }
        transaction.commit()?;
        Ok((outcomes, stored))
    }

    fn seal(&self, received: &Received) -> Result<Vec<u8>, StoreError> {
        let period = Minute::of(received.erased_at()).0 / ERASURE_MINUTES;
        let row = Zeroizing::new(write(received));
        let id = received.report.id.0.as_u128();
        self.live_keys
            .seal(period, id, &row)
            .map_err(StoreError::Keys)
    }

    /// All reports that are not erased yet. Rows that no key opens are removed.
    pub fn live(&self) -> Result<Vec<Received>, StoreError> {
        let (mut received, mut lost) = (Vec::new(), Vec::new());
        {
            let transaction = self.database.begin_read()?;
            let live = transaction.open_table(LIVE)?;
            for row in live.iter()? {
                let (id, sealed) = row?;
                let opened = self.live_keys.open(id.value(), sealed.value());
                match opened.and_then(|(_, row)| postcard::from_bytes(&row).ok()) {
                    Some(row) => received.push(row),
                    None => lost.push(ReportId(Uuid::from_u128(id.value()))),
                }
            }
        }
        if !lost.is_empty() {
            tracing::warn!(
                rows = lost.len(),
                "removed reports whose key is destroyed or lost; their ids stay known"
            );
            self.remove(&lost)?;
        }
        Ok(received)
    }

    /// Erases what these reports said, and the keys whose time is over; their bare ids stay.
    pub fn erase(&self, ids: &[ReportId], now: Timestamp) -> Result<(), StoreError> {
        if !ids.is_empty() {
            self.remove(ids)?;
        }
        let current = Minute::of(now).0 / ERASURE_MINUTES;
        self.live_keys
            .destroy(|period| period < current)
            .map_err(StoreError::Keys)
    }

    fn remove(&self, ids: &[ReportId]) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        {
            let mut live = transaction.open_table(LIVE)?;
            for id in ids {
                live.remove(id.0.as_u128())?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// Forgets the ids that are older than [`KNOWN_DAYS`].
    pub fn forget(&self, now: Timestamp) -> Result<(), StoreError> {
        let first_kept = (Minute::of(now).0 / MINUTES_A_DAY).saturating_sub(KNOWN_DAYS + 1);
        let transaction = self.database.begin_write()?;
        transaction
            .open_table(REPORTS)?
            .retain(|_, day| day >= first_kept)?;
        Ok(transaction.commit()?)
    }

    /// Adds a node, or takes it back after it was revoked.
    pub fn add_node(&self, id: &NodeId, label: &str) -> Result<(), StoreError> {
        self.write_node(
            id,
            &Node {
                label: label.into(),
                revoked: false,
            },
        )
    }

    /// Refuses a node's reports from now on. `false` if there is no such node.
    pub fn revoke_node(&self, id: &NodeId) -> Result<bool, StoreError> {
        let known = self.nodes()?.into_iter().find(|(known, _)| known == id);
        match known {
            Some((_, node)) => self
                .write_node(
                    id,
                    &Node {
                        revoked: true,
                        ..node
                    },
                )
                .map(|()| true),
            None => Ok(false),
        }
    }

    fn write_node(&self, id: &NodeId, node: &Node) -> Result<(), StoreError> {
        let transaction = self.database.begin_write()?;
        transaction
            .open_table(NODES)?
            .insert(&id.0, write(node).as_slice())?;
        Ok(transaction.commit()?)
    }

    /// All nodes, in order of key.
    pub fn nodes(&self) -> Result<Vec<(NodeId, Node)>, StoreError> {
        let transaction = self.database.begin_read()?;
        let nodes = transaction.open_table(NODES)?;
        nodes
            .iter()?
            .map(|row| {
                let (id, node) = row?;
                Ok((NodeId(*id.value()), read_node(node.value())?))
            })
            .collect()
    }

    /// The tables, as `what-do-you-know` lists them.
    pub fn tables(&self) -> Result<Vec<Table>, StoreError> {
        let transaction = self.database.begin_read()?;
        let rows = |length: Result<u64, redb::StorageError>| length.map_err(StoreError::from);
        Ok(vec![
            Table::new(
                "reports",
                rows(transaction.open_table(REPORTS)?.len())?,
                &["id", "received_day"],
            ),
            Table::new(
                "live",
                rows(transaction.open_table(LIVE)?.len())?,
                &[
                    "id",
                    "node",
                    "received_at",
                    "seen_at",
                    "cell",
                    "kind",
                    "evidence",
                    "reporter",
                    "epoch",
                    "clock",
                ],
            ),
            Table::new(
                "nodes",
                rows(transaction.open_table(NODES)?.len())?,
                &["public_key", "label", "revoked"],
            ),
        ])
    }

    /// Whether a report was accepted.
    pub fn knows(&self, id: Uuid) -> Result<bool, StoreError> {
        let transaction = self.database.begin_read()?;
        Ok(transaction
            .open_table(REPORTS)?
            .get(id.as_u128())?
            .is_some())
    }
}

fn read_node(bytes: &[u8]) -> Result<Node, StoreError> {
    postcard::from_bytes(bytes).map_err(|_| StoreError::Row("nodes"))
}

#[cfg(test)]
mod tests;
