//! What the marks and colours of the map mean.

use maud::{Markup, html};
use spotlight_common::now::Level;

use crate::views::layers::{Layer, Period};
use crate::views::svg::{CLASSES, badge};
use crate::views::words::{Lang, Words, fill};
use crate::views::{list, time};

/// What stands on the map of the page, each with its sample.
pub fn legend(layer: Option<&Layer>, period: Option<&Period>, lang: Lang) -> Markup {
    let words = lang.words();
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    html! {
        div #legend {
            h2 .hush { (words.legend) }
            ul .levels {
                @for level in levels {
                    @let (word, means) = list::level_words(level, words);
                    li { (sample(level, false)) span { b { (word) } (means) } }
                }
            }
            ul .more {
                li { (sample(Level::Photo, true)) span { (words.gone_means) } }
                li { svg .swatch viewBox="0 0 32 32" aria-hidden="true" { (hatching()) } span { (words.hatched_means) } }
            }
            @if let (Some(layer), Some(period)) = (layer, period) {
                @let (title, _, unit) = layer.words(lang);
                @let month = time::month(&period.period, words);
                div .scale {
                    b { (title) }
                    " "
                    (fill(words.layer_per_area, &[("unit", unit), ("month", &month)]))
                    ul {
                        @for (n, name) in class_names(words).iter().enumerate() {
                            li { svg .swatch viewBox="0 0 32 32" aria-hidden="true" {
                                rect class={ "k" (n) } width="32" height="32" {}
                            } (name) }
                        }
                    }
                }
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

fn class_names(words: &Words) -> Vec<String> {
    let n = |n: u32| n.to_string();
    let mut names = vec![fill(words.layer_class_below, &[("n", &n(CLASSES[0]))])];
    for pair in CLASSES.windows(2) {
        let values = [("n", &*n(pair[0])), ("m", &*n(pair[1]))];
        names.push(fill(words.layer_class_between, &values));
    }
    let last = CLASSES[CLASSES.len() - 1];
    names.push(fill(words.layer_class_above, &[("n", &n(last))]));
    names
}
