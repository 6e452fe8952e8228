//! One message of one sender: a report to make and a thing to say. Pure: time, words, place, photos and what is known of the
//! sender come in.
//!
//! A photo without a place that follows a report within [`ASKED`] is of the same observation: the text was published at once,
//! the photo is a second report under the same pseudonym and cell, and the hub, for which one pseudonym is one witness, counts
//! the two once, at the photo's level. It cannot be the first report sent again: the hub knows reports by their id alone, and
//! would take the second for a repeated delivery. GONE without a place takes the last report back.
//!
//! Of photos, only those count that nobody else has sent. They become the sender's when their report is made, and not before:
//! a photo that came late, or to a place that has its share, may still be another's report.

use jiff::{SignedDuration, Timestamp};
use spotlight_common::gazetteer::{Gazetteer, Missing, NotFound, Place};
use spotlight_common::report::{Evidence, Kind, Minute};

use super::conversation::{ASKED, Draft, Heard, LIFE, Last, Pending, Sender, SenderKey, Wanted};
use super::limits::Gate;
use super::repeats::Repeats;
use super::shows::Shows;
use super::{Ask, Photo, Say, fitting};
use crate::decide::{Photos, Seen, weigh};
use crate::words::{Language, Said};

/// The report, if there is one, and what is said.
pub(super) type Outcome = (Option<Draft>, Say);

/// One message of one sender.
pub(super) struct Turn<'a> {
    pub(super) sender: SenderKey,
    pub(super) language: Language,
    pub(super) state: &'a mut Sender,
    pub(super) gate: &'a mut Gate,
    pub(super) repeats: &'a mut Repeats,
    pub(super) gazetteer: &'a Gazetteer,
}

/// What a report of police being present rests on.
struct Basis {
    evidence: Evidence,
    photo: Photo,
    /// Those that count.
    photos: Photos,
}

impl Turn<'_> {
    /// Takes the message. What is known of the sender is not old.
    pub(super) fn take(&mut self, heard: Heard<'_>, shows: impl Fn(&Place) -> Shows) -> Outcome {
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
        // What it takes back or ends no longer shows: others are heard about this place again.
        self.gate.reopen(self.sender, place.cell);
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
        match self.weigh(words_say_police, photos, heard.now) {
            Ok(basis) => self.report(place, basis, seen_at, heard.now),
            Err(say) => (None, say),
        }
    }

    /// Words and photos weighed, the photos that somebody else sent before left out. Else why there is no report.
    fn weigh(
        &mut self,
        words_say_police: bool,
        photos: Photos,
        now: Timestamp,
    ) -> Result<Basis, Say> {
        // Without police in any of them it does not matter who sent them.
        weigh(words_say_police, photos.seen()).ok_or(Say::NotPolice)?;
        let photos = if self.gate.photos_once() {
            let own = self.repeats.without_others(photos, self.sender, now);
            own.ok_or(Say::Repeated)?
        } else {
            photos
        };
        let (evidence, photo) = weigh(words_say_police, photos.seen()).ok_or(Say::Repeated)?;
        Ok(Basis {
            evidence,
            photo,
            photos,
        })
    }

    fn report(
        &mut self,
        place: Place,
        basis: Basis,
        seen_at: Timestamp,
        now: Timestamp,
    ) -> Outcome {
        let label = place.label.clone();
        let draft = Draft {
            place,
            kind: Kind::Present,
            evidence: basis.evidence,
            seen_at,
        };
        let fades = fades_at(seen_at);
        if fades <= now {
            return (Some(draft), Say::TooLate { label });
        }
        let taken = self.gate.place(self.sender, draft.place.cell, seen_at, now);
        if let Err(latest) = taken {
            let fades_at = fades_at(latest);
            return (None, Say::Many { label, fades_at });
        }
        if self.gate.photos_once() {
            self.repeats.claim(&basis.photos, self.sender, now);
        }
        self.state.last = Some(Last {
            place: draft.place.clone(),
            seen_at,
            at: now,
            fades_at: fades,
        });
        let say = Say::Present {
            label,
            fades_at: fades,
            photo: basis.photo,
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
        if weigh(words_say_police, heard.photos.seen()).is_none() {
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
        match self.weigh(true, heard.photos, heard.now) {
            Ok(basis) if matches!(basis.evidence, Evidence::Photo { .. }) => {
                let seen_at = heard.seen_at.max(last.seen_at);
                self.report(last.place, basis, seen_at, heard.now)
            }
            Ok(basis) => {
                let say = Say::Present {
                    label: last.place.label,
                    fades_at: last.fades_at,
                    photo: basis.photo,
                };
                (None, say)
            }
            Err(say) => (None, say),
        }
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
        let candidates = missing.candidates;
        let offered = !pending.choices.is_empty() && candidates.starts_with(&pending.choices);
        let say = if !candidates.is_empty() && !offered {
            let labels: Vec<_> = candidates.iter().map(|place| place.label.clone()).collect();
            let fitting = fitting(&labels, self.language);
            // A number or a street that comes next is about these, and about nothing that was asked before.
            pending.choices = candidates;
            pending.choices.truncate(fitting);
            pending.street = None;
            let labels = labels[..fitting].to_vec();
            Say::Choose { labels }
        } else {
            let elsewhere = missing.why != Missing::NoPlace && heard.said.number.is_none();
            if elsewhere && !offered {
                pending.choices.clear();
            }
            let street = match missing.why {
                Missing::OneStreet(street) => Some(street),
                Missing::UnknownCorner(..) | Missing::OutsideCity => {
                    pending.street = None;
                    None
                }
                Missing::ShortLink => {
                    pending.street = None;
                    return self.keep(pending, Say::Ask(Ask::ShortLink));
                }
                _ => None,
            };
            let newly = street.is_some() && pending.street.is_none();
            pending.street = street.or(pending.street.take());
            match (wanted, &pending.street) {
                (_, Some(street)) if newly => Say::Ask(Ask::Cross(street.clone())),
                _ if again => Say::Ask(Ask::Again),
                (Wanted::Where, _) => Say::Ask(Ask::Where),
                (Wanted::Gone, _) => Say::GoneWhere,
                (Wanted::Present, _) => match pending.photos.seen() {
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
#[path = "turn_tests.rs"]
mod tests;
