//! Says whether a photo shows police: a police vehicle or motorcycle, or uniformed officers.
//!
//! The photo's bytes are decoded, turned upright and squashed to the network's input (`photo`), the network
//! runs on this device (`model`), and two thresholds of the model's own manifest (`manifest`) make its
//! probability a verdict. Plain computation: no I/O after loading, nothing about the picture is kept or
//! logged, and no bytes from outside panic or allocate without a bound.

mod container;
#[cfg(target_arch = "x86_64")]
mod convolutions;
mod file;
mod fingerprint;
mod manifest;
mod model;
mod operators;
mod photo;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use container::ImageError;
pub use file::{FileAnswer, classify_file};
pub use fingerprint::Fingerprint;
pub use model::{Classifier, ModelError};

/// What the classifier says of one photo, with the calibrated probability that it shows police.
///
/// Serialised as the contract writes it: `{"verdict":"police","police":0.93}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    Police {
        #[serde(rename = "police")]
        probability: f32,
    },
    NotPolice {
        #[serde(rename = "police")]
        probability: f32,
    },
    Unsure {
        #[serde(rename = "police")]
        probability: f32,
    },
}

const INSTALLED: &str = "/usr/share/spotlight/models";

/// Where the model is when the configuration names none: `models/` under the working folder, else the
/// installed one.
pub fn default_model_path() -> PathBuf {
    let local = Path::new("models");
    if local.join(manifest::FILE_NAME).is_file() {
        local.to_path_buf()
    } else {
        PathBuf::from(INSTALLED)
    }
}

#[cfg(test)]
mod tests;
