//! The rows of one table: comma-separated values with a header, whose columns stand in any order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::rc::Rc;

use serde::Serialize;

use crate::feeds::FeedError;
use crate::feeds::input::{self, Limits};
use crate::feeds::rows::{decoded, heading};

const READ_BUFFER: usize = 64 * 1024;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    Accepted,
    /// Nothing is wrong with it, and nothing is made of it.
    Skipped,
    /// What is wrong.
    Rejected(&'static str),
}

/// What became of a table's rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub rows: u64,
    pub skipped: u64,
    pub accepted: u64,
    pub rejected: BTreeMap<&'static str, u64>,
}

impl Counts {
    pub fn took(&mut self, took: Took) {
        self.rows += 1;
        match took {
            Took::Accepted => self.accepted += 1,
            Took::Skipped => self.skipped += 1,
            Took::Rejected(reason) => *self.rejected.entry(reason).or_default() += 1,
        }
    }

    pub fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.skipped += other.skipped;
        self.accepted += other.accepted;
        for (reason, count) in other.rejected {
            *self.rejected.entry(reason).or_default() += count;
        }
    }
}

/// Gives each row's fields of these columns, white space taken off; of a column with a `?` nothing where the table has no
/// such, and without one it needs it.
pub fn read<const N: usize>(
    input: impl Read,
    columns: [&'static str; N],
    mut take: impl FnMut(&[Cow<'_, str>; N]) -> Took,
) -> Result<Counts, FeedError> {
    let limits = Rc::new(Limits::default());
    let (lines, delimiter) = input::open(input, &limits)?;
    limits.start_row();
    let mut reader = simd_csv::ZeroCopyReaderBuilder::new()
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(READ_BUFFER)
        .from_reader(lines);
    let header = reader.byte_headers().map_err(FeedError::csv)?;
    let header: Vec<String> = header.iter().map(heading).collect();
    let mut places = [None; N];
    for (place, column) in places.iter_mut().zip(columns) {
        let name = column.trim_end_matches('?');
        *place = header.iter().position(|known| known == name);
        if place.is_none() && name == column {
            return Err(FeedError::MissingColumn(name.to_owned()));
        }
    }
    let mut counts = Counts::default();
    loop {
        limits.start_row();
        let Some(record) = reader.read_byte_record().map_err(FeedError::csv)? else {
            return Ok(counts);
        };
        let field = |at: usize| match record.unescape(at).unwrap_or_default() {
            Cow::Borrowed(bytes) => trimmed(decoded(bytes)),
            Cow::Owned(bytes) => Cow::Owned(decoded(&bytes).trim().to_owned()),
        };
        if limits.was_cut() {
            counts.took(Took::Rejected("length"));
            continue;
        }
        // A row may leave the last ones out; more than there are columns would be other columns' fields.
        if (header.len()..record.len()).any(|at| !field(at).is_empty()) {
            counts.took(Took::Rejected("columns"));
            continue;
        }
        let fields = places.map(|place| place.map(field).unwrap_or_default());
        counts.took(take(&fields));
    }
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
