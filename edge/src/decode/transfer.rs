//! Content-Transfer-Encoding, RFC 2045 clause 6: base64 and quoted-printable, read as far as they make sense.
//! Carriers cut them, and a cut text is better than none.

use std::borrow::Cow;

/// The bytes that a part's body stands for. Encodings that change nothing (7bit, 8bit, binary) and unknown ones return them as they are.
pub(super) fn decode<'a>(body: &'a [u8], encoding: Option<&str>) -> Cow<'a, [u8]> {
    match encoding
        .map(|encoding| encoding.trim().to_ascii_lowercase())
        .as_deref()
    {
        Some("base64") => Cow::Owned(base64(body)),
        Some("quoted-printable") => Cow::Owned(quoted_printable(body)),
        _ => Cow::Borrowed(body),
    }
}

/// Other characters are skipped, as RFC 2045 asks; padding ends it; bits that make no octet are dropped.
pub(super) fn base64(body: &[u8]) -> Vec<u8> {
    let sextet = |c: u8| match c {
        b'A'..=b'Z' => Some(c - b'A'),
        b'a'..=b'z' => Some(c - b'a' + 26),
        b'0'..=b'9' => Some(c - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    let mut octets = Vec::with_capacity(body.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for sextet in body
        .iter()
        .take_while(|c| **c != b'=')
        .filter_map(|c| sextet(*c))
    {
        bits = bits << 6 | u32::from(sextet);
        count += 6;
        if count >= 8 {
            count -= 8;
            octets.push((bits >> count) as u8);
        }
    }
    octets
}

/// An `=` that no two hexadecimal digits or line end follow stands for itself.
pub(super) fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|nibble| nibble as u8);
    let mut octets = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'=', [b'\r', b'\n', after @ ..] | [b'\n', after @ ..]) => rest = after,
            (b'=', &[high, low, ref after @ ..]) => match (nibble(high), nibble(low)) {
                (Some(high), Some(low)) => {
                    octets.push(high << 4 | low);
                    rest = after;
                }
                _ => octets.push(first),
            },
            _ => octets.push(first),
        }
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_read_as_far_as_they_go() {
        let check =
            |body: &[u8], encoding, expected: &[u8]| assert_eq!(&*decode(body, encoding), expected);
        check(b"cG9s\r\naWNl", Some("Base64"), b"police");
        check(b"cG9saWM=", Some("base64"), b"polic");
        check(b"cG9saWNlT", Some("base64"), b"police");
        check(
            b"5th =3D =\r\nMain=",
            Some("quoted-printable"),
            b"5th = Main=",
        );
        check(b"=zz=4", Some("quoted-printable"), b"=zz=4");
        check(b"5th = Main", Some("7bit"), b"5th = Main");
        check(b"5th = Main", None, b"5th = Main");
    }
}
