//! A file of GeoJSON (RFC 7946), feature by feature in constant memory: its properties are the columns, and its point stands
//! in the column `geometry`. A feature may have no geometry, and what is no point has no place.

use std::cell::Cell;
use std::io::{self, BufReader, Read};
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::FeedError;
use super::arcgis::GEOMETRY;
use super::import::Importer;
use super::layout::Layout;
use super::soda::{JsonRow, text};
use crate::city::{City, Feed};

/// What one feature may have: an area of many corners, at most.
const LONGEST: usize = 4 << 20;

/// The columns are those of so many features: an export leaves none out, or only where it has nothing to say.
const HEAD: usize = 100;

/// Reads a file to its end.
pub fn read_all(
    input: impl Read,
    feed: &Feed,
    city: &City,
    importer: &mut Importer<'_>,
) -> Result<(), FeedError> {
    let mut table = Table::default();
    each(input, |row| table.take(row, feed, city, importer))?;
    table.begin(feed, city, importer)
}

/// The first rows of a file, and their columns.
pub fn head(input: impl Read, most: usize) -> Result<(Vec<String>, Vec<JsonRow>), FeedError> {
    let mut rows = Vec::new();
    let enough = || FeedError::Form("long enough");
    let result = each(input, |row| {
        rows.push(row);
        if rows.len() == most {
            Err(enough())
        } else {
            Ok(())
        }
    });
    match result {
        Err(error) if rows.len() < most => Err(error),
        _ => Ok((columns(&rows), rows)),
    }
}

/// The names that rows have, [`GEOMETRY`] too.
fn columns(rows: &[JsonRow]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(JsonRow::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    if !names.iter().any(|name| name == GEOMETRY) {
        names.push(GEOMETRY.to_owned());
    }
    names
}

/// Rows that wait for their columns, and then those.
#[derive(Default)]
struct Table {
    waiting: Vec<JsonRow>,
    begun: Option<(Vec<String>, Layout)>,
}

impl Table {
    fn take(
        &mut self,
        row: JsonRow,
        feed: &Feed,
        city: &City,
        importer: &mut Importer<'_>,
    ) -> Result<(), FeedError> {
        if let Some((columns, layout)) = &self.begun {
            let text_at = |at: usize| text(&row, &columns[at]);
            return Ok(importer.push(layout.row(text_at, feed, city))?);
        }
        self.waiting.push(row);
        match self.waiting.len() < HEAD {
            true => Ok(()),
            false => self.begin(feed, city, importer),
        }
    }

    fn begin(
        &mut self,
        feed: &Feed,
        city: &City,
        importer: &mut Importer<'_>,
    ) -> Result<(), FeedError> {
        if self.begun.is_some() || self.waiting.is_empty() {
            return Ok(());
        }
        let columns = columns(&self.waiting);
        let layout = Layout::of(&columns, feed)?;
        self.begun = Some((columns, layout));
        for row in std::mem::take(&mut self.waiting) {
            self.take(row, feed, city, importer)?;
        }
        Ok(())
    }
}

/// Each feature of a file as a row, plain or gzip.
pub fn each(
    input: impl Read,
    take: impl FnMut(JsonRow) -> Result<(), FeedError>,
) -> Result<(), FeedError> {
    let mut input = BufReader::new(input);
    let is_packed = io::BufRead::fill_buf(&mut input)?.starts_with(&[0x1f, 0x8b]);
    let input: Box<dyn Read + '_> = match is_packed {
        true => Box::new(MultiGzDecoder::new(input)),
        false => Box::new(input),
    };
    let allowed = Rc::new(Cell::new(LONGEST));
    let mut bytes = BufReader::new(Allowed {
        input,
        allowed: allowed.clone(),
    });
    if io::BufRead::fill_buf(&mut bytes)?.starts_with(b"\xef\xbb\xbf") {
        io::BufRead::consume(&mut bytes, 3);
    }
    if io::BufRead::fill_buf(&mut bytes)?.is_empty() {
        return Err(FeedError::Empty);
    }
    let mut failed = None;
    let collection = Collection {
        take,
        allowed: &allowed,
        failed: &mut failed,
    };
    let mut deserializer = serde_json::Deserializer::from_reader(bytes);
    let result = collection
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    match (failed, result) {
        (Some(error), _) => Err(error),
        (None, Ok(())) => Ok(()),
        (None, Err(error)) if error.is_io() => Err(io::Error::from(error).into()),
        (None, Err(error)) if error.is_eof() => Err(FeedError::Cut {
            address: "the file".to_owned(),
            reason: "it ends in the middle".to_owned(),
        }),
        (None, Err(error)) => Err(FeedError::Shape {
            address: "the file".to_owned(),
            at: (error.line(), error.column()),
        }),
    }
}

/// Bytes of which a feature may have only so many.
struct Allowed<R> {
    input: R,
    allowed: Rc<Cell<usize>>,
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        match self.allowed.get().checked_sub(read) {
            Some(left) => self.allowed.set(left),
            None => return Err(io::Error::other("a feature of over 4 MiB")),
        }
        Ok(read)
    }
}

/// A FeatureCollection whose features go where they are taken.
struct Collection<'a, T> {
    take: T,
    allowed: &'a Cell<usize>,
    failed: &'a mut Option<FeedError>,
}

#[derive(Deserialize)]
struct Feature {
    #[serde(default)]
    properties: Option<JsonRow>,
    #[serde(default)]
    geometry: Option<Geometry>,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    coordinates: Value,
}

impl Feature {
    fn row(self) -> JsonRow {
        let mut row = self.properties.unwrap_or_default();
        row.remove(GEOMETRY);
        if let Some(Geometry { kind, coordinates }) = self.geometry
            && kind == "Point"
        {
            let point = serde_json::json!({ "type": kind, "coordinates": coordinates });
            row.insert(GEOMETRY.to_owned(), point);
        }
        row
    }
}

impl<'de, T: FnMut(JsonRow) -> Result<(), FeedError>> DeserializeSeed<'de> for Collection<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, T: FnMut(JsonRow) -> Result<(), FeedError>> Visitor<'de> for Collection<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a FeatureCollection")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut has_features = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "features" if !has_features => {
                    has_features = true;
                    map.next_value_seed(Features(&mut self))?;
                }
                "crs" => {
                    let named: Value = map.next_value()?;
                    if !is_degrees(&named) {
                        *self.failed = Some(FeedError::Form(
                            "GeoJSON in a coordinate system of its own; ask for EPSG:4326",
                        ));
                        return Err(A::Error::custom("another coordinate system"));
                    }
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        match has_features {
            true => Ok(()),
            false => Err(A::Error::missing_field("features")),
        }
    }
}

/// Whether a `crs`, which older files have, is longitude and latitude.
fn is_degrees(crs: &Value) -> bool {
    let name = crs.pointer("/properties/name").and_then(Value::as_str);
    name.is_none_or(|name| name.ends_with("CRS84") || name.ends_with("4326"))
}

struct Features<'c, 'a, T>(&'c mut Collection<'a, T>);

impl<'de, T: FnMut(JsonRow) -> Result<(), FeedError>> DeserializeSeed<'de> for Features<'_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: FnMut(JsonRow) -> Result<(), FeedError>> Visitor<'de> for Features<'_, '_, T> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let Collection {
            take,
            allowed,
            failed,
        } = self.0;
        while let Some(feature) = features.next_element::<Feature>()? {
            allowed.set(LONGEST);
            if let Err(error) = take(feature.row()) {
                **failed = Some(error);
                return Err(A::Error::custom("not taken"));
            }
        }
        Ok(())
    }
}
