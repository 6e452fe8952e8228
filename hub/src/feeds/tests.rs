mod arcgis;
mod attack;
mod ckan;
mod context;
mod files;
mod hostile;
mod open311;
mod replay;
mod rules;
mod seattle;
mod settled;

use super::command::{ImportArgs, run_import};
use super::*;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use jiff::civil::date;

const FILES: [&str; 4] = [
    "la311_2017_export_latlon_parens.csv",
    "la311_2018_export_computed_regions.csv",
    "la311_2020_seed_iso_dates.csv",
    "la311_2020_seed_mdyy_dates.csv",
];

fn shared(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(file)
}

struct Setup {
    city: City,
    folder: tempfile::TempDir,
    store: OpenData,
}

impl Setup {
    fn new() -> Self {
        Self::of("los-angeles")
    }

    fn of(city: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self {
            city: City::load(city).expect("loads"),
            store: OpenData::open(folder.path()).expect("opens"),
            folder,
        }
    }

    fn read(&self, input: impl Read) -> Result<Counts, FeedError> {
        self.read_as("encampments", input)
    }

    fn read_as(&self, feed: &str, input: impl Read) -> Result<Counts, FeedError> {
        self.read_file(feed, "file:x", input)
    }

    fn read_file(&self, feed: &str, source: &str, input: impl Read) -> Result<Counts, FeedError> {
        let feed = self.city.feed(feed)?;
        let mut importer = Importer::new(&self.store, &self.city, feed, source, "file")?;
        fetch::read_all(input, feed, &self.city, &mut importer)?;
        Ok(importer.finish(true)?)
    }

    fn publish(&self, feed: &str, today: Date, again: bool) {
        let feed = self.city.feed(feed).expect("a feed");
        let noon = today.at(12, 0, 0, 0);
        let now = self.city.time_zone.to_timestamp(noon).expect("a time");
        let which = if again { Which::Again } else { Which::Settled };
        publish_due(&self.store, &self.city, feed, now, which).expect("publishes");
    }

    fn layer(&self, feed: &str) -> Layer {
        let layers = load_layers(self.folder.path(), &self.city).expect("loads");
        let mut layers = layers.into_iter();
        layers.find(|layer| layer.id == feed).expect("a layer")
    }

    /// Publishes as of a day and returns every number that readers then see: (period, area) -> count.
    fn published(&self, today: Date, again: bool) -> BTreeMap<(String, String), u32> {
        self.publish("encampments", today, again);
        let layer = self.layer("encampments");
        let periods = layer.periods.iter();
        periods
            .flat_map(|period| {
                let areas = period.areas.iter();
                areas.map(|area| ((period.period.clone(), area.area.clone()), area.count))
            })
            .collect()
    }
}

/// Counted independently with Python's csv module: accepted, records, duplicates, unplaced.
fn check(counts: &Counts, rows: u64, expected: [u64; 4]) {
    let Counts {
        accepted,
        records,
        duplicates,
        unplaced,
        ..
    } = *counts;
    assert_eq!([accepted, records, duplicates, unplaced], expected);
    assert_eq!((counts.rows, counts.skipped), (rows, rows - accepted));
    assert!(counts.rejected.is_empty());
}

#[test]
fn the_real_exports_have_exact_counts_alone_and_one_after_the_other() {
    let alone = [
        [256, 242, 14, 0],
        [509, 421, 88, 0],
        [405, 352, 53, 2],
        [405, 352, 53, 2],
    ];
    let together = Setup::new();
    for (number, file) in FILES.into_iter().enumerate() {
        let rows = if number == 0 { 9_999 } else { 10_000 };
        let open = || File::open(shared(file)).expect("opens");
        check(
            &Setup::new().read(open()).expect("reads"),
            rows,
            alone[number],
        );
        let expected = if number == 3 {
            [405, 0, 405, 2]
        } else {
            alone[number]
        };
        check(&together.read(open()).expect("reads"), rows, expected);
    }
}

/// Of the placed requests of each file alone, in hundredths: 94 to 99 were seen.
#[test]
fn nine_tenths_of_the_placed_requests_are_published() {
    for file in &FILES[..3] {
        let setup = Setup::new();
        let counts = setup
            .read(File::open(shared(file)).expect("opens"))
            .expect("reads");
        let numbers = setup.published(date(2026, 1, 1), false);
        let shown: u64 = numbers.values().map(|&count| u64::from(count)).sum();
        let placed = counts.records - counts.unplaced;
        assert!(shown * 100 >= placed * 94, "{shown} of {placed} in {file}");
        assert!(shown <= placed);
        assert!(numbers.values().all(|&count| count >= 5));
    }
}

#[test]
fn the_bundled_sample_makes_a_layer() {
    let folder = tempfile::tempdir().expect("a folder");
    let city = City::load("los-angeles").expect("loads");
    let counts = import_sample(folder.path(), &city).expect("imports");
    assert!(counts.records > 500 && counts.rejected.is_empty() && counts.unplaced == 0);
    let layers = load_layers(folder.path(), &city).expect("loads");
    let periods: Vec<_> = layers[0]
        .periods
        .iter()
        .map(|period| period.period.as_str())
        .collect();
    assert_eq!(periods, ["2017-12", "2018-12", "2020-01"]);
    for area in layers[0].periods.iter().flat_map(|period| &period.areas) {
        assert!(area.count >= 5 && !area.geometry.0.is_empty());
    }
}

#[test]
fn a_month_is_published_only_when_it_is_due() {
    let setup = Setup::new();
    setup
        .read(File::open(shared(FILES[0])).expect("opens"))
        .expect("reads");
    let early = setup.published(date(2018, 1, 7), false);
    assert!(early.is_empty());
    let due = setup.published(date(2018, 1, 8), false);
    assert!(!due.is_empty());
}

/// Requests without an address: each point is a request of its own, but a device that writes one place a little
/// differently each time is one address.
#[test]
fn jitter_does_not_make_addresses() {
    let published = |step: f64| {
        let setup = Setup::new();
        let mut csv = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n".to_owned();
        for n in 0..6 {
            let lat = 34.04411 + step * f64::from(n);
            csv += &format!("{n},2020-01-02,Homeless Encampment,,{lat:.5},-118.24391\n");
        }
        let counts = setup.read(csv.as_bytes()).expect("reads");
        assert_eq!((counts.records, counts.duplicates), (6, 0));
        let numbers = setup.published(date(2020, 3, 1), false);
        numbers.into_values().collect::<Vec<_>>()
    };
    assert!(published(0.0001).is_empty());
    assert_eq!(published(0.0005), [6]);
}

#[test]
fn bad_rows_are_counted_by_reason_and_a_bad_header_reads_nothing() {
    let setup = Setup::new();
    let csv = "\u{feff}\"CaseNumber\",CreatedDate,Type,Address,Location\r\n\
               1,04/02/2026 12:24:43 PM,homeless encampment ,\"1 A ST, 90013\",\"(34.05, -118.25)\"\r\n\
               2,never,Homeless Encampment,B,\r\n\
               ,04/02/2026 12:24:43 PM,Homeless Encampment,B,\r\n\
               4,04/02/2026\r\n\
               5,04/02/2026 12:24:43 PM,Bulky Items,B,\r\n\
               6,04/02/2026 12:24:43 PM,Homeless Encampment,\" 1  a st,  90013\",\r\n\
               7,04/02/2026 12:24:43 PM,Homeless Encampment,,\"(34.050001, -118.25)\"\r\n\
               8,04/02/2026 12:24:43 PM,Homeless Encampment,,\"(34.050002, -118.25)\"\r\n\
               9,04/02/2026 12:24:43 PM,Homeless Encampment,,\r\n\
               1,04/03/2026 12:24:43 PM,Homeless Encampment,C,\r\n";
    let counts = setup.read(csv.as_bytes()).expect("reads");
    assert_eq!(
        counts.rejected,
        BTreeMap::from([("date", 1), ("id", 1), ("columns", 1)])
    );
    assert_eq!((counts.rows, counts.skipped, counts.accepted), (10, 1, 6));
    assert_eq!(
        (counts.records, counts.duplicates, counts.unplaced),
        (3, 3, 3)
    );
    let missing = setup.read("SRNumber,CreatedDate,RequestType,Latitude,Longitude\n".as_bytes());
    assert!(
        missing
            .expect_err("refused")
            .to_string()
            .contains("`Address`")
    );
    let mut open_quote = csv.as_bytes().to_vec();
    open_quote.extend_from_slice(b"11,\"");
    open_quote.extend(std::iter::repeat_n(b'x', 3 << 20));
    assert!(
        setup
            .read(&open_quote[..])
            .expect_err("refused")
            .to_string()
            .contains("quote")
    );
    let zero = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude,Location\n\
                20,2020-01-02,Homeless Encampment,Z,0,0,POINT (-118.25 34.05)\n";
    assert_eq!(setup.read(zero.as_bytes()).expect("reads").unplaced, 0);
    for bytes in [&b""[..], b"\0\xff\"", b"\"never closed"] {
        assert!(setup.read(bytes).is_err());
    }
}

#[test]
fn a_second_reading_changes_nothing_and_no_address_or_id_is_on_disk() {
    let setup = Setup::new();
    let csv = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n\
               1-998877665,12/30/2017 01:00:00 PM,Homeless Encampment,\"4711 SECRET ST, 90013\",34.0442,-118.2439\n";
    assert_eq!(setup.read(csv.as_bytes()).expect("reads").records, 1);
    assert_eq!(setup.read(csv.as_bytes()).expect("reads").duplicates, 1);
    let folder = &setup.folder;
    let bytes = std::fs::read(folder.path().join("open-data.redb")).expect("reads");
    for secret in ["SECRET", "998877665"] {
        assert!(
            !bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        );
    }
    let tables: HashSet<_> = open_data::published::tables(folder.path())
        .expect("lists")
        .into_iter()
        .map(|table| table.table)
        .collect();
    assert!(tables.contains("encampments/records") && tables.contains("meta"));
}

#[test]
fn a_quote_that_is_never_closed_ends_the_file_and_not_the_memory() {
    let setup = Setup::new();
    let header = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n1,\"";
    let endless = header.as_bytes().chain(io::repeat(b'x').take(1 << 40));
    let error = setup.read(endless).expect_err("refused").to_string();
    assert!(error.contains("a quote left open"), "{error}");
}

#[test]
fn long_quoted_rows_and_quoted_newlines_are_read_whatever_the_block() {
    let setup = Setup::new();
    let mut csv =
        String::from("SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude,Note\r\n");
    for n in 0..2_000 {
        let note = "a \"\"b\"\", c\r\nd ".repeat(n % 90);
        csv.push_str(&format!("{n},1/1/20 0:05,\"Homeless Encampment\",\"{n} A ST,\n 90013\",34.05,-118.25,\"{note}\"\r\n"));
    }
    let counts = setup.read(csv.as_bytes()).expect("reads");
    assert_eq!(
        (counts.rows, counts.records, counts.unplaced),
        (2_000, 2_000, 0)
    );
}

#[test]
fn what_a_duplicate_says_is_known_too() {
    let setup = Setup::new();
    let csv = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n\
               1,1/1/20 0:05,Homeless Encampment,A,34.05,-118.25\n\
               1,1/1/20 0:05,Homeless Encampment,B,34.05,-118.25\n\
               2,1/1/20 0:05,Homeless Encampment,B,34.05,-118.25\n\
               3,1/1/20 0:05,Homeless Encampment,A,34.05,-118.25\n\
               3,1/2/20 0:05,Homeless Encampment,A,34.05,-118.25\n";
    let counts = setup.read(csv.as_bytes()).expect("reads");
    assert_eq!((counts.records, counts.duplicates), (1, 4));
}

#[test]
fn windows_1252_and_utf_8_spell_one_address() {
    let setup = Setup::new();
    let mut csv = b"SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n".to_vec();
    for (id, address) in [
        (1, &b"5 \x8aKODA \x96 PE\xd1A ST"[..]),
        (2, "5 škoda – peña st".as_bytes()),
    ] {
        csv.extend(format!("{id},1/1/20 0:05,Homeless Encampment,").as_bytes());
        csv.extend(address);
        csv.extend(b",34.05,-118.25\n");
    }
    assert_eq!(setup.read(csv.as_slice()).expect("reads").records, 1);
}

#[test]
fn a_file_that_an_early_kill_left_is_no_layer_and_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let city = City::load("los-angeles").expect("loads");
    let path = folder.path().join("open-data.redb");
    drop(crate::store::create::open_or_create(&path, 1 << 20).expect("creates"));
    assert!(load_layers(folder.path(), &city).expect("loads").is_empty());
    assert_eq!(
        import_sample(folder.path(), &city)
            .expect("imports")
            .rejected
            .len(),
        0
    );
}

fn import_args(folder: &Path, files: &[&Path]) -> ImportArgs {
    ImportArgs {
        city: "los-angeles".to_owned(),
        feed: "encampments".to_owned(),
        data: folder.to_owned(),
        year: None,
        file: files.iter().map(|file| file.to_path_buf()).collect(),
    }
}

#[test]
fn a_bad_header_makes_no_store_and_a_failed_file_publishes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let city = City::load("los-angeles").expect("loads");
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, "SRNumber,CreatedDate,Address,Latitude,Longitude\n").expect("written");
    let data = folder.path().join("data");
    let code = run_import(&import_args(&data, &[&bad])).expect("runs");
    assert_eq!((code, data.exists()), (ExitCode::FAILURE, false));
    let good = shared(FILES[0]);
    run_import(&import_args(&data, &[&good, &bad])).expect("runs");
    assert!(
        load_layers(&data, &city).expect("loads")[0]
            .periods
            .is_empty()
    );
    run_import(&import_args(&data, &[&good])).expect("runs");
    assert_eq!(
        load_layers(&data, &city).expect("loads")[0].periods.len(),
        1
    );
}

#[test]
fn outlines_are_closed_and_wound_as_geojson_wants() {
    use geo::{Area as _, Contains as _, InteriorPoint as _};
    let folder = tempfile::tempdir().expect("a folder");
    let city = City::load("los-angeles").expect("loads");
    run_import(&import_args(folder.path(), &[&shared(FILES[0])])).expect("runs");
    let layers = load_layers(folder.path(), &city).expect("loads");
    let areas = &layers[0].periods[0].areas;
    for (n, area) in areas.iter().enumerate() {
        for polygon in area.geometry.iter() {
            assert!(polygon.exterior().is_closed() && polygon.exterior().0.len() >= 7);
            assert!(
                geo::Polygon::new(polygon.exterior().clone(), vec![]).signed_area() > 0.0,
                "{}",
                area.area
            );
            for hole in polygon.interiors() {
                assert!(
                    geo::Polygon::new(hole.clone(), vec![]).signed_area() < 0.0,
                    "{}",
                    area.area
                );
            }
        }
        let inside = area.geometry.interior_point().expect("not empty");
        assert!(
            areas
                .iter()
                .enumerate()
                .all(|(m, other)| (m == n) == other.geometry.contains(&inside))
        );
    }
}
