//! For tests: a tile read back, by the specification and not by the writer.

use std::collections::BTreeMap;

use super::mvt::Value;

#[derive(Debug)]
pub struct Feature {
    pub properties: BTreeMap<String, Value>,
    /// Each part or ring; a ring without its first point again.
    pub paths: Vec<Vec<(i64, i64)>>,
}

/// Layers by name, with their features.
pub fn tile(bytes: &[u8]) -> Vec<(String, Vec<Feature>)> {
    let layers = fields(bytes).into_iter();
    layers
        .map(|(_, layer)| self::layer(&layer.bytes()))
        .collect()
}

/// Twice the area would be this by the surveyor's formula; here once.
pub fn area(ring: &[(i64, i64)]) -> i64 {
    let pairs = (0..ring.len()).map(|n| (ring[n], ring[(n + 1) % ring.len()]));
    pairs.map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<i64>() / 2
}

#[derive(Debug)]
enum Field {
    Number(u64),
    Fixed([u8; 8]),
    Bytes(Vec<u8>),
}

impl Field {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes()).expect("text")
    }
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().expect("a number's end");
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    number
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field)> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let field = match tag & 7 {
            0 => Field::Number(varint(&mut bytes)),
            1 => {
                let (fixed, rest) = bytes.split_at(8);
                bytes = rest;
                Field::Fixed(fixed.try_into().expect("eight"))
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (content, rest) = bytes.split_at(length);
                bytes = rest;
                Field::Bytes(content.to_vec())
            }
            other => panic!("wire type {other}"),
        };
        fields.push((tag >> 3, field));
    }
    fields
}

fn layer(bytes: &[u8]) -> (String, Vec<Feature>) {
    let fields = fields(bytes);
    let all = |number: u64| {
        fields
            .iter()
            .filter(move |(n, _)| *n == number)
            .map(|(_, field)| field)
    };
    let name = all(1).next().expect("a name").text();
    let keys: Vec<String> = all(3).map(Field::text).collect();
    let values: Vec<Value> = all(4).map(|field| value(&field.bytes())).collect();
    let features = all(2).map(|feature| self::feature(&feature.bytes(), &keys, &values));
    (name, features.collect())
}

fn value(bytes: &[u8]) -> Value {
    match &fields(bytes)[..] {
        [(1, text)] => Value::Text(text.text()),
        [(3, Field::Fixed(bytes))] => Value::Number(f64::from_le_bytes(*bytes)),
        [(5, Field::Number(count))] => Value::Count(*count),
        other => panic!("{other:?}"),
    }
}

fn numbers(bytes: &[u8]) -> Vec<u64> {
    let mut rest = bytes;
    let mut numbers = Vec::new();
    while !rest.is_empty() {
        numbers.push(varint(&mut rest));
    }
    numbers
}

fn feature(bytes: &[u8], keys: &[String], values: &[Value]) -> Feature {
    let mut feature = Feature {
        properties: BTreeMap::new(),
        paths: Vec::new(),
    };
    for (number, field) in fields(bytes) {
        match number {
            2 => {
                for pair in numbers(&field.bytes()).chunks(2) {
                    let (key, value) = (&keys[pair[0] as usize], &values[pair[1] as usize]);
                    feature.properties.insert(key.clone(), value.clone());
                }
            }
            4 => feature.paths = paths(&numbers(&field.bytes())),
            _ => (),
        }
    }
    feature
}

fn paths(commands: &[u64]) -> Vec<Vec<(i64, i64)>> {
    let signed = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
    let mut paths: Vec<Vec<(i64, i64)>> = Vec::new();
    let mut at = (0, 0);
    let mut rest = commands.iter();
    while let Some(command) = rest.next() {
        let (id, count) = (command & 7, command >> 3);
        if id == 7 {
            continue;
        }
        for _ in 0..count {
            at.0 += signed(*rest.next().expect("x"));
            at.1 += signed(*rest.next().expect("y"));
            match paths.last_mut() {
                Some(path) if id == 2 => path.push(at),
                _ => paths.push(vec![at]),
            }
        }
    }
    paths
}
