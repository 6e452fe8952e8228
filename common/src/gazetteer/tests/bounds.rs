//! Files that are wrong or large, and texts that are hostile.

use super::*;

#[test]
fn errors_name_the_file_and_the_line() {
    let check = |lines: &str, expected: &str| {
        let error = Gazetteer::parse(lines, Path::new("p.csv")).expect_err(expected);
        assert_eq!(error.to_string(), expected);
    };
    let with =
        |line: &str| format!("# Spotlight places, version 1\n# bounds: 33,-119,35,-118\n{line}\n");
    check(
        "",
        "`p.csv` line 1: should be `# Spotlight places, version 1`",
    );
    check(
        "# Spotlight places, version 1\n",
        "`p.csv` line 1: the header has no `# bounds: south,west,north,east`",
    );
    check(
        &with("corner,A ST,B ST,90013,34"),
        "`p.csv` line 3: `corner` cannot have 4 fields",
    );
    check(
        &with("corner,A ST,B ST,90013,34,x"),
        "`p.csv` line 3: `x` is not a number",
    );
    check(
        &with("corner,A ST,B ST,90013,340,1"),
        "`p.csv` line 3: 340,1 is not on the globe",
    );
    check(
        &with("corner,A ST,,90013,34,-118"),
        "`p.csv` line 3: `` is not a street's name",
    );
    check(&with("known,8f"), "`p.csv` line 3: `8f` is not an H3 cell");
    check(
        &with("shop,X,34,-118"),
        "`p.csv` line 3: `shop` is not corner, crossing, block, area, station, landmark, alias, known or example",
    );
    check(
        &with("example,5th,a street of many letters"),
        "`p.csv` line 3: an example is two streets of plain letters and digits, 13 characters together, not `5th` and `a street of many letters`",
    );
    check(
        &with("corner,5TH ST,OAK ST,,34,-118.5\nexample,6th,Oak"),
        "`p.csv` line 1: the example `6th & Oak` cannot serve: the text names no place that is known here",
    );
    assert!(matches!(
        Gazetteer::load(Path::new("/nowhere")),
        Err(GazetteerError::Read { .. })
    ));
    // It has no end.
    assert!(matches!(
        Gazetteer::load(Path::new("/dev/zero")),
        Err(GazetteerError::TooLarge { .. })
    ));
}

#[test]
fn a_city_of_60_000_corners_takes_less_than_20_megabytes() {
    let syllable = |number: usize| {
        const CONSONANTS: &[u8] = b"BDFGKLMNPRSTVZ";
        let consonant = |n: usize| char::from(CONSONANTS[n % CONSONANTS.len()]);
        format!(
            "{}A{}O{}E",
            consonant(number),
            consonant(number / 14),
            consonant(number / 196)
        )
    };
    let mut text = String::from("# Spotlight places, version 1\n# bounds: 33,-119,36,-116\n");
    for row in 0..245_usize {
        for column in 0..245 {
            let (lat, lon) = (33.5 + row as f64 * 0.0018, -118.5 + column as f64 * 0.0022);
            let (street, avenue) = (syllable(row), syllable(column));
            text.push_str(&format!(
                "crossing,{street} ST,{avenue} AVE,{},{lat:.4},{lon:.4}\n",
                90_000 + row / 10 * 25 + column / 10
            ));
        }
    }
    let places = Gazetteer::parse(&text, Path::new("large.csv")).expect("a large city");
    assert_eq!(places.corners.len(), 60_025);
    assert!(places.bytes() < 20 << 20, "{} bytes", places.bytes());
    let text = format!("3 cop cars by {} st n {} ave rn", syllable(7), syllable(9));
    let place = places.find(&text).expect("a corner");
    assert!(
        metres(
            (place.lat, place.lon),
            (33.5 + 7.0 * 0.0018, -118.5 + 9.0 * 0.0022)
        ) < 20.0
    );
    let slip = format!("{} st & {}X ave", syllable(7), syllable(9));
    assert!(places.find(&slip).is_ok(), "{slip}");
}

#[test]
fn no_text_makes_it_panic_or_slow() {
    let places = Gazetteer::los_angeles();
    let pieces = [
        "5th",
        "san",
        "pedro",
        "&",
        " ",
        " ",
        "st",
        "ave",
        "90013",
        "34.0442",
        ",",
        "-118.2439",
        "https://",
        "!3d",
        "!4d",
        "q=",
        "@",
        "%",
        "%2",
        "geo:",
        "between",
        "calle",
        "é",
        "🚓",
        "\u{0}",
        "°",
        "'",
        "\"",
        "#map=",
        "N",
        "n/r",
        "5",
        "99999999999999999999",
        ".",
        "-",
        "ll=",
        "?",
        "in",
        "skid row",
        "block of",
        "512",
        "west",
        "y",
        "figueroaa",
    ];
    let mut state = 0x5eed_u64;
    let mut next = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    for _ in 0..5_000 {
        let length = next(40);
        let mut text = String::new();
        for _ in 0..length {
            if next(4) == 0 {
                text.extend(char::from_u32(u32::try_from(next(0x3000)).unwrap_or(65)));
            } else {
                text.push_str(pieces[next(pieces.len())]);
                if next(2) == 0 {
                    text.push(' ');
                }
            }
        }
        let _ = places.find(&text);
    }
    for word in [
        "5th & ",
        "san pedro ",
        "34.1,",
        "figueroaa & vermnot & ",
        "°",
        "https://x/?q=5th ",
        "1 ",
    ] {
        // What is over the bound is not read: the cost is the bound's.
        let text = word.repeat(100_000 / word.len());
        let read: String = text.chars().take(LONGEST_TEXT).collect();
        assert_eq!(places.find(&text), places.find(&read), "{word}");
    }
}
