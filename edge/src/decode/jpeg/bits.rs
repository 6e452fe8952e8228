//! The bits of entropy-coded data (T.81, F.2.2.5): a zero byte after each FF is none of them, and a marker ends them.

/// It is copied for what is seldom done, so that the loops keep it in registers.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first of them highest.
    buffer: u64,
    /// How many of the buffer's bits are read from the data, or made up behind its end.
    count: u32,
    /// How many bits were made up.
    made_up: u32,
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
            made_up: 0,
        }
    }

    /// At least [`FILLED`] bits to read.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        if let Some(next) = self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_be_bytes(*next);
            if ff_bytes(word) == 0 {
                // Bits beyond the count are the next byte's: they are set again, to the same.
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.at += bytes as usize;
                self.count += 8 * bytes;
                return;
            }
        }
        *self = self.filled_at_ff();
    }

    /// Filled where an FF is near, or the end.
    #[cold]
    fn filled_at_ff(mut self) -> Self {
        while self.count < FILLED {
            let rest = self.data.get(self.at..).unwrap_or_default();
            if let Some(next) = rest.first_chunk() {
                let word = u64::from_be_bytes(*next);
                let before_ff = ff_bytes(word).leading_zeros() / 8;
                let bytes = before_ff.min((63 - self.count) / 8);
                let bits = 8 * bytes;
                // At most 56 of them.
                self.buffer |= (word & !(u64::MAX >> bits)) >> self.count;
                self.at += bytes as usize;
                self.count += bits;
            }
            self.fill_byte();
        }
        self
    }

    fn fill_byte(&mut self) {
        if self.count >= FILLED {
            return;
        }
        let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
            (Some(0xff), Some(0)) => {
                self.at += 2;
                0xff
            }
            (Some(0xff), _) | (None, _) => {
                self.made_up += 8;
                0
            }
            (Some(&byte), _) => {
                self.at += 1;
                byte
            }
        };
        self.buffer |= u64::from(byte) << (56 - self.count);
        self.count += 8;
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
        self.count < self.made_up
    }

    /// Goes on behind a restart marker, if that is what comes next.
    pub(super) fn restart(&mut self) -> Option<()> {
        let rest = self.data.get(self.at..)?;
        let marker = rest.iter().position(|&byte| byte != 0xff)?;
        if self.is_beyond() || marker == 0 || !(0xd0..=0xd7).contains(&rest[marker]) {
            return None;
        }
        *self = Self {
            at: self.at + marker + 1,
            ..Self::new(self.data)
        };
        Some(())
    }
}

/// The highest bit of each byte that is FF; an FE right before one may have it too.
#[inline(always)]
fn ff_bytes(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = !word;
    zeros.wrapping_sub(ONES) & !zeros & (ONES << 7)
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
            let mut bits = Bits::new(&stuffed);
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
            assert!(!bits.is_beyond());
            bits.fill();
            bits.take(1);
            assert!(bits.is_beyond());
        }
    }
}
