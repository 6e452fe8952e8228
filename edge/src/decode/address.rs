//! SMS addresses, 3GPP TS 23.040 clause 9.1.2.5: a type octet and swapped digits, or an alphanumeric name in septets.

use std::fmt;

use super::{DecodeError, cursor::Cursor, gsm7};

/// Who sent a message: a number, with `+` where it is international, or the name that a network put there.
/// Its `Debug` hides it; whoever needs it asks for it.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Address {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Kind {
    #[default]
    Unknown,
    International,
    Alphanumeric,
}

/// 23.040: at most 20 semi-octets.
const MAX_SEMI_OCTETS: usize = 20;
/// A type octet and 20 digits, and one octet of grace for modems that pad.
const MAX_SMSC_OCTETS: usize = 12;

impl Address {
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is a name, which cannot be answered.
    pub fn is_alphanumeric(&self) -> bool {
        self.kind == Kind::Alphanumeric
    }

    /// TP-OA and TP-RA: a count of semi-octets, the type, the semi-octets.
    pub(super) fn decode(cursor: &mut Cursor<'_>, what: &'static str) -> Result<Self, DecodeError> {
        let semi_octets = usize::from(cursor.octet(what)?);
        if semi_octets > MAX_SEMI_OCTETS {
            return Err(DecodeError::Malformed(what));
        }
        let kind = cursor.octet(what)?;
        let value = cursor.take(semi_octets.div_ceil(2), what)?;
        if kind & 0x70 == 0x50 {
            let mut septets = gsm7::unpack(value, 0, semi_octets * 4 / 7);
            // Seven characters fill seven octets but for seven bits: a network that counts whole octets adds a septet of zeros.
            if septets.len() == 8 && septets.last() == Some(&0) {
                septets.pop();
            }
            let text = gsm7::read(&septets, 0, 0);
            return Ok(Self {
                text,
                kind: Kind::Alphanumeric,
            });
        }
        Ok(Self::from_digits(kind, value, semi_octets))
    }

    /// The service centre's address, which a modem puts before the PDU: a count of octets, type included. `None` where it is 0.
    pub(super) fn decode_smsc(cursor: &mut Cursor<'_>) -> Result<Option<Self>, DecodeError> {
        const WHAT: &str = "service centre address";
        let octets = usize::from(cursor.octet(WHAT)?);
        if octets > MAX_SMSC_OCTETS {
            return Err(DecodeError::Malformed(WHAT));
        }
        let Some((kind, value)) = cursor.take(octets, WHAT)?.split_first() else {
            return Ok(None);
        };
        Ok(Some(Self::from_digits(*kind, value, value.len() * 2)))
    }

    fn from_digits(kind: u8, octets: &[u8], semi_octets: usize) -> Self {
        let digits = octets
            .iter()
            .flat_map(|octet| [octet & 0xf, octet >> 4])
            .take(semi_octets);
        let digits: String = digits
            .filter_map(|digit| b"0123456789*#abc".get(usize::from(digit)))
            .map(|c| char::from(*c))
            .collect();
        if kind & 0x70 == 0x10 && !digits.is_empty() {
            Self {
                text: format!("+{digits}"),
                kind: Kind::International,
            }
        } else {
            Self {
                text: digits,
                kind: Kind::Unknown,
            }
        }
    }

    /// The type octet and value of a number, or of a name of at most 11 septets, and its count of semi-octets.
    pub(super) fn encode(text: &str) -> Option<(usize, Vec<u8>)> {
        let (kind, digits) = match text.strip_prefix('+') {
            Some(digits) => (0x91, digits),
            None => (0x81, text),
        };
        let nibbles: Option<Vec<u8>> = digits
            .bytes()
            .map(|c| {
                b"0123456789*#abc"
                    .iter()
                    .position(|d| *d == c)
                    .map(|d| d as u8)
            })
            .collect();
        let (kind, semi_octets, value) = match nibbles {
            Some(nibbles) => {
                let pairs = nibbles
                    .chunks(2)
                    .map(|pair| pair[0] | pair.get(1).unwrap_or(&0xf) << 4)
                    .collect();
                (kind, nibbles.len(), pairs)
            }
            None => {
                let septets: Vec<u8> = text
                    .chars()
                    .map(gsm7::septets)
                    .collect::<Option<Vec<_>>>()?
                    .into_iter()
                    .flatten()
                    .collect();
                (
                    0xd0,
                    (septets.len() * 7).div_ceil(4),
                    gsm7::pack(&septets, 0),
                )
            }
        };
        (semi_octets <= MAX_SEMI_OCTETS).then(|| (semi_octets, [&[kind], &value[..]].concat()))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({:?}, hidden)", self.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(octets: &[u8]) -> Result<Address, DecodeError> {
        Address::decode(&mut Cursor::new(octets), "sender address")
    }

    #[test]
    fn every_kind_of_sender_is_read() {
        let check = |octets: &[u8], expected: &str| {
            assert_eq!(sender(octets).expect("an address").as_str(), expected);
        };
        check(
            &[11, 0x91, 0x21, 0x43, 0x65, 0x87, 0x09, 0xf1],
            "+12345678901",
        );
        check(&[10, 0x81, 0x21, 0x43, 0x65, 0x87, 0x09], "1234567890");
        check(&[5, 0xa1, 0x21, 0x43, 0xf5], "12345");
        check(&[5, 0xc9, 0x21, 0x43, 0xf5], "12345");
        check(&[4, 0x81, 0x1a, 0xcb], "*1#a");
        check(&[0, 0x91], "");
        // Names of 7 characters, counted in semi-octets that carry text (13) or in whole octets (14), and one of 8.
        let seven = [0xcd, 0xf2, 0x3c, 0x6c, 0x7e, 0xbb, 0x01];
        let name = |count: u8, octets: &[u8]| [&[count, 0xd0], octets].concat();
        let of_13 = sender(&name(13, &seven)).expect("a name");
        let of_14 = sender(&name(14, &seven)).expect("a name");
        assert!(of_13.is_alphanumeric());
        assert_eq!(of_13, of_14);
        assert_eq!(of_13.as_str().chars().count(), 7);
        let (count, octets) = Address::encode("Cop Rep!").expect("a name");
        check(&[&[count as u8], &octets[..]].concat(), "Cop Rep!");
        for bad in [&[21, 0x91][..], &[4, 0x91, 0x21], &[4], &[]] {
            assert!(sender(bad).is_err());
        }
    }
}
