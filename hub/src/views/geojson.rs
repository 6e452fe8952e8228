//! What is shown, as RFC 7946 for other programs and for the page's own script.

use geo::{LineString, MultiPolygon};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, Position};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::views::layers::{Layer, Period};
use crate::views::{Picture, Sighting, current};

/// Current sightings. The collection's own members `at` and `node_online` say how old it is, and whether an area
/// without a sighting says anything at all.
pub fn sightings(picture: &Picture, at: Timestamp) -> FeatureCollection {
    let members = json!({
        "at": second(at),
        "node_online": picture.node_online,
        "data": if picture.node_online { "current" } else { "no data: no receiver is connected" },
    });
    FeatureCollection {
        bbox: None,
        features: current(picture, at).map(sighting).collect(),
        foreign_members: object(members),
    }
}

fn sighting(sighting: &Sighting) -> Feature {
    let mut ring: Vec<Position> = sighting.cell.boundary().into_iter().map(position).collect();
    ring.extend(ring.first().cloned());
    let mut properties = json!({
        "cell": sighting.cell.to_string(),
        "label": sighting.label,
        "level": sighting.level.as_str(),
        "first_seen": second(sighting.first_seen),
        "last_seen": second(sighting.last_seen),
        "fades_at": second(sighting.fades_at),
    });
    if let Some(gone) = sighting.reported_gone {
        properties["reported_gone"] = second(gone).into();
    }
    feature(
        GeometryValue::Polygon {
            coordinates: vec![ring],
        },
        properties,
    )
}

/// The list of layers.
pub fn layers(picture: &Picture) -> Value {
    let layers = picture.layers.iter().map(|layer| {
        let periods: Vec<&str> = layer.periods.iter().map(|p| p.period.as_str()).collect();
        json!({
            "id": layer.id,
            "title": layer.title,
            "explanation": layer.explanation,
            "unit": layer.unit,
            "periods": periods,
            "data_through": layer.data_through.map(|date| date.to_string()),
            "fetched_at": layer.fetched_at.map(second),
            "source": layer.source,
            "licence": layer.licence,
        })
    });
    json!({ "layers": layers.collect::<Vec<_>>() })
}

/// The layer and the month that a reader asked for, the newest if none; else why not.
pub fn find<'a>(
    picture: &'a Picture,
    layer: &str,
    period: Option<&str>,
) -> Result<(&'a Layer, &'a Period), &'static str> {
    let known = picture.layers.iter().find(|known| known.id == layer);
    let layer = known.ok_or("there is no such layer; /api/v1/layers lists them")?;
    let found = match period {
        Some(period) => layer.periods.iter().find(|known| known.period == period),
        None => layer.periods.last(),
    };
    let period = found.ok_or("this layer has no such period; /api/v1/layers lists them")?;
    Ok((layer, period))
}

/// One month of a layer.
pub fn layer(layer: &Layer, period: &Period) -> FeatureCollection {
    let features = period.areas.iter().map(|area| {
        let properties = json!({
            "area": area.area,
            "count": area.count,
            "period": period.period,
        });
        feature(shape(&area.geometry), properties)
    });
    let members = json!({
        "layer": layer.id,
        "period": period.period,
        "unit": layer.unit,
        "source": layer.source,
        "licence": layer.licence,
    });
    FeatureCollection {
        bbox: None,
        features: features.collect(),
        foreign_members: object(members),
    }
}

fn shape(geometry: &MultiPolygon<f64>) -> GeometryValue {
    let mut polygons: Vec<Vec<Vec<Position>>> = geometry
        .iter()
        .map(|polygon| {
            let outer = wound(polygon.exterior(), true);
            let holes = polygon.interiors().iter().map(|hole| wound(hole, false));
            std::iter::once(outer).chain(holes).collect()
        })
        .collect();
    match polygons.pop() {
        Some(coordinates) if polygons.is_empty() => GeometryValue::Polygon { coordinates },
        last => {
            polygons.extend(last);
            GeometryValue::MultiPolygon {
                coordinates: polygons,
            }
        }
    }
}

/// A ring the way round that RFC 7946 asks for: anticlockwise outside, clockwise for holes.
fn wound(ring: &LineString<f64>, anticlockwise: bool) -> Vec<Position> {
    let twice: f64 = ring
        .lines()
        .map(|line| line.start.x * line.end.y - line.end.x * line.start.y)
        .sum();
    let mut points: Vec<Position> = ring.coords().map(|c| position((c.y, c.x))).collect();
    if (twice > 0.0) != anticlockwise {
        points.reverse();
    }
    points
}

/// Longitude first, to about 10 cm.
fn position((lat, lon): (f64, f64)) -> Position {
    let rounded = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Position::from([rounded(lon), rounded(lat)])
}

fn feature(geometry: GeometryValue, properties: Value) -> Feature {
    Feature {
        geometry: Some(Geometry::new(geometry)),
        properties: object(properties),
        ..Feature::default()
    }
}

fn object(value: Value) -> Option<JsonObject> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// RFC 3339 in UTC, to the second.
fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn a_sighting_is_its_cell_and_nothing_more() {
        let picture = fixture::picture(2);
        let all = serde_json::to_value(sightings(&picture, picture.at)).expect("plain data");
        assert_eq!(all["type"], "FeatureCollection");
        let [first, second] = [&all["features"][0], &all["features"][1]];
        assert_eq!(first["geometry"]["type"], "Polygon");
        let ring = first["geometry"]["coordinates"][0]
            .as_array()
            .expect("a ring");
        assert_eq!(ring.len(), 7);
        assert_eq!(ring.first(), ring.last());
        let keys: Vec<&String> = first["properties"]
            .as_object()
            .expect("an object")
            .keys()
            .collect();
        assert_eq!(
            keys,
            [
                "cell",
                "fades_at",
                "first_seen",
                "label",
                "last_seen",
                "level"
            ]
        );
        assert_eq!(first["properties"]["fades_at"], "2026-07-01T22:58:00Z");
        assert_eq!(
            second["properties"]["reported_gone"],
            "2026-07-01T22:00:00Z"
        );
    }

    #[test]
    fn what_has_faded_is_not_there_to_the_second() {
        let picture = fixture::picture(2);
        let count = |at| sightings(&picture, fixture::at(at)).features.len();
        assert_eq!(count("2026-07-01T22:56:59Z"), 2);
        assert_eq!(count("2026-07-01T22:57:00Z"), 1);
        assert_eq!(count("2026-07-01T22:58:00Z"), 0);
    }

    #[test]
    fn rings_are_wound_as_the_standard_says() {
        let picture = fixture::picture(0);
        let (found, period) = find(&picture, "encampments", Some("2020-09")).expect("known");
        let all = serde_json::to_value(layer(found, period)).expect("plain data");
        let ring = all["features"][0]["geometry"]["coordinates"][0]
            .as_array()
            .expect("a ring");
        let at = |n: usize, axis: usize| ring[n][axis].as_f64().expect("a number");
        let twice: f64 = (0..ring.len() - 1)
            .map(|n| at(n, 0) * at(n + 1, 1) - at(n + 1, 0) * at(n, 1))
            .sum();
        assert!(twice > 0.0);
        assert_eq!(all["features"][1]["properties"]["count"], 60);
    }

    #[test]
    fn an_unknown_layer_or_month_has_a_reason() {
        let picture = fixture::picture(0);
        assert!(find(&picture, "camps", None).is_err());
        assert!(find(&picture, "encampments", Some("2020-10")).is_err());
        assert!(find(&picture, "encampments", None).is_ok());
    }
}
