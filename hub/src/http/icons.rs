//! The map's picture among a phone's apps: drawn once, and the same drawing in the two sizes that phones ask for.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::http::bodies::{has_already, tag};

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
    let is_known = has_already(&headers, &tag);
    let body = if is_known { &[] } else { bytes };
    let mut response = Response::new(Body::from(Bytes::from_static(body)));
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=86400"),
    );
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    response
}
