//! What is fuzzed: a name, whole messages to begin with, and a function from bytes to what its answer looks like.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use serde_json::Value;
use spotlight_common::clock::ClockQuality;
use spotlight_common::envelope;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::{Epoch, Network, Pseudonym, ReportId};
use spotlight_common::keys;
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_edge::classify::Classifier;
use spotlight_edge::decode::{
    Pushed, Reassembly, SmsPdu, decode_mms, decode_pdu_hex, decode_push, gps, jpeg, json,
};
use spotlight_edge::intake::modem::at::{Demux, Said};
use spotlight_tests::{mms, sms};

pub const NAMES: [&str; 9] = [
    "at",
    "sms",
    "reassembly",
    "mms",
    "jpeg",
    "exif",
    "photo",
    "text",
    "envelope",
];

/// An input's answer in one number; two answers of one form have the same. What is wrong with it, where something is.
type Run = Box<dyn Fn(&[u8]) -> Result<u64, String>>;

pub struct Target {
    pub name: &'static str,
    pub seeds: Vec<Vec<u8>>,
    /// Of the time, in parts.
    pub share: u32,
    pub run: Run,
}

pub fn targets() -> Vec<Target> {
    let target = |name, share, seeds, run| Target {
        name,
        seeds,
        share,
        run,
    };
    vec![
        target("at", 2, dialogues(), Box::new(listen)),
        target("sms", 3, texts(), Box::new(read_sms)),
        target("reassembly", 2, texts(), Box::new(reassemble)),
        target("mms", 4, multimedia(), Box::new(read_mms)),
        target("jpeg", 4, large_jpegs(), Box::new(reduce)),
        target("exif", 1, located(), Box::new(read_exif)),
        target("photo", 4, photos(), classify()),
        target("text", 2, words(), place()),
        target("envelope", 1, reports(), Box::new(open)),
    ]
}

/// The octets of hex digits.
pub fn octets(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits.map(octet).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|octet| format!("{octet:02X}")).collect()
}

fn hashed(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The form of an answer: its keys, its small numbers and its lengths as powers of two.
fn form(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Null => 0.hash(hasher),
        Value::Bool(value) => value.hash(hasher),
        Value::Number(number) => number.as_u64().filter(|n| *n < 256).hash(hasher),
        Value::String(text) => text.len().checked_ilog2().hash(hasher),
        Value::Array(all) => {
            all.len().checked_ilog2().hash(hasher);
            all.iter().for_each(|value| form(value, hasher));
        }
        Value::Object(keys) => keys.iter().for_each(|(key, value)| {
            key.hash(hasher);
            form(value, hasher);
        }),
    }
}

fn answer(answer: Result<Value, impl std::fmt::Display>) -> Result<u64, String> {
    let mut hasher = DefaultHasher::new();
    match answer {
        Ok(value) => form(&value, &mut hasher),
        Err(error) => error.to_string().hash(&mut hasher),
    }
    Ok(hasher.finish())
}

/// What a modem says, at once and in pieces: the first octet tells what it was asked, the second how long the pieces are.
fn listen(bytes: &[u8]) -> Result<u64, String> {
    let [asked, length, said @ ..] = bytes else {
        return Ok(0);
    };
    let asked = ASKED[usize::from(*asked) % ASKED.len()];
    let heard = |length: usize| {
        let mut demux = Demux::default();
        demux.expect(asked, asked.contains("CMGL"));
        let mut all = Vec::new();
        for piece in said.chunks(length) {
            demux.push(piece);
            all.extend(std::iter::from_fn(|| demux.pop()));
        }
        all
    };
    let (whole, pieces) = (heard(said.len().max(1)), heard(usize::from(*length).max(1)));
    if whole != pieces {
        return Err(format!("{whole:?} at once and {pieces:?} in pieces"));
    }
    let lines = |said: &Said| match said {
        Said::Answer(answer) => answer.lines.len(),
        Said::Notice(_) | Said::Prompt => 0,
    };
    let lines: usize = whole.iter().map(lines).sum();
    Ok(hashed((asked, lines, format!("{whole:?}"))))
}

fn read_sms(bytes: &[u8]) -> Result<u64, String> {
    answer(json::pdu_json(&hex(bytes)))
}

/// Parts of one length after the other: the first octet tells it.
fn reassemble(bytes: &[u8]) -> Result<u64, String> {
    let mut reassembly = Reassembly::new();
    let (mut rest, mut parts, mut wholes, mut texts) = (bytes, 0_usize, 0_usize, 0);
    while let [length, after @ ..] = rest {
        let (part, next) = after.split_at(after.len().min(usize::from(*length)));
        rest = next;
        if let Ok(SmsPdu::Deliver(deliver)) = decode_pdu_hex(&hex(part)) {
            parts += 1;
            match reassembly.push(deliver, parts) {
                Pushed::Whole(whole) => {
                    wholes += whole.tokens.len();
                    texts += whole.message.text().map_or(0, |text| text.len());
                }
                Pushed::Held | Pushed::Full(_) => (),
            }
        }
    }
    if wholes > parts {
        return Err(format!("{wholes} tokens came back of {parts}"));
    }
    Ok(hashed((parts, wholes, texts / 40)))
}

fn read_mms(bytes: &[u8]) -> Result<u64, String> {
    // Strangers' pushes come through the same reader.
    let _ = decode_push(bytes);
    if let Ok(pdu) = decode_mms(bytes) {
        let _ = (
            pdu.sender().map(str::len),
            pdu.message_text(),
            pdu.retrieve_failure(),
        );
        let sum: usize = pdu.images().iter().map(|image| image.bytes.len()).sum();
        if sum > bytes.len() {
            return Err(format!("{sum} octets of pictures in {}", bytes.len()));
        }
    }
    answer(json::mms_json(bytes))
}

fn reduce(bytes: &[u8]) -> Result<u64, String> {
    let Some(reduced) = jpeg::reduced(bytes, 4, 4_000_000) else {
        return Ok(0);
    };
    let (width, height) = reduced.size;
    if reduced.rgb.len() != 3 * width * height {
        return Err(format!("{} samples of {width}x{height}", reduced.rgb.len()));
    }
    if reduced.picture.0 > width as f64 || reduced.picture.1 > height as f64 {
        return Err("the picture reaches beyond its blocks".to_owned());
    }
    Ok(hashed((
        width,
        height,
        reduced.rgb.iter().max(),
        reduced.rgb.first(),
    )))
}

fn read_exif(bytes: &[u8]) -> Result<u64, String> {
    match gps(bytes) {
        Some((lat, lon)) if lat.abs() > 90.0 || lon.abs() > 180.0 => {
            Err(format!("{lat}, {lon} is no place"))
        }
        place => Ok(hashed((
            place.map(|(lat, lon)| (lat as i32, lon as i32)),
            jpeg::exif(bytes).map(<[u8]>::len),
        ))),
    }
}

fn classify() -> Run {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let classifier = Classifier::load(&models).expect("the shipped model");
    Box::new(move |bytes| match classifier.classify(bytes) {
        Ok(verdict) => Ok(hashed(std::mem::discriminant(&verdict))),
        Err(error) => Ok(hashed(error.to_string())),
    })
}

fn place() -> Run {
    let gazetteer: Arc<Gazetteer> = Gazetteer::los_angeles();
    Box::new(move |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match gazetteer.find(&text) {
            Ok(place) => Ok(hashed(format!("{place:?}").len())),
            Err(_) => Ok(hashed("not found")),
        }
    })
}

fn network() -> Network {
    "fuzz".parse().expect("a network's name")
}

fn open(bytes: &[u8]) -> Result<u64, String> {
    match envelope::open::<Report>(&network(), bytes) {
        Ok(_) => Ok(hashed("opened")),
        Err(error) => Ok(hashed(error.to_string())),
    }
}

const ASKED: [&str; 4] = ["AT+CMGL=4", "AT+CMGS=20", "AT+CIMI", "AT+CSQ"];

/// Answers to those, with notices inside and after.
fn dialogues() -> Vec<Vec<u8>> {
    let pdu = sms::deliver("+12135550117", "cops at 5th & san pedro").remove(0);
    let said = [
        format!(
            "AT+CMGL=4\r\r\n+CMGL: 1,1,,{0}\r\n{pdu}\r\n+CMTI: \"SM\",2\r\n+CMGL: 3,0,,{0}\r\n{pdu}\r\n\r\nOK\r\n",
            pdu.len() / 2 - 8
        ),
        format!("\r\n> \r\n+CDS: 25\r\n{pdu}\r\n+CMGS: 7\r\n\r\nOK\r\n"),
        "310260123456789\r\nRING\r\n\r\nOK\r\nRDY\r\n".to_owned(),
        format!("+CSQ: 17,99\r\nERROR\r\nOK\r\n+CMT: ,24\r\n{pdu}\r\n+CMS ERROR: 321\r\n"),
    ];
    (0..)
        .zip(said)
        .map(|(n, said)| [&[n, 3][..], said.as_bytes()].concat())
        .collect()
}

fn texts() -> Vec<Vec<u8>> {
    let long = "they are at 5th and san pedro with two trucks and a bulldozer ".repeat(5);
    let wide = "la policía está en la calle 5 y san pedro 🚓 ".repeat(6);
    let pushed = [0x01, 0x06, 0x02, 0xaf, 0x84];
    let mut pdus = vec![sms::deliver_data("+12135550117", &pushed)];
    for text in [
        "cops at 5th & san pedro",
        "¿policía en 6th y wall? [€]",
        &long,
        &wide,
    ] {
        pdus.extend(sms::deliver("+12135550117", text));
    }
    let mut seeds: Vec<Vec<u8>> = pdus.iter().filter_map(|pdu| octets(pdu)).collect();
    // All parts after each other, each behind its length.
    let parts = seeds.iter().flat_map(|part| {
        let length = [part.len() as u8];
        length
            .into_iter()
            .chain(part.iter().copied())
            .collect::<Vec<u8>>()
    });
    let parts = parts.collect();
    seeds.push(parts);
    seeds
}

fn multimedia() -> Vec<Vec<u8>> {
    let jpeg = picture(48, 40, SamplingFactor::F_2_2, 0);
    let text = "policía en 5th & san pedro";
    let mut seeds = vec![
        mms::retrieved("+12135550117", text, &[]),
        mms::retrieved("+12135550117", "", &[&jpeg]),
        mms::retrieved("+12135550117", text, &[&jpeg, &jpeg[..40]]),
        mms::notification("t1", "+12135550117", "http://mmsc.example/t1"),
    ];
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors/mms");
    let files = std::fs::read_dir(vectors).into_iter().flatten().flatten();
    let more = files.filter_map(|file| std::fs::read(file.path()).ok());
    seeds.extend(more.filter(|bytes| bytes.len() < 20_000));
    seeds
}

fn picture(width: u16, height: u16, sampling: SamplingFactor, restart: u16) -> Vec<u8> {
    let across = usize::from(width);
    let pixels = (0..across * usize::from(height)).flat_map(|n| {
        let (x, y) = (n % across, n / across);
        [x * 5, y * 7, (x * y) ^ (x / 9)].map(|value| value as u8)
    });
    let pixels: Vec<u8> = pixels.collect();
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 80);
    encoder.set_sampling_factor(sampling);
    if restart > 0 {
        encoder.set_restart_interval(restart);
    }
    encoder
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("a picture is encoded");
    bytes
}

fn large_jpegs() -> Vec<Vec<u8>> {
    vec![
        picture(64, 48, SamplingFactor::F_2_2, 0),
        picture(70, 45, SamplingFactor::F_1_1, 2),
        picture(64, 64, SamplingFactor::F_2_1, 0),
        picture(40, 90, SamplingFactor::F_1_2, 3),
    ]
}

/// Exif with a place: 34 deg 2.85 min north, 118 deg 14.2 min west; TIFF 6.0, big-endian.
fn located() -> Vec<Vec<u8>> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        let (tag, kind, count) = (tag.to_be_bytes(), kind.to_be_bytes(), count.to_be_bytes());
        [&tag[..], &kind, &count, &value].concat()
    };
    let rational = |pairs: [(u32, u32); 3]| {
        let numbers = pairs.into_iter().flat_map(|(over, under)| [over, under]);
        numbers.flat_map(u32::to_be_bytes).collect::<Vec<u8>>()
    };
    let tiff = [
        b"MM\0*\0\0\0\x08".to_vec(),
        2_u16.to_be_bytes().to_vec(),
        entry(0x0112, 3, 1, [0, 6, 0, 0]),
        entry(0x8825, 4, 1, 38_u32.to_be_bytes()),
        vec![0; 4],
        4_u16.to_be_bytes().to_vec(),
        entry(1, 2, 2, *b"N\0\0\0"),
        entry(2, 5, 3, 92_u32.to_be_bytes()),
        entry(3, 2, 2, *b"W\0\0\0"),
        entry(4, 5, 3, 116_u32.to_be_bytes()),
        vec![0; 4],
        rational([(34, 1), (285, 100), (0, 1)]),
        rational([(118, 1), (142, 10), (0, 1)]),
    ]
    .concat();
    let mut photo = picture(32, 32, SamplingFactor::F_1_1, 0);
    let length = (tiff.len() + 8) as u16;
    let segment = [&[0xff, 0xe1][..], &length.to_be_bytes(), b"Exif\0\0", &tiff].concat();
    photo.splice(2..2, segment);
    assert!(gps(&photo).is_some(), "the seed has a place");
    vec![photo]
}

fn photos() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/pictures");
    let files = std::fs::read_dir(&folder)
        .expect("small pictures of each kind")
        .flatten();
    let mut seeds: Vec<Vec<u8>> = files
        .filter_map(|file| std::fs::read(file.path()).ok())
        .collect();
    seeds.extend(located());
    seeds
}

fn words() -> Vec<Vec<u8>> {
    let texts = [
        "cops at 5th & san pedro",
        "hay policía en la calle 6 y wall",
        "1400 block of e 41st pl",
        "gone from spring st between 5th and 6th",
        "echo park lake, north side, 90026",
    ];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn reports() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let key = keys::load_or_create(&folder.path().join("node.key")).expect("a key");
    let report = Report {
        id: ReportId::random(),
        seen_at: Minute::of(jiff::Timestamp::UNIX_EPOCH),
        cell: "89283472a6fffff".parse().expect("a cell"),
        kind: Kind::Present,
        evidence: Evidence::Text,
        reporter: Pseudonym(7),
        epoch: Epoch(1),
        clock: ClockQuality::Synced,
    };
    vec![envelope::seal(&key, &network(), &report)]
}
