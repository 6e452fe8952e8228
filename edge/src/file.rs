//! Reading a file that somebody names, without waiting for it and without its size.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// A folder, a pipe, a device: opening a pipe would wait for its other end, and a device has no end.
    #[error("not a file")]
    NotAFile,
}

/// The bytes of a file, at most one more than `most`, by which the reader knows that it is too large.
pub fn read_at_most(path: &Path, most: usize) -> Result<Vec<u8>, FileError> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(FileError::NotAFile);
    }
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most as u64 + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_are_read_and_no_more_of_them_than_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("message.mms");
        std::fs::write(&path, [7; 100]).unwrap();
        assert_eq!(read_at_most(&path, 100).unwrap().len(), 100);
        assert_eq!(read_at_most(&path, 10).unwrap().len(), 11);
        let refused = |path: &Path| read_at_most(path, 10).unwrap_err().to_string();
        assert_eq!(refused(folder.path()), "not a file");
        assert_eq!(refused(Path::new("/dev/zero")), "not a file");
        assert!(refused(&folder.path().join("none")).starts_with("cannot be read: "));
    }
}
