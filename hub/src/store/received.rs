//! A report as the hub keeps it until it is erased.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use spotlight_common::ids::NodeId;
use spotlight_common::report::{Minute, Report};

/// A report shows this long.
pub const LIFE_MINUTES: u32 = 60;

/// A report with its node and its time of receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The node that signed it.
    pub node: NodeId,
    /// When the hub took it.
    pub received_at: Minute,
    /// What it says.
    pub report: Report,
}

impl Received {
    /// Its time: the earlier of the node's and the hub's clock.
    pub fn time(&self) -> Minute {
        self.report.seen_at.min(self.received_at)
    }

    /// The minute from which it no longer shows.
    pub fn fades_at(&self) -> Minute {
        Minute(self.time().0.saturating_add(LIFE_MINUTES))
    }

    /// When its cell, time, pseudonym and node are erased: an hour after it faded.
    pub fn erased_at(&self) -> Timestamp {
        let faded = self.fades_at().start();
        faded
            .saturating_add(SignedDuration::from_hours(1))
            .unwrap_or(Timestamp::MAX)
    }
}
