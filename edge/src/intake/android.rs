//! An Android phone as gateway: the app `android-sms-gateway` of capcom6, in local, private or cloud mode.
//!
//! # Webhooks
//! `POST` on `path` (default `/android`), signed: `X-Signature` is hex of HMAC-SHA256 over the body and `X-Timestamp`, keyed
//! with the app's signing key (Settings, Webhooks, Signing Key); the time is within five minutes. The app signs each try
//! anew, waits 30 s for a 2xx and repeats 14 times within two days.
//!
//! | event | what is done |
//! |---|---|
//! | `sms:received` | the message, `message` |
//! | `sms:data-received` | the message, its `data` read as UTF-8 |
//! | `mms:received` | acknowledged: it only announces |
//! | `mms:downloaded` | the message, `subject`, `body` and the pictures among `attachments` |
//! | others | acknowledged and ignored |
//!
//! Neither an event's id nor `messageId` names a message for good: one message comes under several event ids (as of two
//! registrations). It is known by sender, contents and `receivedAt` instead, as a keyed hash. The app's export of its inbox
//! writes another `receivedAt` than the event did, so what it sends counts as new messages: do not use it.
//!
//! # Answers
//! `POST {url}/message` of the phone's own server, with basic authentication; pictures that the event leaves out are fetched
//! from `{url}/inbox/{messageId}/attachments/{partId}`. Without `url` nobody is answered.
//!
//! # What the phone keeps
//! The app offers no deletion, so the phone keeps every text and photo, in Android's messages and in the app's own list:
//! whoever holds it can read them. Use a phone for nothing else, with screen lock and encryption, without cloud backup; set
//! the messaging app to delete old messages and the app's retention (Settings, Messages, Logs) to the shortest;
//! delete the conversations weekly, and clear the app's storage (Android's settings, Apps, SMSGate, Storage) with them.
//! In cloud mode the app's maker sees the traffic: use local mode.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use zeroize::Zeroizing;

use super::accept::{Acceptor, Photos};
use super::http::{Answer, Hook, Request, Route, limits};
use super::provider::{
    FETCH_TIME, MAX_PHOTO, MAX_PHOTO_BYTES, Parts, ProviderError, Wiped, is_image, photo, secret,
};
use super::send::{self, Api, Sender, Sms};
use super::signature::{HmacKey, is_fresh};
use super::{Inbox, Intake, Origin, Plain};
use crate::client::{Call, Client, Credentials};
use crate::message::MAX_PHOTOS;

pub use check::{trial, unregistered};

/// The header of the signature.
pub const SIGNATURE: &str = "x-signature";

/// The header of the time that is signed.
pub const TIMESTAMP: &str = "x-timestamp";

/// The phone drops an answer that it could not send within this time, in seconds: it names times.
const ANSWER_LIFE_SECONDS: u64 = send::WORTH.as_secs();

/// The section `[android]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Where webhooks come in.
    #[serde(default = "path")]
    pub path: String,
    /// A file whose first line is the app's signing key.
    pub signing_key_file: PathBuf,
    /// The phone's own server, `http://ADDRESS:8080`; absent, nobody is answered.
    #[serde(default)]
    pub url: Option<String>,
    /// The name to log in with, as the app shows it.
    #[serde(default = "user")]
    pub user: String,
    /// A file whose first line is the password, as the app shows it.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
}

fn path() -> String {
    "/android".into()
}

fn user() -> String {
    "sms".into()
}

/// The intake.
pub struct Android {
    key: HmacKey,
    acceptor: Arc<Acceptor>,
    phone: Option<Gateway>,
    /// Whom to answer, by item, and by which SIM.
    senders: Mutex<HashMap<u64, Recipient>>,
}

/// A number, and the SIM that its text came in by.
type Recipient = (Zeroizing<String>, Option<u8>);

/// The phone's own server.
struct Gateway {
    server: Server,
    sender: Sender,
}

#[derive(Clone)]
struct Server {
    client: Client,
    url: String,
    credentials: Credentials,
}

#[derive(Deserialize)]
struct Event<T> {
    event: String,
    payload: T,
}

/// The payloads of the four events: `phoneNumber` is the older name of `sender`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    #[serde(default)]
    message_id: Option<String>,
    #[serde(default)]
    sender: Option<Wiped>,
    #[serde(default)]
    phone_number: Option<Wiped>,
    #[serde(default)]
    sim_number: Option<u8>,
    received_at: String,
    #[serde(default)]
    message: Option<Wiped>,
    #[serde(default)]
    data: Option<Wiped>,
    #[serde(default)]
    subject: Option<Wiped>,
    #[serde(default)]
    body: Option<Wiped>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attachment {
    #[serde(default)]
    part_id: i64,
    #[serde(default)]
    content_type: String,
    #[serde(default)]
    size: u64,
    #[serde(default)]
    data: Option<Wiped>,
}

impl Received {
    /// The pictures among its attachments.
    fn images(&self) -> impl Iterator<Item = &Attachment> {
        self.attachments
            .iter()
            .filter(|attachment| is_image(&attachment.content_type))
    }
}

/// The hook is a handle to its intake, which each message carries along.
struct Handle(Arc<Android>);

impl Hook for Handle {
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.0.receive(request))
    }

    fn max_body(&self) -> usize {
        limits::BODY_WITH_MEDIA
    }
}

impl fmt::Debug for Android {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Android(..)")
    }
}

/// Starts it: what it answers, and where.
pub fn start(section: &Section, parts: &mut Parts<'_>) -> Result<Route, ProviderError> {
    let key = HmacKey::new(secret(&section.signing_key_file)?.as_bytes());
    let phone = server(section)?.map(|server| gateway(server, parts));
    let android = Android {
        key,
        acceptor: parts.acceptor(Inbox::Android)?,
        phone,
        senders: Mutex::default(),
    };
    Ok((section.path.clone(), Arc::new(Handle(Arc::new(android)))))
}

/// The phone's own server, where the settings name it.
fn server(section: &Section) -> Result<Option<Server>, ProviderError> {
    let address = |source| ProviderError::Address {
        section: "android",
        source,
    };
    let Some(url) = &section.url else {
        return Ok(None);
    };
    let password = section
        .password_file
        .as_ref()
        .ok_or(ProviderError::Setting {
            section: "android",
            key: "password_file",
            fault: "is missing; `url` needs it, with the password that the app shows",
        })?;
    let url = url.trim_end_matches('/');
    Ok(Some(Server {
        client: Client::new(url).map_err(address)?,
        url: url.to_owned(),
        credentials: Credentials::basic(&section.user, &secret(password)?).map_err(address)?,
    }))
}

fn gateway(server: Server, parts: &mut Parts<'_>) -> Gateway {
    let (sender, sending) = send::sender(Api {
        name: "android",
        client: server.client.clone(),
        url: format!("{}/message", server.url),
        credentials: server.credentials.clone(),
        body: |sms| {
            send::json(&json!({
                "message": sms.text.as_str(),
                "phoneNumbers": [sms.to.as_str()],
                "simNumber": sms.sim,
                "withDeliveryReport": false,
                "ttl": ANSWER_LIFE_SECONDS,
            }))
        },
    });
    let shutdown = parts.shutdown.clone();
    parts.tasks.spawn(async move {
        sending.run(shutdown).await;
        Ok(())
    });
    Gateway { server, sender }
}

impl Android {
    async fn receive(self: &Arc<Self>, request: Request) -> Answer {
        if !is_signed(&self.key, &request, Timestamp::now()) {
            return Answer::plain(403, "the signature or its time is wrong\n");
        }
        let bad = || Answer::plain(400, "not an event of android-sms-gateway\n");
        let kind = match serde_json::from_slice::<Event<IgnoredAny>>(&request.body) {
            Ok(event) => match event.event.as_str() {
                "sms:received" => Kind::Text,
                "sms:data-received" => Kind::Data,
                "mms:downloaded" => Kind::Mms,
                _ => return Answer::plain(200, "ignored\n"),
            },
            Err(_) => return bad(),
        };
        let Ok(event) = serde_json::from_slice::<Event<Received>>(&request.body) else {
            return bad();
        };
        drop(request);
        let mut received = event.payload;
        let sender = received.sender.take().or(received.phone_number.take());
        let Some(Wiped(sender)) = sender.filter(|sender| !sender.0.trim().is_empty()) else {
            return Answer::plain(400, "the event names no sender\n");
        };
        let Some(text) = text(kind, &received) else {
            return bad();
        };
        let id = identity(kind, &sender, &text, &received);
        let photos = match received.images().next() {
            // Those that came lie in RAM already, coded.
            Some(_) if received.images().any(|image| image.data.is_some()) => Photos::Here,
            Some(_) => Photos::Fetched,
            None => Photos::None,
        };
        let taken = self.acceptor.take(self.clone(), &id, photos, |item| {
            let sim = received.sim_number.filter(|sim| *sim > 0);
            self.senders().insert(item, (sender.clone(), sim));
            let server = self.phone.as_ref().map(|phone| phone.server.clone());
            plain(server, sender, text, received)
        });
        taken.await.answer()
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<u64, Recipient>> {
        self.senders
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What an event tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Data,
    Mms,
}

/// Whether a request is the phone's own and new.
fn is_signed(key: &HmacKey, request: &Request, now: Timestamp) -> bool {
    let (Some(time), Some(signature)) = (request.header(TIMESTAMP), request.header(SIGNATURE))
    else {
        return false;
    };
    key.signed(&[&request.body, time.as_bytes()], signature) && is_fresh(time, now)
}

/// Its words: `None` if the event lacks what its kind must have. Data that is no text has none.
fn text(kind: Kind, received: &Received) -> Option<Zeroizing<String>> {
    Some(match kind {
        Kind::Text => received.message.as_ref()?.0.clone(),
        Kind::Data => {
            let bytes = BASE64_STANDARD.decode(received.data.as_ref()?.0.trim());
            let bytes = Zeroizing::new(bytes.ok()?);
            Zeroizing::new(std::str::from_utf8(&bytes).unwrap_or("").to_owned())
        }
        Kind::Mms => {
            let words = [&received.subject, &received.body];
            let words = words.iter().filter_map(|words| words.as_ref());
            let words: Vec<&str> = words.map(|words| words.0.trim()).collect();
            Zeroizing::new(words.join("\n").trim().to_owned())
        }
    })
}

/// What makes a message that message, whatever event tells of it. Each part's length goes before it.
fn identity(kind: Kind, sender: &str, text: &str, received: &Received) -> Zeroizing<Vec<u8>> {
    let at = match received.received_at.parse::<Timestamp>() {
        Ok(at) => at.as_millisecond().to_string(),
        Err(_) => received.received_at.clone(),
    };
    let kind = match kind {
        Kind::Text => "text",
        Kind::Data => "data",
        Kind::Mms => "mms",
    };
    let data = received.data.as_ref().map_or("", |data| data.0.as_str());
    let mut id = Zeroizing::new(Vec::new());
    for part in [kind, sender, &at, text, data] {
        id.extend((part.len() as u64).to_le_bytes());
        id.extend(part.as_bytes());
    }
    for attachment in &received.attachments {
        id.extend(attachment.size.to_le_bytes());
    }
    id
}

/// The message with its pictures.
async fn plain(
    server: Option<Server>,
    sender: Zeroizing<String>,
    text: Zeroizing<String>,
    received: Received,
) -> Plain {
    let mut photos = Vec::new();
    let mut photos_missed = 0;
    let mut left = MAX_PHOTO_BYTES;
    for (n, image) in received.images().enumerate() {
        let photo = match (&image.data, &server, &received.message_id) {
            _ if n >= MAX_PHOTOS => None,
            (Some(data), _, _) => photo(&data.0),
            (None, Some(server), Some(message)) => {
                fetch(server, message, image.part_id, left.min(MAX_PHOTO)).await
            }
            _ => None,
        };
        match photo {
            Some(photo) => {
                left -= photo.len().min(left);
                photos.push(photo);
            }
            None => photos_missed += 1,
        }
    }
    Plain {
        sender,
        text,
        photos,
        photos_missed,
        sent_at: received.received_at.parse().ok(),
    }
}

/// A picture that the event left out, from the phone.
async fn fetch(
    server: &Server,
    message: &str,
    part: i64,
    max_body: usize,
) -> Option<Zeroizing<Vec<u8>>> {
    // It becomes part of a path.
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if message.is_empty() || !message.chars().all(plain) {
        return None;
    }
    let url = format!("{}/inbox/{message}/attachments/{part}", server.url);
    let call = Call {
        max_body,
        total: FETCH_TIME,
        ..Call::new(Method::GET, &url, Some(&server.credentials))
    };
    let reply = server.client.call(call).await.ok()?;
    (reply.status == 200).then_some(reply.body)
}

impl Intake for Android {
    fn answer(&self, item: u64, text: &str) {
        let Some(phone) = &self.phone else {
            return;
        };
        let sms = self.senders().get(&item).map(|(sender, sim)| Sms {
            to: sender.clone(),
            from: None,
            sim: *sim,
            text: Zeroizing::new(text.to_owned()),
        });
        if let Some(sms) = sms {
            phone.sender.send(sms);
        }
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        self.senders().remove(&item);
        self.acceptor.end(item)
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        tracing::warn!(reason, "a message from the Android phone cannot be read");
        self.remove(item)
    }
}

mod check;
#[cfg(test)]
mod tests;
