//! What the end-to-end tests share: a phone's bytes, the built binaries as processes, a broker, a reader.
//!
//! The binaries under test are those beside the test's own, in cargo's target folder, or in `SPOTLIGHT_BIN_DIR`.
//! Every server listens on loopback, on a port that was free, and dies with the value that started it. Nothing waits for
//! time to pass: [`wait::until`] waits for a state and says what it missed.

pub mod broker;
pub mod daemons;
pub mod diagnostics;
pub mod gateways;
pub mod http;
pub mod mms;
pub mod mmsc;
pub mod modem;
pub mod modem_programs;
pub mod mqtt;
pub mod open_data;
pub mod process;
pub mod random;
pub mod scan;
pub mod server;
pub mod sms;
pub mod soda;
pub mod spool;
pub mod twilio;
pub mod wait;
pub mod webhooks;
pub mod world;
