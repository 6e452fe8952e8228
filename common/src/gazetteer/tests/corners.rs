//! Corners of small cities made for the purpose.

use super::*;

/// Streets named after their rows and columns, 200 m apart; each pair stands in a line of its own.
fn grid(lines: impl IntoIterator<Item = (String, i32, i32)>) -> Gazetteer {
    let mut text = String::from("# Spotlight places, version 1\n# bounds: 33,-119,35,-118\n");
    for (line, row, column) in lines {
        let (lat, lon) = (
            34.0 + f64::from(row) * 0.0018,
            -118.2 + f64::from(column) * 0.00217,
        );
        text.push_str(&format!("{line},{lat:.5},{lon:.5}\n"));
    }
    Gazetteer::parse(&text, Path::new("grid.csv")).expect("a grid")
}

#[test]
fn of_two_courses_drawn_on_the_plainly_nearer_is_meant() {
    // Gale Ave stands above and below Main St in two parts of the city, which do not lie in one line.
    let city = |above: i32, below: i32| {
        let main = (0..6).map(|column| (format!("crossing,MAIN ST,C{column} AVE,"), 0, column));
        let part = move |from: i32, column: i32| {
            (from..from + 4).map(move |row| (format!("crossing,R{row} ST,GALE AVE,"), row, column))
        };
        let parts = part(above, 7).chain(part(-below - 3, 9));
        grid(main.chain(parts)).find("main st & gale ave")
    };
    let place = city(2, 15).expect("the nearer");
    assert!(
        (place.lon - (-118.2 + 7.0 * 0.00217)).abs() < 0.0005,
        "{place:?}"
    );
    let missing = city(8, 9).expect_err("nobody knows");
    assert_eq!(
        (missing.why, missing.candidates.len()),
        (Missing::Ambiguous, 2)
    );
}

#[test]
fn the_zip_code_of_the_other_side_of_the_street_finds_the_only_corner() {
    let places = grid([
        ("corner,ASH ST,MAIN ST,90001".to_owned(), 0, 0),
        ("corner,ASH ST,BEECH ST,90001".to_owned(), 0, 3),
        // These tell where the other ZIP codes are.
        ("corner,CEDAR ST,DATE ST,90002".to_owned(), 10, 0),
        ("corner,ELM ST,FIR ST,90003".to_owned(), 60, 0),
    ]);
    let corner = |zip: &str| places.find(&format!("ash & main, {zip}"));
    assert_eq!(corner("90001").expect("there").label, "Ash St & Main St");
    assert_eq!(corner("90002").expect("beside").label, "Ash St & Main St");
    assert_eq!(corner("90003").expect_err("far").why, Missing::Ambiguous);
}

#[test]
fn a_roadway_of_a_divided_street_is_that_street() {
    let places = grid([("corner,EXPOSITION BLVD,MAIN ST,".to_owned(), 0, 0)]);
    for text in [
        "Exposition Boulevard N/R & Main",
        "cops main y exposition blvd s/r",
        "EXPOSITION BOULEVARD NORTHEAST ROADWAY AT MAIN ST",
        "exposition blvd west roadway & main",
    ] {
        let place = places.find(text).expect(text);
        assert_eq!(place.label, "Exposition Blvd & Main St", "{text}");
    }
}
