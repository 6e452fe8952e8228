//! What becomes of a message that is done: its files go, or are set aside where something in it could not be read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Folder, Format};
use crate::intake::Origin;

impl<F: Format> Folder<F> {
    /// Marks an item done; when it was its message's last, the message goes, durably, and its removals are confirmed.
    pub(super) fn done(&self, item: u64, reason: Option<&str>) -> Vec<Origin> {
        let message = {
            let mut state = self.state();
            let Some((name, position)) = state.items.remove(&item) else {
                return Vec::new();
            };
            let Some(message) = state.messages.get_mut(&name) else {
                return Vec::new();
            };
            message.items[position].done = true;
            if let Some(reason) = reason {
                let line = message.items[position].line;
                message.reasons.push(format!("line {line}: {reason}"));
            }
            if message.items.iter().any(|item| !item.done) {
                return Vec::new();
            }
            name
        };
        self.finish(&message)
    }

    /// Removes a message's files, or renames them where something in it could not be read. The folder is synced, so that
    /// they do not come back after a power cut. The message stays noted until they are gone, so that no scan reads it again.
    pub(super) fn finish(&self, message: &str) -> Vec<Origin> {
        let (files, reasons) = match self.state().messages.get_mut(message) {
            Some(message) => (message.files.clone(), std::mem::take(&mut message.reasons)),
            None => return Vec::new(),
        };
        let reasons = reasons.join("; ");
        // The first goes last and not before the others are surely gone: it carries the origin.
        let gone = files.iter().rev().try_for_each(|file| {
            let gone = if reasons.is_empty() {
                fs::remove_file(file)
            } else {
                self.refuse_file(file, &reasons)
            };
            match gone {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => fs::File::open(&self.incoming)?.sync_all(),
            }
        });
        if let Err(error) = gone {
            // It stays noted as done: nothing is reported twice, and the next start removes it.
            tracing::error!(error = %error, folder = %self.incoming.display(), "failed to remove a message; free the folder for writing");
            return Vec::new();
        }
        let mut state = self.state();
        let Some(message) = state.messages.remove(message) else {
            return Vec::new();
        };
        state.open_bytes -= message.bytes;
        message.items.iter().map(|item| item.origin).collect()
    }

    fn refuse_file(&self, file: &Path, reasons: &str) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let kept = unused_name(&self.incoming, self.format.set_aside(&name));
        if F::NAMES_MAY_BE_PRINTED {
            eprintln!("{}: {reasons}; kept as {}", file.display(), kept.display());
        } else {
            let folder = self.incoming.display();
            eprintln!(
                "{folder}: a message: {reasons}; kept there with `.refused` at its name's end"
            );
        }
        fs::rename(file, kept)
    }
}

/// `NAME.refused`, or `NAME.2.refused` and so on: no refused file replaces another.
fn unused_name(folder: &Path, name: &str) -> PathBuf {
    let first = folder.join(format!("{name}.refused"));
    std::iter::once(first)
        .chain((2..).map(|number| folder.join(format!("{name}.{number}.refused"))))
        .find(|candidate| !candidate.exists())
        .expect("the numbers do not end")
}
