//! Whether a text says that police left, by rules that a reader can follow.
//!
//! A wrong `gone` sends somebody into what it denied, so doubt counts as present: a phrase counts only where nothing in its
//! clause denies it (`not gone`, `no se han ido`), puts it off (`when they left`), asks it, or gives it another meaning
//! (`left side`, `gone to 6th`), and where no other words say that some of them are still there, came, or are elsewhere.
//!
//! The phrases are in `edge/words`, a file a language. [`meaning`] is what a phrase means among its neighbours, [`still`] who
//! stayed or came.

mod meaning;
mod still;
#[cfg(test)]
mod tests;

use super::file::Phrases;
use super::{BREAK, Language, QUESTION, WordFile, is_police};
use meaning::means_leaving;

/// How far before a phrase a denial is looked for.
const REACH: usize = 4;

/// Stands in a phrase for any word of theirs.
const POLICE: &str = "POLICE";

/// A list of the word files.
type List = fn(&'static Phrases) -> &'static Vec<String>;

/// The words of a text with what was found in them.
struct Text<'a> {
    words: &'a [&'a str],
    /// Where police are named, and nothing denies them.
    police: Vec<usize>,
    /// Every phrase that may say that they left.
    found: Vec<Found>,
    /// Where it says for the last time that they came.
    came: Option<usize>,
}

/// A phrase in a text.
#[derive(Clone, Copy)]
struct Found {
    kind: Kind,
    language: Language,
    phrase: &'static str,
    from: usize,
    /// Behind its last word.
    to: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `they left`.
    Left,
    /// `not here`; what denies another phrase does not touch it.
    NotHere,
    /// `nobody here`; so with this, where the text names no police.
    Nobody,
}

/// Whether the words say that they left.
pub(super) fn says_gone(words: &[&str]) -> bool {
    let text = Text::new(words);
    if still::some_stayed(words) {
        return false;
    }
    let counts = |found: &Found| {
        let undenied = match found.kind {
            Kind::Left => !denied(words, found),
            Kind::NotHere => true,
            Kind::Nobody => text.police.is_empty(),
        };
        undenied
            && !inverted(words, found.from)
            && !asked(words, found.to)
            && !contradicted(words, found.to)
            && !still::others_came(&text, found.to)
            && means_leaving(words, found)
    };
    text.found.iter().any(counts) || none_of_them(&text) || not_anymore(&text)
}

impl<'a> Text<'a> {
    fn new(words: &'a [&'a str]) -> Self {
        let lists: [(Kind, List); 3] = [
            (Kind::Left, |phrases| &phrases.left),
            (Kind::NotHere, |phrases| &phrases.not_here),
            (Kind::Nobody, |phrases| &phrases.nobody),
        ];
        let found = lists.into_iter().flat_map(|(kind, list)| {
            listed(list).flat_map(move |(language, phrase)| {
                occurrences(words, phrase).map(move |(from, to)| Found {
                    kind,
                    language,
                    phrase,
                    from,
                    to,
                })
            })
        });
        Self {
            words,
            police: (0..words.len())
                .filter(|at| is_police(words[*at]) && !is_denied(words, *at))
                .collect(),
            found: found.collect(),
            came: still::last_arrival(words),
        }
    }
}

/// Everything in a list, all languages.
fn listed(list: List) -> impl Iterator<Item = (Language, &'static str)> {
    Language::ALL.into_iter().flat_map(move |language| {
        let phrases = list(&WordFile::of(language).gone).iter();
        phrases.map(move |phrase| (language, phrase.as_str()))
    })
}

/// Whether a list, of any language, holds a word.
fn holds(list: List, word: &str) -> bool {
    listed(list).any(|(_, known)| known == word)
}

/// Whether it may be gone, or have left, without police having left.
fn is_other(word: &str) -> bool {
    holds(|phrases| &phrases.others, word)
}

fn occurrences<'a>(
    words: &'a [&'a str],
    phrase: &'a str,
) -> impl Iterator<Item = (usize, usize)> + 'a {
    let length = phrase.split(' ').count();
    let is = |word: &str, pattern: &str| word == pattern || (pattern == POLICE && is_police(word));
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

/// Whether a word for police is denied: `no police`, `I don't see any cops`, `sin policía ni patrullas`.
fn is_denied(words: &[&str], at: usize) -> bool {
    let undeniable = |word| holds(|phrases| &phrases.undeniable, word);
    let between = |word: &str| is_police(word) || holds(|phrases| &phrases.fillers, word);
    let lead = words[..at].iter().rposition(|word| !between(word));
    let lead = lead.map_or(&words[..0], |last| &words[..=last]);
    !undeniable(words[at])
        && listed(|phrases| &phrases.none_of).any(|(_, phrase)| {
            let mut spoken = lead.iter().rev();
            phrase.rsplit(' ').all(|word| spoken.next() == Some(&word))
        })
}

fn denied(words: &[&str], found: &Found) -> bool {
    let own = &WordFile::of(found.language).gone.denied_own;
    before(words, found.from)
        .take(REACH)
        .any(|word| holds(|phrases| &phrases.denied, word) || own.iter().any(|own| own == word))
}

/// `are they gone`: a question without its mark.
fn inverted(words: &[&str], from: usize) -> bool {
    const AUXILIARY: &[&str] = &["are", "is", "have", "has", "did", "do", "were"];
    const SUBJECT: &[&str] = &["they", "it", "the", "any", "anyone", "anybody"];
    let clause: Vec<&str> = before(words, from).take(REACH + 1).collect();
    clause.windows(2).any(|pair| {
        AUXILIARY.contains(&pair[1]) && (SUBJECT.contains(&pair[0]) || is_police(pair[0]))
    })
}

/// `did they leave? are they gone?`
fn asked(words: &[&str], to: usize) -> bool {
    words[to..]
        .iter()
        .find(|word| matches!(**word, BREAK | QUESTION))
        .is_some_and(|word| *word == QUESTION)
}

/// `gone but police on foot`, `not here but at 6th`, `no están sino en la 6`.
fn contradicted(words: &[&str], to: usize) -> bool {
    const THERE: &[&str] = &[
        "at", "on", "in", "over", "now", "they", "theyre", "one", "two", "some", "more", "another",
        "others", "en", "por", "ahora", "estan", "andan", "hay", "otro", "otros", "otra", "otras",
        "un", "uno", "una", "dos",
    ];
    const BUT: &[&str] = &[
        "but", "except", "though", "although", "pero", "sino", "excepto", "menos", "aunque",
    ];
    const ONLY: &[&str] = &["only", "just", "solo", "nomas"];
    let rest = &words[to.min(words.len())..];
    let place = |word: &&str| {
        word.starts_with(|first: char| first.is_ascii_digit()) || THERE.contains(word)
    };
    rest.iter().enumerate().any(|(at, word)| {
        let behind = &rest[at + 1..];
        let police = || behind.iter().take(REACH).any(|word| is_police(word));
        (BUT.contains(word) && (police() || behind.iter().take(2).any(place)))
            || (ONLY.contains(word) && police())
    })
}

/// Every word for police is denied, and what follows does not say who is there instead: `no police just ICE`, `no cops have
/// left`.
fn none_of_them(text: &Text<'_>) -> bool {
    const INSTEAD: &[&str] = &[
        "only", "just", "except", "solo", "nomas", "sino", "excepto", "menos",
    ];
    const STAYING: &[&str] = &["have", "has", "leaving", "leave", "moving", "yet"];
    let words = text.words;
    let Some(last) = words.iter().rposition(|word| is_police(word)) else {
        return false;
    };
    let first = words.iter().position(|word| is_police(word));
    let instead = words[last + 1..].iter().any(|word| INSTEAD.contains(word));
    let staying = after(words, last + 1)
        .take(REACH)
        .any(|word| STAYING.contains(&word));
    text.police.is_empty()
        && first.is_some_and(|first| !asked(words, first))
        && !asked(words, last)
        && !contradicted(words, last)
        && !instead
        && !staying
}

/// `they aren't on San Pedro anymore`.
fn not_anymore(text: &Text<'_>) -> bool {
    let words = text.words;
    ["anymore", "any more"].iter().any(|phrase| {
        occurrences(words, phrase).any(|(from, to)| {
            // The place between the two holds an `and`, so that only the clause's end stops the look back.
            let clause = || {
                let clause = words[..from].iter().rev().take(10);
                clause.take_while(|word| !matches!(**word, BREAK | QUESTION))
            };
            let mut there = clause().skip_while(|word| {
                !matches!(
                    **word,
                    "at" | "on" | "by" | "in" | "around" | "near" | "here" | "there"
                )
            });
            there.any(|word| matches!(*word, "not" | "arent" | "isnt" | "aint" | "no"))
                && !clause().any(|word| is_other(word))
                && !asked(words, to)
                && !contradicted(words, to)
                && !still::others_came(text, to)
        })
    })
}
