//! The GSM 7-bit alphabets of 3GPP TS 23.038: packing of septets (6.1.2.1) and what septets stand for (6.2.1 and annex A).

use super::national;

/// The septet that announces a character of the extension or single shift table.
const ESCAPE: u8 = 0x1b;

/// 6.2.1: one character a septet, `\0` for the escape.
const DEFAULT: &str = concat!(
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ\0ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
);

/// The `count` septets after the first `skip` ones of packed octets; fewer if the octets end.
pub(super) fn unpack(octets: &[u8], skip: usize, count: usize) -> Vec<u8> {
    let available = octets.len() * 8 / 7;
    (skip..skip.saturating_add(count).min(available))
        .map(|index| {
            let (octet, shift) = (index * 7 / 8, index * 7 % 8);
            let low = u16::from(octets[octet]);
            let high = octets.get(octet + 1).copied().map_or(0, u16::from);
            (((high << 8 | low) >> shift) & 0x7f) as u8
        })
        .collect()
}

/// Packs septets after `fill` zero bits (those that align text to a septet after a user data header).
pub(super) fn pack(septets: &[u8], fill: usize) -> Vec<u8> {
    let mut octets = vec![0; (fill + septets.len() * 7).div_ceil(8)];
    for (index, septet) in septets.iter().enumerate() {
        let bit = fill + index * 7;
        let value = u16::from(septet & 0x7f) << (bit % 8);
        let [low, high] = value.to_le_bytes();
        octets[bit / 8] |= low;
        if high != 0 {
            octets[bit / 8 + 1] |= high;
        }
    }
    octets
}

/// Text of septets, by the locking and single shift tables of two languages (0: the default ones).
///
/// As 23.038 asks: an escape before what the shift table lacks shows the character of the main table, two escapes and an escape
/// at the end show a space; so does a septet that a locking table leaves open.
pub(super) fn read(septets: &[u8], locking: u8, single: u8) -> String {
    let main: Vec<char> = national::locking(locking)
        .unwrap_or(DEFAULT)
        .chars()
        .collect();
    let plain = |septet: u8| {
        main.get(usize::from(septet))
            .copied()
            .filter(|c| *c != '\0')
            .unwrap_or(' ')
    };
    let mut text = String::with_capacity(septets.len());
    let mut septets = septets.iter().copied();
    while let Some(septet) = septets.next() {
        text.push(match septet {
            ESCAPE => match septets.next() {
                None | Some(ESCAPE) => ' ',
                Some(shifted) => {
                    national::single(single, shifted).unwrap_or_else(|| plain(shifted))
                }
            },
            _ => plain(septet),
        });
    }
    text
}

/// Text of septets that stand an octet each, in the default alphabet.
pub fn gsm7_text(septets: &[u8]) -> String {
    let septets: Vec<u8> = septets.iter().map(|septet| septet & 0x7F).collect();
    read(&septets, 0, 0)
}

/// The septets of a character in the default alphabet and its extension table: one, or an escape and one.
pub(super) fn septets(character: char) -> Option<impl Iterator<Item = u8> + Clone> {
    if character == '\0' {
        return None;
    }
    let plain = DEFAULT
        .chars()
        .position(|c| c == character)
        .map(|at| at as u8);
    let (escape, septet) = match plain {
        Some(septet) => (None, septet),
        None => (
            Some(ESCAPE),
            (0..0x80).find(|at| *at != ESCAPE && national::single(0, *at) == Some(character))?,
        ),
    };
    Some(escape.into_iter().chain([septet]))
}

/// How many septets a text takes in the default alphabet and its extension table (whose characters take two): 160 fit in one SMS.
/// `None` if a character is in neither.
pub fn gsm7_septets(text: &str) -> Option<usize> {
    text.chars()
        .map(|character| septets(character).map(Iterator::count))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_128_characters() {
        assert_eq!(DEFAULT.chars().count(), 128);
        for language in 0..=255 {
            assert!(
                national::locking(language).is_none_or(|table| table.chars().count() == 128),
                "{language}"
            );
        }
        assert_eq!(
            (0..=255)
                .filter(|language| national::locking(*language).is_some())
                .count(),
            12
        );
    }

    #[test]
    fn packing_and_unpacking_agree_at_every_length_and_fill() {
        for fill in 0..7 {
            for length in 0..40 {
                let septets: Vec<u8> = (0..length).map(|i| (i * 37 + 5) as u8 & 0x7f).collect();
                let packed = pack(&septets, fill);
                let aligned: Vec<u8> = if fill == 0 {
                    unpack(&packed, 0, length)
                } else {
                    // Put the missing bits of a header in front: 7 - fill of them make a whole septet with the fill.
                    let shifted = pack(&[&[0][..], &septets[..]].concat(), 0);
                    unpack(&shifted, 1, length)
                };
                assert_eq!(aligned, septets, "{fill} {length}");
            }
        }
    }

    #[test]
    fn an_escape_before_nothing_known_shows_the_main_character() {
        assert_eq!(
            read(&[0x1b, 0x65, 0x1b, 0x41, 0x1b, 0x1b, 0x1b], 0, 0),
            "€A  "
        );
    }

    #[test]
    fn septets_are_counted_as_the_network_counts_them() {
        assert_eq!(gsm7_septets("Police at 5th & San Pedro @"), Some(27));
        assert_eq!(gsm7_septets("{€}"), Some(6));
        assert_eq!(gsm7_septets("İ"), None);
        assert_eq!(gsm7_septets("\0"), None);
        assert_eq!(gsm7_septets("\u{1b}"), None);
    }
}
