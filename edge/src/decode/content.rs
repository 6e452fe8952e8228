//! What a multimedia message says and shows, for the steps after decoding: its sender's number, its text, its pictures.

use std::{borrow::Cow, fmt};

use super::{ContentType, MmsPdu, Part, charset, mms::Sender, multipart, transfer};

/// How deep multiparts inside multiparts are looked into.
const MAX_DEPTH: usize = 3;
/// Parts looked at, those inside others counted.
const MAX_PARTS: usize = 512;

/// A picture. Its `Debug` hides it.
pub struct Image<'a> {
    /// `image/jpeg`
    pub content_type: Cow<'a, str>,
    pub bytes: Cow<'a, [u8]>,
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

    /// Every picture, by its declared type or, where that says nothing, by its first octets (JPEG, PNG).
    pub fn images(&self) -> Vec<Image<'_>> {
        let mut images = Vec::new();
        for part in &self.parts {
            collect(part, MAX_DEPTH, &mut images);
        }
        images
    }
}

fn collect<'a>(part: &'a Part, depth: usize, images: &mut Vec<Image<'a>>) {
    if images.len() >= MAX_PARTS {
        return;
    }
    if let Some(content_type) = image_type(&part.content_type, &part.bytes()) {
        images.push(Image {
            content_type,
            bytes: part.bytes(),
        });
    } else if (part.is_multipart() || part.is_mime_multipart()) && depth > 0 {
        for inner in multipart::parse(&part.body).unwrap_or_default() {
            let mut found = Vec::new();
            collect(&inner, depth - 1, &mut found);
            images.extend(found.into_iter().map(|image| Image {
                content_type: Cow::Owned(image.content_type.into_owned()),
                bytes: Cow::Owned(image.bytes.into_owned()),
            }));
        }
    }
}

fn image_type<'a>(content_type: &'a ContentType, bytes: &[u8]) -> Option<Cow<'a, str>> {
    let known = content_type.starts_with("image/") && !content_type.is("image/*");
    match bytes {
        _ if known => Some(Cow::Borrowed(&content_type.media)),
        _ if !content_type.is("application/octet-stream")
            && !content_type.is("image/*")
            && !content_type.is("*/*") =>
        {
            None
        }
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg".into()),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png".into()),
        _ => None,
    }
}

/// Calls `look` with every part that is no multipart, those inside multiparts too.
fn visit(parts: &[Part], mut look: impl FnMut(&Part)) {
    let mut left = MAX_PARTS;
    visit_within(parts, MAX_DEPTH, &mut left, &mut look);
}

fn visit_within(parts: &[Part], depth: usize, left: &mut usize, look: &mut impl FnMut(&Part)) {
    for part in parts {
        if *left == 0 {
            return;
        }
        *left -= 1;
        if (part.is_multipart() || part.is_mime_multipart()) && depth > 0 {
            visit_within(
                &multipart::parse(&part.body).unwrap_or_default(),
                depth - 1,
                left,
                look,
            );
        } else {
            look(part);
        }
    }
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

impl fmt::Debug for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Image({}, {} octets, hidden)",
            self.content_type,
            self.bytes.len()
        )
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
