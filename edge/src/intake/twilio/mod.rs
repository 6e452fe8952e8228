//! Twilio: its account is the inbox.
//!
//! - A message comes by webhook (`hook`: signature first, 2xx only after the commit) or by listing (`poll`: at the start and
//!   every few minutes, which works behind NAT with no webhook at all). Whichever is first takes it; `MessageSid` tells them
//!   to be one.
//! - Its photos are fetched with the account's credentials (`media`), few messages at a time: they lie in RAM until done.
//! - Its answer goes in the webhook's own answer (TwiML) where one waits and `answer = "twiml"`, else by REST (`send`), at most once.
//! - After the commit it is deleted at Twilio with its media, again and again until Twilio confirms it (`removals`); only then
//!   the outbox forgets the removal. What a crash leaves is found by the first listing and deleted, not reported again. Answers
//!   that Twilio keeps are deleted too.
//! - A webhook that is repeated after all that is known from the outbox, for some days. Twilio itself repeats one for less than
//!   a minute; who replays an older one by hand, from Twilio's console, makes a second report.
//!
//! Ids, numbers, texts and photos stay in RAM and never print.

mod check;
mod form;
mod hook;
mod media;
mod poll;
mod removals;
mod rest;
mod sid;
mod signature;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::provider::{Parts, ProviderError, secret};
use super::send::{self, Sender, Sending, Sms};
use super::{Inbound, Inbox, Intake, Offers, Origin, Payload, Plain, Ticket};
use crate::client::ClientError;
use crate::outbox::{Outbox, OutboxError};
use media::{Media, Photos};
use removals::Removals;
use rest::Rest;
use sid::Sid;
use signature::Keys;

pub use check::{number_webhook, trial};
pub use hook::TwilioHook;

/// Where its webhooks come in.
pub const PATH: &str = "/twilio";

/// Messages with photos in RAM at once, each of up to 8 MB.
const WITH_PHOTOS: usize = 3;

/// Webhooks whose messages are on their way to the pipeline.
const RECEIVING: usize = 256;

/// The deletion waits until the webhook's answer is out.
const AFTER_ANSWER: Duration = Duration::from_secs(1);

/// What Twilio answers itself on a number in the US or Canada, by its documentation on opt-out words.
const KEYWORDS: [&str; 13] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "CANCEL",
    "END",
    "QUIT",
    "REVOKE",
    "OPTOUT",
    "START",
    "YES",
    "UNSTOP",
    "HELP",
    "INFO",
];

/// The shortest interval of listings.
const SHORTEST_POLL: SignedDuration = SignedDuration::from_secs(1);

/// The section `[twilio]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The account, `AC` and 32 hex digits.
    pub account_sid: String,
    /// A file whose first line is the account's auth token.
    pub auth_token_file: PathBuf,
    /// The number that people text, in E.164.
    pub number: String,
    /// A file whose first line is the secret of the webhooks' shared key, where one is set up at Twilio.
    #[serde(default)]
    pub shared_key_file: Option<PathBuf>,
    /// How answers go.
    #[serde(default)]
    pub answer: AnswerBy,
    /// Whether Twilio itself answers STOP, START, HELP and their like, as it does unless told otherwise.
    #[serde(default = "answers_keywords")]
    pub answers_keywords: bool,
    /// How often Twilio's messages are listed.
    #[serde(default = "poll", deserialize_with = "duration")]
    pub poll: SignedDuration,
    /// Twilio's API.
    #[serde(default = "api_url")]
    pub api_url: String,
}

/// How answers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerBy {
    /// In the answer to the webhook, where one waits.
    #[default]
    Twiml,
    /// By a request of their own.
    Rest,
}

/// An account that the settings name.
struct Account {
    account: Sid,
    auth_token: Zeroizing<String>,
    rest: Rest,
}

impl Settings {
    /// Checks the settings and reads the token.
    fn account(&self) -> Result<Account, TwilioError> {
        let account: Sid = self.account_sid.parse().map_err(|_| {
            TwilioError::Setting(
                "`account_sid` must be `AC` and 32 hex digits, as the console shows it",
            )
        })?;
        let digits = self.number.strip_prefix('+').unwrap_or_default();
        if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(TwilioError::Setting(
                "`number` must be in E.164, as in \"+12135550100\"",
            ));
        }
        if self.poll < SHORTEST_POLL {
            return Err(TwilioError::Setting("`poll` must be 1s or more"));
        }
        let auth_token = secret(&self.auth_token_file)?;
        let rest = Rest::new(&self.api_url, &account, &auth_token, &self.number)?;
        Ok(Account {
            account,
            auth_token,
            rest,
        })
    }
}

fn answers_keywords() -> bool {
    true
}

fn poll() -> SignedDuration {
    SignedDuration::from_mins(3)
}

/// As people write it: `3m`, `90s`.
fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SignedDuration, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

fn api_url() -> String {
    "https://api.twilio.com".into()
}

/// Why Twilio cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TwilioError {
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] ProviderError),
    /// A setting is not what it must be.
    #[error("[twilio] {0}")]
    Setting(&'static str),
    /// The API's address cannot be used.
    #[error("[twilio] `api_url` cannot be used")]
    Client(#[from] ClientError),
    /// The outbox cannot be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// The intake.
pub struct Twilio {
    account: Sid,
    number: String,
    answer_by: AnswerBy,
    answers_keywords: bool,
    poll: Duration,
    keys: Keys,
    rest: Arc<Rest>,
    offers: Offers,
    outbox: Outbox,
    inbox: mpsc::Sender<Inbound>,
    removals: Removals,
    sender: Sender,
    state: Mutex<State>,
    with_photos: Arc<Semaphore>,
    receiving: Arc<Semaphore>,
    stopping: CancellationToken,
}

#[derive(Default)]
struct State {
    items: HashMap<u64, Item>,
    hooks: HashMap<Sid, Hooks>,
}

/// A message that the pipeline has.
struct Item {
    sid: Sid,
    sender: Zeroizing<String>,
    is_answered: bool,
    has_media: bool,
    /// Held as long as its photos may be in RAM.
    _photos: Option<OwnedSemaphorePermit>,
}

/// The webhooks of a message that wait, and the answer that one of them is to carry.
#[derive(Default)]
struct Hooks {
    present: usize,
    answer: Option<(Zeroizing<String>, Zeroizing<String>)>,
}

/// A message as it came.
struct Received {
    sid: Sid,
    sender: Zeroizing<String>,
    text: Zeroizing<String>,
    media: Media,
    sent_at: Option<Timestamp>,
    is_answered: bool,
}

impl fmt::Debug for Twilio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Twilio(..)")
    }
}

/// Starts it.
pub fn start(settings: &Settings, parts: &mut Parts<'_>) -> Result<Arc<Twilio>, TwilioError> {
    let (twilio, sending) = Twilio::open(
        settings,
        parts.key,
        parts.outbox.clone(),
        parts.inbox.clone(),
        parts.shutdown.clone(),
    )?;
    let running = twilio.clone();
    parts.tasks.spawn(async move {
        running.run(sending).await;
        Ok(())
    });
    Ok(twilio)
}

impl Twilio {
    /// Checks the settings and reads the secrets. `key` is the node's own, so that origins tell nothing to others.
    fn open(
        settings: &Settings,
        key: [u8; 32],
        outbox: Outbox,
        inbox: mpsc::Sender<Inbound>,
        shutdown: CancellationToken,
    ) -> Result<(Arc<Self>, Sending), TwilioError> {
        let Account {
            account,
            auth_token,
            rest,
        } = settings.account()?;
        let (sender, sending) = send::sender(rest.sends());
        let before = outbox.known(Inbox::Twilio)?;
        let twilio = Self {
            account,
            number: settings.number.clone(),
            answer_by: settings.answer,
            answers_keywords: settings.answers_keywords,
            poll: settings.poll.unsigned_abs(),
            keys: Keys {
                auth_token,
                shared: settings
                    .shared_key_file
                    .as_deref()
                    .map(secret)
                    .transpose()?,
            },
            rest: Arc::new(rest),
            offers: Offers::new(Inbox::Twilio, key, before),
            outbox,
            inbox,
            removals: Removals::default(),
            sender,
            state: Mutex::default(),
            with_photos: Arc::new(Semaphore::new(WITH_PHOTOS)),
            receiving: Arc::new(Semaphore::new(RECEIVING)),
            stopping: shutdown,
        };
        Ok((Arc::new(twilio), sending))
    }

    /// What answers the webhook; `public_url` is how Twilio calls this node, without a path.
    pub fn hook(self: &Arc<Self>, public_url: &str) -> TwilioHook {
        TwilioHook::new(self.clone(), public_url)
    }

    /// Lists, deletes and answers until the shutdown.
    async fn run(self: Arc<Self>, sending: Sending) {
        tokio::join!(
            poll::run(&self, &self.outbox, &self.stopping),
            self.removals.run(&self.rest, &self.outbox, &self.stopping),
            sending.run(self.stopping.clone()),
        );
    }

    /// Takes a message that is new to the pipeline.
    async fn receive(self: Arc<Self>, received: Received, item: u64, origin: Origin) {
        let sid = received.sid;
        let has_media = received.media.count() > 0;
        let mut photos = Photos::default();
        let mut permit = None;
        if has_media {
            permit = self.with_photos.clone().acquire_owned().await.ok();
            photos = media::fetch(&self.rest, &sid, &received.media).await;
        }
        let entry = Item {
            sid,
            sender: received.sender.clone(),
            is_answered: received.is_answered,
            has_media,
            _photos: permit,
        };
        self.state().items.insert(item, entry);
        let plain = Plain {
            sender: received.sender,
            text: received.text,
            photos: photos.had,
            photos_missed: photos.missed,
            sent_at: received.sent_at,
        };
        let inbound = Inbound {
            payload: Payload::Plain(plain),
            arrived: Timestamp::now(),
            ticket: Ticket {
                origin,
                item,
                intake: self.clone(),
            },
        };
        if self.inbox.send(inbound).await.is_err() {
            self.state().items.remove(&item);
            self.offers.give_up(item);
        }
    }

    /// A webhook ends: takes the answer that waits for one, with its receiver.
    fn leave(&self, sid: &Sid) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
        let mut state = self.state();
        let hooks = state.hooks.get_mut(sid)?;
        hooks.present = hooks.present.saturating_sub(1);
        let answer = hooks.answer.take();
        if hooks.present == 0 {
            state.hooks.remove(sid);
        }
        answer
    }

    /// Whether Twilio answers a text itself: it has one of its words and nothing else.
    fn answers_itself(&self, text: &str) -> bool {
        let text = text.trim();
        let is_one = |word: &&str| word.eq_ignore_ascii_case(text);
        self.answers_keywords && KEYWORDS.iter().any(is_one)
    }

    /// An answer from the number.
    fn sms(&self, to: Zeroizing<String>, text: Zeroizing<String>) -> Sms {
        Sms {
            to,
            from: Some(Zeroizing::new(self.number.clone())),
            sim: None,
            text,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Intake for Twilio {
    fn answer(&self, item: u64, text: &str) {
        let mut state = self.state();
        let state = &mut *state;
        let Some(item) = state.items.get(&item).filter(|item| !item.is_answered) else {
            return;
        };
        let text = Zeroizing::new(text.to_owned());
        match state.hooks.get_mut(&item.sid) {
            Some(hooks) if self.answer_by == AnswerBy::Twiml => {
                hooks.answer = Some((item.sender.clone(), text));
            }
            _ => self.sender.send(self.sms(item.sender.clone(), text)),
        }
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        let entry = self.state().items.remove(&item);
        let origin = self.offers.end(item);
        if let Some(entry) = entry {
            self.removals
                .add(entry.sid, origin, entry.has_media, AFTER_ANSWER);
        }
        Vec::new()
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        tracing::warn!(reason, "a message at Twilio cannot be read; it is deleted");
        self.remove(item)
    }
}

#[cfg(test)]
mod tests;
