//! The rows of a CSV export, read as a feed's file says: streaming, in constant memory.

use std::borrow::Cow;
use std::cell;
use std::io::{self, Read};
use std::rc::Rc;

use jiff::civil::Date;
use spotlight_common::cell::Cell;

use super::{FeedError, values};
use crate::city::{City, Feed};
use crate::store::open_data::Accepted;

const READ_BUFFER: usize = 256 * 1024;

/// What is read for one row at most: a quote that never closes must not take the whole file into memory.
const LONGEST_ROW: usize = 1024 * 1024;

/// What a row is.
pub enum Row {
    /// Another feed's.
    Skipped,
    /// Unusable, and why.
    Rejected(&'static str),
    /// A request.
    Accepted(Accepted),
}

/// The rows of one file.
pub struct Rows<R> {
    reader: simd_csv::ZeroCopyReader<Bounded<R>>,
    allowed: Rc<cell::Cell<usize>>,
    columns: Positions,
    width: usize,
}

struct Positions {
    kind: usize,
    id: usize,
    created: usize,
    address: usize,
    point: Option<(usize, usize)>,
    location: Option<usize>,
}

impl<R: Read> Rows<R> {
    /// Reads the header; a needed column that is missing is an error that names it.
    pub fn open(input: R, feed: &Feed) -> Result<Self, FeedError> {
        let allowed = Rc::new(cell::Cell::new(LONGEST_ROW));
        let mut reader = simd_csv::ZeroCopyReaderBuilder::new()
            .flexible(true)
            .buffer_capacity(READ_BUFFER)
            .from_reader(Bounded {
                input,
                allowed: allowed.clone(),
            });
        let header: Vec<String> = reader
            .byte_headers()
            .map_err(FeedError::csv)?
            .iter()
            .map(heading)
            .collect();
        let find = |names: &[String]| {
            header
                .iter()
                .position(|heading| names.iter().any(|name| name.eq_ignore_ascii_case(heading)))
        };
        let need = |names: &[String]| {
            find(names)
                .ok_or_else(|| FeedError::MissingColumn(names.first().cloned().unwrap_or_default()))
        };
        let columns = &feed.columns;
        let (point, location) = (
            find(&columns.latitude).zip(find(&columns.longitude)),
            find(&columns.location),
        );
        if point.is_none() && location.is_none() {
            return Err(FeedError::MissingColumn(
                columns.latitude.first().cloned().unwrap_or_default(),
            ));
        }
        let columns = Positions {
            kind: need(&feed.filter.column)?,
            id: need(&columns.id)?,
            created: need(&columns.created)?,
            address: need(&columns.address)?,
            point,
            location,
        };
        Ok(Self {
            reader,
            allowed,
            columns,
            width: header.len(),
        })
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self, feed: &Feed, city: &City) -> Result<Option<Row>, FeedError> {
        self.allowed.set(LONGEST_ROW);
        let Some(record) = self.reader.read_byte_record().map_err(FeedError::csv)? else {
            return Ok(None);
        };
        if record.len() != self.width {
            return Ok(Some(Row::Rejected("columns")));
        }
        let text = |position: usize| -> Cow<'_, str> {
            match record.unescape(position).unwrap_or_default() {
                Cow::Borrowed(bytes) => decoded(bytes),
                Cow::Owned(bytes) => Cow::Owned(decoded(&bytes).into_owned()),
            }
        };
        if !text(self.columns.kind)
            .trim()
            .eq_ignore_ascii_case(&feed.filter.value)
        {
            return Ok(Some(Row::Skipped));
        }
        let id = text(self.columns.id).trim().to_owned();
        if id.is_empty() {
            return Ok(Some(Row::Rejected("id")));
        }
        let Some(day) = values::day(&text(self.columns.created)) else {
            return Ok(Some(Row::Rejected("date")));
        };
        let in_columns = self
            .columns
            .point
            .and_then(|(lat, lon)| values::columns(&text(lat), &text(lon)));
        let in_one = self
            .columns
            .location
            .and_then(|location| values::location(&text(location)));
        // Columns that say 0/0 must not hide a good location.
        let in_city = |point: &(f64, f64)| city.holds(point.0, point.1);
        let point = in_columns
            .filter(in_city)
            .or(in_one.filter(in_city))
            .or(in_columns)
            .or(in_one);
        let written = values::address(&text(self.columns.address));
        Ok(Some(Row::Accepted(accepted(
            id, day, &written, point, city,
        ))))
    }
}

/// Input that ends with an error where one row asks for too much.
struct Bounded<R> {
    input: R,
    allowed: Rc<cell::Cell<usize>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        match self.allowed.get().checked_sub(read) {
            Some(left) => self.allowed.set(left),
            None => {
                return Err(io::Error::other(format!(
                    "a row of over {LONGEST_ROW} bytes; is a quote left open?"
                )));
            }
        }
        Ok(read)
    }
}

fn accepted(
    id: String,
    day: Date,
    written: &str,
    point: Option<(f64, f64)>,
    city: &City,
) -> Accepted {
    let placed = point.filter(|(lat, lon)| city.holds(*lat, *lon));
    let address = match (written, point) {
        ("", Some((lat, lon))) => Some(format!("{lat:.5},{lon:.5}")),
        ("", None) => None,
        (written, _) => Some(written.to_owned()),
    };
    Accepted {
        id,
        address,
        day,
        cell: placed.and_then(|(lat, lon)| Cell::at(lat, lon, 8)),
    }
}

/// A column's name: a byte-order mark, quotes and white space taken off.
fn heading(name: &[u8]) -> String {
    let name = decoded(name);
    name.trim_start_matches('\u{feff}')
        .trim()
        .trim_matches('"')
        .trim()
        .to_owned()
}

/// UTF-8; bytes that are not are read as Windows-1252, as old exports write them.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().map(|&byte| windows_1252(byte)).collect()),
    }
}

fn windows_1252(byte: u8) -> char {
    /// What differs from Latin-1: 0x80 to 0x9F. The five unused bytes stay control characters, as in browsers.
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}
