use std::sync::Arc;

use super::*;
use crate::views::fixture::{self, english, spanish};
use crate::views::page::map_page;
use crate::views::projection::View;

fn picture() -> Picture {
    Picture {
        context: fixture::context(),
        ..fixture::picture(3)
    }
}

fn page(picture: &Picture, choice: &Choice) -> String {
    map_page(picture, picture.at, choice, None)
}

#[test]
fn transit_is_on_the_map_until_it_is_taken_off_and_cameras_once_they_are_asked_for() {
    let picture = picture();
    let first = Choice::default();
    let text = page(&picture, &first);
    assert!(text.contains("id=\"rails\"") && text.contains("id=\"stops\""));
    assert!(!text.contains("id=\"cams\"") && !text.contains("© OpenStreetMap"));
    assert!(text.contains("href=\"./?transit=off#where\""));
    assert!(text.contains("href=\"./?cameras=on#where\""));
    let other = Choice {
        hides_transit: true,
        shows_cameras: true,
        ..first
    };
    let text = page(&picture, &other);
    assert!(!text.contains("id=\"rails\"") && !text.contains("id=\"stops\""));
    assert!(text.contains("id=\"cams\""));
    assert!(text.contains("<p class=\"credit\">© OpenStreetMap contributors</p>"));
    // What was chosen stays chosen, wherever a link or a form leads.
    assert!(
        text.contains("href=\"./?view=city&amp;transit=off&amp;cameras=on\""),
        "{text}"
    );
    assert!(text.contains("name=\"cameras\" value=\"on\""));
}

#[test]
fn each_is_explained_in_the_readers_language_with_its_source_and_freshness() {
    let picture = picture();
    for (lang, parts) in [
        (
            english(),
            [
                "Rail lines",
                "It says nothing about police.",
                "As of February 22, 2024, read 2 h ago. Source: Somebody. Licence: ODbL 1.0.",
                "3 are mapped in and around Los Angeles.",
            ],
        ),
        (
            spanish(),
            [
                "Rail lines (es)",
                "No dice nada de la policía.",
                "Tal como el 22 de febrero de 2024, leídos hace 2 h. Fuente: Somebody.",
                "Hay 3 marcadas en Los Angeles",
            ],
        ),
    ] {
        let choice = Choice {
            lang,
            ..Choice::default()
        };
        let text = page(&picture, &choice);
        for part in parts {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn without_a_layer_the_page_says_nothing_of_it() {
    let mut picture = picture();
    picture.context = Arc::default();
    let text = page(
        &picture,
        &Choice {
            shows_cameras: true,
            ..Choice::default()
        },
    );
    for part in [
        "id=\"context\"",
        "class=\"rail",
        "class=\"cam",
        "class=\"credit",
    ] {
        assert!(!text.contains(part), "{part}");
    }
}

#[test]
fn far_away_cameras_are_counted_and_near_each_has_its_place() {
    let picture = picture();
    let counts = |view| {
        let choice = Choice {
            shows_cameras: true,
            view,
            ..Choice::default()
        };
        let text = page(&picture, &choice);
        let counts = text.split("<text class=\"cams\"").skip(1);
        let mut counts: Vec<u32> = counts
            .filter_map(|rest| rest.split(['>', '<']).nth(1)?.parse().ok())
            .collect();
        counts.sort_unstable();
        counts
    };
    assert_eq!(counts(View::CITY), [1, 2]);
    assert!(counts(View::Now).is_empty(), "each by itself");
}

#[test]
fn stations_are_named_where_there_is_room() {
    let picture = picture();
    let text = page(&picture, &Choice::default());
    assert!(text.contains(">Pershing Square</text>"), "{text}");
    assert!(
        !text.contains("5th / Main</text>"),
        "a stop without a station has no name"
    );
    let city = Choice {
        view: View::CITY,
        ..Choice::default()
    };
    let text = page(&picture, &city);
    assert!(text.contains("id=\"rails\"") && !text.contains("Pershing Square</text>"));
}

#[test]
fn programs_get_lines_stops_and_cameras() {
    let context = fixture::context();
    let of = |which| {
        let collection = data::collection(&context, which).expect("there");
        serde_json::to_value(collection).expect("plain data")
    };
    let transit = of(Which::Transit);
    let features = transit["features"].as_array().expect("features");
    let kinds: Vec<_> = features
        .iter()
        .map(|feature| (&feature["properties"]["kind"], &feature["geometry"]["type"]))
        .map(|(kind, of)| {
            (
                kind.as_str().unwrap_or_default(),
                of.as_str().unwrap_or_default(),
            )
        })
        .collect();
    let expected = [
        ("line", "LineString"),
        ("line", "LineString"),
        ("station", "Point"),
        ("station", "Point"),
        ("stop", "Point"),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(features[0]["properties"]["color"], "#0072BC");
    assert_eq!(transit["licence"], "ODbL 1.0");
    let cameras = of(Which::Cameras);
    assert_eq!(
        cameras["features"][0]["geometry"]["coordinates"][0],
        -118.245
    );
    let listed = data::listed(&context);
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["periods"], serde_json::json!([]));
    assert_eq!(listed[0]["data_through"], "2024-02-22");
    assert!(data::collection(&Default::default(), Which::Transit).is_none());
}
