//! The TP-Data-Coding-Scheme octet, 3GPP TS 23.038 clause 4.

/// How the user data of a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alphabet {
    Gsm7,
    /// Octets without a stated meaning; compressed text too, which nobody sends and we do not read.
    Octets,
    /// UCS-2, in practice UTF-16, big-endian.
    Ucs2,
}

/// Reserved values mean the GSM 7-bit default alphabet, as clause 4 asks of a receiver.
pub(super) fn alphabet(dcs: u8) -> Alphabet {
    match dcs >> 4 {
        // General, and marked for automatic deletion: bit 5 compressed, bits 3 and 2 the alphabet.
        0..=7 if dcs & 0x20 != 0 => Alphabet::Octets,
        0..=7 => match dcs >> 2 & 3 {
            1 => Alphabet::Octets,
            2 => Alphabet::Ucs2,
            _ => Alphabet::Gsm7,
        },
        // Message waiting, stored, in UCS-2.
        0xe => Alphabet::Ucs2,
        // Data coding and message class.
        0xf if dcs & 4 != 0 => Alphabet::Octets,
        // Message waiting (0xc, 0xd) and reserved groups.
        _ => Alphabet::Gsm7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_says_its_alphabet() {
        let check = |dcs, expected| assert_eq!(alphabet(dcs), expected, "{dcs:#x}");
        for dcs in [
            0x00, 0x0c, 0x10, 0x13, 0x40, 0x80, 0xb0, 0xc0, 0xc8, 0xd0, 0xf0, 0xf1, 0xfb,
        ] {
            check(dcs, Alphabet::Gsm7);
        }
        for dcs in [0x04, 0x06, 0x14, 0x44, 0x20, 0x28, 0xf4, 0xf5, 0xff] {
            check(dcs, Alphabet::Octets);
        }
        for dcs in [0x08, 0x19, 0x48, 0x58, 0xe0, 0xe8] {
            check(dcs, Alphabet::Ucs2);
        }
    }
}
