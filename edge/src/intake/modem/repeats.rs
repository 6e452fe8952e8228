//! Messages, and parts of them, that the network brings twice: the same sender, time, reference and words, so the same PDU but
//! for the service centre that brought it. The second goes with the first, and makes no message of its own.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};

/// Messages that are remembered after they are done.
const REMEMBERED: usize = 4096;

/// What came, as a hash under a key of this process.
#[derive(Default)]
pub struct Repeats {
    key: RandomState,
    /// The item that has it, while it is not done.
    known: HashMap<u64, Option<u64>>,
    names: HashMap<u64, u64>,
    done: VecDeque<u64>,
}

/// How it is with the first.
#[derive(Debug, PartialEq, Eq)]
pub enum First {
    /// This is it.
    New,
    /// The pipeline has it, as this item.
    UnderWay(u64),
    Done,
}

impl Repeats {
    /// What a PDU is known by.
    pub fn name(&self, pdu: &str) -> u64 {
        let centre = pdu
            .get(..2)
            .and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let from = 2 * (centre.unwrap_or(0) + 1);
        self.key.hash_one(pdu.get(from..).unwrap_or(pdu))
    }

    /// What a multimedia message is known by: where it lies at the network.
    pub fn name_of_mms(&self, location: &str) -> u64 {
        self.key.hash_one(("mms", location))
    }

    pub fn first(&self, name: u64) -> First {
        match self.known.get(&name) {
            None => First::New,
            Some(Some(item)) => First::UnderWay(*item),
            Some(None) => First::Done,
        }
    }

    pub fn begin(&mut self, name: u64, item: u64) {
        self.known.insert(name, Some(item));
        self.names.insert(item, name);
    }

    pub fn end(&mut self, item: u64) {
        let Some(name) = self.names.remove(&item) else {
            return;
        };
        self.is_done(name);
    }

    /// It was done before, as something that is no item.
    pub fn is_done(&mut self, name: u64) {
        self.known.insert(name, None);
        self.done.push_back(name);
        if self.done.len() > REMEMBERED
            && let Some(oldest) = self.done.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_what_it_says_and_not_by_who_brought_it() {
        let mut repeats = Repeats::default();
        let name = repeats.name("02918104AABB");
        assert_eq!(name, repeats.name("0004AABB"));
        assert_ne!(name, repeats.name("0004AABC"));
        // What is no PDU has a name, too.
        for odd in ["", "0", "FF00", "ZZ"] {
            assert_eq!(repeats.first(repeats.name(odd)), First::New);
        }
        assert_eq!(repeats.first(name), First::New);
        repeats.begin(name, 7);
        assert_eq!(repeats.first(name), First::UnderWay(7));
        repeats.end(7);
        assert_eq!(repeats.first(name), First::Done);
        for item in 0..3 * REMEMBERED as u64 {
            repeats.begin(item, item);
            repeats.end(item);
        }
        assert_eq!(repeats.first(name), First::New);
        assert!(repeats.known.len() <= REMEMBERED && repeats.names.is_empty());
    }
}
