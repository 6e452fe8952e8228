//! Whether a text says that police left, by rules that a reader can follow.
//!
//! A wrong `gone` sends somebody into what it denied, so doubt counts as present: a phrase counts only where nothing in its
//! clause denies it (`not gone`, `no se han ido`), puts it off (`when they left`), asks it, or gives it another meaning
//! (`left side`, `gone to 6th`), and where no other words say that some of them are still there.

use super::{BREAK, QUESTION, is_police};

/// `POLICE` stands for any word of theirs.
const GONE: &[&str] = &[
    "gone",
    "left",
    "all clear",
    "clear",
    "cleared out",
    "moved on",
    "drove off",
    "drove away",
    "took off",
    "went away",
    "walked away",
    "walked off",
    "rode off",
    "departed",
    "sweep is over",
    "sweep over",
    "sweep is done",
    "sweep done",
    "they dipped",
    "they bounced",
    "POLICE dipped",
    "POLICE bounced",
    "se fue",
    "se fueron",
    "se jueron",
    "ce fueron",
    "se han ido",
    "se ha ido",
    "se retiraron",
    "se retiro",
    "se han retirado",
    "se marcharon",
    "se marcho",
    "se largaron",
    "se largo",
    "se pelaron",
    "se quitaron",
    "se movieron de",
    "ya salieron",
    "despejado",
    "despejada",
    "desaparecieron",
];

/// Phrases that deny by themselves; what denies another does not touch them.
const NOT_HERE: &[&str] = &[
    "not here",
    "not there",
    "arent here",
    "arent there",
    "isnt here",
    "isnt there",
    "aint here",
    "aint there",
    "no longer",
    "nobody here",
    "nobody there",
    "no one here",
    "no one there",
    "noone here",
    "noone there",
    "nobody left",
    "no one left",
    "none left",
    "no mas aqui",
    "no estan",
    "no esta",
    "ya no andan",
    "ya no anda",
    "ya no siguen",
    "ya no se ven",
    "no hay nadie",
    "no ay nadie",
    "no queda nadie",
    "no quedan",
    "ya no hay",
    "ya no ay",
];

/// Before a word for police, with fillers between.
const NONE_OF: &[&str] = &[
    "no",
    "zero",
    "0",
    "without",
    "no sign of",
    "no signs of",
    "dont see",
    "do not see",
    "didnt see",
    "cant see",
    "not seeing",
    "havent seen",
    "sin",
    "no hay",
    "no ay",
    "no hai",
    "no veo",
    "no miro",
    "no se ve",
    "no se ven",
    "no se mira",
    "no se miran",
    "no queda",
];
const FILLERS: &[&str] = &[
    "any", "more", "other", "ningun", "ninguna", "mas", "ni", "un", "una",
];

/// In the same clause before a phrase: it is denied, wished, or of a time to come. English, then Spanish.
const DENIED: &[&str] = &[
    "not", "isnt", "arent", "aint", "havent", "hasnt", "hadnt", "didnt", "wasnt", "werent",
    "never", "wont", "dont", "doesnt", "cant", "cannot", "until", "till", "til", "if", "when",
    "whenever", "once", "unless", "almost", "nearly", "want", "wish", "hope", "hoping", "need",
    "will", "gonna", "should", "be", "nunca", "tampoco", "cuando", "hasta", "casi", "ojala",
    "quiero",
];
/// `no` denies in Spanish only: `no se fueron`, but `no they left`.
const DENIED_SPANISH: &[&str] = &["no", "nadie"];
/// How far before a phrase a denial is looked for.
const REACH: usize = 4;

/// What may be gone without police having left.
const BELONGINGS: &[&str] = &[
    "tent",
    "tents",
    "stuff",
    "camp",
    "camps",
    "bike",
    "bikes",
    "things",
    "belongings",
    "everything",
    "blanket",
    "blankets",
    "meds",
    "cart",
    "carts",
    "phone",
    "dog",
    "dogs",
    "trash",
    "encampment",
    "carpa",
    "carpas",
    "cosas",
    "campamento",
    "people",
    "i",
    "ive",
    "im",
    "we",
    "weve",
    "yo",
];

/// Whether the words say that they left.
pub(super) fn says_gone(words: &[&str]) -> bool {
    if still_there(words) {
        return false;
    }
    let phrase = |phrases: &[&str], denies: bool| {
        phrases.iter().any(|phrase| {
            occurrences(words, phrase).any(|(from, to)| {
                !asked(words, to)
                    && !contradicted(words, to)
                    && means_leaving(words, phrase, from, to)
                    && (denies || !denied(words, from, phrase))
            })
        })
    };
    phrase(GONE, false) || phrase(NOT_HERE, true) || none_of_them(words) || not_anymore(words)
}

fn occurrences<'a>(
    words: &'a [&str],
    phrase: &'a str,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let length = phrase.split(' ').count();
    let is =
        |word: &str, pattern: &str| word == pattern || (pattern == "POLICE" && is_police(word));
    (0..(words.len() + 1).saturating_sub(length)).filter_map(move |from| {
        phrase
            .split(' ')
            .zip(&words[from..])
            .all(|(pattern, word)| is(word, pattern))
            .then_some((from, from + length))
    })
}

/// The words of the same clause before a place, nearest first.
fn before<'a>(words: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let clause = words[..at].iter().rev().copied();
    clause
        .take_while(|word| !matches!(*word, BREAK | QUESTION | "but" | "pero" | "and" | "because"))
}

/// The words of the same clause from a place on.
fn after<'a>(words: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let clause = words[at.min(words.len())..].iter().copied();
    clause.take_while(|word| !matches!(*word, BREAK | QUESTION))
}

fn denied(words: &[&str], from: usize, phrase: &str) -> bool {
    let spanish = ["se ", "ce ", "ya ", "desp", "desa"];
    let spanish = spanish.iter().any(|start| phrase.starts_with(start));
    before(words, from)
        .take(REACH)
        .any(|word| DENIED.contains(&word) || (spanish && DENIED_SPANISH.contains(&word)))
}

/// `did they leave? are they gone?`
fn asked(words: &[&str], to: usize) -> bool {
    words[to..]
        .iter()
        .find(|word| matches!(**word, BREAK | QUESTION))
        .is_some_and(|word| *word == QUESTION)
}

/// `no cop cars but police on foot`.
fn contradicted(words: &[&str], to: usize) -> bool {
    let mut rest = words[to..].iter();
    rest.any(|word| matches!(*word, "but" | "pero" | "except" | "only" | "solo"))
        && rest.take(REACH).any(|word| is_police(word))
}

/// `no police`, `I don't see any cops`, `no hay ninguna patrulla`.
fn none_of_them(words: &[&str]) -> bool {
    NONE_OF.iter().any(|lead| {
        occurrences(words, lead).any(|(_, to)| {
            let fillers = after(words, to)
                .take_while(|word| FILLERS.contains(word))
                .take(3)
                .count();
            let police = after(words, to + fillers).next().is_some_and(is_police);
            police && !asked(words, to) && !contradicted(words, to + fillers + 1)
        })
    })
}

/// `they aren't on San Pedro anymore`.
fn not_anymore(words: &[&str]) -> bool {
    ["anymore", "any more"].iter().any(|phrase| {
        occurrences(words, phrase).any(|(from, to)| {
            // The place between the two holds an `and`, so that only the clause's end stops the look back.
            let clause = words[..from].iter().rev().take(10);
            let mut there = clause
                .take_while(|word| !matches!(**word, BREAK | QUESTION))
                .skip_while(|word| {
                    !matches!(
                        **word,
                        "at" | "on" | "by" | "in" | "around" | "near" | "here" | "there"
                    )
                });
            there.any(|word| matches!(*word, "not" | "arent" | "isnt" | "aint" | "no"))
                && !asked(words, to)
        })
    })
}

/// Some of them stayed or came back.
fn still_there(words: &[&str]) -> bool {
    const PLACED: &[&str] = &[
        "here", "there", "at", "on", "around", "parked", "outside", "by", "in", "near", "sitting",
    ];
    const STAYED: &[&str] = &[
        "todavia estan",
        "todavia esta",
        "todavia hay",
        "todavia andan",
        "todavia aqui",
        "todavia ahi",
        "aun estan",
        "aun esta",
        "aun hay",
        "aun andan",
        "aun aqui",
        "siguen",
        "sigue",
        "still there",
        "stayed",
        "staying",
        "remain",
        "remains",
        "remaining",
    ];
    const CAME_BACK: &[&str] = &[
        "came back",
        "come back",
        "coming back",
        "are back",
        "theyre back",
        "is back",
        "back again",
        "returned",
        "regresaron",
        "regreso",
        "volvieron",
        "vinieron",
    ];
    let others = |from: usize| {
        before(words, from)
            .take(3)
            .any(|word| BELONGINGS.contains(&word))
    };
    let not = |from: usize| {
        before(words, from).take(3).any(|word| {
            DENIED.contains(&word) || matches!(word, "no" | "nobody" | "none" | "nadie" | "before")
        })
    };
    let still = occurrences(words, "still")
        .any(|(from, to)| after(words, to).take(2).any(|w| PLACED.contains(&w)) && !others(from));
    let named = |phrases: &[&str]| {
        phrases
            .iter()
            .any(|phrase| occurrences(words, phrase).any(|(from, _)| !others(from) && !not(from)))
    };
    still || named(STAYED) || named(CAME_BACK)
}

/// What a phrase means among its neighbours.
fn means_leaving(words: &[&str], phrase: &str, from: usize, to: usize) -> bool {
    let next: Vec<&str> = after(words, to).take(5).collect();
    let last: Vec<&str> = before(words, from).take(4).collect();
    let first = next.first().copied().unwrap_or_default();
    let nearest = last.first().copied().unwrap_or_default();
    let theirs = last.iter().take(3).any(|word| BELONGINGS.contains(word));
    match phrase {
        "left" => !theirs && left(&last, &next),
        "gone" => !theirs && !is_way(first) && !matches!(first, "wild" | "crazy" | "through"),
        "clear" => {
            !matches!(nearest, "to" | "must" | "unclear" | "us" | "all")
                && !matches!(
                    first,
                    "the"
                        | "out"
                        | "tents"
                        | "people"
                        | "us"
                        | "them"
                        | "camp"
                        | "camps"
                        | "everyone"
                        | "everything"
                        | "everybody"
                        | "street"
                        | "sidewalk"
                        | "our"
                        | "my"
                        | "your"
                        | "their"
                )
        }
        "cleared out" | "took off" => {
            !matches!(
                first,
                "the" | "our" | "my" | "his" | "her" | "their" | "tents" | "all" | "everyone"
            ) && !is_way(first)
        }
        "no esta" | "no estan" => {
            // `no están dejando pasar`: they are there.
            !first.ends_with("ando")
                && !first.ends_with("endo")
                && !matches!(
                    first,
                    "lejos" | "bien" | "claro" | "seguro" | "mal" | "cerca"
                )
        }
        "ya no hay" | "ya no ay" => !matches!(first, "carpas" | "paso" | "nada" | "lugar"),
        "no hay nadie" | "no queda nadie" => first != "que",
        "no longer" => !matches!(first, "safe" | "able" | "allowed"),
        _ if phrase.starts_with("se f") || phrase.starts_with("se j") => !moved(&next),
        _ => !is_way(first),
    }
}

/// `gone to 6th`: they are there now.
fn is_way(word: &str) -> bool {
    matches!(
        word,
        "to" | "toward" | "towards" | "into" | "onto" | "hacia" | "rumbo"
    )
}

/// `se fueron para la 6`, but not `se fueron a las 3`.
fn moved(next: &[&str]) -> bool {
    match next {
        [
            "a" | "para",
            "las" | "otro" | "otra" | "su" | "sus" | "siempre",
            ..,
        ] => false,
        ["a" | "al" | "para" | "hacia" | "rumbo", ..] => true,
        ["por", "la" | "el" | "calle", ..] => true,
        _ => false,
    }
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
    let ago = next.iter().any(|word| {
        matches!(
            *word,
            "ago" | "min" | "mins" | "minutes" | "hour" | "while" | "bit"
        )
    });
    if SIDE_BEFORE.contains(&nearest) || SIDE_AFTER.contains(&first) || is_way(first) {
        return false;
    }
    if matches!(first, "a" | "an") && !ago {
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

#[cfg(test)]
mod tests {
    use crate::words::read;

    #[test]
    fn they_left_as_people_write_it() {
        for text in [
            "GONE 5th & San Pedro",
            "gone",
            "cops left 6th and wall",
            "they left 5th/wall",
            "left 5th and wall",
            "they all left 10 min ago 5th & wall",
            "cops left a while ago, 5th and wall",
            "they've left san pedro & 5th",
            "theyre gone 5th n san pedro",
            "they\u{2019}re gone from 5th and san julian",
            "police finally gone 7th & alvarado",
            "All clear 5th & San Pedro",
            "5th and wall clear now",
            "its clear at 5th and wall",
            "coast is clear 5th & wall",
            "no cops at 5th and main",
            "no more police 5th & main",
            "no lapd on san pedro and 5th rn",
            "i dont see any cops at 5th & wall",
            "don't see police at 5th & wall",
            "cops aren't here anymore 5th & wall",
            "they arent at 5th and wall anymore",
            "no longer at 5th & wall",
            "cops drove off 5th & wall",
            "nobody here now 5th & wall",
            "no cops left at 5th and wall",
            "took off from 5th & wall",
            "the cops left the corner of 5th and wall",
            "cops gone, tents still here 5th & wall",
            "sweep is over at 5th and wall",
            "no sign of cops 5th and wall",
            "Ya se fueron, 5ta y San Pedro",
            "ya se fueron de la 5 y san pedro",
            "se fueron hace rato 5ta y wall",
            "Se fue la policía de la 5 y San Pedro",
            "se fueron a las 3, 5ta y san pedro",
            "ya se han ido 5ta y san pedro",
            "ya no están en la 5 y san pedro",
            "ya no hay policía en la 5 con san pedro",
            "ya no hay nada de policia? no. ya no hay policias 5 y wall",
            "no hay policía en la 6",
            "no hay nadie en la 5 y san pedro",
            "no hay ninguna patrulla en la 5 y wall",
            "no veo policias en la 5ta y wall",
            "sin policia 5ta y san pedro",
            "despejado 5ta y san pedro",
            "Ya se retiraron de San Pedro y la 5",
            "no ay policia en la 5 y san pedro",
            "ya se quitaron de la 5 y wall",
        ] {
            assert!(read(text).gone, "{text}");
        }
    }

    #[test]
    fn doubt_is_present() {
        for text in [
            "police 5th & san pedro",
            "policia en la calle 5",
            "3 cop cars, wall st",
            "police not gone 5th & wall",
            "they haven't left 5th and wall",
            "they haven\u{2019}t left 5th and wall",
            "they have not left 5th and wall",
            "cops didnt leave 5th & wall",
            "never left, 5th and wall",
            "they're not gone yet 5th & wall",
            "are they gone from 5th & wall?",
            "did the cops leave? left 5th & wall?",
            "cops still here 5th & wall, not gone",
            "cops still at 5th & wall",
            "one car left but 2 still there 5th & wall",
            "they left but came back 5th & wall",
            "they are back at 5th & wall",
            "left side of 5th and wall",
            "cops on the left side of 5th near san pedro",
            "parked on the left, 5th & wall",
            "cops in the left lane 5th & san pedro",
            "turn left on 5th, cops at 5th & wall",
            "cops made a left on 5th and wall",
            "left hand corner of 5th & wall",
            "police went left on wall from 5th",
            "2 cops left at 5th & wall",
            "only 3 cop cars left at 5th and wall",
            "cops left notices on tents at 5th & wall",
            "cops left a car at 5th and wall",
            "they left their car at 5th & wall",
            "i just left 5th & wall, cops everywhere",
            "we left because of cops 5th & wall",
            "my tent is gone, cops at 5th & wall",
            "cops took everything, tents gone 5th & wall",
            "let me know when they're gone 5th & wall",
            "stay away until they left 5th & wall",
            "tell me if they left 5th & wall",
            "hope they left 5th & wall",
            "cops gone to 6th & wall",
            "they moved on to 6th and wall",
            "cops telling us to clear the street 5th & wall",
            "police cleared out the tents 5th & wall",
            "not clear 5th & wall",
            "no cop cars but police on foot 5th & wall",
            "no se han ido, 5ta y san pedro",
            "no se fueron 5ta y wall",
            "todavia no se han ido de la 5 y san pedro",
            "todavía no se van 5 y san pedro",
            "aún no se fueron, 5 y wall",
            "aun estan en la 5 y wall",
            "siguen ahi en la 5 y san pedro",
            "la policia no se ha ido de 5ta y wall",
            "ya se fueron? 5ta y wall",
            "¿Ya se fueron de la 5 y wall?",
            "se fueron para la 6 y san pedro",
            "se fueron a la 6 y wall",
            "se fueron pero regresaron 5 y wall",
            "cuando se fueron llego otra patrulla 5 y wall",
            "no estan dejando pasar en la 5 y wall",
            "avisen cuando ya no esten 5 y wall",
            "hay policia a la izquierda de 5ta y wall",
        ] {
            assert!(!read(text).gone, "{text}");
        }
    }
}
