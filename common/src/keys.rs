//! Signing keys on disk: 32 bytes of seed in a file that only its owner may read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use zeroize::Zeroizing;

use crate::ids::NodeId;

/// Why a key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or made.
    #[error("failed to read or create the key `{path}`")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no key.
    #[error(
        "`{0}` is not a key of 32 bytes; restore it from the backup, or move it away to start with a new identity"
    )]
    Length(PathBuf),
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// Reads the key at `path`; makes it, durably, if there is none.
pub fn load_or_create(path: &Path) -> Result<SigningKey, KeyError> {
    let file_error = |source| KeyError::File {
        path: path.to_owned(),
        source,
    };
    match fs::read(path) {
        Ok(bytes) => {
            let bytes = Zeroizing::new(bytes);
            let seed: &[u8; 32] = bytes
                .as_slice()
                .try_into()
                .map_err(|_| KeyError::Length(path.to_owned()))?;
            Ok(SigningKey::from_bytes(seed))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let seed = Zeroizing::new(random_bytes::<32>()?);
            create(path, seed.as_slice()).map_err(file_error)?;
            Ok(SigningKey::from_bytes(&seed))
        }
        Err(error) => Err(file_error(error)),
    }
}

/// Random bytes from the system.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyError::Random)?;
    Ok(bytes)
}

/// The public half, as ids write it.
pub fn public(key: &SigningKey) -> NodeId {
    NodeId(key.verifying_key().to_bytes())
}

/// Written beside, synced and renamed, so that a crash leaves no half key.
fn create(path: &Path, seed: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let part = path.with_extension("part");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)?;
    file.write_all(seed)?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    fs::File::open(folder)?.sync_all()
}
