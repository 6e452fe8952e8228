//! Periods of a layer: calendar months, and weeks from Monday to Sunday. Only computes.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};

use crate::city::{City, Span};

/// A period is published this many days after its end.
pub const DAYS_AFTER: i64 = 7;

/// The first day of the period that holds a day.
pub fn first_day(span: Span, day: Date) -> Date {
    match span {
        Span::Month => day.first_of_month(),
        Span::Week => {
            let since_monday = day.weekday().since(Weekday::Monday);
            later(day, -i64::from(since_monday))
        }
        Span::FiveYears => day.first_of_year(),
    }
}

/// The first day after the period that begins on a day.
pub fn next(span: Span, first: Date) -> Date {
    match span {
        Span::Month => later(first.last_of_month(), 1),
        Span::Week => later(first, 7),
        Span::FiveYears => later(first.last_of_year(), 1),
    }
}

/// The first day on which the period that begins on a day may be published.
pub fn due(span: Span, first: Date) -> Date {
    later(next(span, first), DAYS_AFTER)
}

/// The instant of that day's beginning in the city, seconds since 1970.
pub fn due_at(span: Span, first: Date, city: &City) -> i64 {
    let midnight = due(span, first).to_datetime(Time::midnight());
    let instant = city.time_zone.to_timestamp(midnight);
    instant.map_or(i64::MAX, Timestamp::as_second)
}

/// `2026-11`, or `2026-W45` (ISO 8601), or `2026`.
pub fn name(span: Span, first: Date) -> String {
    match span {
        Span::Month => first.strftime("%Y-%m").to_string(),
        Span::Week => {
            let week = first.iso_week_date();
            format!("{}-W{:02}", week.year(), week.week())
        }
        Span::FiveYears => first.strftime("%Y").to_string(),
    }
}

fn later(day: Date, days: i64) -> Date {
    day.checked_add(jiff::Span::new().days(days)).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn months_and_weeks_begin_end_and_are_due() {
        let week = |day| first_day(Span::Week, day);
        assert_eq!(week(date(2026, 11, 2)), date(2026, 11, 2));
        assert_eq!(week(date(2026, 11, 8)), date(2026, 11, 2));
        assert_eq!(week(date(2026, 1, 1)), date(2025, 12, 29));
        assert_eq!(name(Span::Week, date(2025, 12, 29)), "2026-W01");
        assert_eq!(name(Span::Week, date(2026, 11, 2)), "2026-W45");
        assert_eq!(due(Span::Week, date(2026, 11, 2)), date(2026, 11, 16));
        assert_eq!(first_day(Span::Month, date(2020, 2, 29)), date(2020, 2, 1));
        assert_eq!(next(Span::Month, date(2019, 12, 1)), date(2020, 1, 1));
        assert_eq!(due(Span::Month, date(2020, 1, 1)), date(2020, 2, 8));
        assert_eq!(name(Span::Month, date(2020, 1, 1)), "2020-01");
    }
}
