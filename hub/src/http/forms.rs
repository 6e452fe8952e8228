//! The three forms that a client may accept, bytes that are kept in all of them, and the answer that sends one.

use std::io::Write as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

/// Out of 11: at 9 a map page takes a few milliseconds, at 11 a quarter of a second for 4 % less.
const BROTLI_QUALITY: i32 = 9;

/// For what its address names for good.
pub const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The same bytes plain and compressed, and a tag that tells them from others.
#[derive(Clone)]
pub struct Forms {
    pub tag: String,
    pub plain: Bytes,
    pub brotli: Bytes,
    pub gzip: Bytes,
}

impl Forms {
    pub fn of(plain: Vec<u8>) -> Self {
        Self {
            tag: tag(&plain),
            brotli: brotli(&plain),
            gzip: gzip(&plain),
            plain: Bytes::from(plain),
        }
    }

    /// In the form that the client likes best, or that it has it already. Nothing at all is 204.
    pub fn answer(
        &self,
        content_type: &'static str,
        keeping: &'static str,
        headers: &HeaderMap,
    ) -> Response {
        let (form, bytes) = match accepted(headers) {
            _ if self.plain.is_empty() => (None, &self.plain),
            Form::Brotli => (Some("br"), &self.brotli),
            Form::Gzip => (Some("gzip"), &self.gzip),
            Form::Plain => (None, &self.plain),
        };
        // A strong tag names bytes, so each form has its own.
        let tag = format!("\"{}-{}\"", self.tag, form.unwrap_or("plain"));
        send(bytes, form, &tag, content_type, keeping, headers)
    }
}

/// Sends bytes in a form, or says that the client has them already. Nothing at all is 204.
pub fn send(
    bytes: &Bytes,
    form: Option<&'static str>,
    tag: &str,
    content_type: &'static str,
    keeping: &'static str,
    headers: &HeaderMap,
) -> Response {
    let is_known = has_already(headers, tag);
    let mut response = Response::new(match is_known {
        true => Body::empty(),
        false => Body::from(bytes.clone()),
    });
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if bytes.is_empty() {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    let is_sent = response.status() == StatusCode::OK;
    let answer = response.headers_mut();
    if is_sent {
        answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    if let Some(form) = form.filter(|_| is_sent) {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form));
    }
    if let Ok(tag) = HeaderValue::from_str(tag) {
        answer.insert(header::ETAG, tag);
    }
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeping));
    answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    response
}

pub fn tag(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..20].to_owned()
}

pub fn brotli(bytes: &[u8]) -> Bytes {
    let params = brotli::enc::BrotliEncoderParams {
        quality: BROTLI_QUALITY,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &params)
        .expect("writing to memory does not fail");
    Bytes::from(compressed)
}

pub fn gzip(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(7));
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .map(Bytes::from)
        .expect("writing to memory does not fail")
}

/// How a stream in gzip begins (RFC 1952): no name, no time, an unknown system.
pub const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// A piece of a stream in gzip that has no end: deflate's blocks up to a whole octet, which refer to nothing before them. So
/// one piece goes to every reader, whatever each was sent before.
pub fn gzip_piece(bytes: &[u8]) -> Bytes {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.flush())
        .map(|()| Bytes::from(std::mem::take(encoder.get_mut())))
        .expect("writing to memory does not fail")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Brotli,
    Gzip,
    Plain,
}

/// The best of our forms that `Accept-Encoding` allows (RFC 9110, 12.5.3).
pub fn accepted(headers: &HeaderMap) -> Form {
    let [brotli, gzip, any] = allowed(headers);
    if brotli.or(any) == Some(true) {
        Form::Brotli
    } else if gzip.or(any) == Some(true) {
        Form::Gzip
    } else {
        Form::Plain
    }
}

/// Whether it allows gzip, for what comes in no other form.
pub fn allows_gzip(headers: &HeaderMap) -> bool {
    let [_, gzip, any] = allowed(headers);
    gzip.or(any) == Some(true)
}

/// What it says of brotli, gzip and any form.
fn allowed(headers: &HeaderMap) -> [Option<bool>; 3] {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter();
    let mut allowed = [None, None, None];
    for item in lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
    {
        let (name, parameters) = item.split_once(';').unwrap_or((item, ""));
        let quality = parameters
            .trim()
            .strip_prefix("q=")
            .map_or(Some(1.0), |q| q.parse().ok());
        let allow = quality.is_some_and(|quality: f32| quality > 0.0);
        match name.trim().to_ascii_lowercase().as_str() {
            "br" => allowed[0] = Some(allow),
            "gzip" | "x-gzip" => allowed[1] = Some(allow),
            "*" => allowed[2] = Some(allow),
            _ => (),
        }
    }
    allowed
}

/// Whether `If-None-Match` names this tag; weak comparison, as RFC 9110, 13.1.2 asks for.
pub fn has_already(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    tags.any(|known| {
        let known = known.trim();
        known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_form_that_is_allowed() {
        let check = |accept: &str, expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accept.parse().expect("a header"));
            assert_eq!(accepted(&headers), expected, "{accept}");
        };
        check("gzip, deflate, br", Form::Brotli);
        check("gzip;q=1.0, br;q=0", Form::Gzip);
        check("GZIP", Form::Gzip);
        check("*", Form::Brotli);
        check("*;q=0", Form::Plain);
        check("br;q=nonsense", Form::Plain);
        check("identity", Form::Plain);
        assert_eq!(accepted(&HeaderMap::new()), Form::Plain);
    }

    #[test]
    fn pieces_are_read_one_by_one_after_any_others() {
        let frame = |n: usize| format!("event: sightings\ndata: {n} {}\n\n", "abc".repeat(n));
        let mut reader = flate2::write::GzDecoder::new(Vec::new());
        reader.write_all(&GZIP_HEAD).expect("a head");
        for n in [1_000, 3, 0, 50_000, 3] {
            let piece = gzip_piece(frame(n).as_bytes());
            reader.write_all(&piece).expect("a piece");
            // All of it is there, before the next has come.
            reader.flush().expect("nothing is damaged");
            let read = std::mem::take(reader.get_mut());
            assert!(read == frame(n).as_bytes(), "{n}: {} bytes", read.len());
        }
    }
}
