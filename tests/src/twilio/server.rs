//! What Twilio's two servers answer: the API's and the media's.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::{ACCOUNT, Message, NUMBER, Shared, State, TOKEN, lock};

/// A request or a response.
pub(super) struct Http {
    pub start: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

/// `None` where the connection ends before it.
pub(super) fn read_message(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Http>> {
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
pub(super) type Reply = Option<(u16, String, &'static str, Vec<u8>)>;

pub(super) fn serve(
    listener: TcpListener,
    shared: Arc<Shared>,
    answer: fn(&Shared, &Http) -> Reply,
) {
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
pub(super) fn answer_media(shared: &Shared, request: &Http) -> Reply {
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

pub(super) fn answer_api(shared: &Shared, request: &Http) -> Reply {
    let mut parts = request.start.split(' ');
    let (method, target) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut state = lock(shared);
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
        ("GET", ["Messages.json"]) => list(&mut state, query),
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
fn list(state: &mut State, query: &str) -> Reply {
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
    if query.contains_key("To") && !more {
        state.listings += 1;
    }
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
