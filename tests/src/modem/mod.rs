//! A GSM modem without a modem: the commands of 3GPP 27.005 and 27.007, a SIM, and the network behind it.
//!
//! - [`Modem`] is the modem: bytes in, bytes out, no I/O. Its network holds what finds no free slot and brings it once one
//!   is free, as a service centre does, and keeps what was sent, so that a test can read the answers.
//! - [`Simulator`] puts it behind a PTY under a stable name, as udev does under `/dev/serial/by-id`; the PTY may be closed,
//!   opened again, pulled out and plugged in under another number.
//! - [`Fault`]s are what modems do to those who talk with them, on command.
//! - [`control`] are the lines by which a person, or a hook that cuts the power, does all of this.

mod at;
pub mod control;
mod fault;
mod general;
mod line;
mod memory;
mod messages;
mod network;
mod pdu;
mod port;
mod simulator;
mod state;
mod vendor;

pub use fault::{Cure, Fault, NAMES as FAULTS};
pub use memory::{Status, Stored};
pub use network::Sent;
pub use simulator::Simulator;
pub use state::{Modem, Options, Output};
pub use vendor::Vendor;

#[cfg(test)]
mod tests;
