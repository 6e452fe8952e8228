//! Messages of one sender are handled in their order, those of different senders side by side.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use tokio::sync::oneshot;

use crate::intake::Phone;

/// Above so many known ends, those that have come are forgotten at once.
const MOST: usize = 256;

/// Who was last in each sender's line. Senders are told apart by a hash under a key of this process.
#[derive(Debug, Default)]
pub struct Turns {
    key: RandomState,
    last: HashMap<u64, oneshot::Receiver<()>>,
}

/// A place in a sender's line. The next one's turn comes when it is dropped.
#[derive(Debug)]
pub struct Turn {
    before: Option<oneshot::Receiver<()>>,
    _end: oneshot::Sender<()>,
}

impl Turns {
    /// Takes the next place.
    pub fn take(&mut self, sender: &Phone) -> Turn {
        if self.last.len() >= MOST {
            self.forget_ended();
        }
        let (end, ended) = oneshot::channel();
        let sender = self.key.hash_one(sender.as_bytes());
        Turn {
            before: self.last.insert(sender, ended),
            _end: end,
        }
    }

    /// Forgets the senders whose lines are empty.
    pub fn forget_ended(&mut self) {
        self.last
            .retain(|_, end| end.try_recv() == Err(oneshot::error::TryRecvError::Empty));
    }
}

impl Turn {
    /// Waits until the sender's earlier messages are done.
    pub async fn come(&mut self) {
        if let Some(before) = self.before.take() {
            // It ends by being dropped.
            let _ = before.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_senders_turns_come_in_order_and_anothers_at_once() {
        let mut turns = Turns::default();
        let (ada, bob) = (
            Phone::new("+12135550101", "1"),
            Phone::new("+12135550102", "1"),
        );
        let mut first = turns.take(&ada);
        let mut second = turns.take(&ada);
        let mut third = turns.take(&ada);
        turns.take(&bob).come().await;
        first.come().await;
        // The last waits first, and still comes last.
        let (told, mut tells) = tokio::sync::mpsc::unbounded_channel();
        let last = told.clone();
        let third = tokio::spawn(async move {
            third.come().await;
            last.send(3)
        });
        let second = tokio::spawn(async move {
            second.come().await;
            told.send(2)
        });
        assert!(tells.try_recv().is_err());
        drop(first);
        assert_eq!((tells.recv().await, tells.recv().await), (Some(2), Some(3)));
        assert!(second.await.is_ok() && third.await.is_ok());
        for n in 0..10 * MOST {
            turns.take(&Phone::new(&format!("+1213555{n:04}"), "1"));
        }
        assert!(turns.last.len() <= MOST);
        turns.forget_ended();
        assert!(turns.last.is_empty());
    }
}
