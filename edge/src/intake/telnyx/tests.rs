use ed25519_dalek::{Signer, SigningKey};
use hyper::HeaderMap;
use hyper::header::HeaderValue;

use super::*;

const BODY: &str = r#"{"data":{"event_type":"message.received","payload":{"id":"m1"}}}"#;

fn request(time: &str, signature: &str, body: &str) -> Request {
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    headers.insert(TIMESTAMP, value(time));
    headers.insert(SIGNATURE, value(signature));
    Request {
        path_and_query: "/telnyx".into(),
        headers,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

#[test]
fn only_what_telnyx_signed_lately_is_taken() {
    let key = SigningKey::from_bytes(&[7; 32]);
    let public = BASE64_STANDARD.encode(key.verifying_key().as_bytes());
    let public = public_key(&public).expect("a key");
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    let sign = |signed: &str| BASE64_STANDARD.encode(key.sign(signed.as_bytes()).to_bytes());
    let good = sign(&format!("1800000000|{BODY}"));
    let check = |time: &str, signature: &str, body: &str, now| {
        is_signed(&public, &request(time, signature, body), now)
    };
    assert!(check("1800000000", &good, BODY, now));
    let late = now + jiff::SignedDuration::from_mins(6);
    assert!(!check("1800000000", &good, BODY, late));
    assert!(!check("1800000001", &good, BODY, now));
    assert!(!check("1800000000", &good, &BODY.replace("m1", "m2"), now));
    for wrong in [
        String::new(),
        "AAAA".into(),
        sign(&format!("1800000000.{BODY}")),
        BASE64_STANDARD.encode([0; 64]),
    ] {
        assert!(!check("1800000000", &wrong, BODY, now), "{wrong}");
    }
    assert!(public_key("AAAA").is_none());
    assert!(public_key("not base64").is_none());
}

#[tokio::test]
async fn subject_and_text_are_the_words() {
    let body = r#"{"data":{"event_type":"message.received","id":"e1","payload":{"id":"m1","direction":"inbound",
        "from":{"phone_number":"+12135550100","carrier":"x"},"to":[{"phone_number":"+12135550199","status":"delivered"}],
        "subject":"5th and San Pedro","text":" police ","media":[{"url":"not a url","content_type":"application/smil"},
        {"url":"not a url","content_type":"image/jpeg"}],"received_at":"2026-11-24T20:15:00.000+00:00","cost":null}}}"#;
    let event: Event<Received> = serde_json::from_str(body).expect("an event");
    assert_eq!(event.data.event_type, "message.received");
    let client = Client::new("http://127.0.0.1:1").expect("a client");
    let plain = plain(client, event.data.payload).await;
    assert_eq!(plain.sender.as_str(), "+12135550100");
    assert_eq!(plain.text.as_str(), "5th and San Pedro\npolice");
    assert_eq!((plain.photos.len(), plain.photos_missed), (0, 1));
    assert_eq!(
        plain.sent_at,
        Some("2026-11-24T20:15:00Z".parse().expect("a time"))
    );
}
