//! `spotlight-hub`: the command line.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use spotlight_common::ids::NodeId;
use spotlight_common::{config, keys, log, signals};
use spotlight_hub::config::{Config, DEFAULT};
use spotlight_hub::control::Question;
use spotlight_hub::feeds::{boundaries, command, new_city};
use spotlight_hub::{basemap, control, gazetteer, hub_folder, notices};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The hub of Spotlight: merges reports with city open data and serves the map.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  spotlight-hub config > hub.toml
  spotlight-hub run --config hub.toml
  spotlight-hub node add --data /var/lib/spotlight-hub KEY --label 'church roof'
  spotlight-hub import --city los-angeles --feed encampments --data /var/lib/spotlight-hub export.csv
  spotlight-hub fetch --city los-angeles --data /var/lib/spotlight-hub --since 2026-01-01
  spotlight-hub feeds --data /var/lib/spotlight-hub"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the hub.
    Run {
        #[arg(long)]
        config: PathBuf,
    },
    /// Print the default configuration, commented.
    Config,
    /// Print the hub's public key, which edges pin; makes the key at first use.
    Key {
        #[arg(long)]
        config: PathBuf,
    },
    /// Read files of city open data into the store.
    Import(command::ImportArgs),
    /// Read the city's feeds from where they are published, once: one JSON object a source.
    Fetch(command::FetchArgs),
    /// Say how each source of open data is doing: one JSON object a source.
    Feeds(command::FeedsArgs),
    /// Cities' files: print a built-in one, check one, make a new one. Alone it prints Los Angeles'.
    City {
        #[command(subcommand)]
        command: Option<new_city::CityCommand>,
    },
    /// Read a file of boundaries, such as police reporting districts.
    Boundaries(boundaries::BoundariesArgs),
    /// Look after the published layers.
    #[command(subcommand)]
    Layers(LayersCommand),
    /// Say what every table of the store holds: one JSON object a table.
    WhatDoYouKnow {
        /// The hub's data folder, or a box's.
        #[arg(long)]
        data: PathBuf,
    },
    /// Add, list or revoke the nodes whose reports are taken, whether or not the hub runs.
    #[command(subcommand)]
    Node(NodeCommand),
    /// Look at tables of announced sweeps before a hub shows them.
    #[command(subcommand)]
    Notices(NoticesCommand),
    /// Make the places file and the street lines from open data.
    #[command(subcommand)]
    Gazetteer(GazetteerCommand),
    /// Have a map of the world beneath ours, from a file on this machine.
    #[command(subcommand)]
    Basemap(BasemapCommand),
}

#[derive(Subcommand)]
enum BasemapCommand {
    /// Cut the part that a city needs out of a public build, by range requests: one JSON object says what it took.
    Fetch(basemap::command::FetchArgs),
}

#[derive(Subcommand)]
enum LayersCommand {
    /// Publish a layer anew from all that was imported. The page says so. Who kept the old counts may subtract them from the
    /// new ones, and so learn of single late requests: do it rarely, and after large imports.
    Rebuild(command::RebuildArgs),
}

#[derive(Subcommand)]
enum NoticesCommand {
    /// Say of each line that cannot be used why, and how to mend it: one JSON object a file.
    Check(notices::command::CheckArgs),
}

#[derive(Subcommand)]
enum GazetteerCommand {
    /// Build from any of: exported rows, OpenStreetMap, GTFS, boundaries, own names. One JSON object says what was built.
    Build(Box<gazetteer::BuildArgs>),
    /// Ask a places file for the corners of an export that it was not built from: one JSON object of figures.
    Check(gazetteer::measure::CheckArgs),
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Take reports that this key signs.
    Add {
        /// The node's public key, as `spotlight-edge key` prints it.
        key: NodeId,
        /// The hub's data folder, or a box's.
        #[arg(long)]
        data: PathBuf,
        /// What you call it.
        #[arg(long, default_value = "")]
        label: String,
    },
    /// List all nodes: one JSON object each.
    List {
        #[arg(long)]
        data: PathBuf,
    },
    /// Refuse this key's reports from now on.
    Revoke {
        key: NodeId,
        #[arg(long)]
        data: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start();
    match run(cli.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("spotlight-hub: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run { config: path } => serve(config::load(&path)?)?,
        Command::Config => print(DEFAULT)?,
        Command::Key { config: path } => {
            let config: Config = config::load(&path)?;
            let key = keys::load_or_create(&config.data.join(spotlight_hub::KEY_FILE))?;
            print(&format!("{}\n", keys::public(&key)))?;
        }
        Command::Import(args) => return Ok(command::run_import(&args)?),
        Command::Fetch(args) => return Ok(command::run_fetch(&args)?),
        Command::Feeds(args) => command::run_feeds(&args)?,
        Command::City { command } => return Ok(new_city::run(command)?),
        Command::Boundaries(args) => print(&boundaries::run(&args)?)?,
        Command::Layers(LayersCommand::Rebuild(args)) => command::run_rebuild(&args)?,
        Command::WhatDoYouKnow { data } => {
            print(&control::ask(&used_folder(&data)?, &Question::Tables)?)?;
        }
        Command::Notices(NoticesCommand::Check(args)) => {
            let (text, is_good) = notices::command::check(&args)?;
            print(&text)?;
            if !is_good {
                return Ok(ExitCode::FAILURE);
            }
        }
        Command::Gazetteer(GazetteerCommand::Build(args)) => {
            print_json(&gazetteer::build(&args)?)?;
        }
        Command::Gazetteer(GazetteerCommand::Check(args)) => {
            print_json(&gazetteer::measure::check(&args)?)?;
        }
        Command::Basemap(BasemapCommand::Fetch(args)) => basemap::command::fetch(&args)?,
        Command::Node(command) => print(&node(command)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn node(command: NodeCommand) -> anyhow::Result<String> {
    let (data, question) = match command {
        NodeCommand::Add { key, data, label } => {
            (hub_folder(&data), Question::AddNode { key, label })
        }
        NodeCommand::List { data } => (used_folder(&data)?, Question::Nodes),
        NodeCommand::Revoke { key, data } => (used_folder(&data)?, Question::RevokeNode { key }),
    };
    Ok(control::ask(&data, &question)?)
}

/// Rendering and the store run on at most so many threads: glibc keeps memory for each that it never gives back, and a hub of six
/// cities is to run in 256 MB. Without a bound it took 232 MB under a dozen hurried readers.
const BLOCKING_THREADS: usize = 6;

fn serve(config: Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()?;
    runtime.block_on(run_hub(config))
}

async fn run_hub(config: Config) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    signals::cancel(shutdown.clone())?;
    let address = config.listen;
    let listener = TcpListener::bind(address).await.map_err(|error| {
        anyhow::anyhow!("failed to listen on {address}: {error}; set `listen` to a free port")
    })?;
    let ready = format!("ready http://{}/\n", listener.local_addr()?);
    spotlight_hub::run(config, listener, || print(&ready), shutdown).await
}

/// The folder of a hub that has run: a typo must not make a new store.
fn used_folder(data: &Path) -> anyhow::Result<PathBuf> {
    let folder = hub_folder(data);
    let is_used = ["hub.redb", "open-data.redb"]
        .iter()
        .any(|file| folder.join(file).exists());
    anyhow::ensure!(is_used, "no hub has ever run on `{}`", data.display());
    Ok(folder)
}

fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    print(&format!("{}\n", serde_json::to_string(value)?))
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
