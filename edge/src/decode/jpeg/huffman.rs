//! Huffman tables (T.81, annex C and F.2.2.3), and one that steps over several AC coefficients at once.

use super::bits::{Bits, WINDOW};

const ENTRIES: usize = 1 << WINDOW;

/// Zero run 15, no value: 16 zeros.
const ZEROS: u8 = 0xf0;

pub(super) struct Table {
    /// By the next 12 bits: the code's length, and its symbol in the lower byte. 0 where the code is longer.
    short: Box<[u16; ENTRIES]>,
    /// For each longer length, 16-bit codes below this are of that length or shorter.
    limit: [u32; 17],
    /// What to add to a code of a length to get its symbol's index.
    offset: [i64; 17],
    symbols: Vec<u8>,
    /// By the next 12 bits, for AC: what they step over.
    steps: Box<[Step; ENTRIES]>,
}

/// Whole coefficients within 12 bits.
#[derive(Clone, Copy, Default)]
struct Step {
    bits: u8,
    /// How far it goes along the zigzag.
    along: u8,
    /// Whether the block ends with it.
    ends: bool,
}

impl Table {
    /// From the numbers of codes of each length, and the symbols in the codes' order.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table = Self {
            short: Box::new([0; ENTRIES]),
            limit: [0; 17],
            offset: [0; 17],
            symbols: symbols.to_vec(),
            steps: Box::new([Step::default(); ENTRIES]),
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
        for at in 0..ENTRIES {
            table.steps[at] = table.step(at);
        }
        Some(table)
    }

    fn step(&self, window: usize) -> Step {
        let mut step = Step::default();
        loop {
            let rest = window << step.bits & (ENTRIES - 1);
            let [length, symbol] = self.short[rest].to_be_bytes();
            let (run, size) = (symbol >> 4, symbol & 15);
            let bits = step.bits + length + size;
            if length == 0 || u32::from(bits) > WINDOW {
                return step;
            }
            if symbol == 0 {
                return Step {
                    bits,
                    ends: true,
                    ..step
                };
            }
            if (size == 0 && symbol != ZEROS) || step.along + run >= 63 {
                return step;
            }
            step.bits = bits;
            step.along += run + 1;
        }
    }

    /// The next symbol. The bits are filled.
    #[inline]
    pub(super) fn symbol(&self, bits: &mut Bits<'_>) -> Option<u8> {
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

    /// Steps over the AC coefficients from the `from`-th of the zigzag on, to the block's end.
    #[inline]
    pub(super) fn step_over(&self, bits: &mut Bits<'_>, from: usize) -> Option<()> {
        let mut at = from;
        while at < 64 {
            bits.fill();
            let step = self.steps[bits.window()];
            let next = at + usize::from(step.along);
            // Where the last coefficient ends the block, what follows is the next block's.
            if step.bits > 0 && (next < 64 || (next == 64 && !step.ends)) {
                bits.take(u32::from(step.bits));
                if step.ends {
                    return Some(());
                }
                at = next;
                continue;
            }
            match self.symbol(bits)? {
                0 => return Some(()),
                symbol => {
                    let size = symbol & 15;
                    if size == 0 && symbol != ZEROS {
                        return None;
                    }
                    bits.take(u32::from(size));
                    at += usize::from(symbol >> 4) + 1;
                }
            }
        }
        (at == 64).then_some(())
    }

    /// The next AC coefficient that is not zero, from the `at`-th on: where it stands and what it is. The bits are
    /// filled. `None` at the block's end, or what is no code.
    #[inline]
    pub(super) fn coefficient(&self, bits: &mut Bits<'_>, at: usize) -> Coefficient {
        let Some(symbol) = self.symbol(bits) else {
            return Coefficient::Damaged;
        };
        let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
        match symbol {
            0 => Coefficient::End,
            ZEROS => Coefficient::Zeros,
            _ if size == 0 || at + run > 63 => Coefficient::Damaged,
            _ => Coefficient::At(at + run, bits.signed(size)),
        }
    }
}

pub(super) enum Coefficient {
    /// Of the zigzag, and its value.
    At(usize, i32),
    /// 16 zeros.
    Zeros,
    End,
    Damaged,
}
