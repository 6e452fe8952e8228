//! Why bytes from outside were refused. Each is one plain reason; none repeats what the bytes said.

use thiserror::Error;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The text given as a PDU is not pairs of hexadecimal digits.
    #[error("not a hexadecimal PDU")]
    NotHex,
    /// More bytes than any message of this kind has.
    #[error("{0} is longer than any message")]
    TooLong(&'static str),
    /// The bytes end before what they announce.
    #[error("cut short in the {0}")]
    Truncated(&'static str),
    /// The bytes contradict the standard in a way that leaves no safe reading.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A well-formed PDU of a kind that a phone does not receive as a message.
    #[error("not a received message: {0}")]
    NotReceived(&'static str),
    /// The bytes are no MMS PDU: it must say its message type.
    #[error("no message type")]
    NoMessageType,
}
