//! A CKAN portal, made after CKAN's documents: <https://docs.ckan.org/en/latest/maintaining/datastore.html>. No recorded
//! answer was at hand.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::replay::{Asked, Portal, Says, There, feed, numbers};
use super::*;

const COLUMNS: &str = "filter = { column = ['type'], contains = ['ENCAMPMENT'] }\n\
    [feeds.columns]\nid = ['case_enquiry_id']\ncreated = ['open_dt']\naddress = ['location']\nlatitude = ['latitude']\n\
    longitude = ['longitude']";

/// The rows of a table, by their `_id`; a portal may give fewer at once than it is asked for.
struct Table {
    ids: Vec<u64>,
    most: usize,
    modified: &'static str,
}

fn row(id: u64) -> Value {
    json!({ "_id": id, "case_enquiry_id": 101_000_000 + id, "open_dt": format!("2026-03-{:02} 08:15:00", 1 + id % 28),
            "type": if id.is_multiple_of(3) { "Needle Pickup" } else { "Encampments" }, "location": format!("{id} A St"),
            "latitude": "40.7", "longitude": -73.9 })
}

fn start(table: Table) -> (Portal, Arc<Mutex<Table>>) {
    let table = Arc::new(Mutex::new(table));
    let shared = table.clone();
    (
        Portal::start(move |asked| answer(&shared.lock().expect("whole"), asked)),
        table,
    )
}

fn answer(table: &Table, asked: &Asked) -> Says {
    let good = |result: Value| {
        Says::json(json!({ "help": "x", "success": true, "result": result }).to_string())
    };
    let year = this_year();
    let resources = json!([
        { "id": "old", "name": format!("311 Requests {}", year - 1) },
        { "id": "this", "name": format!("311 Requests {year}"), "last_modified": table.modified },
        { "id": "nameless", "name": null },
    ]);
    match asked.path.strip_prefix("/api/3/action/") {
        Some("package_show") if asked.get("id") == "the-package" => {
            good(json!({ "resources": resources }))
        }
        Some("package_search") => good(
            json!({ "count": 1, "results": [{ "resources": [] }, { "resources": resources }] }),
        ),
        Some("datastore_search") if asked.get("resource_id") == "this" => {
            let limit: usize = asked.get("limit").parse().expect("a limit");
            let columns = [
                "_id",
                "case_enquiry_id",
                "open_dt",
                "type",
                "location",
                "latitude",
                "longitude",
                "notes",
            ];
            let fields = columns.map(|id| json!({ "id": id, "type": "text" }));
            if limit == 0 {
                return good(json!({ "fields": fields, "records": [], "total": table.ids.len() }));
            }
            assert_eq!((asked.get("sort"), asked.get("q")), ("_id", "encampment"));
            assert!(
                asked.get("fields").starts_with("_id,") && !asked.get("fields").contains("notes")
            );
            let from: usize = asked.get("offset").parse().expect("an offset");
            let limit = limit.min(table.most);
            let rows: Vec<_> = table
                .ids
                .iter()
                .skip(from)
                .take(limit)
                .map(|id| row(*id))
                .collect();
            good(json!({ "fields": fields, "records": rows, "limit": limit }))
        }
        _ => Says::status(
            404,
            r#"{"help":"x","success":false,"error":{"__type":"Not Found Error","message":"Not found: Resource was not found."}}"#,
        ),
    }
}

fn this_year() -> i16 {
    let zone = jiff::tz::TimeZone::get("America/New_York").expect("a zone");
    Timestamp::now().to_zoned_datetime(zone).year()
}

fn there(portal: &Portal, more: &str) -> There {
    let source = format!(
        "kind = 'ckan'\naddress = '{}'\ntitle = '311 Requests {{year}}'\nfrom = '2025-01-01'\nsearch = 'encampment'\n{more}",
        portal.url
    );
    There::new(&feed(COLUMNS, &source))
}

fn whole() -> Table {
    Table {
        ids: (1..=250).collect(),
        most: 100,
        modified: "2026-03-02T00:00:00",
    }
}

#[test]
fn this_year_s_table_is_found_by_its_title_and_read_page_by_page() {
    for more in ["package = 'the-package'", ""] {
        let (portal, table) = start(whole());
        let there = there(&portal, more);
        let counts = there.fetch().expect("reads");
        // Every third of 250 is another type.
        assert_eq!(
            (counts.skipped, numbers(&counts)),
            (83, [250, 167, 167, 0, 0])
        );
        assert_eq!(there.fetch().expect("reads").rows, 0, "it has not changed");
        table.lock().expect("whole").modified = "2026-03-03T00:00:00";
        table.lock().expect("whole").ids.push(251);
        let counts = there.fetch().expect("reads");
        assert_eq!(
            (counts.rows, counts.records, counts.duplicates),
            (251, 1, 167)
        );
    }
}

#[test]
fn a_table_that_is_made_anew_while_it_is_read_is_read_from_its_beginning() {
    let (portal, table) = start(whole());
    let there = there(&portal, "");
    portal.break_at(
        5,
        Says::status(409, r#"{"success":false,"error":{"message":"no"}}"#),
    );
    assert!(
        there
            .fetch()
            .expect_err("refused")
            .to_string()
            .ends_with("answered 409: no")
    );
    // A row is gone: what was the 200th is the 199th.
    table.lock().expect("whole").ids.remove(10);
    let counts = there.fetch().expect("reads");
    assert_eq!(counts.rows, 249);
    assert_eq!(
        there
            .store
            .requests("encampments", 0, 30_000)
            .expect("lists")
            .len(),
        167
    );
}

#[test]
fn what_goes_wrong_is_named() {
    let (portal, _) = start(whole());
    for (source, reason) in [
        ("title = 'Nothing'", "no dataset with the title `Nothing`"),
        (
            "title = 'x'\npackage = 'none'",
            "answered 404: Not found: Resource was not found.",
        ),
        ("dataset = 'none'", "answered 404"),
    ] {
        let source = format!("kind = 'ckan'\naddress = '{}'\n{source}", portal.url);
        let error = There::new(&feed(COLUMNS, &source))
            .fetch()
            .expect_err("refused")
            .to_string();
        assert!(error.contains(reason), "{error}");
    }
    for (says, reason) in [
        (
            Says::json(r#"{"success":false,"error":{"message":"Search Error"}}"#),
            "answered 400: Search Error",
        ),
        (Says::json(r#"{"success":true}"#), "answered 400"),
        (Says::json("[]"), "answered 400"),
        (
            Says::json(r#"{"success":true,"result":[]}"#),
            "another shape",
        ),
        (Says::of("text/html", "<html>"), "text/html"),
    ] {
        let there = there(&portal, "");
        portal.break_at(3, says);
        let error = there.fetch().expect_err("refused").to_string();
        assert!(error.contains(reason), "{reason}: {error}");
    }
}
