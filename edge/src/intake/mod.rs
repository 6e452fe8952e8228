//! Intakes: where messages come from, and where their answers go.
//!
//! The bearer's own storage (a folder, a provider's account, whoever repeats a webhook) is the inbox. An intake hands out what lies there as [`Inbound`] and
//! removes an item only when the pipeline says that it is done, which it says after the commit (invariant 1).

mod accept;
pub mod android;
mod folder;
pub mod gammu;
pub mod http;
pub mod modem;
mod offers;
mod phone;
pub mod provider;
mod send;
mod signature;
pub mod smstools;
pub mod spool;
pub mod telnyx;
pub mod twilio;
pub mod webhook;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use crate::outbox::{Inbox, Origin};
pub use folder::{ANSWER_LIFE, FolderError};
pub use offers::{Begun, Offers, Waiter};
pub use phone::Phone;

/// What lies in the inbox, as the bearer gives it. RAM only.
pub enum Payload {
    /// One SMS TPDU with its SMSC, in hex.
    Pdu(Zeroizing<String>),
    /// One MMS PDU, binary.
    Mms(Zeroizing<Vec<u8>>),
    /// A message that its provider has decoded and joined.
    Plain(Plain),
}

/// What a provider gives of a message.
#[derive(Default)]
pub struct Plain {
    /// The sender as the provider writes it.
    pub sender: Zeroizing<String>,
    /// Its words.
    pub text: Zeroizing<String>,
    /// Its photos.
    pub photos: Vec<Zeroizing<Vec<u8>>>,
    /// How many photos there were that could not be had.
    pub photos_missed: usize,
    /// When the network took it.
    pub sent_at: Option<Timestamp>,
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pdu(_) => "Payload::Pdu(..)",
            Self::Mms(_) => "Payload::Mms(..)",
            Self::Plain(_) => "Payload::Plain(..)",
        })
    }
}

/// One item of an inbox.
#[derive(Debug)]
pub struct Inbound {
    /// Its bytes.
    pub payload: Payload,
    /// When it came to lie in the inbox, as the inbox says.
    pub arrived: Timestamp,
    /// The receipt for it, to be handed back.
    pub ticket: Ticket,
}

/// Names an item to its intake.
#[derive(Debug, Clone)]
pub struct Ticket {
    /// Its keyed hash, for the outbox.
    pub origin: Origin,
    /// Its intake's own number for it.
    pub item: u64,
    /// Its intake.
    pub intake: Arc<dyn Intake>,
}

/// What the pipeline asks of an intake. The calls touch a disk or a modem: make them off the async threads.
pub trait Intake: fmt::Debug + Send + Sync {
    /// Hands the answer over to the bearer, to be sent to whoever sent this item.
    fn answer(&self, item: u64, text: &str);
    /// The item is done: remove it, now or in a task of the intake's own. Returns the removals that are now confirmed.
    fn remove(&self, item: u64) -> Vec<Origin>;
    /// The item cannot be read: keep it out of the way with a plain reason on stderr. Returns as [`Intake::remove`] does.
    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin>;
    /// All that is to be removed with the item, where that is more than what its ticket says: the pieces that it was made of.
    fn origins(&self, _item: u64) -> Vec<Origin> {
        Vec::new()
    }
    /// Whether its storage is so full that the oldest incomplete message has to go.
    fn wants_room(&self) -> bool {
        false
    }
}
