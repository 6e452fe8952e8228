//! Times as a reader says them: on the city's clock, and by how long.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::views::words::{Words, fill};

/// `15:40` on the city's clock.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    let local = time.to_zoned_datetime(zone.clone());
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// `2020-10-31 15:40` on the city's clock.
pub fn date_and_clock(time: Timestamp, zone: &TimeZone) -> String {
    let local = time.to_zoned_datetime(zone.clone());
    format!("{} {}", local.date(), clock(time, zone))
}

/// Whole minutes from `from` to `to`, begun ones counted; 0 if it is past.
pub fn minutes_until(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second() + 59)
        .div_euclid(60)
        .max(0)
}

/// `4 min ago`.
pub fn ago(then: Timestamp, now: Timestamp, words: &Words) -> String {
    let minutes = (now.as_second() - then.as_second()).div_euclid(60);
    if minutes <= 0 {
        return words.just_now.to_owned();
    }
    fill(words.minutes_ago, &[("n", &minutes.to_string())])
}

/// The instant at which what is said by the minute is no longer true.
pub fn next_minute(now: Timestamp) -> Timestamp {
    let second = (now.as_second().div_euclid(60) + 1) * 60;
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::words::ENGLISH;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn times_are_the_citys() {
        let zone = TimeZone::get("America/Los_Angeles").expect("known");
        assert_eq!(clock(at("2026-07-01T22:40:00Z"), &zone), "15:40");
        assert_eq!(
            date_and_clock(at("2026-01-01T07:05:00Z"), &zone),
            "2025-12-31 23:05"
        );
    }

    #[test]
    fn a_begun_minute_counts_until_it_is_over() {
        let now = at("2026-07-01T12:00:01Z");
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:00Z")), 1);
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:01Z")), 1);
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:02Z")), 2);
        assert_eq!(minutes_until(now, at("2026-07-01T11:00:00Z")), 0);
        assert_eq!(ago(at("2026-07-01T12:00:00Z"), now, &ENGLISH), "just now");
        assert_eq!(ago(at("2026-07-01T11:56:00Z"), now, &ENGLISH), "4 min ago");
        assert_eq!(next_minute(now), at("2026-07-01T12:01:00Z"));
    }
}
