//! The figure `photo`: from a photo's bytes to its verdict on one core, beside Pillow with PyTorch and with onnxruntime.
//!
//! The three run the same network on the same three JPEGs, in turn; each is a process of its own, timed inside without its start.

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
    /// For each photo.
    milliseconds: Vec<f64>,
    network_alone: f64,
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
    let models = process::top().join("models");
    println!(
        "`spotlight-edge classify`, photo to verdict, one core, medians of {ROUNDS} turns of {TIMES} photos:"
    );
    let mut programs = vec![Program {
        name: "spotlight-edge (tract)",
        turn: Box::new(|| ours(&models, &files)),
        turns: Vec::new(),
    }];
    match python::with_peers("photo", &folder) {
        Ok(python) => {
            for (name, runtime) in [
                ("Pillow + PyTorch", "torch"),
                ("Pillow draft + onnxruntime", "onnxruntime"),
            ] {
                let (python, models, files) = (python.clone(), &models, &files);
                programs.push(Program {
                    name,
                    turn: Box::new(move || peer(&python, runtime, models, files)),
                    turns: Vec::new(),
                });
            }
        }
        Err(lacking) => println!("  the peers are left out: {lacking}"),
    }
    for _ in 0..ROUNDS {
        for program in &mut programs {
            let turn = (program.turn)();
            program.turns.push(turn);
        }
    }
    let ours: Vec<f64> = programs[0].figures();
    for program in &programs {
        let figures = program.figures();
        let names = PHOTOS
            .iter()
            .map(|(.., name)| *name)
            .chain(["the network alone"]);
        let told: Vec<String> = names
            .zip(figures.iter().zip(&ours))
            .map(|(name, (theirs, ours))| {
                format!("{name} {theirs:.1} ms ({:.2} times ours)", theirs / ours)
            })
            .collect();
        let peak = median(program.turns.iter().map(|turn| turn.peak_mb));
        println!("  {}: {}; peak {peak:.0} MB", program.name, told.join(", "));
    }
}

impl Program<'_> {
    /// Of each photo, and of the network alone.
    fn figures(&self) -> Vec<f64> {
        let photos = (0..PHOTOS.len())
            .map(|photo| median(self.turns.iter().map(|turn| turn.milliseconds[photo])));
        photos
            .chain([median(self.turns.iter().map(|turn| turn.network_alone))])
            .collect()
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
    let classifier = Classifier::load(models).expect("the shipped model");
    let planes: Vec<f32> = (0..3 * 224 * 224)
        .map(|at| (at % 251) as f32 / 125.5 - 1.0)
        .collect();
    let alone = (0..TIMES).map(|_| {
        let start = Instant::now();
        classifier.probability(&planes).expect("the network runs");
        1000.0 * start.elapsed().as_secs_f64()
    });
    Turn {
        milliseconds: took
            .chunks(TIMES)
            .map(|took| median(took.iter().copied()))
            .collect(),
        network_alone: median(alone),
        peak_mb,
    }
}

fn peer(python: &Path, runtime: &str, models: &Path, files: &[PathBuf]) -> Turn {
    let manifest = fs::read_to_string(models.join("manifest.toml")).expect("the manifest");
    let manifest: toml::Table = manifest.parse().expect("it is TOML");
    let network = models.join(manifest["file"].as_str().expect("a file's name"));
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
        milliseconds: said.lines().map(milliseconds).collect(),
        network_alone: median(alone),
        peak_mb,
    }
}

fn milliseconds(line: &str) -> f64 {
    json(line)["ms"].as_f64().expect("a time")
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).expect("a JSON line")
}
