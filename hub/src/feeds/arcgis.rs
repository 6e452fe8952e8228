//! A layer of an ArcGIS FeatureServer or MapServer
//! (<https://developers.arcgis.com/rest/services-reference/enterprise/query-feature-service-layer/>): its rows by
//! `resultOffset` in the order of their object ids; where the server does not page, by lists of those ids.
//!
//! A failure comes with status 200 and an `error`. Dates are milliseconds since 1970, and some cities store their wall time in
//! them. A feature may have no geometry, and `" "` where it has nothing to say.

mod about;
mod answer;

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::FeedError;
use super::answer::{address, bytes, parsed, shapeless};
use super::failure;
use super::fetch::Fetch;
use super::http::Client;
use super::import::Counts;
use super::layout::Layout;
use super::paging::{self, Offset, Page, Reading};
use super::soda::JsonRow;
use crate::city::{Feed, Source};
use crate::store::open_data::sources::{Pass, SourceState};
use about::{About, Described};
pub use answer::{Answer, GEOMETRY, saved};

/// Object ids that a page is asked for by: they stand in its address.
const PAGE_IDS: usize = 150;

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
    let importer = fetch.importer(feed, source)?;
    let began_at = Timestamp::now().as_second();
    if fetch.is_unchanged(state, version.as_deref()) {
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
        let address = address(&format!("{}{path}", self.address), &query);
        self.client.patiently(|| {
            // Older servers call their JSON plain text.
            let forms = ["json", "text/plain"];
            let bytes = bytes(self.client, &address, "application/json", &forms, self.page)?;
            let said: T = parsed(&address, &bytes)?;
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
            Some(_) => Ok(answer::rows(
                answer,
                &self.about.dates,
                self.local_time_as_utc,
            )),
            None => Err(shapeless(self.layer.address)),
        }
    }
}
