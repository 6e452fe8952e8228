//! Webhooks as the generic one's callers, Telnyx and an Android phone sign and send them.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::http::{self, Response};

/// What each of them signs with.
pub const SECRET: &str = "the secret of the tests";

/// The key of Telnyx in the tests.
pub fn telnyx_key() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

/// Its public half, as the portal shows it.
pub fn telnyx_public_key() -> String {
    BASE64_STANDARD.encode(telnyx_key().verifying_key().as_bytes())
}

/// Bytes in base64.
pub fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Who sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// A caller of the generic webhook.
    Generic,
    /// Telnyx.
    Telnyx,
    /// An Android phone.
    Android,
}

impl Provider {
    /// The headers of a body at a time.
    pub fn headers(self, body: &str, time: u64) -> Vec<(&'static str, String)> {
        let hmac = |signed: String| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes any key");
            mac.update(signed.as_bytes());
            let bytes = mac.finalize().into_bytes();
            bytes
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let (time_name, signature_name, signature) = match self {
            Self::Generic => (
                "X-Spotlight-Timestamp",
                "X-Spotlight-Signature",
                hmac(format!("{time}.{body}")),
            ),
            Self::Telnyx => (
                "Telnyx-Timestamp",
                "Telnyx-Signature-Ed25519",
                base64(
                    &telnyx_key()
                        .sign(format!("{time}|{body}").as_bytes())
                        .to_bytes(),
                ),
            ),
            Self::Android => ("X-Timestamp", "X-Signature", hmac(format!("{body}{time}"))),
        };
        vec![
            ("Content-Type", "application/json".to_owned()),
            (time_name, time.to_string()),
            (signature_name, signature),
        ]
    }

    /// Its default path.
    pub fn path(self) -> &'static str {
        match self {
            Self::Generic => "/webhook",
            Self::Telnyx => "/telnyx",
            Self::Android => "/android",
        }
    }

    /// Sends a body, signed now, to an edge that may be gone.
    pub fn try_send(self, edge: &str, body: &Value) -> io::Result<Response> {
        let body = body.to_string();
        self.send_with(edge, &self.headers(&body, now()), &body)
    }

    /// The same to one that must answer.
    pub fn send(self, edge: &str, body: &Value) -> Response {
        self.try_send(edge, body)
            .unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// Sends a body with headers.
    pub fn send_with(
        self,
        edge: &str,
        headers: &[(&'static str, String)],
        body: &str,
    ) -> io::Result<Response> {
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        http::try_post(&format!("{edge}{}", self.path()), &headers, body.as_bytes())
    }
}

/// The node's own number at Telnyx.
pub const OURS: &str = "+12135550199";

/// A message of the generic webhook.
pub fn generic(id: &str, from: &str, text: &str) -> Value {
    json!({ "id": id, "from": from, "text": text })
}

/// A message as Telnyx tells of it; `media` is a list of `{"url","content_type","size"}`.
pub fn telnyx(id: &str, from: &str, text: &str, media: &Value) -> Value {
    json!({ "data": {
        "record_type": "event", "id": format!("event-{id}-{}", now()), "event_type": "message.received",
        "occurred_at": "2026-11-24T20:15:00.000Z",
        "payload": {
            "record_type": "message", "direction": "inbound", "id": id, "type": "MMS",
            "from": { "phone_number": from, "carrier": "x", "line_type": "Wireless" },
            "to": [{ "phone_number": OURS, "status": "webhook_delivered" }], "cc": [],
            "text": text, "media": media, "encoding": "GSM-7", "parts": 1, "errors": [],
        },
    }, "meta": { "attempt": 1 } })
}

/// An event of android-sms-gateway.
pub fn android(event_id: &str, event: &str, payload: &Value) -> Value {
    json!({ "deviceId": "ffffffffceb0b1db", "event": event, "id": event_id, "webhookId": "hook", "payload": payload })
}

/// The payload of `sms:received`.
pub fn android_sms(from: &str, text: &str, at: &str) -> Value {
    json!({ "messageId": "abc123", "message": text, "sender": from, "phoneNumber": from, "recipient": null,
        "simNumber": 2, "receivedAt": at })
}

/// A time just past, with a zone, as the app writes it.
pub fn local_time() -> String {
    let local = jiff::tz::offset(-8).to_datetime(jiff::Timestamp::now());
    format!("{}-08:00", local.strftime("%Y-%m-%dT%H:%M:%S.000"))
}

/// Unix time in seconds.
pub fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("the clock is past 1970").as_secs()
}
