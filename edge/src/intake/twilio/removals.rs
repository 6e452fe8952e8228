//! Deleting at Twilio what is done, until it is confirmed there.
//!
//! The queue is in RAM; what a crash loses of it stands in the outbox, and the next listing brings the ids again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::rest::{Rest, RestError};
use super::sid::Sid;
use crate::outbox::{Origin, Outbox};

/// Deletions at once.
const AT_ONCE: usize = 4;

/// Messages that wait; more are found again by a listing.
const MAX_WAITING: usize = 50_000;

/// The wait after the first refusal; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// What is under way at the shutdown may take so long.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// A message, and what Twilio said.
type Ended = (Sid, Result<(), RestError>);

/// The messages to delete.
#[derive(Debug, Default)]
pub struct Removals {
    waiting: Mutex<HashMap<Sid, Removal>>,
    changed: Notify,
}

#[derive(Debug, Clone)]
struct Removal {
    origin: Option<Origin>,
    with_media: bool,
    due: Instant,
    refusals: u32,
    under_way: bool,
}

impl Removals {
    /// Queues a message, unless it is queued already. `origin` is what the outbox knows it by, if it does.
    pub fn add(&self, message: Sid, origin: Option<Origin>, with_media: bool, after: Duration) {
        let mut waiting = self.waiting();
        if waiting.len() < MAX_WAITING {
            waiting.entry(message).or_insert(Removal {
                origin,
                with_media,
                due: Instant::now() + after,
                refusals: 0,
                under_way: false,
            });
        }
        self.changed.notify_one();
    }

    /// Deletes until the shutdown, and then ends what is under way: what Twilio confirms is noted.
    pub async fn run(&self, rest: &Arc<Rest>, outbox: &Outbox, shutdown: &CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            while under_way.len() < AT_ONCE {
                let Some((message, with_media)) = self.start_next() else {
                    break;
                };
                let rest = rest.clone();
                under_way.spawn(async move {
                    let result = rest.delete(&message, with_media).await;
                    (message, result)
                });
            }
            let next = self.next_due(under_way.len() < AT_ONCE);
            tokio::select! {
                Some(ended) = under_way.join_next() => self.note(ended, outbox).await,
                () = self.changed.notified() => {}
                () = tokio::time::sleep_until(next) => {}
                () = shutdown.cancelled() => break,
            }
        }
        let rest = async {
            while let Some(ended) = under_way.join_next().await {
                self.note(ended, outbox).await;
            }
        };
        let _ = tokio::time::timeout(LAST_WAIT, rest).await;
    }

    async fn note(&self, ended: Result<Ended, JoinError>, outbox: &Outbox) {
        if let Ok((message, result)) = ended {
            let confirmed = self.end(&message, result);
            outbox.removed(confirmed.into_iter().collect()).await;
        }
    }

    /// The message that is due first, now under way.
    fn start_next(&self) -> Option<(Sid, bool)> {
        let now = Instant::now();
        let mut waiting = self.waiting();
        let due = waiting
            .iter_mut()
            .filter(|(_, removal)| !removal.under_way && removal.due <= now);
        let (message, removal) = due.min_by_key(|(_, removal)| removal.due)?;
        removal.under_way = true;
        Some((message.clone(), removal.with_media))
    }

    /// When to look again; far away if nothing waits or nothing more can be started.
    fn next_due(&self, has_room: bool) -> Instant {
        let far = Instant::now() + LONGEST_WAIT;
        let waiting = self.waiting();
        let due = waiting
            .values()
            .filter(|removal| has_room && !removal.under_way);
        due.map(|removal| removal.due).min().unwrap_or(far)
    }

    fn end(&self, message: &Sid, result: Result<(), RestError>) -> Option<Origin> {
        let mut waiting = self.waiting();
        match result {
            Ok(()) => waiting.remove(message)?.origin,
            Err(error) => {
                let count = waiting.len();
                let removal = waiting.get_mut(message)?;
                removal.under_way = false;
                removal.refusals += 1;
                let doubled = FIRST_WAIT.saturating_mul(1 << (removal.refusals - 1).min(16));
                removal.due =
                    Instant::now() + error.retry_after().unwrap_or(doubled).min(LONGEST_WAIT);
                if removal.refusals.is_power_of_two() {
                    tracing::warn!(
                        error = %spotlight_common::log::chain(&error),
                        refusals = removal.refusals,
                        waiting = count,
                        "a message is not deleted at Twilio yet; trying again"
                    );
                }
                None
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<Sid, Removal>> {
        self.waiting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
