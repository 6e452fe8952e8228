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

/// The photos of a message: what they came to, and by what they are known again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Photos {
    /// What they came to.
    pub seen: Seen,
    /// One each.
    pub prints: Vec<Fingerprint>,
}

impl Photos {
    /// Whether there are any.
    pub fn any(&self) -> bool {
        self.seen != Seen::Nothing
    }

    /// With those of another message about the same thing: the stronger verdict counts.
    pub fn and(mut self, other: Self) -> Self {
        if rank(other.seen) > rank(self.seen) {
            self.seen = other.seen;
        }
        self.prints.extend(other.prints);
        self.prints.truncate(MOST_PRINTS);
        self
    }
}

/// Photos of one observation that are kept in mind.
const MOST_PRINTS: usize = 16;

/// Police before unsure before not police; among equals the likelier.
pub fn rank(seen: Seen) -> f32 {
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
        let photos = |seen| Photos {
            seen,
            prints: Vec::new(),
        };
        for (one, other, expected) in [
            (NOT, UNSURE, UNSURE),
            (POLICE, UNSURE, POLICE),
            (Seen::Unreadable, NOT, NOT),
            (Seen::Nothing, Seen::Unreadable, Seen::Unreadable),
        ] {
            assert_eq!(photos(one).and(photos(other)).seen, expected);
        }
    }
}
