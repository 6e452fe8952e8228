//! The rows of an answer.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::answer::{most, some};
use super::super::soda::JsonRow;
use super::about::{Field, columns};

/// The column that a feature's point stands in.
pub const GEOMETRY: &str = "geometry";
/// One feature of an answer.
#[derive(Deserialize)]
pub struct Feature {
    #[serde(default)]
    attributes: JsonRow,
    #[serde(default)]
    geometry: Option<Value>,
}

/// An answer to `query`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    #[serde(default)]
    pub error: Option<Value>,
    #[serde(default, deserialize_with = "most")]
    pub fields: Vec<Field>,
    #[serde(default, deserialize_with = "some")]
    pub features: Option<Vec<Feature>>,
    #[serde(default)]
    pub exceeded_transfer_limit: bool,
    #[serde(default)]
    pub object_ids: Option<Vec<i64>>,
}

/// The columns and rows of an answer that somebody saved.
pub fn saved(answer: Answer, local_time_as_utc: bool) -> (Vec<String>, Vec<JsonRow>) {
    let mut answer = answer;
    let fields = std::mem::take(&mut answer.fields);
    let is_date = |field: &&Field| field.kind == "esriFieldTypeDate";
    let dates = fields.iter().filter(is_date);
    let dates: Vec<_> = dates.map(|field| field.name.clone()).collect();
    let mut names = columns(fields).unwrap_or_else(|| vec![GEOMETRY.to_owned()]);
    let rows = rows(answer, &dates, local_time_as_utc);
    // Some answers list no fields, or not all.
    for name in rows.iter().flat_map(JsonRow::keys) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    (names, rows)
}

/// The rows of an answer.
pub fn rows(answer: Answer, dates: &[String], local_time_as_utc: bool) -> Vec<JsonRow> {
    let features = answer.features.unwrap_or_default().into_iter();
    let row = |feature: Feature| {
        let mut row = feature.attributes;
        for name in dates {
            if let Some(at) = row.get(name).and_then(Value::as_i64) {
                let said = time(at, local_time_as_utc).map_or(Value::Null, Value::from);
                row.insert(name.clone(), said);
            }
        }
        if let Some(point) = feature.geometry.as_ref().and_then(point) {
            row.insert(GEOMETRY.to_owned(), point);
        }
        row
    };
    features.map(row).collect()
}

/// A date: milliseconds since 1970, of UTC or of a wall clock.
fn time(milliseconds: i64, local_time_as_utc: bool) -> Option<String> {
    let time = Timestamp::from_millisecond(milliseconds).ok()?;
    let form = match local_time_as_utc {
        true => "%Y-%m-%dT%H:%M:%S",
        false => "%Y-%m-%dT%H:%M:%SZ",
    };
    Some(time.strftime(form).to_string())
}

/// A point as GeoJSON writes it. An empty one is `{"x":"NaN"}` or null; a line or an area has none.
fn point(geometry: &Value) -> Option<Value> {
    let degrees = |key: &str| geometry.get(key)?.as_f64();
    let coordinates = [degrees("x")?, degrees("y")?];
    Some(serde_json::json!({ "type": "Point", "coordinates": coordinates }))
}
