//! The page's script, as `build.rs` had it built into this binary; none where Node was missing.

use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use crate::http::answer::unknown;
use crate::http::bodies::{Form, accepted, brotli, gzip, has_already};

include!(concat!(env!("OUT_DIR"), "/script.rs"));

struct Asset {
    name: String,
    plain: Bytes,
    brotli: Bytes,
    gzip: Bytes,
}

/// Named by its own hash, so that a browser may keep it for good.
static LIVE: LazyLock<Option<Asset>> = LazyLock::new(|| {
    let script = SCRIPT?.as_bytes();
    Some(Asset {
        name: format!("live-{}.js", &super::bodies::tag(script)[..10]),
        plain: Bytes::from_static(script),
        brotli: brotli(script),
        gzip: gzip(script),
    })
});

static ADDRESS: LazyLock<Option<String>> =
    LazyLock::new(|| Some(format!("assets/{}", LIVE.as_ref()?.name)));

/// The service worker, which keeps its name so that browsers find its next version.
pub fn worker() -> Option<&'static str> {
    WORKER
}

/// The script's address relative to the pages'.
pub fn script() -> Option<&'static str> {
    ADDRESS.as_deref()
}

pub async fn serve(Path(name): Path<String>, uri: Uri, headers: HeaderMap) -> Response {
    let Some(asset) = LIVE.as_ref().filter(|asset| asset.name == name) else {
        return unknown(uri).await;
    };
    let (form, bytes) = match accepted(&headers) {
        Form::Brotli => (Some("br"), &asset.brotli),
        Form::Gzip => (Some("gzip"), &asset.gzip),
        Form::Plain => (None, &asset.plain),
    };
    // Its name tells its content, and the form the bytes.
    let tag = format!("\"{}-{}\"", asset.name, form.unwrap_or("plain"));
    let is_known = has_already(&headers, &tag);
    let body = if is_known {
        Body::empty()
    } else {
        Body::from(bytes.clone())
    };
    let mut response = Response::new(body);
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let answer = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.insert(header::ETAG, tag);
    }
    let fixed = [
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::VARY, "Accept-Encoding"),
    ];
    for (name, value) in fixed {
        answer.insert(name, HeaderValue::from_static(value));
    }
    if let Some(form) = form {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form));
    }
    response
}
