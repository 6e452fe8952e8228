//! A table of a CKAN datastore (<https://docs.ckan.org/en/latest/maintaining/datastore.html>), in the order of its `_id`:
//! `datastore_search` by offset, each page looking back at the last row of the one before. Written after CKAN's documents;
//! no recorded answer was at hand.
//!
//! A table a year is found by its exact title, in the package that is named or by `package_search`.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::FeedError;
use super::answer::{self, most, some};
use super::failure;
use super::fetch::Fetch;
use super::http::Client;
use super::import::Counts;
use super::layout::Layout;
use super::paging::{self, Offset, Reading};
use super::soda::JsonRow;
use crate::city::{Feed, Source};
use crate::store::open_data::sources::SourceState;

/// The row's number in its table.
pub const ID: &str = "_id";

/// Rows that a page is asked for: a portal gives up to 32,000, and a page may have 8 MiB.
const PAGE_ROWS: usize = 5_000;

/// Packages that are looked through for a title.
const PACKAGES: &str = "20";

/// Where tables are asked for.
struct Portal<'a> {
    client: &'a Client,
    address: &'a str,
    page: Duration,
}

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Answer<T> {
    #[serde(default)]
    success: bool,
    #[serde(default = "Option::default")]
    result: Option<T>,
    #[serde(default)]
    error: Option<Value>,
}

/// What `datastore_search` finds.
#[derive(Deserialize)]
pub struct Found {
    #[serde(default, deserialize_with = "most")]
    fields: Vec<Field>,
    #[serde(default, deserialize_with = "some")]
    records: Option<Vec<JsonRow>>,
    /// What the portal made of the limit that it was asked.
    #[serde(default)]
    limit: Option<usize>,
}

#[derive(Deserialize)]
struct Field {
    id: String,
}

#[derive(Deserialize)]
struct Packages {
    #[serde(default, deserialize_with = "most")]
    results: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    #[serde(default, deserialize_with = "most")]
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    id: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    last_modified: Option<String>,
}

/// Reads a source from where the last reading ended; a table that has not changed since is not read.
pub fn read(
    fetch: &Fetch<'_>,
    feed: &Feed,
    source: &Source,
    state: &mut SourceState,
) -> Result<Counts, FeedError> {
    let portal = Portal {
        client: fetch.client,
        address: source.address.trim_end_matches('/'),
        page: fetch.page,
    };
    let resource = portal.find(source)?;
    state.is_of(&resource.id);
    let id = [("resource_id", resource.id.as_str())];
    let Found { fields, .. } =
        portal.ask("datastore_search", &[&id[..], &[("limit", "0")]].concat())?;
    let columns: Vec<String> = fields.into_iter().map(|field| field.id).collect();
    let layout = Layout::of(&columns, feed)?;
    let importer = fetch.importer(feed, source)?;
    let began_at = Timestamp::now().as_second();
    let version = resource.last_modified;
    if fetch.is_unchanged(state, version.as_deref()) {
        state.read_at = began_at;
        return Ok(importer.finish(true)?);
    }
    let mut pass = paging::begin(fetch, source, state, began_at, version);
    // It is always read whole: a datastore compares for equality alone.
    pass.since = fetch.since.map(|since| since.to_string());
    let reading = Reading {
        fetch,
        feed,
        source,
        columns: &columns,
        layout: &layout,
    };
    let mut names: Vec<&str> = layout
        .positions()
        .into_iter()
        .map(|at| columns[at].as_str())
        .collect();
    if !names.contains(&ID) {
        names.insert(0, ID);
    }
    let names = names.join(",");
    reading.pages(state, pass, importer, |pass| {
        let at = Offset::read(pass.after.as_deref(), "rows");
        let (from, limit) = (at.from().to_string(), PAGE_ROWS.to_string());
        let mut query = vec![
            id[0],
            ("fields", names.as_str()),
            ("sort", ID),
            ("offset", &from),
            ("limit", &limit),
        ];
        if let Some(search) = &source.search {
            query.push(("q", search));
        }
        let found: Found = portal.ask("datastore_search", &query)?;
        let most = found
            .limit
            .map_or(PAGE_ROWS, |limit| limit.clamp(1, PAGE_ROWS));
        let rows = found
            .records
            .ok_or_else(|| answer::shapeless(portal.address))?;
        // A page that is full is not taken for the last: an empty one is, but for the row that is looked back at.
        let looked_back = usize::from(at.rows > 0);
        at.page(rows, ID, |came| came < most || came == looked_back)
    })
}

impl Portal<'_> {
    fn find(&self, source: &Source) -> Result<Resource, FeedError> {
        let named = |id: &String| Resource {
            id: id.clone(),
            name: None,
            last_modified: None,
        };
        let Some(title) = &source.title else {
            let id = source.dataset.clone().unwrap_or_default();
            let resource = self.ask("resource_show", &[("id", &id)]);
            return match resource {
                Ok(resource) => Ok(resource),
                // Some portals tell nothing of a table and give its rows all the same.
                Err(FeedError::Portal {
                    status: 403 | 404, ..
                }) => Ok(named(&id)),
                Err(error) => Err(error),
            };
        };
        let packages = match &source.package {
            Some(package) => {
                let package = self.ask::<Package>("package_show", &[("id", package)]);
                package.map(|package| vec![package])
            }
            None => {
                let query = [("q", title.as_str()), ("rows", PACKAGES)];
                let packages = self.ask::<Packages>("package_search", &query);
                packages.map(|packages| packages.results)
            }
        };
        let is_it = |resource: &Resource| resource.name.as_ref() == Some(title);
        let known = source.known.get(title).map(named);
        match packages {
            Ok(packages) => {
                let mut all = packages.into_iter().flat_map(|package| package.resources);
                all.find(is_it)
                    .or(known)
                    .ok_or_else(|| FeedError::NoDataset(title.clone()))
            }
            Err(error) => known.ok_or(error),
        }
    }

    fn ask<T: DeserializeOwned>(
        &self,
        action: &str,
        query: &[(&str, &str)],
    ) -> Result<T, FeedError> {
        let address = answer::address(&format!("{}/api/3/action/{action}", self.address), query);
        self.client.patiently(|| {
            let bytes = answer::bytes(
                self.client,
                &address,
                "application/json",
                &["json"],
                self.page,
            )?;
            let answer: Answer<T> = answer::parsed(&address, &bytes)?;
            match answer.result {
                Some(result) if answer.success => Ok(result),
                _ => {
                    let (code, text) = failure::parts(&answer.error.unwrap_or_default());
                    Err(failure::told(&address, &code, &text))
                }
            }
        })
    }
}

/// The columns and rows of an answer that somebody saved.
pub fn saved(found: Found) -> (Vec<String>, Vec<JsonRow>) {
    let columns = found.fields.into_iter().map(|field| field.id).collect();
    (columns, found.records.unwrap_or_default())
}
