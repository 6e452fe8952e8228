use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use image::{ImageFormat, Rgb, RgbImage, imageops};

use super::manifest::Thresholds;
use super::photo::{MAX_BYTES, SIDE, network_input};
use super::*;

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models");
const PHOTOS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/photos");

static CLASSIFIER: LazyLock<Classifier> =
    LazyLock::new(|| Classifier::load(Path::new(MODELS)).unwrap());

fn of_police(verdict: Verdict) -> f32 {
    match verdict {
        Verdict::Police { probability }
        | Verdict::NotPolice { probability }
        | Verdict::Unsure { probability } => probability,
    }
}

/// A picture that looks different whichever way it is turned.
fn drawn(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (across, down) = (x * 255 / width, y * 255 / height);
        let corner = if across < 80 && down < 50 { 255 } else { 40 };
        Rgb([across as u8, down as u8, corner])
    })
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The JPEG with an Exif segment of nothing but the orientation tag.
fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend((exif.len() as u16 + 2).to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// Numbers from anywhere, the same at every run.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    })
}

fn largest_difference(left: &[f32], right: &[f32]) -> f32 {
    assert_eq!(left.len(), right.len());
    left.iter()
        .zip(right)
        .map(|(left, right)| (left - right).abs())
        .fold(0.0, f32::max)
}

#[test]
fn jpeg_and_png_are_told_by_content_and_get_a_probability() {
    for (width, height) in [(1, 1), (3, 700), (64, 64), (640, 480)] {
        for format in [ImageFormat::Jpeg, ImageFormat::Png] {
            let verdict = CLASSIFIER
                .classify(&encoded(&drawn(width, height), format))
                .unwrap();
            assert!((0.0..=1.0).contains(&of_police(verdict)));
        }
    }
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
    for format in [ImageFormat::Jpeg, ImageFormat::Png] {
        let whole = encoded(&drawn(60, 40), format);
        for length in 0..whole.len() {
            let expected = match (length, format) {
                (0, _) => ImageError::Empty,
                (..=2, ImageFormat::Jpeg) | (..=7, _)
                    if length < 3 || format == ImageFormat::Png =>
                {
                    ImageError::NotAPhoto
                }
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
    assert_eq!(network_input(b"GIF89a"), Err(ImageError::NotAPhoto));
    let jpeg = encoded(&drawn(60, 40), ImageFormat::Jpeg);
    let png = encoded(&drawn(60, 40), ImageFormat::Png);
    for seed in 0..300 {
        let length = 1 + seed as usize * 7;
        let random: Vec<u8> = noise(seed).take(length).collect();
        for magic in [&b""[..], b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n"] {
            let bytes = [magic, &random].concat();
            assert!(network_input(&bytes).is_err());
        }
        for whole in [&jpeg, &png] {
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
fn the_thresholds_are_part_of_their_verdicts() {
    let thresholds: Thresholds = toml::from_str("police = 0.75\nnot_police = 0.25").unwrap();
    assert_eq!(
        thresholds.verdict(0.75),
        Verdict::Police { probability: 0.75 }
    );
    assert_eq!(
        thresholds.verdict(0.5),
        Verdict::Unsure { probability: 0.5 }
    );
    assert_eq!(
        thresholds.verdict(0.25),
        Verdict::NotPolice { probability: 0.25 }
    );
}

/// A copy of the shipped manifest, changed by `edit`, with `network` as the file it names.
fn installed(edit: impl Fn(String) -> String, network: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = std::fs::read_to_string(Path::new(MODELS).join("manifest.toml")).unwrap();
    std::fs::write(folder.path().join("manifest.toml"), edit(manifest)).unwrap();
    let path = folder.path().join("police-mobilenetv2.onnx");
    std::fs::write(&path, network).unwrap();
    (folder, path)
}

#[test]
fn a_network_whose_hash_differs_is_refused_with_its_name_and_the_fix() {
    let mut network = std::fs::read(Path::new(MODELS).join("police-mobilenetv2.onnx")).unwrap();
    *network.last_mut().unwrap() ^= 1;
    let (folder, path) = installed(|manifest| manifest, &network);
    for asked in [folder.path(), &path] {
        let error = Classifier::load(asked).unwrap_err();
        assert!(matches!(error, ModelError::WrongHash { .. }));
        let message = error.to_string();
        assert!(
            message.contains("police-mobilenetv2.onnx") && message.contains("install the model"),
            "{message}"
        );
    }
}

#[test]
fn a_missing_or_unfit_manifest_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let message = Classifier::load(folder.path()).unwrap_err().to_string();
    assert!(
        message.contains("manifest.toml") && message.contains("--model"),
        "{message}"
    );

    type Edit = fn(String) -> String;
    let cases: [(Edit, &str); 4] = [
        (
            |manifest| manifest.replace("224, 224]", "192, 192]"),
            "`input.shape`",
        ),
        (
            |manifest| manifest.replace("police-mobilenetv2.onnx", "../police-mobilenetv2.onnx"),
            "plain file name",
        ),
        (
            |manifest| manifest.replace("x / 127.5 - 1", "x / 255"),
            "unknown variant",
        ),
        (
            |manifest| manifest.replace("\nnot_police = 0.", "\nnot_police = 1."),
            "`thresholds`",
        ),
    ];
    for (edit, expected) in cases {
        let (folder, _) = installed(edit, b"");
        let message = Classifier::load(folder.path()).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_network_that_cannot_be_run_is_refused_though_its_hash_is_right() {
    let shipped: toml::Table = std::fs::read_to_string(Path::new(MODELS).join("manifest.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let hash = shipped["sha256"].as_str().unwrap();
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let (folder, _) = installed(|manifest| manifest.replace(hash, nothing), b"");
    let error = Classifier::load(folder.path()).unwrap_err();
    assert!(matches!(error, ModelError::Network { .. }), "{error}");
}

#[test]
fn the_answer_about_a_file_is_the_contract_s_json() {
    let folder = tempfile::tempdir().unwrap();
    let photo = folder.path().join("./photo.txt");
    std::fs::write(&photo, encoded(&drawn(60, 40), ImageFormat::Png)).unwrap();
    let answer = classify_file(&CLASSIFIER, &photo);
    assert!(!answer.is_refused());
    let json: serde_json::Value = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["file"], photo.to_str().unwrap());
    assert!(["police", "not_police", "unsure"].contains(&json["verdict"].as_str().unwrap()));
    assert!((0.0..=1.0).contains(&json["police"].as_f64().unwrap()));
    assert!(json["ms"].as_f64().unwrap() > 0.0);
    assert_eq!(json.as_object().unwrap().len(), 4);

    let empty = folder.path().join("empty.jpg");
    std::fs::write(&empty, b"").unwrap();
    for (file, reason) in [
        (&empty, "empty"),
        (&folder.path().to_path_buf(), "not a file"),
    ] {
        let answer = classify_file(&CLASSIFIER, file);
        assert!(answer.is_refused());
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(
            json,
            serde_json::json!({"file": file.to_str().unwrap(), "error": reason})
        );
    }
    let missing =
        serde_json::to_value(classify_file(&CLASSIFIER, Path::new("/nowhere/x.jpg"))).unwrap();
    assert!(
        missing["error"]
            .as_str()
            .unwrap()
            .starts_with("cannot be read: ")
    );
}

/// `models/train/reference.csv` holds what the training code says of 200 photos: `file,police,probability`.
/// The photos may not be shipped, so where they are not at hand there is nothing to compare.
#[test]
fn training_and_edge_agree_on_real_photos() {
    if !Path::new(PHOTOS).is_dir() {
        eprintln!("no photos at {PHOTOS}: nothing compared");
        return;
    }
    let reference = std::fs::read_to_string(Path::new(MODELS).join("train/reference.csv")).unwrap();
    let rows: Vec<(bool, f32, f32)> = reference
        .lines()
        .skip(1)
        .map(|line| {
            let [file, police, probability] =
                line.split(',').collect::<Vec<_>>().try_into().unwrap();
            let bytes = std::fs::read(Path::new(PHOTOS).join(file)).unwrap();
            let found = of_police(CLASSIFIER.classify(&bytes).unwrap());
            (police == "1", probability.parse().unwrap(), found)
        })
        .collect();
    assert_eq!(rows.len(), 200);
    // JPEG decoders differ by a grey level here and there, and pictures below 224 pixels are enlarged with other
    // rounding; from one PNG of 224 pixels or more both sides agree within 1e-6.
    let differences = || {
        rows.iter()
            .map(|(_, expected, found)| (expected - found).abs())
    };
    let largest = differences().fold(0.0, f32::max);
    let mean = differences().sum::<f32>() / rows.len() as f32;
    assert!(
        largest < 0.05 && mean < 0.005,
        "probabilities differ by up to {largest}, {mean} in the mean"
    );

    let (police, other): (Vec<&(bool, f32, f32)>, Vec<_>) =
        rows.iter().partition(|(police, ..)| *police);
    let pairs = police
        .iter()
        .flat_map(|p| other.iter().map(move |o| p.2 > o.2));
    let area = pairs.filter(|above| *above).count() as f64 / (police.len() * other.len()) as f64;
    assert!(area > 0.93, "area under the curve is {area}");
}
