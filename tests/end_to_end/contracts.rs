//! The diagnostics' contracts: one JSON object a line on stdout, these keys, these exit statuses.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use spotlight_tests::diagnostics::{keys, lines, run};
use spotlight_tests::process::{output, top};
use spotlight_tests::{mms, sms};

const BINARIES: [&str; 3] = ["spotlight", "spotlight-edge", "spotlight-hub"];

/// Reference data in `shared` beside the repository. Where it is not there, its tests say so and check nothing; under `CI` they
/// fail, so that nobody takes silence for a pass.
fn shared(name: &str) -> Option<PathBuf> {
    let path = top().join("../shared").join(name);
    if path.exists() {
        return Some(path);
    }
    let missing = format!("{} is not there", path.display());
    assert!(std::env::var_os("CI").is_none(), "{missing}");
    eprintln!("{missing}: skipped");
    None
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain name")
}

#[test]
fn every_binary_says_what_it_is_and_refuses_bad_usage_with_2() {
    for binary in BINARIES {
        for argument in ["--version", "--help", "config"] {
            let output = output(binary, &[argument]);
            assert_eq!(output.status.code(), Some(0), "{binary} {argument}");
            assert!(!output.stdout.is_empty(), "{binary} {argument}");
        }
        for bad in [&["--nonsense"][..], &["nonsense"], &[]] {
            let output = output(binary, bad);
            assert_eq!(output.status.code(), Some(2), "{binary} {bad:?}");
            assert!(
                output.stdout.is_empty(),
                "{binary} {bad:?}: diagnostics alone are on stdout"
            );
        }
    }
    assert_eq!(output("spotlight-edge", &["decode"]).status.code(), Some(2));
    assert_eq!(
        output(
            "spotlight-hub",
            &["import", "--city", "los-angeles", "x.csv"]
        )
        .status
        .code(),
        Some(2)
    );
    let missing = output(
        "spotlight-edge",
        &["run", "--config", "/nonexistent/edge.toml"],
    );
    assert_eq!(missing.status.code(), Some(1));
    let reason = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(reason.contains("/nonexistent/edge.toml"), "{reason}");
}

#[test]
fn decode_prints_a_line_per_argument_in_their_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message.mms");
    fs::write(
        &file,
        mms::retrieved("+13105550123", "hello", &[b"not quite a photo"]),
    )
    .expect("a file");
    let pdu = sms::deliver("+13105550123", "police at 6th & Vermont [2]").remove(0);
    let long = sms::deliver("+13105550123", &"policía ".repeat(20));
    let arguments = [
        "decode",
        "--pdu",
        &pdu,
        "--mms",
        text(&file),
        "--pdu",
        "07",
        "--pdu",
        &long[1],
        "--mms",
        "/nonexistent.mms",
    ];
    let output = output("spotlight-edge", &arguments);
    assert_eq!(output.status.code(), Some(1), "something was refused");
    let lines = lines(&output);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["type"], "deliver");
    assert_eq!(lines[0]["sender"], "+13105550123");
    assert_eq!(lines[0]["smsc"], "+12135550199");
    assert_eq!(lines[0]["text"], "police at 6th & Vermont [2]");
    assert_eq!(lines[1]["message_type"], "m-retrieve-conf");
    assert_eq!(lines[1]["from"], "+13105550123/TYPE=PLMN");
    assert_eq!(lines[1]["parts"][0]["text"], "hello");
    assert_eq!(lines[1]["parts"][1]["len"], 17);
    for refused in [2, 4] {
        assert_eq!(keys(&lines[refused]), ["error"]);
    }
    assert_eq!(lines[3]["dcs"], 8);
    let concat = &lines[3]["concat"];
    assert_eq!(
        (&concat["total"], &concat["seq"], &concat["ref_bits"]),
        (&json!(long.len()), &json!(2), &json!(8))
    );
}

/// All members that a vector names must be said so; `decode` may say more.
fn agrees(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(_)) => expected
            .iter()
            .filter(|(key, _)| !["agreeing_decoders", "lenient", "note"].contains(&key.as_str()))
            .all(|(key, value)| agrees(value, &found[key])),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| agrees(a, b))
        }
        _ => expected == found,
    }
}

#[test]
fn decode_agrees_with_the_vectors() {
    let Some(vectors) = shared("vectors") else {
        return;
    };
    let rows = |file: &str| -> Vec<Value> {
        let text = fs::read_to_string(vectors.join(file)).expect("vectors are text");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a row"))
            .collect()
    };
    let sms = rows("sms/deliver.jsonl");
    let mms = rows("mms/expected.jsonl");
    let mut arguments = vec!["decode".to_owned()];
    for row in &sms {
        arguments.extend([
            "--pdu".to_owned(),
            row["pdu"].as_str().expect("hex").to_owned(),
        ]);
    }
    for row in &mms {
        let file = vectors
            .join("mms")
            .join(row["file"].as_str().expect("a name"));
        arguments.extend(["--mms".to_owned(), text(&file).to_owned()]);
    }
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let lines = lines(&output("spotlight-edge", &arguments));
    assert_eq!(lines.len(), sms.len() + mms.len());
    let mut wrong = Vec::new();
    for (row, found) in sms.iter().chain(&mms).zip(&lines) {
        let expected = &row["expected"];
        let good = if expected["error"].is_null() {
            agrees(expected, found)
        } else {
            keys(found) == ["error"]
        };
        if !good {
            wrong.push(format!("{}: {expected}\n  {found}", row["id"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn place_prints_the_same_keys_found_or_not() {
    let texts = [
        "5th & San Pedro",
        "san pedro y 5ta",
        "nowhere at all",
        "34.0442,-118.2439",
        "",
    ];
    let lines = run("spotlight-edge", &[&["place"], &texts[..]].concat());
    assert_eq!(lines.len(), texts.len());
    for (line, text) in lines.iter().zip(texts) {
        assert_eq!(
            keys(line),
            [
                "candidates",
                "cell",
                "found",
                "label",
                "lat",
                "lon",
                "precision",
                "text"
            ]
        );
        assert_eq!(line["text"], text);
        for candidate in line["candidates"].as_array().expect("an array") {
            assert_eq!(keys(candidate), ["cell", "label", "lat", "lon"]);
        }
    }
    assert_eq!(lines[0]["precision"], "intersection");
    assert_eq!(lines[3]["precision"], "point");
    assert_eq!(lines[0]["cell"], lines[1]["cell"]);
    assert_eq!(lines[0]["cell"], lines[3]["cell"]);
    for n in [2, 4] {
        assert_eq!(
            (&lines[n]["found"], &lines[n]["precision"]),
            (&json!(false), &json!("none"))
        );
        assert!(lines[n]["cell"].is_null());
    }
}

#[test]
fn classify_prints_a_verdict_or_an_error_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let junk = folder.path().join("junk.jpg");
    fs::write(&junk, b"\xFF\xD8\xFF\xE0 and no more").expect("a file");
    let files = [
        "deploy/box/samples/police-car.jpg",
        "deploy/box/samples/street.jpg",
        text(&junk),
        "/nonexistent.jpg",
    ];
    let output = output("spotlight-edge", &[&["classify"], &files[..]].concat());
    assert_eq!(output.status.code(), Some(1), "two of them are refused");
    let lines = lines(&output);
    assert_eq!(lines.len(), 4);
    for (line, file) in lines.iter().zip(files) {
        assert_eq!(line["file"], file, "exactly as given");
    }
    for line in &lines[..2] {
        assert_eq!(keys(line), ["file", "ms", "police", "verdict"]);
        assert!(
            ["police", "not_police", "unsure"]
                .iter()
                .any(|verdict| line["verdict"] == *verdict)
        );
        assert!(
            line["police"]
                .as_f64()
                .is_some_and(|police| (0.0..=1.0).contains(&police))
        );
    }
    for line in &lines[2..] {
        assert_eq!(keys(line), ["error", "file"]);
    }
    assert_eq!(run("spotlight-edge", &["classify", files[0]]).len(), 1);
}

#[test]
fn a_model_whose_hash_differs_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for entry in fs::read_dir(top().join("models"))
        .expect("the model's folder")
        .flatten()
    {
        if entry.path().is_file() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).expect("a copy");
        }
    }
    let files = fs::read_dir(folder.path())
        .expect("the copy")
        .flatten()
        .map(|entry| entry.path());
    let onnx = files
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "onnx"))
        .expect("a model");
    let mut bytes = fs::read(&onnx).expect("the model");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&onnx, bytes).expect("a changed model");
    let photo = text(&top().join("deploy/box/samples/street.jpg")).to_owned();
    let output = output(
        "spotlight-edge",
        &["classify", "--model", text(folder.path()), &photo],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(!output.stderr.is_empty());
}

fn import(data: &Path, files: &[&str]) -> Vec<Value> {
    let fixed = [
        "import",
        "--city",
        "los-angeles",
        "--feed",
        "encampments",
        "--data",
        text(data),
    ];
    run("spotlight-hub", &[&fixed, files].concat())
}

fn assert_adds_up(line: &Value) {
    let expected = [
        "accepted",
        "duplicates",
        "file",
        "records",
        "rejected",
        "rows",
        "seconds",
        "skipped",
        "unplaced",
    ];
    assert_eq!(keys(line), expected);
    let n = |key: &str| line[key].as_u64().expect("a count");
    let rejected: u64 = line["rejected"]
        .as_object()
        .expect("reasons")
        .values()
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(n("rows"), n("skipped") + n("accepted") + rejected, "{line}");
    assert_eq!(n("accepted"), n("records") + n("duplicates"), "{line}");
    assert!(n("unplaced") <= n("accepted"), "{line}");
}

#[test]
fn import_counts_every_row_and_imports_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = top().join("hub/cities/los-angeles/sample-encampments.csv");
    let first = import(folder.path(), &[text(&sample)]).remove(0);
    assert_adds_up(&first);
    assert!(first["records"].as_u64() > Some(0));
    assert_eq!(first["file"], text(&sample));
    let again = import(folder.path(), &[text(&sample)]).remove(0);
    assert_adds_up(&again);
    assert_eq!(
        (&again["records"], &again["duplicates"]),
        (&json!(0), &first["accepted"])
    );
    for key in ["rows", "skipped", "accepted", "unplaced", "rejected"] {
        assert_eq!(again[key], first[key], "{key}");
    }

    let known = run(
        "spotlight-hub",
        &["what-do-you-know", "--data", text(folder.path())],
    );
    assert!(known.iter().any(|line| line["table"] == "reports"));
    for line in &known {
        assert_eq!(keys(line), ["columns", "rows", "table"]);
        assert!(
            line["columns"]
                .as_array()
                .is_some_and(|columns| columns.iter().all(Value::is_string))
        );
    }
    assert!(
        known.iter().any(|line| line["rows"] == first["records"]),
        "{known:?}"
    );
}

#[test]
fn import_reads_the_portals_own_exports() {
    // Rows and rows of the feed, as counted by others.
    let exports = [
        ("la311_2017_export_latlon_parens.csv", 9_999, 256),
        ("la311_2018_export_computed_regions.csv", 10_000, 509),
        ("la311_2020_seed_iso_dates.csv", 10_000, 405),
    ];
    for (name, rows, of_feed) in exports {
        let Some(file) = shared(&format!("data/{name}")) else {
            return;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let line = import(folder.path(), &[text(&file)]).remove(0);
        assert_adds_up(&line);
        assert_eq!(line["rows"], rows, "{name}");
        assert_eq!(line["skipped"], rows - of_feed, "{name}: {line}");
    }
    // The same rows in another format are the same records.
    let files = [
        "la311_2020_seed_iso_dates.csv",
        "la311_2020_seed_mdyy_dates.csv",
    ];
    let [Some(one), Some(other)] = files.map(|name| shared(&format!("data/{name}"))) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let lines = import(folder.path(), &[text(&one), text(&other)]);
    lines.iter().for_each(assert_adds_up);
    assert_eq!(lines[1]["records"], 0, "{lines:?}");
}

#[test]
fn a_file_that_cannot_be_imported_has_one_plain_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let sample = fs::read_to_string(top().join("hub/cities/los-angeles/sample-encampments.csv"))
        .expect("our own sample");
    let (header, rest) = sample.split_once('\n').expect("a header");
    let first = header.split(',').next().expect("a column");
    let check = |name: &str, bytes: &[u8]| {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("a file");
        let data = folder.path().join("data");
        let fixed = [
            "import",
            "--city",
            "los-angeles",
            "--feed",
            "encampments",
            "--data",
            text(&data),
            text(&file),
        ];
        let output = output("spotlight-hub", &fixed);
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {reason}");
        assert!(
            reason.contains(name) && !reason.contains("panicked"),
            "{name}: {reason}"
        );
        assert_eq!(reason.lines().count(), 1, "{reason}");
    };
    check(
        "missing-column.csv",
        format!("{}\n{rest}", header.replacen(first, "something else", 1)).as_bytes(),
    );
    check("empty.csv", b"");
    check("binary.csv", &[0xFF; 5000]);
}
