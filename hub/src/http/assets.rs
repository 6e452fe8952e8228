//! What the living page needs besides itself, as `build.rs` had it built and compressed into this binary; nothing where
//! Node was missing.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;

use crate::http::Shared;
use crate::http::answer::unknown;
use crate::http::forms::{FOR_GOOD, Forms};

/// A file by a name that holds a hash of it, so that a browser may keep it for good.
#[allow(dead_code, reason = "none is made where Node was missing")]
struct Asset {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

static SCRIPT: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut names = ASSETS.iter().map(|asset| asset.name);
    let name = names.find(|name| name.starts_with("live-") && name.ends_with(".js"))?;
    Some(format!("assets/{name}"))
});

/// The service worker, which keeps its name so that browsers find its next version.
pub fn worker() -> Option<&'static str> {
    WORKER
}

/// The page's script's address relative to the pages'; it fetches the others.
pub fn script() -> Option<&'static str> {
    SCRIPT.as_deref()
}

pub async fn serve(
    State(shared): State<Shared>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return unknown(State(shared), uri).await;
    };
    let forms = Forms {
        tag: asset.name.to_owned(),
        plain: Bytes::from_static(asset.plain),
        brotli: Bytes::from_static(asset.brotli),
        gzip: Bytes::from_static(asset.gzip),
    };
    let content_type = match asset.name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    forms.answer(content_type, FOR_GOOD, &headers)
}
