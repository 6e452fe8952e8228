//! A file as a table: a header and its rows, whatever it is packed in.

use std::io::{Cursor, Read};

use serde::Deserialize;

use super::wrong;
use crate::feeds::FeedError;
use crate::feeds::boundaries::read::MOST_BYTES;
use crate::feeds::values::cut;

/// Cells that a table may have: Zillow's has a million, a row a ZIP code and a column a month.
const MOST_CELLS: usize = 4_000_000;

/// Bytes of JSON: the whole country's census tracts are 10 MB.
const MOST_JSON: usize = 16 << 20;

/// What a file's rows say, each a cell for each name of the header.
#[derive(Debug, PartialEq)]
pub struct Table {
    /// The file's name, or that of the part of a zip that it is.
    pub name: String,
    pub header: Vec<String>,
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Where the first of some names stands in the header, in any case.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        let mut names = names.iter();
        names.find_map(|name| {
            let mut header = self.header.iter();
            header.position(|column| column.eq_ignore_ascii_case(name))
        })
    }
}

/// A row's cell; nothing where the row is short.
pub fn cell(row: &[String], column: Option<usize>) -> &str {
    let text = column.and_then(|column| row.get(column));
    text.map_or("", |text| text.trim())
}

/// Reads CSV, the census's JSON, or a zip with one of them.
pub fn read(name: &str, bytes: &[u8]) -> Result<Table, FeedError> {
    if bytes.starts_with(b"PK\x03\x04") {
        let (name, bytes) = unpacked(bytes)?;
        return plain(&name, &bytes);
    }
    plain(name, bytes)
}

fn plain(name: &str, bytes: &[u8]) -> Result<Table, FeedError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let (header, rows) = match first {
        None => return Err(FeedError::Empty),
        Some(b'<') => {
            return Err(wrong(
                "it is a page for people, not data: the server wanted a key or a login",
            ));
        }
        Some(b'[' | b'{') => json(bytes)?,
        Some(_) => csv(bytes)?,
    };
    Ok(Table {
        name: name.to_owned(),
        header,
        rows,
    })
}

/// A cell of the census's answers: texts, in some of them numbers, and `null`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Cell {
    Text(String),
    Number(serde_json::Number),
    Null(()),
}

/// An array of rows, the first of which is the header.
fn json(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), FeedError> {
    if bytes.len() > MOST_JSON {
        return Err(wrong(format!("it is JSON of over {MOST_JSON} bytes")));
    }
    let rows: Vec<Vec<Cell>> = serde_json::from_slice(bytes).map_err(|error| {
        wrong(format!(
            "it is JSON, but not the census's array of rows (line {}, column {})",
            error.line(),
            error.column()
        ))
    })?;
    let mut rows = rows.into_iter().map(|row| {
        let cells = row.into_iter().map(|cell| match cell {
            Cell::Text(text) => text,
            Cell::Number(number) => number.to_string(),
            Cell::Null(()) => String::new(),
        });
        cells.collect::<Vec<_>>()
    });
    let header = rows.next().ok_or(FeedError::Empty)?;
    Ok((header, rows.collect()))
}

fn csv(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), FeedError> {
    let mut reader = simd_csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    let (mut rows, mut cells) = (Vec::new(), 0);
    for record in reader.byte_records() {
        let record = record.map_err(FeedError::csv)?;
        let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
        cells += record.len();
        if cells > MOST_CELLS {
            return Err(wrong(format!("it has over {MOST_CELLS} cells")));
        }
        rows.push(record.iter().map(text).collect::<Vec<_>>());
    }
    let mut rows = rows.into_iter();
    let header = rows.next().ok_or(FeedError::Empty)?;
    Ok((header, rows.collect()))
}

/// The table in a zip: the census's has its description and notes beside it.
fn unpacked(bytes: &[u8]) -> Result<(String, Vec<u8>), FeedError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(wrong)?;
    let names: Vec<String> = zip
        .file_names()
        .flatten()
        .map(std::borrow::Cow::into_owned)
        .collect();
    let ends = ["-data.csv", "_with_ann.csv", ".csv", ".json"];
    let beside = ["metadata", "table-notes", "table_title", "column-"];
    let mut candidates = names.iter().filter(|name| {
        let name = name.to_lowercase();
        !beside.iter().any(|beside| name.contains(beside))
    });
    let found = ends.iter().find_map(|end| {
        candidates
            .clone()
            .find(|name| name.to_lowercase().ends_with(end))
    });
    let Some(name) = found.or_else(|| candidates.next()).cloned() else {
        return Err(wrong("the zip has no table in it"));
    };
    if !name.to_lowercase().ends_with(".csv") && !name.to_lowercase().ends_with(".json") {
        let name = cut(&name, 60);
        return Err(wrong(format!(
            "the zip has neither .csv nor .json nor .shp in it, but `{name}`"
        )));
    }
    let file = zip.by_name(&name).map_err(wrong)?;
    let mut unpacked = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut unpacked)?;
    if unpacked.len() as u64 > MOST_BYTES {
        return Err(wrong(format!("`{name}` is over {MOST_BYTES} bytes")));
    }
    Ok((name, unpacked))
}
