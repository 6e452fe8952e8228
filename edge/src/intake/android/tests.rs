use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use sha2::Sha256;

use super::*;

const KEY: &str = "a signing key";

fn request(time: &str, body: &str) -> Request {
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).expect("a key");
    mac.update(body.as_bytes());
    mac.update(time.as_bytes());
    let signature: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    headers.insert(TIMESTAMP, value(time));
    headers.insert(SIGNATURE, value(&signature));
    Request {
        path_and_query: "/android".into(),
        headers,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn received(payload: serde_json::Value) -> Received {
    serde_json::from_value(payload).expect("a payload")
}

#[test]
fn only_what_the_phone_signed_lately_is_taken() {
    let key = HmacKey::new(KEY.as_bytes());
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    assert!(is_signed(&key, &request("1800000000", "{}"), now));
    assert!(!is_signed(&key, &request("1799999000", "{}"), now));
    let mut other = request("1800000000", "{}");
    other.body = Zeroizing::new(b"{ }".to_vec());
    assert!(!is_signed(&key, &other, now));
    assert!(!is_signed(
        &HmacKey::new(b"x"),
        &request("1800000000", "{}"),
        now
    ));
}

#[test]
fn one_message_has_one_identity_whatever_event_tells_of_it() {
    let text = |message: &str, at: &str, id: &str| {
        let received = received(
            json!({"messageId": id, "message": message, "receivedAt": at, "simNumber": null}),
        );
        let text = text(Kind::Text, &received).expect("words");
        identity(Kind::Text, "+12135550100", &text, &received)
    };
    let first = text("police", "2026-11-24T12:15:00.000-08:00", "a");
    assert_eq!(first, text("police", "2026-11-24T20:15:00.000Z", "b"));
    assert_ne!(first, text("police", "2026-11-24T20:15:00.001Z", "a"));
    assert_ne!(first, text("police!", "2026-11-24T20:15:00.000Z", "a"));
}

#[test]
fn each_kind_has_its_words() {
    let at = "2026-11-24T20:15:00.000Z";
    let words = |kind, payload| text(kind, &received(payload)).map(|text| text.to_string());
    let data = |data: &str| words(Kind::Data, json!({"data": data, "receivedAt": at}));
    assert_eq!(data("cG9saWNl").as_deref(), Some("police"));
    assert_eq!(data("/wA=").as_deref(), Some(""), "no text, so no words");
    assert_eq!(data("?"), None);
    let mms = json!({"subject": "police", "body": "5th and San Pedro", "receivedAt": at, "attachments": []});
    assert_eq!(
        words(Kind::Mms, mms).as_deref(),
        Some("police\n5th and San Pedro")
    );
    assert_eq!(
        words(Kind::Mms, json!({"receivedAt": at})).as_deref(),
        Some("")
    );
    assert_eq!(words(Kind::Text, json!({"receivedAt": at})), None);
}

#[tokio::test]
async fn pictures_are_taken_and_other_parts_are_not_missed() {
    let received = received(json!({
        "messageId": "12", "receivedAt": "2026-11-24T20:15:00.000Z",
        "attachments": [
            {"partId": 1, "contentType": "application/smil", "name": null, "size": 3, "data": "eA=="},
            {"partId": 2, "contentType": "image/jpeg", "name": "a", "size": 3, "data": "/9j/"},
            {"partId": 3, "contentType": "image/jpeg", "name": "b", "size": 3, "data": null},
        ],
    }));
    let plain = plain(
        None,
        Zeroizing::new("+12135550100".into()),
        Zeroizing::default(),
        received,
    )
    .await;
    assert_eq!((plain.photos.len(), plain.photos_missed), (1, 1));
}
