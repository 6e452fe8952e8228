//! How long a message is tried for, and how often. No I/O.

use std::time::Duration;

use super::fetch::Prospect;

/// The first pause; each is twice as long as the last.
const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(10 * 60);

/// A bearer that has reached nothing since the start is not waited for longer: it may never work on this SIM, and people wait for
/// an answer.
const UNPROVEN: Duration = Duration::from_secs(10 * 60);

/// What comes wrong so often will not come right.
const DOUBTS: u32 = 10;

/// The tries of one message.
#[derive(Debug)]
pub struct Patience {
    retry: Duration,
    tries: u32,
    doubts: u32,
}

impl Patience {
    /// It ends after `retry` at the latest, and with the message.
    pub fn new(retry: Duration) -> Self {
        Self {
            retry,
            tries: 0,
            doubts: 0,
        }
    }

    /// The pause before the next try; `None` where there is none. `elapsed` is counted from the first try, `left` is how long the
    /// network keeps the message. The last try is at the end of that time.
    pub fn next(
        &mut self,
        prospect: Prospect,
        elapsed: Duration,
        left: Option<Duration>,
        is_proven: bool,
    ) -> Option<Duration> {
        let limit = match prospect {
            Prospect::Unwanted | Prospect::Gone => return None,
            Prospect::Away if !is_proven => self.retry.min(UNPROVEN),
            Prospect::Away | Prospect::Later | Prospect::Doubtful => self.retry,
        };
        if prospect == Prospect::Doubtful {
            self.doubts += 1;
            if self.doubts >= DOUBTS {
                return None;
            }
        }
        let left = limit.saturating_sub(elapsed).min(left.unwrap_or(limit));
        if left.is_zero() {
            return None;
        }
        let pause = FIRST.saturating_mul(1 << self.tries.min(16)).min(LONGEST);
        self.tries += 1;
        Some(pause.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// The pauses until it gives up.
    fn pauses(prospect: Prospect, left: Option<Duration>, is_proven: bool) -> Vec<u64> {
        let mut patience = Patience::new(6 * HOUR);
        let (mut elapsed, mut pauses) = (Duration::ZERO, Vec::new());
        loop {
            let left = left.map(|left| left.saturating_sub(elapsed));
            let Some(pause) = patience.next(prospect, elapsed, left, is_proven) else {
                return pauses;
            };
            elapsed += pause;
            pauses.push(pause.as_secs());
        }
    }

    #[test]
    fn pauses_grow_and_the_last_try_is_at_the_end() {
        let all = pauses(Prospect::Later, None, false);
        assert_eq!(all[..5], [2, 4, 8, 16, 32]);
        assert_eq!(all.iter().sum::<u64>(), 6 * 3600);
        assert_eq!(all.iter().max(), Some(&600));
        assert_eq!(pauses(Prospect::Away, None, true), all);
    }

    #[test]
    fn it_ends_with_the_message_and_where_nothing_helps() {
        let minute = Some(Duration::from_secs(60));
        assert_eq!(pauses(Prospect::Later, minute, true), [2, 4, 8, 16, 30]);
        assert!(pauses(Prospect::Later, Some(Duration::ZERO), true).is_empty());
        for prospect in [Prospect::Gone, Prospect::Unwanted] {
            assert!(pauses(prospect, None, true).is_empty());
        }
        assert_eq!(pauses(Prospect::Doubtful, None, true).len(), 9);
        let unproven: u64 = pauses(Prospect::Away, None, false).iter().sum();
        assert_eq!(unproven, 600);
    }
}
