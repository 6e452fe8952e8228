use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use spotlight_common::clock::Clock;
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::*;
use crate::views::fixture;

mod places;
mod several;
mod sweeps;
mod tiles;

pub struct Server {
    pub pictures: watch::Sender<Arc<Picture>>,
    pub clock: Clock,
    pub shared: Shared,
}

pub fn server(sightings: usize) -> Server {
    let picture = Picture {
        context: fixture::context(),
        ..fixture::picture(sightings)
    };
    let clock = Clock::manual(picture.at);
    let (pictures, newest) = watch::channel(Arc::new(picture));
    let shared = Shared::new(newest, clock.clone());
    Server {
        pictures,
        clock,
        shared,
    }
}

impl Server {
    async fn ask(&self, method: &str, address: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        // As a connection does.
        let request = request.extension(events::Seat::default());
        let request = request.body(Body::empty()).expect("a request");
        let answer = router(self.shared.clone()).oneshot(request).await;
        answer.expect("an answer")
    }

    pub async fn get(&self, address: &str) -> Response {
        self.ask("GET", address, &[]).await
    }

    async fn text(&self, address: &str) -> String {
        text(self.get(address).await).await
    }
}

pub async fn bytes(response: Response) -> Vec<u8> {
    let bytes = to_bytes(response.into_body(), 1 << 22).await;
    bytes.expect("a body").to_vec()
}

async fn text(response: Response) -> String {
    String::from_utf8(bytes(response).await).expect("text")
}

const PAGES: [&str; 18] = [
    "/?transit=off&cameras=on",
    "/api/v1/layers/transit.geojson",
    "/api/v1/layers/cameras.geojson",
    "/",
    "/?view=city",
    "/?view=area.0&lang=es",
    "/?view=3.12.12&lang=es&period=2020-08",
    "/list",
    "/list?lang=es",
    "/?view=now&at=34.0442,-118.2439",
    "/about",
    "/about?lang=es",
    "/api/v1/sightings.geojson",
    "/api/v1/layers",
    "/api/v1/layers/encampments.geojson?period=2020-08",
    "/api/v1/layers/encampments.csv?period=2020-08",
    "/api/v1/sightings.csv",
    "/openapi.json",
];

#[tokio::test]
async fn every_view_has_a_tag_and_is_sent_once() {
    let server = server(3);
    for address in PAGES {
        for form in ["br", "gzip", "identity"] {
            let accept = ("accept-encoding", form);
            let first = server.ask("GET", address, &[accept]).await;
            assert_eq!(first.status(), StatusCode::OK, "{address}");
            let is_page = address.starts_with("/?") || address.starts_with("/list");
            let vary = match is_page || address == "/" || address.starts_with("/about") {
                false => "Accept-Encoding",
                true => "Accept-Encoding, Accept-Language",
            };
            assert_eq!(first.headers()[header::VARY], vary, "{address}");
            let keeping = match is_page || address == "/" {
                false => "no-cache",
                true => "no-store",
            };
            assert_eq!(first.headers()[header::CACHE_CONTROL], keeping, "{address}");
            let coding = first.headers().get(header::CONTENT_ENCODING);
            assert_eq!(
                coding.map_or("identity", |v| v.to_str().expect("text")),
                form
            );
            let tag = first.headers()[header::ETAG]
                .to_str()
                .expect("text")
                .to_owned();
            assert!(tag.starts_with('"'));
            let head = server.ask("HEAD", address, &[accept]).await;
            assert_eq!(head.headers()[header::ETAG], tag.as_str());
            assert!(bytes(head).await.is_empty());
            let known = [accept, ("if-none-match", tag.as_str())];
            let again = server.ask("GET", address, &known).await;
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{address}");
            assert!(bytes(again).await.is_empty());
        }
    }
}

#[tokio::test]
async fn compressed_and_plain_say_the_same() {
    let server = server(3);
    for address in PAGES {
        let plain = bytes(server.get(address).await).await;
        let brotli = server
            .ask("GET", address, &[("accept-encoding", "br")])
            .await;
        let mut text = Vec::new();
        brotli::BrotliDecompress(&mut &*bytes(brotli).await, &mut text).expect("brotli");
        assert_eq!(text, plain);
        let gzip = server
            .ask("GET", address, &[("accept-encoding", "gzip")])
            .await;
        let gzip = bytes(gzip).await;
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&*gzip), &mut text)
            .expect("gzip");
        assert_eq!(text, plain);
    }
}

#[tokio::test]
async fn nobody_is_sent_what_has_faded_even_if_no_picture_comes() {
    let server = server(2);
    let shown = |text: String| text.matches("near 5TH").count();
    let address = "/api/v1/sightings.geojson";
    assert_eq!(shown(server.text(address).await), 2);
    server.clock.set(fixture::at("2026-07-01T22:56:59Z"));
    assert_eq!(shown(server.text(address).await), 2);
    server.clock.set(fixture::at("2026-07-01T22:57:00Z"));
    assert_eq!(shown(server.text(address).await), 1);
    assert_eq!(server.text("/list").await.matches("<li id=\"s-").count(), 1);
    server.clock.set(fixture::at("2026-07-01T22:58:00Z"));
    assert_eq!(server.text("/").await.matches("<li id=\"s-").count(), 0);
    // And a clock set back shows what is still to fade, not what was kept.
    server.clock.set(fixture::at("2026-07-01T22:00:00Z"));
    assert_eq!(shown(server.text(address).await), 2);
}

#[tokio::test]
async fn a_page_says_ages_by_the_minute() {
    let server = server(1);
    assert!(server.text("/list").await.contains(">2 min ago<"));
    server.clock.set(fixture::at("2026-07-01T22:01:00Z"));
    assert!(server.text("/list").await.contains(">3 min ago<"));
}

#[tokio::test]
async fn a_new_picture_is_shown_at_once() {
    let server = server(0);
    let before = server.get("/").await.headers()[header::ETAG].clone();
    server.pictures.send_replace(Arc::new(fixture::picture(2)));
    let after = server.get("/").await;
    assert_ne!(before, after.headers()[header::ETAG]);
    assert!(text(after).await.contains("Police reported at 2 places"));
}

#[tokio::test]
async fn without_a_node_every_view_says_no_data() {
    let server = server(0);
    let mut picture = fixture::picture(0);
    picture.node_online = false;
    server.pictures.send_replace(Arc::new(picture));
    for address in ["/", "/list"] {
        let page = server.text(address).await;
        assert!(
            page.contains("<p id=\"nodata\"><strong>No data"),
            "{address}"
        );
    }
    let json = server.text("/api/v1/sightings.geojson").await;
    assert!(json.contains("\"node_online\":false") && json.contains("no data"));
}

#[tokio::test]
async fn what_is_not_there_has_a_reason() {
    let server = server(0);
    for address in [
        "/api/v1/layers/camps.geojson",
        "/api/v1/layers/encampments.geojson?period=1999-01",
        "/api/v1/layers/encampments",
        "/api/v2",
    ] {
        let answer = server.get(address).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{address}");
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/json");
        assert!(text(answer).await.contains("{\"error\":\"th"), "{address}");
    }
    let answer = server.get("/no/such/page").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert!(text(answer).await.contains("href=\"../../\""));
    let healthy = server.get("/healthz").await;
    assert_eq!(text(healthy).await, "ok\n");
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_the_first_page() {
    let server = server(1);
    let first = server.text("/").await;
    for address in [
        "/?view=9.9.9",
        "/?view=x",
        "/?lang=xx",
        "/?period=1999-01",
        "/?view=1&view=2",
        "/?view=area.1",
        "/?view=area.-1",
        "/?view=area.",
        "/?%FF=%FF&&=&lang",
    ] {
        assert_eq!(server.text(address).await, first, "{address}");
    }
}

#[tokio::test]
async fn a_page_is_in_the_readers_own_language_unless_they_chose_another() {
    let server = server(1);
    let ask = async |address: &str, accepted: &str| {
        let headers = [("accept-language", accepted)];
        text(server.ask("GET", address, &headers).await).await
    };
    for page in ["/", "/list", "/about"] {
        let spanish = server.text(&format!("{page}?lang=es")).await;
        assert!(spanish.contains("<html lang=\"es\" dir=\"ltr\">"));
        assert_eq!(ask(page, "es-MX,es;q=0.9,en;q=0.8").await, spanish);
        let english = server.text(page).await;
        for other in ["en-US,en;q=0.9,es;q=0.8", "fr", "", "\t,;q"] {
            assert_eq!(ask(page, other).await, english, "{other}");
        }
        // Who chose English keeps it from page to page.
        let chosen = ask(&format!("{page}?lang=en"), "es").await;
        assert!(chosen.contains("<html lang=\"en\"") && chosen.contains("about?lang=en"));
        assert!(spanish.contains("?lang=en\" lang=\"en\""));
    }
    let feed = server.text("/feed.atom").await;
    assert_eq!(ask("/feed.atom", "es").await, feed);
}

#[tokio::test]
async fn of_what_an_address_says_the_sensible_part_counts() {
    let server = server(1);
    let spanish = server.text("/?lang=es").await;
    let asked = server.text("/?lang=es&lang=en&view=1&view=2&more=x").await;
    assert_eq!(asked, spanish);
    let area = server.text("/?view=area.0").await;
    assert!(area.contains("href=\"./?view=area.0\" aria-current=\"true\">Downtown</a>"));
}

#[tokio::test]
async fn a_head_says_what_a_get_would_and_sends_nothing() {
    let server = server(1);
    for address in PAGES.into_iter().chain(["/healthz"]) {
        let get = server.get(address).await;
        let head = server.ask("HEAD", address, &[]).await;
        assert_eq!(head.status(), StatusCode::OK, "{address}");
        let told = |answer: &Response| {
            [header::ETAG, header::CONTENT_TYPE, header::CACHE_CONTROL]
                .map(|name| answer.headers().get(name).cloned())
        };
        assert_eq!(told(&head), told(&get), "{address}");
        let length = bytes(get).await.len().to_string();
        assert_eq!(head.headers()[header::CONTENT_LENGTH], *length, "{address}");
        assert!(bytes(head).await.is_empty());
    }
}

#[tokio::test]
async fn the_script_is_kept_by_its_name_and_tag() {
    let server = server(1);
    // Without Node there is no script to serve.
    let Some(address) = assets::script() else {
        return;
    };
    let address = format!("/{address}");
    for form in ["br", "gzip", "identity"] {
        let accept = ("accept-encoding", form);
        let first = server.ask("GET", &address, &[accept]).await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG]
            .to_str()
            .expect("text")
            .to_owned();
        let again = [accept, ("if-none-match", tag.as_str())];
        let again = server.ask("GET", &address, &again).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(bytes(again).await.is_empty());
    }
}

#[tokio::test]
async fn without_coverage_silence_is_no_data() {
    let server = server(0);
    let mut picture = fixture::picture(0);
    picture.coverage = Arc::new(Vec::new());
    server.pictures.send_replace(Arc::new(picture));
    for address in ["/", "/list"] {
        let page = server.text(address).await;
        assert!(
            page.contains("<p id=\"nodata\"><strong>No data"),
            "{address}"
        );
        let count = "<p id=\"count-line\" role=\"status\" hidden>";
        assert!(page.contains(count), "{address}");
    }
}

#[tokio::test]
async fn no_page_takes_silence_for_safety() {
    for sightings in [0, 3] {
        let server = server(sightings);
        for address in PAGES {
            let said = server.text(address).await.to_lowercase();
            for words in [
                "no police",
                "are safe",
                "is safe",
                "all clear",
                "no hay polic",
            ] {
                assert!(!said.contains(words), "{address}: {words}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_without_scripts_says_when_it_was_made_and_how_to_make_it_anew() {
    let server = server(1);
    for (address, again) in [
        ("/", "./"),
        ("/list", "list"),
        ("/list?lang=es", "list?lang=es"),
        ("/?view=area.0", "./?view=area.0"),
    ] {
        let page = server.text(address).await;
        assert!(page.contains("15:00</span>"), "{address}");
        let link = format!("<a class=\"again\" href=\"{again}\">");
        assert!(page.contains(&link), "{address}");
        assert!(!page.contains("http-equiv"));
    }
}

#[tokio::test]
async fn every_answer_carries_what_protects_its_reader() {
    let server = server(1);
    for address in PAGES
        .into_iter()
        .chain(["/healthz", "/none", "/api/v1/events"])
    {
        let answer = server.get(address).await;
        let headers = answer.headers();
        let policy = headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text");
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self' 'sha256-")
        );
        assert!(policy.contains("worker-src 'self';"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(headers[header::REFERRER_POLICY], "no-referrer");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert!(headers.contains_key("permissions-policy"));
        assert!(!headers.contains_key(header::SET_COOKIE));
    }
}

#[tokio::test]
async fn who_asks_for_every_corner_of_the_map_keeps_nobody_from_the_first_page() {
    let server = server(1);
    let bodies = &server.shared.0.bodies;
    let all = bodies.take_all_turns();
    let corner = server.get("/?view=3.12.12").await;
    assert_eq!(corner.status(), StatusCode::SERVICE_UNAVAILABLE);
    for address in ["/", "/list?lang=es", "/api/v1/sightings.geojson"] {
        let first = server.get(address).await;
        assert_eq!(first.status(), StatusCode::OK, "{address}");
    }
    drop(all);
    let corner = server.get("/?view=3.12.12").await;
    assert_eq!(corner.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_the_page_that_is_made_for_frames_may_be_framed() {
    let server = server(1);
    let check = async |address: &str, ancestors: &str| {
        let answer = server.get(address).await;
        assert_eq!(answer.status(), StatusCode::OK, "{address}");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("text")
            .to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
        let end = format!("frame-ancestors {ancestors}");
        assert!(policy.ends_with(&end), "{address}: {policy}");
    };
    for address in ["/", "/list", "/?embed=0", "/?embed=1&kept=1", "/poster"] {
        check(address, "'none'").await;
    }
    check("/?embed=1", "*").await;
    check("/?lang=es&view=area.0&embed=1", "*").await;
}

#[tokio::test]
async fn what_may_be_kept_or_printed_holds_no_sighting() {
    let server = server(4);
    let cells = fixture::picture(4).sightings;
    for address in [
        "/?kept=1",
        "/?kept=1&lang=es&view=area.0",
        "/?kept=1&embed=1",
        "/poster",
        "/poster?lang=es",
        "/manifest.webmanifest",
    ] {
        let text = server.text(address).await;
        for sighting in &cells {
            assert!(!text.contains(&sighting.cell.to_string()), "{address}");
        }
        assert!(!text.contains("data-fades"), "{address}");
    }
}

#[tokio::test]
async fn a_phone_finds_what_it_needs_to_install_the_map() {
    let server = server(0);
    for (address, kind) in [
        ("/manifest.webmanifest?lang=es", "application/manifest+json"),
        ("/icon.svg", "image/svg+xml"),
        ("/icon-192.png", "image/png"),
        ("/icon-512.png", "image/png"),
    ] {
        let first = server.get(address).await;
        assert_eq!(first.headers()[header::CONTENT_TYPE], kind);
        let tag = first.headers()[header::ETAG].to_str().expect("text");
        let again = server.ask("GET", address, &[("if-none-match", tag)]).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{address}");
    }
    // Without Node there is no worker to serve; with it, browsers ask for its next version each time.
    if assets::worker().is_some() {
        let worker = server.get("/sw.js").await;
        assert_eq!(worker.headers()[header::CACHE_CONTROL], "no-cache");
        let kind = &worker.headers()[header::CONTENT_TYPE];
        assert_eq!(kind, "text/javascript; charset=utf-8");
    }
}

#[tokio::test]
async fn tables_obey_fading() {
    let server = server(2);
    let rows = |text: String| text.lines().count() - 1;
    assert_eq!(rows(server.text("/api/v1/sightings.csv").await), 2);
    server.clock.set(fixture::at("2026-07-01T22:57:00Z"));
    assert_eq!(rows(server.text("/api/v1/sightings.csv").await), 1);
    server.clock.set(fixture::at("2026-07-01T22:58:00Z"));
    assert_eq!(rows(server.text("/api/v1/sightings.csv").await), 0);
}
