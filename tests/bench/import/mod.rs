//! The figure `import`: a year of requests into a hub's folder, and the same file read and grouped by DuckDB and pandas.
//!
//! The peers count one type's rows by month and by a square of a hundredth of a degree, as neither has H3. Ours finds the
//! resolution-8 cell, and does more that theirs do not: it knows a request or an address that comes twice, keeps what it
//! counts in a durable store, and publishes the months. Ours is timed as a process from start to end, theirs without the
//! start of Python.

mod generate;

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use spotlight_tests::process;

use crate::{measure, python};

/// The file's rows; a second argument replaces it.
const ROWS: u64 = 2_000_000;

/// Each program reads the file this often, in turn; the medians count.
const ROUNDS: usize = 5;

/// What ours uses, and so DuckDB too.
const THREADS: &str = "1";

/// A program, and its readings of the file.
struct Program<'a> {
    name: &'static str,
    read: Box<dyn Fn() -> Reading + 'a>,
    readings: Vec<Reading>,
}

/// One reading of the file.
struct Reading {
    seconds: f64,
    peak_mb: f64,
    /// Rows of the type that have a place.
    counted: u64,
}

/// Rows a second, peak memory and the ratios.
pub fn figure() {
    let rows = std::env::args().nth(2).map_or(ROWS, |rows| {
        rows.parse()
            .expect("the second argument is a number of rows")
    });
    let folder = process::binary("spotlight-hub").with_file_name("bench-import");
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(format!("requests-{rows}.csv"));
    generate::write(&file, rows).expect("the file can be written");
    let length = fs::metadata(&file).expect("it was written").len();
    println!(
        "`spotlight-hub import`, {rows} rows of 34 columns, {:.0} MB, {THREADS} thread, median of {ROUNDS} in turn; ours by H3 cell, \
         without duplicates, durable and published; peers by square and month in memory:",
        length as f64 / 1e6
    );
    let mut programs = vec![Program::new("spotlight-hub", || ours(&folder, &file))];
    match python::with_peers("import", &folder) {
        Ok(python) => {
            let peers = [
                ("DuckDB, columns as text", "peer_duckdb.py", "text"),
                ("DuckDB, types found by it", "peer_duckdb.py", "found"),
                ("pandas, 100,000 rows at a time", "peer_pandas.py", ""),
            ];
            for (name, script, way) in peers {
                let (python, file) = (python.clone(), &file);
                programs.push(Program::new(name, move || {
                    let mut command = Command::new(&python);
                    command.arg(python::own("import", script)).arg(file).args([
                        generate::KIND,
                        THREADS,
                        way,
                    ]);
                    peer(command)
                }));
            }
        }
        Err(lacking) => println!("  DuckDB and pandas are left out: {lacking}"),
    }
    for _ in 0..ROUNDS {
        for program in &mut programs {
            let reading = (program.read)();
            program.readings.push(reading);
        }
    }
    let counted = programs[0].readings[0].counted;
    let ours = programs[0].median(|reading| reading.seconds);
    for program in &programs {
        let is_same = |reading: &Reading| reading.counted == counted;
        assert!(
            program.readings.iter().all(is_same),
            "{} counts the same rows",
            program.name
        );
        let seconds = program.median(|reading| reading.seconds);
        println!(
            "  {}: {seconds:.2} s, {:.0} rows/s, peak {:.1} MB, {:.2} times our time",
            program.name,
            rows as f64 / seconds,
            program.median(|reading| reading.peak_mb),
            seconds / ours,
        );
    }
}

impl<'a> Program<'a> {
    fn new(name: &'static str, read: impl Fn() -> Reading + 'a) -> Self {
        Self {
            name,
            read: Box::new(read),
            readings: Vec::new(),
        }
    }

    fn median(&self, of: impl Fn(&Reading) -> f64) -> f64 {
        let mut all: Vec<_> = self.readings.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    }
}

/// Into a new folder on the disk that the file is on.
fn ours(folder: &Path, file: &Path) -> Reading {
    let data = tempfile::tempdir_in(folder).expect("a folder");
    let mut command = process::command("spotlight-hub");
    command
        .args(["import", "--city", "los-angeles", "--feed", "encampments"])
        .arg("--data")
        .args([data.path(), file]);
    let (seconds, peak_mb, counts) = run(command);
    let number = |name: &str| counts[name].as_u64().expect("a count");
    Reading {
        seconds,
        peak_mb,
        counted: number("accepted") - number("unplaced"),
    }
}

fn peer(command: Command) -> Reading {
    let (_, peak_mb, said) = run(command);
    Reading {
        seconds: said["seconds"].as_f64().expect("a time"),
        peak_mb,
        counted: said["counted"].as_u64().expect("a count"),
    }
}

/// Runs a program: seconds, peak memory in MB, and the JSON line that it prints.
fn run(command: Command) -> (f64, f64, Value) {
    let (seconds, peak_mb, said) = measure::run(command);
    let said = serde_json::from_str(&said).expect("it prints a JSON line");
    (seconds, peak_mb, said)
}
