//! Twilio's side of the line, from its public documentation: the REST API of one account with one number, the host where
//! media lie, and the webhooks. It fails as it is told.
//!
//! It keeps what a test asks about at the end: the inbox, all that was ever sent to a phone, and every credential that reached
//! the media's host.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

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
    orphans: usize,
    faults: Faults,
    position: u64,
    requests: u64,
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

    /// Requests to the API so far.
    pub fn requests(&self) -> u64 {
        self.state().requests
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

/// A request or a response.
struct Http {
    start: String,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

/// `None` where the connection ends before it.
fn read_message(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Http>> {
    let mut start = String::new();
    if stream.read_line(&mut start)? == 0 {
        return Ok(None);
    }
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Some(Http {
        start: start.trim_end().to_owned(),
        headers,
        body,
    }))
}

/// Status, more headers, media type, body; `None` closes the connection without an answer.
type Reply = Option<(u16, String, &'static str, Vec<u8>)>;

fn serve(listener: TcpListener, shared: Arc<Shared>, answer: fn(&Shared, &Http) -> Reply) {
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if shared.stopped.load(Ordering::Relaxed) {
                return;
            }
            let shared = shared.clone();
            std::thread::spawn(move || converse(stream, &shared, answer));
        }
    });
}

fn converse(stream: TcpStream, shared: &Shared, answer: fn(&Shared, &Http) -> Reply) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read_message(&mut stream) {
        let Some((status, headers, kind, body)) = answer(shared, &request) else {
            return;
        };
        let head = format!(
            "HTTP/1.1 {status} Status\r\nContent-Type: {kind}\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        // In one piece: the second of two would wait for the first's acknowledgement.
        let written = stream
            .get_mut()
            .write_all(&[head.into_bytes(), body].concat());
        if written.is_err() || shared.stopped.load(Ordering::Relaxed) {
            return;
        }
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    Some((
        status,
        String::new(),
        "application/json",
        body.to_string().into_bytes(),
    ))
}

fn error(status: u16) -> Reply {
    reply(
        status,
        &json!({ "status": status, "message": "as told", "code": 20000 }),
    )
}

/// The media's host: it wants no credential and notes each that comes.
fn answer_media(shared: &Shared, request: &Http) -> Reply {
    let sid = request
        .start
        .split(' ')
        .nth(1)
        .and_then(|path| path.rsplit('/').next())
        .unwrap_or_default();
    let (photo, faults) = {
        let mut state = lock(shared);
        state
            .leaked
            .extend(request.headers.get("authorization").cloned());
        let media = state.messages.iter().flat_map(|message| &message.media);
        let photo = media
            .filter(|(known, _)| known == sid)
            .map(|(_, photo)| photo.clone())
            .next();
        (photo, state.faults.clone())
    };
    std::thread::sleep(faults.media_time);
    match photo {
        Some(photo) if !faults.media_expired => Some((
            200,
            String::new(),
            faults.media_type.unwrap_or("image/jpeg"),
            photo,
        )),
        _ => error(404),
    }
}

fn answer_api(shared: &Shared, request: &Http) -> Reply {
    let mut parts = request.start.split(' ');
    let (method, target) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut state = lock(shared);
    state.requests += 1;
    let credentials = format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"))
    );
    if request.headers.get("authorization") != Some(&credentials) {
        return error(401);
    }
    if take(&mut state.faults.busy) {
        let mut reply = error(429)?;
        reply.1 = "Retry-After: 1\r\n".into();
        return Some(reply);
    }
    if take(&mut state.faults.failing) {
        return error(500);
    }
    let Some(path) = path.strip_prefix(&format!("/2010-04-01/Accounts/{ACCOUNT}/")) else {
        return error(404);
    };
    let steps: Vec<&str> = path.split('/').collect();
    match (method, steps.as_slice()) {
        ("GET", ["Messages.json"]) => list(&state, query),
        ("GET", ["IncomingPhoneNumbers.json"]) => {
            let mut asked = form_urlencoded::parse(query.as_bytes());
            let is_ours = asked.any(|(name, value)| name == "PhoneNumber" && value == NUMBER);
            let ours =
                json!({ "phone_number": NUMBER, "sms_url": state.sms_url, "sms_method": "POST" });
            let numbers: Vec<_> = is_ours.then_some(ours).into_iter().collect();
            reply(
                200,
                &json!({ "incoming_phone_numbers": numbers, "page_size": 1 }),
            )
        }
        ("POST", ["Messages.json"]) => {
            let form: HashMap<_, _> = form_urlencoded::parse(&request.body).into_owned().collect();
            if form.get("From").map(String::as_str) != Some(NUMBER) {
                return error(400);
            }
            let message = state.send(form["To"].clone(), form["Body"].clone());
            if take(&mut state.faults.sends_unanswered) {
                return None;
            }
            reply(201, &wire(&message))
        }
        ("GET", ["Messages", file]) => match find(&state, file) {
            Some(at) => reply(200, &wire(&state.messages[at])),
            None => error(404),
        },
        ("DELETE", ["Messages", file]) => {
            if take(&mut state.faults.deletions_refused) {
                return error(409);
            }
            let Some(at) = find(&state, file) else {
                return error(404);
            };
            let message = state.messages.remove(at);
            state.orphans += message.media.len();
            Some((204, String::new(), "application/json", Vec::new()))
        }
        ("GET", ["Messages", sid, "Media.json"]) => match find(&state, sid) {
            Some(at) => {
                let media = state.messages[at].media.iter();
                let media: Vec<_> = media
                    .map(|(sid, _)| json!({ "sid": sid, "content_type": "image/jpeg" }))
                    .collect();
                reply(200, &json!({ "media_list": media, "next_page_uri": null }))
            }
            None => error(404),
        },
        ("GET", ["Messages", sid, "Media", medium]) => match find(&state, sid) {
            Some(at)
                if state.messages[at]
                    .media
                    .iter()
                    .any(|(known, _)| known == medium) =>
            {
                let location = format!("Location: http://{}/media/{medium}\r\n", shared.media_host);
                Some((307, location, "application/json", Vec::new()))
            }
            _ => error(404),
        },
        ("DELETE", ["Messages", sid, "Media", file]) => {
            if take(&mut state.faults.deletions_refused) {
                return error(409);
            }
            let Some(at) = find(&state, sid) else {
                return error(404);
            };
            let medium = file.trim_end_matches(".json");
            let media = &mut state.messages[at].media;
            let before = media.len();
            media.retain(|(known, _)| known != medium);
            if media.len() == before {
                return error(404);
            }
            Some((204, String::new(), "application/json", Vec::new()))
        }
        _ => error(404),
    }
}

fn take(count: &mut usize) -> bool {
    let some = *count > 0;
    *count = count.saturating_sub(1);
    some
}

fn find(state: &State, file: &str) -> Option<usize> {
    let sid = file.trim_end_matches(".json");
    state.messages.iter().position(|message| message.sid == sid)
}

/// The newest first, page by page.
fn list(state: &State, query: &str) -> Reply {
    let query: HashMap<_, _> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let number = |name: &str, default: u64| {
        query
            .get(name)
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    };
    let (size, below) = (
        number("PageSize", 50) as usize,
        number("PageToken", u64::MAX),
    );
    let since = query
        .get("DateSent>")
        .map(String::as_str)
        .unwrap_or_default();
    let mut listed: Vec<_> = state
        .messages
        .iter()
        .filter(|message| query.get("To").is_none_or(|to| *to == message.to))
        .filter(|message| query.get("From").is_none_or(|from| *from == message.from))
        .filter(|message| message.created.strftime("%F").to_string().as_str() >= since)
        .filter(|message| message.position < below)
        .collect();
    listed.sort_by_key(|message| std::cmp::Reverse(message.position));
    let more = listed.len() > size;
    listed.truncate(size);
    let next = listed.last().filter(|_| more).map(|last| {
        let mut query: Vec<_> = query
            .iter()
            .filter(|(name, _)| *name != "PageToken")
            .collect();
        let token = last.position.to_string();
        let name = "PageToken".to_owned();
        query.push((&name, &token));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(query)
            .finish();
        format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json?{query}")
    });
    let messages: Vec<_> = listed.into_iter().map(wire).collect();
    reply(
        200,
        &json!({ "messages": messages, "next_page_uri": next, "page_size": size }),
    )
}

fn wire(message: &Message) -> Value {
    let created = message
        .created
        .to_zoned_datetime(TimeZone::UTC)
        .strftime("%a, %d %b %Y %H:%M:%S +0000");
    json!({
        "sid": message.sid,
        "account_sid": ACCOUNT,
        "from": message.from,
        "to": message.to,
        "body": message.text,
        "num_media": message.media.len().to_string(),
        "direction": if message.inbound { "inbound" } else { "outbound-reply" },
        "status": if message.inbound { "received" } else { "delivered" },
        "date_created": created.to_string(),
        "date_sent": created.to_string(),
    })
}
