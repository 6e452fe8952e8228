//! A small made-up picture for tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use geo::{LineString, MultiPolygon, Polygon};
use jiff::{SignedDuration, Timestamp};
use spotlight_common::cell::Cell;
use spotlight_common::now::Level;

use crate::city::basemap::{Basemap, Rank, Street};
use crate::city::boundaries::Areas;
use crate::city::context::ContextSource;
use crate::city::{City, FeedWords, Span};
use crate::context::{Cameras, Context, Layer as ContextLayer, Line, Spot, Stop, Transit};
use crate::feeds::gtfs::lines::Mode;
use crate::notices::{self, Notice};
use crate::store::open_data::rents::{Rent, Rents};
use crate::store::open_data::sources::StoredAreas;
use crate::store::open_data::{BegunBy, number};
use crate::views::layers::{Area, Layer, Period};
use crate::views::words::{Lang, Languages};
use crate::views::{Coverage, Picture, Sighting, rents};

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn english() -> Lang {
    Lang::default()
}

pub fn spanish() -> Lang {
    Languages::built_in().named("es").expect("a language")
}

pub fn city() -> City {
    let street = |name: &str, points: &[(f64, f64)]| Street {
        name: name.to_owned(),
        points: points.to_vec(),
        metres: 4_000.0,
        rank: Rank::Main,
    };
    City {
        id: "los-angeles".to_owned(),
        name: "Los Angeles".to_owned(),
        time_zone: jiff::tz::TimeZone::get("America/Los_Angeles").expect("known"),
        bounds: (33.70, -118.67, 34.34, -118.15),
        languages: Vec::new(),
        feeds: Vec::new(),
        boundaries: Vec::new(),
        rents: Vec::new(),
        notices: Vec::new(),
        transit: None,
        cameras: None,
        address_ends: Vec::new(),
        hosts: Vec::new(),
        zips: Default::default(),
        gazetteer: None,
        ground_from: Vec::new(),
        main_streets: Vec::new(),
        through_streets: Vec::new(),
        basemap: Basemap {
            outline: vec![vec![
                (33.70, -118.30),
                (34.00, -118.50),
                (34.34, -118.50),
                (34.20, -118.15),
            ]],
            streets: vec![
                street("SAN PEDRO ST", &[(34.060, -118.235), (34.020, -118.257)]),
                street("5TH ST", &[(34.056, -118.262), (34.038, -118.230)]),
            ],
        },
        districts: vec![("Skid Row".to_owned(), 34.0425, -118.2435)],
    }
}

fn square(lat: f64, lon: f64) -> MultiPolygon<f64> {
    let ring = [(0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.0, 0.01)];
    let ring: Vec<(f64, f64)> = ring.iter().map(|(x, y)| (lon + x, lat + y)).collect();
    MultiPolygon::new(vec![Polygon::new(LineString::from(ring), Vec::new())])
}

pub fn layer() -> Layer {
    let area = |name: &str, lat, count| Area {
        area: name.to_owned(),
        geometry: Arc::new(square(lat, -118.25)),
        begun_by: BegunBy::Untold,
        count,
    };
    let period = |period: &str, areas| Period {
        period: period.to_owned(),
        first: format!("{period}-01").parse().expect("a day"),
        areas,
        rents: Vec::new(),
        unknown: Vec::new(),
    };
    Layer {
        id: "encampments".to_owned(),
        span: Span::Month,
        begun_by: vec![BegunBy::Untold],
        rents: None,
        title: "Encampment complaints".to_owned(),
        explanation: "Requests to the city. A request is a complaint filed.".to_owned(),
        unit: "requests".to_owned(),
        spanish: None,
        rebuilt_on: None,
        source: "City of Los Angeles, MyLA311".to_owned(),
        licence: "CC0 1.0".to_owned(),
        data_through: Some(jiff::civil::date(2020, 9, 30)),
        fetched_at: Some(at("2026-07-01T08:00:00Z")),
        trouble: None,
        periods: vec![
            period("2020-08", vec![area("8829a1d757fffff", 34.04, 7)]),
            period(
                "2020-09",
                vec![
                    area("8829a1d757fffff", 34.04, 5),
                    area("8729a1d75ffffff-rest", 34.06, 60),
                ],
            ),
        ],
    }
}

/// Two parts of one week.
pub fn calls() -> Layer {
    let area = |begun_by, count| Area {
        area: "0127".to_owned(),
        geometry: Arc::new(square(34.04, -118.25)),
        begun_by,
        count,
    };
    Layer {
        id: "calls".to_owned(),
        span: Span::Week,
        begun_by: vec![BegunBy::Officer, BegunBy::Dispatch],
        title: "Police calls".to_owned(),
        explanation: "What police were sent to.".to_owned(),
        unit: "calls".to_owned(),
        data_through: Some(jiff::civil::date(2020, 10, 1)),
        periods: vec![Period {
            period: "2020-W40".to_owned(),
            first: jiff::civil::date(2020, 9, 28),
            areas: vec![area(BegunBy::Officer, 9), area(BegunBy::Dispatch, 5)],
            rents: Vec::new(),
            unknown: vec![(BegunBy::Officer, 12)],
        }],
        ..layer()
    }
}

/// A rail line with two stations, a bus line with a stop, and cameras near them.
pub fn context() -> Arc<Context> {
    let source = |title: &str, credit: Option<&str>| ContextSource {
        title: title.to_owned(),
        explanation: "It says nothing about police.".to_owned(),
        unit: "things".to_owned(),
        source: "Somebody".to_owned(),
        licence: "ODbL 1.0".to_owned(),
        credit: credit.map(str::to_owned),
        spanish: Some(FeedWords {
            title: format!("{title} (es)"),
            explanation: "No dice nada de la policía.".to_owned(),
            unit: "cosas".to_owned(),
        }),
        address: None,
        every_hours: None,
    };
    let spot = |lat, lon| Spot::of((lat, lon));
    let line = |name: &str, mode, path| Line {
        name: name.to_owned(),
        mode,
        colour: Some("0072BC".to_owned()),
        paths: vec![path],
    };
    let stop = |name: &str, at, is_station| Stop {
        name: name.to_owned(),
        at,
        is_station,
    };
    let a = vec![
        spot(34.060, -118.262),
        spot(34.048, -118.251),
        spot(34.030, -118.246),
    ];
    let bus = vec![spot(34.050, -118.262), spot(34.040, -118.230)];
    let transit = Transit {
        lines: vec![line("A Line", Mode::Rail, a), line("51", Mode::Bus, bus)],
        stops: vec![
            stop("Pershing Square Station", spot(34.0493, -118.2513), true),
            stop("Second Station", spot(34.035, -118.247), true),
            stop("5th / Main", spot(34.046, -118.248), false),
        ],
    };
    let at = vec![
        spot(34.045, -118.245),
        spot(34.0452, -118.2452),
        spot(34.2, -118.5),
    ];
    Arc::new(Context {
        transit: Some(ContextLayer {
            source: source("Rail lines", None),
            read_at: Some(self::at("2026-07-01T20:00:00Z")),
            as_of: Some(jiff::civil::date(2024, 2, 22)),
            trouble: None,
            what: transit,
        }),
        cameras: Some(ContextLayer {
            source: source("Plate cameras", Some("© OpenStreetMap contributors")),
            read_at: Some(self::at("2026-07-01T20:00:00Z")),
            as_of: None,
            trouble: None,
            what: Cameras { at },
        }),
    })
}

/// Rents of two times five years: of four tracts in a row, west to east, of which the second's outline is of earlier lines, and
/// of one without an outline.
pub fn rents() -> Layer {
    let city = City::load("los-angeles").expect("loads");
    let tract = |n: u8| format!("0603720631{n}");
    let rent = |dollars, margin| Rent::Is { dollars, margin };
    let stored = [(2021, rent(650, None)), (2022, rent(612, Some(45)))].map(|(year, first)| {
        let rents = Rents {
            read_at: 1_782_900_000,
            by_area: BTreeMap::from([
                (tract(0), first),
                (tract(1), rent(1_612, None)),
                (tract(2), Rent::OrMore(3_500)),
                (tract(3), Rent::Unknown),
                (tract(9), rent(900, None)),
            ]),
        };
        (number(jiff::civil::date(year, 1, 1)), rents)
    });
    let ring = |n: u8| {
        let outline = square(34.04, -118.26 + 0.01 * f64::from(n));
        let corners = outline.0[0].exterior().coords();
        vec![corners.map(|c| (c.x, c.y)).collect()]
    };
    let areas = |tracts: &[u8]| Areas(tracts.iter().map(|n| (tract(*n), ring(*n))).collect());
    let outlines = StoredAreas {
        read_at: 0,
        areas: areas(&[0, 2, 3]),
        former: areas(&[1]),
    };
    rents::layer(city.rent("rent").expect("a layer"), &stored, outlines).expect("drawn")
}

/// With so many sightings, seen one minute apart.
pub fn picture(sightings: usize) -> Picture {
    let now = at("2026-07-01T22:00:00Z");
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    let sightings = (0..sightings).map(|n| {
        let last_seen = now - SignedDuration::from_mins(2 + n as i64);
        let lat = 34.0442 + 0.006 * (n / 4) as f64;
        let cell = Cell::at(lat, -118.2439 - 0.008 * (n % 4) as f64, 9).expect("on the globe");
        Sighting {
            cell,
            label: "near 5TH ST & SAN PEDRO ST".to_owned(),
            level: levels[n % 3],
            first_seen: last_seen,
            last_seen,
            reported_gone: (n % 3 == 1).then_some(now),
            fades_at: last_seen + SignedDuration::from_mins(60),
        }
    });
    Picture {
        at: now,
        city: Arc::new(city()),
        sightings: sightings.collect(),
        layers: Arc::new(vec![layer()]),
        context: Arc::default(),
        notices: Arc::default(),
        coverage: Arc::new(vec![Coverage {
            name: "Downtown".to_owned(),
            outline: vec![
                (34.06, -118.26),
                (34.06, -118.23),
                (34.03, -118.23),
                (34.03, -118.26),
            ],
        }]),
        node_online: true,
        phone: Some("+12135550100".to_owned()),
        operator: Default::default(),
        basemap: None,
        public_url: None,
        languages: Languages::built_in(),
        cities: Default::default(),
    }
}

/// Three made-up notices: of tomorrow with hours and an area, of the day after without hours, of November without an end.
pub fn notices() -> Arc<Vec<Notice>> {
    let table = "id,date,start,end,place,area,latitude,longitude,kind,source\n\
                 1,2026-07-02,7:00,12:30,\"San Julian Park; north, \"\"A\"\"\",,34.0435,-118.2469,removal,Bureau of Sanitation\n\
                 2,2026-07-03,,,Rose Ave & 3rd Ave,,,,cleaning,\n\
                 3,2026-11-03,06:00,,Hansen Dam,,,,,\n";
    let reading = notices::read(table.as_bytes(), &city(), at("2026-06-30T09:00:00Z"));
    let reading = reading.expect("a table");
    assert_eq!(reading.problems, []);
    Arc::new(reading.notices)
}
