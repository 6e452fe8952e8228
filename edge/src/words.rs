//! What a text says, its place aside: language, whether they are gone, whether it speaks of police, whether it asks for help.

mod file;
mod gone;

use file::Keywords;
pub use file::{KEYS, Key, Template, WordFile};

/// The languages that answers are written in; a file each in `edge/words`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];
}

/// A text, read for its words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Said {
    /// The language it seems to be in; `None` where no word tells.
    pub language: Option<Language>,
    /// It says that they left.
    pub gone: bool,
    /// It names police.
    pub police: bool,
    /// It is a question for help, nothing else.
    pub help: bool,
    /// It is a wish to hear nothing more, nothing else.
    pub stop: bool,
    /// It is a wish to hear answers again, nothing else.
    pub start: bool,
    /// It asks which languages there are, nothing else.
    pub languages: bool,
    /// It chooses a language, nothing else.
    pub chooses: Option<Language>,
    /// It is a number from 1 to 3, nothing else.
    pub number: Option<usize>,
    /// It asks what shows near a place.
    pub asks: bool,
    /// It is in a machine's words.
    pub robot: bool,
}

/// More words of a text than this are not weighed.
const MOST_WORDS: usize = 400;

/// Stands among the words where a clause ends.
const BREAK: &str = ",";
/// Stands there where the clause is a question.
const QUESTION: &str = "?";

fn is_police(word: &str) -> bool {
    any(|keywords| &keywords.police, |known| known == word)
}

/// Whether any language's list holds what is sought.
fn any(
    list: impl Fn(&'static Keywords) -> &'static Vec<String>,
    sought: impl Fn(&str) -> bool,
) -> bool {
    Language::ALL.iter().any(|language| {
        list(&WordFile::of(*language).keywords)
            .iter()
            .any(|known| sought(known))
    })
}

/// Reads a text's words.
pub fn read(text: &str) -> Said {
    let plain = plain(text);
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let spoken: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !matches!(*word, BREAK | QUESTION))
        .collect();
    let alone = spoken.join(" ");
    let hints = |language| {
        let keywords = &WordFile::of(language).keywords;
        let count = |hints: &[String]| {
            let said = hints.iter().filter(|word| spoken.contains(&word.as_str()));
            said.count()
        };
        match count(&keywords.hints) {
            0 => 0,
            strong => strong + count(&keywords.weak_hints),
        }
    };
    let language = match hints(Language::Spanish).cmp(&hints(Language::English)) {
        std::cmp::Ordering::Greater => Some(Language::Spanish),
        std::cmp::Ordering::Less => Some(Language::English),
        std::cmp::Ordering::Equal => None,
    };
    let only_asked = spoken.is_empty() && words.contains(&QUESTION);
    let is = |known: &str| known == alone;
    let begins = |known: &str| {
        alone
            .strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let asked = any(|keywords| &keywords.r#where, begins)
        || (words.contains(&QUESTION) && any(|keywords| &keywords.asks, begins));
    let padded = format!(" {alone} ");
    Said {
        language,
        gone: gone::says_gone(&words[..words.len().min(MOST_WORDS)]),
        police: spoken.iter().any(|word| is_police(word)),
        help: only_asked || any(|keywords| &keywords.help, is),
        stop: any(|keywords| &keywords.stop, is),
        start: any(|keywords| &keywords.start, is),
        languages: any(|keywords| &keywords.languages, is),
        chooses: Language::ALL.into_iter().find(|language| {
            WordFile::of(*language)
                .keywords
                .this_language
                .contains(&alone)
        }),
        number: number(&alone),
        asks: asked,
        robot: any(
            |keywords| &keywords.robots,
            |known| padded.contains(&format!(" {known} ")),
        ),
    }
}

/// `1` to `3`, in digits or as a word.
fn number(alone: &str) -> Option<usize> {
    let digits = alone.parse().ok().filter(|number| (1..=3).contains(number));
    digits.or_else(|| {
        let numbers = Language::ALL.map(|language| &WordFile::of(language).keywords.numbers);
        let position = |numbers: &Vec<String>| numbers.iter().position(|known| known == alone);
        numbers
            .into_iter()
            .find_map(position)
            .map(|position| position + 1)
    })
}

/// The words of a text and nothing else, so that one that was changed on its way still compares.
pub(crate) fn bare(text: &str) -> String {
    let plain = plain(text);
    let words = plain
        .split(' ')
        .filter(|word| !matches!(*word, "" | BREAK | QUESTION));
    words.collect::<Vec<_>>().join(" ")
}

/// Words in lower case, accents and apostrophes off, one space around each; [`BREAK`] and [`QUESTION`] end a clause.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MOST_CHARACTERS) + 2);
    for character in text
        .chars()
        .take(MOST_CHARACTERS)
        .flat_map(char::to_lowercase)
    {
        match character {
            'á' | 'à' | 'ä' | 'â' => plain.push('a'),
            'é' | 'è' | 'ë' | 'ê' => plain.push('e'),
            'í' | 'ì' | 'ï' | 'î' => plain.push('i'),
            'ó' | 'ò' | 'ö' | 'ô' => plain.push('o'),
            'ú' | 'ù' | 'ü' | 'û' => plain.push('u'),
            'ñ' => plain.push('n'),
            // An accent that stands by itself, as some phones write them, and every apostrophe.
            '\u{300}'..='\u{36f}' | '\'' | '’' | '‘' | '`' | '´' | 'ʼ' => {}
            '?' => plain.push_str(" ? "),
            '.' | ',' | ';' | ':' | '!' | '\n' | '\r' | '(' | ')' | '—' | '–' => {
                plain.push_str(" , ");
            }
            other if other.is_alphanumeric() => plain.push(other),
            _ => plain.push(' '),
        }
    }
    plain
}

/// More characters than this are not read.
const MOST_CHARACTERS: usize = 2000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        let check = |text, language| assert_eq!(read(text).language, language, "{text}");
        check(
            "Policía en la esquina de 5ta y San Pedro",
            Some(Language::Spanish),
        );
        check("san pedro y 5ta", Some(Language::Spanish));
        check("two cop cars at 5th and San Pedro", Some(Language::English));
        check("5th & San Pedro", None);
        check("", None);
        // Names of streets are in nobody's language.
        for names in [
            "LAPD la brea & la cienega",
            "Los Feliz & Vermont",
            "El Segundo & Figueroa",
            "La Brea y 6th",
        ] {
            check(names, None);
        }
        check("police la brea & la cienega", Some(Language::English));
        check("cops Los Feliz & El Centro", Some(Language::English));
        check("LAPD en la brea y la cienega", Some(Language::Spanish));
        check("hay LAPD en La Brea", Some(Language::Spanish));
    }

    #[test]
    fn police_is_named_or_not() {
        assert!(read("LAPD at Wall").police);
        assert!(read("hay una patrulla").police);
        assert!(!read("5th & San Pedro").police);
        assert!(!read("copper wire at wall st").police);
        assert!(read("polici\u{301}a en la 5").police);
        assert!(read("the sheriff's dept, 5th").police);
    }

    #[test]
    fn commands_stand_alone() {
        for help in [
            " Help ",
            "HELP!",
            "help.",
            "\"help\"",
            "'help'",
            "Help?",
            "AYUDA",
            "¡Ayuda!",
            "ayuda\n",
            "?",
            " ?? ",
            "¿?",
            "help 🙏",
            "Help me!",
        ] {
            assert!(read(help).help, "{help}");
        }
        for stop in [
            "STOP",
            "Stop.",
            " stop ",
            "STOP ALL",
            "\"STOP\"",
            "ALTO",
            "¡Alto!",
            "Unsubscribe",
        ] {
            assert!(read(stop).stop, "{stop}");
        }
        for neither in [
            "help police at 5th and wall",
            "ayuda policia en la 5 y wall",
            "5th & wall?",
            "cops stop people at 5th & wall",
            "stop and 5th",
            "",
            "🚓",
        ] {
            let said = read(neither);
            assert!(!said.help && !said.stop, "{neither}");
        }
    }

    #[test]
    fn questions_numbers_languages_and_machines_are_told_apart() {
        for asks in [
            "WHERE 5th & San Pedro",
            "where are the cops near 6th and wall",
            "DONDE 5ta y San Pedro",
            "¿Dónde hay policía?",
            "any cops at 5th and wall?",
            "¿Hay policía en la 5 y San Pedro?",
        ] {
            assert!(read(asks).asks, "{asks}");
        }
        for tells in [
            "hay policia en la 5 y San Pedro",
            "any minute now, police 5th & wall",
            "police at 5th? yes",
        ] {
            assert!(!read(tells).asks, "{tells}");
        }
        for (text, number) in [
            ("2", Some(2)),
            (" 3. ", Some(3)),
            ("#1", Some(1)),
            ("dos", Some(2)),
            ("One!", Some(1)),
            ("4", None),
            ("2 cops", None),
        ] {
            assert_eq!(read(text).number, number, "{text}");
        }
        for spanish in ["Español", "ESPAÑOL", "ESPANOL", "español."] {
            assert_eq!(read(spanish).chooses, Some(Language::Spanish), "{spanish}");
        }
        assert_eq!(read("ENGLISH").chooses, Some(Language::English));
        assert!(read("IDIOMA").languages && read("Language?").languages);
        assert!(read("START").start && read("empezar").start);
        assert!(read("I'm driving right now - I'll get back to you").robot);
        assert!(read("Respuesta automática: estoy fuera").robot);
        assert!(!read("police are driving right now to 5th & wall").robot);
    }

    #[test]
    fn a_long_text_is_read_in_part_and_fast_enough() {
        let said = read(&"not gone left no se fue ".repeat(5_000));
        assert!(!said.help && !said.stop);
        assert!(read(&format!("gone {}", "x".repeat(100_000))).gone);
    }
}
