//! The conversation: what is known of each sender, and for how long.
//!
//! A sender is a keyed hash of the number under the day's key. A new key forgets everyone: what was asked, who said STOP, who
//! has been greeted, which language they write. What one message comes to beside all that is decided in `turn`. Less long
//! than the day is kept, whether the sender writes again or not:
//! - `pending`, for [`ASKED`]: a question that we asked and what it was about: a number, a corner or a photo completes it.
//! - `last`, while it shows, an hour at most: the last report of police being present. A photo or GONE without a place is
//!   about it.
//! - the photos' fingerprints, for a day.
//!
//! [`Conversations::forget_old`] runs every minute, so that each stays at most a minute longer than that.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use spotlight_common::gazetteer::{Gazetteer, NotFound, Place};
use spotlight_common::ids::Epoch;
use spotlight_common::report::{Evidence, Kind};

use super::Say;
use super::limits::{Gate, Limits};
use super::repeats::Repeats;
use super::shows::Shows;
use super::turn::Turn;
use crate::decide::Photos;
pub use crate::pseudonym::SenderKey;
use crate::words::{Language, Said};

/// How long the answer to a question completes what was asked, and a photo and a text are one observation.
pub const ASKED: SignedDuration = SignedDuration::from_mins(10);

/// How long a report shows; the hub's rule, which answers repeat.
pub const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// Senders that are known at once; beyond it the half that was silent longest is forgotten.
const MOST_SENDERS: usize = 10_000;

/// Senders that want no answers, at 8 bytes each.
const MOST_STOPPED: usize = 100_000;

/// A message, read. It never prints.
pub struct Heard<'a> {
    /// Its words.
    pub text: &'a str,
    /// What they say.
    pub said: Said,
    /// The place that they name.
    pub place: Result<Place, NotFound>,
    /// Its photos.
    pub photos: Photos,
    /// When it was sent, as far as the bearer tells.
    pub seen_at: Timestamp,
    /// The time now.
    pub now: Timestamp,
}

/// A report to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Where.
    pub place: Place,
    /// Present or gone.
    pub kind: Kind,
    /// What it rests on.
    pub evidence: Evidence,
    /// When it was seen.
    pub seen_at: Timestamp,
}

/// What comes of a message.
#[derive(Debug, Default, PartialEq)]
pub struct Reply {
    /// The report, if it makes one.
    pub draft: Option<Draft>,
    /// What is said, if anything.
    pub say: Option<Say>,
    /// The sender's language, as far as it is known.
    pub language: Option<Language>,
    /// The sender has not been told yet that the phone company sees texts.
    pub first: bool,
}

/// All conversations of the day.
pub struct Conversations {
    /// The limits, counted under the same keys.
    pub gate: Gate,
    gazetteer: Arc<Gazetteer>,
    usual: Language,
    epoch: Option<Epoch>,
    senders: HashMap<SenderKey, Sender>,
    stopped: HashSet<SenderKey>,
    repeats: Repeats,
}

/// What is known of a sender.
pub(super) struct Sender {
    heard: Timestamp,
    greeted: bool,
    chosen: Option<Language>,
    seemed: Option<Language>,
    pub(super) pending: Option<Pending>,
    pub(super) last: Option<Last>,
}

/// What the sender was asked about.
pub(super) struct Pending {
    pub(super) until: Timestamp,
    pub(super) wanted: Wanted,
    pub(super) choices: Vec<Place>,
    /// A street whose cross street is missing.
    pub(super) street: Option<String>,
    pub(super) photos: Photos,
    pub(super) words_say_police: bool,
    pub(super) seen_at: Timestamp,
}

/// What the sender wants to say or to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Present,
    Gone,
    Where,
}

/// The sender's last report of police being present.
#[derive(Clone)]
pub(super) struct Last {
    pub(super) place: Place,
    pub(super) seen_at: Timestamp,
    pub(super) at: Timestamp,
    pub(super) fades_at: Timestamp,
}

impl Conversations {
    /// Knows nobody.
    pub fn new(gazetteer: Arc<Gazetteer>, usual: Language, limits: Limits) -> Self {
        Self {
            gate: Gate::new(limits),
            gazetteer,
            usual,
            epoch: None,
            senders: HashMap::new(),
            stopped: HashSet::new(),
            repeats: Repeats::default(),
        }
    }

    /// Forgets everyone if the day's key is another than before.
    pub fn under(&mut self, epoch: Epoch) {
        if self
            .epoch
            .replace(epoch)
            .is_some_and(|before| before != epoch)
        {
            self.senders.clear();
            self.stopped.clear();
            self.gate.forget_all();
            self.repeats.forget_owners();
        }
    }

    /// Forgets what is over, of senders who do not write again too.
    pub fn forget_old(&mut self, now: Timestamp) {
        for sender in self.senders.values_mut() {
            sender.forget_old(now);
        }
        self.gate.forget_old(now);
        self.repeats.forget_old(now);
    }

    /// The sender's language, as far as it is known.
    pub fn language_of(&self, sender: SenderKey) -> Option<Language> {
        self.senders.get(&sender).and_then(Sender::language)
    }

    /// STOP: nothing is said to the sender any more, and what was asked is forgotten.
    pub fn stop(&mut self, sender: SenderKey) {
        if self.stopped.len() < MOST_STOPPED {
            self.stopped.insert(sender);
        }
        if let Some(state) = self.senders.get_mut(&sender) {
            state.pending = None;
        }
    }

    /// Whether the sender said STOP.
    pub fn is_stopped(&self, sender: SenderKey) -> bool {
        self.stopped.contains(&sender)
    }

    /// The sender was told that the phone company sees texts.
    pub fn told_of_company(&mut self, sender: SenderKey) {
        if let Some(state) = self.senders.get_mut(&sender) {
            state.greeted = true;
        }
    }

    /// Takes a message. `shows` says what shows near a place.
    pub fn hear(
        &mut self,
        sender: SenderKey,
        heard: Heard<'_>,
        shows: impl Fn(&Place) -> Shows,
    ) -> Reply {
        if heard.said.stop {
            self.stop(sender);
            // What is under a photo stops the answers, not the report.
            if !heard.photos.any() {
                return Reply::default();
            }
        }
        if heard.said.start {
            self.stopped.remove(&sender);
        }
        self.make_room();
        let state = self
            .senders
            .entry(sender)
            .or_insert_with(|| Sender::new(heard.now));
        state.heard = heard.now;
        state.forget_old(heard.now);
        // A text that does not tell its language leaves what is known.
        state.seemed = heard.said.language.or(state.seemed);
        if !heard.photos.any() {
            state.chosen = heard.said.chooses.or(state.chosen);
        }
        let mut turn = Turn {
            sender,
            language: state.language().unwrap_or(self.usual),
            state,
            gate: &mut self.gate,
            repeats: &mut self.repeats,
            gazetteer: &self.gazetteer,
        };
        let (draft, say) = turn.take(heard, shows);
        Reply {
            draft,
            language: state.language(),
            first: !state.greeted,
            say: Some(say).filter(|_| !self.stopped.contains(&sender)),
        }
    }

    fn make_room(&mut self) {
        if self.senders.len() >= MOST_SENDERS {
            let mut heard: Vec<_> = self.senders.values().map(|sender| sender.heard).collect();
            heard.sort_unstable();
            let middle = heard[heard.len() / 2];
            self.senders.retain(|_, sender| sender.heard > middle);
        }
    }
}

impl Sender {
    fn new(heard: Timestamp) -> Self {
        Self {
            heard,
            greeted: false,
            chosen: None,
            seemed: None,
            pending: None,
            last: None,
        }
    }

    fn language(&self) -> Option<Language> {
        self.chosen.or(self.seemed)
    }

    fn forget_old(&mut self, now: Timestamp) {
        self.pending.take_if(|pending| pending.until <= now);
        // A clock that was set back ends it, too.
        self.last
            .take_if(|last| last.fades_at <= now || now.duration_since(last.at).abs() >= LIFE);
    }
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
