//! Who stayed, came back, or came: what a phrase of leaving cannot outweigh.

use super::{
    List, POLICE, REACH, Text, after, before, holds, is_denied, is_other, listed, occurrences,
};
use crate::words::{BREAK, QUESTION};

/// Some of them stayed, came back, or are elsewhere.
pub(super) fn some_stayed(words: &[&str]) -> bool {
    const PLACED: &[&str] = &[
        "here", "there", "at", "on", "around", "parked", "outside", "by", "in", "near", "sitting",
    ];
    let others = |from: usize| before(words, from).take(3).any(is_other);
    let not = |from: usize| {
        before(words, from).take(3).any(|word| {
            holds(|phrases| &phrases.denied, word)
                || matches!(word, "no" | "nobody" | "none" | "nadie" | "before")
        })
    };
    let still = occurrences(words, "still")
        .any(|(from, to)| after(words, to).take(2).any(|w| PLACED.contains(&w)) && !others(from));
    let named = |list: List| {
        listed(list).any(|(_, phrase)| {
            occurrences(words, phrase).any(|(from, _)| !others(from) && !not(from))
        })
    };
    still || named(|phrases| &phrases.stayed) || named(|phrases| &phrases.back)
}

/// Behind a phrase of leaving the text says that police came or went elsewhere, or names them in another clause that does not
/// say that they left: then others left. `everyone is gone, cops came`.
pub(super) fn others_came(text: &Text<'_>, to: usize) -> bool {
    text.came.is_some_and(|at| at >= to) || named_behind(text, to)
}

/// The last place where they came, if nothing denies it: `no cops here`.
pub(super) fn last_arrival(words: &[&str]) -> Option<usize> {
    let arrivals = listed(|phrases| &phrases.arrived).flat_map(|(_, phrase)| {
        let named = phrase.split(' ').position(|word| word == POLICE);
        occurrences(words, phrase)
            .map(|(from, _)| from)
            .filter(move |from| !named.is_some_and(|at| is_denied(words, from + at)))
    });
    arrivals.max()
}

fn named_behind(text: &Text<'_>, to: usize) -> bool {
    let ends = |word: &&str| matches!(*word, BREAK | QUESTION);
    let Some(clause) = text.words[to..].iter().position(ends) else {
        return false;
    };
    let mut behind = text.police.iter().filter(|at| **at > to + clause);
    behind.any(|at| {
        let leaves = text.found.iter().any(|found| {
            let between = found.from.checked_sub(*at);
            between.is_some_and(|between| between <= REACH + 2)
                && !text.words[*at..found.from].iter().any(ends)
        });
        !leaves
    })
}
