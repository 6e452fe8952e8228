//! `target/release/fuzz`: strangers' bytes for every decoder, until the time is over.
//!
//! Each target begins with whole messages of its kind, harms them, and keeps as further beginnings those whose answer it
//! has not had before: on a stable toolchain the answers stand in for a view of the branches taken. What panics (also where
//! the product would survive it), answers wrongly or asks for more than a gigabyte ends the run with status 1 and the input
//! in hex; `fuzz TARGET --input HEX` tries it again.

mod harm;
mod targets;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use spotlight_tests::random::Random;

use harm::harmed;
use targets::{Target, targets};

const HELP: &str = "\
Harms whole messages and gives them to every decoder, until the time is over.

usage: fuzz [TARGET] [--seconds N] [--input HEX]

  TARGET        one of at, sms, reassembly, mms, jpeg, exif, photo, text, envelope; all without it
  --seconds N   for all targets together; 60 without it
  --input HEX   this input once, for TARGET

examples:
  fuzz                         a minute for all
  fuzz mms --seconds 3600      an hour for one
  SPOTLIGHT_TEST_SEED=7 fuzz   other harms than the usual ones";

/// Most memory that the process may map: a bomb ends it.
const MEMORY: u64 = 1 << 30;

/// Most beginnings that a target keeps.
const MOST_KEPT: usize = 4_000;

/// Where the last panic was, also one that somebody caught.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

struct Asked {
    target: Option<String>,
    seconds: u64,
    input: Option<Vec<u8>>,
}

fn main() -> ExitCode {
    let asked = match asked(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(reason) => {
            eprintln!("{reason}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    std::panic::set_hook(Box::new(|panic| {
        *PANIC.lock().unwrap_or_else(|broken| broken.into_inner()) = Some(panic.to_string());
    }));
    if let Err(error) = rlimit::setrlimit(rlimit::Resource::AS, MEMORY, MEMORY) {
        eprintln!("memory is not limited: {error}");
    }
    let wanted = |target: &Target| {
        asked
            .target
            .as_deref()
            .is_none_or(|name| name == target.name)
    };
    let targets: Vec<Target> = targets().into_iter().filter(wanted).collect();
    if let Some(input) = &asked.input {
        return match targets.first().map(|target| tried(target, input)) {
            Some(Err(reason)) => fallen(&targets[0], input, &reason),
            _ => ExitCode::SUCCESS,
        };
    }
    let share: u32 = targets.iter().map(|target| target.share).sum();
    let second = Duration::from_secs(asked.seconds) / share.max(1);
    let mut random = Random::new(0x5bd1_e995_9e37_79b9);
    for target in &targets {
        if let Err((input, reason)) = fuzz(target, second * target.share, &mut random) {
            return fallen(target, &input, &reason);
        }
    }
    ExitCode::SUCCESS
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked {
        target: None,
        seconds: 60,
        input: None,
    };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--seconds" => {
                let seconds = value()?;
                asked.seconds = seconds
                    .parse()
                    .map_err(|_| format!("`{seconds}` is no number of seconds"))?;
            }
            "--input" => asked.input = Some(targets::octets(&value()?).ok_or("--input is hex")?),
            "--help" | "-h" => return Err("help:".to_owned()),
            name if targets::NAMES.contains(&name) => asked.target = Some(name.to_owned()),
            other => return Err(format!("there is no target `{other}`")),
        }
    }
    if asked.input.is_some() && asked.target.is_none() {
        return Err("--input needs a TARGET".to_owned());
    }
    Ok(asked)
}

/// One target for its time; an input that it fell over, and why.
fn fuzz(target: &Target, time: Duration, random: &mut Random) -> Result<(), (Vec<u8>, String)> {
    let mut beginnings = target.seeds.clone();
    let mut answers = HashSet::new();
    let (start, mut runs, mut slowest) = (Instant::now(), 0_u64, Duration::ZERO);
    for whole in &target.seeds {
        answers.insert(tried(target, whole).map_err(|reason| (whole.clone(), reason))?);
    }
    while start.elapsed() < time {
        // Seeds and what was found last more often than the rest.
        let n = match random.below(3) {
            0 => random.below(target.seeds.len()),
            1 => beginnings.len() - 1 - random.below(beginnings.len().min(32)),
            _ => random.below(beginnings.len()),
        };
        let other = random.below(beginnings.len());
        let input = harmed(&beginnings[n], &beginnings[other], random);
        let begun = Instant::now();
        let answer = tried(target, &input).map_err(|reason| (input.clone(), reason))?;
        slowest = slowest.max(begun.elapsed());
        runs += 1;
        if answers.insert(answer) && beginnings.len() < MOST_KEPT {
            beginnings.push(input);
        }
    }
    println!(
        "{}: {runs} inputs, {:.0} a second, {} different answers, the slowest {:.1} ms",
        target.name,
        runs as f64 / start.elapsed().as_secs_f64(),
        answers.len(),
        slowest.as_secs_f64() * 1000.0,
    );
    Ok(())
}

fn tried(target: &Target, input: &[u8]) -> Result<u64, String> {
    let answer = catch_unwind(AssertUnwindSafe(|| (target.run)(input)));
    let panic = PANIC
        .lock()
        .unwrap_or_else(|broken| broken.into_inner())
        .take();
    match (answer, panic) {
        (Ok(answer), None) => answer,
        (_, panic) => Err(panic.unwrap_or_else(|| "a panic".to_owned())),
    }
}

fn fallen(target: &Target, input: &[u8], reason: &str) -> ExitCode {
    let hex: String = input.iter().map(|octet| format!("{octet:02x}")).collect();
    eprintln!(
        "{} fell: {reason}\nfuzz {} --input {hex}",
        target.name, target.name
    );
    ExitCode::FAILURE
}
