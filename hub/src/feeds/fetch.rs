//! One reading of one source: from where the last one ended to the source's end, each page committed as it comes.

use std::io::Read;
use std::time::Duration;

use indicatif::ProgressBar;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use ureq::http::header;

use super::http::{Client, FORM, VERSION};
use super::import::{Counts, Importer};
use super::layout::Layout;
use super::paging::{Page, Reading};
use super::period;
use super::rows::Rows;
use super::soda::{Dataset, Wanted, text};
use super::values::cut;
use super::{FeedError, arcgis, ckan, geojson, open311, said};
use crate::city::{City, Feed, Kind, Source};
use crate::store::open_data::OpenData;
use crate::store::open_data::sources::{Pass, SourceState};
use crate::store::reports::StoreError;

/// How much of what was read is read again: a portal's rows may show up a little after the time that they bear.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// A file of a whole table may take so long.
const FILE: Duration = Duration::from_secs(3600);

/// What a reading needs.
pub struct Fetch<'a> {
    pub client: &'a Client,
    pub store: &'a OpenData,
    pub city: &'a City,
    /// How long a page may take.
    pub page: Duration,
    /// Rows of this day and later, instead of what the city's file says.
    pub since: Option<Date>,
    /// Shows how many rows have come.
    pub bar: ProgressBar,
}

/// The tables that a source stands for: where its title has `{year}`, one a year since its first day.
pub fn tables(source: &Source, today: Date) -> Vec<Source> {
    let Some(title) = source
        .title
        .as_ref()
        .filter(|title| title.contains("{year}"))
    else {
        return vec![source.clone()];
    };
    let this = today.year();
    let first = source.from.map_or(this, |from| from.year());
    (first..=this)
        .map(|year| Source {
            id: format!("{}-{year}", source.id),
            title: Some(title.replace("{year}", &year.to_string())),
            from: Some(jiff::civil::date(year, 1, 1)),
            to: Some(jiff::civil::date(year, 12, 31)),
            ..source.clone()
        })
        .collect()
}

/// The tables of a feed that a running hub reads: not those of years past that were read whole since their last period was due.
pub fn scheduled(
    store: &OpenData,
    city: &City,
    feed: &Feed,
    today: Date,
) -> Result<Vec<Source>, StoreError> {
    let mut wanted = Vec::new();
    let sources = feed.sources.iter();
    let sources = sources.filter(|source| source.every_hours.is_some());
    for table in sources.flat_map(|source| tables(source, today)) {
        let state = store.source(&feed.id, &table.id)?;
        let last = table.to.map(|to| period::first_day(feed.period, to));
        let is_over =
            last.is_some_and(|last| state.is_whole_since(period::due_at(feed.period, last, city)));
        if !is_over {
            wanted.push(table);
        }
    }
    Ok(wanted)
}

impl Fetch<'_> {
    /// Reads a source, and keeps how far it got; a failure leaves what was read before as it was.
    pub fn source(&self, feed: &Feed, source: &Source) -> Result<Counts, FeedError> {
        let mut state = self.store.source(&feed.id, &source.id)?;
        state.tried_at = Timestamp::now().as_second();
        let result = match source.kind {
            Kind::Socrata => self.dataset(feed, source, &mut state),
            Kind::Csv | Kind::Geojson => self.file(feed, source, &mut state),
            Kind::Arcgis => arcgis::read(self, feed, source, &mut state),
            Kind::Open311 => open311::read(self, feed, source, &mut state),
            Kind::Ckan => ckan::read(self, feed, source, &mut state),
        };
        match &result {
            Ok(counts) => {
                state.rows += counts.accepted;
                state.succeeded();
            }
            Err(error) => state.failed(said(error)),
        }
        self.store.put_source(&feed.id, &source.id, &state)?;
        result
    }

    /// Takes the rows of a source.
    pub fn importer<'s>(
        &'s self,
        feed: &'s Feed,
        source: &'s Source,
    ) -> Result<Importer<'s>, FeedError> {
        let name = format!("{}/{}", feed.id, source.id);
        Ok(Importer::new(
            self.store, self.city, feed, &source.id, &name,
        )?)
    }

    /// Whether all of this version was read before, and no more is asked for.
    pub fn is_unchanged(&self, state: &SourceState, version: Option<&str>) -> bool {
        let is_same = version.is_some() && version == state.version.as_deref();
        is_same && self.since.is_none() && state.pass.is_none()
    }

    fn dataset(
        &self,
        feed: &Feed,
        source: &Source,
        state: &mut SourceState,
    ) -> Result<Counts, FeedError> {
        let dataset = self.find(source)?;
        state.is_of(dataset.id());
        let about = dataset.about()?;
        let layout = Layout::of(&about.columns, feed)?;
        let version = about.rows_updated_at.map(|at| at.to_string());
        let importer = self.importer(feed, source)?;
        let began_at = Timestamp::now().as_second();
        if self.is_unchanged(state, version.as_deref()) {
            // Nothing has changed since.
            state.read_at = began_at;
            return Ok(importer.finish(true)?);
        }
        let pass = match (&state.pass, self.since) {
            (Some(pass), None) => pass.clone(),
            _ => Pass {
                version,
                ..self.begin(source, state, began_at)
            },
        };
        let reading = Reading {
            fetch: self,
            feed,
            source,
            columns: &about.columns,
            layout: &layout,
        };
        reading.pages(state, pass, importer, |pass| {
            let wanted = Wanted {
                updated_from: pass.updated_from.as_deref(),
                since: pass.since.as_deref(),
                after: pass.after.as_deref(),
            };
            let rows = dataset.page(feed, &about.columns, &layout, wanted)?;
            let Some(last) = rows.last() else {
                return Ok(Page::default());
            };
            let last = text(last, ":id").into_owned();
            if last.is_empty() || pass.after.as_ref() == Some(&last) {
                return Err(FeedError::Form(
                    "not in the order of `:id`: the portal does not page as SODA 2.1 says",
                ));
            }
            let updated = rows.iter().map(|row| text(row, ":updated_at"));
            let updated = updated.filter(|updated| !updated.is_empty());
            Ok(Page {
                newest: updated.max().map(|newest| newest.into_owned()),
                after: Some(last),
                rows,
            })
        })
    }

    fn find(&self, source: &Source) -> Result<Dataset<'_>, FeedError> {
        let portal = &source.address;
        let named = |id: &str| Dataset::new(self.client, portal, id, self.page);
        let Some(title) = &source.title else {
            return Ok(named(source.dataset.as_deref().unwrap_or_default()));
        };
        let known = source.known.get(title);
        match Dataset::find(self.client, portal, title, self.page) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => known
                .map(|id| named(id))
                .ok_or_else(|| FeedError::NoDataset(title.clone())),
            Err(error) => match known {
                Some(id) => Ok(named(id)),
                None => Err(error),
            },
        }
    }

    /// The day so many days ago.
    pub fn days_ago(&self, days: Option<u16>) -> Option<Date> {
        let today = self.city.day(Timestamp::now());
        let span = jiff::Span::new().days(i64::from(days?));
        today.checked_sub(span).ok()
    }

    fn begin(&self, source: &Source, state: &SourceState, began_at: i64) -> Pass {
        let since = match (self.since, &state.updated_to) {
            (Some(since), _) => Some(since),
            (None, None) => self.days_ago(source.days),
            // What a first reading left out is left out later too.
            (None, Some(_)) => state.since.as_ref().and_then(|since| since.parse().ok()),
        };
        let overlapped = |to: &String| {
            let to: Timestamp = to.parse().ok()?;
            let from = to.checked_sub(OVERLAP).ok()?;
            Some(from.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string())
        };
        Pass {
            began_at,
            version: None,
            updated_from: match self.since {
                Some(_) => None,
                None => state.updated_to.as_ref().and_then(overlapped),
            },
            since: since.map(|day| day.to_string()),
            after: None,
            newest: None,
        }
    }

    fn file(
        &self,
        feed: &Feed,
        source: &Source,
        state: &mut SourceState,
    ) -> Result<Counts, FeedError> {
        let began_at = Timestamp::now().as_second();
        let version = state.version.as_deref();
        let mut importer = self.importer(feed, source)?;
        let is_geojson = source.kind == Kind::Geojson;
        let accept = match is_geojson {
            true => "application/geo+json, application/json",
            false => "text/csv",
        };
        let mut response = self
            .client
            .patiently(|| self.client.get(&source.address, accept, version, FILE))?;
        let of = |name: &header::HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        if response.status().as_u16() == 304 {
            state.read_at = began_at;
            return Ok(importer.finish(true)?);
        }
        let version = VERSION.iter().find_map(of);
        let form = of(&header::CONTENT_TYPE).unwrap_or_default();
        if form.contains("html") || form.contains("json") && !is_geojson {
            return Err(FeedError::Type {
                address: source.address.clone(),
                got: cut(&form, FORM),
            });
        }
        let body = self.bar.wrap_read(response.body_mut().as_reader());
        match is_geojson {
            true => geojson::read_all(body, feed, self.city, &mut importer)?,
            false => read_all(body, feed, self.city, &mut importer)?,
        }
        state.read_at = began_at;
        state.version = version;
        Ok(importer.finish(true)?)
    }
}

/// Reads a table of comma-separated values to its end.
pub fn read_all(
    input: impl Read,
    feed: &Feed,
    city: &City,
    importer: &mut Importer<'_>,
) -> Result<(), FeedError> {
    read_rows(Rows::open(input, feed)?, feed, city, importer)
}

/// Takes the rows that are left.
pub fn read_rows(
    mut rows: Rows<'_>,
    feed: &Feed,
    city: &City,
    importer: &mut Importer<'_>,
) -> Result<(), FeedError> {
    while let Some(row) = rows.next(feed, city)? {
        importer.push(row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_title_with_a_year_is_a_table_a_year() {
        let source: Source = toml::from_str(
            "id = 'cases'\nkind = 'socrata'\naddress = 'https://x'\ntitle = 'Cases {year}'\nfrom = '2026-01-01'",
        )
        .expect("a source");
        let ids = |today| -> Vec<String> {
            let tables = tables(&source, today).into_iter();
            tables.map(|source| source.id).collect()
        };
        assert_eq!(ids(date(2026, 1, 2)), ["cases-2026"]);
        assert_eq!(
            ids(date(2028, 1, 2)),
            ["cases-2026", "cases-2027", "cases-2028"]
        );
        let tables = tables(&source, date(2026, 5, 2));
        assert_eq!(tables[0].title.as_deref(), Some("Cases 2026"));
        assert_eq!(tables[0].to, Some(date(2026, 12, 31)));
    }
}
