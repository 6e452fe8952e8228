//! The SIM's PIN. A SIM locks itself after three wrong ones, so a wrong one is tried once, also across restarts: before a try
//! `modem.pin-tried` in the data folder says which PIN it is, as a keyed hash, and it goes when the SIM was opened.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use zeroize::Zeroizing;

/// A PIN of four to eight digits. It does not print.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Pin(Zeroizing<String>);

impl TryFrom<String> for Pin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let text = Zeroizing::new(text);
        let is_pin = (4..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_pin {
            Ok(Self(text))
        } else {
            Err("a PIN is four to eight digits, in quotes")
        }
    }
}

impl Pin {
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(..)")
    }
}

/// Which PIN was tried last and did not open the SIM.
#[derive(Debug)]
pub struct Tried {
    file: PathBuf,
    key: [u8; 32],
}

impl Tried {
    /// `data` is the node's folder, `key` its own.
    pub fn new(data: &Path, key: [u8; 32]) -> Self {
        Self {
            file: data.join("modem.pin-tried"),
            key,
        }
    }

    fn name(&self, pin: &Pin) -> String {
        let hash = blake3::keyed_hash(&self.key, pin.digits().as_bytes());
        hash.to_hex()[..16].to_owned()
    }

    /// Whether this one was.
    pub fn was(&self, pin: &Pin) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|name| name.trim() == self.name(pin))
    }

    /// Notes a PIN, durably, before it is tried.
    pub fn note(&self, pin: &Pin) -> io::Result<()> {
        let mut file = File::create(&self.file)?;
        file.write_all(self.name(pin).as_bytes())?;
        file.sync_all()?;
        match self.file.parent() {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    /// The SIM is open.
    pub fn forget(&self) {
        let _ = fs::remove_file(&self.file);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_noted_before_it_is_tried_and_nothing_prints() {
        let folder = tempfile::tempdir().expect("a folder");
        let pin = |text: &str| Pin::try_from(text.to_owned());
        for wrong in ["", "123", "123456789", "12a4"] {
            assert!(pin(wrong).is_err());
        }
        let (right, other) = (pin("0420").expect("a PIN"), pin("1234").expect("a PIN"));
        assert_eq!(format!("{right:?}"), "Pin(..)");
        let tried = Tried::new(folder.path(), [7; 32]);
        assert!(!tried.was(&right));
        tried.note(&right).expect("written");
        let tried = Tried::new(folder.path(), [7; 32]);
        assert!(tried.was(&right) && !tried.was(&other));
        assert!(
            !fs::read_to_string(folder.path().join("modem.pin-tried"))
                .expect("readable")
                .contains("0420")
        );
        tried.forget();
        assert!(!tried.was(&right));
    }
}
