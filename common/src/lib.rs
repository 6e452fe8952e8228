//! What edge and hub must agree on: the words of Spotlight as types, and how they look on the wire.
//!
//! Everything here only computes; the exceptions are [`config::load`] and the gazetteer's reader,
//! which open a file, [`keys`] and [`shred`], which keep some, and [`signals`], which waits.

pub mod cell;
pub mod clock;
pub mod config;
pub mod envelope;
pub mod gazetteer;
pub mod ids;
pub mod keys;
pub mod log;
pub mod now;
pub mod receipt;
pub mod report;
pub mod shred;
pub mod signals;
pub mod topic;
