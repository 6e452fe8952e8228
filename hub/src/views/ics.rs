//! The announced sweeps as a calendar (RFC 5545, with RFC 7986's name and interval), to be subscribed to: all of the city, or
//! those of one of its districts.
//!
//! Hours are of the city's clock, so the zone is in it, as the steps that its clock makes in the two years around. A calendar
//! without a sweep has the zone alone, and so is one too. Times of change are those of `notices.seen`, so that the bytes stay
//! the same while nothing changes.
//!
//! Own code, for it is a page of it: the crate `icalendar` puts a `DTSTAMP` of now into every component, also into a zone,
//! which may not have one. That crate reads what is written here, in the tests.

use std::fmt::Write as _;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan as _};

use crate::city::City;
use crate::notices::{Kind, Notice};
use crate::views::words::{Lang, Said};
use crate::views::{Picture, sweeps, upcoming};

/// How often a program may ask again.
const REFRESH: &str = "PT1H";

/// Octets of a line at most, without its end.
const FOLD: usize = 75;

/// The calendar of an area, or of all.
pub fn calendar(picture: &Picture, at: Timestamp, area: Option<&str>, lang: Lang) -> String {
    let (city, words) = (&picture.city, lang.words());
    let name = match area {
        Some(area) => words.sweeps_calendar(area),
        None => words.sweeps_calendar(&*city.name),
    };
    let mut ics = Ics::default();
    ics.line("BEGIN", "VCALENDAR");
    ics.line("VERSION", "2.0");
    ics.line("PRODID", "-//Spotlight//Sweeps//EN");
    ics.line("CALSCALE", "GREGORIAN");
    ics.text("NAME", &name);
    ics.text("X-WR-CALNAME", &name);
    ics.line("REFRESH-INTERVAL;VALUE=DURATION", REFRESH);
    ics.line("X-PUBLISHED-TTL", REFRESH);
    let zone = zone_name(city);
    time_zone(&mut ics, zone, &city.time_zone, at);
    for notice in
        upcoming(picture, at).filter(|notice| area.is_none() || notice.area.as_deref() == area)
    {
        event(&mut ics, picture, notice, zone, lang);
    }
    ics.line("END", "VCALENDAR");
    ics.0
}

fn zone_name(city: &City) -> &str {
    city.time_zone.iana_name().unwrap_or("UTC")
}

fn event(ics: &mut Ics, picture: &Picture, notice: &Notice, zone: &str, lang: Lang) {
    let words = lang.words();
    let changed = utc(notice.changed_at);
    ics.line("BEGIN", "VEVENT");
    ics.line("UID", &notice.id.urn().to_string());
    ics.line("DTSTAMP", &changed);
    ics.line("LAST-MODIFIED", &changed);
    // An event without an end is of its beginning alone, so one of which no end was told lasts until midnight.
    let tomorrow = notice.date.checked_add(1.day()).unwrap_or(notice.date);
    let at = |name: &str| format!("{name};TZID={zone}");
    match (notice.start, notice.end) {
        (None, _) => {
            ics.line("DTSTART;VALUE=DATE", &day(notice.date));
            ics.line("DTEND;VALUE=DATE", &day(tomorrow));
        }
        (Some(start), end) => {
            let end = end.map_or(tomorrow.to_datetime(Time::midnight()), |end| {
                notice.date.to_datetime(end)
            });
            ics.line(&at("DTSTART"), &local(notice.date.to_datetime(start)));
            ics.line(&at("DTEND"), &local(end));
        }
    }
    ics.text(
        "SUMMARY",
        &words.sweeps_entry(sweeps::kind(notice.kind, words), &*notice.place),
    );
    let location = [
        Some(&*notice.place),
        notice.area.as_deref(),
        Some(&*picture.city.name),
    ];
    ics.text(
        "LOCATION",
        &location
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
    );
    ics.text("DESCRIPTION", &description(picture, notice, lang));
    let category = match notice.kind {
        Kind::Sweep => "SWEEP",
        Kind::Cleaning => "CLEANING",
        Kind::Removal => "REMOVAL",
    };
    ics.line("CATEGORIES", category);
    // It is no appointment of whoever subscribes.
    ics.line("TRANSP", "TRANSPARENT");
    if let Some(url) = &picture.public_url {
        ics.line("URL", &format!("{url}sweeps"));
    }
    ics.line("END", "VEVENT");
}

/// What it means and what to do, and who posted it.
pub fn description(picture: &Picture, notice: &Notice, lang: Lang) -> String {
    let words = lang.words();
    let rights = picture.operator.rights.as_deref();
    let parts = [
        Some(sweeps::kind_means(notice.kind, words)),
        notice
            .source
            .as_deref()
            .map(|source| words.sweeps_source(source)),
        Some(words.sweeps_means()),
        Some(words.sweeps_do()),
        rights.map(|rights| words.sweeps_rights(rights)),
    ];
    let parts: Vec<Said> = parts.into_iter().flatten().collect();
    parts.join("\n")
}

/// The zone, as the steps of its clock from the beginning of the last year to the end of the next.
fn time_zone(ics: &mut Ics, name: &str, zone: &TimeZone, at: Timestamp) {
    let year = at.to_zoned_datetime(zone.clone()).year();
    let edge = |year| {
        let day = Date::new(year, 1, 1).ok()?;
        TimeZone::UTC
            .to_timestamp(day.to_datetime(Time::midnight()))
            .ok()
    };
    let (from, to) = (edge(year - 1).unwrap_or(at), edge(year + 2).unwrap_or(at));
    ics.line("BEGIN", "VTIMEZONE");
    ics.line("TZID", name);
    let mut before = zone.to_offset(from);
    let first = zone.to_offset_info(from);
    step(
        ics,
        first.dst().is_dst(),
        before,
        before,
        local_of(from, before),
        first.abbreviation(),
    );
    for next in zone
        .following(from)
        .take_while(|next| next.timestamp() < to)
        .take(24)
    {
        let begins = local_of(next.timestamp(), before);
        step(
            ics,
            next.dst().is_dst(),
            before,
            next.offset(),
            begins,
            next.abbreviation(),
        );
        before = next.offset();
    }
    ics.line("END", "VTIMEZONE");
}

fn step(
    ics: &mut Ics,
    is_summer: bool,
    before: Offset,
    after: Offset,
    begins: DateTime,
    name: &str,
) {
    let kind = if is_summer { "DAYLIGHT" } else { "STANDARD" };
    ics.line("BEGIN", kind);
    ics.line("DTSTART", &local(begins));
    ics.line("TZOFFSETFROM", &offset(before));
    ics.line("TZOFFSETTO", &offset(after));
    ics.text("TZNAME", name);
    ics.line("END", kind);
}

fn local_of(at: Timestamp, offset: Offset) -> DateTime {
    offset.to_datetime(at)
}

fn offset(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

fn day(date: Date) -> String {
    date.strftime("%Y%m%d").to_string()
}

fn local(at: DateTime) -> String {
    at.strftime("%Y%m%dT%H%M%S").to_string()
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Lines of a calendar.
#[derive(Default)]
struct Ics(String);

impl Ics {
    /// A line of what needs no escaping, folded (RFC 5545, 3.1) between characters.
    fn line(&mut self, name: &str, value: &str) {
        let line = format!("{name}:{value}");
        let mut octets = 0;
        for c in line.chars() {
            if octets + c.len_utf8() > FOLD {
                self.0.push_str("\r\n ");
                octets = 1;
            }
            self.0.push(c);
            octets += c.len_utf8();
        }
        self.0.push_str("\r\n");
    }

    /// A line of text (RFC 5545, 3.3.11).
    fn text(&mut self, name: &str, text: &str) {
        let mut value = String::with_capacity(text.len());
        for c in text.chars() {
            match c {
                '\\' | ';' | ',' => {
                    let _ = write!(value, "\\{c}");
                }
                '\n' => value.push_str("\\n"),
                c if c.is_control() => {}
                c => value.push(c),
            }
        }
        self.line(name, &value);
    }
}

#[cfg(test)]
mod tests;
