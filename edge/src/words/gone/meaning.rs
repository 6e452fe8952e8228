//! What a phrase of leaving means among its neighbours.

use super::{Found, Kind, after, before, holds, is_other, is_police};
use crate::words::Language;

/// `gone crazy`, `gone after him`.
const GONE_OTHERWISE: &[&str] = &[
    "wild", "crazy", "nuts", "mad", "through", "after", "over", "up", "down",
];

/// `told us to clear`, `it's very clear that`.
const CLEAR_OTHERWISE_BEHIND: &[&str] = &[
    "to", "must", "unclear", "us", "all", "it", "very", "crystal", "loud", "stay", "steer", "keep",
    "stand",
];
const CLEAR_OTHERWISE_BEFORE: &[&str] = &["out", "view", "as", "bag", "bags", "that"];

/// Behind `police cleared out`, where it is they that went.
const CLEARED_OUT_BEFORE: &[&str] = &[
    "", "of", "from", "at", "near", "by", "now", "already", "here", "a",
];

/// `took off running after him`.
const TOOK_OFF_OTHERWISE: &[&str] = &["after", "running", "chasing", "with", "up", "down"];

/// Behind `no longer`, or nothing is.
const HERE: &[&str] = &[
    "", "here", "there", "at", "on", "in", "around", "by", "near", "outside", "present", "parked",
];

/// The same in Spanish.
const AQUI: &[&str] = &[
    "", "aqui", "ahi", "alli", "alla", "aca", "en", "por", "ya", "mas",
];
/// Beginnings behind `no están en`, which then says nothing of the place: `en uniforme`, `en carros`.
const EN_OTHERWISE: &[&str] = &[
    "carr", "patrull", "moto", "bici", "troca", "uniform", "camin",
];

/// Whether a phrase says that police left, and not somebody, something or another thing.
pub(super) fn means_leaving(words: &[&str], found: &Found) -> bool {
    let next: Vec<&str> = after(words, found.to).take(8).collect();
    let last: Vec<&str> = before(words, found.from).take(4).collect();
    let first = next.first().copied().unwrap_or_default();
    let second = next.get(1).copied().unwrap_or_default();
    let nearest = last.first().copied().unwrap_or_default();
    let phrase = found.phrase;
    let in_part = found.kind == Kind::Left && in_part(&last, &next);
    if in_part || others_are_meant(found, &last, &next) {
        return false;
    }
    match phrase {
        "left" => left(&last, &next),
        "gone" => !is_way(first) && first != "undercover" && !GONE_OTHERWISE.contains(&first),
        "clear" => {
            !is_police(nearest)
                && !CLEAR_OTHERWISE_BEHIND.contains(&nearest)
                && !is_owned(first)
                && !CLEAR_OTHERWISE_BEFORE.contains(&first)
        }
        "cleared out" => {
            // `police cleared out 5th & wall`: left it, or swept it?
            let out_of = CLEARED_OUT_BEFORE.contains(&first) || !is_police(nearest);
            !is_owned(first) && !is_way(first) && out_of
        }
        "took off" => !is_owned(first) && !is_way(first) && !TOOK_OFF_OTHERWISE.contains(&first),
        "no longer" => HERE.contains(&first) && second != "foot",
        "no estan" | "no esta" | "ya no andan" | "ya no anda" | "ya no siguen" => {
            // `no están dejando pasar`, `ya no andan en carro`: they are there.
            let there = is_place(first) || is_police(first) || is_article(first);
            let otherwise = EN_OTHERWISE.iter().any(|start| second.starts_with(start));
            (there || AQUI.contains(&first)) && !(first == "en" && otherwise)
        }
        "ya no hay" | "ya no ay" | "no quedan" => {
            let filler = |word: &&str| holds(|phrases| &phrases.fillers, word) || is_article(word);
            let named = next.iter().copied().find(|word| !filler(word));
            named.is_none_or(|word| {
                is_police(word) || is_place(word) || matches!(word, "aqui" | "ahi" | "en")
            })
        }
        "no hay nadie" | "no ay nadie" | "no queda nadie" => first != "que",
        // `nobody left 5th & wall`: they are all there.
        "nobody left" | "no one left" | "none left" => first == "now" || HERE.contains(&first),
        // `sweep over on 6th`: there is one.
        "sweep over" => !is_way(first) && (first.is_empty() || !HERE.contains(&first)),
        // `ya salieron policías en la 5`: they came out.
        "ya salieron" => matches!(first, "" | "de" | "del"),
        _ if phrase.starts_with("se ") || phrase.starts_with("ce ") => {
            !moved(&next) && !first.ends_with("ando") && !first.ends_with("endo")
        }
        // `not here to help`, `not here yet`.
        _ if phrase.ends_with("here") || phrase.ends_with("there") => {
            !is_way(first) && !matches!(first, "for" | "yet")
        }
        _ => !is_way(first),
    }
}

/// `some cops left`, `2 cops left`, `se fueron algunos`, `no cops have left`, `they left yet`, `se fueron ¿verdad?`.
fn in_part(last: &[&str], next: &[&str]) -> bool {
    let some = |word: &str| holds(|phrases| &phrases.some, word);
    let counted = |pair: &[&str]| {
        let number = pair[1].len() < 3 && pair[1].bytes().all(|byte| byte.is_ascii_digit());
        is_police(pair[0]) && number
    };
    let none_did = matches!(last.first(), Some(&("have" | "has"))) && last.contains(&"no");
    last.iter().any(|word| some(word))
        || next.first().is_some_and(|word| some(word))
        || last.windows(2).any(counted)
        || none_did
        || next.iter().any(|word| matches!(*word, "yet" | "verdad"))
}

/// `my tent is gone`, `everyone left`, `cleared out the camp`, `se fue la luz`.
fn others_are_meant(found: &Found, last: &[&str], next: &[&str]) -> bool {
    let state = matches!(
        found.phrase,
        "clear" | "all clear" | "despejado" | "despejada"
    );
    let before = found.kind != Kind::Nobody
        && last
            .iter()
            .take(3)
            .any(|word| is_other(word) && !(state && *word == "everything"));
    let takes_object = state
        || matches!(
            found.phrase,
            "cleared out"
                | "took off"
                | "moved on"
                | "drove off"
                | "drove away"
                | "walked off"
                | "se quitaron"
                | "desaparecieron"
                | "no quedan"
                | "ya no se ven"
        );
    let object = |word: &str| is_other(word) || holds(|phrases| &phrases.objects, word);
    let at_a_place = next.first().is_some_and(|word| {
        matches!(
            *word,
            "of" | "from" | "on" | "at" | "in" | "near" | "de" | "en"
        )
    });
    let after = takes_object && !at_a_place && next.iter().take(4).any(|word| object(word));
    let subject = found.language == Language::Spanish
        && !state
        && !found.phrase.ends_with(" de")
        && match next {
            [article, rest @ ..] if is_article(article) => !rest
                .iter()
                .take(2)
                .any(|word| is_police(word) || is_place(word)),
            _ => false,
        };
    before || after || subject
}

fn is_article(word: &str) -> bool {
    matches!(
        word,
        "el" | "la" | "los" | "las" | "mi" | "mis" | "su" | "sus" | "un" | "una"
    )
}

/// What is cleared or taken off follows.
fn is_owned(word: &str) -> bool {
    matches!(
        word,
        "the" | "our" | "my" | "your" | "his" | "her" | "their" | "this" | "all"
    )
}

/// `5th`, `5ta`, `500`.
fn is_place(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
}

/// `gone to 6th`: they are there now.
fn is_way(word: &str) -> bool {
    matches!(
        word,
        "to" | "toward" | "towards" | "into" | "onto" | "hacia" | "rumbo"
    )
}

/// `se fueron para la 6`, `se fueron de la 5 a la 6`, but not `se fueron a las 3`.
fn moved(next: &[&str]) -> bool {
    let to_there = |from: usize| match &next[from..] {
        [
            "a" | "para",
            "las" | "otro" | "otra" | "su" | "sus" | "siempre",
            ..,
        ] => false,
        ["a" | "al" | "para" | "hacia" | "rumbo", ..] => true,
        _ => false,
    };
    matches!(next, ["por", "la" | "el" | "calle", ..]) || (0..next.len()).any(to_there)
}

/// Whether `left` is what they did, and neither a side nor what remains.
fn left(last: &[&str], next: &[&str]) -> bool {
    const SIDE_BEFORE: &[&str] = &[
        "the", "on", "to", "turn", "turned", "turning", "turns", "a", "my", "your", "his", "her",
        "our", "their", "far", "upper", "lower", "front", "rear", "bear", "keep", "hang", "make",
        "made", "take", "go", "going", "went", "facing", "look", "looking", "heading", "headed",
        "from", "of",
    ];
    const SIDE_AFTER: &[&str] = &[
        "side",
        "lane",
        "lanes",
        "turn",
        "turns",
        "hand",
        "handed",
        "of",
        "corner",
        "door",
        "sidewalk",
        "curb",
        "shoulder",
        "behind",
        "over",
        "me",
        "us",
        "him",
        "her",
        "them",
        "their",
        "his",
        "my",
        "our",
        "notice",
        "notices",
        "ticket",
        "tickets",
        "papers",
        "flyer",
        "flyers",
        "stuff",
        "things",
        "trash",
        "everything",
    ];
    const COUNTED: &[&str] = &[
        "one", "two", "three", "four", "five", "few", "some", "several", "couple", "more", "only",
        "any", "still", "half",
    ];
    const COUNTABLE: &[&str] = &[
        "of", "them", "car", "cars", "unit", "units", "suv", "suvs", "bikes", "guys", "vehicles",
    ];
    let nearest = last.first().copied().unwrap_or_default();
    let first = next.first().copied().unwrap_or_default();
    let no_one = last.starts_with(&["one", "no"]);
    let ago = next.iter().any(|word| {
        matches!(
            *word,
            "ago" | "min" | "mins" | "minutes" | "hour" | "while" | "bit"
        )
    });
    if no_one || SIDE_BEFORE.contains(&nearest) || SIDE_AFTER.contains(&first) || is_way(first) {
        return false;
    }
    // `left for 6th`, but `left for good`.
    let for_there = first == "for"
        && !next
            .get(1)
            .is_some_and(|word| matches!(*word, "good" | "now" | "the" | "today"));
    // `left 5th for 6th & wall`, but `left 5th & wall for 10 minutes`.
    let for_another = next.windows(2).skip(1).any(|pair| {
        let is_numbered = is_place(pair[1]) && pair[1].ends_with(|c: char| c.is_ascii_alphabetic());
        pair[0] == "for" && is_numbered
    });
    if for_there || for_another || (matches!(first, "a" | "an") && !ago) {
        return false;
    }
    // `2 cops left at 5th`: so many remain.
    let count = last
        .iter()
        .find(|word| !is_police(word) && !COUNTABLE.contains(word));
    let counted = count.is_some_and(|word| {
        COUNTED.contains(word) || (word.len() < 3 && word.bytes().all(|b| b.is_ascii_digit()))
    });
    !(counted
        && matches!(
            first,
            "" | "at" | "on" | "in" | "here" | "there" | "by" | "near"
        ))
}
