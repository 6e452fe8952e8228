use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use image::{ImageFormat, Rgb, RgbImage};
use sha2::{Digest as _, Sha256};

use super::manifest::Thresholds;
use super::*;

mod photo;

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
    let path = folder.path().join("police-edgetpu.onnx");
    std::fs::write(&path, network).unwrap();
    (folder, path)
}

#[test]
fn a_network_whose_hash_differs_is_refused_with_its_name_and_the_fix() {
    let mut network = std::fs::read(Path::new(MODELS).join("police-edgetpu.onnx")).unwrap();
    *network.last_mut().unwrap() ^= 1;
    let (folder, path) = installed(|manifest| manifest, &network);
    for asked in [folder.path(), &path] {
        let error = Classifier::load(asked).unwrap_err();
        assert!(matches!(error, ModelError::WrongHash { .. }));
        let message = error.to_string();
        assert!(
            message.contains("police-edgetpu.onnx") && message.contains("install the model"),
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
            |manifest| manifest.replace("224, 224]", "224, 192]"),
            "`input.shape`",
        ),
        (
            |manifest| manifest.replace("police-edgetpu.onnx", "../police-edgetpu.onnx"),
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

/// Another last operator, which could be run as well: the file is not one that was trained here.
#[test]
fn a_network_of_other_operators_is_refused() {
    let network = std::fs::read(Path::new(MODELS).join("police-edgetpu.onnx")).unwrap();
    let hash = |bytes: &[u8]| -> String {
        let digest = Sha256::digest(bytes);
        digest.iter().map(|octet| format!("{octet:02x}")).collect()
    };
    let at = network.windows(7).position(|name| name == b"Sigmoid");
    let mut other = network.clone();
    other[at.expect("the last operator")..][..7].copy_from_slice(b"Softmax");
    let hashes = [hash(&network), hash(&other)];
    let (folder, _) = installed(|manifest| manifest.replace(&hashes[0], &hashes[1]), &other);
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

/// `models/eval/validation.csv` holds what onnxruntime says of photos that the network was not trained on:
/// `file,label,kind,probability`. The photos may not be shipped, so where they are not at hand there is nothing to compare.
#[test]
fn training_and_edge_agree_on_real_photos() {
    if !Path::new(PHOTOS).is_dir() {
        eprintln!("no photos at {PHOTOS}: nothing compared");
        return;
    }
    let reference = std::fs::read_to_string(Path::new(MODELS).join("eval/validation.csv")).unwrap();
    let rows: Vec<(bool, f32, f32)> = reference
        .lines()
        .skip(1)
        .filter_map(|line| {
            let [file, label, _, probability] =
                line.split(',').collect::<Vec<_>>().try_into().unwrap();
            let bytes = std::fs::read(Path::new(PHOTOS).join(file)).unwrap();
            let found = of_police(CLASSIFIER.classify(&bytes).unwrap());
            let row = (
                label.starts_with("police"),
                probability.parse().unwrap(),
                found,
            );
            (label != "unsure").then_some(row)
        })
        .collect();
    assert!(rows.len() > 600, "{}", rows.len());
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
