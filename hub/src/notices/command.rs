//! `spotlight-hub notices check`: what a table of notices says, before anybody sees it.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::{read, read_source};
use crate::city::{City, CityError};

#[derive(Args)]
pub struct CheckArgs {
    /// The city that it is of.
    #[arg(long, default_value = "los-angeles")]
    city: String,
    /// The tables are as those of this source of the city's file (`[[notices]]`), and not as the operator's own.
    #[arg(long, value_name = "ID")]
    source: Option<String>,
    /// Tables as `notices.csv` in the hub's data folder.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Why nothing can be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The city is unknown.
    #[error(transparent)]
    City(#[from] CityError),
    /// It has no such source.
    #[error("the city `{city}` has no `[[notices]]` with the id `{source_id}`")]
    Source {
        /// Which city.
        city: String,
        /// What was asked for.
        source_id: String,
    },
}

/// A line of JSON for each file, and whether all of all can be used.
pub fn check(args: &CheckArgs) -> Result<(String, bool), CheckError> {
    let city = City::load(&args.city)?;
    let source = match &args.source {
        None => None,
        Some(id) => {
            let found = city.notices.iter().find(|source| source.id == *id);
            Some(found.ok_or_else(|| CheckError::Source {
                city: city.id.clone(),
                source_id: id.clone(),
            })?)
        }
    };
    let (mut text, mut is_good) = (String::new(), true);
    for file in &args.files {
        let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"));
        let now = Timestamp::now();
        let reading = bytes.and_then(|bytes| match source {
            None => read(&bytes, &city, now),
            Some(source) => read_source(&bytes, &city, source, now),
        });
        let file = file.display().to_string();
        let said = match &reading {
            Err(reason) => json!({ "file": file, "error": format!("the table {reason}") }),
            Ok(reading) => json!({
                "file": file,
                "announced": reading.notices.len(),
                "over": reading.over,
                "refused": reading.refused,
                "first": reading.notices.first().map(|notice| notice.date.to_string()),
                "last": reading.notices.last().map(|notice| notice.date.to_string()),
                "problems": reading.problems.iter().map(|problem| json!({
                    "line": problem.line,
                    "reason": problem.reason,
                })).collect::<Vec<_>>(),
            }),
        };
        text += &format!("{said}\n");
        is_good &= reading.is_ok_and(|reading| reading.refused == 0);
    }
    Ok((text, is_good))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_table_is_told_of_and_one_bad_line_is_a_failure() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| std::fs::write(path(name), text).expect("written");
        write(
            "city.toml",
            "name = 'C'\ntime_zone = 'UTC'\nbounds = [33.0, -119.0, 35.0, -118.0]\nfeeds = []\n[[notices]]\nid = 'parks'\nfile = 'p.csv'\nsource = 'P'\nlicence = 'L'\ncolumns = { date = ['Day'] }",
        );
        write("good.csv", "id,date,place\n1,2020-01-01,Echo Park\n");
        write(
            "bad.csv",
            "id,date,place\n1,2020-01-01,Echo Park\n2,,Echo Park\n",
        );
        write("parks.csv", "id,Day,place\n1,2020-01-01,Echo Park\n");
        let check = |source: Option<&str>, names: &[&str]| {
            check(&CheckArgs {
                city: path("city.toml").to_string_lossy().into_owned(),
                source: source.map(str::to_owned),
                files: names.iter().map(|name| path(name)).collect(),
            })
        };
        let (text, is_good) = check(None, &["good.csv"]).expect("checks");
        assert!(is_good && text.contains("\"over\":1"), "{text}");
        let (text, is_good) = check(None, &["good.csv", "bad.csv", "none.csv"]).expect("checks");
        assert!(!is_good && text.lines().count() == 3);
        assert!(
            text.contains("\"line\":3") && text.contains("cannot be read"),
            "{text}"
        );
        let (text, is_good) = check(Some("parks"), &["parks.csv"]).expect("checks");
        assert!(is_good, "{text}");
        assert!(!check(None, &["parks.csv"]).expect("checks").1);
        assert!(check(Some("none"), &["parks.csv"]).is_err());
    }
}
