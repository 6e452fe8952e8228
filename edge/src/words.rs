//! What a text says, its place aside: language, whether they are gone, whether it speaks of police, whether it asks for help.

mod gone;

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
    "polices",
    "polce",
    "poilce",
    "plice",
    "polis",
    "cop",
    "cops",
    "lapd",
    "sheriff",
    "sheriffs",
    "sherif",
    "sherifs",
    "deputy",
    "deputies",
    "trooper",
    "troopers",
    "officer",
    "officers",
    "squad",
    "swat",
    "patrol",
    "patrols",
    "cruiser",
    "cruisers",
    "chp",
    "popo",
    "pigs",
    "policia",
    "policias",
    "polisia",
    "polisias",
    "policiaco",
    "patrulla",
    "patrullas",
    "patrullero",
    "patrulleros",
    "chota",
    "chotas",
    "jura",
    "juras",
    "placa",
    "oficial",
    "oficiales",
    "agente",
    "agentes",
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
    "sin",
];

const ENGLISH: &[&str] = &[
    "police", "cop", "cops", "the", "at", "and", "near", "on", "here", "by", "corner", "of", "is",
    "are", "they", "left", "gone", "now", "street", "officers", "there", "in", "with", "help",
    "stop", "car", "cars", "two", "three", "sweep", "sweeping", "tents", "hello", "hi",
];

const HELP: &[&str] = &[
    "help",
    "help me",
    "help please",
    "please help",
    "info",
    "information",
    "menu",
    "ayuda",
    "ayudame",
    "ayuda por favor",
    "por favor ayuda",
    "informacion",
];

const STOP: &[&str] = &[
    "stop",
    "stopall",
    "stop all",
    "unsubscribe",
    "quit",
    "end",
    "cancel",
    "revoke",
    "optout",
    "opt out",
    "alto",
    "parar",
    "baja",
    "cancelar",
];

/// More words of a text than this are not weighed.
const MOST_WORDS: usize = 400;

/// Stands among the words where a clause ends.
const BREAK: &str = ",";
/// Stands there where the clause is a question.
const QUESTION: &str = "?";

fn is_police(word: &str) -> bool {
    POLICE.contains(&word)
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
    let count = |list: &[&str]| list.iter().filter(|word| spoken.contains(word)).count();
    let language = match count(SPANISH).cmp(&count(ENGLISH)) {
        std::cmp::Ordering::Greater => Some(Language::Spanish),
        std::cmp::Ordering::Less => Some(Language::English),
        std::cmp::Ordering::Equal => None,
    };
    let only_asked = spoken.is_empty() && words.contains(&QUESTION);
    Said {
        language,
        gone: gone::says_gone(&words[..words.len().min(MOST_WORDS)]),
        police: spoken.iter().any(|word| is_police(word)),
        help: only_asked || HELP.contains(&alone.as_str()),
        stop: STOP.contains(&alone.as_str()),
    }
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
    fn a_long_text_is_read_in_part_and_fast_enough() {
        let said = read(&"not gone left no se fue ".repeat(5_000));
        assert!(!said.help && !said.stop);
        assert!(read(&format!("gone {}", "x".repeat(100_000))).gone);
    }
}
