//! For tests of other parts: what a reader gets who asks for everything.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use spotlight_common::clock::Clock;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::{Shared, router};
use crate::views::Picture;

/// The body of every path.
pub fn all(picture: Picture, paths: Vec<String>) -> BTreeMap<String, String> {
    let clock = Clock::manual(picture.at);
    let (_sender, pictures) = watch::channel(Arc::new(picture));
    let router = router(Shared::new(pictures, clock));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let answers = paths.into_iter().map(|path| {
        let request = Request::get(&path).body(Body::empty()).expect("a request");
        let body = runtime.block_on(async {
            let response = router.clone().oneshot(request).await.expect("an answer");
            let body = to_bytes(response.into_body(), 64 << 20).await;
            String::from_utf8_lossy(&body.expect("a body")).into_owned()
        });
        (path, body)
    });
    answers.collect()
}
