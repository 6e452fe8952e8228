//! Answers by REST, each sent at most once.
//!
//! An answer is tried again only where Twilio surely did not take it (no connection, 429, 503 with a time). After a timeout or a
//! broken connection it may have been sent, so it is not sent again. The queue is in RAM: a crash may lose an answer.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::rest::{Rest, RestError};

/// Answers that wait; more are dropped and counted.
const MAX_WAITING: usize = 1000;

/// An answer tells of now: one that could not be sent for so long is not sent.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// The first wait before trying again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// After the shutdown, answers are still sent for so long, and waited for while none comes.
const LAST: Duration = Duration::from_secs(4);
const QUIET: Duration = Duration::from_millis(300);

/// The answers to send.
#[derive(Debug, Default)]
pub struct Sends {
    waiting: Mutex<VecDeque<Answer>>,
    changed: Notify,
}

struct Answer {
    to: Zeroizing<String>,
    text: Zeroizing<String>,
    since: Instant,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer(..)")
    }
}

impl Sends {
    /// Queues an answer.
    pub fn add(&self, to: Zeroizing<String>, text: Zeroizing<String>) {
        let mut waiting = self.waiting();
        if waiting.len() >= MAX_WAITING {
            tracing::warn!(
                waiting = waiting.len(),
                "too many answers wait; one is dropped"
            );
            return;
        }
        let since = Instant::now();
        waiting.push_back(Answer { to, text, since });
        self.changed.notify_one();
    }

    /// Sends until the shutdown, then what the pipeline still hands over while it ends.
    pub async fn run(&self, rest: &Rest, shutdown: &CancellationToken) {
        tokio::select! {
            () = self.send_all(rest) => {}
            () = shutdown.cancelled() => {
                // An exchange that is cut off here is not repeated: its answer is off the queue.
                let _ = tokio::time::timeout(LAST, self.send_rest(rest)).await;
            }
        }
    }

    async fn send_all(&self, rest: &Rest) {
        loop {
            match self.next() {
                Some(answer) => send(rest, answer).await,
                None => self.changed.notified().await,
            }
        }
    }

    async fn send_rest(&self, rest: &Rest) {
        loop {
            match self.next() {
                Some(answer) => send(rest, answer).await,
                None => {
                    if tokio::time::timeout(QUIET, self.changed.notified())
                        .await
                        .is_err()
                    {
                        return;
                    }
                }
            }
        }
    }

    /// Whether none waits.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn next(&self) -> Option<Answer> {
        self.waiting().pop_front()
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Answer>> {
        self.waiting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

async fn send(rest: &Rest, answer: Answer) {
    let mut wait = FIRST_WAIT;
    while answer.since.elapsed() < LIFE {
        let error = match rest.send(&answer.to, &answer.text).await {
            Ok(()) => return,
            Err(error) => error,
        };
        let again = matches!(&error, RestError::Client(error) if error.was_not_taken());
        if !again {
            tracing::warn!(error = %spotlight_common::log::chain(&error), "an answer may not have been sent");
            return;
        }
        wait = error.retry_after().unwrap_or(wait);
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    tracing::warn!("an answer could not be sent in time");
}
