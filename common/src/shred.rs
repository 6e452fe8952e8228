//! Erasing by destroying keys.
//!
//! A database, a file system and a flash card all keep old copies of a page until they need its room, so a row that is
//! removed stays readable for who holds the disk. What must be erased by a certain time is therefore written only sealed,
//! under the key of its period of erasure; when the period ends its key is destroyed, and with it every copy of every row.
//!
//! # On disk
//! One folder; `PERIOD.key` is 32 random bytes that only the owner may read. What a period's number means is the caller's.
//!
//! # Sealing
//! `tag || (plaintext xor stream)`, where `tag` is 16 bytes of a hash of id and plaintext, and `stream` is a hash of id and
//! tag read as far as needed; both hashes are BLAKE3 under the period's key. So the same stream is never used for two
//! different plaintexts, whatever is written twice under one id; and a row does not say which period it belongs to: its
//! reader tries the few keys there are, and the tag tells.
//!
//! # Promises
//! - [`Shredder::seal`] returns after the key is durable, file and folder. So no commit can be older than its key, and a
//!   crash at any instant leaves no row without one before its time.
//! - [`Shredder::destroy`] overwrites a key with zeros, syncs, unlinks, and syncs the folder. A crash in between leaves a key
//!   that is zeros or whole; the first is swept at the next start, the second at the next call.
//! - A key that is lost or damaged makes its rows unreadable, not the store: [`Shredder::open`] says `None`.
//!
//! # What remains
//! Overwriting in place reaches the medium on file systems that do so (ext4, xfs) on a disk. A copying file system (btrfs, zfs,
//! f2fs) or flash with wear levelling may keep the old block of a *key*, 32 bytes, until it is reused; rows are never there in
//! the clear. Where that matters, put the folder on a tmpfs (a power cut then erases early) or on an encrypted disk. Backups
//! should leave the folder out.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use zeroize::Zeroizing;

use crate::keys;

const KEY: usize = 32;
const TAG: usize = 16;

/// Why keys cannot be kept.
#[derive(Debug, thiserror::Error)]
#[error("failed to read, write or destroy a key in `{folder}`")]
pub struct ShredError {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

type Key = Zeroizing<[u8; KEY]>;

/// The keys of one folder. They are read once and kept in RAM.
pub struct Shredder {
    folder: PathBuf,
    keys: Mutex<BTreeMap<u32, Key>>,
}

impl Shredder {
    /// Opens a folder of keys, or makes it. What is no whole key has nothing committed under it and is removed.
    pub fn load(folder: &Path) -> Result<Self, ShredError> {
        let shredder = Self {
            folder: folder.to_owned(),
            keys: Mutex::default(),
        };
        shredder.read().map_err(|source| shredder.error(source))?;
        Ok(shredder)
    }

    fn error(&self, source: io::Error) -> ShredError {
        ShredError {
            folder: self.folder.clone(),
            source,
        }
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<u32, Key>> {
        self.keys
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn read(&self) -> io::Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        if let Some(parent) = self.folder.parent().filter(|p| !p.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        let mut keys = self.keys();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(period) = period_of(&path) else {
                continue;
            };
            let bytes = Zeroizing::new(fs::read(&path)?);
            match <[u8; KEY]>::try_from(bytes.as_slice()) {
                Ok(key) if key != [0; KEY] => drop(keys.insert(period, Zeroizing::new(key))),
                _ => self.remove(&path)?,
            }
        }
        Ok(())
    }

    fn path(&self, period: u32) -> PathBuf {
        self.folder.join(format!("{period}.key"))
    }

    /// The periods that have a key.
    pub fn periods(&self) -> Vec<u32> {
        self.keys().keys().copied().collect()
    }

    /// Seals a row under a period's key; the first of a period makes the key durable before it returns.
    pub fn seal(&self, period: u32, id: u128, plaintext: &[u8]) -> Result<Vec<u8>, ShredError> {
        let mut keys = self.keys();
        let key = match keys.get(&period) {
            Some(key) => key,
            None => {
                let key = self.create(period).map_err(|source| self.error(source))?;
                keys.entry(period).or_insert(key)
            }
        };
        let tag = tag(key, id, plaintext);
        let mut sealed = Vec::with_capacity(TAG + plaintext.len());
        sealed.extend_from_slice(&tag);
        sealed.extend_from_slice(plaintext);
        apply_stream(key, id, &tag, &mut sealed[TAG..]);
        Ok(sealed)
    }

    /// The row and its period; `None` if none of the keys opens it.
    pub fn open(&self, id: u128, sealed: &[u8]) -> Option<(u32, Zeroizing<Vec<u8>>)> {
        let (sealed_tag, ciphertext) = sealed.split_first_chunk::<TAG>()?;
        self.keys().iter().find_map(|(period, key)| {
            let mut plaintext = Zeroizing::new(ciphertext.to_vec());
            apply_stream(key, id, sealed_tag, &mut plaintext);
            (tag(key, id, &plaintext) == *sealed_tag).then_some((*period, plaintext))
        })
    }

    /// Destroys the keys of all periods that are over; what they sealed is gone.
    pub fn destroy(&self, is_over: impl Fn(u32) -> bool) -> Result<(), ShredError> {
        let mut keys = self.keys();
        let over: Vec<u32> = keys
            .keys()
            .copied()
            .filter(|period| is_over(*period))
            .collect();
        for period in over {
            self.remove(&self.path(period))
                .map_err(|source| self.error(source))?;
            keys.remove(&period);
        }
        Ok(())
    }

    fn create(&self, period: u32) -> io::Result<Key> {
        let key: Key = Zeroizing::new(keys::random_bytes().map_err(io::Error::other)?);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.path(period))?;
        file.write_all(key.as_slice())?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        Ok(key)
    }

    /// Zeros over it, then unlinks. One that is gone already is as good.
    fn remove(&self, path: &Path) -> io::Result<()> {
        match OpenOptions::new().write(true).open(path) {
            Ok(mut file) => {
                let length = usize::try_from(file.metadata()?.len()).unwrap_or(KEY);
                file.write_all(&vec![0; length.clamp(KEY, 4096)])?;
                file.sync_all()?;
                fs::remove_file(path)?;
                File::open(&self.folder)?.sync_all()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn period_of(path: &Path) -> Option<u32> {
    path.file_name()?
        .to_str()?
        .strip_suffix(".key")?
        .parse()
        .ok()
}

fn tag(key: &Key, id: u128, plaintext: &[u8]) -> [u8; TAG] {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher
        .update(b"tag")
        .update(&id.to_le_bytes())
        .update(plaintext);
    let mut tag = [0; TAG];
    hasher.finalize_xof().fill(&mut tag);
    tag
}

fn apply_stream(key: &Key, id: u128, tag: &[u8; TAG], bytes: &mut [u8]) {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(b"xor").update(&id.to_le_bytes()).update(tag);
    let mut stream = Zeroizing::new(vec![0; bytes.len()]);
    hasher.finalize_xof().fill(&mut stream);
    for (byte, mask) in bytes.iter_mut().zip(stream.iter()) {
        *byte ^= mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).expect("the folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    }

    #[test]
    fn a_sealed_row_opens_until_its_period_is_destroyed_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("keys");
        let shredder = Shredder::load(&folder).expect("loads");
        let (early, late) = (
            shredder.seal(1, 7, b"early row").expect("seals"),
            shredder.seal(2, 8, b"late row").expect("seals"),
        );
        for path in files(&folder) {
            let mode = fs::metadata(&path).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let opened = |shredder: &Shredder, id, sealed: &[u8]| {
            let opened = shredder.open(id, sealed);
            opened.map(|(period, row)| (period, row.to_vec()))
        };
        for shredder in [shredder, Shredder::load(&folder).expect("loads")] {
            assert_eq!(
                opened(&shredder, 7, &early),
                Some((1, b"early row".to_vec()))
            );
            assert_eq!(opened(&shredder, 8, &late), Some((2, b"late row".to_vec())));
            // Another id, a turned bit, a cut.
            assert_eq!(opened(&shredder, 8, &early), None);
            for at in 0..early.len() {
                let mut bent = early.clone();
                bent[at] ^= 1;
                assert_eq!(opened(&shredder, 7, &bent), None);
                assert_eq!(opened(&shredder, 7, &early[..at]), None);
            }
        }
        let shredder = Shredder::load(&folder).expect("loads");
        shredder.destroy(|period| period <= 1).expect("destroys");
        for shredder in [shredder, Shredder::load(&folder).expect("loads")] {
            assert_eq!(shredder.periods(), [2]);
            assert_eq!(opened(&shredder, 7, &early), None);
            assert!(opened(&shredder, 8, &late).is_some());
        }
        assert_eq!(files(&folder), [folder.join("2.key")]);
    }

    #[test]
    fn one_id_sealed_twice_never_shares_a_stream() {
        let folder = tempfile::tempdir().expect("a folder");
        let shredder = Shredder::load(folder.path()).expect("loads");
        let (a, b) = ([1; 40], [2; 40]);
        let sealed = [a, b].map(|row| shredder.seal(1, 7, &row).expect("seals"));
        let difference: Vec<u8> = sealed[0]
            .iter()
            .zip(&sealed[1])
            .map(|(a, b)| a ^ b)
            .collect();
        assert_ne!(difference[TAG..], [1 ^ 2; 40]);
    }

    /// What a crash may leave: no bytes, some, zeros, and files of others.
    #[test]
    fn what_is_no_whole_key_is_swept_at_the_start_and_a_lost_key_loses_only_its_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let sealed = {
            let shredder = Shredder::load(folder.path()).expect("loads");
            [1, 2].map(|period| shredder.seal(period, 7, b"row").expect("seals"))
        };
        for (name, bytes) in [("3.key", &[][..]), ("4.key", &[9; 31]), ("5.key", &[0; 32])] {
            fs::write(folder.path().join(name), bytes).expect("written");
        }
        fs::write(folder.path().join("note.txt"), "mine").expect("written");
        fs::remove_file(folder.path().join("1.key")).expect("lost");
        let shredder = Shredder::load(folder.path()).expect("loads");
        assert_eq!(shredder.periods(), [2]);
        assert!(shredder.open(7, &sealed[0]).is_none());
        assert!(shredder.open(7, &sealed[1]).is_some());
        let mut left = files(folder.path());
        left.sort();
        assert_eq!(
            left,
            ["2.key", "note.txt"].map(|name| folder.path().join(name))
        );
        // A lost file does not stop the destruction of the others.
        fs::remove_file(folder.path().join("2.key")).expect("lost");
        shredder.destroy(|_| true).expect("destroys");
        assert!(shredder.periods().is_empty());
    }
}
