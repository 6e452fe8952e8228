//! The relay: `intake -> decode -> place -> classify -> outbox -> link`.

pub mod intake;
pub mod link;
pub mod outbox;
pub mod pseudonym;
pub mod words;
