use std::path::Path;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::*;

/// Edges, waves, flat parts and grain: whatever a photo has, in colour.
fn scene(width: usize, height: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut grain = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % 17) as f64 - 8.0
    };
    let mut rgb = Vec::with_capacity(3 * width * height);
    for y in 0..height {
        for x in 0..width {
            let (across, down) = (x as f64 / width as f64, y as f64 / height as f64);
            let wave = 60.0 * (across * 90.0).sin() * (down * 70.0).cos();
            let edge = if (x / 97 + y / 61) % 3 == 0 {
                70.0
            } else {
                0.0
            };
            let channels = [
                60.0 + 120.0 * across + wave,
                40.0 + 90.0 * down + edge,
                150.0 - 80.0 * across + wave / 2.0 + edge / 2.0,
            ];
            let grain = grain();
            rgb.extend(channels.map(|value| (value + grain).clamp(0.0, 255.0) as u8));
        }
    }
    rgb
}

fn jpeg(width: usize, height: usize, edit: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 85);
    edit(&mut encoder);
    let (columns, rows) = (width as u16, height as u16);
    encoder
        .encode(&scene(width, height), columns, rows, ColorType::Rgb)
        .expect("encoded");
    bytes
}

/// The library's whole picture, each block as its mean.
fn means(bytes: &[u8]) -> (usize, Vec<[f64; 3]>) {
    let whole = image::load_from_memory(bytes).expect("decoded").into_rgb8();
    let (width, height) = (whole.width() as usize, whole.height() as usize);
    let mut means = Vec::new();
    for y in (0..height).step_by(8) {
        for x in (0..width).step_by(8) {
            let (to_x, to_y) = ((x + 8).min(width), (y + 8).min(height));
            let mut sum = [0.0; 3];
            for pixel in (y..to_y).flat_map(|y| (x..to_x).map(move |x| (x, y))) {
                let pixel = whole.get_pixel(pixel.0 as u32, pixel.1 as u32).0;
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += f64::from(value);
                }
            }
            means.push(sum.map(|sum| sum / ((to_x - x) * (to_y - y)) as f64));
        }
    }
    (width.div_ceil(8), means)
}

/// The mean difference in grey levels, and the largest.
fn differences(bytes: &[u8]) -> (f64, f64) {
    let found = reduced(bytes, 20, u64::MAX).expect("for us");
    let (row, means) = means(bytes);
    assert_eq!(found.size, (row, means.len() / row));
    let all = found.rgb.iter().zip(means.iter().flatten());
    let all: Vec<f64> = all
        .map(|(&found, mean)| (f64::from(found) - mean).abs())
        .collect();
    (
        all.iter().sum::<f64>() / all.len() as f64,
        all.iter().copied().fold(0.0, f64::max),
    )
}

/// A block's mean is exact but for rounding; of colours at half the size the edges differ.
#[test]
fn it_is_the_mean_of_what_a_library_decodes() {
    let samplings = [
        SamplingFactor::F_1_1,
        SamplingFactor::F_2_1,
        SamplingFactor::F_1_2,
        SamplingFactor::F_2_2,
    ];
    for (width, height) in [(640, 480), (650, 477), (463, 391)] {
        for sampling in samplings {
            for restart in [0, 1, 7] {
                for quality in [40, 85, 97] {
                    let mut bytes = Vec::new();
                    let mut encoder = Encoder::new(&mut bytes, quality);
                    encoder.set_sampling_factor(sampling);
                    if restart > 0 {
                        encoder.set_restart_interval(restart);
                    }
                    let (columns, rows) = (width as u16, height as u16);
                    encoder
                        .encode(&scene(width, height), columns, rows, ColorType::Rgb)
                        .expect("encoded");
                    let case = format!("{width}x{height} {sampling:?} {restart} {quality}");
                    let (mean, most) = differences(&bytes);
                    assert!(mean < 1.5 && most < 30.0, "{case}: {mean} {most}");
                }
            }
        }
    }
}

#[test]
fn a_picture_too_small_or_too_large_is_left_to_a_library() {
    let bytes = jpeg(808, 640, |_| {});
    let size = |least| reduced(&bytes, least, u64::MAX).map(|reduced| reduced.size);
    assert_eq!(size(80), Some((101, 80)));
    assert_eq!(size(81), None);
    assert!(reduced(&bytes, 80, 808 * 640 - 1).is_none());
}

#[test]
fn a_grey_picture_is_grey() {
    let mut bytes = Vec::new();
    let grey: Vec<u8> = scene(401, 303).chunks(3).map(|pixel| pixel[1]).collect();
    Encoder::new(&mut bytes, 90)
        .encode(&grey, 401, 303, ColorType::Luma)
        .expect("encoded");
    let (mean, most) = differences(&bytes);
    assert!(mean < 0.6 && most < 4.0, "{mean} {most}");
}

/// Their tables, noise and colours are those of real cameras.
#[test]
fn real_photos_are_the_mean_of_what_a_library_decodes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/photos/police");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("no photos at {}: nothing compared", folder.display());
        return;
    };
    let mut compared = 0;
    for file in files.flatten().take(120) {
        let bytes = std::fs::read(file.path()).expect("a photo");
        if reduced(&bytes, 20, u64::MAX).is_some() {
            let (mean, most) = differences(&bytes);
            assert!(mean < 1.5 && most < 60.0, "{file:?}: {mean} {most}");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn what_is_not_for_us_is_left_to_a_library() {
    let progressive = jpeg(640, 480, |encoder| encoder.set_progressive(true));
    assert!(reduced(&progressive, 40, u64::MAX).is_none());
    let mut cmyk = Vec::new();
    Encoder::new(&mut cmyk, 85)
        .encode(&[90; 4 * 320 * 320], 320, 320, ColorType::Cmyk)
        .expect("encoded");
    assert!(reduced(&cmyk, 40, u64::MAX).is_none());
    assert!(reduced(b"", 1, u64::MAX).is_none());
    assert!(reduced(b"\xff\xd8\xff", 1, u64::MAX).is_none());
}

#[test]
fn an_interval_that_ends_early_or_late_is_damage() {
    let bytes = jpeg(640, 480, |encoder| encoder.set_restart_interval(5));
    let markers: Vec<usize> = (0..bytes.len() - 1)
        .filter(|&at| bytes[at] == 0xff && (0xd0..=0xd7).contains(&bytes[at + 1]))
        .collect();
    assert!(markers.len() > 100);
    for &at in markers.iter().step_by(17) {
        let mut without = bytes.clone();
        without.drain(at..at + 2);
        assert!(reduced(&without, 40, u64::MAX).is_none(), "{at}");
        let mut twice = bytes.clone();
        twice.splice(at..at, [0xff, 0xd0]);
        assert!(reduced(&twice, 40, u64::MAX).is_none(), "{at}");
    }
    let whole = bytes.len();
    for cut in [whole / 3, whole / 2, whole - 40] {
        assert!(reduced(&bytes[..cut], 40, u64::MAX).is_none(), "{cut}");
    }
}

#[test]
fn no_bytes_make_it_panic() {
    let whole = [
        jpeg(200, 160, |encoder| encoder.set_restart_interval(3)),
        jpeg(200, 160, |encoder| {
            encoder.set_sampling_factor(SamplingFactor::F_2_2)
        }),
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    };
    let mut read = 0;
    for round in 0..6_000 {
        let mut bytes = whole[round % 2].clone();
        // Every other round harms the tables before the scan, which are the first 700 bytes.
        let reach = if round % 4 < 2 { 700 } else { bytes.len() };
        for _ in 0..1 + next(6) {
            let at = next(reach);
            match next(3) {
                0 => bytes[at] ^= 1 << next(8),
                1 => bytes[at] = [0, 0xff, 0x7f, 0x11][next(4)],
                _ => bytes.truncate(bytes.len() - next(40).min(bytes.len() - reach)),
            }
        }
        for least in [10, 30] {
            if let Some(reduced) = reduced(&bytes, least, 50_000_000) {
                assert_eq!(reduced.rgb.len(), 3 * reduced.size.0 * reduced.size.1);
                read += 1;
            }
        }
        let _ = exif(&bytes);
    }
    assert!(read > 1_000, "{read} were read");
}
