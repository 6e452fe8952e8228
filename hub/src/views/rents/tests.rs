use super::*;
use crate::city::City;
use crate::views::choice::{Choice, When};
use crate::views::fixture::{self, english, spanish};
use crate::views::page::map_page;
use crate::views::projection::View;
use crate::views::{Picture, atom, csv, geojson};

const KNOWN: Rent = Rent::Is {
    dollars: 612,
    margin: Some(45),
};

const fn plain_rent(dollars: u32) -> Rent {
    Rent::Is {
        dollars,
        margin: None,
    }
}

fn picture() -> Picture {
    let mut picture = fixture::picture(0);
    picture.layers = Arc::new(vec![fixture::layer(), fixture::rents()]);
    picture
}

fn of_rents(picture: &Picture) -> Choice {
    Choice::default().with_layer(&picture.layers[1], BegunBy::Untold, false)
}

#[test]
fn a_layer_has_each_area_whose_outline_is_known_also_from_before() {
    let layer = fixture::rents();
    let periods: Vec<&str> = layer.periods.iter().map(|p| &*p.period).collect();
    assert_eq!(periods, ["2021", "2022"]);
    for period in &layer.periods {
        assert_eq!(period.rents.len(), 4);
        assert!(period.areas.is_empty());
    }
    let shape = |n: usize| Arc::as_ptr(&layer.periods[n].rents[0].shape);
    assert_eq!(shape(0), shape(1), "periods share outlines");
    assert_eq!(layer.data_through, Some(jiff::civil::date(2022, 12, 31)));
    let city = City::load("los-angeles").expect("loads");
    let none = StoredAreas::built_in(&Default::default());
    let stored = [(0, Rents::default())];
    assert!(super::layer(city.rent("rent").expect("a layer"), &stored, none).is_none());
}

#[test]
fn classes_are_round_rising_and_never_empty_of_lower_rents() {
    for (dollars, expected) in [
        (vec![], vec![]),
        (vec![1_500], vec![]),
        (vec![1_500; 9], vec![]),
        (vec![1_449, 2_000], vec![2_000]),
        (vec![1_000, 1_010, 1_020, 1_030], vec![]),
        (
            (0..400).map(|n| 800 + 5 * n).collect(),
            vec![1_300, 1_800, 2_300],
        ),
    ] {
        assert_eq!(by_quarters(dollars), expected);
    }
    let from = [1_300, 1_800, 2_300];
    for (rent, expected) in [
        (Rent::Unknown, None),
        (Rent::Under(100), Some(0)),
        (plain_rent(1_299), Some(0)),
        (plain_rent(1_300), Some(1)),
        (plain_rent(2_299), Some(2)),
        (Rent::OrMore(2_300), Some(3)),
    ] {
        assert_eq!(class(&from, rent), expected);
    }
    let names = class_names(&from, english().words());
    assert_eq!(
        names,
        [
            "under $1,300",
            "$1,300\u{2013}$1,799",
            "$1,800\u{2013}$2,299",
            "$2,300 or more"
        ]
    );
}

#[test]
fn an_area_is_one_sentence_in_the_readers_language() {
    let said = |rent, lang: crate::views::words::Lang| {
        sentence(
            Kind::Census,
            "06037206310",
            rent,
            "2018\u{2013}2022",
            lang.words(),
        )
        .into_owned()
    };
    for (rent, expected) in [
        (
            KNOWN,
            "Tract 2063.10: median gross rent $612 a month, 2018\u{2013}2022 average, give or take $45.",
        ),
        (
            plain_rent(1_612),
            "Tract 2063.10: median gross rent $1,612 a month, 2018\u{2013}2022 average.",
        ),
        (
            Rent::OrMore(3_500),
            "Tract 2063.10: median gross rent $3,500 or more a month, 2018\u{2013}2022 average.",
        ),
        (
            Rent::Under(100),
            "Tract 2063.10: median gross rent under $100 a month, 2018\u{2013}2022 average.",
        ),
        (
            Rent::Unknown,
            "Tract 2063.10: no figure for 2018\u{2013}2022. Too few people rent here, or nobody does.",
        ),
    ] {
        assert_eq!(said(rent, english()), expected);
    }
    assert!(said(Rent::OrMore(3_500), spanish()).contains("$3,500 o m\u{e1}s"));
    for (area, number) in [
        ("06037206300", "2063"),
        ("06037001012", "10.12"),
        ("x", "x"),
    ] {
        assert_eq!(super::number(Kind::Census, area), number);
    }
    assert_eq!(super::number(Kind::Zillow, "90013"), "90013");
    for (dollars, text) in [(99, "$99"), (1_000, "$1,000"), (12_109, "$12,109")] {
        assert_eq!(written(dollars), text);
    }
}

#[test]
fn the_page_shows_rents_only_to_who_asks_and_adds_nothing_up() {
    let mut picture = picture();
    let first = map_page(&picture, picture.at, &Choice::default(), None);
    assert!(
        first.contains("href=\"./?layer=rent\""),
        "it can be asked for"
    );
    assert!(!first.contains("class=\"v0\""));
    let choice = of_rents(&picture);
    let page = map_page(&picture, picture.at, &choice, None);
    for part in [
        "class=\"v0\"",
        "class=\"vn\"",
        "US dollars a month, 2018\u{2013}2022",
        "no figure",
        "Data through December 31, 2022",
        "public domain",
        "says nothing about police",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("id=\"bars\"") && !page.contains("per km"));
    let before = Choice {
        before: Some("2021".to_owned()),
        ..choice.clone()
    };
    let page = map_page(&picture, picture.at, &before, None);
    let (_, compared) = page.split_once("id=\"compared\"").expect("both");
    let (compared, _) = compared.split_once("</section>").expect("its end");
    assert!(
        compared.contains("2017\u{2013}2021") && !compared.contains('%'),
        "{compared}"
    );
    // Alone they are no reason to show them to everybody.
    picture.layers = Arc::new(vec![fixture::rents()]);
    let page = map_page(&picture, picture.at, &Choice::default(), None);
    assert!(!page.contains("class=\"v0\""));
    let of = choice.with_layer(&picture.layers[0], BegunBy::Untold, true);
    assert_eq!(of.address("./"), "./?layer=rent");
    let (_, _, period) = of.of(&picture.layers).expect("a layer");
    assert_eq!(period.map(|p| &*p.period), Some("2022"));
    let of = Choice {
        when: When::Of("2021".to_owned()),
        ..Choice::default()
    };
    let (_, _, period) = of.of(&picture.layers).expect("a layer");
    assert_eq!(period.map(|p| &*p.period), Some("2021"));
}

#[test]
fn the_pin_says_the_rent_of_its_tract() {
    let layer = fixture::rents();
    let said = |lat, lon| {
        let pin = Some(Point::of((lat, lon)));
        at_pin(&layer, &layer.periods[1], pin, english().words()).into_string()
    };
    assert!(said(34.045, -118.255).contains("Tract 2063.10: median gross rent $612"));
    assert!(said(34.045, -118.225).contains("Tract 2063.13: no figure"));
    assert_eq!(said(34.2, -118.255), "");
    assert_eq!(
        at_pin(&layer, &layer.periods[1], None, english().words()).into_string(),
        ""
    );
}

#[test]
fn programs_get_figures_bounds_and_no_counts() {
    let picture = picture();
    let layer = &picture.layers[1];
    let period = &layer.periods[1];
    let all = serde_json::to_value(geojson::layer(layer, period)).expect("plain data");
    let properties = |n: usize| all["features"][n]["properties"].clone();
    assert_eq!(
        properties(0),
        json!({ "area": "06037206310", "name": "2063.10", "period": "2022", "rent": 612, "margin": 45, "bound": "is" })
    );
    assert_eq!(properties(2)["bound"], "or_more");
    assert_eq!(properties(3)["rent"], Value::Null);
    assert_eq!(geojson::layers(&picture)["layers"][1]["measure"], "rent");
    let table = csv::layer(layer, period);
    let rows: Vec<&str> = table.split("\r\n").collect();
    assert!(
        rows[1].starts_with("06037206310,2063.10,2022,612,45,is,34.045000,-118.255000,2022-12-31,")
    );
    assert!(
        rows[4].starts_with("06037206313,2063.13,2022,,,,34.045000,"),
        "{table}"
    );
    let feed = atom::feed(&picture, picture.at, english());
    assert!(feed.contains("4 areas, each with its rent in US dollars a month."));
    let words = english().words();
    let told = for_script(layer, period, Kind::Census, words);
    assert_eq!(
        told["about"],
        "Tract {n}: median gross rent {rent} a month, 2018\u{2013}2022 average, give or take {margin}."
    );
    assert_eq!(
        told["colours"].as_array().map(Vec::len),
        Some(classes(layer).len() + 1)
    );
}

/// With the outlines of the city's tracts, simplified as they are stored.
#[test]
fn the_whole_citys_rents_are_a_light_page() {
    let shapefile = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/data/la_tracts_utm_shapefile.zip"
    );
    let city = Arc::new(City::load("los-angeles").expect("loads"));
    let set = city.rent("rent").expect("a layer");
    let bytes = std::fs::read(shapefile).expect("reads");
    let read = crate::feeds::boundaries::read::read(&bytes, &set.boundaries).expect("reads");
    let areas = simplify(&read, crate::feeds::boundaries::TOLERANCE);
    let by_area = areas.0.keys().zip(0_u32..).map(|(name, n)| {
        // Neighbours that differ, and some without a figure.
        let rent = match n * 7_919 % 41 {
            0 => Rent::Unknown,
            1 => Rent::OrMore(3_500),
            n => plain_rent(900 + n * 50),
        };
        (name.clone(), rent)
    });
    let rents = Rents {
        read_at: 1_782_900_000,
        by_area: by_area.collect(),
    };
    let stored = [(open_data::number(jiff::civil::date(2022, 1, 1)), rents)];
    let outlines = StoredAreas {
        read_at: 0,
        areas,
        former: Areas::default(),
    };
    let layer = super::layer(set, &stored, outlines).expect("drawn");
    assert_eq!(layer.periods[0].rents.len(), 999);
    let mut picture = fixture::picture(3);
    picture.city = city.clone();
    picture.layers = Arc::new(vec![fixture::layer(), layer]);
    for (view, most) in [
        (View::Now, 30_000),
        (View::CITY, 45_000),
        (View::Grid { z: 1, x: 4, y: 4 }, 60_000),
        (View::Grid { z: 2, x: 8, y: 8 }, 60_000),
    ] {
        let choice = of_rents(&picture).with_view(view);
        let page = map_page(&picture, picture.at, &choice, None);
        assert!(page.contains("class=\"v3\"") || view == View::Now);
        let sent = brotli(page.as_bytes());
        assert!(sent < most, "{view:?}: {sent}");
    }
}

/// The bytes of it on the wire, at a quality that is lower than what is sent.
fn brotli(text: &[u8]) -> usize {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 4,
        ..Default::default()
    };
    let mut sent = Vec::new();
    brotli::BrotliCompress(&mut &*text, &mut sent, &params).expect("memory takes it");
    sent.len()
}
