//! What lies in a folder, and which of it is whole.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use zeroize::Zeroizing;

/// A file that is written in place is whole when it did not change for so long.
const SETTLE: Duration = Duration::from_secs(2);

/// A file of a message, whole.
pub struct ReadFile {
    pub name: String,
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A file that lies in the folder.
pub(super) struct Lying {
    pub path: PathBuf,
    pub name: String,
    pub size: u64,
    pub modified: SystemTime,
    /// Whether it is whole.
    pub settled: bool,
}

/// What the files looked like that are not yet read.
#[derive(Default)]
pub(super) struct Seen(HashMap<String, Look>);

#[derive(Clone, Copy)]
struct Look {
    size: u64,
    modified: SystemTime,
    since: Instant,
}

/// Why a file is not read.
pub(super) enum NotRead {
    /// It changes, or is gone: the next look tells.
    Changing,
    /// It cannot be.
    Refused(String),
}

/// The files of the messages that `unread` names, each message's in the order of their names. `renamed` are those that
/// were renamed into the folder and so are whole.
pub(super) fn list(
    folder: &Path,
    seen: &mut Seen,
    renamed: &HashSet<OsString>,
    unread: impl Fn(&str) -> Option<String>,
) -> io::Result<BTreeMap<String, Vec<Lying>>> {
    let now = Instant::now();
    let before = std::mem::take(&mut seen.0);
    let mut messages: BTreeMap<String, Vec<Lying>> = BTreeMap::new();
    for entry in fs::read_dir(folder)?.flatten() {
        // A name that is not text is no message's.
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let Some(message) = unread(&name).filter(|_| !name.starts_with('.')) else {
            continue;
        };
        let Some(metadata) = entry.metadata().ok().filter(fs::Metadata::is_file) else {
            continue;
        };
        let look = Look {
            size: metadata.len(),
            modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
            since: now,
        };
        let look = match before.get(&name) {
            Some(before) if before.is_like(&look) => *before,
            _ => look,
        };
        seen.0.insert(name.clone(), look);
        messages.entry(message).or_default().push(Lying {
            path: entry.path(),
            settled: look.is_settled(now) || renamed.contains(OsStr::new(&name)),
            name,
            size: look.size,
            modified: look.modified,
        });
    }
    for files in messages.values_mut() {
        files.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ok(messages)
}

/// The bytes of a message's files.
pub(super) fn read(
    files: &[Lying],
    max_bytes: impl Fn(&str) -> u64,
) -> Result<Vec<ReadFile>, NotRead> {
    let read = files.iter().map(|file| {
        let limit = max_bytes(&file.name);
        if file.size > limit {
            return Err(NotRead::Refused(format!(
                "{} bytes; at most {limit} are read",
                file.size
            )));
        }
        // The capacity is the whole of it, so that growing leaves no copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(file.size as usize + 1));
        let read = fs::File::open(&file.path)
            .and_then(|opened| opened.take(file.size + 1).read_to_end(&mut bytes));
        match read {
            Ok(length) if length as u64 != file.size => Err(NotRead::Changing),
            Ok(_) => Ok(ReadFile {
                name: file.name.clone(),
                bytes,
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(NotRead::Changing),
            Err(error) => Err(NotRead::Refused(error.to_string())),
        }
    });
    read.collect()
}

impl Look {
    fn is_like(&self, other: &Self) -> bool {
        (self.size, self.modified) == (other.size, other.modified)
    }

    /// By the clock on the wall, or, where that jumps, by having been looked at.
    fn is_settled(&self, now: Instant) -> bool {
        self.modified.elapsed().is_ok_and(|age| age >= SETTLE)
            || now.duration_since(self.since) >= SETTLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(folder: &Path, seen: &mut Seen, renamed: &HashSet<OsString>) -> Vec<(String, bool)> {
        let unread = |name: &str| name.ends_with(".pdu").then(|| name.to_owned());
        let listed = list(folder, seen, renamed, unread).expect("a folder");
        let files = listed.into_values().flatten();
        files.map(|file| (file.name, file.settled)).collect()
    }

    fn age(path: &Path, age: Duration) {
        let file = fs::File::options().write(true).open(path).expect("a file");
        file.set_modified(SystemTime::now() - age).expect("a time");
    }

    #[test]
    fn a_file_is_whole_when_it_was_renamed_in_or_rested() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.pdu");
        let mut seen = Seen::default();
        let none = HashSet::new();
        fs::write(&path, "07").expect("written");
        fs::write(folder.path().join(".b.pdu"), "07").expect("written");
        assert_eq!(
            settled(folder.path(), &mut seen, &none),
            [("a.pdu".into(), false)]
        );
        let renamed = HashSet::from(["a.pdu".into()]);
        assert_eq!(
            settled(folder.path(), &mut seen, &renamed),
            [("a.pdu".into(), true)]
        );
        age(&path, SETTLE);
        assert_eq!(
            settled(folder.path(), &mut seen, &none),
            [("a.pdu".into(), true)]
        );
        fs::write(&path, "0791").expect("written");
        assert_eq!(
            settled(folder.path(), &mut seen, &none),
            [("a.pdu".into(), false)]
        );
    }

    #[test]
    fn a_clock_that_was_set_back_holds_no_file_for_ever() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.pdu");
        fs::write(&path, "07").expect("written");
        fs::File::options()
            .write(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now() + Duration::from_secs(3600)))
            .expect("a time");
        let mut seen = Seen::default();
        let none = HashSet::new();
        assert_eq!(
            settled(folder.path(), &mut seen, &none),
            [("a.pdu".into(), false)]
        );
        let earlier = Instant::now().checked_sub(SETTLE).expect("a time");
        for look in seen.0.values_mut() {
            look.since = earlier;
        }
        assert_eq!(
            settled(folder.path(), &mut seen, &none),
            [("a.pdu".into(), true)]
        );
    }

    #[test]
    fn what_changed_since_the_look_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.pdu");
        fs::write(&path, "0791").expect("written");
        let unread = |name: &str| Some(name.to_owned());
        let mut seen = Seen::default();
        let listed = list(folder.path(), &mut seen, &HashSet::new(), unread).expect("a folder");
        let files = &listed["a.pdu"];
        let bytes = |limit| read(files, |_| limit).map(|files| files[0].bytes.to_vec());
        assert!(matches!(bytes(4), Ok(bytes) if bytes == b"0791"));
        assert!(matches!(bytes(3), Err(NotRead::Refused(_))));
        fs::write(&path, "07912").expect("written");
        assert!(matches!(bytes(9), Err(NotRead::Changing)));
        fs::remove_file(&path).expect("removed");
        assert!(matches!(bytes(9), Err(NotRead::Changing)));
    }
}
