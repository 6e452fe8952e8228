//! A city: its name, time zone, bounds and feeds, from `hub/cities/<city>.toml`, and the lines of its map.

pub mod basemap;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::Deserialize;
use spotlight_common::cell::Cell;
use spotlight_common::config::{self, ConfigError};
use spotlight_common::gazetteer::Gazetteer;

use basemap::Basemap;

const LOS_ANGELES: &str = include_str!("../../cities/los-angeles.toml");

/// A city as its file describes it.
#[derive(Debug, Clone)]
pub struct City {
    /// For instance `los-angeles`: the file's name.
    pub id: String,
    /// For instance `Los Angeles`.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: TimeZone,
    /// (south, west, north, east) in degrees.
    pub bounds: (f64, f64, f64, f64),
    /// Its open data.
    pub feeds: Vec<Feed>,
    /// Streets and outline.
    pub basemap: Basemap,
    /// Its places; a city that is not built in has none yet.
    pub gazetteer: Option<Arc<Gazetteer>>,
    /// What people call its parts, with their rough middles (latitude, longitude), the greatest first.
    pub districts: Vec<(String, f64, f64)>,
}

/// One source of open data, and how its rows are read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// For instance `encampments`.
    pub id: String,
    /// In plain words.
    pub title: String,
    /// What a count means, and what it does not.
    pub explanation: String,
    /// What is counted.
    pub unit: String,
    /// Who publishes the rows.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// The same in Spanish; without it a Spanish page says it in the language above.
    #[serde(default)]
    pub spanish: Option<FeedWords>,
    /// Which rows are this feed's.
    pub filter: Filter,
    /// What the columns are called.
    pub columns: Columns,
}

/// What a feed says of itself in another language.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedWords {
    /// In plain words.
    pub title: String,
    /// What a count means, and what it does not.
    pub explanation: String,
    /// What is counted.
    pub unit: String,
}

/// Which rows are a feed's.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The names that the column has had.
    pub column: Vec<String>,
    /// What it says, in any case.
    pub value: String,
}

/// The names that each column has had.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The request's id.
    pub id: Vec<String>,
    /// When it was filed, the city's wall time.
    pub created: Vec<String>,
    /// Its address or corner.
    pub address: Vec<String>,
    /// Latitude in degrees.
    pub latitude: Vec<String>,
    /// Longitude in degrees.
    pub longitude: Vec<String>,
    /// Both in one.
    pub location: Vec<String>,
}

/// Why there is no such city.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// Neither built in nor a file.
    #[error("no city `{0}`: it is neither built in (los-angeles) nor a file")]
    Unknown(String),
    /// Its file cannot be used.
    #[error("the city `{city}` cannot be used")]
    File {
        /// Which city.
        city: String,
        /// What is wrong with its file.
        #[source]
        source: ConfigError,
    },
    /// Its time zone is unknown.
    #[error("the city `{city}` has the unknown time zone `{zone}`")]
    TimeZone {
        /// Which city.
        city: String,
        /// What it says.
        zone: String,
    },
    /// It has no such feed.
    #[error("the city `{city}` has no feed `{feed}`; it has: {known}")]
    Feed {
        /// Which city.
        city: String,
        /// What was asked for.
        feed: String,
        /// What there is.
        known: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CityFile {
    name: String,
    time_zone: String,
    bounds: (f64, f64, f64, f64),
    #[serde(default)]
    main_streets: Vec<String>,
    #[serde(default)]
    through_streets: Vec<String>,
    #[serde(default)]
    districts: Vec<(String, f64, f64)>,
    feeds: Vec<Feed>,
}

impl City {
    /// A built-in city by its name, or the one that a TOML file describes.
    pub fn load(name: &str) -> Result<Self, CityError> {
        let builtin = name == "los-angeles";
        let path = PathBuf::from(if builtin { "los-angeles.toml" } else { name });
        if !builtin && !path.is_file() {
            return Err(CityError::Unknown(name.to_owned()));
        }
        let file: Result<CityFile, _> = if builtin {
            config::parse(LOS_ANGELES, &path)
        } else {
            config::load(&path)
        };
        let file = file.map_err(|source| CityError::File {
            city: name.to_owned(),
            source,
        })?;
        let time_zone = TimeZone::get(&file.time_zone).map_err(|_| CityError::TimeZone {
            city: name.to_owned(),
            zone: file.time_zone,
        })?;
        let gazetteer = builtin.then(Gazetteer::los_angeles);
        let mut basemap = if builtin {
            Basemap::los_angeles()
        } else {
            Basemap::default()
        };
        basemap.rank(&file.main_streets, &file.through_streets);
        Ok(Self {
            id: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            name: file.name,
            time_zone,
            bounds: file.bounds,
            feeds: file.feeds,
            basemap,
            gazetteer,
            districts: file.districts,
        })
    }

    /// One of its feeds.
    pub fn feed(&self, id: &str) -> Result<&Feed, CityError> {
        self.feeds
            .iter()
            .find(|feed| feed.id == id)
            .ok_or_else(|| CityError::Feed {
                city: self.id.clone(),
                feed: id.to_owned(),
                known: self
                    .feeds
                    .iter()
                    .map(|feed| feed.id.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// Words for a cell: its places', or only the city's name.
    pub fn label(&self, cell: Cell) -> String {
        match &self.gazetteer {
            Some(places) => places.cell_label(cell),
            None => format!("in {}", self.name),
        }
    }

    /// Whether a cell reaches into its bounds. The map has no other.
    pub fn has(&self, cell: Cell) -> bool {
        let holds = |(lat, lon)| self.holds(lat, lon);
        holds(cell.center()) || cell.boundary().into_iter().any(holds)
    }

    /// Whether a point lies in its bounds.
    pub fn holds(&self, lat: f64, lon: f64) -> bool {
        let (south, west, north, east) = self.bounds;
        (south..=north).contains(&lat) && (west..=east).contains(&lon)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_city_loads_and_others_are_named_in_the_error() {
        let city = City::load("los-angeles").expect("loads");
        assert!(city.holds(34.05, -118.25) && !city.holds(-118.25, 34.05) && !city.holds(0.0, 0.0));
        assert!(city.feed("encampments").is_ok());
        assert!(
            city.feed("calls")
                .expect_err("none")
                .to_string()
                .contains("encampments")
        );
        assert!(
            City::load("atlantis")
                .expect_err("none")
                .to_string()
                .contains("atlantis")
        );
    }

    #[test]
    fn a_place_in_another_city_is_not_in_los_angeles() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("las-vegas.toml");
        let file = r#"
            name = "Las Vegas"
            time_zone = "America/Los_Angeles"
            bounds = [36.0, -115.4, 36.4, -115.0]
            feeds = []
        "#;
        std::fs::write(&path, file).expect("written");
        let city = City::load(&path.to_string_lossy()).expect("loads");
        let cell = Cell::at(36.17, -115.14, 8).expect("a cell");
        assert_eq!(city.label(cell), "in Las Vegas");
        let home = City::load("los-angeles").expect("loads");
        let cell = Cell::at(34.0442, -118.2439, 9).expect("a cell");
        assert!(home.label(cell).starts_with("near "));
    }
}
