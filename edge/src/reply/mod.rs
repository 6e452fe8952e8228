//! Answers: what was understood, where, how long it shows, how to correct it. One GSM-7 segment each.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::words::Language;

/// GSM 03.38: a single message holds 160 septets.
pub const SEGMENT: usize = 160;

/// A label longer than this is cut in an answer, so that every template fits its segment.
const MAX_LABEL: usize = 44;

/// What a message came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Understood {
    /// A report of police being present.
    Present {
        /// The place, in the gazetteer's words.
        label: String,
        /// From then on it does not show.
        fades_at: Timestamp,
        /// What the photo showed.
        photo: Photo,
    },
    /// A report of police having left.
    Gone {
        /// The place.
        label: String,
    },
    /// A report that came so late that it is over.
    TooLate {
        /// The place.
        label: String,
    },
    /// A photo without police, and no word of them: no report.
    NotPolice,
    /// No place found, or several.
    NoPlace {
        /// Places that it may mean.
        candidates: Vec<String>,
        /// It holds a link that hides its place.
        short_link: bool,
    },
    /// A question for help.
    Help,
    /// Nothing in it can be read.
    Unreadable,
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

/// The answer to a message, in at most [`SEGMENT`] septets.
pub fn answer(understood: &Understood, language: Language, time_zone: &TimeZone) -> String {
    let spanish = language == Language::Spanish;
    let text = match understood {
        Understood::Present { label, fades_at, photo } => {
            let label = cut(label);
            let until = fades_at.to_zoned_datetime(time_zone.clone()).strftime("%H:%M");
            match (spanish, photo) {
                (false, Photo::None) => format!("Got it: police at {label}. Shows until {until}. They left? Text GONE and the corner."),
                (false, Photo::Police) => {
                    format!("Got it: police at {label}, photo checked and deleted. Shows until {until}. They left? Text GONE and the corner.")
                }
                (false, Photo::Unsure) => {
                    format!("Got it: police at {label}. Photo unclear, your word counts. Shows until {until}. They left? Text GONE and the corner.")
                }
                (false, Photo::NotPolice) => {
                    format!("Got it: police at {label}, by your words: no police seen in the photo. Shows until {until}. Wrong? Text GONE and the corner.")
                }
                (false, Photo::Unreadable) => {
                    format!("Got it: police at {label}. The photo could not be read. Shows until {until}. They left? Text GONE and the corner.")
                }
                (true, Photo::None) => format!("Recibido: policia en {label}. Visible hasta {until}. Si se van, escriba SE FUERON y la esquina."),
                (true, Photo::Police) => {
                    format!("Recibido: policia en {label}, foto vista y borrada. Visible hasta {until}. Si se van, escriba SE FUERON y la esquina.")
                }
                (true, Photo::Unsure) => {
                    format!("Recibido: policia en {label}. Foto dudosa, vale su palabra. Visible hasta {until}. Si se van: SE FUERON y la esquina.")
                }
                (true, Photo::NotPolice) => {
                    format!("Recibido: policia en {label}, por sus palabras; en la foto no se ve. Visible hasta {until}. Error? SE FUERON y la esquina.")
                }
                (true, Photo::Unreadable) => {
                    format!("Recibido: policia en {label}. No se pudo leer la foto. Visible hasta {until}. Si se van: SE FUERON y la esquina.")
                }
            }
        }
        Understood::Gone { label } if spanish => format!("Recibido: se fueron de {}. Gracias. Que no aparezca nada no significa que sea seguro.", cut(label)),
        Understood::Gone { label } => format!("Got it: gone from {}. Thank you. An empty map does not mean that it is safe.", cut(label)),
        Understood::TooLate { label } if spanish => format!("Su mensaje sobre {} llego con mas de una hora de retraso y no se muestra. Si siguen ahi, escriba otra vez.", cut(label)),
        Understood::TooLate { label } => format!("Your text about {} reached us over an hour late, so it is not shown. Still there? Text again.", cut(label)),
        Understood::NotPolice if spanish => "No vemos policia en la foto, asi que no se muestra nada. Si esta ahi, escriba: policia y la esquina. La foto se borro.".into(),
        Understood::NotPolice => "We see no police in the photo, so nothing is shown. If they are there, text: police and the corner. The photo is deleted.".into(),
        Understood::NoPlace { short_link: true, .. } if spanish => "Ese enlace corto no dice el lugar y no lo abrimos. Escriba la esquina, por ejemplo: policia 5ta y San Pedro".into(),
        Understood::NoPlace { short_link: true, .. } => "That short link hides the place and we do not open links. Text the corner, for example: police 5th & San Pedro".into(),
        Understood::NoPlace { candidates, .. } => ask(candidates, spanish),
        Understood::Help if spanish => "Escriba lo que ve y la esquina: policia 5ta y San Pedro. Puede mandar foto. Si se van: SE FUERON y la esquina. Su compania ve los SMS.".into(),
        Understood::Help => "Text what you see and the corner: police 5th & San Pedro. A photo helps. They left? GONE and the corner. Your phone company sees texts.".into(),
        Understood::Unreadable if spanish => "No pudimos leer su mensaje. Escriba lo que ve y la esquina, por ejemplo: policia 5ta y San Pedro".into(),
        Understood::Unreadable => "We could not read your message. Text what you see and the corner, for example: police 5th & San Pedro".into(),
    };
    gsm7(&text)
}

/// Asks for the corner; names up to three that it may be, as many as fit.
fn ask(candidates: &[String], spanish: bool) -> String {
    let (question, example) = if spanish {
        (
            "No sabemos el lugar, nada se muestra.",
            "Escriba la esquina o el codigo postal, por ejemplo: policia 5ta y San Pedro",
        )
    } else {
        (
            "We could not find the place, so nothing is shown.",
            "Text the corner or add the ZIP, for example: police 5th & San Pedro",
        )
    };
    if candidates.is_empty() {
        return format!("{question} {example}");
    }
    let end = if spanish {
        " Escriba uno entero."
    } else {
        " Text one in full."
    };
    let mut text = String::from(if spanish {
        "Cual esquina?"
    } else {
        "Which corner?"
    });
    for (number, candidate) in candidates.iter().take(3).enumerate() {
        let next = format!(" {}) {}", number + 1, cut(candidate));
        if text.len() + next.len() + end.len() > SEGMENT {
            break;
        }
        text.push_str(&next);
    }
    text + end
}

fn cut(label: &str) -> &str {
    match label.char_indices().nth(MAX_LABEL) {
        Some((end, _)) => label[..end].trim_end(),
        None => label,
    }
}

/// Letters outside the GSM 7-bit default alphabet become their plain form, others `?`: labels may hold any.
fn gsm7(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' '..='~' if !"[]{}\\^~|`".contains(character) => character,
            'é' | 'è' | 'ù' | 'ì' | 'ò' | 'Ñ' | 'ñ' | 'ü' | 'ö' | 'ä' | 'à' | 'Ü' | 'É' => {
                character
            }
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
mod tests {
    use super::*;
    use crate::decode::gsm7_septets;

    fn everything() -> Vec<Understood> {
        let label = "Martin Luther King Jr Blvd & Crenshaw Boulevard, 90008".to_owned();
        let fades_at = "2026-11-24T23:20:00Z".parse().expect("a time");
        let mut all: Vec<_> = [
            Photo::None,
            Photo::Police,
            Photo::Unsure,
            Photo::NotPolice,
            Photo::Unreadable,
        ]
        .map(|photo| Understood::Present {
            label: label.clone(),
            fades_at,
            photo,
        })
        .to_vec();
        all.extend([
            Understood::Gone {
                label: label.clone(),
            },
            Understood::TooLate {
                label: label.clone(),
            },
            Understood::NotPolice,
            Understood::Help,
            Understood::Unreadable,
        ]);
        for candidates in [vec![], vec![label; 3]] {
            for short_link in [false, true] {
                all.push(Understood::NoPlace {
                    candidates: candidates.clone(),
                    short_link,
                });
            }
        }
        all
    }

    #[test]
    fn every_answer_fits_one_segment_with_the_longest_label() {
        for understood in everything() {
            for language in [Language::English, Language::Spanish] {
                let text = answer(&understood, language, &TimeZone::UTC);
                let septets = gsm7_septets(&text).expect("GSM 7-bit");
                assert!(septets <= SEGMENT, "{septets} septets: {text}");
            }
        }
    }

    #[test]
    fn an_answer_names_the_place_and_the_time_it_fades() {
        let understood = Understood::Present {
            label: "5th St & San Pedro St".into(),
            fades_at: "2026-11-24T23:20:00Z".parse().expect("a time"),
            photo: Photo::None,
        };
        let zone = TimeZone::get("America/Los_Angeles").expect("a zone");
        let text = answer(&understood, Language::English, &zone);
        assert!(
            text.contains("5th St & San Pedro St") && text.contains("15:20"),
            "{text}"
        );
        assert!(answer(&understood, Language::Spanish, &zone).contains("policia"));
    }

    #[test]
    fn letters_outside_the_alphabet_are_spelt_plainly() {
        assert_eq!(gsm7("Cañón–Áé[x]漢"), "Cañon-Aé?x??");
    }
}
