//! Decode: the bytes of a message in, its types out. No I/O; never a panic; memory bounded by the bytes given.
//!
//! SMS by 3GPP TS 23.038 (alphabets) and 23.040 (transfer PDUs); MMS by OMA-TS-MMS_ENC (headers) and WAP-230-WSP (their encoding and
//! multipart); large JPEGs by ITU-T T.81, reduced. Bytes that cannot be read are refused with one plain [`DecodeError`]. Types that hold a number, a text or an image
//! hide it in their `Debug`.
//!
//! [`encode`] is the reverse: what a modem sends, and, for the demo's messages and for tests, what a network would; [`notify_resp`]
//! and [`acknowledge`] are what an MMSC is answered.

mod address;
mod charset;
mod content;
mod cursor;
mod dcs;
pub mod encode;
#[cfg(test)]
mod encode_tests;
mod error;
pub(crate) mod gps;
mod gsm7;
pub mod jpeg;
pub mod json;
mod mms;
mod mms_answers;
#[cfg(test)]
mod mms_tests;
mod multipart;
mod national;
mod push;
mod reassembly;
mod scts;
#[cfg(test)]
mod sms_tests;
#[cfg(test)]
mod tests;
mod text;
mod tpdu;
mod transfer;
mod udh;
mod wsp;
mod wsp_names;

pub use address::Address;
pub use content::{Image, MAX_IMAGES, RetrieveFailure};
pub use error::DecodeError;
pub use gps::gps;
pub use gsm7::{gsm7_septets, gsm7_text};
pub use mms::{MAX_OCTETS as MAX_MMS_OCTETS, MmsPdu, Sender, Time, decode_mms};
pub use mms_answers::{MmsStatus, acknowledge, notify_resp};
pub use multipart::Part;
pub use push::{PORT as PUSH_PORT, decode_push};
pub use reassembly::{Pushed, Reassembly, Whole};
pub use scts::Scts;
pub use text::Text;
pub use tpdu::{Body, Deliver, SmsPdu, decode_pdu_hex};
pub use udh::{ConcatRef, Element, Ports};
pub use wsp::ContentType;
