//! Time, passed in so that tests can set it.

use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether a node's wall clock can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockQuality {
    /// The system says that it follows network time.
    Synced,
    /// Nothing says so.
    Unsure,
}

impl ClockQuality {
    /// What systemd-timesyncd says of this machine; a machine without it is `Unsure`.
    pub fn of_system() -> Self {
        if Path::new("/run/systemd/timesync/synchronized").exists() {
            Self::Synced
        } else {
            Self::Unsure
        }
    }
}

/// A source of wall time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    System,
    /// Stands still until it is set.
    Manual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    /// A clock that stands at `time`.
    pub fn manual(time: Timestamp) -> Self {
        Self::Manual(Arc::new(Mutex::new(time)))
    }

    /// The time now.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => Timestamp::now(),
            Self::Manual(time) => *time.lock().unwrap_or_else(|poisoned| poisoned.into_inner()),
        }
    }

    /// Moves a manual clock; the machine's stays as it is.
    pub fn set(&self, to: Timestamp) {
        if let Self::Manual(time) = self {
            *time.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = to;
        }
    }
}
