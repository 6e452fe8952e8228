//! Character sets: WSP names them by their IANA MIBenum, senders also by name.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// The MIBenum of UTF-8, which fits a Short-integer.
pub(super) const UTF_8: u8 = 106;

/// The IANA name of a MIBenum, in lower case, for those that carriers and phones are known to send.
pub(super) fn name(mib: u32) -> Option<&'static str> {
    Some(match mib {
        3 => "us-ascii",
        4 => "iso-8859-1",
        5 => "iso-8859-2",
        6 => "iso-8859-3",
        7 => "iso-8859-4",
        8 => "iso-8859-5",
        9 => "iso-8859-6",
        10 => "iso-8859-7",
        11 => "iso-8859-8",
        12 => "iso-8859-9",
        13 => "iso-8859-10",
        17 => "shift_jis",
        18 => "euc-jp",
        36 => "ks_c_5601-1987",
        38 => "euc-kr",
        39 => "iso-2022-jp",
        57 => "gb_2312-80",
        106 => "utf-8",
        109 => "iso-8859-13",
        110 => "iso-8859-14",
        111 => "iso-8859-15",
        112 => "iso-8859-16",
        113 => "gbk",
        114 => "gb18030",
        1000 => "iso-10646-ucs-2",
        1013 => "utf-16be",
        1014 => "utf-16le",
        1015 => "utf-16",
        2024 => "windows-31j",
        2025 => "gb2312",
        2026 => "big5",
        2027 => "macintosh",
        2084 => "koi8-r",
        2086 => "ibm866",
        2088 => "koi8-u",
        2109 => "windows-874",
        2250 => "windows-1250",
        2251 => "windows-1251",
        2252 => "windows-1252",
        2253 => "windows-1253",
        2254 => "windows-1254",
        2255 => "windows-1255",
        2256 => "windows-1256",
        2257 => "windows-1257",
        2258 => "windows-1258",
        2259 => "tis-620",
        _ => return None,
    })
}

/// Whether a charset is written in units of two octets, so that NUL octets occur inside its text.
pub(super) fn is_utf_16(charset: &str) -> bool {
    utf_16(charset, &[]).is_some()
}

/// UTF-16 and UCS-2: by their byte-order mark, else as declared, else big-endian (RFC 2781).
fn utf_16(charset: &str, bytes: &[u8]) -> Option<&'static Encoding> {
    let declared = match charset.to_ascii_lowercase().as_str() {
        "utf-16" | "utf-16be" | "iso-10646-ucs-2" | "ucs-2" => UTF_16BE,
        "utf-16le" => UTF_16LE,
        _ => return None,
    };
    Some(match bytes {
        [0xfe, 0xff, ..] => UTF_16BE,
        [0xff, 0xfe, ..] => UTF_16LE,
        _ => declared,
    })
}

/// Text in a charset; a byte-order mark stays as U+FEFF. Bytes that are invalid in it, undeclared ones and those of a charset that
/// we do not know are read as UTF-8, where invalid ones show as U+FFFD.
pub(super) fn read(bytes: &[u8], charset: Option<&str>) -> String {
    let utf_8 = || String::from_utf8_lossy(bytes).into_owned();
    let Some(charset) = charset else {
        return utf_8();
    };
    if let Some(encoding) = utf_16(charset, bytes) {
        let (text, malformed) = encoding.decode_without_bom_handling(bytes);
        // Half a unit at the end is a cut message; text without a NUL is a mislabelled one.
        let mislabelled = malformed && !bytes.contains(&0) && std::str::from_utf8(bytes).is_ok();
        return if mislabelled {
            utf_8()
        } else {
            text.into_owned()
        };
    }
    let label = match charset.to_ascii_lowercase().as_str() {
        "us-ascii" | "ascii" | "utf-8" => return utf_8(),
        "gb_2312-80" => "gbk",
        _ => charset,
    };
    Encoding::for_label(label.as_bytes())
        .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
        .map_or_else(utf_8, Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_charset_of_the_carriers_is_read() {
        let check = |bytes: &[u8], charset: &str, expected: &str| {
            assert_eq!(read(bytes, Some(charset)), expected, "{charset}")
        };
        check(b"Polic\xc3\xada", "utf-8", "Policía");
        check(b"Polic\xeda", "iso-8859-1", "Policía");
        check(b"pr\xe4s", "us-ascii", "pr\u{fffd}s");
        check(b"Polic\xeda \x80", "windows-1252", "Policía €");
        check(b"\xcf\xee\xeb\xe8\xf6\xe8\xff", "windows-1251", "Полиция");
        check(b"\xbf\xde\xdb\xd8\xe6\xd8\xef", "iso-8859-5", "Полиция");
        check(b"\xb0\xe6\xc2\xfb", "euc-kr", "경찰");
        check(b"\x8cx\x8e@", "shift_jis", "警察");
        check(b"\xbe\xaf\xb2\xec", "gb18030", "警察");
        check(b"\x00O\x00K", "utf-16be", "OK");
        check(b"O\0K\0", "utf-16le", "OK");
        check(b"\xff\xfeO\0K\0", "utf-16", "\u{feff}OK");
        check(b"\xfe\xff\0O\0K", "UTF-16", "\u{feff}OK");
        check(b"\0O\0K", "utf-16", "OK");
        check("Policía!".as_bytes(), "utf-16", "Policía!");
        check("Policía".as_bytes(), "no-such-charset", "Policía");
        assert_eq!(read("Policía".as_bytes(), None), "Policía");
    }

    #[test]
    fn every_named_charset_can_be_read() {
        for mib in 0..3000 {
            if let Some(name) = name(mib)
                .filter(|name| !["us-ascii", "iso-10646-ucs-2", "gb_2312-80"].contains(name))
            {
                assert!(Encoding::for_label(name.as_bytes()).is_some(), "{name}");
            }
        }
    }
}
