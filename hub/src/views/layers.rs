//! Layers: the published aggregates of open data.

use geo::MultiPolygon;
use h3o::geom::SolventBuilder;
use jiff::civil::{Date, date};
use jiff::{Span, Timestamp};
use spotlight_common::cell::Cell;

use crate::city::{Feed, FeedWords};
use crate::store::open_data::{Freshness, PublishedMonth};
use crate::views::words::Lang;

/// One published area and its count.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Its cell, or `<cell>-rest` for what is left of a coarser one.
    pub area: String,
    /// Its outline, longitude and latitude in degrees.
    pub geometry: MultiPolygon<f64>,
    /// Distinct requests, at least 5 from at least 3 addresses.
    pub count: u32,
}

/// One month of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// `YYYY-MM`.
    pub period: String,
    /// Disjoint areas, in order of name.
    pub areas: Vec<Area>,
}

/// A layer as `/api/v1/layers` lists it, with its periods, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// For instance `encampments`.
    pub id: String,
    /// In plain words.
    pub title: String,
    /// What it means, and what it does not.
    pub explanation: String,
    /// What a count counts.
    pub unit: String,
    /// The three of them in Spanish, if the city's file has them.
    pub spanish: Option<FeedWords>,
    /// Who published the data.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// The last day that the data holds.
    pub data_through: Option<Date>,
    /// When the operator rebuilt it whole, if ever.
    pub rebuilt_on: Option<Date>,
    /// When the data was last read.
    pub fetched_at: Option<Timestamp>,
    /// Oldest first.
    pub periods: Vec<Period>,
}

impl Layer {
    /// Title, explanation and unit in the reader's language, where the city's file has them.
    pub fn words(&self, lang: Lang) -> (&str, &str, &str) {
        match (&self.spanish, lang) {
            (Some(words), Lang::Spanish) => (&words.title, &words.explanation, &words.unit),
            _ => (&self.title, &self.explanation, &self.unit),
        }
    }
}

/// The layer of a feed: its published months, drawn. Views see nothing finer than [`PublishedMonth`].
pub fn layer(feed: &Feed, months: &[(i32, PublishedMonth)], freshness: Freshness) -> Layer {
    let rebuilt_at = freshness
        .rebuilt_at
        .and_then(|second| Timestamp::from_second(second).ok());
    let periods = months.iter().map(|(month, published)| Period {
        period: date_of(*month).strftime("%Y-%m").to_string(),
        areas: published
            .areas
            .iter()
            .map(|area| Area {
                area: area.area.clone(),
                geometry: outline(&area.cells),
                count: area.count,
            })
            .collect(),
    });
    Layer {
        id: feed.id.clone(),
        title: feed.title.clone(),
        explanation: feed.explanation.clone(),
        unit: feed.unit.clone(),
        spanish: feed.spanish.clone(),
        source: feed.source.clone(),
        licence: feed.licence.clone(),
        data_through: (freshness.data_through > i32::MIN).then(|| date_of(freshness.data_through)),
        rebuilt_on: rebuilt_at.map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()),
        fetched_at: Timestamp::from_second(freshness.fetched_at).ok(),
        periods: periods.collect(),
    }
}

/// The date of a number of days since 1970.
pub fn date_of(number: i32) -> Date {
    let start = date(1970, 1, 1);
    start.checked_add(Span::new().days(number)).unwrap_or(start)
}

/// The dissolved outline of cells, which a layer has distinct and of one resolution.
fn outline(cells: &[Cell]) -> MultiPolygon<f64> {
    let solvent = SolventBuilder::new().build();
    solvent
        .dissolve(cells.iter().map(|cell| cell.h3()))
        .unwrap_or_else(|_| MultiPolygon::new(Vec::new()))
}
