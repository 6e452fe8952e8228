//! The user data header, 3GPP TS 23.040 clause 9.2.3.24: information elements before the text.

use std::fmt;

use super::{DecodeError, cursor::Cursor};

/// One information element: its identifier and its value. The value may be an address to reply to; its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Element {
    pub iei: u8,
    pub data: Vec<u8>,
}

/// Which part of which longer message this is (IEI 0x00, 8-bit reference; IEI 0x08, 16-bit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConcatRef {
    pub reference: u16,
    /// 8 or 16: a number of one width never names the same message as that of the other.
    pub ref_bits: u8,
    pub total: u8,
    /// From 1 to `total`.
    pub seq: u8,
}

/// Application ports (IEI 0x04, 8-bit; IEI 0x05, 16-bit); a WAP push goes to 2948.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports {
    pub destination: u16,
    pub source: u16,
}

const WHAT: &str = "user data header";

/// The elements of the header at the cursor, and how many octets it took with its length octet.
pub(super) fn decode(cursor: &mut Cursor<'_>) -> Result<(Vec<Element>, usize), DecodeError> {
    let length = usize::from(cursor.octet(WHAT)?);
    let mut header = Cursor::new(cursor.take(length, WHAT)?);
    let mut elements = Vec::new();
    while !header.is_empty() {
        let iei = header.octet(WHAT)?;
        let size = usize::from(header.octet(WHAT)?);
        elements.push(Element {
            iei,
            data: header.take(size, WHAT)?.to_vec(),
        });
    }
    Ok((elements, length + 1))
}

/// The value of the last element with this identifier: 23.040 lets the last of several count.
fn last(elements: &[Element], iei: u8) -> Option<&[u8]> {
    elements
        .iter()
        .rev()
        .find(|element| element.iei == iei)
        .map(|element| element.data.as_slice())
}

/// A reference whose parts do not add up is ignored, as 23.040 asks.
pub(super) fn concat(elements: &[Element]) -> Option<ConcatRef> {
    let found =
        elements
            .iter()
            .rev()
            .find_map(|element| match (element.iei, element.data.as_slice()) {
                (0x00, &[reference, total, seq]) => Some(ConcatRef {
                    reference: reference.into(),
                    ref_bits: 8,
                    total,
                    seq,
                }),
                (0x08, &[high, low, total, seq]) => Some(ConcatRef {
                    reference: u16::from_be_bytes([high, low]),
                    ref_bits: 16,
                    total,
                    seq,
                }),
                _ => None,
            });
    found.filter(|concat| (1..=concat.total).contains(&concat.seq))
}

pub(super) fn ports(elements: &[Element]) -> Option<Ports> {
    elements
        .iter()
        .rev()
        .find_map(|element| match (element.iei, element.data.as_slice()) {
            (0x04, &[destination, source]) => Some(Ports {
                destination: destination.into(),
                source: source.into(),
            }),
            (0x05, &[a, b, c, d]) => Some(Ports {
                destination: u16::from_be_bytes([a, b]),
                source: u16::from_be_bytes([c, d]),
            }),
            _ => None,
        })
}

/// The National Language Identifier of the locking shift table, IEI 0x25.
pub(super) fn locking_shift(elements: &[Element]) -> Option<u8> {
    last(elements, 0x25)?.first().copied()
}

/// The National Language Identifier of the single shift table, IEI 0x24.
pub(super) fn single_shift(elements: &[Element]) -> Option<u8> {
    last(elements, 0x24)?.first().copied()
}

impl fmt::Debug for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Element({:#04x}, {} octets, hidden)",
            self.iei,
            self.data.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_element_holds_is_not_shown() {
        // A reply address, clause 9.2.3.24.17.
        let (elements, _) =
            decode(&mut Cursor::new(b"\x07\x22\x05\x91\x31\x21\x55\x05")).expect("one element");
        assert_eq!(format!("{elements:?}"), "[Element(0x22, 5 octets, hidden)]");
    }
}
