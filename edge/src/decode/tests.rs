//! Every open test vector, field by field; reassembly of their groups; and mutations of them that must not panic.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{json::*, *};

pub(super) fn vectors(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors")).join(file)
}

fn rows(file: &str) -> Vec<Value> {
    let text = fs::read_to_string(vectors(file)).expect("the vectors beside the repository");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a row of JSON"))
        .collect()
}

fn mms_file(row: &Value) -> Vec<u8> {
    fs::read(vectors("mms").join(row["file"].as_str().expect("a file"))).expect("a vector")
}

/// Every difference, key by key both ways, but for the keys that describe the vector and not the message.
fn differences(id: &Value, expected: &Value, answer: &Value) -> Vec<String> {
    const ABOUT_THE_VECTOR: [&str; 3] = ["agreeing_decoders", "note", "lenient"];
    const OURS: [&str; 1] = ["decoded_text"];
    let (Some(expected), Some(answer)) = (expected.as_object(), answer.as_object()) else {
        return if expected == answer {
            vec![]
        } else {
            vec![format!("{id}: {expected} but {answer}")]
        };
    };
    let lenient = expected.contains_key("lenient");
    let mut found = Vec::new();
    for (key, value) in expected
        .iter()
        .filter(|(key, _)| !ABOUT_THE_VECTOR.contains(&key.as_str()))
    {
        match (answer.get(key), value) {
            (Some(Value::Array(ours)), Value::Array(theirs)) if ours.len() == theirs.len() => {
                let pairs = theirs.iter().zip(ours);
                found.extend(
                    pairs
                        .flat_map(|(theirs, ours)| differences(id, theirs, ours))
                        .map(|found| format!("{key} of {found}")),
                );
            }
            (ours, theirs) if ours != Some(theirs) => {
                found.push(format!("{id} {key}: {theirs} but {ours:?}"))
            }
            _ => {}
        }
    }
    let extra = answer
        .keys()
        .filter(|key| !lenient && !expected.contains_key(*key) && !OURS.contains(&key.as_str()));
    found.extend(extra.map(|key| format!("{id}: {key} is not expected")));
    found
}

fn assert_same(rows: &[Value], decode: impl Fn(&Value) -> Result<Value, DecodeError>) {
    let mut found = Vec::new();
    for row in rows {
        let (id, expected) = (&row["id"], &row["expected"]);
        match (expected.get("error").is_some(), decode(row)) {
            (true, Ok(_)) => found.push(format!("{id} is not refused")),
            (false, Err(err)) => found.push(format!("{id} is refused: {err}")),
            (false, Ok(answer)) => found.extend(differences(id, expected, &answer)),
            (true, Err(_)) => {}
        }
    }
    assert!(
        found.is_empty(),
        "{} of {} rows:\n{}",
        found.len(),
        rows.len(),
        found.join("\n")
    );
}

#[test]
fn every_sms_vector_is_read_as_it_says() {
    let rows = rows("sms/deliver.jsonl");
    assert!(rows.len() >= 78);
    assert_same(&rows, |row| pdu_json(row["pdu"].as_str().expect("a PDU")));
}

#[test]
fn every_mms_vector_is_read_as_it_says() {
    let rows = rows("mms/expected.jsonl");
    assert!(rows.len() >= 50);
    assert_same(&rows, |row| mms_json(&mms_file(row)));
}

#[test]
fn transfer_encodings_are_undone_as_the_client_of_the_vector_did() {
    let mut checked = 0;
    for row in rows("mms/expected.jsonl") {
        let Some(theirs) = row["third_party_parts"].as_object() else {
            continue;
        };
        let Ok(pdu) = decode_mms(&mms_file(&row)) else {
            continue;
        };
        for part in &pdu.parts {
            let name = part.content_location.as_deref().unwrap_or_default();
            let Some(sha256) = theirs.get(name).and_then(|part| part["sha256"].as_str()) else {
                continue;
            };
            let ours: String = Sha256::digest(&part.bytes()[..])
                .iter()
                .map(|octet| format!("{octet:02x}"))
                .collect();
            assert_eq!(ours, sha256, "{} {name}", row["id"]);
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}

#[test]
fn pictures_and_texts_of_the_vectors_are_found() {
    let mut images = 0;
    for row in rows("mms/expected.jsonl") {
        let Ok(pdu) = decode_mms(&mms_file(&row)) else {
            continue;
        };
        for image in pdu.images() {
            assert!(image.content_type.starts_with("image/"));
            images += usize::from(
                &*image.content_type == "image/jpeg" && image.bytes.starts_with(&[0xff, 0xd8]),
            );
        }
        for part in row["expected"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|part| part["headers"] == serde_json::json!({}))
        {
            let text = part["text"]
                .as_str()
                .unwrap_or_default()
                .trim()
                .trim_start_matches('\u{feff}');
            assert!(pdu.message_text().contains(text), "{}", row["id"]);
        }
        assert!(!pdu.message_text().contains("<smil"), "{}", row["id"]);
    }
    assert!(images >= 15, "{images}");
}

fn deliver(hex: &str) -> Deliver {
    match decode_pdu_hex(hex) {
        Ok(SmsPdu::Deliver(deliver)) => deliver,
        other => panic!("{other:?}"),
    }
}

#[test]
fn groups_of_vectors_join_in_any_order() {
    let mut groups: BTreeMap<String, (Vec<String>, Option<String>)> = BTreeMap::new();
    for row in rows("sms/deliver.jsonl")
        .iter()
        .filter(|row| row["group"].is_string() && row["expected"]["error"].is_null())
    {
        let group = groups
            .entry(row["group"].as_str().expect("a group").to_owned())
            .or_default();
        group.0.push(row["pdu"].as_str().expect("a PDU").to_owned());
        group.1 = group
            .1
            .take()
            .or(row["expected_whole_text"].as_str().map(str::to_owned));
    }
    let mut random = Random(7);
    let mut whole_texts = 0;
    for (name, (mut pdus, expected)) in groups {
        let parts = pdus.len();
        if deliver(&pdus[0])
            .concat
            .is_some_and(|concat| usize::from(concat.total) != parts)
        {
            continue;
        }
        for _ in 0..20 {
            for index in (1..pdus.len()).rev() {
                pdus.swap(index, random.below(index + 1));
            }
            let mut reassembly = Reassembly::new();
            let mut whole = None;
            for (token, pdu) in pdus.iter().enumerate() {
                assert!(whole.is_none(), "{name}");
                if let Pushed::Whole(done) = reassembly.push(deliver(pdu), token) {
                    whole = Some(done);
                }
            }
            let whole = whole.unwrap_or_else(|| panic!("{name} is not whole"));
            assert_eq!(whole.tokens, (0..parts).collect::<Vec<_>>(), "{name}");
            if let Some(expected) = &expected {
                assert_eq!(whole.message.text().as_ref(), Some(expected), "{name}");
                whole_texts += 1;
            }
        }
    }
    assert!(whole_texts >= 20 * 20, "{whole_texts}");
}

/// xorshift64: the same mutations in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Truncates, flips bits, sets octets that are often lengths, or splices another vector in.
    fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(3) {
            // Headers are where decoders go wrong: half of the changes are near the start.
            let span = if self.below(2) == 0 {
                bytes.len().min(64)
            } else {
                bytes.len()
            };
            let at = self.below(span);
            match self.below(5) {
                0 => bytes.truncate(at),
                1 if !bytes.is_empty() => bytes[at] ^= 1 << self.below(8),
                2 if !bytes.is_empty() => bytes[at] = [0, 1, 0x1f, 0x7f, 0x80, 0xff][self.below(6)],
                3 if !other.is_empty() => {
                    let from = self.below(other.len());
                    bytes.truncate(at);
                    bytes.extend_from_slice(&other[from..]);
                }
                _ => {
                    let count = self.below(8);
                    let octet = self.next() as u8;
                    bytes
                        .splice(at..at, std::iter::repeat_n(octet, count))
                        .for_each(drop);
                }
            }
        }
    }
}

#[test]
fn no_mutation_of_a_vector_panics() {
    let mut random = Random(0x5107_1167);
    let sms: Vec<Vec<u8>> = rows("sms/deliver.jsonl")
        .iter()
        .map(|row| unhex(row["pdu"].as_str().expect("a PDU")))
        .collect();
    let mut reassembly = Reassembly::new();
    for round in 0..100_000 {
        let mut bytes = sms[random.below(sms.len())].clone();
        let other = random.below(sms.len());
        random.mutate(&mut bytes, &sms[other]);
        let hex: String = bytes.iter().map(|octet| format!("{octet:02X}")).collect();
        if let (Ok(SmsPdu::Deliver(deliver)), Ok(_)) = (decode_pdu_hex(&hex), pdu_json(&hex)) {
            reassembly.push(deliver, round);
        }
    }
    // Long bodies say nothing new about headers.
    let mms: Vec<Vec<u8>> = rows("mms/expected.jsonl")
        .iter()
        .map(mms_file)
        .filter(|file| file.len() < 8192)
        .collect();
    for _ in 0..30_000 {
        let mut bytes = mms[random.below(mms.len())].clone();
        let other = random.below(mms.len());
        random.mutate(&mut bytes, &mms[other]);
        if let Ok(pdu) = decode_mms(&bytes) {
            let carried: usize = pdu.parts.iter().map(|part| part.body.len()).sum();
            assert!(carried <= bytes.len());
            let _ = (
                pdu.message_text(),
                pdu.images().len(),
                pdu.sender().map(str::len),
                pdu.retrieve_failure(),
            );
        }
        if bytes.len() < 1024 {
            let _ = mms_json(&bytes);
        }
    }
}

#[test]
fn every_cut_of_a_message_is_refused_or_says_so() {
    for row in rows("mms/expected.jsonl")
        .iter()
        .filter(|row| row["expected"]["message_type"] == "m-retrieve-conf")
    {
        let file = mms_file(row);
        let whole = decode_mms(&file).expect("a message");
        let trailing = file.len()
            - (0..file.len())
                .rev()
                .take(64)
                .find(|end| decode_mms(&file[..*end]).is_err())
                .unwrap_or(0)
            - 1;
        for end in (0..file.len() - trailing).filter(|end| *end < 600 || end % 997 == 0) {
            if let Ok(cut) = decode_mms(&file[..end]) {
                assert!(
                    cut.trailing_error.is_some() || cut.parts != whole.parts,
                    "{} at {end}",
                    row["id"]
                );
                assert!(cut.parts.is_empty(), "{} at {end}", row["id"]);
            }
        }
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).expect("hexadecimal"))
        .collect()
}
