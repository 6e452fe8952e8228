//! Huffman tables (T.81, annex C and F.2.2.3), and those that take a code and its value, or several of them, at once.

use std::rc::Rc;

use super::bits::{Bits, FILLED, WINDOW};

const ENTRIES: usize = 1 << WINDOW;

/// Zero run 15, no value: 16 zeros.
const ZEROS: u8 = 0xf0;

/// So many bits a look into a table takes at most: the last value's own may lie behind the window when it is stepped over.
const MOST: u32 = 18;

/// So many looks the bits are enough for after [`Bits::fill`].
const LOOKS: u32 = FILLED / MOST;

pub(super) struct Table {
    /// By the next 12 bits: the code's length, and its symbol in the lower byte. 0 where the code is longer.
    short: Box<[u16; ENTRIES]>,
    /// For each longer length, 16-bit codes below this are of that length or shorter.
    limit: [u32; 17],
    /// What to add to a code of a length to get its symbol's index.
    offset: [i64; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// From the numbers of codes of each length, and the symbols in the codes' order.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: Box::new([0; ENTRIES]),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            let count = usize::from(counts[length as usize - 1]);
            table.offset[length as usize] = index as i64 - i64::from(code);
            for symbol in symbols.get(index..index + count)? {
                if length <= WINDOW {
                    let from = (code as usize) << (WINDOW - length);
                    let to = from + (1 << (WINDOW - length));
                    let entry = (length as u16) << 8 | u16::from(*symbol);
                    table.short.get_mut(from..to)?.fill(entry);
                }
                code += 1;
            }
            if code > 1 << length {
                return None;
            }
            index += count;
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// The next symbol. At least 16 bits are there.
    #[inline]
    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let [length, symbol] = self.short[bits.window()].to_be_bytes();
        if length > 0 {
            bits.take(u32::from(length));
            return Some(symbol);
        }
        let code = bits.sixteen();
        let length = (WINDOW + 1..=16).find(|&length| code < self.limit[length as usize])?;
        let index = i64::from(code >> (16 - length)) + self.offset[length as usize];
        bits.take(length);
        self.symbols.get(usize::try_from(index).ok()?).copied()
    }
}

/// For the means (DC).
pub(super) struct Dc {
    table: Rc<Table>,
    /// By the next 12 bits: a difference of means, and in the lower 4 bits how many it takes. 0 where it takes more.
    differences: Box<[i16; ENTRIES]>,
}

/// The largest size of a difference of means, in bits, that 8-bit samples make.
const MOST_DC: u8 = 11;

impl Dc {
    pub(super) fn new(table: Rc<Table>) -> Self {
        let mut differences = Box::new([0; ENTRIES]);
        for (window, difference) in differences.iter_mut().enumerate() {
            let [length, size] = table.short[window].to_be_bytes();
            if let Some(value) = value_within(window, length, size) {
                *difference = value << 4 | i16::from(length + size);
            }
        }
        Self { table, differences }
    }

    /// What this block's mean has more than the last one's. The bits are filled.
    #[inline(always)]
    pub(super) fn difference(&self, bits: &mut Bits<'_>) -> Option<i32> {
        let known = self.differences[bits.window()];
        if known != 0 {
            bits.take(u32::from(known as u16 & 15));
            return Some(i32::from(known >> 4));
        }
        let (difference, after) = self.long_difference(*bits)?;
        *bits = after;
        Some(difference)
    }

    #[cold]
    fn long_difference<'a>(&self, mut bits: Bits<'a>) -> Option<(i32, Bits<'a>)> {
        let size = self.table.symbol(&mut bits)?;
        (size <= MOST_DC).then(|| (bits.signed(u32::from(size)), bits))
    }
}

/// The value behind a code of this length, if all of it is in the window.
fn value_within(window: usize, length: u8, size: u8) -> Option<i16> {
    let rest = WINDOW.checked_sub(u32::from(length) + u32::from(size))?;
    let bits = (window >> rest) as i32 & ((1 << size) - 1);
    let value = match size {
        0 => 0,
        _ if bits < 1 << (size - 1) => bits - (1 << size) + 1,
        _ => bits,
    };
    (length > 0).then_some(value as i16)
}

/// For the waves (AC).
pub(super) struct Ac {
    table: Rc<Table>,
    /// By the next 12 bits, the coefficients whose codes are in them, the block's end with them. In the lower byte how many
    /// bits they take; in the upper how far they go along the zigzag. [`END`] is added with an end; [`LONG`] where not
    /// even one code is whole.
    steps: Box<[u16; ENTRIES]>,
    /// By the next 12 bits, one coefficient: its value in the upper byte, the zeros before it, how many bits it takes; value
    /// and zeros are 0 at the block's end. All is 0 where it takes more bits, or its value is larger.
    singles: Box<[i16; ENTRIES]>,
}

const END: u16 = 64 << 8;
const LONG: u16 = 128 << 8;

impl Ac {
    pub(super) fn new(table: Rc<Table>) -> Self {
        let mut steps = Box::new([0; ENTRIES]);
        let mut singles = Box::new([0; ENTRIES]);
        for window in 0..ENTRIES {
            steps[window] = step(&table, window);
            singles[window] = single(&table, window);
        }
        Self {
            table,
            steps,
            singles,
        }
    }

    /// The first wave across, the first one down and the first of both (the zigzag's 1st, 2nd and 4th), and steps over the
    /// others.
    #[inline(always)]
    pub(super) fn waves(&self, bits: &mut Bits<'_>) -> Option<[i32; 3]> {
        let mut waves = [0; 5];
        let mut at = 1;
        bits.fill();
        // At most four looks of at most 12 bits.
        while at < waves.len() {
            let known = self.singles[bits.window()];
            let (run, value) = if known != 0 {
                bits.take(u32::from(known as u16 & 15));
                (known as usize >> 4 & 15, i32::from(known >> 8))
            } else {
                let (run, value, after) = self.coefficient(*bits)?;
                *bits = after;
                (run, value)
            };
            if value == 0 && run == 0 {
                return Some([waves[1], waves[2], waves[4]]);
            }
            at += run;
            if let Some(wave) = waves.get_mut(at) {
                *wave = value;
            }
            at += 1;
        }
        self.step_over(bits, at)?;
        Some([waves[1], waves[2], waves[4]])
    }

    /// Steps over the coefficients from the `at`-th of the zigzag on, to the block's end.
    #[inline(always)]
    pub(super) fn step_over(&self, bits: &mut Bits<'_>, mut at: usize) -> Option<()> {
        loop {
            bits.fill();
            for _ in 0..LOOKS {
                let step = self.steps[bits.window()];
                let next = at + usize::from(step >> 8);
                if next < 64 {
                    bits.take(u32::from(step & 31));
                    at = next;
                    continue;
                }
                // Where the last coefficient ends the block, what follows is the next block's.
                let is_whole = if step & END == 0 {
                    next == 64
                } else {
                    next < 128
                };
                if is_whole {
                    bits.take(u32::from(step & 31));
                    return Some(());
                }
                let (run, value, after) = self.coefficient(*bits)?;
                *bits = after;
                if run == 0 && value == 0 {
                    return Some(());
                }
                at += run + 1;
                match at {
                    0..64 => break,
                    64 => return Some(()),
                    _ => return None,
                }
            }
        }
    }

    /// The next coefficient, by its code: the zeros before it, and its value. Both are 0 at the block's end. And the bits
    /// behind it, filled.
    #[cold]
    fn coefficient<'a>(&self, mut bits: Bits<'a>) -> Option<(usize, i32, Bits<'a>)> {
        bits.fill();
        let symbol = self.table.symbol(&mut bits)?;
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        let is_code = size > 0 || symbol == 0 || symbol == ZEROS;
        is_code.then(|| {
            let value = bits.signed(size);
            bits.fill();
            (run, value, bits)
        })
    }
}

fn step(table: &Table, window: usize) -> u16 {
    let (mut taken, mut along) = (0, 0);
    while u32::from(taken) < WINDOW {
        let [length, symbol] = table.short[window << taken & (ENTRIES - 1)].to_be_bytes();
        let (run, size) = (symbol >> 4, symbol & 15);
        let is_code = length > 0 && (size > 0 || symbol == 0 || symbol == ZEROS);
        let is_seen =
            u32::from(taken + length) <= WINDOW && u32::from(taken + length + size) <= MOST;
        match symbol {
            _ if !is_code || !is_seen || along + run >= 63 => break,
            0 => return END | u16::from_be_bytes([along, taken + length]),
            _ => (taken, along) = (taken + length + size, along + run + 1),
        }
    }
    if taken == 0 {
        LONG
    } else {
        u16::from_be_bytes([along, taken])
    }
}

fn single(table: &Table, window: usize) -> i16 {
    let [length, symbol] = table.short[window].to_be_bytes();
    let size = symbol & 15;
    match value_within(window, length, size) {
        Some(value @ -128..128) if size > 0 || symbol == 0 => {
            value << 8 | i16::from(symbol & 0xf0) | i16::from(length + size)
        }
        _ => 0,
    }
}
