//! What the real files taught, rule by rule: schemas, places and calls.

use super::*;
use crate::store::open_data::BegunBy;

fn calls(name: &str) -> File {
    File::open(shared(name)).expect("opens")
}

/// Counted by hand in the two recorded excerpts.
#[test]
fn the_real_calls_have_exact_counts_and_none_that_reveals_a_victim() {
    let setup = Setup::new();
    for (file, victims) in [
        // WMN, AMB, DOM VIOL, VIOLENT MALE.
        ("lapd_cfs_mgue-vbsx_top10.csv", 4),
        // DOM VIOL, FAMILY R/O.
        ("lapd_cfs_xwgr-xw5q_top10.csv", 2),
    ] {
        let counts = setup.read_as("calls", calls(file)).expect("reads");
        assert_eq!((counts.rows, counts.skipped), (10, 0), "{file}");
        assert_eq!(
            counts.rejected,
            BTreeMap::from([("victim", victims)]),
            "{file}"
        );
        assert_eq!(counts.accepted, 10 - victims, "{file}");
        assert_eq!(
            (counts.records, counts.duplicates),
            (10 - victims, 0),
            "{file}"
        );
        assert_eq!((counts.unplaced, counts.unknown_area), (0, 0), "{file}");
        let again = setup.read_as("calls", calls(file)).expect("reads");
        assert_eq!(
            (again.records, again.duplicates),
            (0, 10 - victims),
            "{file}"
        );
    }
}

#[test]
fn calls_that_reveal_a_victim_are_not_stored_by_code_or_by_words() {
    let setup = Setup::new();
    let csv = "incident_number,rpt_dist,dispatch_date,call_type_code,call_type_text\n\
               1,0127,2026-01-05,620D,X\n2,0127,2026-01-05,918VM,X\n3,0127,2026-01-05,907A2,X\n\
               4,0127,2026-01-05,242D,X\n5,0127,2026-01-05,5150,X\n6,0127,2026-01-05,000,DOM VIOL I/P\n\
               7,0127,2026-01-05,000,possible Overdose\n8,0127,2026-01-05,000,MISSING JUV\n\
               9,0127,2026-01-05,006,CODE 6\n10,0127,2026-01-05,9212,TRESPASS SUSP\n";
    let counts = setup.read_as("calls", csv.as_bytes()).expect("reads");
    assert_eq!(counts.rejected, BTreeMap::from([("victim", 8)]));
    assert_eq!(counts.records, 2);
    // Not even that there was one: two rows are in the store.
    let tables = open_data::published::tables(setup.folder.path()).expect("lists");
    for table in tables
        .iter()
        .filter(|table| table.table.starts_with("calls/re"))
    {
        assert_eq!(table.rows, 2, "{}", table.table);
    }
}

#[test]
fn calls_are_weeks_of_districts_and_what_officers_began_is_apart() {
    let setup = Setup::new();
    let mut csv =
        "incident_number,rpt_dist,dispatch_date,call_type_code,call_type_text\n".to_owned();
    // The leading zero is lost in some years; each form of a date is one day. 2026-01-05 is a Monday.
    for (n, (district, day, code)) in [
        ("127", "01/05/2026", "006"),
        ("0127", "2026-01-06T00:00:00.000", "006"),
        ("127.0", "2026-01-11", "902"),
        ("0127", "2026-01-11", "6"),
        ("127", "2026-01-05", "006"),
        ("0127", "2026-01-12", "006"),
        ("0127", "2026-01-05", "415G"),
        ("8888", "2026-01-05", "415G"),
        ("8888", "2026-01-05", "415G"),
        ("", "2026-01-05", "415G"),
        ("0", "2026-01-05", "415G"),
        ("8888", "2026-01-07", "9212"),
    ]
    .iter()
    .enumerate()
    {
        csv += &format!("{n},{district},{day},{code},X\n");
    }
    let counts = setup.read_as("calls", csv.as_bytes()).expect("reads");
    assert_eq!(
        (counts.records, counts.unplaced, counts.unknown_area),
        (12, 2, 3)
    );
    setup.publish("calls", date(2026, 1, 18), false);
    assert!(
        setup.layer("calls").periods.is_empty(),
        "seven days after Sunday"
    );
    setup.publish("calls", date(2026, 1, 19), false);
    let layer = setup.layer("calls");
    let [week] = &layer.periods[..] else {
        panic!("{:?}", layer.periods.len())
    };
    assert_eq!(week.period, "2026-W02");
    let areas: Vec<_> = week
        .areas
        .iter()
        .map(|a| (a.area.as_str(), a.begun_by, a.count))
        .collect();
    assert_eq!(areas, [("0127", BegunBy::Officer, 5)]);
    // Unknown districts and none are not dropped.
    assert_eq!(week.unknown, [(BegunBy::Dispatch, 5)]);
    assert!(!week.areas[0].geometry.0.is_empty());
}

/// A header is the table's fingerprint: where one that is needed is missing, nothing is read.
#[test]
fn both_schemas_and_both_names_of_the_newer_are_known_and_others_stop() {
    let setup = Setup::new();
    let names: BTreeMap<String, serde_json::Value> = serde_json::from_reader(
        File::open(shared("la311_2026_soda_field_names.json")).expect("opens"),
    )
    .expect("JSON");
    let soda: Vec<String> = names
        .keys()
        .filter(|name| *name != "_note")
        .cloned()
        .collect();
    let csv: Vec<String> = names
        .iter()
        .filter(|(name, _)| *name != "_note")
        .filter_map(|(_, header)| header.as_str().map(str::to_owned))
        .collect();
    for header in [&soda, &csv] {
        let feed = setup.city.feed("encampments").expect("a feed");
        layout::Layout::of(header, feed).expect("a known fingerprint");
        for needed in ["casenumber", "createddate"] {
            let changed: Vec<String> = header
                .iter()
                .map(|name| match name.eq_ignore_ascii_case(needed) {
                    true => format!("{name}_v2"),
                    false => name.clone(),
                })
                .collect();
            let error = layout::Layout::of(&changed, feed)
                .expect_err("stops")
                .to_string();
            assert!(
                error.contains("add the new name to the city's file"),
                "{error}"
            );
        }
    }
}

/// One complaint in both tables of 2025: other ids, other forms of address and date.
#[test]
fn the_old_and_the_new_table_of_one_year_count_a_complaint_once() {
    let setup = Setup::new();
    let old = "SRNumber,CreatedDate,RequestType,Address,ZipCode,Latitude,Longitude,Status\n\
               1-99,04/02/2025 12:24:43 PM,Homeless Encampment,\"1989 LUCILE AVE, 90039\",90039,34.09,-118.27,Closed\n";
    let new = "CaseNumber,CreatedDate,RequestType,Address,ZipCode,Latitude,Longitude,Status\n\
               3164606,04/02/2025 12:25:10 PM,Homeless Encampment,\"1989 LUCILE AVE, LOS ANGELES, CA, 90039\",90039,34.09,-118.27,Reported\n\
               3164607,04/02/2025 01:00:00 PM,Homeless Encampment,\"1991 LUCILE AVE, LOS ANGELES, CA, 90039\",90039,34.09,-118.27,Some New Status\n";
    assert_eq!(setup.read(old.as_bytes()).expect("reads").records, 1);
    let counts = setup.read(new.as_bytes()).expect("reads");
    assert_eq!(
        (counts.accepted, counts.records, counts.duplicates),
        (2, 1, 1)
    );
}

/// Coordinates as they have come: swapped, null island, state-plane feet, far off, strings, none.
#[test]
fn rows_without_a_usable_point_are_placed_by_their_zip_code_or_told_as_unplaced() {
    let setup = Setup::new();
    let mut csv =
        "SRNumber,CreatedDate,RequestType,Address,ZipCode,Latitude,Longitude,Location\n".to_owned();
    let rows = [
        ("90013", "34.04", "-118.24", ""),
        ("90013", "", "", "POINT (-118.24 34.04)"),
        ("90013", "-118.24", "34.04", ""),
        ("90013", "0", "0", ""),
        ("90013-1004", "6489203.2", "1839004.1", ""),
        ("90013.0", "-38.0", "174.8", ""),
        ("", "56.1", "-158.0", ""),
        ("99999", "", "", ""),
        ("none", "unknown", "unknown", "POINT EMPTY"),
    ];
    for (n, (zip, lat, lon, location)) in rows.iter().enumerate() {
        csv +=
            &format!("{n},2020-01-02,Homeless Encampment,{n} A ST,{zip},{lat},{lon},{location}\n");
    }
    let counts = setup.read(csv.as_bytes()).expect("reads");
    assert_eq!((counts.records, counts.unplaced, counts.by_zip), (9, 7, 4));
    setup.publish("encampments", date(2020, 2, 8), false);
    let layer = setup.layer("encampments");
    // Two and four are in one cell of resolution 6; three are too few to be told of.
    let areas = &layer.periods[0].areas;
    assert_eq!(areas.iter().map(|area| area.count).sum::<u32>(), 6);
    assert!(layer.periods[0].unknown.is_empty());
    let mut more = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n".to_owned();
    for n in 10..15 {
        more += &format!("{n},2020-03-02,Homeless Encampment,{n} A ST,,\n");
    }
    setup.read(more.as_bytes()).expect("reads");
    setup.publish("encampments", date(2020, 5, 1), false);
    assert_eq!(
        setup.layer("encampments").periods[1].unknown,
        [(BegunBy::Untold, 5)]
    );
}

/// A city that records police calls about homelessness needs no Rust: San Francisco's types, in its own columns.
#[test]
fn another_city_and_a_layer_of_encampment_calls_need_only_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bayview.toml");
    let file = r#"
        name = "Bayview"
        time_zone = "America/Los_Angeles"
        bounds = [37.6, -122.6, 37.9, -122.3]
        [[feeds]]
        id = "encampment-calls"
        title = "Police calls about homelessness"
        explanation = "x"
        unit = "calls"
        source = "x"
        licence = "PDDL"
        period = "week"
        filter = { column = ["call_type_final_desc"], is = ["HOMELESS COMPLAINT", "SIT/LIE ENFORCEMENT"] }
        victims = [{ column = ["sensitive_call"], is = ["true"] }]
        columns = { id = ["cad_number"], created = ["received_datetime"], location = ["intersection_point"] }
    "#;
    std::fs::write(&path, file).expect("written");
    let city = City::load(&path.to_string_lossy()).expect("loads");
    let feed = city.feed("encampment-calls").expect("a feed");
    let recorded = File::open(shared(
        "sf_police_calls_realtime_gnap-fj3t_2026-09-30_subset.json",
    ))
    .expect("opens");
    let rows: Vec<soda::JsonRow> = serde_json::from_reader(recorded).expect("rows");
    let mut header: Vec<String> = rows.iter().flat_map(|row| row.keys().cloned()).collect();
    header.sort();
    header.dedup();
    let layout = layout::Layout::of(&header, feed).expect("a known fingerprint");
    let mut placed = 0;
    for row in &rows {
        let of = |kind: Option<&str>| {
            let text = |at: usize| match (kind, header[at].as_str()) {
                (Some(kind), "call_type_final_desc") => kind.to_owned().into(),
                (_, column) => soda::text(row, column),
            };
            layout.row(text, feed, &city)
        };
        let sensitive = soda::text(row, "sensitive_call") == "true";
        match of(Some("Homeless Complaint")) {
            layout::Row::Accepted(row) => placed += usize::from(row.has_point),
            layout::Row::Rejected(reason) => assert!(sensitive && reason == layout::VICTIM),
            layout::Row::Skipped => panic!("of this feed"),
        }
        if soda::text(row, "call_type_final_desc") != "HOMELESS COMPLAINT" {
            assert!(matches!(of(None), layout::Row::Skipped));
        }
    }
    assert!(placed > 0);
}
