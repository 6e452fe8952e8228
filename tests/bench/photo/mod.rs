//! The figure `photo`: from a photo's bytes to its verdict on one core, beside Pillow with PyTorch and with onnxruntime.
//!
//! The three run the same network on the same three JPEGs, in turn; each is a process of its own, timed inside without its start.
//! First the shipped network, then the light one, where there is one. `rten`, another runtime in Rust, runs the network alone.

mod rten;
mod scene;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use spotlight_edge::classify::Classifier;
use spotlight_tests::process;

use crate::{measure, python};

/// Width, height and what takes such pictures.
const PHOTOS: [(usize, usize, &str); 3] = [
    (4032, 3024, "12 megapixels"),
    (1200, 1600, "1200x1600"),
    (640, 480, "640x480"),
];

/// How often each program takes its turn; the medians of the medians count.
const ROUNDS: usize = 5;

/// How often a photo is classified in a turn.
const TIMES: usize = 15;

/// A program's turn.
struct Turn {
    /// Of all that decode.
    photos: Option<Photos>,
    network_alone: f64,
}

struct Photos {
    /// For each photo.
    milliseconds: Vec<f64>,
    peak_mb: f64,
}

struct Program<'a> {
    name: &'static str,
    turn: Box<dyn Fn() -> Turn + 'a>,
    turns: Vec<Turn>,
}

/// Milliseconds, peak memory and the ratios.
pub fn figure() {
    let folder = process::binary("spotlight-edge").with_file_name("bench-photo");
    fs::create_dir_all(&folder).expect("a folder");
    let files = PHOTOS.map(|(width, height, _)| {
        let file = folder.join(format!("{width}x{height}.jpg"));
        fs::write(&file, scene::jpeg(width, height)).expect("the photo can be written");
        file
    });
    let python = python::with_peers("photo", &folder);
    if let Err(lacking) = &python {
        println!("  the peers in Python are left out: {lacking}");
    }
    let models = process::top().join("models");
    for (name, models) in [("shipped", models.clone()), ("light", models.join("light"))] {
        if models.join("manifest.toml").is_file() {
            println!(
                "`spotlight-edge classify`, the {name} network, photo to verdict, one core, medians of {ROUNDS} turns of {TIMES} photos:"
            );
            compare(&models, &files, python.as_deref().ok());
        }
    }
}

/// All that can run the network, in turn.
fn compare(models: &Path, files: &[PathBuf], python: Option<&Path>) {
    let mut programs = vec![
        Program {
            name: "spotlight-edge (tract)",
            turn: Box::new(|| ours(models, files)),
            turns: Vec::new(),
        },
        Program {
            name: "rten",
            turn: Box::new(|| Turn {
                photos: None,
                network_alone: rten::alone(&network(models), TIMES),
            }),
            turns: Vec::new(),
        },
    ];
    for (name, runtime) in [
        ("Pillow + PyTorch", "torch"),
        ("Pillow draft + onnxruntime", "onnxruntime"),
    ] {
        if let Some(python) = python {
            programs.push(Program {
                name,
                turn: Box::new(move || peer(python, runtime, &network(models), files)),
                turns: Vec::new(),
            });
        }
    }
    for _ in 0..ROUNDS {
        for program in &mut programs {
            let turn = (program.turn)();
            program.turns.push(turn);
        }
    }
    let ours = programs[0].figures();
    for program in &programs {
        let figures = program.figures();
        let told: Vec<String> = figures
            .iter()
            .map(|(name, theirs)| {
                let ours = ours.iter().find(|(ours, _)| ours == name);
                let ratio = theirs / ours.expect("ours does all that others do").1;
                format!("{name} {theirs:.1} ms ({ratio:.2} times ours)")
            })
            .collect();
        let peaks = program.photos().map(|photos| photos.peak_mb);
        let peak = match peaks.clone().next() {
            Some(_) => format!("; peak {:.0} MB", median(peaks)),
            None => String::new(),
        };
        println!("  {}: {}{peak}", program.name, told.join(", "));
    }
}

impl Program<'_> {
    /// Of each photo, if it decodes them, and of the network alone.
    fn figures(&self) -> Vec<(&'static str, f64)> {
        let mut figures = Vec::new();
        if self.photos().next().is_some() {
            for (photo, (.., name)) in PHOTOS.iter().enumerate() {
                let each = self.photos().map(|photos| photos.milliseconds[photo]);
                figures.push((*name, median(each)));
            }
        }
        let alone = self.turns.iter().map(|turn| turn.network_alone);
        figures.push(("the network alone", median(alone)));
        figures
    }

    fn photos(&self) -> impl Iterator<Item = &Photos> + Clone {
        self.turns.iter().filter_map(|turn| turn.photos.as_ref())
    }
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// The photos through the program, and the network alone in this process.
fn ours(models: &Path, files: &[PathBuf]) -> Turn {
    let mut command = process::command("spotlight-edge");
    command.arg("classify").arg("--model").arg(models);
    for file in files {
        command.args(std::iter::repeat_n(file, TIMES));
    }
    let (_, peak_mb, said) = measure::run(command);
    let took: Vec<f64> = said.lines().map(milliseconds).collect();
    let classifier = Classifier::load(models).expect("the model");
    let planes = planes(classifier.side());
    let alone = (0..TIMES).map(|_| {
        let start = Instant::now();
        classifier.probability(&planes).expect("the network runs");
        1000.0 * start.elapsed().as_secs_f64()
    });
    let milliseconds = took
        .chunks(TIMES)
        .map(|took| median(took.iter().copied()))
        .collect();
    Turn {
        photos: Some(Photos {
            milliseconds,
            peak_mb,
        }),
        network_alone: median(alone),
    }
}

/// The network's input: some picture, since none takes longer than another.
fn planes(side: usize) -> Vec<f32> {
    (0..3 * side * side)
        .map(|at| (at % 251) as f32 / 125.5 - 1.0)
        .collect()
}

/// The network's file.
fn network(models: &Path) -> PathBuf {
    let manifest = fs::read_to_string(models.join("manifest.toml")).expect("the manifest");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    models.join(manifest["file"].as_str().expect("a file's name"))
}

fn peer(python: &Path, runtime: &str, network: &Path, files: &[PathBuf]) -> Turn {
    let mut command = Command::new(python);
    command
        .arg(python::own("photo", "peer.py"))
        .arg(runtime)
        .arg(network)
        .arg(TIMES.to_string())
        .args(files)
        .env("OMP_NUM_THREADS", "1");
    let (_, peak_mb, said) = measure::run(command);
    let alone = said
        .lines()
        .map(|line| json(line)["network_ms"].as_f64().expect("a time"));
    Turn {
        network_alone: median(alone),
        photos: Some(Photos {
            milliseconds: said.lines().map(milliseconds).collect(),
            peak_mb,
        }),
    }
}

fn milliseconds(line: &str) -> f64 {
    json(line)["ms"].as_f64().expect("a time")
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a JSON line")
}
