//! The answer about one file, as `spotlight-edge classify` prints it, one JSON object a line.

use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::container::MAX_BYTES;
use super::{Classifier, ImageError, Verdict};
use crate::file::read_at_most;

/// `{"file","verdict","police","ms"}`, or `{"file","error"}`.
#[derive(Debug, Serialize)]
pub struct FileAnswer {
    /// The path exactly as given.
    file: String,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outcome {
    Classified {
        #[serde(flatten)]
        verdict: Verdict,
        /// From the bytes in memory to the verdict, in milliseconds.
        ms: f64,
    },
    Refused {
        error: String,
    },
}

impl FileAnswer {
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, Outcome::Refused { .. })
    }
}

/// Classifies the photo in a file.
pub fn classify_file(classifier: &Classifier, file: &Path) -> FileAnswer {
    let outcome = classified(classifier, file).unwrap_or_else(|error| Outcome::Refused { error });
    FileAnswer {
        file: file.to_string_lossy().into_owned(),
        outcome,
    }
}

fn classified(classifier: &Classifier, file: &Path) -> Result<Outcome, String> {
    let bytes = read(file)?;
    let started = Instant::now();
    let verdict = classifier
        .classify(&bytes)
        .map_err(|error| error.to_string())?;
    let ms = (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0;
    Ok(Outcome::Classified { verdict, ms })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes = read_at_most(path, MAX_BYTES).map_err(|error| error.to_string())?;
    if bytes.len() > MAX_BYTES {
        return Err(ImageError::TooManyBytes.to_string());
    }
    Ok(bytes)
}
