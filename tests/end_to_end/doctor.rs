//! `spotlight-edge doctor`: on a node where all works, while its edge runs, and with each part broken in turn.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use spotlight_tests::world::{Apart, cell, number};
use spotlight_tests::{diagnostics, process, scan, wait};

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

    let data = format!("data = {:?}", apart.folder().join("edge"));
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

#[test]
fn bad_usage_is_two() {
    let output = process::output("spotlight-edge", &["doctor"]);
    assert_eq!(output.status.code(), Some(2));
    let (lines, status) = doctor(Path::new("/nonexistent/edge.toml"));
    assert_eq!((lines.len(), status), (1, Some(1)));
}
