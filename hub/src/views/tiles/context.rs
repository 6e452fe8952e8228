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
const COUNTED: [(u8, u8); 3] = [(8, 5), (10, 6), (11, 7)];

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
            runs.extend(
                parts
                    .into_iter()
                    .map(|run| LineString::from(run).simplify(TOLERANCE)),
            );
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
            stops.point(
                at,
                &[("name", Value::Text(stop.name.clone())), ("kind", kind)],
            );
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

#[cfg(test)]
mod tests {
    use super::super::grid::EXTENT;
    use super::super::read;
    use super::*;
    use crate::context::{Line, Spot, Stop};

    fn square(z: u8, at: (f64, f64)) -> Square {
        let of = Square { z, x: 0, y: 0 }.units(at);
        Square {
            z,
            x: (of.x / EXTENT) as u32,
            y: (of.y / EXTENT) as u32,
        }
    }

    fn layers(tile: &[u8]) -> Vec<(String, usize)> {
        let layers = read::tile(tile).into_iter();
        layers
            .map(|(name, features)| (name, features.len()))
            .collect()
    }

    #[test]
    fn each_zoom_has_what_can_be_told_apart_at_it() {
        let at = (34.045, -118.245);
        let spots = [at, (34.0, -118.2)].map(Spot::of).to_vec();
        let line = |mode| Line {
            name: "A Line".to_owned(),
            mode,
            colour: None,
            paths: vec![spots.clone()],
        };
        let stop = |is_station| Stop {
            name: "One".to_owned(),
            at: Spot::of(at),
            is_station,
        };
        let layer = Transit {
            lines: vec![line(Mode::Rail), line(Mode::Bus)],
            stops: vec![stop(true), stop(false)],
        };
        let of = |z| layers(&transit(&layer, square(z, at)));
        assert_eq!(of(9), [("lines".to_owned(), 1)]);
        assert_eq!(of(11), [("lines".to_owned(), 1), ("stops".to_owned(), 1)]);
        assert_eq!(of(14), [("lines".to_owned(), 2), ("stops".to_owned(), 2)]);
        assert!(transit(&layer, square(14, (33.7, -118.6))).is_empty());
    }

    #[test]
    fn no_camera_is_counted_twice_or_lost_between_tiles() {
        let at = (0..400).map(|n| {
            Spot::of((
                34.0 + f64::from(n % 20) * 0.01,
                -118.4 + f64::from(n / 20) * 0.01,
            ))
        });
        let layer = Cameras { at: at.collect() };
        for z in [8, 10, 11, 12] {
            let (from, to) = (square(z, (34.3, -118.5)), square(z, (33.9, -118.1)));
            let mut count = 0;
            for (x, y) in (from.x..=to.x).flat_map(|x| (from.y..=to.y).map(move |y| (x, y))) {
                for (_, features) in read::tile(&cameras(&layer, Square { z, x, y })) {
                    let counts =
                        features
                            .iter()
                            .map(|feature| match feature.properties.get("count") {
                                Some(Value::Count(count)) => *count,
                                _ => 1,
                            });
                    count += counts.sum::<u64>();
                }
            }
            assert_eq!(count, 400, "zoom {z}");
        }
    }
}
