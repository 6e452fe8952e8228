//! Files that nobody would write on purpose, and readers who subtract.

use super::*;
use spotlight_common::cell::Cell;
use std::io::Write as _;

const HEADER: &str = "SRNumber,CreatedDate,RequestType,Address,Latitude,Longitude\n";

#[test]
fn the_real_exports_count_the_same_in_every_order() {
    let alone = [242, 421, 352, 352];
    let contents = FILES.map(|file| std::fs::read(shared(file)).expect("reads"));
    for order in 0..24 {
        let (mut left, mut rest) = (vec![0, 1, 2, 3], order);
        let mut read = Vec::new();
        let setup = Setup::new();
        while !left.is_empty() {
            let file = left.remove(rest % left.len());
            rest /= left.len() + 1;
            let counts = setup.read(&contents[file][..]).expect("reads");
            let is_twin_read = (file == 2 && read.contains(&3)) || (file == 3 && read.contains(&2));
            let expected = if is_twin_read { 0 } else { alone[file] };
            assert_eq!(counts.records, expected, "{file} after {read:?}");
            assert_eq!(counts.accepted, counts.records + counts.duplicates);
            read.push(file);
        }
    }
}

#[test]
fn other_forms_of_the_same_rows_count_the_same() {
    let check = |what: &str, csv: &[u8]| {
        let counts = Setup::new().read(csv).expect("reads");
        let found = [
            counts.rows,
            counts.skipped,
            counts.accepted,
            counts.records,
            counts.duplicates,
            counts.unplaced,
        ];
        assert_eq!(found, [5, 1, 4, 3, 1, 1], "{what}");
    };
    let csv = format!(
        "{HEADER}1,1/2/20 0:05,Homeless Encampment,1  A st,34.05,-118.25\n\
         2,01/02/2020 11:59:59 PM,homeless encampment, 1 a ST ,34.06,-118.26\n\
         3,2020-01-03T00:00:00.000,HOMELESS ENCAMPMENT,1 A ST,34.05,-118.25\n\
         4,2020-01-03,Homeless Encampment,2 A ST,-118.25,34.05\n\
         5,2020-01-03,Bulky Items,2 A ST,34.05,-118.25\n"
    );
    check("as it is", csv.as_bytes());
    check("CRLF", csv.replace('\n', "\r\n").as_bytes());
    check("a byte-order mark", format!("\u{feff}{csv}").as_bytes());
    check("no last line feed", csv.trim_end().as_bytes());
    check("blank lines", csv.replace('\n', "\n\n").as_bytes());
    check("semicolons", csv.replace(',', ";").as_bytes());
    check("tabs", csv.replace(',', "\t").as_bytes());
    let quoted: String = csv
        .lines()
        .map(|line| format!("\"{}\"\r\n", line.replace(',', "\",\"")))
        .collect();
    check("all quoted", quoted.as_bytes());
    let reordered: String = csv
        .lines()
        .map(|line| line.rsplit(',').collect::<Vec<_>>().join(",") + "\n")
        .collect();
    check("columns the other way round", reordered.as_bytes());
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(csv.as_bytes()).expect("packs");
    check("gzip", &gz.finish().expect("packs"));
    let cases = csv.replace(
        HEADER.trim_end(),
        "CaseNumber,CreatedDate,RequestType,Address,Latitude,Longitude",
    );
    check("the schema of 2025", cases.as_bytes());
    let soda = csv.replace(
        HEADER.trim_end(),
        "casenumber,createddate,type,locator_gis_returned_address,geolocation__latitude__s,geolocation__longitude__s",
    );
    check("its names in the interface", soda.as_bytes());
}

#[test]
fn odd_values_of_single_rows_cost_only_those_rows() {
    let setup = Setup::new();
    let mut csv = HEADER.as_bytes().to_vec();
    let mut rows = 0;
    let mut row = |bytes: &[u8]| {
        csv.extend_from_slice(bytes);
        csv.push(b'\n');
        rows += 1;
    };
    row(b"1,1/2/20 0:05,Homeless Encampment,A\0B,34.05,-118.25");
    row(b"2,1/2/20 0:05,Homeless Encampment,0/0 ST,0,0");
    row(b"3,1/2/20 0:05,Homeless Encampment,NEW YORK,40.7,-74.0");
    row(b"4,1/2/20 0:05,Homeless Encampment,SWAPPED,-118.25,34.05");
    row(b"5,1/2/20 0:05,Homeless Encampment,ODD,inf,NaN");
    row(b"6,1/2/20 0:05,Homeless Encampment,\"TWO\nLINES\",34.05,-118.25");
    row(b"7,2/30/20 0:05,Homeless Encampment,C,34.05,-118.25");
    row(b"8,1/2/20 0:05,Homeless Encampment,SHORT");
    row(b"9,1/2/20 0:05,Homeless Encampment,LONG,34.05,-118.25,");
    row(&[
        b"10,1/2/20 0:05,Homeless Encampment,\"",
        &vec![b'x'; 3 << 20][..],
        b"\",34.05,-118.25",
    ]
    .concat());
    row(b"  ,1/2/20 0:05,Homeless Encampment,D,34.05,-118.25");
    row(b"12,1/2/20 0:05,,D,34.05,-118.25");
    row(b"13,1/2/20 0:05,Homeless Encampment,LAST,34.05,-118.25");
    let counts = setup.read(&csv[..]).expect("reads");
    assert_eq!(
        counts.rejected,
        BTreeMap::from([("columns", 2), ("date", 1), ("id", 1), ("length", 1)])
    );
    assert_eq!((counts.rows, counts.skipped), (rows, 1));
    assert_eq!(
        (counts.records, counts.duplicates, counts.unplaced),
        (7, 0, 4)
    );
    let empty = setup
        .read(HEADER.as_bytes())
        .expect("a header alone is a file without rows");
    assert_eq!((empty.rows, empty.accepted), (0, 0));
    let bytes = csv.len();
    let cut = setup
        .read(&csv[..bytes - (3 << 20)])
        .expect_err("cut inside quotes");
    assert!(cut.to_string().contains("inside quotes"), "{cut}");
}

/// Ends with an error after so many bytes, as a disk or a killed process would.
struct Fails<'a>(&'a [u8]);

impl Read for Fails<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::Error::other("cut off")),
            read => Ok(read),
        }
    }
}

#[test]
fn a_cut_off_import_publishes_nothing_of_its_months_until_it_has_run_again() {
    let mut csv = HEADER.to_owned();
    let rows = 6 * import::BATCH / 2;
    for n in 0..rows {
        csv.push_str(&format!(
            "{n},{}/2/20 0:05,Homeless Encampment,{n} A ST,34.05,-118.25\n",
            1 + n % 2
        ));
    }
    let other = format!(
        "{HEADER}{}",
        (0..6)
            .map(|n| format!("x{n},4/2/20 0:05,Homeless Encampment,{n} B ST,34.05,-118.25\n"))
            .collect::<String>()
    );
    let today = date(2021, 1, 1);
    let whole = Setup::new();
    whole.read(csv.as_bytes()).expect("reads");
    let expected = whole.published(today, false);
    assert_eq!(
        expected.values().copied().collect::<Vec<_>>(),
        [rows as u32 / 2; 2]
    );

    let setup = Setup::new();
    let cut = csv.len() * 3 / 4;
    assert!(setup.read(Fails(&csv.as_bytes()[..cut])).is_err());
    let partly = setup
        .store
        .requests("encampments", 0, i32::MAX)
        .expect("reads");
    assert_eq!(
        partly.len(),
        2 * import::BATCH,
        "two batches were committed"
    );
    let other = setup.read_file("encampments", "file:other", other.as_bytes());
    assert_eq!(other.expect("reads").records, 6);
    let now = setup.published(today, false);
    assert_eq!(
        now.iter()
            .map(|((month, _), count)| (month.as_str(), *count))
            .collect::<Vec<_>>(),
        [("2020-04", 6)]
    );
    let left = (rows - 2 * import::BATCH) as u64;
    assert_eq!(setup.read(csv.as_bytes()).expect("reads").records, left);
    let after = setup.published(today, false);
    for (key, count) in expected.iter().chain(&now) {
        assert_eq!(after.get(key), Some(count), "{key:?}");
    }
}

#[test]
fn a_failed_file_keeps_its_place_in_the_output_and_a_file_may_come_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let good = shared(FILES[2]);
    let nowhere = folder.path().join("nowhere.csv");
    for bad in [&nowhere, &folder.path().to_path_buf()] {
        let code = run_import(&import_args(&data, &[bad, &good, &good])).expect("runs");
        assert_eq!(code, ExitCode::FAILURE);
    }
    run_import(&import_args(&data, &[&good, &good])).expect("runs");
    let city = City::load("los-angeles").expect("loads");
    let layers = load_layers(&data, &city).expect("loads");
    assert_eq!(layers[0].periods.len(), 1);
}

/// Two imports and readers at once on one folder: each row counts once, and nobody is turned away.
#[test]
fn imports_and_readers_share_the_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path();
    std::thread::scope(|scope| {
        let imports: Vec<_> = [[0, 1], [1, 2], [2, 3]]
            .into_iter()
            .map(|files| {
                scope.spawn(move || {
                    let files = files.map(|file| shared(FILES[file]));
                    run_import(&import_args(data, &[&files[0], &files[1]])).expect("runs")
                })
            })
            .collect();
        let reader = scope.spawn(|| {
            let city = City::load("los-angeles").expect("loads");
            for _ in 0..20 {
                load_layers(data, &city).expect("loads");
            }
        });
        for import in imports {
            assert_eq!(import.join().expect("ends"), ExitCode::SUCCESS);
        }
        reader.join().expect("ends");
    });
    let tables = open_data::published::tables(data).expect("lists");
    let rows = |name: &str| {
        tables
            .iter()
            .find(|table| table.table == name)
            .map(|table| table.rows)
    };
    assert_eq!(rows("encampments/records"), Some(242 + 421 + 352));
    assert_eq!(rows("encampments/unfinished"), Some(0));
}

/// A reader keeps every number that was ever published, through files in any order, and knows the shapes. The truth is
/// counted here from the rows, apart from the code: each area ever seen holds 5 requests from 3 addresses of its own, no
/// area lies in another of its month, and so no sum or difference of any of them is about fewer.
#[test]
fn no_published_number_and_no_difference_of_two_is_about_fewer_than_five_from_three() {
    let mut state = 0x9e37_79b9_u64;
    let mut next = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for round in 0..12 {
        let setup = Setup::new();
        let spread = [0.01, 0.05, 0.2][round % 3];
        let rows: Vec<(u64, u64, f64, f64)> = (0..400)
            .map(|_| {
                let address = next(120);
                let place = |salt: u64| ((address * 7919 + salt) % 1000) as f64 / 1000.0 - 0.5;
                (
                    1 + next(4),
                    address,
                    34.05 + spread * place(3),
                    -118.3 + spread * place(511),
                )
            })
            .collect();
        let mut seen: BTreeMap<(String, String), u32> = BTreeMap::new();
        let mut known = HashSet::new();
        let mut truth: BTreeMap<String, Vec<(u64, Cell)>> = BTreeMap::new();
        let mut published = HashSet::new();
        for (n, file) in rows.chunks(80).enumerate() {
            let mut csv = HEADER.to_owned();
            let mut months = HashSet::new();
            for (row, (month, address, lat, lon)) in file.iter().enumerate() {
                let day = 1 + address % 3;
                csv.push_str(&format!(
                    "{n}-{row},{month}/{day}/20 0:05,Homeless Encampment,{address} ST,{lat},{lon}\n"
                ));
                let month = format!("2020-0{month}");
                if known.insert((month.clone(), day, *address)) && !published.contains(&month) {
                    let cell = Cell::at(*lat, *lon, 8).expect("a cell");
                    truth
                        .entry(month.clone())
                        .or_default()
                        .push((*address, cell));
                }
                months.insert(month);
            }
            setup.read(csv.as_bytes()).expect("reads");
            // Some months come due only after some files.
            let today = [
                date(2020, 2, 1),
                date(2020, 3, 9),
                date(2020, 3, 10),
                date(2020, 5, 8),
            ][n.min(3)];
            let numbers = setup.published(today, false);
            for (key, count) in &seen {
                assert_eq!(numbers.get(key), Some(count), "{key:?} was revised");
            }
            published.extend(
                truth
                    .keys()
                    .filter(|month| {
                        let first: Date = format!("{month}-01").parse().expect("a month");
                        today >= period::due(crate::city::Span::Month, first)
                    })
                    .cloned(),
            );
            seen = numbers;
        }
        assert!(!seen.is_empty());
        let (months, _) =
            open_data::published::published(setup.folder.path(), "encampments").expect("reads");
        for (month, published) in months {
            let month = open_data::day(month).strftime("%Y-%m").to_string();
            let rows = &truth[&month];
            let mut covered = HashSet::new();
            for area in published.areas() {
                let publish::Extent::Cells(cells) = area.extent() else {
                    panic!("every row has a point")
                };
                assert!(
                    cells.iter().all(|cell| covered.insert(*cell)),
                    "areas overlap"
                );
                let inside: Vec<_> = rows
                    .iter()
                    .filter(|(_, cell)| cells.contains(cell))
                    .collect();
                let addresses: HashSet<_> = inside.iter().map(|(address, _)| address).collect();
                assert_eq!(
                    inside.len(),
                    area.count() as usize,
                    "{month} {}",
                    area.area()
                );
                assert!(inside.len() >= 5 && addresses.len() >= 3);
                assert_eq!(seen[&(month.clone(), area.area().to_owned())], area.count());
            }
        }
    }
}
