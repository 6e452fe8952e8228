//! The modem simulator is a modem to Debian's own programs, and to whoever runs it by hand.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use spotlight_tests::modem::{Options, Simulator, Vendor, control};
use spotlight_tests::modem_programs::{Gammu, ModemManager, Smsd};
use spotlight_tests::{process, sms, wait};

const NUMBER: &str = "+12135550100";

/// Real PDUs, reports and malformed ones among them.
fn vectors() -> Vec<String> {
    let file = process::top().join("../shared/vectors/sms/deliver.jsonl");
    let text = fs::read_to_string(file).expect("the vectors beside the repository");
    control::pdus(&text).expect("the vectors are PDUs")
}

fn is_report(pdu: &str) -> bool {
    let smsc = usize::from_str_radix(&pdu[..2], 16).expect("hex");
    let first = u8::from_str_radix(&pdu[2 + 2 * smsc..][..2], 16).expect("hex");
    first & 3 == 2
}

#[test]
fn smsd_receives_and_deletes_all_messages_and_sends_one() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let logs = folder.path().join("logs");
    let options = Options {
        vendor: Vendor::Huawei,
        slots: 10,
        ..Options::default()
    };
    let simulator = Simulator::start(options, &folder.path().join("dev")).expect("a modem");
    let vectors = vectors();
    for pdu in &vectors {
        simulator.deliver(pdu).expect("a PDU");
    }
    assert!(simulator.waiting() > 20, "the SIM is full long since");

    let smsd = Smsd::start(&simulator, &folder.path().join("smsd"), &logs);
    smsd.send("answer", NUMBER, "Thanks. It shows until 2:30 pm.");
    wait::until_true("all is received and deleted", 2 * wait::LONG, || {
        simulator.stored("SM").is_empty() && simulator.waiting() == 0
    });
    wait::until_true("the answer is sent", wait::LONG, || {
        !simulator.sent().is_empty()
    });
    let messages = vectors.iter().filter(|pdu| !is_report(pdu)).count();
    wait::until_true("every message is a file", wait::LONG, || {
        smsd.incoming().len() == messages
    });
    let sent = simulator.sent();
    assert_eq!(
        (&*sent[0].number, &*sent[0].text),
        (NUMBER, "Thanks. It shows until 2:30 pm.")
    );
    assert_eq!(sent.len(), 1);
    assert_eq!(simulator.stored("SR").len(), vectors.len() - messages);
    smsd.stop();
    wait::until_true("the port is closed", wait::LONG, || !simulator.openings().0);
}

#[test]
fn smsd_survives_a_modems_noise() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        vendor: Vendor::Quectel,
        baud: Some(115_200),
        ..Options::default()
    };
    let simulator = Simulator::start(options, &folder.path().join("dev")).expect("a modem");
    let smsd = Smsd::start(
        &simulator,
        &folder.path().join("smsd"),
        &folder.path().join("logs"),
    );
    simulator.fault("split 5".parse().expect("a fault"));
    for text in ["one", "two"] {
        let pdus = sms::deliver(NUMBER, text);
        simulator.deliver(&pdus[0]).expect("a PDU");
    }
    wait::until_true("both are read", 2 * wait::LONG, || {
        smsd.incoming().len() == 2
    });
    wait::until_true("they are deleted", wait::LONG, || {
        simulator.stored("ME").is_empty()
    });
    smsd.stop();
}

#[test]
fn gammu_receives_and_deletes_and_sends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        vendor: Vendor::Sierra,
        ..Options::default()
    };
    let simulator = Simulator::start(options, &folder.path().join("dev")).expect("a modem");
    let long = "police at the corner of 5th and San Pedro, two cars. ".repeat(5);
    let texts = ["police 5th & San Pedro", "ya se fueron", long.as_str()];
    let pdus: Vec<_> = texts
        .iter()
        .flat_map(|text| sms::deliver(NUMBER, text))
        .collect();
    for pdu in &pdus {
        simulator.deliver(pdu).expect("a PDU");
    }
    let gammu = Gammu::start(
        &simulator,
        &folder.path().join("gammu"),
        &folder.path().join("logs"),
    );
    gammu.send(NUMBER, "Thanks. It shows until 2:30 pm.");
    wait::until_true("all is received and deleted", 2 * wait::LONG, || {
        gammu.inbox().len() == pdus.len() && simulator.stored("SM").is_empty()
    });
    wait::until_true("the answer is sent", wait::LONG, || {
        !simulator.sent().is_empty()
    });
    assert_eq!(simulator.sent()[0].text, "Thanks. It shows until 2:30 pm.");
    gammu.stop();
}

#[test]
fn modem_manager_enables_it_and_lists_deletes_and_sends() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options {
        vendor: Vendor::Ublox,
        ..Options::default()
    };
    let simulator = Simulator::start(options, &folder.path().join("dev")).expect("a modem");
    let long = "police at the corner of 5th and San Pedro, two cars, no lights. ".repeat(6);
    let texts = [
        "police 5th & San Pedro",
        "policía en 6ta y Vermont 🚓",
        "GONE",
        long.as_str(),
    ];
    for text in texts {
        for pdu in sms::deliver(NUMBER, text) {
            simulator.deliver(&pdu).expect("a PDU");
        }
    }
    let manager = ModemManager::start(&simulator, folder.path(), &folder.path().join("logs"));
    manager.enable();
    let listed = |wanted: &[&str]| {
        let messages = manager.messages();
        let mut found: Vec<_> = messages
            .iter()
            .filter(|(state, _, _)| state == "received")
            .map(|(_, text, _)| text.trim().to_owned())
            .collect();
        let mut wanted: Vec<_> = wanted.iter().map(|text| text.trim().to_owned()).collect();
        found.sort();
        wanted.sort();
        (found == wanted).then_some(messages)
    };
    wait::until("all messages are listed", wait::LONG, || listed(&texts));

    simulator
        .deliver(&sms::deliver(NUMBER, "one more")[0])
        .expect("a PDU");
    let all = [&texts[..], &["one more"]].concat();
    let messages = wait::until("a new one is noticed", wait::LONG, || listed(&all));
    for (_, _, path) in messages {
        manager.delete(&path);
    }
    assert_eq!(simulator.stored("MT"), []);

    manager.send(NUMBER, "Thanks. It shows until 2:30 pm.");
    let sent = simulator.sent();
    assert_eq!(
        (&*sent[0].number, &*sent[0].text),
        (NUMBER, "Thanks. It shows until 2:30 pm.")
    );
    manager.stop();
}

/// The program, run by hand.
struct ByHand {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl ByHand {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(process::binary("modem-sim"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("modem-sim starts");
        let lines = BufReader::new(child.stdout.take().expect("its stdout"));
        Self { child, lines }
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn say(&mut self, line: &str) -> Value {
        let stdin = self.child.stdin.as_mut().expect("its stdin");
        writeln!(stdin, "{line}").expect("it reads");
        self.line()
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(port: &mut File, command: &str, end: &str) -> String {
    port.write_all(command.as_bytes())
        .expect("the port takes a command");
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(end.as_bytes()) {
        port.read_exact(&mut byte).expect("the modem answers");
        answer.push(byte[0]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn open(path: &Path) -> File {
    OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .expect("the port opens")
}

#[test]
fn the_program_is_moved_about_by_lines() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fifo = folder.path().join("control");
    assert!(
        process::system("mkfifo", &[&fifo.to_string_lossy()])
            .status
            .success()
    );
    let mut sim = ByHand::start(&[
        "--vendor",
        "ublox",
        "--dir",
        &folder.path().to_string_lossy(),
        "--control",
        &fifo.to_string_lossy(),
    ]);
    let first = sim.line();
    let device = PathBuf::from(first["device"].as_str().expect("the port's stable name"));
    assert_eq!(
        fs::read_link(&device).ok(),
        first["pty"].as_str().map(PathBuf::from)
    );
    sim.say("text +12135550100 police 5th & San Pedro");
    let mut port = open(&device);
    assert!(ask(&mut port, "ATE0;+CMGL=4\r", "OK\r\n").contains("+CMGL: 1,0,,"));
    assert_eq!(sim.say("fault silence power")["done"], "fault");
    port.write_all(b"AT\r").expect("the port takes a command");
    assert_eq!(sim.say("status")["silent"], true);
    // As a power hook does.
    fs::write(&fifo, "power\n").expect("the FIFO takes a line");
    assert_eq!(sim.line()["done"], "power");
    ask(&mut port, "AT\r", "OK\r\n");
    ask(&mut port, "AT+CMGF=1;+CMGS=\"+12135550100\"\r", "> ");
    ask(&mut port, "Thanks.\x1a", "OK\r\n");
    assert_eq!(sim.line()["sent"]["text"], "Thanks.");
    drop(port);
    sim.say("unplug");
    assert!(!device.exists());
    assert_ne!(sim.say("replug")["pty"], first["pty"]);
    assert!(sim.say("dance")["error"].is_string());
    writeln!(sim.child.stdin.as_mut().expect("its stdin"), "quit").expect("it reads");
    assert!(sim.child.wait().expect("it ends").success());

    let help = process::output("modem-sim", &["--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("examples:"));
    assert_eq!(
        process::output("modem-sim", &["--vendor", "acme"])
            .status
            .code(),
        Some(2)
    );
}
