//! Placeholder
pub mod classify;
