//! Answers that go out by a provider's API, each at most once.
//!
//! A call is repeated only where the provider surely did not take it (no connection, or told to wait), and for
//! [`WORTH`] at most: an answer names times. Never after a timeout: the provider may have sent it. What could not be sent
//! is counted and logged as a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hyper::Method;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use crate::client::{Call, Client, Credentials};

/// Answers that wait at once; more are dropped and counted.
const QUEUE: usize = 256;

/// After this time an answer is not worth its cost.
pub const WORTH: Duration = Duration::from_secs(10 * 60);

/// One call may take so long.
const CALL: Duration = Duration::from_secs(15);

/// The first wait before a repeat, doubled each time.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait before a repeat.
const MAX_WAIT: Duration = Duration::from_secs(60);

/// After the shutdown, what waits may take so long, and is waited for while none comes: the pipeline is ending, too.
const CLOSE: Duration = Duration::from_secs(4);
const QUIET: Duration = Duration::from_millis(300);

/// A request's media type and bytes.
pub type Body = (&'static str, Zeroizing<Vec<u8>>);

/// One answer, to whom it goes.
pub struct Sms {
    /// The sender whom it answers.
    pub to: Zeroizing<String>,
    /// The node's number that was texted, where the provider has several.
    pub from: Option<Zeroizing<String>>,
    /// The SIM that received the text, where the phone has several.
    pub sim: Option<u8>,
    /// The words.
    pub text: Zeroizing<String>,
}

/// Where answers go.
pub struct Api {
    /// For logs.
    pub name: &'static str,
    /// Calls it.
    pub client: Client,
    /// The address that takes a message by POST.
    pub url: String,
    /// Who calls.
    pub credentials: Credentials,
    /// A message as its request's body.
    pub body: fn(&Sms) -> Body,
}

/// Takes answers. Its queue is bounded.
#[derive(Debug)]
pub struct Sender {
    queue: mpsc::Sender<(Instant, Sms)>,
    unsent: Arc<AtomicU64>,
    name: &'static str,
}

/// Sends answers, in a task.
pub struct Sending {
    api: Api,
    queue: mpsc::Receiver<(Instant, Sms)>,
    unsent: Arc<AtomicU64>,
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sms(..)")
    }
}

/// A body of JSON.
pub fn json(value: &serde_json::Value) -> Body {
    (
        "application/json",
        Zeroizing::new(value.to_string().into_bytes()),
    )
}

/// A queue and what empties it.
pub fn sender(api: Api) -> (Sender, Sending) {
    let (queue, receiver) = mpsc::channel(QUEUE);
    let unsent = Arc::new(AtomicU64::new(0));
    let sender = Sender {
        queue,
        unsent: unsent.clone(),
        name: api.name,
    };
    let sending = Sending {
        api,
        queue: receiver,
        unsent,
    };
    (sender, sending)
}

impl Sender {
    /// Queues an answer.
    pub fn send(&self, sms: Sms) {
        if self.queue.try_send((Instant::now(), sms)).is_err() {
            unsent(&self.unsent, self.name, "the queue is full");
        }
    }

    /// How many wait.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        QUEUE - self.queue.capacity()
    }
}

impl Sending {
    /// Sends until the shutdown, then within [`CLOSE`] what is queued and what the pipeline still hands over.
    pub async fn run(mut self, shutdown: CancellationToken) {
        let late = async {
            shutdown.cancelled().await;
            tokio::time::sleep(CLOSE).await;
        };
        let send = async {
            while let Some((queued, sms)) = next(&mut self.queue, &shutdown).await {
                if let Err(reason) = deliver(&self.api, queued, &sms).await {
                    unsent(&self.unsent, self.api.name, reason);
                }
            }
        };
        tokio::select! {
            () = send => {}
            () = late => {}
        }
    }
}

/// The next answer; `None` once nobody queues any more, or none came for [`QUIET`] after the shutdown.
async fn next(
    queue: &mut mpsc::Receiver<(Instant, Sms)>,
    shutdown: &CancellationToken,
) -> Option<(Instant, Sms)> {
    let quiet = async {
        shutdown.cancelled().await;
        tokio::time::sleep(QUIET).await;
    };
    tokio::select! {
        biased;
        next = queue.recv() => next,
        () = quiet => None,
    }
}

/// Delivers one answer, or says why not.
async fn deliver(api: &Api, queued: Instant, sms: &Sms) -> Result<(), &'static str> {
    let mut wait = FIRST_WAIT;
    loop {
        let call = Call {
            body: Some((api.body)(sms)),
            total: CALL,
            ..Call::new(Method::POST, &api.url, Some(&api.credentials))
        };
        let error = match api.client.call(call).await {
            Ok(reply) if (200..300).contains(&reply.status) => return Ok(()),
            Ok(reply) if [401, 403].contains(&reply.status) => {
                return Err("the provider refused the credentials");
            }
            Ok(_) => return Err("the provider refused it"),
            Err(error) => error,
        };
        if !error.was_not_taken() {
            return Err("the provider did not answer");
        }
        let pause = error.retry_after().unwrap_or(wait);
        if queued.elapsed() + pause > WORTH {
            return Err("the provider could not be reached in time");
        }
        tokio::time::sleep(pause).await;
        wait = (2 * wait).min(MAX_WAIT);
    }
}

fn unsent(count: &AtomicU64, provider: &'static str, reason: &'static str) {
    let unsent = count.fetch_add(1, Ordering::Relaxed) + 1;
    tracing::warn!(provider, reason, unsent, "an answer was not sent");
}
