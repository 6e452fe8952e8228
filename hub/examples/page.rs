//! Serves the page on made-up sightings, to look at while it is worked on:
//! `cargo run --example page -- [sightings] [port] [streets.txt] [outline.txt]`
//!
//! A street a line, `NAME;metres;lat,lon lat,lon ...`; a ring of the city's outline a line. Every half minute one more
//! sighting comes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use geo::{LineString, MultiPolygon, Polygon};
use jiff::{SignedDuration, Timestamp};
use spotlight_common::cell::Cell;
use spotlight_common::clock::Clock;
use spotlight_common::now::Level;
use spotlight_hub::city::City;
use spotlight_hub::city::basemap::{Basemap, Street};
use spotlight_hub::http::{Shared, serve};
use spotlight_hub::views::layers::{Area, Layer, Period};
use spotlight_hub::views::{Coverage, Picture, Sighting};
use tokio::sync::watch;

const PLACES: [(f64, f64, &str); 12] = [
    (34.0442, -118.2439, "near 5TH ST & SAN PEDRO ST"),
    (34.0398, -118.2402, "near 7TH ST & CENTRAL AVE"),
    (34.0575, -118.2769, "near WILSHIRE BLVD & ALVARADO ST"),
    (34.0522, -118.2437, "near TEMPLE ST & MAIN ST"),
    (34.0345, -118.2600, "near FIGUEROA ST & PICO BLVD"),
    (34.0610, -118.2370, "near ALAMEDA ST & CESAR CHAVEZ AVE"),
    (34.0480, -118.2520, "near 5TH ST & HILL ST"),
    (34.0290, -118.2450, "near 14TH ST & SAN PEDRO ST"),
    (34.0640, -118.2810, "near 3RD ST & RAMPART BLVD"),
    (34.0466, -118.2330, "near 4TH ST & ALAMEDA ST"),
    (34.0520, -118.2660, "near 6TH ST & LUCAS AVE"),
    (34.0415, -118.2520, "near 8TH ST & BROADWAY"),
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |n: usize| arguments.get(n).map(String::as_str);
    let count = argument(0).unwrap_or("3").parse()?;
    let port: u16 = argument(1).unwrap_or("8080").parse()?;
    let basemap = basemap(argument(2), argument(3))?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run(count, port, basemap))
}

async fn run(mut count: usize, port: u16, basemap: Basemap) -> anyhow::Result<()> {
    let online = std::env::var_os("OFFLINE").is_none();
    let city = Arc::new(City {
        id: "los-angeles".to_owned(),
        name: "Los Angeles".to_owned(),
        time_zone: jiff::tz::TimeZone::get("America/Los_Angeles")?,
        bounds: (33.70, -118.67, 34.34, -118.15),
        basemap,
    });
    let layers = Arc::new(vec![layer()]);
    let picture = |count: usize| Picture {
        at: Timestamp::now(),
        city: city.clone(),
        sightings: sightings(count),
        layers: layers.clone(),
        coverage: Arc::new(vec![
            ring(
                "Downtown",
                &[
                    (34.066, -118.250),
                    (34.064, -118.232),
                    (34.046, -118.226),
                    (34.026, -118.238),
                    (34.030, -118.268),
                    (34.048, -118.270),
                ],
            ),
            ring(
                "Westlake",
                &[
                    (34.070, -118.290),
                    (34.072, -118.262),
                    (34.048, -118.270),
                    (34.046, -118.290),
                ],
            ),
        ]),
        node_online: online,
        phone: Some("+1 213 555 0100".to_owned()),
    };
    let (pictures, newest) = watch::channel(Arc::new(picture(count)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("http://{}", listener.local_addr()?);
    let server = serve(listener, Shared::new(newest, Clock::System), async {
        // A listener that fails ends the example too.
        let _ = tokio::signal::ctrl_c().await;
    });
    let growing = std::env::var_os("GROW").is_some();
    let grow = async {
        loop {
            tokio::time::sleep(Duration::from_secs(if growing { 10 } else { 3600 })).await;
            count += 1;
            pictures.send_replace(Arc::new(picture(count)));
        }
    };
    tokio::select! {
        ended = server => ended.context("serving"),
        () = grow => Ok(()),
    }
}

fn sightings(count: usize) -> Vec<Sighting> {
    let now = Timestamp::now();
    let minute = Timestamp::from_second(now.as_second() / 60 * 60).unwrap_or(now);
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    let places = PLACES.iter().enumerate().take(count);
    let sightings = places.filter_map(|(n, (lat, lon, label))| {
        let last_seen = minute - SignedDuration::from_mins(1 + 5 * n as i64 - (n as i64 / 2));
        Some(Sighting {
            cell: Cell::at(*lat, *lon, if n == 7 { 8 } else { 9 })?,
            label: (*label).to_owned(),
            level: levels[n % 3],
            first_seen: last_seen,
            last_seen,
            reported_gone: (n % 4 == 1).then_some(minute),
            fades_at: last_seen + SignedDuration::from_mins(60),
        })
    });
    sightings.collect()
}

fn ring(name: &str, outline: &[(f64, f64)]) -> Coverage {
    Coverage {
        name: name.to_owned(),
        outline: outline.to_vec(),
    }
}

/// Areas around a few hot spots.
fn layer() -> Layer {
    let mut areas = Vec::new();
    for (n, (lat, lon)) in [
        (34.044, -118.244),
        (34.06, -118.28),
        (34.10, -118.33),
        (33.99, -118.47),
        (34.20, -118.45),
        (33.77, -118.27),
    ]
    .into_iter()
    .enumerate()
    {
        let Some(middle) = Cell::at(lat, lon, 8) else {
            continue;
        };
        for (k, cell) in middle.h3().grid_disk::<Vec<_>>(2).into_iter().enumerate() {
            let points: Vec<(f64, f64)> = Cell::from(cell)
                .boundary()
                .iter()
                .map(|(lat, lon)| (*lon, *lat))
                .collect();
            let polygon = Polygon::new(LineString::from(points), Vec::new());
            if (k * 7 + n) % 4 != 0 {
                areas.push(Area {
                    area: cell.to_string(),
                    geometry: MultiPolygon::new(vec![polygon]),
                    count: 70 / (k as u32 + 1) + 5,
                });
            }
        }
    }
    let period = |period: &str| Period {
        period: period.to_owned(),
        areas: areas.clone(),
    };
    Layer {
        id: "encampments".to_owned(),
        title: "Encampment complaints".to_owned(),
        explanation: "Requests to the city about homeless encampments, counted by area and month. A request is a complaint that someone filed; it does not say that there is a camp. Police are often called along.".to_owned(),
        unit: "requests".to_owned(),
        source: "City of Los Angeles, MyLA311".to_owned(),
        licence: "CC0 1.0".to_owned(),
        data_through: Some(jiff::civil::date(2020, 9, 30)),
        fetched_at: Some(Timestamp::now()),
        periods: vec![period("2020-08"), period("2020-09")],
    }
}

fn basemap(streets: Option<&str>, outline: Option<&str>) -> anyhow::Result<Basemap> {
    let points = |text: &str| -> Vec<(f64, f64)> {
        let pairs = text
            .split_whitespace()
            .filter_map(|pair| pair.split_once(','));
        pairs
            .filter_map(|(lat, lon)| Some((lat.parse().ok()?, lon.parse().ok()?)))
            .collect()
    };
    let read = |path: Option<&str>| path.map_or(Ok(String::new()), std::fs::read_to_string);
    let streets = read(streets)?;
    let streets = streets.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ';');
        Some(Street {
            name: parts.next()?.to_owned(),
            metres: parts.next()?.parse().ok()?,
            points: points(parts.next()?),
        })
    });
    Ok(Basemap {
        streets: streets.collect(),
        outline: read(outline)?.lines().map(points).collect(),
    })
}
