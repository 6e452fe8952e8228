//! The relay: `intake -> decode -> place -> classify -> outbox -> link`.

pub mod decode;
pub mod intake;
pub mod link;
pub mod outbox;
pub mod place;
pub mod pseudonym;
pub mod reply;
pub mod words;
