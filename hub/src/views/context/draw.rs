//! Lines, stops and cameras in the server's drawing. Dots are ends of lines without a length: one path holds all of them, and
//! they keep their size in pixels whatever the zoom.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};
use spotlight_common::cell::Cell;

use super::Beside;
use crate::context::{Spot, Stop};
use crate::feeds::gtfs::lines::Mode;
use crate::views::projection::{BLEED, Frame, HEIGHT, WIDTH, is_drawn};
use crate::views::streets::{
    self, BUTTONS, DESK, Kind, LETTERS, Name, PHONE, circles, cut, is_free, marked, simplified,
};

/// Metres across a drawing up to which it has bus lines, stations, their names, and stops that are none.
const BUSES: f64 = 9_000.0;
const STATIONS: f64 = 26_000.0;
const NAMES: f64 = 14_000.0;
const STOPS: f64 = 5_000.0;

/// Up to which each camera is drawn; beyond it they are counted by cell, of this resolution.
const EACH: f64 = 10_000.0;
const COUNTED: [(f64, u8); 3] = [(24_000.0, 7), (64_000.0, 6), (f64::INFINITY, 5)];

/// The most names of stations, on a phone and on a wide screen.
const MOST: [(f64, usize); 2] = [(PHONE, 8), (DESK, 24)];

/// Units by which a line may be off.
const TOLERANCE: f64 = 1.0;

/// The lines: rails, and under them buses and ferries.
pub fn lines(frame: &Frame, beside: &Beside<'_>) -> Markup {
    let Some(layer) = beside.transit else {
        return html! {};
    };
    let (mut rails, mut others) = (String::new(), String::new());
    let drawn = ((-BLEED, -BLEED), (WIDTH + BLEED, HEIGHT + BLEED));
    for line in &layer.what.lines {
        let path = match line.mode {
            Mode::Rail => &mut rails,
            _ if frame.width > BUSES => continue,
            _ => &mut others,
        };
        for spots in &line.paths {
            let units = spots.iter().map(|spot| frame.units(spot.degrees()));
            let units: Vec<_> = units.collect();
            for run in cut(&units, drawn) {
                streets::draw(&simplified(&run, TOLERANCE), path);
            }
        }
    }
    html! {
        @if !others.is_empty() { g .bus { path .line d=(others) {} } }
        @if !rails.is_empty() {
            g .rail { path .line id="rails" d=(rails) {} }
            use .rail.dash href="#rails" {}
        }
    }
}

/// Stops: stations from afar, others near by.
pub fn dots(frame: &Frame, beside: &Beside<'_>) -> Markup {
    let stops: Vec<_> = stops(frame, beside)
        .map(|stop| frame.units(stop.at.degrees()))
        .collect();
    html! {
        @if !stops.is_empty() {
            g .stop { path .line id="stops" d=(dotted(&stops, "h0")) {} }
            use .stop.in href="#stops" {}
        }
    }
}

/// Cameras, or how many of them there are.
pub fn cameras(frame: &Frame, beside: &Beside<'_>) -> Markup {
    let Some(layer) = beside.cameras else {
        return html! {};
    };
    let at = layer.what.at.as_slice();
    if frame.width <= EACH {
        let places: Vec<_> = at.iter().map(|spot| frame.units(spot.degrees())).collect();
        return html! {
            g .cam { path .line id="cams" d=(dotted(&places, "l1 1")) {} }
            use .cam.in href="#cams" {}
        };
    }
    let counted = COUNTED.iter().find(|(most, _)| frame.width <= *most);
    let resolution = counted.map_or(5, |(_, resolution)| *resolution);
    let groups = by_cell(at, resolution).into_iter();
    let groups = groups.map(|(at, count)| (frame.units(at), count));
    let groups: Vec<_> = groups.filter(|(at, _)| is_drawn(*at)).collect();
    let places: Vec<_> = groups.iter().map(|(at, _)| *at).collect();
    html! {
        g .cam.many { path .line id="cams" d=(dotted(&places, "l1 1")) {} }
        use .cam.many.in href="#cams" {}
        @for ((x, y), count) in &groups {
            text .cams x=(x.round()) y=(y.round()) { (count) }
        }
    }
}

/// The middle of the cameras of each cell, in degrees, and how many they are.
pub fn by_cell(at: &[Spot], resolution: u8) -> Vec<((f64, f64), usize)> {
    let mut cells: BTreeMap<Cell, Vec<(f64, f64)>> = BTreeMap::new();
    for (lat, lon) in at.iter().map(|spot| spot.degrees()) {
        if let Some(cell) = Cell::at(lat, lon, resolution) {
            cells.entry(cell).or_default().push((lat, lon));
        }
    }
    let middle = |all: Vec<(f64, f64)>| {
        let count = all.len() as f64;
        let sum = all
            .iter()
            .fold((0.0, 0.0), |sum, at| (sum.0 + at.0, sum.1 + at.1));
        ((sum.0 / count, sum.1 / count), all.len())
    };
    cells.into_values().map(middle).collect()
}

/// A path of one short step at each place that is drawn, each place once.
fn dotted(places: &[(f64, f64)], step: &str) -> String {
    let drawn = places.iter().filter(|at| is_drawn(**at));
    let mut whole: Vec<_> = drawn
        .map(|(x, y)| (x.round() as i64, y.round() as i64))
        .collect();
    whole.sort_unstable();
    whole.dedup();
    let mut path = String::new();
    for (x, y) in whole {
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x} {y}{step}");
    }
    path
}

/// The stops that a drawing of this width has.
fn stops<'a>(frame: &Frame, beside: &Beside<'a>) -> impl Iterator<Item = &'a Stop> {
    let width = frame.width;
    let all = beside
        .transit
        .into_iter()
        .flat_map(|layer| &layer.what.stops);
    all.filter(move |stop| width <= if stop.is_station { STATIONS } else { STOPS })
}

/// Names beside their stations, none over another name or a mark; the two lists of markers are of a phone and of a wide
/// screen.
pub fn names(
    frame: &Frame,
    beside: &Beside<'_>,
    others: &[Name],
    markers: [&[(f64, f64)]; 2],
) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    if frame.width > NAMES {
        return names;
    }
    let stations = stops(frame, beside).filter(|stop| stop.is_station);
    let stations: Vec<_> = stations
        .map(|stop| (short(&stop.name), frame.units(stop.at.degrees())))
        .filter(|(_, at)| is_drawn(*at))
        .collect();
    for ((unit, most), markers) in MOST.into_iter().zip(markers) {
        let size = LETTERS * unit;
        let mut taken: Vec<_> = marked(markers, unit).chain(BUTTONS).collect();
        let all = others.iter().chain(&names);
        taken.extend(all.flat_map(|name| circles(name, size)));
        for (text, (x, y)) in &stations {
            if names.len() >= most {
                break;
            }
            if names.iter().any(|name| name.text == *text) {
                continue;
            }
            let name = |x, y| Name {
                text: (*text).to_owned(),
                x,
                y,
                turn: 0.0,
                kind: Kind::Stop,
                desk_only: unit == DESK,
            };
            let aside = text.chars().count() as f64 * Kind::Stop.letter() * size / 2.0 + size;
            let places = [
                name(x + aside, *y),
                name(x - aside, *y),
                name(*x, y + 1.3 * size),
                name(*x, y - 1.3 * size),
                name(x + aside, y - 0.8 * size),
                name(x + aside, y + 0.8 * size),
                name(x - aside, y - 0.8 * size),
                name(x - aside, y + 0.8 * size),
            ];
            let mut free = places
                .into_iter()
                .filter(|name| is_free(name, size, &taken));
            if let Some(name) = free.next() {
                taken.extend(circles(&name, size));
                names.push(name);
            }
        }
    }
    names
}

/// Its mark says that it is a station.
fn short(name: &str) -> &str {
    match name.strip_suffix(" Station") {
        Some(short) if short.chars().count() > 2 => short,
        _ => name,
    }
}
