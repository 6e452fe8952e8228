//! The bits of entropy-coded data (T.81, F.2.2.5): a zero byte after each FF is none of them, and a marker ends them.

use memchr::memchr;

/// Takes the bytes up to a marker, without the zero after each FF. Returns what begins with the marker.
pub(super) fn unstuff<'a>(data: &'a [u8], to: &mut Vec<u8>) -> &'a [u8] {
    to.clear();
    let mut rest = data;
    while let Some(at) = memchr(0xff, rest) {
        if rest.get(at + 1) != Some(&0) {
            to.extend_from_slice(&rest[..at]);
            return &rest[at..];
        }
        to.extend_from_slice(&rest[..=at]);
        rest = &rest[at + 2..];
    }
    to.extend_from_slice(rest);
    &[]
}

/// What stands behind a restart marker, if that is what comes next.
pub(super) fn behind_restart(data: &[u8]) -> Option<&[u8]> {
    let marker = data.iter().position(|&byte| byte != 0xff)?;
    let is_restart = marker > 0 && (0xd0..=0xd7).contains(&data[marker]);
    is_restart.then(|| &data[marker + 1..])
}

/// Reads from what was unstuffed. It is copied for what is seldom done, so that the loops keep it in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first of them highest; zeros behind the end.
    buffer: u64,
    /// How many of the buffer's bits are before `at`.
    count: u32,
}

/// So many bits are there after [`Bits::fill`].
pub(super) const FILLED: u32 = 56;

/// The bits that the tables of [`super::huffman`] are asked with.
pub(super) const WINDOW: u32 = 12;

impl<'a> Bits<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self {
            data,
            at: 0,
            buffer: 0,
            count: 0,
        }
    }

    /// At least [`FILLED`] bits to read.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        let word = match self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            Some(next) => u64::from_be_bytes(*next),
            None => last_word(self.data, self.at),
        };
        // Bits beyond the count are the next byte's: they are set again, to the same.
        self.buffer |= word >> self.count;
        let bytes = (63 - self.count) / 8;
        self.at += bytes as usize;
        self.count += 8 * bytes;
    }

    #[inline(always)]
    pub(super) fn window(&self) -> usize {
        (self.buffer >> (64 - WINDOW)) as usize
    }

    /// The next 16 bits, not taken.
    #[inline(always)]
    pub(super) fn sixteen(&self) -> u32 {
        (self.buffer >> 48) as u32
    }

    #[inline(always)]
    pub(super) fn take(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// A number of up to 15 bits, its sign told by its first bit (T.81, F.2.2.1).
    #[inline(always)]
    pub(super) fn signed(&mut self, bits: u32) -> i32 {
        let value = ((self.buffer >> 1) >> (63 - bits)) as i32;
        self.take(bits);
        match bits {
            0 => 0,
            _ if value < 1 << (bits - 1) => value - (1 << bits) + 1,
            _ => value,
        }
    }

    /// Whether more was taken than was there.
    pub(super) fn is_beyond(&self) -> bool {
        self.taken() > 8 * self.data.len()
    }

    /// Whether less than a byte is left.
    pub(super) fn is_used_up(&self) -> bool {
        !self.is_beyond() && 8 * self.data.len() - self.taken() < 8
    }

    fn taken(&self) -> usize {
        8 * self.at - self.count as usize
    }
}

/// The last bytes, and zeros behind them.
#[cold]
fn last_word(data: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    for (to, from) in word.iter_mut().zip(data.get(at..).unwrap_or_default()) {
        *to = *from;
    }
    u64::from_be_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data of many FFs and of few, read in pieces of up to 15 bits, against the bytes that were stuffed.
    #[test]
    fn stuffed_bytes_are_read_as_they_were() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 11) % below
        };
        for round in 0..200 {
            let plain: Vec<u8> = (0..300)
                .map(|_| match next(2 + round % 40) {
                    0 => [0xff, 0xfe, 0x00][next(3) as usize],
                    _ => next(256) as u8,
                })
                .collect();
            let mut stuffed = Vec::new();
            for &byte in &plain {
                stuffed.push(byte);
                if byte == 0xff {
                    stuffed.push(0);
                }
            }
            stuffed.extend([0xff, 0xd9]);
            let mut data = vec![1; 5];
            assert_eq!(unstuff(&stuffed, &mut data), [0xff, 0xd9]);
            assert_eq!(data, plain);
            let mut bits = Bits::new(&data);
            let mut at = 0;
            while at < 8 * plain.len() {
                bits.fill();
                for _ in 0..3 {
                    let taken = (next(16) as usize).min(8 * plain.len() - at);
                    let expected = (at..at + taken).fold(0, |value, at| {
                        value << 1 | u32::from(plain[at / 8] >> (7 - at % 8) & 1)
                    });
                    assert_eq!(bits.sixteen() >> (16 - taken), expected, "{round} {at}");
                    bits.take(taken as u32);
                    at += taken;
                }
            }
            assert!(bits.is_used_up());
            bits.fill();
            bits.take(1);
            assert!(bits.is_beyond() && !bits.is_used_up());
        }
    }
}
