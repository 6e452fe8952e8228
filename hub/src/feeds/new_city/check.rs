//! Whether cities' files can be used, and what of a feed's map a saved answer of its source bears out.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Map, Value, json};
use spotlight_common::log;

use super::super::FeedError;
use super::super::layout::{Layout, Row};
use super::super::saved::{self, Table};
use super::super::soda::text;
use super::super::values;
use crate::city::{City, Feed, builtin, problems};

/// `spotlight-hub city check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// A saved answer or export of a feed's source: CSV, SODA JSON, ArcGIS JSON, Open311, CKAN JSON or GeoJSON.
    #[arg(long)]
    pub headers: Option<PathBuf>,
    /// The feed that the answer is of; without it the one that it fits best.
    #[arg(long, requires = "headers")]
    pub feed: Option<String>,
    /// Cities' files, or the names of built-in cities.
    #[arg(required = true)]
    pub file: Vec<PathBuf>,
}

/// Checks, a JSON object a line on stdout; status 1 if something is wrong.
pub fn run(args: &CheckArgs) -> Result<ExitCode, FeedError> {
    let table = args
        .headers
        .as_ref()
        .map(|path| File::open(path).map_err(FeedError::from))
        .transpose()?;
    let table = table.map(|file| saved::table_of(file, None)).transpose()?;
    let mut is_good = true;
    let mut out = io::stdout().lock();
    for path in &args.file {
        let (lines, good) = of_file(path, table.as_ref(), args.feed.as_deref());
        is_good &= good;
        for line in lines {
            writeln!(out, "{line}")?;
        }
    }
    out.flush()?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What is said of a file, and whether it is good.
pub fn of_file(path: &Path, table: Option<&Table>, feed: Option<&str>) -> (Vec<Value>, bool) {
    let file = path.display().to_string();
    let wrong = |key: &str, reason: &str| json!({ "file": file, "key": key, "error": reason });
    let text = match builtin::file(&file) {
        Some(text) => Ok(text.to_owned()),
        None => std::fs::read_to_string(path),
    };
    let text = match text {
        Ok(text) => text,
        Err(error) => return (vec![wrong("", &error.to_string())], false),
    };
    let found = problems::problems(&text);
    if !found.is_empty() {
        let lines = found
            .iter()
            .map(|problem| wrong(&problem.key, &problem.reason));
        return (lines.collect(), false);
    }
    let city = match City::load(&file) {
        Ok(city) => city,
        Err(error) => return (vec![wrong("", &log::chain(&error))], false),
    };
    let Some(table) = table else {
        let feeds: Vec<_> = city.feeds.iter().map(|feed| feed.id.as_str()).collect();
        return (
            vec![json!({ "file": file, "ok": true, "feeds": feeds })],
            true,
        );
    };
    let wanted = city
        .feeds
        .iter()
        .filter(|known| feed.is_none_or(|feed| feed == known.id));
    let mut all: Vec<_> = wanted
        .map(|feed| of_feed(&file, &city, feed, table))
        .collect();
    if feed.is_none() {
        // The one that it fits best: of the others it need not be.
        all.sort_by_key(|(line, good)| {
            let found = line["found"].as_object().map_or(0, Map::len);
            (!*good, std::cmp::Reverse(found))
        });
        all.truncate(1);
    }
    if all.is_empty() {
        return (vec![wrong("feeds", "it has no such feed")], false);
    }
    let is_good = all.iter().all(|(_, good)| *good);
    (all.into_iter().map(|(line, _)| line).collect(), is_good)
}

/// Which mapped columns a table has, and what its rows come to.
fn of_feed(file: &str, city: &City, feed: &Feed, table: &Table) -> (Value, bool) {
    let (mut found, mut missing) = (Map::new(), Map::new());
    for (key, names) in mapped(feed) {
        let name = names.iter().find_map(|name| {
            let mut columns = table.columns.iter();
            columns.find(|column| column.eq_ignore_ascii_case(name))
        });
        match name {
            Some(name) => found.insert(key, json!(name)),
            None => missing.insert(key, json!(names)),
        };
    }
    let mut line = json!({
        "file": file, "feed": feed.id, "form": table.form, "found": found, "missing": missing,
    });
    let layout = match Layout::of(&table.columns, feed) {
        Ok(layout) => layout,
        Err(error) => {
            line["error"] = json!(error.to_string());
            return (line, false);
        }
    };
    let (mut accepted, mut skipped, mut unplaced) = (0, 0, 0);
    let mut rejected: Map<String, Value> = Map::new();
    for row in &table.rows {
        match layout.row(|at| text(row, &table.columns[at]), feed, city) {
            Row::Skipped => skipped += 1,
            Row::Accepted(row) => {
                accepted += 1;
                unplaced += i32::from(matches!(row.place, crate::store::open_data::Place::None));
            }
            Row::Rejected(reason) => {
                let count = rejected.get(reason).and_then(Value::as_u64).unwrap_or(0);
                rejected.insert(reason.to_owned(), json!(count + 1));
            }
        }
    }
    line["rows"] = json!(table.rows.len());
    line["skipped"] = json!(skipped);
    line["accepted"] = json!(accepted);
    line["unplaced"] = json!(unplaced);
    line["rejected"] = json!(rejected);
    // All of its rows without a day or an id, or without a place: the columns are there and say something else.
    let is_used = accepted > 0 || skipped == table.rows.len();
    let is_placed = accepted == 0 || unplaced < accepted;
    let good = is_used && is_placed;
    if !good {
        line["error"] = json!("no row of it can be used or placed: its columns say something else");
    }
    (line, good)
}

/// Every column that a feed is mapped by, with the names that it has had.
fn mapped(feed: &Feed) -> Vec<(String, &Vec<String>)> {
    let columns = &feed.columns;
    let mut all: Vec<(String, &Vec<String>)> = [
        ("id", &columns.id),
        ("created", &columns.created),
        ("address", &columns.address),
        ("latitude", &columns.latitude),
        ("longitude", &columns.longitude),
        ("location", &columns.location),
        ("zip", &columns.zip),
        ("area", &columns.area),
    ]
    .into_iter()
    .map(|(key, names)| (format!("columns.{key}"), names))
    .collect();
    if let Some(filter) = &feed.filter {
        all.push(("filter".to_owned(), &filter.column));
    }
    for (n, victims) in feed.victims.iter().enumerate() {
        all.push((format!("victims.{n}"), &victims.column));
    }
    if let Some(begun) = &feed.officer_initiated {
        all.push(("officer_initiated".to_owned(), &begun.column));
    }
    all.retain(|(_, names)| !names.is_empty());
    all
}

/// A table's rows as a feed understands them, for whoever makes its file.
pub fn understood(city: &City, feed: &Feed, table: &Table) -> Vec<Value> {
    let Ok(layout) = Layout::of(&table.columns, feed) else {
        return Vec::new();
    };
    let said = |row: &_, names: &[String]| -> Option<String> {
        let mut columns = names.iter();
        let name = columns.find_map(|name| {
            let mut columns = table.columns.iter();
            columns.find(|column| column.eq_ignore_ascii_case(name))
        })?;
        Some(values::cut(text(row, name).trim(), 80))
    };
    let columns = &feed.columns;
    let rows = table.rows.iter().enumerate();
    rows.map(|(n, row)| {
        let mut line = json!({
            "row": n + 1,
            "id": said(row, &columns.id),
            "created": said(row, &columns.created),
            "address": said(row, &columns.address),
        });
        match layout.row(|at| text(row, &table.columns[at]), feed, city) {
            Row::Skipped => line["is"] = json!("another kind of request"),
            Row::Rejected(reason) => line["is"] = json!(format!("unusable: {reason}")),
            Row::Accepted(accepted) => {
                line["is"] = json!("a request");
                line["day"] = json!(accepted.day.to_string());
                line["placed"] = json!(accepted.has_point);
            }
        }
        line
    })
    .collect()
}
