//! SMS-DELIVER as a modem hands it over, written from 3GPP TS 23.040 and 23.038 and not with the code under test.

use jiff::Timestamp;
use jiff::tz::Offset;

/// A fictional service centre.
const SMSC: &str = "12135550199";

/// A text from `number` (E.164 with `+`, or a short code), sent now, as one PDU or, where it is long, as several.
pub fn deliver(number: &str, text: &str) -> Vec<String> {
    deliver_at(number, text, Timestamp::now())
}

/// The same, sent at a time.
pub fn deliver_at(number: &str, text: &str, sent: Timestamp) -> Vec<String> {
    match septets(text) {
        Some(septets) if septets.len() <= 160 => {
            let packed = pack(&septets, 0);
            vec![pdu(number, 0x00, sent, septets.len(), &packed, false)]
        }
        Some(septets) => {
            let parts: Vec<_> = septets.chunks(153).collect();
            let user_data = parts.iter().enumerate().map(|(n, part)| {
                // Six octets of header and one bit of fill take the place of seven septets.
                let mut data = header(text, parts.len(), n + 1);
                data.extend(pack(part, 1));
                pdu(number, 0x00, sent, 7 + part.len(), &data, true)
            });
            user_data.collect()
        }
        None => {
            let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            if octets.len() <= 140 {
                return vec![pdu(number, 0x08, sent, octets.len(), &octets, false)];
            }
            let parts: Vec<_> = octets.chunks(132).collect();
            let user_data = parts.iter().enumerate().map(|(n, part)| {
                let mut data = header(text, parts.len(), n + 1);
                data.extend_from_slice(part);
                pdu(number, 0x08, sent, data.len(), &data, true)
            });
            user_data.collect()
        }
    }
}

/// Eight-bit data in one PDU, as a WAP push comes: to port 2948.
pub fn deliver_data(number: &str, data: &[u8]) -> String {
    let mut octets = vec![6, 5, 4, 0x0B, 0x84, 0x23, 0xF0];
    octets.extend_from_slice(data);
    pdu(number, 0x04, Timestamp::now(), octets.len(), &octets, true)
}

/// The same in parts of 64 octets.
pub fn deliver_data_parts(number: &str, data: &[u8]) -> Vec<String> {
    let parts: Vec<_> = data.chunks(64).collect();
    let reference = data
        .iter()
        .fold(7_u8, |sum, octet| sum.wrapping_mul(31).wrapping_add(*octet));
    let user_data = parts.iter().enumerate().map(|(n, part)| {
        let mut octets = vec![11, 5, 4, 0x0B, 0x84, 0x23, 0xF0, 0, 3, reference];
        octets.extend([parts.len() as u8, n as u8 + 1]);
        octets.extend_from_slice(part);
        pdu(number, 0x04, Timestamp::now(), octets.len(), &octets, true)
    });
    user_data.collect()
}

fn header(text: &str, total: usize, part: usize) -> Vec<u8> {
    let reference = text
        .bytes()
        .fold(7_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
    vec![5, 0, 3, reference, total as u8, part as u8]
}

fn pdu(
    number: &str,
    dcs: u8,
    sent: Timestamp,
    length: usize,
    user_data: &[u8],
    has_header: bool,
) -> String {
    let sender = number.trim_start_matches('+');
    let smsc = semi_octets(SMSC);
    let mut bytes = vec![smsc.len() as u8 + 1, 0x91];
    bytes.extend(smsc);
    bytes.push(if has_header { 0x44 } else { 0x04 });
    // A number in E.164 is international, any other of no known type.
    let type_of_address = if number.starts_with('+') { 0x91 } else { 0x81 };
    bytes.extend([sender.len() as u8, type_of_address]);
    bytes.extend(semi_octets(sender));
    bytes.extend([0x00, dcs]);
    bytes.extend(time_stamp(sent));
    bytes.push(length as u8);
    bytes.extend_from_slice(user_data);
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Digits two to an octet, the first in the low half, filled up with 0xF.
pub fn semi_octets(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().map(|digit| digit - b'0').collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] | pair.get(1).unwrap_or(&0xF) << 4)
        .collect()
}

fn time_stamp(sent: Timestamp) -> [u8; 7] {
    let at = Offset::UTC.to_datetime(sent);
    let year = (at.year() % 100) as i8;
    let fields = [
        year,
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        0,
    ];
    fields.map(|field| (field / 10) as u8 | ((field % 10) as u8) << 4)
}

/// The text in the GSM 7-bit default alphabet, as far as the tests use it; `None` where that has no such letter.
pub fn septets(text: &str) -> Option<Vec<u8>> {
    let mut septets = Vec::new();
    for character in text.chars() {
        match character {
            '\n' | ' '..='#' | '%'..='?' | 'A'..='Z' | 'a'..='z' => septets.push(character as u8),
            '@' => septets.push(0x00),
            '$' => septets.push(0x02),
            '_' => septets.push(0x11),
            'é' => septets.push(0x05),
            '¡' => septets.push(0x40),
            '¿' => septets.push(0x60),
            'Ñ' => septets.push(0x5D),
            'ñ' => septets.push(0x7D),
            '[' => septets.extend([0x1B, 0x3C]),
            ']' => septets.extend([0x1B, 0x3E]),
            '€' => septets.extend([0x1B, 0x65]),
            _ => return None,
        }
    }
    Some(septets)
}

/// Eight septets in seven octets, low bits first, after `fill` bits of zero.
pub fn pack(septets: &[u8], fill: u32) -> Vec<u8> {
    let mut octets = Vec::new();
    let (mut bits, mut held) = (0_u32, fill);
    for septet in septets {
        bits |= u32::from(*septet) << held;
        held += 7;
        while held >= 8 {
            octets.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 {
        octets.push(bits as u8);
    }
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_the_standards() {
        // The usual example: 3GPP TS 23.038 packs "hellohello" so.
        assert_eq!(
            pack(b"hellohello", 0),
            [0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]
        );
        assert_eq!(
            semi_octets("12135550100"),
            [0x21, 0x31, 0x55, 0x05, 0x01, 0xF0]
        );
    }
}
