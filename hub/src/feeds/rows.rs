//! The rows of a CSV export, read as a feed's file says: streaming, in constant memory.

use std::borrow::Cow;
use std::io::Read;
use std::rc::Rc;

use jiff::civil::Date;
use spotlight_common::cell::Cell;

use super::input::{self, Limits, Lines};
use super::{FeedError, values};
use crate::city::{City, Feed};
use crate::store::open_data::{Accepted, Address};

const READ_BUFFER: usize = 256 * 1024;

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
pub struct Rows<'a> {
    reader: simd_csv::ZeroCopyReader<Lines<'a>>,
    limits: Rc<Limits>,
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

impl<'a> Rows<'a> {
    /// Reads the header; a needed column that is missing is an error that names it.
    pub fn open(input: impl Read + 'a, feed: &Feed) -> Result<Self, FeedError> {
        let limits = Rc::new(Limits::default());
        let (lines, delimiter) = input::open(input, &limits)?;
        limits.start_row();
        let mut reader = simd_csv::ZeroCopyReaderBuilder::new()
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(READ_BUFFER)
            .from_reader(lines);
        let header: Vec<String> = reader
            .byte_headers()
            .map_err(FeedError::csv)?
            .iter()
            .map(heading)
            .collect();
        // The names stand in order of preference.
        let find = |names: &[String]| {
            names.iter().find_map(|name| {
                let is_it = |heading: &String| heading.eq_ignore_ascii_case(name);
                header.iter().position(is_it)
            })
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
            limits,
            columns,
            width: header.len(),
        })
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self, feed: &Feed, city: &City) -> Result<Option<Row>, FeedError> {
        self.limits.start_row();
        let Some(record) = self.reader.read_byte_record().map_err(FeedError::csv)? else {
            return Ok(None);
        };
        if self.limits.was_cut() {
            return Ok(Some(Row::Rejected("length")));
        }
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
        let Some(day) = values::day(&text(self.columns.created), &city.time_zone) else {
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

fn accepted(
    id: String,
    day: Date,
    written: &str,
    point: Option<(f64, f64)>,
    city: &City,
) -> Accepted {
    let placed = point.filter(|(lat, lon)| city.holds(*lat, *lon));
    let address = match (written, point) {
        ("", Some((lat, lon))) => {
            // Cut, not rounded anew: one point must not be in two places.
            let [lat, lon] = [lat, lon].map(|degrees| format!("{degrees:.5}"));
            let place = format!("{},{}", &lat[..lat.len() - 2], &lon[..lon.len() - 2]);
            let point = format!("{lat},{lon}");
            Some(Address::Point { point, place })
        }
        ("", None) => None,
        (written, _) => Some(Address::Written(written.to_owned())),
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
