//! The folders of gammu-smsd's FILES backend.
//!
//! A received message is one file a part, `INyyyymmdd_hhmmss_NN_NUMBER_PP.txt`, written in place, all parts within moments:
//! gammu waits for the last (`MultipartTimeout`) before it writes the first. So a message is whole when none of its files
//! changed for two seconds. The number is in the name and nowhere else: no name is printed. The text is as `InboxFormat`
//! says: `unicode` (UTF-16 with a byte order mark), `standard` (the locale's charset: UTF-8, else Latin-1 is taken) or
//! `detail` (a gammu backup of all parts in one file). `.bin` and `.bmp` are set aside. The format is in
//! gammu-smsd-files(7); tests run Debian's own gammu-smsd.
//!
//! An answer is `OUTCyyyymmdd_hhmmss_00_NUMBER_spotlightID.txt`, in UTF-16, so that no locale matters, without flags: no
//! flash, no delivery report.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::folder::{self, Answer, Folder, FolderError, Format, ReadFile, ReadItem};
use super::{Inbox, Payload, Plain};

/// One part, at most 160 characters, or a backup of them all.
const MAX_FILE: u64 = 256 * 1024;

/// gammu-smsd takes file names of up to 99 bytes; E.164 has 15 digits.
const MAX_SENDER: usize = 40;

/// How the note in our answers' names begins.
const OURS: &str = "_spotlight";

/// gammu-smsd and we are two users with the folder's group in common; nobody else reads the number.
const MODE: u32 = 0o660;

/// The section `[gammu]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `inboxpath` of gammu-smsdrc, and for nobody else.
    pub inbox: PathBuf,
    /// `outboxpath` of gammu-smsdrc.
    pub outbox: PathBuf,
    /// The zone of the network's time stamps, which gammu writes without it; the node's if absent.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// What lies in gammu's folders.
pub struct Gammu {
    zone: TimeZone,
}

/// Opens the folders, which gammu-smsd's operator has made. `key` is the node's own.
pub fn open(
    section: &Section,
    time_zone: &str,
    key: [u8; 32],
) -> Result<Arc<Folder<Gammu>>, FolderError> {
    let zone = folder::zone(section.time_zone.as_deref().unwrap_or(time_zone))?;
    let (inbox, outbox) = (section.inbox.clone(), section.outbox.clone());
    folder::must_be_there([&inbox, &outbox])?;
    Ok(Folder::new(inbox, outbox, key, Gammu { zone }))
}

impl Format for Gammu {
    const INBOX: Inbox = Inbox::Gammu;
    const RENAMED_IS_WHOLE: bool = false;
    const NAMES_MAY_BE_PRINTED: bool = false;

    fn message<'a>(&self, name: &'a str) -> Option<&'a str> {
        let parsed = Name::of(name)?;
        Some(&name[..parsed.message_length])
    }

    fn max_bytes(&self, _name: &str) -> u64 {
        MAX_FILE
    }

    fn read(&self, files: Vec<ReadFile>, arrived: Timestamp) -> Result<Vec<ReadItem>, String> {
        let first = files.first().and_then(|file| Name::of(&file.name));
        let first = first.ok_or("a name that is not gammu's")?;
        let mut text = Zeroizing::new(String::new());
        for ReadFile { name, bytes } in &files {
            match Name::of(name).map(|name| name.extension) {
                Some("txt") if bytes.is_empty() => return Err("empty".into()),
                Some("txt" | "smsbackup") => text.push_str(&read(bytes)?),
                _ => return Err("binary, not a text".into()),
            }
        }
        let sent_at = folder::sent_at("%Y%m%d_%H%M%S", first.sent, &self.zone, arrived);
        let payload = Payload::Plain(Plain {
            sender: Zeroizing::new(first.sender.to_owned()),
            text,
            sent_at,
            ..Plain::default()
        });
        Ok(vec![ReadItem { line: 1, payload }])
    }

    fn answer(&self, outgoing: &Path, answer: &Answer<'_>) -> io::Result<()> {
        if answer.sender.len() > MAX_SENDER {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let now = Timestamp::now().to_zoned_datetime(self.zone.clone());
        // Ours alone, whoever else answers this sender in this second.
        let id = uuid::Uuid::new_v4().simple().to_string();
        let name = Zeroizing::new(format!(
            "OUTC{}_00_{}{OURS}{}.txt",
            now.strftime("%Y%m%d_%H%M%S"),
            answer.sender,
            &id[..12]
        ));
        let text = Zeroizing::new(format!("\u{feff}{}", answer.text));
        let bytes: Zeroizing<Vec<u8>> =
            Zeroizing::new(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
        folder::put(outgoing, &name, &bytes, Some(MODE))
    }

    fn is_own_answer(&self, name: &str) -> bool {
        name.trim_start_matches('.').starts_with("OUT") && name.contains(OURS)
    }
}

/// The fields of a received file's name.
#[derive(Debug, PartialEq)]
struct Name<'a> {
    /// Date and time.
    sent: &'a str,
    sender: &'a str,
    extension: &'a str,
    /// The name up to its part's number.
    message_length: usize,
}

impl<'a> Name<'a> {
    /// `None` if it is not one.
    fn of(name: &'a str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        if !["txt", "bin", "bmp", "smsbackup"].contains(&extension) {
            return None;
        }
        let (message, part) = stem.rsplit_once('_')?;
        let fields = message.strip_prefix("IN")?;
        let mut parts = fields.splitn(4, '_');
        let (date, time, serial) = (parts.next()?, parts.next()?, parts.next()?);
        let sender = parts.next()?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let numbers = [date, time, serial, part];
        numbers.into_iter().all(digits).then_some(Self {
            sent: fields.get(..date.len() + 1 + time.len())?,
            sender,
            extension,
            message_length: message.len(),
        })
    }
}

/// A file's text. gammu counts bytes of the locale's charset where it means characters of UTF-16, so that zeros may follow
/// the text; a text holds none.
fn read(bytes: &[u8]) -> Result<Zeroizing<String>, String> {
    let text = match bytes {
        [0xFE, 0xFF, rest @ ..] => UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        [0xFF, 0xFE, rest @ ..] => UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
                .into_owned(),
        },
    };
    let text = Zeroizing::new(text);
    if text.lines().any(|line| line.trim() == "[SMSBackup000]") {
        return backup(&text);
    }
    let end = text.find('\0').unwrap_or(text.len());
    Ok(Zeroizing::new(text[..end].to_owned()))
}

/// The texts of a backup, a section a part: `TextNN` are UTF-16 in hex.
fn backup(ini: &str) -> Result<Zeroizing<String>, String> {
    let mut text = Zeroizing::new(String::new());
    for line in ini.lines() {
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        if key == "Coding" && value == "8bit" {
            return Err("binary, not a text".into());
        }
        let numbered = key
            .strip_prefix("Text")
            .filter(|number| number.len() == 2 && number.bytes().all(|b| b.is_ascii_digit()));
        if numbered.is_some() {
            let units = value.as_bytes().chunks(4).map(|digits| {
                let digits = std::str::from_utf8(digits).ok()?;
                u16::from_str_radix(digits, 16).ok()
            });
            let units: Option<Vec<u16>> = units.collect();
            let units = units.ok_or("a backup whose text is not hex")?;
            text.push_str(&String::from_utf16_lossy(&units));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> Option<(&str, &str)> {
        Name::of(name).map(|parsed| (parsed.sender, &name[..parsed.message_length]))
    }

    #[test]
    fn the_number_is_in_the_name() {
        assert_eq!(
            name("IN20261124_133000_00_+12135550100_01.txt"),
            Some(("+12135550100", "IN20261124_133000_00_+12135550100"))
        );
        // A sender that is a name may hold anything.
        assert_eq!(
            name("IN20261124_133000_12_My_Bank_00.bin").map(|(sender, _)| sender),
            Some("My_Bank")
        );
        // A message without a time stamp is one too.
        assert!(name("IN000000_000000_00_+12135550100_00.txt").is_some());
        for other in [
            "",
            "OUTC20261124_133000_00_+12135550100_sms0.txt",
            "IN20261124_133000_00_+12135550100_00.txt.refused",
            "IN20261124_133000_00_+12135550100.txt",
            "IN2026.txt",
            "INñ0261124_133000_00_1_00.txt",
            "IN_133000_00_1_00.txt",
            "notes.txt",
        ] {
            assert_eq!(name(other), None, "{other}");
        }
    }

    #[test]
    fn every_format_says_the_same() {
        let said = "Policía en Beverly & Vermont 😀";
        let utf16 = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let text = format!("\u{feff}{said}");
            text.encode_utf16().flat_map(order).collect()
        };
        let hex: String = said
            .encode_utf16()
            .map(|unit| format!("{unit:04X}"))
            .collect();
        let detail = format!(
            "; made by Gammu\n\n[SMSBackup000]\n; {said}\nNumber = \"+12135550100\"\nNumberUnicode = 002B0031\n\
             Text00 = {}\nText01 = {}\nCoding = Unicode_No_Compression\n",
            &hex[..40],
            &hex[40..]
        );
        let mut overrun = utf16(u16::to_be_bytes);
        overrun.extend([0; 12]);
        for bytes in [
            utf16(u16::to_be_bytes),
            utf16(u16::to_le_bytes),
            overrun,
            said.as_bytes().to_vec(),
            detail.into_bytes(),
        ] {
            assert_eq!(*read(&bytes).expect("readable"), said);
        }
        assert_eq!(*read(b"Polic\xeda").expect("readable"), "Policía");
        assert!(read(b"[SMSBackup000]\nText00 = 00G1\n").is_err());
        assert!(read(b"[SMSBackup000]\nText00 = 0006\nCoding = 8bit\n").is_err());
    }

    #[test]
    fn parts_are_joined_in_their_order() {
        let file = |part: &str, text: &str| ReadFile {
            name: format!("IN20261124_133000_00_+12135550100_{part}"),
            bytes: Zeroizing::new(text.into()),
        };
        let gammu = Gammu {
            zone: TimeZone::UTC,
        };
        let arrived = "2026-11-24T13:30:09Z".parse().expect("a time");
        let items = gammu
            .read(
                vec![file("00.txt", "police at "), file("01.txt", "5th")],
                arrived,
            )
            .expect("readable");
        let Payload::Plain(plain) = &items[0].payload else {
            panic!("plain")
        };
        assert_eq!((items.len(), plain.text.as_str()), (1, "police at 5th"));
        assert_eq!(plain.sender.as_str(), "+12135550100");
        assert!(plain.sent_at.is_some());
        assert!(gammu.read(vec![file("00.bin", "x")], arrived).is_err());
        assert!(gammu.read(vec![file("00.txt", "")], arrived).is_err());
    }
}
