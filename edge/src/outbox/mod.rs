//! The outbox: what is accepted here and not yet receipted by the hub.
//!
//! # On disk
//! One redb file, `outbox.redb`, with four tables:
//! - `batches`: `u64` sequence -> postcard `Vec<Entry>`, the sealed reports of one group commit. One value per commit, not one
//!   key per report: measured faster than append + fdatasync in batches (see DESIGN's budgets).
//! - `removals`: (`u8` inbox, `u32` hash) -> `u32`: what an intake has still to remove (0), written in the report's own
//!   transaction. What is removed is erased, or, where its provider may repeat it, holds that day (since 1970) for three days.
//! - `refusals`: reason -> `u64`: how many reports the hub refused for it.
//! - `answers`: `u32` [`Month`] -> `u64`: how many answers were let go, written in the transaction of their report or removal.
//!
//! # Promises
//! - [`Outbox::commit`] returns after the transaction is durable: report and removals together, or neither.
//! - A report leaves only by [`Outbox::settle`], called for a receipt that carries the hub's signature.
//! - After a crash at any instant the file opens with every committed transaction and no other. redb's own checksums
//!   guard the pages; a batch that does not read as one is an error that names the file, never a silent loss.
//!
//! # Cost
//! One thread writes. It takes every request that waits, up to [`MAX_GROUP`], into one transaction. In RAM there is
//! 24 bytes per unreceipted report. `quick_repair` and two-phase commit stay off.

mod store;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use jiff::civil::Date;
use spotlight_common::ids::ReportId;
use spotlight_common::receipt::Refusal;
use tokio::sync::{Notify, oneshot};

use store::Store;
pub use store::{Entry, OutboxError, Sequence};

/// The most requests that one transaction takes.
pub const MAX_GROUP: usize = 256;

/// Which inbox a message lies in. The numbers are on disk and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Inbox {
    /// The spool folder.
    Spool = 1,
    /// Twilio.
    Twilio = 2,
    /// Telnyx.
    Telnyx = 3,
    /// Another provider, by the documented webhook.
    Webhook = 4,
    /// An Android phone.
    Android = 5,
    /// The folders of smstools3.
    Smstools = 6,
    /// The folders of gammu-smsd.
    Gammu = 7,
    /// A modem's memories.
    Modem = 8,
}

impl Inbox {
    /// Every inbox.
    pub const ALL: [Self; 8] = [
        Self::Spool,
        Self::Twilio,
        Self::Telnyx,
        Self::Webhook,
        Self::Android,
        Self::Smstools,
        Self::Gammu,
        Self::Modem,
    ];
}

impl Inbox {
    /// Whether a message may come again after it was removed: who calls a webhook repeats it. A file does not come back.
    pub fn repeats(self) -> bool {
        matches!(
            self,
            Self::Twilio | Self::Telnyx | Self::Webhook | Self::Android
        )
    }
}

/// Where a message lies: its inbox, and 32 bits of a keyed hash of its name there, so that it names no sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// Which inbox.
    pub inbox: Inbox,
    /// Its name there, hashed.
    pub hash: u32,
}

impl Origin {
    /// Of an item's name in its inbox (a provider's id, a file's name), under the node's own key.
    pub fn new(inbox: Inbox, key: &[u8; 32], name: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(key);
        hasher.update(&[inbox as u8]);
        hasher.update(name);
        let mut hash = [0; 4];
        hasher.finalize_xof().fill(&mut hash);
        Self {
            inbox,
            hash: u32::from_le_bytes(hash),
        }
    }
}

/// A calendar month: the year times twelve, and the months since January.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub u32);

impl Month {
    /// The month of a day.
    pub fn of(date: Date) -> Self {
        Self(
            u32::from(date.year().unsigned_abs()) * 12 + u32::from(date.month().unsigned_abs()) - 1,
        )
    }
}

/// What an outbox holds.
#[derive(Debug, PartialEq, Eq)]
pub struct Summary {
    /// Whether a running edge has it open.
    pub in_use: bool,
    /// Reports without a receipt.
    pub pending: usize,
    /// Refused reports, by reason.
    pub refusals: Vec<(String, u64)>,
    /// What is still to be removed from its inbox.
    pub removals: usize,
    /// Answers of the latest month that had any.
    pub answers: Option<(Month, u64)>,
}

/// Looks into a folder's outbox without changing it, whether an edge runs on it or not; `None` if there is none yet.
pub fn look(folder: &Path) -> Result<Option<Summary>, OutboxError> {
    let Some((store, in_use)) = Store::copy(folder)? else {
        return Ok(None);
    };
    let mut removals = 0;
    for inbox in Inbox::ALL {
        removals += store.removals(inbox)?.len();
    }
    Ok(Some(Summary {
        in_use,
        pending: store.len(),
        refusals: store.refusals()?,
        removals,
        answers: store.latest_answers(),
    }))
}

enum Request {
    Commit(
        Vec<Entry>,
        Vec<Origin>,
        Option<Month>,
        oneshot::Sender<Result<(), Arc<OutboxError>>>,
    ),
    Settle(ReportId, Option<Refusal>),
    Removed(Vec<Origin>),
}

/// A handle to the outbox; clones share it. The writer ends when the last handle goes.
#[derive(Clone)]
pub struct Outbox {
    store: Arc<Store>,
    requests: mpsc::SyncSender<Request>,
    committed: Arc<Notify>,
}

impl Outbox {
    /// Opens `outbox.redb` in a folder, or makes it.
    pub fn open(folder: &Path) -> Result<Self, OutboxError> {
        let store = Arc::new(Store::open(folder)?);
        let (requests, queue) = mpsc::sync_channel(4 * MAX_GROUP);
        let committed = Arc::new(Notify::new());
        let (writer_store, writer_committed) = (store.clone(), committed.clone());
        std::thread::Builder::new()
            .name("outbox".into())
            .spawn(move || write_groups(&writer_store, &queue, &writer_committed))
            .map_err(OutboxError::Thread)?;
        Ok(Self {
            store,
            requests,
            committed,
        })
    }

    /// Commits reports and the removals that follow from them, durably and together.
    pub async fn commit(
        &self,
        entries: Vec<Entry>,
        removals: Vec<Origin>,
    ) -> Result<(), Arc<OutboxError>> {
        self.commit_answered(entries, removals, None).await
    }

    /// The same, and counts one answer of a month with them. The answer leaves after.
    pub async fn commit_answered(
        &self,
        entries: Vec<Entry>,
        removals: Vec<Origin>,
        answered: Option<Month>,
    ) -> Result<(), Arc<OutboxError>> {
        let (done, answer) = oneshot::channel();
        self.send(Request::Commit(entries, removals, answered, done))
            .await;
        answer
            .await
            .unwrap_or_else(|_| Err(Arc::new(OutboxError::Closed)))
    }

    /// Forgets a report, for the hub has receipted it; a refusal is counted.
    pub async fn settle(&self, id: ReportId, refusal: Option<Refusal>) {
        self.send(Request::Settle(id, refusal)).await;
    }

    /// Removals are confirmed: they are forgotten, or, where the provider may repeat the message, known for some days more.
    pub async fn removed(&self, origins: Vec<Origin>) {
        if !origins.is_empty() {
            self.send(Request::Removed(origins)).await;
        }
    }

    /// Waits until all that was said so far is on disk.
    pub async fn flush(&self) -> Result<(), Arc<OutboxError>> {
        self.commit(Vec::new(), Vec::new()).await
    }

    /// Waits while the queue is full, off the async threads.
    async fn send(&self, request: Request) {
        if let Err(mpsc::TrySendError::Full(request)) = self.requests.try_send(request) {
            let requests = self.requests.clone();
            let _ = tokio::task::spawn_blocking(move || requests.send(request)).await;
        }
    }

    /// What is still to be removed from an inbox.
    pub fn removals(&self, inbox: Inbox) -> Result<Vec<Origin>, OutboxError> {
        self.store.removals(inbox)
    }

    /// That, and what was removed within the last days where its provider may repeat it.
    pub fn known(&self, inbox: Inbox) -> Result<Vec<Origin>, OutboxError> {
        self.store.known(inbox)
    }

    /// Up to `limit` unreceipted reports after a position, oldest first, and the position to go on from; `None` at the end.
    pub fn pending(
        &self,
        after: Sequence,
        limit: usize,
    ) -> Result<(Vec<Entry>, Option<Sequence>), OutboxError> {
        self.store.pending(after, limit)
    }

    /// How many reports wait for their receipt.
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether none does.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often the hub refused, by reason.
    pub fn refusals(&self) -> Result<Vec<(String, u64)>, OutboxError> {
        self.store.refusals()
    }

    /// Sets one answer of a month aside, if the month has one left. It is counted on disk by [`Outbox::commit_answered`].
    pub fn set_answer_aside(&self, month: Month, at_most: Option<u64>) -> bool {
        self.store.set_answer_aside(month, at_most)
    }

    /// The answers of a month, those that are set aside included.
    pub fn answers(&self, month: Month) -> u64 {
        self.store.answers(month)
    }

    /// Resolves after a commit that no one has waited for yet.
    pub async fn committed(&self) {
        self.committed.notified().await;
    }
}

fn write_groups(store: &Store, queue: &mpsc::Receiver<Request>, committed: &Notify) {
    while let Ok(first) = queue.recv() {
        let mut group = store::Group::default();
        let mut answers = Vec::new();
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(request) = next {
            match request {
                Request::Commit(entries, removals, answered, done) => {
                    group.entries.extend(entries);
                    group.removals.extend(removals);
                    group.answered.extend(answered);
                    answers.push(done);
                }
                Request::Settle(id, refusal) => group.settled.push((id, refusal)),
                Request::Removed(origins) => group.removed.extend(origins),
            }
            taken += 1;
            next = if taken < MAX_GROUP {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        let grew = !group.entries.is_empty();
        let result = store.write(group).map_err(Arc::new);
        if let Err(error) = &result {
            tracing::error!(error = %spotlight_common::log::chain(error.as_ref()), "failed to write the outbox");
        }
        for done in answers {
            let _ = done.send(result.clone());
        }
        if grew && result.is_ok() {
            committed.notify_one();
        }
    }
}

#[cfg(test)]
mod tests;
