//! Placeholder

pub mod decode;
