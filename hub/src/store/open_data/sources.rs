//! What is known of each source: how far it was read, when, and what went wrong; and the areas of boundary sets.

use std::path::Path;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};

use super::{FILE, OpenData, StoreError, existing, open_to_read, open_to_write, read};
use crate::city::boundaries::{Areas, BoundarySet};
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
    /// What the portal called the dataset's form then.
    pub version: Option<String>,
    /// Only rows updated since, if so.
    pub updated_from: Option<String>,
    /// Only rows of this day and later, if so: `2026-01-31`.
    pub since: Option<String>,
    /// The last row's `:id`.
    pub after: Option<String>,
    /// The newest `:updated_at` that was seen.
    pub newest: Option<String>,
}

impl SourceState {
    /// What is known is forgotten, if it is of another dataset.
    pub fn is_of(&mut self, dataset: &str) {
        if self.dataset != dataset {
            *self = Self {
                dataset: dataset.to_owned(),
                tried_at: self.tried_at,
                failures: self.failures,
                ..Self::default()
            };
        }
    }

    /// What it was asked for came.
    pub fn succeeded(&mut self) {
        self.failures = 0;
        self.error = None;
    }

    /// It did not, and why.
    pub fn failed(&mut self, reason: String) {
        self.failures = self.failures.saturating_add(1);
        self.error = Some(reason);
    }

    /// Whether all of the source that is wanted was read since an instant (seconds since 1970), and no reading is open.
    pub fn is_whole_since(&self, second: i64) -> bool {
        self.read_at >= second && self.pass.is_none()
    }

    /// Whether its rows from a day on are there.
    pub fn has_all_from(&self, day: &str) -> bool {
        self.since.as_deref().is_none_or(|since| since <= day)
    }

    /// A pass has come to its end. One that was asked for by hand, `by_hand`, has only the rows since a day: it makes a source
    /// that was never read whole from there on, and changes nothing of how far another was read.
    pub fn end(&mut self, pass: &Pass, by_hand: bool) {
        let is_first = self.read_at == 0;
        self.since = match (&pass.updated_from, &pass.since) {
            // Only what was updated: it adds to what was there.
            (Some(_), _) => self.since.take(),
            (None, None) => None,
            (None, Some(since)) if is_first => Some(since.clone()),
            (None, Some(since)) => self.since.take().map(|known| known.min(since.clone())),
        };
        if !by_hand {
            self.pass = None;
            self.version = pass.version.clone();
            // What changed while it was read may stand before where it was: the next one looks from its beginning on.
            let began_at = stamp(pass.began_at);
            let newest = pass.newest.clone().map(|newest| newest.min(began_at));
            self.updated_to = newest.max(self.updated_to.take());
        }
        if !by_hand || is_first {
            self.read_at = pass.began_at;
        }
    }
}

/// As a portal writes a time.
pub fn stamp(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// A boundary set's areas, as they were last fetched or imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAreas {
    /// When, seconds since 1970.
    pub read_at: i64,
    /// By name.
    pub areas: Areas,
    /// Those that an earlier file had and this one has not: periods that were published by them are still drawn.
    pub former: Areas,
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

    /// Keeps a boundary set's areas in the place of those `before`.
    pub fn put_areas(
        &self,
        set: &str,
        areas: &Areas,
        before: StoredAreas,
        read_at: i64,
    ) -> Result<(), StoreError> {
        let mut former = before.former;
        former.0.extend(before.areas.0);
        former.0.retain(|name, _| !areas.has(name));
        let stored = StoredAreas {
            read_at,
            areas: areas.clone(),
            former,
        };
        let database = open_to_write(&self.path)?;
        let transaction = database.begin_write()?;
        transaction
            .open_table(AREAS)?
            .insert(set, write(&stored).as_slice())?;
        Ok(transaction.commit()?)
    }

    /// A boundary set's areas: as they were last fetched or imported, else as they ship.
    pub fn areas(&self, set: &BoundarySet) -> Result<StoredAreas, StoreError> {
        Ok(stored(&self.path, &set.id)?.unwrap_or_else(|| StoredAreas::built_in(set)))
    }
}

impl StoredAreas {
    /// As they ship.
    pub fn built_in(set: &BoundarySet) -> Self {
        Self {
            read_at: 0,
            areas: set.built_in.clone(),
            former: Areas::default(),
        }
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

/// A boundary set's areas: as they were last fetched or imported, else as they ship.
pub fn areas(data: &Path, set: &BoundarySet) -> Result<StoredAreas, StoreError> {
    Ok(stored(&data.join(FILE), &set.id)?.unwrap_or_else(|| StoredAreas::built_in(set)))
}

fn stored(path: &Path, set: &str) -> Result<Option<StoredAreas>, StoreError> {
    let Some(transaction) = open_to_read(path)? else {
        return Ok(None);
    };
    let Some(areas) = existing(transaction.open_table(AREAS))? else {
        return Ok(None);
    };
    let stored = areas.get(set)?;
    stored.map(|bytes| read(bytes.value())).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(read_at: i64, since: Option<&str>) -> SourceState {
        SourceState {
            read_at,
            since: since.map(str::to_owned),
            ..SourceState::default()
        }
    }

    fn pass(updated_from: Option<&str>, since: Option<&str>) -> Pass {
        Pass {
            began_at: 100,
            updated_from: updated_from.map(str::to_owned),
            since: since.map(str::to_owned),
            ..Pass::default()
        }
    }

    #[test]
    fn a_source_is_whole_from_the_earliest_day_that_was_read_in_full() {
        let (early, late) = (Some("2026-01-01"), Some("2026-06-01"));
        for (mut state, pass, expected) in [
            (state(0, None), pass(None, late), late),
            (state(0, None), pass(None, None), None),
            (state(1, late), pass(None, early), early),
            (state(1, early), pass(None, late), early),
            (state(1, None), pass(None, late), None),
            (state(1, late), pass(Some("x"), late), late),
            (state(1, late), pass(None, None), None),
        ] {
            state.end(&pass, false);
            assert_eq!(state.since.as_deref(), expected, "{pass:?}");
            assert_eq!(state.read_at, 100);
        }
    }

    #[test]
    fn a_reading_by_hand_does_not_pass_for_a_whole_one() {
        let mut known = state(1, None);
        known.updated_to = Some("u".to_owned());
        known.version = Some("v".to_owned());
        known.pass = Some(Pass::default());
        let before = known.clone();
        known.end(&pass(None, Some("2026-06-01")), true);
        assert_eq!(known, before);
        let mut new = state(0, None);
        new.end(&pass(None, Some("2026-06-01")), true);
        assert_eq!(
            (new.read_at, new.since.as_deref()),
            (100, Some("2026-06-01"))
        );
        assert_eq!((new.updated_to, new.version), (None, None));
    }

    /// A pass may be cut off for days, and rows change meanwhile where it has been.
    #[test]
    fn what_changed_during_a_pass_is_asked_for_by_the_next() {
        let mut state = state(0, None);
        let pass = Pass {
            began_at: jiff::civil::date(2026, 1, 2)
                .at(0, 0, 0, 0)
                .in_tz("UTC")
                .expect("a time")
                .timestamp()
                .as_second(),
            newest: Some("2026-01-05T10:00:00.000Z".to_owned()),
            version: Some("of its beginning".to_owned()),
            ..Pass::default()
        };
        state.end(&pass, false);
        assert_eq!(
            state.updated_to.as_deref(),
            Some("2026-01-02T00:00:00.000Z")
        );
        assert_eq!(state.version.as_deref(), Some("of its beginning"));
    }
}
