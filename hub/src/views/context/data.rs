//! Context layers for other programs: in the list of layers, and as RFC 7946.

use geojson::{Feature, FeatureCollection, GeometryValue, Position};
use serde_json::{Value, json};

use crate::context::{Context, Layer, Spot, Which};
use crate::views::geojson::{feature, object, position, second};

/// The layers that there are, as `/api/v1/layers` lists them: without periods.
pub fn listed(context: &Context) -> Vec<Value> {
    let transit = context.transit.as_ref();
    let transit = transit.map(|layer| entry(layer, Which::Transit));
    let cameras = context.cameras.as_ref();
    let cameras = cameras.map(|layer| entry(layer, Which::Cameras));
    transit.into_iter().chain(cameras).collect()
}

fn entry<T>(layer: &Layer<T>, which: Which) -> Value {
    let source = &layer.source;
    json!({
        "id": which.id(),
        "title": source.title,
        "explanation": source.explanation,
        "unit": source.unit,
        "periods": [],
        "data_through": layer.as_of.map(|date| date.to_string()),
        "fetched_at": layer.read_at.map(second),
        "refreshed": layer.trouble.is_none(),
        "source": source.source,
        "licence": source.licence,
        "spanish": source.spanish.as_ref().map(|words| json!({
            "title": words.title,
            "explanation": words.explanation,
            "unit": words.unit,
        })),
    })
}

/// A layer, if it is there.
pub fn collection(context: &Context, which: Which) -> Option<FeatureCollection> {
    match which {
        Which::Transit => {
            let layer = context.transit.as_ref()?;
            let lines = layer.what.lines.iter().map(|line| {
                let mut paths: Vec<Vec<Position>> = line
                    .paths
                    .iter()
                    .map(|path| path.iter().map(|spot| position(spot.degrees())).collect())
                    .collect();
                let geometry = match paths.len() {
                    1 => GeometryValue::LineString {
                        coordinates: paths.remove(0),
                    },
                    _ => GeometryValue::MultiLineString { coordinates: paths },
                };
                let colour = line.colour.as_ref().map(|colour| format!("#{colour}"));
                let properties = json!({
                    "kind": "line", "name": line.name, "mode": line.mode.as_str(), "color": colour,
                });
                feature(geometry, properties)
            });
            let stops = layer.what.stops.iter().map(|stop| {
                let kind = if stop.is_station { "station" } else { "stop" };
                feature(point(stop.at), json!({ "kind": kind, "name": stop.name }))
            });
            Some(whole(layer, which, lines.chain(stops)))
        }
        Which::Cameras => {
            let layer = context.cameras.as_ref()?;
            let cameras = layer.what.at.iter();
            let cameras = cameras.map(|spot| feature(point(*spot), json!({ "kind": "camera" })));
            Some(whole(layer, which, cameras))
        }
    }
}

fn whole<T>(
    layer: &Layer<T>,
    which: Which,
    features: impl Iterator<Item = Feature>,
) -> FeatureCollection {
    let members = json!({
        "layer": which.id(),
        "unit": layer.source.unit,
        "data_through": layer.as_of.map(|date| date.to_string()),
        "source": layer.source.source,
        "licence": layer.source.licence,
    });
    FeatureCollection {
        bbox: None,
        features: features.collect(),
        foreign_members: object(members),
    }
}

fn point(spot: Spot) -> GeometryValue {
    GeometryValue::Point {
        coordinates: position(spot.degrees()),
    }
}
