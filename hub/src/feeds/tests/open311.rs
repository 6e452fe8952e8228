//! Open311 endpoints of each dialect, with their faults.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::replay::{Asked, Portal, Says, There, feed, numbers};
use super::*;

const COLUMNS: &str = "filter = { column = ['service_name'], is = ['Encampment'] }\n\
    [feeds.columns]\nid = ['service_request_id']\ncreated = ['requested_datetime']\naddress = ['address']\n\
    latitude = ['lat']\nlongitude = ['long']\nzip = ['zipcode']";

/// How an endpoint differs.
#[derive(Clone, Copy)]
struct Dialect {
    /// It cuts its answers there.
    most: usize,
    is_xml: bool,
    /// It takes no zone in a date, and writes none.
    is_zoneless: bool,
    pages: bool,
    /// Its JSON is a list in objects, with `{}` for nothing.
    is_wrapped: bool,
}

const PLAIN: Dialect = Dialect {
    most: 1_000,
    is_xml: false,
    is_zoneless: false,
    pages: false,
    is_wrapped: false,
};

/// Requests in 20 days: each 6 hours one, and 130 within the hour before the last.
fn all(now: Timestamp) -> Vec<(usize, Timestamp)> {
    let ago = |seconds: i64| now - SignedDuration::from_secs(seconds);
    let mut all: Vec<_> = (0..80)
        .map(|n| ago(20 * 86_400 - n * 21_600 - 60))
        .collect();
    all.extend((0..130).map(|n| ago(7_200 - n * 25)));
    all.into_iter().enumerate().collect()
}

fn start(dialect: Dialect) -> Portal {
    let now = Timestamp::now();
    let all = all(now);
    Portal::start(move |asked| answer(dialect, &all, asked))
}

fn answer(dialect: Dialect, all: &[(usize, Timestamp)], asked: &Asked) -> Says {
    let end = if dialect.is_xml { "xml" } else { "json" };
    assert_eq!(asked.get("jurisdiction_id"), "there.gov");
    if asked.path == format!("/v2/services.{end}") {
        let services = [
            ("001", "Cans left out"),
            ("E7", "Encampment"),
            ("E8", " encampment "),
        ];
        return says(
            dialect,
            "services",
            "service",
            services
                .iter()
                .map(|(code, name)| json!({ "service_code": code, "service_name": name, "description": "", "keywords": null }))
                .collect(),
        );
    }
    assert_eq!(asked.path, format!("/v2/requests.{end}"));
    assert_eq!(asked.get("service_code"), "E7,E8");
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    let date = |name: &str| -> Timestamp {
        let text = asked.get(name);
        match dialect.is_zoneless {
            true => {
                assert!(!text.ends_with('Z'), "{text}");
                let wall: jiff::civil::DateTime = text.parse().expect("a wall time");
                zone.to_timestamp(wall).expect("a time")
            }
            false => text.parse().expect("a time"),
        }
    };
    let (from, to) = (date("start_date"), date("end_date"));
    assert!(to.duration_since(from) <= SignedDuration::from_hours(90 * 24 + 1));
    let rows = all.iter().filter(|(_, at)| (from..=to).contains(at));
    let page: usize = asked.get("page").parse().unwrap_or(1);
    let size = asked
        .get("page_size")
        .parse()
        .unwrap_or(dialect.most)
        .min(dialect.most);
    let skipped = if dialect.pages { (page - 1) * size } else { 0 };
    let rows = rows.skip(skipped).take(size).map(|(n, at)| {
        let said = match dialect.is_zoneless {
            true => at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            false => at.to_string(),
        };
        json!({ "service_request_id": format!("R-{n}"), "service_name": "Encampment", "requested_datetime": said,
                "address": format!("{n} A ST & B"), "lat": 40.7, "long": "-73.9", "updated_datetime": null })
    });
    says(dialect, "service_requests", "request", rows.collect())
}

fn says(dialect: Dialect, list: &str, item: &str, rows: Vec<Value>) -> Says {
    if !dialect.is_xml {
        let rows: Vec<Value> = rows
            .into_iter()
            .map(|mut row| {
                if dialect.is_wrapped {
                    row["updated_datetime"] = json!({});
                }
                row
            })
            .collect();
        let body = match dialect.is_wrapped {
            true => json!({ list: { item: rows } }),
            false => json!(rows),
        };
        return Says::json(body.to_string());
    }
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{list} xmlns:m=\"x\">");
    for row in rows {
        xml += &format!("<{item}>");
        for (name, value) in row.as_object().expect("a row") {
            xml += &match value {
                Value::Null => format!("<{name}/>\n"),
                Value::String(text) => format!("<{name}>{}</{name}>", text.replace('&', "&amp;")),
                other => format!("<{name}><![CDATA[{other}]]></{name}>"),
            };
        }
        xml += &format!("</{item}>");
    }
    Says::of("text/xml; charset=utf-8", xml + &format!("</{list}>"))
}

fn there(portal: &Portal, more: &str) -> There {
    let source = format!(
        "kind = 'open311'\naddress = '{}/v2/'\ndays = 30\njurisdiction = 'there.gov'\n{more}",
        portal.url
    );
    There::new(&feed(COLUMNS, &source))
}

#[test]
fn a_full_answer_is_asked_again_in_halves_whatever_the_dialect() {
    for (dialect, more) in [
        (PLAIN, ""),
        (Dialect { most: 50, ..PLAIN }, ""),
        (
            Dialect {
                is_xml: true,
                most: 100,
                ..PLAIN
            },
            "format = 'xml'",
        ),
        (
            Dialect {
                is_zoneless: true,
                most: 50,
                ..PLAIN
            },
            "zoneless_dates = true",
        ),
        (
            Dialect {
                is_wrapped: true,
                ..PLAIN
            },
            "",
        ),
        (
            Dialect {
                pages: true,
                most: 40,
                ..PLAIN
            },
            "page_size = 100",
        ),
    ] {
        let portal = start(dialect);
        let there = there(&portal, more);
        let counts = there
            .fetch()
            .unwrap_or_else(|error| panic!("{more} {}: {error}", dialect.most));
        // What lies on the edge of two windows comes twice and counts once.
        assert_eq!(
            (counts.records, counts.unplaced),
            (210, 0),
            "{more} {}",
            dialect.most
        );
        assert_eq!(counts.rejected, BTreeMap::new());
        let again = there.fetch().expect("reads");
        assert_eq!(again.records, 0);
    }
}

#[test]
fn an_endpoint_that_does_not_page_is_not_asked_for_ever() {
    let portal = start(PLAIN);
    let error = there(&portal, "page_size = 100")
        .fetch()
        .expect_err("refused")
        .to_string();
    assert!(error.contains("leave out `page_size`"), "{error}");
}

#[test]
fn a_reading_goes_on_in_the_window_where_it_was() {
    let portal = start(Dialect {
        pages: true,
        most: 40,
        ..PLAIN
    });
    let there = there(&portal, "page_size = 40");
    portal.break_at(
        4,
        Says::status(400, r#"[{"code":400,"description":"start_date is wrong"}]"#),
    );
    let error = there.fetch().expect_err("refused").to_string();
    assert!(
        error.ends_with("answered 400: 400: start_date is wrong"),
        "{error}"
    );
    let after = there
        .state()
        .pass
        .and_then(|pass| pass.after)
        .expect("kept");
    assert!(after.contains(" 3 R-"), "{after}");
    there.fetch().expect("goes on");
    let all = there
        .store
        .requests("encampments", 0, 30_000)
        .expect("lists");
    assert_eq!(all.len(), 210);
}

#[test]
fn errors_come_in_both_forms_and_with_any_status() {
    let file = |name: &str| std::fs::read(shared(name)).expect("reads");
    for (says, reason) in [
        (
            Says::of(
                "text/xml",
                file("open311_sf2010_get_service_request_not_found.xml"),
            ),
            "answered 404: Service request not found",
        ),
        (
            Says::status(403, file("open311_sf2010_403.xml")),
            "answered 403: Invalid api_key received -- can",
        ),
        (
            Says::json(r#"[{"code":"400","description":"bad service_code"}]"#),
            "answered 400: bad service_code",
        ),
        (
            Says::json(r#"{"errors":[{"code":404,"description":"gone"}]}"#),
            "answered 404: gone",
        ),
        (
            Says::json("{\"message\":\"hello\"}"),
            "JSON of another shape",
        ),
        (Says::json("[1,2]"), "JSON of another shape"),
        (
            Says::of("text/xml", "<html><body/></html>"),
            "XML of another kind",
        ),
        (Says::of("text/html", "<html>"), "text/html"),
        (
            Says::of("text/xml", format!("<requests>{}", "<a>".repeat(100))),
            "too deep",
        ),
        (
            Says::of(
                "text/xml",
                format!("<requests>{}</requests>", "<a/>".repeat(20_001)),
            ),
            "over 20000 rows",
        ),
        (Says::json("[".repeat(100_000)), "JSON of another shape"),
    ] {
        let portal = start(PLAIN);
        let there = there(&portal, "");
        for n in 2..6 {
            portal.break_at(n, says.clone());
        }
        let error = there.fetch().expect_err("refused").to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}

#[test]
fn a_filter_that_no_service_has_is_said() {
    let portal = Portal::start(|_| {
        Says::json(std::fs::read(shared("open311_spec_services.json")).expect("reads"))
    });
    let error = there(&portal, "").fetch().expect_err("refused").to_string();
    assert!(error.contains("`ENCAMPMENT`"), "{error}");
}

/// The recorded answers, counted by hand from the files.
#[test]
fn recorded_answers_are_read() {
    let read =
        |name: &str| super::super::open311::rows("x", &std::fs::read(shared(name)).expect("reads"));
    let count = |name: &str| {
        read(name)
            .map(|rows| rows.len())
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    assert_eq!(count("open311_chicago_requests.json"), 2);
    assert_eq!(count("open311_sf2010_service_requests.xml"), 2);
    assert_eq!(count("open311_sf2010_service_requests_empty.xml"), 0);
    assert_eq!(count("open311_giessen_services.xml"), 8);
    assert_eq!(count("open311_sf2010_services.xml"), 36);
    assert_eq!(count("open311_spec_services.json"), 3);
    assert!(read("open311_sf2010_service_definition.xml").is_err());
    assert!(read("open311_sf2010_get_service_request_not_found.xml").is_err());
    let giessen = read("open311_giessen_services.xml").expect("reads");
    assert_eq!(giessen[3]["service_name"], "Verkehrsschild beschädigt");
    assert_eq!(giessen[0]["keywords"], "");
}

/// Each recorded list of requests as a file that is imported: rows, accepted, records, duplicates, unplaced.
#[test]
fn recorded_requests_are_imported() {
    let columns = COLUMNS.split_once('\n').expect("two lines").1;
    for (file, expected) in [
        ("open311_chicago_requests.json", [2, 2, 2, 0, 0]),
        ("open311_sf2010_service_requests.xml", [2, 2, 2, 0, 0]),
        ("open311_sf2010_service_requests_empty.xml", [0, 0, 0, 0, 0]),
    ] {
        let there = There::new(&feed(
            columns,
            "kind = 'csv'\naddress = 'https://x.example/'",
        ));
        let counts = super::files::imported(&there, file);
        assert_eq!(numbers(&counts), expected, "{file}");
    }
}
