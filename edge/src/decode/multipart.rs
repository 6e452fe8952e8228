//! The multipart body of WAP-230-WSP clause 8.5: a count of parts, and for each the length of its headers and of its data.

use std::{borrow::Cow, fmt};

use super::{ContentType, DecodeError, charset, cursor::Cursor, transfer, wsp, wsp_names};

/// Parts of one message; phones make at most some dozens.
const MAX_PARTS: usize = 256;
/// Textual headers of one part that are kept.
const MAX_HEADERS: usize = 64;

/// One part, its body as carried. Its `Debug` shows the length of the body alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Part {
    pub content_type: ContentType,
    pub content_id: Option<String>,
    pub content_location: Option<String>,
    /// The headers that came with a textual name, as carried.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// The parts of a body. Octets after the last are ignored: carriers pad.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Part>, DecodeError> {
    let mut cursor = Cursor::new(body);
    let count = wsp::uintvar(&mut cursor, "count of parts")?;
    if count > MAX_PARTS {
        return Err(DecodeError::Malformed("count of parts"));
    }
    (0..count).map(|_| part(&mut cursor)).collect()
}

fn part(cursor: &mut Cursor<'_>) -> Result<Part, DecodeError> {
    let header_length = wsp::uintvar(cursor, "length of a part's headers")?;
    let length = wsp::uintvar(cursor, "length of a part")?;
    let mut header = Cursor::new(cursor.take(header_length, "headers of a part")?);
    // A part that does not say what it is may still be a picture; its first octets tell.
    let unknown = |_| ContentType {
        media: wsp_names::content_type(u64::MAX).to_owned(),
        ..ContentType::default()
    };
    let mut part = Part {
        content_type: wsp::content_type(&mut header).unwrap_or_else(unknown),
        ..Part::default()
    };
    // The headers end where their length says; one that cannot be read ends what we know of them.
    while !header.is_empty() && part.headers.len() < MAX_HEADERS {
        if part.header(&mut header).is_err() {
            break;
        }
    }
    part.body = cursor.take(length, "data of a part")?.to_vec();
    Ok(part)
}

impl Part {
    fn header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        const WHAT: &str = "headers of a part";
        match cursor.peek() {
            Some(0x20..=0x7e) => {
                let name = wsp::text_string(cursor).read();
                let value = wsp::text_string(cursor).read();
                self.headers.push((name, value));
            }
            Some(0x8e) => {
                cursor.octet(WHAT)?;
                self.content_location = Some(wsp::quoted_string(cursor).read());
            }
            Some(0xc0) => {
                cursor.octet(WHAT)?;
                self.content_id = Some(wsp::quoted_string(cursor).read());
            }
            // Another well-known header.
            Some(0x80..) => {
                cursor.octet(WHAT)?;
                wsp::skip(cursor, WHAT)?;
            }
            // A change of code page, by its long form or its short one.
            Some(0x7f) => drop(cursor.take(2, WHAT)?),
            _ => drop(cursor.octet(WHAT)?),
        }
        Ok(())
    }

    fn transfer_encoding(&self) -> Option<&str> {
        let header = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-transfer-encoding"));
        header.map(|(_, value)| value.as_str())
    }

    /// The bytes that the part stands for, its transfer encoding undone.
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        transfer::decode(&self.body, self.transfer_encoding())
    }

    /// The body as carried, in its charset.
    pub(super) fn carried_text(&self) -> String {
        charset::read(&self.body, self.content_type.charset())
    }

    /// The text that the part stands for, if its transfer encoding is one that changes it.
    pub(super) fn decoded_text(&self) -> Option<String> {
        match self.bytes() {
            Cow::Borrowed(_) => None,
            Cow::Owned(bytes) => Some(charset::read(&bytes, self.content_type.charset())),
        }
    }

    pub(super) fn is_multipart(&self) -> bool {
        self.content_type
            .starts_with("application/vnd.wap.multipart.")
    }

    pub(super) fn is_mime_multipart(&self) -> bool {
        self.content_type.starts_with("multipart/")
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({} octets, hidden)", self.body.len())
    }
}
