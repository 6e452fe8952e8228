//! What the operator sees of the traffic: counts since the start, never content. One JSON line in the log every
//! [`EVERY`] while they change, and one at the end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// How often the counts are logged.
pub const EVERY: Duration = Duration::from_secs(10 * 60);

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts since the start.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$doc])* pub $name: Count,)*
        }

        /// The counts at an instant.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)*
            /// Answers of this calendar month, earlier runs included.
            pub answers_this_month: u64,
        }

        impl Counters {
            /// The counts now; the month's answers are the outbox's to tell.
            pub fn counts(&self, answers_this_month: u64) -> Counts {
                Counts { $($name: self.$name.get(),)* answers_this_month }
            }
        }
    };
}

counters! {
    /// Messages that came, whole.
    messages,
    /// Reports that were committed.
    reports,
    /// Answers that were handed to a bearer.
    answers,
    /// Messages that were not read: their sender's hour was full.
    too_many,
    /// Messages that were not read: the same text came again and again.
    same_text,
    /// Messages that were not read: of short codes, names and other machines.
    robots,
    /// Messages that were not read: our own words.
    echoes,
    /// Reports that were not made: the place had its share.
    place_full,
    /// Reports that were not made: somebody else had sent the photo.
    repeated_photos,
    /// Places that were asked for.
    asked,
    /// Questions what shows near a place.
    questions,
    /// Of those, how many there was no data for.
    no_data,
    /// Answers that were not sent: the sender had said STOP.
    stopped,
    /// Answers that were not sent: the node's minute was full.
    minute_full,
    /// Answers that were not sent: the month was.
    month_full,
}

/// One count.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Logs the counts while they change, until the shutdown and once more then.
pub async fn log(counts: impl Fn() -> Counts, shutdown: CancellationToken) {
    let mut logged = counts();
    loop {
        let ending = tokio::select! {
            () = tokio::time::sleep(EVERY) => false,
            () = shutdown.cancelled() => true,
        };
        let now = counts();
        if now != logged {
            let line = serde_json::to_string(&now).unwrap_or_default();
            tracing::info!("status {line}");
            logged = now;
        }
        if ending {
            return;
        }
    }
}
