//! `import`, `fetch`, `feeds` and `layers rebuild`: one JSON object a line on stdout, what a person reads on stderr.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use spotlight_common::log;

use super::fetch::Fetch;
use super::http::{Client, Patience};
use super::import::{Counts, Importer, source_of};
use super::saved::Opened;
use super::{FeedError, Published, Which as Publish, publish_due, rent, schedule, status};
use crate::city::{City, Feed, Source};
use crate::context::{self, Which};
use crate::folders;
use crate::store::open_data::OpenData;

/// `spotlight-hub import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// One of the city's feeds; or `transit` (GTFS in a zip) or `cameras` (GeoJSON), whose files replace what there was.
    #[arg(long)]
    pub feed: String,
    /// The hub's data folder, or a box's.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// Of rents: the last year of the census's five, where no file's name says it.
    #[arg(long)]
    pub year: Option<i16>,
    /// CSV or GeoJSON files as the portal exports them, plain or gzip; or saved answers in JSON or XML. Of rents: the table's zip,
    /// CSV or JSON, and outlines as GeoJSON or a zipped shapefile.
    #[arg(required = true)]
    pub file: Vec<PathBuf>,
}

/// `spotlight-hub layers rebuild`.
#[derive(Debug, clap::Args)]
pub struct RebuildArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// One of the city's feeds.
    #[arg(long)]
    pub feed: String,
    /// The hub's data folder, or a box's.
    #[arg(long)]
    pub data: PathBuf,
    /// Also publish periods whose rows were read in part: a file that was cut off, a source that was not read since.
    #[arg(long)]
    pub unfinished: bool,
}

/// `spotlight-hub fetch`.
#[derive(Debug, clap::Args)]
pub struct FetchArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// Only this one of the city's feeds, or `transit` or `cameras`; cameras are fetched only if they are named once.
    #[arg(long)]
    pub feed: Option<String>,
    /// Rows of this day and later, whatever was read before: 2026-01-31.
    #[arg(long, value_name = "DAY")]
    pub since: Option<Date>,
    /// The hub's data folder, or a box's.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
    /// A file with the portal's application token: with one it answers more often.
    #[arg(long, value_name = "FILE")]
    pub app_token_file: Option<PathBuf>,
    /// Give a page up after so many seconds.
    #[arg(long, value_name = "SECONDS", default_value = "300")]
    pub patience: u64,
}

/// `spotlight-hub feeds`.
#[derive(Debug, clap::Args)]
pub struct FeedsArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long, default_value = "los-angeles")]
    pub city: String,
    /// The hub's data folder, or a box's.
    #[arg(long, default_value = ".")]
    pub data: PathBuf,
}

/// Imports files, a JSON line each on stdout; then publishes the periods that are due.
pub fn run_import(args: &ImportArgs) -> Result<ExitCode, FeedError> {
    let city = City::load(&args.city)?;
    if let Some(layer) = city.rent(&args.feed) {
        return rent::run_import(args, &city, layer);
    }
    let data = crate::hub_folder(&args.data);
    if let Some(which) = Which::of(&args.feed) {
        let data = folders::claimed(&data, &city)?;
        return context::command::import(which, &city, &data, &args.file);
    }
    let feed = city.feed(&args.feed)?;
    let mut code = ExitCode::SUCCESS;
    let mut late = 0;
    let mut opened = None;
    for path in &args.file {
        match import_file(&mut opened, &data, &city, feed, path) {
            Ok(counts) => {
                late += counts.late;
                print(&counts)?;
            }
            Err(error @ FeedError::Store(_)) => return Err(error),
            Err(error) => {
                code = ExitCode::FAILURE;
                let reason = log::chain(&error);
                eprintln!("{}: {reason}", path.display());
                print(&serde_json::json!({ "file": path.display().to_string(), "error": reason }))?;
            }
        }
    }
    let Some(store) = opened else {
        return Ok(code);
    };
    let mut done = Published::default();
    if code == ExitCode::SUCCESS {
        done = publish_due(&store, &city, feed, Timestamp::now(), Publish::Settled)?;
    } else {
        // A published period stays as it is: without the rows of the file that failed it would lack them for good.
        eprintln!(
            "nothing was published, as not every file could be read; import again with the rest"
        );
    }
    if done.unsettled > 0 {
        eprintln!(
            "{} periods wait for a source that was not read whole since they were due: `spotlight-hub feeds` says which, and \
             why. Where there is no internet, `fetch = false` in hub.toml lets go of it after a week, and {} publishes what \
             there is",
            done.unsettled,
            rebuild(&args.city, &args.feed, &args.data, " --unfinished")
        );
    }
    if done.unfinished > 0 {
        eprintln!(
            "{} periods are not published, as a file with rows of theirs was cut off; import that file again, or \
             publish what there is with {}",
            done.unfinished,
            rebuild(&args.city, &args.feed, &args.data, " --unfinished")
        );
    }
    say_late(late, &args.city, &args.feed, &args.data);
    Ok(code)
}

fn rebuild(city: &str, feed: &str, data: &Path, more: &str) -> String {
    let data = data.display();
    format!("`spotlight-hub layers rebuild --city {city} --feed {feed} --data {data}{more}`")
}

fn say_late(late: u64, city: &str, feed: &str, data: &Path) {
    if late > 0 {
        eprintln!(
            "{late} new records fall in periods that are already published, and those stay as they are; {} publishes them \
             anew",
            rebuild(city, feed, data, "")
        );
    }
}

/// Imports one file. The store is opened for the first whose header is this feed's: another changes nothing, not even an
/// empty store. A file is opened once, so that it may be a pipe.
fn import_file(
    opened: &mut Option<OpenData>,
    data: &Path,
    city: &City,
    feed: &Feed,
    path: &Path,
) -> Result<Counts, FeedError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let bar = bar(
        ProgressBar::new(length),
        "{wide_bar} {bytes}/{total_bytes} {eta}",
    );
    let result = Opened::open(bar.wrap_read(file), path, feed).and_then(|rows| {
        let store = match opened {
            Some(store) => store,
            None => opened.insert(OpenData::open(&folders::claimed(data, city)?)?),
        };
        let name = path.display().to_string();
        let source = source_of(path);
        let mut importer = Importer::new(store, city, feed, &source, &name)?;
        rows.read(feed, city, &mut importer)?;
        Ok(importer.finish(true)?)
    });
    bar.finish_and_clear();
    result
}

/// Shown to a person only.
fn bar(bar: ProgressBar, template: &str) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

pub(super) fn print(line: &impl Serialize) -> Result<(), FeedError> {
    let line = serde_json::to_string(line).map_err(io::Error::other)?;
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Publishes all periods of a feed anew.
pub fn run_rebuild(args: &RebuildArgs) -> Result<(), FeedError> {
    let city = City::load(&args.city)?;
    let feed = city.feed(&args.feed)?;
    let data = crate::hub_folder(&args.data);
    let store = OpenData::open(&folders::claimed(&data, &city)?)?;
    let which = match args.unfinished {
        true => Publish::Everything,
        false => Publish::Again,
    };
    publish_due(&store, &city, feed, Timestamp::now(), which).map(drop)
}

/// Reads sources once, a JSON line each on stdout; then publishes the periods that are due.
pub fn run_fetch(args: &FetchArgs) -> Result<ExitCode, FeedError> {
    let city = City::load(&args.city)?;
    let context = args.feed.as_deref().and_then(Which::of);
    if let (Some(feed), None) = (&args.feed, context) {
        city.feed(feed)?;
    }
    let data = folders::claimed(&crate::hub_folder(&args.data), &city)?;
    let token = args.app_token_file.as_ref().map(token).transpose()?;
    let page = Duration::from_secs(args.patience.max(1));
    let patience = Patience {
        silence: page.min(Patience::default().silence),
        page,
    };
    let client = Client::new(&city, token, patience);
    let store = OpenData::open(&data)?;
    let mut code = ExitCode::SUCCESS;
    let today = city.day(Timestamp::now());
    for set in city.boundaries.iter().filter(|set| set.address.is_some()) {
        let is_wanted = match &args.feed {
            Some(_) if context.is_some() => false,
            Some(feed) => city.feed(feed)?.boundaries.as_ref() == Some(&set.id),
            None => true,
        };
        if is_wanted && let Err(error) = schedule::read_boundaries(&client, &store, set) {
            // The map has those that it ships with.
            eprintln!("{}: {}", set.id, log::chain(&error));
        }
    }
    let wanted = schedule::sources_of(&city, args.feed.as_deref(), today);
    let is_wanted = |source: &Source| {
        let is_past = |since| source.to.is_some_and(|to| to < since);
        !args.since.is_some_and(is_past)
    };
    // A running hub must not publish what only some of them were read for.
    for (feed, source) in wanted.iter().filter(|(_, source)| is_wanted(source)) {
        let mut state = store.source(&feed.id, &source.id)?;
        state.tried_at = Timestamp::now().as_second();
        store.put_source(&feed.id, &source.id, &state)?;
    }
    for (feed, source) in wanted {
        if !is_wanted(&source) {
            continue;
        }
        let template = "{spinner} {msg} {human_pos} rows {elapsed}";
        let bar = bar(ProgressBar::no_length(), template);
        bar.set_message(format!("{}/{}", feed.id, source.id));
        let fetch = Fetch {
            client: &client,
            store: &store,
            city: &city,
            page,
            since: args.since,
            bar: bar.clone(),
        };
        let result = fetch.source(feed, &source);
        bar.finish_and_clear();
        match result {
            Ok(counts) => {
                print(&counts)?;
                say_late(counts.late, &args.city, &feed.id, &args.data);
            }
            Err(error @ FeedError::Store(_)) => return Err(error),
            Err(error) => {
                code = ExitCode::FAILURE;
                let name = format!("{}/{}", feed.id, source.id);
                let reason = log::chain(&error);
                eprintln!("{name}: {reason}");
                print(&serde_json::json!({ "file": name, "error": reason }))?;
            }
        }
    }
    for which in Which::ALL {
        let is_wanted = match &args.feed {
            None => context::refresh::every_hours(&data, &city, which)?.is_some(),
            Some(_) => context == Some(which),
        };
        if !is_wanted {
            continue;
        }
        match context::refresh::read(&client, &store, &data, &city, which) {
            Ok(Some(report)) => print(&report)?,
            Ok(None) => eprintln!("{}: as it was", which.id()),
            Err(error @ FeedError::Store(_)) => return Err(error),
            Err(error) => {
                code = ExitCode::FAILURE;
                let reason = log::chain(&error);
                eprintln!("{}: {reason}", which.id());
                print(&serde_json::json!({ "file": which.id(), "error": reason }))?;
            }
        }
    }
    for feed in &city.feeds {
        let is_wanted = args.feed.as_ref().is_none_or(|wanted| *wanted == feed.id);
        if is_wanted {
            publish_due(&store, &city, feed, Timestamp::now(), Publish::Settled)?;
        }
    }
    Ok(code)
}

/// The first line of a file.
pub fn token(path: &PathBuf) -> Result<String, FeedError> {
    let mut text = String::new();
    File::open(path)?.take(4096).read_to_string(&mut text)?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Lists each source, a JSON line each on stdout.
pub fn run_feeds(args: &FeedsArgs) -> Result<(), FeedError> {
    let city = City::load(&args.city)?;
    let data = folders::of(&crate::hub_folder(&args.data), &city);
    for status in status::all(&data, &city, Timestamp::now())? {
        print(&status)?;
    }
    for status in rent::status(&data, &city, Timestamp::now())? {
        print(&status)?;
    }
    Ok(())
}
