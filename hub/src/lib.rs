//! The hub: `ingest -> store -> views -> http`, and `feeds -> store` for city open data.

pub mod city;
pub mod gazetteer;
pub mod views;
