//! The retained `now` message: what the map shows at this time, so that an edge can answer texts while the hub is away.

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::report::Minute;

/// How much a sighting rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One report in words.
    Unconfirmed,
    /// One with photo evidence.
    Photo,
    /// Two independent reports within 60 minutes.
    Corroborated,
}

impl Level {
    /// The word that every view uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Photo => "photo",
            Self::Corroborated => "corroborated",
        }
    }
}

/// One cell of the map as it stands. Obey `fades_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSighting {
    /// Where.
    pub cell: Cell,
    /// How sure.
    pub level: Level,
    /// The last report of police being present.
    pub last_seen: Minute,
    /// When a lone other sender said that they were gone.
    pub reported_gone: Option<Minute>,
    /// From this second on it must not be shown.
    pub fades_at: Minute,
}

/// All current sightings, with the hub's time of writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Seconds since 1970; over 10 minutes old means "no data".
    pub written_at: i64,
    /// In order of cell.
    pub sightings: Vec<CurrentSighting>,
}
