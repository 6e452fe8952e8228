//! A table of notices, read strictly. Each line is one notice or is refused alone, with its number and the fix.
//!
//! # The table
//! CSV in UTF-8 or Windows-1252, with commas, semicolons or tabs, at most [`LONGEST_FILE`] bytes. The first line names the
//! columns, in any order and case: `id`, `date` and `place` must be there; `start`, `end`, `area`, `latitude`, `longitude`,
//! `kind` and `source` may. Any other is refused, for it would be about something that is not published. A line's text does
//! not go on in the next line, so that an open quote loses no other line. Empty lines, and those that begin with `#`, are
//! passed over.

mod field;

use std::collections::HashMap;
use std::fmt;

use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan as _};
use spotlight_common::cell::Cell;
use uuid::Uuid;

use super::source::Source;
use super::{Kind, Notice, areas, place};
use crate::city::City;
use crate::feeds::rows::decoded;
use crate::feeds::values;

/// Bytes of a table at most: thousands of notices.
pub const LONGEST_FILE: usize = 1024 * 1024;
/// Notices that are taken at most.
const MOST: usize = 2_000;
/// Bytes of a line at most.
const LONGEST_LINE: usize = 2_000;
/// Lines that are named at most.
const MOST_NAMED: usize = 100;
/// Days to come in which a notice may be: a later one is a slip of the pen.
const FARTHEST: i64 = 366;
/// What is drawn and told of a point.
const RESOLUTION: u8 = 8;

const NAMES: [&str; 10] = [
    "id",
    "date",
    "start",
    "end",
    "place",
    "area",
    "latitude",
    "longitude",
    "kind",
    "source",
];

/// What a table says.
#[derive(Debug, Default, PartialEq)]
pub struct Reading {
    /// Those to come, the first first.
    pub notices: Vec<Notice>,
    /// How many are over.
    pub over: usize,
    /// Lines that cannot be used, at most a hundred of them.
    pub problems: Vec<Problem>,
    /// How many cannot be used.
    pub refused: usize,
}

/// A line that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// From 1, as an editor counts.
    pub line: usize,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

/// The notices of the operator's own table that are not over at `now`, which is when they are taken to have changed; or why
/// no line of it can be used.
pub fn read(bytes: &[u8], city: &City, now: Timestamp) -> Result<Reading, String> {
    table(bytes, city, None, now)
}

/// Those of a table that a city publishes: its columns have other names and there may be more of them, which are not read; its
/// days may be written as the city's exports write them, and its kinds in other words.
pub fn read_source(
    bytes: &[u8],
    city: &City,
    source: &Source,
    now: Timestamp,
) -> Result<Reading, String> {
    table(bytes, city, Some(source), now)
}

fn table(
    bytes: &[u8],
    city: &City,
    source: Option<&Source>,
    now: Timestamp,
) -> Result<Reading, String> {
    if bytes.len() > LONGEST_FILE {
        return Err("is larger than 1 MB; leave out what is over".to_owned());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16; save it as CSV in UTF-8".to_owned());
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err("is a spreadsheet; save it as CSV".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|byte| *byte == b'\n').zip(1..);
    let mut lines = lines
        .map(|(line, n)| (line.strip_suffix(b"\r").unwrap_or(line), n))
        .filter(|(line, _)| !line.trim_ascii().is_empty() && !line.starts_with(b"#"));
    let (header, _) = lines
        .next()
        .ok_or("has no line; its first names the columns")?;
    if header.contains(&b'\r') {
        return Err("has lines that end in CR alone; save it with LF".to_owned());
    }
    let delimiter = delimiter(header);
    let columns = columns(&fields(header, delimiter)?, source)?;
    let mut reading = Reading::default();
    let mut seen: HashMap<Uuid, usize> = HashMap::new();
    for (line, number) in lines {
        match notice(line, delimiter, &columns, city, source, now) {
            Ok(notice) => match seen.insert(notice.id, number) {
                Some(first) => {
                    seen.insert(notice.id, first);
                    reading.refuse(
                        number,
                        format!("has the same `id` as line {first}; each notice needs its own"),
                    );
                }
                None if notice.over_at <= now => reading.over += 1,
                None if reading.notices.len() >= MOST => {
                    reading.refuse(number, format!("is one too many: {MOST} are taken"));
                }
                None => reading.notices.push(notice),
            },
            Err(reason) => reading.refuse(number, reason),
        }
    }
    reading.notices.sort_by(|one, other| {
        (one.begins_at, &one.place, one.id).cmp(&(other.begins_at, &other.place, other.id))
    });
    Ok(reading)
}

impl Reading {
    fn refuse(&mut self, line: usize, reason: String) {
        self.refused += 1;
        if self.problems.len() < MOST_NAMED {
            self.problems.push(Problem { line, reason });
        }
    }
}

/// A comma, unless the header has none and a semicolon or a tab.
fn delimiter(header: &[u8]) -> u8 {
    let others = [b';', b'\t'].into_iter();
    let mut others = others.filter(|other| !header.contains(&b',') && header.contains(other));
    others.next().unwrap_or(b',')
}

/// The fields of one line.
fn fields(line: &[u8], delimiter: u8) -> Result<Vec<String>, String> {
    if line.len() > LONGEST_LINE {
        return Err(format!("is longer than {LONGEST_LINE} bytes"));
    }
    if line.iter().filter(|byte| **byte == b'"').count() % 2 == 1 {
        return Err("has a quote (`\"`) that is left open; close it on the same line".to_owned());
    }
    let mut reader = simd_csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line);
    let mut record = simd_csv::ByteRecord::new();
    let is_read = reader.read_byte_record(&mut record);
    is_read.map_err(|error| format!("is no CSV: {error}"))?;
    Ok(record
        .iter()
        .map(|field| decoded(field).trim().to_owned())
        .collect())
}

/// Where each of [`NAMES`] stands, and how many columns there are.
struct Columns([Option<usize>; NAMES.len()], usize);

fn columns(header: &[String], source: Option<&Source>) -> Result<Columns, String> {
    let at = match source {
        None => own_columns(header)?,
        Some(source) => {
            let mut at = [None; NAMES.len()];
            for ((place, own), others) in at.iter_mut().zip(NAMES).zip(source.columns.all()) {
                let find = |name: &str| {
                    header
                        .iter()
                        .position(|heading| heading.eq_ignore_ascii_case(name))
                };
                *place = match others.is_empty() {
                    true => find(own),
                    false => others.iter().find_map(|name| find(name)),
                };
            }
            at
        }
    };
    for needed in ["id", "date", "place"] {
        if NAMES
            .iter()
            .position(|name| *name == needed)
            .is_none_or(|n| at[n].is_none())
        {
            return Err(format!(
                "has no column `{needed}` in its first line, which names the columns"
            ));
        }
    }
    Ok(Columns(at, header.len()))
}

fn own_columns(header: &[String]) -> Result<[Option<usize>; NAMES.len()], String> {
    let mut at = [None; NAMES.len()];
    for (n, name) in header.iter().enumerate() {
        let known = NAMES
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name));
        let place = known.ok_or_else(|| {
            format!(
                "has a column `{}`; there may be {}, and no other: take it out",
                field::short(name),
                NAMES.join(", ")
            )
        })?;
        if at[place].replace(n).is_some() {
            return Err(format!("has the column `{}` twice", NAMES[place]));
        }
    }
    Ok(at)
}

fn notice(
    line: &[u8],
    delimiter: u8,
    columns: &Columns,
    city: &City,
    of: Option<&Source>,
    now: Timestamp,
) -> Result<Notice, String> {
    let fields = fields(line, delimiter)?;
    let Columns(at, width) = columns;
    if fields.len() != *width {
        return Err(format!(
            "has {} fields where the first line names {width}; put a field with a comma in it into quotes (`\"`)",
            fields.len()
        ));
    }
    let [
        id,
        date,
        start,
        end,
        place,
        area,
        latitude,
        longitude,
        kind,
        source,
    ] = at.map(|at| at.map_or("", |at| fields[at].as_str()));
    let id = field::id(id, city, of)?;
    let date = match of {
        None => field::day(date)?,
        Some(_) => values::day(date, &city.time_zone).map_or_else(|| field::day(date), Ok)?,
    };
    if i64::from(
        date.since(city.day(now))
            .map_err(|_| "has a `date` that is none")?
            .get_days(),
    ) > FARTHEST
    {
        return Err(format!(
            "has the `date` {date}, over a year from now; correct the year"
        ));
    }
    let (start, end) = (field::time(start, "start")?, field::time(end, "end")?);
    if start.is_none() && end.is_some() {
        return Err(
            "has an `end` and no `start`; write both, or neither where no hours were posted"
                .to_owned(),
        );
    }
    if let (Some(start), Some(end)) = (start, end)
        && end <= start
    {
        return Err(
            "has an `end` that is not after its `start`; write hours as 07:00 and 15:30".to_owned(),
        );
    }
    let instant = |date: Date, time: Time| {
        let at = city.time_zone.to_timestamp(date.to_datetime(time));
        at.map_err(|_| "has a `date` that is none".to_owned())
    };
    let tomorrow = date
        .checked_add(1.day())
        .map_err(|_| "has a `date` that is none")?;
    let place = place::place(place).map_err(|why| format!("has a `place` that {why}"))?;
    let point = field::point(latitude, longitude, city)?;
    let area = match (area, point) {
        ("", Some((lat, lon))) => areas::nearest(city, lat, lon),
        ("", None) => None,
        (named, _) => {
            Some(areas::named(city, named).ok_or_else(|| field::unknown_area(named, city))?)
        }
    };
    let source = match source {
        "" => of.map(|of| of.source.clone()),
        source => Some(place::office(source).map_err(|why| format!("has a `source` that {why}"))?),
    };
    Ok(Notice {
        id,
        kind: match of {
            None => field::kind(kind)?,
            Some(_) => field::kind(kind).unwrap_or(Kind::Sweep),
        },
        date,
        start,
        end,
        begins_at: instant(date, start.unwrap_or(Time::midnight()))?,
        over_at: match end {
            Some(end) => instant(date, end)?,
            None => instant(tomorrow, Time::midnight())?,
        },
        place,
        area: area.map(str::to_owned),
        cell: point.and_then(|(lat, lon)| Cell::at(lat, lon, RESOLUTION)),
        source,
        changed_at: now,
    })
}

#[cfg(test)]
mod tests;
