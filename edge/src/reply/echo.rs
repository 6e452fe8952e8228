//! Our own words coming back: a forwarded answer, a reaction that quotes it, another robot's echo. No person's report.

use std::sync::OnceLock;

use crate::words::{self, Language, WordFile};

/// A shorter piece of an answer could be a person's own words.
const SHORTEST: usize = 20;

/// Whether a text holds a piece of one of our answers.
pub fn is_ours(text: &str) -> bool {
    static PIECES: OnceLock<Vec<String>> = OnceLock::new();
    let text = words::bare(text);
    let pieces = PIECES.get_or_init(pieces);
    text.len() >= SHORTEST && pieces.iter().any(|piece| text.contains(piece.as_str()))
}

/// The answers' words between their blanks.
fn pieces() -> Vec<String> {
    let templates = Language::ALL
        .into_iter()
        .flat_map(|language| WordFile::of(language).answers.values());
    let parts = templates.flat_map(|template| [&template.head, &template.tail]);
    let pieces = parts.flat_map(|part| part.split(['{', '}']).map(words::bare));
    pieces.filter(|piece| piece.len() >= SHORTEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_words_are_known_and_peoples_are_not() {
        for ours in [
            "Got it: police at 5th St & San Pedro St. Shows until 15:20. They left, or wrong? Text GONE.",
            "Liked \u{201c}Got it: police at 5th St & San Pedro St. Shows until 15:20. They left, or wrong? Text GONE.\u{201d}",
            "Le gusto \"Recibido: policia en 5th St. Visible hasta 15:20. Se fueron, o hay error? Escriba SE FUERON.\"",
            "> which corner do you mean? 1) 4th Ave",
            "YOUR PHONE COMPANY SEES TEXTS",
        ] {
            assert!(is_ours(ours), "{ours}");
        }
        for theirs in [
            "police 5th & San Pedro",
            "got it, police at 5th and main too",
            "they left 5th and main",
            "policia en la esquina de 5ta y San Pedro",
            "where are they? at the corner",
            "ya se fueron de la 5ta y San Pedro",
            "",
        ] {
            assert!(!is_ours(theirs), "{theirs}");
        }
    }
}
