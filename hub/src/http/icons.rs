//! The map's picture among a phone's apps: drawn once, and the same drawing in the two sizes that phones ask for.

use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;

use crate::http::forms::{self, tag};

pub async fn drawing(headers: HeaderMap) -> Response {
    send(headers, "image/svg+xml", include_bytes!("icons/icon.svg"))
}

pub async fn small(headers: HeaderMap) -> Response {
    send(headers, "image/png", include_bytes!("icons/icon-192.png"))
}

pub async fn large(headers: HeaderMap) -> Response {
    send(headers, "image/png", include_bytes!("icons/icon-512.png"))
}

fn send(headers: HeaderMap, kind: &'static str, bytes: &'static [u8]) -> Response {
    let tag = format!("\"{}\"", tag(bytes));
    let bytes = Bytes::from_static(bytes);
    forms::send(&bytes, None, &tag, kind, "public, max-age=86400", &headers)
}
