//! Who is heard and answered how often. RAM only, by the keyed hash of the number, forgotten with the day's key.
//!
//! A sender has an hour's share of messages; what is beyond it is not read, and said so once. A text that comes again and
//! again is a machine's or a stuck key's. A node has a minute's share of answers; what is beyond it is read and reported, and
//! not answered. A cell takes the reports of a share of senders in ten minutes: more would not change what shows. Reports
//! that are over take nothing of it, and one of police having left makes it whole again.

use std::collections::HashMap;
use std::hash::Hash;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use spotlight_common::cell::Cell;

use super::conversation::SenderKey;

/// A sender's window.
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The window of equal texts and of a place's reports.
const TEN_MINUTES: SignedDuration = SignedDuration::from_mins(10);

/// The node's window.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// Windows of one kind at once; beyond it those that are over go, and then all: limits fail open, for a report is worth more.
const MOST_WINDOWS: usize = 50_000;

/// The section `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Messages of one sender that are read in an hour.
    pub messages_per_sender: u32,
    /// How often one sender's same text is read in ten minutes.
    pub same_text: u32,
    /// Senders whose reports of police being present one cell takes in ten minutes.
    pub reports_per_place: u32,
    /// Whether a photo that several numbers send is one observation.
    pub photos_once: bool,
    /// Answers that the node sends in a minute.
    pub answers_per_minute: u32,
    /// Answers that the node sends in a calendar month; no limit if absent.
    pub answers_per_month: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_sender: 60,
            same_text: 3,
            reports_per_place: 60,
            photos_once: true,
            answers_per_minute: 600,
            answers_per_month: None,
        }
    }
}

/// Whether a message is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// It is.
    Yes,
    /// The same text came too often.
    Same,
    /// The sender's hour is full.
    TooMany {
        /// Nothing is read until then.
        until: Timestamp,
        /// It is the first that is not read, and so is told.
        first: bool,
    },
}

/// What one cell took.
#[derive(Debug, Default)]
struct Share {
    senders: u32,
    /// The newest that was seen.
    latest: Option<Timestamp>,
}

/// The state of the limits.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    senders: Windows<SenderKey>,
    texts: Windows<(SenderKey, u64)>,
    places: Windows<Cell, Share>,
    witnesses: Windows<(SenderKey, Cell)>,
    node: Windows<()>,
}

impl Gate {
    /// Everyone's share is whole.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            senders: Windows::new(HOUR),
            texts: Windows::new(TEN_MINUTES),
            places: Windows::new(TEN_MINUTES),
            witnesses: Windows::new(TEN_MINUTES),
            node: Windows::new(MINUTE),
        }
    }

    /// Whether a sender's message is read. `text` is a hash of its words, if it has any.
    pub fn admit(&mut self, sender: SenderKey, text: Option<u64>, at: Timestamp) -> Admitted {
        let (count, until) = self.senders.count(sender, at);
        if count > self.limits.messages_per_sender {
            let first = count == self.limits.messages_per_sender + 1;
            return Admitted::TooMany { until, first };
        }
        match text {
            Some(text) if self.texts.count((sender, text), at).0 > self.limits.same_text => {
                Admitted::Same
            }
            _ => Admitted::Yes,
        }
    }

    /// Takes a report of police being present in a cell, which is not over yet, if it would tell anything; else says when the
    /// newest that was taken was seen. A sender counts once. What was seen ten minutes after that newest one is always taken:
    /// so what shows is never more than these behind.
    pub fn place(
        &mut self,
        sender: SenderKey,
        cell: Cell,
        seen_at: Timestamp,
        at: Timestamp,
    ) -> Result<(), Timestamp> {
        let counted = self.witnesses.holds(&(sender, cell), at);
        let (share, _) = self.places.open(cell, at);
        if !counted {
            if let Some(latest) = share.latest
                && share.senders >= self.limits.reports_per_place
                && seen_at.duration_since(latest) < TEN_MINUTES
            {
                return Err(latest);
            }
            share.senders = share.senders.saturating_add(1);
            self.witnesses.count((sender, cell), at);
        }
        share.latest = share.latest.max(Some(seen_at));
        Ok(())
    }

    /// A sender says that police have left a cell: what was taken may show no longer, and its share is whole again.
    pub fn reopen(&mut self, sender: SenderKey, cell: Cell) {
        self.places.close(&cell);
        self.witnesses.close(&(sender, cell));
    }

    /// Whether a photo that several numbers send is one observation.
    pub fn photos_once(&self) -> bool {
        self.limits.photos_once
    }

    /// Whether one more answer may leave now.
    pub fn answer(&mut self, at: Timestamp) -> bool {
        self.node.count((), at).0 <= self.limits.answers_per_minute
    }

    /// The answers of a calendar month.
    pub fn per_month(&self) -> Option<u64> {
        self.limits.answers_per_month
    }

    /// The day's key is gone, and with it all that was counted under it. Reports under the next one are of other witnesses:
    /// the places' shares are whole, too.
    pub fn forget_all(&mut self) {
        self.senders.clear();
        self.texts.clear();
        self.places.clear();
        self.witnesses.clear();
    }

    /// Forgets the windows that are over.
    pub fn forget_old(&mut self, at: Timestamp) {
        self.senders.forget_old(at);
        self.texts.forget_old(at);
        self.places.forget_old(at);
        self.witnesses.forget_old(at);
    }
}

/// Fixed windows by key: since when, and what was counted.
#[derive(Debug)]
struct Windows<K, T = u32> {
    windows: HashMap<K, (Timestamp, T)>,
    length: SignedDuration,
}

impl<K: Hash + Eq, T: Default> Windows<K, T> {
    fn new(length: SignedDuration) -> Self {
        Self {
            windows: HashMap::new(),
            length,
        }
    }

    fn holds(&self, key: &K, at: Timestamp) -> bool {
        let window = self.windows.get(key);
        window.is_some_and(|(since, _)| is_open(*since, self.length, at))
    }

    /// The key's window, a new one if it has none, and the window's end.
    fn open(&mut self, key: K, at: Timestamp) -> (&mut T, Timestamp) {
        if self.windows.len() >= MOST_WINDOWS {
            self.forget_old(at);
            if self.windows.len() >= MOST_WINDOWS {
                self.clear();
            }
        }
        if !self.holds(&key, at) {
            self.close(&key);
        }
        let window = self.windows.entry(key);
        let (since, counted) = window.or_insert_with(|| (at, T::default()));
        (counted, end(*since, self.length))
    }

    fn close(&mut self, key: &K) {
        self.windows.remove(key);
    }

    fn clear(&mut self) {
        self.windows.clear();
    }

    fn forget_old(&mut self, at: Timestamp) {
        let length = self.length;
        self.windows
            .retain(|_, (since, _)| is_open(*since, length, at));
    }
}

impl<K: Hash + Eq> Windows<K> {
    /// Counts one more; returns the count in its window, and the window's end.
    fn count(&mut self, key: K, at: Timestamp) -> (u32, Timestamp) {
        let (count, end) = self.open(key, at);
        *count = count.saturating_add(1);
        (*count, end)
    }
}

fn end(since: Timestamp, length: SignedDuration) -> Timestamp {
    since.saturating_add(length).unwrap_or(Timestamp::MAX)
}

/// A clock that was set back ends a window, too.
fn is_open(since: Timestamp, length: SignedDuration, at: Timestamp) -> bool {
    since <= at && at < end(since, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_562_400 + second).expect("a time")
    }

    fn gate() -> Gate {
        Gate::new(Limits {
            messages_per_sender: 4,
            same_text: 2,
            reports_per_place: 2,
            photos_once: true,
            answers_per_minute: 3,
            answers_per_month: None,
        })
    }

    #[test]
    fn a_sender_has_an_hours_share_and_is_told_once() {
        let mut gate = gate();
        let (ada, bob) = (SenderKey(1), SenderKey(2));
        for n in 0..4 {
            assert_eq!(gate.admit(ada, Some(n), at(n as i64)), Admitted::Yes);
        }
        let until = at(3600);
        assert_eq!(
            gate.admit(ada, None, at(10)),
            Admitted::TooMany { until, first: true }
        );
        assert_eq!(
            gate.admit(ada, None, at(3599)),
            Admitted::TooMany {
                until,
                first: false
            }
        );
        assert_eq!(gate.admit(bob, None, at(11)), Admitted::Yes);
        assert_eq!(gate.admit(ada, None, at(3600)), Admitted::Yes);
        gate.forget_all();
        assert_eq!(gate.admit(ada, Some(0), at(3601)), Admitted::Yes);
    }

    #[test]
    fn the_same_text_is_read_twice_in_ten_minutes() {
        let mut gate = gate();
        let ada = SenderKey(1);
        let admitted: Vec<_> = [0, 1, 2]
            .map(|second| gate.admit(ada, Some(9), at(second)))
            .to_vec();
        assert_eq!(admitted, [Admitted::Yes, Admitted::Yes, Admitted::Same]);
        assert_eq!(gate.admit(ada, Some(9), at(601)), Admitted::Yes);
    }

    fn here() -> Cell {
        Cell::at(34.0442, -118.2439, 9).expect("a cell")
    }

    /// One sender's report of what is seen at once.
    fn place(gate: &mut Gate, sender: u64, second: i64) -> bool {
        let at = at(second);
        gate.place(SenderKey(sender), here(), at, at).is_ok()
    }

    #[test]
    fn a_cell_takes_a_share_of_senders_each_as_often_as_it_likes() {
        let mut gate = gate();
        for second in 0..100 {
            assert!(place(&mut gate, 1, second));
        }
        assert!(place(&mut gate, 2, 100));
        assert!(!place(&mut gate, 3, 101));
        assert!(!place(&mut gate, 3, 102), "a refused one is no witness");
        assert!(place(&mut gate, 1, 103));
        let elsewhere = Cell::at(34.1, -118.3, 9).expect("a cell");
        assert!(
            gate.place(SenderKey(3), elsewhere, at(104), at(104))
                .is_ok()
        );
        assert!(place(&mut gate, 3, 600), "the ten minutes are over");
    }

    #[test]
    fn a_full_cell_says_when_its_newest_was_seen_and_takes_what_is_well_after() {
        let mut gate = gate();
        // Both were sent long ago.
        for (sender, seen) in [(1, -3_000), (2, -3_300)] {
            let taken = gate.place(SenderKey(sender), here(), at(seen), at(0));
            assert_eq!(taken, Ok(()));
        }
        let seen = |gate: &mut Gate, seen| gate.place(SenderKey(3), here(), at(seen), at(1));
        assert_eq!(seen(&mut gate, -2_401), Err(at(-3_000)));
        assert_eq!(seen(&mut gate, -2_400), Ok(()));
        assert!(place(&mut gate, 4, 2));
        assert!(!place(&mut gate, 5, 3));
    }

    #[test]
    fn a_report_that_they_left_makes_a_cells_share_whole_again() {
        let mut gate = gate();
        assert!(place(&mut gate, 1, 0) && place(&mut gate, 2, 0));
        assert!(!place(&mut gate, 3, 1));
        gate.reopen(SenderKey(1), here());
        assert!(place(&mut gate, 3, 2));
    }

    #[test]
    fn a_node_has_its_share_too() {
        let mut gate = gate();
        assert_eq!(
            [0, 1, 2, 3, 60].map(|second| gate.answer(at(second))),
            [true, true, true, false, true]
        );
    }

    #[test]
    fn nothing_is_counted_beyond_its_window_though_nobody_writes() {
        let mut gate = gate();
        gate.admit(SenderKey(1), Some(7), at(0));
        place(&mut gate, 1, 0);
        gate.forget_old(at(599));
        assert_eq!(
            (gate.texts.windows.len(), gate.witnesses.windows.len()),
            (1, 1)
        );
        gate.forget_old(at(600));
        assert_eq!(
            (gate.texts.windows.len(), gate.witnesses.windows.len()),
            (0, 0)
        );
        assert_eq!(
            (gate.places.windows.len(), gate.senders.windows.len()),
            (0, 1)
        );
        gate.forget_old(at(3600));
        assert!(gate.senders.windows.is_empty());
    }

    #[test]
    fn memory_is_bounded_and_a_clock_set_back_locks_nobody_out() {
        let mut windows: Windows<usize> = Windows::new(HOUR);
        for key in 0..2 * MOST_WINDOWS {
            windows.count(key, at(0));
        }
        assert!(windows.windows.len() <= MOST_WINDOWS);
        let mut gate = gate();
        for second in [0, 1, 2, 3, 4] {
            gate.admit(SenderKey(1), None, at(second));
        }
        assert_eq!(gate.admit(SenderKey(1), None, at(-10)), Admitted::Yes);
    }
}
