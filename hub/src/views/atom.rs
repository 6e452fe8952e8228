//! The published periods of the layers and the announced sweeps as an Atom feed (RFC 4287); never a sighting.
//!
//! A hub does not know under which name it is reached, so links are relative: a reader resolves them against the address
//! of the feed. Ids are hashes of what they name, so that they stay the same after a restart and on another machine.

use std::collections::HashSet;
use std::io;

use jiff::Timestamp;
use jiff::civil::Time;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use uuid::Uuid;

use crate::city::City;
use crate::feeds::period;
use crate::notices::Notice;
use crate::views::choice::{Choice, When};
use crate::views::geojson::second;
use crate::views::layers::{Layer, Period};
use crate::views::words::Lang;
use crate::views::{Picture, ics, shell, sweeps, time, upcoming};

/// So many of a layer's newest periods are in it.
const NEWEST: usize = 12;

/// So many of the next sweeps.
const NEXT: usize = 100;

type Xml = Writer<Vec<u8>>;

struct Entry<'a> {
    of: Of<'a>,
    updated: Timestamp,
}

/// What an entry is about.
enum Of<'a> {
    Period {
        layer: &'a Layer,
        is_first: bool,
        period: &'a Period,
    },
    Sweep(&'a Notice),
}

/// The feed.
pub fn feed(picture: &Picture, at: Timestamp, lang: Lang) -> String {
    let mut xml = Writer::new(Vec::new());
    write(&mut xml, picture, at, lang).expect("memory takes it");
    String::from_utf8_lossy(&xml.into_inner()).into_owned()
}

/// Its address, relative to the pages'.
pub fn address(lang: Lang) -> String {
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    choice.address("feed.atom")
}

fn write(xml: &mut Xml, picture: &Picture, at: Timestamp, lang: Lang) -> io::Result<()> {
    let (city, words) = (&picture.city, lang.words());
    let entries = entries(picture, at);
    // Not the time of the picture: that would tell when a sighting came.
    let newest = entries.first().map(|entry| entry.updated);
    let home = Choice {
        lang,
        ..Choice::default()
    };
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    let feed = xml.create_element("feed").with_attributes([
        ("xmlns", "http://www.w3.org/2005/Atom"),
        ("xml:lang", lang.code()),
    ]);
    feed.write_inner_content(|xml| {
        text(xml, "id", &id(city, &["feed", lang.code()]))?;
        text(xml, "title", &words.feed_title(&city.name))?;
        text(xml, "subtitle", &words.feed_subtitle())?;
        text(
            xml,
            "updated",
            &second(newest.unwrap_or(Timestamp::UNIX_EPOCH)),
        )?;
        let name = picture.operator.name.as_deref().unwrap_or("Spotlight");
        xml.create_element("author")
            .write_inner_content(|xml| text(xml, "name", name))?;
        text(xml, "generator", "Spotlight")?;
        link(xml, "self", "application/atom+xml", &address(lang))?;
        link(xml, "alternate", "text/html", &home.address("./"))?;
        for entry in &entries {
            xml.create_element("entry")
                .write_inner_content(|xml| match entry.of {
                    Of::Period {
                        layer,
                        is_first,
                        period,
                    } => published(xml, city, entry, (layer, is_first, period), &home),
                    Of::Sweep(notice) => announced(xml, picture, notice, lang),
                })?;
        }
        Ok(())
    })?;
    Ok(())
}

/// The newest first.
fn entries(picture: &Picture, at: Timestamp) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for (n, layer) in picture.layers.iter().enumerate() {
        let periods = layer.periods.iter().rev().take(NEWEST);
        entries.extend(periods.map(|period| Entry {
            of: Of::Period {
                layer,
                is_first: n == 0,
                period,
            },
            updated: updated(&picture.city, layer, period),
        }));
    }
    entries.extend(upcoming(picture, at).take(NEXT).map(|notice| Entry {
        of: Of::Sweep(notice),
        updated: notice.changed_at,
    }));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.updated));
    entries
}

/// A period is published seven days after its end and never revised, but where the operator rebuilt the layer whole.
fn updated(city: &City, layer: &Layer, period: &Period) -> Timestamp {
    let due = period::due_at(layer.span, period.first, city);
    let due = Timestamp::from_second(due).unwrap_or(Timestamp::UNIX_EPOCH);
    let rebuilt = layer.rebuilt_on;
    let rebuilt = rebuilt.and_then(|day| {
        jiff::tz::TimeZone::UTC
            .to_timestamp(day.to_datetime(Time::midnight()))
            .ok()
    });
    rebuilt.map_or(due, |rebuilt| due.max(rebuilt))
}

/// An announced sweep; its id stays when it changes.
fn announced(xml: &mut Xml, picture: &Picture, notice: &Notice, lang: Lang) -> io::Result<()> {
    let words = lang.words();
    let (kind, day) = (
        sweeps::kind(notice.kind, words),
        sweeps::day(notice.date, words),
    );
    let hours = sweeps::hours(notice, words);
    let place = match &notice.area {
        Some(area) => format!("{}, {area}", notice.place),
        None => notice.place.clone(),
    };
    let id = id(
        &picture.city,
        &["sweep", &notice.id.to_string(), lang.code()],
    );
    let page = shell::with_lang("sweeps", lang);
    text(xml, "id", &id)?;
    text(xml, "title", &words.sweeps_news(kind, day, hours, place))?;
    text(xml, "updated", &second(notice.changed_at))?;
    text(xml, "summary", &ics::description(picture, notice, lang))?;
    link(
        xml,
        "alternate",
        "text/html",
        &format!("{page}#n-{}", notice.id.simple()),
    )?;
    let calendar = sweeps::calendar_address(notice.area.as_deref(), lang);
    link(xml, "alternate", "text/calendar", &calendar)
}

fn published(
    xml: &mut Xml,
    city: &City,
    entry: &Entry<'_>,
    (layer, is_first, period): (&Layer, bool, &Period),
    home: &Choice,
) -> io::Result<()> {
    let lang = home.lang;
    let (title, explanation, unit) = layer.words(lang);
    let when = time::period(layer.span, period.first, lang.words());
    let count: u64 = period.areas.iter().map(|area| u64::from(area.count)).sum();
    let areas: HashSet<&str> = period.areas.iter().map(|area| &*area.area).collect();
    let first_part = layer.begun_by.first().copied().unwrap_or_default();
    let page = Choice {
        when: When::Of(period.period.clone()),
        ..home.with_layer(layer, first_part, is_first)
    };
    let data = format!("api/v1/layers/{}", layer.id);
    let data = |form: &str| format!("{data}.{form}?period={}", period.period);
    text(
        xml,
        "id",
        &id(city, &[&layer.id, &period.period, lang.code()]),
    )?;
    text(xml, "title", &lang.words().feed_entry(&*title, when))?;
    text(xml, "updated", &second(entry.updated))?;
    let words = lang.words();
    let summary = match layer.rents {
        Some(_) => words.feed_summary_rents(period.rents.len(), &*unit, &*explanation),
        None => words.feed_summary(count, &*unit, areas.len(), &*explanation),
    };
    text(xml, "summary", &summary)?;
    text(xml, "rights", &layer.licence)?;
    link(xml, "alternate", "text/html", &page.address("./"))?;
    link(xml, "alternate", "application/geo+json", &data("geojson"))?;
    link(xml, "alternate", "text/csv", &data("csv"))
}

fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    // XML 1.0 has no other control characters.
    let text: String = text
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    xml.create_element(name)
        .write_text_content(BytesText::new(&text))?;
    Ok(())
}

fn link(xml: &mut Xml, rel: &str, kind: &str, href: &str) -> io::Result<()> {
    let link = xml.create_element("link");
    link.with_attributes([("rel", rel), ("type", kind), ("href", href)])
        .write_empty()?;
    Ok(())
}

/// A UUID of version 8 (RFC 9562, 5.8): a hash of the city and of what is named.
fn id(city: &City, names: &[&str]) -> String {
    let mut hash = blake3::Hasher::new();
    for name in ["spotlight.feed.v1", &city.id].iter().chain(names) {
        hash.update(name.as_bytes()).update(b"\0");
    }
    let mut bytes = [0; 16];
    hash.finalize_xof().fill(&mut bytes);
    let id: Uuid = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    id.urn().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};
    use quick_xml::Reader;
    use std::sync::Arc;

    fn picture() -> Picture {
        let mut picture = fixture::picture(2);
        let mut layer = fixture::layer();
        layer.licence = "A & B <1.0>".to_owned();
        picture.layers = Arc::new(vec![layer, fixture::calls()]);
        picture
    }

    /// Every element with its path, its attributes and its text, in order.
    fn elements(text: &str) -> Vec<(String, String, String)> {
        let mut reader = Reader::from_str(text);
        let (mut path, mut found) = (Vec::new(), Vec::<(String, String, String)>::new());
        let mut open = Vec::new();
        loop {
            let event = reader.read_event().expect("well-formed");
            match event {
                Event::Start(tag) | Event::Empty(tag) if tag.name().as_ref() == "link" => {
                    let attributes = tag.attributes_raw().to_owned();
                    found.push((
                        format!("{}/link", path.join("/")),
                        attributes,
                        String::new(),
                    ));
                }
                Event::Start(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    let attributes = tag.attributes_raw().to_owned();
                    path.push(name);
                    open.push(found.len());
                    found.push((path.join("/"), attributes, String::new()));
                }
                Event::Text(text) => {
                    if let Some(at) = open.last() {
                        found[*at].2 += &text;
                    }
                }
                Event::End(_) => {
                    path.pop();
                    open.pop();
                }
                Event::Eof => return found,
                _ => (),
            }
        }
    }

    #[test]
    fn the_feed_and_each_entry_have_what_the_standard_requires() {
        let text = feed(&picture(), picture().at, english());
        let all = elements(&text);
        assert!(all[0].1.contains("xmlns=\"http://www.w3.org/2005/Atom\""));
        let of = |path: &str| {
            let of = all.iter().filter(|(found, _, _)| found == path);
            of.map(|(_, _, text)| text.as_str()).collect::<Vec<_>>()
        };
        for once in ["feed/id", "feed/title", "feed/updated", "feed/author/name"] {
            assert_eq!(of(once).len(), 1, "{once}");
        }
        assert_eq!(of("feed/entry").len(), 3);
        for each in ["id", "title", "updated", "summary", "rights"] {
            assert_eq!(of(&format!("feed/entry/{each}")).len(), 3, "{each}");
        }
        let ids: HashSet<&str> = of("feed/entry/id")
            .into_iter()
            .chain(of("feed/id"))
            .collect();
        assert_eq!(ids.len(), 4);
        assert!(ids.iter().all(|id| {
            id.strip_prefix("urn:uuid:")
                .is_some_and(|id| Uuid::parse_str(id).is_ok())
        }));
        let mut times = of("feed/entry/updated");
        times.insert(0, of("feed/updated")[0]);
        let times: Vec<Timestamp> = times
            .iter()
            .map(|time| time.parse().expect("RFC 3339"))
            .collect();
        assert!(times.is_sorted_by(|one, other| one >= other));
        // At most one alternate of a type, and nothing but relative addresses.
        let links = all.iter().filter(|(path, _, _)| path == "feed/entry/link");
        assert_eq!(links.clone().count(), 9);
        assert!(
            links
                .clone()
                .all(|(_, attributes, _)| !attributes.contains("://"))
        );
        assert!(
            text.contains("href=\"./?layer=calls&amp;period=2020-W40\""),
            "{text}"
        );
    }

    #[test]
    fn an_entry_stays_the_same_whatever_is_seen_and_sightings_are_not_in_it() {
        let picture = picture();
        let before = feed(&picture, picture.at, spanish());
        let mut later = picture.clone();
        later.at = fixture::at("2026-08-01T22:00:00Z");
        later.sightings.clear();
        assert_eq!(before, feed(&later, later.at, spanish()));
        assert!(!before.contains(&picture.sightings[0].cell.to_string()));
        assert!(!before.contains("5TH"));
        // Due seven days after the month's end, by the city's clock.
        assert!(
            before.contains("<updated>2020-10-08T07:00:00Z</updated>"),
            "{before}"
        );
    }

    #[test]
    fn a_layer_that_was_rebuilt_is_news_again_and_an_empty_feed_is_one() {
        let mut picture = picture();
        let mut layer = fixture::layer();
        layer.rebuilt_on = Some(jiff::civil::date(2026, 6, 1));
        picture.layers = Arc::new(vec![layer]);
        let text = feed(&picture, picture.at, english());
        assert_eq!(
            text.matches("<updated>2026-06-01T00:00:00Z</updated>")
                .count(),
            3
        );
        picture.layers = Arc::default();
        assert!(
            elements(&feed(&picture, picture.at, english()))
                .iter()
                .any(|(path, _, _)| path == "feed/updated")
        );
    }
}
