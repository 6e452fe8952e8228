//! Context layers: what the map draws beside what is counted and what is seen, so that people find their way (`transit`) or
//! know what else is there (`cameras`). They have no periods and count nothing; each reading replaces the whole layer.
//!
//! ```text
//! import FILE, refresh -> read -> store (open_data::context) -> feeds::follow -> views::context
//! ```

pub mod command;
mod read;
pub mod refresh;

#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::city::City;
use crate::city::context::ContextSource;
use crate::feeds::gtfs::lines::Mode;
use crate::feeds::status::Trouble;
use crate::store::open_data;
use crate::store::reports::StoreError;

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// Lines and stops of buses and trains.
    Transit,
    /// Cameras that read licence plates.
    Cameras,
}

impl Which {
    pub const ALL: [Self; 2] = [Self::Transit, Self::Cameras];

    /// In commands, addresses and the city's file.
    pub fn id(self) -> &'static str {
        match self {
            Self::Transit => "transit",
            Self::Cameras => "cameras",
        }
    }

    /// The one of an id.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|which| which.id() == id)
    }

    /// What the city's file says of it, if it has it.
    pub fn source(self, city: &City) -> Option<&ContextSource> {
        match self {
            Self::Transit => city.transit.as_ref(),
            Self::Cameras => city.cameras.as_ref(),
        }
    }
}

/// A place: latitude and longitude in hundred-thousandths of a degree, about a metre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot(i32, i32);

impl Spot {
    pub fn of((lat, lon): (f64, f64)) -> Self {
        let short = |degrees: f64| (degrees * 1e5).round() as i32;
        Self(short(lat), short(lon))
    }

    /// In degrees.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.0) / 1e5, f64::from(self.1) / 1e5)
    }
}

/// A line and where it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub name: String,
    pub mode: Mode,
    /// `0072BC`, as the feed has it.
    pub colour: Option<String>,
    /// More than one where it branches.
    pub paths: Vec<Vec<Spot>>,
}

/// A station or a stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    pub name: String,
    pub at: Spot,
    pub is_station: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transit {
    pub lines: Vec<Line>,
    /// By name.
    pub stops: Vec<Stop>,
}

/// Where volunteers have mapped one; nothing else of it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cameras {
    pub at: Vec<Spot>,
}

/// What is drawn of a layer.
pub trait Drawn: Serialize + DeserializeOwned {
    /// How many things it is.
    fn count(&self) -> usize;
}

impl Drawn for Transit {
    fn count(&self) -> usize {
        self.lines.len() + self.stops.len()
    }
}

impl Drawn for Cameras {
    fn count(&self) -> usize {
        self.at.len()
    }
}

/// A layer as the store has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept<T> {
    /// When it was read, seconds since 1970.
    pub read_at: i64,
    /// The day that the file is of, days since 1970.
    pub as_of: Option<i32>,
    /// What the file calls its form.
    pub version: Option<String>,
    /// Whether it was fetched: what an operator imports stays until the operator replaces it.
    pub is_fetched: bool,
    /// Rows that were read.
    pub rows: u64,
    pub what: T,
}

/// A layer as the map shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer<T> {
    /// What the city's file says of it.
    pub source: ContextSource,
    pub read_at: Option<Timestamp>,
    pub as_of: Option<Date>,
    /// Whether it cannot be refreshed.
    pub trouble: Option<Trouble>,
    pub what: T,
}

/// The layers that there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    pub transit: Option<Layer<Transit>>,
    pub cameras: Option<Layer<Cameras>>,
}

/// The layers of a city that were read, and that its file has.
pub fn load(data: &Path, city: &City) -> Result<Context, StoreError> {
    Ok(Context {
        transit: layer(data, city, Which::Transit)?,
        cameras: layer(data, city, Which::Cameras)?,
    })
}

fn layer<T: Drawn>(data: &Path, city: &City, which: Which) -> Result<Option<Layer<T>>, StoreError> {
    let Some(source) = which.source(city) else {
        return Ok(None);
    };
    let kept: Option<Kept<T>> = open_data::context::context(data, which.id())?;
    let trouble = refresh::trouble(data, which)?;
    Ok(kept.map(|kept| Layer {
        source: source.clone(),
        read_at: Timestamp::from_second(kept.read_at).ok(),
        as_of: kept.as_of.map(open_data::day),
        trouble,
        what: kept.what,
    }))
}
