use super::*;
use crate::reply::script::{at, check, conversations, hear, say};

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
        (1, "5th & San Pedro", "photo 5th St & San Pedro St 0", ""),
    ]);
    // What is under a photo stops the answers, and not the report.
    for caption in ["stop", "END", "cancel", "alto"] {
        let photo = format!("[police] {caption}");
        check(&[
            (
                0,
                "police 5th & San Pedro",
                "present 5th St & San Pedro St 0",
                "Got it",
            ),
            (1, &photo, "photo 5th St & San Pedro St 1", ""),
            (2, "help", "", ""),
        ]);
    }
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
    // What does not tell its language leaves what is known.
    let mut conversations = conversations();
    let language = |conversations: &Conversations| conversations.language_of(SenderKey(1));
    assert_eq!(language(&conversations), None);
    for (text, expected) in [
        ("5th & San Pedro", None),
        ("hay muchos policias aqui", Some(Language::Spanish)),
        ("5th & San Pedro", Some(Language::Spanish)),
        ("", Some(Language::Spanish)),
        ("ENGLISH", Some(Language::English)),
        ("hay muchos policias aqui", Some(Language::English)),
    ] {
        say(&mut conversations, 1, 0, text);
        assert_eq!(language(&conversations), expected, "{text}");
    }
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
fn a_new_day_forgets_everyone_and_memory_is_bounded() {
    let mut conversations = conversations();
    conversations.under(Epoch(1));
    say(&mut conversations, 1, 0, "STOP");
    say(&mut conversations, 2, 0, "police 4th ave & vernon ave");
    conversations.under(Epoch(1));
    assert_eq!(say(&mut conversations, 1, 1, "help").1, "");
    conversations.under(Epoch(2));
    assert!(conversations.senders.is_empty());
    assert!(
        say(&mut conversations, 1, 2, "help")
            .1
            .ends_with("Your phone company sees texts.")
    );
    assert_eq!(say(&mut conversations, 2, 2, "2").0, "");
    for sender in 0..2 * MOST_SENDERS as u64 {
        hear(&mut conversations, sender, (3, sender as i64), "?");
    }
    assert!(conversations.senders.len() <= MOST_SENDERS);
}

#[test]
fn what_is_over_is_forgotten_though_nobody_writes_again() {
    let mut conversations = conversations();
    let kept = |conversations: &Conversations, sender| {
        let state = &conversations.senders[&SenderKey(sender)];
        (state.pending.is_some(), state.last.is_some())
    };
    say(&mut conversations, 1, 0, "police 4th ave & vernon ave");
    say(&mut conversations, 2, 0, "police 5th & San Pedro");
    let old = hear(&mut conversations, 3, (-50, 0), "police 5th & San Pedro");
    assert!(old.draft.is_some());
    conversations.forget_old(at(9));
    assert_eq!(
        [1, 2, 3].map(|sender| kept(&conversations, sender)),
        [(true, false), (false, true), (false, true),]
    );
    conversations.forget_old(at(10));
    assert_eq!(
        [1, 2, 3].map(|sender| kept(&conversations, sender)),
        [(false, false), (false, true), (false, false),]
    );
    conversations.forget_old(at(60));
    assert_eq!(kept(&conversations, 2), (false, false));
}
