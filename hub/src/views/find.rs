//! Finding a place by its words: what a reader typed becomes a point, and the point a pin on the map.
//!
//! The words live as long as their answer: no address that the hub writes, no kept body and no log holds them. Links
//! carry the point instead.

use geo::{Contains as _, LineString, Polygon};
use maud::{Markup, html};
use spotlight_common::cell::Cell;
use spotlight_common::gazetteer::{Missing, NotFound, Place, Precision};

use crate::city::City;
use crate::context::Context;
use crate::views::choice::Choice;
use crate::views::elsewhere::{self, Elsewhere};
use crate::views::projection::{Frame, Plane, View};
use crate::views::words::{Lang, Said, Words, place};
use crate::views::{Coverage, Picture, texting};

/// More of what a reader typed is not read.
pub const LONGEST: usize = 200;
/// About so many metres around a place are shown.
const AROUND: f64 = 3_000.0;
/// The grid of points that a link may name, in a degree: about 10 m.
const STEPS: f64 = 10_000.0;

/// A point in steps of a ten-thousandth of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Point {
    lat: i32,
    lon: i32,
}

impl Point {
    pub fn of((lat, lon): (f64, f64)) -> Self {
        let steps = |degrees: f64| (degrees * STEPS).round() as i32;
        Self {
            lat: steps(lat),
            lon: steps(lon),
        }
    }

    /// Latitude and longitude.
    pub fn degrees(self) -> (f64, f64) {
        (f64::from(self.lat) / STEPS, f64::from(self.lon) / STEPS)
    }

    /// `34.0443,-118.2435`, as an address has it.
    pub fn name(self) -> String {
        let (lat, lon) = self.degrees();
        format!("{lat:.4},{lon:.4}")
    }

    /// The point of that name, if it lies in the city and the city can be searched.
    pub fn parse(name: &str, picture: &Picture) -> Option<Self> {
        let point = Self::within(name, &picture.city)?;
        Search::point(point, picture).map(|_| point)
    }

    fn within(name: &str, city: &City) -> Option<Self> {
        let (lat, lon) = name.split_once(',')?;
        let (lat, lon) = (lat.trim().parse().ok()?, lon.trim().parse().ok()?);
        city.holds(lat, lon).then(|| Self::of((lat, lon)))
    }

    /// The view that shows it and what is around it.
    pub fn view(self, city: &City) -> View {
        let plane = Plane::of(city);
        let zoom = (plane.width / AROUND).log2().round() as i32;
        View::grid(zoom, &plane, plane.metres(self.degrees()))
    }
}

/// What was typed, if anything, and what came of it. Not to be printed.
pub struct Search {
    pub text: String,
    pub answer: Result<Place, NotFound>,
    /// What other cities of the hub have of it.
    elsewhere: Vec<Elsewhere>,
}

/// Whether there is anything to look in: places, or other cities.
fn can_search(picture: &Picture) -> bool {
    picture.city.gazetteer.is_some() || picture.cities.are_several()
}

impl Search {
    /// Looks for what a reader typed; none if it is blank or there is nothing to look in.
    pub fn words(text: &str, picture: &Picture) -> Option<Self> {
        let text: String = text.trim().chars().take(LONGEST).collect();
        if text.is_empty() || !can_search(picture) {
            return None;
        }
        let city = &picture.city;
        let stop = || stop(&picture.context, &text).filter(|stop| city.holds(stop.lat, stop.lon));
        let answer = look(&text, city, &picture.coverage);
        let answer = answer.or_else(|missing| stop().ok_or(missing));
        // A street of which only the name is known here may be a corner there.
        let nothing = answer.as_ref().is_err_and(|missing| {
            is_nothing(missing) || matches!(missing.why, Missing::OneStreet(_))
        });
        let elsewhere = elsewhere::find(&text, picture, nothing);
        Some(Self {
            text,
            answer,
            elsewhere,
        })
    }

    /// Says where a point is that a link names; none where there is nothing to look in.
    pub fn point(point: Point, picture: &Picture) -> Option<Self> {
        if !can_search(picture) {
            return None;
        }
        let found = look(&point.name(), &picture.city, &picture.coverage);
        found.ok().map(|place| Self {
            text: String::new(),
            answer: Ok(place),
            elsewhere: Vec::new(),
        })
    }

    /// Whether this city has nothing of it and another has.
    fn is_only_elsewhere(&self) -> bool {
        self.answer.as_ref().is_err_and(is_nothing) && !self.elsewhere.is_empty()
    }

    /// Where it is, if it was found.
    pub fn found(&self) -> Option<Point> {
        let place = self.answer.as_ref().ok()?;
        Some(Point::of((place.lat, place.lon)))
    }
}

/// Whether there is nothing to ask back about.
fn is_nothing(missing: &NotFound) -> bool {
    matches!(
        missing.why,
        Missing::NoPlace | Missing::OutsideCity | Missing::UnknownCorner(..)
    )
}

/// What a city knows of a text: by its places, its districts, or as a point in it.
pub(super) fn look(text: &str, city: &City, coverage: &[Coverage]) -> Result<Place, NotFound> {
    let answer = match (&city.gazetteer, middle(coverage)) {
        (Some(places), Some(home)) => places.find_near(text, home),
        (Some(places), None) => places.find(text),
        (None, _) => point(text, city).ok_or(Missing::NoPlace.into()),
    };
    // To a report a whole district says too little; a reader may look at it.
    let place = answer.or_else(|missing| district(city, text).ok_or(missing))?;
    match city.holds(place.lat, place.lon) {
        true => Ok(place),
        false => Err(Missing::OutsideCity.into()),
    }
}

/// Coordinates, of a city without places: by the name of the district that is just there, if one is.
fn point(text: &str, city: &City) -> Option<Place> {
    let point = Point::within(text, city)?;
    let (lat, lon) = point.degrees();
    let mut districts = city.districts.iter();
    let named = districts.find(|(_, lat, lon)| Point::of((*lat, *lon)) == point);
    Some(Place {
        label: named.map_or(point.name(), |(name, _, _)| name.clone()),
        lat,
        lon,
        cell: Cell::at(lat, lon, 7)?,
        precision: Precision::Point,
    })
}

/// The part of the city that people call so.
fn district(city: &City, text: &str) -> Option<Place> {
    let mut districts = city.districts.iter();
    let (name, lat, lon) = districts.find(|(name, _, _)| name.eq_ignore_ascii_case(text))?;
    Some(Place {
        label: name.clone(),
        lat: *lat,
        lon: *lon,
        cell: Cell::at(*lat, *lon, 7)?,
        precision: Precision::Area,
    })
}

/// A stop of that name, also without the word "station".
fn stop(context: &Context, text: &str) -> Option<Place> {
    let plain = |name: &str| {
        let name = name.trim().to_lowercase();
        name.strip_suffix(" station")
            .map_or(name.clone(), str::to_owned)
    };
    let asked = plain(text);
    let stops = context.transit.iter().flat_map(|layer| &layer.what.stops);
    let mut stops = stops.filter(|stop| plain(&stop.name) == asked);
    let stop = stops
        .clone()
        .find(|stop| stop.is_station)
        .or(stops.next())?;
    let (lat, lon) = stop.at.degrees();
    Some(Place {
        label: stop.name.clone(),
        lat,
        lon,
        cell: Cell::at(lat, lon, 9)?,
        precision: Precision::Point,
    })
}

/// Where several places answer, those nearest to the coverage are offered first.
fn middle(coverage: &[Coverage]) -> Option<(f64, f64)> {
    let points = || coverage.iter().flat_map(|area| &area.outline);
    let count = points().count();
    let mean = |axis: fn(&(f64, f64)) -> f64| points().map(axis).sum::<f64>() / count as f64;
    (count > 0).then(|| (mean(|point| point.0), mean(|point| point.1)))
}

/// The field to type into; nothing where there is nothing to look in.
pub fn form(picture: &Picture, choice: &Choice, search: Option<&Search>) -> Markup {
    let words = choice.lang.words();
    // What is found chooses the view.
    let kept = choice.with_view(View::Now).without_place();
    html! {
        @if can_search(picture) {
            form #find action="./#where" role="search" {
                @for (name, value) in kept.fields() { input type="hidden" name=(name) value=(value); }
                label for="q" { (words.find_heading()) }
                input #q type="search" name="q" required maxlength=(LONGEST) autocomplete="off" spellcheck="false"
                    placeholder=[example(picture, words)] value=[search.map(|search| search.text.as_str())];
                button { (words.find_button()) }
            }
        }
    }
}

/// A place for an example, where it is one of this city.
fn example(picture: &Picture, words: Words) -> Option<Said> {
    let places = picture.city.gazetteer.as_ref()?;
    let corner = texting::corner(picture, words);
    places.find(&corner).is_ok().then_some(corner)
}

/// What came of it, in a sentence, and the places that may have been meant.
pub fn answer(picture: &Picture, choice: &Choice, search: &Search) -> Markup {
    let (lang, words) = (choice.lang, choice.lang.words());
    html! {
        div #found role="status" {
            @match &search.answer {
                Ok(found) => p { strong { (place(&found.label, words)) "." } " " (lies(picture, (found.lat, found.lon), lang)) },
                Err(missing) => {
                    @if search.is_only_elsewhere() {
                        p { (words.find_other_city(&picture.city.name)) }
                    } @else {
                        p { (why(picture, missing, lang)) }
                    }
                    @if !missing.candidates.is_empty() {
                        ul {
                            @for candidate in &missing.candidates {
                                @let point = Point::of((candidate.lat, candidate.lon));
                                li { a href={ (choice.with_place(point, picture).address("./")) "#where" } { (place(&candidate.label, words)) } }
                            }
                        }
                    }
                }
            }
            (elsewhere::links(&search.elsewhere, lang))
        }
    }
}

/// Whether anybody reports from there.
fn lies(picture: &Picture, at: (f64, f64), lang: Lang) -> Said {
    let words = lang.words();
    let area = picture.coverage.iter().find(|area| holds(area, at));
    match area {
        Some(_) if !picture.node_online => words.find_deaf(),
        Some(area) => words.find_inside(&area.name),
        None => words.find_outside(),
    }
}

fn holds(area: &Coverage, (lat, lon): (f64, f64)) -> bool {
    let ring: LineString<f64> = area.outline.iter().map(|(lat, lon)| (*lon, *lat)).collect();
    Polygon::new(ring, Vec::new()).contains(&geo::coord! { x: lon, y: lat })
}

fn why(picture: &Picture, missing: &NotFound, lang: Lang) -> Said {
    let words = lang.words();
    let calm = |name: &str| place(name, words);
    match &missing.why {
        Missing::Ambiguous => words.find_which(),
        Missing::OneStreet(street) => words.find_one_street(calm(street)),
        Missing::UnknownCorner(one, other) => words.find_no_corner(calm(one), calm(other)),
        Missing::TooLarge(area) => words.find_too_large(calm(area)),
        Missing::OutsideCity => words.find_elsewhere(&picture.city.name),
        Missing::ShortLink => words.find_short_link(),
        Missing::NoPlace if picture.city.gazetteer.is_none() => {
            words.find_districts_only(&picture.city.name)
        }
        Missing::NoPlace => words.find_nothing(),
    }
}

/// A pin with its tip on the place: of no level's shape or colour, and without a number.
pub fn pin(point: Point, frame: &Frame, lang: Lang) -> Markup {
    let (x, y) = frame.units(point.degrees());
    html! {
        g .pin data-at={ (point.degrees().0) " " (point.degrees().1) }
            transform={ "translate(" (x.round()) " " (y.round()) ")" }
        {
            title { (lang.words().find_pin()) }
            g {
                path d="M0 0C-2.5-8-11-12-11-22A11 11 0 0 1 11-22C11-12 2.5-8 0 0z" {}
                circle cy="-22" r="4" {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, english, spanish};
    use crate::views::projection;
    use spotlight_common::gazetteer::Gazetteer;
    use std::sync::Arc;

    fn picture() -> Picture {
        let mut picture = fixture::picture(1);
        let mut city = fixture::city();
        city.gazetteer = Some(Gazetteer::los_angeles());
        picture.city = Arc::new(city);
        picture
    }

    fn said(text: &str, lang: Lang) -> String {
        let picture = picture();
        let search = Search::words(text, &picture).expect("an answer");
        let choice = Choice::default().with_lang(lang);
        answer(&picture, &choice, &search).into_string()
    }

    #[test]
    fn a_place_is_named_and_told_to_be_in_the_coverage_or_not() {
        let inside = said("5th and san pedro", english());
        assert!(inside.contains("5th St &amp; San Pedro St"), "{inside}");
        assert!(inside.contains("in Downtown, where people"), "{inside}");
        let district = said("skid row", english());
        assert!(district.contains("<strong>Skid Row."), "{district}");
        let outside = said("hollywood & vine", spanish());
        assert!(
            outside.contains("Sin datos: de all\u{ed} nadie"),
            "{outside}"
        );
    }

    #[test]
    fn a_stop_of_the_imported_lines_is_a_place_too() {
        let mut picture = picture();
        let find = |picture: &Picture, text| {
            let search = Search::words(text, picture).expect("an answer");
            search.found().map(Point::name)
        };
        assert_eq!(find(&picture, "second station"), None);
        picture.context = fixture::context();
        for text in ["second station", "Second", " SECOND STATION"] {
            let found = find(&picture, text);
            assert_eq!(found.as_deref(), Some("34.0350,-118.2470"), "{text}");
        }
        assert_eq!(find(&picture, "third station"), None);
    }

    #[test]
    fn what_is_not_found_has_a_reason_and_what_is_unclear_has_links() {
        let which = said("figueroa & 50", english());
        assert!(which.contains("Which one?"), "{which}");
        assert!(which.matches("<a href=\"./?view=").count() > 1, "{which}");
        for (text, reason) in [
            ("qwertyuiop", "no place that this map knows"),
            ("san pedro", "San Pedro"),
            ("40.7128,-74.0060", "not in Los Angeles"),
            ("https://goo.gl/maps/abc", "opens no links"),
            ("<script>alert(1)</script>", "no place"),
        ] {
            let said = said(text, english());
            assert!(said.contains(reason), "{said}");
            assert!(!said.contains("<script"), "{said}");
        }
    }

    #[test]
    fn nothing_that_is_typed_panics_and_little_of_it_is_read() {
        let picture = picture();
        let long = "5th & \u{1f693}\u{301} San Pedro ".repeat(9_000);
        for text in ["\0", "%%%", "a\u{202e}b", "NaN,NaN", "1e999,-1e999", &long] {
            let search = Search::words(text, &picture).expect("an answer");
            assert!(search.text.chars().count() <= LONGEST);
            form(&picture, &Choice::default(), Some(&search));
        }
        assert!(Search::words(" \t ", &picture).is_none());
        for name in [
            "NaN,NaN",
            "1e999,0",
            "34,",
            "34.05;-118.2",
            "0,0",
            "40.7,-74.0",
        ] {
            assert!(Point::parse(name, &picture).is_none(), "{name}");
        }
    }

    #[test]
    fn a_point_keeps_its_name_and_its_view_holds_it() {
        let picture = picture();
        let point = Point::parse("34.0442,-118.2439", &picture).expect("in the city");
        assert_eq!(point.name(), "34.0442,-118.2439");
        let frame = Frame::of(point.view(&picture.city), &picture);
        let (x, y) = frame.units(point.degrees());
        assert!((250.0..750.0).contains(&x) && (200.0..700.0).contains(&y));
        assert!(frame.width < 5_000.0 && projection::is_drawn((x, y)));
        assert!(Search::point(point, &picture).is_some_and(|search| search.answer.is_ok()));
    }
}
