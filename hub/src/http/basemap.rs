//! Tiles of the basemap, as its archive keeps them: compressed there, and sent so.

use std::io::Read as _;

use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;

use crate::basemap::{Basemap, Tile};
use crate::http::answer;
use crate::http::forms::{FOR_GOOD, allows_gzip, send};
use crate::http::tiles::MVT;

/// No tile is longer, decompressed.
const MOST: u64 = 16 << 20;

/// `/tiles/basemap/{z}/{x}/{y}.mvt`; `version` is what the address carries.
pub async fn tile(
    basemap: &Basemap,
    (z, x, y): (&str, &str, &str),
    version: Option<&str>,
    headers: &HeaderMap,
) -> Response {
    let y = y.strip_suffix(".mvt").and_then(|y| y.parse().ok());
    let (Ok(z), Ok(x), Some(y)) = (z.parse(), x.parse(), y) else {
        return answer::refusal("there is no such tile; the layer's TileJSON says which there are");
    };
    let (is_gzip, bytes) = match basemap.tile(z, x, y).await {
        Ok(Some(Tile::Gzip(bytes))) if allows_gzip(headers) => (true, bytes),
        Ok(Some(Tile::Gzip(bytes))) => match plain(&bytes) {
            Ok(bytes) => (false, bytes),
            Err(_) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Ok(Some(Tile::Plain(bytes))) => (false, bytes),
        Ok(None) => return StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "failed to read a tile of the basemap");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let form = is_gzip.then_some("gzip");
    let tag = format!(
        "\"{}-{z}-{x}-{y}-{}\"",
        basemap.version,
        form.unwrap_or("plain")
    );
    let keeping = match version == Some(&basemap.version) {
        true => FOR_GOOD,
        false => "no-cache",
    };
    send(&bytes, form, &tag, MVT, keeping, headers)
}

fn plain(gzip: &[u8]) -> std::io::Result<Bytes> {
    let mut bytes = Vec::new();
    GzDecoder::new(gzip).take(MOST).read_to_end(&mut bytes)?;
    Ok(Bytes::from(bytes))
}
