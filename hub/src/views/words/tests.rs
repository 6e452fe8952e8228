use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::language::OF_ITSELF;
use super::source::{Source, Use, messages_of};
use super::*;
use crate::views::choice::Choice;
use crate::views::fixture::{self, english, spanish};
use crate::views::page::map_page;
use crate::views::{about, offline, poster};

const ENGLISH: &str = include_str!("../../../words/en.ftl");
const SPANISH: &str = include_str!("../../../words/es.ftl");

/// The variables of each message of a file; nothing in it may be wrong.
fn variables(name: &str, text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut problems = Vec::new();
    let file = Source::of(Path::new(name), text, &mut problems).expect("a language");
    assert_eq!(problems, [], "{name}");
    let of = |uses: Vec<Use<'_>>| {
        let names = uses.into_iter().filter_map(|of| match of {
            Use::Variable(name) => Some(name.to_owned()),
            _ => None,
        });
        names.collect()
    };
    messages_of(&file.resource)
        .map(|(id, uses)| (id.to_owned(), of(uses)))
        .collect()
}

#[test]
fn the_files_say_each_message_of_the_page_and_no_other_with_the_same_variables() {
    let english = variables("en.ftl", ENGLISH);
    let spanish = variables("es.ftl", SPANISH);
    assert_eq!(english, spanish);
    let said: BTreeSet<&str> = english.keys().map(String::as_str).collect();
    let known = messages::all().map(|(id, _)| id).chain(OF_ITSELF);
    assert_eq!(said, known.collect());
}

#[test]
fn what_is_said_in_the_place_of_others_is_a_message_and_given_as_much() {
    let given = |id: &str| {
        let (_, given) = messages::all().find(|(known, _)| *known == id).expect(id);
        given
    };
    for (of, other) in offline::INSTEAD.into_iter().chain(poster::INSTEAD) {
        for name in variables("en.ftl", ENGLISH).remove(other).expect(other) {
            assert!(given(of).contains(&&*name), "{of}: {name}");
        }
    }
}

#[test]
fn every_message_of_every_language_is_filled_in_without_an_error() {
    for lang in Languages::built_in().iter() {
        for (id, given) in messages::all() {
            let args: FluentArgs<'_> = given
                .iter()
                .map(|name| (*name, FluentValue::from(7)))
                .collect();
            let said = lang.of.say(id, Some(&args), false).expect(id);
            assert!(!said.contains(['{', '}', '\u{2068}']), "{id}: {said}");
        }
    }
}

#[test]
fn places_are_calm_and_near_in_the_readers_language() {
    let check = |label: &str, lang: Lang, expected: &str| {
        assert_eq!(place(label, lang.words()), expected);
    };
    let near = "near 5th St & San Pedro St";
    check("near 5TH ST & SAN PEDRO ST", english(), near);
    check("near 5TH ST", spanish(), "cerca de 5th St");
    check("in Hollywood", spanish(), "en Hollywood");
    check("in Hollywood", english(), "in Hollywood");
    check("INDIANA ST", spanish(), "Indiana St");
    check("MacArthur Park", english(), "MacArthur Park");
    check("", english(), "");
}

/// Languages with files beside those of the hub, and what is wrong with these.
fn with(files: &[(&str, &[u8])]) -> (Languages, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let (languages, problems) = Languages::with_folder(folder.path());
    let start = format!("{}/", folder.path().display());
    let problems = problems.into_iter().map(|problem| {
        let problem = problem.to_string();
        problem.strip_prefix(&start).expect("a file").to_owned()
    });
    (languages, problems.collect())
}

const ARABIC: &str = "
language-name = العربية
direction = rtl
title = وجود الشرطة في { $city }
place-near = قرب { $place }
sightings-now =
    { $n ->
        [one] بلاغ واحد الآن
        [two] بلاغان الآن
        [few] { $n } بلاغات الآن
        [many] { $n } بلاغًا الآن
       *[other] { $n } بلاغ الآن
    }
open-data-encampments =
    .title = شكاوى
    .unit = طلبات
";

#[test]
fn a_file_adds_a_language_which_says_the_rest_in_english() {
    let (languages, problems) = with(&[("ar.ftl", ARABIC.as_bytes())]);
    assert_eq!(problems.len(), 1);
    assert!(problems[0].starts_with("ar.ftl: lacks "), "{problems:?}");
    let mut picture = fixture::picture(3);
    picture.languages = languages.clone();
    let page = |lang: Lang| {
        let choice = Choice::default().with_lang(lang);
        map_page(&picture, picture.at, &choice, Some("assets/live.js"))
    };
    let arabic = languages.named("ar").expect("loaded");
    let text = page(arabic);
    for part in [
        "<html lang=\"ar\" dir=\"rtl\">",
        // Names are set apart from what runs from right to left.
        "وجود الشرطة في \u{2068}Los Angeles\u{2069}</h1>",
        "قرب \u{2068}5th St &amp; San Pedro St\u{2069}",
        "\u{2068}3\u{2069} بلاغات الآن",
        // And so is what is said in English.
        ">\u{2068}Silence is not safety: this shows only what people texted in.\u{2069}<",
        "\u{2068}Requests to the city. A request is a complaint filed.\u{2069}",
        "<b>شكاوى</b>",
        "lang=\"es\" hreflang=\"es\" dir=\"ltr\">Español</a>",
        "href=\"./?lang=en\" lang=\"en\"",
        "href=\"./?lang=ar&amp;view=city\"",
        "\"few\":\"\u{2068}{n}\u{2069} بلاغات الآن\"",
        "\"two\":\"بلاغان الآن\"",
    ] {
        assert!(text.contains(part), "{part}");
    }
    let english = page(languages.first());
    let link =
        "<a class=\"lang\" href=\"./?lang=ar\" lang=\"ar\" hreflang=\"ar\" dir=\"rtl\">العربية</a>";
    assert!(english.contains(link));
    let about = about::about_page(&picture, arabic);
    assert!(about.contains(" anew.\u{2069}</p><p>\u{2068}"));
    // A reader who chose a language keeps it, whatever their browser asks for.
    assert!(english.contains("href=\"./?view=city\""));
    let chosen = page(languages.named("EN").expect("loaded"));
    assert!(chosen.contains("href=\"./?lang=en&amp;view=city\""));
}

#[test]
fn a_file_says_some_things_in_other_words() {
    let (languages, problems) = with(&[("es.ftl", b"skip = A la lista\n"), ("notes.txt", b"x")]);
    assert_eq!(problems, [] as [String; 0]);
    let words = languages.named("es").expect("loaded").words();
    assert_eq!(words.skip(), "A la lista");
    assert_eq!(words.reload(), "Actualizar");
    let (languages, _) = with(&[
        ("en.ftl", b"reload = Again\n"),
        ("fr.ftl", b"skip = Liste\n"),
    ]);
    let french = languages.named("fr").expect("loaded");
    assert_eq!(
        (french.words().skip(), french.words().reload()),
        ("Liste".into(), "Again".into())
    );
    assert_eq!((french.own_name(), french.dir()), ("fr", "ltr"));
}

#[test]
fn what_cannot_be_used_is_named_by_file_and_line_and_said_in_english() {
    let broken = "
skip Liste
title = Police à { $place }
reload = Encore
reload = Encore une fois
colour = rouge
newest = { -brand } { MISSING($ago) }
as-of = { $time
on-day = { skip } { nothing }
";
    let latin_1 = b"skip = \xe9\n";
    let (languages, mut problems) = with(&[
        ("fr.ftl", broken.as_bytes()),
        ("de.ftl", latin_1),
        ("x.ftl", b""),
        ("a b.ftl", b""),
    ]);
    problems.retain(|problem| !problem.contains("lacks"));
    let starts = [
        "a b.ftl: its name is no language's",
        "de.ftl: failed to read: stream did not contain valid UTF-8",
        "fr.ftl:2: ",
        "fr.ftl:8: ",
        "fr.ftl:3: `title` is not given $place",
        "fr.ftl:5: `reload` stands there a second time",
        "fr.ftl:6: the page has no message `colour`",
        "fr.ftl:7: `newest` refers to `-brand`, which is not there",
        "fr.ftl:7: `newest` calls MISSING, which is not there",
        "fr.ftl:9: `on-day` refers to `nothing`, which is no message",
        "x.ftl: its name is no language's",
    ];
    for (problem, start) in problems.iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
    }
    assert_eq!(problems.len(), starts.len(), "{problems:#?}");
    let words = languages.named("fr").expect("loaded").words();
    assert_eq!(words.title("Los Angeles"), "Police presence in Los Angeles");
    assert_eq!(words.newest("now"), "newest now");
    assert_eq!(words.skip(), "Skip to the list");
    let (languages, problems) = Languages::with_folder(Path::new("/no/such/folder"));
    assert_eq!(
        languages.iter().count(),
        Languages::built_in().iter().count()
    );
    assert!(
        problems[0]
            .to_string()
            .starts_with("/no/such/folder: failed")
    );
}

#[test]
fn a_script_gets_one_sentence_or_one_for_each_plural_form() {
    let counted = |lang: Lang, least| {
        let said = |words: Words, n| words.sightings_now(n);
        lang.words().counted(least, said).to_string()
    };
    assert_eq!(counted(english(), 2), "\"Police reported at {n} places\"");
    assert_eq!(
        counted(english(), 1),
        "{\"one\":\"Police reported at {n} place\",\"other\":\"Police reported at {n} places\"}"
    );
    let fades = |words: Words, n| words.fades("{time}", n);
    let fades = spanish().words().counted(0, fades);
    assert_eq!(fades, "se borra a las {time}, en {n} min");
}
