//! The two loops that a network of convolutions spends its time in, for AVX2 and FMA.
//!
//! Both take pictures whose pixels hold all channels side by side, and gather what a place needs from offsets: nothing is
//! copied together first (no im2col). The sums of a tile of places and channels stay in registers.

use fearless_simd::prelude::*;
use fearless_simd::x86::Avx2;
use fearless_simd::{Simd, f32x8};

/// Values of a vector.
pub(super) const LANES: usize = 8;

/// Where a place of the output reads, writes, and finds what is added to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) added: u32,
}

/// The channels of an output that are summed together: one or two vectors.
#[derive(Debug)]
pub(super) struct Block {
    /// The first of them.
    pub(super) channel: usize,
    pub(super) bias: Vec<[f32; LANES]>,
    /// For each value read, as many vectors as the bias has.
    pub(super) weights: Vec<[f32; LANES]>,
}

/// A convolution of all channels.
pub(super) struct Dense<'a> {
    pub(super) from: &'a [f32],
    pub(super) added: Option<&'a [f32]>,
    pub(super) places: &'a [Place],
    /// Where the rows of the window begin.
    pub(super) rows: &'a [usize],
    /// Values a row of the window.
    pub(super) row: usize,
    pub(super) blocks: &'a [Block],
    /// Whether what is below zero becomes zero.
    pub(super) is_cut: bool,
}

impl Dense<'_> {
    pub(super) fn run(&self, avx2: Avx2, to: &mut [f32]) {
        // 12 sums, and what is multiplied for them: of 16 registers.
        avx2.vectorize(
            #[inline(always)]
            || {
                for block in self.blocks {
                    match block.bias.len() {
                        1 => self.block::<1, 12>(avx2, block, to),
                        2 => self.block::<2, 6>(avx2, block, to),
                        _ => self.block::<3, 3>(avx2, block, to),
                    }
                }
            },
        );
    }

    #[inline(always)]
    fn block<const VECTORS: usize, const PLACES: usize>(
        &self,
        avx2: Avx2,
        block: &Block,
        to: &mut [f32],
    ) {
        let (tiles, rest) = self.places.as_chunks::<PLACES>();
        for places in tiles {
            self.tile::<VECTORS, PLACES>(avx2, block, places, to);
        }
        for place in rest {
            self.tile::<VECTORS, 1>(avx2, block, &[*place], to);
        }
    }

    #[inline(always)]
    fn tile<const VECTORS: usize, const PLACES: usize>(
        &self,
        avx2: Avx2,
        block: &Block,
        places: &[Place; PLACES],
        to: &mut [f32],
    ) {
        let mut sums = [[f32x8::splat(avx2, 0.0); VECTORS]; PLACES];
        for sums in &mut sums {
            for (sum, bias) in sums.iter_mut().zip(&block.bias) {
                *sum = f32x8::from_slice(avx2, bias);
            }
        }
        let mut weights = block.weights.as_chunks::<VECTORS>().0;
        for &offset in self.rows {
            let mut rows: [&[f32]; PLACES] = [&[]; PLACES];
            for (row, place) in rows.iter_mut().zip(places) {
                *row = &self.from[place.from as usize + offset..][..self.row];
            }
            let (these, rest) = weights.split_at(self.row);
            weights = rest;
            for at in 0..self.row {
                let mut vectors = [f32x8::splat(avx2, 0.0); VECTORS];
                for (vector, weights) in vectors.iter_mut().zip(&these[at]) {
                    *vector = f32x8::from_slice(avx2, weights);
                }
                for (sums, row) in sums.iter_mut().zip(&rows) {
                    let value = f32x8::splat(avx2, row[at]);
                    for (sum, vector) in sums.iter_mut().zip(vectors) {
                        *sum = vector.mul_add(value, *sum);
                    }
                }
            }
        }
        let values = VECTORS * LANES;
        for (sums, place) in sums.iter_mut().zip(places) {
            if let Some(added) = self.added {
                let added = &added[place.added as usize + block.channel..][..values];
                for (sum, added) in sums.iter_mut().zip(added.as_chunks::<LANES>().0) {
                    *sum += f32x8::from_slice(avx2, added);
                }
            }
            let to = &mut to[place.to as usize + block.channel..][..values];
            for (sum, to) in sums.iter().zip(to.as_chunks_mut::<LANES>().0) {
                cut(avx2, *sum, self.is_cut).store_slice(to);
            }
        }
    }
}

/// A convolution of each channel alone.
pub(super) struct Depthwise<'a> {
    pub(super) from: &'a [f32],
    pub(super) places: &'a [Place],
    /// Where the values of the window are.
    pub(super) taps: &'a [usize],
    pub(super) bias: &'a [[f32; LANES]],
    /// For each value of the window, as many vectors as the bias has.
    pub(super) weights: &'a [[f32; LANES]],
    pub(super) is_cut: bool,
}

impl Depthwise<'_> {
    pub(super) fn run(&self, avx2: Avx2, to: &mut [f32]) {
        avx2.vectorize(
            #[inline(always)]
            || {
                // 8 sums: the weights of a value are read once for 4 places.
                let (tiles, rest) = self.places.as_chunks();
                for places in tiles {
                    self.tile::<2, 4>(avx2, places, to);
                }
                for place in rest {
                    self.tile::<4, 1>(avx2, &[*place], to);
                }
            },
        );
    }

    #[inline(always)]
    fn tile<const VECTORS: usize, const PLACES: usize>(
        &self,
        avx2: Avx2,
        places: &[Place; PLACES],
        to: &mut [f32],
    ) {
        let mut at = 0;
        while self.bias.len() - at >= VECTORS {
            self.vectors::<VECTORS, PLACES>(avx2, places, at, to);
            at += VECTORS;
        }
        while at < self.bias.len() {
            self.vectors::<1, PLACES>(avx2, places, at, to);
            at += 1;
        }
    }

    #[inline(always)]
    fn vectors<const VECTORS: usize, const PLACES: usize>(
        &self,
        avx2: Avx2,
        places: &[Place; PLACES],
        at: usize,
        to: &mut [f32],
    ) {
        let values = VECTORS * LANES;
        let mut sums = [[f32x8::splat(avx2, 0.0); VECTORS]; PLACES];
        for sums in &mut sums {
            for (sum, bias) in sums.iter_mut().zip(&self.bias[at..]) {
                *sum = f32x8::from_slice(avx2, bias);
            }
        }
        let weights = self.weights.chunks_exact(self.bias.len());
        for (tap, weights) in self.taps.iter().zip(weights) {
            let mut vectors = [f32x8::splat(avx2, 0.0); VECTORS];
            for (vector, weights) in vectors.iter_mut().zip(&weights[at..][..VECTORS]) {
                *vector = f32x8::from_slice(avx2, weights);
            }
            for (sums, place) in sums.iter_mut().zip(places) {
                let from = &self.from[place.from as usize + tap + at * LANES..][..values];
                let pairs = vectors.iter().zip(from.as_chunks::<LANES>().0);
                for (sum, (vector, from)) in sums.iter_mut().zip(pairs) {
                    *sum = vector.mul_add(f32x8::from_slice(avx2, from), *sum);
                }
            }
        }
        for (sums, place) in sums.iter().zip(places) {
            let to = &mut to[place.to as usize + at * LANES..][..values];
            for (sum, to) in sums.iter().zip(to.as_chunks_mut::<LANES>().0) {
                cut(avx2, *sum, self.is_cut).store_slice(to);
            }
        }
    }
}

#[inline(always)]
pub(super) fn cut(avx2: Avx2, sum: f32x8<Avx2>, is_cut: bool) -> f32x8<Avx2> {
    if is_cut {
        sum.max(f32x8::splat(avx2, 0.0))
    } else {
        sum
    }
}
