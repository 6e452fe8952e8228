//! From words, place and photo to a report and an answer: DESIGN's "Verdict" as a table. Only computes.

use spotlight_common::gazetteer::{Missing, NotFound, Place};
use spotlight_common::report::{Evidence, Kind};

use crate::classify::Verdict;
use crate::reply::Photo;
use crate::words::Said;

/// What the photos of a message came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Seen {
    /// There were none.
    Nothing,
    /// The strongest verdict among them.
    Verdict(Verdict),
    /// None of them could be read.
    Unreadable,
}

/// What is done with a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// A report, at this place.
    Report {
        /// Where.
        place: Place,
        /// Present or gone.
        kind: Kind,
        /// What it rests on.
        evidence: Evidence,
        /// What the answer says of the photo.
        photo: Photo,
    },
    /// No report; the photo shows no police and no word speaks of them.
    NotPolice,
    /// No report; the place is asked for.
    NoPlace(NotFound),
    /// No report; help is sent.
    Help,
    /// No report, no answer.
    Silence,
}

/// Decides.
pub fn decide(said: Said, place: Result<Place, NotFound>, seen: Seen) -> Decision {
    if said.stop {
        return Decision::Silence;
    }
    if said.help {
        return Decision::Help;
    }
    let (evidence, photo) = match seen {
        Seen::Nothing => (Evidence::Text, Photo::None),
        Seen::Unreadable => (Evidence::Text, Photo::Unreadable),
        Seen::Verdict(Verdict::Unsure { .. }) => (Evidence::Text, Photo::Unsure),
        Seen::Verdict(Verdict::NotPolice { .. }) if said.police || said.gone => {
            (Evidence::Text, Photo::NotPolice)
        }
        Seen::Verdict(Verdict::NotPolice { .. }) => return Decision::NotPolice,
        Seen::Verdict(Verdict::Police { probability }) => (
            Evidence::Photo {
                police: percent(probability),
            },
            Photo::Police,
        ),
    };
    match place {
        Err(missing) => Decision::NoPlace(missing),
        Ok(place) if said.gone => Decision::Report {
            place,
            kind: Kind::Gone,
            evidence: Evidence::Text,
            photo: Photo::None,
        },
        Ok(place) => Decision::Report {
            place,
            kind: Kind::Present,
            evidence,
            photo,
        },
    }
}

/// Whether the text hides its place behind a link that is never opened.
pub fn is_short_link(missing: &NotFound) -> bool {
    missing.why == Missing::ShortLink
}

fn percent(probability: f32) -> u8 {
    // Truncation and sign loss cannot happen after the clamp.
    (probability * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::read;
    use spotlight_common::gazetteer::Gazetteer;

    const POLICE: Seen = Seen::Verdict(Verdict::Police { probability: 0.973 });
    const NOT: Seen = Seen::Verdict(Verdict::NotPolice { probability: 0.02 });
    const UNSURE: Seen = Seen::Verdict(Verdict::Unsure { probability: 0.5 });

    fn check(text: &str, seen: Seen, expected: &str) {
        let decision = decide(read(text), Gazetteer::los_angeles().find(text), seen);
        let name = match decision {
            Decision::Report {
                kind,
                evidence,
                photo,
                ..
            } => format!("{kind:?} {evidence:?} {photo:?}"),
            Decision::NotPolice => "not police".into(),
            Decision::NoPlace(_) => "no place".into(),
            Decision::Help => "help".into(),
            Decision::Silence => "silence".into(),
        };
        assert_eq!(name, expected, "{text}");
    }

    #[test]
    fn words_place_and_photo_decide() {
        check("5th & San Pedro", Seen::Nothing, "Present Text None");
        check(
            "5th & San Pedro",
            POLICE,
            "Present Photo { police: 97 } Police",
        );
        check("5th & San Pedro", UNSURE, "Present Text Unsure");
        check("5th & San Pedro", NOT, "not police");
        check("police 5th & San Pedro", NOT, "Present Text NotPolice");
        check(
            "5th & San Pedro",
            Seen::Unreadable,
            "Present Text Unreadable",
        );
        check("gone from 5th & San Pedro", Seen::Nothing, "Gone Text None");
        check("gone from 5th & San Pedro", POLICE, "Gone Text None");
        check("police here", Seen::Nothing, "no place");
        check("", POLICE, "no place");
        check("", NOT, "not police");
        check("help", Seen::Nothing, "help");
        check("STOP", POLICE, "silence");
    }
}
