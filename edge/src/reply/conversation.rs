//! The state machine of the conversation. Pure: time, words, place and photos come in, a report to make and a thing to say
//! come out.
//!
//! A sender is a keyed hash of the number under the day's key. A new key forgets everyone: what was asked, who said STOP, who
//! has been greeted. What is kept of a sender, for [`ASKED`] or the hour that a report shows:
//! - `pending`: a question that we asked and what it was about: a number, a corner or a photo completes it.
//! - `last`: the last report of police being present. A photo without a place that follows within [`ASKED`] is of the same
//!   observation: the text was published at once, the photo is a second report under the same pseudonym and cell, and the
//!   hub, for which one pseudonym is one witness, counts the two once, at the photo's level. GONE without a place takes
//!   this one back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use spotlight_common::gazetteer::{Gazetteer, Missing, NotFound, Place};
use spotlight_common::ids::Epoch;
use spotlight_common::report::{Evidence, Kind, Minute};

use super::limits::{Gate, Limits};
use super::repeats::Repeats;
use super::shows::Shows;
use super::{Ask, Photo, Say, fitting};
use crate::decide::{Photos, Seen, weigh};
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

/// A message, read.
#[derive(Debug)]
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

#[derive(Debug)]
struct Sender {
    heard: Timestamp,
    greeted: bool,
    chosen: Option<Language>,
    seemed: Option<Language>,
    pending: Option<Pending>,
    last: Option<Last>,
}

/// What the sender was asked about.
#[derive(Debug)]
struct Pending {
    until: Timestamp,
    wanted: Wanted,
    choices: Vec<Place>,
    /// A street whose cross street is missing.
    street: Option<String>,
    photos: Photos,
    words_say_police: bool,
    seen_at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Present,
    Gone,
    Where,
}

/// The sender's last report of police being present.
#[derive(Debug, Clone)]
struct Last {
    place: Place,
    seen_at: Timestamp,
    at: Timestamp,
    fades_at: Timestamp,
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
            self.gate.forget_senders();
            self.repeats.forget_owners();
        }
    }

    /// How many senders are known.
    pub fn len(&self) -> usize {
        self.senders.len()
    }

    /// Whether nobody is.
    pub fn is_empty(&self) -> bool {
        self.senders.is_empty()
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
            return Reply::default();
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
        state.seemed = heard.said.language.or(state.seemed);
        if !heard.photos.any() {
            state.chosen = heard.said.chooses.or(state.chosen);
        }
        let mut turn = Turn {
            sender,
            language: state.chosen.or(state.seemed).unwrap_or(self.usual),
            state,
            gate: &mut self.gate,
            repeats: &mut self.repeats,
            gazetteer: &self.gazetteer,
        };
        let (draft, say) = turn.take(heard, shows);
        Reply {
            draft,
            language: state.chosen.or(state.seemed),
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
}

type Outcome = (Option<Draft>, Say);

/// One message of one sender.
struct Turn<'a> {
    sender: SenderKey,
    language: Language,
    state: &'a mut Sender,
    gate: &'a mut Gate,
    repeats: &'a mut Repeats,
    gazetteer: &'a Gazetteer,
}

impl Turn<'_> {
    fn take(&mut self, heard: Heard<'_>, shows: impl Fn(&Place) -> Shows) -> Outcome {
        let now = heard.now;
        self.state
            .last
            .take_if(|last| last.fades_at <= now || elapsed(last.at, now) >= LIFE);
        self.state.pending.take_if(|pending| pending.until <= now);
        if !heard.photos.any()
            && let Some(say) = command(&heard.said)
        {
            return (None, say);
        }
        let place = self.place(&heard);
        let pending = self.state.pending.as_ref();
        let wanted = match pending {
            _ if heard.said.asks && !heard.photos.any() => Wanted::Where,
            _ if heard.said.gone => Wanted::Gone,
            _ if heard.said.police || heard.photos.any() => Wanted::Present,
            Some(pending) => pending.wanted,
            None => Wanted::Present,
        };
        match (wanted, place) {
            (Wanted::Where, Ok(place)) => {
                self.state
                    .pending
                    .take_if(|pending| pending.wanted == Wanted::Where);
                let (label, shows) = (place.label.clone(), shows(&place));
                (None, Say::Shows { label, shows })
            }
            (Wanted::Where, Err(missing)) => (None, self.ask(wanted, missing, heard)),
            (Wanted::Gone, Ok(place)) => self.gone(place, &heard),
            (Wanted::Gone, Err(missing)) => match self.own_last(&missing) {
                Some(last) => self.gone(last.place, &heard),
                None => (None, self.ask(wanted, missing, heard)),
            },
            (Wanted::Present, Ok(place)) => self.present(place, heard),
            (Wanted::Present, Err(missing)) => self.present_somewhere(missing, heard),
        }
    }

    /// The place that the message names, or that it completes.
    fn place(&self, heard: &Heard<'_>) -> Result<Place, NotFound> {
        let Some(pending) = &self.state.pending else {
            return heard.place.clone();
        };
        let chosen = heard
            .said
            .number
            .and_then(|number| pending.choices.get(number - 1));
        if let Some(chosen) = chosen {
            return Ok(chosen.clone());
        }
        match (&heard.place, &pending.street) {
            (Err(missing), Some(street)) if missing.candidates.is_empty() => {
                let corner = self.gazetteer.find(&format!("{street} & {}", heard.text));
                corner.or_else(|_| heard.place.clone())
            }
            (place, _) => place.clone(),
        }
    }

    /// The sender's last report, if it may be the one that is meant.
    fn own_last(&self, missing: &NotFound) -> Option<Last> {
        let last = self.state.last.clone()?;
        let candidates = &missing.candidates;
        let meant =
            candidates.is_empty() || candidates.iter().any(|place| place.cell == last.place.cell);
        meant.then_some(last)
    }

    fn gone(&mut self, place: Place, heard: &Heard<'_>) -> Outcome {
        let asked = self
            .state
            .pending
            .take()
            .filter(|pending| pending.wanted == Wanted::Gone);
        let mut seen_at = asked.map_or(heard.seen_at, |pending| pending.seen_at);
        // It takes back what was said before it, whatever the bearers' clocks say.
        if let Some(last) = self
            .state
            .last
            .take_if(|last| last.place.cell == place.cell)
        {
            seen_at = seen_at.max(last.seen_at);
        }
        let label = place.label.clone();
        let say = match fades_at(seen_at) <= heard.now {
            true => Say::GoneLate { label },
            false => Say::Gone { label },
        };
        let draft = Draft {
            place,
            kind: Kind::Gone,
            evidence: Evidence::Text,
            seen_at,
        };
        (Some(draft), say)
    }

    /// Police at a place, with what an earlier message said of it.
    fn present(&mut self, place: Place, heard: Heard<'_>) -> Outcome {
        let asked = self
            .state
            .pending
            .take()
            .filter(|pending| pending.wanted == Wanted::Present);
        let (photos, words_say_police, seen_at) = match asked {
            Some(asked) => (
                asked.photos.and(heard.photos),
                asked.words_say_police || heard.said.police,
                asked.seen_at.min(heard.seen_at),
            ),
            None => (heard.photos, heard.said.police, heard.seen_at),
        };
        let Some((evidence, photo)) = weigh(words_say_police, photos.seen) else {
            return (None, Say::NotPolice);
        };
        self.report(place, evidence, photo, &photos, seen_at, heard.now)
    }

    fn report(
        &mut self,
        place: Place,
        evidence: Evidence,
        photo: Photo,
        photos: &Photos,
        seen_at: Timestamp,
        now: Timestamp,
    ) -> Outcome {
        if self.gate.photos_once() && !self.repeats.claim(&photos.prints, self.sender, now) {
            return (None, Say::Repeated);
        }
        let label = place.label.clone();
        if !self.gate.place(place.cell, now) {
            // The others' last report is of these ten minutes; this says no more than is sure.
            let fades_at = fades_at(now.saturating_sub(ASKED).unwrap_or(now));
            return (None, Say::Many { label, fades_at });
        }
        let fades_at = fades_at(seen_at);
        let say = if fades_at <= now {
            Say::TooLate { label }
        } else {
            self.state.last = Some(Last {
                place: place.clone(),
                seen_at,
                at: now,
                fades_at,
            });
            Say::Present {
                label,
                fades_at,
                photo,
            }
        };
        let draft = Draft {
            place,
            kind: Kind::Present,
            evidence,
            seen_at,
        };
        (Some(draft), say)
    }

    /// Police, but where? Within [`ASKED`] of an own report it is about that one, unless its words point elsewhere.
    fn present_somewhere(&mut self, missing: NotFound, heard: Heard<'_>) -> Outcome {
        let unplaced = missing.candidates.is_empty() && missing.why == Missing::NoPlace;
        let last = self
            .state
            .last
            .clone()
            .filter(|last| unplaced && elapsed(last.at, heard.now) < ASKED);
        if let (Some(last), None) = (last, &self.state.pending) {
            return self.more_of(last, heard);
        }
        let pending = self.state.pending.as_ref();
        let words_say_police =
            heard.said.police || pending.is_some_and(|pending| pending.words_say_police);
        if weigh(words_say_police, heard.photos.seen).is_none() {
            let earlier = pending.is_some_and(|pending| pending.photos.any());
            if !earlier {
                self.state.pending = None;
                return (None, Say::NotPolice);
            }
        }
        let says_nothing =
            unplaced && !heard.photos.any() && !heard.said.police && pending.is_none();
        if says_nothing {
            let unread = heard.text.trim().is_empty();
            return (None, if unread { Say::Unreadable } else { Say::Help });
        }
        (None, self.ask(Wanted::Present, missing, heard))
    }

    /// A photo, or more words, of what the sender has just reported.
    fn more_of(&mut self, last: Last, heard: Heard<'_>) -> Outcome {
        let (evidence, photo) =
            weigh(true, heard.photos.seen).unwrap_or((Evidence::Text, Photo::None));
        if matches!(evidence, Evidence::Photo { .. }) {
            let seen_at = heard.seen_at.max(last.seen_at);
            return self.report(
                last.place,
                evidence,
                photo,
                &heard.photos,
                seen_at,
                heard.now,
            );
        }
        let (label, fades_at) = (last.place.label, last.fades_at);
        (
            None,
            Say::Present {
                label,
                fades_at,
                photo,
            },
        )
    }

    /// Asks for the place, and keeps what it is asked for.
    fn ask(&mut self, wanted: Wanted, missing: NotFound, heard: Heard<'_>) -> Say {
        let before = self.state.pending.take();
        let again = before
            .as_ref()
            .is_some_and(|before| before.wanted == wanted);
        let mut pending = before
            .filter(|before| before.wanted == wanted)
            .unwrap_or(Pending {
                until: heard.now,
                wanted,
                choices: Vec::new(),
                street: None,
                photos: Photos::default(),
                words_say_police: false,
                seen_at: heard.seen_at,
            });
        pending.until = heard.now.saturating_add(ASKED).unwrap_or(Timestamp::MAX);
        pending.photos = pending.photos.and(heard.photos);
        pending.words_say_police |= heard.said.police;
        let labels: Vec<_> = missing
            .candidates
            .iter()
            .map(|place| place.label.clone())
            .collect();
        let say = if !labels.is_empty() && pending.choices.is_empty() {
            let fitting = fitting(&labels, self.language);
            pending.choices = missing.candidates;
            pending.choices.truncate(fitting);
            let labels = labels[..fitting].to_vec();
            Say::Choose { labels }
        } else {
            let street = match missing.why {
                Missing::OneStreet(street) => Some(street),
                Missing::ShortLink => return self.keep(pending, Say::Ask(Ask::ShortLink)),
                _ => None,
            };
            let newly = street.is_some() && pending.street.is_none();
            pending.street = street.or(pending.street.take());
            match (wanted, &pending.street) {
                (_, Some(street)) if newly => Say::Ask(Ask::Cross(street.clone())),
                _ if again => Say::Ask(Ask::Again),
                (Wanted::Where, _) => Say::Ask(Ask::Where),
                (Wanted::Gone, _) => Say::GoneWhere,
                (Wanted::Present, _) => match pending.photos.seen {
                    Seen::Nothing | Seen::Unreadable => Say::Ask(Ask::Place),
                    Seen::Verdict(_) => Say::Ask(Ask::Photo),
                },
            }
        };
        self.keep(pending, say)
    }

    fn keep(&mut self, pending: Pending, say: Say) -> Say {
        self.state.pending = Some(pending);
        say
    }
}

fn command(said: &Said) -> Option<Say> {
    if said.start {
        Some(Say::Start)
    } else if said.chooses.is_some() {
        Some(Say::LanguageSet)
    } else if said.languages {
        Some(Say::Languages)
    } else {
        said.help.then_some(Say::Help)
    }
}

fn elapsed(since: Timestamp, now: Timestamp) -> SignedDuration {
    now.duration_since(since)
}

/// When a report of this time fades: reports tell the minute.
fn fades_at(seen_at: Timestamp) -> Timestamp {
    Minute::of(seen_at)
        .start()
        .saturating_add(LIFE)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[path = "conversation_tests.rs"]
mod tests;
