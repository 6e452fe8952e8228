//! A city's folder asked for without its slash.

use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::http::answer;

/// Leads into the folder, so that the relative links of its page are right. The hub may be in a folder itself, so this is
/// relative too.
pub async fn enter(uri: Uri) -> Response {
    let folder = uri.path().rsplit('/').next().unwrap_or_default();
    let mut address = format!("{folder}/");
    if let Some(query) = uri.query() {
        address = format!("{address}?{query}");
    }
    match HeaderValue::from_str(&address) {
        Ok(address) => {
            // Not for good: an operator may serve another city some day.
            let keeping = HeaderValue::from_static("no-cache");
            let headers = [
                (header::LOCATION, address),
                (header::CACHE_CONTROL, keeping),
            ];
            (StatusCode::PERMANENT_REDIRECT, headers).into_response()
        }
        Err(_) => answer::refusal("there is no such address"),
    }
}
