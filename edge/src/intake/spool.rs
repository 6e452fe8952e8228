//! The spool folder: a maildir-like inbox for any program that can write a file.
//!
//! - `in/NAME.pdu`: one SMS TPDU with its SMSC a line, in hex. `in/NAME.mms`: one M-Retrieve.conf. Writers write elsewhere
//!   and rename into `in`; what is written in place is read when it no longer changes. Names that begin with a dot are not
//!   read.
//! - A file that holds an item that cannot be read is renamed `NAME.refused` after its other items are done.
//! - `out/NAME.txt` (`out/NAME.N.txt` for line N of a file of several): the answer, text only, so that no number is written.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use zeroize::Zeroizing;

use super::folder::{self, Answer, Folder, FolderError, Format, ReadFile, ReadItem};
use super::{Inbox, Payload};

/// A PDU is at most 176 octets: a file of this size holds hundreds.
const MAX_PDU_FILE: u64 = 256 * 1024;

/// Carriers cut MMS at 0.3 to 3 MB.
const MAX_MMS_FILE: u64 = 8 * 1024 * 1024;

/// What lies in a spool.
pub struct Spool;

/// Opens the folder, making `in` and `out`. `key` is the node's own.
pub fn open(folder: &Path, key: [u8; 32]) -> Result<Arc<Folder<Spool>>, FolderError> {
    let (incoming, outgoing) = (folder.join("in"), folder.join("out"));
    for path in [&incoming, &outgoing] {
        fs::create_dir_all(path).map_err(|source| FolderError::Folder {
            path: path.clone(),
            source,
        })?;
    }
    Ok(Folder::new(incoming, outgoing, key, Spool))
}

impl Format for Spool {
    const INBOX: Inbox = Inbox::Spool;
    const RENAMED_IS_WHOLE: bool = true;
    const NAMES_MAY_BE_PRINTED: bool = true;

    fn message<'a>(&self, name: &'a str) -> Option<&'a str> {
        (name.ends_with(".pdu") || is_mms(name)).then_some(name)
    }

    fn max_bytes(&self, name: &str) -> u64 {
        if is_mms(name) {
            MAX_MMS_FILE
        } else {
            MAX_PDU_FILE
        }
    }

    fn read(&self, files: Vec<ReadFile>, _arrived: Timestamp) -> Result<Vec<ReadItem>, String> {
        let mut items = Vec::new();
        for ReadFile { name, bytes } in files {
            if is_mms(&name) {
                let payload = Payload::Mms(bytes);
                items.push(ReadItem { line: 1, payload });
                continue;
            }
            let text = std::str::from_utf8(&bytes).map_err(|_| "not hex")?;
            let lines = text.lines().enumerate();
            items.extend(
                lines
                    .map(|(number, line)| (number + 1, line.trim()))
                    .filter(|(_, line)| !line.is_empty())
                    .map(|(line, hex)| ReadItem {
                        line,
                        payload: Payload::Pdu(Zeroizing::new(hex.to_owned())),
                    }),
            );
        }
        if items.is_empty() {
            return Err("empty".into());
        }
        Ok(items)
    }

    fn set_aside<'a>(&self, name: &'a str) -> &'a str {
        stem(name)
    }

    fn answer(&self, outgoing: &Path, answer: &Answer<'_>) -> io::Result<()> {
        let stem = stem(answer.message);
        let name = match answer.part {
            Some(part) => format!("{stem}.{part}.txt"),
            None => format!("{stem}.txt"),
        };
        folder::put(outgoing, &name, answer.text.as_bytes(), None)
    }

    fn is_own_answer(&self, _name: &str) -> bool {
        true
    }
}

fn is_mms(name: &str) -> bool {
    name.ends_with(".mms")
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
