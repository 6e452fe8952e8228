//! What the page's script says and knows, as data in the page.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};
use spotlight_common::now::Level;

use crate::views::choice::Shape;
use crate::views::words::Words;
use crate::views::{Picture, list, sweeps, time};

/// What the script says and knows, as data. `map_page` is the address of the marks, empty on their own page.
pub fn for_script(
    picture: &Picture,
    at: Timestamp,
    map_page: &str,
    shape: Shape,
    words: Words,
) -> Markup {
    let day = time::day(at, &picture.city.time_zone, words);
    let zone = picture.city.time_zone.iana_name().unwrap_or("UTC");
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    let level = |level: Level| {
        let (word, means) = list::level_words(level, words);
        (level.as_str().to_owned(), json!([word, means]))
    };
    let data = json!({
        "zone": zone,
        "at": at.as_second(),
        // The page may have been kept until then: its script, until it hears the time, must not be late.
        "latest": time::next_minute(at).as_second(),
        "map_page": map_page,
        "sweeps": sweeps::edition(picture),
        "kept": shape == Shape::Kept,
        "embedded": shape == Shape::Embedded,
        "near": words.place_near("{place}"),
        "within": words.place_in("{place}"),
        "none": words.none_now(),
        "one": words.sightings_now(1),
        "many": words.counted(2, |words, n| words.sightings_now(n)),
        "newest": words.newest("{ago}"),
        "just": words.just_now(),
        "ago": words.counted(1, |words, n| words.minutes_ago(n)),
        "now": words.now(),
        "minutes": words.counted(1, |words, n| words.minutes(n)),
        "covered": !picture.coverage.is_empty(),
        "fades": words.counted(0, |words, n| words.fades("{time}", n)),
        "gone": words.reported_gone("{time}"),
        "they_left": words.left_button(),
        "not_sent": words.left_failed(),
        "live": words.live(),
        "lost": words.lost("{time}", &*day),
        "connecting": words.connecting("{time}", &*day),
        "map": words.map_heading(),
        "nearest_failed": words.nearest_failed(),
        "nearest_private": words.nearest_private(),
        "metres_away": words.counted(0, |words, n| words.metres_away(n)),
        "kilometres_away": words.counted(0, |words, n| words.kilometres_away(n)),
        "levels": levels.into_iter().map(level).collect::<serde_json::Map<_, _>>(),
    });
    block("words", &data)
}

/// Data in a page, which no browser executes.
pub fn block(id: &str, data: &Value) -> Markup {
    // "</" would end it.
    let data = data.to_string().replace("</", "<\\/");
    html! { script id=(id) type="application/json" { (PreEscaped(data)) } }
}
