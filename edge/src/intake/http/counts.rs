//! What was answered, by path and status: all that the listener tells of its requests.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Each path and status is logged at most this often.
const EVERY: Duration = Duration::from_secs(60);

/// Counts by configured path (or `other`) and status.
#[derive(Default)]
pub struct Counts(Mutex<BTreeMap<(String, u16), Count>>);

#[derive(Clone, Copy, Default)]
struct Count {
    requests: u64,
    logged: Option<Instant>,
}

impl Counts {
    /// Counts an answer; what is not a success is logged as a number.
    pub fn count(&self, path: &str, status: u16) {
        let Some(requests) = self.count_at(path, status, Instant::now()) else {
            return;
        };
        tracing::warn!(path, status, requests, "webhook requests were refused");
    }

    /// Returns the count if it is time to log it.
    fn count_at(&self, path: &str, status: u16, now: Instant) -> Option<u64> {
        let mut counts = self.counts();
        let count = counts.entry((path.to_owned(), status)).or_default();
        count.requests += 1;
        let due = count
            .logged
            .is_none_or(|logged| now.saturating_duration_since(logged) >= EVERY);
        if (200..300).contains(&status) || !due {
            return None;
        }
        count.logged = Some(now);
        Some(count.requests)
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, u16), Count>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_forgeries_is_one_line_a_minute() {
        let counts = Counts::default();
        let start = Instant::now();
        assert_eq!(counts.count_at("/webhook", 200, start), None);
        assert_eq!(counts.count_at("/webhook", 403, start), Some(1));
        for _ in 0..1000 {
            assert_eq!(counts.count_at("/webhook", 403, start), None);
        }
        assert_eq!(counts.count_at("/webhook", 403, start + EVERY), Some(1002));
        assert_eq!(counts.count_at("/android", 403, start), Some(1));
    }
}
