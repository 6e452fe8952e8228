//! The reverse of decoding: SMS-SUBMIT PDUs, by which a modem sends answers; and, for the demo's messages and for tests, what a
//! service centre and an MMSC would send: SMS-DELIVER PDUs and an M-Retrieve.conf.

use jiff::Timestamp;
use thiserror::Error;

use super::{Address, ConcatRef, Scts, charset, gsm7, wsp_names};

/// Octets of user data in one SMS, and the septets that fit in them.
const USER_DATA_OCTETS: usize = 140;
const USER_DATA_SEPTETS: usize = 160;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodeError {
    #[error("neither a number of at most 20 digits nor a name of at most 11 characters")]
    Address,
    #[error("text takes more than 255 parts")]
    TooLong,
}

/// The hexadecimal PDUs of a text, one a part: in the GSM 7-bit default alphabet where that has every character, else in UCS-2.
///
/// A text that fits in one SMS is one PDU without a header; the parts of a longer one carry `reference`, in 16 bits where it needs
/// them. Neither an escape nor a surrogate pair is cut in two.
pub fn deliver_pdus(
    smsc: &str,
    sender: &str,
    text: &str,
    scts: Scts,
    reference: u16,
) -> Result<Vec<String>, EncodeError> {
    let part = |(concat, text)| deliver_pdu(smsc, sender, text, scts, concat);
    parts(text, reference)?.into_iter().map(part).collect()
}

/// A PDU to send, as `AT+CMGS` takes it.
pub struct Submit {
    /// In hex. It names no service centre: the SIM's counts.
    pub pdu: String,
    /// Its octets, without those of the service centre's address.
    pub octets: usize,
}

/// The PDUs that send a text, one a part, as [`deliver_pdus`] makes them. The network gives up after an hour; no report is asked
/// for.
pub fn submit_pdus(
    recipient: &str,
    text: &str,
    reference: u16,
) -> Result<Vec<Submit>, EncodeError> {
    let part = |(concat, text)| submit_pdu(recipient, text, concat);
    parts(text, reference)?.into_iter().map(part).collect()
}

/// The parts of a text, each with its reference where there are several.
fn parts(text: &str, reference: u16) -> Result<Vec<(Option<ConcatRef>, &str)>, EncodeError> {
    let gsm7 = gsm7::gsm7_septets(text).is_some();
    let header = if reference < 256 { 6 } else { 7 };
    let (whole, room) = match gsm7 {
        true => (USER_DATA_SEPTETS, (USER_DATA_OCTETS - header) * 8 / 7),
        false => (USER_DATA_OCTETS / 2, (USER_DATA_OCTETS - header) / 2),
    };
    let size = |character: char| match gsm7 {
        true => gsm7::septets(character).map_or(0, Iterator::count),
        false => character.len_utf16(),
    };
    let mut parts = vec![text];
    if text.chars().map(size).sum::<usize>() > whole {
        parts = split(text, room, size);
    }
    let total = u8::try_from(parts.len()).map_err(|_| EncodeError::TooLong)?;
    let ref_bits = if reference < 256 { 8 } else { 16 };
    let part = |(seq, text)| {
        let concat = (total > 1).then_some(ConcatRef {
            reference,
            ref_bits,
            total,
            seq,
        });
        (concat, text)
    };
    Ok((1..=total).zip(parts).map(part).collect())
}

fn split(text: &str, room: usize, size: impl Fn(char) -> usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut used) = (0, 0);
    for (at, character) in text.char_indices() {
        if used + size(character) > room {
            parts.push(&text[start..at]);
            (start, used) = (at, 0);
        }
        used += size(character);
    }
    parts.push(&text[start..]);
    parts
}

/// One PDU. The text must fit in it with its reference.
fn deliver_pdu(
    smsc: &str,
    sender: &str,
    text: &str,
    scts: Scts,
    concat: Option<ConcatRef>,
) -> Result<String, EncodeError> {
    let (_, smsc) = Address::encode(smsc).ok_or(EncodeError::Address)?;
    let (semi_octets, sender) = Address::encode(sender).ok_or(EncodeError::Address)?;
    let (dcs, length, user_data) = user_data(text, concat)?;
    // SMS-DELIVER, no more messages to send; bit 6 tells of a header.
    let first = if concat.is_none() { 0x04 } else { 0x44 };
    let mut octets = vec![smsc.len() as u8];
    octets.extend(smsc);
    octets.extend([first, semi_octets as u8]);
    octets.extend(sender);
    octets.extend([0x00, dcs]);
    octets.extend(scts.encode());
    octets.push(length);
    octets.extend(user_data);
    Ok(hex(&octets))
}

/// An hour: TP-Validity-Period, clause 9.2.3.12.1, counts five minutes from one.
const AN_HOUR: u8 = 11;

fn submit_pdu(
    recipient: &str,
    text: &str,
    concat: Option<ConcatRef>,
) -> Result<Submit, EncodeError> {
    // A name takes no message.
    let digits = recipient.strip_prefix('+').unwrap_or(recipient);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(EncodeError::Address);
    }
    let (semi_octets, recipient) = Address::encode(recipient).ok_or(EncodeError::Address)?;
    let (dcs, length, user_data) = user_data(text, concat)?;
    // SMS-SUBMIT with a relative validity period; bit 6 tells of a header. The modem fills in the reference.
    let first = if concat.is_none() { 0x11 } else { 0x51 };
    let mut octets = vec![0x00, first, 0x00, semi_octets as u8];
    octets.extend(recipient);
    octets.extend([0x00, dcs, AN_HOUR, length]);
    octets.extend(user_data);
    Ok(Submit {
        pdu: hex(&octets),
        octets: octets.len() - 1,
    })
}

/// TP-Data-Coding-Scheme, TP-User-Data-Length and TP-User-Data.
fn user_data(text: &str, concat: Option<ConcatRef>) -> Result<(u8, u8, Vec<u8>), EncodeError> {
    let header = match concat {
        None => vec![],
        Some(ConcatRef {
            reference,
            ref_bits: 8,
            total,
            seq,
        }) => vec![5, 0x00, 3, reference as u8, total, seq],
        Some(ConcatRef {
            reference,
            total,
            seq,
            ..
        }) => {
            let [high, low] = reference.to_be_bytes();
            vec![6, 0x08, 4, high, low, total, seq]
        }
    };
    let septets: Option<Vec<u8>> = text
        .chars()
        .map(gsm7::septets)
        .collect::<Option<Vec<_>>>()
        .map(|all| all.into_iter().flatten().collect());
    let (dcs, length, user_data) = match septets {
        Some(septets) => {
            let header_septets = (header.len() * 8).div_ceil(7);
            let text = gsm7::pack(&septets, header_septets * 7 - header.len() * 8);
            (
                0x00,
                header_septets + septets.len(),
                [header.as_slice(), &text].concat(),
            )
        }
        None => {
            let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            (
                0x08,
                header.len() + text.len(),
                [header.as_slice(), &text].concat(),
            )
        }
    };
    let length = u8::try_from(length).map_err(|_| EncodeError::TooLong)?;
    Ok((dcs, length, user_data))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// A message as an MMSC hands it over: multipart related, without SMIL, the text first.
#[derive(Clone, Copy, Default)]
pub struct RetrieveConf<'a> {
    pub transaction_id: &'a str,
    /// A number; `/TYPE=PLMN` is added. Or an e-mail address.
    pub from: &'a str,
    pub date: Timestamp,
    pub subject: Option<&'a str>,
    pub text: Option<&'a str>,
    /// Content type and bytes of each picture.
    pub images: &'a [(&'a str, &'a [u8])],
}

pub fn retrieve_conf(message: RetrieveConf<'_>) -> Vec<u8> {
    let mut pdu = vec![0x8c, 0x84, 0x98];
    pdu.extend(text_string(message.transaction_id));
    // MMS-Version 1.2.
    pdu.extend([0x8d, 0x92, 0x85, 4]);
    pdu.extend((message.date.as_second().clamp(0, u32::MAX.into()) as u32).to_be_bytes());
    let plmn = if message.from.contains('@') {
        ""
    } else {
        "/TYPE=PLMN"
    };
    let from = text_string(&format!("{}{plmn}", message.from));
    pdu.push(0x89);
    pdu.extend(counted(&[&[0x80], &from[..]].concat()));
    if let Some(subject) = message.subject {
        pdu.push(0x96);
        pdu.extend(counted(
            &[&[0x80 | charset::UTF_8], &text_string(subject)[..]].concat(),
        ));
    }
    // Message-Class personal; Content-Type last, as the standard asks.
    pdu.extend([0x8a, 0x80, 0x84]);
    let related =
        wsp_names::content_type_number("application/vnd.wap.multipart.related").unwrap_or_default();
    pdu.push(0x80 | related);

    let mut parts = Vec::new();
    if let Some(text) = message.text {
        // Parameter charset, UTF-8.
        let content_type =
            counted(&[&media("text/plain")[..], &[0x81, 0x80 | charset::UTF_8]].concat());
        parts.push(part(&content_type, "text.txt", text.as_bytes()));
    }
    for (index, (content_type, bytes)) in message.images.iter().enumerate() {
        parts.push(part(&media(content_type), &format!("photo{index}"), bytes));
    }
    pdu.extend(uintvar(parts.len()));
    pdu.extend(parts.concat());
    pdu
}

fn part(content_type: &[u8], location: &str, body: &[u8]) -> Vec<u8> {
    let headers = [content_type, &[0x8e], &text_string(location)].concat();
    [
        &uintvar(headers.len())[..],
        &uintvar(body.len()),
        &headers,
        body,
    ]
    .concat()
}

/// A well-known content type is one octet.
fn media(name: &str) -> Vec<u8> {
    wsp_names::content_type_number(name)
        .map_or_else(|| text_string(name), |number| vec![0x80 | number])
}

/// Text up to its first NUL, which ends it; an octet from 0x80 in front is quoted.
pub(super) fn text_string(text: &str) -> Vec<u8> {
    let text = text.split('\0').next().unwrap_or_default().as_bytes();
    let quote: &[u8] = if text.first().is_some_and(|first| *first >= 0x80) {
        &[0x7f]
    } else {
        &[]
    };
    [quote, text, &[0]].concat()
}

fn counted(value: &[u8]) -> Vec<u8> {
    match u8::try_from(value.len()) {
        Ok(length @ 0..=30) => [&[length], value].concat(),
        _ => [&[31], &uintvar(value.len())[..], value].concat(),
    }
}

fn uintvar(value: usize) -> Vec<u8> {
    let mut octets = vec![(value & 0x7f) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        octets.insert(0, 0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    octets
}
