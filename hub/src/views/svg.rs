//! The map as the hub draws it: outline, streets, names, open data and coverage in one picture, and over it the marks
//! of what is seen now, which the page's script exchanges as they come and fade.

use geo::{Contains as _, Intersects as _, MapCoords as _, Polygon, Rect};
use jiff::Timestamp;
use maud::{Markup, html};
use spotlight_common::now::Level;

use crate::views::classes::{COLOURS, Classes};
use crate::views::context::{self, Beside};
use crate::views::layers::{Area, Period};
use crate::views::projection::{BLEED, Frame, HEIGHT, WIDTH};
use crate::views::shown::Shown;
use crate::views::spread::{Size, spread};
use crate::views::streets::{self, DESK, Kind, PHONE, RANKS, ring};
use crate::views::sweeps::on_map::Zones;
use crate::views::words::{Said, Words, place};
use crate::views::{Picture, Sighting, rents, time};

/// Across so many metres streets would cover each other: they are drawn thin.
const FAR: f64 = 18_000.0;

/// Ground and hatching reach far beyond what is drawn in detail: where a reader pans faster than the hub draws, the map
/// must not look as if it had data there. From, and how far, in units.
const AROUND: (i32, i32) = (-4_000, 9_000);

/// What is on a map besides what is seen.
#[derive(Clone, Copy, Default)]
pub struct On<'a> {
    /// Open data.
    pub shown: Option<&'a Shown<'a>>,
    pub beside: Beside<'a>,
    /// Where announced sweeps are.
    pub zones: Option<&'a Zones>,
    /// Where a reader looks for a place.
    pub pin: Option<&'a Markup>,
}

/// The map with the marks of `seen` on it.
pub fn map(
    picture: &Picture,
    seen: &[&Sighting],
    at: Timestamp,
    frame: &Frame,
    on: &On<'_>,
    words: Words,
) -> Markup {
    let On {
        shown,
        beside,
        zones,
        pin,
    } = on;
    let city = &picture.city;
    let now = time::clock(at, &city.time_zone);
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    let plane = &frame.plane;
    let places: Vec<_> = seen.iter().map(|s| frame.units(s.cell.center())).collect();
    let leaves = zones.map_or(&[][..], |zones| &zones.leaves);
    let phone = spread(&places, leaves, (WIDTH, HEIGHT), PHONE);
    let desk = spread(&places, leaves, (WIDTH, HEIGHT), DESK);
    // No name lies under a mark or a leaf.
    let [on_phone, on_desk] = [&phone, &desk].map(|(_, marks)| [marks, leaves].concat());
    let paths = streets::paths(frame, &city.basemap.streets);
    html! {
        svg #map .far[frame.width > FAR] viewBox=(view_box) role="img" aria-labelledby="map-title map-text" {
            title #map-title { (words.map_title(&city.name, &now)) }
            desc #map-text {
                (words.map_text(&city.name, count(seen.len(), words)))
            }
            (definitions(picture, frame))
            (ground(picture, frame))
            @if let Some(shown) = shown { (open_data(frame, shown, shown.period)) }
            @for (class, path) in RANKS.iter().zip(&paths).rev() {
                g class={ "st " (class) } { path .line id=(class) d=(path) {} }
            }
            // The broad ones have an edge, which no crossing may cut: they are drawn again without it.
            use .st.core href={ "#" (RANKS[0]) } {}
            (context::draw::lines(frame, beside))
            (no_data())
            @for coverage in picture.coverage.iter() {
                path .edge d=(outline(frame, coverage.outline.iter().copied())) {}
            }
            (context::draw::dots(frame, beside))
            g #names { (names(picture, [&on_phone, &on_desk], frame, beside, words)) }
            (context::draw::cameras(frame, beside))
        }
        svg #marks .far[frame.width > FAR] viewBox=(view_box) aria-hidden="true"
            data-middle={ (plane.lat) " " (plane.lon) } data-metres={ (plane.per_lat) " " (plane.per_lon) }
            data-frame={ (frame.middle.0.round()) " " (frame.middle.1.round()) " " (frame.width.round()) }
            data-city=(plane.width.round())
        {
            @if let Some(zones) = zones { (zones.drawn) }
            @for sighting in seen.iter().rev() { (cell(sighting, at, frame)) }
            @for (n, sighting) in seen.iter().enumerate() {
                (lead("phone", sighting, at, places[n], phone.1[n]))
                (lead("desk", sighting, at, places[n], desk.1[n]))
            }
            // Over it, for the drawing may be exchanged for another map.
            @if let Some(pin) = pin { (pin) }
            @for (n, sighting) in seen.iter().enumerate().rev() {
                (mark(n + 1, sighting, at, words, (phone.0, phone.1[n]), (desk.0, desk.1[n])))
            }
        }
    }
}

/// What the page says of so many sightings.
pub fn count(sightings: usize, words: Words) -> Said {
    match sightings {
        0 => words.none_now(),
        n => words.sightings_now(n),
    }
}

/// Shapes that the map, the list and the legend share, in pixels around their middle.
pub fn symbols() -> Markup {
    html! {
        svg .symbols aria-hidden="true" {
            symbol id="b-corroborated" viewBox="-16 -16 32 32" {
                path .b-corroborated d="M-5.6-13.5h11.2l7.9 7.9v11.2l-7.9 7.9h-11.2l-7.9-7.9v-11.2z" {}
            }
            symbol id="b-photo" viewBox="-16 -16 32 32" {
                rect .b-photo x="-12" y="-12" width="24" height="24" rx="5" {}
            }
            symbol id="b-unconfirmed" viewBox="-16 -16 32 32" {
                circle .b-unconfirmed r="12.5" {}
            }
            symbol id="b-leaf" viewBox="-16 -16 32 32" {
                path .b-leaf d="M-10.5-11h21v22.5h-21z" {}
                path .b-ring d="M-10.5-8h21M-5-14v4M5-14v4" {}
            }
        }
    }
}

/// A level's shape with a row's number in it, struck through where someone says that they left.
pub fn badge(level: Level, number: Option<usize>, gone: bool) -> Markup {
    html! {
        use href={ "#b-" (level.as_str()) } x="-16" y="-16" width="32" height="32" {}
        @if gone { path .strike d="M-15 11L15-11" {} }
        @if let Some(number) = number {
            text .no y="4.8" { (number) }
        }
    }
}

/// How far a sighting has faded, in words for the style sheet: its class of age, and the minute after which it is hidden
/// even where no script runs. A page lives for less than a minute in the hub, so that minute is counted from its end.
pub fn fading(sighting: &Sighting, at: Timestamp) -> String {
    let left = (sighting.fades_at.as_second() - at.as_second()).max(0);
    let age = match left {
        ..=900 => "old",
        901..=1800 => "mid",
        _ => "new",
    };
    let whole = (sighting.fades_at.as_second() - time::next_minute(at).as_second()) / 60;
    format!("{age} dies m{}", whole.clamp(0, 60))
}

/// What a sighting says on the map, besides its number: its level, its age and whether it is withdrawn.
fn class(kind: &str, sighting: &Sighting, at: Timestamp) -> String {
    let (level, fading) = (sighting.level.as_str(), fading(sighting, at));
    let left = if sighting.reported_gone.is_some() {
        " left"
    } else {
        ""
    };
    format!("{kind} {level} {fading}{left}")
}

fn cell(sighting: &Sighting, at: Timestamp, frame: &Frame) -> Markup {
    html! {
        path id={ "c-" (sighting.cell) } class=(class("cell", sighting, at))
            d=(outline(frame, sighting.cell.boundary().into_iter())) {}
    }
}

/// The line from a place to a mark that had to be moved from it.
fn lead(
    class: &str,
    sighting: &Sighting,
    at: Timestamp,
    place: (f64, f64),
    mark: (f64, f64),
) -> Markup {
    let (x, y) = (mark.0.round(), mark.1.round());
    let (to_x, to_y) = (place.0.round() - x, place.1.round() - y);
    html! {
        @if (to_x, to_y) != (0.0, 0.0) {
            path class={ "lead " (class) " " (fading(sighting, at)) } d={ "M" (x) " " (y) "l" (to_x) " " (to_y) } {}
        }
    }
}

/// A badge near the middle of its cell: at one place on a phone and at another on a wide screen, unless both are one.
fn mark(
    number: usize,
    sighting: &Sighting,
    at: Timestamp,
    words: Words,
    phone: (Size, (f64, f64)),
    desk: (Size, (f64, f64)),
) -> Markup {
    let badge = |class: &str, (size, (x, y)): (Size, (f64, f64))| {
        let (x, y) = (x.round(), y.round());
        html! {
            g class={ (size.as_str()) (class) } transform={ "translate(" (x) " " (y) ")" } {
                g .badge {
                    circle .hit r="22" {}
                    (badge(sighting.level, Some(number), sighting.reported_gone.is_some()))
                    text .age y="26" { (time::age(sighting.last_seen, at, words)) }
                }
            }
        }
    };
    html! {
        a id={ "m-" (sighting.cell) } href={ "#s-" (sighting.cell) } tabindex="-1" class=(class("mark", sighting, at)) {
            @if phone == desk {
                (badge("", phone))
            } @else {
                (badge(" phone", phone))
                (badge(" desk", desk))
            }
        }
    }
}

fn definitions(picture: &Picture, frame: &Frame) -> Markup {
    html! {
        defs {
            pattern id="hatch" width="40" height="40" patternUnits="userSpaceOnUse" {
                path .hatch d="M-20 20L20-20M-20 60L60-20M20 60L60 20" {}
            }
            mask id="outside" maskUnits="userSpaceOnUse"
                x=(AROUND.0) y=(AROUND.0) width=(AROUND.1) height=(AROUND.1)
            {
                rect x=(AROUND.0) y=(AROUND.0) width=(AROUND.1) height=(AROUND.1) fill="#fff" {}
                @if picture.node_online {
                    @for coverage in picture.coverage.iter() {
                        path d=(outline(frame, coverage.outline.iter().copied())) {}
                    }
                }
            }
        }
    }
}

pub fn ground(picture: &Picture, frame: &Frame) -> Markup {
    let mut city = String::new();
    for points in &picture.city.basemap.outline {
        ring(frame, points.iter().copied(), &mut city);
    }
    html! {
        rect .beyond x=(AROUND.0) y=(AROUND.0) width=(AROUND.1) height=(AROUND.1) {}
        path .city fill-rule="evenodd" d=(city) {}
    }
}

/// The broadest streets alone, for a small drawing.
pub fn main_streets(picture: &Picture, frame: &Frame) -> Markup {
    let [main, ..] = streets::paths(frame, &picture.city.basemap.streets);
    html! { path .thin d=(main) {} }
}

fn no_data() -> Markup {
    html! {
        rect .fog mask="url(#outside)" x=(AROUND.0) y=(AROUND.0) width=(AROUND.1) height=(AROUND.1) {}
        rect mask="url(#outside)" fill="url(#hatch)"
            x=(AROUND.0) y=(AROUND.0) width=(AROUND.1) height=(AROUND.1) {}
    }
}

/// What of a period is on the map, or beside it.
pub fn open_data(frame: &Frame, shown: &Shown<'_>, period: &Period) -> Markup {
    match shown.layer.rents {
        Some(_) => rents::drawn(frame, &period.rents, &rents::classes(shown.layer)),
        None => choropleth(frame, period.of(shown.begun_by), &shown.classes),
    }
}

/// One path a class: areas of about the same density share it.
fn choropleth<'a>(
    frame: &Frame,
    areas: impl Iterator<Item = &'a Area>,
    classes: &Classes,
) -> Markup {
    let mut paths: [String; COLOURS] = Default::default();
    for area in areas {
        let colour = classes.colour(classes.class(frame, area));
        // Whole polygons: a hole without the ring around it would be filled.
        for polygon in area.geometry.iter().filter(|p| is_in_sight(frame, p)) {
            for line in rings(polygon) {
                ring(frame, line.coords().map(|c| (c.y, c.x)), &mut paths[colour]);
            }
        }
    }
    html! {
        g fill-rule="evenodd" {
            @for (n, path) in paths.iter().enumerate() {
                @if !path.is_empty() { path class={ "k" (n) } d=(path) {} }
            }
        }
    }
}

/// Whether any of it is drawn: also where all its corners lie far around the drawing.
pub(super) fn is_in_sight(frame: &Frame, polygon: &Polygon<f64>) -> bool {
    let in_units = polygon.map_coords(|c| geo::Coord::from(frame.units((c.y, c.x))));
    let drawn = Rect::new((-BLEED, -BLEED), (WIDTH + BLEED, HEIGHT + BLEED));
    in_units.intersects(&drawn)
}

pub(super) fn rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &geo::LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

fn names(
    picture: &Picture,
    markers: [&[(f64, f64)]; 2],
    frame: &Frame,
    beside: &Beside<'_>,
    words: Words,
) -> Markup {
    let mut names = streets::names(frame, &picture.city, markers);
    let stations = context::draw::names(frame, beside, &names, markers);
    names.extend(stations);
    let covered: Vec<Polygon<f64>> = picture
        .coverage
        .iter()
        .filter(|_| picture.node_online)
        .map(|coverage| coverage.outline.iter().map(|p| frame.units(*p)).collect())
        .map(|ring| Polygon::new(ring, Vec::new()))
        .collect();
    let is_open = |(x, y)| {
        !covered
            .iter()
            .any(|area| area.contains(&geo::coord! { x: x, y: y }))
    };
    let no_data = streets::words_between(&words.hatched(), &names, markers[0], is_open);
    html! {
        @for name in names.iter().chain(&no_data) { (written(name)) }
    }
}

fn written(name: &streets::Name) -> Markup {
    let class = match (name.kind, name.desk_only) {
        (Kind::Side, false) => None,
        (Kind::Side, true) => Some("desk".to_owned()),
        (kind, false) => Some(kind.as_str().to_owned()),
        (kind, true) => Some(format!("{} desk", kind.as_str())),
    };
    let turn = name.turn.round();
    html! {
        text class=[class]
            transform={ "translate(" (name.x.round()) " " (name.y.round()) ")" @if turn != 0.0 { "rotate(" (turn) ")" } }
        { (name.text) }
    }
}

fn outline(frame: &Frame, points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    ring(frame, points, &mut path);
    path
}

/// A sighting's place in the reader's language.
pub fn label(sighting: &Sighting, words: Words) -> String {
    place(&sighting.label, words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::choice::Choice;
    use crate::views::fixture;
    use crate::views::projection::View;

    fn drawn(picture: &Picture) -> String {
        let frame = Frame::of(View::Now, picture);
        let seen: Vec<&Sighting> = picture.sightings.iter().collect();
        let choice = Choice::default();
        let shown = Shown::of(picture, &choice, &frame);
        map(
            picture,
            &seen,
            picture.at,
            &frame,
            &On {
                shown: shown.as_ref(),
                ..On::default()
            },
            choice.lang.words(),
        )
        .into_string()
    }

    #[test]
    fn a_mark_carries_its_rows_number_and_level() {
        let picture = fixture::picture(3);
        let svg = drawn(&picture);
        for sighting in &picture.sightings {
            assert!(svg.contains(&format!("href=\"#s-{}\"", sighting.cell)));
            assert!(svg.contains(&format!("#b-{}", sighting.level.as_str())));
        }
        assert!(svg.contains("San Pedro St</text>"));
    }

    #[test]
    fn without_a_node_nothing_is_cut_out_of_the_hatching() {
        let mut picture = fixture::picture(0);
        let cut = |svg: &str| {
            let (_, rest) = svg.split_once("<mask").expect("a mask");
            let (mask, _) = rest.split_once("</mask>").expect("its end");
            mask.contains("<path")
        };
        assert!(cut(&drawn(&picture)));
        picture.node_online = false;
        assert!(!cut(&drawn(&picture)));
    }

    #[test]
    fn an_area_around_the_drawing_keeps_its_hole() {
        let picture = fixture::picture(0);
        let frame = Frame::of(View::Now, &picture);
        let around = |half: f64| {
            let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)];
            let middle = (-118.245, 34.045);
            let corner = |(x, y): (f64, f64)| (middle.0 + half * x, middle.1 + half * y);
            geo::LineString::from(corners.map(corner).to_vec())
        };
        let paths = |outer: f64, hole: Option<f64>| {
            let polygon = Polygon::new(around(outer), hole.map(around).into_iter().collect());
            let area = Area {
                area: "rest".to_owned(),
                geometry: std::sync::Arc::new(geo::MultiPolygon::new(vec![polygon])),
                begun_by: crate::store::open_data::BegunBy::Untold,
                count: 9,
            };
            choropleth(&frame, [area].iter(), &Classes::default())
                .into_string()
                .matches('M')
                .count()
        };
        assert_eq!(paths(1.0, None), 1, "all its corners are far away");
        assert_eq!(paths(1.0, Some(0.005)), 2, "its outer ring and its hole");
        assert_eq!(paths(1.0, Some(0.9)), 0, "the drawing lies in the hole");
    }

    #[test]
    fn a_sighting_is_hidden_before_it_fades_whenever_the_page_is_loaded() {
        let picture = fixture::picture(1);
        let sighting = &picture.sightings[0];
        // Fades at 22:58:00; this page is served until 22:01:00.
        assert_eq!(
            fading(sighting, fixture::at("2026-07-01T22:00:30Z")),
            "new dies m57"
        );
        assert_eq!(
            fading(sighting, fixture::at("2026-07-01T22:57:30Z")),
            "old dies m0"
        );
    }
}
