//! Webhooks of the generic kind, of Telnyx and of an Android phone, through real HTTP into the map: repeats, forgeries,
//! floods, slow and large requests, and a crash between the commit and the 2xx.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use spotlight_tests::process::{self, free_port};
use spotlight_tests::server::{Says, Server};
use spotlight_tests::webhooks::{
    self, OURS, Provider, SECRET, android, android_sms, generic, local_time, now, telnyx,
};
use spotlight_tests::world::{Apart, cell, number};
use spotlight_tests::{diagnostics, http, scan, wait};

const BEVERLY: &str = "police at Beverly & Vermont";
const VERMONT: &str = "police at 6th St & Vermont";
const FIGUEROA: &str = "police at 103rd St & Figueroa";
const THIRD: &str = "police at 3rd St & Vermont";

/// All that our own code would ever say; tract alone fills megabytes with the network's layers.
const LOG: (&str, &str) = ("SPOTLIGHT_LOG", "trace,tract=info,mio=info");

/// Edge, hub and broker, the edge with all three hooks.
struct World {
    apart: Apart,
    /// Where webhooks go.
    edge: String,
}

impl World {
    fn prepare(telnyx: &str, phone: &str) -> Self {
        let mut apart = Apart::prepare();
        let secret = apart.folder().join("secret");
        fs::write(&secret, format!("{SECRET}\n")).expect("a secret can be written");
        let port = free_port();
        let section = format!(
            "[http]\nlisten = \"127.0.0.1:{port}\"\n[webhook]\nsecret_file = {secret:?}\n\
             [telnyx]\npublic_key = \"{}\"\napi_key_file = {secret:?}\napi = \"{telnyx}\"\n\
             [android]\nsigning_key_file = {secret:?}\nurl = \"{phone}\"\npassword_file = {secret:?}\n\
             [limits]\nphotos_once = false\n",
            webhooks::telnyx_public_key(),
        );
        let mut file = OpenOptions::new()
            .append(true)
            .open(apart.folder().join("edge.toml"))
            .expect("the configuration");
        file.write_all(section.as_bytes())
            .expect("the configuration can be written");
        apart.add_node();
        apart.start_hub();
        Self {
            apart,
            edge: format!("http://127.0.0.1:{port}"),
        }
    }

    fn start(telnyx: &str, phone: &str) -> Self {
        let mut world = Self::prepare(telnyx, phone);
        world.start_edge(&[LOG]);
        world
    }

    fn start_edge(&mut self, environment: &[(&str, &str)]) {
        self.apart.start_edge_with(environment);
        let health = format!("{}/healthz", self.edge);
        wait::until_true("the edge listens", wait::LONG, || {
            self.apart
                .edge
                .as_mut()
                .expect("it was started")
                .assert_alive();
            http::try_get(&health, &[]).is_ok_and(|response| response.status == 200)
        });
    }

    /// Stops all; the hub then has so many reports.
    fn assert_reports(&mut self, expected: u64) {
        self.apart.stop();
        assert_eq!(
            diagnostics::rows(&self.apart.hub_data(), "reports"),
            expected
        );
    }
}

fn photo() -> Vec<u8> {
    fs::read(process::top().join("deploy/box/samples/police-car.jpg")).expect("our own sample")
}

#[test]
fn every_hook_reaches_the_map_once_and_answers_by_its_own_way() {
    let photo = photo();
    let picture = photo.clone();
    // The picture lies at another host than the API, behind a redirect to a third.
    let store = Server::start(move |_, _| Says::file("image/jpeg", &picture));
    let stored = format!("{}/stored.jpg", store.url);
    let media = Server::start(move |_, _| Says::redirect(stored.clone()));
    let api = Server::start(|_, before| match before {
        0 => Says {
            headers: vec![("Retry-After", "1".into())],
            ..Says::status(429)
        },
        _ => Says::status(200),
    });
    let part = photo.clone();
    let phone = Server::start(move |asked, _| match asked.method.as_str() {
        "GET" => Says::file("image/jpeg", &part),
        _ => Says::status(202),
    });
    let mut world = World::start(&api.url, &phone.url);
    let edge = world.edge.clone();

    // Generic: the answer comes back in the 200, once.
    let body = generic("g1", &number(0), BEVERLY);
    let first = Provider::Generic.send(&edge, &body);
    assert_eq!(first.status, 200);
    let answer = first.json()["answer"].as_str().map(str::to_owned);
    assert!(answer.expect("an answer").contains("Beverly"));
    let again = Provider::Generic.send(&edge, &body);
    assert_eq!(
        (again.status, again.json()["answer"].clone()),
        (200, Value::Null)
    );
    world.apart.map.wait_for(&cell(BEVERLY));

    // Telnyx: a picture, and the answer by REST though the first call was told to wait.
    let pictures = json!([
        { "url": format!("{}/picture.jpg", media.url), "content_type": "image/jpeg", "size": photo.len() },
        { "url": format!("{}/smil", media.url), "content_type": "application/smil", "size": 9 },
    ]);
    let body = telnyx("t1", &number(1), VERMONT, &pictures);
    assert_eq!(Provider::Telnyx.send(&edge, &body).status, 200);
    assert_eq!(Provider::Telnyx.send(&edge, &body).status, 200);
    world.apart.map.wait_for_level(&cell(VERMONT), "photo");
    let asked = api.wait_for(2);
    for asked in &asked {
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/v2/messages")
        );
        assert_eq!(
            asked.header("authorization"),
            Some(format!("Bearer {SECRET}").as_str())
        );
        let sent = asked.json();
        assert_eq!(sent["to"], number(1));
        assert_eq!(sent["from"], OURS);
        assert!(
            sent["text"]
                .as_str()
                .is_some_and(|text| text.contains("Vermont"))
        );
    }
    assert_eq!(
        (media.asked().len(), store.asked().len()),
        (1, 1),
        "each once"
    );
    for asked in media.asked().iter().chain(&store.asked()) {
        assert_eq!(
            asked.header("authorization"),
            None,
            "no key goes to another host"
        );
    }
    let other = json!({ "data": { "event_type": "message.finalized", "id": "e", "payload": { "id": "t9" } } });
    assert_eq!(Provider::Telnyx.send(&edge, &other).status, 200);

    // Android: one text under two events, an MMS that is announced and then there, data.
    let text = android_sms(&number(2), FIGUEROA, &local_time());
    for event_id in ["e1", "e2", "e2"] {
        let body = android(event_id, "sms:received", &text);
        assert_eq!(Provider::Android.send(&edge, &body).status, 200);
    }
    world.apart.map.wait_for(&cell(FIGUEROA));
    let announced = json!({ "messageId": "mms_1", "sender": number(3), "transactionId": "T1", "size": 9,
        "contentClass": "IMAGE_BASIC", "receivedAt": local_time() });
    let body = android("e3", "mms:received", &announced);
    assert_eq!(Provider::Android.send(&edge, &body).status, 200);
    let downloaded = json!({ "messageId": "12", "sender": number(3), "recipient": null, "simNumber": null,
        "subject": null, "body": THIRD, "receivedAt": local_time(), "attachments": [
            { "partId": 1, "contentType": "application/smil", "name": "smil", "size": 3, "data": "eA==" },
            { "partId": 7, "contentType": "image/jpeg", "name": "a.jpg", "size": photo.len(), "data": null },
        ] });
    let body = android("e4", "mms:downloaded", &downloaded);
    assert_eq!(Provider::Android.send(&edge, &body).status, 200);
    world.apart.map.wait_for_level(&cell(THIRD), "photo");
    let asked = phone.wait_for(3);
    let login = format!(
        "Basic {}",
        webhooks::base64(format!("sms:{SECRET}").as_bytes())
    );
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("authorization") == Some(login.as_str()))
    );
    let (gets, posts): (Vec<_>, Vec<_>) = asked.iter().partition(|asked| asked.method == "GET");
    assert_eq!(gets.len(), 1);
    assert_eq!(gets[0].path, "/inbox/12/attachments/7");
    assert_eq!(posts.len(), 2, "one answer a message");
    let answer = posts[0].json();
    assert_eq!(
        (&posts[0].path, &answer["phoneNumbers"]),
        (&"/message".to_owned(), &json!([number(2)]))
    );
    assert_eq!(answer["simNumber"], 2);
    assert!(
        answer["message"]
            .as_str()
            .is_some_and(|text| text.contains("Figueroa"))
    );

    // Nobody's number, text or photo is left anywhere.
    let mut secrets: Vec<_> = (0..4).flat_map(|n| scan::number(&number(n))).collect();
    for text in [BEVERLY, VERMONT, FIGUEROA, THIRD] {
        secrets.extend(scan::text(text));
    }
    secrets.extend(scan::photo(&photo));
    let files = scan::files(world.apart.folder(), &[]);
    assert!(files.iter().any(|path| path.ends_with("outbox.redb")));
    scan::assert_none(&files, &secrets);
    world.assert_reports(4);
    assert_eq!(api.asked().len(), 2, "no answer is sent twice");
    assert_eq!(phone.asked().len(), 3, "no answer is sent twice");
}

#[test]
fn forged_late_large_and_shapeless_requests_are_refused_and_cost_nothing() {
    let mut world = World::start("http://127.0.0.1:9", "http://127.0.0.1:9");
    let edge = world.edge.clone();
    let send = |provider: Provider, headers: &[(&'static str, String)], body: &str| {
        let answer = provider.send_with(&edge, headers, body);
        answer
            .unwrap_or_else(|error| panic!("{provider:?}: {error}"))
            .status
    };
    let bodies = [
        (
            Provider::Generic,
            generic("f1", &number(10), BEVERLY).to_string(),
        ),
        (
            Provider::Telnyx,
            telnyx("f1", &number(10), BEVERLY, &json!([])).to_string(),
        ),
        (
            Provider::Android,
            android(
                "f1",
                "sms:received",
                &android_sms(&number(10), BEVERLY, &local_time()),
            )
            .to_string(),
        ),
    ];
    for (provider, body) in &bodies {
        let provider = *provider;
        let good = provider.headers(body, now());
        assert_eq!(
            send(provider, &good, &body.replace("Beverly", "beverly")),
            403
        );
        assert_eq!(send(provider, &good[..2], body), 403, "unsigned");
        assert_eq!(send(provider, &[], body), 403, "unsigned");
        for time in [now() - 600, now() + 600] {
            assert_eq!(
                send(provider, &provider.headers(body, time), body),
                403,
                "not now"
            );
        }
        let mut other = good.clone();
        other[1].1 = (now() + 1).to_string();
        assert_eq!(send(provider, &other, body), 403, "another time");
        for shapeless in ["", "{", "[]", "{\"data\":{}}", "{\"id\":\"x\",\"from\":1}"] {
            let headers = provider.headers(shapeless, now());
            assert_eq!(send(provider, &headers, shapeless), 400, "{shapeless}");
        }
        let large = "x".repeat(7 * 1024 * 1024);
        assert_eq!(send(provider, &good, &large), 413);
    }
    let get = http::get(&format!("{edge}/webhook"));
    assert_eq!(get.status, 405);
    assert_eq!(http::get(&format!("{edge}/other")).status, 404);
    let log = world.apart.edge.as_ref().expect("it runs").stderr();
    assert!(
        log.contains("webhook requests were refused"),
        "they are counted"
    );
    // What is good goes through all the same.
    assert_eq!(
        Provider::Generic
            .send(&edge, &generic("g1", &number(11), VERMONT))
            .status,
        200
    );
    world.apart.map.wait_for(&cell(VERMONT));
    world.assert_reports(1);
}

#[test]
fn floods_and_slow_requests_do_not_keep_out_what_is_good() {
    let mut world = World::start("http://127.0.0.1:9", "http://127.0.0.1:9");
    let edge = world.edge.clone();
    let host = edge.trim_start_matches("http://").to_owned();
    // More than all connections that there are: heads that do not end, bodies that do not come.
    let mut slow = Vec::new();
    for n in 0..300 {
        let mut stream = TcpStream::connect(&host).expect("the backlog takes it");
        let begun: &[u8] = if n % 2 == 0 {
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-Slow: "
        } else {
            b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"
        };
        stream.write_all(begun).expect("it is sent");
        slow.push(stream);
    }
    let start = Instant::now();
    let body = generic("s1", &number(20), BEVERLY);
    wait::until_true("a good one comes through", wait::LONG, || {
        Provider::Generic
            .try_send(&edge, &body)
            .is_ok_and(|answer| answer.status == 200)
    });
    world.apart.map.wait_for(&cell(BEVERLY));
    // Whoever was slow has been told, or cut off, by now or soon.
    for stream in &mut slow {
        stream
            .set_read_timeout(Some(wait::LONG))
            .expect("a timeout");
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        assert!(answer.is_empty() || answer.contains("408"), "{answer}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(90),
        "{:?}",
        start.elapsed()
    );

    // Forgeries from four sides at once.
    let forged = body.to_string();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let flood = || {
            let headers = [
                ("X-Spotlight-Timestamp", now().to_string()),
                ("X-Spotlight-Signature", "0".repeat(64)),
            ];
            (0..500)
                .filter_map(|_| Provider::Generic.send_with(&edge, &headers, &forged).ok())
                .map(|answer| answer.status)
                .collect::<Vec<_>>()
        };
        let floods: Vec<_> = (0..4).map(|_| scope.spawn(flood)).collect();
        let good = generic("s2", &number(21), VERMONT);
        wait::until_true("a good one comes through", wait::LONG, || {
            Provider::Generic
                .try_send(&edge, &good)
                .is_ok_and(|answer| answer.status == 200)
        });
        let ended = floods
            .into_iter()
            .map(|flood| flood.join().expect("it ends"));
        ended.flatten().collect()
    });
    assert!(statuses.len() > 1000, "{}", statuses.len());
    assert!(
        statuses.iter().all(|status| [403, 429].contains(status)),
        "{statuses:?}"
    );
    world.apart.map.wait_for(&cell(VERMONT));
    let running = world.apart.edge.as_mut().expect("it runs");
    running.assert_alive();
    let log = running.stderr();
    let refused = log.matches("webhook requests were refused").count();
    assert!(refused < 20, "a flood is few lines: {refused}");
    world.assert_reports(2);
}

#[test]
fn a_crash_between_commit_and_2xx_makes_one_report() {
    let api = Server::start(|_, _| Says::status(200));
    let phone = Server::start(|_, _| Says::status(202));
    let mut world = World::prepare(&api.url, &phone.url);
    let time = local_time();
    let messages = [
        (
            Provider::Generic,
            generic("c1", &number(30), BEVERLY),
            BEVERLY,
        ),
        (
            Provider::Telnyx,
            telnyx("c1", &number(31), VERMONT, &json!([])),
            VERMONT,
        ),
        (
            Provider::Android,
            android(
                "c1",
                "sms:received",
                &android_sms(&number(32), FIGUEROA, &time),
            ),
            FIGUEROA,
        ),
    ];
    for (provider, body, _) in &messages {
        world.start_edge(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
        let answer = provider.try_send(&world.edge, body);
        assert!(answer.is_err(), "{provider:?} got {answer:?}");
        let edge = world.apart.edge.take().expect("it was started");
        assert!(!edge.wait_for_end(wait::LONG).success());
    }
    world.start_edge(&[]);
    for (provider, body, text) in &messages {
        let answer = provider.send(&world.edge, body);
        assert_eq!(answer.status, 200, "{provider:?}");
        if *provider == Provider::Generic {
            assert_eq!(answer.json()["answer"], Value::Null);
        }
        world.apart.map.wait_for(&cell(text));
    }
    // A restart in good order knows them still.
    let edge = world.apart.edge.take().expect("it runs");
    assert_eq!(edge.terminate().0.code(), Some(0));
    world.start_edge(&[]);
    for (provider, body, _) in &messages {
        assert_eq!(provider.send(&world.edge, body).status, 200, "{provider:?}");
    }
    world.assert_reports(3);
    assert_eq!((api.asked().len(), phone.asked().len()), (0, 0));
}

#[test]
fn a_configuration_that_cannot_work_says_so() {
    let start = |section: &str| {
        let mut apart = Apart::prepare();
        let path = apart.folder().join("edge.toml");
        let text = fs::read_to_string(&path).expect("the configuration");
        fs::write(&path, text + section).expect("the configuration can be written");
        apart.start_edge();
        let edge = apart.edge.take().expect("it was started");
        assert!(!edge.wait_for_end(wait::LONG).success());
        fs::read_to_string(apart.logs.join("edge.0.err")).expect("its log")
    };
    let log = start("[webhook]\nsecret_file = \"/nonexistent/secret\"\n");
    assert!(log.contains("/nonexistent/secret"), "{log}");
    let log = start("[telnyx]\npublic_key = \"x\"\napi_key_file = \"/nonexistent/key\"\n");
    assert!(log.contains("public_key"), "{log}");
    let log = start("[webhook]\nsecret = \"hush-hush\"\n");
    assert!(log.contains("secret_file"), "{log}");
    assert!(!log.contains("hush"), "{log}");
}
