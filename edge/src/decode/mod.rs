//! Decode: the bytes of a message in, its types out. No I/O; never a panic; memory bounded by the bytes given.
//!
//! SMS by 3GPP TS 23.038 (alphabets) and 23.040 (transfer PDUs); MMS by OMA-TS-MMS_ENC (headers) and WAP-230-WSP (their encoding and
//! multipart). Bytes that cannot be read are refused with one plain [`DecodeError`]. Types that hold a number, a text or an image
//! hide it in their `Debug`.
//!
//! [`encode`] is the reverse, as a network would send it: for the demo's messages and for tests.

mod address;
mod cursor;
mod dcs;
mod error;
mod gsm7;
mod national;
mod reassembly;
mod scts;
mod text;
mod tpdu;
mod udh;

pub use address::Address;
pub use dcs::{Alphabet, alphabet};
pub use error::DecodeError;
pub use gsm7::gsm7_septets;
pub use reassembly::{Pushed, Reassembly, Whole};
pub use scts::Scts;
pub use text::Text;
pub use tpdu::{Body, Deliver, SmsPdu, StatusReport, decode_pdu_hex};
pub use udh::{ConcatRef, Element, Ports};
