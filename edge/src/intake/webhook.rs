//! The generic webhook: JSON for any provider or program that can sign and repeat.
//!
//! # Request
//! `POST` on `path` (default `/webhook`), `Content-Type: application/json`, with two headers:
//! - `X-Spotlight-Timestamp`: Unix time of the attempt in seconds, within five minutes of this node's clock;
//! - `X-Spotlight-Signature`: lower-case hex of HMAC-SHA256 over timestamp, one dot, and the body's bytes, keyed with the
//!   first line of `secret_file`.
//!
//! ```json
//! {"id": "a1", "from": "+12135550100", "text": "police 5th and San Pedro", "sent_at": "2026-11-24T20:15:00Z",
//!  "media": [{"content_type": "image/jpeg", "base64": "/9j/4AAQ..."}]}
//! ```
//! `id` is the sender program's own and never used for another message (at most [`MAX_ID`] bytes); `from` is E.164;
//! `text`, `sent_at` (RFC 3339) and `media` may be missing. Other keys are ignored. The body is at most 6 MiB.
//!
//! # Answer
//! - 200 `{"answer": "..."}` or `{"answer": null}`: the message is done; send the answer, if there is one, back to `from`.
//!   A message that was done before gives null: each answer leaves once.
//! - 503, 429, or no answer at all: send it again, with the same `id`, a new timestamp and signature. A repeat joins the
//!   work on the first. Wait 15 s for an answer, and repeat for up to 48 h.
//! - 400, 403, 413: repeating does not help; the body says why.
//!
//! The program that calls is the inbox: it keeps a message until it has its 200, and then no longer.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::accept::{Acceptor, Photos, Taken};
use super::http::{Answer, Hook, Request, Route, Trial, limits};
use super::provider::{CheckError, Parts, ProviderError, Wiped, is_image, photo, secret};
use super::signature::{HmacKey, is_fresh};
use super::{Inbox, Intake, Origin, Plain};

/// The header of the signature.
pub const SIGNATURE: &str = "x-spotlight-signature";

/// The header of the time that is signed.
pub const TIMESTAMP: &str = "x-spotlight-timestamp";

/// The longest id, in bytes.
pub const MAX_ID: usize = 256;

/// An answer that nobody has come for is kept so long for a repeat of its webhook.
const ANSWER_LIFE: Duration = Duration::from_secs(10 * 60);

/// Answers that wait at once.
const MAX_ANSWERS: usize = 1024;

/// The section `[webhook]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Where it answers.
    #[serde(default = "path")]
    pub path: String,
    /// A file whose first line is the secret that both sides know.
    pub secret_file: PathBuf,
}

fn path() -> String {
    "/webhook".into()
}

/// The generic webhook.
pub struct Webhook {
    key: HmacKey,
    acceptor: Arc<Acceptor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    origins: HashMap<u64, Origin>,
    answers: HashMap<Origin, (Instant, Zeroizing<String>)>,
}

#[derive(Deserialize)]
struct Body {
    id: String,
    from: Wiped,
    #[serde(default)]
    text: Option<Wiped>,
    #[serde(default)]
    sent_at: Option<String>,
    #[serde(default)]
    media: Vec<Media>,
}

#[derive(Deserialize)]
struct Media {
    content_type: String,
    base64: Wiped,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook(..)")
    }
}

/// Starts it: what it answers, and where.
pub fn start(section: &Section, parts: &Parts<'_>) -> Result<Route, ProviderError> {
    let secret = secret(&section.secret_file)?;
    let webhook = Webhook::new(&secret, parts.acceptor(Inbox::Webhook)?);
    Ok((section.path.clone(), Arc::new(Handle(webhook))))
}

/// An object without its members: signed right, it is refused as no message.
pub fn trial(section: &Section, now: Timestamp) -> Result<Trial, CheckError> {
    let secret = secret(&section.secret_file).map_err(CheckError::setting)?;
    let (time, body) = (now.as_second().to_string(), "{}");
    let signed: [&[u8]; 3] = [time.as_bytes(), b".", body.as_bytes()];
    let signature = HmacKey::new(secret.as_bytes()).sign(&signed);
    let names = [TIMESTAMP, SIGNATURE];
    Ok(Trial::json(
        &section.path,
        body,
        names,
        &time,
        &signature,
        400,
    ))
}

impl Webhook {
    fn new(secret: &str, acceptor: Arc<Acceptor>) -> Arc<Self> {
        Arc::new(Self {
            key: HmacKey::new(secret.as_bytes()),
            acceptor,
            state: Mutex::default(),
        })
    }

    async fn receive(self: &Arc<Self>, request: Request) -> Answer {
        if !self.is_signed(&request, Timestamp::now()) {
            return Answer::plain(403, "the signature or its time is wrong\n");
        }
        let Ok(body) = serde_json::from_slice::<Body>(&request.body) else {
            return Answer::plain(400, "not the JSON of a message\n");
        };
        drop(request);
        if body.id.is_empty() || body.id.len() > MAX_ID {
            return Answer::plain(400, "`id` must have 1 to 256 bytes\n");
        }
        if body.from.0.trim().is_empty() {
            return Answer::plain(400, "`from` is empty\n");
        }
        let sent_at = match body.sent_at.as_deref().map(str::parse::<Timestamp>) {
            None => None,
            Some(Ok(sent_at)) => Some(sent_at),
            Some(Err(_)) => return Answer::plain(400, "`sent_at` is not a time of RFC 3339\n"),
        };
        let id = body.id.clone();
        let origin = self.acceptor.origin(id.as_bytes());
        let photos = match body.media.is_empty() {
            true => Photos::None,
            false => Photos::Here,
        };
        let taken = self
            .acceptor
            .take(self.clone(), id.as_bytes(), photos, |item| {
                self.state().origins.insert(item, origin);
                std::future::ready(plain(body, sent_at))
            })
            .await;
        match taken {
            Taken::Done(origin) => self.done(origin),
            Taken::NotYet => taken.answer(),
        }
    }

    fn is_signed(&self, request: &Request, now: Timestamp) -> bool {
        let (Some(time), Some(signature)) = (request.header(TIMESTAMP), request.header(SIGNATURE))
        else {
            return false;
        };
        let parts: [&[u8]; 3] = [time.as_bytes(), b".", &request.body];
        self.key.signed(&parts, signature) && is_fresh(time, now)
    }

    /// The 200 of a message; its answer leaves with the first that asks.
    fn done(&self, origin: Origin) -> Answer {
        let answer = self.state().answers.remove(&origin);
        let fresh = answer.filter(|(at, _)| at.elapsed() < ANSWER_LIFE);
        let answer = fresh.map(|(_, answer)| answer);
        let body = serde_json::json!({ "answer": answer.as_deref() });
        Answer {
            status: 200,
            content_type: "application/json",
            body: Zeroizing::new(body.to_string()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn plain(body: Body, sent_at: Option<Timestamp>) -> Plain {
    let images = body
        .media
        .iter()
        .filter(|media| is_image(&media.content_type));
    let decoded: Vec<_> = images.map(|media| photo(&media.base64.0)).collect();
    Plain {
        sender: body.from.0,
        text: body.text.map(|text| text.0).unwrap_or_default(),
        photos_missed: decoded.iter().filter(|photo| photo.is_none()).count(),
        photos: decoded.into_iter().flatten().collect(),
        sent_at,
    }
}

/// The hook is a handle to its intake, which each message carries along.
struct Handle(Arc<Webhook>);

impl Hook for Handle {
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.0.receive(request))
    }

    fn max_body(&self) -> usize {
        limits::BODY_WITH_MEDIA
    }
}

impl Intake for Webhook {
    fn answer(&self, item: u64, text: &str) {
        let mut state = self.state();
        let Some(origin) = state.origins.get(&item).copied() else {
            return;
        };
        state
            .answers
            .retain(|_, (at, _)| at.elapsed() < ANSWER_LIFE);
        if state.answers.len() < MAX_ANSWERS {
            let answer = (Instant::now(), Zeroizing::new(text.to_owned()));
            state.answers.insert(origin, answer);
        }
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        self.state().origins.remove(&item);
        self.acceptor.end(item)
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        tracing::warn!(reason, "a message of the generic webhook cannot be read");
        self.remove(item)
    }
}

#[cfg(test)]
mod tests;
