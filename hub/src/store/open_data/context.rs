//! Context layers as they were last read: each a row, put in the place of the one before in one transaction.

use std::path::Path;

use redb::TableDefinition;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{FILE, OpenData, StoreError, existing, open_to_read, open_to_write, read};
use crate::store::write;

const CONTEXT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("context");

impl OpenData {
    /// Keeps a layer whole.
    pub fn put_context<T: Serialize>(&self, id: &str, layer: &T) -> Result<(), StoreError> {
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        transaction
            .open_table(CONTEXT)?
            .insert(id, write(layer).as_slice())?;
        Ok(transaction.commit()?)
    }
}

/// A layer, if it was ever read.
pub fn context<T: DeserializeOwned>(data: &Path, id: &str) -> Result<Option<T>, StoreError> {
    let Some(transaction) = open_to_read(&data.join(FILE))? else {
        return Ok(None);
    };
    let Some(layers) = existing(transaction.open_table(CONTEXT))? else {
        return Ok(None);
    };
    let layer = layers.get(id)?;
    layer.map(|bytes| read(bytes.value())).transpose()
}
