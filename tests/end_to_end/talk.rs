//! The conversation through the box: a phone's bytes in, the map and the answer out.

use std::fs::{self, File};
use std::time::{Duration, Instant, UNIX_EPOCH};

use jiff::SignedDuration;
use spotlight_tests::process::top;
use spotlight_tests::world::{Apart, Demo, cell, number};
use spotlight_tests::{sms, wait};

/// A sender at the spool, and how many messages they have sent.
struct Sender<'a> {
    demo: &'a Demo,
    number: usize,
    sent: usize,
}

impl<'a> Sender<'a> {
    fn new(demo: &'a Demo, number: usize) -> Self {
        Self {
            demo,
            number,
            sent: 0,
        }
    }

    fn name(&mut self) -> String {
        self.sent += 1;
        format!("s{}-{}", self.number, self.sent)
    }

    /// Sends a text and waits until it is handled; its answer, if there was one.
    fn says(&mut self, text: &str) -> Option<String> {
        let name = self.name();
        self.demo.spool.text(&name, &number(self.number), text);
        self.answered(&name, "pdu")
    }

    fn shows(&mut self, text: &str, photo: &[u8]) -> Option<String> {
        let name = self.name();
        self.demo
            .spool
            .photo(&name, &number(self.number), text, photo);
        self.answered(&name, "mms")
    }

    fn answered(&self, name: &str, ending: &str) -> Option<String> {
        let spool = &self.demo.spool;
        // The answer is handed over before the file goes.
        wait::until_true(&format!("{name} is handled"), wait::LONG, || {
            !spool.holds(&format!("{name}.{ending}"))
        });
        let answer = spool.answer(name)?;
        let septets = sms::septets(&answer).map(|septets| septets.len());
        assert!(septets.is_some_and(|septets| septets <= 160), "{answer}");
        Some(answer)
    }

    fn asks(&mut self, text: &str, expected: &str) {
        let answer = self.says(text).unwrap_or_default();
        assert!(
            answer.starts_with(expected),
            "`{text}` was answered `{answer}`"
        );
    }
}

fn police_car() -> Vec<u8> {
    fs::read(top().join("deploy/box/samples/police-car.jpg")).expect("our own sample")
}

/// The counts that a demo logs when it ends.
fn counts(mut demo: Demo) -> serde_json::Value {
    demo.running.take().expect("it runs").terminate();
    let log = fs::read_to_string(demo.logs.join("spotlight.0.err")).expect("its log stays");
    let line = log
        .lines()
        .rev()
        .find_map(|line| line.split_once("status {"));
    let line = format!("{{{}", line.expect("the counts are logged").1);
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[test]
fn a_place_is_asked_for_and_the_answer_completes_the_report() {
    let demo = Demo::start();
    let chosen = cell("4th Ave & Vernon Ave, 90008");
    let mut ada = Sender::new(&demo, 1);
    ada.asks(
        "police 4th ave & vernon ave",
        "Which corner do you mean? 1) ",
    );
    assert!(demo.map.sighting(&chosen).is_none());
    ada.asks(
        "2",
        "Got it: police at 4th Ave & Vernon Ave, 90008. Shows until ",
    );
    demo.map.wait_for_level(&chosen, "unconfirmed");
    // Without a place GONE takes back one's own.
    ada.asks("GONE", "Got it: gone from 4th Ave & Vernon Ave, 90008.");
    demo.map.wait_until_gone(&chosen);

    let mut bob = Sender::new(&demo, 2);
    bob.asks("hay muchos policias aqui", "¿Donde? ");
    let here = cell("5th & San Pedro");
    bob.asks(
        "5ta y San Pedro",
        "Recibido: policia en 5th St & San Pedro St.",
    );
    demo.map.wait_for(&here);
    bob.asks(
        "ya se fueron",
        "Recibido: se fueron de 5th St & San Pedro St.",
    );
    demo.map.wait_until_gone(&here);
}

#[test]
fn a_photo_and_a_text_are_one_report_whichever_comes_first() {
    let demo = Demo::start();
    let photo = police_car();
    let here = cell("6th St & Vermont");
    let mut ada = Sender::new(&demo, 1);
    let asked = ada.shows("", &photo).unwrap_or_default();
    assert!(
        asked.contains("the corner") && asked.contains("la esquina"),
        "{asked}"
    );
    assert!(
        demo.map
            .sightings()
            .is_some_and(|all| all["features"].as_array().is_some_and(Vec::is_empty))
    );
    let answer = ada.says("6th St & Vermont").unwrap_or_default();
    assert!(
        answer.starts_with("Got it: police at") && answer.to_lowercase().contains("photo"),
        "{answer}"
    );
    demo.map.wait_for_level(&here, "photo");

    // Text first: it shows at once, and the photo raises it, as one witness. It was sent before: its own sender may send it
    // again.
    let there = cell("103rd St & Figueroa");
    ada.asks("police at 103rd and Figueroa", "Got it: police at");
    demo.map.wait_for_level(&there, "unconfirmed");
    let answer = ada.shows("", &photo).unwrap_or_default();
    assert!(
        answer
            .starts_with("Got it: police at 103rd St & Figueroa St, photo checked, we keep none."),
        "{answer}"
    );
    demo.map.wait_for_level(&there, "photo");
}

#[test]
fn where_says_what_shows_and_never_that_there_is_no_police() {
    let demo = Demo::start();
    let mut ada = Sender::new(&demo, 1);
    Sender::new(&demo, 2).says("police 5th & San Pedro");
    demo.map.wait_for(&cell("5th & San Pedro"));
    // The hub's signed picture comes to the edge by itself; until then there is no data, or that of a moment ago.
    // Each look is another sender's, so that none has its hour full, and they are few enough for the node's own limit.
    let mut senders = 10..;
    let mut next = Instant::now();
    wait::until_true("the edge hears what shows", wait::LONG, || {
        if Instant::now() < next {
            return false;
        }
        next = Instant::now() + Duration::from_millis(500);
        let sender = senders.next().expect("the numbers do not end");
        let answer = Sender::new(&demo, sender)
            .says("WHERE 5th & San Pedro")
            .unwrap_or_default();
        let honest = ["No data for ", "Nothing shows near ", "Police seen near: "];
        assert!(
            honest.iter().any(|start| answer.starts_with(start)),
            "{answer}"
        );
        answer.starts_with("Police seen near: ") && answer.contains("(unconfirmed)")
    });
    // Inside the demo's coverage, but nothing there; and outside of it.
    ada.asks("donde Hollywood & Highland", "Nada visible cerca de ");
    ada.asks("WHERE Beverly & Western", "No data for ");
    assert!(
        demo.map.sighting(&cell("Beverly & Western")).is_none(),
        "a question is no report"
    );
}

#[test]
fn stop_is_honoured_until_start_and_machines_are_not_answered() {
    let demo = Demo::start();
    let mut ada = Sender::new(&demo, 1);
    assert!(
        ada.says("help")
            .is_some_and(|answer| answer.ends_with("Your phone company sees texts."))
    );
    assert_eq!(ada.says("STOP"), None);
    assert_eq!(ada.says("help me"), None);
    assert_eq!(ada.says("police 5th & San Pedro"), None);
    demo.map.wait_for(&cell("5th & San Pedro"));
    ada.asks("START", "You get answers again.");

    let mut bob = Sender::new(&demo, 2);
    let answer = bob.says("cops 6th & San Julian").unwrap_or_default();
    // A phone that quotes our answer, and one that answers by itself.
    assert_eq!(bob.says(&format!("Liked \"{answer}\"")), None);
    assert_eq!(
        bob.says("I'm driving right now, I'll get back to you"),
        None
    );
    demo.spool.text(
        "code",
        "72345",
        "Your ride waits at 7th & Alameda. Reply STOP to opt out",
    );
    wait::until_true("a short code's text goes", wait::LONG, || {
        !demo.spool.holds("code.pdu")
    });
    assert_eq!(demo.spool.answer("code"), None);
    assert!(demo.map.sighting(&cell("7th & Alameda")).is_none());
    let counts = counts(demo);
    assert_eq!(
        (&counts["robots"], &counts["echoes"], &counts["stopped"]),
        (&2.into(), &1.into(), &2.into()),
        "{counts}"
    );
}

#[test]
fn a_flood_of_one_sender_is_throttled_told_once_and_counted() {
    let demo = Demo::start();
    let mut ada = Sender::new(&demo, 1);
    let same: Vec<_> = (0..5)
        .map(|_| ada.says("police 5th & San Pedro").is_some())
        .collect();
    assert_eq!(same, [true, true, true, false, false]);
    let many = 70;
    for n in 0..many {
        demo.spool.text(
            &format!("flood{n}"),
            &number(1),
            // From one on: "0 police" says that they left.
            &format!("{} police 5th & San Pedro", n + 1),
        );
    }
    wait::until_true("the flood is handled", wait::LONG, || {
        demo.spool.waiting().is_empty()
    });
    let answers: Vec<_> = (0..many)
        .filter_map(|n| demo.spool.answer(&format!("flood{n}")))
        .collect();
    assert_eq!(
        answers
            .iter()
            .filter(|answer| answer.starts_with("Too many texts"))
            .count(),
        1
    );
    // Sixty an hour are read, five of them before; one more is told.
    assert_eq!(answers.len(), 60 - 5 + 1);
    // However much one says, it is one witness.
    let sighting = demo.map.wait_for(&cell("5th & San Pedro"));
    assert_eq!(sighting["level"], "unconfirmed");
    let mut bob = Sender::new(&demo, 2);
    bob.asks("police 103rd & Figueroa", "Got it");
    let counts = counts(demo);
    assert_eq!(
        (&counts["same_text"], &counts["too_many"]),
        (&2.into(), &15.into()),
        "{counts}"
    );
    assert_eq!(counts["answers"], counts["answers_this_month"], "{counts}");
}

#[test]
fn a_photo_that_twenty_numbers_send_is_one_observation() {
    let demo = Demo::start();
    let photo = police_car();
    let here = cell("6th St & Vermont");
    let first = Sender::new(&demo, 1)
        .shows("cops 6th St & Vermont", &photo)
        .unwrap_or_default();
    assert!(first.starts_with("Got it: police at"), "{first}");
    let level = demo.map.wait_for(&here)["level"].clone();
    for n in 2..=20 {
        demo.spool.photo(
            &format!("copy{n}"),
            &number(n),
            "cops 6th St & Vermont",
            &photo,
        );
    }
    wait::until_true("all are handled", wait::LONG, || {
        demo.spool.waiting().is_empty()
    });
    for n in 2..=20 {
        let answer = demo.spool.answer(&format!("copy{n}")).unwrap_or_default();
        assert!(
            answer.starts_with("Someone sent this same photo already"),
            "{answer}"
        );
    }
    assert_eq!(demo.map.wait_for(&here)["level"], level);
    assert_ne!(level, "corroborated");
    let counts = counts(demo);
    assert_eq!(
        (&counts["reports"], &counts["repeated_photos"]),
        (&1.into(), &19.into()),
        "{counts}"
    );
}

#[test]
fn a_months_answers_are_limited_and_a_restart_gives_no_more() {
    let mut apart = Apart::prepare();
    apart.configure_edge("[limits]\nanswers_per_month = 2\n");
    apart.add_node();
    apart.start_hub();
    apart.start_edge();
    let says = |apart: &Apart, name: &str, sender: usize, text: &str| {
        apart.spool.text(name, &number(sender), text);
        wait::until_true(&format!("{name} is handled"), wait::LONG, || {
            !apart.spool.holds(&format!("{name}.pdu"))
        });
        apart.spool.answer(name).is_some()
    };
    assert!(says(&apart, "one", 1, "police at 6th St & Vermont"));
    apart.kill_edge();
    apart.start_edge();
    assert!(says(&apart, "two", 2, "help"));
    assert!(!says(&apart, "three", 3, "police at 103rd St & Figueroa"));
    apart.map.wait_for(&cell("103rd St & Figueroa"));
    apart.kill_edge();
    apart.start_edge();
    assert!(!says(&apart, "four", 4, "help"));
    apart.stop();
}

#[test]
fn a_part_whose_others_did_not_come_for_six_hours_is_used_as_it_stands() {
    let demo = Demo::start();
    let place = "5th & San Pedro";
    let long = format!("police at {place} {}", "and many cars ".repeat(14));
    let now = jiff::Timestamp::now();
    let put = |name: &str, from: usize, waits: SignedDuration| {
        let arrived = now - waits;
        let seconds = Duration::from_secs(arrived.as_second().unsigned_abs());
        let part = &sms::deliver_at(&number(from), &long, arrived)[0];
        let file = demo.spool.0.join(name);
        fs::write(&file, format!("{part}\n")).expect("the spool folder can be written");
        let times = File::options().write(true).open(&file);
        times
            .and_then(|file| file.set_modified(UNIX_EPOCH + seconds))
            .expect("a file can be dated");
        fs::rename(&file, demo.spool.0.join("in").join(name)).expect("a file can be moved");
    };
    put("waits.pdu", 1, SignedDuration::from_hours(5));
    put("waited.pdu", 2, SignedDuration::from_mins(361));
    // Looked for each minute.
    wait::until_true("it is used", 3 * wait::LONG, || {
        !demo.spool.holds("waited.pdu")
    });
    let answer = demo.spool.answer("waited").unwrap_or_default();
    assert!(
        answer.contains("over an hour late") && answer.ends_with("Part of your text did not come."),
        "{answer}"
    );
    assert!(demo.spool.holds("waits.pdu"), "its others may still come");
    // What was seen six hours ago is not shown, and its sender is not told that it is.
    assert!(demo.map.sighting(&cell(place)).is_none());
}
