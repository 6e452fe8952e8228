use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::HeaderMap;
use sha1::Sha1;

use super::*;
use crate::intake::http::{Answer, Hook, Request};

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SID: &str = "SM0123456789abcdef0123456789abcdef";
const TOKEN: &str = "12345";
const URL: &str = "https://edge.example/twilio?x=1";
const NUMBER: &str = "+12135550100";

struct World {
    twilio: Arc<Twilio>,
    hook: TwilioHook,
    inbox: mpsc::Receiver<Inbound>,
    _sending: Sending,
    _folder: tempfile::TempDir,
}

/// Twilio itself is away: its address is one that nothing listens on.
fn world(answer: AnswerBy) -> World {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, format!("{TOKEN}\n")).expect("a file");
    let settings = Settings {
        account_sid: ACCOUNT.into(),
        auth_token_file: token,
        number: NUMBER.into(),
        shared_key_file: None,
        answer,
        answers_keywords: true,
        poll: poll(),
        api_url: "http://127.0.0.1:9".into(),
    };
    let outbox = Outbox::open(folder.path()).expect("an outbox");
    let (sender, inbox) = mpsc::channel(8);
    let (twilio, sending) =
        Twilio::open(&settings, [1; 32], outbox, sender, CancellationToken::new())
            .expect("good settings");
    World {
        hook: twilio.hook("https://edge.example/"),
        twilio,
        inbox,
        _sending: sending,
        _folder: folder,
    }
}

fn parameters<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut parameters = vec![
        ("MessageSid", SID),
        ("AccountSid", ACCOUNT),
        ("From", "+13105550142"),
        ("To", NUMBER),
        ("Body", "police at 5th & Main"),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
    ];
    parameters.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    parameters.extend_from_slice(more);
    parameters
}

fn request(parameters: &[(&str, &str)]) -> Request {
    let mut mac = <Hmac<Sha1> as KeyInit>::new_from_slice(TOKEN.as_bytes()).expect("any key");
    mac.update(URL.as_bytes());
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    for (name, value) in sorted {
        mac.update(format!("{name}{value}").as_bytes());
    }
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(
        "content-type",
        "application/x-www-form-urlencoded; charset=UTF-8"
            .parse()
            .expect("a value"),
    );
    headers.insert("x-twilio-signature", signature.parse().expect("a value"));
    Request {
        path_and_query: "/twilio?x=1".into(),
        headers,
        body: form::write(parameters),
    }
}

/// What the pipeline does with a message, shortened.
fn finish(inbound: &Inbound, answer: &str) {
    inbound.ticket.intake.answer(inbound.ticket.item, answer);
    assert!(
        inbound.ticket.intake.remove(inbound.ticket.item).is_empty(),
        "confirmed later"
    );
}

fn body(answer: &Answer) -> (u16, &str) {
    (
        answer.status,
        answer
            .body
            .trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"),
    )
}

#[tokio::test]
async fn a_message_is_one_however_often_its_webhook_comes_and_one_webhook_carries_the_answer() {
    let mut world = world(AnswerBy::Twiml);
    let parameters = parameters(&[]);
    let work = async {
        let inbound = world.inbox.recv().await.expect("a message");
        let Payload::Plain(plain) = &inbound.payload else {
            panic!("decoded")
        };
        assert_eq!(
            (plain.sender.as_str(), plain.text.as_str()),
            ("+13105550142", "police at 5th & Main")
        );
        finish(&inbound, "Thanks: 5th & Main <1 h");
    };
    let (first, second, ()) = tokio::join!(
        world.hook.take(request(&parameters)),
        world.hook.take(request(&parameters)),
        work
    );
    let expected = "<Response><Message>Thanks: 5th &amp; Main &lt;1 h</Message></Response>";
    let mut answers = [body(&first), body(&second)];
    answers.sort_unstable();
    assert_eq!(answers, [(200, "<Response/>"), (200, expected)]);
    let late = world.hook.take(request(&parameters)).await;
    assert_eq!(body(&late), (200, "<Response/>"));
    assert!(world.inbox.try_recv().is_err());
    assert_eq!(world.twilio.sender.waiting(), 0);
    let state = world.twilio.state();
    assert!(state.items.is_empty() && state.hooks.is_empty());
}

#[tokio::test]
async fn an_answer_goes_by_rest_where_no_webhook_waits_any_more_or_the_settings_say_so() {
    let mut first = world(AnswerBy::Twiml);
    let request_once = request(&parameters(&[]));
    {
        let mut gone = std::pin::pin!(first.hook.take(request_once));
        tokio::select! {
            biased;
            _ = gone.as_mut() => panic!("nothing has ended it"),
            inbound = first.inbox.recv() => {
                // The answer lies ready when the connection ends.
                let inbound = inbound.expect("a message");
                finish(&inbound, "Thanks");
            }
        }
    }
    assert_eq!(first.twilio.sender.waiting(), 1);

    let mut by_rest = world(AnswerBy::Rest);
    let work = async {
        let inbound = by_rest.inbox.recv().await.expect("a message");
        finish(&inbound, "Thanks");
    };
    let (answer, ()) = tokio::join!(by_rest.hook.take(request(&parameters(&[]))), work);
    assert_eq!(body(&answer), (200, "<Response/>"));
    assert_eq!(by_rest.twilio.sender.waiting(), 1);
}

#[test]
fn twilios_own_words_are_whole_texts_and_its_own_only_where_it_answers_them() {
    let mut world = world(AnswerBy::Twiml);
    for (text, its_own) in [
        ("STOP", true),
        (" help\n", true),
        ("Start", true),
        ("Info", true),
        ("help me", false),
        ("AYUDA", false),
        ("", false),
    ] {
        assert_eq!(world.twilio.answers_itself(text), its_own, "{text:?}");
    }
    drop(world.hook);
    let twilio = Arc::get_mut(&mut world.twilio).expect("no one else has it");
    twilio.answers_keywords = false;
    assert!(!twilio.answers_itself("HELP"));
}

#[tokio::test]
async fn twilios_own_opt_out_answer_is_the_only_one() {
    let mut world = world(AnswerBy::Rest);
    let work = async {
        let inbound = world.inbox.recv().await.expect("a message");
        finish(&inbound, "You get no more texts");
    };
    let parameters = parameters(&[("Body", "STOP"), ("OptOutType", "STOP")]);
    let (answer, ()) = tokio::join!(world.hook.take(request(&parameters)), work);
    assert_eq!(body(&answer), (200, "<Response/>"));
    assert_eq!(world.twilio.sender.waiting(), 0);
}

#[tokio::test]
async fn what_is_not_twilios_or_not_a_message_is_answered_plainly() {
    let mut world = world(AnswerBy::Twiml);
    let check = async |request: Request, status: u16| {
        let answer = world.hook.take(request).await;
        assert_eq!(answer.status, status, "{}", *answer.body);
        assert!(!answer.body.contains("5th"));
    };
    let signed = || request(&parameters(&[]));
    let mut forged = signed();
    forged.body.extend_from_slice(b"&Body=gone");
    check(forged, 403).await;
    let mut unsigned = signed();
    unsigned.headers.remove("x-twilio-signature");
    check(unsigned, 403).await;
    let mut shared = signed();
    shared.headers.insert(
        signature::SETTINGS,
        "key=1,algorithm=HMAC_SHA256".parse().expect("a value"),
    );
    check(shared, 403).await;
    let mut json = signed();
    json.headers
        .insert("content-type", "application/json".parse().expect("a value"));
    check(json, 415).await;
    let mut long = signed();
    long.body = Zeroizing::new(vec![b'a'; form::MAX_FORM + 1]);
    check(long, 413).await;
    check(
        request(&parameters(&[(
            "AccountSid",
            "AC0123456789abcdef0123456789abcde0",
        )])),
        422,
    )
    .await;
    check(request(&parameters(&[("To", "+12135550101")])), 422).await;
    check(request(&parameters(&[("MessageSid", "../../x")])), 422).await;
    check(request(&parameters(&[("SmsStatus", "delivered")])), 200).await;
    assert!(world.inbox.try_recv().is_err());
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_fix() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = folder.path().join("token");
    std::fs::write(&token, "\n").expect("a file");
    let outbox = Outbox::open(folder.path()).expect("an outbox");
    let check = |toml: &str, expected: &str| {
        let toml = format!("auth_token_file = {token:?}\n{toml}");
        let reason = match toml::from_str::<Settings>(&toml) {
            Err(error) => error.to_string(),
            Ok(settings) => {
                let (inbox, _) = mpsc::channel(1);
                let opened = Twilio::open(
                    &settings,
                    [1; 32],
                    outbox.clone(),
                    inbox,
                    CancellationToken::new(),
                );
                opened.map(|_| ()).expect_err("refused").to_string()
            }
        };
        assert!(reason.contains(expected), "{reason}");
    };
    let good = format!("account_sid = \"{ACCOUNT}\"\nnumber = \"{NUMBER}\"\n");
    check(&good, "first line");
    check(&format!("{good}poll = \"500ms\""), "`poll` must be");
    check(&format!("{good}answer = \"letter\""), "letter");
    check(&format!("{good}auth_token = \"12345\""), "auth_token");
    check(&good.replace(NUMBER, "213-555-0100"), "E.164");
    check(&good.replace(ACCOUNT, "AC1"), "32 hex digits");
}
