use icalendar::{Calendar, CalendarComponent, Component as _};

use super::*;
use crate::views::fixture::{self, english, spanish};

fn picture() -> Picture {
    let mut picture = fixture::picture(2);
    picture.notices = fixture::notices();
    picture.operator.rights = Some("+1 213 555 0199".to_owned());
    picture.public_url = Some("https://map.example/".to_owned());
    picture
}

fn read(text: &str) -> Calendar {
    text.parse()
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_library_reads_each_sweep_with_its_hours_on_the_citys_clock() {
    let picture = picture();
    let text = calendar(&picture, picture.at, None, english());
    let read = read(&text);
    assert_eq!(read.get_name(), Some("Sweeps announced: Los Angeles"));
    let events: Vec<_> = read.events().collect();
    assert_eq!(events.len(), 3);
    let of = |n: usize, name: &str| {
        events[n]
            .property_value(name)
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(of(0, "DTSTART"), "20260702T070000");
    assert_eq!(of(0, "DTEND"), "20260702T123000");
    let zone = events[0].properties()["DTSTART"].params()["TZID"].value();
    assert_eq!(zone, "America/Los_Angeles");
    assert_eq!(
        of(0, "SUMMARY"),
        "Removal announced: San Julian Park; north, \"A\""
    );
    assert_eq!(
        of(0, "LOCATION"),
        "San Julian Park; north, \"A\", Skid Row, Los Angeles"
    );
    for part in [
        "Posted by Bureau of Sanitation.",
        "pack papers",
        "+1 213 555 0199",
    ] {
        assert!(of(0, "DESCRIPTION").contains(part), "{part}");
    }
    assert_eq!(of(0, "URL"), "https://map.example/sweeps");
    assert_eq!(of(0, "DTSTAMP"), "20260630T090000Z");
    // No hours were posted: the whole day; no end: until midnight.
    assert_eq!(
        (of(1, "DTSTART"), of(1, "DTEND")),
        ("20260703".into(), "20260704".into())
    );
    assert_eq!(
        (of(2, "DTSTART"), of(2, "DTEND")),
        ("20261103T060000".into(), "20261104T000000".into())
    );
    let mut ids: Vec<String> = (0..3).map(|n| of(n, "UID")).collect();
    assert!(ids.iter().all(|id| id.starts_with("urn:uuid:")));
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn the_zone_has_the_steps_of_the_citys_clock() {
    let picture = picture();
    let text = calendar(&picture, picture.at, None, english());
    let zone = text.split("BEGIN:VTIMEZONE\r\n").nth(1).expect("a zone");
    let zone = zone.split("END:VTIMEZONE").next().expect("it ends");
    assert!(zone.starts_with("TZID:America/Los_Angeles\r\n"));
    for step in [
        "BEGIN:DAYLIGHT\r\nDTSTART:20260308T020000\r\nTZOFFSETFROM:-0800\r\nTZOFFSETTO:-0700\r\nTZNAME:PDT\r\n",
        "BEGIN:STANDARD\r\nDTSTART:20261101T020000\r\nTZOFFSETFROM:-0700\r\nTZOFFSETTO:-0800\r\nTZNAME:PST\r\n",
        "BEGIN:DAYLIGHT\r\nDTSTART:20270314T020000",
    ] {
        assert!(zone.contains(step), "{step}: {zone}");
    }
    // What a zone may have, and nothing else.
    assert!(!zone.contains("DTSTAMP") && !zone.contains("UID"));
    let mut utc = picture.clone();
    let mut city = fixture::city();
    city.time_zone = TimeZone::UTC;
    utc.city = std::sync::Arc::new(city);
    let text = calendar(&utc, utc.at, None, english());
    assert_eq!(text.matches("BEGIN:STANDARD").count(), 1);
}

#[test]
fn lines_end_in_crlf_and_are_folded_between_characters() {
    for lang in [english(), spanish()] {
        let picture = picture();
        let text = calendar(&picture, picture.at, None, lang);
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert!(lines.iter().all(|line| line.len() <= FOLD), "{text}");
        assert!(lines.iter().any(|line| line.len() >= FOLD - 3));
        // What a reader unfolds is what was written.
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("SUMMARY:"));
        assert!(
            unfolded.contains("San Julian Park\\; north\\, \"A\""),
            "{unfolded}"
        );
    }
}

#[test]
fn escapes_and_folds_hostile_text() {
    let mut ics = Ics::default();
    ics.text("SUMMARY", "a\\b;c,d\ne\rf\u{0}BEGIN:VEVENT");
    assert_eq!(ics.0, "SUMMARY:a\\\\b\\;c\\,d\\nefBEGIN:VEVENT\r\n");
    let mut ics = Ics::default();
    let long = "é".repeat(200);
    ics.text("X", &long);
    assert!(ics.0.split("\r\n").all(|line| line.len() <= FOLD));
    assert_eq!(ics.0.replace("\r\n ", ""), format!("X:{long}\r\n"));
}

#[test]
fn an_area_has_its_own_and_a_calendar_without_any_is_one() {
    let picture = picture();
    let text = calendar(&picture, picture.at, Some("Skid Row"), spanish());
    let of_area = read(&text);
    assert_eq!(of_area.events().count(), 1);
    assert!(
        text.contains("SUMMARY:Desalojo (aviso): San Julian Park"),
        "{text}"
    );
    let none = calendar(&picture, picture.at, Some("Atlantis"), english());
    let none = read(&none);
    assert_eq!(none.events().count(), 0);
    assert!(
        matches!(none.components[..], [CalendarComponent::Other(_)]),
        "the zone"
    );
}

#[test]
fn what_is_over_is_in_none_and_the_rest_stays_byte_for_byte() {
    let picture = picture();
    let at = |time: &str| calendar(&picture, fixture::at(time), None, english());
    let first = at("2026-07-01T22:00:00Z");
    assert_eq!(first, at("2026-07-02T19:29:59Z"));
    let later = at("2026-07-02T19:30:00Z");
    assert_eq!(
        (
            first.matches("BEGIN:VEVENT").count(),
            later.matches("BEGIN:VEVENT").count()
        ),
        (3, 2)
    );
}
