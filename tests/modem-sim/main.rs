//! `target/release/modem-sim`: a GSM modem on a PTY, for whoever has none at hand.
//!
//! The first line of stdout names the PTY and the name under which it is found again; lines on stdin move it about. A
//! FIFO does the same for a script, a power hook among them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use spotlight_tests::modem::{Options, Simulator, control};
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
A GSM modem (3GPP 27.005, 27.007) on a PTY, with a SIM and a network.

usage: modem-sim [--vendor NAME] [--slots N] [--pin PIN] [--baud N] [--load FILE]... [--dir DIR] [--control FIFO]

  --vendor NAME   quectel, simcom (without it), huawei, sierra, ublox
  --slots N       of the SIM, and of the modem's own memory; 20 without it
  --pin PIN       that the SIM asks for; the PUK is 12345678
  --baud N        the line's speed, such as 115200; as fast as it goes without it
  --load FILE     messages that the network brings: hex PDUs with their SMSC, one a line, or JSON lines with `pdu`
  --dir DIR       where the port's stable name is made, as under /dev/serial/by-id; a new folder without it
  --control FIFO  lines are also read from this FIFO (mkfifo), which may be closed and opened

Prints JSON lines: {\"pty\":\"/dev/pts/3\",\"device\":\"DIR/usb-...\"} first, then one for each line obeyed ({\"error\":...} where
it was not), and {\"sent\":...} for each message that the modem sends.

examples:
  modem-sim
  modem-sim --vendor quectel --pin 1234 --load ../shared/vectors/sms/deliver.jsonl
  (echo 'text +12135550100 police 5th & San Pedro'; cat) | modem-sim --dir /tmp/modem
  mkfifo /tmp/power; modem-sim --control /tmp/power      # and, as the power hook: echo power > /tmp/power
";

/// Between two looks at what was sent.
const LOOK: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Asked {
    options: Options,
    files: Vec<PathBuf>,
    folder: Option<PathBuf>,
    control: Option<PathBuf>,
}

fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            println!("{HELP}\n{}", control::help().trim_end());
            return ExitCode::SUCCESS;
        }
        Err(reason) => {
            eprintln!("{reason}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match run(asked) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", json!({"error": format!("{error:#}")}));
            ExitCode::FAILURE
        }
    }
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Option<Asked>, String> {
    let mut asked = Asked::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--vendor" => asked.options.vendor = value()?.parse()?,
            "--slots" => asked.options.slots = number(&value()?)?,
            "--pin" => asked.options.pin = Some(value()?),
            "--baud" => asked.options.baud = Some(number(&value()?)?),
            "--load" => asked.files.push(value()?.into()),
            "--dir" => asked.folder = Some(value()?.into()),
            "--control" => asked.control = Some(value()?.into()),
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    Ok(Some(asked))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is no number"))
}

fn run(asked: Asked) -> anyhow::Result<()> {
    let own = match asked.folder {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("modem-sim").tempdir()?),
    };
    let folder = asked
        .folder
        .or(own.as_ref().map(|own| own.path().to_owned()));
    let simulator = Simulator::start(asked.options, &folder.unwrap_or_default())?;
    println!(
        "{}",
        json!({"pty": simulator.pty(), "device": simulator.device()})
    );
    for file in asked.files {
        let count = control::load(&simulator, &file).map_err(anyhow::Error::msg)?;
        println!(
            "{}",
            json!({"loaded": count, "waiting": simulator.waiting()})
        );
    }

    let (lines, said) = mpsc::channel();
    if let Some(fifo) = asked.control {
        let lines = lines.clone();
        // Opening a FIFO waits for its writer, and its end is the writer's end.
        std::thread::spawn(move || {
            while let Ok(fifo) = File::open(&fifo) {
                read(fifo, &lines);
            }
        });
    }
    let typed = lines.clone();
    std::thread::spawn(move || read(std::io::stdin(), &typed));
    std::thread::spawn(move || {
        if stopped().is_ok() {
            // Whoever takes the lines may have ended already.
            let _ = lines.send("quit".to_owned());
        }
    });

    let mut told = 0;
    loop {
        match said.recv_timeout(LOOK) {
            Ok(line) if line.trim() == "quit" => return Ok(()),
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                let done = control::obey(&simulator, &line);
                println!("{}", done.unwrap_or_else(|reason| json!({"error": reason})));
            }
            Err(_) => {}
        }
        for sent in simulator.sent().into_iter().skip(told) {
            told += 1;
            println!(
                "{}",
                json!({"sent": {"to": sent.number, "text": sent.text}})
            );
        }
    }
}

/// Waits for ctrl-C or SIGTERM, so that the port's name goes with the port.
fn stopped() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    })
}

fn read(from: impl Read, lines: &mpsc::Sender<String>) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        if lines.send(line).is_err() {
            return;
        }
    }
}
