//! Builds the page's script from `web/` with the Node that is there, in cargo's own folder, and leaves its address for
//! `http::assets` to embed. Without Node, or without its packages, the hub is built all the same and serves the page
//! without a script; `SPOTLIGHT_REQUIRE_WEB=1` makes that an error.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=SPOTLIGHT_REQUIRE_WEB");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let (script, worker) = match build(Path::new("web"), &out.join("web")) {
        Ok(built) => built,
        Err(reason) => {
            let required = std::env::var_os("SPOTLIGHT_REQUIRE_WEB").is_some_and(|v| v == "1");
            assert!(!required, "the page's script was not built: {reason}");
            println!("cargo:warning=the page is served without its script: {reason}");
            ("None".to_owned(), "None".to_owned())
        }
    };
    let source = format!(
        "static SCRIPT: Option<&str> = {script};\nstatic WORKER: Option<&str> = {worker};\n"
    );
    fs::write(out.join("script.rs"), source).expect("cargo's folder can be written");
}

/// The built script and service worker, as the source embeds them.
fn build(from: &Path, to: &Path) -> Result<(String, String), String> {
    // Only what is kept in the repository: a developer's own node_modules stay out.
    let files = [
        "package.json",
        "package-lock.json",
        "tsconfig.json",
        "vite.config.js",
        "vite.worker.js",
        "src",
    ];
    for file in files {
        let path = from.join(file);
        println!("cargo:rerun-if-changed={}", path.display());
        copy(&path, &to.join(file)).map_err(|err| format!("{}: {err}", path.display()))?;
    }
    let lock = fs::read(to.join("package-lock.json")).map_err(|err| err.to_string())?;
    let installed = to.join("installed.json");
    if fs::read(&installed).ok().as_ref() != Some(&lock) {
        run(to, &["ci", "--no-audit", "--no-fund", "--prefer-offline"])?;
        fs::write(&installed, &lock).map_err(|err| err.to_string())?;
    }
    run(to, &["run", "build"])?;
    let embedded = |name: &str| {
        let script = to.join("dist").join(name);
        match script.is_file() {
            true => Ok(format!("Some(include_str!({script:?}))")),
            false => Err(format!("vite left no {}", script.display())),
        }
    };
    Ok((embedded("live.js")?, embedded("sw.js")?))
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        fs::create_dir_all(to.parent().unwrap_or(to))?;
        return fs::copy(from, to).map(|_| ());
    }
    if to.is_dir() {
        fs::remove_dir_all(to)?;
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        println!("cargo:rerun-if-changed={}", entry.path().display());
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

fn run(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|err| format!("npm does not run: {err}"))?;
    if output.status.success() {
        return Ok(());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty());
    Err(format!(
        "npm {}: {}",
        arguments.join(" "),
        last.unwrap_or("failed")
    ))
}
