//! Open311 GeoReport v2 (<https://wiki.open311.org/GeoReport_v2/>): service requests in JSON or XML, asked for window by window
//! of time, for an answer has at most 90 days or 1,000 requests, and often fewer without saying so. A window whose answer may
//! be full is halved; where the endpoint pages (`page`, `page_size`), its pages are read instead.
//!
//! The dialects that are known: dates without a zone, XML only, lists in an object, empty elements, errors with 200.

mod answer;
pub mod xml;

use jiff::{SignedDuration, Timestamp};

use super::FeedError;
use super::answer::{address, bytes};
use super::fetch::Fetch;
use super::import::Counts;
use super::layout::Layout;
use super::paging::{self, Page, Reading};
use super::soda::text;
use crate::city::{Feed, Format, Source};
use crate::store::open_data::sources::{Pass, SourceState};
pub use answer::rows;

/// What a request is described by.
pub const COLUMNS: [&str; 16] = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
];

/// The longest window that is asked for, of the 90 days that the specification allows, and the shortest.
const LONGEST: SignedDuration = SignedDuration::from_hours(30 * 24);
const SHORTEST: SignedDuration = SignedDuration::from_secs(60);

/// Requests that an answer has at most, by the specification.
const FULL: usize = 1_000;

/// Endpoints cut their answers at less, and all at a round number: one of a multiple of this may be cut.
const ROUND: usize = 50;

/// Pages that one window has at most.
const MOST_PAGES: u32 = 10_000;

/// Reads a source from where the last reading ended.
pub fn read(
    fetch: &Fetch<'_>,
    feed: &Feed,
    source: &Source,
    state: &mut SourceState,
) -> Result<Counts, FeedError> {
    state.is_of(&source.address);
    let columns = COLUMNS.map(str::to_owned);
    let layout = Layout::of(&columns, feed)?;
    let importer = fetch.importer(feed, source)?;
    let began_at = Timestamp::now().as_second();
    let mut pass = paging::begin(fetch, source, state, began_at, None);
    if pass.since.is_none() {
        // The first day is always known: without one an endpoint gives what it likes.
        pass.since = source.from.map(|from| from.to_string());
    }
    let endpoint = Endpoint {
        fetch,
        source,
        codes: None,
    };
    let endpoint = Endpoint {
        codes: endpoint.codes(feed, &columns, &layout)?,
        ..endpoint
    };
    let reading = Reading {
        fetch,
        feed,
        source,
        columns: &columns,
        layout: &layout,
    };
    reading.pages(state, pass, importer, |pass| endpoint.page(pass))
}

/// Where requests are asked for.
struct Endpoint<'a> {
    fetch: &'a Fetch<'a>,
    source: &'a Source,
    /// The services that the feed is of, as the endpoint names them.
    codes: Option<String>,
}

/// Where a reading is: the window's begin and length, and the page in it with the first id of the page before.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    start: Timestamp,
    length: SignedDuration,
    page: u32,
    first_id: String,
}

impl Window {
    fn read(after: &str) -> Option<Self> {
        let mut words = after.splitn(4, ' ');
        let start = words.next()?.parse().ok()?;
        let length: i64 = words.next()?.parse().ok()?;
        Some(Self {
            start,
            length: SignedDuration::from_secs(length).clamp(SHORTEST, LONGEST),
            page: words.next()?.parse().ok()?,
            first_id: words.next()?.to_owned(),
        })
    }

    fn write(&self) -> String {
        let Self {
            start,
            length,
            page,
            first_id,
        } = self;
        format!("{start} {} {page} {first_id}", length.as_secs())
    }

    fn end(&self, last: Timestamp) -> Timestamp {
        self.start
            .checked_add(self.length)
            .unwrap_or(last)
            .min(last)
    }

    /// The window after it, a longer one where the answer had room.
    fn next(&self, last: Timestamp) -> Option<Self> {
        let start = self.end(last);
        (start < last).then(|| Self {
            start,
            length: (self.length * 2).min(LONGEST),
            page: 1,
            first_id: String::new(),
        })
    }
}

impl Endpoint<'_> {
    /// The codes of the services whose name or code the feed's filter means, where it is about either.
    fn codes(
        &self,
        feed: &Feed,
        columns: &[String],
        layout: &Layout,
    ) -> Result<Option<String>, FeedError> {
        let (Some(filter), Some(at)) = (&feed.filter, layout.filter()) else {
            return Ok(None);
        };
        let column = columns[at].as_str();
        if !matches!(column, "service_name" | "service_code") {
            return Ok(None);
        }
        let services = self.ask("services", &[])?;
        let meant = services
            .iter()
            .filter(|row| filter.holds(&text(row, column)));
        let codes: Vec<_> = meant
            .map(|row| text(row, "service_code").into_owned())
            .collect();
        if codes.iter().all(|code| code.trim().is_empty()) {
            return Err(FeedError::NoDataset(filter.is.join(", ")));
        }
        Ok(Some(codes.join(",")))
    }

    fn page(&self, pass: &Pass) -> Result<Page, FeedError> {
        let last = Timestamp::from_second(pass.began_at).unwrap_or_default();
        let known = pass.after.as_deref().and_then(Window::read);
        let Some(mut window) = known.or_else(|| self.first(pass)) else {
            return Ok(Page::default());
        };
        if self.source.page_size.is_some() {
            return self.one_of_many(window, last);
        }
        loop {
            let rows = self.requests(&window, last, &[])?;
            let may_be_cut =
                rows.len() >= FULL || !rows.is_empty() && rows.len().is_multiple_of(ROUND);
            if may_be_cut && window.length > SHORTEST {
                window.length = (window.length / 2).max(SHORTEST);
                continue;
            }
            if rows.len() >= FULL {
                return Err(FeedError::Form(
                    "of as many requests a minute as one answer can have; name its services in `filter`, or set `page_size`",
                ));
            }
            return Ok(Page {
                rows,
                after: window.next(last).map(|next| next.write()),
                newest: None,
            });
        }
    }

    fn one_of_many(&self, mut window: Window, last: Timestamp) -> Result<Page, FeedError> {
        let size = self.source.page_size.unwrap_or_default();
        let (page, size) = (window.page.to_string(), size.to_string());
        let query = [("page", page.as_str()), ("page_size", size.as_str())];
        let rows = self.requests(&window, last, &query)?;
        let first_id = rows
            .first()
            .map(|row| text(row, "service_request_id").into_owned());
        let next = match first_id {
            // Also a short page is not taken for the last: an endpoint may give fewer than it is asked for.
            Some(first_id) => {
                if first_id == window.first_id || window.page == MOST_PAGES {
                    return Err(FeedError::Form(
                        "giving the same page again: it does not page, so leave out `page_size`",
                    ));
                }
                window.page += 1;
                window.first_id = first_id;
                Some(window)
            }
            None => window.next(last),
        };
        Ok(Page {
            rows,
            after: next.map(|next| next.write()),
            newest: None,
        })
    }

    fn first(&self, pass: &Pass) -> Option<Window> {
        let day: jiff::civil::Date = pass.since.as_ref()?.parse().ok()?;
        let midnight = day.at(0, 0, 0, 0);
        Some(Window {
            start: self.fetch.city.time_zone.to_timestamp(midnight).ok()?,
            length: LONGEST,
            page: 1,
            first_id: String::new(),
        })
    }

    fn requests(
        &self,
        window: &Window,
        last: Timestamp,
        more: &[(&str, &str)],
    ) -> Result<Vec<super::soda::JsonRow>, FeedError> {
        let (start, end) = (self.date(window.start), self.date(window.end(last)));
        let mut query = vec![("start_date", start.as_str()), ("end_date", end.as_str())];
        if let Some(codes) = &self.codes {
            query.push(("service_code", codes));
        }
        query.extend(more);
        self.ask("requests", &query)
    }

    fn date(&self, at: Timestamp) -> String {
        match self.source.zoneless_dates {
            true => {
                let there = at.to_zoned_datetime(self.fetch.city.time_zone.clone());
                there.strftime("%Y-%m-%dT%H:%M:%S").to_string()
            }
            false => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        }
    }

    fn ask(
        &self,
        what: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<super::soda::JsonRow>, FeedError> {
        let (end, accept) = match self.source.format {
            Format::Json => ("json", "application/json"),
            Format::Xml => ("xml", "text/xml, application/xml"),
        };
        let base = self.source.address.trim_end_matches('/');
        let mut query = query.to_vec();
        if let Some(jurisdiction) = &self.source.jurisdiction {
            query.push(("jurisdiction_id", jurisdiction));
        }
        let address = address(&format!("{base}/{what}.{end}"), &query);
        let Fetch { client, page, .. } = self.fetch;
        client.patiently(|| {
            let forms = ["json", "xml", "text/plain", "javascript"];
            let bytes = bytes(client, &address, accept, &forms, *page)?;
            rows(&address, &bytes)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_written_down_and_end_at_the_reading_s_begin() {
        let at = |text: &str| -> Timestamp { text.parse().expect("a time") };
        let window = Window {
            start: at("2026-01-01T05:00:00Z"),
            length: SignedDuration::from_hours(24),
            page: 3,
            first_id: "a b".to_owned(),
        };
        assert_eq!(Window::read(&window.write()), Some(window.clone()));
        let next = window.next(at("2026-01-03T00:00:00Z")).expect("one");
        assert_eq!(
            (next.start, next.length.as_hours()),
            (at("2026-01-02T05:00:00Z"), 48)
        );
        assert_eq!(
            next.end(at("2026-01-03T00:00:00Z")),
            at("2026-01-03T00:00:00Z")
        );
        assert_eq!(window.next(at("2026-01-02T05:00:00Z")), None);
        assert_eq!(Window::read("x"), None);
    }
}
