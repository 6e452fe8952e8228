//! What the diagnostics print: a JSON object a line.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;
use spotlight_edge::outbox::{self, Inbox, Outbox};

use crate::{process, wait};

/// Hundreds of reports are receipted within this time, also on a loaded machine.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);

/// Each line of stdout as JSON.
pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let parsed = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")));
    parsed.collect()
}

/// Runs a diagnostic that must succeed.
pub fn run(name: &str, arguments: &[&str]) -> Vec<Value> {
    let output = process::output(name, arguments);
    let code = output.status.code();
    assert_eq!(
        code,
        Some(0),
        "{name} {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    lines(&output)
}

/// The names of an object's members.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = object
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

/// The rows of one of the hub's tables, if it answers.
pub fn try_rows(data: &Path, table: &str) -> Option<u64> {
    let data = data.to_str().expect("the test's folder has a plain name");
    let output = process::output("spotlight-hub", &["what-do-you-know", "--data", data]);
    if !output.status.success() {
        return None;
    }
    lines(&output).iter().find(|line| line["table"] == table)?["rows"].as_u64()
}

/// The same of one that must answer.
pub fn rows(data: &Path, table: &str) -> u64 {
    try_rows(data, table).unwrap_or_else(|| panic!("what-do-you-know tells of the table `{table}`"))
}

/// Waits until every report of a running edge is receipted, and no removal is open.
pub fn wait_until_settled(edge: &Path) {
    wait::until_true("the outbox is empty", SETTLED_WITHIN, || {
        let summary = outbox::look(edge).ok().flatten();
        summary.is_some_and(|summary| (summary.pending, summary.removals) == (0, 0))
    });
}

/// How many reports an edge that does not run has still to deliver, and how many removals it has still to make. Read from
/// a copy: the file itself stays as the edge left it, and free for its next start.
pub fn outbox(edge: &Path) -> (usize, usize) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(edge.join("outbox.redb"), folder.path().join("outbox.redb"))
        .expect("a copy of the outbox");
    let outbox = Outbox::open(folder.path()).expect("the outbox opens after any kill");
    let removals = Inbox::ALL.map(|inbox| outbox.removals(inbox).expect("removals can be read"));
    (outbox.len(), removals.concat().len())
}
