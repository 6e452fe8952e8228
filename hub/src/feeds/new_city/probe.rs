//! One answer of a source that nobody has described yet.

use std::time::Duration;

use super::super::FeedError;
use super::super::answer::{self, address};
use super::super::http::{Client, Patience};
use super::super::saved::{self, Table};
use super::Answers;

/// Rows that are asked for.
const ROWS: &str = "200";

/// A page may take so long; of a file only the beginning is read.
const PAGE: Duration = Duration::from_secs(120);

/// Asks a source for some rows.
pub fn table(answers: &Answers) -> Result<Table, FeedError> {
    let base = answers.address.trim_end_matches('/');
    let dataset = answers.dataset.as_deref().unwrap_or_default();
    let asked = match answers.kind.as_str() {
        "socrata" => address(
            &format!("{base}/resource/{dataset}.json"),
            &[("$limit", ROWS)],
        ),
        "arcgis" => address(
            &format!("{}/query", base.strip_suffix("/query").unwrap_or(base)),
            &[
                ("where", "1=1"),
                ("outFields", "*"),
                ("outSR", "4326"),
                ("resultRecordCount", ROWS),
                ("f", "json"),
            ],
        ),
        "open311" => format!("{base}/requests.json"),
        "ckan" => address(
            &format!("{base}/api/3/action/datastore_search"),
            &[("resource_id", dataset), ("limit", ROWS)],
        ),
        "csv" | "geojson" => answers.address.clone(),
        other => {
            return Err(FeedError::Answer(format!(
                "`{other}` is none of socrata, arcgis, open311, ckan, csv and geojson"
            )));
        }
    };
    let client = Client::of_hosts(
        [&answers.address].into_iter().chain(&answers.hosts),
        Patience::default(),
    );
    if matches!(answers.kind.as_str(), "csv" | "geojson") {
        let mut response = client.get(&asked, "*/*", None, PAGE)?;
        return saved::table_of(response.body_mut().as_reader(), None);
    }
    let forms = ["json", "xml", "text/plain"];
    let bytes =
        client.patiently(|| answer::bytes(&client, &asked, "application/json", &forms, PAGE))?;
    saved::table_of(&bytes[..], None)
}
