//! Open311.
pub mod xml;
