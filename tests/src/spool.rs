//! A sender's side of a spool folder.

use std::fs;
use std::path::{Path, PathBuf};

use crate::{mms, sms};

/// A spool folder with `in` and `out`.
pub struct Spool(pub PathBuf);

impl Spool {
    /// Puts a text in, as one file of one line a PDU.
    pub fn text(&self, name: &str, number: &str, text: &str) {
        self.put(
            &format!("{name}.pdu"),
            (sms::deliver(number, text).join("\n") + "\n").as_bytes(),
        );
    }

    /// Puts an MMS in.
    pub fn photo(&self, name: &str, number: &str, text: &str, photo: &[u8]) {
        self.put(
            &format!("{name}.mms"),
            &mms::retrieved(number, text, &[photo]),
        );
    }

    /// Writes beside and renames in, as the contract asks.
    pub fn put(&self, name: &str, bytes: &[u8]) {
        // Whoever writes first makes the folder.
        fs::create_dir_all(self.0.join("in")).expect("the spool folder can be made");
        let part = self.0.join(format!("{name}.part"));
        fs::write(&part, bytes).expect("the spool folder can be written");
        fs::rename(&part, self.0.join("in").join(name))
            .expect("a file can be renamed into the spool");
    }

    /// What lies in `in`, by name.
    pub fn waiting(&self) -> Vec<String> {
        names(&self.0.join("in"))
    }

    /// Whether a file still lies in `in`.
    pub fn holds(&self, name: &str) -> bool {
        self.0.join("in").join(name).exists()
    }

    /// The answer to the file `NAME.pdu` or `NAME.mms`, once it is there.
    pub fn answer(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.0.join("out").join(format!("{name}.txt"))).ok()
    }

    /// What lies in `out`, by name.
    pub fn answers(&self) -> Vec<String> {
        names(&self.0.join("out"))
    }
}

/// The names in a folder, in order; none if it is not there.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
