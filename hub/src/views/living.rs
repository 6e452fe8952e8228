//! What the living map needs to know, as data in the page: where its tiles are, and what it says of them.

use maud::Markup;
use serde_json::json;

use crate::context::Which;
use crate::views::choice::Choice;
use crate::views::context::Beside;
use crate::views::geojson::begun_by;
use crate::views::shown::Shown;
use crate::views::tiles::grid::ZOOMS;
use crate::views::tiles::json::{template, template_of_basemap};
use crate::views::tiles::{Tileset, bounds};
use crate::views::{Picture, live, rents, time};

/// Data for the script, which no browser executes.
pub fn for_script(picture: &Picture, choice: &Choice, shown: Option<&Shown<'_>>) -> Markup {
    let words = choice.lang.words();
    let (south, west, north, east) = bounds(&picture.city);
    let beside = Beside::of(picture, choice);
    let areas = shown.map(|shown| {
        let (_, _, unit) = shown.layer.words(choice.lang);
        let when = time::period(shown.layer.span, shown.period.first, words);
        json!({
            "tiles": template(picture, &Tileset::of(shown.layer, shown.period)),
            "begun_by": begun_by(shown.begun_by),
            "rents": shown.layer.rents.map(|kind| rents::for_script(shown.layer, shown.period, kind, words)),
            "says": words.counted(1, |words, n| words.layer_area(n, &*unit, &*when)),
        })
    });
    let data = json!({
        "streets": template(picture, &Tileset::Streets),
        "areas": areas,
        "transit": beside.transit.map(|_| template(picture, &Tileset::Context(Which::Transit))),
        "cameras": beside.cameras.map(|_| template(picture, &Tileset::Context(Which::Cameras))),
        "basemap": picture.basemap.as_ref().map(|basemap| json!({
            "tiles": template_of_basemap(basemap),
            "bounds": basemap.bounds(),
            "zooms": basemap.zooms(),
            "credit": basemap.attribution,
        })),
        "bounds": [west, south, east, north],
        "zooms": [ZOOMS.0, ZOOMS.1],
        "hatched": words.hatched(),
        "hatched_means": words.hatched_means(),
        "more": words.layer_more(),
        "classes": [
            words.layer_class_only(),
            words.layer_class_below("{n}"),
            words.layer_class_between("{n}", "{m}"),
            words.layer_class_above("{n}"),
        ],
    });
    live::block("living", &data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;
    use crate::views::projection::Frame;

    #[test]
    fn it_names_the_tiles_of_what_is_shown() {
        let picture = fixture::picture(1);
        let choice = Choice::default();
        let frame = Frame::of(choice.view, &picture);
        let shown = Shown::of(&picture, &choice, &frame);
        let data = |shown| for_script(&picture, &choice, shown).into_string();
        let with = data(shown.as_ref());
        assert!(
            with.contains("\"tiles\":\"encampments/{z}/{x}/{y}.mvt?period=2020-09&v="),
            "{with}"
        );
        assert!(
            with.contains("{n} requests in the outlined area, September 2020."),
            "{with}"
        );
        assert!(data(None).contains("\"areas\":null"));
    }
}
