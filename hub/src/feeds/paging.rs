//! A table that comes page by page, whatever it is asked through: each page is committed as it comes, and a reading that is
//! cut off goes on where it was.

use super::FeedError;
use super::fetch::Fetch;
use super::import::{Counts, Importer};
use super::layout::Layout;
use super::soda::{JsonRow, text};
use crate::city::{Feed, Source};
use crate::store::open_data::sources::{Pass, SourceState, stamp};

/// A source without time stamps of its own is read again from so many days before the last reading: what a city publishes
/// later than its month is due comes too late anyway.
const AGAIN_DAYS: i64 = 45;

/// Times that a reading begins anew because its table changed below it.
const RESTARTS: u8 = 3;

/// Some rows, and where the next ones are.
#[derive(Debug, Default)]
pub struct Page {
    pub rows: Vec<JsonRow>,
    /// What the next page comes after; `None` at the end.
    pub after: Option<String>,
    /// The newest time stamp of the rows, where they have one.
    pub newest: Option<String>,
}

/// A table that is being read.
pub struct Reading<'a> {
    pub fetch: &'a Fetch<'a>,
    pub feed: &'a Feed,
    pub source: &'a Source,
    pub columns: &'a [String],
    pub layout: &'a Layout,
}

impl Reading<'_> {
    /// Reads on to the end of a pass.
    pub fn pages(
        &self,
        state: &mut SourceState,
        mut pass: Pass,
        mut importer: Importer<'_>,
        mut next: impl FnMut(&Pass) -> Result<Page, FeedError>,
    ) -> Result<Counts, FeedError> {
        let Fetch {
            store,
            city,
            since,
            bar,
            ..
        } = self.fetch;
        loop {
            let page = next(&pass)?;
            for row in &page.rows {
                let text_at = |at: usize| text(row, &self.columns[at]);
                importer.push(self.layout.row(text_at, self.feed, city))?;
            }
            importer.flush()?;
            pass.newest = page.newest.max(pass.newest.take());
            bar.set_position(importer.rows());
            let Some(after) = page.after else { break };
            pass.after = Some(after);
            // From here a later reading goes on, should this one be cut off.
            if since.is_none() {
                state.pass = Some(pass.clone());
                store.put_source(&self.feed.id, &self.source.id, state)?;
            }
        }
        state.end(&pass, since.is_some());
        // An earlier reading that was cut off may have left periods of which this one has not all.
        Ok(importer.finish(state.pass.is_none())?)
    }
}

/// The reading of a source without time stamps that is to go on or to begin.
pub fn begin(
    fetch: &Fetch<'_>,
    source: &Source,
    state: &SourceState,
    began_at: i64,
    version: Option<String>,
) -> Pass {
    if let (Some(pass), None) = (&state.pass, fetch.since) {
        return pass.clone();
    }
    let read_to: Option<jiff::Timestamp> = state.updated_to.as_ref().and_then(|to| to.parse().ok());
    let since = match (fetch.since, read_to) {
        (Some(since), _) => Some(since),
        (None, None) => fetch.days_ago(source.days),
        (None, Some(to)) => {
            let again = jiff::Span::new().days(AGAIN_DAYS);
            let again = fetch.city.day(to).checked_sub(again).ok();
            // What a first reading left out is left out later too.
            again.max(state.since.as_ref().and_then(|since| since.parse().ok()))
        }
    };
    Pass {
        began_at,
        version,
        since: since.map(|day| day.to_string()),
        newest: Some(stamp(began_at)),
        ..Pass::default()
    }
}

/// Where the next page of a table is that is paged by counting rows: the page before is looked back at by one row, for a row
/// that was taken out of the table moves all others up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offset {
    /// How the table is asked, a word of its kind.
    pub way: String,
    /// How many rows came.
    pub rows: u64,
    /// How often the reading began anew.
    pub restarts: u8,
    /// The id of the last row.
    pub last: String,
}

impl Offset {
    /// What [`Offset::write`] wrote; the beginning, if it was something else.
    pub fn read(after: Option<&str>, way: &str) -> Self {
        let beginning = Self {
            way: way.to_owned(),
            ..Self::default()
        };
        let read = |after: &str| {
            let mut words = after.splitn(4, ' ');
            Some(Self {
                way: words.next()?.to_owned(),
                rows: words.next()?.parse().ok()?,
                restarts: words.next()?.parse().ok()?,
                last: words.next()?.to_owned(),
            })
        };
        after.and_then(read).unwrap_or(beginning)
    }

    /// For the pass to keep.
    pub fn write(&self) -> String {
        let Self {
            way,
            rows,
            restarts,
            last,
        } = self;
        format!("{way} {rows} {restarts} {last}")
    }

    /// From which row on the table is asked.
    pub fn from(&self) -> u64 {
        self.rows.saturating_sub(1)
    }

    /// The next page, of the rows that came from [`Offset::from`] on. `is_last` says of the count of them whether they are the
    /// table's last.
    pub fn page(
        mut self,
        mut rows: Vec<JsonRow>,
        id: &str,
        is_last: impl Fn(usize) -> bool,
    ) -> Result<Page, FeedError> {
        let came = rows.len();
        if self.rows > 0 {
            let is_where_it_was = rows.first().is_some_and(|row| text(row, id) == self.last);
            if !is_where_it_was {
                if self.restarts == RESTARTS {
                    return Err(FeedError::Form(
                        "a table that changes while it is read; it is read again later",
                    ));
                }
                let anew = Self {
                    way: self.way,
                    restarts: self.restarts + 1,
                    ..Self::default()
                };
                return Ok(Page {
                    after: Some(anew.write()),
                    ..Page::default()
                });
            }
            rows.remove(0);
        }
        let Some(last) = rows.last() else {
            return match is_last(came) {
                true => Ok(Page::default()),
                false => Err(FeedError::Form(
                    "said to have more rows, and gives none of them",
                )),
            };
        };
        self.last = text(last, id).into_owned();
        if self.last.is_empty() {
            return Err(FeedError::Form("of rows without an id to page by"));
        }
        self.rows += rows.len() as u64;
        let after = (!is_last(came)).then(|| self.write());
        Ok(Page {
            rows,
            after,
            newest: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(ids: std::ops::Range<u32>) -> Vec<JsonRow> {
        let row = |id: u32| JsonRow::from_iter([("id".to_owned(), id.into())]);
        ids.map(row).collect()
    }

    #[test]
    fn a_page_begins_with_the_last_row_of_the_one_before_or_all_begins_anew() {
        let more = |_| false;
        let first = Offset::read(None, "w");
        assert_eq!((first.from(), first.way.as_str()), (0, "w"));
        let page = first.page(rows(1..4), "id", more).expect("a page");
        assert_eq!(page.rows.len(), 3);
        let second = Offset::read(page.after.as_deref(), "other");
        assert_eq!((second.from(), second.way.as_str()), (2, "w"));
        let page = second
            .clone()
            .page(rows(3..6), "id", |_| true)
            .expect("a page");
        assert_eq!((page.rows.len(), page.after), (2, None));
        // A row is gone: what is left has moved up.
        let mut moved = second;
        for n in 1..=RESTARTS {
            let page = moved.page(rows(4..6), "id", more).expect("a page");
            assert!(page.rows.is_empty());
            moved = Offset::read(page.after.as_deref(), "w");
            assert_eq!((moved.from(), moved.restarts), (0, n));
            let page = moved.page(rows(1..4), "id", more).expect("a page");
            moved = Offset::read(page.after.as_deref(), "w");
        }
        assert!(moved.clone().page(rows(4..6), "id", more).is_err());
        // It says that there is more and gives none.
        assert!(moved.page(rows(3..4), "id", more).is_err());
        assert_eq!(Offset::read(Some("x"), "w"), Offset::read(None, "w"));
    }
}
