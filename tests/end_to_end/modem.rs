//! The edge on a simulated modem: the SIM is the inbox, and whatever the modem does, each message is one report and the SIM
//! ends empty.

use std::time::Duration;

use serde_json::Value;
use spotlight_tests::modem::{Cure, Fault, Options, Simulator, Vendor};
use spotlight_tests::random::Random;
use spotlight_tests::world::{Apart, cell, number, texts_all_over};
use spotlight_tests::{diagnostics, process, scan, sms, wait};

const SEED: u64 = 20_261_126;

/// Some of these tests wait for a modem that was silent for half a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// An edge whose only inbox is a modem.
struct World {
    apart: Apart,
    simulator: Simulator,
}

impl World {
    fn prepare(options: Options) -> Self {
        let apart = Apart::prepare();
        let simulator = Simulator::start(options, &apart.folder().join("dev")).expect("a modem");
        let section = format!("[modem]\nport = {:?}\npoll = \"1s\"\n", simulator.device());
        apart.configure_edge(&section);
        apart.add_node();
        Self { apart, simulator }
    }

    fn start(options: Options) -> Self {
        let mut world = Self::prepare(options);
        world.run();
        world
    }

    fn run(&mut self) {
        self.apart.start_hub();
        self.apart.start_edge();
        self.apart.map.wait_until_online();
    }

    fn text(&self, from: usize, text: &str) {
        for pdu in sms::deliver(&number(from), text) {
            self.simulator.deliver(&pdu).expect("a PDU");
        }
    }

    fn wait_until_empty(&self) {
        wait::until_true("the SIM is empty", PATIENCE, || self.simulator.is_empty());
    }

    /// What was sent to one of the numbers.
    fn answers(&self, to: usize) -> Vec<String> {
        let sent = self.simulator.sent();
        let own = sent.into_iter().filter(|sent| sent.number == number(to));
        own.map(|sent| sent.text).collect()
    }

    fn first_answer(&self, to: usize) -> String {
        wait::until("an answer", wait::LONG, || {
            self.answers(to).into_iter().next()
        })
    }
}

#[test]
fn messages_of_every_kind_become_reports_and_answers_and_the_sim_ends_empty() {
    for vendor in [Vendor::Quectel, Vendor::Huawei, Vendor::Ublox] {
        let options = Options {
            vendor,
            slots: 10,
            ..Options::default()
        };
        let world = World::prepare(options);
        // While nobody reads, the SIM fills, also with what is no message to us: an unknown push, and one that tells of
        // a multimedia message.
        world.text(1, "police at 5th & san pedro");
        let unknown = sms::deliver_data(&number(2), b"\x01\x06\x04\x03\xae\x81\xeaHello");
        world.simulator.deliver(&unknown).expect("a PDU");
        let long = format!(
            "policía en 6th & vermont {}",
            "y hay muchos carros ".repeat(12)
        );
        let mut parts = sms::deliver(&number(3), &long);
        assert!(parts.len() > 2);
        parts.reverse();
        // The network brings one of them twice.
        parts.push(parts[0].clone());
        for part in &parts {
            world.simulator.deliver(part).expect("a PDU");
        }
        let mut world = world;
        world.run();
        world.apart.map.wait_for(&cell("5th & san pedro"));
        world.apart.map.wait_for(&cell("6th & vermont"));
        world.wait_until_empty();
        world.text(4, "cops at 103rd St & Figueroa");
        world.apart.map.wait_for(&cell("103rd St & Figueroa"));
        wait::until_true("all are answered", wait::LONG, || {
            [1, 3, 4].iter().all(|to| !world.answers(*to).is_empty())
        });
        assert!(
            world.answers(1)[0].starts_with("Got it: police at "),
            "{:?}",
            world.answers(1)
        );
        assert!(
            world.answers(3)[0].starts_with("Recibido: policia en "),
            "{:?}",
            world.answers(3)
        );
        world.wait_until_empty();
        world.apart.wait_for_reports(3);
        let logs = scan::files(&world.apart.logs, &[]);
        for n in 1..=4 {
            scan::assert_none(&logs, &scan::number(&number(n)));
        }
        world.apart.stop();
    }
}

#[test]
fn killed_at_any_moment_each_message_is_one_report_and_its_slot_is_freed() {
    let mut random = Random::new(SEED);
    let messages = texts_all_over(60);
    let mut world = World::start(Options {
        vendor: Vendor::Simcom,
        slots: 20,
        ..Options::default()
    });
    for (round, some) in messages.chunks(6).enumerate() {
        for (n, (text, _)) in some.iter().enumerate() {
            world.text(round * 6 + n, text);
        }
        let left = random.below(some.len() + 1);
        wait::until_true("some messages are taken", PATIENCE, || {
            world.simulator.stored("SM").len() <= left
        });
        std::thread::sleep(random.time_below(Duration::from_millis(40)));
        world.apart.kill_edge();
        world.apart.start_edge();
    }
    world.wait_until_empty();
    world.apart.wait_for_reports(messages.len());
    let cells = messages.into_iter().map(|(_, cell)| cell).collect();
    world.apart.map.wait_for_exactly(&cells);
}

#[test]
fn killed_between_commit_and_deletion_it_deletes_and_does_not_report_again() {
    let mut world = World::prepare(Options::default());
    world.text(1, "police at 6th & vermont");
    world.apart.start_hub();
    world
        .apart
        .start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    let edge = world.apart.edge.take().expect("it was started");
    assert!(!edge.wait_for_end(wait::LONG).success());
    assert_eq!(
        world.simulator.stored("SM").len(),
        1,
        "it died before the deletion"
    );
    // Meanwhile the slot is not anybody else's: what comes next has its own.
    world.text(2, "police at 5th & san pedro");
    world.apart.start_edge();
    world.apart.map.wait_for(&cell("5th & san pedro"));
    world.apart.map.wait_for(&cell("6th & vermont"));
    world.wait_until_empty();
    world.apart.wait_for_reports(2);
}

#[test]
fn whatever_a_modem_does_nothing_is_lost() {
    let faults = [
        Fault::UrcMemory("MT".to_owned()),
        Fault::UrcInAnswer,
        Fault::Split(3),
        Fault::EchoAlways,
        Fault::ErrorThenOk,
        Fault::ExtraFields,
        Fault::EmptySlotError,
        Fault::HalfPdu,
        Fault::Clock1970,
        Fault::NoSimFiles,
        Fault::RefuseDelete,
        Fault::LoseDelete,
        Fault::SendFails(500),
    ];
    let messages = texts_all_over(faults.len() * 3);
    let mut world = World::start(Options::default());
    for (some, fault) in messages.chunks(3).zip(faults) {
        let name = format!("{fault:?}");
        let pulls_the_plug = fault == Fault::HalfPdu;
        world.simulator.fault(fault);
        for (n, (text, _)) in some.iter().enumerate() {
            world.text(n, text);
        }
        if pulls_the_plug {
            wait::until_true("the port is gone", PATIENCE, || {
                world.simulator.pty().is_none()
            });
            world.simulator.replug();
        }
        for (_, cell) in some {
            wait::until(
                &format!("{cell} shows in spite of {name}"),
                PATIENCE,
                || world.apart.map.sighting(cell),
            );
        }
        wait::until_true(
            &format!("the SIM is empty in spite of {name}"),
            PATIENCE,
            || world.simulator.is_empty(),
        );
        world.simulator.mend();
    }
    world.apart.wait_for_reports(messages.len());
    world.apart.stop();
}

#[test]
fn ten_notifications_in_one_write_are_ten_messages() {
    let messages = texts_all_over(10);
    let world = World::start(Options::default());
    let pdus = messages.iter().enumerate();
    let pdus: Vec<String> = pdus
        .flat_map(|(n, (text, _))| sms::deliver(&number(n), text))
        .collect();
    world
        .simulator
        .with(|modem| modem.deliver_together(&pdus))
        .expect("PDUs");
    world.wait_until_empty();
    world.apart.wait_for_reports(10);
}

#[test]
fn a_modem_that_is_pulled_out_or_hangs_is_found_again() {
    let mut world = World::start(Options::default());
    world.text(1, "police at 5th & san pedro");
    world.apart.map.wait_for(&cell("5th & san pedro"));
    let before = world.simulator.pty();
    world.simulator.unplug();
    world.text(2, "police at 6th & vermont");
    world.simulator.replug();
    wait::until("6th & vermont shows", PATIENCE, || {
        world.apart.map.sighting(&cell("6th & vermont"))
    });
    assert_ne!(world.simulator.pty(), before, "under another number");
    world.wait_until_empty();
    // In the middle of a list, until it is restarted.
    world.simulator.fault(Fault::HangInList {
        after: 30,
        cure: Cure::Restart,
    });
    world.text(3, "police at 103rd St & Figueroa");
    wait::until("103rd & Figueroa shows", PATIENCE, || {
        world.apart.map.sighting(&cell("103rd St & Figueroa"))
    });
    world.wait_until_empty();
    world.apart.wait_for_reports(3);
    world.apart.stop();
}

#[test]
fn where_parts_that_wait_fill_the_sim_the_oldest_goes_as_it_stands_and_says_so() {
    let messages = texts_all_over(8);
    let options = Options {
        slots: 10,
        ..Options::default()
    };
    let mut world = World::start(options);
    // The first part of each.
    let long: Vec<Vec<String>> = (1..)
        .zip(&messages)
        .map(|(from, (text, _))| {
            let long = format!("{text} {}", "and many cars ".repeat(14));
            sms::deliver(&number(from), &long)
        })
        .collect();
    for parts in &long {
        assert_eq!(parts.len(), 2);
        world.simulator.deliver(&parts[0]).expect("a PDU");
    }
    // Eight of ten is too much, seven are not.
    wait::until_true("the SIM has room", PATIENCE, || {
        world.simulator.stored("SM").len() == 7
    });
    world.apart.wait_for_reports(1);
    world.apart.map.wait_for(&messages[0].1);
    let answer = world.first_answer(1);
    assert!(
        answer.contains("Part of your text did not come."),
        "{answer}"
    );
    // The others come whole.
    for parts in &long[1..] {
        world.simulator.deliver(&parts[1]).expect("a PDU");
    }
    world.wait_until_empty();
    world.apart.wait_for_reports(8);
    let answer = world.first_answer(8);
    assert!(answer.starts_with("Got it: police at "), "{answer}");
    world.apart.stop();
}

#[test]
fn pushes_that_nobody_wants_pile_up_and_hold_nothing_back() {
    let options = Options {
        slots: 10,
        ..Options::default()
    };
    let mut world = World::prepare(options);
    let pushes: [&[u8]; 3] = [
        b"\x01\x06\x04\x03\xae\x81\xeaHello",
        b"\x02\x06\x01\xb6other",
        b"\x03\x06\xff\xff\xff\xff\xff\xff",
    ];
    // More than the SIM takes: the network keeps the rest, and the texts behind it.
    for n in 0..45 {
        let pdu = match n {
            30 => sms::deliver(&number(30), "police at 5th & san pedro").remove(0),
            44 => sms::deliver(&number(44), "police at 6th & vermont").remove(0),
            n => sms::deliver_data(&number(n), pushes[n % 3]),
        };
        world.simulator.deliver(&pdu).expect("a PDU");
    }
    assert_eq!(world.simulator.waiting(), 35);
    world.run();
    world.apart.map.wait_for(&cell("5th & san pedro"));
    world.apart.map.wait_for(&cell("6th & vermont"));
    world.wait_until_empty();
    world.apart.wait_for_reports(2);
    world.apart.stop();
}

#[test]
fn doctor_names_what_is_wrong_with_a_modem_and_the_fix() {
    let world = World::prepare(Options::default());
    let configuration = world.apart.folder().join("edge.toml");
    let configuration = configuration.to_str().expect("a plain name").to_owned();
    let line_with = |check: &str, more: &[&str]| -> Value {
        let arguments = ["doctor", "--json", "--config", &configuration];
        let output = process::output("spotlight-edge", &[&arguments[..], more].concat());
        let lines = diagnostics::lines(&output);
        let found = lines.iter().find(|line| line["check"] == check);
        found
            .unwrap_or_else(|| panic!("no `{check}` in {lines:?}"))
            .clone()
    };
    let line = |check: &str| line_with(check, &[]);
    for check in [
        "modem port",
        "modem",
        "SIM",
        "registration",
        "signal",
        "SMSC",
    ] {
        assert_eq!(line(check)["status"], "ok", "{check}");
    }
    assert!(
        world.simulator.sent().is_empty(),
        "it sends nothing by itself"
    );
    let text = |number: &str| line_with("test text", &["--text", number]);
    assert_eq!(text("police")["status"], "fail");
    assert_eq!(text(&number(1))["status"], "ok");
    assert!(world.answers(1)[0].starts_with("Spotlight test"));
    world.simulator.fault(Fault::SendFails(500));
    let said = text(&number(1));
    assert_eq!(said["status"], "fail", "{said}");
    assert!(!said.to_string().contains(&number(1)[1..]), "{said}");
    assert_eq!(world.answers(1).len(), 1);
    world.simulator.mend();
    world.simulator.fault(Fault::NotRegistered);
    let said = line("registration");
    assert_eq!(said["status"], "fail", "{said}");
    assert!(
        said["fix"]
            .as_str()
            .is_some_and(|fix| fix.contains("antenna")),
        "{said}"
    );
    world.simulator.mend();
    world.simulator.fault(Fault::NoSim);
    assert_eq!(line("SIM")["status"], "fail");
    world.simulator.mend();
    // A second program on the port.
    let mut world = world;
    world.run();
    wait::until_true("the edge has the port", wait::LONG, || {
        world.simulator.openings().0
    });
    let said = line("modem port");
    assert!(
        said["detail"]
            .as_str()
            .is_some_and(|said| said.contains("another program uses")),
        "{said}"
    );
    world.apart.stop();
}
