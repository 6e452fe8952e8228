//! Photos that were sent before, by fingerprint, for a day. RAM only.
//!
//! A photo that goes round is one observation however many send it on. Who sent it first may try again.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::conversation::SenderKey;
use crate::classify::Fingerprint;

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
    /// Takes an observation with these photos, unless somebody else's had them all: then `false`.
    pub fn claim(&mut self, prints: &[Fingerprint], sender: SenderKey, at: Timestamp) -> bool {
        while self
            .0
            .front()
            .is_some_and(|known| known.at.saturating_add(DAY).is_ok_and(|end| end <= at))
        {
            self.0.pop_front();
        }
        let known = |print: &Fingerprint| {
            self.0
                .iter()
                .filter(|known| known.print.is_near(print))
                .collect::<Vec<_>>()
        };
        let others = |print: &&Fingerprint| {
            let known = known(print);
            !known.is_empty() && known.iter().all(|known| known.owner != Some(sender))
        };
        if !prints.is_empty() && prints.iter().filter(others).count() == prints.len() {
            return false;
        }
        let fresh: Vec<_> = prints
            .iter()
            .filter(|print| known(print).is_empty())
            .copied()
            .collect();
        for print in fresh {
            if self.0.len() >= MOST {
                self.0.pop_front();
            }
            let owner = Some(sender);
            self.0.push_back(Known { print, owner, at });
        }
        true
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

    #[test]
    fn a_photo_is_one_observation_for_a_day_and_its_first_sender_may_try_again() {
        let mut repeats = Repeats::default();
        let at = |hour: i64| Timestamp::from_second(1_795_562_400 + hour * 3600).expect("a time");
        let (ada, bob) = (SenderKey(1), SenderKey(2));
        let (one, other) = (
            Fingerprint::of_bytes(b"one"),
            Fingerprint::of_bytes(b"other"),
        );
        assert!(repeats.claim(&[one], ada, at(0)));
        assert!(repeats.claim(&[one], ada, at(1)));
        assert!(!repeats.claim(&[one], bob, at(1)));
        // One of their own beside it makes it theirs.
        assert!(repeats.claim(&[one, other], bob, at(2)));
        assert!(!repeats.claim(&[other], ada, at(3)));
        assert!(repeats.claim(&[], bob, at(3)));
        repeats.forget_owners();
        assert!(!repeats.claim(&[one], ada, at(4)));
        assert!(repeats.claim(&[one], bob, at(24)));
        for n in 0..2 * MOST {
            assert!(repeats.claim(&[Fingerprint::of_bytes(&n.to_le_bytes())], ada, at(25)));
        }
        assert!(repeats.0.len() <= MOST);
    }
}
