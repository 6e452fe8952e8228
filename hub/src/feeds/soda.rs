//! Socrata's SODA 2.1 (<https://dev.socrata.com/docs/endpoints.html>) and the portal's catalogue: a dataset's rows, page by
//! page in the order of `:id`, each page beginning where the last one ended.
//!
//! A row leaves out what is NULL, numbers come as strings, points as GeoJSON, and time stamps without a zone are wall time.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::de::{DeserializeOwned, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::FeedError;
use super::answer;
use super::http::Client;
use super::layout::Layout;
use crate::city::{Feed, Match};

/// Rows that a page is asked for. A portal that gives fewer is asked on until it gives none.
const PAGE_ROWS: usize = 5_000;

/// Catalogue entries that are looked through for a title.
const CATALOGUE_ROWS: usize = 20;

/// A row as JSON has it.
pub type JsonRow = Map<String, Value>;

/// A dataset of a portal.
pub struct Dataset<'a> {
    client: &'a Client,
    /// For instance `https://data.lacity.org`.
    portal: String,
    id: String,
    page: Duration,
}

/// What a portal says of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The names that SODA knows its columns by.
    pub columns: Vec<String>,
    /// Seconds since 1970: when its rows last changed.
    pub rows_updated_at: Option<i64>,
}

/// Which of its rows are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Updated at that time or later.
    pub updated_from: Option<&'a str>,
    /// Of that day or later.
    pub since: Option<&'a str>,
    /// After the row of that `:id`.
    pub after: Option<&'a str>,
}

impl<'a> Dataset<'a> {
    /// By its id; a page of it may take as long as `page`.
    pub fn new(client: &'a Client, portal: &str, id: &str, page: Duration) -> Self {
        Self {
            client,
            portal: portal.trim_end_matches('/').to_owned(),
            id: id.to_owned(),
            page,
        }
    }

    /// Finds the dataset of exactly a title; `None` if the portal has none (yet).
    pub fn find(
        client: &'a Client,
        portal: &str,
        title: &str,
        page: Duration,
    ) -> Result<Option<Self>, FeedError> {
        #[derive(Deserialize)]
        struct Catalogue {
            results: Vec<Entry>,
        }
        #[derive(Deserialize)]
        struct Entry {
            resource: Resource,
        }
        #[derive(Deserialize)]
        struct Resource {
            id: String,
            name: String,
        }
        let catalogue = Self::new(client, portal, "", page);
        let query = [("q", title), ("limit", &CATALOGUE_ROWS.to_string())];
        let Catalogue { results } = catalogue.json("/api/catalog/v1", &query)?;
        let found = results
            .into_iter()
            .find(|entry| entry.resource.name == title);
        Ok(found.map(|entry| Self::new(client, portal, &entry.resource.id, page)))
    }

    /// For instance `2cy6-i7zn`.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its columns, and when its rows last changed.
    pub fn about(&self) -> Result<About, FeedError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct View {
            columns: Vec<Column>,
            #[serde(default)]
            rows_updated_at: Option<i64>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Column {
            field_name: String,
        }
        let view: View = self.json(&format!("/api/views/{}.json", self.id), &[])?;
        Ok(About {
            columns: view
                .columns
                .into_iter()
                .map(|column| column.field_name)
                .collect(),
            rows_updated_at: view.rows_updated_at,
        })
    }

    /// The next rows; none at the end. `columns` are what `layout` was found in.
    pub fn page(
        &self,
        feed: &Feed,
        columns: &[String],
        layout: &Layout,
        wanted: Wanted<'_>,
    ) -> Result<Vec<JsonRow>, FeedError> {
        let names = layout
            .positions()
            .into_iter()
            .map(|at| columns[at].as_str());
        let select: Vec<&str> = [":id", ":updated_at"].into_iter().chain(names).collect();
        let mut conditions = Vec::new();
        if let (Some(filter), Some(at)) = (&feed.filter, layout.filter()) {
            conditions.push(condition(&columns[at], filter));
        }
        if let Some(since) = wanted.since {
            let created = &columns[layout.created()];
            conditions.push(format!(
                "{created} >= {}",
                literal(&format!("{since}T00:00:00"))
            ));
        }
        if let Some(from) = wanted.updated_from {
            conditions.push(format!(":updated_at >= {}", literal(from)));
        }
        if let Some(after) = wanted.after {
            conditions.push(format!(":id > {}", literal(after)));
        }
        let (select, limit) = (select.join(","), PAGE_ROWS.to_string());
        let condition = conditions.join(" AND ");
        let mut query = vec![
            ("$select", &*select),
            ("$order", ":id"),
            ("$limit", &*limit),
        ];
        if !condition.is_empty() {
            query.push(("$where", &condition));
        }
        let Page(rows) = self.json(&format!("/resource/{}.json", self.id), &query)?;
        Ok(rows)
    }

    fn json<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, FeedError> {
        let address = answer::address(&format!("{}{path}", self.portal), query);
        self.client
            .patiently(|| answer::json(self.client, &address, self.page))
    }
}

/// The rows of a page; more than were asked for are refused before they take up memory.
struct Page(Vec<JsonRow>);

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rows;
        impl<'de> Visitor<'de> for Rows {
            type Value = Page;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {PAGE_ROWS} rows")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Page, A::Error> {
                let mut page = Vec::new();
                while let Some(row) = rows.next_element()? {
                    if page.len() == PAGE_ROWS {
                        return Err(serde::de::Error::invalid_length(page.len() + 1, &self));
                    }
                    page.push(row);
                }
                Ok(Page(page))
            }
        }
        deserializer.deserialize_seq(Rows)
    }
}

/// A row's text of a column; nothing where it is NULL.
pub fn text<'r>(row: &'r JsonRow, column: &str) -> Cow<'r, str> {
    match row.get(column) {
        None | Some(Value::Null) => Cow::Borrowed(""),
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(other) => Cow::Owned(other.to_string()),
    }
}

/// What a column must say, in SoQL.
fn condition(column: &str, filter: &Match) -> String {
    let mut any = Vec::new();
    if !filter.is.is_empty() {
        let values: Vec<String> = filter.is.iter().map(|value| literal(value)).collect();
        any.push(format!("upper({column}) in ({})", values.join(", ")));
    }
    let like = |pattern: String| format!("upper({column}) like {}", literal(&pattern));
    any.extend(filter.starts.iter().map(|start| like(format!("{start}%"))));
    any.extend(filter.contains.iter().map(|part| like(format!("%{part}%"))));
    match any.len() {
        1 => any.remove(0),
        _ => format!("({})", any.join(" OR ")),
    }
}

/// A text in SoQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_absent_numbers_are_strings_and_points_are_objects() {
        let row: JsonRow = serde_json::from_str(
            r#"{"lat":"34.05","n":7,"none":null,"point":{"type":"Point","coordinates":[-118.2,34.0]}}"#,
        )
        .expect("a row");
        assert_eq!(text(&row, "lat"), "34.05");
        assert_eq!(text(&row, "n"), "7");
        assert_eq!(
            (text(&row, "none"), text(&row, "absent")),
            ("".into(), "".into())
        );
        let point = super::super::values::location(&text(&row, "point"));
        assert_eq!(point, Some((34.0, -118.2)));
        let page = |rows: usize| {
            serde_json::from_str::<Page>(&format!("[{}{{}}]", "{},".repeat(rows - 1)))
        };
        assert_eq!(page(PAGE_ROWS).expect("rows").0.len(), PAGE_ROWS);
        assert!(page(PAGE_ROWS + 1).is_err() && serde_json::from_str::<Page>("{}").is_err());
        assert_eq!(literal("O'Neil"), "'O''Neil'");
    }
}
