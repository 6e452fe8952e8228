//! What many say of one place, and with one photo.

use super::Say;
use super::script::{HERE, at, conversations, hear, say};

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
fn a_photo_that_somebody_else_sent_lends_its_verdict_to_no_other_beside_it() {
    let mut conversations = conversations();
    say(
        &mut conversations,
        1,
        0,
        "[police same] police 5th & San Pedro",
    );
    for (sender, photos, expected, answer) in [
        (2, "[police same, unsure]", "present", "Photo unclear"),
        (3, "[other, police same]", "present", "by your words"),
        (4, "[police same, police mine]", "photo", "photo checked"),
    ] {
        let message = format!("{photos} police Hollywood & Highland");
        let (made, said) = say(&mut conversations, sender, 1, &message);
        assert_eq!(made.split(' ').next(), Some(expected), "{photos} {said}");
        assert!(said.contains(answer), "{photos} {said}");
    }
    // No word says so, and nothing that is the sender's own shows it.
    let (made, said) = say(
        &mut conversations,
        5,
        2,
        "[other, police same] 5th & San Pedro",
    );
    assert_eq!(made, "");
    assert!(
        said.starts_with("Someone sent this same photo already"),
        "{said}"
    );
    // Nor does it raise a text.
    say(&mut conversations, 6, 3, "police 6th & San Julian");
    let (made, said) = say(&mut conversations, 6, 4, "[unsure, police same]");
    assert_eq!(made, "");
    assert!(said.contains("Photo unclear"), "{said}");
}

#[test]
fn a_photo_is_its_senders_only_when_it_counts() {
    let mut conversations = conversations();
    for sender in 1..=3 {
        say(&mut conversations, sender, 0, "police 5th & San Pedro");
    }
    let (made, said) = say(&mut conversations, 4, 1, "[police same] 5th & San Pedro");
    assert_eq!(made, "");
    assert!(said.starts_with("Thank you, others say so too"), "{said}");
    // Nor does one that comes too late.
    let late = hear(
        &mut conversations,
        4,
        (0, 61),
        "[police late] 5th & San Pedro",
    );
    assert!(matches!(late.say, Some(Say::TooLate { .. })));
    assert_eq!(
        say(&mut conversations, 5, 62, "[police same] 5th & San Pedro").0,
        format!("photo {HERE} 62")
    );
    assert_eq!(
        say(&mut conversations, 6, 63, "[police late] 5th & San Pedro").0,
        format!("photo {HERE} 63")
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
            "Thank you, others say so too: police at 5th St & San Pedro St. Shows until 21:00."
        ),
        "{said}"
    );
    assert_eq!(
        say(&mut conversations, 1, 2, "GONE").0,
        format!("gone {HERE} 2")
    );
    assert_ne!(
        say(&mut conversations, 4, 3, "police 5th & San Pedro").0,
        ""
    );
}

#[test]
fn two_phones_that_say_much_and_take_it_back_silence_nobody() {
    let mut conversations = conversations();
    for minute in 0..5 {
        for sender in 1..=2 {
            let text = format!("{} police 5th & San Pedro", minute + 1);
            assert_ne!(say(&mut conversations, sender, minute, &text).0, "");
        }
    }
    assert_ne!(
        say(&mut conversations, 3, 5, "police 5th & San Pedro").0,
        ""
    );
    for sender in 1..=3 {
        assert_eq!(
            say(&mut conversations, sender, 6, "GONE").0,
            format!("gone {HERE} 6")
        );
    }
    for sender in 4..=6 {
        let (made, said) = say(&mut conversations, sender, 7, "police 5th & San Pedro");
        assert_eq!(made, format!("present {HERE} 7"), "{said}");
    }
    assert_eq!(
        say(&mut conversations, 7, 8, "police 5th & San Pedro").0,
        ""
    );
}

#[test]
fn reports_that_come_late_silence_nobody() {
    let mut conversations = conversations();
    for sender in 1..=10 {
        let late = hear(
            &mut conversations,
            sender,
            (0, 60),
            "police 5th & San Pedro",
        );
        assert!(matches!(late.say, Some(Say::TooLate { .. })) && late.draft.is_some());
    }
    // These still show, for a minute.
    for sender in 11..=13 {
        let old = hear(
            &mut conversations,
            sender,
            (1, 60),
            "police 5th & San Pedro",
        );
        assert!(matches!(old.say, Some(Say::Present { .. })) && old.draft.is_some());
    }
    let old = hear(&mut conversations, 14, (2, 60), "police 5th & San Pedro");
    let Some(Say::Many { fades_at, .. }) = old.say else {
        panic!("{:?}", old.say);
    };
    assert_eq!(
        fades_at,
        at(61),
        "as long as what was taken shows, and no longer"
    );
    // What is seen now keeps the place shown.
    assert_eq!(
        say(&mut conversations, 15, 60, "police 5th & San Pedro").0,
        format!("present {HERE} 60")
    );
}

#[test]
fn a_late_report_is_said_to_be_late_and_gone_never_misses_its_own() {
    let mut conversations = conversations();
    let mut hear = |times, text| hear(&mut conversations, 1, times, text);
    let late = hear((0, 60), "police 5th & San Pedro");
    assert!(matches!(late.say, Some(Say::TooLate { .. })) && late.draft.is_some());
    let late = hear((0, 60), "GONE 6th & San Pedro");
    assert!(matches!(late.say, Some(Say::GoneLate { .. })) && late.draft.is_some());
    hear((61, 61), "police 5th & San Pedro");
    let gone = hear((59, 62), "GONE").draft.expect("a report");
    assert_eq!(gone.seen_at, at(61));
}
