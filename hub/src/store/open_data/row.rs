//! A row on its way into the store and out of it: as a feed's table says it, as it is stored, as counting needs it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use spotlight_common::cell::Cell;

/// Instead of a place: the row counts nowhere.
pub(super) const NOWHERE: u64 = 0;

/// Instead of a place: the row has none that is known.
pub(super) const UNPLACED: u64 = 1;

/// A row that was accepted. Its strings go no further than [`OpenData::hashed`](super::OpenData::hashed).
pub struct Accepted {
    /// The request's id.
    pub id: String,
    /// What its address is known by; `None` where rows have none: each counts as one.
    pub address: Option<Address>,
    /// The local day that it was filed.
    pub day: Date,
    /// Where it counts.
    pub place: Place,
    /// Who began it, where the feed tells.
    pub begun_by: BegunBy,
    /// Whether it has a point in the city.
    pub has_point: bool,
}

/// Where a row counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In its cell: of resolution 8, or coarser where no more is known.
    Cell(Cell),
    /// In an area of the feed's boundary set, by name, known today or not.
    Area(String),
    /// It says none that can be used.
    None,
}

/// Who began what a row of police calls tells of.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum BegunBy {
    /// The feed does not tell.
    #[default]
    Untold,
    /// Officers, by themselves.
    Officer,
    /// A call; officers were sent.
    Dispatch,
}

impl BegunBy {
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Untold => 0,
            Self::Officer => 1,
            Self::Dispatch => 2,
        }
    }

    pub(super) fn of_number(number: u8) -> Self {
        match number {
            1 => Self::Officer,
            2 => Self::Dispatch,
            _ => Self::Untold,
        }
    }
}

impl Place {
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Cell(cell) => cell.index(),
            Self::Area(name) => area_number(name),
            Self::None => UNPLACED,
        }
    }
}

/// What an area's name is known by: 56 bits, which no cell's index has alone.
pub fn area_number(name: &str) -> u64 {
    let mut hash = [0; 8];
    hash[..7].copy_from_slice(&blake3::hash(name.as_bytes()).as_bytes()[..7]);
    u64::from_le_bytes(hash).max(UNPLACED + 1)
}

/// What an address is known by.
pub enum Address {
    /// As it is written, in capitals.
    Written(String),
    /// Neither an address nor a point: all of these count as one address.
    Unknown,
    /// Only a point.
    Point {
        /// To about a metre.
        point: String,
        /// To about a hundred metres.
        place: String,
    },
}

/// What is stored of a row.
pub struct Hashed {
    pub(super) id: u64,
    pub(super) address: u64,
    pub(super) day: Date,
    pub(super) place: u64,
    pub(super) begun_by: u8,
}

/// One request, as counting needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where it counts.
    pub place: Counted,
    /// Who began it.
    pub begun_by: BegunBy,
    /// What tells its address from others.
    pub address: u64,
}

/// Where a request counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Counted {
    /// A cell of resolution 8 or coarser.
    Cell(Cell),
    /// The area of this number: see [`area_number`].
    Area(u64),
    /// No place is known.
    Unplaced,
}
