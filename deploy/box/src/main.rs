//! `spotlight`: a whole Spotlight in one process.

mod broker;
mod demo;
mod samples;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use spotlight_common::{log, signals};
use tokio_util::sync::CancellationToken;

/// What is still running after this is left behind.
const LAST_WAIT: Duration = Duration::from_millis(500);

/// Spotlight in one process: broker, hub and edge, with nothing to install or configure.
#[derive(Parser)]
#[command(
    name = "spotlight",
    version,
    after_help = "Examples:
  spotlight demo
  spotlight demo --port 9000 --data ./my-demo
  spotlight demo --no-samples
  spotlight config

To run the hub and the edge apart, see `spotlight-hub --help` and `spotlight-edge --help`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine, with sample messages that arrive while you watch.
    #[command(
        long_about = "Run everything on this machine, with sample messages that arrive while you watch.

The first line on stdout is `ready URL` once the map answers; logs go to stderr. The map is served to this machine only.
Ctrl-C or SIGTERM ends it.

The data folder holds `spool/in` (drop NAME.pdu, one hex PDU with its SMSC a line, or NAME.mms, an M-Retrieve.conf; write
elsewhere and rename into it), `spool/out` (answers to senders, for 10 minutes), `edge/` and `hub/` (the stores)."
    )]
    Demo {
        /// The map's port; 0 takes a free one [default: 8080, or a free one if that is in use]
        #[arg(long)]
        port: Option<u16>,
        /// The data folder, used again at the next start [default: a new folder in the system's temporary one]
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Let no sample messages arrive: the map shows what you drop into the spool
        #[arg(long)]
        no_samples: bool,
        /// Seconds between two sample messages
        #[arg(long, value_name = "SECONDS", default_value = "75", hide = true, value_parser = clap::value_parser!(u64).range(1..))]
        every: u64,
    },
    /// Print the built-in settings, commented; none has to be changed.
    Config,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    log::start();
    let result = match cli.command {
        Command::Demo {
            port,
            data,
            no_samples,
            every,
        } => run(demo::Options {
            port,
            data,
            samples: !no_samples,
            every: Duration::from_secs(every),
        }),
        Command::Config => {
            print(demo::DEFAULT);
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spotlight: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: demo::Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(async {
        let shutdown = CancellationToken::new();
        signals::cancel(shutdown.clone())?;
        demo::run(options, shutdown).await
    });
    runtime.shutdown_timeout(LAST_WAIT);
    result
}

/// Nobody may be reading; the box runs on.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
