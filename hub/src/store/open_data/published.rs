//! What may be read of the file without writing to it: what is published, and what tables there are.

use std::path::Path;

use redb::{ReadableTable, ReadableTableMetadata, TableDefinition, TableHandle};

use super::{FILE, Freshness, META, OpenData, StoreError, existing, name, open_to_read, read};
use crate::feeds::publish::PublishedPeriod;
use crate::store::reports::Table;

/// Published periods by the number of their first day, oldest first.
pub type PublishedPeriods = Vec<(i32, PublishedPeriod)>;

/// What is published of a feed, oldest period first, and how fresh it is. Nothing if nothing was imported.
pub fn published(
    data: &Path,
    feed: &str,
) -> Result<(PublishedPeriods, Option<Freshness>), StoreError> {
    read_published(&data.join(FILE), feed)
}

impl OpenData {
    /// The same of this file.
    pub fn published(
        &self,
        feed: &str,
    ) -> Result<(PublishedPeriods, Option<Freshness>), StoreError> {
        read_published(&self.path, feed)
    }
}

fn read_published(
    path: &Path,
    feed: &str,
) -> Result<(PublishedPeriods, Option<Freshness>), StoreError> {
    let Some(transaction) = open_to_read(path)? else {
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
    let periods = published.iter()?.map(|row| {
        let (period, areas) = row?;
        Ok((period.value(), read(areas.value())?))
    });
    Ok((periods.collect::<Result<_, StoreError>>()?, freshness))
}

/// The tables, as `what-do-you-know` lists them.
pub fn tables(data: &Path) -> Result<Vec<Table>, StoreError> {
    let Some(transaction) = open_to_read(&data.join(FILE))? else {
        return Ok(Vec::new());
    };
    let mut tables = Vec::new();
    for handle in transaction.list_tables()? {
        let name = handle.name().to_owned();
        let columns: &[&str] = match name.rsplit('/').next() {
            Some("requests") => &["hash_of_id"],
            Some("records") => &["day", "hash_of_address", "place", "begun_by"],
            Some("periods") => &["period", "records"],
            Some("published") => &["period", "areas"],
            Some("unfinished") => &["period", "source"],
            Some("sources") => &["source", "state"],
            Some("areas") => &["boundaries", "areas"],
            Some("context") => &["layer", "geometry"],
            Some("rents") => &["layer", "period", "rents"],
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
