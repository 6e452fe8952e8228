//! Rents by area and period, as they were last imported: published as they are, never counted.

use std::collections::BTreeMap;
use std::path::Path;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::{FILE, OpenData, StoreError, existing, open_to_read, open_to_write, read};
use crate::store::write;

/// (layer, the number of the period's first day) -> postcard [`Rents`].
const RENTS: TableDefinition<'_, (&str, i32), &[u8]> = TableDefinition::new("rents");

/// What is known of an area's rent, in US dollars a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rent {
    /// There is no figure: too few rent, or none.
    Unknown,
    /// So much, give or take the margin if one is told.
    Is { dollars: u32, margin: Option<u32> },
    /// So much or more: the table goes no higher.
    OrMore(u32),
    /// Less than so much: it goes no lower.
    Under(u32),
}

/// The rents of one period.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rents {
    /// When the file was read, seconds since 1970.
    pub read_at: i64,
    /// By the name of the area, as the boundary set writes it.
    pub by_area: BTreeMap<String, Rent>,
}

impl OpenData {
    /// Keeps a period's rents in the place of those of an earlier file.
    pub fn put_rents(&self, layer: &str, first: i32, rents: &Rents) -> Result<(), StoreError> {
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        transaction
            .open_table(RENTS)?
            .insert((layer, first), write(rents).as_slice())?;
        Ok(transaction.commit()?)
    }
}

/// A layer's rents by the number of each period's first day, oldest first.
pub fn rents(data: &Path, layer: &str) -> Result<Vec<(i32, Rents)>, StoreError> {
    let Some(transaction) = open_to_read(&data.join(FILE))? else {
        return Ok(Vec::new());
    };
    let Some(table) = existing(transaction.open_table(RENTS))? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for row in table.range((layer, i32::MIN)..=(layer, i32::MAX))? {
        let (key, value) = row?;
        all.push((key.value().1, read(value.value())?));
    }
    Ok(all)
}
