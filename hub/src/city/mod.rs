//! A city: its name, time zone, bounds and feeds, from `hub/cities/<city>.toml`, and the lines of its map.

pub mod basemap;
pub mod boundaries;
pub mod builtin;
mod check;
pub mod context;
mod feed;
pub mod ground;
pub mod problems;
pub mod rent;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use spotlight_common::cell::Cell;
use spotlight_common::config::{self, ConfigError};
use spotlight_common::gazetteer::{Gazetteer, metres};

use crate::notices::source::{self as notices, Source as NoticeSource};
use basemap::Basemap;
use boundaries::{Areas, BoundarySet};
pub use builtin::LOS_ANGELES;
use context::ContextSource;
pub use feed::{Columns, Feed, FeedWords, Format, Kind, Match, Source, Span};
use rent::{Rent, RentFile};

/// The ZIP codes of Los Angeles and the middle of what the city's rows have in each.
const LOS_ANGELES_ZIPS: &str = include_str!("../../cities/los-angeles/zips.txt");

/// Its reporting districts.
const LOS_ANGELES_DISTRICTS: &str =
    include_str!("../../cities/los-angeles/reporting-districts.txt");

/// The resolution of the cell that a row without a point is placed in: a ZIP code's area is smaller.
pub const ZIP_RESOLUTION: u8 = 6;

/// What is nearer than this to a district's middle, in metres, is said to be near it.
const DISTRICT: f64 = 1_500.0;

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
    /// The languages of its page and answers, the first spoken most.
    pub languages: Vec<String>,
    /// Its open data.
    pub feeds: Vec<Feed>,
    /// Areas that rows name.
    pub boundaries: Vec<BoundarySet>,
    /// Layers of rents.
    pub rents: Vec<Rent>,
    /// Tables of announced sweeps that it publishes.
    pub notices: Vec<NoticeSource>,
    /// Lines and stops of its buses and trains.
    pub transit: Option<ContextSource>,
    /// Cameras that read licence plates.
    pub cameras: Option<ContextSource>,
    /// Words at the end of an address that say no more than the city's name.
    pub address_ends: Vec<String>,
    /// Hosts that a portal may lead on to, besides those of the sources.
    pub hosts: Vec<String>,
    /// The cell of resolution [`ZIP_RESOLUTION`] around the middle of each ZIP code.
    pub zips: HashMap<u32, Cell>,
    /// Streets and outline.
    pub basemap: Basemap,
    /// Its places, where somebody made them.
    pub gazetteer: Option<Arc<Gazetteer>>,
    /// Where files of streets and places that do not ship with it come from.
    pub ground_from: Vec<String>,
    /// The streets that its people find their way by, and the next best.
    pub main_streets: Vec<String>,
    pub through_streets: Vec<String>,
    /// What people call its parts, with their rough middles (latitude, longitude), the greatest first.
    pub districts: Vec<(String, f64, f64)>,
}

/// Why there is no such city.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// Neither built in nor a file.
    #[error("no city `{0}`: it is neither built in ({names}) nor a file", names = builtin::names())]
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
    /// Its streets, places or outline cannot be used.
    #[error("`{}` cannot be used for the city `{city}`: {reason}", path.display())]
    Ground {
        /// Which city.
        city: String,
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It has no such boundary set.
    #[error("the city `{city}` has no boundary set `{set}`")]
    Set {
        /// Which city.
        city: String,
        /// What was asked for.
        set: String,
    },
    /// It rests on a city that is not built in.
    #[error("its `base` is `{0}`; only los-angeles ships with streets and places")]
    Base(String),
    /// One of its feeds or boundary sets cannot be used.
    #[error("`{part}` of the city `{city}` {reason}")]
    Part {
        /// Which city.
        city: String,
        /// Which feed, source or set.
        part: String,
        /// What is wrong with it.
        reason: String,
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
    /// A built-in city whose streets, places, ZIP codes and areas it has too.
    #[serde(default)]
    base: Option<String>,
    time_zone: String,
    bounds: (f64, f64, f64, f64),
    /// Files as `gazetteer build` writes them, from this file's folder.
    #[serde(default)]
    places: Option<PathBuf>,
    #[serde(default)]
    streets: Option<PathBuf>,
    #[serde(default)]
    outline: Option<PathBuf>,
    #[serde(default)]
    main_streets: Vec<String>,
    #[serde(default)]
    through_streets: Vec<String>,
    #[serde(default)]
    districts: Vec<(String, f64, f64)>,
    #[serde(default)]
    languages: Vec<String>,
    #[serde(default)]
    address_ends: Vec<String>,
    #[serde(default)]
    hosts: Vec<String>,
    /// ZIP, latitude, longitude.
    #[serde(default)]
    zips: Vec<(u32, f64, f64)>,
    #[serde(default)]
    boundaries: Vec<BoundarySet>,
    #[serde(default)]
    rent: Option<RentFile>,
    #[serde(default)]
    notices: Vec<NoticeSource>,
    #[serde(default)]
    transit: Option<ContextSource>,
    #[serde(default = "ContextSource::cameras")]
    cameras: Option<ContextSource>,
    feeds: Vec<Feed>,
}

impl City {
    /// A built-in city by its name, or the one that a TOML file describes.
    pub fn load(name: &str) -> Result<Self, CityError> {
        let builtin = builtin::file(name);
        let path = match builtin {
            Some(_) => PathBuf::from(format!("{name}.toml")),
            None => PathBuf::from(name),
        };
        if builtin.is_none() && !path.is_file() {
            return Err(CityError::Unknown(name.to_owned()));
        }
        let file: Result<CityFile, _> = match builtin {
            Some(text) => config::parse(text, &path),
            None => config::load(&path),
        };
        let file = file.map_err(|source| CityError::File {
            city: name.to_owned(),
            source,
        })?;
        let time_zone = TimeZone::get(&file.time_zone).map_err(|_| CityError::TimeZone {
            city: name.to_owned(),
            zone: file.time_zone,
        })?;
        // What is shipped for a city also serves an edited copy of its file.
        let is_los_angeles = match file.base.as_deref() {
            Some("los-angeles") => true,
            None => false,
            Some(other) => return Err(CityError::Base(other.to_owned())),
        };
        let gazetteer = is_los_angeles.then(Gazetteer::los_angeles);
        let mut basemap = if is_los_angeles {
            Basemap::los_angeles()
        } else {
            Basemap::default()
        };
        basemap.rank(&file.main_streets, &file.through_streets);
        let folder = path.parent().unwrap_or(Path::new(""));
        let files = ground::Files {
            places: file.places.map(|file| folder.join(file)),
            streets: file.streets.map(|file| folder.join(file)),
            outline: file.outline.map(|file| folder.join(file)),
        };
        let mut boundaries = file.boundaries;
        let mut zips = file.zips;
        if is_los_angeles {
            zips.extend(LOS_ANGELES_ZIPS.lines().filter_map(zip));
            for set in boundaries
                .iter_mut()
                .filter(|set| set.id == "reporting-districts")
            {
                set.built_in = Areas::parse(LOS_ANGELES_DISTRICTS)
                    .expect("the built-in areas are read by this module's tests");
            }
        }
        let checked = check::check(&file.feeds, &boundaries);
        let rents = checked
            .and_then(|()| notices::check(&file.notices))
            .and_then(|()| {
                check::contexts([("transit", &file.transit), ("cameras", &file.cameras)])
            })
            .and_then(|()| rent::layers(file.rent, &file.feeds, &mut boundaries))
            .map_err(|(part, reason)| CityError::Part {
                city: name.to_owned(),
                part,
                reason,
            })?;
        let mut city = Self {
            id: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            name: file.name,
            time_zone,
            bounds: file.bounds,
            languages: file.languages,
            feeds: file.feeds,
            boundaries,
            rents,
            notices: file.notices,
            transit: file.transit,
            cameras: file.cameras,
            address_ends: file
                .address_ends
                .iter()
                .map(|end| end.to_uppercase())
                .collect(),
            hosts: file.hosts,
            zips: zips
                .into_iter()
                .filter_map(|(zip, lat, lon)| Some((zip, Cell::at(lat, lon, ZIP_RESOLUTION)?)))
                .collect(),
            basemap,
            gazetteer,
            ground_from: Vec::new(),
            main_streets: file.main_streets,
            through_streets: file.through_streets,
            districts: file.districts,
        };
        city.read_ground(&files)?;
        Ok(city)
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
                    .map(|feed| feed.id.clone())
                    .chain(
                        self.rents
                            .iter()
                            .map(|rent| format!("{} (only to import)", rent.kind.id())),
                    )
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// One of its layers of rents.
    pub fn rent(&self, id: &str) -> Option<&Rent> {
        self.rents.iter().find(|rent| rent.kind.id() == id)
    }

    #[cfg(test)]
    pub fn load_set(id: &str) -> BoundarySet {
        let city = Self::load("los-angeles").expect("loads");
        let mut sets = city.boundaries.into_iter();
        sets.find(|set| set.id == id).expect("a set")
    }

    /// The boundary set of a feed whose rows name areas.
    pub fn boundaries_of(&self, feed: &Feed) -> Option<&BoundarySet> {
        let id = feed.boundaries.as_ref()?;
        self.boundaries.iter().find(|set| set.id == *id)
    }

    /// Words for a cell: its places', or else the nearest district's, or only the city's name.
    pub fn label(&self, cell: Cell) -> String {
        if let Some(places) = &self.gazetteer {
            return places.cell_label(cell);
        }
        let middle = cell.center();
        let districts = self.districts.iter();
        let districts = districts.map(|(name, lat, lon)| (name, metres(middle, (*lat, *lon))));
        let nearest = districts.min_by(|(_, one), (_, other)| one.total_cmp(other));
        match nearest {
            Some((name, away)) if away < DISTRICT => format!("near {name}"),
            _ => format!("in {}", self.name),
        }
    }

    /// Which day it is there.
    pub fn day(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.time_zone.clone()).date()
    }

    /// Whether a cell reaches into its bounds. The map has no other.
    pub fn has(&self, cell: Cell) -> bool {
        let holds = |(lat, lon)| self.holds(lat, lon);
        holds(cell.center()) || cell.boundary().into_iter().any(holds)
    }

    /// Whether a point lies within its outline; none where it has no outline.
    pub fn encloses(&self, (lat, lon): (f64, f64)) -> Option<bool> {
        let rings = &self.basemap.outline;
        // Even-odd, as it is drawn: a ring within another is a hole.
        let within = rings.iter().filter(|ring| {
            let ring: geo::LineString<f64> = ring.iter().map(|(lat, lon)| (*lon, *lat)).collect();
            let ring = geo::Polygon::new(ring, Vec::new());
            geo::Contains::contains(&ring, &geo::coord! { x: lon, y: lat })
        });
        (!rings.is_empty()).then(|| within.count() % 2 == 1)
    }

    /// Whether a point lies in its bounds.
    pub fn holds(&self, lat: f64, lon: f64) -> bool {
        let (south, west, north, east) = self.bounds;
        (south..=north).contains(&lat) && (west..=east).contains(&lon)
    }
}

/// `90013 34.0444 -118.2408`; comments begin with `#`.
fn zip(line: &str) -> Option<(u32, f64, f64)> {
    let mut words = line.split_whitespace();
    let zip = words.next()?.parse().ok()?;
    Some((
        zip,
        words.next()?.parse().ok()?,
        words.next()?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_city_loads_and_others_are_named_in_the_error() {
        let city = City::load("los-angeles").expect("loads");
        assert!(city.holds(34.05, -118.25) && !city.holds(-118.25, 34.05) && !city.holds(0.0, 0.0));
        assert!(city.feed("encampments").is_ok());
        let other = City::load("seattle").expect("loads");
        assert!(other.holds(47.6, -122.33) && other.feed("sweeps").is_ok());
        assert!(other.gazetteer.is_none() && other.zips.is_empty());
        assert!(
            city.feed("camps")
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
    fn an_edited_copy_of_the_built_in_file_has_all_that_ships_with_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.toml");
        std::fs::write(
            &path,
            LOS_ANGELES.replace("every_hours = 24", "every_hours = 6"),
        )
        .expect("written");
        let (mine, built_in) = (
            City::load(&path.to_string_lossy()).expect("loads"),
            City::load("los-angeles").expect("loads"),
        );
        assert_eq!(mine.zips, built_in.zips);
        assert_eq!(mine.boundaries, built_in.boundaries);
        assert!(mine.gazetteer.is_some() && !mine.basemap.streets.is_empty());
        assert_ne!(mine.feeds, built_in.feeds);
        std::fs::write(&path, LOS_ANGELES.replace("base = \"los", "base = \"san"))
            .expect("written");
        let error = City::load(&path.to_string_lossy()).expect_err("refused");
        assert!(error.to_string().contains("san-angeles"), "{error}");
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
        let other = City::load("seattle").expect("loads");
        let label = |lat, lon| other.label(Cell::at(lat, lon, 9).expect("a cell"));
        assert_eq!(label(47.6690, -122.3800), "near Ballard");
        assert_eq!(label(47.6000, -122.4500), "in Seattle");
        let home = City::load("los-angeles").expect("loads");
        let cell = Cell::at(34.0442, -118.2439, 9).expect("a cell");
        assert!(home.label(cell).starts_with("near "));
    }
}
