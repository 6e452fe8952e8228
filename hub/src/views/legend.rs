//! What the marks and colours of the map mean.

use maud::{Markup, html};
use spotlight_common::now::Level;

use crate::views::classes::{Classes, written};
use crate::views::context;
use crate::views::open_data::part_name;
use crate::views::shown::Shown;
use crate::views::svg::{On, badge};
use crate::views::words::{Lang, Said, Words};
use crate::views::{list, rents, sweeps, time};

/// What stands on the map of the page, each with its sample. It is on a page twice, and each screen shows one: a wide one
/// beside the map, a narrow one after the rows, which say in words what their marks mean.
pub fn legend(on: &On<'_>, screen: &str, lang: Lang) -> Markup {
    let words = lang.words();
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    html! {
        div .legend .(screen) {
            h2 .hush { (words.legend()) }
            ul .levels {
                @for level in levels {
                    @let (word, means) = list::level_words(level, words);
                    li { (sample(level, false)) span { b { (word) } (means) } }
                }
            }
            ul .more {
                li { (sample(Level::Photo, true)) span { (words.gone_means()) } }
                (hatched(words))
                (context::legend(&on.beside, words))
                @if on.zones.is_some() { (sweeps::on_map::legend(words)) }
            }
            (scale(on.shown, lang))
        }
    }
}

/// What is under the marks: hatching and open data.
pub fn ground(shown: Option<&Shown<'_>>, lang: Lang) -> Markup {
    html! {
        ul .more { (hatched(lang.words())) }
        (scale(shown, lang))
    }
}

fn hatched(words: Words) -> Markup {
    html! {
        li { svg .swatch viewBox="0 0 32 32" aria-hidden="true" { (hatching()) } span { (words.hatched_means()) } }
    }
}

fn scale(shown: Option<&Shown<'_>>, lang: Lang) -> Markup {
    let words = lang.words();
    html! {
            @if let Some(shown) = shown.filter(|shown| shown.layer.rents.is_some()) {
                @let (title, _, unit) = shown.layer.words(lang);
                @let when = time::period(shown.layer.span, shown.period.first, words);
                div .scale {
                    b { (title) } " " (words.rent_per_area(unit, when))
                    (rents::legend(&rents::classes(shown.layer), words))
                }
            }
            @if let Some(shown) = shown.filter(|shown| shown.period.of(shown.begun_by).next().is_some()) {
                @let (title, _, unit) = shown.layer.words(lang);
                @let when = time::period(shown.layer.span, shown.period.first, words);
                div .scale {
                    b { (title) }
                    " "
                    @if let Some(part) = part_name(shown.begun_by, words) { "(" (part) ") " }
                    (words.layer_per_area(unit, when))
                    (classes(&shown.classes, words))
                }
            }
    }
}

/// The colours of areas, each with its name.
pub fn classes(classes: &Classes, words: Words) -> Markup {
    html! {
        ul .classes {
            @for (n, name) in class_names(classes, words).iter().enumerate() {
                li { svg .swatch viewBox="0 0 32 32" aria-hidden="true" {
                    rect class={ "k" (classes.colour(n)) } width="32" height="32" {}
                } (name) }
            }
        }
    }
}

fn sample(level: Level, gone: bool) -> Markup {
    html! { svg .sample.left[gone] viewBox="-16 -16 32 32" aria-hidden="true" { (badge(level, None, gone)) } }
}

fn hatching() -> Markup {
    html! {
        rect .city width="32" height="32" {}
        path .hatch d="M-8 24L24-8M-8 40L40-8M8 40L40 8" {}
    }
}

fn class_names(classes: &Classes, words: Words) -> Vec<Said> {
    let from: Vec<String> = classes.from().iter().map(|from| written(*from)).collect();
    let (Some(first), Some(last)) = (from.first(), from.last()) else {
        return vec![words.layer_class_only()];
    };
    let mut names = vec![words.layer_class_below(first)];
    for pair in from.windows(2) {
        names.push(words.layer_class_between(&pair[0], &pair[1]));
    }
    names.push(words.layer_class_above(last));
    names
}
