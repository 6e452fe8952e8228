use super::*;
use spotlight_common::gazetteer::LONGEST_EXAMPLE;

use crate::decode::gsm7_septets;
use crate::words::KEYS;

const LONG: &str = "Martin Luther King Jr Blvd & Crenshaw Boulevard, 90008";

fn wording(zone: &str) -> Wording {
    Wording {
        language: Language::English,
        time_zone: TimeZone::get(zone).expect("a zone"),
        example: Example {
            one: "10th".to_owned(),
            other: "Sepulveda".to_owned(),
        },
    }
}

fn time() -> Timestamp {
    "2026-11-24T23:20:00Z".parse().expect("a time")
}

fn everything(label: &str) -> Vec<Say> {
    let label = || label.to_owned();
    let fades_at = time();
    let mut all: Vec<_> = [
        Photo::None,
        Photo::Police,
        Photo::Unsure,
        Photo::NotPolice,
        Photo::Unreadable,
    ]
    .map(|photo| Say::Present {
        label: label(),
        fades_at,
        photo,
    })
    .to_vec();
    all.extend([
        Say::Many {
            label: label(),
            fades_at,
        },
        Say::Gone { label: label() },
        Say::GoneWhere,
        Say::TooLate { label: label() },
        Say::GoneLate { label: label() },
        Say::NotPolice,
        Say::Repeated,
        Say::Help,
        Say::Start,
        Say::Languages,
        Say::LanguageSet,
        Say::Unreadable,
        Say::TooMany { until: fades_at },
    ]);
    all.extend(
        [
            Ask::Place,
            Ask::Photo,
            Ask::Cross(label()),
            Ask::Where,
            Ask::Again,
            Ask::ShortLink,
        ]
        .map(Say::Ask),
    );
    all.extend((1..4).map(|count| Say::Choose {
        labels: vec![label(); count],
    }));
    let sight = Sight {
        label: format!("near {}", label()),
        last_seen: time(),
        level: Level::Corroborated,
        reported_gone: true,
    };
    let seen = (1..5).map(|count| Shows::Seen(vec![sight.clone(); count]));
    all.extend(
        [Shows::NoData, Shows::Nothing]
            .into_iter()
            .chain(seen)
            .map(|shows| Say::Shows {
                label: label(),
                shows,
            }),
    );
    all
}

#[test]
fn every_answer_fits_one_segment_with_the_longest_label() {
    let wording = wording("UTC");
    for say in everything(LONG) {
        for language in [Some(Language::English), Some(Language::Spanish), None] {
            for first in [false, true] {
                let answer = answer(&say, language, &wording, first);
                let septets = gsm7_septets(&answer.text).expect("GSM 7-bit");
                assert!(septets <= SEGMENT, "{septets} septets: {}", answer.text);
                assert!(!answer.text.contains(['{', '}']), "{}", answer.text);
            }
        }
    }
}

#[test]
fn each_file_has_every_template_at_the_length_it_says() {
    for language in Language::ALL {
        let words = WordFile::of(language);
        assert_eq!(words.answers.len(), KEYS, "{language:?}");
        for (key, template) in &words.answers {
            let filled = template
                .head
                .replace("{place}", &"m".repeat(MAX_LABEL))
                .replace("{until}", "23:59");
            let corner = "m".repeat(LONGEST_EXAMPLE);
            let [filled, filled_tail] =
                [&filled, &template.tail].map(|part| part.replace("{corner}", &corner));
            let tail = match septets(&filled_tail) {
                0 => 0,
                septets => 1 + septets,
            };
            let longest = match ["{list}", "{choices}"]
                .into_iter()
                .find(|blank| filled.contains(blank))
            {
                Some(blank) => room(template, blank, 0) + septets(&filled) - blank.len() + tail,
                None => gsm7_septets(&filled).expect("GSM 7-bit") + tail,
            };
            assert_eq!(template.longest, longest, "{language:?} {key:?}");
            assert!(longest <= SEGMENT, "{language:?} {key:?}");
            assert!(
                gsm7_septets(&template.tail).is_some(),
                "{language:?} {key:?}"
            );
        }
    }
}

#[test]
fn a_first_answer_says_that_the_phone_company_sees_texts() {
    let wording = wording("UTC");
    for say in everything("5th St & San Pedro St") {
        for language in Language::ALL {
            let answer = answer(&say, Some(language), &wording, true);
            let sentence = &WordFile::of(language).answer(Key::Privacy).head;
            assert_eq!(
                answer.tells_of_company,
                answer.text.contains(sentence.as_str())
            );
            // Where choices fill the segment it is said with the next answer.
            let may_wait = matches!(say, Say::Choose { .. } | Say::Languages);
            assert!(answer.tells_of_company || may_wait, "{}", answer.text);
        }
    }
    for say in [Say::Help, Say::Ask(Ask::Place)] {
        let answer = answer(&say, None, &wording, true);
        assert!(answer.tells_of_company, "{}", answer.text);
        assert!(
            answer.text.contains("policia") && answer.text.contains("police"),
            "{}",
            answer.text
        );
    }
}

#[test]
fn who_sent_what_came_in_part_is_told_so() {
    let wording = wording("UTC");
    for say in everything("5th St & San Pedro St") {
        for language in Language::ALL {
            let answer = answer_partial(&say, Some(language), &wording);
            let sentence = &WordFile::of(language).answer(Key::Partial).head;
            let may_not_fit = matches!(say, Say::Choose { .. } | Say::Languages);
            assert!(
                may_not_fit || answer.text.contains(sentence.as_str()),
                "{}",
                answer.text
            );
            assert!(!answer.tells_of_company && septets(&answer.text) <= SEGMENT);
        }
    }
}

#[test]
fn an_answer_names_the_place_and_the_time_it_fades() {
    let say = Say::Present {
        label: "5th St & San Pedro St".into(),
        fades_at: time(),
        photo: Photo::None,
    };
    let wording = wording("America/Los_Angeles");
    let text = |language| answer(&say, language, &wording, false).text;
    assert_eq!(
        text(None),
        "Got it: police at 5th St & San Pedro St. Shows until 15:20. They left, or wrong? Text GONE."
    );
    assert!(text(Some(Language::Spanish)).contains("policia"));
}

#[test]
fn the_corner_of_an_example_is_said_as_the_language_says_it() {
    let mut wording = wording("UTC");
    let text = |wording: &Wording, language| {
        let asked = Say::Ask(Ask::Where);
        answer(&asked, Some(language), wording, false).text
    };
    assert_eq!(
        text(&wording, Language::English),
        "Where? Text WHERE and the corner, for example: WHERE 10th & Sepulveda"
    );
    assert!(text(&wording, Language::Spanish).ends_with(": DONDE 10ma y Sepulveda"));
    wording.example.one = "11th".to_owned();
    assert!(text(&wording, Language::Spanish).ends_with(": DONDE 11th y Sepulveda"));
}

#[test]
fn who_says_late_that_they_left_is_not_asked_whether_they_are_there() {
    let say = Say::GoneLate {
        label: "5th St & San Pedro St".into(),
    };
    let text = |language| answer(&say, Some(language), &wording("UTC"), false).text;
    assert_eq!(
        text(Language::English),
        "Your GONE for 5th St & San Pedro St reached us over an hour late, so it changes nothing on the map."
    );
    assert_eq!(
        text(Language::Spanish),
        "Su aviso de que se fueron de 5th St & San Pedro St llego con mas de una hora de retraso y no cambia el mapa."
    );
}

#[test]
fn what_shows_is_listed_as_far_as_it_fits() {
    let sight = |label: &str, level, reported_gone| Sight {
        label: label.to_owned(),
        last_seen: time(),
        level,
        reported_gone,
    };
    let sights = vec![
        sight("near 5th St & San Pedro St", Level::Photo, false),
        sight("near 6th St & Wall St", Level::Corroborated, true),
        sight("near 7th St & Gladys Ave", Level::Unconfirmed, false),
    ];
    let say = Say::Shows {
        label: "5th".into(),
        shows: Shows::Seen(sights),
    };
    assert_eq!(
        answer(
            &say,
            Some(Language::English),
            &wording("America/Los_Angeles"),
            false
        )
        .text,
        "Police seen near: 5th St & San Pedro St 15:20 (photo); 6th St & Wall St 15:20 (2+ people, maybe gone) and 1 more. \
         Elsewhere is not known to be safe."
    );
}

#[test]
fn letters_outside_the_alphabet_are_spelt_plainly() {
    assert_eq!(gsm7("¿Cañón–Áé[x]漢"), "¿Cañon-Aé?x??");
}
