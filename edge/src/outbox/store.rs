//! The outbox's redb file. See the header of [`super`] for its layout and promises.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use redb::backends::InMemoryBackend;
use redb::{
    Database, ReadOnlyDatabase, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
    WriteTransaction,
};
use serde::{Deserialize, Serialize};
use spotlight_common::ids::ReportId;
use spotlight_common::receipt::Refusal;

use super::{Inbox, Month, Origin};

const BATCHES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("batches");
const REMOVALS: TableDefinition<'_, (u8, u32), u32> = TableDefinition::new("removals");
const REFUSALS: TableDefinition<'_, &str, u64> = TableDefinition::new("refusals");
const ANSWERS: TableDefinition<'_, u32, u64> = TableDefinition::new("answers");

/// How often a file that is in use is copied until a copy is whole.
const COPIES: usize = 5;

/// A file that is in use is waited for so long.
const PATIENCE: Duration = Duration::from_secs(2);

/// The day of what is still to be removed.
const OPEN: u32 = 0;

/// What a provider could repeat is known for so many days after it was done: none repeats it for more than two.
const REMEMBERED_DAYS: u32 = 3;

/// redb's page cache; the tables are small.
const CACHE_BYTES: usize = 4 * 1024 * 1024;

/// A sealed report and its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The report's id, which receipts name.
    pub id: ReportId,
    /// The report in its signed envelope, as it is published.
    pub envelope: Vec<u8>,
}

/// A position in the outbox: the batch last read. Start from the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Sequence(u64);

/// Why the outbox cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
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
    #[error("`{0}` is in use by another process; stop the edge that runs on this folder first")]
    InUse(PathBuf),
    /// It cannot be opened.
    #[error("failed to open `{path}`")]
    Open {
        /// Which file.
        path: PathBuf,
        /// redb's reason.
        #[source]
        source: Box<redb::DatabaseError>,
    },
    /// A running edge writes too fast for a copy to be whole.
    #[error("`{0}` changes too fast to be looked at")]
    Changing(PathBuf),
    /// A transaction failed.
    #[error("failed to read or write the outbox")]
    Database(#[source] Box<redb::Error>),
    /// A batch is not what was written.
    #[error(
        "batch {0} of the outbox cannot be read; restore the file from a backup or move it away"
    )]
    Batch(u64),
    /// The writer could not be started.
    #[error("failed to start the outbox's thread")]
    Thread(#[source] io::Error),
    /// The writer has ended.
    #[error("the outbox is closed")]
    Closed,
}

impl<E: Into<redb::Error>> From<E> for OutboxError {
    fn from(error: E) -> Self {
        Self::Database(Box::new(error.into()))
    }
}

/// What one transaction writes.
#[derive(Default)]
pub(super) struct Group {
    pub entries: Vec<Entry>,
    pub removals: Vec<Origin>,
    pub settled: Vec<(ReportId, Option<Refusal>)>,
    pub removed: Vec<Origin>,
    pub answered: Vec<Month>,
}

pub(super) struct Store {
    database: Database,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    batch_of: HashMap<ReportId, u64>,
    next: u64,
    /// The latest month's answers, those set aside included.
    answers: Option<(Month, u64)>,
    /// The day on which old rows were last forgotten.
    forgot: u32,
}

impl Store {
    pub fn open(folder: &Path) -> Result<Self, OutboxError> {
        std::fs::create_dir_all(folder).map_err(|source| OutboxError::Folder {
            path: folder.to_owned(),
            source,
        })?;
        let path = folder.join("outbox.redb");
        let start = Instant::now();
        let database = loop {
            match open_or_create(&path) {
                // Whoever only looks into it lets it go at once.
                Err(redb::DatabaseError::DatabaseAlreadyOpen) if start.elapsed() < PATIENCE => {
                    std::thread::sleep(PATIENCE / 40);
                }
                opened => break opened,
            }
        };
        let database = database.map_err(|error| match error {
            redb::DatabaseError::DatabaseAlreadyOpen => OutboxError::InUse(path.clone()),
            other => OutboxError::Open {
                path: path.clone(),
                source: Box::new(other),
            },
        })?;
        Self::on(database)
    }

    /// A copy in RAM, and whether a running edge has the file open: looking changes nothing. `None` if there is no file.
    pub fn copy(folder: &Path) -> Result<Option<(Self, bool)>, OutboxError> {
        let path = folder.join("outbox.redb");
        let failed = |error: redb::DatabaseError| OutboxError::Open {
            path: path.clone(),
            source: Box::new(error),
        };
        if !path.exists() {
            return Ok(None);
        }
        let opened = ReadOnlyDatabase::open(&path);
        let in_use = matches!(opened, Err(redb::DatabaseError::DatabaseAlreadyOpen));
        drop(opened);
        if !in_use {
            return Ok(Some((Self::copied(&path, failed)?, false)));
        }
        // What is copied while it is written may be torn.
        for _ in 0..COPIES {
            if let Ok(copy) = Self::copied(&path, failed) {
                return Ok(Some((copy, true)));
            }
        }
        Err(OutboxError::Changing(path))
    }

    fn copied(
        path: &Path,
        failed: impl Fn(redb::DatabaseError) -> OutboxError,
    ) -> Result<Self, OutboxError> {
        let bytes =
            std::fs::read(path).map_err(|error| failed(redb::StorageError::Io(error).into()))?;
        let memory = InMemoryBackend::new();
        let filled = memory
            .set_len(bytes.len() as u64)
            .and_then(|()| memory.write(0, &bytes));
        filled.map_err(|error| failed(redb::StorageError::Io(error).into()))?;
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create_with_backend(memory)
            .map_err(failed)?;
        Self::on(database)
    }

    fn on(database: Database) -> Result<Self, OutboxError> {
        let transaction = database.begin_write()?;
        let index = {
            let batches = transaction.open_table(BATCHES)?;
            forget_old(&mut transaction.open_table(REMOVALS)?, today())?;
            transaction.open_table(REFUSALS)?;
            let mut index = Index {
                next: 1,
                ..Index::default()
            };
            for row in batches.iter()? {
                let (sequence, bytes) = row?;
                let sequence = sequence.value();
                for entry in read_batch(sequence, bytes.value())? {
                    index.batch_of.insert(entry.id, sequence);
                }
                index.next = sequence + 1;
            }
            let answers = transaction.open_table(ANSWERS)?;
            index.answers = answers
                .last()?
                .map(|(month, count)| (Month(month.value()), count.value()));
            index
        };
        transaction.commit()?;
        Ok(Self {
            database,
            index: Mutex::new(index),
        })
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Writes a group in one durable transaction; the index follows only after the commit.
    pub fn write(&self, group: Group) -> Result<(), OutboxError> {
        let (next, shrunk) = {
            let index = self.index();
            let mut shrunk: BTreeMap<u64, Vec<ReportId>> = BTreeMap::new();
            for (id, _) in &group.settled {
                if let Some(batch) = index.batch_of.get(id) {
                    shrunk.entry(*batch).or_default().push(*id);
                }
            }
            (index.next, shrunk)
        };
        let transaction = self.database.begin_write()?;
        if !group.entries.is_empty() {
            let bytes = write_batch(&group.entries);
            transaction
                .open_table(BATCHES)?
                .insert(next, bytes.as_slice())?;
        }
        shrink_batches(&transaction, &shrunk)?;
        {
            let mut removals = transaction.open_table(REMOVALS)?;
            for origin in &group.removals {
                removals.insert((origin.inbox as u8, origin.hash), OPEN)?;
            }
            for origin in &group.removed {
                let key = (origin.inbox as u8, origin.hash);
                if origin.inbox.repeats() {
                    removals.insert(key, today())?;
                } else {
                    removals.remove(key)?;
                }
            }
            self.forget_daily(&mut removals)?;
        }
        {
            let mut refusals = transaction.open_table(REFUSALS)?;
            let known = shrunk
                .values()
                .flatten()
                .collect::<std::collections::HashSet<_>>();
            for (id, refusal) in &group.settled {
                if let (Some(refusal), true) = (refusal, known.contains(id)) {
                    let reason = refusal.to_string();
                    let count = refusals
                        .get(reason.as_str())?
                        .map_or(0, |count| count.value());
                    refusals.insert(reason.as_str(), count + 1)?;
                }
            }
        }
        if !group.answered.is_empty() {
            count_answers(&transaction, &group.answered)?;
        }
        transaction.commit()?;

        let mut index = self.index();
        for id in shrunk.values().flatten() {
            index.batch_of.remove(id);
        }
        if !group.entries.is_empty() {
            for entry in &group.entries {
                index.batch_of.insert(entry.id, next);
            }
            index.next = next + 1;
        }
        Ok(())
    }

    pub fn pending(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<Sequence>), OutboxError> {
        let transaction = self.database.begin_read()?;
        let batches = transaction.open_table(BATCHES)?;
        let mut entries = Vec::new();
        let mut last = None;
        for row in batches.range(after.0 + 1..)? {
            let (sequence, bytes) = row?;
            entries.extend(read_batch(sequence.value(), bytes.value())?);
            last = Some(Sequence(sequence.value()));
            if entries.len() >= limit {
                break;
            }
        }
        Ok((entries, last))
    }

    /// The origins of an inbox and the day on which each was removed, or [`OPEN`].
    fn origins(&self, inbox: Inbox) -> Result<Vec<(Origin, u32)>, OutboxError> {
        let transaction = self.database.begin_read()?;
        let removals = transaction.open_table(REMOVALS)?;
        removals
            .range((inbox as u8, 0)..=(inbox as u8, u32::MAX))?
            .map(|row| {
                let (key, day) = row?;
                let (_, hash) = key.value();
                Ok((Origin { inbox, hash }, day.value()))
            })
            .collect()
    }

    pub fn removals(&self, inbox: Inbox) -> Result<Vec<Origin>, OutboxError> {
        let open = self.origins(inbox)?.into_iter();
        Ok(open
            .filter(|(_, day)| *day == OPEN)
            .map(|(origin, _)| origin)
            .collect())
    }

    pub fn known(&self, inbox: Inbox) -> Result<Vec<Origin>, OutboxError> {
        let known = self.origins(inbox)?.into_iter();
        Ok(known.map(|(origin, _)| origin).collect())
    }

    /// Forgets what is old, once a day.
    fn forget_daily(&self, removals: &mut Removals<'_>) -> Result<(), OutboxError> {
        let today = today();
        if std::mem::replace(&mut self.index().forgot, today) != today {
            forget_old(removals, today)?;
        }
        Ok(())
    }

    pub fn refusals(&self) -> Result<Vec<(String, u64)>, OutboxError> {
        let transaction = self.database.begin_read()?;
        let refusals = transaction.open_table(REFUSALS)?;
        refusals
            .iter()?
            .map(|row| {
                let (reason, count) = row?;
                Ok((reason.value().to_owned(), count.value()))
            })
            .collect()
    }

    pub fn len(&self) -> usize {
        self.index().batch_of.len()
    }

    pub fn set_answer_aside(&self, month: Month, at_most: Option<u64>) -> bool {
        let mut index = self.index();
        let count = match index.answers {
            // A clock that was set back gains no answers.
            Some((latest, count)) if latest >= month => count,
            _ => 0,
        };
        if at_most.is_some_and(|at_most| count >= at_most) {
            return false;
        }
        let latest = index.answers.map_or(month, |(latest, _)| latest.max(month));
        index.answers = Some((latest, count + 1));
        true
    }

    /// The latest month that had answers, and how many.
    pub fn latest_answers(&self) -> Option<(Month, u64)> {
        self.index().answers
    }

    pub fn answers(&self, month: Month) -> u64 {
        match self.index().answers {
            Some((latest, count)) if latest >= month => count,
            _ => 0,
        }
    }
}

/// redb writes its magic number last, so a process that is killed while it makes a file leaves one that never opens again:
/// the file is made beside its place and renamed into it.
fn open_or_create(path: &Path) -> Result<Database, redb::DatabaseError> {
    if !path.exists() {
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        drop(Database::create(&beside)?);
        std::fs::rename(&beside, path)?;
    }
    Database::builder().set_cache_size(CACHE_BYTES).create(path)
}

type Removals<'a> = redb::Table<'a, (u8, u32), u32>;

/// Forgets what was removed more than [`REMEMBERED_DAYS`] ago: nobody repeats it any more. A clock that was far behind makes
/// days that seem old too soon, one that was ahead keeps them longer.
fn forget_old(removals: &mut Removals<'_>, today: u32) -> Result<(), OutboxError> {
    removals.retain(|_, day| day == OPEN || day + REMEMBERED_DAYS >= today)?;
    Ok(())
}

/// The day now, since 1970; never [`OPEN`].
fn today() -> u32 {
    let days = jiff::Timestamp::now().as_second().max(0) / (24 * 60 * 60);
    u32::try_from(days).unwrap_or(u32::MAX).max(OPEN + 1)
}

/// Counts answers; of earlier months only the last is kept.
fn count_answers(transaction: &WriteTransaction, answered: &[Month]) -> Result<(), OutboxError> {
    let mut answers = transaction.open_table(ANSWERS)?;
    for month in answered {
        let latest = answers.last()?.map(|(latest, _)| latest.value());
        let month = latest.map_or(month.0, |latest| latest.max(month.0));
        let count = answers.get(month)?.map_or(0, |count| count.value());
        answers.insert(month, count + 1)?;
        answers.retain(|kept, _| kept + 1 >= month)?;
    }
    Ok(())
}

/// Takes receipted reports out of their batches; an emptied batch goes.
fn shrink_batches(
    transaction: &WriteTransaction,
    shrunk: &BTreeMap<u64, Vec<ReportId>>,
) -> Result<(), OutboxError> {
    let mut batches = transaction.open_table(BATCHES)?;
    for (sequence, ids) in shrunk {
        let mut entries = match batches.get(*sequence)? {
            Some(bytes) => read_batch(*sequence, bytes.value())?,
            None => continue,
        };
        entries.retain(|entry| !ids.contains(&entry.id));
        if entries.is_empty() {
            batches.remove(*sequence)?;
        } else {
            batches.insert(*sequence, write_batch(&entries).as_slice())?;
        }
    }
    Ok(())
}

fn read_batch(sequence: u64, bytes: &[u8]) -> Result<Vec<Entry>, OutboxError> {
    postcard::from_bytes(bytes).map_err(|_| OutboxError::Batch(sequence))
}

fn write_batch(entries: &[Entry]) -> Vec<u8> {
    postcard::to_stdvec(entries).expect("our own types always serialise")
}
