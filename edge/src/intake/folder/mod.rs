//! A folder that is an inbox: what the spool, smstools3 and gammu-smsd have in common.
//!
//! - A message is one file, or several whose names say that they belong together. It goes when each of its items is done;
//!   one that holds an item that cannot be read is set aside as `NAME.refused`, its reason on stderr.
//! - A file is read when it was renamed into the folder, or when it did not change for two seconds: nothing that is written
//!   in place is read half.
//! - An item's origin is 32 bits of a keyed hash of the first file's name, its modification time and the item's number.
//!   Of several files the first goes last, so that a message that was removed in part still has its origin. Items whose
//!   origin the outbox holds from an earlier run are removed, not read again.
//! - Answers are written under a hidden name and renamed. One that nobody takes goes after [`ANSWER_LIFE`].

mod done;
mod listing;
mod shared;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use notify::Watcher;
use notify::event::{EventKind, ModifyKind, RenameMode};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::{Inbound, Inbox, Intake, Origin, Payload, Ticket};
use crate::outbox::{Outbox, OutboxError};
pub use listing::ReadFile;
use listing::{Lying, NotRead, Seen};
pub(super) use shared::{must_be_there, put, sent_at, zone};

/// How long an answer waits to be taken.
pub const ANSWER_LIFE: Duration = Duration::from_secs(10 * 60);

/// The folder is looked through this often even if the system told of no change.
const RESCAN: Duration = Duration::from_secs(5);

/// The same while a file may still be written.
const RESCAN_UNSETTLED: Duration = Duration::from_millis(500);

/// Messages that are read and not yet done. More wait in the folder, which is theirs anyway. Twice as many as the parts that
/// wait for others: those never keep whole messages out.
const MAX_OPEN: usize = 8192;

/// Their bytes; one message may have more.
const MAX_OPEN_BYTES: u64 = 32 * 1024 * 1024;

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It cannot be made or listed.
    #[error("failed to use the folder `{path}`")]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What was to be removed cannot be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
    /// The configuration names a time zone that there is not.
    #[error("no time zone `{0}`")]
    TimeZone(String),
}

/// What a folder's program writes and takes.
pub trait Format: Send + Sync + 'static {
    /// Which inbox the folder is.
    const INBOX: Inbox;

    /// Whether a file that is renamed into the folder is its whole message.
    const RENAMED_IS_WHOLE: bool;

    /// Whether the names of files may be printed: they hold no number.
    const NAMES_MAY_BE_PRINTED: bool;

    /// The message that a file of this name belongs to; `None` if it belongs to none.
    fn message<'a>(&self, name: &'a str) -> Option<&'a str>;

    /// How many bytes of a file of this name are read at most.
    fn max_bytes(&self, name: &str) -> u64;

    /// The items of a message, none if there is nothing to do but to remove it.
    fn read(&self, files: Vec<ReadFile>, arrived: Timestamp) -> Result<Vec<ReadItem>, String>;

    /// The name that `.refused` is appended to.
    fn set_aside<'a>(&self, name: &'a str) -> &'a str {
        name
    }

    /// Writes an answer.
    fn answer(&self, outgoing: &Path, answer: &Answer<'_>) -> io::Result<()>;

    /// Whether a file in the folder of answers is one of ours.
    fn is_own_answer(&self, name: &str) -> bool;
}

/// An item of a message.
pub struct ReadItem {
    /// Its place in the file, from 1.
    pub line: usize,
    pub payload: Payload,
}

/// An answer and what it answers.
pub struct Answer<'a> {
    /// The message that its item belongs to.
    pub message: &'a str,
    /// Which item of a message of several, from 1.
    pub part: Option<usize>,
    /// Who sent it, where the folder's program says so.
    pub sender: &'a str,
    pub text: &'a str,
}

/// A folder as an inbox, and the folder of its answers.
pub struct Folder<F> {
    incoming: PathBuf,
    outgoing: PathBuf,
    key: [u8; 32],
    format: F,
    state: Mutex<State>,
    renamed: Mutex<HashSet<OsString>>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    messages: HashMap<String, Message>,
    items: HashMap<u64, (String, usize)>,
    next_item: u64,
    seen: Seen,
    /// The bytes of all messages that are read and not yet done.
    open_bytes: u64,
}

/// A message that was read and is not yet done.
struct Message {
    /// Its files, in the order of their names.
    files: Vec<PathBuf>,
    items: Vec<Item>,
    reasons: Vec<String>,
    bytes: u64,
}

struct Item {
    line: usize,
    origin: Origin,
    done: bool,
    sender: Zeroizing<String>,
}

/// What a look through the folder found.
#[derive(Default)]
struct Found {
    inbounds: Vec<Inbound>,
    confirmed: Vec<Origin>,
    /// Whether everything that lies in the folder is read.
    complete: bool,
}

impl<F> fmt::Debug for Folder<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Folder(..)")
    }
}

impl<F: Format> Folder<F> {
    /// `key` is the node's own, so that origins tell nothing to others.
    pub(super) fn new(incoming: PathBuf, outgoing: PathBuf, key: [u8; 32], format: F) -> Arc<Self> {
        Arc::new(Self {
            incoming,
            outgoing,
            key,
            format,
            state: Mutex::default(),
            renamed: Mutex::default(),
            changed: Notify::new(),
        })
    }

    /// Reads the folder until the shutdown: first finishes what the outbox says is still to be removed.
    pub async fn run(
        self: Arc<Self>,
        outbox: Outbox,
        inbox: mpsc::Sender<Inbound>,
        shutdown: CancellationToken,
    ) -> Result<(), FolderError> {
        let _watcher = self.watch();
        let mut removals: HashSet<Origin> = outbox.removals(F::INBOX)?.into_iter().collect();
        let (mut first, mut was_read) = (true, false);
        while !shutdown.is_cancelled() {
            let folder = self.clone();
            let known = removals.clone();
            let scan = tokio::task::spawn_blocking(move || folder.scan(&known));
            let found = match scan.await.unwrap_or_else(|_| Ok(Found::default())) {
                Ok(found) => {
                    was_read = true;
                    found
                }
                // Not there from the start is a wrong path; later it may be back in a moment.
                Err(error) if !was_read => return Err(error),
                Err(error) => {
                    tracing::error!(error = %spotlight_common::log::chain(&error), "a folder cannot be read; trying again");
                    Found::default()
                }
            };
            if first && found.complete {
                // What the outbox wanted removed and the folder no longer holds is removed.
                let held = self.held();
                let gone = removals.extract_if(|origin| !held.contains(origin));
                outbox.removed(gone.collect()).await;
                first = false;
            }
            for origin in &found.confirmed {
                removals.remove(origin);
            }
            outbox.removed(found.confirmed).await;
            for inbound in found.inbounds {
                tokio::select! {
                    sent = inbox.send(inbound) => if sent.is_err() { return Ok(()) },
                    () = shutdown.cancelled() => return Ok(()),
                }
            }
            let rescan = if found.complete {
                RESCAN
            } else {
                RESCAN_UNSETTLED
            };
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(rescan) => {}
                () = shutdown.cancelled() => {}
            }
        }
        Ok(())
    }

    /// Lets the system tell of changes. Without it the rescan still finds every file, later.
    fn watch(self: &Arc<Self>) -> Option<notify::RecommendedWatcher> {
        let folder = self.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else {
                return folder.changed.notify_one();
            };
            // Listing the folder is an event too; heeding it would list for ever.
            if event.kind.is_access() {
                return;
            }
            if let EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) =
                event.kind
                && let Some(name) = event.paths.last().and_then(|path| path.file_name())
            {
                folder.renamed().insert(name.to_owned());
            }
            folder.changed.notify_one();
        });
        let watched = watcher.and_then(|mut watcher| {
            watcher.watch(&self.incoming, notify::RecursiveMode::NonRecursive)?;
            Ok(watcher)
        });
        match watched {
            Ok(watcher) => Some(watcher),
            Err(error) => {
                tracing::warn!(error = %error, folder = %self.incoming.display(), "no notifications for a folder; looking every 5 s");
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn renamed(&self) -> MutexGuard<'_, HashSet<OsString>> {
        self.renamed
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// The origins of all items that were read and whose message is still there.
    fn held(&self) -> HashSet<Origin> {
        let state = self.state();
        let items = state.messages.values().flat_map(|message| &message.items);
        items.map(|item| item.origin).collect()
    }

    /// Reads the messages that are new, oldest first; removes old answers. Items in `removals` are not read but done.
    fn scan(self: &Arc<Self>, removals: &HashSet<Origin>) -> Result<Found, FolderError> {
        self.drop_old_answers();
        let mut new: Vec<_> = self.list()?.into_iter().collect();
        new.sort_by_key(|(_, files)| files.first().map(|file| file.modified));
        let room = MAX_OPEN.saturating_sub(self.state().messages.len());
        let mut found = Found {
            complete: true,
            ..Found::default()
        };
        for (number, (message, files)) in new.into_iter().enumerate() {
            let bytes: u64 = files.iter().map(|file| file.size).sum();
            let open_bytes = self.state().open_bytes;
            let too_much = open_bytes > 0 && open_bytes + bytes > MAX_OPEN_BYTES;
            if number >= room || too_much || files.iter().any(|file| !file.settled) {
                found.complete = false;
                continue;
            }
            let arrived = files
                .iter()
                .filter_map(|file| Timestamp::try_from(file.modified).ok());
            let arrived = arrived.max().unwrap_or(Timestamp::UNIX_EPOCH);
            let items = match listing::read(&files, |name| self.format.max_bytes(name)) {
                Ok(read) => self.format.read(read, arrived),
                Err(NotRead::Changing) => {
                    found.complete = false;
                    continue;
                }
                Err(NotRead::Refused(reason)) => Err(reason),
            };
            let inbounds = self.take_in(&message, &files, items, arrived, removals);
            if inbounds.is_empty() {
                found.confirmed.extend(self.finish(&message));
            }
            found.inbounds.extend(inbounds);
        }
        Ok(found)
    }

    /// The files of the messages that are not yet read.
    fn list(&self) -> Result<BTreeMap<String, Vec<Lying>>, FolderError> {
        // Taken before the listing: what is renamed later wakes the next scan.
        let mut renamed = std::mem::take(&mut *self.renamed());
        if !F::RENAMED_IS_WHOLE {
            renamed.clear();
        }
        let mut state = self.state();
        let State { messages, seen, .. } = &mut *state;
        let unread = |name: &str| {
            let message = self.format.message(name)?;
            (!messages.contains_key(message)).then(|| message.to_owned())
        };
        listing::list(&self.incoming, seen, &renamed, unread).map_err(|source| {
            FolderError::Folder {
                path: self.incoming.clone(),
                source,
            }
        })
    }

    /// Notes a message; returns those of its items that are to be handled.
    fn take_in(
        self: &Arc<Self>,
        message: &str,
        files: &[Lying],
        read: Result<Vec<ReadItem>, String>,
        arrived: Timestamp,
        removals: &HashSet<Origin>,
    ) -> Vec<Inbound> {
        let mut state = self.state();
        let mut items = Vec::new();
        let mut inbounds = Vec::new();
        let (read, reasons) = match read {
            Ok(read) => (read, Vec::new()),
            Err(reason) => (Vec::new(), vec![reason]),
        };
        for ReadItem { line, payload } in read {
            let origin = self.origin(&files[0], line);
            let done = removals.contains(&origin);
            let sender = match &payload {
                Payload::Plain(plain) => plain.sender.clone(),
                Payload::Pdu(_) | Payload::Mms(_) => Zeroizing::default(),
            };
            if !done {
                state.next_item += 1;
                let item = state.next_item;
                state.items.insert(item, (message.to_owned(), items.len()));
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
            items.push(Item {
                line,
                origin,
                done,
                sender,
            });
        }
        let noted = Message {
            files: files.iter().map(|file| file.path.clone()).collect(),
            items,
            reasons,
            bytes: files.iter().map(|file| file.size).sum(),
        };
        state.open_bytes += noted.bytes;
        state.messages.insert(message.to_owned(), noted);
        inbounds
    }

    fn origin(&self, first: &Lying, line: usize) -> Origin {
        let modified = Timestamp::try_from(first.modified).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut name = modified.as_nanosecond().to_le_bytes().to_vec();
        name.extend(line.to_le_bytes());
        name.extend(first.name.as_bytes());
        Origin::new(F::INBOX, &self.key, &name)
    }

    fn drop_old_answers(&self) {
        for entry in fs::read_dir(&self.outgoing).into_iter().flatten().flatten() {
            let own = entry
                .file_name()
                .to_str()
                .is_some_and(|name| self.format.is_own_answer(name));
            let old = entry
                .metadata()
                .and_then(|metadata| metadata.modified())
                .is_ok_and(|written| written.elapsed().is_ok_and(|age| age > ANSWER_LIFE));
            if own && old {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

impl<F: Format> Intake for Folder<F> {
    fn answer(&self, item: u64, text: &str) {
        let (message, part, sender) = {
            let state = self.state();
            let Some((name, position)) = state.items.get(&item) else {
                return;
            };
            let Some(message) = state.messages.get(name) else {
                return;
            };
            let part = (message.items.len() > 1).then_some(position + 1);
            (name.clone(), part, message.items[*position].sender.clone())
        };
        let answer = Answer {
            message: &message,
            part,
            sender: &sender,
            text,
        };
        if let Err(error) = self.format.answer(&self.outgoing, &answer) {
            tracing::error!(error = %error, folder = %self.outgoing.display(), "failed to write an answer");
        }
    }

    fn remove(&self, item: u64) -> Vec<Origin> {
        self.done(item, None)
    }

    fn refuse(&self, item: u64, reason: &str) -> Vec<Origin> {
        self.done(item, Some(reason))
    }
}

#[cfg(test)]
mod tests;
