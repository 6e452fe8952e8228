//! Files on this machine: exports, and answers of portals that somebody saved. What they are is told by how they begin.

use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::Value;

use super::answer::{PAGE_BYTES, parsed};
use super::input::Limits;
use super::layout::Layout;
use super::rows::{Rows, decoded, heading};
use super::soda::{JsonRow, text};
use super::{FeedError, arcgis, ckan, fetch, geojson, import, input, open311};
use crate::city::{City, Feed};

/// Rows that are looked at to tell what a table has.
pub const HEAD_ROWS: usize = 200;

/// What a saved answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// In words.
    pub form: &'static str,
    pub columns: Vec<String>,
    pub rows: Vec<JsonRow>,
}

/// A file whose header, if it has one, is this feed's.
pub enum Opened<'a> {
    Csv(Box<Rows<'a>>),
    Geojson(Box<dyn Read + 'a>),
    Table(Box<(Table, Layout)>),
}

impl<'a> Opened<'a> {
    /// Opens it.
    pub fn open(input: impl Read + 'a, path: &Path, feed: &Feed) -> Result<Self, FeedError> {
        let mut input = BufReader::new(input);
        let name = path.to_string_lossy();
        if name.ends_with(".geojson") || name.ends_with("json.gz") {
            return Ok(Self::Geojson(Box::new(input)));
        }
        if !matches!(first(input.fill_buf()?), Some(b'{' | b'[' | b'<')) {
            return Ok(Self::Csv(Box::new(Rows::open(input, feed)?)));
        }
        let mut head = Vec::new();
        input.by_ref().take(PAGE_BYTES + 1).read_to_end(&mut head)?;
        if is_geojson(&head) {
            return Ok(Self::Geojson(Box::new(Cursor::new(head).chain(input))));
        }
        if head.len() as u64 > PAGE_BYTES {
            return Err(FeedError::Form(
                "JSON or XML of over 8 MiB; export it as CSV or GeoJSON",
            ));
        }
        let table = table(&head, feed)?;
        let layout = Layout::of(&table.columns, feed)?;
        Ok(Self::Table(Box::new((table, layout))))
    }

    /// Reads it to its end.
    pub fn read(
        self,
        feed: &Feed,
        city: &City,
        importer: &mut import::Importer<'_>,
    ) -> Result<(), FeedError> {
        match self {
            Self::Csv(rows) => fetch::read_rows(*rows, feed, city, importer),
            Self::Geojson(input) => geojson::read_all(input, feed, city, importer),
            Self::Table(table) => {
                let (table, layout) = *table;
                for row in &table.rows {
                    let text_at = |at: usize| text(row, &table.columns[at]);
                    importer.push(layout.row(text_at, feed, city))?;
                }
                Ok(())
            }
        }
    }
}

/// The columns and the first rows of anything that a portal answers, or exports.
pub fn table_of(input: impl Read, feed: Option<&Feed>) -> Result<Table, FeedError> {
    let mut head = Vec::new();
    let mut input = BufReader::new(input);
    let is_packed = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    let mut input: Box<dyn Read + '_> = match is_packed {
        true => Box::new(flate2::read::MultiGzDecoder::new(input)),
        false => Box::new(input),
    };
    input.by_ref().take(PAGE_BYTES + 1).read_to_end(&mut head)?;
    let is_long = head.len() as u64 > PAGE_BYTES;
    if is_geojson(&head) {
        let (columns, rows) = geojson::head(&head[..], HEAD_ROWS)?;
        return Ok(Table {
            form: "GeoJSON",
            columns,
            rows,
        });
    }
    match first(&head) {
        Some(b'{' | b'[' | b'<') if is_long => Err(FeedError::Form(
            "JSON or XML of over 8 MiB; a page of it is enough",
        )),
        Some(b'{' | b'[' | b'<') => {
            let local_time_as_utc = feed.is_some_and(local_time_as_utc);
            table_in(&head, local_time_as_utc)
        }
        _ => csv(&head[..]),
    }
}

fn local_time_as_utc(feed: &Feed) -> bool {
    feed.sources.iter().any(|source| source.local_time_as_utc)
}

fn table(bytes: &[u8], feed: &Feed) -> Result<Table, FeedError> {
    table_in(bytes, local_time_as_utc(feed))
}

fn first(bytes: &[u8]) -> Option<u8> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().first().copied()
}

fn is_geojson(head: &[u8]) -> bool {
    let start = &head[..head.len().min(4096)];
    first(start) == Some(b'{') && memchr::memmem::find(start, b"\"FeatureCollection\"").is_some()
}

fn table_in(bytes: &[u8], local_time_as_utc: bool) -> Result<Table, FeedError> {
    const FILE: &str = "the file";
    if first(bytes) == Some(b'<') {
        return open311(open311::rows(FILE, bytes)?);
    }
    let json: Value = parsed(FILE, bytes)?;
    let has = |name: &str| json.get(name).is_some();
    if has("features") || has("fields") && !has("result") {
        let answer = arcgis::Answer::deserialize(json).map_err(|_| other())?;
        let (columns, rows) = arcgis::saved(answer, local_time_as_utc);
        return Ok(Table {
            form: "ArcGIS JSON",
            columns,
            rows,
        });
    }
    if has("result") {
        let found = json.get("result").cloned().unwrap_or_default();
        let found = ckan::Found::deserialize(found).map_err(|_| other())?;
        let (columns, rows) = ckan::saved(found);
        return Ok(Table {
            form: "CKAN JSON",
            columns,
            rows,
        });
    }
    if let Some(columns) = json.get("columns").and_then(Value::as_array) {
        let names = columns
            .iter()
            .filter_map(|column| column.get("fieldName")?.as_str());
        return Ok(Table {
            form: "a Socrata dataset's description",
            columns: names.map(str::to_owned).collect(),
            rows: Vec::new(),
        });
    }
    let rows = json.as_array().map(Vec::as_slice).unwrap_or_default();
    let is_request =
        |row: &Value| row.get("service_request_id").is_some() && row.get("lat").is_some();
    let is_soda =
        rows.iter().all(Value::is_object) && !rows.is_empty() && !rows.iter().any(is_request);
    let is_error = rows
        .first()
        .is_some_and(|row| row.get("description").is_some() && row.get("code").is_some());
    if !is_soda || is_error {
        return open311(open311::rows(FILE, bytes)?);
    }
    let rows: Vec<JsonRow> = rows
        .iter()
        .filter_map(|row| row.as_object().cloned())
        .collect();
    Ok(Table {
        form: "SODA JSON",
        columns: names(&rows),
        rows,
    })
}

fn open311(rows: Vec<JsonRow>) -> Result<Table, FeedError> {
    let mut columns: Vec<String> = open311::COLUMNS.map(str::to_owned).to_vec();
    columns.extend(
        names(&rows)
            .into_iter()
            .filter(|name| !open311::COLUMNS.contains(&name.as_str())),
    );
    Ok(Table {
        form: "Open311",
        columns,
        rows,
    })
}

fn other() -> FeedError {
    FeedError::Shape {
        address: "the file".to_owned(),
        at: (1, 1),
    }
}

fn names(rows: &[JsonRow]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(JsonRow::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The header and first rows of a CSV file, of which the end may be missing.
fn csv(head: &[u8]) -> Result<Table, FeedError> {
    let limits = Rc::new(Limits::default());
    let (lines, delimiter) = input::open(head, &limits)?;
    limits.start_row();
    let mut reader = simd_csv::ZeroCopyReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(lines);
    let header = reader.byte_headers().map_err(FeedError::csv)?;
    let columns: Vec<String> = header.iter().map(heading).collect();
    let mut rows = Vec::new();
    while rows.len() < HEAD_ROWS {
        limits.start_row();
        let Ok(Some(record)) = reader.read_byte_record() else {
            break;
        };
        let cells = columns.iter().enumerate().map(|(at, name)| {
            let cell = record.unescape(at).unwrap_or_default();
            (name.clone(), Value::from(decoded(&cell).into_owned()))
        });
        rows.push(cells.collect());
    }
    Ok(Table {
        form: "CSV",
        columns,
        rows,
    })
}
