//! Twilio's protocol from end to end: the real edge, broker and hub, and a Twilio that fails as it is told.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use spotlight_tests::random::Random;
use spotlight_tests::scan::{self, Secret};
use spotlight_tests::twilio::world::{PATIENCE, World};
use spotlight_tests::twilio::{Answered, SHARED_KEY, TOKEN};
use spotlight_tests::world::{cell, number, texts_all_over};
use spotlight_tests::{diagnostics, process, wait};

const MESSAGES: usize = 100;
const KILLS: usize = 14;
const SEED: u64 = 20_261_130;

/// After the wait for a count, the kill itself comes within this time, so that it meets any step of the line.
const JITTER: Duration = Duration::from_millis(60);

fn photo(name: &str) -> Vec<u8> {
    fs::read(process::top().join("deploy/box/samples").join(name)).expect("our own sample")
}

#[test]
fn texts_and_photos_become_reports_and_answers_and_leave_twilio() {
    let mut world = World::start("");
    let text = world.twilio.text(&number(1), "police at 6th St & Vermont");
    let answered = world.deliver(&text);
    assert!(
        answered.text.is_some_and(|text| text.contains("6th")),
        "it says what was understood"
    );
    world
        .apart
        .map
        .wait_for_level(&cell("6th St & Vermont"), "unconfirmed");

    let (car, street) = (photo("police-car.jpg"), photo("street.jpg"));
    let one = world
        .twilio
        .message(&number(2), "103rd St & Figueroa", &[&car]);
    world.deliver(&one);
    world
        .apart
        .map
        .wait_for_level(&cell("103rd St & Figueroa"), "photo");
    let several = world
        .twilio
        .message(&number(3), "3rd St & Vermont", &[&street, &car, &street]);
    world.deliver(&several);
    world
        .apart
        .map
        .wait_for_level(&cell("3rd St & Vermont"), "photo");

    // Signed by the shared key, and its answer asked for.
    let help = world.twilio.text(&number(4), "AYUDA");
    let answered = world
        .twilio
        .webhook(&help, &world.url(), true)
        .post(&world.address())
        .expect("an answer");
    assert_eq!(answered.status, 200);
    assert!(answered.text.is_some());

    // Twilio answers this one itself, whether a webhook or a listing brings it.
    let help = world.twilio.text(&number(5), "Help");
    assert_eq!(world.deliver(&help).text, None);

    // A short code is a machine: no report and no answer.
    let code = world.twilio.text("72345", "police at Beverly & Vermont");
    assert_eq!(
        world.deliver(&code),
        Answered {
            status: 200,
            text: None
        }
    );
    world.wait_until_empty();
    // No webhook tells of this one; the next start lists.
    world.twilio.text(&number(6), "INFO");
    let edge = world.apart.edge.take().expect("it runs");
    assert_eq!(edge.terminate().0.code(), Some(0));
    world.start_edge();
    world.wait_until_empty();
    wait::until_true("the answers leave Twilio too", PATIENCE, || {
        world.twilio.answers_kept() == 0
    });
    world.apart.wait_for_reports(3);
    for (n, answers) in [(1, 1), (2, 1), (3, 1), (5, 0), (6, 0)] {
        assert_eq!(world.twilio.sent_to(&number(n)).len(), answers, "{n}");
    }
    world.stop();
}

#[test]
fn a_forged_webhook_gets_403_and_makes_nothing() {
    let mut world = World::start("");
    let sid = world.twilio.text(&number(1), "police at 6th St & Vermont");
    let genuine = || world.twilio.webhook(&sid, &world.url(), false);
    let post = |webhook: spotlight_tests::twilio::Webhook| {
        webhook.post(&world.address()).expect("an answer").status
    };
    let mut changed = genuine();
    changed.body = changed.body.replace("6th", "7th");
    assert_eq!(post(changed), 403);
    let mut unsigned = genuine();
    unsigned.signature.clear();
    assert_eq!(post(unsigned), 403);
    // Signed for the address that the node listens on, which is not what Twilio calls.
    assert_eq!(
        post(world.twilio.webhook(&sid, &world.address(), false)),
        403
    );
    assert_eq!(
        post(
            world
                .twilio
                .webhook(&sid, "https://other.example.org/twilio", false)
        ),
        403
    );
    // With its port written out it is the same address.
    assert_eq!(
        post(
            world
                .twilio
                .webhook(&sid, &world.url().replace(".org", ".org:443"), false)
        ),
        200
    );
    world.apart.map.wait_for(&cell("6th St & Vermont"));
    world.wait_until_empty();
    assert_eq!(diagnostics::rows(&world.apart.hub_data(), "reports"), 1);
    world.stop();
}

#[test]
fn behind_nat_the_listings_bring_all() {
    let mut world = World::prepare(false, "poll = \"1s\"");
    // More than a page, of before the start.
    let texts = texts_all_over(60);
    for (n, (text, _)) in texts.iter().enumerate() {
        world.twilio.text(&number(n), text);
    }
    world.start_edge();
    world.twilio.message(
        &number(70),
        "103rd St & Figueroa",
        &[&photo("police-car.jpg")],
    );
    world
        .apart
        .map
        .wait_for_level(&cell("103rd St & Figueroa"), "photo");
    world.wait_until_empty();
    world.apart.wait_for_reports(61);
    wait::until_true("everyone has an answer", PATIENCE, || {
        world.twilio.sent().len() == 61
    });
    for n in (0..60).chain([70]) {
        assert_eq!(world.twilio.sent_to(&number(n)).len(), 1, "one answer each");
    }
    world.stop();
}

#[test]
fn whatever_fails_each_message_is_one_report_and_at_most_one_answer() {
    let mut world = World::start("poll = \"1s\"\nanswer = \"rest\"");
    let places = texts_all_over(7);
    let text = |n: usize| places[n].0.as_str();
    let shows = |world: &World, n: usize| world.apart.map.wait_for(&places[n].1);

    // Twice at once, and once more when all is over.
    let sid = world.twilio.text(&number(0), text(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| world.deliver(&sid));
        }
    });
    shows(&world, 0);
    world.wait_until_empty();
    assert_eq!(
        world.deliver(&sid),
        Answered {
            status: 200,
            text: None
        }
    );

    // Lost.
    world.twilio.text(&number(1), text(1));
    shows(&world, 1);

    // Twilio is busy, then broken, while messages wait and answers are due.
    world.twilio.faults(|faults| faults.busy = 6);
    world.deliver(&world.twilio.text(&number(2), text(2)));
    shows(&world, 2);
    wait::until_true("its answer waits as long as Twilio asks", PATIENCE, || {
        !world.twilio.sent_to(&number(2)).is_empty()
    });
    world.twilio.faults(|faults| faults.failing = 6);
    world.deliver(&world.twilio.text(&number(3), text(3)));
    shows(&world, 3);
    wait::until_true("Twilio works again", PATIENCE, || {
        world.twilio.faults_left().failing == 0
    });

    // Deletions are refused for a while.
    world.twilio.faults(|faults| faults.deletions_refused = 3);
    world.deliver(&world.twilio.text(&number(4), text(4)));
    shows(&world, 4);
    world.wait_until_empty();
    assert_eq!(world.twilio.faults_left().deletions_refused, 0);

    // An answer is taken and the connection breaks: it is not sent again.
    world.twilio.faults(|faults| faults.sends_unanswered = 1);
    world.deliver(&world.twilio.text(&number(5), text(5)));
    shows(&world, 5);
    wait::until_true("it was sent", PATIENCE, || {
        world.twilio.faults_left().sends_unanswered == 0
    });

    // A later answer shows that the queue has moved on.
    world.deliver(&world.twilio.text(&number(6), text(6)));
    wait::until_true("the last answer is sent", PATIENCE, || {
        !world.twilio.sent_to(&number(6)).is_empty()
    });
    world.wait_until_empty();
    world.apart.wait_for_reports(7);
    for n in 0..7 {
        let sent = world.twilio.sent_to(&number(n)).len();
        // A broken Twilio may cost an answer, never a second one.
        assert!(
            sent <= 1 && (sent == 1 || n == 3),
            "{sent} answers to sender {n}"
        );
    }
    world.stop();
}

#[test]
fn a_photo_that_cannot_be_had_is_told_and_stops_nothing() {
    let mut world = World::start("");
    let car = photo("police-car.jpg");
    let send = |n: usize| {
        world
            .twilio
            .message(&number(n), "6th St & Vermont", &[&car])
    };

    world
        .twilio
        .faults(|faults| faults.media_time = Duration::from_secs(2));
    world.deliver(&send(1));
    world
        .apart
        .map
        .wait_for_level(&cell("6th St & Vermont"), "photo");
    world
        .twilio
        .faults(|faults| faults.media_time = Duration::ZERO);

    world
        .twilio
        .faults(|faults| faults.media_type = Some("text/html"));
    let told = |answered: Answered| {
        let text = answered.text.expect("an answer");
        assert!(text.contains("could not be read"), "{text}");
    };
    told(world.deliver(&send(2)));
    world.twilio.faults(|faults| faults.media_type = None);

    world.twilio.faults(|faults| faults.media_expired = true);
    told(world.deliver(&send(3)));
    world.twilio.faults(|faults| faults.media_expired = false);

    world.wait_until_empty();
    for n in 1..=3 {
        assert_eq!(world.twilio.sent_to(&number(n)).len(), 1);
    }
    world.stop();
}

#[test]
fn a_crash_between_commit_and_deletion_makes_one_report() {
    let mut world = World::prepare(true, "poll = \"1s\"");
    world.apart.kill_hub();
    world
        .apart
        .start_edge_with(&[("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT", "1")]);
    let sid = world.twilio.text(&number(1), "police at 6th St & Vermont");
    let status = world
        .apart
        .edge
        .take()
        .expect("it was started")
        .wait_for_end(wait::LONG);
    assert!(!status.success(), "{status}");
    assert_eq!(
        world.twilio.inbox(),
        std::slice::from_ref(&sid),
        "it died before the deletion"
    );
    let edge_data = world.apart.edge_data();
    assert_eq!(
        diagnostics::outbox(&edge_data),
        (1, 1),
        "and after the commit"
    );

    world.apart.start_hub();
    world.start_edge();
    world.apart.map.wait_for(&cell("6th St & Vermont"));
    world.wait_until_empty();
    assert_eq!(world.deliver(&sid).text, None, "its late webhook is known");
    // In the next run nothing but the outbox knows that the message is done.
    world.stop();
    let mut apart = world.apart;
    apart.broker.restart();
    apart.start_hub();
    world.apart = apart;
    world.start_edge();
    assert_eq!(world.deliver(&sid).text, None, "it is known");
    let later = world
        .twilio
        .text(&number(2), "police at 103rd St & Figueroa");
    world.deliver(&later);
    world.apart.map.wait_for(&cell("103rd St & Figueroa"));
    world.wait_until_empty();
    world.apart.wait_for_reports(2);
    assert_eq!(
        world.twilio.sent_to(&number(1)).len(),
        0,
        "its answer was due before the crash"
    );
    world.stop();
}

#[test]
fn kills_lose_no_message_double_none_and_leave_nothing_behind() {
    let mut random = Random::new(SEED);
    let messages = texts_all_over(MESSAGES);
    let car = photo("police-car.jpg");
    let log = [("SPOTLIGHT_LOG", "trace,tract=info,mio=info")];
    let mut world = World::prepare(true, "poll = \"1s\"");
    world.apart.start_edge_with(&log);
    let mut came = Vec::new();
    for round in 1..=KILLS {
        let upto = MESSAGES * round / KILLS;
        let new: Vec<_> = (came.len()..upto)
            .map(|n| match n % 10 {
                9 => world.twilio.message(&number(n), &messages[n].0, &[&car]),
                _ => world.twilio.text(&number(n), &messages[n].0),
            })
            .collect();
        let left = random.below(new.len() + 1);
        // One webhook in five is lost, one in five comes twice; Twilio does not try again where the edge is away.
        std::thread::scope(|scope| {
            for sid in &new {
                let times = [0, 1, 1, 1, 2][random.below(5)];
                for _ in 0..times {
                    scope.spawn(|| world.deliver_once(sid));
                }
            }
            if random.below(4) > 0 {
                wait::until_true("some messages are taken", PATIENCE, || {
                    world.twilio.inbox().len() <= left
                });
            }
            std::thread::sleep(random.time_below(JITTER));
            if let Some(edge) = world.apart.edge.as_ref() {
                kill(edge.id());
            }
        });
        came.extend(new);
        world.apart.kill_edge();
        world.apart.start_edge_with(&log);
    }
    world.wait_until_up();
    world.wait_until_empty();
    world.apart.wait_for_reports(MESSAGES);
    // Webhooks that are late by a whole run.
    for sid in came.iter().step_by(9) {
        assert_eq!(world.deliver(sid).text, None);
    }
    world.wait_until_empty();
    world.stop();
    assert_eq!(
        diagnostics::rows(&world.apart.hub_data(), "reports"),
        MESSAGES as u64,
        "not one too many"
    );
    let mut answers = BTreeMap::new();
    for (to, _) in world.twilio.sent() {
        *answers.entry(to).or_insert(0) += 1;
    }
    assert!(
        answers.values().all(|count| *count == 1),
        "no one is answered twice: {answers:?}"
    );

    let mut secrets: Vec<Secret> = (0..MESSAGES)
        .flat_map(|n| scan::number(&number(n)))
        .collect();
    secrets.extend(messages.iter().flat_map(|(text, _)| scan::text(text)));
    secrets.extend(scan::photo(&car));
    secrets.extend(
        came.iter()
            .chain([&TOKEN.to_owned(), &SHARED_KEY.to_owned()])
            .flat_map(|text| scan::text(text)),
    );
    let own = world.apart.folder().join("secrets");
    let files = scan::files(world.apart.folder(), &[&own]);
    for needed in [
        "edge/outbox.redb",
        "hub/hub.redb",
        "mosquitto/mosquitto.db",
        "edge.0.err",
    ] {
        assert!(
            files.iter().any(|path| path.ends_with(needed)),
            "{needed} is scanned"
        );
    }
    scan::assert_none(&files, &secrets);
}

/// SIGKILL by id, while others still borrow the process.
fn kill(id: u32) {
    let killed = std::process::Command::new("kill")
        .args(["-KILL", &id.to_string()])
        .status();
    assert!(killed.is_ok_and(|status| status.success()));
}
