//! Photos of every kind, whole, cut, harmed and hostile.

use image::imageops;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::super::container::MAX_BYTES;
use super::super::photo;
use super::*;

/// Of the shipped network's input.
const SIDE: usize = 224;

fn network_input(bytes: &[u8]) -> Result<Vec<f32>, ImageError> {
    photo::network_input(bytes, SIDE)
}

#[test]
fn the_same_picture_gives_the_same_input_as_png_and_as_grey_or_transparent_png() {
    let image = drawn(300, 200);
    let plain = network_input(&encoded(&image, ImageFormat::Png)).unwrap();
    assert_eq!(plain.len(), 3 * SIDE * SIDE);
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(image.clone())
        .into_rgba16()
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    assert_eq!(plain, network_input(bytes.get_ref()).unwrap());

    let grey = imageops::grayscale(&image);
    let mut bytes = Cursor::new(Vec::new());
    grey.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let planes = network_input(bytes.get_ref()).unwrap();
    assert_eq!(planes[..SIDE * SIDE], planes[SIDE * SIDE..2 * SIDE * SIDE]);
}

#[test]
fn every_exif_orientation_is_turned_upright() {
    let stored = drawn(120, 80);
    let jpeg = encoded(&stored, ImageFormat::Jpeg);
    let decoded = image::load_from_memory(&jpeg).unwrap().into_rgb8();
    let turn = |turned: RgbImage| network_input(&encoded(&turned, ImageFormat::Png)).unwrap();
    let upright = [
        decoded.clone(),
        imageops::flip_horizontal(&decoded),
        imageops::rotate180(&decoded),
        imageops::flip_vertical(&decoded),
        imageops::flip_horizontal(&imageops::rotate90(&decoded)),
        imageops::rotate90(&decoded),
        imageops::flip_horizontal(&imageops::rotate270(&decoded)),
        imageops::rotate270(&decoded),
    ];
    for (orientation, expected) in (1..).zip(upright) {
        let found = network_input(&with_orientation(&jpeg, orientation)).unwrap();
        let difference = largest_difference(&found, &turn(expected));
        assert!(
            difference <= 2.0 / 127.5,
            "orientation {orientation} differs by {difference}"
        );
    }
    let absurd = network_input(&with_orientation(&jpeg, 200)).unwrap();
    assert_eq!(absurd, network_input(&jpeg).unwrap());
}

#[test]
fn a_photo_cut_short_is_refused_wherever_it_is_cut() {
    // By so many bytes its kind is known.
    let kinds = [
        (ImageFormat::Jpeg, 3),
        (ImageFormat::Png, 8),
        (ImageFormat::Gif, 6),
        (ImageFormat::WebP, 12),
    ];
    for (format, known) in kinds {
        let whole = encoded(&drawn(60, 40), format);
        // A GIF's picture is over before its file.
        let needed = whole.len() - usize::from(format == ImageFormat::Gif);
        for length in 0..needed {
            let expected = match length {
                0 => ImageError::Empty,
                _ if length < known => ImageError::NotAPhoto,
                _ => ImageError::Truncated,
            };
            assert_eq!(
                network_input(&whole[..length]),
                Err(expected),
                "{format:?} cut at {length}"
            );
        }
        let mut longer = whole.clone();
        longer.extend(noise(1).take(500));
        assert_eq!(
            network_input(&longer),
            network_input(&whole),
            "bytes after the end are ignored"
        );
    }
}

#[test]
fn random_and_damaged_bytes_give_a_reason_and_never_a_panic() {
    assert_eq!(
        network_input(b"BM6 not of a kind"),
        Err(ImageError::NotAPhoto)
    );
    assert_eq!(network_input(b"GIF89a"), Err(ImageError::Truncated));
    let jpeg = encoded(&drawn(60, 40), ImageFormat::Jpeg);
    let png = encoded(&drawn(60, 40), ImageFormat::Png);
    let gif = encoded(&drawn(60, 40), ImageFormat::Gif);
    let webp = encoded(&drawn(60, 40), ImageFormat::WebP);
    for seed in 0..300 {
        let length = 1 + seed as usize * 7;
        let random: Vec<u8> = noise(seed).take(length).collect();
        for magic in [
            &b""[..],
            b"\xff\xd8\xff\xe0",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\x10\0\0\0WEBPVP8 ",
        ] {
            let bytes = [magic, &random].concat();
            assert!(network_input(&bytes).is_err());
        }
        for whole in [&jpeg, &png, &gif, &webp] {
            let mut damaged = whole.clone();
            for (index, byte) in noise(seed).take(8).enumerate() {
                let position =
                    (usize::from(byte) * 131 + index * 977 + seed as usize) % damaged.len();
                damaged[position] ^= 1 << (byte % 8);
            }
            if let Err(error) = network_input(&damaged) {
                assert!(!error.to_string().is_empty());
            }
        }
    }
}

#[test]
fn a_photo_that_claims_too_much_is_refused_before_it_is_decoded() {
    assert_eq!(
        network_input(&vec![0xff; MAX_BYTES + 1]),
        Err(ImageError::TooManyBytes)
    );

    let mut jpeg = encoded(&drawn(60, 40), ImageFormat::Jpeg);
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xc0])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0x27, 0x10, 0x27, 0x10]);
    let error = network_input(&jpeg).unwrap_err();
    assert_eq!(error.to_string(), "too large: 100 megapixels, at most 50");

    let mut png = encoded(&drawn(60, 40), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let crc = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    assert_eq!(
        network_input(&png),
        Err(ImageError::TooManyPixels {
            megapixels: 100,
            most: 50
        })
    );
}

#[test]
fn a_jpeg_of_endless_scans_is_refused() {
    let jpeg = encoded(&drawn(60, 40), ImageFormat::Jpeg);
    let scan = jpeg
        .windows(2)
        .position(|pair| pair == [0xff, 0xda])
        .unwrap();
    let (head, scan) = jpeg[..jpeg.len() - 2].split_at(scan);
    let bytes = [head, &scan.repeat(21), &[0xff, 0xd9]].concat();
    assert_eq!(network_input(&bytes), Err(ImageError::TooManyScans));
}

/// A grey progressive JPEG of so many scans: one of the DC coefficients, the others of the rest, each one bit a block.
fn progressive(width: u16, height: u16, scans: u8) -> Vec<u8> {
    let segment = |marker: u8, data: &[u8]| {
        let length = (data.len() as u16 + 2).to_be_bytes();
        [&[0xff, marker], &length[..], data].concat()
    };
    // One code of one bit, for nothing: no difference in a DC table, the end of the block in an AC table.
    let table = |class: u8| {
        let counts = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        segment(0xc4, &[&[class << 4], &counts[..], &[0]].concat())
    };
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    let blocks = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let mut data = vec![0; blocks.div_ceil(8)];
    if let (Some(last), used @ 1..) = (data.last_mut(), blocks % 8) {
        *last = 0xff >> used;
    }
    let mut bytes = [
        vec![0xff, 0xd8],
        segment(0xdb, &[&[0], &[1; 64][..]].concat()),
        segment(0xc2, &[8, h1, h0, w1, w0, 1, 1, 0x11, 0]),
        table(0),
        table(1),
    ]
    .concat();
    for scan in 0..scans {
        let end = if scan + 1 == scans { 63 } else { scan };
        let band = if scan == 0 { [0, 0] } else { [scan, end] };
        bytes.extend(segment(0xda, &[1, 1, 0, band[0], band[1], 0]));
        bytes.extend(&data);
    }
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[test]
fn a_progressive_jpeg_is_read_up_to_what_phones_make() {
    let grey = network_input(&progressive(1200, 900, 10)).unwrap();
    assert!(grey.iter().all(|value| value.abs() < 0.01), "{}", grey[0]);
    // A phone's twelve megapixels; the same picture, larger, would keep every coefficient in memory.
    assert_eq!(network_input(&progressive(4032, 3024, 10)).unwrap(), grey);
    let error = network_input(&progressive(5000, 4000, 10)).unwrap_err();
    assert_eq!(error.to_string(), "too large: 20 megapixels, at most 16");
    assert!(network_input(&progressive(64, 64, 20)).is_ok());
    assert_eq!(
        network_input(&progressive(64, 64, 21)),
        Err(ImageError::TooManyScans)
    );
}

/// What a decoder may take for the beginning of a segment, and the walk does not, could hide a frame from it.
#[test]
fn a_jpeg_with_a_bare_marker_before_its_first_scan_is_refused() {
    let jpeg = progressive(64, 64, 10);
    for bare in [[0xff, 0x00], [0xff, 0x01], [0xff, 0xd0], [0xff, 0xd8]] {
        let bytes = [&jpeg[..2], &bare, &jpeg[2..]].concat();
        assert_eq!(network_input(&bytes), Err(ImageError::Damaged), "{bare:x?}");
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

#[test]
fn a_gif_and_a_webp_give_what_their_png_gives() {
    let image = drawn(300, 200);
    let plain = network_input(&encoded(&image, ImageFormat::Png)).unwrap();
    let webp = network_input(&encoded(&image, ImageFormat::WebP)).unwrap();
    assert_eq!(plain, webp, "lossless");
    // 256 colours of it.
    let gif = network_input(&encoded(&image, ImageFormat::Gif)).unwrap();
    let difference = |(one, other): (&f32, &f32)| f64::from((one - other).abs());
    let mean = plain.iter().zip(&gif).map(difference).sum::<f64>() / gif.len() as f64;
    assert!(mean < 6.0 / 127.5, "{mean}");
}

#[test]
fn of_an_animation_the_first_picture_counts() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for image in [drawn(60, 40), RgbImage::new(60, 40)] {
        let frame = image::Frame::new(image::DynamicImage::ImageRgb8(image).into_rgba8());
        encoder.encode_frame(frame).unwrap();
    }
    drop(encoder);
    let first = network_input(&encoded(&drawn(60, 40), ImageFormat::Gif)).unwrap();
    assert_eq!(network_input(&bytes).unwrap(), first);
}

#[test]
fn heic_is_refused_with_what_to_do() {
    for brand in [b"heic", b"mif1", b"avif"] {
        let bytes = [b"\0\0\0\x18ftyp", &brand[..], b"\0\0\0\0mif1heic"].concat();
        let error = network_input(&bytes).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HEIC cannot be read here: please send it as JPEG"
        );
    }
    let video = b"\0\0\0\x18ftypisom\0\0\0\0isommp42";
    assert_eq!(network_input(video), Err(ImageError::NotAPhoto));
}

/// As printers' programs and some phones' editors write them.
#[test]
fn jpegs_of_four_colours_of_grey_and_without_a_transform_are_read() {
    let (width, height) = (120_u16, 80_u16);
    let image = drawn(width.into(), height.into());
    let plain = network_input(&encoded(&image, ImageFormat::Png)).unwrap();
    let near = |jpeg: &[u8], what: &str| {
        let found = network_input(jpeg).unwrap();
        let difference = |(one, other): (&f32, &f32)| f64::from((one - other).abs());
        let mean = plain.iter().zip(&found).map(difference).sum::<f64>() / found.len() as f64;
        assert!(mean < 4.0 / 127.5, "{what}: {mean}");
    };
    // Adobe's programs keep what is left of white.
    let inks: Vec<u8> = image
        .pixels()
        .flat_map(|pixel| [255 - pixel[0], 255 - pixel[1], 255 - pixel[2], 0])
        .collect();
    for (colours, what) in [(ColorType::Cmyk, "CMYK"), (ColorType::CmykAsYcck, "YCCK")] {
        let mut jpeg = Vec::new();
        let encoder = Encoder::new(&mut jpeg, 95);
        encoder.encode(&inks, width, height, colours).unwrap();
        near(&jpeg, what);
    }
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 95);
    encoder.set_progressive(true);
    encoder
        .encode(&image, width, height, ColorType::Rgb)
        .unwrap();
    near(&jpeg, "progressive");
    let mut jpeg = Vec::new();
    let grey = imageops::grayscale(&image);
    let encoder = Encoder::new(&mut jpeg, 95);
    encoder
        .encode(&grey, width, height, ColorType::Luma)
        .unwrap();
    let planes = network_input(&jpeg).unwrap();
    assert_eq!(planes[..SIDE * SIDE], planes[SIDE * SIDE..2 * SIDE * SIDE]);
}

/// Read at an eighth of its size, a large photo gives what the library's whole picture gives, whichever way it was held.
#[test]
fn a_large_photo_gives_what_all_of_its_pixels_give() {
    let (width, height) = (2_411_u16, 1_997_u16);
    let image = drawn(width.into(), height.into());
    for sampling in [SamplingFactor::F_1_1, SamplingFactor::F_2_2] {
        let mut jpeg = Vec::new();
        let mut encoder = Encoder::new(&mut jpeg, 85);
        encoder.set_sampling_factor(sampling);
        encoder
            .encode(&image, width, height, ColorType::Rgb)
            .unwrap();
        let whole = image::load_from_memory(&jpeg).unwrap().into_rgb8();
        for (orientation, upright) in [(1, whole.clone()), (6, imageops::rotate90(&whole))] {
            let jpeg = with_orientation(&jpeg, orientation);
            assert!(crate::decode::jpeg::reduced(&jpeg, SIDE, u64::MAX).is_some());
            let found = network_input(&jpeg).unwrap();
            let expected = network_input(&encoded(&upright, ImageFormat::Png)).unwrap();
            let difference = |(one, other): (&f32, &f32)| f64::from((one - other).abs());
            let all = expected.iter().zip(&found).map(difference);
            let mean = all.sum::<f64>() / found.len() as f64;
            assert!(mean < 1.5 / 127.5, "{sampling:?} {orientation}: {mean}");
            assert!(largest_difference(&found, &expected) < 48.0 / 127.5);
        }
    }
}
