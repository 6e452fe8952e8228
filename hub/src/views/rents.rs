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
use crate::views::projection::{Frame, WIDTH};
use crate::views::streets::ring;
use crate::views::svg::{is_in_sight, rings};
use crate::views::time;
use crate::views::words::{Said, Words};

/// In a drawing of so many metres a unit outlines may be off by so many metres: about a pixel.
const COARSE: [(f64, f64); 2] = [(75.0, 90.0), (20.0, 30.0)];

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
    /// The plainest that a drawing of so many metres a unit can do with.
    pub fn at(&self, metres: f64) -> &MultiPolygon<f64> {
        let mut coarse = COARSE.iter().zip(&self.coarse);
        let found = coarse.find(|((from, _), _)| metres >= *from);
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
        let shape = area.shape.at(frame.width / WIDTH).iter();
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
mod tests;
