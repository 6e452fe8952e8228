//! The PDUs of 23.040, as far as a modem and its network look into them: whose message, when, and its text.
//!
//! Written from the standard and not with the code under test.

use jiff::Timestamp;
use jiff::tz::Offset;

use crate::sms::{pack, semi_octets, septets};

/// The default alphabet of 23.038, by code; 0x1B leads to the extension.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1b}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                        ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Deliver,
    Submit,
    StatusReport,
}

/// What a PDU says; what cannot be read of it is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub number: String,
    /// As 27.005 writes it, `26/11/24,13:30:00+00`.
    pub time: String,
    pub text: String,
    pub is_eight_bit: bool,
}

/// Reads octets one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn octet(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Length in digits, type, digits.
    fn address(&mut self) -> Option<String> {
        let digits = usize::from(self.octet()?);
        let kind = self.octet()?;
        let octets = self.take(digits.div_ceil(2))?;
        if kind & 0x70 == 0x50 {
            return Some(text(&unpack(octets, 0, digits * 4 / 7)));
        }
        let plus = if kind & 0x70 == 0x10 { "+" } else { "" };
        Some(format!("{plus}{}", decimal(octets)))
    }
}

/// Hex as a modem takes it; `None` if it is none.
pub(super) fn octets(hex: &str) -> Option<Vec<u8>> {
    let hex = hex.trim();
    if !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|n| u8::from_str_radix(&hex[n..n + 2], 16).ok())
        .collect()
}

pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// The PDU without its SMSC.
pub(super) fn tpdu(pdu: &[u8]) -> &[u8] {
    let smsc = pdu.first().map_or(0, |length| usize::from(*length) + 1);
    pdu.get(smsc..).unwrap_or_default()
}

/// By the message type indicator.
pub(super) fn kind(pdu: &[u8]) -> Type {
    match tpdu(pdu).first().map_or(0, |first| first & 0x03) {
        1 => Type::Submit,
        2 => Type::StatusReport,
        _ => Type::Deliver,
    }
}

pub(super) fn summary(pdu: &[u8]) -> Summary {
    let mut summary = Summary::default();
    // What was read before the PDU broke off stays.
    let _ = read(pdu, &mut summary);
    summary
}

fn read(pdu: &[u8], summary: &mut Summary) -> Option<()> {
    let mut reader = Reader(tpdu(pdu));
    let first = reader.octet()?;
    match kind(pdu) {
        Type::Deliver => {
            summary.number = reader.address()?;
            let dcs = reader.take(2)?[1];
            summary.time = time(reader.take(7)?);
            user_data(&mut reader, first, dcs, summary)
        }
        Type::Submit => {
            reader.octet()?;
            summary.number = reader.address()?;
            let dcs = reader.take(2)?[1];
            let validity = match first >> 3 & 0x03 {
                0 => 0,
                2 => 1,
                _ => 7,
            };
            reader.take(validity)?;
            user_data(&mut reader, first, dcs, summary)
        }
        Type::StatusReport => {
            reader.octet()?;
            summary.number = reader.address()?;
            summary.time = time(reader.take(7)?);
            Some(())
        }
    }
}

fn user_data(reader: &mut Reader, first: u8, dcs: u8, summary: &mut Summary) -> Option<()> {
    let length = usize::from(reader.octet()?);
    let data = reader.0;
    let header = if first & 0x40 != 0 {
        usize::from(*data.first()?) + 1
    } else {
        0
    };
    let alphabet = match dcs >> 4 {
        0..=3 => dcs >> 2 & 0x03,
        0xE => 2,
        0xF => dcs >> 2 & 0x01,
        _ => 0,
    };
    match alphabet {
        0 => {
            let skipped = (header * 8).div_ceil(7);
            let fill = skipped * 7 - header * 8;
            let count = length.saturating_sub(skipped);
            summary.text = text(&unpack(data.get(header..)?, fill, count));
        }
        2 => {
            let units: Vec<_> = data.get(header..)?.chunks_exact(2).collect();
            let units: Vec<u16> = units
                .iter()
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect();
            summary.text = String::from_utf16_lossy(&units);
        }
        _ => {
            summary.is_eight_bit = true;
            summary.text = hex(data.get(header..)?);
        }
    }
    Some(())
}

/// Septets that begin after `fill` bits.
fn unpack(octets: &[u8], fill: usize, count: usize) -> Vec<u8> {
    let bit = |n: usize| octets.get(n / 8).map(|octet| octet >> (n % 8) & 1);
    let septet = |n: usize| {
        (0..7).try_fold(0, |septet, shift| {
            Some(septet | bit(fill + n * 7 + shift)? << shift)
        })
    };
    (0..count).map_while(septet).collect()
}

fn text(septets: &[u8]) -> String {
    let mut text = String::new();
    let mut septets = septets.iter();
    while let Some(septet) = septets.next() {
        if *septet == 0x1B {
            let code = septets.next().copied().unwrap_or(0x20);
            let extended = EXTENSION.iter().find(|(known, _)| *known == code);
            text.push(extended.map_or(' ', |(_, character)| *character));
        } else {
            text.extend(ALPHABET.chars().nth(usize::from(*septet)));
        }
    }
    text
}

fn decimal(octets: &[u8]) -> String {
    let digits = octets.iter().flat_map(|octet| [octet & 0x0F, octet >> 4]);
    let digits = digits.filter(|digit| *digit != 0x0F);
    digits
        .map(|digit| char::from(b"0123456789*#abc"[usize::from(digit)]))
        .collect()
}

fn time(octets: &[u8]) -> String {
    let digits: Vec<_> = octets
        .iter()
        .map(|octet| format!("{}{}", octet & 0x0F, octet >> 4))
        .collect();
    let zone = octets[6];
    let sign = if zone & 0x08 == 0 { '+' } else { '-' };
    format!(
        "{}/{}/{},{}:{}:{}{sign}{}{}",
        digits[0],
        digits[1],
        digits[2],
        digits[3],
        digits[4],
        digits[5],
        zone & 0x07,
        zone >> 4,
    )
}

/// A time as 27.007's clock shows it and, in `time`, as 23.040's time stamps carry it.
pub(super) fn clock(at: Timestamp) -> String {
    let at = Offset::UTC.to_datetime(at);
    at.strftime("%y/%m/%d,%H:%M:%S+00").to_string()
}

fn time_stamp(at: Timestamp) -> Vec<u8> {
    let at = Offset::UTC.to_datetime(at);
    let digits = at.strftime("%y%m%d%H%M%S00").to_string();
    semi_octets(&digits)
}

/// What text mode sends; `None` where it does not fit into one message.
pub(super) fn submit(number: &str, text: &str) -> Option<Vec<u8>> {
    let digits = number.trim_start_matches('+');
    if digits.is_empty() || digits.bytes().any(|digit| !digit.is_ascii_digit()) {
        return None;
    }
    let kind = if number.starts_with('+') { 0x91 } else { 0x81 };
    let mut pdu = vec![0x00, 0x01, 0x00, u8::try_from(digits.len()).ok()?, kind];
    pdu.extend(semi_octets(digits));
    let text = text.replace('\r', "\n");
    match septets(&text) {
        Some(septets) if septets.len() <= 160 => {
            pdu.extend([0x00, 0x00, septets.len() as u8]);
            pdu.extend(pack(&septets, 0));
        }
        _ => {
            let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            if octets.len() > 140 {
                return None;
            }
            pdu.extend([0x00, 0x08, octets.len() as u8]);
            pdu.extend(octets);
        }
    }
    Some(pdu)
}

/// The service centre's word that a SUBMIT with this reference arrived; the SMSC is the SUBMIT's addressee's.
pub(super) fn status_report(submit: &[u8], reference: u8, smsc: &str, at: Timestamp) -> Vec<u8> {
    let digits = smsc.trim_start_matches('+');
    let smsc = semi_octets(digits);
    let mut pdu = vec![smsc.len() as u8 + 1, 0x91];
    pdu.extend(smsc);
    pdu.extend([0x06, reference]);
    let address = tpdu(submit).get(2..).unwrap_or_default();
    let octets = address
        .first()
        .map_or(0, |digits| usize::from(*digits).div_ceil(2) + 2);
    pdu.extend_from_slice(address.get(..octets).unwrap_or_default());
    pdu.extend(time_stamp(at));
    pdu.extend(time_stamp(at));
    pdu.push(0x00);
    pdu
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms;

    #[test]
    fn a_delivered_text_is_read() {
        let at = Timestamp::from_second(1_795_700_000).unwrap();
        for (number, text) in [
            ("+12135550100", "police 5th & San Pedro [€]"),
            ("711711", "la policía está aquí"),
        ] {
            let pdu = octets(&sms::deliver_at(number, text, at)[0]).unwrap();
            assert_eq!(kind(&pdu), Type::Deliver);
            let summary = summary(&pdu);
            assert_eq!((&*summary.number, &*summary.text), (number, text));
            assert_eq!(summary.time, clock(at));
        }
    }

    #[test]
    fn parts_are_read_without_their_header() {
        let long = "police at the corner ".repeat(12);
        let parts = sms::deliver("+12135550100", &long);
        let texts = parts
            .iter()
            .map(|part| summary(&octets(part).unwrap()).text);
        assert_eq!(texts.collect::<String>(), long);
    }

    #[test]
    fn a_submit_is_read_and_reported() {
        // "hellohello" to +46708251358, the usual example, with a relative validity and a report asked for.
        let submit = octets("0031000B916407281553F80000AA0AE8329BFD4697D9EC37").unwrap();
        let read = summary(&submit);
        assert_eq!((&*read.number, &*read.text), ("+46708251358", "hellohello"));
        let at = Timestamp::from_second(1_795_700_000).unwrap();
        let report = status_report(&submit, 7, "+12135550199", at);
        assert_eq!(kind(&report), Type::StatusReport);
        assert_eq!(tpdu(&report)[1], 7);
        assert_eq!(summary(&report).number, "+46708251358");
    }

    #[test]
    fn what_is_cut_off_is_read_as_far_as_it_goes() {
        let whole = octets(&sms::deliver("+12135550100", "police")[0]).unwrap();
        for length in 0..whole.len() {
            summary(&whole[..length]);
        }
        assert_eq!(octets("0G"), None);
        assert_eq!(octets("123"), None);
    }
}
