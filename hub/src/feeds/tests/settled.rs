//! A period is published once: never before all of it was read, and then without anybody's doing.

use super::*;
use crate::store::open_data::sources::{Pass, SourceState};

const DAY: i64 = 24 * 3600;

/// Requests of every day of two months, and the city's sources: `old` of 2025, read by hand, and `new-YEAR`, read daily.
struct Two {
    setup: Setup,
    now: Timestamp,
}

impl Two {
    fn new() -> Self {
        let mut setup = Setup::new();
        let feed = setup
            .city
            .feeds
            .iter_mut()
            .find(|feed| feed.id == "encampments");
        let feed = feed.expect("a feed");
        let source = |text: &str| toml::from_str(text).expect("a source");
        feed.sources = vec![
            source(
                "id = 'old'\nkind = 'csv'\naddress = 'https://x/'\nfrom = '2025-01-01'\nto = '2025-12-31'",
            ),
            source(
                "id = 'new'\nkind = 'socrata'\naddress = 'https://x/'\ntitle = 'New {year}'\nfrom = '2025-06-01'\nevery_hours = 24",
            ),
        ];
        let mut csv = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n".to_owned();
        for (month, n) in [(11, 0), (12, 100)] {
            for day in 1..=30 {
                csv += &format!(
                    "{},2025-{month}-{day},Homeless Encampment,{day} A ST,34.05,-118.25\n",
                    n + day
                );
            }
        }
        csv += "999,2026-01-10,Homeless Encampment,Z ST,34.05,-118.25\n";
        setup.read(csv.as_bytes()).expect("reads");
        let now = "2026-01-12T12:00:00Z".parse().expect("a time");
        Self { setup, now }
    }

    fn state(&self, source: &str, state: SourceState) {
        let state = SourceState {
            tried_at: self.now.as_second(),
            ..state
        };
        self.setup
            .store
            .put_source("encampments", source, &state)
            .expect("kept");
    }

    fn read(days_ago: i64, now: Timestamp) -> SourceState {
        SourceState {
            read_at: now.as_second() - days_ago * DAY,
            ..SourceState::default()
        }
    }

    fn published(&self) -> Vec<String> {
        let feed = self.setup.city.feed("encampments").expect("a feed");
        publish_due(
            &self.setup.store,
            &self.setup.city,
            feed,
            self.now,
            Which::Settled,
        )
        .expect("publishes");
        let layer = self.setup.layer("encampments");
        layer
            .periods
            .into_iter()
            .map(|period| period.period)
            .collect()
    }
}

#[test]
fn what_was_imported_is_published_where_no_source_was_ever_asked() {
    assert_eq!(Two::new().published(), ["2025-11", "2025-12"]);
}

#[test]
fn a_scheduled_source_must_have_been_read_since_the_period_was_due() {
    let two = Two::new();
    // November was due on December 8, December on January 8; it was last read on January 2.
    two.state("new-2025", Two::read(10, two.now));
    assert_eq!(two.published(), ["2025-11"]);
    two.state("new-2025", Two::read(1, two.now));
    assert_eq!(two.published(), ["2025-11", "2025-12"]);
}

#[test]
fn a_source_that_was_read_by_hand_must_have_been_read_to_its_end() {
    let two = Two::new();
    two.state("new-2025", Two::read(1, two.now));
    let failed = SourceState {
        failures: 1,
        ..SourceState::default()
    };
    two.state("old", failed);
    assert!(two.published().is_empty());
    // From the middle of November on.
    let late = SourceState {
        since: Some("2025-11-15".to_owned()),
        ..Two::read(1, two.now)
    };
    two.state("old", late);
    assert_eq!(two.published(), ["2025-12"]);
    two.state("old", Two::read(30, two.now));
    assert_eq!(two.published(), ["2025-11", "2025-12"]);
}

#[test]
fn a_reading_that_is_open_holds_its_periods() {
    let two = Two::new();
    let open = SourceState {
        pass: Some(Pass::default()),
        ..Two::read(1, two.now)
    };
    two.state("new-2025", open);
    assert!(two.published().is_empty());
}

#[test]
fn a_portal_that_is_quiet_has_not_said_all() {
    let two = Two::new();
    // January's table is read, and its newest row is of the 10th.
    two.state("new-2026", Two::read(0, two.now));
    let later = Two {
        now: "2026-02-20T12:00:00Z".parse().expect("a time"),
        ..two
    };
    later.state("new-2026", Two::read(0, later.now));
    assert!(!later.published().contains(&"2026-01".to_owned()));
}

/// A hub that was taken off the internet goes on with what is imported.
#[test]
fn a_source_that_nobody_asks_any_more_holds_nothing() {
    let two = Two::new();
    let long_ago = SourceState {
        tried_at: two.now.as_second() - 8 * DAY,
        ..Two::read(40, two.now)
    };
    two.setup
        .store
        .put_source("encampments", "new-2025", &long_ago)
        .expect("kept");
    assert_eq!(two.published(), ["2025-11", "2025-12"]);
}

/// One file is cut off; another with rows of the same month ends well.
#[test]
fn a_file_that_was_cut_off_holds_its_periods_whatever_other_files_do() {
    let two = Two::new();
    let feed = two.setup.city.feed("encampments").expect("a feed");
    let (store, city) = (&two.setup.store, &two.setup.city);
    let csv = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n\
               2000,2025-12-05,Homeless Encampment,Q ST,34.05,-118.25\n";
    let mut cut = Importer::new(store, city, feed, "file:cut.csv", "cut.csv").expect("opens");
    fetch::read_all(csv.as_bytes(), feed, city, &mut cut).expect("reads");
    cut.flush().expect("stores");
    drop(cut);
    two.setup
        .read(csv.replace("2000", "2001").as_bytes())
        .expect("reads");
    assert_eq!(two.published(), ["2025-11"]);
    let mut again = Importer::new(store, city, feed, "file:cut.csv", "cut.csv").expect("opens");
    fetch::read_all(csv.as_bytes(), feed, city, &mut again).expect("reads");
    again.finish(true).expect("ends");
    assert_eq!(two.published(), ["2025-11", "2025-12"]);
}

/// The year's last table is read until its last month is whole, and then no more.
#[test]
fn a_past_years_table_is_read_until_its_last_period_is_whole() {
    let two = Two::new();
    let feed = two.setup.city.feed("encampments").expect("a feed");
    let ids = |today| -> Vec<String> {
        let tables = fetch::scheduled(&two.setup.store, &two.setup.city, feed, today);
        tables
            .expect("lists")
            .into_iter()
            .map(|table| table.id)
            .collect()
    };
    let today = date(2026, 1, 12);
    assert_eq!(ids(today), ["new-2025", "new-2026"]);
    two.state("new-2025", Two::read(10, two.now));
    assert_eq!(ids(today), ["new-2025", "new-2026"]);
    two.state("new-2025", Two::read(1, two.now));
    assert_eq!(ids(today), ["new-2026"]);
}

#[test]
fn what_waits_for_a_source_is_counted_and_the_operator_may_publish_it_all_the_same() {
    let two = Two::new();
    two.state("new-2025", Two::read(10, two.now));
    let feed = two.setup.city.feed("encampments").expect("a feed");
    let publish = |which| {
        let done = publish_due(&two.setup.store, &two.setup.city, feed, two.now, which);
        done.expect("publishes")
    };
    let done = publish(Which::Settled);
    assert_eq!((done.periods, done.unsettled, done.unfinished), (1, 1, 0));
    let again = publish(Which::Again);
    assert_eq!((again.periods, again.unsettled), (1, 1));
    assert_eq!(publish(Which::Everything).periods, 2);
    assert_eq!(two.published(), ["2025-11", "2025-12"]);
}
