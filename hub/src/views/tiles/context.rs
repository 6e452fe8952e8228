//! Tiles of the context layers: lines with stops, and cameras, which far away are counted by cell.

use geo::{LineString, Simplify as _};

use super::draw::{TOLERANCE, is_within};
use super::grid::{Square, drawn};
use super::mvt::{self, Value};
use crate::context::{Cameras, Transit};
use crate::feeds::gtfs::lines::Mode;
use crate::views::context::draw::by_cell;
use crate::views::streets::cut;

/// From these zooms on tiles have lines of buses, stations and other stops.
const BUSES: u8 = 12;
const STATIONS: u8 = 10;
const STOPS: u8 = 14;

/// From this zoom on each camera is a point; before it they are counted by cells of these resolutions.
const EACH: u8 = 12;
const COUNTED: [(u8, u8); 2] = [(9, 6), (11, 7)];

pub fn transit(transit: &Transit, square: Square) -> Vec<u8> {
    let mut lines = mvt::Layer::new("lines");
    for line in &transit.lines {
        if line.mode != Mode::Rail && square.z < BUSES {
            continue;
        }
        let mut runs: Vec<LineString<f64>> = Vec::new();
        for path in &line.paths {
            let units = path.iter().map(|spot| square.units(spot.degrees()).x_y());
            let units: Vec<_> = units.collect();
            let parts = cut(&units, (drawn().min().x_y(), drawn().max().x_y()));
            runs.extend(parts.into_iter().map(|run| LineString::from(run).simplify(TOLERANCE)));
        }
        let mut properties = vec![
            ("name", Value::Text(line.name.clone())),
            ("mode", Value::Text(line.mode.as_str().to_owned())),
        ];
        if let Some(colour) = &line.colour {
            properties.push(("color", Value::Text(format!("#{colour}"))));
        }
        lines.line(&runs, &properties);
    }
    let mut stops = mvt::Layer::new("stops");
    for stop in &transit.stops {
        let at = square.units(stop.at.degrees());
        let (from, kind) = match stop.is_station {
            true => (STATIONS, "station"),
            false => (STOPS, "stop"),
        };
        if square.z >= from && is_within(at) {
            let kind = Value::Text(kind.to_owned());
            stops.point(at, &[("name", Value::Text(stop.name.clone())), ("kind", kind)]);
        }
    }
    mvt::tile([lines, stops])
}

pub fn cameras(cameras: &Cameras, square: Square) -> Vec<u8> {
    let mut layer = mvt::Layer::new("cameras");
    if square.z >= EACH {
        for spot in &cameras.at {
            let at = square.units(spot.degrees());
            if is_within(at) {
                layer.point(at, &[]);
            }
        }
        return mvt::tile([layer]);
    }
    let mut resolutions = COUNTED.iter();
    let resolution = resolutions.find(|(most, _)| square.z <= *most);
    for (at, count) in by_cell(&cameras.at, resolution.map_or(7, |(_, of)| *of)) {
        let at = square.units(at);
        if is_within(at) {
            layer.point(at, &[("count", Value::Count(count as u64))]);
        }
    }
    mvt::tile([layer])
}
