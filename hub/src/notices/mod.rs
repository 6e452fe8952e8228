//! Notices: sweeps that a city has announced, with their day and hours, as it posted them.
//!
//! ```text
//! DATA/notices.csv --.
//!                     read -> changes -> follow ~~ watch ~~> state -> views
//! a city's tables ---'
//! ```
//!
//! `read` takes a table line by line, strictly: a line that cannot be used loses only itself, and is named with its fix.
//! `place` says which words may stand for a place. `changes` remembers when a notice last changed. `follow` reads again while
//! the hub runs, when the file changes. `source` are tables that a city publishes itself, by its file.
//!
//! # What a notice is, and is not
//! What a city posted publicly: a day, hours, a place in the posted words. Nothing in it is about a person: there is no column
//! for a name or for free words, and a place may hold no house number, coordinates, telephone number or address of mail. The
//! coordinates of a line are cut to their H3 cell of resolution 8 while it is read, and go no further; so what is drawn is an
//! area, never a point.
//!
//! # When it goes
//! At its end; without one at the end of its day, by the city's clock. Whoever shows notices takes them from
//! [`crate::views::upcoming`], which has none that is over.

mod areas;
mod changes;
pub mod command;
pub mod follow;
mod place;
mod read;
pub mod source;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use spotlight_common::cell::Cell;
use uuid::Uuid;

pub use areas::slug;
pub use read::{Problem, Reading, read, read_source};

/// The operator's own table, in the hub's data folder.
pub const FILE: &str = "notices.csv";

/// One announced sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A hash of the city and the line's own id: it stays the same when the line changes, and does not tell it.
    pub id: Uuid,
    pub kind: Kind,
    /// Its day on the city's calendar.
    pub date: Date,
    /// On the city's clock, where they are announced.
    pub start: Option<Time>,
    pub end: Option<Time>,
    /// The start; without one the beginning of the day.
    pub begins_at: Timestamp,
    /// From this second on nobody may show it.
    pub over_at: Timestamp,
    /// In the words of what was posted.
    pub place: String,
    /// The nearest of the city's districts, or the one that the line names.
    pub area: Option<String>,
    /// Where, of resolution 8, if the line says so.
    pub cell: Option<Cell>,
    /// Which office posted it, if the line says so.
    pub source: Option<String>,
    /// When this hub first read it as it is now.
    pub changed_at: Timestamp,
}

/// What is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It does not say which.
    Sweep,
    /// People move for some hours, and may come back.
    Cleaning,
    /// People are told to leave for good.
    Removal,
}

impl Kind {
    /// As a table writes it.
    pub const ALL: [(&str, Self); 3] = [
        ("sweep", Self::Sweep),
        ("cleaning", Self::Cleaning),
        ("removal", Self::Removal),
    ];

    pub fn as_str(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}
