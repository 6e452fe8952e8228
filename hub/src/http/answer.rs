//! Answers that are not views, and the headers that every answer carries.

use std::sync::LazyLock;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::http::Shared;
use crate::views::poster::POSTER_STYLE;
use crate::views::shell::{STYLE, not_found};

/// One origin, no inline script, no frame around it; of inline styles only our style sheets.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy("'none'"));

/// The same for the one page that is made for frames.
static FRAMED_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| policy("*"));

fn policy(frame_ancestors: &str) -> HeaderValue {
    let [page, poster] = [STYLE, POSTER_STYLE].map(|style| base64(&Sha256::digest(style)));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{page}' 'sha256-{poster}'; \
         img-src 'self' data:; connect-src 'self'; manifest-src 'self'; worker-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors {frame_ancestors}"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// Lets other pages put a frame around an answer.
pub fn framed(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, FRAMED_POLICY.clone());
    response
}

/// Adds what protects a reader to any answer.
pub async fn secured(mut response: Response) -> Response {
    let fixed = [
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            HeaderName::from_static("permissions-policy"),
            "geolocation=(self), camera=(), microphone=(), browsing-topics=()",
        ),
    ];
    let headers = response.headers_mut();
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(POLICY.clone());
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// For an address that leads nowhere.
pub async fn unknown(State(shared): State<Shared>, uri: Uri) -> Response {
    let path = uri.path();
    if path.starts_with("/api/") || path.starts_with("/tiles/") {
        return refusal("there is no such address");
    }
    let depth = path.matches('/').count().saturating_sub(1);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (
        StatusCode::NOT_FOUND,
        headers,
        not_found(depth, &shared.picture().languages),
    )
        .into_response()
}

/// 404 with a plain reason.
pub fn refusal(reason: &str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    let body = json!({ "error": reason }).to_string();
    (StatusCode::NOT_FOUND, headers, body).into_response()
}

/// 200 with plain text.
pub fn plain(text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

/// 503 with when to come back.
pub fn full() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::RETRY_AFTER, "30"),
    ];
    let reason = "too many readers at once; try again in half a minute\n";
    (StatusCode::SERVICE_UNAVAILABLE, headers, reason).into_response()
}

/// RFC 4648, for the hash in the policy.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let at = |n: usize| u32::from(chunk.get(n).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for n in 0..4 {
            if n <= chunk.len() {
                let letter = bits >> (18 - 6 * n) & 63;
                text.push(char::from(LETTERS[letter as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_the_standard_has_it() {
        let check = |text: &str, expected: &str| assert_eq!(base64(text.as_bytes()), expected);
        check("", "");
        check("f", "Zg==");
        check("fo", "Zm8=");
        check("foo", "Zm9v");
        check("foobar", "Zm9vYmFy");
    }
}
