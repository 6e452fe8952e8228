//! What the page says. The sentences stand in `hub/words`, one Fluent file a language; nothing in `views` or in the script
//! holds one, and a language is added without a change here.
//!
//! The files are part of the hub. An operator may add languages, or say some things in other words, by files in a folder of
//! their own (`words` in `hub.toml`). What a file does not say is said in English. A message that cannot be used (it does not
//! parse, or names what it is not given) is as if it were not there, and is named when the hub starts.
//!
//! Files are parsed once, and kept for as long as the program runs.

mod accept;
mod language;
mod messages;
mod source;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};

use fluent_bundle::{FluentArgs, FluentValue};
use serde_json::Value;

use self::language::Language;
pub use self::language::Languages;
pub use self::source::Problem;

/// A sentence, filled in.
pub type Said = Cow<'static, str>;

/// A language that the page is written in.
#[derive(Clone, Copy)]
pub struct Lang {
    of: &'static Language,
    /// Whether addresses name it: for a reader who chose it, their browser may ask for another. One that is not everybody's
    /// first is always named.
    is_named: bool,
}

impl Lang {
    fn new(of: &'static Language) -> Self {
        let is_named = !of.is_first();
        Self { of, is_named }
    }

    /// As a reader's own choice.
    pub fn named(self) -> Self {
        Self {
            is_named: true,
            ..self
        }
    }

    /// As `?lang=` and `lang=""` write it.
    pub fn code(self) -> &'static str {
        &self.of.code
    }

    /// The code, where an address has to name it.
    pub fn in_address(self) -> Option<&'static str> {
        self.is_named.then_some(self.code())
    }

    /// In which direction it is written, as `dir=""` says it.
    pub fn dir(self) -> &'static str {
        self.of.dir
    }

    /// How it calls itself.
    pub fn own_name(self) -> &'static str {
        &self.of.own_name
    }

    /// Whether both are the same language, however they were chosen.
    pub fn is(self, other: Self) -> bool {
        self.code() == other.code()
    }

    pub fn words(self) -> Words {
        Words {
            of: self.of,
            is_template: false,
            instead: &[],
        }
    }

    /// What its own file says of a layer of the city: its title, explanation and unit.
    pub fn layer(self, id: &str) -> [Option<Said>; 3] {
        let message = format!("open-data-{id}");
        ["title", "explanation", "unit"].map(|part| self.of.part(&message, part))
    }

    /// What is said in the first language, as it has to be written amid this one.
    pub fn beside(self, said: &str) -> Cow<'_, str> {
        self.of.beside(Cow::Borrowed(said))
    }
}

/// English, as the hub has it.
impl Default for Lang {
    fn default() -> Self {
        Languages::built_in().first()
    }
}

impl PartialEq for Lang {
    fn eq(&self, other: &Self) -> bool {
        self.is(*other) && self.is_named == other.is_named
    }
}

impl Eq for Lang {}

impl Hash for Lang {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.code(), self.is_named).hash(state);
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What a language says: a method for each message, with what the message is given.
#[derive(Clone, Copy)]
pub struct Words {
    of: &'static Language,
    is_template: bool,
    /// Messages, and those that are said in their place.
    instead: &'static [(&'static str, &'static str)],
}

impl Words {
    /// The same, but for some messages, in whose place others are said.
    pub fn with(self, instead: &'static [(&'static str, &'static str)]) -> Self {
        Self { instead, ..self }
    }

    /// A sentence for the script, with `{n}` where the script puts a number of at least `least` in. If the language has
    /// sentences of their own for some numbers, one for each of its plural forms.
    pub fn counted(self, least: u32, say: impl Fn(Self, f64) -> Said) -> Value {
        let template = Self {
            is_template: true,
            ..self
        };
        let forms = self.of.plural_forms(least);
        let forms: BTreeMap<&str, Said> = forms.map(|(form, n)| (form, say(template, n))).collect();
        let mut all = forms.values();
        match all.next() {
            Some(first) if all.all(|other| other == first) => Value::from(first.as_ref()),
            _ => forms
                .iter()
                .map(|(form, said)| (*form, said.as_ref()))
                .collect(),
        }
    }

    fn say(self, id: &'static str, given: &[(&'static str, FluentValue<'_>)]) -> Said {
        let mut instead = self.instead.iter();
        let id = instead
            .find(|(of, _)| *of == id)
            .map_or(id, |(_, other)| other);
        let given = (!given.is_empty()).then(|| given.iter().cloned().collect::<FluentArgs<'_>>());
        self.of
            .say(id, given.as_ref(), self.is_template)
            .unwrap_or(Cow::Borrowed(id))
    }
}

/// The paragraphs of a message: empty lines part them.
pub fn paragraphs(said: &str) -> impl Iterator<Item = &str> {
    said.split("\n\n")
}

/// A place as people write it: the city's capitals made calm, and "near" and "in" in the reader's language. The script's
/// `place` is the same rule.
pub fn place(label: &str, words: Words) -> String {
    let said = match (label.strip_prefix("near "), label.strip_prefix("in ")) {
        (Some(name), _) => words.place_near(calm(name)),
        (_, Some(name)) => words.place_in(calm(name)),
        (None, None) => return calm(label),
    };
    said.into_owned()
}

/// A name with its capitals made calm.
pub fn calm(name: &str) -> String {
    let calm = |word: &str| {
        if word.chars().any(char::is_lowercase) {
            return word.to_owned();
        }
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        first
            .chain(letters.flat_map(char::to_lowercase))
            .collect::<String>()
    };
    name.split(' ').map(calm).collect::<Vec<_>>().join(" ")
}
