//! Builds the page's scripts from `web/` with the Node that is there, in cargo's own folder, and leaves a list of them for
//! `http::assets` to embed. Without Node, or without its packages, the hub is built all the same and serves the page
//! without a script; `SPOTLIGHT_REQUIRE_WEB=1` makes that an error.
//!
//! Of `words/`, the page's languages, it leaves a list for `views::words`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-env-changed=SPOTLIGHT_REQUIRE_WEB");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let (assets, worker) = match build(Path::new("web"), &out.join("web")) {
        Ok((assets, worker)) => (assets, format!("Some(include_str!({worker:?}))")),
        Err(reason) => {
            let required = std::env::var_os("SPOTLIGHT_REQUIRE_WEB").is_some_and(|v| v == "1");
            assert!(!required, "the page's scripts were not built: {reason}");
            println!("cargo:warning=the page is served without its scripts: {reason}");
            (Vec::new(), "None".to_owned())
        }
    };
    let assets: String = assets.iter().map(|path| listed(path)).collect();
    let source = format!(
        "static ASSETS: &[Asset] = &[\n{assets}];\nstatic WORKER: Option<&str> = {worker};\n"
    );
    fs::write(out.join("assets.rs"), source).expect("cargo's folder can be written");
    let words = words(Path::new("words")).expect("`words` can be read");
    fs::write(out.join("words.rs"), words).expect("cargo's folder can be written");
}

/// The name and the text of each language's file.
fn words(folder: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = fs::read_dir(folder.canonicalize()?)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == "ftl"));
    files.sort();
    let listed = files.iter().map(|path| {
        let name = path.file_name().unwrap_or_default();
        format!("    ({name:?}, include_str!({path:?})),\n")
    });
    let listed: String = listed.collect();
    Ok(format!("static FILES: &[(&str, &str)] = &[\n{listed}];\n"))
}

/// A file and its compressed forms beside it.
fn listed(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    let of = |form: &str| {
        let mut path = path.as_os_str().to_owned();
        path.push(form);
        format!("include_bytes!({:?})", PathBuf::from(path))
    };
    format!(
        "Asset {{ name: {name:?}, plain: {}, brotli: {}, gzip: {} }},\n",
        of(""),
        of(".br"),
        of(".gz")
    )
}

/// The paths of what was built: the scripts, and the service worker.
fn build(from: &Path, to: &Path) -> Result<(Vec<PathBuf>, PathBuf), String> {
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
    let dist = to.join("dist");
    let built = fs::read_dir(&dist).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
    let built = built.map_err(|err| format!("{}: {err}", dist.display()))?;
    let mut built: Vec<PathBuf> = built.into_iter().map(|entry| entry.path()).collect();
    built.retain(|path| {
        path.extension()
            .is_none_or(|end| end != "br" && end != "gz")
    });
    built.sort();
    let worker = built.iter().position(|path| path.ends_with("sw.js"));
    let worker = worker.ok_or_else(|| format!("vite left no sw.js in {}", dist.display()))?;
    let worker = built.remove(worker);
    Ok((built, worker))
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
