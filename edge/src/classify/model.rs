//! The network itself: read, checked and optimised once, then run on one photo at a time.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tract_onnx::prelude::*;

use super::container::ImageError;
#[cfg(target_arch = "x86_64")]
use super::convolutions;
use super::manifest::{self, Thresholds};
use super::operators;
use super::photo;
use super::{Fingerprint, Verdict};
use crate::file::FileError;

/// What tract said.
pub type NetworkError = Box<dyn std::error::Error + Send + Sync>;

/// A loaded network with its thresholds. Cheap to share between threads; a verdict takes no lock.
pub struct Classifier {
    network: Arc<TypedRunnableModel>,
    side: usize,
    thresholds: Thresholds,
}

#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(
        "failed to read `{path}`: install the model there, or name another with `--model` or in the configuration"
    )]
    Read {
        path: PathBuf,
        #[source]
        source: FileError,
    },
    #[error("`{path}` is too large to be a model")]
    TooLarge { path: PathBuf },
    #[error("`{path}` {reason}")]
    Manifest { path: PathBuf, reason: String },
    #[error(
        "`{path}` is not the file that `{manifest}` describes (sha256 {found}, should be {expected}): \
         install the model and its manifest again, together"
    )]
    WrongHash {
        path: PathBuf,
        manifest: PathBuf,
        expected: String,
        found: String,
    },
    #[error("`{path}` cannot be run: install the model and its manifest again, together")]
    Network {
        path: PathBuf,
        #[source]
        source: NetworkError,
    },
}

impl Classifier {
    /// Loads the network at `path`: its `.onnx` file with `manifest.toml` beside it, or the folder of both.
    pub fn load(path: &Path) -> Result<Classifier, ModelError> {
        let (manifest, bytes) = manifest::load(path)?;
        let broken = |source| ModelError::Network {
            path: path.to_path_buf(),
            source,
        };
        let side = manifest.side();
        let network = optimised(&bytes, side).map_err(broken)?;
        let classifier = Classifier {
            network,
            side,
            thresholds: manifest.thresholds,
        };
        // One grey picture, so that a network of another form fails here and not on the first photo.
        classifier
            .probability(&vec![0.0; 3 * side * side])
            .map_err(broken)?;
        Ok(classifier)
    }

    /// The verdict on one photo, given as the bytes of its file.
    pub fn classify(&self, bytes: &[u8]) -> Result<Verdict, ImageError> {
        self.classify_known(bytes).1
    }

    /// The same, with that by which the photo is known again.
    pub fn classify_known(&self, bytes: &[u8]) -> (Fingerprint, Result<Verdict, ImageError>) {
        match photo::network_input(bytes, self.side) {
            Ok(input) => {
                let fingerprint = Fingerprint::new(bytes, &input);
                let probability = self.probability(&input).map_err(|_| ImageError::NotRun);
                let verdict = probability.map(|probability| self.thresholds.verdict(probability));
                (fingerprint, verdict)
            }
            Err(error) => (Fingerprint::of_bytes(bytes), Err(error)),
        }
    }

    /// Both sides of the picture that the network takes, in pixels.
    pub fn side(&self) -> usize {
        self.side
    }

    /// The calibrated probability of police for a picture of 3 x side x side: planes of red, green and blue, -1 to 1.
    pub fn probability(&self, planes: &[f32]) -> Result<f32, NetworkError> {
        let input = Tensor::from_shape(&[1, 3, self.side, self.side], planes)?;
        let output = self.network.run(tvec!(input.into()))?;
        let [output] = output.as_slice() else {
            return Err("the network has more than one output".into());
        };
        match *output.try_as_plain_ram()?.as_slice::<f32>()? {
            [probability] if (0.0..=1.0).contains(&probability) => Ok(probability),
            _ => Err("the network's output is not one probability".into()),
        }
    }
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Classifier")
            .field("thresholds", &self.thresholds)
            .finish_non_exhaustive()
    }
}

fn optimised(onnx: &[u8], side: usize) -> Result<Arc<TypedRunnableModel>, NetworkError> {
    let network = operators::reader()
        .model_for_read(&mut Cursor::new(onnx))?
        .with_input_fact(0, f32::fact([1, 3, side, side]).into())?
        .into_typed()?;
    #[cfg(target_arch = "x86_64")]
    let network = convolutions::joined(network)?;
    Ok(network.into_optimized()?.into_runnable()?)
}
