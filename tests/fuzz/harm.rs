//! Ways to harm a message that reach beyond its first check: lengths, counts and markers more often than noise.

use spotlight_tests::random::Random;

/// No input grows beyond.
const MOST: usize = 64 * 1024;

/// A copy with one to six harms; `other` gives pieces of its own.
pub fn harmed(whole: &[u8], other: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..1 + random.below(6) {
        harm(&mut bytes, other, random);
    }
    bytes.truncate(MOST);
    bytes
}

fn harm(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    // The beginning holds the headers.
    let reach = if random.below(2) == 0 {
        bytes.len().min(96)
    } else {
        bytes.len()
    };
    let at = random.below(reach.max(1));
    let most = 1 << random.below(8);
    let length = 1 + random.below(most);
    let end = (at + length).min(bytes.len());
    match random.below(10) {
        _ if bytes.is_empty() => bytes.push(random.number() as u8),
        0 | 1 => bytes[at] ^= 1 << random.below(8),
        2 => bytes[at] = [0, 1, 0x1f, 0x20, 0x7f, 0x80, 0xfe, 0xff][random.below(8)],
        3 => {
            bytes[at] = bytes[at]
                .wrapping_add(random.below(17) as u8)
                .wrapping_sub(8)
        }
        4 => bytes[at] = random.number() as u8,
        5 => bytes.truncate(at),
        6 => drop(bytes.drain(at..end)),
        7 => {
            let piece = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        8 if !other.is_empty() => {
            let from = random.below(other.len());
            let piece = other[from..(from + length).min(other.len())].to_vec();
            let end = if random.below(2) == 0 { at } else { end };
            bytes.splice(at..end, piece);
        }
        _ => {
            let piece: Vec<u8> = (0..length).map(|_| random.number() as u8).collect();
            bytes.splice(at..at, piece);
        }
    }
}
