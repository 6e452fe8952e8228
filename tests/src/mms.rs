//! M-Retrieve.conf as an MMSC hands it over, written from OMA-TS-MMS-ENC and WAP-230-WSP and not with the code under test.

use jiff::Timestamp;

/// A message of one text part and any number of JPEGs, as multipart/mixed.
pub fn retrieved(number: &str, text: &str, photos: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0x8C, 0x84]; // X-Mms-Message-Type: m-retrieve-conf
    bytes.push(0x98); // X-Mms-Transaction-Id
    bytes.extend(b"T20261124\0");
    bytes.extend([0x8D, 0x90]); // X-Mms-MMS-Version: 1.0
    bytes.extend([0x85, 4]); // Date, a long integer
    bytes.extend((Timestamp::now().as_second() as u32).to_be_bytes());
    let from = format!("{number}/TYPE=PLMN\0");
    bytes.extend([0x89, from.len() as u8 + 1, 0x80]); // From: address-present
    bytes.extend(from.as_bytes());
    bytes.extend([0x84, 0xA3]); // Content-Type: application/vnd.wap.multipart.mixed
    let mut parts = Vec::new();
    if !text.is_empty() {
        // text/plain; charset=utf-8
        parts.push((vec![0x03, 0x83, 0x81, 0xEA], text.as_bytes()));
    }
    for photo in photos {
        parts.push((vec![0x9E], *photo)); // image/jpeg
    }
    bytes.extend(uintvar(parts.len()));
    for (number, (content_type, data)) in parts.iter().enumerate() {
        let mut headers = content_type.clone();
        headers.push(0x8E); // Content-Location
        headers.extend(format!("part{number}\0").as_bytes());
        bytes.extend(uintvar(headers.len()));
        bytes.extend(uintvar(data.len()));
        bytes.extend(headers);
        bytes.extend_from_slice(data);
    }
    bytes
}

/// Seven bits an octet, the highest first, all but the last marked.
fn uintvar(mut value: usize) -> Vec<u8> {
    let mut octets = vec![(value & 0x7F) as u8];
    value >>= 7;
    while value > 0 {
        octets.insert(0, 0x80 | (value & 0x7F) as u8);
        value >>= 7;
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uintvars_are_the_standards() {
        assert_eq!(uintvar(0x87A5), [0x82, 0x8F, 0x25]);
        assert_eq!(uintvar(0), [0]);
    }
}
