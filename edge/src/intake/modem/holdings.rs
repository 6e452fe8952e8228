//! What lies in the modem's memories and how far each message is. No I/O.
//!
//! A listing is the truth. A message that it shows anew is offered once, or, where the outbox knows it from an earlier run,
//! removed. A removal is confirmed when the modem said that it is done, and a listing after it does not show the message any
//! more: neither a modem that says `OK` and keeps it nor a listing that lost a line makes a second report. A slot that holds
//! another message than before is another message.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::erase::is_empty;
use super::storage::{Listing, Memory};
use crate::intake::{Inbox, Origin};

/// The wait after a removal that failed; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);

/// Where a message lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub memory: Memory,
    pub slot: u16,
}

impl Place {
    /// Of a message that lies in no memory: there is nothing to remove.
    pub const NOWHERE: Self = Self {
        memory: Memory::Modem,
        slot: u16::MAX,
    };
}

/// A message, or a part of one, in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Piece {
    pub place: Place,
    /// What lies there, as a keyed hash.
    pub print: u64,
    pub origin: Origin,
}

/// One that a listing shows anew.
#[derive(Debug)]
pub struct New {
    pub piece: Piece,
    pub pdu: Zeroizing<String>,
}

struct Removal {
    piece: Piece,
    tries: u32,
    /// The modem says that it is not there any more.
    freed: bool,
    due: Instant,
}

/// Tries after which a modem that only says no is not asked any more, if its listing does not show the message.
const ENOUGH_TRIES: u32 = 4;

/// What the pipeline has of it.
struct Item {
    pieces: Vec<Piece>,
    sender: Zeroizing<String>,
}

/// All that is known of the memories.
pub struct Holdings {
    key: [u8; 32],
    lying: HashMap<Place, u64>,
    /// What is new and was not taken yet.
    new: Vec<New>,
    /// What the outbox wants removed since an earlier run, and listings showed.
    settled: Vec<New>,
    items: HashMap<u64, Item>,
    next_item: u64,
    removals: Vec<Removal>,
    /// What the outbox wants removed since an earlier run, and no listing has shown yet.
    before: HashSet<Origin>,
    /// Of those, what the last round did not show.
    missed: HashSet<Origin>,
    /// What this round has shown so far.
    shown: HashSet<Origin>,
}

impl Holdings {
    /// `key` is the node's own; `before` is what the outbox wants removed.
    pub fn new(key: [u8; 32], before: impl IntoIterator<Item = Origin>) -> Self {
        Self {
            key,
            lying: HashMap::new(),
            new: Vec::new(),
            settled: Vec::new(),
            items: HashMap::new(),
            next_item: 0,
            removals: Vec::new(),
            before: before.into_iter().collect(),
            missed: HashSet::new(),
            shown: HashSet::new(),
        }
    }

    /// A message that lies in a place, known again by memory, slot and PDU.
    pub fn piece(&self, place: Place, pdu: &str) -> Piece {
        let mut name = Zeroizing::new(vec![place.memory as u8]);
        name.extend(place.slot.to_le_bytes());
        name.extend(pdu.as_bytes());
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        hasher.update(b"slot");
        hasher.update(&name);
        let mut print = [0; 8];
        hasher.finalize_xof().fill(&mut print);
        Piece {
            place,
            print: u64::from_le_bytes(print),
            origin: Origin::new(Inbox::Modem, &self.key, &name),
        }
    }

    /// One that came without a place in a memory, unless an earlier run was done with it: a modem may deliver it again.
    pub fn loose(&self, pdu: Zeroizing<String>) -> Option<New> {
        let piece = self.piece(Place::NOWHERE, &pdu);
        (!self.before.contains(&piece.origin)).then_some(New { piece, pdu })
    }

    /// Takes a whole listing of a memory; which removals it confirms. What is new waits for [`Holdings::take_new`].
    pub fn listed(&mut self, memory: Memory, listing: &Listing) -> Vec<Origin> {
        let stored = listing.stored.iter();
        let pieces: HashMap<Place, Piece> = stored
            .map(|stored| {
                let slot = stored.slot;
                let piece = self.piece(Place { memory, slot }, &stored.pdu);
                (piece.place, piece)
            })
            .collect();
        self.shown.extend(pieces.values().map(|piece| piece.origin));
        let is_gone = |removal: &Removal| {
            let Piece { place, .. } = removal.piece;
            place.memory == memory
                && !listing.unclear.contains(&place.slot)
                && pieces.get(&place) != Some(&removal.piece)
                && (removal.freed || removal.tries >= ENOUGH_TRIES)
        };
        let mut gone = Vec::new();
        for removal in self.removals.extract_if(.., |removal| is_gone(removal)) {
            let Piece {
                place,
                print,
                origin,
            } = removal.piece;
            gone.push(origin);
            if self.lying.get(&place) == Some(&print) {
                self.lying.remove(&place);
            }
        }
        for stored in &listing.stored {
            let slot = stored.slot;
            let piece = pieces[&Place { memory, slot }];
            if self.lying.insert(piece.place, piece.print) == Some(piece.print) {
                continue;
            }
            let pdu = stored.pdu.clone();
            if self.before.remove(&piece.origin) {
                self.remove(piece);
                self.settled.push(New { piece, pdu });
            } else if is_empty(&pdu) {
                self.remove(piece);
            } else {
                self.new.push(New { piece, pdu });
            }
        }
        gone
    }

    /// What listings showed anew.
    pub fn take_new(&mut self) -> Vec<New> {
        std::mem::take(&mut self.new)
    }

    /// What an earlier run was done with, as listings showed it.
    pub fn take_settled(&mut self) -> Vec<New> {
        std::mem::take(&mut self.settled)
    }

    /// Every memory was listed. Removals of an earlier run whose messages two rounds in a row have not shown are done: a modem
    /// that has just started may show nothing yet.
    pub fn round_ends(&mut self) -> Vec<Origin> {
        let shown = std::mem::take(&mut self.shown);
        let missing: HashSet<Origin> = self.before.difference(&shown).copied().collect();
        let gone: Vec<Origin> = missing.intersection(&self.missed).copied().collect();
        self.before.retain(|origin| !gone.contains(origin));
        self.missed = missing;
        gone
    }

    /// The number of an item that the pipeline gets, made of these pieces, and sent by `sender`.
    pub fn offer(&mut self, pieces: Vec<Piece>, sender: Zeroizing<String>) -> u64 {
        self.next_item += 1;
        self.items.insert(self.next_item, Item { pieces, sender });
        self.next_item
    }

    /// Lets a piece go with an item that is not done.
    pub fn attach(&mut self, item: u64, piece: Piece) {
        match self.items.get_mut(&item) {
            // What lies nowhere may come in the same words again.
            Some(item) if item.pieces.contains(&piece) => {}
            Some(item) => item.pieces.push(piece),
            None => self.remove(piece),
        }
    }

    /// Who sent an item.
    pub fn sender(&self, item: u64) -> Option<Zeroizing<String>> {
        self.items.get(&item).map(|item| item.sender.clone())
    }

    /// Who sent an item, as it turned out.
    pub fn sent_by(&mut self, item: u64, sender: Zeroizing<String>) {
        if let Some(item) = self.items.get_mut(&item) {
            item.sender = sender;
        }
    }

    /// All that is to be removed with an item.
    pub fn origins(&self, item: u64) -> Vec<Origin> {
        let Some(item) = self.items.get(&item) else {
            return Vec::new();
        };
        item.pieces.iter().map(|piece| piece.origin).collect()
    }

    /// The item is done: its pieces are to go. Returns what is confirmed at once: what lies nowhere.
    pub fn end(&mut self, item: u64) -> Vec<Origin> {
        let Some(item) = self.items.remove(&item) else {
            return Vec::new();
        };
        let is_nowhere = |piece: &&Piece| piece.place == Place::NOWHERE;
        let confirmed = item.pieces.iter().filter(is_nowhere);
        let confirmed = confirmed.map(|piece| piece.origin).collect();
        for piece in item.pieces {
            self.remove(piece);
        }
        confirmed
    }

    /// The same of an item whose end nobody waits for: what lies nowhere is confirmed by rounds that do not show it.
    pub fn end_told(&mut self, item: u64) {
        let confirmed = self.end(item);
        self.before.extend(confirmed);
    }

    /// A piece is to go.
    pub fn remove(&mut self, piece: Piece) {
        if piece.place == Place::NOWHERE {
            return;
        }
        self.removals.push(Removal {
            piece,
            tries: 0,
            freed: false,
            due: Instant::now(),
        });
    }

    /// What is to be removed now, a memory after the other.
    pub fn due(&self) -> Vec<Piece> {
        let now = Instant::now();
        let due = self.removals.iter().filter(|removal| removal.due <= now);
        let mut pieces: Vec<Piece> = due.map(|removal| removal.piece).collect();
        pieces.sort_by_key(|piece| piece.place);
        pieces
    }

    /// When the next removal is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.removals.iter().map(|removal| removal.due).min()
    }

    /// A removal was tried; `freed` is what the modem says. Unless a listing confirms it, it is tried again; returns how often
    /// that was.
    pub fn tried(&mut self, piece: &Piece, freed: bool) -> u32 {
        let removal = self
            .removals
            .iter_mut()
            .find(|removal| removal.piece == *piece);
        let Some(removal) = removal else {
            return 0;
        };
        removal.tries += 1;
        removal.freed = freed;
        let wait = FIRST_WAIT.saturating_mul(1 << (removal.tries - 1).min(16));
        removal.due = Instant::now() + wait.min(LONGEST_WAIT);
        removal.tries
    }
}

#[cfg(test)]
mod tests {
    use super::super::storage::Stored;
    use super::*;

    fn listing(stored: &[(u16, &str)]) -> Listing {
        let stored = stored.iter().map(|(slot, pdu)| Stored {
            slot: *slot,
            pdu: Zeroizing::new((*pdu).to_owned()),
            is_whole: true,
        });
        Listing {
            stored: stored.collect(),
            unclear: Vec::new(),
        }
    }

    fn place(slot: u16) -> Place {
        Place {
            memory: Memory::Sim,
            slot,
        }
    }

    fn holdings(before: &[(u16, &str)]) -> Holdings {
        let fresh = Holdings::new([7; 32], []);
        let before = before
            .iter()
            .map(|(slot, pdu)| fresh.piece(place(*slot), pdu).origin);
        Holdings::new([7; 32], before.collect::<Vec<_>>())
    }

    /// The slots that a listing shows anew, and what it confirms.
    fn take(holdings: &mut Holdings, stored: &[(u16, &str)]) -> (Vec<u16>, Vec<Origin>) {
        let gone = holdings.listed(Memory::Sim, &listing(stored));
        let new = holdings.take_new();
        (new.iter().map(|new| new.piece.place.slot).collect(), gone)
    }

    #[test]
    fn a_message_is_offered_once_and_gone_when_modem_and_listing_say_so() {
        let mut holdings = holdings(&[]);
        let both = [(1, "AA"), (2, "BB")];
        assert_eq!(take(&mut holdings, &both), (vec![1, 2], vec![]));
        assert_eq!(take(&mut holdings, &both), (vec![], vec![]));
        let piece = holdings.piece(place(1), "AA");
        let sender = Zeroizing::new("+1".to_owned());
        let item = holdings.offer(vec![piece], Zeroizing::default());
        holdings.sent_by(item, sender.clone());
        assert_eq!(holdings.sender(item), Some(sender));
        assert_eq!(holdings.origins(item), [piece.origin]);
        assert_eq!(holdings.due(), []);
        // A listing that lost its line says nothing while the pipeline has it, and after.
        assert_eq!(take(&mut holdings, &both[1..]), (vec![], vec![]));
        assert_eq!(holdings.end(item), []);
        assert_eq!(take(&mut holdings, &both[1..]), (vec![], vec![]));
        assert_eq!(holdings.due(), [piece]);
        assert_eq!(holdings.tried(&piece, true), 1);
        assert_eq!(holdings.due(), []);
        // The modem said `OK` and kept it; another memory's listing, and an unclear one, say nothing of it.
        assert_eq!(take(&mut holdings, &both), (vec![], vec![]));
        assert_eq!(holdings.listed(Memory::Modem, &listing(&[])), []);
        let unclear = Listing {
            unclear: vec![1],
            ..listing(&both[1..])
        };
        assert_eq!(holdings.listed(Memory::Sim, &unclear), []);
        let confirmed = (vec![], vec![piece.origin]);
        assert_eq!(take(&mut holdings, &both[1..]), confirmed);
        assert_eq!(holdings.next_due(), None);
        // What comes to lie there then is new.
        assert_eq!(take(&mut holdings, &both), (vec![1], vec![]));
    }

    #[test]
    fn a_modem_that_only_says_no_is_not_asked_for_ever() {
        let mut holdings = holdings(&[]);
        take(&mut holdings, &[(1, "AA")]);
        let piece = holdings.piece(place(1), "AA");
        holdings.remove(piece);
        for _ in 1..ENOUGH_TRIES {
            holdings.tried(&piece, false);
            assert_eq!(take(&mut holdings, &[]).1, []);
        }
        holdings.tried(&piece, false);
        assert_eq!(take(&mut holdings, &[(1, "AA")]).1, []);
        assert_eq!(take(&mut holdings, &[]).1, [piece.origin]);
    }

    #[test]
    fn a_slot_that_was_taken_again_holds_another_message() {
        let mut holdings = holdings(&[]);
        take(&mut holdings, &[(1, "AA")]);
        let first = holdings.piece(place(1), "AA");
        let item = holdings.offer(vec![first], Zeroizing::default());
        assert_eq!(take(&mut holdings, &[(1, "BB")]).0, [1]);
        holdings.end(item);
        holdings.tried(&first, true);
        let confirmed = (vec![], vec![first.origin]);
        assert_eq!(take(&mut holdings, &[(1, "BB")]), confirmed);
        // The same message in another slot is another, too.
        assert_eq!(take(&mut holdings, &[(1, "BB"), (2, "BB")]).0, [2]);
    }

    #[test]
    fn what_an_earlier_run_committed_is_removed_and_not_offered() {
        let mut holdings = holdings(&[(1, "AA"), (3, "CC")]);
        // The modem has just started, and shows nothing.
        take(&mut holdings, &[]);
        assert_eq!(holdings.round_ends(), []);
        let both = [(1, "AA"), (2, "BB")];
        assert_eq!(take(&mut holdings, &both).0, [2]);
        let due = holdings.due();
        assert_eq!(due, [holdings.piece(place(1), "AA")]);
        let settled = holdings.take_settled();
        assert_eq!((settled.len(), settled[0].piece), (1, due[0]));
        let lost = holdings.piece(place(3), "CC");
        assert_eq!(holdings.round_ends(), [lost.origin]);
        holdings.tried(&due[0], true);
        assert_eq!(take(&mut holdings, &both[1..]).1, [due[0].origin]);
    }

    #[test]
    fn what_lies_nowhere_is_gone_when_it_is_done() {
        let mut holdings = holdings(&[]);
        let pieces = [Place::NOWHERE, place(0)].map(|place| holdings.piece(place, "AA"));
        let item = holdings.offer(vec![pieces[0]], Zeroizing::default());
        assert_eq!(holdings.end(item), [pieces[0].origin]);
        // One that the network delivered again lies on the SIM.
        let item = holdings.offer(pieces.to_vec(), Zeroizing::default());
        assert_eq!(holdings.end(item), [pieces[0].origin]);
        assert_eq!(holdings.due(), [pieces[1]]);
        holdings.removals.clear();
        assert_eq!((holdings.end(item), holdings.due()), (vec![], vec![]));
    }
}
