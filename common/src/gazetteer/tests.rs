//! The built-in places, asked as people ask.

mod bounds;
mod corners;
mod kinds;

use std::path::Path;

use super::index::metres;
use super::*;

const CORNERS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/data/la311_derived_intersections.csv"
));

/// 5th St & San Pedro St.
const CORNER: (f64, f64) = (34.0442, -118.2439);

fn cell() -> Cell {
    Cell::at(CORNER.0, CORNER.1, 9).expect("on the globe")
}

#[test]
fn every_way_to_say_a_corner_finds_its_cell() {
    let places = Gazetteer::los_angeles();
    let check = |text: &str| {
        let found = places.find(text);
        assert_eq!(
            found.as_ref().map(|place| place.cell),
            Ok(cell()),
            "{text}: {found:?}"
        );
    };
    // The five forms.
    check("5th & San Pedro");
    check("5TH ST AT SAN PEDRO ST, 90013");
    check("san pedro y 5ta");
    check("34.0442,-118.2439");
    check("https://www.google.com/maps/place/x/@34.05,-118.25,15z/data=!3d34.0442!4d-118.2439");
    // Order, connectors, kinds, directions.
    check("San Pedro & 5th");
    check("5th and san pedro");
    check("5th n san pedro");
    check("5th/san pedro");
    check("5th @ san pedro");
    check("5th x San Pedro");
    check("5th st. and San Pedro st.");
    check("E 5th Street & S San Pedro Street");
    check("Fifth and San Pedro");
    check("5th san pedro");
    check("5th&sanpedro");
    check("5TH STREET / SAN PEDRO STREET 90013");
    check("5 & san pedro");
    check("https://maps.google.com/?q=5th+St+%26+San+Pedro+St");
    // Words around it.
    check("3 cop cars by 5th n san pedro rn");
    check("cops at the corner of 5th and San Pedro!!");
    check("lapd sweeping tents, 5th & san pedro, heading east");
    check("2 patrol cars parked 5th near san pedro st right now please be safe");
    check("Police at san pedro on 5th");
    // Spanish.
    check("policia en la calle 5 con san pedro");
    check("policía en la quinta y San Pedro");
    check("hay 3 patrullas en san pedro con la 5ta");
    check("esquina de San Pedro y la calle 5");
    check("5ta esquina San Pedro");
    check("en la cinco y san pedro");
    check("san pedro casi esquina con la 5");
    check("la 5 cerca de San Pedro");
    check("san pedro a la altura de la 5");
    check("5ta enfrente de San Pedro");
    check("calle cinco y san pedro por favor cuidado");
    // Other connectors, and the city behind.
    check("5th close to san pedro");
    check("5th just off san pedro");
    check("san pedro half a block from 5th");
    check("cops on san pedro just north of 5th");
    check("5th, cross street san pedro");
    check("intersection of 5th and San Pedro");
    check("5th where it meets san pedro");
    check("5th &amp; San Pedro");
    check("5th & san pedro los angeles");
    check("5th St & San Pedro St, Los Angeles, CA 90013, USA");
    check("https://www.google.com/maps/place/5th+St+%26+San+Pedro+St,+Los+Angeles,+CA+90013");
    check("https://maps.apple.com/?address=5th%20St%20%26%20San%20Pedro%20St,%20Los%20Angeles");
    // Slips.
    check("5th & san pdero");
    check("5th and sanpedor");
    check("5th and San Perdo");
    // A short link that comes with words.
    check("https://maps.app.goo.gl/abcDEF 5th & san pedro");
}

#[test]
fn other_corners_are_found_by_their_labels() {
    let places = Gazetteer::los_angeles();
    let check = |text: &str, label: &str| {
        let found = places.find(text);
        assert_eq!(
            found.as_ref().map(|place| place.label.as_str()),
            Ok(label),
            "{text}: {found:?}"
        );
    };
    check("cops at the corner of 6th and Wall!!", "6th St & Wall St");
    check("hollywood and vine", "Hollywood Blvd & Vine St");
    check("figueroa & 7th", "7th St & Figueroa St");
    check("vermont con la 8", "8th St & Vermont Ave");
    check(
        "MLK and vermont",
        "Martin Luther King Jr Blvd & Vermont Ave",
    );
    check("van nuys blvd & vanowen st", "Van Nuys Blvd & Vanowen St");
    check("3 cop cars by 5th n towne rn", "5th St & Towne Ave");
    check("alvarado y la 6", "6th St & Alvarado St");
    check("en la 6ta y alvarado hay policia", "6th St & Alvarado St");
    check("gone from san julian & 6th", "6th St & San Julian St");
    check("cesar chavez y soto", "Cesar E Chavez Ave & Soto St");
    check("sta monica and vermont", "Santa Monica Blvd & Vermont Ave");
    check("50th and figueroa", "50th St & Figueroa St");
    check("fifty first and figueroa", "51st St & Figueroa St");
    check("temple, hill", "Hill St & Temple St");
    check("cops corner temple hill, stay safe", "Hill St & Temple St");
    check("5th & los angeles", "5th St & Los Angeles St");
    check("los angeles & 5th", "5th St & Los Angeles St");
    check("ave 50 and figueroa", "Avenue 50 & Figueroa St");
    check("figeroa and 7th", "7th St & Figueroa St");
}

#[test]
fn a_corner_that_no_line_lists_is_drawn_from_those_that_some_do() {
    // A grid 200 m apart, of which the north-east corner is not listed: First and Third, Ash and Cedar meet there.
    let line = |kind: &str, a: &str, b: &str, row: f64, column: f64| {
        let (lat, lon) = (34.0 + row * 0.0018, -118.2 + column * 0.00217);
        format!("{kind},{a},{b},,{lat:.5},{lon:.5}\n")
    };
    let rows = ["FIRST ST", "SECOND ST", "THIRD ST", "FOURTH ST"];
    let columns = ["ASH AVE", "BEECH AVE", "CEDAR AVE", "DATE AVE"];
    let places = |kind: &str| {
        let mut text = String::from("# Spotlight places, version 1\n# bounds: 33,-119,35,-118\n");
        for (row, street) in rows.iter().enumerate() {
            for (column, avenue) in columns.iter().enumerate() {
                if (row, column) != (3, 3) {
                    text.push_str(&line(kind, street, avenue, row as f64, column as f64));
                }
            }
        }
        Gazetteer::parse(&text, Path::new("grid.csv")).expect("a grid")
    };
    let place = places("crossing").find("fourth & date").expect("drawn");
    let error = metres(
        (place.lat, place.lon),
        (34.0 + 3.0 * 0.0018, -118.2 + 3.0 * 0.00217),
    );
    assert!(error < 20.0, "{error} m away");
    assert_eq!(place.label, "Date Ave & Fourth St");
    // Where every corner is known, it is not there.
    let none = places("corner")
        .find("fourth & date")
        .map_err(|missing| missing.why);
    assert!(matches!(none, Err(Missing::UnknownCorner(..))), "{none:?}");
}

#[test]
fn what_is_not_known_is_answered_and_not_guessed() {
    let places = Gazetteer::los_angeles();
    let check = |text: &str, expected: Missing| {
        let found = places.find(text).map_err(|missing| missing.why);
        assert_eq!(found, Err(expected), "{text}");
    };
    check("", Missing::NoPlace);
    check("help", Missing::NoPlace);
    check("3 cops", Missing::NoPlace);
    check("I saw a cop at 5 and 6 pm", Missing::NoPlace);
    check("cops at 5:30", Missing::NoPlace);
    check("call me 213-555-0142", Missing::NoPlace);
    check("it is 5:30 and main gate is closed", Missing::NoPlace);
    check(
        "police headed from 5th to san pedro",
        Missing::OneStreet("San Pedro".to_owned()),
    );
    check(
        "burbank in front of the store by reseda",
        Missing::OneStreet("Burbank Blvd".to_owned()),
    );
    check(
        "city of los angeles",
        Missing::OneStreet("Los Angeles St".to_owned()),
    );
    check(
        "san pedro y 3 policias",
        Missing::OneStreet("San Pedro".to_owned()),
    );
    check(
        "cops on san pedro at 5",
        Missing::OneStreet("San Pedro".to_owned()),
    );
    check(
        "5th & Nowhere Special",
        Missing::OneStreet("5th".to_owned()),
    );
    check("cops on main", Missing::OneStreet("Main".to_owned()));
    check(
        "there are 4 police officers and 2 cars at my tent",
        Missing::NoPlace,
    );
    check("figueroa & 50", Missing::Ambiguous);
    check("🚓🚓🚓", Missing::NoPlace);
    check("https://maps.app.goo.gl/5thSanPedro", Missing::ShortLink);
    check("cops https://goo.gl/maps/abc", Missing::ShortLink);
    check("https://maps.apple/p/XyZ", Missing::ShortLink);
    check("40.7128,-74.0060", Missing::OutsideCity);
    check("34.9000,-118.2439", Missing::OutsideCity);
    check("0.0000,0.0000", Missing::OutsideCity);
    check(
        "https://www.google.com/maps/@51.5007,-0.1246,15z",
        Missing::OutsideCity,
    );
}

#[test]
fn two_places_of_one_name_are_a_question_with_both() {
    let places = Gazetteer::los_angeles();
    let missing = places
        .find("4th ave & vernon ave")
        .expect_err("two of them");
    assert_eq!(missing.why, Missing::Ambiguous);
    assert!(
        (2..=MOST_CANDIDATES).contains(&missing.candidates.len()),
        "{missing:?}"
    );
    let [first, second, ..] = missing.candidates.as_slice() else {
        panic!("{missing:?}")
    };
    assert!(metres((first.lat, first.lon), (second.lat, second.lon)) > 400.0);
    for candidate in &missing.candidates {
        let again = places
            .find(&candidate.label)
            .expect("a candidate's label is an answer");
        assert!(metres((again.lat, again.lon), (candidate.lat, candidate.lon)) < 300.0);
    }
}

#[test]
fn what_is_near_home_is_asked_for_first_and_never_taken() {
    let places = Gazetteer::los_angeles();
    let asked = |home: (f64, f64)| {
        let missing = places
            .find_near("4th ave & vernon ave", home)
            .expect_err("two of them");
        missing.candidates
    };
    let [venice, leimert] = [(33.992, -118.468), (34.004, -118.325)];
    for home in [venice, leimert] {
        let candidates = asked(home);
        let from_home: Vec<f64> = candidates
            .iter()
            .map(|place| metres((place.lat, place.lon), home))
            .collect();
        assert!(
            from_home.is_sorted() && from_home.len() > 1,
            "{from_home:?}"
        );
    }
    assert_ne!(asked(venice)[0].label, asked(leimert)[0].label);
}

/// The rows of the open data's corners: two streets, their ZIP, the point.
fn corners() -> Vec<(String, String, String, (f64, f64))> {
    let row = |line: &str| {
        let line = line
            .replace("MARTIN LUTHER KING, JR BLVD", "MARTIN LUTHER KING JR BLVD")
            .replace('"', "");
        let fields: Vec<&str> = line.split(',').collect();
        let [a, b, zip, lat, lon, _] = fields.as_slice() else {
            panic!("{line}")
        };
        let point = (
            lat.parse().expect("a latitude"),
            lon.parse().expect("a longitude"),
        );
        ((*a).to_owned(), (*b).to_owned(), (*zip).to_owned(), point)
    };
    CORNERS.lines().skip(1).map(row).collect()
}

#[test]
fn known_corners_are_found_however_they_are_said() {
    const PHRASINGS: &[&str] = &[
        "{a} & {b}",
        "{b} and {a}",
        "{a}/{b}",
        "{a} x {b}",
        "{a} @ {b}",
        "{a} - {b}",
        "{a}, {b}",
        "{a} {b}",
        "corner {a} {b}",
        "intersection of {a} and {b}",
        "{a} cross street {b}",
        "{a} close to {b}",
        "{a} in front of {b}",
        "{a} a block from {b}",
        "cops on {a} just north of {b}",
        "3 cops at {a} & {b} rn",
        "they left {a} & {b}",
        "police\n{a} & {b}",
        "{a} & {b} los angeles ca {zip}",
        "{a} & {b} los angeles",
        "{a} y {b}",
        "{a} con {b} por favor cuidado",
        "esquina de {a} y {b}",
        "{a} casi esquina con {b}",
        "en {a} cerca de {b}",
        "{a} enfrente de {b}",
        "{a} a la altura de {b}",
        "hay policia en {a} y {b}",
        "ya se fueron de {a} y {b}",
        "{lat},{lon}",
        "N{lat} W{west}",
        "latitud {lat} longitud {lon}",
        "{lon},{lat}",
        "geo:0,0?q={lat},{lon}(x)",
        "https://www.google.com/maps/place/{lat},{lon}/@34.1,-118.3,12z",
        "https://www.waze.com/live-map/directions?to=ll.{lat}%2C{lon}",
        "https://maps.apple.com/?ll={lat},{lon}&q=x",
    ];
    let places = Gazetteer::los_angeles();
    // Without its kind, as people say it.
    let short = |name: &str| match name.rsplit_once(' ') {
        Some((core, kind)) if words::is_suffix(kind) => core.to_lowercase(),
        _ => name.to_lowercase(),
    };
    let (mut asked, mut found, mut wrong) = (0, 0, 0);
    for (a, b, zip, point) in corners().iter().step_by(5) {
        for phrasing in PHRASINGS {
            let text = phrasing
                .replace("{a}", &short(a))
                .replace("{b}", &short(b))
                .replace("{zip}", zip)
                .replace("{lat}", &format!("{:.5}", point.0))
                .replace("{lon}", &format!("{:.5}", point.1))
                .replace("{west}", &format!("{:.5}", -point.1));
            asked += 1;
            if let Ok(place) = places.find(&text) {
                let error = metres((place.lat, place.lon), *point);
                found += usize::from(error <= 250.0);
                wrong += usize::from(error > 400.0);
            }
        }
    }
    // A name without its kind is often a question: two streets have it.
    assert!(found * 100 >= asked * 94, "{found} of {asked} found");
    assert!(wrong * 1_000 <= asked * 4, "{wrong} of {asked} wrong");
}

#[test]
fn every_corner_of_the_open_data_is_found_in_both_orders() {
    let places = Gazetteer::los_angeles();
    let mut rows = 0;
    for (a, b, zip, truth) in corners() {
        for text in [format!("{a} & {b}, {zip}"), format!("{b} & {a}, {zip}")] {
            let place = places
                .find(&text)
                .unwrap_or_else(|missing| panic!("{text}: {missing:?}"));
            let error = metres((place.lat, place.lon), truth);
            assert!(error < 100.0, "{text}: {} is {error} m away", place.label);
            assert_eq!(
                Some(place.cell),
                places.published_cell(place.lat, place.lon)
            );
        }
        rows += 1;
    }
    assert_eq!(rows, 1_525);
}

#[test]
fn cells_are_published_as_finely_as_known_places_allow() {
    let places = Gazetteer::los_angeles();
    let resolution = |lat, lon| places.published_cell(lat, lon).map(Cell::resolution);
    assert_eq!(resolution(CORNER.0, CORNER.1), Some(9));
    // The ocean, and a ridge of the Santa Monica mountains.
    assert_eq!(resolution(33.9, -118.6), Some(7));
    assert_eq!(resolution(34.12, -118.56), Some(7));
    assert_eq!(resolution(f64::NAN, 0.0), None);
    assert!(places.known.iter().any(|cell| cell.resolution() == 7));
}

#[test]
fn a_cell_has_words() {
    let places = Gazetteer::los_angeles();
    let label = places.cell_label(cell());
    assert!(
        label.starts_with("near ") && label.contains(" & "),
        "{label}"
    );
    let coarse = places.cell_label(cell().parent(7).expect("coarser"));
    assert!(coarse.starts_with("near "), "{coarse}");
    let ocean = Cell::at(33.5, -119.0, 7).expect("on the globe");
    assert_eq!(places.cell_label(ocean), "in Los Angeles");
}
