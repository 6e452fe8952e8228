//! A city: its name, time zone, bounds and feeds, from `hub/cities/<city>.toml`, and the lines of its map.

pub mod basemap;

use basemap::Basemap;

/// A city as its file describes it.
#[derive(Debug, Clone)]
pub struct City {
    /// For instance `los-angeles`: the file's name.
    pub id: String,
    /// For instance `Los Angeles`.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: jiff::tz::TimeZone,
    /// (south, west, north, east) in degrees.
    pub bounds: (f64, f64, f64, f64),
    /// Streets and outline.
    pub basemap: Basemap,
}
