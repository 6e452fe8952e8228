//! DESIGN's map of the code, held to: who may use what, and what lies at the top.

use std::fs;
use std::path::{Path, PathBuf};

use spotlight_tests::process::top;

/// A crate or module, and the only places that may name it.
const ONLY_IN: [(&str, &[&str]); 8] = [
    ("axum", &["hub/src/http"]),
    ("redb", &["edge/src/outbox", "hub/src/store"]),
    (
        "rumqttc",
        &[
            "edge/src/link",
            "hub/src/ingest",
            "deploy/box/src/broker",
            "tests",
        ],
    ),
    ("hyper_rustls", &["edge/src/client"]),
    ("rumqttd", &["deploy/box/src"]),
    ("tract_onnx", &["edge/src/classify"]),
    (
        "spotlight_edge",
        &["edge/src", "edge/examples", "deploy/box", "tests"],
    ),
    (
        "spotlight_hub",
        &["hub/src", "hub/examples", "deploy/box", "tests"],
    ),
];

/// Where the sender's number may be: until the pseudonym is made, and where it is made and answered.
const PHONE: [&str; 6] = [
    "edge/src/intake",
    "edge/src/decode",
    "edge/src/reply",
    "edge/src/pipeline",
    "edge/src/message.rs",
    "edge/src/pseudonym.rs",
];

const TOP: [&str; 9] = [
    "common",
    "edge",
    "hub",
    "models",
    "deploy",
    "tests",
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
];
const TOP_TOO: [&str; 5] = [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "deny.toml",
    "clippy.toml",
    "rustfmt.toml",
];

/// Lines of code, comments aside, of all sources: path from the top, number, line.
fn lines() -> Vec<(String, usize, String)> {
    let mut lines = Vec::new();
    let mut folders: Vec<PathBuf> = ["common", "edge", "hub", "deploy", "tests"]
        .map(|name| top().join(name))
        .to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .flatten()
        {
            let path = entry.path();
            let skipped = ["node_modules", "target", "out", ".venv"]
                .iter()
                .any(|name| path.ends_with(name));
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are text");
                let name = from_top(&path);
                let code = text
                    .lines()
                    .enumerate()
                    .filter(|(_, line)| !line.trim_start().starts_with("//"));
                lines.extend(code.map(|(n, line)| (name.clone(), n + 1, line.to_owned())));
            }
        }
    }
    assert!(lines.len() > 1000, "the sources were found");
    lines
}

fn from_top(path: &Path) -> String {
    path.strip_prefix(top())
        .unwrap_or(path)
        .to_string_lossy()
        .into_owned()
}

/// Whether a line names a crate's path or imports it.
fn names(line: &str, what: &str) -> bool {
    line.match_indices(what).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = &line[at + what.len()..];
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
            && (after.starts_with("::") || after.starts_with(';'))
    })
}

#[test]
fn each_part_stays_where_the_design_puts_it() {
    let mut wrong = Vec::new();
    for (path, number, line) in lines() {
        for (what, allowed) in ONLY_IN {
            if names(&line, what) && !allowed.iter().any(|start| path.starts_with(start)) {
                wrong.push(format!(
                    "{path}:{number}: `{what}` belongs into {allowed:?}"
                ));
            }
        }
        if line.contains("Phone")
            && path.starts_with("edge/")
            && !PHONE.iter().any(|start| path.starts_with(start))
        {
            wrong.push(format!(
                "{path}:{number}: the number belongs into {PHONE:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_new_lies_at_the_top() {
    let entries = fs::read_dir(top()).expect("the repository").flatten();
    let names: Vec<_> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let known = |name: &str| {
        name.starts_with('.') || name == "target" || TOP.contains(&name) || TOP_TOO.contains(&name)
    };
    let unknown: Vec<_> = names.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn no_test_is_switched_off_and_nothing_is_printed_by_debug_macros() {
    // Written in two pieces, so that this file does not find itself.
    let banned = [
        concat!("#[", "ignore"),
        concat!("should_", "panic"),
        concat!("todo", "!("),
        concat!("unimpl", "emented!("),
        concat!("dbg", "!("),
    ];
    let wrong = lines()
        .into_iter()
        .filter(|(_, _, line)| banned.iter().any(|banned| line.contains(banned)));
    let wrong: Vec<_> = wrong
        .map(|(path, number, line)| format!("{path}:{number}: {line}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
