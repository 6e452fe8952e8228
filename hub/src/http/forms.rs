//! Bytes that stay the same for long, in the three forms that a client may accept, and the answer that sends them.

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::bodies::{Form, accepted, brotli, gzip, has_already, tag};

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
            Form::Brotli => (Some("br"), &self.brotli),
            Form::Gzip => (Some("gzip"), &self.gzip),
            Form::Plain => (None, &self.plain),
        };
        // A strong tag names bytes, so each form has its own.
        let tag = format!("\"{}-{}\"", self.tag, form.unwrap_or("plain"));
        let mut response = if has_already(headers, &tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else if self.plain.is_empty() {
            StatusCode::NO_CONTENT.into_response()
        } else {
            let mut response = Response::new(Body::from(bytes.clone()));
            let answer = response.headers_mut();
            answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            if let Some(form) = form {
                answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(form));
            }
            response
        };
        let answer = response.headers_mut();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            answer.insert(header::ETAG, tag);
        }
        answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(keeping));
        answer.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        response
    }
}
