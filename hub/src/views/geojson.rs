//! What is shown, as RFC 7946 for other programs and for the page's own script.

use geo::{LineString, MultiPolygon};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject, Position};
use jiff::Timestamp;
use serde_json::{Value, json};
use spotlight_common::cell::Cell;

use crate::city::rent::Kind;
use crate::notices::Notice;
use crate::store::open_data::BegunBy;
use crate::views::context;
use crate::views::layers::{Area, Layer, Period};
use crate::views::rents::RentArea;
use crate::views::words::Lang;
use crate::views::{Picture, Sighting, current, rents, sweeps, upcoming};

/// On which terms sightings may be used: a copy fades as they do.
pub const SIGHTINGS_LICENCE: &str =
    "facts on which no rights are claimed; keep no copy past `fades_at`";

/// Current sightings. The collection's own members say how old it is (`at`), whether an area without a sighting says
/// anything at all (`node_online`, `data`), of which cells another sender says that they left (`reported_gone`), and when other
/// sweeps are announced than before (`sweeps` differs).
pub fn sightings(picture: &Picture, at: Timestamp) -> FeatureCollection {
    let gone = current(picture, at).filter_map(|sighting| {
        let gone = second(sighting.reported_gone?);
        Some((sighting.cell.to_string(), Value::from(gone)))
    });
    let members = json!({
        "at": second(at),
        "node_online": picture.node_online,
        "data": data(picture),
        "reported_gone": gone.collect::<JsonObject>(),
        "sweeps": sweeps::edition(picture),
        "licence": SIGHTINGS_LICENCE,
    });
    FeatureCollection {
        bbox: None,
        features: current(picture, at).map(sighting).collect(),
        foreign_members: object(members),
    }
}

/// Whether an area without a sighting says anything at all, and if not, why.
pub fn data(picture: &Picture) -> &'static str {
    match (picture.node_online, picture.coverage.is_empty()) {
        (false, _) => "no data: no receiver is connected",
        (true, true) => "no data: no coverage is declared",
        (true, false) => "current",
    }
}

fn sighting(sighting: &Sighting) -> Feature {
    let properties = json!({
        "cell": sighting.cell.to_string(),
        "label": sighting.label,
        "level": sighting.level.as_str(),
        "first_seen": second(sighting.first_seen),
        "last_seen": second(sighting.last_seen),
        "fades_at": second(sighting.fades_at),
    });
    feature(outline(sighting.cell), properties)
}

fn outline(cell: Cell) -> GeometryValue {
    let mut ring: Vec<Position> = cell.boundary().into_iter().map(position).collect();
    ring.extend(ring.first().cloned());
    GeometryValue::Polygon {
        coordinates: vec![ring],
    }
}

/// Announced sweeps that are not over; one of which nobody said where has no geometry.
pub fn sweeps(picture: &Picture, at: Timestamp) -> FeatureCollection {
    let members = json!({
        "time_zone": picture.city.time_zone.iana_name(),
        "licence": "facts of the city's public notices",
    });
    FeatureCollection {
        bbox: None,
        features: upcoming(picture, at).map(sweep).collect(),
        foreign_members: object(members),
    }
}

fn sweep(notice: &Notice) -> Feature {
    let ends_at = notice.end.map(|_| second(notice.over_at));
    let properties = json!({
        "id": notice.id.to_string(),
        "kind": notice.kind.as_str(),
        "date": notice.date.to_string(),
        "starts_at": notice.start.map(|_| second(notice.begins_at)),
        "ends_at": ends_at,
        "over_at": second(notice.over_at),
        "place": notice.place,
        "area": notice.area,
        "cell": notice.cell.map(|cell| cell.to_string()),
        "source": notice.source,
        "changed_at": second(notice.changed_at),
    });
    match notice.cell {
        Some(cell) => feature(outline(cell), properties),
        None => Feature {
            geometry: None,
            ..feature(
                GeometryValue::MultiPolygon {
                    coordinates: Vec::new(),
                },
                properties,
            )
        },
    }
}

/// The list of layers.
pub fn layers(picture: &Picture) -> Value {
    let layers = picture.layers.iter().map(|layer| {
        let periods: Vec<&str> = layer.periods.iter().map(|p| p.period.as_str()).collect();
        let begun_by: Vec<&str> = layer
            .begun_by
            .iter()
            .filter_map(|by| begun_by(*by))
            .collect();
        json!({
            "id": layer.id,
            "title": layer.title,
            "explanation": explanation(layer),
            "unit": layer.unit,
            "span": layer.span.as_str(),
            "measure": if layer.rents.is_some() { "rent" } else { "count" },
            "begun_by": begun_by,
            "periods": periods,
            "data_through": layer.data_through.map(|date| date.to_string()),
            "fetched_at": layer.fetched_at.map(second),
            "refreshed": layer.trouble.is_none(),
            "source": layer.source,
            "licence": layer.licence,
            "spanish": layer.spanish.as_ref().map(|words| json!({
                "title": words.title,
                "explanation": words.explanation,
                "unit": words.unit,
            })),
        })
    });
    let context = context::data::listed(&picture.context);
    json!({ "layers": layers.chain(context).collect::<Vec<_>>() })
}

fn explanation(layer: &Layer) -> String {
    match layer.rebuilt_on {
        Some(date) => {
            let rebuilt = Lang::default().words().layer_rebuilt(date.to_string());
            format!("{} {rebuilt}", layer.explanation)
        }
        None => layer.explanation.clone(),
    }
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

/// One period of a layer.
pub fn layer(layer: &Layer, period: &Period) -> FeatureCollection {
    let features = match layer.rents {
        Some(kind) => period
            .rents
            .iter()
            .map(|area| rent(area, period, kind))
            .collect(),
        None => period
            .areas
            .iter()
            .map(|area| counted(area, period))
            .collect(),
    };
    let unknown = period.unknown.iter().map(|(by, count)| {
        let by = begun_by(*by).unwrap_or("any");
        (by.to_owned(), Value::from(*count))
    });
    let members = json!({
        "layer": layer.id,
        "period": period.period,
        // Without a place that the map knows.
        "unknown": unknown.collect::<JsonObject>(),
        "unit": layer.unit,
        "data_through": layer.data_through.map(|date| date.to_string()),
        "source": layer.source,
        "licence": layer.licence,
    });
    FeatureCollection {
        bbox: None,
        features,
        foreign_members: object(members),
    }
}

fn counted(area: &Area, period: &Period) -> Feature {
    let mut properties = json!({
        "area": area.area,
        "count": area.count,
        "period": period.period,
    });
    if let (Some(by), Value::Object(properties)) = (begun_by(area.begun_by), &mut properties) {
        properties.insert("begun_by".to_owned(), by.into());
    }
    feature(shape(&area.geometry), properties)
}

/// `rent` is null where there is no figure.
fn rent(area: &RentArea, period: &Period, kind: Kind) -> Feature {
    let (rent, margin) = rents::figures(area.rent);
    let properties = json!({
        "area": area.area,
        "name": rents::number(kind, &area.area),
        "period": period.period,
        "rent": rent,
        "margin": margin,
        "bound": rents::bound(area.rent),
    });
    feature(shape(&area.shape.fine), properties)
}

/// Who began what is counted, where a layer tells.
pub fn begun_by(by: BegunBy) -> Option<&'static str> {
    match by {
        BegunBy::Untold => None,
        BegunBy::Officer => Some("officer"),
        BegunBy::Dispatch => Some("dispatch"),
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
pub(super) fn position((lat, lon): (f64, f64)) -> Position {
    let rounded = |degrees: f64| (degrees * 1e6).round() / 1e6;
    Position::from([rounded(lon), rounded(lat)])
}

pub(super) fn feature(geometry: GeometryValue, properties: Value) -> Feature {
    Feature {
        geometry: Some(Geometry::new(geometry)),
        properties: object(properties),
        ..Feature::default()
    }
}

pub(super) fn object(value: Value) -> Option<JsonObject> {
    match value {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// RFC 3339 in UTC, to the second.
pub fn second(time: Timestamp) -> String {
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
        for feature in [first, second] {
            let properties = feature["properties"].as_object().expect("an object");
            let keys: Vec<&String> = properties.keys().collect();
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
        }
        assert_eq!(first["properties"]["fades_at"], "2026-07-01T22:58:00Z");
        assert_eq!(
            all["reported_gone"],
            json!({ picture.sightings[1].cell.to_string(): "2026-07-01T22:00:00Z" })
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
    fn silence_without_coverage_is_no_data() {
        let mut picture = fixture::picture(0);
        let data = |picture: &Picture| {
            let all = serde_json::to_value(sightings(picture, picture.at)).expect("plain data");
            all["data"].as_str().expect("text").to_owned()
        };
        assert_eq!(data(&picture), "current");
        picture.coverage = std::sync::Arc::new(Vec::new());
        assert!(data(&picture).starts_with("no data"));
    }

    #[test]
    fn rings_are_wound_as_the_standard_says() {
        let picture = fixture::picture(1);
        let (found, period) = find(&picture, "encampments", Some("2020-09")).expect("known");
        let all = serde_json::to_value(layer(found, period)).expect("plain data");
        let seen = serde_json::to_value(sightings(&picture, picture.at)).expect("plain data");
        for feature in [&all["features"][0], &seen["features"][0]] {
            let ring = feature["geometry"]["coordinates"][0]
                .as_array()
                .expect("a ring");
            let at = |n: usize, axis: usize| ring[n][axis].as_f64().expect("a number");
            // Longitude comes first.
            assert!(at(0, 0) < -118.0 && at(0, 1) > 33.0);
            assert_eq!(ring.first(), ring.last());
            let twice: f64 = (0..ring.len() - 1)
                .map(|n| at(n, 0) * at(n + 1, 1) - at(n + 1, 0) * at(n, 1))
                .sum();
            assert!(twice > 0.0);
        }
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
