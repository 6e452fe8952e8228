//! Waiting for a state.

use std::time::{Duration, Instant};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Ample on a loaded machine with two cores; nothing that works takes as long.
pub const LONG: Duration = Duration::from_secs(60);

/// Looks until there is something to see, and panics with `what` when the time is over.
pub fn until<T>(what: &str, at_most: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(
            start.elapsed() < at_most,
            "waited {at_most:?} in vain: {what}"
        );
        std::thread::sleep(LOOK);
    }
}

/// The same for a condition.
pub fn until_true(what: &str, at_most: Duration, mut look: impl FnMut() -> bool) {
    until(what, at_most, || look().then_some(()));
}
