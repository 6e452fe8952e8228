//! `spotlight-hub notices check`: what a table of notices says, before anybody sees it.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::read;
use crate::city::{City, CityError};

#[derive(Args)]
pub struct CheckArgs {
    /// The city that it is of.
    #[arg(long, default_value = "los-angeles")]
    city: String,
    /// Tables as `notices.csv` in the hub's data folder.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// A line of JSON for each file, and whether all of all can be used.
pub fn check(args: &CheckArgs) -> Result<(String, bool), CityError> {
    let city = City::load(&args.city)?;
    let (mut text, mut is_good) = (String::new(), true);
    for file in &args.files {
        let bytes = std::fs::read(file).map_err(|error| format!("cannot be read: {error}"));
        let reading = bytes.and_then(|bytes| read(&bytes, &city, Timestamp::now()));
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
