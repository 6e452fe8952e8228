//! The report: what an edge publishes. It names no person, and no place finer than its cell.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::clock::ClockQuality;
use crate::ids::{Epoch, Pseudonym, ReportId};

/// A time cut to the minute: minutes since 1970-01-01T00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Minute(pub u32);

impl Minute {
    /// The minute that holds a time; times before 1970 or after year 10136 are cut to the ends.
    pub fn of(time: Timestamp) -> Self {
        let minutes = time.as_second().div_euclid(60);
        Self(u32::try_from(minutes.max(0)).unwrap_or(u32::MAX))
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * 60).unwrap_or(Timestamp::MAX)
    }
}

/// What was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Police are here.
    Present,
    /// Police have left.
    Gone,
}

/// What the report rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Words alone, or a photo that the model was unsure of.
    Text,
    /// A photo that the model says shows police.
    Photo {
        /// The model's calibrated probability, in percent.
        police: u8,
    },
}

/// A person-free observation by one sender at one cell. Its node is the signer of its envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Report {
    /// Random, made once, before the commit.
    pub id: ReportId,
    /// When it was seen: the time of sending where the bearer tells it, else of arrival.
    pub seen_at: Minute,
    /// Resolution 9, 8 or 7, as the gazetteer fixes it.
    pub cell: Cell,
    /// Present or gone.
    pub kind: Kind,
    /// Text or photo.
    pub evidence: Evidence,
    /// Keyed hash of the sender's number and this cell.
    pub reporter: Pseudonym,
    /// Which key made `reporter`.
    pub epoch: Epoch,
    /// Whether the node's clock could be trusted.
    pub clock: ClockQuality,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_cut_down_and_bounded() {
        let time: Timestamp = "2026-11-24T12:41:58Z".parse().expect("a time");
        assert_eq!(Minute::of(time).start().to_string(), "2026-11-24T12:41:00Z");
        assert_eq!(Minute::of(Timestamp::MIN), Minute(0));
        assert!(Minute(u32::MAX).start() > time);
    }
}
