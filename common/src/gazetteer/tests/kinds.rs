//! What is no corner: blocks, stations, landmarks and neighbourhoods, and what only looks like one.

use super::*;

#[test]
fn a_street_between_two_others_is_the_middle_of_its_block() {
    let place = Gazetteer::los_angeles()
        .find("cops on San Pedro between 5th and 6th")
        .expect("a block");
    assert_eq!(place.precision, Precision::Street);
    assert_eq!(place.label, "San Pedro St between 5th St and 6th St");
    assert!(metres((place.lat, place.lon), CORNER) < 200.0);
    for same in [
        "san pedro st, btwn 5th & 6th",
        "between 5th and 6th on san pedro",
        "en San Pedro entre la 5 y la 6",
        "san pedro b/w 5th and 6th",
    ] {
        assert_eq!(
            Gazetteer::los_angeles().find(same).map(|place| place.label),
            Ok(place.label.clone()),
            "{same}"
        );
    }
}

#[test]
fn small_areas_are_places_and_large_ones_are_questions() {
    let places = Gazetteer::los_angeles();
    let place = places.find("cops all over skid row").expect("an area");
    assert_eq!(
        (place.precision, place.label.as_str()),
        (Precision::Area, "Skid Row")
    );
    assert_eq!(place.cell.resolution(), 7);
    assert_eq!(
        places
            .find("policia en MacArthur Park")
            .map(|place| place.precision),
        Ok(Precision::Area)
    );
    assert_eq!(
        places.find("cops in Sylmar").map_err(|missing| missing.why),
        Err(Missing::TooLarge("Sylmar".to_owned()))
    );
}

#[test]
fn a_block_is_its_street_and_hundred_in_either_language() {
    let places = Gazetteer::los_angeles();
    let place = places.find("600 block of San Julian").expect("a block");
    assert_eq!(
        (place.precision, place.label.as_str()),
        (Precision::Street, "600 block of San Julian St")
    );
    for same in [
        "cops on the 600 block of S San Julian St",
        "623 san julian st",
        "600 blk of san julian",
        "cuadra 600 de San Julian",
        "la cuadra 600 de la calle san julian",
        "san julian, 600 block",
    ] {
        let found = places.find(same);
        assert_eq!(
            found.as_ref().map(|found| found.label.as_str()),
            Ok("600 block of San Julian St"),
            "{same}: {found:?}"
        );
    }
}

#[test]
fn a_station_is_a_point_and_said_with_its_word() {
    let places = Gazetteer::los_angeles();
    let check = |text: &str, label: &str| {
        let found = places.find(text);
        assert_eq!(
            found
                .as_ref()
                .map(|place| (place.label.as_str(), place.precision)),
            Ok((label, Precision::Point)),
            "{text}: {found:?}"
        );
    };
    check("at pershing square station", "Pershing Square Station");
    check("estacion pershing square", "Pershing Square Station");
    check(
        "policia en la estación de Pershing Square",
        "Pershing Square Station",
    );
    check(
        "sheriffs at wilshire/vermont station rn",
        "Wilshire / Vermont Station",
    );
    check("wilshire vermont station", "Wilshire / Vermont Station");
    check("cops, union station", "Union Station");
    check(
        "macarthur park station",
        "Westlake / MacArthur Park Station",
    );
    check(
        "7th st metro center station",
        "7th Street / Metro Center Station",
    );
    check("tents swept by the midnight mission", "Midnight Mission");
    // A station's word is no station, and half a corner is none either.
    let not = |text: &str| {
        let found = places.find(text);
        let station = found
            .as_ref()
            .is_ok_and(|place| place.label.contains("Station"));
        assert!(!station, "{text}: {found:?}");
    };
    not("police station");
    not("gas station, slauson and western");
    not("western & slauson gas station");
    let asked = places
        .find("vermont station")
        .map_err(|missing| missing.why);
    assert_eq!(asked, Err(Missing::Ambiguous));
}

#[test]
fn a_street_in_a_small_neighbourhood_is_that_neighbourhood() {
    let place = Gazetteer::los_angeles()
        .find("cops on vermont in koreatown")
        .expect("an area small enough");
    assert_eq!(
        (place.precision, place.label.as_str()),
        (Precision::Area, "Koreatown")
    );
}

#[test]
fn a_station_beside_a_corner_elsewhere_is_a_question_and_half_a_corner_is_no_station() {
    let places = Gazetteer::los_angeles();
    let missing = places
        .find("cops at 6th & San Julian, walking to Union Station")
        .expect_err("two places");
    assert_eq!(missing.why, Missing::Ambiguous);
    assert_eq!(missing.candidates.len(), 2, "{missing:?}");
    for text in [
        "estacion Slauson con Western",
        "western con slauson station",
        "police western near slauson station",
    ] {
        if let Ok(place) = places.find(text) {
            assert!(!place.label.contains("Station"), "{text}: {}", place.label);
        }
    }
    // Alone, after words that join nothing, it is one.
    for text in [
        "police at union station",
        "policia en la estacion pershing square",
    ] {
        let place = places.find(text).expect(text);
        assert!(place.label.contains("Station"), "{text}: {}", place.label);
    }
}

#[test]
fn words_of_any_message_make_no_corner_and_another_side_no_block() {
    let places = Gazetteer::los_angeles();
    for text in [
        "federal and national guard on alameda",
        "cops and college kids",
    ] {
        assert!(places.find(text).is_err(), "{text}");
    }
    let south = places.find("600 block of S Main St, 90014");
    assert!(south.is_ok(), "{south:?}");
    assert!(places.find("600 N Main").is_err());
}
