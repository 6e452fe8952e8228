//! City open data: a portal that speaks SODA with its faults, read by the hub's own binary, killed and run again.

use std::fs;
use std::path::Path;

use serde_json::Value;
use spotlight_tests::open_data::{CASES, City, OLD, cases, fetch, line, lines, shared};
use spotlight_tests::process::{self, Running};
use spotlight_tests::soda::{Fault, Portal};
use spotlight_tests::world::Apart;
use spotlight_tests::{http, scan, wait};

const ENCAMPMENTS: [&str; 2] = ["--feed", "encampments"];

#[test]
fn every_row_comes_once_page_by_page_and_later_only_what_changed() {
    let city = City::start();
    let token = city.folder.path().join("token");
    fs::write(&token, "a-token-of-the-test\n").expect("written");
    let token = token.to_string_lossy();
    let all = city.fetched(&["--feed", "encampments", "--app-token-file", &token]);
    // What an import of the same rows counts: the portal was asked for this feed's alone.
    let old = line(&all, "requests-2018");
    for (key, count) in [
        ("rows", 509),
        ("skipped", 0),
        ("accepted", 509),
        ("records", 421),
        ("duplicates", 88),
    ] {
        assert_eq!(old[key], count, "{key}: {old}");
    }
    let new = line(&all, &cases());
    for (key, count) in [
        ("rows", 256),
        ("records", 242),
        ("duplicates", 14),
        ("unplaced", 0),
    ] {
        assert_eq!(new[key], count, "{key}: {new}");
    }
    let pages = city.portal.pages();
    let of_old: Vec<_> = pages
        .iter()
        .filter(|(path, _)| path.contains(OLD))
        .collect();
    assert_eq!(of_old.len(), 7, "six pages and an empty one");
    for (n, (_, query)) in of_old.iter().enumerate() {
        assert_eq!(query["$order"], ":id");
        assert!(
            query["$where"].starts_with("upper(requesttype) in ('HOMELESS ENCAMPMENT')"),
            "{query:?}"
        );
        assert_eq!(query["$where"].contains(":id > '"), n > 0, "{query:?}");
        // No address leaves the portal without need, and no free text at all.
        assert!(
            !query["$select"].contains("assignto") && !query["$select"].contains("housenumber")
        );
    }
    let asked = city.portal.server.asked();
    let is_with_token = |asked: &spotlight_tests::server::Asked| {
        asked.header("x-app-token") == Some("a-token-of-the-test")
    };
    assert!(
        asked
            .iter()
            .filter(|asked| asked.path.contains(OLD))
            .all(is_with_token)
    );

    // Nothing changed: nothing is read.
    let before = city.portal.pages().len();
    let again = city.fetched(&ENCAMPMENTS);
    assert!(again.iter().all(|line| line["rows"] == 0), "{again:?}");
    assert_eq!(city.portal.pages().len(), before);

    // One row is new, one was touched: only what was updated since is asked for.
    city.portal.change(OLD, |dataset| {
        let at = |n: usize| serde_json::json!(format!("2026-02-0{n}T08:00:00.000Z"));
        let filed =
            |row: &&mut spotlight_tests::soda::Row| row["requesttype"] == "Homeless Encampment";
        let touched = dataset.rows.iter_mut().find(filed).expect("a row");
        touched.insert(":updated_at".to_owned(), at(1));
        touched.insert("status".to_owned(), "Closed".into());
        let mut new = touched.clone();
        new.insert(":id".to_owned(), "row-zzzz".into());
        new.insert(":updated_at".to_owned(), at(2));
        new.insert("srnumber".to_owned(), "1-999".into());
        new.insert("address".to_owned(), "1 QUITE NEW ST, 90013".into());
        dataset.rows.push(new);
        dataset.rows_updated_at = 2;
    });
    let later = city.fetched(&ENCAMPMENTS);
    let old = line(&later, "requests-2018");
    // A day's overlap brings the newest of the first reading again; the rest was last updated before that.
    let counts = [&old["rows"], &old["records"], &old["duplicates"]];
    assert_eq!(counts, [3, 1, 2].map(Value::from).each_ref(), "{old}");
    // No address, no point and no id of a row is in the store or in anything that was said.
    let secrets = [
        "1 QUITE NEW ST",
        "WALL ST AT 5TH ST",
        "SRNumber",
        "1-999",
        "34.0441",
    ];
    let secrets: Vec<_> = secrets.iter().flat_map(|text| scan::text(text)).collect();
    scan::assert_none(&scan::files(&city.data(), &[]), &secrets);
    for said in [&all, &later] {
        let said = format!("{said:?}");
        assert!(!said.contains(" ST") && !said.contains("34.0"), "{said}");
    }
    let status = city.status("requests-2018");
    assert_eq!(
        (&status["rows"], &status["failures"]),
        (&512.into(), &0.into()),
        "{status}"
    );
    assert!(status["next"].is_null(), "only fetch reads it: {status}");
    assert!(status["data_through"].as_str() >= Some("2018-12-31"));
}

#[test]
fn what_fails_for_a_moment_is_asked_again_and_no_row_is_lost() {
    let city = City::start();
    let broken = "{\"code\":\"x\",\"error\":true,\"message\":\"broken\"}".to_owned();
    let faults = [Fault::TooMany(1), Fault::Cut, Fault::Status(500, broken)];
    city.portal.break_after(2, faults);
    let all = city.fetched(&ENCAMPMENTS);
    assert_eq!(line(&all, "requests-2018")["records"], 421);
    assert_eq!(line(&all, &cases())["records"], 242);
}

#[test]
fn a_portal_that_stays_broken_is_named_and_the_reading_goes_on_where_it_was() {
    let city = City::start();
    let elsewhere = "http://127.0.0.2:9/resource/x.json".to_owned();
    let recorded = shared("socrata_error_403.json");
    // Old years' tables are empty but for one page each; the fault comes after two pages of 2018.
    for (fault, reason) in [
        (Fault::Html, "answered with text/html, not with data"),
        (Fault::Status(403, recorded), "403: You must be logged in"),
        (Fault::Object, "JSON of another shape"),
        (Fault::Redirect(elsewhere), "not a listed host"),
        (
            Fault::TooMany(7200),
            "asks to be left alone for a while, until 2",
        ),
        (Fault::Drip, "cut off"),
    ] {
        city.portal.always(Some(fault));
        let output = city.fetch(&ENCAMPMENTS);
        assert_eq!(output.status.code(), Some(1));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.contains(reason), "{reason}: {errors}");
        let status = city.status(&cases());
        assert!(
            status["error"]
                .as_str()
                .is_some_and(|error| error.contains(reason)),
            "{status}"
        );
        assert!(status["last_success"].is_null());
    }
    assert_eq!(city.status(&cases())["failures"], 6);
    city.portal.always(None);
    let all = city.fetched(&ENCAMPMENTS);
    assert_eq!(line(&all, "requests-2018")["records"], 421);
    let status = city.status(&cases());
    assert_eq!(
        (&status["failures"], &status["error"]),
        (&0.into(), &Value::Null),
        "{status}"
    );
}

#[test]
fn a_changed_header_stops_the_feed_and_keeps_what_is_on_the_map() {
    let city = City::start();
    city.fetched(&ENCAMPMENTS);
    let before = layers(&city.data());
    assert_eq!(before, 1, "2018 is published");
    city.portal.change(OLD, |dataset| {
        dataset.rows_updated_at = 3;
        for name in &mut dataset.columns {
            if name == "createddate" {
                *name = "created_at".to_owned();
            }
        }
    });
    let output = city.fetch(&ENCAMPMENTS);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("no column `CreatedDate`") && errors.contains("add the new name"),
        "{errors}"
    );
    assert_eq!(layers(&city.data()), before);
    // Rows of another dataset altogether.
    let bikes: Vec<spotlight_tests::soda::Row> =
        serde_json::from_str(&shared("socrata_bike_counts_page_1.json")).expect("rows");
    city.portal.change(OLD, |dataset| {
        dataset.columns = bikes[0].keys().cloned().collect();
        dataset.rows_updated_at = 4;
    });
    assert_eq!(city.fetch(&ENCAMPMENTS).status.code(), Some(1));
    assert_eq!(layers(&city.data()), before);
}

/// How many periods are published.
fn layers(data: &Path) -> u64 {
    let data = data.to_string_lossy();
    let tables = lines(&process::output(
        "spotlight-hub",
        &["what-do-you-know", "--data", &data],
    ));
    let found = tables
        .iter()
        .find(|table| table["table"] == "encampments/published");
    found.and_then(|table| table["rows"].as_u64()).unwrap_or(0)
}

/// SIGKILL in the middle of a page: what was committed stays, and the next reading goes on after it.
#[test]
fn a_killed_fetch_goes_on_after_its_last_page() {
    let city = City::start();
    let mut seen = 0;
    for good_pages in [3, 2, 1] {
        city.portal.break_after(good_pages, [Fault::Drip]);
        let mut command = process::command("spotlight-hub");
        command
            .args(["fetch", "--feed", "encampments", "--city"])
            .arg(city.file());
        command.arg("--data").arg(city.data());
        let running = Running::start("fetch", command, &city.folder.path().join("logs"));
        let wanted = seen + good_pages + 1;
        wait::until_true("the page drips", wait::LONG, || {
            city.portal.pages().len() >= wanted
        });
        running.kill();
        // The portal notices when it writes on.
        seen = city.portal.pages().len();
    }
    let all = city.fetched(&ENCAMPMENTS);
    let records: u64 = all.iter().filter_map(|line| line["records"].as_u64()).sum();
    let mut stored = 0;
    let data = city.data();
    for table in lines(&process::output(
        "spotlight-hub",
        &["what-do-you-know", "--data", &data.to_string_lossy()],
    )) {
        if table["table"] == "encampments/requests" {
            stored = table["rows"].as_u64().unwrap_or(0);
        }
        if table["table"] == "encampments/unfinished" {
            assert_eq!(table["rows"], 0, "all was read to its end");
        }
    }
    assert_eq!(stored, 509 + 256, "each row is known once");
    assert!(records <= 421 + 242);
    assert_eq!(layers(&data), 1);
}

/// San Francisco's host moved once: the new one is followed to when the city's file lists it, and not before.
#[test]
fn a_portal_that_moved_is_followed_to_a_listed_host() {
    let city = City::start();
    let host = format!("localhost:{}", city.portal.server.port());
    city.portal.move_to(&host);
    let output = city.fetch(&ENCAMPMENTS);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        errors.contains("not a listed host") && errors.contains("`hosts`"),
        "{errors}"
    );
    let text = fs::read_to_string(city.file()).expect("the city's file");
    fs::write(city.file(), format!("hosts = [\"localhost\"]\n{text}")).expect("written");
    let all = city.fetched(&ENCAMPMENTS);
    assert_eq!(line(&all, "requests-2018")["records"], 421);
}

/// A file of a table, packed, in Windows-1252 with CRLF, read again only when it has changed.
#[test]
fn a_file_of_a_table_is_read_whole_or_not_at_all_and_only_when_it_changed() {
    let portal = Portal::start();
    let folder = tempfile::tempdir().expect("a folder");
    let (file, data) = (folder.path().join("city.toml"), folder.path().join("data"));
    fs::write(
        &file,
        format!(
            "name = 'Test'\ntime_zone = 'America/Los_Angeles'\nbounds = [33.0, -119.0, 35.0, -117.0]\n[[feeds]]\nid = 'sweeps'\n\
             title = 't'\nexplanation = 'e'\nunit = 'u'\nsource = 's'\nlicence = 'CC0'\n\
             columns = {{ id = ['No'], created = ['Day'], address = ['Place'], location = ['Point'] }}\n\
             [[feeds.sources]]\nid = 'dump'\nkind = 'csv'\naddress = '{}/dump.csv.gz'\n",
            portal.server.url
        ),
    )
    .expect("written");
    let mut csv = b"No,Day,Place,Point\r\n".to_vec();
    for n in 0..400 {
        csv.extend(format!("{n},1/{}/20 0:05,\"{n} Pe", 1 + n % 28).as_bytes());
        csv.extend(b"\xf1a St, 90013\",\"(34.05, -118.25)\"\r\n");
    }
    let packed = |csv: &[u8]| {
        use std::io::Write as _;
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(csv).expect("packs");
        gz.finish().expect("packs")
    };
    let whole = packed(&csv);
    portal.put_file(
        "/dump.csv.gz",
        "application/gzip",
        &whole[..whole.len() / 2],
    );
    let output = fetch(&file, &data, &[]);
    assert_eq!(output.status.code(), Some(1), "half a file is an error");
    portal.put_file("/dump.csv.gz", "text/html", b"<html>");
    let errors = String::from_utf8_lossy(&fetch(&file, &data, &[]).stderr).into_owned();
    assert!(errors.contains("text/html"), "{errors}");
    portal.put_file("/dump.csv.gz", "application/gzip", &whole);
    let read = &lines(&fetch(&file, &data, &[]))[0];
    assert_eq!(
        (&read["rows"], &read["unplaced"]),
        (&400.into(), &0.into()),
        "{read}"
    );
    let again = &lines(&fetch(&file, &data, &[]))[0];
    assert_eq!(again["rows"], 0, "it has the same version: {again}");
    csv.extend(b"401,1/2/20 0:05,New,\"(34.05, -118.25)\"\r\n");
    portal.put_file("/dump.csv.gz", "application/gzip", &packed(&csv));
    let more = &lines(&fetch(&file, &data, &[]))[0];
    assert_eq!(
        (&more["records"], &more["duplicates"]),
        (&1.into(), &400.into()),
        "{more}"
    );
}

/// Rows of a day and later are a part of their month: it waits until the rest was read.
#[test]
fn a_period_that_was_read_in_part_is_not_published() {
    let city = City::start();
    let since = ["--feed", "encampments", "--since", "2018-12-29"];
    city.fetched(&since);
    assert_eq!(layers(&city.data()), 0);
    let asked = city.portal.pages();
    let of_old = asked
        .iter()
        .find(|(path, _)| path.contains(OLD))
        .expect("it was asked");
    assert!(
        of_old.1["$where"].contains("createddate >= '2018-12-29T00:00:00'"),
        "{of_old:?}"
    );
    assert!(
        !asked.iter().any(|(path, _)| path.contains("d4vt-q4t5")),
        "2017 has no such rows"
    );
    city.fetched(&["--feed", "encampments", "--since", "2018-12-01"]);
    assert_eq!(layers(&city.data()), 1);
}

/// The hub reads by itself what is due, shows it without an import, and says on the page and in its figures what fails.
#[test]
fn a_running_hub_keeps_its_feeds_fresh_and_says_what_it_cannot_refresh() {
    let city = City::start();
    let mut apart = Apart::prepare();
    let metrics = format!("127.0.0.1:{}", process::free_port());
    let path = apart.folder().join("hub.toml");
    let text = fs::read_to_string(&path).expect("the configuration");
    let text = text
        .replace("\"los-angeles\"", &format!("{:?}", city.file()))
        .replace("fetch = false", "fetch = true");
    fs::write(&path, format!("metrics = {metrics:?}\n{text}")).expect("written");
    // A fetch by hand, first: the old years, which have a month to show.
    let data = apart.hub_data();
    fs::create_dir_all(&data).expect("a folder");
    let output = fetch(&city.file(), &data, &ENCAMPMENTS);
    assert_eq!(output.status.code(), Some(0));
    apart.start_hub();
    let layers = apart.map.at("api/v1/layers");
    let page = apart.map.at("");
    let calls = || {
        let layers = http::get(&layers).json();
        let layers = layers["layers"].as_array().expect("layers").clone();
        layers.into_iter().find(|layer| layer["id"] == "calls")
    };
    // Only the hub itself can have read these: there are none of the last months, which is a success.
    let found = wait::until("the calls are read", wait::LONG, calls);
    assert_eq!(found["refreshed"], true);
    let figures = || {
        let text = http::get(&format!("http://{metrics}/metrics"));
        String::from_utf8_lossy(&text.body).into_owned()
    };
    let name = format!(
        "spotlight_feed_failures{{feed=\"encampments\",source=\"{}\"}}",
        cases()
    );
    assert!(figures().contains(&format!("{name} 0\n")), "{}", figures());
    // They are read after the feeds.
    let districts =
        "spotlight_feed_rows{feed=\"boundaries\",source=\"reporting-districts\"} 1135\n";
    wait::until_true("the boundaries are read", wait::LONG, || {
        figures().contains(districts)
    });
    city.portal.always(Some(Fault::Html));
    city.portal
        .change(CASES, |dataset| dataset.rows_updated_at = 9);
    for _ in 0..2 {
        assert_eq!(
            fetch(&city.file(), &data, &ENCAMPMENTS).status.code(),
            Some(1)
        );
    }
    wait::until_true("the page says so", wait::LONG, || {
        let page = http::get(&page);
        String::from_utf8_lossy(&page.body).contains("It could not be refreshed since")
    });
    assert!(figures().contains(&format!("{name} 2\n")), "{}", figures());
    let encampments = http::get(
        &apart
            .map
            .at("api/v1/layers/encampments.geojson?period=2018-12"),
    );
    assert_eq!(encampments.status, 200, "the map stays as it was");
    // What others read our data with reads it: GDAL counts the features and finds polygons where they are.
    let file = apart.folder().join("encampments.geojson");
    fs::write(&file, &encampments.body).expect("written");
    let output = process::system("ogrinfo", &["-ro", "-al", "-so", &file.to_string_lossy()]);
    let said = String::from_utf8_lossy(&output.stdout);
    let features = encampments.json()["features"]
        .as_array()
        .expect("features")
        .len();
    assert!(features > 5);
    for part in [
        &format!("Feature Count: {features}"),
        "WGS 84",
        "count: Integer",
        "area: String",
        "Extent: (-118.",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(apart.hub.take().expect("it runs").terminate().0.success());
}
