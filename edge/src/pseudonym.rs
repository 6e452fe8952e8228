//! Pseudonyms: a keyed hash of (number, cell), under a key that lives in RAM and is thrown away daily (invariant 2).

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use spotlight_common::cell::Cell;
use spotlight_common::ids::{Epoch, Pseudonym};
use spotlight_common::keys::{self, KeyError};
use zeroize::Zeroizing;

use crate::intake::Phone;

/// No H3 cell has this index.
const NO_CELL: u64 = 0;

/// A key's life.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A sender, for a day: what the conversation and the limits are kept by. It never leaves RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SenderKey(pub u64);

/// Makes pseudonyms under the key of the day.
pub struct Pseudonyms(Mutex<Key>);

struct Key {
    secret: Zeroizing<[u8; 32]>,
    epoch: Epoch,
    made: Instant,
}

impl Key {
    fn new() -> Result<Self, KeyError> {
        Ok(Self {
            secret: Zeroizing::new(keys::random_bytes()?),
            epoch: Epoch(u64::from_le_bytes(keys::random_bytes()?)),
            made: Instant::now(),
        })
    }
}

impl Pseudonyms {
    /// Starts with a fresh key.
    pub fn new() -> Result<Self, KeyError> {
        Ok(Self(Mutex::new(Key::new()?)))
    }

    /// The sender's pseudonym in a cell, and the epoch of the key that made it.
    pub fn of(&self, sender: &Phone, cell: Cell) -> Result<(Pseudonym, Epoch), KeyError> {
        let (hash, epoch) = self.hash(cell.index(), sender)?;
        Ok((Pseudonym(hash), epoch))
    }

    /// By what the conversation knows a sender until the key changes, and the epoch of the key.
    pub fn sender(&self, sender: &Phone) -> Result<(SenderKey, Epoch), KeyError> {
        let (hash, epoch) = self.hash(NO_CELL, sender)?;
        Ok((SenderKey(hash), epoch))
    }

    /// The epoch of the key. A key whose day is over goes with this call, though nobody writes.
    pub fn epoch(&self) -> Result<Epoch, KeyError> {
        Ok(self.key_at(Instant::now())?.epoch)
    }

    fn hash(&self, cell: u64, sender: &Phone) -> Result<(u64, Epoch), KeyError> {
        let key = self.key_at(Instant::now())?;
        let mut hasher = blake3::Hasher::new_keyed(&key.secret);
        hasher.update(&cell.to_le_bytes());
        hasher.update(sender.as_bytes());
        let mut hash = [0; 8];
        hasher.finalize_xof().fill(&mut hash);
        Ok((u64::from_le_bytes(hash), key.epoch))
    }

    fn key_at(&self, now: Instant) -> Result<MutexGuard<'_, Key>, KeyError> {
        let mut key = self
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if now.saturating_duration_since(key.made) >= DAY {
            *key = Key {
                made: now,
                ..Key::new()?
            };
        }
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sender_in_one_cell_is_one_and_nothing_else_can_be_linked() {
        let pseudonyms = Pseudonyms::new().expect("random bytes");
        let here = Cell::at(34.0442, -118.2439, 9).expect("a cell");
        let there = Cell::at(34.1, -118.3, 9).expect("a cell");
        let (ada, bob) = (
            Phone::new("+12135550101", "1"),
            Phone::new("+12135550102", "1"),
        );
        let of = |phone, cell| pseudonyms.of(phone, cell).expect("a pseudonym");
        assert_eq!(of(&ada, here), of(&ada, here));
        assert_ne!(of(&ada, here).0, of(&bob, here).0);
        assert_ne!(of(&ada, here).0, of(&ada, there).0);
        let restarted = Pseudonyms::new().expect("random bytes");
        let after = restarted.of(&ada, here).expect("a pseudonym");
        assert_ne!(after.0, of(&ada, here).0);
        assert_ne!(after.1, of(&ada, here).1);
    }

    #[test]
    fn a_key_goes_after_its_day_though_nobody_writes() {
        let pseudonyms = Pseudonyms::new().expect("random bytes");
        let ada = Phone::new("+12135550101", "1");
        let (before, epoch) = pseudonyms.sender(&ada).expect("a key");
        let soon = Instant::now() + DAY - Duration::from_secs(60);
        assert_eq!(pseudonyms.key_at(soon).expect("a key").epoch, epoch);
        let later = Instant::now() + DAY;
        let next = pseudonyms.key_at(later).expect("a key").epoch;
        assert_ne!(next, epoch);
        assert_eq!(pseudonyms.epoch().expect("a key"), next);
        assert_ne!(pseudonyms.sender(&ada).expect("a key"), (before, next));
    }
}
