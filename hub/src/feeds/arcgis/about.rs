//! What a server says of a layer, and what it may be asked of it.

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::super::answer::most;
use super::super::layout::Layout;
use super::answer::GEOMETRY;
use crate::city::{Feed, Match};

/// Rows that a page is asked for; a server gives fewer if its `maxRecordCount` says so.
const PAGE_ROWS: usize = 2_000;

/// What a server says of a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Its fields, and [`GEOMETRY`].
    pub columns: Vec<String>,
    pub dates: Vec<String>,
    pub strings: Vec<String>,
    pub object_id: String,
    pub page: usize,
    pub can_page: bool,
    pub edited_at: Option<i64>,
}

/// The names of a layer's fields, from its own description or from an answer with rows.
#[derive(Deserialize)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// A layer's own description.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Described {
    #[serde(default)]
    pub error: Option<Value>,
    #[serde(default, deserialize_with = "most")]
    fields: Vec<Field>,
    #[serde(default)]
    object_id_field: Option<String>,
    #[serde(default)]
    max_record_count: Option<usize>,
    #[serde(default)]
    advanced_query_capabilities: Option<Value>,
    #[serde(default)]
    supports_pagination: Option<bool>,
    #[serde(default)]
    editing_info: Option<Value>,
}

impl About {
    pub fn of(described: Described) -> Option<Self> {
        let Described {
            fields,
            object_id_field,
            max_record_count,
            advanced_query_capabilities,
            supports_pagination,
            editing_info,
            ..
        } = described;
        let of_type = |kind: &str| -> Vec<String> {
            let fields = fields.iter().filter(|field| field.kind == kind);
            fields.map(|field| field.name.clone()).collect()
        };
        let can_page = advanced_query_capabilities
            .and_then(|able| able.get("supportsPagination")?.as_bool())
            .or(supports_pagination);
        let ids = of_type("esriFieldTypeOID").into_iter();
        Some(Self {
            dates: of_type("esriFieldTypeDate"),
            strings: of_type("esriFieldTypeString"),
            object_id: object_id_field.or_else(|| ids.last())?,
            // 0 would never come to an end.
            page: max_record_count.unwrap_or(1_000).clamp(1, PAGE_ROWS),
            can_page: can_page.unwrap_or(false),
            edited_at: editing_info.and_then(|info| info.get("lastEditDate")?.as_i64()),
            columns: columns(fields)?,
        })
    }

    /// The fields that rows are asked for: no more than are read.
    pub fn selected(&self, layout: &Layout) -> String {
        let mut names: Vec<&str> = vec![&self.object_id];
        let wanted = layout.positions().into_iter();
        names.extend(wanted.map(|at| self.columns[at].as_str()));
        names.retain(|name| *name != GEOMETRY);
        names.dedup();
        names.join(",")
    }

    /// What rows must say, in SQL-92 as servers take it.
    pub fn conditions(&self, feed: &Feed, layout: &Layout, since: Option<&str>) -> String {
        let mut conditions = Vec::new();
        if let (Some(filter), Some(at)) = (&feed.filter, layout.filter())
            && self.strings.contains(&self.columns[at])
        {
            conditions.push(condition(&self.columns[at], filter));
        }
        // Servers differ on the zone that they read a time in: a day more is asked for.
        let created = &self.columns[layout.created()];
        let before = since.and_then(|since| since.parse::<Date>().ok()?.yesterday().ok());
        if let Some(day) = before.filter(|_| self.dates.contains(created)) {
            conditions.push(format!("{created} >= timestamp '{day} 00:00:00'"));
        }
        conditions.join(" AND ")
    }
}

fn condition(column: &str, filter: &Match) -> String {
    let quoted = |text: &str| text.replace('\'', "''");
    let mut any = Vec::new();
    if !filter.is.is_empty() {
        let values: Vec<_> = filter
            .is
            .iter()
            .map(|is| format!("'{}'", quoted(is)))
            .collect();
        any.push(format!("UPPER({column}) IN ({})", values.join(", ")));
    }
    let like = |pattern: String| format!("UPPER({column}) LIKE '{pattern}'");
    any.extend(
        filter
            .starts
            .iter()
            .map(|start| like(format!("{}%", quoted(start)))),
    );
    any.extend(
        filter
            .contains
            .iter()
            .map(|part| like(format!("%{}%", quoted(part)))),
    );
    format!("({})", any.join(" OR "))
}

/// The columns of fields; nothing if there are none.
pub fn columns(fields: Vec<Field>) -> Option<Vec<String>> {
    let mut columns: Vec<String> = fields.into_iter().map(|field| field.name).collect();
    if columns.is_empty() {
        return None;
    }
    columns.push(GEOMETRY.to_owned());
    Some(columns)
}
