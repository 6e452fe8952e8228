//! The relay: `intake -> decode -> place -> classify -> outbox -> link`.
