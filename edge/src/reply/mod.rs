//! The conversation: what is understood of a sender's messages together, and the one answer that each gets.
//!
//! [`conversation`] is what is known of each sender, `turn` what a message comes to beside it, [`limits`] who is heard and
//! answered how often, `repeats` which photos were sent before, [`shows`] what is said of a place now, `echo` what no person
//! wrote. All of it lives in RAM, by a keyed hash of the number, and is forgotten with the day's key. The words are in
//! `edge/words`; here they become one GSM-7 segment.

pub mod conversation;
mod echo;
pub mod limits;
mod repeats;
#[cfg(test)]
mod script;
pub mod shows;
mod turn;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use spotlight_common::gazetteer::Example;
use spotlight_common::now::Level;

use crate::words::{Key, Language, Template, WordFile};
pub use echo::is_ours;
use shows::{Shows, Sight};

/// GSM 03.38: a single message holds 160 septets.
pub const SEGMENT: usize = 160;

/// A label longer than this is cut in an answer, so that every template fits its segment.
const MAX_LABEL: usize = 44;

/// What is said to a sender.
#[derive(Debug, Clone, PartialEq)]
pub enum Say {
    /// A report of police being present.
    Present {
        /// The place, in the gazetteer's words.
        label: String,
        /// From then on it does not show.
        fades_at: Timestamp,
        /// What the photo showed.
        photo: Photo,
    },
    /// So many say so already that this one is not counted.
    Many {
        /// The place.
        label: String,
        /// From then on the others' reports do not show.
        fades_at: Timestamp,
    },
    /// A report of police having left.
    Gone {
        /// The place.
        label: String,
    },
    /// They left, but where?
    GoneWhere,
    /// A report that came so late that it is over.
    TooLate {
        /// The place.
        label: String,
    },
    /// A report of police having left that came so late that it is over.
    GoneLate {
        /// The place.
        label: String,
    },
    /// A photo without police, and no word of them: no report.
    NotPolice,
    /// A photo that somebody else sent before: no report.
    Repeated,
    /// Which of these places?
    Choose {
        /// As many as [`fitting`] says.
        labels: Vec<String>,
    },
    /// Where?
    Ask(Ask),
    /// What shows near a place.
    Shows {
        /// The place that was asked for.
        label: String,
        /// What shows there.
        shows: Shows,
    },
    /// Help.
    Help,
    /// Answers come again.
    Start,
    /// Which languages there are.
    Languages,
    /// Answers come in this language.
    LanguageSet,
    /// Nothing in it can be read.
    Unreadable,
    /// This sender is not heard for a while.
    TooMany {
        /// Until then.
        until: Timestamp,
    },
}

/// How a place is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Of something that was told.
    Place,
    /// Of a photo.
    Photo,
    /// The second street of a corner.
    Cross(String),
    /// That one wants to know about.
    Where,
    /// Once more, after an answer that was no place.
    Again,
    /// After a link that hides it.
    ShortLink,
}

/// What an answer says of the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photo {
    /// There was none.
    None,
    /// It shows police.
    Police,
    /// The model was unsure.
    Unsure,
    /// It does not show police; the words do.
    NotPolice,
    /// It could not be read.
    Unreadable,
}

/// An answer in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// At most [`SEGMENT`] septets.
    pub text: String,
    /// It says that the phone company sees texts.
    pub tells_of_company: bool,
}

/// How answers are worded.
#[derive(Debug, Clone)]
pub struct Wording {
    /// The language where a sender's is not known.
    pub language: Language,
    /// The zone of the times.
    pub time_zone: TimeZone,
    /// The corner that people are told for an example.
    pub example: Example,
}

/// The words for what is to be said, in the sender's language if it is known. Else a question and help are put in every
/// language, as short as can be, and the rest in the usual one. `first` says that the phone company sees texts, if that fits.
pub fn answer(say: &Say, language: Option<Language>, wording: &Wording, first: bool) -> Answer {
    answer_and(say, language, wording, first.then_some(Key::Privacy))
}

/// The same to someone of whose text parts did not come, which is said, too.
pub fn answer_partial(say: &Say, language: Option<Language>, wording: &Wording) -> Answer {
    Answer {
        tells_of_company: false,
        ..answer_and(say, language, wording, Some(Key::Partial))
    }
}

fn answer_and(
    say: &Say,
    language: Option<Language>,
    wording: &Wording,
    also: Option<Key>,
) -> Answer {
    match (say, language) {
        (Say::Languages, _) => in_all(Key::Languages, wording, None),
        (Say::Help | Say::Unreadable | Say::Ask(Ask::Place | Ask::Photo | Ask::Again), None) => {
            in_all(Key::Shortest, wording, also)
        }
        _ => {
            let language = language.unwrap_or(wording.language);
            in_one(say, WordFile::of(language), wording, also)
        }
    }
}

/// How many of these places fit into one question.
pub fn fitting(labels: &[String], language: Language) -> usize {
    let words = WordFile::of(language);
    choices(labels, room(words.answer(Key::Choose), "{choices}", 0)).1
}

fn in_one(say: &Say, words: &WordFile, wording: &Wording, also: Option<Key>) -> Answer {
    let zone = &wording.time_zone;
    let until = |time: &Timestamp| clock(time, zone);
    let also = also.map(|also| words.answer(also).head.as_str());
    let (key, blanks) = match say {
        Say::Present {
            label,
            fades_at,
            photo,
        } => {
            let key = match photo {
                Photo::None => Key::Present,
                Photo::Police => Key::PresentPhoto,
                Photo::Unsure => Key::PresentUnsure,
                Photo::NotPolice => Key::PresentNotPolice,
                Photo::Unreadable => Key::PresentUnreadable,
            };
            (
                key,
                vec![("{place}", cut(label)), ("{until}", until(fades_at))],
            )
        }
        Say::Many { label, fades_at } => (
            Key::PresentMany,
            vec![("{place}", cut(label)), ("{until}", until(fades_at))],
        ),
        Say::Gone { label } => (Key::Gone, vec![("{place}", cut(label))]),
        Say::GoneWhere => (Key::GoneWhere, vec![]),
        Say::TooLate { label } => (Key::TooLate, vec![("{place}", cut(label))]),
        Say::GoneLate { label } => (Key::GoneLate, vec![("{place}", cut(label))]),
        Say::NotPolice => (Key::NotPolice, vec![]),
        Say::Repeated => (Key::Repeated, vec![]),
        Say::Choose { labels } => {
            let room = room(words.answer(Key::Choose), "{choices}", 0);
            (Key::Choose, vec![("{choices}", choices(labels, room).0)])
        }
        Say::Ask(ask) => match ask {
            Ask::Place => (Key::Ask, vec![]),
            Ask::Photo => (Key::AskPhoto, vec![]),
            Ask::Cross(street) => (Key::AskCross, vec![("{place}", cut(street))]),
            Ask::Where => (Key::AskWhere, vec![]),
            Ask::Again => (Key::AskAgain, vec![]),
            Ask::ShortLink => (Key::ShortLink, vec![]),
        },
        Say::Shows { label, shows } => match shows {
            Shows::NoData => (Key::WhereNoData, vec![("{place}", cut(label))]),
            Shows::Nothing => (Key::WhereNone, vec![("{place}", cut(label))]),
            Shows::Seen(sights) => {
                let room = room(
                    words.answer(Key::WhereSome),
                    "{list}",
                    also.map_or(0, septets),
                );
                (
                    Key::WhereSome,
                    vec![("{list}", list(sights, words, zone, room))],
                )
            }
        },
        Say::Help => (Key::Help, vec![]),
        Say::Start => (Key::Start, vec![]),
        Say::Languages => (Key::Languages, vec![]),
        Say::LanguageSet => (Key::LanguageSet, vec![]),
        Say::Unreadable => (Key::Unreadable, vec![]),
        Say::TooMany { until: time } => (Key::TooMany, vec![("{until}", until(time))]),
    };
    let template = words.answer(key);
    let mut head = template.head.clone();
    for (blank, filling) in blanks {
        head = head.replace(blank, &gsm7(&filling));
    }
    let corner = corner(words, &wording.example);
    let [head, tail] = [&head, &template.tail].map(|part| part.replace("{corner}", &corner));
    fitted(head, &tail, also)
}

/// An example as the language says it: `5ta y San Pedro`.
fn corner(words: &WordFile, example: &Example) -> String {
    let numbered = example.number().and_then(|number| number.checked_sub(1));
    let ordinal = numbered.and_then(|n| words.pieces.ordinals.get(n));
    let corner = words.pieces.corner.replace("{other}", &example.other);
    corner.replace("{one}", ordinal.unwrap_or(&example.one))
}

/// Head, tail and the other sentence (of the company, mostly) if all fit; the sentence in the tail's place if that fits; else
/// without it.
fn fitted(head: String, tail: &str, company: Option<&str>) -> Answer {
    let joined = |parts: &[&str]| {
        let parts = parts.iter().copied().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    };
    let whole = company.map(|company| joined(&[&head, tail, company]));
    let short = company.map(|company| joined(&[&head, company]));
    let told = [whole, short]
        .into_iter()
        .flatten()
        .find(|text| septets(text) <= SEGMENT);
    Answer {
        tells_of_company: told.is_some(),
        text: told.unwrap_or_else(|| joined(&[&head, tail])),
    }
}

/// One sentence in every language, the usual one first.
fn in_all(key: Key, wording: &Wording, also: Option<Key>) -> Answer {
    let usual = wording.language;
    let others = Language::ALL
        .into_iter()
        .filter(|language| *language != usual);
    let all = |key| {
        let languages = std::iter::once(usual).chain(others.clone());
        let heads = languages.map(|language| {
            let words = WordFile::of(language);
            let corner = corner(words, &wording.example);
            words.answer(key).head.replace("{corner}", &corner)
        });
        heads.collect::<Vec<_>>()
    };
    let also = also.map(|also| all(also).join(" "));
    fitted(all(key).join(" / "), "", also.as_deref())
}

/// What a blank may take where the tail, or what replaces it, has to fit too.
fn room(template: &Template, blank: &str, company: usize) -> usize {
    let tail = septets(&template.tail).max(company) + 1;
    SEGMENT - (septets(&template.head) - blank.len()) - tail
}

/// `1) 4th Ave & Vernon Ave 2) ...`, at most three and as many as fit, and how many those are.
fn choices(labels: &[String], room: usize) -> (String, usize) {
    let mut text = String::new();
    for (position, label) in labels.iter().take(3).enumerate() {
        let space = if position == 0 { "" } else { " " };
        let next = format!("{space}{}) {}", position + 1, gsm7(&cut(label)));
        if septets(&text) + septets(&next) > room {
            return (text, position);
        }
        text.push_str(&next);
    }
    (text, labels.len().min(3))
}

/// `5th St & San Pedro St 14:20 (photo); ...`, nearest first, as many as fit.
fn list(sights: &[Sight], words: &WordFile, zone: &TimeZone, room: usize) -> String {
    let item = |sight: &Sight| {
        let label = sight
            .label
            .strip_prefix("near ")
            .or(sight.label.strip_prefix("in "));
        let level = match sight.level {
            Level::Unconfirmed => &words.pieces.unconfirmed,
            Level::Photo => &words.pieces.photo,
            Level::Corroborated => &words.pieces.corroborated,
        };
        let mut text = format!(
            "{} {} ({level}",
            cut(label.unwrap_or(&sight.label)),
            clock(&sight.last_seen, zone)
        );
        if sight.reported_gone {
            text = text + ", " + &words.pieces.reported_gone;
        }
        gsm7(&(text + ")"))
    };
    let with_more = |shown: &[String]| match sights.len() - shown.len() {
        0 => shown.join("; "),
        more => {
            shown.join("; ")
                + " "
                + &words
                    .pieces
                    .more
                    .replace("{count}", &more.min(99).to_string())
        }
    };
    let mut shown = Vec::new();
    for sight in sights {
        shown.push(item(sight));
        if septets(&with_more(&shown)) > room {
            shown.pop();
            break;
        }
    }
    with_more(&shown)
}

fn clock(time: &Timestamp, zone: &TimeZone) -> String {
    time.to_zoned_datetime(zone.clone())
        .strftime("%H:%M")
        .to_string()
}

fn cut(label: &str) -> String {
    match label.char_indices().nth(MAX_LABEL) {
        Some((end, _)) => label[..end].trim_end().to_owned(),
        None => label.to_owned(),
    }
}

/// [`gsm7`] leaves only letters that take one septet.
fn septets(text: &str) -> usize {
    text.chars().count()
}

/// Letters outside the GSM 7-bit default alphabet become their plain form, others `?`: labels may hold any.
fn gsm7(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' '..='~' if !"[]{}\\^~|`".contains(character) => character,
            'é' | 'è' | 'ù' | 'ì' | 'ò' | 'Ñ' | 'ñ' | 'ü' | 'ö' | 'ä' | 'à' | 'Ü' | 'É' | '¿'
            | '¡' => character,
            'á' => 'a',
            'í' => 'i',
            'ó' => 'o',
            'ú' => 'u',
            'Á' => 'A',
            'Í' => 'I',
            'Ó' => 'O',
            'Ú' => 'U',
            '–' | '—' => '-',
            '’' => '\'',
            _ => '?',
        })
        .collect()
}

#[cfg(test)]
mod many_tests;
#[cfg(test)]
mod tests;
