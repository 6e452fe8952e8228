//! The multimedia messages that are under way: those that are waited for, and those that the pipeline has. No I/O.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::access::Access;

/// Messages that are waited for at once; the senders of more are asked for a text.
const MAX_WAITING: usize = 64;

/// What the MMSC is to be told of a message once it is done.
#[derive(Clone)]
pub struct Receipt {
    pub access: Arc<Access>,
    pub pdu: Zeroizing<Vec<u8>>,
}

/// A message in the pipeline.
#[derive(Default)]
pub struct Brought {
    /// Its room in RAM.
    pub _room: Option<OwnedSemaphorePermit>,
    pub receipt: Option<Receipt>,
}

#[derive(Default)]
pub struct Items {
    /// By the number of the item, so that the oldest is the first.
    waiting: BTreeMap<u64, CancellationToken>,
    brought: HashMap<u64, Brought>,
}

impl Items {
    /// Takes one to wait for; what is cancelled is not waited for any more. `None` where too many are.
    pub fn wait(&mut self, item: u64) -> Option<CancellationToken> {
        if self.waiting.len() >= MAX_WAITING {
            return None;
        }
        let token = CancellationToken::new();
        self.waiting.insert(item, token.clone());
        Some(token)
    }

    /// Gives up the oldest that is waited for.
    pub fn give_up_oldest(&mut self) {
        if let Some((_, token)) = self.waiting.pop_first() {
            token.cancel();
        }
    }

    /// The pipeline gets it.
    pub fn bring(&mut self, item: u64, brought: Brought) {
        self.waiting.remove(&item);
        self.brought.insert(item, brought);
    }

    /// The pipeline is done with it; its room is free.
    pub fn end(&mut self, item: u64) -> Option<Receipt> {
        self.waiting.remove(&item);
        self.brought.remove(&item)?.receipt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_waited_for_than_may_and_the_oldest_goes_first() {
        let mut items = Items::default();
        let first = items.wait(1).expect("room");
        for item in 2..=MAX_WAITING as u64 {
            assert!(items.wait(item).is_some());
        }
        assert!(items.wait(1000).is_none());
        items.give_up_oldest();
        assert!(first.is_cancelled());
        let second = items.wait(1000).expect("room again");
        items.bring(2, Brought::default());
        assert!(items.wait(1001).is_some() && !second.is_cancelled());
        assert!(items.end(2).is_none() && items.end(2).is_none());
    }
}
