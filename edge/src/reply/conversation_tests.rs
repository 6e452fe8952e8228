use jiff::tz::TimeZone;
use spotlight_common::cell::Cell;

use super::*;
use crate::classify::{Fingerprint, Verdict};
use crate::reply::{Wording, answer};
use crate::words;

/// 20:00 UTC, where the scripts begin; their times are minutes after it.
const START: i64 = 1_795_550_400;

fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(START + 60 * minute).expect("a time")
}

fn conversations() -> Conversations {
    let limits = Limits {
        reports_per_place: 3,
        ..Limits::default()
    };
    Conversations::new(Gazetteer::los_angeles(), Language::English, limits)
}

/// `[police]`, `[unsure]`, `[other]` or `[broken]` before a text is a photo, and `[police again]` another copy of it.
fn read(message: &str, minute: i64) -> (Photos, &str) {
    let Some((photo, text)) = message
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return (Photos::default(), message);
    };
    let (kind, copy) = photo.split_once(' ').unwrap_or((photo, ""));
    let seen = match kind {
        "police" => Seen::Verdict(Verdict::Police { probability: 0.97 }),
        "unsure" => Seen::Verdict(Verdict::Unsure { probability: 0.5 }),
        "other" => Seen::Verdict(Verdict::NotPolice { probability: 0.02 }),
        _ => Seen::Unreadable,
    };
    let name = if copy.is_empty() {
        minute.to_string()
    } else {
        copy.to_owned()
    };
    let prints = vec![Fingerprint::of_bytes(name.as_bytes())];
    (Photos { seen, prints }, text.trim())
}

fn say(
    conversations: &mut Conversations,
    sender: u64,
    minute: i64,
    message: &str,
) -> (String, String) {
    let (photos, text) = read(message, minute);
    let heard = Heard {
        text,
        said: words::read(text),
        place: Gazetteer::los_angeles().find(text),
        photos,
        seen_at: at(minute),
        now: at(minute),
    };
    let reply = conversations.hear(SenderKey(sender), heard, |_| Shows::NoData);
    let report = reply.draft.map_or_else(String::new, |draft| {
        let kind = match (draft.kind, draft.evidence) {
            (Kind::Present, Evidence::Text) => "present",
            (Kind::Present, Evidence::Photo { .. }) => "photo",
            (Kind::Gone, _) => "gone",
        };
        let minute = (draft.seen_at.as_second() - START) / 60;
        format!("{kind} {} {minute}", draft.place.label)
    });
    let wording = Wording {
        language: Language::English,
        time_zone: TimeZone::UTC,
    };
    let answer = reply
        .say
        .map(|say| answer(&say, reply.language, &wording, reply.first));
    if answer
        .as_ref()
        .is_some_and(|answer| answer.tells_of_company)
    {
        conversations.told_of_company(SenderKey(sender));
    }
    (
        report,
        answer.map_or_else(String::new, |answer| answer.text),
    )
}

/// One sender's script: minute, message, the report that it makes, and how its answer begins; `""` is none.
fn check(script: &[(i64, &str, &str, &str)]) {
    let mut conversations = conversations();
    for (minute, message, report, answer) in script {
        let (made, said) = say(&mut conversations, 1, *minute, message);
        assert_eq!(
            made, *report,
            "the report of `{message}`, which was answered `{said}`"
        );
        assert!(
            said.starts_with(answer) && said.is_empty() == answer.is_empty(),
            "`{message}` was answered `{said}`, not `{answer}`"
        );
    }
}

const HERE: &str = "5th St & San Pedro St";

#[test]
fn an_ambiguous_place_is_chosen_by_number() {
    check(&[
        (
            0,
            "police 4th ave & vernon ave",
            "",
            "Which corner do you mean? 1) ",
        ),
        (
            3,
            "2",
            "present 4th Ave & Vernon Ave, 90008 0",
            "Got it: police at 4th Ave & Vernon Ave, 90008. Shows until 21:00.",
        ),
        (4, "2", "", "Got it: police at"),
    ]);
    check(&[
        (
            0,
            "policia en 4th ave y vernon ave",
            "",
            "¿Que esquina quiere decir? 1) ",
        ),
        (
            3,
            "uno",
            "present 4th Ave & Vernon Ave, 90291 0",
            "Recibido: policia en 4th Ave & Vernon Ave, 90291. Visible hasta 21:00.",
        ),
    ]);
}

#[test]
fn an_ambiguous_place_is_answered_by_a_corner_or_not_at_all() {
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            2,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St.",
        ),
    ]);
    // Too late: the number means nothing any more.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (10, "2", "", "Text what you see"),
    ]);
    // Asked once with choices; then in words, and a corner still completes it.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "4th ave & vernon ave",
            "",
            "We still do not know the place",
        ),
        (2, "by the tree", "", "We still do not know the place"),
        (3, "1", "present 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn a_missing_cross_street_is_enough_to_be_sent_alone() {
    check(&[
        (0, "police on san pedro st", "", "San Pedro"),
        (
            1,
            "5th",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St.",
        ),
    ]);
}

#[test]
fn a_missing_place_is_asked_for() {
    check(&[
        (
            0,
            "police at the big tree",
            "",
            "Where? Nothing is shown without the place.",
        ),
        (
            9,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
    ]);
    check(&[
        (
            0,
            "hay muchos policias aqui",
            "",
            "¿Donde? Sin el lugar no se muestra nada.",
        ),
        (
            2,
            "5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido: policia en 5th St & San Pedro St.",
        ),
    ]);
    check(&[(
        0,
        "police https://maps.app.goo.gl/abc",
        "",
        "That short link hides the place",
    )]);
}

#[test]
fn a_photo_and_then_the_place_are_one_report() {
    check(&[
        (
            0,
            "[police]",
            "",
            "Text police and the corner: 5th & San Pedro / Escriba policia",
        ),
        (
            4,
            "5th & San Pedro",
            "photo 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St, photo checked, we keep none.",
        ),
    ]);
    check(&[
        (0, "[unsure] mira", "", "Text police"),
        (
            1,
            "policia en 5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido: policia en 5th St & San Pedro St. Foto dudosa",
        ),
    ]);
    check(&[
        (
            0,
            "[unsure] look at the cops",
            "",
            "Photo seen, we keep none. Where was it?",
        ),
        (
            1,
            "5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. Photo unclear",
        ),
    ]);
    // After ten minutes the text is a report of its own.
    check(&[
        (0, "[police]", "", "Text police"),
        (
            10,
            "5th & San Pedro",
            "present 5th St & San Pedro St 10",
            "Got it: police at 5th St & San Pedro St. Shows",
        ),
    ]);
    check(&[
        (0, "[police]", "", "Text police"),
        (1, "[police] this too", "", "Text police"),
        (2, "4th ave & vernon ave", "", "Which corner"),
        (3, "1", "photo 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn a_text_and_then_a_photo_are_one_observation() {
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. Shows until 21:00.",
        ),
        (
            3,
            "[police]",
            "photo 5th St & San Pedro St 3",
            "Got it: police at 5th St & San Pedro St, photo checked, we keep none. Shows until 21:03.",
        ),
        (
            4,
            "[unsure] another",
            "",
            "Got it: police at 5th St & San Pedro St. Photo unclear, your word counts. Shows until 21:03.",
        ),
        (
            5,
            "[other]",
            "",
            "Got it: police at 5th St & San Pedro St, by your words",
        ),
        (
            6,
            "[broken]",
            "",
            "Got it: police at 5th St & San Pedro St. The photo could not be read.",
        ),
        (
            7,
            "they have dogs",
            "",
            "Got it: police at 5th St & San Pedro St. Shows until 21:03.",
        ),
    ]);
    // Later it needs its place again.
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            10,
            "[police]",
            "",
            "Photo seen, we keep none. Where was it?",
        ),
    ]);
}

#[test]
fn a_photo_of_no_police_is_told_so_kindly() {
    check(&[
        (
            0,
            "[other] 5th & San Pedro",
            "",
            "We see no police in the photo",
        ),
        (
            1,
            "[other] police 5th & San Pedro",
            "present 5th St & San Pedro St 1",
            "Got it: police at 5th St & San Pedro St, by your words",
        ),
    ]);
    check(&[(0, "[other]", "", "We see no police in the photo")]);
    check(&[(
        0,
        "[other] aqui en la calle",
        "",
        "No vemos policia en la foto",
    )]);
    check(&[
        (0, "4th ave & vernon ave", "", "Which corner"),
        (1, "[other]", "", "We see no police in the photo"),
        (2, "1", "", "Text police"),
    ]);
    check(&[
        (
            0,
            "[broken] 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it: police at 5th St & San Pedro St. The photo could not be read.",
        ),
        (
            1,
            "[police] gone from 5th & San Pedro",
            "gone 5th St & San Pedro St 1",
            "Got it: gone from 5th St & San Pedro St.",
        ),
    ]);
}

#[test]
fn gone_takes_back_the_senders_own_last_place_within_the_hour() {
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            40,
            "GONE",
            "gone 5th St & San Pedro St 40",
            "Got it: gone from 5th St & San Pedro St. Thank you.",
        ),
        (41, "GONE", "", "Thank you. Where did they leave?"),
        (
            42,
            "6th & San Pedro",
            "gone 6th St & San Pedro St 41",
            "Got it: gone from 6th St & San Pedro St.",
        ),
    ]);
    check(&[
        (
            0,
            "policia 5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido",
        ),
        (
            5,
            "ya se fueron",
            "gone 5th St & San Pedro St 5",
            "Recibido: se fueron de 5th St & San Pedro St. Gracias.",
        ),
    ]);
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (60, "GONE", "", "Thank you. Where did they leave?"),
    ]);
    check(&[
        (0, "they left 4th ave & vernon ave", "", "Which corner"),
        (
            1,
            "2",
            "gone 4th Ave & Vernon Ave, 90008 0",
            "Got it: gone from 4th Ave & Vernon Ave, 90008.",
        ),
    ]);
    // Those that left another place are not one's own.
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (
            1,
            "GONE 6th & San Julian",
            "gone 6th St & San Julian St 1",
            "Got it: gone from 6th St & San Julian St.",
        ),
        (2, "GONE", "gone 5th St & San Pedro St 2", "Got it"),
    ]);
}

#[test]
fn a_question_is_never_a_report() {
    check(&[
        (
            0,
            "WHERE 5th & San Pedro",
            "",
            "No data for 5th St & San Pedro St now. That does not mean that it is safe.",
        ),
        (
            1,
            "DONDE 5ta y San Pedro",
            "",
            "Sin datos de 5th St & San Pedro St ahora.",
        ),
        (2, "any cops at 5th & San Pedro?", "", "No data for"),
        (3, "where", "", "Where? Text WHERE and the corner"),
        (4, "5th & San Pedro", "", "No data for"),
        (
            5,
            "5th & San Pedro",
            "present 5th St & San Pedro St 5",
            "Got it",
        ),
    ]);
    check(&[
        (0, "donde 4th ave y vernon ave", "", "¿Que esquina"),
        (
            1,
            "1",
            "",
            "Sin datos de 4th Ave & Vernon Ave, 90291 ahora.",
        ),
    ]);
    check(&[
        (0, "where?", "", "Where? Text WHERE"),
        (
            1,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 1",
            "Got it",
        ),
    ]);
    // A question between does not lose what was asked.
    check(&[
        (0, "police 4th ave & vernon ave", "", "Which corner"),
        (1, "WHERE 5th & San Pedro", "", "No data for"),
        (2, "HELP", "", "Text what you see"),
        (3, "1", "present 4th Ave & Vernon Ave, 90291 0", "Got it"),
    ]);
}

#[test]
fn stop_is_honoured_before_anything_else_and_start_undoes_it() {
    check(&[
        (
            0,
            "police 5th & San Pedro",
            "present 5th St & San Pedro St 0",
            "Got it",
        ),
        (1, "STOP", "", ""),
        (2, "HELP", "", ""),
        (
            3,
            "police 6th & San Pedro",
            "present 6th St & San Pedro St 3",
            "",
        ),
        (4, "START", "", "You get answers again."),
        (5, "help", "", "Text what you see"),
    ]);
    check(&[
        (0, "Alto", "", ""),
        (1, "ayuda", "", ""),
        (2, "EMPEZAR", "", "Otra vez le respondemos."),
    ]);
    check(&[
        (0, "[police] stop", "", ""),
        (1, "5th & San Pedro", "present 5th St & San Pedro St 1", ""),
    ]);
}

#[test]
fn languages_are_chosen_detected_or_both() {
    check(&[
        (
            0,
            "IDIOMA",
            "",
            "English: text ENGLISH. / Español: escriba ESPANOL.",
        ),
        (1, "espanol", "", "Bien, respondemos en español."),
        (
            2,
            "police at 5th & San Pedro",
            "present 5th St & San Pedro St 2",
            "Recibido",
        ),
        (3, "ENGLISH", "", "OK, answers come in English."),
        (4, "ayuda", "", "Text what you see"),
    ]);
    check(&[
        (
            0,
            "hola, hay policia en 5ta y San Pedro",
            "present 5th St & San Pedro St 0",
            "Recibido",
        ),
        (
            1,
            "6th & San Pedro",
            "present 6th St & San Pedro St 1",
            "Recibido",
        ),
    ]);
    check(&[
        (
            0,
            "警察在这里",
            "",
            "Text police and the corner: 5th & San Pedro / Escriba policia y la esquina",
        ),
        (1, "?", "", "Text police and the corner"),
        (2, "", "", "Text police and the corner"),
    ]);
}

#[test]
fn the_first_answer_says_once_that_the_phone_company_sees_texts() {
    let mut conversations = conversations();
    let mut said = |sender, minute, message| say(&mut conversations, sender, minute, message).1;
    assert!(said(1, 0, "police 5th & San Pedro").ends_with("Your phone company sees texts."));
    assert!(!said(1, 1, "6th & San Pedro").contains("company"));
    assert!(
        said(2, 2, "policia en 5ta y San Pedro").ends_with("Su compañia telefonica ve los SMS.")
    );
}

#[test]
fn one_photo_of_many_senders_is_one_observation() {
    let mut conversations = conversations();
    let (made, _) = say(&mut conversations, 1, 0, "[police same] 5th & San Pedro");
    assert_eq!(made, format!("photo {HERE} 0"));
    for sender in 2..20 {
        let (made, said) = say(
            &mut conversations,
            sender,
            1,
            "[police same] police 5th & San Pedro",
        );
        assert_eq!(
            (
                made.as_str(),
                said.starts_with("Someone sent this same photo already")
            ),
            ("", true),
            "{said}"
        );
    }
    // Neither as the photo after a text, nor by the place after the photo.
    say(&mut conversations, 30, 2, "police 6th & San Julian");
    assert_eq!(say(&mut conversations, 30, 3, "[police same]").0, "");
    say(&mut conversations, 31, 2, "[police same]");
    assert_eq!(say(&mut conversations, 31, 3, "5th & San Pedro").0, "");
    // Its first sender may try again, and anyone may say it in words.
    assert_eq!(
        say(&mut conversations, 1, 4, "[police same] 5th & San Pedro").0,
        format!("photo {HERE} 4")
    );
    assert_eq!(
        say(&mut conversations, 2, 5, "police 5th & San Pedro").0,
        format!("present {HERE} 5")
    );
}

#[test]
fn a_place_takes_its_share_and_gone_is_always_heard() {
    let mut conversations = conversations();
    for sender in 1..=3 {
        assert_ne!(
            say(&mut conversations, sender, 0, "police 5th & San Pedro").0,
            ""
        );
    }
    let (made, said) = say(&mut conversations, 4, 1, "police 5th & San Pedro");
    assert_eq!(made, "");
    assert!(
        said.starts_with(
            "Thank you, others say so too: police at 5th St & San Pedro St. Shows until 20:51."
        ),
        "{said}"
    );
    assert_eq!(
        say(&mut conversations, 1, 2, "GONE").0,
        format!("gone {HERE} 2")
    );
    assert_ne!(
        say(&mut conversations, 4, 10, "police 5th & San Pedro").0,
        ""
    );
}

#[test]
fn a_late_report_is_said_to_be_late_and_gone_never_misses_its_own() {
    let mut conversations = conversations();
    let gazetteer = Gazetteer::los_angeles();
    let mut hear = |text: &str, seen_at, now| {
        let heard = Heard {
            text,
            said: words::read(text),
            place: gazetteer.find(text),
            photos: Photos::default(),
            seen_at: at(seen_at),
            now: at(now),
        };
        conversations.hear(SenderKey(1), heard, |_| Shows::NoData)
    };
    let late = hear("police 5th & San Pedro", 0, 60);
    assert!(matches!(late.say, Some(Say::TooLate { .. })) && late.draft.is_some());
    let late = hear("GONE 6th & San Pedro", 0, 60);
    assert!(matches!(late.say, Some(Say::GoneLate { .. })) && late.draft.is_some());
    hear("police 5th & San Pedro", 61, 61);
    let gone = hear("GONE", 59, 62).draft.expect("a report");
    assert_eq!(gone.seen_at, at(61));
}

#[test]
fn a_new_day_forgets_everyone_and_memory_is_bounded() {
    let mut conversations = conversations();
    conversations.under(Epoch(1));
    say(&mut conversations, 1, 0, "STOP");
    say(&mut conversations, 2, 0, "police 4th ave & vernon ave");
    conversations.under(Epoch(1));
    assert_eq!(say(&mut conversations, 1, 1, "help").1, "");
    conversations.under(Epoch(2));
    assert!(conversations.is_empty());
    assert!(
        say(&mut conversations, 1, 2, "help")
            .1
            .ends_with("Your phone company sees texts.")
    );
    assert_eq!(say(&mut conversations, 2, 2, "2").0, "");
    for sender in 0..2 * MOST_SENDERS as u64 {
        let heard = Heard {
            text: "?",
            said: words::read("?"),
            place: Err(Missing::NoPlace.into()),
            photos: Photos::default(),
            seen_at: at(3),
            now: Timestamp::from_second(START + sender as i64).expect("a time"),
        };
        conversations.hear(SenderKey(sender), heard, |_| Shows::NoData);
    }
    assert!(conversations.len() <= MOST_SENDERS);
    let cell = Cell::at(34.0442, -118.2439, 9).expect("a cell");
    assert!(conversations.gate.place(cell, at(3)));
}
