//! The folders of smstools3: what its `smsd` received lies in `incoming`, what it is to send goes into `outgoing`.
//!
//! A received message is one file, written in place: header lines (`From: 12135550100`, `Sent:`, `Alphabet:` and more), an
//! empty line, the text in that alphabet. `smsd` joins the parts of a long message itself (`internal_combine`, its default).
//! Status reports and missed calls are removed without an answer. What `smsd` could not decode, and binary messages, are
//! set aside. The format is in its `fileformat.html`; tests run Debian's own `smsd`.
//!
//! An answer is `To:`, `Alphabet: UTF-8`, `Flash: no`, `Report: no` and the text. `smsd` takes and deletes it; what it
//! leaves in its own `sent` folder and log is its operator's.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{ISO_8859_15, UTF_16BE};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::folder::{self, Answer, Folder, FolderError, Format, ReadFile, ReadItem};
use super::{Inbox, Payload, Plain};
use crate::decode;

/// A text of 255 parts in UCS-2 is 34 kB.
const MAX_FILE: u64 = 64 * 1024;

/// What our files in `outgoing` begin with.
const OURS: &str = "spotlight-";

/// `smsd` and we are two users with the folder's group in common; nobody else reads the number.
const MODE: u32 = 0o660;

/// The section `[smstools]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// `incoming` of smsd.conf, and for nobody else.
    pub incoming: PathBuf,
    /// `outgoing` of smsd.conf.
    pub outgoing: PathBuf,
    /// The zone of the network's time stamps, which `smsd` writes without it; the node's if absent.
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// What lies in the folders of smstools3.
pub struct Smstools {
    zone: TimeZone,
}

/// Opens the folders, which `smsd` has made. `key` is the node's own.
pub fn open(
    section: &Section,
    time_zone: &str,
    key: [u8; 32],
) -> Result<Arc<Folder<Smstools>>, FolderError> {
    let zone = folder::zone(section.time_zone.as_deref().unwrap_or(time_zone))?;
    let (incoming, outgoing) = (section.incoming.clone(), section.outgoing.clone());
    folder::must_be_there([&incoming, &outgoing])?;
    Ok(Folder::new(incoming, outgoing, key, Smstools { zone }))
}

impl Format for Smstools {
    const INBOX: Inbox = Inbox::Smstools;
    const RENAMED_IS_WHOLE: bool = true;
    // `filename_preview` puts the text's beginning into the name.
    const NAMES_MAY_BE_PRINTED: bool = false;

    fn message<'a>(&self, name: &'a str) -> Option<&'a str> {
        // `MODEM-concatenated` holds parts that wait for the others.
        let other = [".refused", "-concatenated", ".LOCK"];
        (!other.iter().any(|end| name.ends_with(end))).then_some(name)
    }

    fn max_bytes(&self, _name: &str) -> u64 {
        MAX_FILE
    }

    fn read(&self, files: Vec<ReadFile>, arrived: Timestamp) -> Result<Vec<ReadItem>, String> {
        let mut items = Vec::new();
        for file in files {
            if let Some(plain) = read(&file.bytes, &self.zone, arrived)? {
                let payload = Payload::Plain(plain);
                items.push(ReadItem { line: 1, payload });
            }
        }
        Ok(items)
    }

    fn answer(&self, outgoing: &Path, answer: &Answer<'_>) -> io::Result<()> {
        let name = format!("{OURS}{}", uuid::Uuid::new_v4().simple());
        let file = Zeroizing::new(format!(
            "To: {}\nAlphabet: UTF-8\nFlash: no\nReport: no\n\n{}",
            answer.sender.trim_start_matches('+'),
            answer.text
        ));
        folder::put(outgoing, &name, file.as_bytes(), Some(MODE))
    }

    fn is_own_answer(&self, name: &str) -> bool {
        name.trim_start_matches('.').starts_with(OURS)
    }
}

/// The message of a file; `None` for a notice.
fn read(bytes: &[u8], zone: &TimeZone, arrived: Timestamp) -> Result<Option<Plain>, String> {
    let (head, body) = split(bytes).ok_or("no empty line between header and text")?;
    let head = Zeroizing::new(ISO_8859_15.decode_without_bom_handling(head).0.into_owned());
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            (name == wanted).then(|| value.trim())
        })
    };
    if header("Error").is_some() {
        return Err("smsd could not decode it".into());
    }
    if header("Call_type").is_some() {
        return Ok(None);
    }
    let sender = header("From")
        .filter(|sender| !sender.is_empty())
        .ok_or("no `From:`; smsd.conf must not translate headers")?;
    let text = text(header("Alphabet").unwrap_or("ISO"), body)?;
    if is_status_report(&text) {
        return Ok(None);
    }
    let sent_at =
        header("Sent").and_then(|sent| folder::sent_at("%y-%m-%d %H:%M:%S", sent, zone, arrived));
    Ok(Some(Plain {
        sender: e164(sender, header("From_TOA")),
        text,
        sent_at,
        ..Plain::default()
    }))
}

/// Header and body: smsd ends lines with a line feed alone, people who test by hand may not.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = |end: &[u8]| {
        let found = bytes.windows(end.len()).position(|window| window == end);
        found.map(|at| (&bytes[..at], &bytes[at + end.len()..]))
    };
    let (unix, dos) = (at(b"\n\n"), at(b"\r\n\r\n"));
    match (unix, dos) {
        (Some(unix), Some(dos)) if dos.0.len() < unix.0.len() => Some(dos),
        (Some(unix), _) => Some(unix),
        (None, dos) => dos,
    }
}

/// smsd looks at the first three letters of an alphabet's name, and so do we.
fn text(alphabet: &str, body: &[u8]) -> Result<Zeroizing<String>, String> {
    let name = alphabet.get(..3).unwrap_or(alphabet).to_ascii_lowercase();
    let text = match name.as_str() {
        "iso" | "lat" | "ans" => ISO_8859_15.decode_without_bom_handling(body).0.into_owned(),
        "utf" => String::from_utf8_lossy(body).into_owned(),
        "ucs" | "chi" | "uni" => UTF_16BE.decode_with_bom_removal(body).0.into_owned(),
        "gsm" => decode::gsm7_text(body),
        "bin" => return Err("binary, not a text".into()),
        _ => return Err("an alphabet that is not ISO, UTF-8, UCS2, GSM or binary".into()),
    };
    Ok(Zeroizing::new(text))
}

fn is_status_report(text: &str) -> bool {
    text.starts_with("SMS STATUS REPORT") && text.contains("\nMessage_id:")
}

/// smsd writes an international number without its `+`; the type of address tells.
fn e164(sender: &str, type_of_address: Option<&str>) -> Zeroizing<String> {
    let digits = sender.chars().all(|c| c.is_ascii_digit());
    let international = type_of_address.is_some_and(|kind| kind.starts_with("91"));
    let plus = if digits && international { "+" } else { "" };
    Zeroizing::new(format!("{plus}{sender}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "From: 12135550100\nFrom_TOA: 91 international, ISDN/telephone\nFrom_SMSC: 12063130055\n\
        Sent: 26-11-24 13:30:00\nReceived: 26-11-24 13:30:09\nSubject: GSM1\n";

    fn arrived() -> Timestamp {
        "2026-11-24T21:30:10Z".parse().expect("a time")
    }

    fn read_with(head: &str, body: &[u8]) -> Result<Option<Plain>, String> {
        let zone = TimeZone::get("America/Los_Angeles").expect("a zone");
        let bytes = [head.as_bytes(), b"\n", body].concat();
        read(&bytes, &zone, arrived())
    }

    fn plain(head: &str, body: &[u8]) -> Plain {
        read_with(head, body).expect("readable").expect("a message")
    }

    #[test]
    fn every_alphabet_says_the_same() {
        let said = "Policía en Beverly & Vermont ñ";
        let latin: Vec<u8> = said.chars().map(|c| c as u8).collect();
        let ucs2: Vec<u8> = said.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (alphabet, body) in [
            ("ISO", latin.clone()),
            ("ISO8859-15", latin.clone()),
            ("Latin", latin),
            ("UTF-8", said.as_bytes().to_vec()),
            ("UCS2", ucs2),
        ] {
            let message = plain(&format!("{HEAD}Alphabet: {alphabet}\nLength: 30\n"), &body);
            assert_eq!(*message.text, said, "{alphabet}");
            assert_eq!(*message.sender, "+12135550100");
        }
        let gsm = plain(&format!("{HEAD}Alphabet: GSM\n"), b"Police \x00 5th");
        assert_eq!(*gsm.text, "Police @ 5th");
    }

    #[test]
    fn the_networks_time_is_taken_where_it_can_be_true() {
        let sent_at = |head: &str| plain(head, b"x").sent_at.map(|at| at.to_string());
        assert_eq!(sent_at(HEAD).as_deref(), Some("2026-11-24T21:30:00Z"));
        assert_eq!(sent_at(&HEAD.replace("13:30:00", "21:30:00")), None);
        assert_eq!(sent_at(&HEAD.replace("26-11-24 13:30:00", "noon")), None);
    }

    #[test]
    fn notices_are_nothing_to_answer() {
        let report = b"SMS STATUS REPORT\nMessage_id: 42\nDischarge_timestamp: 26-11-24 13:30:00\nStatus: 0,Ok\n";
        assert!(matches!(read_with(HEAD, report), Ok(None)));
        let call = format!("{HEAD}Call_type: missed\n");
        assert!(matches!(read_with(&call, b"CALL MISSED"), Ok(None)));
    }

    #[test]
    fn what_cannot_be_read_says_why_and_names_nobody() {
        for (head, body, reason) in [
            (
                "Error: Cannot decode PDU, see text part for details.\nFrom: \n",
                &b"PDU"[..],
                "smsd could not decode it",
            ),
            ("Von: 12135550100\n", b"x", "no `From:`"),
            (&format!("{HEAD}Alphabet: binary\n"), b"\0\x06", "binary"),
            (&format!("{HEAD}Alphabet: KOI8\n"), b"x", "an alphabet"),
        ] {
            let error = read_with(head, body).err().expect("refused");
            assert!(error.contains(reason), "{error}");
            assert!(!error.contains("555"), "{error}");
        }
        let zone = TimeZone::UTC;
        assert!(read(b"From: 12135550100", &zone, arrived()).is_err());
    }
}
