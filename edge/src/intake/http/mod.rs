//! The HTTP listener of the webhooks: one for all providers, on loopback unless told otherwise.

mod hook;

pub use hook::{Answer, Hook, Request};
