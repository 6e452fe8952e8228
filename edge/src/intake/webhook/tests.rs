use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use hyper::header::HeaderValue;
use sha2::Sha256;
use tokio::sync::mpsc;

use super::*;
use crate::intake::{Inbound, Payload};
use crate::outbox::Outbox;

const SECRET: &str = "a shared secret";
const BODY: &str = r#"{"id":"a1","from":"+12135550100","text":"police 5th and San Pedro"}"#;

/// HMAC-SHA256 of `1800000000.` and [`BODY`] under [`SECRET`], by OpenSSL.
const SIGNED: &str = "d33e4bc8d1e71cf36582f6a0637d9b09a39fe01dd4cc0b4b55ac0ea454370d1f";

struct World {
    webhook: Arc<Webhook>,
    inbox: mpsc::Receiver<Inbound>,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let outbox = Outbox::open(folder.path()).expect("an outbox");
    let (sender, inbox) = mpsc::channel(8);
    let acceptor = Acceptor::new(Inbox::Webhook, [1; 32], &outbox, sender).expect("it reads");
    World {
        webhook: Webhook::new(SECRET, Arc::new(acceptor)),
        inbox,
        _folder: folder,
    }
}

fn request(time: &str, signature: &str, body: &str) -> Request {
    let mut headers = HeaderMap::new();
    let value = |text: &str| HeaderValue::from_str(text).expect("a header's value");
    headers.insert(TIMESTAMP, value(time));
    headers.insert(SIGNATURE, value(signature));
    Request {
        path_and_query: "/webhook".into(),
        headers,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

/// Signed now.
fn signed(body: &str) -> Request {
    let time = Timestamp::now().as_second().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
    mac.update(format!("{time}.{body}").as_bytes());
    let signature: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    request(&time, &signature, body)
}

#[tokio::test]
async fn only_what_the_secret_signed_lately_is_taken() {
    let world = world();
    let now = Timestamp::from_second(1_800_000_000).expect("a time");
    let is_signed = |request: &Request, now| world.webhook.is_signed(request, now);
    assert!(is_signed(&request("1800000000", SIGNED, BODY), now));
    let late = now + jiff::SignedDuration::from_mins(6);
    assert!(!is_signed(&request("1800000000", SIGNED, BODY), late));
    assert!(!is_signed(&request("1800000001", SIGNED, BODY), now));
    let other = BODY.replace("5th", "6th");
    assert!(!is_signed(&request("1800000000", SIGNED, &other), now));
    let mut twice = request("1800000000", SIGNED, BODY);
    twice
        .headers
        .append(TIMESTAMP, HeaderValue::from_static("1800000000"));
    assert!(!is_signed(&twice, now), "a header that is there twice");
    let mut none = request("1800000000", SIGNED, BODY);
    none.headers.remove(SIGNATURE);
    assert!(!is_signed(&none, now));
    let forged = world
        .webhook
        .receive(request("1800000000", SIGNED, BODY))
        .await;
    assert_eq!(forged.status, 403, "it is long past");
}

#[tokio::test]
async fn what_is_no_message_gets_a_plain_reason() {
    let world = world();
    for (body, reason) in [
        ("", "JSON"),
        ("[]", "JSON"),
        (r#"{"id":"a","from":7}"#, "JSON"),
        (r#"{"id":"","from":"+12135550100"}"#, "`id`"),
        (r#"{"id":"a","from":"  "}"#, "`from`"),
        (
            r#"{"id":"a","from":"+12135550100","sent_at":"today"}"#,
            "`sent_at`",
        ),
    ] {
        let answer = world.webhook.receive(signed(body)).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.body.contains(reason), "{body}");
    }
    let long = format!(
        r#"{{"id":"{}","from":"+12135550100"}}"#,
        "a".repeat(MAX_ID + 1)
    );
    assert_eq!(world.webhook.receive(signed(&long)).await.status, 400);
}

#[tokio::test]
async fn an_answer_leaves_once_and_photos_come_along() {
    let mut world = world();
    let body = r#"{"id":"a1","from":"+12135550100","text":"x","sent_at":"2026-11-24T20:15:00Z","more":1,"media":[
        {"content_type":"image/jpeg","base64":"/9j/"},{"content_type":"image/png","base64":"?"},
        {"content_type":"text/plain","base64":"eA=="}]}"#;
    let pipeline = async {
        let inbound = world.inbox.recv().await.expect("it is handed over");
        let Payload::Plain(plain) = inbound.payload else {
            panic!("it came decoded")
        };
        assert_eq!(plain.sender.as_str(), "+12135550100");
        assert_eq!((plain.photos.len(), plain.photos_missed), (1, 1));
        assert_eq!(
            plain.sent_at,
            Some("2026-11-24T20:15:00Z".parse().expect("a time"))
        );
        inbound.ticket.intake.answer(inbound.ticket.item, "thanks");
        inbound.ticket.intake.remove(inbound.ticket.item);
    };
    let (first, ()) = tokio::join!(world.webhook.receive(signed(body)), pipeline);
    assert_eq!(
        (first.status, first.body.as_str()),
        (200, r#"{"answer":"thanks"}"#)
    );
    let again = world.webhook.receive(signed(body)).await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (200, r#"{"answer":null}"#)
    );
    assert!(world.inbox.try_recv().is_err());
    assert!(world.webhook.state().origins.is_empty());
}

#[tokio::test]
async fn an_answer_whose_caller_hung_up_waits_for_the_repeat() {
    let mut world = world();
    {
        let mut gone = std::pin::pin!(world.webhook.receive(signed(BODY)));
        tokio::select! {
            biased;
            _ = gone.as_mut() => panic!("nothing has ended it"),
            () = std::future::ready(()) => {}
        }
    }
    let inbound = world
        .inbox
        .recv()
        .await
        .expect("it is handed over all the same");
    inbound.ticket.intake.answer(inbound.ticket.item, "thanks");
    inbound.ticket.intake.remove(inbound.ticket.item);
    let again = world.webhook.receive(signed(BODY)).await;
    assert_eq!(again.body.as_str(), r#"{"answer":"thanks"}"#);
}
