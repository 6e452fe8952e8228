//! Telnyx: webhooks of its API v2, and answers by its REST API.
//!
//! - `POST` on `path` (default `/telnyx`), signed with Ed25519: `telnyx-signature-ed25519` (base64) over
//!   `telnyx-timestamp`, `|` and the body, checked with the account's public key, the time within five minutes.
//! - `message.received` is a message, known by `data.payload.id`; any other event is acknowledged and ignored.
//! - Telnyx waits 2 s for its 2xx and tries three times an address, then the failover address: set that to the same. A
//!   repeat joins the work on the first, which goes on even if Telnyx has hung up.
//! - Its media lie at public addresses that expire: pictures are fetched at once, without the API key, and tried
//!   three times. One that cannot be had is counted as missed; the message goes on without it.
//! - Answers: `POST {api}/v2/messages` with the API key, from the number that was texted, or from `number`.
//! - Telnyx keeps its own records of messages, which no API deletes: the operator shortens their retention in the portal.

use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use hyper::Method;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use zeroize::Zeroizing;

use super::accept::{Acceptor, Photos};
use super::http::{Answer, Hook, Request, Route, Trial, headers};
use super::provider::{
    CheckError, FETCH_TIME, MAX_PHOTO, MAX_PHOTO_BYTES, Parts, ProviderError, Wiped, ask, is_image,
    secret,
};
use super::send::{self, Api, Sender, Sms};
use super::signature::is_fresh;
use super::{Inbox, Intake, Origin, Plain};
use crate::client::{Call, Client, ClientError, Credentials};
use crate::message::MAX_PHOTOS;

/// The header of the signature.
pub const SIGNATURE: &str = "telnyx-signature-ed25519";

/// The header of the time that is signed.
pub const TIMESTAMP: &str = "telnyx-timestamp";

/// A picture is asked for so often.
const FETCHES: u32 = 3;

/// The wait before a picture is asked for again, times the number of tries.
const FETCH_AGAIN: Duration = Duration::from_secs(2);

/// The section `[telnyx]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Where webhooks come in.
    #[serde(default = "path")]
    pub path: String,
    /// The account's public key, base64, as the portal shows it.
    pub public_key: String,
    /// A file whose first line is the API key.
    pub api_key_file: PathBuf,
    /// The number that answers come from; if absent, the one that was texted.
    #[serde(default)]
    pub number: Option<String>,
    /// The API's address.
    #[serde(default = "api")]
    pub api: String,
}

fn path() -> String {
    "/telnyx".into()
}

fn api() -> String {
    "https://api.telnyx.com".into()
}

/// The intake.
pub struct Telnyx {
    public_key: VerifyingKey,
    number: Option<Zeroizing<String>>,
    client: Client,
    acceptor: Arc<Acceptor>,
    sender: Sender,
    /// Whom to answer, by item.
    senders: Mutex<HashMap<u64, Ends>>,
}

/// The two numbers of a message.
struct Ends {
    sender: Zeroizing<String>,
    texted: Option<Zeroizing<String>>,
}

#[derive(Deserialize)]
struct Event<T> {
    data: Data<T>,
}

#[derive(Deserialize)]
struct Data<T> {
    event_type: String,
    payload: T,
}

#[derive(Deserialize)]
struct Received {
    id: String,
    from: Number,
    #[serde(default)]
    to: Vec<Number>,
    #[serde(default)]
    subject: Option<Wiped>,
    #[serde(default)]
    text: Option<Wiped>,
    #[serde(default)]
    media: Vec<Media>,
    #[serde(default)]
    received_at: Option<String>,
}

#[derive(Deserialize)]
struct Number {
    phone_number: Wiped,
}

#[derive(Deserialize)]
struct Media {
    url: Wiped,
    #[serde(default)]
    content_type: Option<String>,
}

impl Received {
    /// What may be pictures among its media.
    fn images(&self) -> impl Iterator<Item = &Media> {
        self.media.iter().filter(|media| {
            let declared = media.content_type.as_deref();
            declared.is_none_or(is_image)
        })
    }
}

/// The hook is a handle to its intake, which each message carries along.
struct Handle(Arc<Telnyx>);

impl Hook for Handle {
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.0.receive(request))
    }
}

impl fmt::Debug for Telnyx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Telnyx(..)")
    }
}

/// Starts it: what it answers, and where.
pub fn start(section: &Section, parts: &mut Parts<'_>) -> Result<Route, ProviderError> {
    let public_key = public_key(&section.public_key).ok_or(ProviderError::Setting {
        section: "telnyx",
        key: "public_key",
        fault: "is not the base64 of an Ed25519 key; copy it from the portal, Keys & Credentials",
    })?;
    let (client, credentials) = api_of(section)?;
    let (sender, sending) = send::sender(Api {
        name: "telnyx",
        client: client.clone(),
        url: format!("{}/v2/messages", section.api.trim_end_matches('/')),
        credentials,
        body: |sms| {
            send::json(&json!({
                "from": sms.from.as_ref().map(|from| from.as_str()),
                "to": sms.to.as_str(),
                "text": sms.text.as_str(),
            }))
        },
    });
    let shutdown = parts.shutdown.clone();
    parts.tasks.spawn(async move {
        sending.run(shutdown).await;
        Ok(())
    });
    let telnyx = Telnyx {
        public_key,
        number: section.number.clone().map(Zeroizing::new),
        client,
        acceptor: parts.acceptor(Inbox::Telnyx)?,
        sender,
        senders: Mutex::default(),
    };
    Ok((section.path.clone(), Arc::new(Handle(Arc::new(telnyx)))))
}

/// The API, and who calls it.
fn api_of(section: &Section) -> Result<(Client, Credentials), ProviderError> {
    let address = |source| ProviderError::Address {
        section: "telnyx",
        source,
    };
    let client = Client::with_credentials(&section.api).map_err(address)?;
    let credentials = Credentials::bearer(&secret(&section.api_key_file)?).map_err(address)?;
    Ok((client, credentials))
}

/// Whether the API takes the key: its messaging profiles are asked for, which hold nobody's message.
pub async fn check(section: &Section) -> Result<(), CheckError> {
    let (client, credentials) = api_of(section).map_err(CheckError::setting)?;
    let url = format!(
        "{}/v2/messaging_profiles?page%5Bsize%5D=1",
        section.api.trim_end_matches('/')
    );
    ask(&client, &url, &credentials).await.map(|_| ())
}

/// Only Telnyx can sign, so that nothing but a wrong signature can be tried.
pub fn trial(section: &Section, now: Timestamp) -> Trial {
    let time = now.as_second().to_string();
    let signature = BASE64_STANDARD.encode([0; 64]);
    Trial {
        path: section.path.clone(),
        content_type: "application/json",
        body: "{}",
        signed: None,
        forged: headers(&[(TIMESTAMP, &time), (SIGNATURE, &signature)]),
        accepted: 200,
    }
}

fn public_key(base64: &str) -> Option<VerifyingKey> {
    let bytes = BASE64_STANDARD.decode(base64.trim()).ok()?;
    VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()
}

/// Whether a request is Telnyx's own and new.
fn is_signed(key: &VerifyingKey, request: &Request, now: Timestamp) -> bool {
    let (Some(time), Some(signature)) = (request.header(TIMESTAMP), request.header(SIGNATURE))
    else {
        return false;
    };
    let signature = BASE64_STANDARD
        .decode(signature)
        .ok()
        .and_then(|bytes| Signature::from_slice(&bytes).ok());
    let Some(signature) = signature else {
        return false;
    };
    let mut signed = Zeroizing::new(Vec::with_capacity(time.len() + 1 + request.body.len()));
    signed.extend_from_slice(time.as_bytes());
    signed.push(b'|');
    signed.extend_from_slice(&request.body);
    key.verify_strict(&signed, &signature).is_ok() && is_fresh(time, now)
}

impl Telnyx {
    async fn receive(self: &Arc<Self>, request: Request) -> Answer {
        if !is_signed(&self.public_key, &request, Timestamp::now()) {
            return Answer::plain(403, "the signature or its time is wrong\n");
        }
        let bad = || Answer::plain(400, "not an event of API v2\n");
        match serde_json::from_slice::<Event<IgnoredAny>>(&request.body) {
            Ok(event) if event.data.event_type == "message.received" => {}
            Ok(_) => return Answer::plain(200, "ignored\n"),
            Err(_) => return bad(),
        }
        let Ok(event) = serde_json::from_slice::<Event<Received>>(&request.body) else {
            return bad();
        };
        drop(request);
        let received = event.data.payload;
        if received.id.is_empty() || received.from.phone_number.0.trim().is_empty() {
            return bad();
        }
        let id = received.id.clone();
        let photos = match received.images().next() {
            Some(_) => Photos::Fetched,
            None => Photos::None,
        };
        let taken = self
            .acceptor
            .take(self.clone(), id.as_bytes(), photos, |item| {
                let texted = received.to.first().map(|to| to.phone_number.0.clone());
                let ends = Ends {
                    sender: received.from.phone_number.0.clone(),
                    texted: self.number.clone().or(texted),
                };
                self.senders().insert(item, ends);
                plain(self.client.clone(), received)
            });
        taken.await.answer()
    }

    fn senders(&self) -> MutexGuard<'_, HashMap<u64, Ends>> {
        self.senders
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// The message with its pictures.
async fn plain(client: Client, received: Received) -> Plain {
    let mut photos = Vec::new();
    let mut photos_missed = 0;
    let mut left = MAX_PHOTO_BYTES;
    for (n, media) in received.images().enumerate() {
        let photo = match n < MAX_PHOTOS {
            true => fetch(&client, &media.url.0, left.min(MAX_PHOTO)).await,
            false => None,
        };
        match photo {
            Some(photo) => {
                left -= photo.len().min(left);
                photos.push(photo);
            }
            None => photos_missed += 1,
        }
    }
    let words = [received.subject, received.text];
    let words: Vec<Wiped> = words.into_iter().flatten().collect();
    let words: Vec<&str> = words.iter().map(|text| text.0.trim()).collect();
    Plain {
        sender: received.from.phone_number.0,
        text: Zeroizing::new(words.join("\n").trim().to_owned()),
        photos,
        photos_missed,
        sent_at: received.received_at.and_then(|at| at.parse().ok()),
    }
}

/// A picture, without the API key: it lies at another host.
async fn fetch(client: &Client, url: &str, max_body: usize) -> Option<Zeroizing<Vec<u8>>> {
    for attempt in 1..=FETCHES {
        let call = Call {
            max_body,
            total: FETCH_TIME,
            ..Call::new(Method::GET, url, None)
        };
        match client.call(call).await {
            Ok(reply) if reply.status == 200 => {
                let kind = reply.content_type.as_deref().unwrap_or("");
                let may_be = is_image(kind) || kind.is_empty() || kind.ends_with("/octet-stream");
                return may_be.then_some(reply.body);
            }
            // Gone, or never there: asking again does not help.
            Ok(reply) if reply.status < 500 => return None,
            Err(ClientError::Address(_) | ClientError::Redirect(_) | ClientError::TooLarge(_)) => {
                return None;
            }
            _ if attempt < FETCHES => tokio::time::sleep(attempt * FETCH_AGAIN).await,
            _ => {}
        }
    }
    None
}

impl Intake for Telnyx {
    fn answer(&self, item: u64, text: &str) {
        let ends = self.senders().get(&item).map(|ends| Sms {
            to: ends.sender.clone(),
            from: ends.texted.clone(),
            sim: None,
            text: Zeroizing::new(text.to_owned()),
        });
        if let Some(sms) = ends {
            self.sender.send(sms);
        }
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        self.senders().remove(&item);
        self.acceptor.end(item)
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        tracing::warn!(reason, "a message from Telnyx cannot be read");
        self.remove(item)
    }
}

#[cfg(test)]
mod tests;
