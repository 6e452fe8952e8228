//! OSM XML: nodes and ways with their tags, one at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Allowance, Bounded, Element, Visit};

/// A start tag with its attributes is far smaller.
const LARGEST_EVENT: u64 = 1 << 20;

/// The map's own bound is 2,000 nodes a way; a file may be older or no map.
const MOST_NODES: usize = 20_000;

/// A tag that is longer says nothing that is read.
const LONGEST_TAG: usize = 4096;

/// No element of the map has as many.
const MOST_TAGS: usize = 2_000;

#[derive(Default)]
struct Open {
    /// The node's id and place; none for a way.
    node: Option<(i64, (f64, f64))>,
    refs: Vec<i64>,
    tags: Vec<(String, String)>,
}

pub(super) fn each(path: &Path, visit: &mut Visit<'_>) -> Result<(), String> {
    let say = |error: &dyn std::error::Error| error.to_string();
    let allowance = Allowance::default();
    let inner = unpacked(path).map_err(|error| say(&error))?;
    let bounded = Bounded {
        inner,
        left: allowance.clone(),
    };
    let mut reader = Reader::from_reader(BufReader::new(bounded));
    let mut buffer = Vec::new();
    let mut open: Option<Open> = None;
    let mut is_osm = false;
    loop {
        allowance.renew(LARGEST_EVENT);
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|error| say(&error))?;
        let (start, empty) = match event {
            Event::Eof => break,
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(end) => {
                if matches!(end.name().as_ref(), "node" | "way")
                    && let Some(open) = open.take()
                {
                    give(&open, visit)?;
                }
                continue;
            }
            _ => continue,
        };
        match start.name().as_ref() {
            "osm" => is_osm = true,
            "node" => {
                let [id, lat, lon] = attributes(&start, ["id", "lat", "lon"])?;
                let node = id.parse().ok().zip(lat.parse().ok().zip(lon.parse().ok()));
                let (id, (lat, lon)): (i64, (f64, f64)) =
                    node.ok_or("a node has no id, latitude or longitude")?;
                let sound = (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon);
                open = sound.then(|| Open {
                    node: Some((id, (lat, lon))),
                    ..Open::default()
                });
            }
            "way" => open = Some(Open::default()),
            "nd" => {
                if let Some(open) = open.as_mut().filter(|open| open.refs.len() < MOST_NODES) {
                    let [node] = attributes(&start, ["ref"])?;
                    open.refs.extend(node.parse::<i64>());
                }
            }
            "tag" => {
                if let Some(open) = open.as_mut().filter(|open| open.tags.len() < MOST_TAGS) {
                    let [key, value] = attributes(&start, ["k", "v"])?;
                    if key.len() + value.len() <= LONGEST_TAG {
                        open.tags.push((key, value));
                    }
                }
            }
            "relation" => open = None,
            _ => {}
        }
        if empty
            && matches!(start.name().as_ref(), "node" | "way")
            && let Some(open) = open.take()
        {
            give(&open, visit)?;
        }
    }
    if is_osm {
        Ok(())
    } else {
        Err("it has no `osm` element".to_owned())
    }
}

fn give(open: &Open, visit: &mut Visit<'_>) -> Result<(), String> {
    let tags: Vec<(&str, &str)> = open
        .tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    let element = match open.node {
        Some((id, at)) => Element::Node { id, at },
        None => Element::Way { nodes: &open.refs },
    };
    visit(element, &tags)
}

/// The values of some attributes; empty where one is not there.
fn attributes<const N: usize>(
    start: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[String; N], String> {
    let mut values = [const { String::new() }; N];
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let at = names
            .iter()
            .position(|name| *name == attribute.key.as_ref());
        if let Some(at) = at {
            values[at] = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| error.to_string())?
                .into_owned();
        }
    }
    Ok(values)
}

/// What the first bytes say it is packed with, taken off.
fn unpacked(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = BufReader::new(File::open(path)?);
    let start = file.fill_buf()?;
    Ok(match start {
        [0x1f, 0x8b, ..] => Box::new(flate2::bufread::MultiGzDecoder::new(file)),
        [b'B', b'Z', b'h', ..] => Box::new(bzip2::bufread::MultiBzDecoder::new(file)),
        _ => Box::new(file),
    })
}
