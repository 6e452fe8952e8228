//! A modem on a serial port: its SIM is the inbox.
//!
//! - The modem is spoken to in PDU mode (`dialogue`, `at`). A listing of its memories is the truth, at the start and every
//!   `poll`; what the modem tells by itself only hastens the next (`talk`).
//! - A message goes to the pipeline with its PDU. It is removed after the pipeline says that it is done, if its slot still holds
//!   it, and the removal is confirmed by a listing that does not show it any more (`holdings`). What a crash leaves is known from
//!   the outbox by memory, slot and PDU, and removed before anything is read.
//! - Parts of a long message stay on the SIM until the pipeline has them all, or gives up the rest. Parts of a WAP push are joined
//!   here (`pushes`). What tells of a multimedia message waits until that is fetched (`mms`); where nothing says how, it becomes a
//!   message whose photo could not be had: its sender is asked for a text. Other data is removed, counted and named by its kind.
//! - Answers go by `AT+CMGS`, one at a time, each at most once (`answers`).
//! - A modem that falls silent is helped (`recover`); what lies on its SIM waits there. What is known of models is a table
//!   (`quirks`).
//!
//! Numbers, texts and PDUs stay in RAM and never print.

mod answers;
pub mod at;
mod check;
mod dialogue;
mod erase;
mod facts;
#[cfg(test)]
mod fake;
mod holdings;
mod mms;
mod pin;
mod port;
mod pushes;
mod quirks;
mod recover;
mod repeats;
mod run;
#[cfg(test)]
mod script;
mod section;
mod setup;
mod storage;
mod talk;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::provider::Parts;
use super::{Inbound, Inbox, Intake, Origin, Payload, Ticket};
use crate::decode::{SmsPdu, decode_pdu_hex};
use crate::outbox::OutboxError;
use answers::{Answers, Outgoing};
pub use check::{CheckError, Findings, NotSent, check};
pub use facts::{Registration, Sim};
use holdings::{Holdings, New, Piece};
pub use mms::{
    Access, Bearer, BearerError, Link, NoAccess, Section as MmsSection, check as check_mms,
};
use mms::{Bringer, Items, Mms};
use pin::Tried;
use pushes::{Pushed, Pushes};
use repeats::{First, Repeats};
pub use run::OpenError;
use run::Runner;
pub use section::Section;
use storage::Listing;
pub use storage::{Memory, Use};

/// Listings in a row that show a full memory before parts are given up for room.
const FULL: u32 = 2;

/// Why a modem's intake cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ModemError {
    /// A setting is not what it must be.
    #[error("[modem] {0}")]
    Setting(&'static str),
    /// The same of its multimedia messages.
    #[error("[modem.mms] {0}")]
    Mms(&'static str),
    /// What is to be removed cannot be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// The intake.
pub struct Modem {
    state: Mutex<State>,
    changed: Notify,
    /// Listings in a row that showed the memory four fifths full.
    full: AtomicU32,
    /// Fetches multimedia messages, where the configuration says how.
    mms: Option<Mms>,
}

struct State {
    holdings: Holdings,
    answers: Answers,
    pushes: Pushes,
    repeats: Repeats,
    /// Multimedia messages.
    mms: Items,
    /// Pushes that an earlier run was done with.
    settled: Pushes,
    /// Messages that were removed unread.
    refused: u64,
}

impl fmt::Debug for Modem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Modem(..)")
    }
}

/// Starts it; `data` is the node's folder. A modem that is not there, or does not answer, is waited for.
pub fn start(section: &Section, data: &Path, parts: &mut Parts<'_>) -> Result<(), ModemError> {
    section.check()?;
    let (mms, jobs) = section.mms.as_ref().map(Mms::new).unzip();
    let modem = Modem::new(parts.key, parts.outbox.removals(Inbox::Modem)?, mms);
    if let Some(jobs) = jobs {
        let bringer = Bringer::new(modem.clone(), parts.inbox.clone());
        let shutdown = parts.shutdown.clone();
        parts.tasks.spawn(async move {
            bringer.run(jobs, shutdown).await;
            Ok(())
        });
    }
    let runner = Runner {
        modem,
        section: section.clone(),
        tried: Tried::new(data, parts.key),
        outbox: parts.outbox.clone(),
        inbox: parts.inbox.clone(),
        shutdown: parts.shutdown.clone(),
    };
    parts.tasks.spawn(async move {
        runner.run().await;
        Ok(())
    });
    Ok(())
}

impl Modem {
    /// `before` is what the outbox wants removed.
    fn new(key: [u8; 32], before: Vec<Origin>, mms: Option<Mms>) -> Arc<Self> {
        let state = State {
            holdings: Holdings::new(key, before),
            answers: Answers::default(),
            pushes: Pushes::default(),
            repeats: Repeats::default(),
            mms: Items::default(),
            settled: Pushes::default(),
            refused: 0,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Notify::new(),
            full: AtomicU32::new(0),
            mms,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Resolves when something is to be removed or sent.
    async fn changed(&self) {
        self.changed.notified().await;
    }

    fn listed(&self, memory: Memory, listing: &Listing) -> Vec<Origin> {
        self.state().holdings.listed(memory, listing)
    }

    fn round_ends(&self) -> Vec<Origin> {
        let is_full = self.is_full();
        let mut state = self.state();
        let given_up = state.pushes.give_up(is_full);
        state.refuse(given_up, "a push whose other parts did not come");
        state.settled.give_up(is_full);
        if is_full {
            state.mms.give_up_oldest();
        }
        state.holdings.round_ends()
    }

    fn note_use(&self, size: Use) {
        if size.is_nearly_full() {
            self.full.fetch_add(1, Ordering::Relaxed);
        } else {
            self.full.store(0, Ordering::Relaxed);
        }
    }

    fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed) >= FULL
    }

    /// What is new on the SIM as the pipeline takes it, by the network's time.
    fn offer(self: &Arc<Self>) -> Vec<Inbound> {
        self.tell_of_settled();
        let new = self.state().holdings.take_new();
        self.offer_all(new)
    }

    /// The same of a message that came without a place in a memory: there is nothing to remove.
    fn loose(self: &Arc<Self>, pdu: Zeroizing<String>) -> Vec<Inbound> {
        let new = self.state().holdings.loose(pdu);
        self.offer_all(new.into_iter().collect())
    }

    fn offer_all(self: &Arc<Self>, new: Vec<New>) -> Vec<Inbound> {
        let mut read: Vec<_> = new
            .into_iter()
            .map(|new| (decode_pdu_hex(&new.pdu).ok(), new))
            .collect();
        read.sort_by_key(|(pdu, _)| match pdu {
            Some(SmsPdu::Deliver(deliver)) => deliver.scts.map(|scts| scts.timestamp()),
            _ => None,
        });
        let mut inbounds = Vec::new();
        for (pdu, New { piece, pdu: hex }) in read {
            let mut state = self.state();
            let (pieces, sender, payload) = match pdu {
                Some(SmsPdu::Deliver(deliver)) if pushes::is_data(&deliver) => {
                    match state.pushes.push(deliver, piece) {
                        Pushed::Held => continue,
                        Pushed::Other(pieces, reason) => {
                            state.refuse(pieces, reason);
                            continue;
                        }
                        Pushed::Mms(pieces, notification) => {
                            inbounds.extend(self.notified(&mut state, pieces, notification));
                            continue;
                        }
                    }
                }
                // One without its time may be another of the same words.
                Some(SmsPdu::Deliver(deliver)) if deliver.scts.is_some() => {
                    let name = state.repeats.name(&hex);
                    match state.repeats.first(name) {
                        First::UnderWay(item) => {
                            state.holdings.attach(item, piece);
                            continue;
                        }
                        First::Done => {
                            state.refuse(vec![piece], "it came twice");
                            continue;
                        }
                        First::New => {}
                    }
                    let sender = Zeroizing::new(deliver.sender.as_str().to_owned());
                    let item = state.holdings.offer(vec![piece], sender);
                    state.repeats.begin(name, item);
                    inbounds.push(self.inbound(item, piece.origin, Payload::Pdu(hex)));
                    continue;
                }
                Some(SmsPdu::Deliver(deliver)) => {
                    let sender = Zeroizing::new(deliver.sender.as_str().to_owned());
                    (vec![piece], sender, Payload::Pdu(hex))
                }
                // The pipeline says what is wrong with it.
                _ => (vec![piece], Zeroizing::default(), Payload::Pdu(hex)),
            };
            let origin = pieces.first().map_or(piece.origin, |first| first.origin);
            let item = state.holdings.offer(pieces, sender);
            inbounds.push(self.inbound(item, origin, payload));
        }
        inbounds
    }

    fn inbound(self: &Arc<Self>, item: u64, origin: Origin, payload: Payload) -> Inbound {
        Inbound {
            payload,
            arrived: Timestamp::now(),
            ticket: Ticket {
                origin,
                item,
                intake: self.clone(),
            },
        }
    }

    /// Whether a PDU is that of a piece.
    fn is(&self, piece: &Piece, pdu: &str) -> bool {
        self.state().holdings.piece(piece.place, pdu) == *piece
    }

    fn due(&self) -> Vec<Piece> {
        self.state().holdings.due()
    }

    fn tried(&self, piece: &Piece, freed: bool) -> u32 {
        self.state().holdings.tried(piece, freed)
    }

    /// When the next removal or answer is due.
    fn next_due(&self) -> Option<Instant> {
        let state = self.state();
        let due = [state.holdings.next_due(), state.answers.next_due()];
        due.into_iter().flatten().min()
    }

    fn take_answer(&self) -> Option<Outgoing> {
        self.state().answers.take_due(Instant::now())
    }

    fn answers(&self, with: impl FnOnce(&mut Answers)) {
        with(&mut self.state().answers);
    }
}

impl State {
    /// Removes what is not read.
    fn refuse(&mut self, pieces: Vec<Piece>, reason: &str) {
        if pieces.is_empty() {
            return;
        }
        self.refused += 1;
        tracing::warn!(
            reason,
            refused = self.refused,
            "a message is not read; it is removed"
        );
        for piece in pieces {
            self.holdings.remove(piece);
        }
    }
}

impl Intake for Modem {
    fn answer(&self, item: u64, text: &str) {
        let mut state = self.state();
        let Some(sender) = state.holdings.sender(item) else {
            return;
        };
        state.answers.push(&sender, text);
        drop(state);
        self.changed.notify_one();
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        let mut state = self.state();
        state.repeats.end(item);
        if let Some(receipt) = state.mms.end(item)
            && self.tells(item, receipt)
        {
            return Vec::new();
        }
        let confirmed = state.holdings.end(item);
        drop(state);
        self.changed.notify_one();
        confirmed
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        let mut state = self.state();
        state.refused += 1;
        tracing::warn!(
            reason,
            refused = state.refused,
            "a message on the SIM cannot be read; it is removed"
        );
        drop(state);
        self.remove(item)
    }

    fn origins(&self, item: u64) -> Vec<Origin> {
        self.state().holdings.origins(item)
    }

    fn wants_room(&self) -> bool {
        self.is_full()
    }
}

#[cfg(test)]
pub(crate) mod tests;
