//! Convolutions of 3 x 3 with a quarter of the multiplications: Winograd's F(4 x 4, 3 x 3), for AVX2 and FMA.
//!
//! A square of 4 x 4 places reads 6 x 6 pixels. These and the window become 36 points each, in which the convolution is a
//! product of channels; the sums of the 36 become the 16 places.

use std::array::from_fn;

use fearless_simd::prelude::*;
use fearless_simd::x86::Avx2;
use fearless_simd::{Simd, f32x8};

use super::kernel::{Block, Dense, LANES, Place, cut};

/// Places on a side of a square, which come from 2 more pixels.
pub(super) const SIDE: usize = 4;
const READ: usize = SIDE + 2;
const POINTS: usize = READ * READ;

/// Squares that are taken together at most: their points stay in the second cache.
const SQUARES: usize = 56;

/// What is between a layer's steps, for the next layer to write over.
#[derive(Debug, Default)]
pub(super) struct Points {
    read: Vec<f32>,
    sums: Vec<f32>,
}

/// The output channels that are summed together: their bias, and a product for each point.
#[derive(Debug)]
pub(super) struct Channels {
    first: usize,
    bias: Vec<[f32; LANES]>,
    points: Vec<Block>,
}

impl Channels {
    /// From a block of a 3 x 3 convolution.
    pub(super) fn new(block: Block, inputs: usize) -> Self {
        let vectors = block.bias.len();
        let each = inputs * vectors;
        let points = (0..POINTS).map(|point| Block {
            channel: 0,
            bias: vec![[0.0; LANES]; vectors],
            weights: (0..each)
                .map(|at| {
                    from_fn(|lane| of_window(|tap| block.weights[tap * each + at][lane], point))
                })
                .collect(),
        });
        Self {
            first: block.channel,
            points: points.collect(),
            bias: block.bias,
        }
    }
}

/// One point of a window: G w G^T.
fn of_window(window: impl Fn(usize) -> f32, point: usize) -> f32 {
    const G: [[f64; 3]; READ] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let (rows, columns) = (G[point / READ], G[point % READ]);
    let taps = (0..9).map(|tap| rows[tap / 3] * columns[tap % 3] * f64::from(window(tap)));
    taps.sum::<f64>() as f32
}

/// A convolution of all channels, in squares that fill the output.
pub(super) struct Winograd<'a> {
    pub(super) from: &'a [f32],
    /// Each square's corners.
    pub(super) squares: &'a [Place],
    /// Values of a pixel, and of a row with its border.
    pub(super) inputs: usize,
    pub(super) from_row: usize,
    pub(super) outputs: usize,
    pub(super) to_row: usize,
    pub(super) blocks: &'a [Channels],
    pub(super) is_cut: bool,
}

impl Winograd<'_> {
    pub(super) fn run(&self, avx2: Avx2, points: &mut Points, to: &mut [f32]) {
        let groups = self.squares.len().div_ceil(SQUARES).max(1);
        let most = self.squares.len().div_ceil(groups).max(1);
        points.read.resize(POINTS * most * self.inputs, 0.0);
        for squares in self.squares.chunks(most) {
            let read = &mut points.read[..POINTS * squares.len() * self.inputs];
            avx2.vectorize(
                #[inline(always)]
                || self.read(avx2, squares, read),
            );
            for block in self.blocks {
                let values = block.bias.len() * LANES;
                let products: Vec<Place> = (0..squares.len())
                    .map(|square| Place {
                        from: (square * self.inputs) as u32,
                        to: (square * values) as u32,
                        added: 0,
                    })
                    .collect();
                let each = squares.len() * values;
                points.sums.resize(POINTS * each, 0.0);
                let sums = points.sums.chunks_exact_mut(each);
                let pairs = read.chunks_exact(squares.len() * self.inputs).zip(sums);
                for (point, (from, sums)) in block.points.iter().zip(pairs) {
                    Dense {
                        from,
                        added: None,
                        places: &products,
                        rows: &[0],
                        row: self.inputs,
                        blocks: std::slice::from_ref(point),
                        is_cut: false,
                    }
                    .run(avx2, sums);
                }
                avx2.vectorize(
                    #[inline(always)]
                    || self.write(avx2, squares, block, &points.sums, to),
                );
            }
        }
    }

    /// B^T d B of each square's pixels: by points, then by squares.
    #[inline(always)]
    fn read(&self, avx2: Avx2, squares: &[Place], read: &mut [f32]) {
        for (number, square) in squares.iter().enumerate() {
            for channel in (0..self.inputs).step_by(LANES) {
                let mut half = [[f32x8::splat(avx2, 0.0); READ]; READ];
                for (y, half) in half.iter_mut().enumerate() {
                    let at = square.from as usize + y * self.from_row + channel;
                    let row = &self.from[at..][..(READ - 1) * self.inputs + LANES];
                    *half = of_pixels(
                        avx2,
                        from_fn(|x| f32x8::from_slice(avx2, &row[x * self.inputs..][..LANES])),
                    );
                }
                let columns = (0..READ).map(|x| of_pixels(avx2, from_fn(|y| half[y][x])));
                for (x, column) in columns.enumerate() {
                    for (y, value) in column.iter().enumerate() {
                        let point = (y * READ + x) * squares.len() + number;
                        let to = &mut read[point * self.inputs + channel..][..LANES];
                        value.store_slice(to);
                    }
                }
            }
        }
    }

    /// A^T m A of each square's sums, with the bias.
    #[inline(always)]
    fn write(&self, avx2: Avx2, squares: &[Place], block: &Channels, sums: &[f32], to: &mut [f32]) {
        let values = block.bias.len() * LANES;
        for (number, square) in squares.iter().enumerate() {
            for (vector, bias) in block.bias.iter().enumerate() {
                let bias = f32x8::from_slice(avx2, bias);
                let mut half = [[f32x8::splat(avx2, 0.0); SIDE]; READ];
                for (y, half) in half.iter_mut().enumerate() {
                    *half = of_sums(
                        avx2,
                        from_fn(|x| {
                            let point = (y * READ + x) * squares.len() + number;
                            f32x8::from_slice(
                                avx2,
                                &sums[point * values + vector * LANES..][..LANES],
                            )
                        }),
                    );
                }
                let columns = (0..SIDE).map(|x| of_sums(avx2, from_fn(|y| half[y][x])));
                for (x, column) in columns.enumerate() {
                    for (y, value) in column.iter().enumerate() {
                        let at = square.to as usize + y * self.to_row + x * self.outputs;
                        let to = &mut to[at + block.first + vector * LANES..][..LANES];
                        cut(avx2, *value + bias, self.is_cut).store_slice(to);
                    }
                }
            }
        }
    }
}

/// B^T of a row or column.
#[inline(always)]
fn of_pixels(avx2: Avx2, d: [f32x8<Avx2>; READ]) -> [f32x8<Avx2>; READ] {
    let times = |value: f32| f32x8::splat(avx2, value);
    let (minus_five, minus_four, four, two) = (times(-5.0), times(-4.0), times(4.0), times(2.0));
    let even = minus_four.mul_add(d[2], d[4]);
    let odd = minus_four.mul_add(d[1], d[3]);
    let (wide, tall) = (d[4] - d[2], d[3] - d[1]);
    [
        four.mul_add(d[0], minus_five.mul_add(d[2], d[4])),
        even + odd,
        even - odd,
        two.mul_add(tall, wide),
        wide - two * tall,
        four.mul_add(d[1], minus_five.mul_add(d[3], d[5])),
    ]
}

/// A^T of a row or column.
#[inline(always)]
fn of_sums(avx2: Avx2, m: [f32x8<Avx2>; READ]) -> [f32x8<Avx2>; SIDE] {
    let times = |value: f32| f32x8::splat(avx2, value);
    let (near, near_odd) = (m[1] + m[2], m[1] - m[2]);
    let (far, far_odd) = (m[3] + m[4], m[3] - m[4]);
    [
        m[0] + near + far,
        times(2.0).mul_add(far_odd, near_odd),
        times(4.0).mul_add(far, near),
        times(8.0).mul_add(far_odd, near_odd) + m[5],
    ]
}
