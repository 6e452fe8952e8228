//! One answer of a portal that gives its rows page by page: bounded, of the wanted form, and whole.

use std::io::Read;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use ureq::http::header;

use super::FeedError;
use super::http::{Client, FORM, place};
use super::values::cut;

/// What a page may have.
pub const PAGE_BYTES: u64 = 8 << 20;

/// Rows that a page may have, for kinds whose servers choose its length.
pub const MOST_ROWS: usize = 20_000;

/// An address with a query.
pub fn address(base: &str, query: &[(&str, &str)]) -> String {
    if query.is_empty() {
        return base.to_owned();
    }
    let mut encoder = form_urlencoded::Serializer::new(String::new());
    encoder.extend_pairs(query);
    format!("{base}?{}", encoder.finish())
}

/// Asks once for JSON of a shape.
pub fn json<T: DeserializeOwned>(
    client: &Client,
    address: &str,
    page: Duration,
) -> Result<T, FeedError> {
    let bytes = bytes(client, address, "application/json", &["json"], page)?;
    parsed(address, &bytes)
}

/// JSON of a shape.
pub fn parsed<'a, T: Deserialize<'a>>(address: &str, bytes: &'a [u8]) -> Result<T, FeedError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => FeedError::Cut {
            address: place(address),
            reason: "it ends in the middle".to_owned(),
        },
        _ => FeedError::Shape {
            address: place(address),
            // Its text may quote what it read.
            at: (error.line(), error.column()),
        },
    })
}

/// Asks once; what the answer calls its form has one of `forms` in it.
pub fn bytes(
    client: &Client,
    address: &str,
    accept: &str,
    forms: &[&str],
    page: Duration,
) -> Result<Vec<u8>, FeedError> {
    let mut response = client.get(address, accept, None, page)?;
    let named = |name| {
        let value = response.headers().get(name);
        value.and_then(|value| value.to_str().ok())
    };
    let form = named(header::CONTENT_TYPE).unwrap_or("nothing");
    if !forms.iter().any(|wanted| form.contains(wanted)) {
        return Err(FeedError::Type {
            address: place(address),
            got: cut(form, FORM),
        });
    }
    let is_deflated = named(header::CONTENT_ENCODING).is_some_and(|coding| coding == "deflate");
    let mut body = Vec::new();
    let reader = response.body_mut().as_reader();
    bounded(reader, &mut body).map_err(|reason| FeedError::Cut {
        address: place(address),
        reason,
    })?;
    if is_deflated && let Some(inflated) = inflated(&body) {
        body = inflated;
    }
    if body.len() as u64 > PAGE_BYTES {
        return Err(FeedError::Form("a page of over 8 MiB"));
    }
    Ok(body)
}

fn bounded(reader: impl Read, into: &mut Vec<u8>) -> Result<(), String> {
    let read = reader.take(PAGE_BYTES + 1).read_to_end(into);
    read.map(drop).map_err(|error| error.to_string())
}

/// What some servers call `deflate`: zlib as RFC 9110 says, bare deflate as many do, or not packed at all.
fn inflated(body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    if bounded(flate2::read::ZlibDecoder::new(body), &mut whole).is_ok() {
        return Some(whole);
    }
    whole.clear();
    let bare = bounded(flate2::read::DeflateDecoder::new(body), &mut whole);
    (bare.is_ok() && !whole.is_empty()).then_some(whole)
}

/// A list of at most [`MOST_ROWS`]: more are refused before they take up memory.
pub fn most<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Rows<T>(std::marker::PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "at most {MOST_ROWS} rows")
        }

        fn visit_unit<E>(self) -> Result<Vec<T>, E> {
            Ok(Vec::new())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<Vec<T>, A::Error> {
            let mut page = Vec::new();
            while let Some(row) = rows.next_element()? {
                if page.len() == MOST_ROWS {
                    return Err(serde::de::Error::invalid_length(page.len() + 1, &self));
                }
                page.push(row);
            }
            Ok(page)
        }
    }
    deserializer.deserialize_any(Rows(std::marker::PhantomData))
}

/// The same of a list that must be there.
pub fn some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    most(deserializer).map(Some)
}

/// JSON that lacks what it should have.
pub fn shapeless(address: &str) -> FeedError {
    FeedError::Shape {
        address: place(address),
        at: (1, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_is_called_deflate_is_read_in_either_form_or_as_it_is() {
        let text = b"[{\"a\":1}]".repeat(50);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&text).expect("packs");
        let mut bare = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        bare.write_all(&text).expect("packs");
        assert_eq!(inflated(&zlib.finish().expect("packs")), Some(text.clone()));
        assert_eq!(inflated(&bare.finish().expect("packs")), Some(text.clone()));
        assert_eq!(inflated(&text), None);
        // What unpacks to more than a page may have is cut there, and refused by its length.
        let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        bomb.write_all(&vec![b' '; 32 << 20]).expect("packs");
        let long = inflated(&bomb.finish().expect("packs")).expect("a part of it");
        assert_eq!(long.len() as u64, PAGE_BYTES + 1);
    }
}
