//! The rows of an answer, whatever its dialect.

use serde_json::Value;

use super::super::FeedError;
use super::super::answer::{MOST_ROWS, parsed};
use super::super::failure;
use super::super::http::place;
use super::super::rows::decoded;
use super::super::soda::JsonRow;
use super::xml;

/// An object's lists lie no deeper than this.
const DEEPEST: usize = 3;

/// The services or requests of an answer; an error that it tells of is one.
pub fn rows(address: &str, bytes: &[u8]) -> Result<Vec<JsonRow>, FeedError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let bytes = bytes.trim_ascii();
    let rows = match bytes.first() {
        Some(b'<') => of_xml(address, &decoded(bytes))?,
        Some(b'[' | b'{') => of_json(address, bytes)?,
        Some(_) => of_json(address, unwrapped(bytes))?,
        None => {
            return Err(FeedError::Cut {
                address: place(address),
                reason: "it is empty".to_owned(),
            });
        }
    };
    Ok(rows.into_iter().map(plain).collect())
}

fn of_xml(address: &str, text: &str) -> Result<Vec<JsonRow>, FeedError> {
    if let Some((code, said)) = xml::error(text) {
        return Err(failure::told(address, &code, &said));
    }
    let (root, rows) = xml::list(text).map_err(|reason| FeedError::Cut {
        address: place(address),
        reason: super::super::values::cut(&reason, 100),
    })?;
    match root.as_str() {
        "services" | "service_requests" | "requests" => Ok(rows),
        _ => Err(FeedError::Type {
            address: place(address),
            got: "XML of another kind".to_owned(),
        }),
    }
}

/// A call of a function, as for a page's script: `f([…])`.
fn unwrapped(bytes: &[u8]) -> &[u8] {
    let from = bytes.iter().position(|byte| *byte == b'(');
    let to = bytes.iter().rposition(|byte| *byte == b')');
    match (from, to) {
        (Some(from), Some(to)) if from < to => &bytes[from + 1..to],
        _ => bytes,
    }
}

fn of_json(address: &str, bytes: &[u8]) -> Result<Vec<JsonRow>, FeedError> {
    let json: Value = parsed(address, bytes)?;
    let shape = || FeedError::Shape {
        address: place(address),
        at: (1, 1),
    };
    let has = |value: &Value, key: &str| value.get(key).is_some();
    let first = match &json {
        Value::Array(rows) => rows.first().unwrap_or(&Value::Null),
        other => other,
    };
    let is_error = has(first, "code") && has(first, "description") && !has(first, "service_code")
        || has(&json, "errors")
        || has(&json, "error");
    if is_error {
        let (code, said) = failure::parts(&json);
        return Err(failure::told(address, &code, &said));
    }
    let rows = listed(json, DEEPEST).ok_or_else(shape)?;
    if rows.len() > MOST_ROWS {
        return Err(FeedError::Form("a page of over 20,000 rows"));
    }
    let rows = rows.into_iter().map(|row| match row {
        Value::Object(row) => Ok(row),
        _ => Err(shape()),
    });
    rows.collect()
}

/// The list that is an answer, or that stands in its objects; one request alone is a list too.
fn listed(json: Value, depth: usize) -> Option<Vec<Value>> {
    match json {
        Value::Array(rows) => Some(rows),
        Value::Object(row)
            if row.contains_key("service_request_id") || row.contains_key("service_code") =>
        {
            Some(vec![Value::Object(row)])
        }
        Value::Object(mut object) if depth > 0 => {
            const NAMES: [&str; 7] = [
                "service_requests",
                "requests",
                "request",
                "service_request",
                "services",
                "service",
                "data",
            ];
            let name = NAMES.iter().find(|name| object.contains_key(**name))?;
            match object.remove(*name)? {
                // What XML's empty list becomes in the hands of some programs.
                Value::Null => Some(Vec::new()),
                Value::String(text) if text.trim().is_empty() => Some(Vec::new()),
                inner => listed(inner, depth - 1),
            }
        }
        _ => None,
    }
}

/// Without what stands for nothing: `{}`, `[]`, `{"nil": true}`.
fn plain(mut row: JsonRow) -> JsonRow {
    row.retain(|_, value| !(value.is_object() || value.is_array()));
    row
}
