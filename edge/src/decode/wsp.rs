//! The encoding of header values, WAP-230-WSP clause 8.4.2.

use std::{collections::BTreeMap, fmt};

use super::{DecodeError, charset, cursor::Cursor, wsp_names};

/// Parameters of one content type that are kept.
const MAX_PARAMETERS: usize = 64;

/// A media type and its parameters, in lower case where WSP has a number for them, else as carried. A sender writes them, names
/// of files among them; its `Debug` hides them.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ContentType {
    pub media: String,
    pub params: BTreeMap<String, String>,
}

impl ContentType {
    /// Media types and parameter names know no case (RFC 2045).
    pub fn is(&self, media: &str) -> bool {
        self.media.eq_ignore_ascii_case(media)
    }

    pub(super) fn starts_with(&self, prefix: &str) -> bool {
        self.media
            .get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    }

    pub(super) fn charset(&self) -> Option<&str> {
        self.params
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
            .map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "ContentType({} octets, {} parameters, hidden)",
            self.media.len(),
            self.params.len()
        )
    }
}

/// The octets of a Text-string, its quote and its NUL taken off.
pub(super) struct TextString<'a> {
    pub octets: &'a [u8],
    /// Whether its NUL was there.
    pub terminated: bool,
}

impl TextString<'_> {
    pub(super) fn read(&self) -> String {
        charset::read(self.octets, None)
    }
}

/// An unsigned integer in octets of seven bits, at most five of them and 32 bits.
pub(super) fn uintvar(cursor: &mut Cursor<'_>, what: &'static str) -> Result<usize, DecodeError> {
    let mut value = 0u64;
    for _ in 0..5 {
        let octet = cursor.octet(what)?;
        value = value << 7 | u64::from(octet & 0x7f);
        if octet & 0x80 == 0 {
            let value = u32::try_from(value).map_err(|_| DecodeError::Malformed(what))?;
            return usize::try_from(value).map_err(|_| DecodeError::Malformed(what));
        }
    }
    Err(DecodeError::Malformed(what))
}

/// A value with its length in front, Value-length.
pub(super) fn counted<'a>(
    cursor: &mut Cursor<'a>,
    what: &'static str,
) -> Result<Cursor<'a>, DecodeError> {
    let length = match cursor.octet(what)? {
        length @ 0..=30 => length.into(),
        31 => uintvar(cursor, what)?,
        _ => return Err(DecodeError::Malformed(what)),
    };
    cursor.take(length, what).map(Cursor::new)
}

/// Text-string: text up to a NUL, or to the end where that is missing. The quote in front (0x7f, meant before octets from 0x80) is
/// not part of it.
pub(super) fn text_string<'a>(cursor: &mut Cursor<'a>) -> TextString<'a> {
    let rest = cursor.rest();
    let end = rest.iter().position(|octet| *octet == 0);
    let octets = &rest[..end.unwrap_or(rest.len())];
    *cursor = Cursor::new(end.map_or(&[], |end| &rest[end + 1..]));
    let octets = octets.strip_prefix(&[0x7f]).unwrap_or(octets);
    TextString {
        octets,
        terminated: end.is_some(),
    }
}

/// Quoted-string, or Text-string: a `"` in front is not part of it.
pub(super) fn quoted_string<'a>(cursor: &mut Cursor<'a>) -> TextString<'a> {
    let text = text_string(cursor);
    TextString {
        octets: text.octets.strip_prefix(b"\"").unwrap_or(text.octets),
        ..text
    }
}

/// Long-integer: a count of octets, then the octets, big-endian.
pub(super) fn long_integer(
    cursor: &mut Cursor<'_>,
    what: &'static str,
) -> Result<u64, DecodeError> {
    let count = usize::from(cursor.octet(what)?);
    if !(1..=30).contains(&count) {
        return Err(DecodeError::Malformed(what));
    }
    let octets = cursor.take(count, what)?;
    let value = octets.iter().try_fold(0u64, |value, octet| {
        Some(value.checked_mul(256)? | u64::from(*octet))
    });
    value.ok_or(DecodeError::Malformed(what))
}

/// Integer-value: a Short-integer (one octet from 0x80) or a Long-integer.
pub(super) fn integer(cursor: &mut Cursor<'_>, what: &'static str) -> Result<u64, DecodeError> {
    match cursor.peek() {
        Some(short @ 0x80..) => {
            cursor.octet(what)?;
            Ok(u64::from(short & 0x7f))
        }
        _ => long_integer(cursor, what),
    }
}

/// Passes over the value of a header that we do not know, clause 8.4.1.2.
pub(super) fn skip(cursor: &mut Cursor<'_>, what: &'static str) -> Result<(), DecodeError> {
    match cursor.peek().ok_or(DecodeError::Truncated(what))? {
        0..=31 => counted(cursor, what).map(drop),
        32..=127 => {
            text_string(cursor);
            Ok(())
        }
        128.. => cursor.octet(what).map(drop),
    }
}

/// Encoded-string-value: text, or a length, a charset and text. UTF-16 carries NULs inside, so that its length alone ends it.
pub(super) fn encoded_string(
    cursor: &mut Cursor<'_>,
    what: &'static str,
) -> Result<(String, bool), DecodeError> {
    if cursor.peek().ok_or(DecodeError::Truncated(what))? > 31 {
        let text = text_string(cursor);
        return Ok((text.read(), text.terminated));
    }
    let mut value = counted(cursor, what)?;
    let charset = match value.peek() {
        // Text where the charset should be: some senders leave it out.
        None | Some(32..=127) => None,
        Some(_) => integer(&mut value, what)
            .ok()
            .and_then(|mib| u32::try_from(mib).ok())
            .and_then(charset::name),
    };
    if let Some(charset) = charset.filter(|charset| charset::is_utf_16(charset)) {
        let mut octets = value.rest();
        octets = octets
            .strip_prefix(&[0x7f])
            .filter(|rest| rest.first().is_some_and(|octet| *octet >= 0x80))
            .unwrap_or(octets);
        octets = match octets {
            [text @ .., 0, 0] if text.len().is_multiple_of(2) => text,
            [text @ .., 0] if text.len().is_multiple_of(2) => text,
            _ => octets,
        };
        return Ok((charset::read(octets, Some(charset)), true));
    }
    let text = text_string(&mut value);
    Ok((charset::read(text.octets, charset), true))
}

/// Content-type-value: a number, a name, or a length and either of them with parameters.
pub(super) fn content_type(cursor: &mut Cursor<'_>) -> Result<ContentType, DecodeError> {
    const WHAT: &str = "content type";
    match cursor.peek().ok_or(DecodeError::Truncated(WHAT))? {
        0..=31 => {
            let mut value = counted(cursor, WHAT)?;
            let media = media(&mut value)?;
            Ok(ContentType {
                media,
                params: parameters(&mut value),
            })
        }
        _ => Ok(ContentType {
            media: media(cursor)?,
            params: BTreeMap::new(),
        }),
    }
}

fn media(cursor: &mut Cursor<'_>) -> Result<String, DecodeError> {
    const WHAT: &str = "content type";
    match cursor.peek().ok_or(DecodeError::Truncated(WHAT))? {
        0..=31 | 128.. => {
            integer(cursor, WHAT).map(|number| wsp_names::content_type(number).to_owned())
        }
        _ => Ok(text_string(cursor).read()),
    }
}

/// The parameters in the rest of a content type; what cannot be read ends them.
fn parameters(cursor: &mut Cursor<'_>) -> BTreeMap<String, String> {
    let mut params = BTreeMap::new();
    while !cursor.is_empty() && params.len() < MAX_PARAMETERS {
        let Ok((name, value)) = parameter(cursor) else {
            break;
        };
        if let Some(name) = name {
            params.insert(name, value);
        }
    }
    params
}

fn parameter(cursor: &mut Cursor<'_>) -> Result<(Option<String>, String), DecodeError> {
    const WHAT: &str = "parameter";
    let number = match cursor.peek() {
        Some(32..=127) => None,
        _ => Some(integer(cursor, WHAT)?),
    };
    let name = match number {
        Some(number) => u8::try_from(number)
            .ok()
            .and_then(wsp_names::parameter)
            .map(str::to_owned),
        None => Some(text_string(cursor).read()),
    };
    let value = match cursor.peek().ok_or(DecodeError::Truncated(WHAT))? {
        // No-value, an empty text.
        0 => {
            cursor.octet(WHAT)?;
            String::new()
        }
        32..=127 => quoted_string(cursor).read(),
        // A name that its phone did not quote.
        128.. if number.is_some_and(wsp_names::is_text_parameter) => text_string(cursor).read(),
        // Any-charset, which is not an integer.
        128 if number == Some(1) => {
            cursor.octet(WHAT)?;
            "*".to_owned()
        }
        _ => {
            let value = integer(cursor, WHAT)?;
            match number {
                Some(1) => match u32::try_from(value).ok().and_then(charset::name) {
                    Some(name) => name.to_owned(),
                    None => format!("mib-{value}"),
                },
                Some(9) => wsp_names::content_type(value).to_owned(),
                _ => value.to_string(),
            }
        }
    };
    Ok((name, value))
}
