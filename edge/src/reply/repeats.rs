//! Photos that were sent before, by fingerprint, for a day. RAM only.
//!
//! A photo that goes round is one observation however many send it on. Who sent it first may try again.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::conversation::SenderKey;
use crate::classify::Fingerprint;
use crate::decide::Photos;

/// How long a photo is known.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Photos that are known at once; beyond it the oldest are forgotten.
const MOST: usize = 4096;

/// Photos whose observation was taken.
#[derive(Debug, Default)]
pub struct Repeats(VecDeque<Known>);

#[derive(Debug)]
struct Known {
    print: Fingerprint,
    /// `None` once the day's key is gone.
    owner: Option<SenderKey>,
    at: Timestamp,
}

impl Repeats {
    /// The photos without those that are somebody else's; `None` where that leaves none of them. What could not be had, and
    /// so has no fingerprint, is none.
    pub fn without_others(
        &mut self,
        photos: Photos,
        sender: SenderKey,
        at: Timestamp,
    ) -> Option<Photos> {
        self.forget_old(at);
        let (others, own): (Vec<_>, Vec<_>) = photos.0.into_iter().partition(|photo| {
            photo
                .print
                .is_some_and(|print| self.is_anothers(&print, sender))
        });
        let left = others.is_empty() || own.iter().any(|photo| photo.print.is_some());
        left.then_some(Photos(own))
    }

    /// Takes an observation with these photos: those that are not known become the sender's.
    pub fn claim(&mut self, photos: &Photos, sender: SenderKey, at: Timestamp) {
        for print in photos.0.iter().filter_map(|photo| photo.print) {
            if self.0.iter().any(|known| known.print.is_near(&print)) {
                continue;
            }
            if self.0.len() >= MOST {
                self.0.pop_front();
            }
            let owner = Some(sender);
            self.0.push_back(Known { print, owner, at });
        }
    }

    fn is_anothers(&self, print: &Fingerprint, sender: SenderKey) -> bool {
        let mut known = self
            .0
            .iter()
            .filter(|known| known.print.is_near(print))
            .peekable();
        known.peek().is_some() && known.all(|known| known.owner != Some(sender))
    }

    /// Forgets what was sent a day ago. A clock that was set back by more ends it, too.
    pub fn forget_old(&mut self, at: Timestamp) {
        self.0
            .retain(|known| at.duration_since(known.at).abs() < DAY);
    }

    /// The day's key is gone, and with it who sent what: each known photo now counts as another's.
    pub fn forget_owners(&mut self) {
        for known in &mut self.0 {
            known.owner = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Picture, Seen};

    const ADA: SenderKey = SenderKey(1);
    const BOB: SenderKey = SenderKey(2);

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_795_562_400 + hour * 3600).expect("a time")
    }

    fn photos(names: &[&str]) -> Photos {
        let photo = |name: &&str| Picture {
            seen: Seen::Unreadable,
            print: (!name.is_empty()).then(|| Fingerprint::of_bytes(name.as_bytes())),
        };
        Photos(names.iter().map(photo).collect())
    }

    /// Takes what is left of them; whether anything is.
    fn take(repeats: &mut Repeats, names: &[&str], sender: SenderKey, hour: i64) -> bool {
        let left = repeats.without_others(photos(names), sender, at(hour));
        if let Some(left) = &left {
            repeats.claim(left, sender, at(hour));
        }
        left.is_some()
    }

    #[test]
    fn a_photo_is_one_observation_for_a_day_and_its_first_sender_may_try_again() {
        let mut repeats = Repeats::default();
        assert!(take(&mut repeats, &["one"], ADA, 0));
        assert!(take(&mut repeats, &["one"], ADA, 1));
        assert!(!take(&mut repeats, &["one"], BOB, 1));
        // What could not be had is none of one's own.
        assert!(!take(&mut repeats, &["one", ""], BOB, 1));
        assert!(take(&mut repeats, &[""], BOB, 1));
        // One of their own beside it counts, and it alone.
        let left = repeats.without_others(photos(&["one", "other"]), BOB, at(2));
        assert_eq!(left, Some(photos(&["other"])));
        // Looking takes nothing.
        assert!(take(&mut repeats, &["other"], BOB, 2));
        assert!(!take(&mut repeats, &["other"], ADA, 3));
        assert!(take(&mut repeats, &[], BOB, 3));
        repeats.forget_owners();
        assert!(!take(&mut repeats, &["one"], ADA, 4));
        assert!(take(&mut repeats, &["one"], BOB, 24));
        for n in 0..2 * MOST {
            assert!(take(&mut repeats, &[&n.to_string()], ADA, 25));
        }
        assert!(repeats.0.len() <= MOST);
    }

    #[test]
    fn nothing_is_known_longer_than_a_day_though_nobody_writes() {
        let mut repeats = Repeats::default();
        take(&mut repeats, &["one"], ADA, 0);
        repeats.forget_old(at(23));
        assert_eq!(repeats.0.len(), 1);
        repeats.forget_old(at(24));
        assert!(repeats.0.is_empty());
        take(&mut repeats, &["one"], ADA, 0);
        repeats.forget_old(at(-48));
        assert!(repeats.0.is_empty(), "the clock was set back");
    }
}
