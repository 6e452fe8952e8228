//! `spotlight-edge`: the command line.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use serde_json::json;
use spotlight_common::{config, keys, log, signals};
use spotlight_edge::config::{Config, DEFAULT};
use spotlight_edge::file::read_at_most;
use spotlight_edge::{classify, decode, doctor, place};
use tokio_util::sync::CancellationToken;

/// The edge of Spotlight: receives texts and photos, publishes person-free reports.
#[derive(Parser)]
#[command(
    version,
    after_help = "Examples:
  spotlight-edge config > edge.toml
  spotlight-edge doctor --config edge.toml
  spotlight-edge run --config edge.toml
  spotlight-edge place '5th & San Pedro' 'san pedro y 5ta'
  spotlight-edge classify photo.jpg
  spotlight-edge decode --pdu 07912160130350F5... --mms message.mms"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the relay.
    Run {
        #[arg(long)]
        config: PathBuf,
    },
    /// Say what of this node works, one line a check, with the fix where it does not.
    Doctor {
        #[arg(long)]
        config: PathBuf,
        /// A JSON object a line.
        #[arg(long)]
        json: bool,
        /// Let the modem send a text to this number too, such as your own phone's.
        #[arg(long, value_name = "NUMBER")]
        text: Option<String>,
    },
    /// Print the default configuration, commented.
    Config,
    /// Print the node's public key, which the hub's operator adds; makes the key at first use.
    Key {
        #[arg(long)]
        config: PathBuf,
    },
    /// Show what messages say: one JSON object an argument, in their order.
    Decode {
        /// An SMS TPDU with its SMSC, in hex.
        #[arg(long, required_unless_present = "mms")]
        pdu: Vec<String>,
        /// A file that holds an MMS PDU.
        #[arg(long)]
        mms: Vec<OsString>,
    },
    /// Show what the model says of photos: one JSON object a file.
    Classify {
        /// The model's file or folder.
        #[arg(long)]
        model: Option<PathBuf>,
        #[arg(required = true)]
        image: Vec<OsString>,
    },
    /// Show what places texts name: one JSON object a text.
    Place {
        /// The places file.
        #[arg(long)]
        gazetteer: Option<PathBuf>,
        #[arg(required = true)]
        text: Vec<String>,
    },
}

fn main() -> ExitCode {
    let matches = Cli::command().get_matches_from(texts_apart(std::env::args_os().collect()));
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    log::start();
    match run(cli.command, &matches) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("spotlight-edge: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A place may begin with a minus, as a longitude does: from the first such text on, nothing is an option.
fn texts_apart(mut arguments: Vec<OsString>) -> Vec<OsString> {
    let is_number = |argument: &OsString| {
        let mut octets = argument.as_encoded_bytes().iter();
        octets.next() == Some(&b'-') && octets.next().is_some_and(u8::is_ascii_digit)
    };
    if arguments.get(1).is_some_and(|command| command == "place")
        && let Some(first) = arguments.iter().position(is_number)
        && !arguments[..first].iter().any(|argument| argument == "--")
    {
        arguments.insert(first, "--".into());
    }
    arguments
}

fn run(command: Command, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let good = match command {
        Command::Run { config: path } => serve(config::load(&path)?).map(|()| true)?,
        Command::Doctor { config, json, text } => examine(&config, text.as_deref(), json)?,
        Command::Config => print(DEFAULT).map(|()| true)?,
        Command::Key { config: path } => {
            let config: Config = config::load(&path)?;
            let key = keys::load_or_create(&config.data.join(spotlight_edge::KEY_FILE))?;
            print(&format!("{}\n", keys::public(&key))).map(|()| true)?
        }
        Command::Decode { pdu, mms } => decode_all(&pdu, &mms, matches)?,
        Command::Classify { model, image } => classify_all(model.as_deref(), &image)?,
        Command::Place { gazetteer, text } => {
            let gazetteer = spotlight_edge::gazetteer(gazetteer.as_deref())?;
            for text in text {
                print(&format!(
                    "{}\n",
                    serde_json::to_string(&place::line(&gazetteer, &text))?
                ))?;
            }
            true
        }
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// In the order in which the arguments stand, whichever kind they are.
fn decode_all(pdus: &[String], files: &[OsString], matches: &ArgMatches) -> anyhow::Result<bool> {
    let arguments = matches.subcommand_matches("decode");
    let places = |name: &str| -> Vec<usize> {
        let indices = arguments.and_then(|arguments| arguments.indices_of(name));
        indices.map(Iterator::collect).unwrap_or_default()
    };
    let mut in_order: Vec<(usize, bool, usize)> = Vec::new();
    in_order.extend(
        places("pdu")
            .into_iter()
            .enumerate()
            .map(|(number, place)| (place, false, number)),
    );
    in_order.extend(
        places("mms")
            .into_iter()
            .enumerate()
            .map(|(number, place)| (place, true, number)),
    );
    in_order.sort_unstable();
    let mut good = true;
    for (_, is_mms, number) in in_order {
        let answer = if is_mms {
            let file = Path::new(&files[number]);
            match read_at_most(file, decode::MAX_MMS_OCTETS) {
                Ok(bytes) => decode::json::mms_json(&bytes).map_err(|error| error.to_string()),
                Err(error) => Err(format!("`{}` {error}", file.display())),
            }
        } else {
            decode::json::pdu_json(&pdus[number]).map_err(|error| error.to_string())
        };
        good &= answer.is_ok();
        let line = answer.unwrap_or_else(|reason| json!({ "error": reason }));
        print(&format!("{line}\n"))?;
    }
    Ok(good)
}

fn classify_all(model: Option<&Path>, images: &[OsString]) -> anyhow::Result<bool> {
    let classifier = spotlight_edge::classifier(model)?;
    let mut good = true;
    for image in images {
        let answer = classify::classify_file(&classifier, Path::new(image));
        good &= !answer.is_refused();
        print(&format!("{}\n", serde_json::to_string(&answer)?))?;
    }
    Ok(good)
}

/// Whether nothing failed.
#[tokio::main]
async fn examine(path: &Path, text_to: Option<&str>, as_json: bool) -> anyhow::Result<bool> {
    let mut printed = Ok(());
    let worst = doctor::run(path, text_to, |line| {
        let text = if as_json {
            serde_json::to_string(line).map_err(anyhow::Error::from)
        } else {
            Ok(line.text())
        };
        if printed.is_ok() {
            printed = text.and_then(|text| print(&format!("{text}\n")));
        }
    });
    let worst = worst.await;
    printed?;
    Ok(worst < doctor::Status::Fail)
}

#[tokio::main]
async fn serve(config: Config) -> anyhow::Result<()> {
    let shutdown = CancellationToken::new();
    signals::cancel(shutdown.clone())?;
    spotlight_edge::run(config, shutdown).await
}

fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_may_begin_with_a_minus_and_an_unknown_option_may_not() {
        let parse = |arguments: &[&str]| {
            let arguments = arguments.iter().map(OsString::from).collect();
            let matches = Cli::command().try_get_matches_from(texts_apart(arguments))?;
            Cli::from_arg_matches(&matches)
        };
        let texts = |arguments: &[&str]| match parse(arguments).map(|cli| cli.command) {
            Ok(Command::Place { text, .. }) => text,
            _ => panic!("not read: {arguments:?}"),
        };
        let place = "-118.2439,34.0442";
        assert_eq!(texts(&["x", "place", place]), [place]);
        assert_eq!(
            texts(&["x", "place", "5th", place, place]),
            ["5th", place, place]
        );
        assert_eq!(texts(&["x", "place", "--gazetteer", "f", place]), [place]);
        assert_eq!(texts(&["x", "place", "--", place]), [place]);
        assert!(parse(&["x", "place", "--nonsense"]).is_err());
        assert!(parse(&["x", "place"]).is_err());
        assert!(parse(&["x", "decode"]).is_err());
        assert!(parse(&["x", "decode", "--pdu", ""]).is_ok());
        assert!(parse(&["x", "classify"]).is_err());
        // An empty name is a file that is not there, and not the end of the others.
        assert!(parse(&["x", "classify", "", "a.jpg"]).is_ok());
        assert!(parse(&["x", "decode", "--mms", ""]).is_ok());
    }
}
