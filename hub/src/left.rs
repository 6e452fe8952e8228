//! "They left", said on the page: a note on a sighting, which ends nothing and goes with it.
//!
//! Whoever reads the page may say so, without an account, a cookie or an address that is kept; so a cell takes one note,
//! and then none for a while, and all cells together take few. Notes live in RAM: when the sighting fades or is
//! withdrawn, or someone reports police there anew, they are gone.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::report::{Kind, Minute};
use tokio::sync::Notify;

use crate::store::received::Received;

/// After a note that a new report has removed, a cell takes none for so many minutes.
const AGAIN: u32 = 10;
/// So many notes may come at once,
const MOST: u32 = 20;
/// and then one more every so many seconds.
const REFILL: i64 = 15;

/// The notes of all cells.
pub struct Left {
    notes: Mutex<Notes>,
    changed: Notify,
}

struct Notes {
    of: HashMap<Cell, Note>,
    /// How many more are taken now.
    tokens: u32,
    filled_at: Timestamp,
}

struct Note {
    at: Minute,
    /// Not since someone reported police there anew.
    shows: bool,
}

/// Too many said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

impl Default for Left {
    fn default() -> Self {
        Self {
            notes: Mutex::new(Notes {
                of: HashMap::new(),
                tokens: MOST,
                filled_at: Timestamp::MIN,
            }),
            changed: Notify::new(),
        }
    }
}

impl Left {
    /// Notes that they left a cell that shows a sighting. Where that is noted already nothing changes.
    pub fn note(&self, cell: Cell, now: Timestamp) -> Result<(), TooMany> {
        let mut notes = self.lock();
        let at = Minute::of(now);
        match notes.of.get(&cell) {
            Some(note) if note.shows => return Ok(()),
            Some(note) if at.0.abs_diff(note.at.0) < AGAIN => return Err(TooMany),
            _ => notes.take_token(now)?,
        }
        notes.of.insert(cell, Note { at, shows: true });
        drop(notes);
        self.changed.notify_one();
        Ok(())
    }

    /// When that was noted of a cell whose last report is of `last_seen`.
    pub fn noted(&self, cell: Cell, last_seen: Timestamp) -> Option<Timestamp> {
        let notes = self.lock();
        let note = notes.of.get(&cell).filter(|note| note.shows)?;
        let at = note.at.start();
        (at >= last_seen).then_some(at)
    }

    /// A report of police removes what was noted before it.
    pub fn reported(&self, received: &Received) {
        if received.report.kind == Kind::Present
            && let Some(note) = self.lock().of.get_mut(&received.report.cell)
            && received.time() >= note.at
        {
            note.shows = false;
        }
    }

    /// Forgets the notes of all cells but these.
    pub fn forget_all_but(&self, shown: impl Iterator<Item = Cell>) {
        let mut notes = self.lock();
        if !notes.of.is_empty() {
            let shown: std::collections::HashSet<Cell> = shown.collect();
            notes.of.retain(|cell, _| shown.contains(cell));
        }
    }

    /// Returns when there is a new note.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Notes {
    fn take_token(&mut self, now: Timestamp) -> Result<(), TooMany> {
        let passed = now.as_second().saturating_sub(self.filled_at.as_second());
        // A clock that was set back begins anew.
        if passed < 0 {
            self.filled_at = now;
        }
        let more = u32::try_from(passed.max(0) / REFILL).unwrap_or(MOST);
        if more > 0 {
            self.tokens = self.tokens.saturating_add(more).min(MOST);
            self.filled_at = now;
        }
        self.tokens = self.tokens.checked_sub(1).ok_or(TooMany)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;
    use jiff::SignedDuration;

    fn cell(n: usize) -> Cell {
        Cell::at(34.0 + 0.01 * n as f64, -118.25, 9).expect("a cell")
    }

    #[test]
    fn a_flood_is_few_notes_and_more_come_with_time() {
        let (left, now) = (Left::default(), fixture::at("2026-07-01T22:00:30Z"));
        for _ in 0..1_000 {
            assert_eq!(left.note(cell(0), now), Ok(()));
        }
        let taken = |now| {
            (1..100)
                .filter(|n| left.note(cell(*n), now).is_ok())
                .count()
        };
        assert_eq!(taken(now), MOST as usize - 1);
        let later = now + SignedDuration::from_secs(3 * REFILL);
        // Those that are noted already cost nothing.
        assert_eq!(taken(later), MOST as usize - 1 + 3);
        let first = left.noted(cell(0), fixture::at("2026-07-01T22:00:00Z"));
        assert_eq!(first, Some(fixture::at("2026-07-01T22:00:00Z")));
        assert_eq!(
            left.noted(cell(0), fixture::at("2026-07-01T22:01:00Z")),
            None
        );
    }

    #[test]
    fn a_clock_that_was_set_back_lets_notes_come_again() {
        let (left, now) = (Left::default(), fixture::at("2026-07-01T22:00:00Z"));
        for n in 0..100 {
            let _ = left.note(cell(n), now);
        }
        let back = now - SignedDuration::from_hours(100);
        assert_eq!(left.note(cell(200), back), Err(TooMany));
        let later = back + SignedDuration::from_secs(REFILL);
        assert_eq!(left.note(cell(200), later), Ok(()));
    }

    #[test]
    fn what_is_not_shown_is_forgotten() {
        let (left, now) = (Left::default(), fixture::at("2026-07-01T22:00:00Z"));
        for n in [1, 2] {
            left.note(cell(n), now).expect("noted");
        }
        left.forget_all_but([cell(2)].into_iter());
        assert_eq!(left.noted(cell(1), now), None);
        assert_eq!(left.noted(cell(2), now), Some(now));
    }
}
