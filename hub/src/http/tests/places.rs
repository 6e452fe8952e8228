//! Looking for a place, and saying that they left.

use super::*;

/// A server whose city has places.
fn server_with_places(sightings: usize) -> Server {
    let server = server(sightings);
    let mut picture = fixture::picture(sightings);
    let mut city = fixture::city();
    city.gazetteer = Some(spotlight_common::gazetteer::Gazetteer::los_angeles());
    picture.city = Arc::new(city);
    server.pictures.send_replace(Arc::new(picture));
    server
}

#[tokio::test]
async fn a_place_is_found_shown_and_forgotten() {
    let server = server_with_places(1);
    let first = server.text("/").await;
    assert!(first.contains("<form id=\"find\""));
    let kept = server.shared.0.bodies.len();
    for n in 0..100 {
        let found = server.get(&format!("/?q=5th+and+san+pedro&x={n}")).await;
        assert_eq!(found.headers()[header::CACHE_CONTROL], "no-store");
        let found = text(found).await;
        assert!(found.contains("5th St &amp; San Pedro St.</strong>"));
        assert!(found.contains("<g class=\"pin\""));
        // Its links carry the point and not the words.
        assert!(found.contains("at=34.0"));
        assert!(!found.contains("q=5th"));
    }
    let at = server
        .text("/?at=34.0442,-118.2439&view=city&lang=es")
        .await;
    assert!(at.contains("<g class=\"pin\"") && at.contains("El marcador"));
    assert_eq!(server.shared.0.bodies.len(), kept);
    // A pin is no sighting.
    assert_eq!(at.matches("<li id=\"s-").count(), 1);
}

#[tokio::test]
async fn what_is_not_found_leaves_the_map_as_it_was() {
    let server = server_with_places(1);
    let part = |page: String, id: &str| {
        let (_, part) = page.split_once(id).expect("a map");
        part.split_once("</svg>").expect("its end").0.to_owned()
    };
    let first = part(server.text("/").await, " id=\"map\"");
    let long = "x".repeat(5_000);
    for text in [
        "qwertyuiop",
        "san+pedro",
        "%FF%FE%00",
        "0,0",
        "%3Cscript%3E",
        &long,
    ] {
        let page = server.text(&format!("/?q={text}")).await;
        assert!(page.contains("id=\"found\""), "{text}");
        assert_eq!(part(page, " id=\"map\""), first, "{text}");
    }
    let which = server.text("/?q=figueroa+%26+50").await;
    let (_, link) = which.split_once("<li><a href=\".").expect("a link");
    let address = link
        .split_once('"')
        .expect("its end")
        .0
        .replace("&amp;", "&");
    assert!(server.text(&address).await.contains("<g class=\"pin\""));
    for blank in ["/?q=", "/?q=+%09", "/?at=0,0", "/?at=NaN,NaN", "/?at=1"] {
        assert!(
            !server.text(blank).await.contains("id=\"found\""),
            "{blank}"
        );
    }
}

impl Server {
    async fn post(&self, body: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::post("/api/v1/gone").header("host", "map.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned()));
        let answer = router(self.shared.clone()).oneshot(request.expect("a request"));
        answer.await.expect("an answer")
    }
}

#[tokio::test]
async fn a_reader_says_that_they_left_and_is_sent_back() {
    let server = server(1);
    let picture = server.shared.picture();
    let cell = picture.sightings[0].cell;
    let button = format!("form=\"left\" name=\"cell\" value=\"{cell}\"");
    for page in ["/", "/list"] {
        let page = server.text(page).await;
        assert!(page.contains(&button), "{page}");
        assert!(page.contains("<form id=\"left\" method=\"post\" action=\"api/v1/gone\">"));
    }
    for (more, address) in [
        ("", "../../"),
        ("&page=list&lang=es", "../../list?lang=es"),
        (
            "&view=area.0&period=none&x=//evil",
            "../../?view=area.0&period=none",
        ),
    ] {
        let answer = server
            .post(&format!("cell={cell}{more}"), &[("origin", "null")])
            .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        assert_eq!(
            answer.headers()[header::LOCATION],
            format!("{address}#s-{cell}")
        );
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
    }
    let noted = server
        .shared
        .0
        .left
        .noted(cell, picture.sightings[0].last_seen);
    assert_eq!(noted, Some(picture.at));
}

#[tokio::test]
async fn what_is_no_note_is_refused_plainly_and_a_flood_changes_nothing() {
    let server = server(40);
    let picture = server.shared.picture();
    let cells: Vec<_> = picture.sightings.iter().map(|s| s.cell).collect();
    let last_seen = picture.sightings[0].last_seen;
    let elsewhere = [("sec-fetch-site", "cross-site")];
    let foreign = [("origin", "https://evil.example")];
    let cell = format!("cell={}", cells[0]);
    let long = format!("{cell}&x={}", "x".repeat(2_000));
    for (body, headers, status) in [
        (&*cell, &elsewhere[..], StatusCode::FORBIDDEN),
        (&*cell, &foreign[..], StatusCode::FORBIDDEN),
        ("cell=8729a1d75ffffff&lang=es", &[], StatusCode::NOT_FOUND),
        ("cell=../..", &[], StatusCode::BAD_REQUEST),
        ("%FF%00&&=", &[], StatusCode::BAD_REQUEST),
        (&*long, &[], StatusCode::BAD_REQUEST),
    ] {
        let answer = server.post(body, headers).await;
        assert_eq!(answer.status(), status, "{body}");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
        let said = text(answer).await;
        assert!(said.contains("href=\"../../"), "{said}");
        assert_eq!(said.contains("Ese aviso"), body.contains("lang=es"));
        assert_eq!(server.shared.0.left.noted(cells[0], last_seen), None);
    }
    let mut noted = 0;
    let mut picture = (*picture).clone();
    for sighting in &mut picture.sightings {
        sighting.reported_gone = Some(picture.at);
    }
    server.pictures.send_replace(Arc::new(picture));
    for cell in &cells {
        let answer = server.post(&format!("cell={cell}"), &[]).await;
        match answer.status() {
            StatusCode::SEE_OTHER => noted += 1,
            status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
        }
    }
    assert!((10..=20).contains(&noted), "{noted}");
    let answer = server.get("/api/v1/gone").await;
    assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED);
    // What has faded takes no note.
    server.clock.set(fixture::at("2026-07-01T23:30:00Z"));
    assert_eq!(
        server.post(&cell, &[]).await.status(),
        StatusCode::NOT_FOUND
    );
}
