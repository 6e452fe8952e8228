//! A hub of several cities: each whole in a folder of its own, the first at the top as well.

use std::collections::BTreeMap;

use super::*;
use crate::city::City;
use crate::views::cities::{Cities, Listed};

struct Several {
    server: Server,
    /// Of the folders, in order.
    pictures: Vec<watch::Sender<Arc<Picture>>>,
}

/// Los Angeles with coverage and two sightings, Seattle without either.
fn several() -> Several {
    let home = fixture::picture(2);
    let coverage = [home.coverage.clone(), Arc::default()];
    let names = ["los-angeles", "seattle"];
    let listed = names.iter().zip(coverage).map(|(name, coverage)| Listed {
        city: Arc::new(City::load(name).expect("loads")),
        coverage,
    });
    let all: Arc<Vec<Listed>> = Arc::new(listed.collect());
    let picture = |n: usize, cities: Cities| Picture {
        city: all[n].city.clone(),
        coverage: all[n].coverage.clone(),
        sightings: match n {
            0 => home.sightings.clone(),
            _ => Vec::new(),
        },
        layers: Arc::default(),
        cities,
        ..home.clone()
    };
    let clock = Clock::manual(home.at);
    let (top, seen) = watch::channel(Arc::new(picture(0, Cities::at_top(all.clone()))));
    let (mut pictures, mut folders) = (Vec::new(), Vec::new());
    for (n, name) in names.into_iter().enumerate() {
        let picture = picture(n, Cities::in_folder_of(all.clone(), n));
        let (sender, seen) = watch::channel(Arc::new(picture));
        pictures.push(sender);
        folders.push((name.to_owned(), seen));
    }
    let shared = Shared::with_folders(seen, folders, clock.clone(), Arc::default());
    Several {
        server: Server {
            pictures: top,
            clock,
            shared,
        },
        pictures,
    }
}

/// Where a relative link on a page leads.
fn followed(page: &str, link: &str) -> String {
    let (path, rest) = link.split_at(link.find(['?', '#']).unwrap_or(link.len()));
    let folder = &page[..=page.rfind('/').expect("a path")];
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let name = path.rsplit('/').next().unwrap_or_default();
    for part in path
        .split('/')
        .filter(|part| !part.is_empty() && *part != name)
    {
        match part {
            "." => (),
            ".." => drop(parts.pop().expect("not above the top")),
            part => parts.push(part),
        }
    }
    match name {
        "" | "." => (),
        ".." => drop(parts.pop()),
        name => {
            return format!(
                "/{}{name}{rest}",
                parts.iter().map(|p| format!("{p}/")).collect::<String>()
            );
        }
    }
    let folder: String = parts.iter().map(|part| format!("{part}/")).collect();
    format!("/{folder}{rest}")
}

#[tokio::test]
async fn each_city_is_whole_in_its_folder_and_the_first_at_the_top() {
    let Several { server, .. } = several();
    for (folder, sightings, name) in [
        ("/", 2, "Los Angeles"),
        ("/los-angeles/", 2, "Los Angeles"),
        ("/seattle/", 0, "Seattle"),
    ] {
        for page in ["", "list"] {
            let said = server.text(&format!("{folder}{page}")).await;
            assert_eq!(said.matches("<li id=\"s-").count(), sightings, "{folder}");
            assert!(said.contains(&format!("Police presence in {name}")));
            // Nobody is asked to report in Seattle, and it says so.
            let is_covered = !said.contains("<p id=\"nodata\"><strong>No data: nobody is asked");
            assert_eq!(is_covered, sightings > 0, "{folder}{page}");
        }
        let json = server
            .text(&format!("{folder}api/v1/sightings.geojson"))
            .await;
        assert_eq!(json.matches("\"Feature\"").count(), sightings, "{folder}");
        for address in [
            "about",
            "sweeps",
            "poster",
            "feed.atom",
            "sweeps.ics",
            "manifest.webmanifest",
            "openapi.json",
            "api/v1/layers",
            "api/v1/events",
            "tiles/streets.json",
            "healthz",
        ] {
            let answer = server.get(&format!("{folder}{address}")).await;
            assert_eq!(answer.status(), StatusCode::OK, "{folder}{address}");
            assert!(
                answer
                    .headers()
                    .contains_key(header::CONTENT_SECURITY_POLICY)
            );
        }
    }
}

#[tokio::test]
async fn every_link_of_every_citys_pages_leads_somewhere() {
    let Several { server, .. } = several();
    let mut seen = BTreeMap::new();
    for folder in ["/", "/los-angeles/", "/seattle/"] {
        for page in [
            "",
            "?lang=es",
            "list",
            "about",
            "sweeps",
            "?q=pike+st+seattle",
        ] {
            let page = format!("{folder}{page}");
            let said = server.text(&page).await;
            let links = said.split("href=\"").skip(1);
            for link in links.filter_map(|rest| Some(rest.split_once('"')?.0)) {
                let is_other = link.starts_with(['#']) || link.contains(':');
                if !is_other {
                    let to = followed(page.split('?').next().expect("a path"), link);
                    seen.insert(to.replace("&amp;", "&"), page.clone());
                }
            }
        }
    }
    assert!(seen.contains_key("/seattle/list") && seen.contains_key("/seattle/"));
    assert!(seen.contains_key("/list") && seen.contains_key("/?lang=es"));
    for (address, page) in seen {
        let address = address.split('#').next().expect("a path");
        let status = server.get(address).await.status();
        assert_eq!(status, StatusCode::OK, "{address} on {page}");
    }
}

#[tokio::test]
async fn a_folder_without_its_slash_and_what_is_not_in_it() {
    let Several { server, .. } = several();
    for (address, to) in [
        ("/seattle", "seattle/"),
        ("/seattle?lang=es", "seattle/?lang=es"),
        ("/los-angeles", "los-angeles/"),
    ] {
        let answer = server.get(address).await;
        assert_eq!(answer.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(answer.headers()[header::LOCATION], to);
    }
    for address in ["/boston/", "/boston", "/seattle/none", "/seattle/seattle/"] {
        let answer = server.get(address).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{address}");
    }
    // The way back from there is to the city's own map.
    let lost = server.text("/seattle/no/such/page").await;
    assert!(lost.contains("href=\"../../\""), "{lost}");
    let lost = server.text("/seattle/api/v1/none").await;
    assert!(lost.contains("{\"error\""), "{lost}");
}

#[tokio::test]
async fn a_search_leads_into_the_city_that_has_the_place() {
    let Several { server, .. } = several();
    for (page, link) in [
        ("/?q=ballard+seattle", "seattle/?view="),
        // A street there, a district here.
        ("/?q=ballard", "seattle/?view="),
        ("/los-angeles/?q=ballard,+seattle", "../seattle/?view="),
        ("/seattle/?q=5th+and+san+pedro", "../?view="),
    ] {
        let said = server.text(page).await;
        let (_, found) = said.split_once("id=\"found\"").expect("an answer");
        assert!(found.contains(&format!("<a href=\"{link}")), "{found:.600}");
        assert!(!said.contains("q=ballard") && !said.contains("q=5th"));
        let is_elsewhere = found.contains("That was not found in Seattle");
        assert_eq!(is_elsewhere, page.starts_with("/seattle"), "{found:.600}");
    }
    let there = server.text("/seattle/?at=47.6690,-122.3840").await;
    assert!(there.contains("<strong>Ballard."), "{there:.3000}");
    assert!(there.contains("<g class=\"pin\""));
}

#[tokio::test]
async fn what_changes_in_one_city_changes_there_alone() {
    let Several { server, pictures } = several();
    let tag = async |address: &str| server.get(address).await.headers()[header::ETAG].clone();
    let before = [tag("/").await, tag("/seattle/").await];
    let mut picture = (**pictures[1].borrow()).clone();
    picture.node_online = false;
    pictures[1].send_replace(Arc::new(picture));
    assert_eq!(tag("/").await, before[0]);
    let json = server.text("/seattle/api/v1/sightings.geojson").await;
    assert!(json.contains("\"node_online\":false"));
    assert_eq!(server.shared.all().count(), 3);
}

#[tokio::test]
async fn all_cities_together_keep_what_one_would() {
    let Several { server, .. } = several();
    // One more than may be kept, small to draw.
    for n in 0..25 {
        for folder in ["/los-angeles/", "/seattle/"] {
            let address = format!("{folder}?view=6.{n}.0");
            assert_eq!(server.get(&address).await.status(), StatusCode::OK);
        }
    }
    let kept: usize = server
        .shared
        .all()
        .map(|shared| shared.0.bodies.len())
        .sum();
    assert!(kept < 2 * 24, "{kept}");
    // And a reader who takes all turns in one takes them in all.
    let all = server.shared.0.bodies.take_all_turns();
    let corner = server.get("/seattle/?view=3.12.13").await;
    assert_eq!(corner.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/seattle/").await.status(), StatusCode::OK);
    drop(all);
}

#[tokio::test]
async fn a_hub_of_one_city_has_no_folder_and_no_list() {
    let server = super::server(1);
    for page in ["/", "/list", "/about"] {
        assert!(!server.text(page).await.contains("id=\"cities\""), "{page}");
    }
    let answer = server.get("/los-angeles/").await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    let json = server.text("/api/v1/cities").await;
    assert!(json.contains("\"here\":\"los-angeles\""), "{json}");
}
