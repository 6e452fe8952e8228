//! The page's part about open data: each layer in plain words, how fresh it is, and what of it is on the map.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::store::open_data::BegunBy;
use crate::views::choice::Choice;
use crate::views::layers::{Layer, Period};
use crate::views::words::{Lang, Said, Words};
use crate::views::{Picture, history, rents, time};

/// All layers, the one on the map open, with what it is compared with.
pub fn open_data(picture: &Picture, at: Timestamp, choice: &Choice, compared: Markup) -> Markup {
    let layers = picture.layers.as_slice();
    let Some((shown, part, period)) = choice.of(layers) else {
        return html! {};
    };
    let words = choice.lang.words();
    html! {
        section #open-data {
            @for (n, layer) in layers.iter().enumerate() {
                @let (title, explanation, _) = layer.words(choice.lang);
                @let is_shown = std::ptr::eq(layer, shown);
                article {
                    h2 { (title) }
                    p {
                        (explanation)
                        @if let Some(date) = layer.rebuilt_on {
                            " " (words.layer_rebuilt(time::date(date, words)))
                        }
                    }
                    @if layer.periods.is_empty() {
                        p { (words.layer_none()) }
                    } @else if is_shown {
                        (parts(layer, part, n == 0, choice, words))
                        (history::periods(layer, part, period, choice))
                        (compared)
                        (unknown(period, part, words))
                        @if let Some(period) = period { (rents::at_pin(layer, period, choice.place, words)) }
                    } @else {
                        p { a .to-layer href=(choice.with_layer(layer, first(layer), n == 0).address("./")) { (words.layer_on_map()) } }
                    }
                    @if let Some(period) = period.filter(|_| is_shown) {
                        p #files .parts {
                            @for (form, name) in [("geojson", "GeoJSON"), ("csv", "CSV")] {
                                a href={ "api/v1/layers/" (layer.id) "." (form) "?period=" (period.period) } { (name) }
                            }
                        }
                    }
                    p .quiet { (freshness(picture, layer, at, choice.lang)) }
                }
            }
        }
    }
}

fn first(layer: &Layer) -> BegunBy {
    layer.begun_by.first().copied().unwrap_or_default()
}

/// What a part of a layer is called.
pub fn part_name(part: BegunBy, words: Words) -> Option<Said> {
    match part {
        BegunBy::Untold => None,
        BegunBy::Officer => Some(words.begun_by_officers()),
        BegunBy::Dispatch => Some(words.begun_by_calls()),
    }
}

fn parts(layer: &Layer, shown: BegunBy, is_first: bool, choice: &Choice, words: Words) -> Markup {
    let parts = layer
        .begun_by
        .iter()
        .filter_map(|part| Some((*part, part_name(*part, words)?)));
    html! {
        @if layer.begun_by.len() > 1 {
            p .parts {
                @for (part, name) in parts {
                    a href=(choice.with_layer(layer, part, is_first).address("./")) aria-current=[(part == shown).then_some("true")] {
                        (name)
                    }
                }
            }
        }
    }
}

fn unknown(period: Option<&Period>, part: BegunBy, words: Words) -> Markup {
    let of_part = |period: &Period| {
        let mut unknown = period.unknown.iter();
        unknown.find(|(by, _)| *by == part).map(|(_, count)| *count)
    };
    html! {
        p #unknown .quiet {
            @if let Some(count) = period.and_then(of_part) { (words.layer_unknown(count)) }
        }
    }
}

/// `Data through November 12, 2026, read 3 h ago. Source: ... Licence: ...`
fn freshness(picture: &Picture, layer: &Layer, at: Timestamp, lang: Lang) -> Markup {
    let (words, zone) = (lang.words(), &picture.city.time_zone);
    html! {
        @if let Some(date) = layer.data_through {
            (words.layer_through(time::date(date, words)))
            @if let Some(read) = layer.fetched_at {
                ", " (words.layer_read(time::long_ago(read, at, zone, words)))
            }
            ". "
        }
        (trouble(picture, layer, lang))
        (words.layer_source(&layer.source, &layer.licence))
    }
}

/// That a layer cannot be refreshed, and since when.
fn trouble(picture: &Picture, layer: &Layer, lang: Lang) -> Markup {
    let (words, zone) = (lang.words(), &picture.city.time_zone);
    html! {
        @if let Some(trouble) = layer.trouble {
            b {
                @match trouble.since {
                    Some(since) => (words.layer_stale_since(time::day(since, zone, words))),
                    None => (words.layer_stale()),
                }
            }
            " "
        }
    }
}

/// For the page's end: which layers cannot be refreshed.
pub fn troubles(picture: &Picture, lang: Lang) -> Markup {
    let troubled = picture
        .layers
        .iter()
        .filter(|layer| layer.trouble.is_some());
    html! {
        @for layer in troubled {
            p .stale-layer { (layer.words(lang).0) ": " (trouble(picture, layer, lang)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::status::Trouble;
    use crate::views::fixture::{self, english, spanish};
    use std::sync::Arc;

    fn page(picture: &Picture, choice: &Choice) -> String {
        open_data(picture, picture.at, choice, html! {}).into_string()
    }

    #[test]
    fn each_layer_is_there_and_one_is_on_the_map() {
        let mut picture = fixture::picture(0);
        picture.layers = Arc::new(vec![fixture::layer(), fixture::calls()]);
        let text = page(&picture, &Choice::default());
        assert_eq!(text.matches("<article>").count(), 2);
        assert_eq!(text.matches("<select id=\"period\"").count(), 1);
        assert!(text.contains("href=\"./?layer=calls\""));
        assert!(text.contains("October 1, 2020"), "{text}");
        assert!(text.contains("read 14 h ago"), "{text}");
        let choice = Choice::default().with_layer(&picture.layers[1], BegunBy::Officer, false);
        let text = page(&picture, &choice);
        assert!(text.contains("Week of September 28, 2020"), "{text}");
        assert!(text.contains("by=dispatch"));
        assert!(text.contains("name=\"layer\" value=\"calls\""));
        assert!(text.contains("12 more"), "{text}");
        assert!(!text.contains("<b>"));
    }

    #[test]
    fn a_layer_that_cannot_be_refreshed_says_so_in_the_readers_language() {
        let mut picture = fixture::picture(0);
        let mut layer = fixture::layer();
        layer.trouble = Some(Trouble {
            since: Some(fixture::at("2026-06-20T08:00:00Z")),
        });
        picture.layers = Arc::new(vec![layer, fixture::calls()]);
        for (lang, word) in [
            (english(), "since June 20, 2026"),
            (spanish(), "desde el 20 de junio de 2026"),
        ] {
            let text = troubles(&picture, lang).into_string();
            assert_eq!(text.matches("stale-layer").count(), 1);
            assert!(text.contains(word), "{text}");
        }
    }
}
