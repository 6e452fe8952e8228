//! The line that a message travels on the edge. `Pipeline::handle` lists its steps.

mod talk;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::envelope;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::{Network, ReportId};
use spotlight_common::keys::KeyError;
use spotlight_common::report::{Minute, Report};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::classify::Classifier;
use crate::decide::{Photos, Picture, Seen};
use crate::decode::{Pushed, Reassembly, Whole};
use crate::intake::{Inbound, Ticket};
use crate::message::{Item, Message, read};
use crate::outbox::{Entry, Month, Origin, Outbox, OutboxError};
use crate::place::{place, taken_at};
use crate::pseudonym::Pseudonyms;
use crate::reply::conversation::Draft;
use crate::words;
pub use talk::Talk;
use talk::{Admission, Leaving};
use turns::{Turn, Turns};

/// Messages between decode and removal at once.
const MAX_UNDER_WAY: usize = 64;

/// A part that waits longer for the others is used as it stands.
const PARTS_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// How often that is looked at, and what is over is forgotten.
const MINUTE: Duration = Duration::from_secs(60);

/// The wait before what failed is tried again; the message stays in its inbox.
const AGAIN: Duration = Duration::from_secs(5);

/// A report's time reaches back at most this far: what is older is as faded as it will ever be, and stays inside what the
/// hub takes.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// What the steps need.
pub struct Pipeline {
    pub network: Network,
    pub key: SigningKey,
    pub gazetteer: Arc<Gazetteer>,
    pub home: Option<(f64, f64)>,
    /// Whether a photo's own place counts where its sender names none.
    pub photo_places: bool,
    pub classifier: Arc<Classifier>,
    pub pseudonyms: Pseudonyms,
    pub outbox: Outbox,
    pub clock: Clock,
    pub country_code: String,
    pub talk: Talk,
    /// One photo at a time: the model uses a whole core.
    pub photos: Semaphore,
    /// Ends the process between commit and removal, for the test that proves what happens then.
    pub abort_after_commit: bool,
}

impl Pipeline {
    /// Handles what the intakes hand out until the shutdown, then finishes what is under way. What fails for good brings the
    /// shutdown about: a database that failed to write takes nothing more until it is opened again.
    pub async fn run(
        self: Arc<Self>,
        mut inbox: mpsc::Receiver<Inbound>,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let mut reassembly = Reassembly::new();
        let mut turns = Turns::default();
        let mut every_minute = tokio::time::interval(MINUTE);
        let mut under_way = JoinSet::new();
        let mut result = Ok(());
        loop {
            let messages = tokio::select! {
                inbound = inbox.recv() => match inbound {
                    Some(inbound) => self.decode(inbound, &mut reassembly).await.into_iter().collect(),
                    None => break,
                },
                _ = every_minute.tick() => {
                    self.forget_old();
                    turns.forget_ended();
                    self.give_up_parts(&mut reassembly)
                }
                Some(ended) = under_way.join_next() => {
                    note(&mut result, ended, &shutdown);
                    continue;
                }
                () = shutdown.cancelled() => break,
            };
            for message in messages {
                while under_way.len() >= MAX_UNDER_WAY {
                    let Some(ended) = under_way.join_next().await else {
                        break;
                    };
                    note(&mut result, ended, &shutdown);
                }
                let (pipeline, turn) = (self.clone(), turns.take(&message.sender));
                let shutdown = shutdown.clone();
                under_way.spawn(async move { pipeline.handle(message, turn, &shutdown).await });
            }
        }
        while let Some(ended) = under_way.join_next().await {
            note(&mut result, ended, &shutdown);
        }
        result
    }

    /// Inbound -> Message, when it is whole.
    async fn decode(
        &self,
        inbound: Inbound,
        reassembly: &mut Reassembly<(Ticket, Timestamp)>,
    ) -> Option<Message> {
        let Inbound {
            payload,
            arrived,
            ticket,
        } = inbound;
        match read(payload) {
            Ok(Item::Part(part)) => match reassembly.push(*part.clone(), (ticket.clone(), arrived))
            {
                Pushed::Whole(whole) => Some(Message::from_text(whole, &self.country_code)),
                Pushed::Held => None,
                Pushed::Full(_) => {
                    tracing::warn!("too many unfinished messages; a part is used as it stands");
                    let whole = Whole {
                        message: *part,
                        tokens: vec![(ticket, arrived)],
                    };
                    Some(Message::from_text(whole, &self.country_code))
                }
            },
            Ok(Item::Mms(mms)) => {
                Some(Message::from_mms(&mms, ticket, arrived, &self.country_code))
            }
            Ok(Item::Plain(plain)) => Some(Message::from_plain(
                plain,
                ticket,
                arrived,
                &self.country_code,
            )),
            Ok(Item::Notice) => {
                self.remove(vec![ticket], None).await;
                None
            }
            Err(error) => {
                let reason = error.to_string();
                let refusal =
                    tokio::task::spawn_blocking(move || ticket.intake.refuse(ticket.item, &reason));
                self.outbox.removed(refusal.await.unwrap_or_default()).await;
                None
            }
        }
    }

    fn give_up_parts(&self, reassembly: &mut Reassembly<(Ticket, Timestamp)>) -> Vec<Message> {
        let before = self
            .clock
            .now()
            .saturating_sub(PARTS_WAIT)
            .unwrap_or(Timestamp::MIN);
        let mut given_up = reassembly.give_up(before, |(_, arrived)| *arrived);
        // A clock that was never set says nothing of what waits.
        given_up.extend(reassembly.give_up_held(PARTS_WAIT.unsigned_abs()));
        given_up.extend(reassembly.give_up_oldest(|(ticket, _)| ticket.intake.wants_room()));
        given_up
            .into_iter()
            .map(|whole| Message::from_text(whole, &self.country_code))
            .collect()
    }

    /// One message, from its words to its removal, after its sender's earlier ones.
    async fn handle(
        &self,
        message: Message,
        mut turn: Turn,
        shutdown: &CancellationToken,
    ) -> Result<(), Unfinished> {
        turn.come().await;
        let sender = self.sender(&message, shutdown).await?;
        let said = words::read(&message.text);
        let (message, mut reply) = match self.admit(sender, &message, said) {
            Admission::Read => {
                let mut place = place(&self.gazetteer, &message.text, self.home);
                if self.photo_places {
                    place = place
                        .or_else(|missing| taken_at(&self.gazetteer, &message.photos, missing));
                }
                let (message, photos) = self.classify(message).await;
                let reply = self.converse(sender, &message, said, place, photos);
                (message, reply)
            }
            Admission::Say(say) => (message, self.unread(sender, said, say)),
            Admission::Drop => {
                self.remove(message.tickets, None).await;
                return Ok(());
            }
        };
        let report = match reply.draft.take() {
            Some(draft) => Some(self.report(&message, &draft, shutdown).await?),
            None => None,
        };
        let answer = self.word(sender, &message, reply);
        self.commit(&message, report, answer.as_ref()).await?;
        self.remove(message.tickets, answer).await;
        Ok(())
    }

    /// The verdicts on a message's photos; they are wiped with this step.
    async fn classify(&self, mut message: Message) -> (Message, Photos) {
        let photos = std::mem::take(&mut message.photos);
        let unreadable = Picture {
            seen: Seen::Unreadable,
            print: None,
        };
        let missed = Photos(match message.photos_missed {
            0 => Vec::new(),
            _ => vec![unreadable],
        });
        if photos.is_empty() {
            return (message, missed);
        }
        let _one = self.photos.acquire().await;
        let classifier = self.classifier.clone();
        let work = tokio::task::spawn_blocking(move || {
            let seen = photos.iter().map(|photo| {
                let (print, verdict) = classifier.classify_known(photo);
                let seen = verdict.map_or_else(
                    |error| {
                        tracing::info!(reason = %error, "a photo cannot be read");
                        Seen::Unreadable
                    },
                    Seen::Verdict,
                );
                let print = Some(print);
                Picture { seen, print }
            });
            Photos(seen.collect())
        });
        let photos = work.await.unwrap_or(Photos(vec![unreadable]));
        (message, photos.and(missed))
    }

    /// When a message was sent, as far as its bearer tells and the hub takes it.
    fn seen_at(&self, message: &Message) -> Timestamp {
        let now = self.clock.now();
        let oldest = now.saturating_sub(OLDEST).unwrap_or(Timestamp::MIN);
        let seen_at = message.sent_at.unwrap_or(message.arrived);
        // A clock that nothing keeps right may be years behind: the network's time stamp is the better one.
        let latest = match self.talk.clock_quality() {
            ClockQuality::Synced => now,
            ClockQuality::Unsure => now.max(seen_at),
        };
        seen_at.clamp(oldest, latest)
    }

    /// The person-free report of what was understood. Where there is no key for the day it tries again, until the shutdown.
    async fn report(
        &self,
        message: &Message,
        draft: &Draft,
        shutdown: &CancellationToken,
    ) -> Result<Report, Unfinished> {
        loop {
            match self.person_free(message, draft) {
                Ok(report) => return Ok(report),
                Err(error) => {
                    tracing::error!(error = %error, "no key for the day, so no pseudonym; trying again");
                }
            }
            again(shutdown).await?;
        }
    }

    fn person_free(&self, message: &Message, draft: &Draft) -> Result<Report, KeyError> {
        let (reporter, epoch) = self.pseudonyms.of(&message.sender, draft.place.cell)?;
        Ok(Report {
            id: ReportId::random(),
            seen_at: Minute::of(draft.seen_at),
            cell: draft.place.cell,
            kind: draft.kind,
            evidence: draft.evidence,
            reporter,
            epoch,
            clock: self.talk.clock_quality(),
        })
    }

    /// Signs and commits a report, with the removals that follow and the count of its answer. Before that nothing is removed.
    ///
    /// What makes no report is removed after its answer. The removal is noted before the answer leaves: after a crash an
    /// answer may be missing, but none is sent twice.
    async fn commit(
        &self,
        message: &Message,
        report: Option<Report>,
        answer: Option<&Leaving>,
    ) -> Result<(), Unfinished> {
        let removals = || {
            let mut removals = Vec::new();
            for ticket in &message.tickets {
                removals.push(ticket.origin);
                removals.extend(ticket.intake.origins(ticket.item));
            }
            removals
        };
        let month = answer.map(|answer| answer.month);
        match report {
            Some(report) => {
                let entry = Entry {
                    id: report.id,
                    envelope: envelope::seal(&self.key, &self.network, &report),
                };
                self.write(vec![entry], removals(), month).await?;
                self.talk.counters.reports.add();
                if self.abort_after_commit {
                    std::process::abort();
                }
            }
            None if month.is_some() => {
                self.write(Vec::new(), removals(), month).await?;
            }
            None => {}
        }
        Ok(())
    }

    async fn write(
        &self,
        entries: Vec<Entry>,
        removals: Vec<Origin>,
        answered: Option<Month>,
    ) -> Result<(), Unfinished> {
        let written = self.outbox.commit_answered(entries, removals, answered);
        written.await.map_err(Unfinished::Outbox)
    }

    /// Hands the answer over, then removes the items, then forgets the removals that are confirmed.
    async fn remove(&self, tickets: Vec<Ticket>, answer: Option<Leaving>) {
        if answer.is_some() {
            self.talk.counters.answers.add();
        }
        let work = tokio::task::spawn_blocking(move || {
            if let (Some(answer), Some(ticket)) = (answer, tickets.last()) {
                ticket.intake.answer(ticket.item, &answer.text);
            }
            let confirmed = tickets
                .iter()
                .flat_map(|ticket| ticket.intake.remove(ticket.item));
            confirmed.collect::<Vec<_>>()
        });
        self.outbox.removed(work.await.unwrap_or_default()).await;
    }
}

/// Why a message is not handled to its end. It stays in its inbox for the next start.
#[derive(Debug, thiserror::Error)]
enum Unfinished {
    /// The shutdown came before what has to be done could be.
    #[error("the shutdown came first")]
    Closing,
    /// The commit failed.
    #[error(
        "a report could not be written; what was accepted lies in its inbox for the next start"
    )]
    Outbox(#[source] Arc<OutboxError>),
}

/// Notes how a message ended. The first whose commit failed ends all. One whose handling panicked does not: it lies in its
/// inbox, and would end each next start, too.
fn note(
    result: &mut anyhow::Result<()>,
    ended: Result<Result<(), Unfinished>, JoinError>,
    shutdown: &CancellationToken,
) {
    match ended {
        Ok(Ok(()) | Err(Unfinished::Closing)) => {}
        Ok(Err(error)) => {
            if result.is_ok() {
                *result = Err(error.into());
            }
            shutdown.cancel();
        }
        // Its words are not said: they may hold the message's.
        Err(_) => tracing::error!("the handling of a message failed; it stays in its inbox"),
    }
}

/// Waits before what failed is tried again.
async fn again(shutdown: &CancellationToken) -> Result<(), Unfinished> {
    tokio::select! {
        () = tokio::time::sleep(AGAIN) => Ok(()),
        () = shutdown.cancelled() => Err(Unfinished::Closing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_failed_commit_ends_all_and_a_message_that_panics_does_not() {
        let (mut result, shutdown) = (Ok(()), CancellationToken::new());
        let panicked = tokio::spawn(async { panic!("a fault") }).await;
        note(&mut result, panicked, &shutdown);
        note(&mut result, Ok(Err(Unfinished::Closing)), &shutdown);
        assert!(result.is_ok() && !shutdown.is_cancelled());
        let failed = Unfinished::Outbox(Arc::new(OutboxError::Closed));
        note(&mut result, Ok(Err(failed)), &shutdown);
        assert!(result.is_err() && shutdown.is_cancelled());
    }

    #[tokio::test]
    async fn what_failed_is_not_tried_again_after_the_shutdown() {
        let shutdown = CancellationToken::new();
        let mut waiting = std::pin::pin!(again(&shutdown));
        tokio::select! {
            biased;
            _ = waiting.as_mut() => panic!("it does not wait"),
            () = std::future::ready(()) => {}
        }
        shutdown.cancel();
        assert!(matches!(waiting.await, Err(Unfinished::Closing)));
        assert!(matches!(again(&shutdown).await, Err(Unfinished::Closing)));
    }
}
