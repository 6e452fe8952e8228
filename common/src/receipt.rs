//! The receipt: the hub's answer to one delivery of one report. It travels in a signed list, for the deliveries of one node
//! that were committed together: one signature and one publish for all of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::ReportId;

/// What the hub did with a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It is committed on the hub.
    Stored,
    /// It was committed before.
    Duplicate,
    /// It will not be taken.
    Refused(Refusal),
}

/// Why the hub does not take a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Refusal {
    /// It was seen over 35 days ago.
    Old,
    /// Its node is not on the hub's list. The operator can mend this, so an edge keeps the report.
    UnknownNode,
    /// Its node was taken off the hub's list.
    RevokedNode,
    /// Its cell has a resolution that is not published, or lies outside the city.
    Cell,
    /// It was seen over a day from now: its node's clock is wrong.
    Ahead,
}

impl Refusal {
    /// Whether a later delivery of the same report may be taken.
    pub fn is_mendable(self) -> bool {
        matches!(self, Self::UnknownNode)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Old => "old",
            Self::UnknownNode => "unknown node",
            Self::RevokedNode => "revoked node",
            Self::Cell => "cell outside the city or of an unpublished resolution",
            Self::Ahead => "time over a day ahead; is the node's clock right?",
        })
    }
}

/// One delivery, answered. Its network is under its envelope's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The report it answers.
    pub id: ReportId,
    /// What became of it.
    pub outcome: Outcome,
}
