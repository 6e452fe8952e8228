//! `import` and `fetch` of a context layer: one JSON object a line on stdout, what a person reads on stderr.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;
use spotlight_common::log;

use super::read::{Build, CameraFiles, Report, TransitFiles};
use super::{Drawn as _, Kept, Which};
use crate::city::City;
use crate::feeds::FeedError;
use crate::store::open_data::{self, OpenData};

/// Imports files that together are the layer: where one cannot be read, what there was stays.
pub fn import(
    which: Which,
    city: &City,
    data: &Path,
    files: &[PathBuf],
) -> Result<ExitCode, FeedError> {
    match which {
        Which::Transit => import_as::<TransitFiles>(which, city, data, files),
        Which::Cameras => import_as::<CameraFiles>(which, city, data, files),
    }
}

fn import_as<B: Build>(
    which: Which,
    city: &City,
    data: &Path,
    files: &[PathBuf],
) -> Result<ExitCode, FeedError> {
    has(which, city)?;
    let mut build = B::default();
    let mut rows = 0;
    let mut is_whole = true;
    for path in files {
        let name = path.display().to_string();
        let read = File::open(path).map_err(FeedError::from);
        match read.and_then(|file| one(&mut build, file, city, &name)) {
            Ok(report) => {
                rows += report.rows;
                print(&report)?;
            }
            Err(error) => {
                is_whole = false;
                let reason = log::chain(&error);
                eprintln!("{name}: {reason}");
                print(&serde_json::json!({ "file": name, "error": reason }))?;
            }
        }
    }
    if !is_whole {
        eprintln!("the layer stays as it was, as not every file could be read");
        return Ok(ExitCode::FAILURE);
    }
    put(which, &OpenData::open(data)?, build, rows, false)?;
    Ok(ExitCode::SUCCESS)
}

/// Whether the city's file has the layer; else what to do.
pub fn has(which: Which, city: &City) -> Result<(), FeedError> {
    match which.source(city) {
        Some(_) => Ok(()),
        None => Err(FeedError::Answer(format!(
            "the city `{}` has no [{}] in its file; `spotlight-hub city template` shows one",
            city.id,
            which.id()
        ))),
    }
}

/// Takes one file, and how long that took.
pub fn one(
    build: &mut impl Build,
    file: File,
    city: &City,
    name: &str,
) -> Result<Report, FeedError> {
    let began = Instant::now();
    let report = build.take(file, city)?;
    Ok(Report {
        file: name.to_owned(),
        seconds: (began.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        ..report
    })
}

/// Keeps what was built in the place of what there was.
pub fn put<B: Build>(
    which: Which,
    store: &OpenData,
    build: B,
    rows: u64,
    is_fetched: bool,
) -> Result<(), FeedError> {
    let (as_of, version, what) = build.end();
    tracing::debug!(layer = which.id(), things = what.count(), "kept");
    let kept = Kept {
        read_at: Timestamp::now().as_second(),
        as_of: as_of.map(open_data::number),
        version,
        is_fetched,
        rows,
        what,
    };
    Ok(store.put_context(which.id(), &kept)?)
}

/// One JSON object on a line of stdout.
pub fn print(line: &impl Serialize) -> Result<(), FeedError> {
    let line = serde_json::to_string(line).map_err(io::Error::other)?;
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}
