//! Twilio's webhook.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::form::{Form, MAX_FORM};
use super::media::{MAX_MEDIA, Media};
use super::rest::Medium;
use super::sid::Sid;
use super::{Received, Twilio, signature};
use crate::intake::http::{Answer, Hook, Request};
use crate::intake::{Begun, Waiter};

/// Twilio gives up after 15 s: it gets an answer before, and the work goes on.
const PATIENCE: Duration = Duration::from_secs(12);

/// The webhook of an account's number.
#[derive(Debug, Clone)]
pub struct TwilioHook {
    twilio: Arc<Twilio>,
    /// How Twilio calls this node: its signature covers that, path and query.
    public_url: String,
}

impl Hook for TwilioHook {
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(self.answer(request))
    }
}

impl TwilioHook {
    pub(super) fn new(twilio: Arc<Twilio>, public_url: &str) -> Self {
        Self {
            twilio,
            public_url: public_url.trim_end_matches('/').to_owned(),
        }
    }

    async fn answer(&self, request: Request) -> Answer {
        if request.body.len() > MAX_FORM {
            return Answer::plain(413, "the form is too long\n");
        }
        let kind = request
            .header("content-type")
            .and_then(|kind| kind.split(';').next());
        if !kind.is_some_and(|kind| {
            kind.trim()
                .eq_ignore_ascii_case("application/x-www-form-urlencoded")
        }) {
            return Answer::plain(415, "a form is expected\n");
        }
        let form = match Form::read(&request.body) {
            Ok(form) => form,
            Err(error) => return Answer::plain(400, &format!("{error}\n")),
        };
        let url = format!("{}{}", self.public_url, request.path_and_query);
        let signature = request.header(signature::SIGNATURE).unwrap_or_default();
        let settings = request.header(signature::SETTINGS);
        if !self.twilio.keys.signed(&url, &form, signature, settings) {
            return Answer::plain(403, "the signature is wrong\n");
        }
        let received = match received(&form, &self.twilio) {
            Ok(Some(received)) => received,
            Ok(None) => return twiml(None),
            Err(reason) => return Answer::plain(422, reason),
        };
        self.take_in(received).await
    }

    async fn take_in(&self, received: Received) -> Answer {
        let sid = received.sid.clone();
        let mut presence = Presence::enter(self.twilio.clone(), sid.clone());
        let waiter = match self.twilio.offers.begin(sid.as_str().as_bytes()) {
            Begun::Done(_) => return twiml(None),
            Begun::UnderWay(waiter) => waiter,
            Begun::New(item, origin, waiter) => {
                let Ok(place) = self.twilio.receiving.clone().try_acquire_owned() else {
                    self.twilio.offers.give_up(item);
                    return Answer::plain(503, "too much at once; send it again\n");
                };
                let twilio = self.twilio.clone();
                // The message is taken whether or not this webhook's connection lasts.
                tokio::spawn(async move {
                    twilio.receive(received, item, origin).await;
                    drop(place);
                });
                waiter
            }
        };
        let ended = self.ended(waiter).await;
        let text = presence.leave();
        if ended || text.is_some() {
            return twiml(text);
        }
        Answer::plain(503, "not yet; send it again\n")
    }

    async fn ended(&self, waiter: Waiter) -> bool {
        tokio::select! {
            ended = waiter.wait() => ended,
            () = tokio::time::sleep(PATIENCE) => false,
            () = self.twilio.stopping.cancelled() => false,
        }
    }
}

/// A webhook that waits for its message's answer, which goes to the first that leaves after it came. One whose connection
/// ends while the answer lies ready cannot carry it any more: then it goes by REST.
struct Presence {
    twilio: Arc<Twilio>,
    sid: Option<Sid>,
}

impl Presence {
    fn enter(twilio: Arc<Twilio>, sid: Sid) -> Self {
        twilio.state().hooks.entry(sid.clone()).or_default().present += 1;
        Self {
            twilio,
            sid: Some(sid),
        }
    }

    /// The answer, if there is one and no other webhook took it.
    fn leave(&mut self) -> Option<Zeroizing<String>> {
        let (_, text) = self.twilio.leave(&self.sid.take()?)?;
        Some(text)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let Some(sid) = self.sid.take() else {
            return;
        };
        if let Some((to, text)) = self.twilio.leave(&sid) {
            self.twilio.sender.send(self.twilio.sms(to, text));
        }
    }
}

/// The message of a form; `None` where it tells of something else, as of the delivery of an answer.
fn received(form: &Form, twilio: &Twilio) -> Result<Option<Received>, &'static str> {
    let status = form.get("MessageStatus").or_else(|| form.get("SmsStatus"));
    if status.is_some_and(|status| !matches!(status, "received" | "receiving")) {
        return Ok(None);
    }
    if form.get("AccountSid") != Some(twilio.account.as_str()) {
        return Err("it is of another account\n");
    }
    if form.get("To").map(digits) != Some(digits(&twilio.number)) {
        return Err("it is to another number\n");
    }
    let sid = form.get("MessageSid").and_then(|sid| sid.parse().ok());
    let count = form
        .get("NumMedia")
        .and_then(|count| count.parse().ok())
        .unwrap_or(0);
    let text = form.get("Body").unwrap_or_default();
    Ok(Some(Received {
        sid: sid.ok_or("it names no MessageSid\n")?,
        sender: Zeroizing::new(form.get("From").unwrap_or_default().to_owned()),
        text: Zeroizing::new(text.to_owned()),
        media: media(form, count),
        sent_at: None,
        // `OptOutType` is there where opt-out words of the operator's own are set up.
        is_answered: form.get("OptOutType").is_some() || twilio.answers_itself(text),
    }))
}

/// The media's ids, from the ends of their addresses; where one is missing, Twilio's own list is asked for.
fn media(form: &Form, count: usize) -> Media {
    let medium = |n: usize| {
        let url = form.get(&format!("MediaUrl{n}"))?;
        let path = url.split(['?', '#']).next()?;
        Some(Medium {
            sid: path.rsplit('/').next()?.parse().ok()?,
            content_type: form
                .get(&format!("MediaContentType{n}"))?
                .to_ascii_lowercase(),
        })
    };
    let media: Option<Vec<_>> = (0..count.min(MAX_MEDIA)).map(medium).collect();
    media.map_or(Media::Count(count), Media::Known)
}

fn digits(number: &str) -> String {
    number.trim().trim_start_matches('+').to_owned()
}

/// A message to send back, or none.
fn twiml(text: Option<Zeroizing<String>>) -> Answer {
    let mut body = Zeroizing::new(String::with_capacity(2048));
    body.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    match text {
        None => body.push_str("<Response/>"),
        Some(text) => {
            body.push_str("<Response><Message>");
            for character in text.chars() {
                match character {
                    '&' => body.push_str("&amp;"),
                    '<' => body.push_str("&lt;"),
                    '>' => body.push_str("&gt;"),
                    _ => body.push(character),
                }
            }
            body.push_str("</Message></Response>");
        }
    }
    Answer {
        status: 200,
        content_type: "text/xml; charset=utf-8",
        body,
    }
}
