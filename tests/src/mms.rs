//! M-Notification.ind in its WAP push, and M-Retrieve.conf, as an MMSC hands them over; what it is answered. Written from OMA-TS-MMS-ENC and WAP-230-WSP and not with the code under test.

use jiff::Timestamp;

/// A message of one text part and any number of JPEGs, as multipart/mixed.
pub fn retrieved(number: &str, text: &str, photos: &[&[u8]]) -> Vec<u8> {
    retrieved_as("T20261124", number, text, photos)
}

/// The same with a transaction id.
pub fn retrieved_as(transaction: &str, number: &str, text: &str, photos: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0x8C, 0x84]; // X-Mms-Message-Type: m-retrieve-conf
    bytes.push(0x98); // X-Mms-Transaction-Id
    bytes.extend(transaction.as_bytes());
    bytes.push(0);
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

/// A server's refusal, which comes instead of a message: X-Mms-Retrieve-Status, and no content.
pub fn refused(transaction: &str, status: u8) -> Vec<u8> {
    let mut bytes = vec![0x8C, 0x84, 0x98];
    bytes.extend(transaction.as_bytes());
    bytes.extend([0, 0x8D, 0x92, 0x99, status]);
    bytes
}

/// The WAP push that tells of a message which lies at a URL for three days.
pub fn notification(transaction: &str, number: &str, url: &str) -> Vec<u8> {
    let mut bytes = vec![0x25, 0x06, 0x01, 0xBE]; // a push of application/vnd.wap.mms-message
    bytes.extend([0x8C, 0x82, 0x98]); // m-notification-ind, X-Mms-Transaction-Id
    bytes.extend(transaction.as_bytes());
    bytes.extend([0, 0x8D, 0x92]); // X-Mms-MMS-Version: 1.2
    let from = format!("{number}/TYPE=PLMN\0");
    bytes.extend([0x89, from.len() as u8 + 1, 0x80]);
    bytes.extend(from.as_bytes());
    bytes.extend([0x8A, 0x80]); // X-Mms-Message-Class: personal
    bytes.extend([0x8E, 0x02, 0x40, 0x00]); // X-Mms-Message-Size
    bytes.extend([0x88, 0x05, 0x81, 0x03, 0x03, 0xF4, 0x80]); // X-Mms-Expiry: relative, 259200 s
    bytes.push(0x83); // X-Mms-Content-Location
    bytes.extend(url.as_bytes());
    bytes.push(0);
    bytes
}

/// What a phone told an MMSC: the transaction's id, and the status of an M-NotifyResp.ind or `acknowledged`.
pub fn told(bytes: &[u8]) -> Option<(String, &'static str)> {
    let rest = bytes.strip_prefix(&[0x8C])?;
    let (kind, rest) = rest.split_first()?;
    let rest = rest.strip_prefix(&[0x98])?;
    let end = rest.iter().position(|octet| *octet == 0)?;
    let transaction = String::from_utf8(rest[..end].to_vec()).ok()?;
    let rest = rest[end + 1..].strip_prefix(&[0x8D, 0x92])?;
    let status = match (kind, rest) {
        (131, [0x95, 129, ..]) => "retrieved",
        (131, [0x95, 130, ..]) => "rejected",
        (131, [0x95, 131, ..]) => "deferred",
        (133, _) => "acknowledged",
        _ => return None,
    };
    Some((transaction, status))
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
