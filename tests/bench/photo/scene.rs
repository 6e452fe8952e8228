//! A picture as hard to compress as a street: edges, waves, flat parts and a sensor's grain.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// As phones write it: colour at half the size, quality 90.
pub fn jpeg(width: usize, height: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut grain = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 9) as f64 - 4.0
    };
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let (across, down) = (x as f64 / width as f64, y as f64 / height as f64);
            let wave = 50.0 * (across * 90.0).sin() * (down * 70.0).cos();
            let edge = if (x / 61 + y / 43) % 3 == 0 {
                60.0
            } else {
                0.0
            };
            let grain = grain();
            let channels = [
                60.0 + 120.0 * across + wave,
                40.0 + 90.0 * down + edge,
                150.0 - 80.0 * across + wave / 2.0 + edge / 2.0,
            ];
            rgb.extend(channels.map(|value| (value + grain).clamp(0.0, 255.0) as u8));
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    let (columns, rows) = (width as u16, height as u16);
    encoder
        .encode(&rgb, columns, rows, ColorType::Rgb)
        .expect("encoded");
    bytes
}
