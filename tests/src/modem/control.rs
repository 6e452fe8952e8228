//! The lines by which a person, a script or a power hook moves the modem about.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::fault::{Fault, NAMES};
use super::pdu;
use super::simulator::Simulator;
use crate::sms;

/// What a line may say; the faults come after it.
pub const COMMANDS: [(&str, &str); 12] = [
    (
        "deliver HEX...",
        "the network brings these PDUs (with SMSC), notified in one write",
    ),
    (
        "text NUMBER TEXT",
        "the same with a text, in as many PDUs as it takes",
    ),
    (
        "load FILE",
        "the same, one by one, with the PDUs of a file: hex or JSON lines with `pdu`",
    ),
    (
        "fill [SM|ME]",
        "the free slots hold somebody else's messages",
    ),
    ("fault NAME ...", "one of the faults below"),
    ("mend", "no fault any more"),
    ("unplug", "the port is gone"),
    (
        "replug",
        "it is back, under another number and the same name",
    ),
    ("power", "power off and on; the port stays"),
    ("status", "what lies where"),
    ("sent", "all that was sent"),
    ("quit", "the end"),
];

/// Does what a line says; what there is to print. `quit` is the caller's.
pub fn obey(simulator: &Simulator, line: &str) -> Result<Value, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word {
        "deliver" => {
            let hex: Vec<_> = rest.split_whitespace().collect();
            simulator.with(|modem| modem.deliver_together(&hex))?;
        }
        "text" => {
            let (number, text) = rest.split_once(' ').ok_or("text NUMBER TEXT")?;
            if !number
                .trim_start_matches('+')
                .bytes()
                .all(|digit| digit.is_ascii_digit())
            {
                return Err("a number is digits".to_owned());
            }
            for hex in sms::deliver(number, text) {
                simulator.deliver(&hex)?;
            }
        }
        "load" => return load(simulator, Path::new(rest)).map(|count| json!({"loaded": count})),
        "fill" => {
            let memory = if rest.is_empty() { "SM" } else { rest };
            let filled = simulator.with(|modem| modem.fill(memory));
            return Ok(json!({"filled": filled}));
        }
        "fault" => simulator.fault(rest.parse::<Fault>()?),
        "mend" => simulator.mend(),
        "unplug" => simulator.unplug(),
        "replug" => {
            simulator.replug();
            return Ok(json!({"pty": simulator.pty()}));
        }
        "power" => simulator.power_cycle(),
        "status" => return Ok(status(simulator)),
        "sent" => return Ok(sent(simulator)),
        other => return Err(format!("no command `{other}`")),
    }
    Ok(json!({"done": word}))
}

/// Lets the network bring the PDUs of a file, in order; how many. Lines that are neither hex nor JSON with `pdu` are errors.
pub fn load(simulator: &Simulator, file: &Path) -> Result<usize, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let pdus = pdus(&text)?;
    for hex in &pdus {
        simulator.deliver(hex)?;
    }
    Ok(pdus.len())
}

/// The PDUs of a file's text, one a line.
pub fn pdus(text: &str) -> Result<Vec<String>, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pdu = |line: &str| {
        let hex = if line.starts_with('{') {
            let row: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            row["pdu"].as_str().unwrap_or_default().to_owned()
        } else {
            line.to_owned()
        };
        match pdu::octets(&hex) {
            Some(octets) if !octets.is_empty() => Ok(hex),
            _ => Err(format!(
                "`{}` is no PDU",
                line.chars().take(20).collect::<String>()
            )),
        }
    };
    lines.map(pdu).collect()
}

fn status(simulator: &Simulator) -> Value {
    let (is_open, openings) = simulator.openings();
    let used = |memory: &str| simulator.stored(memory).len();
    json!({
        "pty": simulator.pty(),
        "open": is_open,
        "openings": openings,
        "SM": used("SM"),
        "ME": used("ME"),
        "SR": used("SR"),
        "waiting": simulator.waiting(),
        "sent": simulator.sent().len(),
        "silent": simulator.with(|modem| modem.is_silent()),
    })
}

fn sent(simulator: &Simulator) -> Value {
    let sent = simulator.sent().into_iter().map(|sent| {
        json!({"reference": sent.reference, "to": sent.number, "text": sent.text, "pdu": sent.pdu})
    });
    json!({"sent": sent.collect::<Vec<_>>()})
}

/// The help's tables.
pub fn help() -> String {
    let commands = COMMANDS.map(|(usage, does)| format!("  {usage:<18} {does}\n"));
    let faults =
        NAMES.map(|(name, takes)| format!("  {name} {takes}").trim_end().to_owned() + "\n");
    format!(
        "lines on stdin:\n{}\nfaults:\n{}",
        commands.concat(),
        faults.concat()
    )
}
