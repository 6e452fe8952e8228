//! The bits of entropy-coded data (T.81, F.2.2.5): a zero byte after each FF is none of them, and a marker ends them.

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
pub(super) const FILLED: u32 = 32;

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
    #[inline]
    pub(super) fn fill(&mut self) {
        if self.count >= FILLED {
            return;
        }
        if let Some(next) = self.data.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_be_bytes(*next);
            if !has_ff(word) {
                // Bits beyond the count are the next byte's: they are set again, to the same.
                self.buffer |= word >> self.count;
                let bytes = (63 - self.count) / 8;
                self.at += bytes as usize;
                self.count += 8 * bytes;
                return;
            }
        }
        self.fill_bytewise();
    }

    #[cold]
    fn fill_bytewise(&mut self) {
        while self.count <= 56 {
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
    }

    #[inline]
    pub(super) fn window(&self) -> usize {
        (self.buffer >> (64 - WINDOW)) as usize
    }

    /// The next 16 bits, not taken.
    #[inline]
    pub(super) fn sixteen(&self) -> u32 {
        (self.buffer >> 48) as u32
    }

    #[inline]
    pub(super) fn take(&mut self, bits: u32) {
        self.buffer <<= bits;
        self.count -= bits;
    }

    /// A number of up to 15 bits, its sign told by its first bit (T.81, F.2.2.1).
    #[inline]
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

#[inline]
fn has_ff(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let zeros = !word;
    zeros.wrapping_sub(ONES) & !zeros & (ONES << 7) != 0
}
