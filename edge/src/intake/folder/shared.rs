//! What is written into folders that another program reads, and what is read of its settings.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::FolderError;

/// Writes a file under a hidden name, which no reader heeds, and renames it. `mode` and the folder's group let the program
/// that takes it read it.
pub fn put(folder: &Path, name: &str, bytes: &[u8], mode: Option<u32>) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    // Open to nobody else before its group is right.
    let first_mode = if mode.is_some() { 0o600 } else { 0o666 };
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(first_mode)
        .open(&part)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        let group = fs::metadata(folder)?.gid();
        if fs::metadata(&part)?.gid() != group {
            chown(&part, None, Some(group))?;
        }
        fs::set_permissions(&part, fs::Permissions::from_mode(mode))?;
    }
    fs::rename(&part, folder.join(name))
}

/// The folders of another program are not made here: one that is not there is a wrong path.
pub fn must_be_there<const N: usize>(folders: [&Path; N]) -> Result<(), FolderError> {
    for path in folders {
        fs::read_dir(path).map_err(|source| FolderError::Folder {
            path: path.to_owned(),
            source,
        })?;
    }
    Ok(())
}

/// A time zone by its name.
pub fn zone(name: &str) -> Result<TimeZone, FolderError> {
    TimeZone::get(name).map_err(|_| FolderError::TimeZone(name.to_owned()))
}

/// A time without a zone, as the network said it. One that lies ahead was of another zone and tells nothing.
pub fn sent_at(
    format: &str,
    local: &str,
    zone: &TimeZone,
    arrived: Timestamp,
) -> Option<Timestamp> {
    let local = jiff::civil::DateTime::strptime(format, local).ok()?;
    let sent = zone.to_timestamp(local).ok()?;
    let latest = arrived.saturating_add(CLOCKS_DIFFER).unwrap_or(arrived);
    (sent <= latest).then_some(sent)
}

/// How far the network's clock may be ahead of ours.
const CLOCKS_DIFFER: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
