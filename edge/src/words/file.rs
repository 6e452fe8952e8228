//! The language files, `edge/words/*.toml`, embedded: keywords and answers.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::Language;

/// One language's file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordFile {
    /// What is understood.
    pub keywords: Keywords,
    /// How people say that police left.
    pub gone: Phrases,
    /// What is answered.
    pub answers: BTreeMap<Key, Template>,
    /// Words inside the answers.
    pub pieces: Pieces,
}

/// Words and phrases, lower case, accents and apostrophes off.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keywords {
    /// Name police.
    pub police: Vec<String>,
    /// Tell the language.
    pub hints: Vec<String>,
    /// Tell it only beside a hint: names of streets hold them, too.
    #[serde(default)]
    pub weak_hints: Vec<String>,
    /// Ask for help.
    pub help: Vec<String>,
    /// Want no more answers.
    pub stop: Vec<String>,
    /// Want them again.
    pub start: Vec<String>,
    /// Ask which languages there are.
    pub languages: Vec<String>,
    /// Choose this one.
    pub this_language: Vec<String>,
    /// One, two, three.
    pub numbers: Vec<String>,
    /// Begin a question for what shows near a place.
    pub r#where: Vec<String>,
    /// Do so where a question mark follows.
    pub asks: Vec<String>,
    /// Are said by machines.
    pub robots: Vec<String>,
}

/// How people say that police left, stayed or came: words and phrases, lower case, accents and apostrophes off. `POLICE`
/// stands for any word of theirs, a comma for the end of a clause.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrases {
    /// Say that they did so.
    pub left: Vec<String>,
    /// Deny that they are there.
    pub not_here: Vec<String>,
    /// Deny that anybody is.
    pub nobody: Vec<String>,
    /// Deny the word for police behind them.
    pub none_of: Vec<String>,
    /// May stand between the two.
    pub fillers: Vec<String>,
    /// Words for police that name other things, too.
    pub undeniable: Vec<String>,
    /// Before a phrase: deny it, wish it, doubt it, put it off.
    pub denied: Vec<String>,
    /// Deny phrases of this language alone.
    pub denied_own: Vec<String>,
    /// Who and what else may be gone.
    pub others: Vec<String>,
    /// So many of them that it is not all.
    pub some: Vec<String>,
    /// What police clear, move and take away.
    pub objects: Vec<String>,
    /// Say that some stayed, or are elsewhere.
    pub stayed: Vec<String>,
    /// Say that they came back.
    pub back: Vec<String>,
    /// Say, behind a phrase, that they came or went elsewhere.
    pub arrived: Vec<String>,
}

/// One answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// What has to be said.
    pub head: String,
    /// What may give way.
    #[serde(default)]
    pub tail: String,
    /// Septets, with every blank filled to its longest.
    pub longest: usize,
}

/// Words inside the answers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pieces {
    /// A corner for an example.
    pub corner: String,
    /// The first street, the second and so on, where they are not said as an English text says them.
    #[serde(default)]
    pub ordinals: Vec<String>,
    /// A level.
    pub unconfirmed: String,
    /// A level.
    pub photo: String,
    /// A level.
    pub corroborated: String,
    /// Beside a level.
    pub reported_gone: String,
    /// After a list that is cut.
    pub more: String,
}

/// Which answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    Privacy,
    Partial,
    Present,
    PresentPhoto,
    PresentUnsure,
    PresentNotPolice,
    PresentUnreadable,
    PresentMany,
    Gone,
    GoneWhere,
    TooLate,
    GoneLate,
    NotPolice,
    Repeated,
    Choose,
    Ask,
    AskPhoto,
    AskCross,
    AskWhere,
    AskAgain,
    ShortLink,
    WhereSome,
    WhereNone,
    WhereNoData,
    Help,
    Start,
    Languages,
    LanguageSet,
    Unreadable,
    TooMany,
    Shortest,
}

/// How many there are; a test holds each file to all of them.
pub const KEYS: usize = Key::Shortest as usize + 1;

impl WordFile {
    /// The file of a language.
    pub fn of(language: Language) -> &'static Self {
        static ENGLISH: OnceLock<WordFile> = OnceLock::new();
        static SPANISH: OnceLock<WordFile> = OnceLock::new();
        let (shared, text) = match language {
            Language::English => (&ENGLISH, include_str!("../../words/en.toml")),
            Language::Spanish => (&SPANISH, include_str!("../../words/es.toml")),
        };
        shared.get_or_init(|| {
            toml::from_str(text).expect("the word files are read by this crate's tests")
        })
    }

    /// One of its answers.
    pub fn answer(&self, key: Key) -> &Template {
        &self.answers[&key]
    }
}
