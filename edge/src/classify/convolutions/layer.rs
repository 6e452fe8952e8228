//! Convolutions in a row, laid out for the kernels: each picture's pixels hold all channels, and its border holds the zeros
//! that a window beyond the edge reads.

use fearless_simd::x86::Avx2;

use super::kernel::{Block, Dense, Depthwise, LANES, Place};
use super::winograd::{Channels, Points, SIDE, Winograd};

/// A picture between two layers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    /// Pixels of zeros on each side.
    pub(super) border: usize,
}

impl Shape {
    /// Values a row, with its border.
    fn row(&self) -> usize {
        (self.width + 2 * self.border) * self.channels
    }

    fn values(&self) -> usize {
        (self.height + 2 * self.border) * self.row()
    }

    /// Makes the border zero; what is inside is still to be written.
    fn blank(&self, picture: &mut [f32]) {
        let side = self.border * self.channels;
        let (above, rest) = picture.split_at_mut(self.border * self.row());
        let (inside, rest) = rest.split_at_mut(self.height * self.row());
        above.fill(0.0);
        rest[..self.border * self.row()].fill(0.0);
        for row in inside.chunks_exact_mut(self.row()) {
            row[..side].fill(0.0);
            row[self.row() - side..].fill(0.0);
        }
    }

    /// Of a pixel, counted from the corner of the border.
    fn offset(&self, y: usize, x: usize) -> usize {
        y * self.row() + x * self.channels
    }
}

/// A convolution as ONNX writes it.
pub(super) struct Convolution<'a> {
    /// Numbers of the pictures.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Output channels, input channels, rows, columns; one input channel where each is alone.
    pub(super) weights: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) window: [usize; 2],
    pub(super) strides: [usize; 2],
    /// Above, and to the left.
    pub(super) padding: [usize; 2],
    pub(super) is_depthwise: bool,
    pub(super) added: Option<usize>,
    pub(super) is_cut: bool,
}

#[derive(Debug)]
struct Layer {
    from: usize,
    to: usize,
    added: Option<usize>,
    /// Of the output, or the first of each square.
    places: Vec<Place>,
    /// Of the window's rows, or of its values where each channel is alone.
    offsets: Vec<usize>,
    weights: Weights,
    is_cut: bool,
}

#[derive(Debug)]
enum Weights {
    Dense {
        row: usize,
        blocks: Vec<Block>,
    },
    Winograd {
        inputs: usize,
        from_row: usize,
        outputs: usize,
        to_row: usize,
        blocks: Vec<Channels>,
    },
    Depthwise {
        bias: Vec<[f32; LANES]>,
        weights: Vec<[f32; LANES]>,
    },
}

/// What runs from the network's picture to the last convolution's output.
#[derive(Debug)]
pub(super) struct Layers {
    avx2: Avx2,
    shapes: Vec<Shape>,
    layers: Vec<Layer>,
    /// Each picture's room: two never read together may share it.
    rooms: Vec<usize>,
    /// Values that a room has.
    sizes: Vec<usize>,
}

impl Layers {
    /// The first shape is the network's input, the last one its output; each layer makes the next.
    pub(super) fn new(avx2: Avx2, shapes: Vec<Shape>, all: &[Convolution<'_>]) -> Self {
        let layers: Vec<Layer> = all
            .iter()
            .map(|convolution| Layer::new(convolution, &shapes))
            .collect();
        let (mut rooms, mut sizes) = (vec![0], vec![shapes[0].values()]);
        let mut free = Vec::new();
        for (number, layer) in layers.iter().enumerate() {
            let values = shapes[layer.to].values();
            // The one that grows least, of these the smallest.
            free.sort_by_key(|&room: &usize| (values.saturating_sub(sizes[room]), sizes[room]));
            let room = if free.is_empty() {
                sizes.push(0);
                sizes.len() - 1
            } else {
                free.remove(0)
            };
            sizes[room] = sizes[room].max(values);
            rooms.push(room);
            for picture in [Some(layer.from), layer.added].into_iter().flatten() {
                let later = &layers[number + 1..];
                let room = rooms[picture];
                if !free.contains(&room) && !later.iter().any(|layer| layer.reads(picture)) {
                    free.push(room);
                }
            }
        }
        Self {
            avx2,
            shapes,
            layers,
            rooms,
            sizes,
        }
    }

    /// One picture, its channels, rows and columns.
    pub(super) fn output(&self) -> [usize; 4] {
        let last = self.shapes[self.shapes.len() - 1];
        [1, last.channels, last.height, last.width]
    }

    /// From planes to planes, one for each channel.
    pub(super) fn run(&self, planes: &[f32]) -> Vec<f32> {
        let mut points = Points::default();
        let mut pictures: Vec<Vec<f32>> = self.sizes.iter().map(|&size| vec![0.0; size]).collect();
        from_planes(&self.shapes[0], planes, &mut pictures[self.rooms[0]]);
        for layer in &self.layers {
            let mut to = std::mem::take(&mut pictures[self.rooms[layer.to]]);
            self.shapes[layer.to].blank(&mut to);
            let from = &pictures[self.rooms[layer.from]];
            let added = layer
                .added
                .map(|added| pictures[self.rooms[added]].as_slice());
            layer.run(self.avx2, from, added, &mut points, &mut to);
            pictures[self.rooms[layer.to]] = to;
        }
        let last = self.shapes.len() - 1;
        to_planes(&self.shapes[last], &pictures[self.rooms[last]])
    }
}

impl Layer {
    fn new(convolution: &Convolution<'_>, shapes: &[Shape]) -> Self {
        let (from, to) = (&shapes[convolution.from], &shapes[convolution.to]);
        let added = convolution.added.map(|added| &shapes[added]);
        let [rows, columns] = convolution.window;
        let inner = |shape: &Shape, y: usize, x: usize| {
            shape.offset(y + shape.border, x + shape.border) as u32
        };
        let step = if has_squares(convolution, from, to) {
            SIDE
        } else {
            1
        };
        let mut places = Vec::with_capacity(to.height * to.width / (step * step));
        for y in (0..to.height).step_by(step) {
            for x in (0..to.width).step_by(step) {
                let corner = from.offset(
                    y * convolution.strides[0] + from.border - convolution.padding[0],
                    x * convolution.strides[1] + from.border - convolution.padding[1],
                );
                places.push(Place {
                    from: corner as u32,
                    to: inner(to, y, x),
                    added: added.map_or(0, |added| inner(added, y, x)),
                });
            }
        }
        let offsets = if convolution.is_depthwise {
            (0..rows * columns)
                .map(|tap| from.offset(tap / columns, tap % columns))
                .collect()
        } else {
            (0..rows).map(|row| from.offset(row, 0)).collect()
        };
        Self {
            from: convolution.from,
            to: convolution.to,
            added: convolution.added,
            places,
            offsets,
            weights: if convolution.is_depthwise {
                depthwise(convolution, to.channels)
            } else if step == SIDE {
                let blocks = dense(convolution, from.channels, to.channels).into_iter();
                Weights::Winograd {
                    inputs: from.channels,
                    from_row: from.row(),
                    outputs: to.channels,
                    to_row: to.row(),
                    blocks: blocks
                        .map(|block| Channels::new(block, from.channels))
                        .collect(),
                }
            } else {
                Weights::Dense {
                    row: columns * from.channels,
                    blocks: dense(convolution, from.channels, to.channels),
                }
            },
            is_cut: convolution.is_cut,
        }
    }

    fn reads(&self, picture: usize) -> bool {
        self.from == picture || self.added == Some(picture)
    }

    fn run(
        &self,
        avx2: Avx2,
        from: &[f32],
        added: Option<&[f32]>,
        points: &mut Points,
        to: &mut [f32],
    ) {
        match &self.weights {
            Weights::Dense { row, blocks } => Dense {
                from,
                added,
                places: &self.places,
                rows: &self.offsets,
                row: *row,
                blocks,
                is_cut: self.is_cut,
            }
            .run(avx2, to),
            Weights::Winograd {
                inputs,
                from_row,
                outputs,
                to_row,
                blocks,
            } => Winograd {
                from,
                squares: &self.places,
                inputs: *inputs,
                from_row: *from_row,
                outputs: *outputs,
                to_row: *to_row,
                blocks,
                is_cut: self.is_cut,
            }
            .run(avx2, points, to),
            Weights::Depthwise { bias, weights } => Depthwise {
                from,
                places: &self.places,
                taps: &self.offsets,
                bias,
                weights,
                is_cut: self.is_cut,
            }
            .run(avx2, to),
        }
    }
}

/// In blocks of two vectors of output channels, the last one perhaps of one; in each by row, column and input channel.
fn dense(convolution: &Convolution<'_>, inputs: usize, outputs: usize) -> Vec<Block> {
    let [rows, columns] = convolution.window;
    let mut blocks = Vec::new();
    let mut channel = 0;
    while channel < outputs {
        let vectors = match (outputs - channel) / LANES {
            left @ ..=3 => left,
            _ => 2,
        };
        let vectors = channel..channel + vectors * LANES;
        let mut weights = Vec::with_capacity(rows * columns * inputs * vectors.len() / LANES);
        for row in 0..rows {
            for column in 0..columns {
                for input in 0..inputs {
                    for vector in vectors.clone().step_by(LANES) {
                        weights.push(std::array::from_fn(|lane| {
                            let at = (vector + lane) * inputs + input;
                            convolution.weights[(at * rows + row) * columns + column]
                        }));
                    }
                }
            }
        }
        blocks.push(Block {
            channel,
            bias: convolution.bias[vectors.clone()].as_chunks().0.to_vec(),
            weights,
        });
        channel = vectors.end;
    }
    blocks
}

/// Whether it is one of 3 x 3 and enough channels, whose output is squares.
fn has_squares(convolution: &Convolution<'_>, from: &Shape, to: &Shape) -> bool {
    !convolution.is_depthwise
        && convolution.added.is_none()
        && convolution.window == [3, 3]
        && convolution.strides == [1, 1]
        && from.channels.is_multiple_of(LANES)
        && to.height.is_multiple_of(SIDE)
        && to.width.is_multiple_of(SIDE)
}

/// By the window's values, then by channels.
fn depthwise(convolution: &Convolution<'_>, channels: usize) -> Weights {
    let taps = convolution.window[0] * convolution.window[1];
    let weights = (0..taps).flat_map(|tap| {
        (0..channels).step_by(LANES).map(move |channel| {
            std::array::from_fn(|lane| convolution.weights[(channel + lane) * taps + tap])
        })
    });
    Weights::Depthwise {
        bias: convolution.bias.as_chunks().0.to_vec(),
        weights: weights.collect(),
    }
}

fn from_planes(shape: &Shape, planes: &[f32], picture: &mut [f32]) {
    for y in 0..shape.height {
        let at = shape.offset(y + shape.border, shape.border);
        let to = &mut picture[at..][..shape.width * shape.channels];
        for (channel, plane) in planes.chunks_exact(shape.height * shape.width).enumerate() {
            let row = &plane[y * shape.width..][..shape.width];
            for (pixel, value) in to.chunks_exact_mut(shape.channels).zip(row) {
                pixel[channel] = *value;
            }
        }
    }
}

fn to_planes(shape: &Shape, picture: &[f32]) -> Vec<f32> {
    let mut pixels = Vec::with_capacity(shape.height * shape.width);
    for y in 0..shape.height {
        let row = &picture[shape.offset(y + shape.border, shape.border)..];
        pixels.extend(row.chunks_exact(shape.channels).take(shape.width));
    }
    let mut planes = Vec::with_capacity(shape.channels * pixels.len());
    for channel in 0..shape.channels {
        planes.extend(pixels.iter().map(|pixel| pixel[channel]));
    }
    planes
}
