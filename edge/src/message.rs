//! The message: one or several inbound items, decoded and joined. RAM only; its number, text and photos never print.

use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::decode::{self, Body, DecodeError, Deliver, MmsPdu, SmsPdu, Whole};
use crate::intake::{Payload, Phone, Plain, Ticket};

/// What a sender sent, whole.
pub struct Message {
    /// Who.
    pub sender: Phone,
    /// Its words.
    pub text: Zeroizing<String>,
    /// Its photos, as carried.
    pub photos: Vec<Zeroizing<Vec<u8>>>,
    /// How many more there were that could not be had.
    pub photos_missed: usize,
    /// When the network took it, if the bearer says so.
    pub sent_at: Option<Timestamp>,
    /// When it came to lie in the inbox.
    pub arrived: Timestamp,
    /// The items that it was made of; the answer goes by the last.
    pub tickets: Vec<Ticket>,
    /// Whether parts of it did not come.
    pub is_partial: bool,
}

/// What an item is.
pub enum Item {
    /// A text, or a part of one.
    Part(Box<Deliver>),
    /// A whole MMS.
    Mms(Box<MmsPdu>),
    /// A message that came decoded.
    Plain(Plain),
    /// A delivery notice: nothing to do but to remove it.
    Notice,
}

/// Why an item is kept out of the way.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// Its bytes cannot be read.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// An MMS PDU of another kind lies where a message should.
    #[error("an MMS PDU of type {0}, not an m-retrieve-conf")]
    NotAMessage(&'static str),
    /// The carrier gave no message.
    #[error("the carrier's server gave no message: retrieve status {0}")]
    NotRetrieved(u8),
    /// Nobody can be told apart as its sender.
    #[error("it names no sender")]
    NoSender,
}

/// Decodes an item.
pub fn read(payload: Payload) -> Result<Item, ItemError> {
    match payload {
        Payload::Pdu(hex) => Ok(match decode::decode_pdu_hex(&hex)? {
            SmsPdu::Deliver(deliver) => Item::Part(Box::new(deliver)),
            SmsPdu::StatusReport(_) => Item::Notice,
        }),
        Payload::Mms(bytes) => {
            let mms = decode::decode_mms(&bytes)?;
            if mms.message_type != "m-retrieve-conf" {
                return Err(ItemError::NotAMessage(mms.message_type));
            }
            if let Some(failure) = mms.retrieve_failure() {
                return Err(ItemError::NotRetrieved(failure.status));
            }
            if mms.sender().is_none() {
                return Err(ItemError::NoSender);
            }
            Ok(Item::Mms(Box::new(mms)))
        }
        Payload::Plain(plain) if plain.sender.trim().is_empty() => Err(ItemError::NoSender),
        Payload::Plain(plain) => Ok(Item::Plain(plain)),
    }
}

impl Message {
    /// From a text and the items of its parts.
    pub fn from_text(whole: Whole<(Ticket, Timestamp)>, country_code: &str) -> Self {
        let is_partial = whole.is_partial();
        let deliver = whole.message;
        let text = match &deliver.body {
            Body::Text(_) => deliver.text().unwrap_or_default(),
            Body::Data(_) => String::new(),
        };
        let arrived = whole.tokens.iter().map(|(_, arrived)| *arrived).max();
        Self {
            sender: Phone::new(deliver.sender.as_str(), country_code),
            text: Zeroizing::new(text),
            photos: Vec::new(),
            photos_missed: 0,
            sent_at: deliver.scts.map(|scts| scts.timestamp()),
            arrived: arrived.unwrap_or(Timestamp::UNIX_EPOCH),
            tickets: whole.tokens.into_iter().map(|(ticket, _)| ticket).collect(),
            is_partial,
        }
    }

    /// From an MMS.
    pub fn from_mms(mms: &MmsPdu, ticket: Ticket, arrived: Timestamp, country_code: &str) -> Self {
        let photos = mms.images().into_iter();
        let date = mms.date.and_then(|seconds| i64::try_from(seconds).ok());
        Self {
            sender: Phone::new(mms.sender().unwrap_or_default(), country_code),
            text: Zeroizing::new(mms.message_text()),
            photos: photos.map(|image| Zeroizing::new(image.bytes)).collect(),
            photos_missed: 0,
            sent_at: date.and_then(|seconds| Timestamp::from_second(seconds).ok()),
            arrived,
            tickets: vec![ticket],
            is_partial: false,
        }
    }

    /// From a message that came decoded.
    pub fn from_plain(
        plain: Plain,
        ticket: Ticket,
        arrived: Timestamp,
        country_code: &str,
    ) -> Self {
        let mut photos = plain.photos;
        let beyond = photos.len().saturating_sub(MAX_PHOTOS);
        photos.truncate(MAX_PHOTOS);
        Self {
            sender: Phone::new(&plain.sender, country_code),
            text: plain.text,
            photos,
            photos_missed: plain.photos_missed + beyond,
            sent_at: plain.sent_at,
            arrived,
            tickets: vec![ticket],
            is_partial: false,
        }
    }
}

/// Photos of one message that are looked at.
pub const MAX_PHOTOS: usize = decode::MAX_IMAGES;
