//! Layers: the published aggregates of open data.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use geo::MultiPolygon;
use h3o::geom::SolventBuilder;
use jiff::Timestamp;
use jiff::civil::Date;
use spotlight_common::cell::Cell;

use crate::city::boundaries::Areas;
use crate::city::{Feed, FeedWords, Span, rent};
use crate::feeds::period;
use crate::feeds::publish::{Extent, PublishedPeriod};
use crate::feeds::status::Trouble;
use crate::store::open_data::sources::StoredAreas;
use crate::store::open_data::{self, BegunBy, Freshness};
use crate::views::rents::RentArea;
use crate::views::words::Lang;

/// One published area and its count.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// Its cell or its name, or `NAME-rest` for what is left of a coarser one.
    pub area: String,
    /// Its outline, longitude and latitude in degrees; areas of several periods share it.
    pub geometry: Arc<MultiPolygon<f64>>,
    /// What of it was counted.
    pub begun_by: BegunBy,
    /// Distinct requests, at least 5 from at least 3 addresses.
    pub count: u32,
}

/// One month or week of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Period {
    /// `YYYY-MM` or `YYYY-Www`.
    pub period: String,
    /// Its first day.
    pub first: Date,
    /// Disjoint areas of each kind of beginning, in order of it and of their names.
    pub areas: Vec<Area>,
    /// Where the layer is of rents, they are its areas, and there are no counts.
    pub rents: Vec<RentArea>,
    /// How many have no place that the map knows, where they are enough to be told.
    pub unknown: Vec<(BegunBy, u32)>,
}

impl Period {
    /// What of it is drawn together: areas of one kind of beginning do not overlap.
    pub fn of(&self, begun_by: BegunBy) -> impl Iterator<Item = &Area> {
        self.areas
            .iter()
            .filter(move |area| area.begun_by == begun_by)
    }
}

/// A layer as `/api/v1/layers` lists it, with its periods, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// For instance `encampments`.
    pub id: String,
    /// How long its periods are.
    pub span: Span,
    /// What is told apart in it, the first shown first; only one where the feed does not tell.
    pub begun_by: Vec<BegunBy>,
    /// Whose rents it is of; none where it counts.
    pub rents: Option<rent::Kind>,
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
    /// Whether it cannot be refreshed.
    pub trouble: Option<Trouble>,
    /// Oldest first.
    pub periods: Vec<Period>,
}

impl Layer {
    /// Title, explanation and unit in the reader's language, where its own file or the city's has them.
    pub fn words(&self, lang: Lang) -> (Cow<'_, str>, Cow<'_, str>, Cow<'_, str>) {
        let (title, explanation, unit) = match &self.spanish {
            Some(words) if lang.code() == "es" => (&words.title, &words.explanation, &words.unit),
            _ => (&self.title, &self.explanation, &self.unit),
        };
        let [own_title, own_explanation, own_unit] = lang.layer(&self.id);
        (
            own_title.unwrap_or_else(|| lang.beside(title)),
            own_explanation.unwrap_or_else(|| lang.beside(explanation)),
            own_unit.unwrap_or_else(|| lang.beside(unit)),
        )
    }
}

/// The layer of a feed: its published periods, drawn. Views see nothing finer than [`PublishedPeriod`]. `areas` are those that
/// the feed's rows name, also of old.
pub fn layer(
    feed: &Feed,
    published: &[(i32, PublishedPeriod)],
    areas: StoredAreas,
    freshness: Freshness,
    trouble: Option<Trouble>,
) -> Layer {
    let rebuilt_at = freshness
        .rebuilt_at
        .and_then(|second| Timestamp::from_second(second).ok());
    // What is gone was there when its period was published.
    let mut areas_then = areas.areas;
    areas_then.0.extend(areas.former.0);
    let mut outlines = Outlines {
        areas: areas_then,
        known: HashMap::new(),
    };
    let periods = published.iter().map(|(first, published)| {
        let first = open_data::day(*first);
        let drawn = published.areas().iter().filter_map(|area| {
            let geometry = outlines.of(area.extent())?;
            Some(Area {
                area: area.area().to_owned(),
                geometry,
                begun_by: area.begun_by(),
                count: area.count(),
            })
        });
        let drawn = drawn.collect();
        let unknown = published.areas().iter();
        let unknown = unknown.filter(|area| *area.extent() == Extent::Unknown);
        Period {
            period: period::name(feed.period, first),
            first,
            areas: drawn,
            rents: Vec::new(),
            unknown: unknown
                .map(|area| (area.begun_by(), area.count()))
                .collect(),
        }
    });
    Layer {
        id: feed.id.clone(),
        span: feed.period,
        begun_by: match feed.officer_initiated {
            Some(_) => vec![BegunBy::Officer, BegunBy::Dispatch],
            None => vec![BegunBy::Untold],
        },
        rents: None,
        title: feed.title.clone(),
        explanation: feed.explanation.clone(),
        unit: feed.unit.clone(),
        spanish: feed.spanish.clone(),
        source: feed.source.clone(),
        licence: feed.licence.clone(),
        data_through: (freshness.data_through > i32::MIN)
            .then(|| open_data::day(freshness.data_through)),
        rebuilt_on: rebuilt_at.map(|at| at.to_zoned_datetime(jiff::tz::TimeZone::UTC).date()),
        fetched_at: Timestamp::from_second(freshness.fetched_at).ok(),
        trouble,
        periods: periods.collect(),
    }
}

/// Outlines by what they are of: most areas come again in each period.
struct Outlines {
    areas: Areas,
    known: HashMap<Extent, Arc<MultiPolygon<f64>>>,
}

impl Outlines {
    /// None for what cannot be drawn.
    fn of(&mut self, extent: &Extent) -> Option<Arc<MultiPolygon<f64>>> {
        if let Some(known) = self.known.get(extent) {
            return Some(known.clone());
        }
        let outline = match extent {
            Extent::Cells(cells) => dissolved(cells),
            Extent::Named(names) => self.areas.outline(names.iter().map(String::as_str)),
            Extent::Unknown => return None,
        };
        let outline = Arc::new(outline);
        self.known.insert(extent.clone(), outline.clone());
        Some(outline)
    }
}

/// The outline of cells, which a layer has distinct and of one resolution.
fn dissolved(cells: &[Cell]) -> MultiPolygon<f64> {
    let solvent = SolventBuilder::new().build();
    solvent
        .dissolve(cells.iter().map(|cell| cell.h3()))
        .unwrap_or_else(|_| MultiPolygon::new(Vec::new()))
}
