//! Who is heard and answered how often. RAM only, by the keyed hash of the number, forgotten with the day's key.
//!
//! A sender has an hour's share of messages; what is beyond it is not read, and said so once. A text that comes again and
//! again is a machine's or a stuck key's. A node has a minute's share of answers; what is beyond it is read and reported, and
//! not answered. A cell takes a share of reports in ten minutes: more would not change what shows.

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
    /// Reports of police being present that one cell takes in ten minutes.
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

/// The state of the limits.
#[derive(Debug)]
pub struct Gate {
    limits: Limits,
    senders: Windows<SenderKey>,
    texts: Windows<(SenderKey, u64)>,
    places: Windows<Cell>,
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

    /// Whether one more report of police being present in a cell would tell anything.
    pub fn place(&mut self, cell: Cell, at: Timestamp) -> bool {
        self.places.count(cell, at).0 <= self.limits.reports_per_place
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

    /// The day's key is gone, and with it all that was counted under it.
    pub fn forget_senders(&mut self) {
        self.senders.0.clear();
        self.texts.0.clear();
    }
}

/// Fixed windows by key: since when, and how many.
#[derive(Debug)]
struct Windows<K>(HashMap<K, (Timestamp, u32)>, SignedDuration);

impl<K: Hash + Eq> Windows<K> {
    fn new(length: SignedDuration) -> Self {
        Self(HashMap::new(), length)
    }

    /// Counts one more; returns the count in its window, and the window's end.
    fn count(&mut self, key: K, at: Timestamp) -> (u32, Timestamp) {
        let Self(windows, length) = self;
        let end = |since: Timestamp| since.saturating_add(*length).unwrap_or(Timestamp::MAX);
        // A clock that was set back ends a window, too.
        let is_open = |since: Timestamp| since <= at && at < end(since);
        if windows.len() >= MOST_WINDOWS {
            windows.retain(|_, (since, _)| is_open(*since));
            if windows.len() >= MOST_WINDOWS {
                windows.clear();
            }
        }
        let window = windows.entry(key).or_insert((at, 0));
        if !is_open(window.0) {
            *window = (at, 0);
        }
        window.1 = window.1.saturating_add(1);
        (window.1, end(window.0))
    }
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
        gate.forget_senders();
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

    #[test]
    fn a_cell_and_a_node_have_their_share_too() {
        let mut gate = gate();
        let cell = Cell::at(34.0442, -118.2439, 9).expect("a cell");
        assert_eq!(
            [0, 1, 2, 599, 600].map(|second| gate.place(cell, at(second))),
            [true, true, false, false, true]
        );
        assert_eq!(
            [0, 1, 2, 3, 60].map(|second| gate.answer(at(second))),
            [true, true, true, false, true]
        );
    }

    #[test]
    fn memory_is_bounded_and_a_clock_set_back_locks_nobody_out() {
        let mut windows = Windows::new(HOUR);
        for key in 0..2 * MOST_WINDOWS {
            windows.count(key, at(0));
        }
        assert!(windows.0.len() <= MOST_WINDOWS);
        let mut gate = gate();
        for second in [0, 1, 2, 3, 4] {
            gate.admit(SenderKey(1), None, at(second));
        }
        assert_eq!(gate.admit(SenderKey(1), None, at(-10)), Admitted::Yes);
    }
}
