//! What a tile holds: lines and polygons cut to its square and its buffer, as plain as its zoom allows.

use geo::{
    BooleanOps as _, BoundingRect as _, Contains as _, Coord, Intersects as _, LineString,
    MapCoords as _, MultiPolygon, Polygon, Rect, Simplify as _,
};

use super::grid::{EXTENT, Square, drawn};
use super::mvt::{self, Value};
use crate::city::basemap::{Rank, Street};
use crate::city::rent::Kind;
use crate::views::classes::{Classes, density};
use crate::views::geojson::begun_by;
use crate::views::layers::{Layer, Period};
use crate::views::projection::{Frame, View};
use crate::views::streets::cut;
use crate::views::words::calm;
use crate::views::{Picture, rents};

/// Units by which a line may be off: a quarter of a pixel.
pub const TOLERANCE: f64 = 2.0;

/// Rows and columns of points in a tile where a map may say what it means that nothing is known there, and half of the
/// room for the words, in units.
const WORDS: u32 = 6;
const ROOM: (f64, f64) = (300.0, 90.0);

/// At these zooms, only streets that are so many metres long and of this rank or better; at others all.
const DETAIL: [(u8, f64, Rank); 5] = [
    (8, 0.0, Rank::Main),
    (10, 0.0, Rank::Through),
    (11, 5_000.0, Rank::Side),
    (12, 2_000.0, Rank::Side),
    (u8::MAX, 0.0, Rank::Side),
];

/// The city, its streets and districts; coverage, and what lies outside it.
pub fn streets(picture: &Picture, square: Square) -> Vec<u8> {
    let (city, basemap) = (&picture.city, &picture.city.basemap);
    let polygon = |points: &[(f64, f64)]| {
        let ring: LineString<f64> = points.iter().map(|point| square.units(*point)).collect();
        cut_polygon(&MultiPolygon::new(vec![Polygon::new(ring, Vec::new())]))
    };

    let mut ground = mvt::Layer::new("city");
    // Rings within rings are holes.
    let rings = basemap.outline.iter().map(|ring| polygon(ring));
    let city_area = rings.fold(MultiPolygon::new(Vec::new()), |all, ring| all.xor(&ring));
    let name = [("name", Value::Text(city.name.clone()))];
    ground.polygons(&plain(&city_area), &name);

    let mut lines = mvt::Layer::new(super::STREETS);
    for street in basemap
        .streets
        .iter()
        .filter(|street| is_drawn(street, square.z))
    {
        let units: Vec<(f64, f64)> = street
            .points
            .iter()
            .map(|p| square.units(*p).x_y())
            .collect();
        let (least, most) = (drawn().min().x_y(), drawn().max().x_y());
        let runs = cut(&units, (least, most)).into_iter();
        let runs: Vec<LineString<f64>> = runs
            .map(|run| LineString::from(run).simplify(TOLERANCE))
            .collect();
        let rank = match street.rank {
            Rank::Main => 1,
            Rank::Through => 2,
            Rank::Side => 3,
        };
        let name = calm(&street.name);
        lines.line(
            &runs,
            &[("name", Value::Text(name)), ("rank", Value::Count(rank))],
        );
    }

    let mut districts = mvt::Layer::new("districts");
    for (order, (name, lat, lon)) in city.districts.iter().enumerate() {
        let at = square.units((*lat, *lon));
        // Each in the one tile that it lies in.
        if is_within(at) {
            let order = Value::Count(order as u64);
            districts.point(at, &[("name", Value::Text(name.clone())), ("order", order)]);
        }
    }

    let mut coverage = mvt::Layer::new("coverage");
    let mut covered = MultiPolygon::new(Vec::new());
    for area in picture.coverage.iter() {
        let outline = polygon(&area.outline);
        coverage.polygons(
            &plain(&outline),
            &[("name", Value::Text(area.name.clone()))],
        );
        covered = covered.union(&outline);
    }
    let mut outside = mvt::Layer::new("outside");
    let means = [("means", Value::Text("no data".to_owned()))];
    outside.polygons(&plain(&drawn().to_polygon().difference(&covered)), &means);
    let mut words = mvt::Layer::new("outside_names");
    for at in words_around(&covered) {
        words.point(at, &means);
    }
    mvt::tile([ground, lines, districts, coverage, outside, words])
}

/// The areas of a period with their counts, and with how many there are to a square kilometre: a map may colour by that,
/// or by the class among all areas of the city.
pub fn areas(picture: &Picture, layer: &Layer, period: &Period, square: Square) -> Vec<u8> {
    if let Some(kind) = layer.rents {
        return rents(layer, period, kind, square);
    }
    let city = Frame::of(View::CITY, picture);
    let mut areas = mvt::Layer::new("areas");
    for part in &layer.begun_by {
        let classes = Classes::of(&city, period.of(*part));
        for area in period.of(*part) {
            let units = area.geometry.map_coords(|c| square.units((c.y, c.x)));
            let shape = cut_polygon(&units);
            if shape.0.is_empty() {
                continue;
            }
            let density = (density(&city, area) * 100.0).round() / 100.0;
            let mut properties = vec![
                ("area", Value::Text(area.area.clone())),
                ("count", Value::Count(area.count.into())),
                ("period", Value::Text(period.period.clone())),
                ("density", Value::Number(density)),
                ("class", Value::Count(classes.class(&city, area) as u64)),
            ];
            if let Some(by) = begun_by(*part) {
                properties.push(("begun_by", Value::Text(by.to_owned())));
            }
            areas.polygons(&plain(&shape), &properties);
        }
    }
    mvt::tile([areas])
}

/// The rents of a period, each with its class among all of the layer; one without a figure has neither.
fn rents(layer: &Layer, period: &Period, kind: Kind, square: Square) -> Vec<u8> {
    let from = rents::classes(layer);
    let metres = square.metres();
    let mut areas = mvt::Layer::new("areas");
    for area in &period.rents {
        let units = area
            .shape
            .at(metres)
            .map_coords(|c| square.units((c.y, c.x)));
        let shape = cut_polygon(&units);
        if shape.0.is_empty() {
            continue;
        }
        let number = |number: u32| Value::Count(number.into());
        let (rent, margin) = rents::figures(area.rent);
        let class = rents::class(&from, area.rent);
        let told = [
            ("rent", rent.map(number)),
            ("margin", margin.map(number)),
            (
                "bound",
                rents::bound(area.rent).map(|bound| Value::Text(bound.to_owned())),
            ),
            ("class", class.map(|class| Value::Count(class as u64))),
        ];
        let mut properties = vec![
            ("area", Value::Text(area.area.clone())),
            ("name", Value::Text(rents::number(kind, &area.area))),
            ("period", Value::Text(period.period.clone())),
        ];
        properties.extend(
            told.into_iter()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        areas.polygons(&plain(&shape), &properties);
    }
    mvt::tile([areas])
}

fn is_drawn(street: &Street, z: u8) -> bool {
    let detail = DETAIL.iter().find(|(most, ..)| z <= *most);
    detail.is_some_and(|(_, metres, rank)| {
        street.rank <= *rank && (street.rank < Rank::Side || street.metres >= *metres)
    })
}

/// What of polygons lies within the square and its buffer.
fn cut_polygon(polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    let square = drawn();
    match polygons.bounding_rect() {
        Some(around) if square.contains(&around) => polygons.clone(),
        Some(around) if square.intersects(&around) => polygons.intersection(&square.to_polygon()),
        _ => MultiPolygon::new(Vec::new()),
    }
}

fn plain(polygons: &MultiPolygon<f64>) -> MultiPolygon<f64> {
    polygons.simplify(TOLERANCE)
}

pub fn is_within(at: Coord<f64>) -> bool {
    (0.0..EXTENT).contains(&at.x) && (0.0..EXTENT).contains(&at.y)
}

/// Points in rows, each with room for a few words that do not reach into the coverage.
fn words_around(covered: &MultiPolygon<f64>) -> impl Iterator<Item = Coord<f64>> {
    let step = EXTENT / f64::from(WORDS);
    let all = (0..WORDS).flat_map(|row| (0..WORDS).map(move |column| (row, column)));
    let points = all.map(move |(row, column)| Coord {
        x: (f64::from(column) + 0.25 + 0.5 * f64::from(row % 2)) * step,
        y: (f64::from(row) + 0.5) * step,
    });
    points.filter(move |at| {
        let room = Rect::new(
            (at.x - ROOM.0, at.y - ROOM.1),
            (at.x + ROOM.0, at.y + ROOM.1),
        );
        !covered.intersects(&room)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::Value as Json;

    use super::super::read::{self, Feature};
    use super::*;
    use crate::views::{fixture, geojson};

    fn features(tile: &[u8], layer: &str) -> Vec<Feature> {
        let layers = read::tile(tile).into_iter();
        let mut found = layers.filter(|(name, _)| name == layer);
        found
            .next()
            .map(|(_, features)| features)
            .unwrap_or_default()
    }

    fn square(z: u8, (lat, lon): (f64, f64)) -> Square {
        let world = Square { z, x: 0, y: 0 };
        let at = world.units((lat, lon));
        Square {
            z,
            x: (at.x / EXTENT) as u32,
            y: (at.y / EXTENT) as u32,
        }
    }

    fn json(value: &Value) -> Json {
        match value {
            Value::Text(text) => text.as_str().into(),
            Value::Count(count) => (*count).into(),
            Value::Number(number) => (*number).into(),
        }
    }

    #[test]
    fn tiles_say_what_the_geojson_says() {
        let mut picture = fixture::picture(0);
        picture.layers = Arc::new(vec![fixture::layer(), fixture::calls()]);
        for layer in picture.layers.iter() {
            for period in &layer.periods {
                let mut found: BTreeMap<String, serde_json::Map<String, Json>> = BTreeMap::new();
                let corner = square(13, (34.08, -118.26));
                for (dx, dy) in (0..3).flat_map(|x| (0..4).map(move |y| (x, y))) {
                    let square = Square {
                        z: 13,
                        x: corner.x + dx,
                        y: corner.y + dy,
                    };
                    for feature in features(&areas(&picture, layer, period, square), "areas") {
                        let mut properties: serde_json::Map<String, Json> = feature
                            .properties
                            .iter()
                            .map(|(k, v)| (k.clone(), json(v)))
                            .collect();
                        for own in ["density", "class"] {
                            assert!(properties.remove(own).is_some(), "{own}");
                        }
                        let key =
                            format!("{} {:?}", properties["area"], properties.get("begun_by"));
                        let before = found.insert(key, properties.clone());
                        assert!(before.is_none_or(|before| before == properties));
                    }
                }
                let told = geojson::layer(layer, period).features.into_iter();
                let mut told: Vec<_> = told.filter_map(|feature| feature.properties).collect();
                let mut found: Vec<_> = found.into_values().collect();
                for list in [&mut told, &mut found] {
                    list.sort_by_key(|properties| Json::Object(properties.clone()).to_string());
                }
                assert_eq!(found, told);
            }
        }
    }

    #[test]
    fn a_tile_of_rents_has_figures_and_classes_and_nothing_where_there_is_no_figure() {
        let mut picture = fixture::picture(0);
        picture.layers = Arc::new(vec![fixture::rents()]);
        let (layer, period) = (&picture.layers[0], &picture.layers[0].periods[1]);
        let tile = areas(&picture, layer, period, square(10, (34.045, -118.245)));
        let told = features(&tile, "areas").into_iter().map(|feature| {
            let told = feature.properties.iter();
            let told: serde_json::Map<String, Json> = told
                .map(|(name, value)| (name.clone(), json(value)))
                .collect();
            Json::Object(told)
        });
        let told: Vec<Json> = told.collect();
        let area = |n: usize| format!("0603720631{n}");
        assert_eq!(told.len(), 4);
        let common = |n: usize| {
            let name = format!("2063.1{n}");
            serde_json::json!({ "area": area(n), "name": name, "period": "2022" })
        };
        let mut first = common(0);
        first["rent"] = 612.into();
        first["margin"] = 45.into();
        first["bound"] = "is".into();
        first["class"] = 0.into();
        assert_eq!(told[0], first);
        assert_eq!(told[2]["bound"], "or_more");
        assert_eq!(told[3], common(3));
    }

    #[test]
    fn nothing_reaches_beyond_the_buffer() {
        let picture = fixture::picture(3);
        let (least, most) = (drawn().min().x as i64, drawn().max().x as i64);
        let mut corners = 0;
        for z in 6..=14 {
            let square = square(z, (34.045, -118.245));
            for (_, features) in read::tile(&streets(&picture, square)) {
                for (x, y) in features.iter().flat_map(|feature| feature.paths.concat()) {
                    assert!((least..=most).contains(&x) && (least..=most).contains(&y));
                    corners += usize::from(x == least || x == most || y == least || y == most);
                }
            }
        }
        assert!(corners > 50, "{corners}");
    }

    #[test]
    fn what_is_outside_is_all_that_is_not_covered() {
        let mut picture = fixture::picture(0);
        let size = |tile: &[u8], layer: &str| -> i64 {
            let rings = features(tile, layer)
                .into_iter()
                .flat_map(|feature| feature.paths);
            rings
                .filter(|ring| ring.len() > 2)
                .map(|ring| read::area(&ring))
                .sum()
        };
        let whole = ((EXTENT + 2.0 * super::super::grid::BUFFER).powi(2)) as i64;
        let square = square(12, (34.045, -118.245));
        let tile = streets(&picture, square);
        let (covered, outside) = (size(&tile, "coverage"), size(&tile, "outside"));
        assert!(covered > whole / 50);
        assert!((covered + outside - whole).abs() < whole / 1000);
        // Two that overlap are not counted twice.
        let twice = [picture.coverage[0].clone(), picture.coverage[0].clone()];
        picture.coverage = Arc::new(twice.to_vec());
        assert_eq!(size(&streets(&picture, square), "outside"), outside);
        picture.coverage = Arc::default();
        let tile = streets(&picture, square);
        assert_eq!(size(&tile, "outside"), whole);
        assert_eq!(
            features(&tile, "outside_names").len(),
            (WORDS * WORDS) as usize
        );
    }

    #[test]
    fn streets_come_with_their_calm_names_and_the_great_ones_first() {
        let mut picture = fixture::picture(0);
        let mut city = fixture::city();
        city.basemap.streets[1].rank = Rank::Side;
        picture.city = Arc::new(city);
        let names = |z| {
            let tile = streets(&picture, square(z, (34.045, -118.245)));
            let features = features(&tile, "streets").into_iter();
            features
                .map(|feature| json(&feature.properties["name"]).to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(8), ["\"San Pedro St\""]);
        assert_eq!(names(14), ["\"San Pedro St\"", "\"5th St\""]);
    }

    #[test]
    fn no_tile_holds_a_sighting() {
        let square = square(14, (34.0442, -118.2439));
        let [none, some] = [0, 5].map(|n| streets(&fixture::picture(n), square));
        assert_eq!(none, some);
    }
}
