//! What the photos of a message are worth beside its words: DESIGN's "Verdict" as a table. Only computes.

use spotlight_common::report::Evidence;

use crate::classify::{Fingerprint, Verdict};
use crate::reply::Photo;

/// What the photos of a message came to.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Seen {
    /// There were none.
    #[default]
    Nothing,
    /// The strongest verdict among them.
    Verdict(Verdict),
    /// None of them could be read.
    Unreadable,
}

/// One photo.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Picture {
    /// What it came to.
    pub seen: Seen,
    /// By what it is known again; `None` where it could not be had.
    pub print: Option<Fingerprint>,
}

/// The photos of a message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Photos(pub Vec<Picture>);

impl Photos {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// What they came to: the strongest verdict counts.
    pub fn seen(&self) -> Seen {
        let seen = self.0.iter().map(|photo| photo.seen);
        seen.max_by(|one, other| rank(*one).total_cmp(&rank(*other)))
            .unwrap_or_default()
    }

    /// With those of another message about the same thing.
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        if self.0.len() > MOST_PHOTOS {
            self.0
                .sort_by(|one, other| rank(other.seen).total_cmp(&rank(one.seen)));
            self.0.truncate(MOST_PHOTOS);
        }
        self
    }
}

/// Photos of one observation that are kept in mind, the strongest.
const MOST_PHOTOS: usize = 16;

/// Police before unsure before not police; among equals the likelier.
fn rank(seen: Seen) -> f32 {
    match seen {
        Seen::Nothing => 0.0,
        Seen::Unreadable => 1.0,
        Seen::Verdict(Verdict::NotPolice { probability }) => 2.0 + probability,
        Seen::Verdict(Verdict::Unsure { probability }) => 4.0 + probability,
        Seen::Verdict(Verdict::Police { probability }) => 6.0 + probability,
    }
}

/// What a report of police being present rests on, and what its answer says of the photo. `None` where the photos show no
/// police and no word says so.
pub fn weigh(words_say_police: bool, seen: Seen) -> Option<(Evidence, Photo)> {
    Some(match seen {
        Seen::Nothing => (Evidence::Text, Photo::None),
        Seen::Unreadable => (Evidence::Text, Photo::Unreadable),
        Seen::Verdict(Verdict::Unsure { .. }) => (Evidence::Text, Photo::Unsure),
        Seen::Verdict(Verdict::NotPolice { .. }) if words_say_police => {
            (Evidence::Text, Photo::NotPolice)
        }
        Seen::Verdict(Verdict::NotPolice { .. }) => return None,
        Seen::Verdict(Verdict::Police { probability }) => {
            let police = percent(probability);
            (Evidence::Photo { police }, Photo::Police)
        }
    })
}

fn percent(probability: f32) -> u8 {
    // Truncation and sign loss cannot happen after the clamp.
    (probability * 100.0).round().clamp(0.0, 100.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICE: Seen = Seen::Verdict(Verdict::Police { probability: 0.973 });
    const NOT: Seen = Seen::Verdict(Verdict::NotPolice { probability: 0.02 });
    const UNSURE: Seen = Seen::Verdict(Verdict::Unsure { probability: 0.5 });

    #[test]
    fn words_and_photo_decide() {
        let photo = Evidence::Photo { police: 97 };
        for (police, seen, expected) in [
            (false, Seen::Nothing, Some((Evidence::Text, Photo::None))),
            (false, POLICE, Some((photo, Photo::Police))),
            (true, POLICE, Some((photo, Photo::Police))),
            (false, UNSURE, Some((Evidence::Text, Photo::Unsure))),
            (false, NOT, None),
            (true, NOT, Some((Evidence::Text, Photo::NotPolice))),
            (
                false,
                Seen::Unreadable,
                Some((Evidence::Text, Photo::Unreadable)),
            ),
        ] {
            assert_eq!(weigh(police, seen), expected, "{police} {seen:?}");
        }
    }

    #[test]
    fn of_two_messages_photos_the_stronger_counts() {
        let photos = |seen| Photos(vec![Picture { seen, print: None }]);
        for (one, other, expected) in [
            (NOT, UNSURE, UNSURE),
            (POLICE, UNSURE, POLICE),
            (Seen::Unreadable, NOT, NOT),
        ] {
            assert_eq!(photos(one).and(photos(other)).seen(), expected);
            assert_eq!(photos(other).and(photos(one)).seen(), expected);
        }
        assert_eq!(Photos::default().and(photos(UNSURE)).seen(), UNSURE);
        assert_eq!(Photos::default().seen(), Seen::Nothing);
        let many = (0..100).fold(photos(POLICE), |all, _| all.and(photos(NOT)));
        assert_eq!((many.0.len(), many.seen()), (MOST_PHOTOS, POLICE));
    }
}
