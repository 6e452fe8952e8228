//! Joining the parts of a long message, 3GPP TS 23.040 clause 9.2.3.24.1: in any order, any part any number of times.
//!
//! A message is known by its sender, its reference number and that number's width, and its count of parts. A caller's token
//! travels with each part (a file, a SIM slot), and all of them come back together with the whole, those of repeated parts too,
//! so that nothing is removed before its message is whole and nothing is left behind after. Memory is bounded: a part that finds
//! no room is handed back, and its source stays where it is.

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Address, Body, Deliver};

/// Incomplete messages held at once.
const MAX_MESSAGES: usize = 256;
/// Incomplete messages of one sender, so that one cannot take the room of all.
const MAX_MESSAGES_A_SENDER: usize = 16;
/// Parts held at once, repeated ones too; each is at most 160 characters.
const MAX_PARTS: usize = 4096;

pub struct Reassembly<T> {
    /// Newest last.
    open: Vec<Open<T>>,
}

struct Open<T> {
    sender: Address,
    reference: u16,
    ref_bits: u8,
    /// One place a part.
    parts: Vec<Option<Deliver>>,
    tokens: Vec<T>,
    /// When the last part was pushed.
    touched: Instant,
}

/// A message of one part or of all its parts; its body is the joined one. Where parts did not come it keeps the reference of its
/// first.
#[derive(Debug)]
pub struct Whole<T> {
    pub message: Deliver,
    /// The tokens of every part that it consumed, in the order of arrival.
    pub tokens: Vec<T>,
}

/// What became of a part.
#[derive(Debug)]
pub enum Pushed<T> {
    Whole(Whole<T>),
    /// Held until the other parts come.
    Held,
    /// Too many incomplete messages: the part was not taken. Keep its source and try it again later.
    Full(T),
}

impl<T> Default for Reassembly<T> {
    fn default() -> Self {
        Self { open: Vec::new() }
    }
}

impl<T> Reassembly<T> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, part: Deliver, token: T) -> Pushed<T> {
        let Some(concat) = part.concat.filter(|concat| concat.total > 1) else {
            return Pushed::Whole(Whole {
                message: part,
                tokens: vec![token],
            });
        };
        let (total, place) = (usize::from(concat.total), usize::from(concat.seq) - 1);
        // The newest that this part fits: a sender that comes round to a reference again begins a new message.
        let fits = |open: &Open<T>| {
            (open.reference, open.ref_bits, open.parts.len())
                == (concat.reference, concat.ref_bits, total)
                && open.sender == part.sender
                && open.parts[place]
                    .as_ref()
                    .is_none_or(|held| held.body == part.body)
        };
        let held: usize = self.open.iter().map(|open| open.tokens.len()).sum();
        let of_sender = self
            .open
            .iter()
            .filter(|open| open.sender == part.sender)
            .count();
        let index = match self.open.iter().rposition(fits) {
            // The last missing part always finds room: it frees more than it takes.
            Some(index) if held < MAX_PARTS || self.open[index].lacks_only(place) => index,
            None if held < MAX_PARTS
                && self.open.len() < MAX_MESSAGES
                && of_sender < MAX_MESSAGES_A_SENDER =>
            {
                let parts = std::iter::repeat_with(|| None).take(total).collect();
                let (reference, ref_bits, sender) =
                    (concat.reference, concat.ref_bits, part.sender.clone());
                self.open.push(Open {
                    sender,
                    reference,
                    ref_bits,
                    parts,
                    tokens: Vec::new(),
                    touched: Instant::now(),
                });
                self.open.len() - 1
            }
            _ => return Pushed::Full(token),
        };
        let open = &mut self.open[index];
        open.tokens.push(token);
        open.touched = Instant::now();
        open.parts[place].get_or_insert(part);
        if open.parts.iter().any(Option::is_none) {
            return Pushed::Held;
        }
        match self.open.remove(index).join() {
            Some(whole) => Pushed::Whole(whole),
            None => Pushed::Held,
        }
    }

    /// Gives up the messages none of whose parts was sent or `arrived` since `before`, and returns what came of each, joined
    /// without the rest. Not every part says when it was sent, and one that was sent long ago may have come just now.
    pub fn give_up(
        &mut self,
        before: Timestamp,
        arrived: impl Fn(&T) -> Timestamp,
    ) -> Vec<Whole<T>> {
        let recent = |open: &Open<T>| {
            let mut sent = open.parts.iter().flatten().filter_map(|part| part.scts);
            sent.any(|scts| scts.timestamp() >= before)
                || open.tokens.iter().any(|token| arrived(token) >= before)
        };
        let (kept, old) = std::mem::take(&mut self.open).into_iter().partition(recent);
        self.open = kept;
        old.into_iter().filter_map(Open::join).collect()
    }

    /// The same for messages none of whose parts was pushed within this time, which no clock that is set shortens or lengthens.
    pub fn give_up_held(&mut self, longest: Duration) -> Vec<Whole<T>> {
        let old = self
            .open
            .extract_if(.., |open| open.touched.elapsed() >= longest);
        old.filter_map(Open::join).collect()
    }

    /// The same for the oldest message that has a part `of` some kind, whenever that came.
    pub fn give_up_oldest(&mut self, of: impl Fn(&T) -> bool) -> Option<Whole<T>> {
        let oldest = self
            .open
            .iter()
            .position(|open| open.tokens.iter().any(&of))?;
        self.open.remove(oldest).join()
    }

    /// How many messages wait for parts.
    #[cfg(test)]
    pub fn incomplete(&self) -> usize {
        self.open.len()
    }
}

impl<T> Whole<T> {
    /// Whether parts of it did not come.
    pub fn is_partial(&self) -> bool {
        self.message.concat.is_some_and(|concat| concat.total > 1)
    }
}

impl<T> Open<T> {
    fn lacks_only(&self, place: usize) -> bool {
        self.parts
            .iter()
            .enumerate()
            .all(|(index, part)| part.is_some() || index == place)
    }

    /// The parts that are here, joined in order; `None` if none is.
    fn join(self) -> Option<Whole<T>> {
        let is_partial = self.parts.iter().any(Option::is_none);
        let mut parts = self.parts.into_iter().flatten();
        let mut message = parts.next()?;
        for part in parts {
            match (&mut message.body, part.body) {
                (Body::Text(text), Body::Text(more)) => text.join(more),
                (Body::Data(data), Body::Data(more)) => data.extend(more),
                // No sender mixes them; text is what a reader could use.
                (Body::Text(_), Body::Data(_)) => {}
                (body @ Body::Data(_), more @ Body::Text(_)) => *body = more,
            }
        }
        if !is_partial {
            message.concat = None;
        }
        Some(Whole {
            message,
            tokens: self.tokens,
        })
    }
}

impl<T> fmt::Debug for Reassembly<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reassembly({} incomplete)", self.open.len())
    }
}
