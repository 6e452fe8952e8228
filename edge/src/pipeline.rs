//! The line that a message travels on the edge. `Pipeline::handle` lists its steps.

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jiff::{SignedDuration, Timestamp};
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::envelope;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::{Network, ReportId};
use spotlight_common::keys::KeyError;
use spotlight_common::report::{Kind, Minute, Report};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::classify::{Classifier, Verdict};
use crate::decide::{Decision, Seen, decide, is_short_link};
use crate::decode::{Pushed, Reassembly, Whole};
use crate::intake::{Inbound, Ticket};
use crate::message::{Item, Message, read};
use crate::outbox::{Entry, Outbox};
use crate::place::place;
use crate::pseudonym::Pseudonyms;
use crate::reply::{self, Understood};
use crate::words::{self, Language};

/// Messages between decode and removal at once.
const MAX_UNDER_WAY: usize = 64;

/// A part that waits longer for the others is used as it stands.
const PARTS_WAIT: SignedDuration = SignedDuration::from_hours(6);

/// How often that is looked at.
const LOOK_AT_PARTS: Duration = Duration::from_secs(600);

/// The wait before a failed commit is tried again; the message stays in its inbox.
const COMMIT_AGAIN: Duration = Duration::from_secs(5);

/// A report's time reaches back at most this far: what is older is as faded as it will ever be, and stays inside what the
/// hub takes.
const OLDEST: SignedDuration = SignedDuration::from_hours(24);

/// How long a report shows; the hub's rule, which answers repeat.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What the steps need.
pub struct Pipeline {
    pub network: Network,
    pub key: SigningKey,
    pub gazetteer: Arc<Gazetteer>,
    pub classifier: Arc<Classifier>,
    pub pseudonyms: Pseudonyms,
    pub outbox: Outbox,
    pub clock: Clock,
    pub country_code: String,
    pub language: Language,
    pub time_zone: jiff::tz::TimeZone,
    /// One photo at a time: the model uses a whole core.
    pub photos: Semaphore,
    /// Ends the process between commit and removal, for the test that proves what happens then.
    pub abort_after_commit: bool,
}

impl Pipeline {
    /// Handles what the intakes hand out until the shutdown, then finishes what is under way.
    pub async fn run(
        self: Arc<Self>,
        mut inbox: mpsc::Receiver<Inbound>,
        shutdown: CancellationToken,
    ) {
        let mut reassembly = Reassembly::new();
        let mut look_at_parts = tokio::time::interval(LOOK_AT_PARTS);
        let mut under_way = JoinSet::new();
        loop {
            let messages = tokio::select! {
                inbound = inbox.recv() => match inbound {
                    Some(inbound) => self.decode(inbound, &mut reassembly).await.into_iter().collect(),
                    None => break,
                },
                _ = look_at_parts.tick() => self.give_up_parts(&mut reassembly),
                () = shutdown.cancelled() => break,
            };
            for message in messages {
                while under_way.len() >= MAX_UNDER_WAY {
                    under_way.join_next().await;
                }
                let pipeline = self.clone();
                under_way.spawn(async move { pipeline.handle(message).await });
            }
            while under_way.try_join_next().is_some() {}
        }
        while under_way.join_next().await.is_some() {}
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
        let given_up = reassembly.give_up(before).into_iter();
        given_up
            .map(|whole| Message::from_text(whole, &self.country_code))
            .collect()
    }

    /// One message, from its words to its removal.
    async fn handle(&self, message: Message) {
        let said = words::read(&message.text);
        let place = place(&self.gazetteer, &message.text);
        let (message, seen) = self.classify(message).await;
        let decision = decide(said, place, seen);
        let report = self.report(&message, &decision);
        let committed = self.commit(&message, report).await;
        let answer = self.answer(&message, said.language, &decision, committed);
        if committed.is_none() && answer.is_some() {
            self.answer_once(&message).await;
        }
        self.remove(message.tickets, answer).await;
    }

    /// The strongest verdict of a message's photos; they are wiped with this step.
    async fn classify(&self, mut message: Message) -> (Message, Seen) {
        let photos = std::mem::take(&mut message.photos);
        if photos.is_empty() {
            let seen = match message.photos_missed {
                0 => Seen::Nothing,
                _ => Seen::Unreadable,
            };
            return (message, seen);
        }
        let _one = self.photos.acquire().await;
        let classifier = self.classifier.clone();
        let work = tokio::task::spawn_blocking(move || {
            let verdicts = photos
                .iter()
                .filter_map(|photo| match classifier.classify(photo) {
                    Ok(verdict) => Some(verdict),
                    Err(error) => {
                        tracing::info!(reason = %error, "a photo cannot be read");
                        None
                    }
                });
            verdicts.max_by(|one, other| rank(one).total_cmp(&rank(other)))
        });
        let seen = match work.await {
            Ok(Some(verdict)) => Seen::Verdict(verdict),
            Ok(None) | Err(_) => Seen::Unreadable,
        };
        (message, seen)
    }

    /// The person-free report of a decision, if it makes one.
    fn report(&self, message: &Message, decision: &Decision) -> Option<Result<Report, KeyError>> {
        let Decision::Report {
            place,
            kind,
            evidence,
            ..
        } = decision
        else {
            return None;
        };
        let now = self.clock.now();
        let oldest = now.saturating_sub(OLDEST).unwrap_or(Timestamp::MIN);
        let seen_at = message
            .sent_at
            .unwrap_or(message.arrived)
            .clamp(oldest, now);
        let report = self
            .pseudonyms
            .of(&message.sender, place.cell)
            .map(|(reporter, epoch)| Report {
                id: ReportId::random(),
                seen_at: Minute::of(seen_at),
                cell: place.cell,
                kind: *kind,
                evidence: *evidence,
                reporter,
                epoch,
                clock: ClockQuality::of_system(),
            });
        Some(report)
    }

    /// Signs and commits, with the removals that follow. Tries until it is done: before that nothing is removed.
    async fn commit(
        &self,
        message: &Message,
        report: Option<Result<Report, KeyError>>,
    ) -> Option<Report> {
        let report = match report? {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(error = %error, "no pseudonym, so no report; the message is answered as unread");
                return None;
            }
        };
        let entry = Entry {
            id: report.id,
            envelope: envelope::seal(&self.key, &self.network, &report),
        };
        self.write(vec![entry], message).await;
        if self.abort_after_commit {
            std::process::abort();
        }
        Some(report)
    }

    /// Where a repeated answer would be a second one, what makes no report is noted as to be removed before its answer
    /// leaves: after a crash an answer may be missing, but none is sent twice.
    async fn answer_once(&self, message: &Message) {
        if !message
            .tickets
            .iter()
            .all(|ticket| ticket.intake.repeats_answers())
        {
            self.write(Vec::new(), message).await;
        }
    }

    /// Writes a report and what is then to be removed. Tries until it is done.
    async fn write(&self, entries: Vec<Entry>, message: &Message) {
        let removals: Vec<_> = message.tickets.iter().map(|ticket| ticket.origin).collect();
        while let Err(error) = self.outbox.commit(entries.clone(), removals.clone()).await {
            tracing::error!(error = %spotlight_common::log::chain(error.as_ref()), "failed to write the outbox; trying again");
            tokio::time::sleep(COMMIT_AGAIN).await;
        }
    }

    /// The answer, if one is due.
    fn answer(
        &self,
        message: &Message,
        language: Option<Language>,
        decision: &Decision,
        report: Option<Report>,
    ) -> Option<String> {
        if !message.sender.can_be_answered() {
            return None;
        }
        let understood = match (decision, report) {
            (Decision::Report { place, photo, .. }, Some(report)) => {
                let label = place.label.clone();
                let fades_at = report
                    .seen_at
                    .start()
                    .saturating_add(LIFE)
                    .unwrap_or(Timestamp::MAX);
                match report.kind {
                    _ if fades_at <= self.clock.now() => Understood::TooLate { label },
                    Kind::Gone => Understood::Gone { label },
                    Kind::Present => Understood::Present {
                        label,
                        fades_at,
                        photo: *photo,
                    },
                }
            }
            (Decision::Report { .. }, None) => Understood::Unreadable,
            (Decision::NotPolice, _) => Understood::NotPolice,
            (Decision::NoPlace(missing), _) => Understood::NoPlace {
                candidates: missing
                    .candidates
                    .iter()
                    .map(|place| place.label.clone())
                    .collect(),
                short_link: is_short_link(missing),
            },
            (Decision::Help, _) => Understood::Help,
            (Decision::Silence, _) => return None,
        };
        Some(reply::answer(
            &understood,
            language.unwrap_or(self.language),
            &self.time_zone,
        ))
    }

    /// Hands the answer over, then removes the items, then forgets the removals that are confirmed.
    async fn remove(&self, tickets: Vec<Ticket>, answer: Option<String>) {
        let work = tokio::task::spawn_blocking(move || {
            if let (Some(answer), Some(ticket)) = (answer, tickets.last()) {
                ticket.intake.answer(ticket.item, &answer);
            }
            let confirmed = tickets
                .iter()
                .flat_map(|ticket| ticket.intake.remove(ticket.item));
            confirmed.collect::<Vec<_>>()
        });
        self.outbox.removed(work.await.unwrap_or_default()).await;
    }
}

/// Police before unsure before not police; among equals the likelier.
fn rank(verdict: &Verdict) -> f32 {
    let class = match verdict {
        Verdict::Police { .. } => 4.0,
        Verdict::Unsure { .. } => 2.0,
        Verdict::NotPolice { .. } => 0.0,
    };
    class + verdict.probability()
}
