//! The built-in city with its open data on a portal of the test's own, and the hub's commands on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use crate::process;
use crate::soda::{Dataset, Portal, rows_of};

/// 2018's requests, as the city's file names them.
pub const OLD: &str = "h65r-yf5i";

/// Police calls.
pub const CALLS: &str = "xjgu-z4ju";

/// The cases of this year, under an id that only the catalogue knows.
pub const CASES: &str = "this-year";

/// A file of the reference data.
pub fn shared(file: &str) -> String {
    let path = format!("{}/../../shared/data/{file}", env!("CARGO_MANIFEST_DIR"));
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The year in the city.
pub fn this_year() -> i16 {
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").expect("a zone");
    jiff::Timestamp::now().to_zoned_datetime(zone).year()
}

/// A city of the built-in file, its portal on loopback, and a data folder.
pub struct City {
    /// Where its rows are.
    pub portal: Portal,
    /// Holds the city's file, the data and the logs.
    pub folder: TempDir,
}

impl City {
    /// A portal with all that the city's file names: 2018's real rows, this year's cases made of 2017's, and nothing else.
    pub fn start() -> Self {
        let portal = Portal::start();
        let folder = tempfile::tempdir().expect("a folder");
        let file = format!(
            "{}/../hub/cities/los-angeles.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs::read_to_string(file).expect("the city's file");
        let map_server = text
            .split('"')
            .find(|word| word.contains("arcgis"))
            .expect("it is named");
        let districts = format!("{}/districts.geojson", portal.server.url);
        let text = text
            .replace(map_server, &districts)
            .replace("https://data.lacity.org", &portal.server.url);
        fs::write(folder.path().join("city.toml"), &text).expect("written");
        portal.put_file(
            "/districts.geojson",
            "application/geo+json",
            shared("lapd_reporting_districts.geojson").as_bytes(),
        );
        let lower = |name: &str| Some(name.to_lowercase());
        let export = shared("la311_2018_export_computed_regions.csv");
        let (columns, mut rows) = rows_of(&export, &lower, "2026-01-10T08:00:00.000Z");
        // The last of them was touched later than all the rest.
        let last = rows
            .iter_mut()
            .rfind(|row| row["requesttype"] == "Homeless Encampment");
        last.expect("a row")
            .insert(":updated_at".to_owned(), "2026-01-20T08:00:00.000Z".into());
        let (call_columns, calls) = rows_of(
            &shared("lapd_cfs_xwgr-xw5q_top10.csv"),
            &lower,
            "2026-01-10T08:00:00.000Z",
        );
        for id in text
            .lines()
            .filter_map(|line| line.strip_prefix("dataset = \""))
        {
            let id = id.trim_end_matches('"');
            let (columns, rows) = match id {
                CALLS => (call_columns.clone(), calls.clone()),
                OLD => (columns.clone(), rows.clone()),
                _ => (columns.clone(), Vec::new()),
            };
            let dataset = Dataset {
                title: format!("MyLA311 Service Request Data {id}"),
                columns,
                rows,
                rows_updated_at: 1,
            };
            portal.put(id, dataset);
        }
        let names: Value =
            serde_json::from_str(&shared("la311_2026_soda_field_names.json")).expect("JSON");
        let new_name = move |header: &str| {
            let header = if header == "SRNumber" {
                "CaseNumber"
            } else {
                header
            };
            let mut names = names.as_object()?.iter();
            names
                .find(|(_, of)| *of == header)
                .map(|(name, _)| name.clone())
        };
        let export = shared("la311_2017_export_latlon_parens.csv")
            .replace("/2017", &format!("/{}", this_year()));
        let (mut columns, rows) = rows_of(&export, &new_name, "2026-01-10T08:00:00.000Z");
        columns.push("systemmodstamp".to_owned());
        for (id, title, rows) in [
            (CASES, format!("MyLA311 Cases {}", this_year()), rows),
            // What has the title in it is not it.
            (
                "bridge-01",
                format!("MyLA311 Cases March 2025 to December {}", this_year()),
                Vec::new(),
            ),
            (
                "73a2-6ar5",
                "MyLA311 Cases March 2025 to December 2025".to_owned(),
                Vec::new(),
            ),
            // An id that the city's file knows, also in years to come.
            (
                "2cy6-i7zn",
                "MyLA311 Cases of some year".to_owned(),
                Vec::new(),
            ),
        ] {
            let columns = columns.clone();
            portal.put(
                id,
                Dataset {
                    title,
                    columns,
                    rows,
                    rows_updated_at: 1,
                },
            );
        }
        Self { portal, folder }
    }

    /// Its file.
    pub fn file(&self) -> PathBuf {
        self.folder.path().join("city.toml")
    }

    /// The hub's data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Runs `fetch`.
    pub fn fetch(&self, more: &[&str]) -> Output {
        fetch(&self.file(), &self.data(), more)
    }

    /// Every source's line of a fetch.
    pub fn fetched(&self, more: &[&str]) -> Vec<Value> {
        let output = self.fetch(more);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{errors}");
        lines(&output)
    }

    /// Every source's line of `feeds`.
    pub fn feeds(&self) -> Vec<Value> {
        let (city, data) = (self.file(), self.data());
        let (city, data) = (city.to_string_lossy(), data.to_string_lossy());
        lines(&process::output(
            "spotlight-hub",
            &["feeds", "--city", &city, "--data", &data],
        ))
    }

    /// One of them.
    pub fn status(&self, source: &str) -> Value {
        let all = self.feeds().into_iter();
        let mut found = all.filter(|status| status["source"] == source);
        found.next().unwrap_or_else(|| panic!("no source {source}"))
    }
}

/// Runs `fetch` for a city's file on a data folder, a page given up after three seconds.
pub fn fetch(city: &Path, data: &Path, more: &[&str]) -> Output {
    let (city, data) = (city.to_string_lossy(), data.to_string_lossy());
    let mut arguments = vec!["fetch", "--city", &city, "--data", &data, "--patience", "3"];
    arguments.extend(more);
    process::output("spotlight-hub", &arguments)
}

/// The JSON lines of a command.
pub fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// That of a source of encampments.
pub fn line<'a>(lines: &'a [Value], source: &str) -> &'a Value {
    let name = format!("encampments/{source}");
    let found = lines.iter().find(|line| line["file"] == *name);
    found.unwrap_or_else(|| panic!("no line of {name}: {lines:?}"))
}

/// What this year's cases are called among the sources.
pub fn cases() -> String {
    format!("cases-{}", this_year())
}
