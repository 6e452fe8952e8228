//! Rents on the map: a figure for each area, in classes of round dollars. None is ever added to another.

use std::collections::HashMap;
use std::sync::Arc;

use geo::{Contains as _, MultiPolygon, coord};
use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::{Value, json};

use crate::city::Span;
use crate::city::boundaries::Areas;
use crate::city::rent::{self, Kind};
use crate::feeds::boundaries::simplify::simplify;
use crate::feeds::{period, rent as feed};
use crate::store::open_data::rents::{Rent, Rents};
use crate::store::open_data::sources::StoredAreas;
use crate::store::open_data::{self, BegunBy};
use crate::views::classes::{COLOURS, spread};
use crate::views::find::Point;
use crate::views::layers::{Layer, Period};
use crate::views::projection::Frame;
use crate::views::streets::ring;
use crate::views::svg::{is_in_sight, rings};
use crate::views::time;
use crate::views::words::{Said, Words};

/// A drawing of so many metres across, and the metres by which its outlines may be off: about a pixel.
const COARSE: [(f64, f64); 2] = [(30_000.0, 90.0), (12_000.0, 35.0)];

/// An area and its rent.
#[derive(Debug, Clone, PartialEq)]
pub struct RentArea {
    /// As the boundary set writes it: `06037206310`, `90013`.
    pub area: String,
    /// Periods share it.
    pub shape: Arc<Shape>,
    pub rent: Rent,
}

/// An outline, longitude and latitude in degrees, and the same for drawings of more.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    pub fine: MultiPolygon<f64>,
    /// As [`COARSE`] has them.
    coarse: [MultiPolygon<f64>; COARSE.len()],
}

impl Shape {
    /// The plainest that a drawing can do with.
    fn of(&self, frame: &Frame) -> &MultiPolygon<f64> {
        let mut coarse = COARSE.iter().zip(&self.coarse);
        let found = coarse.find(|((width, _), _)| frame.width >= *width);
        found.map_or(&self.fine, |(_, shape)| shape)
    }
}

/// The layer of rents that were imported, as far as outlines are known; none without any.
pub fn layer(layer: &rent::Rent, stored: &[(i32, Rents)], outlines: StoredAreas) -> Option<Layer> {
    let mut outlines = outlines;
    outlines.former.0.extend(outlines.areas.0);
    let shapes = shapes(&outlines.former, stored);
    let (kind, words) = (layer.kind, &layer.words);
    let span = match kind {
        Kind::Census => Span::FiveYears,
        Kind::Zillow => Span::Month,
    };
    let periods = stored.iter().map(|(first, rents)| {
        let first = open_data::day(*first);
        let areas = rents.by_area.iter().filter_map(|(area, rent)| {
            Some(RentArea {
                area: area.clone(),
                shape: shapes.get(area.as_str())?.clone(),
                rent: *rent,
            })
        });
        Period {
            period: period::name(span, first),
            first,
            areas: Vec::new(),
            rents: areas.collect(),
            unknown: Vec::new(),
        }
    });
    let periods: Vec<Period> = periods.filter(|period| !period.rents.is_empty()).collect();
    let newest = periods.last()?.first;
    let read_at = stored.iter().map(|(_, rents)| rents.read_at).max()?;
    Some(Layer {
        id: kind.id().to_owned(),
        span,
        begun_by: vec![BegunBy::Untold],
        rents: Some(kind),
        title: words.title.clone(),
        explanation: words.explanation.clone(),
        unit: words.unit.clone(),
        spanish: words.spanish.clone(),
        source: words.source.clone(),
        licence: words.licence.clone(),
        data_through: Some(feed::through(kind, newest)),
        rebuilt_on: None,
        fetched_at: Timestamp::from_second(read_at).ok(),
        trouble: None,
        periods,
    })
}

/// The outlines of all areas that have a row, each in its forms. Neighbours keep one border in all of them.
fn shapes<'a>(outlines: &Areas, stored: &'a [(i32, Rents)]) -> HashMap<&'a str, Arc<Shape>> {
    let mut named = HashMap::new();
    for name in stored.iter().flat_map(|(_, rents)| rents.by_area.keys()) {
        if let Some(rings) = outlines.0.get(name) {
            named.insert(name.as_str(), rings.clone());
        }
    }
    let wanted = named
        .iter()
        .map(|(name, rings)| ((*name).to_owned(), rings.clone()));
    let fine = Areas(wanted.collect());
    let coarse = COARSE.map(|(_, metres)| simplify(&fine, metres));
    let shape = |name: &str| Shape {
        fine: fine.outline([name]),
        coarse: [0, 1].map(|n: usize| coarse[n].outline([name])),
    };
    named
        .into_keys()
        .map(|name| (name, Arc::new(shape(name))))
        .collect()
}

/// Where each class of a layer's colours but the first begins, in round dollars, rising: a quarter of all its areas in each,
/// all its periods together, so that a colour is the same rent whichever is looked at and wherever.
pub fn classes(layer: &Layer) -> Vec<u32> {
    let all = layer.periods.iter().flat_map(|period| &period.rents);
    by_quarters(all.filter_map(|area| dollars(area.rent)).collect())
}

fn by_quarters(mut dollars: Vec<u32>) -> Vec<u32> {
    dollars.sort_unstable();
    let mut from: Vec<u32> = Vec::new();
    for quarter in 1..COLOURS {
        let Some(bound) = dollars.get(dollars.len() * quarter / COLOURS) else {
            break;
        };
        let bound = (bound + 50) / 100 * 100;
        if bound > from.last().copied().unwrap_or(0) && dollars.first().is_some_and(|d| *d < bound)
        {
            from.push(bound);
        }
    }
    from
}

/// What classes and colours go by; none where there is no figure.
fn dollars(rent: Rent) -> Option<u32> {
    match rent {
        Rent::Unknown => None,
        Rent::Is { dollars, .. } | Rent::OrMore(dollars) => Some(dollars),
        Rent::Under(dollars) => Some(dollars.saturating_sub(1)),
    }
}

/// An area's class, 0 for the lowest.
pub fn class(from: &[u32], rent: Rent) -> Option<usize> {
    let dollars = dollars(rent)?;
    Some(from.iter().filter(|from| dollars >= **from).count())
}

/// One path a class, and one of the areas without a figure.
pub fn drawn(frame: &Frame, areas: &[RentArea], from: &[u32]) -> Markup {
    let mut paths: [String; COLOURS + 1] = Default::default();
    for area in areas {
        let colour = class(from, area.rent).map_or(COLOURS, |n| spread(from.len(), n));
        let shape = area.shape.of(frame).iter();
        for polygon in shape.filter(|polygon| is_in_sight(frame, polygon)) {
            for line in rings(polygon) {
                ring(frame, line.coords().map(|c| (c.y, c.x)), &mut paths[colour]);
            }
        }
    }
    html! {
        g .rents fill-rule="evenodd" {
            @for (n, path) in paths.iter().enumerate() {
                @if !path.is_empty() { path class=(colour_name(n)) d=(path) {} }
            }
        }
    }
}

fn colour_name(n: usize) -> String {
    match n {
        COLOURS => "vn".to_owned(),
        n => format!("v{n}"),
    }
}

/// The colours, each with its dollars, and how an area without a figure looks.
pub fn legend(from: &[u32], words: Words) -> Markup {
    let names = class_names(from, words).into_iter().enumerate();
    let classes = names.map(|(n, name)| (spread(from.len(), n), name));
    html! {
        ul .classes {
            @for (colour, name) in classes.chain([(COLOURS, words.rent_no_figure())]) {
                li { svg .swatch viewBox="0 0 32 32" aria-hidden="true" {
                    rect class=(colour_name(colour)) width="32" height="32" {}
                } (name) }
            }
        }
    }
}

fn class_names(from: &[u32], words: Words) -> Vec<Said> {
    let (Some(first), Some(last)) = (from.first(), from.last()) else {
        return vec![words.layer_class_only()];
    };
    let mut names = vec![words.layer_class_below(written(*first))];
    for pair in from.windows(2) {
        names.push(words.layer_class_between(written(pair[0]), written(pair[1] - 1)));
    }
    names.push(words.rent_class_above(written(*last)));
    names
}

/// `$1,612`
pub fn written(dollars: u32) -> String {
    let digits = dollars.to_string();
    let mut text = String::from("$");
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What people call an area: a tract's number, `2063.10`, of its eleven digits; a ZIP code.
pub fn number(kind: Kind, area: &str) -> String {
    match (kind, area.get(5..9), area.get(9..11)) {
        (Kind::Census, Some(tract), Some(part)) => {
            let tract = tract.trim_start_matches('0');
            match part {
                "00" => tract.to_owned(),
                part => format!("{tract}.{part}"),
            }
        }
        _ => area.to_owned(),
    }
}

fn area_name(kind: Kind, number: &str, words: Words) -> Said {
    match kind {
        Kind::Census => words.rent_tract(number),
        Kind::Zillow => words.rent_zip(number),
    }
}

/// One sentence about an area: `Tract 2063.10: median gross rent $612 a month, 2018–2022 average, give or take $45.`
fn sentence(kind: Kind, area: &str, rent: Rent, when: &str, words: Words) -> Said {
    let name = area_name(kind, &number(kind, area), words);
    let (amount, margin) = match rent {
        Rent::Unknown => return words.rent_none(name, when),
        Rent::Is { dollars, margin } => (Said::from(written(dollars)), margin),
        Rent::OrMore(dollars) => (words.rent_class_above(written(dollars)), None),
        Rent::Under(dollars) => (words.layer_class_below(written(dollars)), None),
    };
    match (kind, margin) {
        (Kind::Census, Some(margin)) => words.rent_is_about(name, amount, when, written(margin)),
        (Kind::Census, None) => words.rent_is(name, amount, when),
        (Kind::Zillow, _) => words.rent_asked(name, amount, when),
    }
}

/// The same sentences with blanks, for the script: it fills in `{n}`, the area's number, `{rent}` and `{margin}`.
pub fn for_script(layer: &Layer, period: &Period, kind: Kind, words: Words) -> Value {
    let when = time::period(layer.span, period.first, words);
    let name = || area_name(kind, "{n}", words);
    let is = |rent: Said| match kind {
        Kind::Census => words.rent_is(name(), rent, &*when),
        Kind::Zillow => words.rent_asked(name(), rent, &*when),
    };
    json!({
        "is": is(Said::from("{rent}")),
        "about": words.rent_is_about(name(), "{rent}", &*when, "{margin}"),
        "or_more": is(words.rent_class_above("{rent}")),
        "under": is(words.layer_class_below("{rent}")),
        "none": words.rent_none(name(), &*when),
        "colours": class_colours(&classes(layer)),
    })
}

/// The colour of each class.
fn class_colours(from: &[u32]) -> Vec<usize> {
    (0..=from.len()).map(|n| spread(from.len(), n)).collect()
}

/// What is known of the place where a reader's pin is.
pub fn at_pin(layer: &Layer, period: &Period, pin: Option<Point>, words: Words) -> Markup {
    let found = pin.zip(layer.rents).and_then(|(pin, kind)| {
        let (lat, lon) = pin.degrees();
        let mut areas = period.rents.iter();
        let area = areas.find(|area| area.shape.fine.contains(&coord! { x: lon, y: lat }))?;
        let when = time::period(layer.span, period.first, words);
        Some(sentence(kind, &area.area, area.rent, &when, words))
    });
    html! { @if let Some(found) = found { p #rent-here { b { (words.rent_here()) } " " (found) } } }
}

/// How a figure is bounded, for other programs: it is the median, or only a bound of it.
pub fn bound(rent: Rent) -> Option<&'static str> {
    match rent {
        Rent::Unknown => None,
        Rent::Is { .. } => Some("is"),
        Rent::OrMore(_) => Some("or_more"),
        Rent::Under(_) => Some("under"),
    }
}

/// The dollars and the margin.
pub fn figures(rent: Rent) -> (Option<u32>, Option<u32>) {
    match rent {
        Rent::Unknown => (None, None),
        Rent::Is { dollars, margin } => (Some(dollars), margin),
        Rent::OrMore(dollars) | Rent::Under(dollars) => (Some(dollars), None),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::city::City;
    use crate::views::choice::{Choice, When};
    use crate::views::fixture::{self, english, spanish};
    use crate::views::page::map_page;
    use crate::views::{Picture, atom, csv, geojson};

    const KNOWN: Rent = Rent::Is {
        dollars: 612,
        margin: Some(45),
    };

    /// Four tracts in a row, west to east; the second has no outline of its own any more.
    fn rents() -> Layer {
        let city = City::load("los-angeles").expect("loads");
        let row = |n: u8, rent| (format!("0603720631{n}"), rent);
        let by_area = |known| {
            let plain = |dollars| Rent::Is {
                dollars,
                margin: None,
            };
            BTreeMap::from([
                row(0, known),
                row(1, plain(1_612)),
                row(2, Rent::OrMore(3_500)),
                row(3, Rent::Unknown),
                row(9, plain(900)),
            ])
        };
        let stored = [(2021, plain_rent(650)), (2022, KNOWN)].map(|(year, known)| {
            let rents = Rents {
                read_at: 1_782_900_000,
                by_area: by_area(known),
            };
            (open_data::number(jiff::civil::date(year, 1, 1)), rents)
        });
        let ring = |n: u8| {
            let west = -118.26 + 0.01 * f64::from(n);
            let corners = [
                (0.0, 0.0),
                (0.01, 0.0),
                (0.01, 0.01),
                (0.0, 0.01),
                (0.0, 0.0),
            ];
            vec![corners.map(|(x, y)| (west + x, 34.04 + y)).to_vec()]
        };
        let areas = |tracts: &[u8]| {
            Areas(
                tracts
                    .iter()
                    .map(|n| (row(*n, KNOWN).0, ring(*n)))
                    .collect(),
            )
        };
        let outlines = StoredAreas {
            read_at: 0,
            areas: areas(&[0, 2, 3]),
            former: areas(&[1]),
        };
        layer(city.rent("rent").expect("a layer"), &stored, outlines).expect("drawn")
    }

    fn plain_rent(dollars: u32) -> Rent {
        Rent::Is {
            dollars,
            margin: None,
        }
    }

    fn picture() -> Picture {
        let mut picture = fixture::picture(0);
        picture.layers = Arc::new(vec![fixture::layer(), rents()]);
        picture
    }

    fn of_rents(picture: &Picture) -> Choice {
        Choice::default().with_layer(&picture.layers[1], BegunBy::Untold, false)
    }

    #[test]
    fn a_layer_has_each_area_whose_outline_is_known_also_from_before() {
        let layer = rents();
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
        picture.layers = Arc::new(vec![rents()]);
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
        let layer = rents();
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
            rows[1].starts_with(
                "06037206310,2063.10,2022,612,45,is,34.045000,-118.255000,2022-12-31,"
            )
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
}
