//! A layer of an ArcGIS FeatureServer or MapServer
//! (<https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/>): its rows by
//! `resultOffset` in the order of their object ids; where the server does not page, by lists of those ids.
//!
//! A failure comes with status 200 and an `error`. Dates are milliseconds since 1970, and some cities store their wall time in
//! them. A feature may have no geometry, and `" "` where it has nothing to say.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::FeedError;
use super::answer::{self, most, some};
use super::failure;
use super::fetch::Fetch;
use super::http::Client;
use super::import::{Counts, Importer};
use super::layout::Layout;
use super::paging::{self, Offset, Page, Reading};
use super::soda::JsonRow;
use crate::city::{Feed, Match, Source};
use crate::store::open_data::sources::{Pass, SourceState};

/// The column that a feature's point stands in.
pub const GEOMETRY: &str = "geometry";

/// Rows that a page is asked for; a server gives fewer if its `maxRecordCount` says so.
const PAGE_ROWS: usize = 2_000;

/// Object ids that a page is asked for by: they stand in its address.
const PAGE_IDS: usize = 150;

/// What a server says of a layer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct About {
    /// Its fields, and [`GEOMETRY`].
    pub columns: Vec<String>,
    dates: Vec<String>,
    strings: Vec<String>,
    object_id: String,
    page: usize,
    can_page: bool,
    edited_at: Option<i64>,
}

/// The names of a layer's fields, from its own description or from an answer with rows.
#[derive(Deserialize)]
pub struct Field {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
}

/// One feature of an answer.
#[derive(Deserialize)]
pub struct Feature {
    #[serde(default)]
    attributes: JsonRow,
    #[serde(default)]
    geometry: Option<Value>,
}

/// An answer to `query`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    #[serde(default)]
    error: Option<Value>,
    #[serde(default, deserialize_with = "most")]
    pub fields: Vec<Field>,
    #[serde(default, deserialize_with = "some")]
    features: Option<Vec<Feature>>,
    #[serde(default)]
    exceeded_transfer_limit: bool,
    #[serde(default)]
    object_ids: Option<Vec<i64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(default)]
    error: Option<Value>,
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

/// Reads a source from where the last reading ended.
pub fn read(
    fetch: &Fetch<'_>,
    feed: &Feed,
    source: &Source,
    state: &mut SourceState,
) -> Result<Counts, FeedError> {
    let layer = Layer {
        client: fetch.client,
        address: layer_address(&source.address),
        page: fetch.page,
    };
    state.is_of(layer.address);
    let about = layer.about()?;
    let layout = Layout::of(&about.columns, feed)?;
    let version = about.edited_at.map(|at| at.to_string());
    let file = format!("{}/{}", feed.id, source.id);
    let importer = Importer::new(fetch.store, fetch.city, feed, &source.id, &file)?;
    let began_at = Timestamp::now().as_second();
    let is_same = version.is_some() && version == state.version;
    if is_same && fetch.since.is_none() && state.pass.is_none() {
        state.read_at = began_at;
        return Ok(importer.finish(true)?);
    }
    let pass = paging::begin(fetch, source, state, began_at, version);
    let reading = Reading {
        fetch,
        feed,
        source,
        columns: &about.columns,
        layout: &layout,
    };
    let mut query = Query {
        layer: &layer,
        about: &about,
        fields: about.selected(&layout),
        conditions: about.conditions(feed, &layout, pass.since.as_deref()),
        local_time_as_utc: source.local_time_as_utc,
        ids: None,
    };
    reading.pages(state, pass, importer, |pass| query.page(pass))
}

/// The address of the layer itself.
fn layer_address(address: &str) -> &str {
    let address = address.split('?').next().unwrap_or_default();
    let address = address.trim_end_matches('/');
    address.strip_suffix("/query").unwrap_or(address)
}

struct Layer<'a> {
    client: &'a Client,
    address: &'a str,
    page: Duration,
}

impl Layer<'_> {
    fn about(&self) -> Result<About, FeedError> {
        let described: Described = self.ask("", &[])?;
        About::of(described).ok_or(FeedError::Form(
            "not a layer: it has no fields; the address must end in the layer's number",
        ))
    }

    fn ask<T: for<'a> Deserialize<'a> + Fails>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, FeedError> {
        let query: Vec<_> = query.iter().copied().chain([("f", "json")]).collect();
        let address = answer::address(&format!("{}{path}", self.address), &query);
        self.client.patiently(|| {
            // Older servers call their JSON plain text.
            let forms = ["json", "text/plain"];
            let bytes =
                answer::bytes(self.client, &address, "application/json", &forms, self.page)?;
            let said: T = answer::parsed(&address, &bytes)?;
            match said.error() {
                None => Ok(said),
                Some(error) => {
                    let (code, text) = failure::parts(error);
                    Err(failure::told(&address, &code, &text))
                }
            }
        })
    }
}

/// What may be a failure in the place of what was asked for.
trait Fails {
    fn error(&self) -> Option<&Value>;
}

impl Fails for Answer {
    fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }
}

impl Fails for Described {
    fn error(&self) -> Option<&Value> {
        self.error.as_ref()
    }
}

impl About {
    fn of(described: Described) -> Option<Self> {
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
    fn selected(&self, layout: &Layout) -> String {
        let mut names: Vec<&str> = vec![&self.object_id];
        let wanted = layout.positions().into_iter();
        names.extend(wanted.map(|at| self.columns[at].as_str()));
        names.retain(|name| *name != GEOMETRY);
        names.dedup();
        names.join(",")
    }

    /// What rows must say, in SQL-92 as servers take it.
    fn conditions(&self, feed: &Feed, layout: &Layout, since: Option<&str>) -> String {
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
fn columns(fields: Vec<Field>) -> Option<Vec<String>> {
    let mut columns: Vec<String> = fields.into_iter().map(|field| field.name).collect();
    if columns.is_empty() {
        return None;
    }
    columns.push(GEOMETRY.to_owned());
    Some(columns)
}

/// A layer that is asked for its rows.
struct Query<'a> {
    layer: &'a Layer<'a>,
    about: &'a About,
    fields: String,
    conditions: String,
    local_time_as_utc: bool,
    /// All object ids that are wanted, in order, once they were asked for.
    ids: Option<Vec<i64>>,
}

/// How a table is asked: with the feed's conditions, or without, and by offset or by ids.
const FILTERED: &str = "filtered";
const WHOLE: &str = "whole";

impl Query<'_> {
    fn page(&mut self, pass: &Pass) -> Result<Page, FeedError> {
        let is_plain = self.conditions.is_empty();
        let at = Offset::read(
            pass.after.as_deref(),
            if is_plain { WHOLE } else { FILTERED },
        );
        let is_first = at.rows == 0 && at.way == FILTERED;
        match self.from(at) {
            // A server of few functions does not take the condition: all its rows are read and told apart here.
            Err(FeedError::Portal { status: 400, .. }) if is_first => {
                self.ids = None;
                self.from(Offset::read(None, WHOLE))
            }
            other => other,
        }
    }

    fn from(&mut self, at: Offset) -> Result<Page, FeedError> {
        let conditions = match at.way.as_str() {
            FILTERED => self.conditions.clone(),
            _ => "1=1".to_owned(),
        };
        if self.about.can_page {
            self.by_offset(at, &conditions)
        } else {
            self.by_ids(at, &conditions)
        }
    }

    fn by_offset(&self, at: Offset, conditions: &str) -> Result<Page, FeedError> {
        let (from, asked) = (at.from().to_string(), self.about.page.to_string());
        let answer: Answer = self.layer.ask(
            "/query",
            &[
                ("where", conditions),
                ("outFields", &self.fields),
                ("returnGeometry", "true"),
                ("outSR", "4326"),
                ("orderByFields", &self.about.object_id),
                ("resultOffset", &from),
                ("resultRecordCount", &asked),
            ],
        )?;
        let exceeded = answer.exceeded_transfer_limit;
        let rows = self.rows(answer)?;
        // Some servers do not say that there is more: a full page is not taken for the last.
        let is_last = |came| !exceeded && came < self.about.page;
        at.page(rows, &self.about.object_id, is_last)
    }

    fn by_ids(&mut self, mut at: Offset, conditions: &str) -> Result<Page, FeedError> {
        if self.ids.is_none() {
            let answer: Answer = self.layer.ask(
                "/query",
                &[("where", conditions), ("returnIdsOnly", "true")],
            )?;
            let mut ids = answer.object_ids.unwrap_or_default();
            ids.sort_unstable();
            ids.dedup();
            self.ids = Some(ids);
        }
        let ids = self.ids.as_deref().unwrap_or_default();
        let last: i64 = at.last.parse().unwrap_or(i64::MIN);
        let left = &ids[ids.partition_point(|id| *id <= last)..];
        let count = PAGE_IDS.min(self.about.page).min(left.len());
        let Some(last) = left[..count].last() else {
            return Ok(Page::default());
        };
        let names: Vec<_> = left[..count].iter().map(i64::to_string).collect();
        let answer: Answer = self.layer.ask(
            "/query",
            &[
                ("objectIds", &names.join(",")),
                ("outFields", &self.fields),
                ("returnGeometry", "true"),
                ("outSR", "4326"),
            ],
        )?;
        let came = answer.features.as_ref().map_or(0, Vec::len);
        if answer.exceeded_transfer_limit && came < count {
            return Err(FeedError::Form(
                "of fewer rows than were asked for by their ids: its `maxRecordCount` is not true",
            ));
        }
        at.last = last.to_string();
        at.rows += count as u64;
        Ok(Page {
            rows: self.rows(answer)?,
            after: (count < left.len()).then(|| at.write()),
            newest: None,
        })
    }

    fn rows(&self, answer: Answer) -> Result<Vec<JsonRow>, FeedError> {
        match answer.features {
            Some(_) => Ok(rows(answer, &self.about.dates, self.local_time_as_utc)),
            None => Err(answer::shapeless(self.layer.address)),
        }
    }
}

/// The columns and rows of an answer that somebody saved.
pub fn saved(answer: Answer, local_time_as_utc: bool) -> (Vec<String>, Vec<JsonRow>) {
    let mut answer = answer;
    let fields = std::mem::take(&mut answer.fields);
    let is_date = |field: &&Field| field.kind == "esriFieldTypeDate";
    let dates = fields.iter().filter(is_date);
    let dates: Vec<_> = dates.map(|field| field.name.clone()).collect();
    let mut names = columns(fields).unwrap_or_else(|| vec![GEOMETRY.to_owned()]);
    let rows = rows(answer, &dates, local_time_as_utc);
    // Some answers list no fields, or not all.
    for name in rows.iter().flat_map(JsonRow::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    (names, rows)
}

fn rows(answer: Answer, dates: &[String], local_time_as_utc: bool) -> Vec<JsonRow> {
    let features = answer.features.unwrap_or_default().into_iter();
    let row = |feature: Feature| {
        let mut row = feature.attributes;
        for name in dates {
            if let Some(at) = row.get(name).and_then(Value::as_i64) {
                let said = time(at, local_time_as_utc).map_or(Value::Null, Value::from);
                row.insert(name.clone(), said);
            }
        }
        if let Some(point) = feature.geometry.as_ref().and_then(point) {
            row.insert(GEOMETRY.to_owned(), point);
        }
        row
    };
    features.map(row).collect()
}

/// A date: milliseconds since 1970, of UTC or of a wall clock.
fn time(milliseconds: i64, local_time_as_utc: bool) -> Option<String> {
    let time = Timestamp::from_millisecond(milliseconds).ok()?;
    let form = match local_time_as_utc {
        true => "%Y-%m-%dT%H:%M:%S",
        false => "%Y-%m-%dT%H:%M:%SZ",
    };
    Some(time.strftime(form).to_string())
}

/// A point as GeoJSON writes it. An empty one is `{"x":"NaN"}` or null; a line or an area has none.
fn point(geometry: &Value) -> Option<Value> {
    let degrees = |key: &str| geometry.get(key)?.as_f64();
    let coordinates = [degrees("x")?, degrees("y")?];
    Some(serde_json::json!({ "type": "Point", "coordinates": coordinates }))
}
