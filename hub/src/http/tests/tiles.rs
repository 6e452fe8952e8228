//! Tiles, our own and a basemap's.

use super::*;

#[tokio::test]
async fn a_tile_is_kept_for_good_under_its_version_and_asked_again_under_none() {
    let server = server(2);
    for (id, period) in [("streets", ""), ("encampments", "&period=2020-09")] {
        let described = server.text(&format!("/tiles/{id}.json")).await;
        let described: serde_json::Value = serde_json::from_str(&described).expect("json");
        let template = described["tiles"][0].as_str().expect("text");
        let square = template
            .replace("{z}", "12")
            .replace("{x}", "702")
            .replace("{y}", "1635");
        let response = server.get(&format!("/tiles/{square}")).await;
        assert_eq!(response.status(), StatusCode::OK, "{square}");
        let headers = response.headers();
        assert_eq!(
            headers[header::CONTENT_TYPE],
            "application/vnd.mapbox-vector-tile"
        );
        assert_eq!(headers[header::CACHE_CONTROL], forms::FOR_GOOD);
        let tag = headers[header::ETAG].to_str().expect("text").to_owned();
        assert!(!bytes(response).await.is_empty());
        let unversioned = format!("/tiles/{id}/12/702/1635.mvt?v=0{period}");
        let again = server
            .ask("GET", &unversioned, &[("if-none-match", &tag)])
            .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(again.headers()[header::CACHE_CONTROL], "no-cache");
    }
}

/// A server with a basemap, of another city than its own.
async fn server_with_a_basemap() -> Server {
    let server = server(1);
    let file = "../../shared/data/pmtiles_firenze_protomaps_vector_odbl.pmtiles";
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let mut picture = fixture::picture(1);
    let basemap = crate::basemap::Basemap::open(&file).await.expect("opened");
    picture.basemap = Some(Arc::new(basemap));
    server.pictures.send_replace(Arc::new(picture));
    server
}

#[tokio::test]
async fn a_basemap_is_served_as_it_is_kept() {
    let server = server_with_a_basemap().await;
    let told = server.text("/tiles/basemap.json").await;
    let told: serde_json::Value = serde_json::from_str(&told).expect("json");
    assert_eq!(told["maxzoom"], 14);
    assert!(
        told["attribution"]
            .as_str()
            .is_some_and(|by| by.contains("OpenStreetMap") && !by.contains('<'))
    );
    let template = told["tiles"][0].as_str().expect("text");
    let square = |z: &str, x: &str, y: &str| {
        let square = template
            .replace("{z}", z)
            .replace("{x}", x)
            .replace("{y}", y);
        format!("/tiles/{square}")
    };
    let florence = square("14", "8704", "5972");
    let packed = server
        .ask("GET", &florence, &[("accept-encoding", "gzip, br")])
        .await;
    assert_eq!(packed.headers()[header::CONTENT_ENCODING], "gzip");
    assert_eq!(packed.headers()[header::CACHE_CONTROL], forms::FOR_GOOD);
    let tag = packed.headers()[header::ETAG]
        .to_str()
        .expect("text")
        .to_owned();
    let packed = bytes(packed).await;
    let plain = server.ask("GET", &florence, &[]).await;
    assert!(!plain.headers().contains_key(header::CONTENT_ENCODING));
    let plain = bytes(plain).await;
    let mut unpacked = Vec::new();
    std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(&packed[..]),
        &mut unpacked,
    )
    .expect("gzip");
    assert!(plain.len() > packed.len() && unpacked == plain);
    let known = [("accept-encoding", "gzip"), ("if-none-match", &*tag)];
    let again = server.ask("GET", &florence, &known).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    let elsewhere = server.get(&square("14", "0", "0")).await;
    assert_eq!(elsewhere.status(), StatusCode::NO_CONTENT);
    for (z, x, y) in [
        ("14", "-1", "0"),
        ("x", "0", "0"),
        ("300", "0", "0"),
        ("14", "0", "99999999999"),
    ] {
        assert_eq!(
            server.get(&square(z, x, y)).await.status(),
            StatusCode::NOT_FOUND
        );
    }
    assert!(server.text("/").await.contains("\"basemap\":{"));
    assert!(server.text("/about").await.contains("OpenStreetMap"));
}

#[tokio::test]
async fn tiles_that_there_cannot_be_are_refused_and_empty_ones_are_empty() {
    let server = server(0);
    let status = async |address: &str| server.get(address).await.status();
    for address in [
        "/tiles/camps.json",
        "/tiles/streets",
        "/tiles/encampments.json?period=1999-01",
        "/tiles/camps/12/702/1635.mvt",
        "/tiles/encampments/12/702/1635.mvt?period=1999-01",
        "/tiles/streets/12/702/1635.png",
        "/tiles/streets/12/702/1635",
        "/tiles/streets/31/702/1635.mvt",
        "/tiles/streets/-1/702/1635.mvt",
        "/tiles/streets/12/4096/1635.mvt",
        "/tiles/streets/12/702/99999999999999999999.mvt",
        "/tiles/streets/12/%00/1635.mvt",
        "/tiles/streets/12/../1635.mvt",
    ] {
        assert_eq!(status(address).await, StatusCode::NOT_FOUND, "{address}");
    }
    // Another city's, and one without an area.
    assert_eq!(
        status("/tiles/streets/12/0/0.mvt").await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        status("/tiles/encampments/14/2810/6560.mvt").await,
        StatusCode::NO_CONTENT
    );
}
