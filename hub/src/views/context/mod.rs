//! Context layers on the page: which of them a reader has on the map, what they are, and how to take one off or put it on.
//!
//! Transit is there unless a reader takes it off; cameras only where a reader asks for them.

pub mod data;
pub mod draw;

use std::borrow::Cow;

use jiff::Timestamp;
use maud::{Markup, html};

use crate::context::{Cameras, Layer, Transit, Which};
use crate::views::choice::Choice;
use crate::views::words::{Lang, Words};
use crate::views::{Picture, time};

/// What of the context is on the map.
#[derive(Clone, Copy, Default)]
pub struct Beside<'a> {
    pub transit: Option<&'a Layer<Transit>>,
    pub cameras: Option<&'a Layer<Cameras>>,
}

impl<'a> Beside<'a> {
    pub fn of(picture: &'a Picture, choice: &Choice) -> Self {
        let context = &picture.context;
        Self {
            transit: context.transit.as_ref().filter(|_| !choice.hides_transit),
            cameras: context.cameras.as_ref().filter(|_| choice.shows_cameras),
        }
    }
}

impl<T> Layer<T> {
    /// Title, explanation and unit in the reader's language, where its own file or the city's has them.
    pub fn words(&self, which: Which, lang: Lang) -> [Cow<'_, str>; 3] {
        let source = &self.source;
        let said = match &source.spanish {
            Some(words) if lang.code() == "es" => [&words.title, &words.explanation, &words.unit],
            _ => [&source.title, &source.explanation, &source.unit],
        };
        let own = lang.layer(which.id());
        let mut all = own.into_iter().zip(said);
        std::array::from_fn(|_| match all.next() {
            Some((Some(own), _)) => own,
            Some((None, said)) => lang.beside(said),
            None => Cow::Borrowed(""),
        })
    }
}

/// Each layer in plain words, how fresh it is, and the way to have it on the map or not.
pub fn articles(picture: &Picture, at: Timestamp, choice: &Choice) -> Markup {
    let context = &picture.context;
    let words = choice.lang.words();
    html! {
        @if context.transit.is_some() || context.cameras.is_some() {
            section #context {
                @if let Some(layer) = &context.transit {
                    @let other = Choice { hides_transit: !choice.hides_transit, ..choice.clone() };
                    (article(picture, layer, Which::Transit, !choice.hides_transit, &other, at, html! {}))
                }
                @if let Some(layer) = &context.cameras {
                    @let other = Choice { shows_cameras: !choice.shows_cameras, ..choice.clone() };
                    @let count = words.cameras_count(layer.what.at.len(), &picture.city.name);
                    (article(picture, layer, Which::Cameras, choice.shows_cameras, &other, at, html! { p { (count) } }))
                }
            }
        }
    }
}

fn article<T>(
    picture: &Picture,
    layer: &Layer<T>,
    which: Which,
    is_shown: bool,
    other: &Choice,
    at: Timestamp,
    count: Markup,
) -> Markup {
    let lang = other.lang;
    let words = lang.words();
    let [title, explanation, _] = layer.words(which, lang);
    html! {
        article id=(which.id()) {
            h2 { (title) }
            p { (explanation) }
            (count)
            p .parts {
                a .to-layer data-keeps="view" href={ (other.address("./")) "#where" } {
                    @if is_shown { (words.context_hide()) } @else { (words.layer_on_map()) }
                }
                a href={ "api/v1/layers/" (which.id()) ".geojson" } { "GeoJSON" }
            }
            p .quiet { (freshness(picture, layer, at, lang)) }
        }
    }
}

/// `As of July 9, 2026, read 3 h ago. Source: ... Licence: ...`
fn freshness<T>(picture: &Picture, layer: &Layer<T>, at: Timestamp, lang: Lang) -> Markup {
    let (words, zone) = (lang.words(), &picture.city.time_zone);
    let read = layer
        .read_at
        .map(|read| time::long_ago(read, at, zone, words));
    html! {
        @match (layer.as_of, read) {
            (Some(date), Some(read)) => {
                (words.context_as_of(time::date(date, words))) ", " (words.layer_read(read)) ". "
            }
            (Some(date), None) => { (words.context_as_of(time::date(date, words))) ". " }
            (None, Some(read)) => { (words.context_read(read)) ". " }
            (None, None) => {}
        }
        @if let Some(trouble) = layer.trouble {
            b {
                @match trouble.since {
                    Some(since) => (words.layer_stale_since(time::day(since, zone, words))),
                    None => (words.layer_stale()),
                }
            }
            " "
        }
        (words.layer_source(&layer.source.source, &layer.source.licence))
    }
}

/// What has to stand on a map that shows them.
pub fn credits(beside: &Beside<'_>) -> Markup {
    let transit = beside
        .transit
        .and_then(|layer| layer.source.credit.as_deref());
    let cameras = beside
        .cameras
        .and_then(|layer| layer.source.credit.as_deref());
    let mut all: Vec<&str> = transit.into_iter().chain(cameras).collect();
    all.dedup();
    html! {
        @if !all.is_empty() { p .credit { (all.join(", ")) } }
    }
}

/// What their marks mean, as entries of the legend.
pub fn legend(beside: &Beside<'_>, words: Words) -> Markup {
    html! {
        @if beside.transit.is_some() {
            li {
                svg .swatch viewBox="0 0 32 32" aria-hidden="true" {
                    rect .city width="32" height="32" {}
                    path .line.rail d="M-2 24L34 8" {}
                    path .line.rail.dash d="M-2 24L34 8" {}
                    path .line.stop d="M16 16h0" {}
                    path .line.stop.in d="M16 16h0" {}
                }
                span { (words.transit_means()) }
            }
        }
        @if beside.cameras.is_some() {
            li {
                svg .swatch viewBox="0 0 32 32" aria-hidden="true" {
                    rect .city width="32" height="32" {}
                    path .line.cam d="M16 16l.1 .1" {}
                    path .line.cam.in d="M16 16l.1 .1" {}
                }
                span { (words.cameras_means()) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
