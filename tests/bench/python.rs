//! A Python of our own with the peers in it, made once beside the built binaries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use spotlight_tests::process;

/// A file of a figure's folder.
pub fn own(figure: &str, name: &str) -> PathBuf {
    process::top().join("tests/bench").join(figure).join(name)
}

/// The path of the interpreter that has a figure's peers, in the folder; else what is lacking.
pub fn with_peers(figure: &str, folder: &Path) -> Result<PathBuf, String> {
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let pinned = own(figure, "requirements.txt");
    // Copied last: it says what was installed whole.
    let installed = venv.join("requirements.txt");
    let wanted = fs::read(&pinned).expect("our own file");
    if fs::read(&installed).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let quietly = ["-m", "pip", "install", "--quiet", "--retries", "1"];
    run(Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&venv))?;
    run(Command::new(&python)
        .args(quietly)
        .args(["--disable-pip-version-check", "--requirement"])
        .arg(&pinned))?;
    fs::copy(&pinned, &installed).map_err(|error| error.to_string())?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .map_err(|error| format!("{program} does not start: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.trim().lines().last().unwrap_or("it says nothing");
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{command:?}: {last}")),
    }
}
