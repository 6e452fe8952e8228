//! The hub: `ingest -> store -> views -> http`, and `feeds -> store` for city open data.

pub mod city;
pub mod config;
pub mod control;
pub mod gazetteer;
pub mod http;
pub mod ingest;
mod state;
pub mod store;
pub mod views;
