use super::*;

const HEADER: &str = "id,date,start,end,place,area,latitude,longitude,kind,source\n";

fn city() -> City {
    City::load("los-angeles").expect("loads")
}

fn now() -> Timestamp {
    "2026-12-01T20:00:00Z".parse().expect("a time")
}

fn table(lines: &str) -> Reading {
    read(format!("{HEADER}{lines}").as_bytes(), &city(), now()).expect("a table")
}

#[test]
fn a_line_is_a_notice_of_an_area_and_never_of_a_point() {
    let line = "our own,2026-12-03,7:00,12:30,\"San Julian Park, north side\",,34.04391,-118.24702,Removal,Bureau of Sanitation\n";
    let reading = table(line);
    assert_eq!(reading.problems, []);
    let [notice] = &reading.notices[..] else {
        panic!("{reading:?}")
    };
    assert_eq!(notice.place, "San Julian Park, north side");
    assert_eq!(notice.area.as_deref(), Some("Skid Row"));
    assert_eq!(notice.cell, Cell::at(34.04391, -118.24702, 8));
    assert_eq!(notice.kind, Kind::Removal);
    assert_eq!(notice.source.as_deref(), Some("Bureau of Sanitation"));
    // Los Angeles is at UTC-8 in December.
    assert_eq!(notice.begins_at.to_string(), "2026-12-03T15:00:00Z");
    assert_eq!(notice.over_at.to_string(), "2026-12-03T20:30:00Z");
    let told = format!("{notice:?}");
    assert!(
        !told.contains("34.0") && !told.contains("our own"),
        "{told}"
    );
}

#[test]
fn without_hours_it_is_of_the_whole_day_and_without_an_end_until_midnight() {
    let reading = table(
        "a,2026-12-03,,,MacArthur Park,,,,,\nb,2026-12-03,3:30 PM,,MacArthur Park,westlake,,,,\n",
    );
    let [whole, open] = &reading.notices[..] else {
        panic!("{reading:?}")
    };
    assert_eq!(whole.begins_at.to_string(), "2026-12-03T08:00:00Z");
    assert_eq!(
        (whole.kind, whole.area.clone(), whole.cell),
        (Kind::Sweep, None, None)
    );
    assert_eq!(open.begins_at.to_string(), "2026-12-03T23:30:00Z");
    assert_eq!(open.area.as_deref(), Some("Westlake"));
    for notice in [whole, open] {
        assert_eq!(notice.over_at.to_string(), "2026-12-04T08:00:00Z");
    }
}

#[test]
fn days_are_as_long_as_the_citys_clock_makes_them() {
    let read = |line: &str, now: &str| {
        let table = format!("{HEADER}{line}");
        let reading =
            read(table.as_bytes(), &city(), now.parse().expect("a time")).expect("a table");
        let [notice] = &reading.notices[..] else {
            panic!("{reading:?}")
        };
        (notice.begins_at.to_string(), notice.over_at.to_string())
    };
    // 23 hours, and an hour that is not there; 25 hours.
    let spring = read("a,2027-03-14,2:30,,Echo Park,,,,,", "2027-03-01T00:00:00Z");
    assert_eq!(
        spring,
        ("2027-03-14T10:30:00Z".into(), "2027-03-15T07:00:00Z".into())
    );
    let autumn = read("a,2026-11-01,,,Echo Park,,,,,", "2026-10-30T00:00:00Z");
    assert_eq!(
        autumn,
        ("2026-11-01T07:00:00Z".into(), "2026-11-02T08:00:00Z".into())
    );
}

#[test]
fn what_is_over_is_counted_and_not_kept() {
    // At noon of 1 December.
    let lines = "a,2026-12-01,7:00,11:59,Echo Park,,,,,\nb,2026-12-01,7:00,12:01,Echo Park,,,,,\nc,2026-11-30,,,Echo Park,,,,,\nd,2026-12-01,,,Echo Park,,,,,\n";
    let reading = table(lines);
    assert_eq!(
        (reading.over, reading.notices.len(), reading.refused),
        (2, 2, 0)
    );
}

#[test]
fn a_line_that_cannot_be_used_loses_only_itself_and_is_named_with_its_fix() {
    let cases = [
        (",2026-12-03,,,Echo Park,,,,,", "needs an `id`"),
        (
            "x,12/3/2026,,,Echo Park,,,,,",
            "`12/3/2026`; write it as year-month-day",
        ),
        ("x,2026-02-30,,,Echo Park,,,,,", "year-month-day"),
        ("x,2026-12-3,,,Echo Park,,,,,", "year-month-day"),
        ("x,2062-12-03,,,Echo Park,,,,,", "correct the year"),
        ("x,9999-12-31,,,Echo Park,,,,,", "correct the year"),
        (
            "x,2026-12-03,7,,Echo Park,,,,,",
            "`start` `7`; write it as 07:00",
        ),
        ("x,2026-12-03,25:00,,Echo Park,,,,,", "`start`"),
        ("x,2026-12-03,13:00 PM,,Echo Park,,,,,", "`start`"),
        ("x,2026-12-03,7:0,,Echo Park,,,,,", "`start`"),
        ("x,2026-12-03,-7:00,,Echo Park,,,,,", "`start`"),
        (
            "x,2026-12-03,,12:00,Echo Park,,,,,",
            "an `end` and no `start`",
        ),
        (
            "x,2026-12-03,12:00,12:00,Echo Park,,,,,",
            "not after its `start`",
        ),
        (
            "x,2026-12-03,22:00,02:00,Echo Park,,,,,",
            "not after its `start`",
        ),
        ("x,2026-12-03,,,,,,,,", "`place` that is no name"),
        (
            "x,2026-12-03,,,1234 Main St,,,,,",
            "`place` that has a house number",
        ),
        (
            "x,2026-12-03,,,Echo Park,Ballard,,,,",
            "`Ballard`, which is no district of Los Angeles; leave it empty or write one of: Downtown",
        ),
        (
            "x,2026-12-03,,,Echo Park,,34.07,,,",
            "no coordinates that can be read",
        ),
        (
            "x,2026-12-03,,,Echo Park,,NaN,inf,,",
            "no coordinates that can be read",
        ),
        (
            "x,2026-12-03,,,Echo Park,,-118.26,34.07,,",
            "the other way around",
        ),
        (
            "x,2026-12-03,,,Echo Park,,,,raid,",
            "`kind` `raid`; write one of sweep, cleaning, removal",
        ),
        (
            "x,2026-12-03,,,Echo Park,,,,,ana@example.org",
            "`source` that has an address of mail",
        ),
        (
            "x,2026-12-03,,,Echo Park",
            "5 fields where the first line names 10",
        ),
        ("x,2026-12-03,,,Echo Park, north,,,,,", "11 fields"),
        ("x,2026-12-03,,,\"Echo Park,,,,,", "left open"),
        ("good,2026-12-03,,,Echo Park,,,,,", "same `id` as line 2"),
    ];
    for (line, reason) in cases {
        let reading = table(&format!(
            "good,2026-12-03,,,Echo Park,,,,,\n{line}\nafter,2026-12-04,,,Echo Park,,,,,\n"
        ));
        assert_eq!(reading.notices.len(), 2, "{line}");
        let [problem] = &reading.problems[..] else {
            panic!("{line}: {reading:?}")
        };
        let said = problem.to_string();
        assert!(
            said.starts_with("line 3: ") && said.contains(reason),
            "{line}: {said}"
        );
    }
}

#[test]
fn a_table_of_another_form_is_refused_whole() {
    for (bytes, reason) in [
        (&b""[..], "has no line"),
        (b"\n\n# nothing\n", "has no line"),
        (b"id,date\n", "no column `place`"),
        (b"id,date,place,note\n", "a column `note`"),
        (b"id,date,place,id\n", "`id` twice"),
        (b"id,date,place\rx,2026-12-03,Park\r", "CR alone"),
        (b"\xff\xfei\0d\0", "UTF-16"),
        (b"PK\x03\x04", "spreadsheet"),
        (b"<!DOCTYPE html>\n", "a column `<!DOCTYPE html>`"),
    ] {
        let said = read(bytes, &city(), now()).expect_err("refused");
        assert!(said.contains(reason), "{said}");
    }
    assert!(read(&vec![b'x'; LONGEST_FILE + 1], &city(), now()).is_err());
}

#[test]
fn spreadsheets_may_write_it() {
    let table = b"\xef\xbb\xbfPlace;ID;Date;Start\r\n# a remark\r\n\r\nParque Jos\xe9 Rizal;1;2026-12-03;7:00\r\n\"Park \"\"A\"\"\";2;2026-12-03;7:00";
    let reading = read(table, &city(), now()).expect("a table");
    assert_eq!(reading.problems, []);
    let places: Vec<&str> = reading
        .notices
        .iter()
        .map(|notice| &*notice.place)
        .collect();
    assert_eq!(places, ["Park \"A\"", "Parque José Rizal"]);
}

#[test]
fn an_id_stays_when_the_line_changes_and_is_another_in_another_city() {
    let id = |line: &str| table(line).notices[0].id;
    let first = id("a,2026-12-03,,,Echo Park,,,,,");
    assert_eq!(first, id("a,2026-12-04,8:00,,MacArthur Park,,,,,"));
    assert_ne!(first, id("b,2026-12-03,,,Echo Park,,,,,"));
    let mut other = city();
    other.id = "seattle".to_owned();
    let reading = read(
        format!("{HEADER}a,2026-12-03,,,Echo Park,,,,,").as_bytes(),
        &other,
        now(),
    )
    .expect("a table");
    assert_ne!(first, reading.notices[0].id);
}

#[test]
fn any_bytes_end_in_notices_or_reasons_and_bounds_hold() {
    // A generator of numbers (xorshift) for bytes that a table is made of, and others.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let city = city();
    for _ in 0..300 {
        let pieces = [
            "a",
            ",",
            "\"",
            "\n",
            "\r",
            "2026-12-03",
            ":",
            "7:00",
            ";",
            "Park",
            "\u{202e}",
            "\u{0}",
            "34.04",
            "-118.24",
            "é",
            "\t",
        ];
        let mut bytes = HEADER.as_bytes().to_vec();
        for _ in 0..60 {
            match next() % 20 {
                0 => bytes.push((next() & 0xff) as u8),
                n => bytes.extend(pieces[n as usize % pieces.len()].bytes()),
            }
        }
        let reading = read(&bytes, &city, now()).expect("the header is right");
        assert!(reading.problems.len() <= reading.refused);
    }
    let many: String = (0..MOST + 200)
        .map(|n| format!("{n},2026-12-03,,,Echo Park,,,,,\n"))
        .collect();
    let reading = table(&many);
    assert_eq!(
        (
            reading.notices.len(),
            reading.refused,
            reading.problems.len()
        ),
        (MOST, 200, MOST_NAMED)
    );
}

#[test]
fn a_citys_own_table_has_other_names_days_and_columns_and_says_who_posted_it() {
    let source: Source = toml::from_str(
        "id = 'parks'\nsource = 'City Parks'\nlicence = 'CC0'\naddress = 'https://x/'\n\
         columns = { id = ['Notice No'], date = ['Day', 'Date'], place = ['Where'], kind = ['Type'] }",
    )
    .expect("a source");
    let table = "Notice No,Date,start,Where,Type,Inspector\n7,12/3/2026,8:00 AM,Echo Park,Hazard,A. Person\n8,2026-12-04,,12 Main St,,\n";
    let reading = read_source(table.as_bytes(), &city(), &source, now()).expect("a table");
    let [notice] = &reading.notices[..] else {
        panic!("{reading:?}")
    };
    assert_eq!(
        (notice.date.to_string(), notice.kind),
        ("2026-12-03".into(), Kind::Sweep)
    );
    assert_eq!(notice.source.as_deref(), Some("City Parks"));
    assert_eq!(notice.begins_at.to_string(), "2026-12-03T16:00:00Z");
    assert!(!format!("{reading:?}").contains("Person"));
    assert_eq!(reading.refused, 1);
    let own = read(b"id,date,place\n7,2026-12-03,Echo Park\n", &city(), now()).expect("a table");
    assert_ne!(
        own.notices[0].id, notice.id,
        "the ids of two tables are apart"
    );
    let said = read_source(b"id,Where\n", &city(), &source, now()).expect_err("refused");
    assert!(said.contains("no column `id`"), "{said}");
}
