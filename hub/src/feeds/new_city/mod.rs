//! `spotlight-hub city`: the built-in files and the template, whether a city's file can be used, and a new one made by asking.

pub mod check;
mod guess;
mod probe;
mod words;

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::FeedError;
use super::saved::{self, Table};
use crate::city::{City, builtin};
use guess::Guess;

/// `spotlight-hub city`.
#[derive(Debug, Subcommand)]
pub enum CityCommand {
    /// Print a built-in city's file: a copy of it, edited, is a city too.
    Show {
        /// For instance `boston`; without it Los Angeles.
        name: Option<String>,
    },
    /// Print the template of a city's file, to be filled in.
    Template,
    /// Say all that is wrong with cities' files, and what of them a saved answer bears out: one JSON object each.
    Check(check::CheckArgs),
    /// Make a city's file: asks for what is missing, looks at the source, proposes what its columns are.
    New(NewArgs),
}

/// `spotlight-hub city new`.
#[derive(Debug, Default, clap::Args)]
pub struct NewArgs {
    /// The city's name.
    #[arg(long)]
    pub name: Option<String>,
    /// Its IANA time zone.
    #[arg(long)]
    pub time_zone: Option<String>,
    /// South, west, north, east in degrees: 41.64,-87.95,42.03,-87.52. Without it, around the rows that were seen.
    #[arg(long, allow_hyphen_values = true)]
    pub bounds: Option<String>,
    /// socrata, arcgis, open311, ckan, csv or geojson.
    #[arg(long)]
    pub kind: Option<String>,
    /// Where the rows are: a portal, a layer, an endpoint or a file.
    #[arg(long)]
    pub address: Option<String>,
    /// The dataset's id, of a Socrata or CKAN portal.
    #[arg(long)]
    pub dataset: Option<String>,
    /// Hosts that the source may lead on to.
    #[arg(long)]
    pub host: Vec<String>,
    /// A saved answer or export of the source, instead of asking it.
    #[arg(long)]
    pub answer: Option<PathBuf>,
    /// The file to write; it must not be there yet. Without it, the name with .toml.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// Runs it.
pub fn run(command: Option<CityCommand>) -> Result<ExitCode, FeedError> {
    let text = match command {
        None => builtin::LOS_ANGELES,
        Some(CityCommand::Show { name }) => {
            let name = name.unwrap_or_else(|| "los-angeles".to_owned());
            builtin::file(&name).ok_or(crate::city::CityError::Unknown(name))?
        }
        Some(CityCommand::Template) => builtin::TEMPLATE,
        Some(CityCommand::Check(args)) => return check::run(&args),
        Some(CityCommand::New(args)) => return new(&args),
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// What the file is made of.
pub struct Answers {
    pub name: String,
    pub time_zone: String,
    pub bounds: Option<String>,
    pub kind: String,
    pub address: String,
    pub dataset: Option<String>,
    pub hosts: Vec<String>,
}

fn new(args: &NewArgs) -> Result<ExitCode, FeedError> {
    let answers = Answers {
        name: given(&args.name, "the city's name", None)?,
        time_zone: given(
            &args.time_zone,
            "its IANA time zone",
            Some("America/Los_Angeles"),
        )?,
        bounds: args.bounds.clone(),
        kind: given(
            &args.kind,
            "the kind of its source: socrata, arcgis, open311, ckan, csv or geojson",
            None,
        )?,
        address: given(&args.address, "the source's address, with https://", None)?,
        dataset: match (&args.dataset, args.kind.as_deref()) {
            (None, Some("socrata" | "ckan")) => Some(given(&None, "the dataset's id", None)?),
            (dataset, _) => dataset.clone(),
        },
        hosts: args.host.clone(),
    };
    let zone = jiff::tz::TimeZone::get(&answers.time_zone)
        .map_err(|_| FeedError::Answer(format!("`{}` is no IANA time zone", answers.time_zone)))?;
    let table = match &args.answer {
        Some(path) => saved::table_of(std::fs::File::open(path)?, None)?,
        None => probe::table(&answers)?,
    };
    if table.rows.is_empty() {
        return Err(FeedError::Form("without rows: there is nothing to look at"));
    }
    let guess = Guess::of(&table, &zone);
    let bounds = match &answers.bounds {
        Some(text) => bounds(text)?,
        None => guess.bounds(&table).ok_or(FeedError::Form(
            "without points: say where the city is with `--bounds`",
        ))?,
    };
    let text = words::file(&answers, &table, &guess, bounds);
    let path = match &args.out {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{}.toml", words::id(&answers.name))),
    };
    // An operator's own file is never written over.
    let mut file = std::fs::File::create_new(&path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    for missing in guess.missing() {
        eprintln!(
            "{}: no column looks like {missing}; write it down by hand",
            path.display()
        );
    }
    show(&path, &table)?;
    eprintln!(
        "{}: written. Read it before it is used: each column is a guess, and the words are for you to say",
        path.display()
    );
    let is_whole = guess.missing().is_empty();
    Ok(if is_whole {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The first rows as the file would have them understood.
fn show(path: &Path, table: &Table) -> Result<(), FeedError> {
    let city = City::load(&path.to_string_lossy())?;
    let mut out = io::stdout().lock();
    for row in check::understood(&city, &city.feeds[0], table)
        .iter()
        .take(10)
    {
        writeln!(out, "{row}")?;
    }
    Ok(())
}

fn bounds(text: &str) -> Result<[f64; 4], FeedError> {
    let numbers: Vec<f64> = text
        .split(',')
        .filter_map(|part| part.trim().parse().ok())
        .collect();
    match numbers[..] {
        [south, west, north, east] if south < north && west < east => {
            Ok([south, west, north, east])
        }
        _ => Err(FeedError::Answer(format!(
            "`{text}` is not south,west,north,east in degrees"
        ))),
    }
}

/// What a flag says, or else whoever sits at the terminal.
fn given(flag: &Option<String>, what: &str, usual: Option<&str>) -> Result<String, FeedError> {
    if let Some(said) = flag {
        return Ok(said.trim().to_owned());
    }
    let mut input = io::stdin().lock();
    if !io::stdin().is_terminal() {
        return Err(FeedError::Answer(format!("needs to know {what}")));
    }
    for _ in 0..3 {
        let hint = usual.map(|usual| format!(" [{usual}]")).unwrap_or_default();
        eprint!("{what}{hint}: ");
        let mut line = String::new();
        input.read_line(&mut line)?;
        match (line.trim(), usual) {
            ("", Some(usual)) => return Ok(usual.to_owned()),
            ("", None) => {}
            (said, _) => return Ok(said.to_owned()),
        }
    }
    Err(FeedError::Answer(format!("needs to know {what}")))
}

#[cfg(test)]
mod tests;
