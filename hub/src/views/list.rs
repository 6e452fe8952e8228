//! The list: every sighting in words, newest first.

use jiff::Timestamp;
use maud::{Markup, html};
use spotlight_common::now::Level;

use crate::views::choice::Choice;
use crate::views::svg::{badge, count, fading, label};
use crate::views::words::{Lang, Said, Words};
use crate::views::{Picture, Sighting, time};

/// A level's word and what it means.
pub fn level_words(level: Level, words: Words) -> (Said, Said) {
    match level {
        Level::Corroborated => (words.corroborated(), words.corroborated_means()),
        Level::Photo => (words.photo(), words.photo_means()),
        Level::Unconfirmed => (words.unconfirmed(), words.unconfirmed_means()),
    }
}

/// The answer in one line, and what it does not mean. `again` is the page's own address.
pub fn summary(
    picture: &Picture,
    seen: &[&Sighting],
    at: Timestamp,
    again: &str,
    words: Words,
) -> Markup {
    let now = time::clock(at, &picture.city.time_zone);
    let day = time::day(at, &picture.city.time_zone, words);
    let newest = seen.first().map(|s| time::ago(s.last_seen, at, words));
    let has_data = picture.has_data();
    let (no_data, why) = match picture.coverage.is_empty() {
        true => (words.no_coverage(), words.no_coverage_why()),
        false => (words.no_data(), words.no_data_why()),
    };
    html! {
        div #summary {
            p #nodata hidden[has_data] { strong { (no_data) } " " (why) }
            p #count-line role="status" hidden[!has_data && seen.is_empty()] {
                strong #count { (count(seen.len(), words)) }
            }
            p .facts {
                span #newest {
                    @if let Some(ago) = newest { (words.newest(ago)) }
                }
                b #newest-where { @if let Some(newest) = seen.first() { (label(newest, words)) } }
                span #state role="status" { (words.as_of(now, day)) }
                " "
                a .again href=(again) { (words.reload()) }
            }
            // Shown by the style sheet once nothing on the page may be shown any more.
            p .stale { strong { (words.stale()) } " " a href=(again) { (words.reload()) } }
            p .silence { (words.silence()) }
        }
    }
}

/// Rows, in the order of the marks' numbers. `map` is the address of the page with the marks, empty on that page.
pub fn rows(picture: &Picture, seen: &[&Sighting], at: Timestamp, map: &str, lang: Lang) -> Markup {
    html! {
        ol #rows role="list" {
            @for (n, sighting) in seen.iter().enumerate() {
                (row(picture, n + 1, sighting, at, map, lang))
            }
        }
    }
}

fn row(
    picture: &Picture,
    number: usize,
    sighting: &Sighting,
    at: Timestamp,
    map: &str,
    lang: Lang,
) -> Markup {
    let words = lang.words();
    let zone = &picture.city.time_zone;
    let (level, means) = level_words(sighting.level, words);
    let left = time::minutes_until(at, sighting.fades_at);
    let gone = sighting.reported_gone.map(|at| time::clock(at, zone));
    html! {
        li id={ "s-" (sighting.cell) } class={ "row " (fading(sighting, at)) @if gone.is_some() { " left" } }
            data-fades=(sighting.fades_at.as_second()) data-seen=(sighting.last_seen.as_second())
        {
            a .to href={ (map) "#m-" (sighting.cell) } aria-label={ (words.map_heading()) ": " (number) } {
                svg viewBox="-16 -16 32 32" aria-hidden="true" { (badge(sighting.level, Some(number), gone.is_some())) }
            }
            div {
                h3 { (label(sighting, words)) }
                p .when {
                    span .ago { (time::ago(sighting.last_seen, at, words)) }
                    " · "
                    span .fd { (words.fades(time::clock(sighting.fades_at, zone), left)) }
                }
                p .lv { b { (level) } ", " (means) }
                p .gone { @if let Some(gone) = &gone { (words.reported_gone(gone)) } }
                progress max="60" value=(left) aria-hidden="true" {}
            }
            @if gone.is_none() {
                @let button = words.left_button();
                button .they-left form="left" name="cell" value=(sighting.cell) aria-label={ (button) ": " (label(sighting, words)) } { (button) }
            }
        }
    }
}

/// The form of every row's button, which sends its reader back to this page.
pub fn left_form(choice: &Choice, page: Option<&str>) -> Markup {
    html! {
        form #left method="post" action="api/v1/gone" {
            @for (name, value) in choice.fields() { input type="hidden" name=(name) value=(value); }
            @if let Some(page) = page { input type="hidden" name="page" value=(page); }
            p .quiet { (choice.lang.words().left_means()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};

    fn said(sightings: usize, online: bool, lang: Lang) -> String {
        let mut picture = fixture::picture(sightings);
        picture.node_online = online;
        let seen: Vec<&Sighting> = picture.sightings.iter().collect();
        let summary = summary(&picture, &seen, picture.at, "./", lang.words());
        let rows = rows(&picture, &seen, picture.at, "", lang);
        summary.into_string() + &rows.into_string()
    }

    #[test]
    fn a_row_says_where_how_sure_how_old_and_how_long() {
        let said = said(2, true, english());
        for part in [
            "Police reported at 2 places",
            "newest 2 min ago",
            "<b id=\"newest-where\">near 5th St &amp; San Pedro St</b>",
            "near 5th St &amp; San Pedro St",
            "<b>corroborated</b>, two people, independently",
            "3 min ago",
            "fades at 15:57, in 57 min",
            "reported gone 15:00",
            "aria-label=\"They left: near 5th St &amp; San Pedro St\"",
        ] {
            assert!(said.contains(part), "{part}");
        }
    }

    #[test]
    fn silence_and_no_data_are_different_words() {
        let online = said(0, true, english());
        assert!(online.contains("Nobody reported police in the last hour"));
        assert!(online.contains("Silence is not safety"));
        assert!(online.contains("id=\"nodata\" hidden"));
        let offline = said(0, false, spanish());
        assert!(offline.contains("<p id=\"nodata\"><strong>Sin datos"));
        assert!(offline.contains("id=\"count-line\" role=\"status\" hidden"));
    }
}
