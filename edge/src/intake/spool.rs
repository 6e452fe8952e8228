//! The spool folder: a maildir-like inbox for any program that can write a file.
//!
//! - `in/NAME.pdu`: one SMS TPDU with its SMSC a line, in hex. `in/NAME.mms`: one M-Retrieve.conf. Writers write elsewhere
//!   and rename into `in`. Names that begin with a dot are not read.
//! - A file goes when each of its items is done. One that holds an item that cannot be read is renamed `NAME.refused`
//!   after its other items are done, the reason on stderr.
//! - `out/NAME.txt` (`out/NAME.N.txt` for line N of a file of several): the answer, text only, so that no number is
//!   written. An answer goes when taken, or after [`ANSWER_LIFE`].
//! - An item's origin is 32 bits of a keyed hash of file name, modification time and line. Before anything is read,
//!   items whose origin the outbox still holds are removed, not read again.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use notify::Watcher;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{Inbound, Inbox, Intake, Origin, Payload, Ticket};
use crate::outbox::Outbox;

/// How long an answer lies in `out`.
pub const ANSWER_LIFE: Duration = Duration::from_secs(10 * 60);

/// The folder is looked through this often even if the system told of no change.
const RESCAN: Duration = Duration::from_secs(5);

/// A PDU is at most 176 octets: a file of this size holds hundreds.
const MAX_PDU_FILE: u64 = 256 * 1024;

/// Carriers cut MMS at 0.3 to 3 MB.
const MAX_MMS_FILE: u64 = 8 * 1024 * 1024;

/// Files that are read and not yet done. More wait in the folder, which is theirs anyway.
const MAX_OPEN_FILES: usize = 4096;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A folder cannot be made or listed.
    #[error("failed to use the spool folder `{path}`")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A spool folder with `in` and `out`.
#[derive(Debug)]
pub struct Spool {
    incoming: PathBuf,
    outgoing: PathBuf,
    key: [u8; 32],
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    files: HashMap<PathBuf, File>,
    items: HashMap<u64, (PathBuf, usize)>,
    next_item: u64,
}

/// A file that was read and is not yet done.
#[derive(Debug)]
struct File {
    items: Vec<Item>,
    reasons: Vec<String>,
}

#[derive(Debug)]
struct Item {
    line: usize,
    origin: Origin,
    done: bool,
}

impl Spool {
    /// Opens the folder, making `in` and `out`. `key` is the node's own, so that origins tell nothing to others.
    pub fn open(folder: &Path, key: [u8; 32]) -> Result<Arc<Self>, SpoolError> {
        let spool = Self {
            incoming: folder.join("in"),
            outgoing: folder.join("out"),
            key,
            state: Mutex::default(),
            changed: Notify::new(),
        };
        for path in [&spool.incoming, &spool.outgoing] {
            fs::create_dir_all(path).map_err(|source| SpoolError::Folder {
                path: path.clone(),
                source,
            })?;
        }
        Ok(Arc::new(spool))
    }

    /// Reads the folder until the shutdown: first finishes what the outbox says is still to be removed.
    pub async fn run(
        self: Arc<Self>,
        outbox: Outbox,
        inbox: mpsc::Sender<Inbound>,
        shutdown: CancellationToken,
    ) -> Result<(), SpoolError> {
        let waker = self.clone();
        let mut watcher =
            notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
                // Listing the folder is an event too; heeding it would list for ever.
                if !event.is_ok_and(|event| event.kind.is_access()) {
                    waker.changed.notify_one();
                }
            })
            .ok();
        if let Some(watcher) = &mut watcher {
            // Without notifications the rescan still finds every file, later.
            if let Err(error) = watcher.watch(&self.incoming, notify::RecursiveMode::NonRecursive) {
                tracing::warn!(error = %error, "no notifications for the spool folder; looking every 5 s");
            }
        }
        let mut removals: HashSet<Origin> = outbox
            .removals(Inbox::Spool)
            .unwrap_or_default()
            .into_iter()
            .collect();
        let mut first = true;
        while !shutdown.is_cancelled() {
            let spool = self.clone();
            let known = removals.clone();
            let scan = tokio::task::spawn_blocking(move || spool.scan(&known));
            let (found, confirmed) = scan.await.unwrap_or_else(|_| Ok(Default::default()))?;
            if first {
                // What the outbox wanted removed and the folder no longer holds is removed.
                let held = self.held();
                let gone = removals
                    .iter()
                    .filter(|origin| !held.contains(origin))
                    .copied();
                outbox.removed(gone.collect()).await;
                first = false;
            }
            outbox.removed(confirmed).await;
            removals.retain(|origin| self.held().contains(origin));
            for inbound in found {
                tokio::select! {
                    sent = inbox.send(inbound) => if sent.is_err() { return Ok(()) },
                    () = shutdown.cancelled() => return Ok(()),
                }
            }
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(RESCAN) => {}
                () = shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The origins of all items that were read and whose file is still there.
    fn held(&self) -> HashSet<Origin> {
        let state = self.state();
        state
            .files
            .values()
            .flat_map(|file| &file.items)
            .map(|item| item.origin)
            .collect()
    }

    /// Reads the files that are new, oldest first; removes old answers. Items in `removals` are not read but done.
    fn scan(
        self: &Arc<Self>,
        removals: &HashSet<Origin>,
    ) -> Result<(Vec<Inbound>, Vec<Origin>), SpoolError> {
        self.drop_old_answers();
        let mut new: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        let listing = fs::read_dir(&self.incoming).map_err(|source| SpoolError::Folder {
            path: self.incoming.clone(),
            source,
        })?;
        let open = {
            let state = self.state();
            for entry in listing.flatten() {
                let path = entry.path();
                let wanted = path
                    .extension()
                    .is_some_and(|extension| extension == "pdu" || extension == "mms");
                let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                if !wanted || hidden || state.files.contains_key(&path) {
                    continue;
                }
                let Ok(metadata) = entry.metadata() else {
                    continue;
                };
                if metadata.is_file() {
                    new.push((
                        metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                        path,
                        metadata.len(),
                    ));
                }
            }
            state.files.len()
        };
        new.sort();
        let mut found = Vec::new();
        let mut confirmed = Vec::new();
        for (modified, path, size) in new.into_iter().take(MAX_OPEN_FILES.saturating_sub(open)) {
            match read(&path, size) {
                Ok(payloads) => {
                    let inbounds = self.take_in(&path, modified, payloads, removals);
                    if inbounds.is_empty() {
                        confirmed.extend(self.finish(&path));
                    }
                    found.extend(inbounds);
                }
                Err(ReadError::Gone) => {}
                Err(ReadError::Refused(reason)) => {
                    let file = File {
                        items: Vec::new(),
                        reasons: vec![reason],
                    };
                    self.state().files.insert(path.clone(), file);
                    confirmed.extend(self.finish(&path));
                }
            }
        }
        Ok((found, confirmed))
    }

    /// Notes a file's items; returns those that are to be handled.
    fn take_in(
        self: &Arc<Self>,
        path: &Path,
        modified: SystemTime,
        payloads: Vec<(usize, Payload)>,
        removals: &HashSet<Origin>,
    ) -> Vec<Inbound> {
        let arrived = Timestamp::try_from(modified).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut state = self.state();
        let mut items = Vec::new();
        let mut inbounds = Vec::new();
        for (line, payload) in payloads {
            let origin = self.origin(path, arrived, line);
            let done = removals.contains(&origin);
            if !done {
                state.next_item += 1;
                let item = state.next_item;
                state.items.insert(item, (path.to_owned(), items.len()));
                inbounds.push(Inbound {
                    payload,
                    arrived,
                    ticket: Ticket {
                        origin,
                        item,
                        intake: self.clone(),
                    },
                });
            }
            items.push(Item { line, origin, done });
        }
        let reasons = Vec::new();
        state.files.insert(path.to_owned(), File { items, reasons });
        inbounds
    }

    fn origin(&self, path: &Path, modified: Timestamp, line: usize) -> Origin {
        let mut name = modified.as_nanosecond().to_le_bytes().to_vec();
        name.extend(line.to_le_bytes());
        name.extend(path.file_name().unwrap_or_default().as_encoded_bytes());
        Origin::new(Inbox::Spool, &self.key, &name)
    }

    /// Marks an item done; when it was the file's last, the file goes, durably, and its removals are confirmed.
    fn done(&self, item: u64, reason: Option<&str>) -> Vec<Origin> {
        let path = {
            let mut state = self.state();
            let Some((path, position)) = state.items.remove(&item) else {
                return Vec::new();
            };
            let Some(file) = state.files.get_mut(&path) else {
                return Vec::new();
            };
            file.items[position].done = true;
            if let Some(reason) = reason {
                let line = file.items[position].line;
                file.reasons.push(format!("line {line}: {reason}"));
            }
            if file.items.iter().any(|item| !item.done) {
                return Vec::new();
            }
            path
        };
        self.finish(&path)
    }

    /// Removes a file, or renames it where something in it could not be read. The folder is synced, so that the file
    /// does not come back after a power cut. The file stays noted until it is gone, so that no scan reads it again.
    fn finish(&self, path: &Path) -> Vec<Origin> {
        let reasons = match self.state().files.get_mut(path) {
            Some(file) => std::mem::take(&mut file.reasons),
            None => return Vec::new(),
        };
        let result = if reasons.is_empty() {
            fs::remove_file(path)
        } else {
            let refused = unused_name(path);
            eprintln!(
                "{}: {}; kept as {}",
                path.display(),
                reasons.join("; "),
                refused.display()
            );
            fs::rename(path, refused)
        };
        let synced = result.and_then(|()| fs::File::open(&self.incoming)?.sync_all());
        match synced {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                // It stays noted as done: nothing is reported twice, and the next start removes it.
                tracing::error!(error = %error, "failed to remove a spool file; free the folder for writing");
                return Vec::new();
            }
        }
        match self.state().files.remove(path) {
            Some(file) => file.items.iter().map(|item| item.origin).collect(),
            None => Vec::new(),
        }
    }

    fn drop_old_answers(&self) {
        for entry in fs::read_dir(&self.outgoing).into_iter().flatten().flatten() {
            let old = entry
                .metadata()
                .and_then(|metadata| metadata.modified())
                .is_ok_and(|written| written.elapsed().is_ok_and(|age| age > ANSWER_LIFE));
            if old {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl Intake for Spool {
    fn answer(&self, item: u64, text: &str) {
        let name = {
            let state = self.state();
            let Some((path, position)) = state.items.get(&item) else {
                return;
            };
            let stem = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let several = state
                .files
                .get(path)
                .is_some_and(|file| file.items.len() > 1);
            if several {
                format!("{stem}.{}.txt", position + 1)
            } else {
                format!("{stem}.txt")
            }
        };
        // Written beside and renamed, as the folder's readers are promised.
        let part = self.outgoing.join(format!(".{name}.part"));
        let written =
            fs::write(&part, text).and_then(|()| fs::rename(&part, self.outgoing.join(name)));
        if let Err(error) = written {
            tracing::error!(error = %error, "failed to write an answer into the spool");
        }
    }

    /// An answer that is written again replaces itself.
    fn repeats_answers(&self) -> bool {
        true
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        self.done(item, None)
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        self.done(item, Some(reason))
    }
}

enum ReadError {
    Gone,
    Refused(String),
}

/// The items of a file and their line numbers, from 1.
fn read(path: &Path, size: u64) -> Result<Vec<(usize, Payload)>, ReadError> {
    let is_mms = path.extension().is_some_and(|extension| extension == "mms");
    let limit = if is_mms { MAX_MMS_FILE } else { MAX_PDU_FILE };
    if size > limit {
        return Err(ReadError::Refused(format!(
            "{size} bytes; at most {limit} are read"
        )));
    }
    let bytes = match fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(ReadError::Gone),
        Err(error) => return Err(ReadError::Refused(error.to_string())),
    };
    if is_mms {
        return Ok(vec![(1, Payload::Mms(bytes))]);
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| ReadError::Refused("not hex".into()))?;
    let lines: Vec<_> = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| (number, Payload::Pdu(Zeroizing::new(line.to_owned()))))
        .collect();
    if lines.is_empty() {
        return Err(ReadError::Refused("empty".into()));
    }
    Ok(lines)
}

/// `NAME.refused`, or `NAME.2.refused` and so on: no refused file replaces another.
fn unused_name(path: &Path) -> PathBuf {
    let first = path.with_extension("refused");
    std::iter::once(first)
        .chain((2..).map(|number| path.with_extension(format!("{number}.refused"))))
        .find(|candidate| !candidate.exists())
        .expect("the numbers do not end")
}
