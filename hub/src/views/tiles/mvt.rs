//! Mapbox Vector Tile 2.1: a tile holds layers, a layer features, and a feature geometry in whole units and properties that
//! point into the layer's lists of keys and values. Protocol Buffers, of which this needs numbers and strings of bytes.

use std::collections::HashMap;

use geo::{Coord, LineString, MultiPolygon};

use super::grid::{EXTENT, PIXEL};

/// What a property may say.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Count(u64),
    Number(f64),
}

/// Kinds of geometry, as the specification numbers them.
const POINT: u64 = 1;
const LINE: u64 = 2;
const POLYGON: u64 = 3;

/// Commands of geometry.
const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

/// One layer, while features are put into it.
pub struct Layer {
    name: &'static str,
    features: Vec<u8>,
    keys: Vec<&'static str>,
    values: Vec<Vec<u8>>,
    known: HashMap<Vec<u8>, u64>,
}

impl Layer {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            features: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            known: HashMap::new(),
        }
    }

    pub fn point(&mut self, at: Coord<f64>, properties: &[(&'static str, Value)]) {
        let mut path = Path::default();
        path.start(&[whole(at)]);
        self.feature(POINT, &path.commands, properties);
    }

    /// A line in one or more parts; none where it is shorter than a pixel.
    pub fn line(&mut self, parts: &[LineString<f64>], properties: &[(&'static str, Value)]) {
        let mut path = Path::default();
        for part in parts {
            let points = distinct(part.coords().copied());
            if points.len() > 1 {
                path.start(&points[..1]);
                path.go_on(&points[1..]);
            }
        }
        self.feature(LINE, &path.commands, properties);
    }

    /// Polygons as one feature; without rings smaller than a pixel.
    pub fn polygons(&mut self, polygons: &MultiPolygon<f64>, properties: &[(&'static str, Value)]) {
        let mut path = Path::default();
        for polygon in polygons {
            if path.ring(polygon.exterior(), true) {
                for hole in polygon.interiors() {
                    path.ring(hole, false);
                }
            }
        }
        self.feature(POLYGON, &path.commands, properties);
    }

    fn feature(&mut self, kind: u64, geometry: &[u64], properties: &[(&'static str, Value)]) {
        if geometry.is_empty() {
            return;
        }
        let mut tags = Vec::new();
        for (key, value) in properties {
            number(&mut tags, self.key(key));
            number(&mut tags, self.value(value));
        }
        let mut commands = Vec::new();
        for command in geometry {
            number(&mut commands, *command);
        }
        let mut feature = Vec::new();
        if !tags.is_empty() {
            bytes(&mut feature, 2, &tags);
        }
        field(&mut feature, 3, kind);
        bytes(&mut feature, 4, &commands);
        bytes(&mut self.features, 2, &feature);
    }

    fn key(&mut self, key: &'static str) -> u64 {
        let place = self.keys.iter().position(|known| *known == key);
        place.unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        }) as u64
    }

    fn value(&mut self, value: &Value) -> u64 {
        let mut written = Vec::new();
        match value {
            Value::Text(text) => bytes(&mut written, 1, text.as_bytes()),
            Value::Number(value) => {
                tag(&mut written, 3, 1);
                written.extend(value.to_le_bytes());
            }
            Value::Count(count) => field(&mut written, 5, *count),
        }
        *self.known.entry(written).or_insert_with_key(|written| {
            self.values.push(written.clone());
            self.values.len() as u64 - 1
        })
    }
}

/// The layers that hold something, as a tile; no bytes if none does.
pub fn tile(layers: impl IntoIterator<Item = Layer>) -> Vec<u8> {
    let mut tile = Vec::new();
    for layer in layers {
        if layer.features.is_empty() {
            continue;
        }
        let mut written = Vec::new();
        field(&mut written, 15, 2);
        bytes(&mut written, 1, layer.name.as_bytes());
        written.extend(layer.features);
        for key in layer.keys {
            bytes(&mut written, 3, key.as_bytes());
        }
        for value in layer.values {
            bytes(&mut written, 4, &value);
        }
        field(&mut written, 5, EXTENT as u64);
        bytes(&mut tile, 3, &written);
    }
    tile
}

/// Commands, each point relative to the last.
#[derive(Default)]
struct Path {
    commands: Vec<u64>,
    at: (i64, i64),
}

impl Path {
    fn start(&mut self, points: &[(i64, i64)]) {
        self.steps(MOVE_TO, points);
    }

    fn go_on(&mut self, points: &[(i64, i64)]) {
        self.steps(LINE_TO, points);
    }

    fn steps(&mut self, command: u64, points: &[(i64, i64)]) {
        self.commands.push(command | (points.len() as u64) << 3);
        for point in points {
            self.commands.push(zigzag(point.0 - self.at.0));
            self.commands.push(zigzag(point.1 - self.at.1));
            self.at = *point;
        }
    }

    /// Clockwise on the screen if it is an outer one, else the other way round. False if it is too small to be seen.
    fn ring(&mut self, ring: &LineString<f64>, is_outer: bool) -> bool {
        let mut points = distinct(ring.coords().copied());
        if points.first() == points.last() {
            points.pop();
        }
        let twice: i64 = (0..points.len())
            .map(|n| (points[n], points[(n + 1) % points.len()]))
            .map(|(a, b)| a.0 * b.1 - b.0 * a.1)
            .sum();
        if (twice.unsigned_abs() as f64) < 2.0 * PIXEL * PIXEL {
            return false;
        }
        if (twice > 0) != is_outer {
            points.reverse();
        }
        self.start(&points[..1]);
        self.go_on(&points[1..]);
        self.commands.push(CLOSE_PATH | 1 << 3);
        true
    }
}

fn whole(at: Coord<f64>) -> (i64, i64) {
    (at.x.round() as i64, at.y.round() as i64)
}

/// In whole units, none twice in a row.
fn distinct(points: impl Iterator<Item = Coord<f64>>) -> Vec<(i64, i64)> {
    let mut points: Vec<(i64, i64)> = points.map(whole).collect();
    points.dedup();
    points
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn number(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

fn tag(to: &mut Vec<u8>, field: u64, wire_type: u64) {
    number(to, field << 3 | wire_type);
}

fn field(to: &mut Vec<u8>, field: u64, value: u64) {
    tag(to, field, 0);
    number(to, value);
}

fn bytes(to: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    tag(to, field, 2);
    number(to, bytes.len() as u64);
    to.extend(bytes);
}

#[cfg(test)]
mod tests {
    use geo::polygon;

    use super::super::read;
    use super::*;

    #[test]
    fn the_specifications_own_example_of_numbers() {
        assert_eq!([0, -1, 1, -2, 25].map(zigzag), [0, 1, 2, 3, 50]);
        let mut written = Vec::new();
        number(&mut written, 300);
        assert_eq!(written, [0xac, 0x02]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut layer = Layer::new("areas");
        let square = polygon![
            exterior: [(x: 0.0, y: 0.0), (x: 0.0, y: 100.0), (x: 100.0, y: 100.0), (x: 100.0, y: 0.0)],
            interiors: [[(x: 20.0, y: 20.0), (x: 60.0, y: 20.0), (x: 60.0, y: 60.0), (x: 20.0, y: 60.0)]],
        ];
        let properties = [
            ("name", Value::Text("a".to_owned())),
            ("count", Value::Count(7)),
            ("density", Value::Number(1.5)),
        ];
        layer.polygons(&MultiPolygon::new(vec![square]), &properties);
        layer.point(Coord { x: 3.4, y: -2.0 }, &properties[1..2]);
        let line = LineString::from(vec![(0.0, 0.0), (0.2, 0.1), (9.0, 0.0)]);
        layer.line(&[line], &[]);
        let layers = read::tile(&tile([Layer::new("nothing"), layer]));
        assert_eq!(layers.len(), 1);
        let (name, features) = &layers[0];
        assert_eq!(name, "areas");
        let [area, point, line] = &features[..] else {
            panic!("{features:?}");
        };
        // Outer rings have a positive area by the surveyor's formula, holes a negative one.
        assert_eq!(
            area.paths
                .iter()
                .map(|ring| read::area(ring))
                .collect::<Vec<_>>(),
            [10_000, -1_600]
        );
        assert_eq!(area.properties["name"], Value::Text("a".to_owned()));
        assert_eq!(area.properties["count"], Value::Count(7));
        assert_eq!(area.properties["density"], Value::Number(1.5));
        assert_eq!(point.paths, [vec![(3, -2)]]);
        assert_eq!(line.paths, [vec![(0, 0), (9, 0)]]);
    }

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        let mut layer = Layer::new("areas");
        let small = polygon![(x: 0.0, y: 0.0), (x: 5.0, y: 0.0), (x: 5.0, y: 5.0)];
        layer.polygons(&MultiPolygon::new(vec![small]), &[]);
        layer.line(&[LineString::from(vec![(0.0, 0.0), (0.3, 0.3)])], &[]);
        assert!(tile([layer]).is_empty());
    }
}
