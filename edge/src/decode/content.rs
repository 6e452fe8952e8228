//! What a multimedia message says and shows, for the steps after decoding: its sender's number, its text, its pictures.

use std::fmt;
use std::ops::ControlFlow;

use super::{MmsPdu, Part, charset, mms::Sender, multipart, transfer};

/// How deep multiparts inside multiparts are looked into.
const MAX_DEPTH: usize = 3;
/// Parts looked at, those inside others counted.
const MAX_PARTS: usize = 512;
/// Pictures of one message that are taken out of it.
pub const MAX_IMAGES: usize = 8;

/// A picture. Its `Debug` shows lengths alone.
pub struct Image {
    /// `image/jpeg`
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// Why a server gave no message, X-Mms-Retrieve-Status (clause 7.3.51). It comes with HTTP 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetrieveFailure {
    pub status: u8,
    /// Whether to try again later.
    pub transient: bool,
}

impl MmsPdu {
    /// The sender's address as one would write it: a number without `/TYPE=PLMN`, or an e-mail address.
    pub fn sender(&self) -> Option<&str> {
        match self.from.as_ref()? {
            Sender::Address(address) => Some(address.split("/TYPE=").next().unwrap_or(address))
                .filter(|address| !address.is_empty()),
            Sender::InsertAddress => None,
        }
    }

    /// Set where the server did not give the message; 128 is success, and so is saying nothing.
    pub fn retrieve_failure(&self) -> Option<RetrieveFailure> {
        let status = u8::try_from(*self.codes.get("retrieve_status")?).unwrap_or(u8::MAX);
        (status != 128).then_some(RetrieveFailure {
            status,
            transient: (192..224).contains(&status),
        })
    }

    /// The subject and every plain text, a line each, as their sender wrote them; SMIL and other markup is left out.
    pub fn message_text(&self) -> String {
        let mut lines: Vec<String> = self
            .subject
            .iter()
            .map(|subject| decoded_words(subject))
            .collect();
        visit(&self.parts, |part| {
            if part.content_type.is("text/plain") {
                lines.push(charset::read(&part.bytes(), part.content_type.charset()));
            }
            ControlFlow::Continue(())
        });
        let mut text: Vec<&str> = lines
            .iter()
            .map(|line| {
                line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0')
            })
            .collect();
        text.retain(|line| !line.is_empty());
        // Some phones repeat the beginning of the text as its subject.
        if text.len() > 1 && text[1].starts_with(text[0]) {
            text.remove(0);
        }
        text.join("\n")
    }

    /// The first [`MAX_IMAGES`] pictures, by their declared type or, where that says nothing, by their first octets (JPEG, PNG).
    pub fn images(&self) -> Vec<Image> {
        let mut images = Vec::new();
        visit(&self.parts, |part| {
            images.extend(image(part));
            if images.len() < MAX_IMAGES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        images
    }
}

/// Decodes no part that says that it is something else.
fn image(part: &Part) -> Option<Image> {
    let declared = &part.content_type;
    let says_nothing = ["application/octet-stream", "image/*", "*/*"]
        .iter()
        .any(|media| declared.is(media));
    if !says_nothing && !declared.starts_with("image/") {
        return None;
    }
    let bytes = part.bytes();
    let content_type = match &*bytes {
        _ if !says_nothing => declared.media.as_str(),
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ => return None,
    };
    Some(Image {
        content_type: content_type.to_owned(),
        bytes: bytes.into_owned(),
    })
}

/// Calls `look` with every part that is no multipart, those inside multiparts too, until it breaks off. All share one
/// count: what a message nests costs no more than what it lists.
fn visit(parts: &[Part], mut look: impl FnMut(&Part) -> ControlFlow<()>) {
    let mut left = MAX_PARTS;
    let _ = visit_within(parts, MAX_DEPTH, &mut left, &mut look);
}

fn visit_within(
    parts: &[Part],
    depth: usize,
    left: &mut usize,
    look: &mut impl FnMut(&Part) -> ControlFlow<()>,
) -> ControlFlow<()> {
    for part in parts {
        if *left == 0 {
            return ControlFlow::Break(());
        }
        *left -= 1;
        if (part.is_multipart() || part.is_mime_multipart()) && depth > 0 {
            let inner = multipart::parse(&part.body).unwrap_or_default();
            visit_within(&inner, depth - 1, left, look)?;
        } else {
            look(part)?;
        }
    }
    ControlFlow::Continue(())
}

/// Mail gateways leave encoded words (RFC 2047) in a subject: `=?utf-8?B?...?=`.
fn decoded_words(subject: &str) -> String {
    let mut text = String::with_capacity(subject.len());
    let mut rest = subject;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut fields = word.splitn(3, '?');
        let (Some(charset), Some(encoding), Some(tail)) =
            (fields.next(), fields.next(), fields.next())
        else {
            break;
        };
        let Some((value, after)) = tail.split_once("?=") else {
            break;
        };
        let bytes = match encoding {
            "B" | "b" => transfer::base64(value.as_bytes()),
            "Q" | "q" => transfer::quoted_printable(value.replace('_', " ").as_bytes()),
            _ => break,
        };
        // White space between two encoded words is not part of the text.
        if !before.trim().is_empty() || text.is_empty() {
            text.push_str(before);
        }
        text.push_str(&charset::read(&bytes, Some(charset)));
        rest = after;
    }
    text + rest
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({} octets, hidden)", self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_in_a_subject_are_read() {
        assert_eq!(decoded_words("=?utf-8?B??="), "");
        assert_eq!(
            decoded_words("Re: =?UTF-8?Q?Polic=C3=ADa_aqu=C3=AD?="),
            "Re: Policía aquí"
        );
        assert_eq!(
            decoded_words("=?utf-8?B?cG9s?= =?utf-8?B?aWNl?= now"),
            "police now"
        );
        assert_eq!(decoded_words("why =? not"), "why =? not");
    }
}
