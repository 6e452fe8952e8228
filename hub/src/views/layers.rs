//! Layers: the published aggregates of open data.

use geo::MultiPolygon;
use jiff::Timestamp;
use jiff::civil::Date;

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
    /// Who published the data.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// The last day that the data holds.
    pub data_through: Option<Date>,
    /// When the data was last read.
    pub fetched_at: Option<Timestamp>,
    /// Oldest first.
    pub periods: Vec<Period>,
}
