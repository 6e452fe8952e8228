//! Announced sweeps on the pages: a dated list, what it means and what can be done, and calendars to subscribe to.
//!
//! Where none is announced the pages say no word of it, for a reader there would take that for a promise; the page of all,
//! which is asked for by name, says that it is none.

pub mod on_map;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use maud::{Markup, html};

use crate::notices::{Kind, Notice, slug};
use crate::views::choice::{Choice, Shape};
use crate::views::words::{Lang, Said, Words, paragraphs};
use crate::views::{Picture, cities, shell, upcoming};

/// So many stand on the map's page, and on the list's; the page of all has the rest.
const ON_MAP: usize = 10;
const ON_LIST: usize = 5;

pub fn kind(kind: Kind, words: Words) -> Said {
    match kind {
        Kind::Sweep => words.sweeps_sweep(),
        Kind::Cleaning => words.sweeps_cleaning(),
        Kind::Removal => words.sweeps_removal(),
    }
}

pub fn kind_means(kind: Kind, words: Words) -> Said {
    match kind {
        Kind::Sweep => words.sweeps_sweep_means(),
        Kind::Cleaning => words.sweeps_cleaning_means(),
        Kind::Removal => words.sweeps_removal_means(),
    }
}

/// The address of a calendar: of an area, or of all.
pub fn calendar_address(area: Option<&str>, lang: Lang) -> String {
    let address = match area {
        Some(area) => format!("sweeps/{}.ics", slug(area)),
        None => "sweeps.ics".to_owned(),
    };
    shell::with_lang(&address, lang)
}

/// The district whose calendar an address names.
pub fn area_of<'a>(picture: &'a Picture, slug_of: &str) -> Option<&'a str> {
    let mut districts = picture.city.districts.iter();
    let (name, _, _) = districts.find(|(name, _, _)| slug(name) == slug_of)?;
    Some(name)
}

/// `Thursday, December 3`.
pub fn day(date: Date, words: Words) -> Said {
    let weekday = words.weekday_name(date.weekday().to_monday_one_offset());
    words.sweeps_day(weekday, date.day(), words.month_name(date.month()))
}

/// `07:00–12:00`, `from 07:00`, or that no hours were posted.
pub fn hours(notice: &Notice, words: Words) -> Said {
    let clock = |time: jiff::civil::Time| format!("{:02}:{:02}", time.hour(), time.minute());
    match (notice.start.map(clock), notice.end.map(clock)) {
        (Some(start), Some(end)) => words.sweeps_hours(start, end),
        (Some(start), None) => words.sweeps_from(start),
        (None, _) => words.sweeps_no_hours(),
    }
}

/// One line near the top of a page: how many are to come, and the first of them. It leads to their rows: a frame has none, so
/// from there to their own page.
pub fn line(picture: &Picture, at: Timestamp, choice: &Choice) -> Markup {
    let words = choice.lang.words();
    let mut notices = upcoming(picture, at);
    let Some(first) = notices.next() else {
        return html! {};
    };
    let when = when(picture, first, at, choice);
    let (rows, target) = match choice.shape {
        Shape::Embedded => (shell::with_lang("sweeps", choice.lang), Some("_blank")),
        Shape::Whole | Shape::Kept => ("#sweeps".to_owned(), None),
    };
    html! {
        p #announced data-over=(first.over_at.as_second()) {
            a href=(rows) target=[target] rel=[target.map(|_| "noopener")] {
                b { (words.sweeps_count(1 + notices.count())) } " "
                span { (when) ", " (hours(first, words)) ": " (first.place) }
            }
        }
    }
}

/// By what an open page knows that others are announced than when it was made. What is over counts too: that goes from a page by
/// itself.
pub fn edition(picture: &Picture) -> String {
    let mut hasher = blake3::Hasher::new();
    for notice in picture.notices.iter() {
        hasher.update(notice.id.as_bytes());
        hasher.update(&notice.changed_at.as_second().to_le_bytes());
    }
    hasher.finalize().to_hex()[..8].to_owned()
}

/// The next of them on the map's page, with their letters there.
pub fn beside_map(picture: &Picture, at: Timestamp, choice: &Choice) -> Markup {
    block(picture, at, choice, ON_MAP, on_map::lettered(picture, at))
}

/// The next of them on the list's page.
pub fn listed(picture: &Picture, at: Timestamp, choice: &Choice) -> Markup {
    let rows = upcoming(picture, at).take(ON_LIST);
    block(
        picture,
        at,
        choice,
        ON_LIST,
        rows.map(|notice| (notice, None)),
    )
}

/// At most so many rows, what they mean, and where the others are.
fn block<'a>(
    picture: &Picture,
    at: Timestamp,
    choice: &Choice,
    most: usize,
    rows: impl Iterator<Item = (&'a Notice, Option<char>)>,
) -> Markup {
    let words = choice.lang.words();
    let count = upcoming(picture, at).count();
    if count == 0 {
        return html! {};
    }
    html! {
        section #sweeps aria-labelledby="sweeps-heading" tabindex="-1" {
            h2 #sweeps-heading { (words.sweeps_heading()) }
            (list(picture, rows, at, choice))
            p .ways {
                a href=(shell::with_lang("sweeps", choice.lang)) {
                    @if count > most { (words.sweeps_all(count)) } @else { (words.sweeps_by_area()) }
                }
                " "
                a href=(calendar_address(None, choice.lang)) { (words.sweeps_subscribe()) }
            }
            (advice(picture, words))
        }
    }
}

fn list<'a>(
    picture: &Picture,
    rows: impl Iterator<Item = (&'a Notice, Option<char>)>,
    at: Timestamp,
    choice: &Choice,
) -> Markup {
    let rows: Vec<_> = rows.collect();
    let has_letters = rows.iter().any(|(_, letter)| letter.is_some());
    html! {
        ol .sweeps.lettered[has_letters] role="list" {
            @for (notice, letter) in rows { (row(picture, notice, letter, at, choice)) }
        }
    }
}

fn row(
    picture: &Picture,
    notice: &Notice,
    letter: Option<char>,
    at: Timestamp,
    choice: &Choice,
) -> Markup {
    let words = choice.lang.words();
    let begins = match notice.start {
        Some(_) => notice.begins_at.to_string(),
        None => notice.date.to_string(),
    };
    html! {
        li id={ "n-" (notice.id.simple()) } data-over=(notice.over_at.as_second()) {
            @if let Some(letter) = letter { (on_map::link(notice, letter, words)) }
            p .day {
                time datetime=(begins) { (when(picture, notice, at, choice)) ", " span { (hours(notice, words)) } }
            }
            p { b { (notice.place) } @if let Some(area) = &notice.area { ", " (area) } }
            p .quiet {
                (kind(notice.kind, words)) ": " (kind_means(notice.kind, words))
                @if let Some(source) = &notice.source { " " (words.sweeps_source(&**source)) }
            }
        }
    }
}

/// Its day; on a page that is not kept also how near it is.
fn when(picture: &Picture, notice: &Notice, at: Timestamp, choice: &Choice) -> Said {
    let words = choice.lang.words();
    let today = picture.city.day(at);
    let day = day(notice.date, words);
    match choice.shape {
        Shape::Kept => day,
        _ if notice.date == today => words.sweeps_today(day),
        _ if today.tomorrow().is_ok_and(|day| day == notice.date) => words.sweeps_tomorrow(day),
        _ => day,
    }
}

fn advice(picture: &Picture, words: Words) -> Markup {
    html! {
        p .quiet { (words.sweeps_means()) }
        p { (words.sweeps_do()) }
        @if let Some(rights) = &picture.operator.rights { p .rights { (words.sweeps_rights(&**rights)) } }
    }
}

/// The names of the districts in the order of the alphabet.
fn by_name(picture: &Picture) -> Vec<&str> {
    let districts = picture.city.districts.iter();
    let mut names: Vec<&str> = districts.map(|(name, _, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// The page of all of them, by area, each with its calendar.
pub fn sweeps_page(picture: &Picture, at: Timestamp, lang: Lang) -> String {
    let words = lang.words();
    let choice = Choice {
        lang,
        ..Choice::default()
    };
    let mut areas: BTreeMap<Option<&str>, Vec<&Notice>> = BTreeMap::new();
    for notice in upcoming(picture, at) {
        areas
            .entry(notice.area.as_deref())
            .or_default()
            .push(notice);
    }
    // Those of no district come last.
    let elsewhere = areas.remove(&None);
    let areas: Vec<_> = areas
        .into_iter()
        .chain(elsewhere.map(|notices| (None, notices)))
        .collect();
    let body = html! {
        (shell::header(picture, &choice, "sweeps"))
        main #main .narrow.about tabindex="-1" {
            h2 .top { (words.sweeps_heading()) }
            section {
                @for paragraph in paragraphs(&words.sweeps_page()) { p { (paragraph) } }
                @if areas.is_empty() { p #none { strong { (words.sweeps_none()) } } }
                p .ways { a href=(calendar_address(None, lang)) { (words.sweeps_calendar_link(&*picture.city.name)) } }
                @if !areas.is_empty() { (advice(picture, words)) }
            }
            @for (area, notices) in &areas {
                section {
                    h3 { (area.unwrap_or(&words.sweeps_elsewhere())) }
                    (list(picture, notices.iter().map(|notice| (*notice, None)), at, &choice))
                    @if area.is_some() {
                        p .ways { a href=(calendar_address(*area, lang)) { (words.sweeps_calendar_link(area.unwrap_or_default())) } }
                    }
                }
            }
            @if !picture.city.notices.is_empty() {
                section {
                    @for of in &picture.city.notices { p .quiet { (words.layer_source(&*of.source, &*of.licence)) } }
                }
            }
            @if !picture.city.districts.is_empty() {
                section {
                    h3 { (words.sweeps_calendars()) }
                    p { (words.sweeps_calendars_means()) }
                    ul .ways {
                        @for area in by_name(picture) {
                            li { a href=(calendar_address(Some(area), lang)) { (area) } }
                        }
                    }
                }
            }
        }
        (cities::nav(picture, "sweeps", lang))
        (shell::footer(picture, &choice.address("./"), &words.map_link(), lang))
    };
    shell::titled(
        &words.sweeps_title(&*picture.city.name),
        picture,
        lang,
        None,
        body,
    )
}
