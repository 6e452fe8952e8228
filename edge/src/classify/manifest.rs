//! `manifest.toml`, beside the network's file: which file it is, what it takes and when its answer is a verdict.
//!
//! Training data, licences and measurements stand in the same file for people; only what the edge acts on is
//! read. A rule this code does not implement (another layout or resize) is refused, not approximated.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Verdict;
use super::model::ModelError;
use crate::file::read_at_most;
use crate::hex::hex;

pub(super) const FILE_NAME: &str = "manifest.toml";

/// Far above any network a node can run, so that a wrong path does not fill its memory.
const MAX_MODEL_BYTES: usize = 64 * 1024 * 1024;

/// Both sides of a network's input, in pixels. Smaller ones show nothing; larger ones take a node more time than a photo has.
const SIDES: RangeInclusive<usize> = 96..=320;

#[derive(Debug, Deserialize)]
pub(super) struct Manifest {
    file: String,
    sha256: String,
    input: Input,
    pub(super) thresholds: Thresholds,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    shape: [usize; 4],
    layout: Layout,
    scaling: Scaling,
    resize: Resize,
}

#[derive(Debug, Deserialize)]
enum Layout {
    #[serde(rename = "NCHW RGB")]
    NchwRgb,
}

#[derive(Debug, Deserialize)]
enum Scaling {
    #[serde(rename = "x / 127.5 - 1")]
    MinusOneToOne,
}

#[derive(Debug, Deserialize)]
enum Resize {
    #[serde(rename = "upright, squashed, antialiased bilinear")]
    Squash,
}

/// At or above `police` the verdict is police, at or below `not_police` not police, between them unsure.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Thresholds {
    police: f32,
    not_police: f32,
}

impl Thresholds {
    pub(super) fn verdict(self, probability: f32) -> Verdict {
        if probability >= self.police {
            Verdict::Police { probability }
        } else if probability <= self.not_police {
            Verdict::NotPolice { probability }
        } else {
            Verdict::Unsure { probability }
        }
    }
}

/// Reads the manifest of `path` (the network's file or the folder of its manifest) and the network's bytes,
/// which are those the manifest's hash names.
pub(super) fn load(path: &Path) -> Result<(Manifest, Vec<u8>), ModelError> {
    let folder = if path.is_dir() {
        path
    } else {
        path.parent().unwrap_or(Path::new(""))
    };
    let manifest_path = folder.join(FILE_NAME);
    let text = read(&manifest_path).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| ModelError::Manifest {
            path: manifest_path.clone(),
            reason: "is not UTF-8".to_owned(),
        })
    })?;
    let manifest: Manifest = toml::from_str(&text).map_err(|error| ModelError::Manifest {
        path: manifest_path.clone(),
        reason: error.message().to_owned(),
    })?;
    manifest
        .check(path)
        .map_err(|reason| ModelError::Manifest {
            path: manifest_path.clone(),
            reason,
        })?;

    let network_path = folder.join(&manifest.file);
    let network = read(&network_path)?;
    let found = hex(&Sha256::digest(&network));
    if found != manifest.sha256.to_ascii_lowercase() {
        return Err(ModelError::WrongHash {
            path: network_path,
            manifest: manifest_path,
            expected: manifest.sha256,
            found,
        });
    }
    Ok((manifest, network))
}

impl Manifest {
    /// Both sides of the network's input, in pixels.
    pub(super) fn side(&self) -> usize {
        self.input.shape[2]
    }

    fn check(&self, asked: &Path) -> Result<(), String> {
        let named = Path::new(&self.file);
        if named.file_name() != Some(named.as_os_str()) {
            return Err(format!(
                "`file` must be a plain file name, not `{}`",
                self.file
            ));
        }
        if !asked.is_dir() && asked.file_name() != Some(named.as_os_str()) {
            return Err(format!("describes `{}`, not the file asked for", self.file));
        }
        let side = self.side();
        if self.input.shape != [1, 3, side, side] || !SIDES.contains(&side) {
            return Err(format!(
                "`input.shape` is {:?}, but this program makes [1, 3, side, side], a side from {} to {}",
                self.input.shape,
                SIDES.start(),
                SIDES.end()
            ));
        }
        let Input {
            shape: _,
            layout: Layout::NchwRgb,
            scaling: Scaling::MinusOneToOne,
            resize: Resize::Squash,
        } = &self.input;
        let Thresholds { police, not_police } = self.thresholds;
        if !(0.0 < not_police && not_police < police && police < 1.0) {
            return Err("`thresholds` must be 0 < not_police < police < 1".to_owned());
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    let bytes = read_at_most(path, MAX_MODEL_BYTES).map_err(|source| ModelError::Read {
        path: PathBuf::from(path),
        source,
    })?;
    if bytes.len() > MAX_MODEL_BYTES {
        return Err(ModelError::TooLarge {
            path: PathBuf::from(path),
        });
    }
    Ok(bytes)
}
