//! A sheet of paper: what the map is, how to text, where it has data. Never a sighting: paper cannot fade.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::views::choice::Choice;
use crate::views::projection::{Frame, View};
use crate::views::shell::STYLE;
use crate::views::shown::Shown;
use crate::views::texting::{corner, dialled, examples};
use crate::views::words::{Lang, Said, Words};
use crate::views::{Picture, legend, qr, svg, time};

/// What the poster has beside the style sheet of every page.
pub static POSTER_STYLE: &str = include_str!("poster.css");

/// What it says of its map in the place of what a page says.
pub const INSTEAD: [(&str, &str); 2] = [
    ("map-title", "poster-map-title"),
    ("map-text", "poster-map-text"),
];

/// In one language, or without one in all that the city speaks, side by side.
pub fn poster(picture: &Picture, at: Timestamp, lang: Option<Lang>) -> String {
    let spoken = |lang: &Lang| {
        let codes = &picture.city.languages;
        codes.is_empty() || codes.iter().any(|code| code == lang.code())
    };
    let together: Vec<Lang> = picture.languages.iter().filter(spoken).collect();
    let langs = lang.map_or(together.clone(), |lang| vec![lang]);
    let first = langs.first().copied().unwrap_or_default();
    let title = first.words().poster_title(&picture.city.name);
    let page = html! {
        (DOCTYPE)
        html lang=(first.code()) dir=(first.dir()) {
            head {
                meta charset="utf-8";
                title { (title) " - Spotlight" }
                meta name="viewport" content="width=device-width,initial-scale=1";
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
                style { (PreEscaped(POSTER_STYLE)) }
            }
            body .sheet {
                (choices(picture, lang, &together))
                main .poster .alone[langs.len() == 1] {
                    @for lang in &langs { (heading(picture, *lang, *lang == first)) }
                    (codes(picture, &langs))
                    (map(picture, &langs, first))
                    @for lang in &langs { (small_print(picture, at, *lang)) }
                }
            }
        }
    };
    page.into_string()
}

/// For the screen alone: back to the map, and the sheet in other languages.
fn choices(picture: &Picture, chosen: Option<Lang>, together: &[Lang]) -> Markup {
    let words = chosen.unwrap_or(picture.languages.first()).words();
    let each = picture.languages.iter();
    let each = each.map(|lang| (Some(lang), lang.own_name().to_owned()));
    let together: Vec<&str> = together.iter().map(|lang| lang.own_name()).collect();
    let all = (None, together.join(" + "));
    html! {
        nav .choices aria-label=(words.poster_link()) {
            a href="./" { (words.map_link()) }
            @for (lang, name) in std::iter::once(all).chain(each) {
                @let address = lang.map_or("poster".to_owned(), |lang| format!("poster?lang={}", lang.code()));
                a href=(address) lang=[lang.map(Lang::code)] aria-current=[(lang.map(Lang::code) == chosen.map(Lang::code)).then_some("true")] { (name) }
            }
            span .quiet { (words.poster_print()) }
        }
    }
}

fn heading(picture: &Picture, lang: Lang, is_first: bool) -> Markup {
    let words = lang.words();
    let title = words.title(&picture.city.name);
    html! {
        section .head lang=(lang.code()) dir=(lang.dir()) {
            @if is_first { h1 { (title) } } @else { p .h1 { (title) } }
            p { (words.poster_what()) }
            h2 { (words.report_heading()) }
            p { (words.report_where()) }
            (examples(picture, words))
            p .ask { (words.poster_ask()) br; q { (words.poster_ask_example(corner(picture, words))) } }
        }
    }
}

/// The number as large as the sheet allows, with its code, and the map's address if the operator has set it.
fn codes(picture: &Picture, langs: &[Lang]) -> Markup {
    let said = |of: fn(Words) -> Said| {
        let all = langs.iter().map(|lang| (*lang, of(lang.words())));
        html! { @for (lang, text) in all { span lang=(lang.code()) { (text) } } }
    };
    let name = |of: fn(Words) -> Said| {
        langs
            .first()
            .map(|lang| of(lang.words()))
            .unwrap_or_default()
    };
    html! {
        section .codes {
            @if let Some(phone) = &picture.phone {
                p .big { (phone) }
                div .scan {
                    (qr::code(&format!("sms:{}", dialled(phone)), &name(|words| words.poster_scan())).unwrap_or_default())
                    p .say { (said(|words| words.poster_scan())) }
                }
            } @else {
                p .say { (said(|words| words.report_no_phone())) }
            }
            @if let Some(url) = &picture.public_url {
                div .scan {
                    (qr::code(url, &name(|words| words.poster_scan_map())).unwrap_or_default())
                    div {
                        p .say { (said(|words| words.poster_scan_map())) }
                        p .url { (url) }
                    }
                }
            }
        }
    }
}

/// Coverage and open data as they are, whether or not a receiver is connected in this minute.
fn map(picture: &Picture, langs: &[Lang], first: Lang) -> Markup {
    let picture = Picture {
        sightings: Vec::new(),
        node_online: true,
        ..picture.clone()
    };
    let words = first.words().with(&INSTEAD);
    let frame = Frame::of(View::Now, &picture);
    let shown = Shown::of(&picture, &Choice::default(), &frame);
    html! {
        section .picture {
            div #frame { (svg::map(&picture, &[], picture.at, &frame, &svg::On { shown: shown.as_ref(), ..svg::On::default() }, words)) }
            @for lang in langs {
                div .scales lang=(lang.code()) dir=(lang.dir()) { (legend::ground(shown.as_ref(), *lang)) }
            }
        }
    }
}

fn small_print(picture: &Picture, at: Timestamp, lang: Lang) -> Markup {
    let (words, zone) = (lang.words(), &picture.city.time_zone);
    let areas: Vec<&str> = picture.coverage.iter().map(|c| c.name.as_str()).collect();
    let (day, clock) = (time::day(at, zone, words), time::clock(at, zone));
    html! {
        section .small lang=(lang.code()) dir=(lang.dir()) {
            p {
                b {
                    @if areas.is_empty() { (words.coverage_none()) }
                    @else { (words.coverage(areas.join(", "))) }
                }
                " " (words.silence())
            }
            p { (words.report_privacy()) }
            p { (words.poster_as_of(day, clock)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, spanish};

    #[test]
    fn a_poster_says_how_to_text_and_holds_no_sighting() {
        let mut picture = fixture::picture(4);
        let sheet = poster(&picture, picture.at, None);
        for sighting in &picture.sightings {
            assert!(!sheet.contains(&sighting.cell.to_string()));
        }
        assert!(!sheet.contains("class=\"mark") && !sheet.contains("Police reported"));
        for part in [
            "+12135550100",
            "See police? Text it",
            "Manda un mensaje",
            "As of July 1, 2026, 15:00",
            "class=\"code\"",
        ] {
            assert!(sheet.contains(part), "{part}");
        }
        assert_eq!(sheet.matches("class=\"code\"").count(), 1);
        picture.public_url = Some("https://example.org/".to_owned());
        let sheet = poster(&picture, picture.at, Some(spanish()));
        assert_eq!(sheet.matches("class=\"code\"").count(), 2);
        assert!(sheet.contains("<html lang=\"es\"") && !sheet.contains("See police?"));
    }
}
