//! Times as a reader says them: on the city's clock, and by how long.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::city::Span;
use crate::views::words::{Said, Words};

/// `15:40` on the city's clock.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    let local = time.to_zoned_datetime(zone.clone());
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The day on the city's calendar, in words.
pub fn day(time: Timestamp, zone: &TimeZone, words: Words) -> Said {
    date(time.to_zoned_datetime(zone.clone()).date(), words)
}

/// `October 31, 2020`.
pub fn date(date: Date, words: Words) -> Said {
    words.date(date.day(), words.month_name(date.month()), date.year())
}

/// `October 2020`, or `Week of October 5, 2020`, or `2016–2020`, by its first day (of five years, of the last).
pub fn period(span: Span, first: Date, words: Words) -> Said {
    match span {
        Span::Month => words.month(words.month_name(first.month()), first.year()),
        Span::Week => words.layer_week_of(date(first, words)),
        // Text, so that no language parts its thousands.
        Span::FiveYears => {
            words.layer_years_of((first.year() - 4).to_string(), first.year().to_string())
        }
    }
}

/// Whole minutes from `from` to `to`, begun ones counted; 0 if it is past.
pub fn minutes_until(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second() + 59)
        .div_euclid(60)
        .max(0)
}

/// `4 min ago`.
pub fn ago(then: Timestamp, now: Timestamp, words: Words) -> Said {
    let minutes = (now.as_second() - then.as_second()).div_euclid(60);
    if minutes <= 0 {
        return words.just_now();
    }
    words.minutes_ago(minutes)
}

/// `4 min ago`, `3 h ago`, and after two days the day.
pub fn long_ago(then: Timestamp, now: Timestamp, zone: &TimeZone, words: Words) -> Said {
    let hours = (now.as_second() - then.as_second()).div_euclid(3600);
    match hours {
        ..1 => ago(then, now, words),
        1..48 => words.hours_ago(hours),
        _ => words.on_day(day(then, zone, words)),
    }
}

/// `4 min`, for where there is little room.
pub fn age(then: Timestamp, now: Timestamp, words: Words) -> Said {
    let minutes = (now.as_second() - then.as_second()).div_euclid(60);
    if minutes <= 0 {
        return words.now();
    }
    words.minutes(minutes)
}

/// The instant at which what is said by the minute is no longer true.
pub fn next_minute(now: Timestamp) -> Timestamp {
    let second = (now.as_second().div_euclid(60) + 1) * 60;
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{english, spanish};

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn times_are_the_citys() {
        let zone = TimeZone::get("America/Los_Angeles").expect("known");
        assert_eq!(clock(at("2026-07-01T22:40:00Z"), &zone), "15:40");
        let day = |words| day(at("2026-01-01T07:05:00Z"), &zone, words);
        assert_eq!(day(english().words()), "December 31, 2025");
        assert_eq!(day(spanish().words()), "31 de diciembre de 2025");
    }

    #[test]
    fn periods_have_names() {
        let of = |span, month, words| period(span, jiff::civil::date(2020, month, 7), words);
        assert_eq!(of(Span::Month, 9, english().words()), "September 2020");
        assert_eq!(of(Span::Month, 1, spanish().words()), "enero de 2020");
        assert_eq!(
            of(Span::Week, 9, english().words()),
            "Week of September 7, 2020"
        );
        assert_eq!(
            of(Span::Week, 1, spanish().words()),
            "Semana del 7 de enero de 2020"
        );
        let years = of(Span::FiveYears, 1, english().words());
        assert_eq!(years, "2016–2020");
    }

    #[test]
    fn what_is_long_ago_is_said_by_the_hour_and_then_by_the_day() {
        let zone = TimeZone::UTC;
        let now = at("2026-07-04T12:00:00Z");
        for (then, text) in [
            ("2026-07-04T11:30:00Z", "30 min ago"),
            ("2026-07-04T08:40:00Z", "3 h ago"),
            ("2026-07-02T12:01:00Z", "47 h ago"),
            ("2026-07-02T12:00:00Z", "on July 2, 2026"),
        ] {
            assert_eq!(long_ago(at(then), now, &zone, english().words()), text);
        }
    }

    #[test]
    fn a_begun_minute_counts_until_it_is_over() {
        let now = at("2026-07-01T12:00:01Z");
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:00Z")), 1);
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:01Z")), 1);
        assert_eq!(minutes_until(now, at("2026-07-01T12:01:02Z")), 2);
        assert_eq!(minutes_until(now, at("2026-07-01T11:00:00Z")), 0);
        assert_eq!(
            ago(at("2026-07-01T12:00:00Z"), now, english().words()),
            "just now"
        );
        assert_eq!(
            ago(at("2026-07-01T11:56:00Z"), now, english().words()),
            "4 min ago"
        );
        assert_eq!(next_minute(now), at("2026-07-01T12:01:00Z"));
    }
}
