use super::*;

/// A server of a hub that knows of three sweeps.
fn announcing() -> Server {
    let server = server(1);
    let mut picture = fixture::picture(1);
    picture.notices = fixture::notices();
    server.pictures.send_replace(Arc::new(picture));
    server
}

const ALL: [&str; 11] = [
    "/",
    "/?lang=es",
    "/?kept=1",
    "/?at=34.0442,-118.2439",
    "/list",
    "/list?lang=es",
    "/sweeps",
    "/sweeps.ics",
    "/sweeps/skid-row.ics",
    "/feed.atom",
    "/api/v1/sweeps.geojson",
];

#[tokio::test]
async fn an_announced_sweep_is_on_every_path_until_the_second_it_is_over() {
    let server = announcing();
    let place = "San Julian Park";
    for address in ALL {
        server.clock.set(fixture::at("2026-07-02T19:29:59Z"));
        assert!(server.text(address).await.contains(place), "{address}");
        // No picture comes.
        server.clock.set(fixture::at("2026-07-02T19:30:00Z"));
        assert!(!server.text(address).await.contains(place), "{address}");
    }
    // One without hours at the end of its day by the city's clock.
    for address in ALL.into_iter().filter(|address| !address.contains("skid")) {
        server.clock.set(fixture::at("2026-07-04T06:59:59Z"));
        assert!(server.text(address).await.contains("Rose Ave"), "{address}");
        server.clock.set(fixture::at("2026-07-04T07:00:00Z"));
        assert!(
            !server.text(address).await.contains("Rose Ave"),
            "{address}"
        );
    }
}

#[tokio::test]
async fn where_none_is_announced_the_pages_say_no_word_of_it() {
    let server = server(1);
    for address in ["/", "/list", "/about", "/?lang=es"] {
        let page = server.text(address).await;
        let (_, page) = page.split_once("</style>").expect("a page");
        for part in [
            "announced",
            "anunciad",
            "href=\"sweeps",
            "id=\"sweeps",
            "id=\"announced",
        ] {
            assert!(!page.contains(part), "{address}: {part}");
        }
    }
    // Who asks by name is told that this is no promise, and a calendar stays one to those who subscribed.
    let page = server.text("/sweeps").await;
    assert!(page.contains("No announced sweep is known here. Sweeps also come without a notice."));
    let calendar = server.text("/sweeps/skid-row.ics").await;
    assert!(calendar.starts_with("BEGIN:VCALENDAR\r\n") && !calendar.contains("VEVENT"));
    assert_eq!(
        server.get("/sweeps/atlantis.ics").await.status(),
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        server.get("/sweeps/skid-row").await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_page_says_the_day_the_hours_the_place_and_what_to_do_in_the_readers_language() {
    let server = announcing();
    for address in ["/", "/list", "/sweeps"] {
        let english = server.text(address).await;
        for part in [
            "<time datetime=\"2026-07-02T14:00:00Z\">Tomorrow, Thursday, July 2, <span>07:00–12:30</span></time>",
            "<b>San Julian Park; north, &quot;A&quot;</b>, Skid Row",
            "Removal: people are told to leave.",
            "Posted by Bureau of Sanitation.",
            "<time datetime=\"2026-07-03\">Friday, July 3, <span>no hours were posted</span></time>",
            "Tuesday, November 3, <span>from 06:00, no end was posted",
            "pack papers, medicine",
            "Dates change",
            "href=\"sweeps.ics\"",
        ] {
            assert!(english.contains(part), "{address}: {part}");
        }
        let address = format!("{address}?lang=es");
        let spanish = server.text(&address).await;
        for part in [
            "Mañana, jueves 2 de julio, <span>07:00–12:30",
            "Desalojo: le piden a la gente que se vaya.",
            "href=\"sweeps.ics?lang=es\"",
        ] {
            assert!(spanish.contains(part), "{address}: {part}");
        }
    }
    assert!(
        server
            .text("/sweeps")
            .await
            .contains("href=\"sweeps/skid-row.ics\"")
    );
    // At midnight tomorrow is today.
    server.clock.set(fixture::at("2026-07-02T07:00:00Z"));
    assert!(
        server
            .text("/list")
            .await
            .contains("Today, Thursday, July 2")
    );
    // What a browser keeps says no word that is wrong another day.
    let kept = server.text("/?kept=1").await;
    assert!(kept.contains(">Thursday, July 2, <span>07:00") && !kept.contains("Tomorrow"));
}

#[tokio::test]
async fn no_path_tells_a_point_or_the_tables_own_id() {
    let server = announcing();
    for address in ALL {
        let text = server.text(address).await;
        for point in ["34.0435", "-118.2469"] {
            assert!(!text.contains(point), "{address}: {point}");
        }
    }
    let data: serde_json::Value =
        serde_json::from_str(&server.text("/api/v1/sweeps.geojson").await).expect("JSON");
    let first = &data["features"][0];
    let cell = spotlight_common::cell::Cell::at(34.0435, -118.2469, 8).expect("a cell");
    assert_eq!(first["properties"]["cell"], cell.to_string());
    assert_eq!(
        first["geometry"]["coordinates"][0].as_array().map(Vec::len),
        Some(7)
    );
    assert_eq!(data["features"][1]["geometry"], serde_json::Value::Null);
    assert_eq!(first["properties"]["ends_at"], "2026-07-02T19:30:00Z");
}

#[tokio::test]
async fn the_forms_have_tags_and_the_feed_an_entry_each() {
    let server = announcing();
    for (address, kind) in [
        ("/sweeps.ics?lang=es", "text/calendar; charset=utf-8"),
        ("/sweeps/skid-row.ics", "text/calendar; charset=utf-8"),
        ("/api/v1/sweeps.geojson", "application/geo+json"),
    ] {
        let first = server
            .ask("GET", address, &[("accept-encoding", "br")])
            .await;
        assert_eq!(first.headers()[header::CONTENT_TYPE], kind);
        assert_eq!(first.headers()[header::CONTENT_ENCODING], "br");
        let tag = first.headers()[header::ETAG]
            .to_str()
            .expect("text")
            .to_owned();
        // A minute later nothing has changed.
        server.clock.set(fixture::at("2026-07-01T22:01:30Z"));
        let known = [("accept-encoding", "br"), ("if-none-match", tag.as_str())];
        let again = server.ask("GET", address, &known).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{address}");
    }
    let feed = server.text("/feed.atom").await;
    assert_eq!(
        feed.matches("<title>Removal announced: Thursday, July 2, 07:00–12:30: San Julian Park")
            .count(),
        1
    );
    assert!(
        feed.contains("href=\"sweeps/skid-row.ics\"")
            && feed.contains("<updated>2026-06-30T09:00:00Z</updated>")
    );
}
