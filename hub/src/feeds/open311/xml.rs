//! Open311's answers in XML: a list of elements, each with texts by name.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use serde_json::Value;

use super::super::answer::MOST_ROWS;
use super::super::soda::JsonRow;

/// Elements deeper than this are no list of rows.
const DEEPEST: usize = 32;

/// The name of the root, and its elements: texts by name. Elements within those texts are passed over.
pub fn list(text: &str) -> Result<(String, Vec<JsonRow>), String> {
    let mut reader = Reader::from_str(text);
    let mut root = None;
    let mut rows: Vec<JsonRow> = Vec::new();
    let mut name = String::new();
    let mut value = String::new();
    let mut depth = 0_usize;
    loop {
        let event = reader.read_event().map_err(|error| error.to_string())?;
        match event {
            Event::Start(start) => {
                let said = local(start.name().as_ref());
                opened(depth, &said, &mut root, &mut rows)?;
                depth += 1;
                if depth == 3 {
                    (name, value) = (said, String::new());
                }
            }
            Event::Empty(start) => {
                let said = local(start.name().as_ref());
                opened(depth, &said, &mut root, &mut rows)?;
                if let (2, Some(row)) = (depth, rows.last_mut()) {
                    row.insert(said, Value::from(""));
                }
            }
            Event::End(_) => {
                if let (3, Some(row)) = (depth, rows.last_mut()) {
                    let value = std::mem::take(&mut value);
                    row.insert(std::mem::take(&mut name), Value::from(value.trim()));
                }
                depth = depth.saturating_sub(1);
            }
            Event::Text(said) if depth == 3 => {
                value.push_str(&said);
            }
            Event::CData(said) if depth == 3 => {
                value.push_str(&said);
            }
            Event::GeneralRef(reference) if depth == 3 => value.extend(character(&reference)),
            Event::Eof if depth > 0 => return Err("it ends in the middle".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    match root {
        Some(root) => Ok((root, rows)),
        None => Err("it is no XML".to_owned()),
    }
}

/// An element begins at a depth: the root, a row, or something of one.
fn opened(
    depth: usize,
    name: &str,
    root: &mut Option<String>,
    rows: &mut Vec<JsonRow>,
) -> Result<(), String> {
    match depth {
        0 if root.is_some() => return Err("it has two roots".to_owned()),
        0 => *root = Some(name.to_owned()),
        1 if rows.len() == MOST_ROWS => return Err(format!("it has over {MOST_ROWS} rows")),
        1 => rows.push(JsonRow::new()),
        DEEPEST.. => return Err("its elements lie too deep".to_owned()),
        _ => {}
    }
    Ok(())
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
}

/// What `&amp;` and its like stand for; what a document defines itself stands for nothing.
fn character(reference: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character);
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The code and the text of `<errors><error>…`, or of a text in `<error>`; nothing where it is no error.
pub fn error(text: &str) -> Option<(String, String)> {
    let (root, rows) = list(text).ok()?;
    let said = |key: &str| {
        let row = rows.first()?;
        Some(row.get(key)?.as_str()?.to_owned())
    };
    match root.as_str() {
        "errors" => Some((
            said("code").unwrap_or_default(),
            said("description").unwrap_or_default(),
        )),
        "error" => {
            let inner = text.split_once("<error>")?.1.split_once("</error>")?.0;
            let is_text = !inner.contains('<');
            Some((
                String::new(),
                if is_text {
                    inner.trim().to_owned()
                } else {
                    String::new()
                },
            ))
        }
        _ => None,
    }
}
