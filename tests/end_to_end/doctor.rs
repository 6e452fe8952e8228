//! `spotlight-edge doctor`: on a node where all works, while its edge runs, and with each part broken in turn.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spotlight_tests::process::free_port;
use spotlight_tests::server::{Says, Server};
use spotlight_tests::twilio::{ACCOUNT, NUMBER, TOKEN, Twilio};
use spotlight_tests::webhooks::{self, SECRET};
use spotlight_tests::world::{Apart, cell, number};
use spotlight_tests::{diagnostics, http, process, scan, wait};

/// What it says of a configuration, and its exit status.
fn doctor(configuration: &Path) -> (Vec<Value>, Option<i32>) {
    let configuration = configuration.to_str().expect("a plain name");
    let output = process::output(
        "spotlight-edge",
        &["doctor", "--config", configuration, "--json"],
    );
    (diagnostics::lines(&output), output.status.code())
}

fn line<'a>(lines: &'a [Value], check: &str) -> &'a Value {
    let found = lines.iter().find(|line| line["check"] == check);
    found.unwrap_or_else(|| panic!("no line about {check}: {lines:?}"))
}

/// The node's configuration with something changed, as another file beside it.
fn changed(apart: &Apart, change: impl Fn(String) -> String) -> PathBuf {
    let text = fs::read_to_string(apart.folder().join("edge.toml")).expect("the configuration");
    let path = apart.folder().join("changed.toml");
    fs::write(&path, change(text)).expect("a configuration can be written");
    path
}

/// One check fails with a fix, and what else there is is still looked at.
fn assert_fails(configuration: &Path, check: &str, detail: &str) {
    let (lines, status) = doctor(configuration);
    let failed = line(&lines, check);
    assert_eq!(failed["status"], "fail", "{failed}");
    let said = failed["detail"].as_str().expect("a text");
    assert!(said.contains(detail), "{said}");
    assert_ne!(failed["fix"], "", "{failed}");
    assert_eq!(status, Some(1));
    let others = lines.iter().filter(|line| line["status"] == "fail");
    assert_eq!(others.count(), 1, "{lines:?}");
}

#[test]
fn all_is_well_before_the_first_start_and_while_the_edge_runs() {
    let mut apart = Apart::prepare();
    let configuration = apart.folder().join("edge.toml");
    let (lines, status) = doctor(&configuration);
    let checks: Vec<_> = lines.iter().map(|line| line["check"].clone()).collect();
    assert_eq!(
        checks,
        [
            "configuration",
            "clock",
            "spool",
            "model",
            "gazetteer",
            "outbox",
            "answers",
            "broker"
        ]
    );
    assert_eq!(status, Some(0), "{lines:?}");
    for line in &lines {
        assert_eq!(
            diagnostics::keys(line),
            ["check", "detail", "fix", "status"]
        );
        // Whether this machine follows network time is not the test's to say.
        assert!(line["status"] == "ok" || line["check"] == "clock", "{line}");
        assert_eq!(line["status"] == "ok", line["fix"] == "", "{line}");
    }
    assert!(!apart.spool.0.exists(), "looking makes nothing");

    // A report that the hub, which does not run, cannot receipt; a message that cannot be read.
    apart.start_edge();
    apart
        .spool
        .text("a", &number(0), "police at Beverly & Vermont");
    apart.spool.put("b.pdu", number(1).as_bytes());
    wait::until_true("both are handled", wait::LONG, || {
        apart.spool.waiting() == ["b.refused"]
    });
    let (lines, status) = doctor(&configuration);
    assert_eq!(status, Some(0), "{lines:?}");
    let outbox = line(&lines, "outbox")["detail"].as_str().expect("a text");
    assert!(outbox.contains("in use by a running edge"), "{outbox}");
    assert!(outbox.contains("1 without a receipt"), "{outbox}");
    let spool = line(&lines, "spool");
    assert_eq!(spool["status"], "warn", "{spool}");
    assert_ne!(spool["fix"], "");

    // For people, one line a check; nobody is named.
    let output = process::output(
        "spotlight-edge",
        &["doctor", "--config", configuration.to_str().expect("plain")],
    );
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.lines().count(), lines.len(), "{text}");
    assert!(text.contains("warn  spool"), "{text}");
    let said = apart.folder().join("doctor.txt");
    fs::write(&said, text).expect("a file can be written");
    for n in [0, 1] {
        let found = scan::found_in(&said, &scan::number(&number(n)));
        assert!(found.is_empty(), "{found:?}");
    }
    // It took nothing from the edge that runs.
    apart.add_node();
    apart.start_hub();
    apart.map.wait_for(&cell("Beverly & Vermont"));
    apart.stop();
}

#[test]
fn each_part_that_is_broken_is_named_with_its_fix() {
    let mut apart = Apart::prepare();
    let after_key = |text: String, line: &str| {
        // Keys of the top level stand before the first section.
        text.replacen("[broker]", &format!("{line}\n[broker]"), 1)
    };

    let unknown = changed(&apart, |text| format!("colour = 1\n{text}"));
    let (lines, status) = doctor(&unknown);
    assert_eq!((lines.len(), status), (1, Some(1)), "{lines:?}");
    assert_eq!(line(&lines, "configuration")["status"], "fail");

    let spool = format!("spool = {:?}\n", apart.spool.0);
    let no_intake = changed(&apart, |text| text.replace(&spool, ""));
    assert_fails(&no_intake, "configuration", "no intake");
    // The edge says the same.
    let output = process::output(
        "spotlight-edge",
        &["run", "--config", no_intake.to_str().expect("plain")],
    );
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("no intake"), "{said}");

    // A model that is not the manifest's: one byte more.
    let models = apart.folder().join("models");
    fs::create_dir(&models).expect("a folder");
    for entry in fs::read_dir(process::top().join("models"))
        .expect("the models")
        .flatten()
    {
        if entry.path().is_file() {
            fs::copy(entry.path(), models.join(entry.file_name())).expect("a copy");
        }
    }
    let network = fs::read_dir(&models)
        .expect("the copy")
        .flatten()
        .find(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "onnx")
        });
    let network = network
        .expect("the network lies beside its manifest")
        .path();
    let mut bytes = fs::read(&network).expect("the network");
    bytes.push(0);
    fs::write(&network, bytes).expect("written");
    let model = changed(&apart, |text| {
        after_key(text, &format!("model = {models:?}"))
    });
    assert_fails(&model, "model", "sha256");

    let places = apart.folder().join("places.csv");
    fs::write(&places, "not places").expect("written");
    let gazetteer = changed(&apart, |text| {
        after_key(text, &format!("gazetteer = {places:?}"))
    });
    assert_fails(&gazetteer, "gazetteer", "places.csv");

    // Root may write everywhere, so what cannot be written is what is no folder.
    let file = apart.folder().join("file");
    fs::write(&file, "").expect("written");
    for (section, keys) in [
        ("smstools", ["incoming", "outgoing"]),
        ("gammu", ["inbox", "outbox"]),
    ] {
        let unwritable = changed(&apart, |text| {
            let [one, other] = keys;
            format!(
                "{text}[{section}]\n{one} = {file:?}\n{other} = {:?}\n",
                apart.folder()
            )
        });
        assert_fails(&unwritable, section, "file");
    }

    let data = format!("data = {:?}", apart.edge_data());
    let outbox = apart.folder().join("other");
    fs::create_dir(&outbox).expect("a folder");
    fs::write(outbox.join("outbox.redb"), "no database").expect("written");
    let broken = changed(&apart, |text| {
        text.replace(&data, &format!("data = {outbox:?}"))
    });
    assert_fails(&broken, "outbox", "outbox.redb");

    let tls = changed(&apart, |text| text.replace("mqtt://", "mqtts://"));
    assert_fails(&tls, "broker", "");
    apart.broker.kill();
    assert_fails(&apart.folder().join("edge.toml"), "broker", "no connection");
}

#[test]
fn a_broker_that_does_not_know_the_login_is_told_from_one_that_is_away() {
    let mut apart = Apart::prepare();
    let path = apart.broker.folder.join("mosquitto.conf");
    let text = fs::read_to_string(&path).expect("the broker's configuration");
    let passwords = apart.broker.folder.join("passwords");
    fs::write(&passwords, "").expect("written");
    fs::write(
        &path,
        text.replace(
            "allow_anonymous true",
            &format!(
                "allow_anonymous false\npassword_file {}",
                passwords.display()
            ),
        ),
    )
    .expect("written");
    apart.broker.stop();
    apart.broker.restart();
    let secret = apart.folder().join("password");
    fs::write(&secret, "hunter-two\n").expect("written");
    let login = changed(&apart, |text| {
        format!("{text}user = \"church-roof\"\npassword_file = {secret:?}\n")
    });
    assert_fails(&login, "broker", "refused the login");
    let (lines, _) = doctor(&login);
    assert!(!format!("{lines:?}").contains("hunter"), "{lines:?}");
}

/// A phone that tells of some events, to who knows the password.
fn phone(events: &'static [&'static str]) -> Server {
    let login = format!(
        "Basic {}",
        webhooks::base64(format!("sms:{SECRET}").as_bytes())
    );
    Server::start(move |asked, _| match asked.header("authorization") {
        Some(said) if said == login && asked.path == "/webhooks" => {
            let known: Vec<_> = events
                .iter()
                .map(|event| json!({ "id": "1", "url": "https://text.example.org/android", "event": event }))
                .collect();
            Says::file(
                "application/json",
                Value::from(known).to_string().as_bytes(),
            )
        }
        _ => Says::status(401),
    })
}

/// A reverse proxy that answers for itself: with this to GET, with that to POST.
fn proxy(get: fn() -> Says, post: fn() -> Says) -> Server {
    Server::start(move |asked, _| match asked.method.as_str() {
        "GET" => get(),
        _ => post(),
    })
}

#[test]
fn webhooks_and_providers_are_tried_and_what_is_wrong_is_named() {
    let mut apart = Apart::prepare();
    let twilio = Twilio::start();
    let telnyx = Server::start(|asked, _| match asked.header("authorization") {
        Some(said) if said == format!("Bearer {SECRET}") => {
            Says::file("application/json", br#"{"data":[]}"#)
        }
        _ => Says::status(401),
    });
    let android = phone(&["sms:received", "mms:downloaded"]);
    let file = |name: &str, content: &str| {
        let path = apart.folder().join(name);
        fs::write(&path, format!("{content}\n")).expect("a file can be written");
        path
    };
    let (token, secret) = (file("token", TOKEN), file("secret", SECRET));
    let (wrong_token, wrong_secret) = (file("wrong-token", "no"), file("wrong-secret", "no"));
    let port = free_port();
    let public_url = format!("http://127.0.0.1:{port}");
    twilio.set_webhook(&format!("{public_url}/twilio"));
    apart.configure_edge(&format!(
        "[http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"{public_url}\"\n\
         [twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token_file = {token:?}\nnumber = \"{NUMBER}\"\napi_url = \"{}\"\n\
         [telnyx]\npublic_key = \"{}\"\napi_key_file = {secret:?}\napi = \"{}\"\n\
         [android]\nsigning_key_file = {secret:?}\nurl = \"{}\"\npassword_file = {secret:?}\n\
         [webhook]\nsecret_file = {secret:?}\n\
         [limits]\nanswers_per_month = 3000\n",
        twilio.url(),
        webhooks::telnyx_public_key(),
        telnyx.url,
        android.url,
    ));
    let configuration = apart.folder().join("edge.toml");

    // Before the first start nobody can be tried but the providers.
    let (lines, status) = doctor(&configuration);
    assert_eq!(status, Some(0), "{lines:?}");
    let free = line(&lines, "listener")["detail"].as_str().expect("a text");
    assert!(free.contains("is free"), "{free}");
    assert!(lines.iter().all(|line| line["check"] != "twilio hook"));
    for provider in ["twilio", "telnyx", "android"] {
        assert_eq!(line(&lines, provider)["status"], "ok", "{lines:?}");
    }

    // Another program holds the port.
    let other = Server::start(|_, _| Says::file("text/html", b"<h1>It works!</h1>"));
    let taken = changed(&apart, |text| {
        text.replace(
            &format!("listen = \"127.0.0.1:{port}\""),
            &format!("listen = {:?}", other.url.trim_start_matches("http://")),
        )
    });
    assert_fails(&taken, "listener", "another program");

    apart.start_edge();
    wait::until_true("the edge listens", wait::LONG, || {
        http::try_get(&format!("{public_url}/healthz"), &[]).is_ok()
    });
    let (lines, status) = doctor(&configuration);
    assert_eq!(status, Some(0), "{lines:?}");
    let all = [
        "listener",
        "public_url",
        "twilio hook",
        "telnyx hook",
        "android hook",
        "webhook",
        "twilio",
        "telnyx",
        "android",
        "answers",
    ];
    for check in all {
        assert_eq!(line(&lines, check)["status"], "ok", "{lines:?}");
    }
    // Nobody's message: nothing comes of it.
    let outbox = line(&lines, "outbox")["detail"].as_str().expect("a text");
    assert!(
        outbox.contains("0 without a receipt, 0 removals open"),
        "{outbox}"
    );
    let said = format!("{lines:?}");
    for secret in [TOKEN, SECRET, NUMBER.trim_start_matches('+')] {
        assert!(!said.contains(secret), "{said}");
    }

    // What a proxy may do.
    let healthy = || Says::file("text/plain", b"ok\n");
    for (server, check, detail) in [
        (
            proxy(|| Says::status(502), || Says::status(502)),
            "public_url",
            "status 502",
        ),
        (
            proxy(
                || Says::redirect("https://other.example.org/".into()),
                || Says::status(200),
            ),
            "public_url",
            "redirect",
        ),
        (
            proxy(healthy, || Says::status(404)),
            "twilio hook",
            "not found",
        ),
        (
            proxy(healthy, || Says::status(200)),
            "twilio hook",
            "a wrong signature with status 200",
        ),
        (
            proxy(healthy, || Says::status(403)),
            "twilio hook",
            "refuses what is signed right",
        ),
    ] {
        let behind = changed(&apart, |text| {
            text.replace(
                &format!("public_url = \"{public_url}\""),
                &format!("public_url = \"{}\"", server.url),
            )
        });
        let (lines, status) = doctor(&behind);
        let failed = line(&lines, check);
        assert_eq!(
            (&failed["status"], status),
            (&json!("fail"), Some(1)),
            "{failed}"
        );
        assert!(
            failed["detail"]
                .as_str()
                .is_some_and(|said| said.contains(detail)),
            "{failed}"
        );
        assert_ne!(failed["fix"], "", "{failed}");
        // Twilio calls elsewhere, then.
        assert_eq!(line(&lines, "twilio")["status"], "warn", "{lines:?}");
    }

    // Secrets that are not the other side's, and not those that the running edge has read.
    let with = |right: &Path, wrong: &Path| {
        let path = changed(&apart, |text| {
            text.replace(&format!("{right:?}"), &format!("{wrong:?}"))
        });
        doctor(&path).0
    };
    let lines = with(&token, &wrong_token);
    for check in ["twilio", "twilio hook"] {
        assert_eq!(line(&lines, check)["status"], "fail", "{lines:?}");
    }
    let lines = with(&secret, &wrong_secret);
    for check in ["android", "android hook", "webhook", "telnyx"] {
        assert_eq!(line(&lines, check)["status"], "fail", "{lines:?}");
    }
    let refused = line(&lines, "telnyx")["detail"].as_str().expect("a text");
    assert!(refused.contains("refused"), "{refused}");
    let lines = with(&token, &apart.folder().join("nowhere"));
    let unread = line(&lines, "twilio")["detail"].as_str().expect("a text");
    assert!(unread.contains("nowhere"), "{unread}");

    // What the other side has not been told.
    twilio.set_webhook("https://demo.example.org/");
    let deaf = phone(&["sms:received"]);
    let path = changed(&apart, |text| text.replace(&android.url, &deaf.url));
    let (lines, status) = doctor(&path);
    assert_eq!(status, Some(0), "{lines:?}");
    assert_eq!(line(&lines, "twilio")["status"], "warn", "{lines:?}");
    let missing = line(&lines, "android");
    assert_eq!(missing["status"], "warn", "{missing}");
    assert!(
        missing["detail"]
            .as_str()
            .is_some_and(|said| said.contains("mms:downloaded"))
    );
    drop(deaf);
    assert_fails(&path, "android", "does not answer");
    let other = changed(&apart, |text| text.replace(NUMBER, "+12135550111"));
    assert_fails(&other, "twilio", "not this account's");

    apart.add_node();
    apart.start_hub();
    apart.map.wait_until_online();
    apart.stop();
    assert_eq!(diagnostics::rows(&apart.hub_data(), "reports"), 0);
}

#[test]
fn bad_usage_is_two() {
    let output = process::output("spotlight-edge", &["doctor"]);
    assert_eq!(output.status.code(), Some(2));
    let (lines, status) = doctor(Path::new("/nonexistent/edge.toml"));
    assert_eq!((lines.len(), status), (1, Some(1)));
}
