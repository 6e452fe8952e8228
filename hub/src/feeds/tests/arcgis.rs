//! A FeatureServer that answers as recorded ones do, with each of their faults.

use serde_json::{Value, json};

use super::replay::{Asked, Portal, Says, There, feed, numbers};
use super::*;

const LAYER: &str = "/arcgis/rest/services/Calls/FeatureServer/0";

const COLUMNS: &str = "filter = { column = ['Type'], is = [\"Camp's\"] }\n\
    [feeds.columns]\nid = ['Number']\ncreated = ['Filed']\naddress = ['Address']\nlocation = ['geometry']";

fn recorded(file: &str) -> Vec<u8> {
    std::fs::read(shared(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A layer of so many rows, each with an object id that is not its place.
#[derive(Clone)]
struct Layer {
    rows: u64,
    most: usize,
    can_page: bool,
    takes_conditions: bool,
    edited_at: Option<u64>,
}

impl Default for Layer {
    fn default() -> Self {
        Self {
            rows: 25,
            most: 10,
            can_page: true,
            takes_conditions: true,
            edited_at: None,
        }
    }
}

/// 1 January 2026, 05:30 UTC: half past midnight in New York, and still December where the clock is read as UTC less.
const FIRST: u64 = 1_767_245_400_000;

fn feature(n: u64) -> Value {
    let mut feature = json!({ "attributes": {
        "OBJECTID": n * 3, "Number": format!("N-{n}"), "Type": if n.is_multiple_of(5) { "Noise" } else { "camp's" },
        "Filed": FIRST + n * 86_400_000, "Address": format!("{n} A ST"),
    }});
    match n % 5 {
        1 => {}
        2 => feature["geometry"] = json!({ "x": "NaN", "y": "NaN" }),
        _ => feature["geometry"] = json!({ "x": -73.9, "y": 40.7 }),
    }
    feature
}

impl Layer {
    fn start(self) -> Portal {
        Portal::start(move |asked| self.answer(asked))
    }

    fn answer(&self, asked: &Asked) -> Says {
        let query = asked.path == format!("{LAYER}/query");
        assert_eq!(asked.get("f"), "json");
        if !query {
            assert_eq!(asked.path, LAYER);
            let mut about = json!({
                "maxRecordCount": self.most, "objectIdField": "OBJECTID",
                "advancedQueryCapabilities": { "supportsPagination": self.can_page },
                "fields": [
                    { "name": "OBJECTID", "type": "esriFieldTypeOID" },
                    { "name": "Number", "type": "esriFieldTypeString" },
                    { "name": "Type", "type": "esriFieldTypeString" },
                    { "name": "Filed", "type": "esriFieldTypeDate" },
                    { "name": "Address", "type": "esriFieldTypeString" },
                    { "name": "Caller", "type": "esriFieldTypeString" },
                ],
            });
            if let Some(at) = self.edited_at {
                about["editingInfo"] = json!({ "lastEditDate": at });
            }
            return Says::of("text/plain;charset=utf-8", about.to_string());
        }
        let condition = asked.get("where");
        let filtered = condition == "(UPPER(Type) IN ('CAMP''S'))";
        if !filtered && !["1=1", ""].contains(&condition) || filtered && !self.takes_conditions {
            return Says::json(recorded("arcgis_us-mi-kent__us-mi-kent-statistics.json"));
        }
        assert!(!asked.get("outFields").contains("Caller"), "{asked:?}");
        let all = (1..=self.rows).filter(|n| !filtered || !n.is_multiple_of(5));
        if asked.get("returnIdsOnly") == "true" {
            let ids: Vec<u64> = all.map(|n| n * 3).rev().collect();
            return Says::json(
                json!({ "objectIdFieldName": "OBJECTID", "objectIds": ids }).to_string(),
            );
        }
        assert_eq!(asked.get("outSR"), "4326");
        if !asked.get("objectIds").is_empty() {
            let wanted: Vec<u64> = asked
                .get("objectIds")
                .split(',')
                .map(|id| id.parse().expect("a number"))
                .collect();
            assert!(wanted.len() <= self.most);
            let rows: Vec<_> = all
                .filter(|n| wanted.contains(&(n * 3)))
                .map(feature)
                .collect();
            return Says::json(json!({ "features": rows }).to_string());
        }
        assert!(
            self.can_page && asked.get("orderByFields") == "OBJECTID",
            "{asked:?}"
        );
        let number = |name: &str| -> usize { asked.get(name).parse().expect("a number") };
        let from = number("resultOffset");
        let left: Vec<_> = all.skip(from).collect();
        let most = number("resultRecordCount").min(self.most);
        let rows: Vec<_> = left.iter().take(most).map(|n| feature(*n)).collect();
        Says::json(
            json!({ "exceededTransferLimit": left.len() > most, "features": rows }).to_string(),
        )
    }
}

fn there(portal: &Portal, more: &str) -> There {
    let source = format!(
        "kind = 'arcgis'\naddress = '{}{LAYER}/query'\n{more}",
        portal.url
    );
    There::new(&feed(COLUMNS, &source))
}

#[test]
fn a_layer_is_read_page_by_page_and_what_has_no_point_is_unplaced() {
    let portal = Layer::default().start();
    let there = there(&portal, "");
    let counts = there.fetch().expect("reads");
    // 20 of 25 are of the type; of each five one has no geometry and one an empty one.
    assert_eq!(numbers(&counts), [20, 20, 20, 0, 10]);
    let pages = portal
        .asked()
        .into_iter()
        .filter(|asked| asked.query.contains_key("resultOffset"));
    let offsets: Vec<_> = pages
        .map(|asked| asked.get("resultOffset").to_owned())
        .collect();
    assert_eq!(offsets, ["0", "9", "18"]);
    // The days are New York's: the first row is of 2 January.
    let periods = there.store.periods("encampments").expect("lists");
    assert_eq!(periods.len(), 1);
    let first = open_data::number(date(2026, 1, 2));
    let last = open_data::number(date(2026, 1, 25));
    assert_eq!(
        there
            .store
            .requests("encampments", first, last + 1)
            .expect("lists")
            .len(),
        20
    );
    // Read again, all is known; what is older than six weeks is not even asked for.
    let again = there.fetch();
    assert!(matches!(again, Err(FeedError::Portal { .. }) | Ok(_)));
}

#[test]
fn a_wall_time_that_is_stored_as_utc_stays_the_day_that_it_says() {
    // A quarter past eight in the evening of 31 December, which the city writes as if it were UTC.
    let evening = json!({ "fields": [{ "name": "OBJECTID", "type": "esriFieldTypeOID" },
        { "name": "Filed", "type": "esriFieldTypeDate" }],
        "features": [{ "attributes": { "OBJECTID": 1, "Filed": FIRST - 5 * 3_600_000 } }] });
    for (flag, expected) in [
        (true, "2026-01-01T00:30:00"),
        (false, "2026-01-01T00:30:00Z"),
    ] {
        let answer = serde_json::from_value(evening.clone()).expect("an answer");
        let (columns, rows) = super::super::arcgis::saved(answer, flag);
        assert_eq!(columns, ["OBJECTID", "Filed", "geometry"]);
        assert_eq!(rows[0]["Filed"], expected);
    }
}

#[test]
fn a_server_that_does_not_page_is_asked_by_ids() {
    let portal = Layer {
        can_page: false,
        rows: 700,
        most: 1000,
        ..Layer::default()
    }
    .start();
    let there = there(&portal, "");
    let counts = there.fetch().expect("reads");
    assert_eq!(numbers(&counts), [560, 560, 560, 0, 280]);
    let by_ids = portal
        .asked()
        .into_iter()
        .filter(|asked| asked.query.contains_key("objectIds"));
    assert_eq!(by_ids.count(), 4, "150 at a time");
}

#[test]
fn a_server_that_takes_no_condition_is_read_whole() {
    for can_page in [true, false] {
        let portal = Layer {
            takes_conditions: false,
            can_page,
            ..Layer::default()
        }
        .start();
        let counts = there(&portal, "").fetch().expect("reads");
        assert_eq!((counts.skipped, counts.records), (5, 20));
    }
}

#[test]
fn what_fails_for_a_moment_is_asked_again_and_what_stays_is_named_and_goes_on() {
    let portal = Layer::default().start();
    let there = there(&portal, "");
    portal.break_at(2, Says::json(r#"{"error":{"code":500,"message":"busy"}}"#));
    portal.break_at(
        4,
        Says {
            is_cut: true,
            ..Says::json("{\"features\":[]}")
        },
    );
    portal.break_at(
        6,
        Says::json(r#"{"error":{"code":498,"message":"Invalid token: 'abc'"}}"#),
    );
    let error = there.fetch().expect_err("refused").to_string();
    assert!(error.ends_with("answered 498: Invalid token:"), "{error}");
    assert_eq!(
        there.state().pass.and_then(|pass| pass.after).as_deref(),
        Some("filtered 19 0 69")
    );
    let counts = there.fetch().expect("goes on");
    assert_eq!(numbers(&counts), [1, 1, 1, 0, 0]);
    let ids = there
        .store
        .requests("encampments", 0, 30_000)
        .expect("lists");
    assert_eq!(ids.len(), 20);
}

#[test]
fn an_unchanged_layer_is_not_read_again() {
    let portal = Layer {
        edited_at: Some(7),
        ..Layer::default()
    }
    .start();
    let there = there(&portal, "");
    assert_eq!(there.fetch().expect("reads").records, 20);
    assert_eq!(there.fetch().expect("reads").rows, 0);
}

#[test]
fn hostile_answers_are_refused_with_a_reason() {
    let many = format!("{{\"features\":[{}{{}}]}}", "{},".repeat(20_000));
    let deep = format!(
        "{{\"features\":[{{\"attributes\":{}1{}}}]}}",
        "[".repeat(5_000),
        "]".repeat(5_000)
    );
    let endless = json!({ "exceededTransferLimit": true, "features": [] }).to_string();
    let long = format!("{{\"a\":\"{}\"}}", "x".repeat(9 << 20));
    for (says, reason) in [
        (Says::json(many), "JSON of another shape"),
        (Says::json(deep), "JSON of another shape"),
        (Says::json(endless), "said to have more rows"),
        (Says::json(long), "over 8 MiB"),
        (Says::json("[]"), "JSON of another shape"),
        (Says::of("text/html", "<html>Sign in</html>"), "text/html"),
        (
            Says::json(r#"{"features":[{"attributes":{"Number":1}}]}"#),
            "without an id",
        ),
    ] {
        let portal = Layer::default().start();
        let there = there(&portal, "");
        portal.break_at(2, says);
        let error = there.fetch().expect_err("refused").to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
    let portal = Portal::start(|_| Says::json(r#"{"name":"A folder","layers":[]}"#));
    let error = there(&portal, "").fetch().expect_err("refused").to_string();
    assert!(error.contains("not a layer"), "{error}");
}

/// Recorded answers, their rows counted by hand from the files.
#[test]
fn recorded_answers_are_read() {
    let read = |file: &str| -> super::super::arcgis::Answer {
        serde_json::from_slice(&recorded(file)).expect("an answer")
    };
    let (columns, rows) = super::super::arcgis::saved(
        read("arcgis_cleveland_cad_police_2026-09-30_excerpt.json"),
        false,
    );
    assert_eq!(rows.len(), 3);
    assert!(columns.contains(&"IncidentTypeDescription".to_owned()));
    assert_eq!(rows[0]["IncidentDate"], "2026-09-30T04:45:26Z");
    assert_eq!(rows[2].get("geometry"), None);
    let (_, rows) =
        super::super::arcgis::saved(read("arcgis_us-ca-carson__us-ca-carson-0.json"), false);
    assert_eq!(rows.len(), 6);
    assert_eq!(
        rows.iter()
            .filter(|row| row.contains_key("geometry"))
            .count(),
        5
    );
    let (columns, rows) =
        super::super::arcgis::saved(read("arcgis_us-il-cook__page-partial.json"), false);
    assert_eq!((columns[0].as_str(), rows.len()), ("geometry", 2));
}

/// The recorded layer's description, ids and rows, as its server gives them.
#[test]
fn carson_is_read_by_the_ids_that_its_server_lists() {
    let portal = Portal::start(|asked| {
        Says::json(
            match (asked.path.ends_with("/query"), asked.get("returnIdsOnly")) {
                (false, _) => recorded("arcgis_us-ca-carson__us-ca-carson-metadata.json"),
                (true, "true") => recorded("arcgis_us-ca-carson__us-ca-carson-ids-only.json"),
                _ => recorded("arcgis_us-ca-carson__us-ca-carson-0.json"),
            },
        )
    });
    let columns =
        "[feeds.columns]\nid = ['ADDRESS']\ncreated = ['Edit_Date']\nlocation = ['geometry']";
    let source = format!(
        "kind = 'arcgis'\naddress = '{}/arcgis/rest/services/x/MapServer/1'",
        portal.url
    );
    let there = There::new(&feed(columns, &source));
    let counts = there.fetch().expect("reads");
    // No row has a date.
    assert_eq!(
        (counts.rows, counts.rejected),
        (6, BTreeMap::from([("date", 6)]))
    );
    assert_eq!(portal.asked().len(), 3);
}
