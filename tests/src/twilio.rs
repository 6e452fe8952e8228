//! Twilio's side of the line, from its public documentation: the REST API of one account with one number, the host where
//! media lie, and the webhooks. It fails as it is told.
//!
//! It keeps what a test asks about at the end: the inbox, all that was ever sent to a phone, and every credential that reached
//! the media's host.

mod server;
pub mod world;

use std::collections::HashMap;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha1::Sha1;
use sha2::Sha256;

use server::{answer_api, answer_media, read_message, serve};

/// The account.
pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";

/// Its number.
pub const NUMBER: &str = "+12135550100";

/// Its auth token.
pub const TOKEN: &str = "a-token-that-nobody-else-has-3f9c";

/// The secret of its webhooks' shared key.
pub const SHARED_KEY: &str = "a-shared-key-that-nobody-else-has-77";

/// Twilio waits so long for a webhook's answer.
const WEBHOOK_TIME: Duration = Duration::from_secs(15);

/// What goes wrong, until it is used up or taken back.
#[derive(Debug, Default, Clone)]
pub struct Faults {
    /// So many REST requests get 429 with `Retry-After: 1`.
    pub busy: usize,
    /// So many REST requests get 500.
    pub failing: usize,
    /// So many deletions get 409.
    pub deletions_refused: usize,
    /// So many messages are sent, and the connection closes without an answer.
    pub sends_unanswered: usize,
    /// Media take so long.
    pub media_time: Duration,
    /// Media are of this type instead.
    pub media_type: Option<&'static str>,
    /// Media are not there any more.
    pub media_expired: bool,
}

#[derive(Clone)]
struct Message {
    sid: String,
    from: String,
    to: String,
    text: String,
    media: Vec<(String, Vec<u8>)>,
    created: Timestamp,
    inbound: bool,
    position: u64,
}

#[derive(Default)]
struct State {
    messages: Vec<Message>,
    /// What came in, also after its deletion, for webhooks that are late.
    came: HashMap<String, Message>,
    sent: Vec<(String, String)>,
    leaked: Vec<String>,
    listings: usize,
    orphans: usize,
    faults: Faults,
    position: u64,
    sms_url: String,
}

struct Shared {
    state: Mutex<State>,
    media_host: SocketAddr,
    stopped: AtomicBool,
}

/// The server.
pub struct Twilio {
    shared: Arc<Shared>,
    api: SocketAddr,
}

/// What a webhook was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// HTTP status.
    pub status: u16,
    /// The message of its TwiML.
    pub text: Option<String>,
}

impl Twilio {
    /// Starts it on two free ports: one is the API, the other the media's host.
    pub fn start() -> Self {
        let bind = || TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let (api, media) = (bind(), bind());
        let address =
            |listener: &TcpListener| listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Shared {
            state: Mutex::default(),
            media_host: address(&media),
            stopped: AtomicBool::new(false),
        });
        let twilio = Self {
            shared: shared.clone(),
            api: address(&api),
        };
        serve(api, shared.clone(), answer_api);
        serve(media, shared, answer_media);
        twilio
    }

    /// The API's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.api)
    }

    /// Changes what goes wrong.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    /// What still goes wrong.
    pub fn faults_left(&self) -> Faults {
        self.state().faults.clone()
    }

    /// Sets the webhook of the number, as the console does.
    pub fn set_webhook(&self, url: &str) {
        self.state().sms_url = url.to_owned();
    }

    /// Someone texts the number; no webhook tells of it yet. Returns the message's id.
    pub fn text(&self, from: &str, text: &str) -> String {
        self.message(from, text, &[])
    }

    /// The same with JPEGs.
    pub fn message(&self, from: &str, text: &str, photos: &[&[u8]]) -> String {
        let mut state = self.state();
        let kind = if photos.is_empty() { "SM" } else { "MM" };
        let position = state.next();
        let media = photos.iter().enumerate();
        let media = media.map(|(n, photo)| (format!("ME{position:030x}{n:02x}"), photo.to_vec()));
        let message = Message {
            sid: format!("{kind}{position:032x}"),
            from: from.to_owned(),
            to: NUMBER.to_owned(),
            text: text.to_owned(),
            media: media.collect(),
            created: Timestamp::now(),
            inbound: true,
            position,
        };
        let sid = message.sid.clone();
        state.came.insert(sid.clone(), message.clone());
        state.messages.push(message);
        sid
    }

    /// The ids of what lies in the inbox.
    pub fn inbox(&self) -> Vec<String> {
        let state = self.state();
        let inbound = state.messages.iter().filter(|message| message.inbound);
        inbound.map(|message| message.sid.clone()).collect()
    }

    /// How often the inbox was listed to its end.
    pub fn listings(&self) -> usize {
        self.state().listings
    }

    /// How many answers the account still keeps.
    pub fn answers_kept(&self) -> usize {
        self.state()
            .messages
            .iter()
            .filter(|message| !message.inbound)
            .count()
    }

    /// All that was ever sent: number and text.
    pub fn sent(&self) -> Vec<(String, String)> {
        self.state().sent.clone()
    }

    /// What was sent to a number.
    pub fn sent_to(&self, number: &str) -> Vec<String> {
        let sent = self.sent().into_iter();
        sent.filter(|(to, _)| to == number)
            .map(|(_, text)| text)
            .collect()
    }

    /// Credentials that reached the media's host.
    pub fn leaked(&self) -> Vec<String> {
        self.state().leaked.clone()
    }

    /// Messages that were deleted before their media.
    pub fn orphans(&self) -> usize {
        self.state().orphans
    }

    /// The webhook of a message, signed for its public address, posted to where the edge listens.
    pub fn webhook(&self, sid: &str, public_url: &str, shared_key: bool) -> Webhook {
        let message = self.state().came[sid].clone();
        let mut form = vec![
            ("ToCountry".to_owned(), "US".to_owned()),
            ("SmsMessageSid".into(), sid.into()),
            ("NumMedia".into(), message.media.len().to_string()),
            ("SmsSid".into(), sid.into()),
            ("SmsStatus".into(), "received".into()),
            ("Body".into(), message.text),
            ("To".into(), message.to),
            ("NumSegments".into(), "1".into()),
            ("MessageSid".into(), sid.into()),
            ("AccountSid".into(), ACCOUNT.into()),
            ("From".into(), message.from),
            ("ApiVersion".into(), "2010-04-01".into()),
        ];
        for (n, (medium, _)) in message.media.iter().enumerate() {
            let url = format!(
                "{}/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/{medium}",
                self.url()
            );
            form.push((format!("MediaContentType{n}"), "image/jpeg".into()));
            form.push((format!("MediaUrl{n}"), url));
        }
        let mut sorted = form.clone();
        sorted.sort_unstable();
        let text = sorted
            .into_iter()
            .fold(public_url.to_owned(), |text, (name, value)| {
                text + &name + &value
            });
        let signature = match shared_key {
            true => sign::<Hmac<Sha256>>(SHARED_KEY, &text),
            false => sign::<Hmac<Sha1>>(TOKEN, &text),
        };
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form);
        Webhook {
            body: body.finish(),
            signature,
            shared_key,
        }
    }

    /// Posts a message's webhook once, and sends what its answer says.
    pub fn deliver(&self, sid: &str, public_url: &str, edge: &str) -> io::Result<Answered> {
        let answered = self.webhook(sid, public_url, false).post(edge)?;
        if let (200, Some(text)) = (answered.status, &answered.text) {
            let mut state = self.state();
            let to = state.came[sid].from.clone();
            state.send(to, text.clone());
        }
        Ok(answered)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }
}

impl Drop for Twilio {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the listeners up.
        for address in [self.api, self.shared.media_host] {
            let _ = TcpStream::connect(address);
        }
    }
}

/// A webhook's request.
pub struct Webhook {
    /// The form.
    pub body: String,
    /// Its signature.
    pub signature: String,
    shared_key: bool,
}

impl Webhook {
    /// Posts it on a connection of its own.
    pub fn post(&self, edge: &str) -> io::Result<Answered> {
        let (host, _) = split(edge);
        let mut stream = BufReader::new(TcpStream::connect(host)?);
        self.post_on(&mut stream, edge)
    }

    /// Posts it on a connection that stays open.
    pub fn post_on(&self, stream: &mut BufReader<TcpStream>, edge: &str) -> io::Result<Answered> {
        let (host, path) = split(edge);
        stream.get_ref().set_read_timeout(Some(WEBHOOK_TIME))?;
        let settings = match self.shared_key {
            true => {
                "X-Twilio-Webhooks-Signature-Settings: key=webhooks_sharedkey_1,algorithm=HMAC_SHA256\r\n"
            }
            false => "",
        };
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: TwilioProxy/1.1\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\nX-Twilio-Signature: {}\r\n{settings}\
             Content-Length: {}\r\n\r\n{}",
            self.signature,
            self.body.len(),
            self.body
        );
        stream.get_mut().write_all(request.as_bytes())?;
        let response = read_message(stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let status = response
            .start
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok());
        let text = String::from_utf8_lossy(&response.body).into_owned();
        let message = text
            .split_once("<Message>")
            .and_then(|(_, rest)| rest.split_once("</Message>"));
        let unescaped = message.map(|(text, _)| {
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&amp;", "&")
        });
        Ok(Answered {
            status: status.ok_or(io::ErrorKind::InvalidData)?,
            text: unescaped,
        })
    }
}

fn split(url: &str) -> (&str, String) {
    let rest = url
        .strip_prefix("http://")
        .expect("the edge listens on http");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    (host, format!("/{path}"))
}

fn sign<M: Mac + KeyInit>(key: &str, text: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).expect("any key");
    mac.update(text.as_bytes());
    BASE64_STANDARD.encode(mac.finalize().into_bytes())
}

impl State {
    fn next(&mut self) -> u64 {
        self.position += 1;
        self.position
    }

    fn send(&mut self, to: String, text: String) -> Message {
        let position = self.next();
        let message = Message {
            sid: format!("SM{position:032x}"),
            from: NUMBER.to_owned(),
            to: to.clone(),
            text: text.clone(),
            media: Vec::new(),
            created: Timestamp::now(),
            inbound: false,
            position,
        };
        self.messages.push(message.clone());
        self.sent.push((to, text));
        message
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared
        .state
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
