//! What a portal says of a failure, in any of the forms that the protocols have.

use serde_json::Value;

use super::FeedError;
use super::http::{SAID, place};
use super::values::cut;

/// A `code` and a text, up to where it quotes what it was asked: SODA's `{"code","message"}`
/// (<https://dev.socrata.com/docs/response-codes.html>), CKAN's and ArcGIS's `{"error":{"message"}}`, and Open311's
/// `[{"code","description"}]` or the same in XML.
pub fn said(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let (code, text) = match &json {
        Value::Null => xml(body),
        json => parts(json),
    };
    let text = text
        .split(['\'', '"', ';', '\n'])
        .next()
        .unwrap_or_default();
    let parts: Vec<&str> = [code.as_str(), text]
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .collect();
    cut(parts.join(": ").trim(), SAID)
}

/// A failure that an answer of 200 tells of. `code` stands for the status that it should have had.
pub fn told(address: &str, code: &str, text: &str) -> FeedError {
    let address = place(address);
    match code.trim().parse().unwrap_or(400) {
        429 | 503 => FeedError::Busy {
            address,
            until: None,
        },
        status => FeedError::Portal {
            address,
            status,
            said: said(
                serde_json::json!({ "message": text })
                    .to_string()
                    .as_bytes(),
            ),
        },
    }
}

/// The code and the text of an error in JSON.
pub fn parts(json: &Value) -> (String, String) {
    let json = match json {
        Value::Array(errors) => errors.first().unwrap_or(&Value::Null),
        json => json,
    };
    let json = ["errors", "error"]
        .iter()
        .find_map(|key| json.get(key))
        .filter(|inner| !inner.is_boolean())
        .unwrap_or(json);
    let json = match json {
        Value::Array(errors) => errors.first().unwrap_or(&Value::Null),
        Value::String(text) => return (String::new(), text.clone()),
        json => json,
    };
    let text = |keys: &[&str]| {
        let value = keys.iter().find_map(|key| json.get(key));
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    };
    (text(&["code"]), text(&["message", "description"]))
}

/// The same of `<errors><error><code/><description/></error></errors>`, or of a text in `<error>`.
fn xml(body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let text = &text[text.find('<').unwrap_or(text.len())..];
    super::open311::xml::error(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_portal_says_is_cut_and_plain() {
        let recorded =
            br#"{"message": "You must be logged in to access this resource", "error": true}"#;
        assert_eq!(
            said(recorded),
            "You must be logged in to access this resource"
        );
        assert_eq!(said(b"<html>"), "");
        let quoted = br#"{"code":"query.soql.no-such-column","message":"No such column: x; position: 'row-1'"}"#;
        assert_eq!(said(quoted), "query.soql.no-such-column: No such column: x");
        let long = format!(r#"{{"message":"a\u0007{}"}}"#, "b".repeat(9_000));
        assert_eq!(said(long.as_bytes()).len(), 200);
    }

    #[test]
    fn each_protocol_has_its_own_form() {
        for (body, expected) in [
            (
                r#"{"error":{"code":400,"message":"Unable to complete operation.","details":[]}}"#,
                "400: Unable to complete operation.",
            ),
            (
                r#"{"help":"x","success":false,"error":{"__type":"Not Found Error","message":"Not found: Resource"}}"#,
                "Not found: Resource",
            ),
            (
                r#"[{"code":404,"description":"service_request_id not found"}]"#,
                "404: service_request_id not found",
            ),
            (
                "<?xml version=\"1.0\"?>\n<errors>\n <error>\n <code>404</code>\n<description>Not found with id</description></error></errors>",
                "404: Not found with id",
            ),
            (
                "HTTP/1.1 403 Forbidden\n\n<error>Invalid api_key received</error>",
                "Invalid api_key received",
            ),
            ("[]", ""),
            ("nothing", ""),
            ("<errors>", ""),
        ] {
            assert_eq!(said(body.as_bytes()), expected, "{body}");
        }
    }
}
