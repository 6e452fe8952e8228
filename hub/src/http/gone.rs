//! `POST api/v1/gone`: a reader of the page says that they left. It adds a note to a sighting, and sends the reader back
//! to where they were.
//!
//! There is no account and no cookie, so nothing that another site makes a browser send could do more than its author.
//! Such posts are refused all the same, by what browsers say of where a request comes from. As the hub's pages send no
//! referrer, a form on them says `Origin: null`, and without TLS says nothing else.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use spotlight_common::cell::Cell;

use crate::http::{Asked, Shared, answer};
use crate::views::current;
use crate::views::find::Point;
use crate::views::shell::short_page;
use crate::views::words::{Said, Words};

/// A form is no longer than this, in bytes,
const LONGEST: usize = 1_024;
/// and does not take longer to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// A reader is sent back when the page shows the note, but not later than this.
const UNTIL_SHOWN: Duration = Duration::from_millis(500);

/// Who is refused, and why, in the reader's words.
type Refused = (StatusCode, fn(Words) -> Said);

pub async fn post(State(shared): State<Shared>, headers: HeaderMap, body: Body) -> Response {
    let body = tokio::time::timeout(PATIENCE, to_bytes(body, LONGEST)).await;
    let body = body.map_err(drop).and_then(|read| read.map_err(drop));
    let body = body.unwrap_or_default();
    let form = form_urlencoded::parse(&body);
    let (mut cell, mut is_list, mut fields) = (None, false, Vec::new());
    for (name, value) in form {
        match &*name {
            "cell" => cell = cell.or_else(|| value.parse::<Cell>().ok()),
            "page" => is_list = value == "list",
            _ => fields.push((name.into_owned(), value.into_owned())),
        }
    }
    let asked = Asked::of(fields);
    let lang = asked.lang(&shared.picture().languages, &headers);
    let elsewhere: Refused = (StatusCode::FORBIDDEN, |words| words.left_elsewhere());
    let noted = match is_own(&headers) {
        true => note(&shared, cell),
        false => Err(elsewhere),
    };
    match noted {
        Ok(cell) => {
            shown(&shared, cell).await;
            let picture = shared.picture();
            let place = asked.at.as_deref();
            let place = place.and_then(|at| Point::parse(at, &picture));
            let page = if is_list { "../../list" } else { "../../" };
            let address = asked.choice(&picture, lang, place).address(page);
            see_other(&format!("{address}#s-{cell}"))
        }
        Err((status, why)) => {
            let words = lang.words();
            let text = short_page(&why(words), &words.left_back(), "../../", lang);
            let headers = [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (status, headers, text).into_response()
        }
    }
}

fn note(shared: &Shared, cell: Option<Cell>) -> Result<Cell, Refused> {
    let unclear: Refused = (StatusCode::BAD_REQUEST, |words| words.left_unclear());
    let cell = cell.ok_or(unclear)?;
    let (picture, now) = (shared.picture(), shared.0.clock.now());
    if !current(&picture, now).any(|sighting| sighting.cell == cell) {
        return Err((StatusCode::NOT_FOUND, |words| words.left_unknown()));
    }
    let noted = shared.0.left.note(cell, now);
    let too_many: Refused = (StatusCode::TOO_MANY_REQUESTS, |words| words.left_too_many());
    noted.map_err(|_| too_many).map(|()| cell)
}

/// Waits until the picture has the note, so that the reader sees it.
async fn shown(shared: &Shared, cell: Cell) {
    let mut pictures = shared.0.pictures.clone();
    let has_note = pictures.wait_for(|picture| {
        let mut sightings = picture.sightings.iter();
        let sighting = sightings.find(|sighting| sighting.cell == cell);
        sighting.is_none_or(|sighting| sighting.reported_gone.is_some())
    });
    let _ = tokio::time::timeout(UNTIL_SHOWN, has_note).await;
}

fn see_other(address: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    match HeaderValue::from_str(address) {
        Ok(address) => headers.insert(header::LOCATION, address),
        Err(_) => return answer::refusal("there is no such address"),
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the browser says nothing against its coming from one of the hub's own pages.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let is_same_site =
        text("sec-fetch-site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    let is_same_origin = text("origin").is_none_or(|origin| {
        let host = origin.split_once("://").map(|(_, host)| host);
        // A proxy may have given the hub another name than the reader's.
        let mut names = [text("host"), text("x-forwarded-host")]
            .into_iter()
            .flatten();
        origin == "null"
            || names.any(|name| host.is_some_and(|host| host.eq_ignore_ascii_case(name)))
    });
    is_same_site && is_same_origin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hubs_own_pages_may_post() {
        let check = |said: &[(&'static str, &str)], expected: bool| {
            let headers: HeaderMap = said
                .iter()
                .map(|(name, value)| {
                    let name = axum::http::HeaderName::from_static(name);
                    (name, value.parse().expect("a value"))
                })
                .collect();
            assert_eq!(is_own(&headers), expected, "{said:?}");
        };
        let host = ("host", "map.example:8080");
        check(&[host], true);
        check(
            &[host, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            true,
        );
        check(&[host, ("origin", "null")], true);
        check(&[host, ("origin", "https://Map.example:8080")], true);
        check(
            &[
                ("host", "127.0.0.1:8080"),
                ("x-forwarded-host", "a.onion"),
                ("origin", "http://a.onion"),
            ],
            true,
        );
        check(
            &[host, ("sec-fetch-site", "cross-site"), ("origin", "null")],
            false,
        );
        check(&[host, ("sec-fetch-site", "same-site")], false);
        check(
            &[
                host,
                ("sec-fetch-site", "same-origin"),
                ("origin", "https://evil.example"),
            ],
            false,
        );
        check(&[host, ("origin", "https://map.example")], false);
        check(&[host, ("origin", "map.example:8080")], false);
        check(&[("origin", "https://map.example")], false);
    }
}
