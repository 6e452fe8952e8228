//! The relay: `intake -> decode -> place -> classify -> outbox -> link`.

pub mod place;
