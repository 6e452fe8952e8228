//! What is known of each source: how far it was read, when, and what went wrong; and the areas of boundary sets.

use std::path::Path;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::{FILE, OpenData, StoreError, existing, open_to_read, open_to_write, read};
use crate::city::boundaries::Areas;
use crate::store::write;

const SOURCES: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("sources");
const AREAS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("areas");

/// How far a source was read. Times are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// The dataset that the rest is about: another one is read from its beginning.
    pub dataset: String,
    /// When it was last asked.
    pub tried_at: i64,
    /// When it was last read to its end, or had nothing new.
    pub read_at: i64,
    /// Rows of the feed that it gave since it was first read, repeats too.
    pub rows: u64,
    /// Failures since it was last read.
    pub failures: u32,
    /// What went wrong, if something did since.
    pub error: Option<String>,
    /// Not to be asked before.
    pub next_at: i64,
    /// Only rows of this day and later were read, if so: `2026-01-31`. No earlier period is whole.
    pub since: Option<String>,
    /// Rows updated before were read: the portal's own time stamp.
    pub updated_to: Option<String>,
    /// What the portal calls the present form of a file or a dataset: nothing is read while it stays the same.
    pub version: Option<String>,
    /// A reading that has not come to its end.
    pub pass: Option<Pass>,
}

/// A reading that goes on where it was cut off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// When it began.
    pub began_at: i64,
    /// Only rows updated since, if so.
    pub updated_from: Option<String>,
    /// Only rows of this day and later, if so: `2026-01-31`.
    pub since: Option<String>,
    /// The last row's `:id`.
    pub after: Option<String>,
    /// The newest `:updated_at` that was seen.
    pub newest: Option<String>,
}

/// A boundary set's areas, as they were last fetched or imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAreas {
    /// When, seconds since 1970.
    pub read_at: i64,
    /// By name.
    pub areas: Areas,
}

impl OpenData {
    /// What is known of a source.
    pub fn source(&self, feed: &str, source: &str) -> Result<SourceState, StoreError> {
        Ok(state(&self.path, feed, source)?.unwrap_or_default())
    }

    /// Keeps what is known of a source.
    pub fn put_source(
        &self,
        feed: &str,
        source: &str,
        state: &SourceState,
    ) -> Result<(), StoreError> {
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        transaction
            .open_table(SOURCES)?
            .insert(&*format!("{feed}/{source}"), write(state).as_slice())?;
        Ok(transaction.commit()?)
    }

    /// Keeps a boundary set's areas.
    pub fn put_areas(&self, set: &str, areas: &Areas, read_at: i64) -> Result<(), StoreError> {
        let stored = StoredAreas {
            read_at,
            areas: areas.clone(),
        };
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        transaction
            .open_table(AREAS)?
            .insert(set, write(&stored).as_slice())?;
        Ok(transaction.commit()?)
    }
}

/// What is known of a source; nothing if it was never asked.
pub fn source(data: &Path, feed: &str, source: &str) -> Result<Option<SourceState>, StoreError> {
    state(&data.join(FILE), feed, source)
}

fn state(path: &Path, feed: &str, source: &str) -> Result<Option<SourceState>, StoreError> {
    let Some(transaction) = open_to_read(path)? else {
        return Ok(None);
    };
    let Some(sources) = existing(transaction.open_table(SOURCES))? else {
        return Ok(None);
    };
    let state = sources.get(&*format!("{feed}/{source}"))?;
    state.map(|bytes| read(bytes.value())).transpose()
}

/// A boundary set's areas, if they were fetched or imported.
pub fn areas(data: &Path, set: &str) -> Result<Option<StoredAreas>, StoreError> {
    let Some(transaction) = open_to_read(&data.join(FILE))? else {
        return Ok(None);
    };
    let Some(areas) = existing(transaction.open_table(AREAS))? else {
        return Ok(None);
    };
    let stored = areas.get(set)?;
    stored.map(|bytes| read(bytes.value())).transpose()
}
