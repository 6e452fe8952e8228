use std::io::Cursor;
use std::path::Path;

use tract_onnx::prelude::*;

use super::super::operators;
use super::*;

/// -1 to 1.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = 0x2545_f491_4f6c_dd1d_u64 ^ seed << 32;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

struct Case {
    channels: usize,
    window: [usize; 2],
    strides: [usize; 2],
    before: [usize; 2],
    after: [usize; 2],
    is_depthwise: bool,
    added: Option<usize>,
    is_cut: bool,
}

const ONE: Case = Case {
    channels: 24,
    window: [1, 1],
    strides: [1, 1],
    before: [0, 0],
    after: [0, 0],
    is_depthwise: false,
    added: None,
    is_cut: false,
};

/// From planes to planes, by the definition.
fn expected(from: &Shape, to: &Shape, planes: &[f32], it: &Convolution<'_>) -> Vec<f32> {
    let [rows, columns] = it.window;
    let inputs = if it.is_depthwise { 1 } else { from.channels };
    let mut sums = Vec::new();
    for output in 0..to.channels {
        for (y, x) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
            let mut sum = it.bias[output];
            for input in 0..inputs {
                for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |c| (row, c))) {
                    let y = (y * it.strides[0] + row).wrapping_sub(it.padding[0]);
                    let x = (x * it.strides[1] + column).wrapping_sub(it.padding[1]);
                    if y < from.height && x < from.width {
                        let plane = if it.is_depthwise { output } else { input };
                        let weight = ((output * inputs + input) * rows + row) * columns + column;
                        sum +=
                            it.weights[weight] * planes[(plane * from.height + y) * from.width + x];
                    }
                }
            }
            sums.push(sum);
        }
    }
    sums
}

#[test]
fn layers_are_convolutions_by_their_definition() {
    let Some(avx2) = Level::new().as_avx2() else {
        eprintln!("no AVX2: nothing compared");
        return;
    };
    let cases = [
        Case {
            window: [3, 3],
            strides: [2, 2],
            after: [1, 1],
            is_cut: true,
            ..ONE
        },
        Case {
            channels: 40,
            ..ONE
        },
        Case {
            channels: 40,
            window: [5, 5],
            before: [2, 2],
            after: [2, 2],
            is_depthwise: true,
            is_cut: true,
            ..ONE
        },
        Case {
            channels: 40,
            window: [3, 1],
            before: [1, 0],
            after: [1, 0],
            added: Some(2),
            is_cut: true,
            ..ONE
        },
        // In squares, where the sides are multiples of 4.
        Case {
            channels: 40,
            window: [3, 3],
            before: [1, 1],
            after: [1, 1],
            is_cut: true,
            ..ONE
        },
        Case {
            window: [3, 3],
            before: [1, 2],
            after: [1, 0],
            ..ONE
        },
        Case {
            channels: 8,
            window: [2, 3],
            strides: [1, 2],
            before: [0, 1],
            after: [1, 1],
            ..ONE
        },
    ];
    let sizes = [(2, 3), (13, 9), (20, 31), (16, 24), (64, 80)];
    for (seed, (height, width)) in sizes.into_iter().enumerate() {
        let mut noise = noise(seed as u64);
        let mut shapes = vec![Shape {
            height,
            width,
            channels: 3,
            border: 0,
        }];
        let mut constants = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            let from = &mut shapes[number];
            let most = *case.before.iter().chain(&case.after).max().unwrap();
            from.border = most;
            let side = |side: usize, axis: usize| {
                let padded = side + case.before[axis] + case.after[axis];
                (padded - case.window[axis]) / case.strides[axis] + 1
            };
            let inputs = if case.is_depthwise { 1 } else { from.channels };
            let taps = inputs * case.window[0] * case.window[1];
            let shape = Shape {
                height: side(from.height, 0),
                width: side(from.width, 1),
                channels: case.channels,
                border: 0,
            };
            shapes.push(shape);
            let mut some =
                |count, most: f32| -> Vec<f32> { (0..count).map(|_| most * noise()).collect() };
            // So that the values stay near one, layer after layer.
            let most = (taps as f32).sqrt().recip();
            constants.push((some(case.channels * taps, most), some(case.channels, 1.0)));
        }
        let all: Vec<Convolution<'_>> = cases
            .iter()
            .zip(&constants)
            .enumerate()
            .map(|(number, (case, (weights, bias)))| Convolution {
                from: number,
                to: number + 1,
                weights,
                bias,
                window: case.window,
                strides: case.strides,
                padding: case.before,
                is_depthwise: case.is_depthwise,
                added: case.added,
                is_cut: case.is_cut,
            })
            .collect();
        let input: Vec<f32> = (0..3 * height * width).map(|_| noise()).collect();
        let mut pictures = vec![input.clone()];
        for it in &all {
            let (from, to) = (&shapes[it.from], &shapes[it.to]);
            let mut sums = expected(from, to, &pictures[it.from], it);
            for (at, sum) in sums.iter_mut().enumerate() {
                *sum += it.added.map_or(0.0, |added| pictures[added][at]);
                *sum = if it.is_cut { sum.max(0.0) } else { *sum };
            }
            pictures.push(sums);
        }
        let found = Layers::new(avx2, shapes, &all).run(&input);
        let expected = pictures.last().unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let near = (found - expected).abs() <= 1e-4 * expected.abs().max(1.0);
            assert!(near, "{height}x{width}: {found} is not {expected}");
        }
    }
}

/// All of the shipped network's convolutions are joined, and it answers as tract does alone.
#[test]
fn the_joined_network_answers_as_tract_does() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let onnx = std::fs::read(models.join("police-edgetpu.onnx")).unwrap();
    let network = || {
        operators::reader()
            .model_for_read(&mut Cursor::new(&onnx))
            .and_then(|model| model.with_input_fact(0, f32::fact([1, 3, 224, 224]).into()))
            .and_then(|model| model.into_typed())
            .unwrap()
    };
    let ours = joined(network()).unwrap();
    let is_ours = Level::new().as_avx2().is_some();
    let ours = ours.into_optimized().unwrap();
    assert_eq!(ours.nodes.len() < 40, is_ours, "{}", ours.nodes.len());
    let ours = ours.into_runnable().unwrap();
    let tract = network().into_optimized().unwrap().into_runnable().unwrap();
    for seed in 0..3 {
        let mut noise = noise(seed);
        let wave = 50.0 + 400.0 * seed as f32;
        let planes: Vec<f32> = (0..3 * 224 * 224)
            .map(|at| 0.5 * (at as f32 / wave).sin() + 0.5 * noise())
            .collect();
        let input = Tensor::from_shape(&[1, 3, 224, 224], &planes).unwrap();
        let probability = |network: &Arc<TypedRunnableModel>| -> f32 {
            let output = network.run(tvec!(input.clone().into())).unwrap();
            output[0].try_as_plain_ram().unwrap().as_slice().unwrap()[0]
        };
        let (ours, tract) = (probability(&ours), probability(&tract));
        assert!((ours - tract).abs() < 1e-5, "{ours} and {tract}");
    }
}
