//! SMS transfer PDUs, 3GPP TS 23.040 clause 9.2.2, as a modem gives them: hexadecimal, the service centre's address first.
//!
//! SMS-DELIVER (a message) and SMS-STATUS-REPORT (what became of ours) are read; others a phone does not receive. Octets after the
//! end of the user data are ignored: modems pad.

use std::fmt;

use super::{
    Address, ConcatRef, DecodeError, Element, Ports, Scts, Text,
    cursor::Cursor,
    dcs::{Alphabet, alphabet},
    gsm7,
    scts::{self},
    udh,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SmsPdu {
    Deliver(Deliver),
    StatusReport(StatusReport),
}

/// A received message, or one part of a longer one. Its `Debug` shows neither number nor text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deliver {
    pub smsc: Option<Address>,
    pub sender: Address,
    /// `None` where the service centre filled in no date.
    pub scts: Option<Scts>,
    /// TP-Protocol-Identifier.
    pub pid: u8,
    /// TP-Data-Coding-Scheme.
    pub dcs: u8,
    /// The information elements, if the message says that it has a user data header.
    pub udh: Option<Vec<Element>>,
    pub concat: Option<ConcatRef>,
    pub ports: Option<Ports>,
    /// National Language Identifier of the locking shift table.
    pub locking_shift: Option<u8>,
    /// National Language Identifier of the single shift table.
    pub single_shift: Option<u8>,
    pub body: Body,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    Text(Text),
    Data(Vec<u8>),
}

/// The network's answer to a message that we sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// TP-Message-Reference of the message it is about.
    pub reference: u8,
    pub recipient: Address,
    pub scts: Option<Scts>,
    /// When the message was delivered, or given up.
    pub discharged: Option<Scts>,
    /// TP-Status: below 0x20 delivered, below 0x40 still trying, else failed.
    pub status: u8,
}

/// Octets of the longest PDU that a modem may give: an address, a status report with its optional parts, and room to pad.
const MAX_OCTETS: usize = 400;

/// Decodes one line as a modem gives it in PDU mode. White space in it is ignored, and either case is read.
pub fn decode_pdu_hex(hex: &str) -> Result<SmsPdu, DecodeError> {
    let mut octets = Vec::new();
    let mut high = None;
    for character in hex.chars().filter(|c| !c.is_ascii_whitespace()) {
        let nibble = character.to_digit(16).ok_or(DecodeError::NotHex)? as u8;
        match high.take() {
            None => high = Some(nibble),
            Some(_) if octets.len() >= MAX_OCTETS => return Err(DecodeError::TooLong("PDU")),
            Some(high) => octets.push(high << 4 | nibble),
        }
    }
    if high.is_some() || octets.is_empty() {
        return Err(DecodeError::NotHex);
    }
    decode(&octets)
}

fn decode(octets: &[u8]) -> Result<SmsPdu, DecodeError> {
    let mut cursor = Cursor::new(octets);
    let smsc = Address::decode_smsc(&mut cursor)?;
    let first = cursor.octet("first octet")?;
    match first & 3 {
        0 => deliver(&mut cursor, smsc, first).map(SmsPdu::Deliver),
        1 => Err(DecodeError::NotReceived("SMS-SUBMIT-REPORT")),
        2 => status_report(&mut cursor).map(SmsPdu::StatusReport),
        _ => Err(DecodeError::NotReceived("reserved message type")),
    }
}

fn deliver(
    cursor: &mut Cursor<'_>,
    smsc: Option<Address>,
    first: u8,
) -> Result<Deliver, DecodeError> {
    const WHAT: &str = "user data";
    let sender = Address::decode(cursor, "sender address")?;
    let pid = cursor.octet("protocol identifier")?;
    let dcs = cursor.octet("data coding scheme")?;
    let scts = Scts::decode(cursor.take(scts::LENGTH, "time stamp")?)?;
    // TP-User-Data-Length counts septets or octets, the header included.
    let length = usize::from(cursor.octet("user data length")?);
    let alphabet = alphabet(dcs);
    let octets = if alphabet == Alphabet::Gsm7 {
        (length * 7).div_ceil(8)
    } else {
        length
    };
    let user_data = cursor.take(octets, WHAT)?;

    let mut text = Cursor::new(user_data);
    let (elements, header_octets) = match first & 0x40 {
        0 => (None, 0),
        _ => udh::decode(&mut text).map(|(elements, octets)| (Some(elements), octets))?,
    };
    let known = elements.as_deref().unwrap_or_default();
    let (locking_shift, single_shift) = (udh::locking_shift(known), udh::single_shift(known));
    let body = match alphabet {
        Alphabet::Gsm7 => {
            // Fill bits align the text to the next septet after the header.
            let header_septets = (header_octets * 8).div_ceil(7);
            let count = length
                .checked_sub(header_septets)
                .ok_or(DecodeError::Malformed("user data header"))?;
            let septets = gsm7::unpack(user_data, header_septets, count);
            Body::Text(Text::of_septets(
                septets,
                locking_shift.unwrap_or(0),
                single_shift.unwrap_or(0),
            ))
        }
        Alphabet::Ucs2 => Body::Text(Text::of_ucs2(text.rest())),
        Alphabet::Octets => Body::Data(text.rest().to_vec()),
    };
    let (concat, ports) = (udh::concat(known), udh::ports(known));
    Ok(Deliver {
        smsc,
        sender,
        scts,
        pid,
        dcs,
        concat,
        ports,
        locking_shift,
        single_shift,
        body,
        udh: elements,
    })
}

fn status_report(cursor: &mut Cursor<'_>) -> Result<StatusReport, DecodeError> {
    let reference = cursor.octet("message reference")?;
    let recipient = Address::decode(cursor, "recipient address")?;
    // Networks fill these carelessly, and nothing is decided by them.
    let scts = Scts::decode(cursor.take(scts::LENGTH, "time stamp")?).unwrap_or_default();
    let discharged = Scts::decode(cursor.take(scts::LENGTH, "discharge time")?).unwrap_or_default();
    let status = cursor.octet("status")?;
    Ok(StatusReport {
        reference,
        recipient,
        scts,
        discharged,
        status,
    })
}

impl Deliver {
    /// The text, if the message is one.
    pub fn text(&self) -> Option<String> {
        match &self.body {
            Body::Text(text) => Some(text.read()),
            Body::Data(_) => None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Text(text) => text.fmt(f),
            Body::Data(data) => write!(f, "Data({} octets, hidden)", data.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_number_nor_text() {
        let pdu = decode_pdu_hex(
            "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37",
        )
        .expect("a message");
        let SmsPdu::Deliver(deliver) = &pdu else {
            panic!("a message")
        };
        assert_eq!(
            (deliver.sender.as_str(), deliver.text().as_deref()),
            ("+18005551212", Some("hellohello"))
        );
        let debug = format!("{pdu:?}");
        assert!(
            !debug.contains("555") && !debug.contains("hello"),
            "{debug}"
        );
    }

    #[test]
    fn spaces_and_either_case_are_read() {
        let pdu = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37";
        let spaced: Vec<String> = pdu
            .to_lowercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8_lossy(pair).into_owned())
            .collect();
        assert_eq!(decode_pdu_hex(&spaced.join(" ")), decode_pdu_hex(pdu));
        assert_eq!(
            decode_pdu_hex(&format!("\r\n{pdu}\r\n")),
            decode_pdu_hex(pdu)
        );
    }

    #[test]
    fn each_refusal_has_its_plain_reason() {
        let check = |hex: &str, reason: &str| {
            assert_eq!(
                decode_pdu_hex(hex).expect_err("refused").to_string(),
                reason
            );
        };
        check("", "not a hexadecimal PDU");
        check("07x", "not a hexadecimal PDU");
        check("079", "not a hexadecimal PDU");
        check("+7 91", "not a hexadecimal PDU");
        check(" \r\n", "not a hexadecimal PDU");
        check(&"00".repeat(500), "PDU is longer than any message");
        check("0011", "not a received message: SMS-SUBMIT-REPORT");
        check("07912143", "cut short in the service centre address");
        check(
            "07912143658709F1040B918100551512F20000111010214365000AE8329BFD46",
            "cut short in the user data",
        );
        // A user data header of 255 octets in a message of ten.
        check(
            "07912143658709F1440B918100551512F20004111010214365000AFF329BFD4697D9EC3700",
            "cut short in the user data header",
        );
        // An element that is longer than its header.
        check(
            "07912143658709F1440B918100551512F20004111010214365000A0300FF9B4697D9EC3700",
            "cut short in the user data header",
        );
    }
}
