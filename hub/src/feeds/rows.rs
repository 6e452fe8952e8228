//! The rows of a CSV export, read as a feed's file says: streaming, in constant memory.

use std::borrow::Cow;
use std::io::Read;
use std::rc::Rc;

use super::FeedError;
use super::input::{self, Limits, Lines};
use super::layout::{Layout, Row};
use crate::city::{City, Feed, Match};

const READ_BUFFER: usize = 256 * 1024;

/// The rows of one file.
pub struct Rows<'a> {
    reader: simd_csv::ZeroCopyReader<Lines<'a>>,
    limits: Rc<Limits>,
    layout: Layout,
    width: usize,
    /// The characters that the filter's column has at least in this feed's rows.
    shortest: usize,
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
        Ok(Self {
            reader,
            limits,
            layout: Layout::of(&header, feed)?,
            shortest: feed.filter.as_ref().map_or(0, Match::shortest),
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
        // Nearly all rows are another feed's: most are told by the length alone, as a character has a byte at least.
        if let Some(at) = self.layout.filter()
            && record.get(at).unwrap_or_default().len() < self.shortest
        {
            return Ok(Some(Row::Skipped));
        }
        let text = |position: usize| -> Cow<'_, str> {
            match record.unescape(position).unwrap_or_default() {
                Cow::Borrowed(bytes) => decoded(bytes),
                Cow::Owned(bytes) => Cow::Owned(decoded(&bytes).into_owned()),
            }
        };
        Ok(Some(self.layout.row(text, feed, city)))
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
pub fn decoded(bytes: &[u8]) -> Cow<'_, str> {
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
