//! What a text says, its place aside: language, whether they are gone, whether it speaks of police, whether it asks for help.

/// The languages that answers are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
pub enum Language {
    /// English.
    #[serde(rename = "en")]
    English,
    /// Spanish.
    #[serde(rename = "es")]
    Spanish,
}

/// A text, read for its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

const POLICE: &[&str] = &[
    "police",
    "cop",
    "cops",
    "lapd",
    "sheriff",
    "sheriffs",
    "officer",
    "officers",
    "squad",
    "patrol",
    "cruiser",
    "policia",
    "policias",
    "polis",
    "patrulla",
    "patrullas",
    "chp",
    "popo",
    "chota",
    "jura",
    "oficial",
    "oficiales",
    "agente",
    "agentes",
];

const GONE: &[&str] = &[
    "gone",
    "left",
    "they left",
    "all clear",
    "clear now",
    "its clear",
    "it's clear",
    "cleared out",
    "no police",
    "no cops",
    "no more cops",
    "no more police",
    "not here anymore",
    "moved on",
    "drove off",
    "drove away",
    "se fue",
    "se fueron",
    "ya se fueron",
    "ya se fue",
    "ya no estan",
    "ya no esta",
    "ya no hay",
    "no hay policia",
    "no hay policias",
    "sin policia",
    "despejado",
    "se retiraron",
];

const SPANISH: &[&str] = &[
    "policia",
    "policias",
    "patrulla",
    "patrullas",
    "calle",
    "y",
    "con",
    "esta",
    "estan",
    "hay",
    "aqui",
    "ahi",
    "en",
    "el",
    "la",
    "los",
    "las",
    "de",
    "del",
    "se",
    "fueron",
    "fue",
    "ya",
    "esquina",
    "cerca",
    "ahora",
    "muchos",
    "dos",
    "tres",
    "ayuda",
    "alto",
    "hola",
    "por",
    "avenida",
    "chota",
    "oficiales",
    "carpas",
    "no hay",
];

const ENGLISH: &[&str] = &[
    "police", "cop", "cops", "the", "at", "and", "near", "on", "here", "by", "corner", "of", "is",
    "are", "they", "left", "gone", "now", "street", "officers", "there", "in", "with", "help",
    "stop", "car", "cars", "two", "three", "sweep", "sweeping", "tents", "hello", "hi",
];

const HELP: &[&str] = &["help", "info", "ayuda", "?"];

const STOP: &[&str] = &[
    "stop",
    "stopall",
    "unsubscribe",
    "quit",
    "end",
    "cancel",
    "alto",
    "parar",
];

/// Reads a text's words.
pub fn read(text: &str) -> Said {
    let plain = plain(text);
    let spanish = count(&plain, SPANISH);
    let english = count(&plain, ENGLISH);
    let language = match spanish.cmp(&english) {
        std::cmp::Ordering::Greater => Some(Language::Spanish),
        std::cmp::Ordering::Less => Some(Language::English),
        std::cmp::Ordering::Equal => None,
    };
    Said {
        language,
        gone: contains_any(&plain, GONE),
        police: contains_any(&plain, POLICE),
        help: HELP.contains(&plain.trim()),
        stop: STOP.contains(&plain.trim()),
    }
}

/// Lower case, accents off, one space around each word.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 2);
    plain.push(' ');
    for character in text.chars().take(2000).flat_map(char::to_lowercase) {
        let character = match character {
            'á' | 'à' | 'ä' => 'a',
            'é' | 'è' => 'e',
            'í' | 'ì' => 'i',
            'ó' | 'ò' | 'ö' => 'o',
            'ú' | 'ù' | 'ü' => 'u',
            'ñ' => 'n',
            '’' => '\'',
            '?' if text.trim() == "?" => '?',
            other if other.is_alphanumeric() || other == '\'' || other == '-' => other,
            _ => ' ',
        };
        if character != ' ' || !plain.ends_with(' ') {
            plain.push(character);
        }
    }
    if !plain.ends_with(' ') {
        plain.push(' ');
    }
    plain
}

fn contains_any(plain: &str, phrases: &[&str]) -> bool {
    count(plain, phrases) > 0
}

fn count(plain: &str, phrases: &[&str]) -> usize {
    phrases
        .iter()
        .filter(|phrase| plain.contains(&format!(" {phrase} ")))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gone_in_both_languages() {
        for gone in [
            "GONE 5th & San Pedro",
            "cops left 6th and wall",
            "Ya se fueron, 5ta y San Pedro",
            "no hay policía en la 6",
            "no cops at 5th and main",
        ] {
            assert!(read(gone).gone, "{gone}");
        }
        for present in [
            "police 5th & san pedro",
            "policia en la calle 5",
            "3 cop cars, wall st",
        ] {
            assert!(!read(present).gone, "{present}");
        }
    }

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
    }

    #[test]
    fn police_is_named_or_not() {
        assert!(read("LAPD at Wall").police);
        assert!(read("hay una patrulla").police);
        assert!(!read("5th & San Pedro").police);
        assert!(!read("copper wire at wall st").police);
    }

    #[test]
    fn commands_stand_alone() {
        assert!(read(" Help ").help);
        assert!(read("AYUDA").help);
        assert!(read("?").help);
        assert!(!read("help police at 5th and wall").help);
        assert!(read("STOP").stop);
        assert!(!read("cops stop people at 5th & wall").stop);
    }
}
