//! The lines of the map: streets cut to the drawing and made plain, and their names along them without collisions.

use std::fmt::Write as _;

use crate::city::City;
use crate::city::basemap::{Rank, Street};
use crate::gazetteer::plane;
use crate::gazetteer::simplify::simplify;
use crate::views::projection::{BLEED, Frame, HEIGHT, WIDTH, is_drawn};
use crate::views::words::calm;

/// Units by which a line may be off.
const TOLERANCE: f64 = 0.8;
/// Units in a pixel of a phone that is 360 wide, and of a wide screen.
pub const PHONE: f64 = 2.78;
pub const DESK: f64 = 1.4;
/// For each of them, the most names of districts and of streets.
const MOST: [(f64, usize, usize); 2] = [(PHONE, 5, 13), (DESK, 16, 44)];
/// Pixels.
pub const LETTERS: f64 = 11.0;
/// What a marker takes, in pixels: circles around its middle and around its age below.
const MARKER: [(f64, f64); 2] = [(0.0, 18.0), (24.0, 22.0)];
/// Metres across a drawing from which on short streets would only be scratches, and how long one must be.
const DETAIL: [(f64, f64); 3] = [(30_000.0, 5_000.0), (16_000.0, 2_500.0), (8_000.0, 1_200.0)];

/// Parts of a straight line between the places that are tried for its name.
const STEPS: i32 = 24;

/// Where the page's buttons lie on a phone, in units: middle and radius.
pub const BUTTONS: [(Point, f64); 6] = [
    ((917.0, 83.0), 72.0),
    ((917.0, 217.0), 72.0),
    ((83.0, 360.0), 60.0),
    ((917.0, 360.0), 60.0),
    ((500.0, 50.0), 60.0),
    ((500.0, 670.0), 60.0),
];

/// How the streets of each rank are drawn.
pub const RANKS: [&str; 3] = ["r1", "r2", "r3"];

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    District,
    Main,
    Side,
    /// A station, beside its dot.
    Stop,
    /// No place, but what is not known there.
    Hatched,
}

impl Kind {
    /// As the style sheet calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::District => "district",
            Self::Main => "main",
            Self::Side => "side",
            Self::Stop => "at-stop",
            Self::Hatched => "hatched",
        }
    }

    /// Width of an average letter, in sizes of the letters.
    pub fn letter(self) -> f64 {
        match self {
            Self::District => 0.8,
            Self::Hatched => 0.64,
            Self::Main => 0.6,
            Self::Side | Self::Stop => 0.56,
        }
    }
}

type Point = (f64, f64);

/// What is drawn.
const DRAWN: (Point, Point) = ((-BLEED, -BLEED), (WIDTH + BLEED, HEIGHT + BLEED));

/// A name, and where it stands.
#[derive(Debug, PartialEq)]
pub struct Name {
    pub text: String,
    pub x: f64,
    pub y: f64,
    /// Degrees clockwise.
    pub turn: f64,
    pub kind: Kind,
    /// Only where a wide screen leaves room for it.
    pub desk_only: bool,
}

/// One path for each of [`RANKS`].
pub fn paths(frame: &Frame, streets: &[Street]) -> [String; 3] {
    let mut paths = [String::new(), String::new(), String::new()];
    let detail = DETAIL.iter().find(|(width, _)| frame.width >= *width);
    let shortest = detail.map_or(0.0, |(_, metres)| *metres);
    for street in streets {
        let path = match street.rank {
            Rank::Main => &mut paths[0],
            Rank::Through => &mut paths[1],
            Rank::Side if street.metres < shortest => continue,
            Rank::Side => &mut paths[2],
        };
        for run in runs(frame, street) {
            draw(&simplified(&run, TOLERANCE), path);
        }
    }
    paths
}

/// A ring in degrees as a closed path.
pub fn ring(frame: &Frame, points: impl Iterator<Item = Point>, path: &mut String) {
    let units: Vec<Point> = points.map(|point| frame.units(point)).collect();
    draw(&simplified(&units, TOLERANCE), path);
    path.push('z');
}

/// The parts of a street that cross the drawing.
fn runs(frame: &Frame, street: &Street) -> Vec<Vec<Point>> {
    let units: Vec<Point> = street.points.iter().map(|p| frame.units(*p)).collect();
    cut(&units, DRAWN)
}

/// The parts of a line within a rectangle: its least and its greatest corner.
pub fn cut(line: &[Point], rectangle: (Point, Point)) -> Vec<Vec<Point>> {
    let mut runs: Vec<Vec<Point>> = Vec::new();
    let mut open = false;
    for pair in line.windows(2) {
        if let Some((a, b)) = clip(pair[0], pair[1], rectangle) {
            match runs.last_mut() {
                Some(run) if open => run.push(b),
                _ => runs.push(vec![a, b]),
            }
            open = b == pair[1];
        } else {
            open = false;
        }
    }
    runs
}

/// The part of a segment within a rectangle (Liang and Barsky).
fn clip(a: Point, b: Point, (least, most): (Point, Point)) -> Option<(Point, Point)> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    let edges = [
        (-dx, a.0 - least.0),
        (dx, most.0 - a.0),
        (-dy, a.1 - least.1),
        (dy, most.1 - a.1),
    ];
    for (step, room) in edges {
        if step == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    if from > to {
        return None;
    }
    let start = if from == 0.0 {
        a
    } else {
        (a.0 + from * dx, a.1 + from * dy)
    };
    let end = if to == 1.0 {
        b
    } else {
        (a.0 + to * dx, a.1 + to * dy)
    };
    Some((start, end))
}

/// Without the points that change it by less than a tolerance.
pub fn simplified(line: &[Point], tolerance: f64) -> Vec<Point> {
    let line: Vec<plane::Point> = line.iter().map(|&(x, y)| plane::Point { x, y }).collect();
    let kept = simplify(&line, tolerance).into_iter();
    kept.map(|point| (point.x, point.y)).collect()
}

/// Whole units, each relative to the last: `M12 34l5 6-7 8`.
pub fn draw(line: &[Point], path: &mut String) {
    let mut last: Option<(i64, i64)> = None;
    let mut steps = 0;
    for (x, y) in line {
        let here = (x.round() as i64, y.round() as i64);
        // Writing to a string cannot fail.
        let _ = match last {
            None => write!(path, "M{} {}", here.0, here.1),
            Some(last) if last == here => continue,
            Some((x, y)) => {
                let (dx, dy) = (here.0 - x, here.1 - y);
                let lead = match (steps, dx < 0) {
                    (0, _) => "l",
                    (_, true) => "",
                    _ => " ",
                };
                steps += 1;
                let gap = if dy < 0 { "" } else { " " };
                write!(path, "{lead}{dx}{gap}{dy}")
            }
        };
        last = Some(here);
    }
}

/// Names of what matters most first, districts around their middles and streets along their lines, none over another or
/// over a marker; the two lists of markers are of a phone and of a wide screen.
pub fn names(frame: &Frame, city: &City, markers: [&[Point]; 2]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for ((unit, most_districts, most_streets), markers) in MOST.into_iter().zip(markers) {
        let size = LETTERS * unit;
        let desk_only = unit == DESK;
        // What is in the way: circles.
        let mut taken: Vec<(Point, f64)> = marked(markers, unit).chain(BUTTONS).collect();
        for name in &names {
            taken.extend(circles(name, size));
        }
        let mut put =
            |names: &mut Vec<Name>, text: &str, kind: Kind, places: &[(f64, f64, f64)]| {
                let named = places.iter().map(|&(x, y, turn)| Name {
                    text: text.to_owned(),
                    x,
                    y,
                    turn,
                    kind,
                    desk_only,
                });
                let mut free = named.filter(|name| is_free(name, size, &taken));
                if let Some(name) = free.next() {
                    taken.extend(circles(&name, size));
                    names.push(name);
                }
            };
        let count = |names: &[Name], district: bool| {
            let same = |name: &&Name| (name.kind == Kind::District) == district;
            names.iter().filter(same).count()
        };
        for (text, lat, lon) in &city.districts {
            let (x, y) = frame.units((*lat, *lon));
            let is_named = names.iter().any(|name| name.text == *text);
            if is_named || count(&names, true) >= most_districts {
                continue;
            }
            // Around the middle, so that a mark or a neighbour does not silence a district.
            let around =
                [0.0, -1.4, 1.4, -2.8, 2.8, -4.2, 4.2].map(|rows| (x, y + rows * size, 0.0));
            put(&mut names, text, Kind::District, &around);
        }
        for street in &city.basemap.streets {
            let text = calm(&street.name);
            // "Ave" alone, as some rows have it, names nothing.
            if text.chars().count() < 4 || names.iter().any(|name| name.text == text) {
                continue;
            }
            if count(&names, false) >= most_streets {
                break;
            }
            let kind = match street.rank {
                Rank::Main => Kind::Main,
                _ => Kind::Side,
            };
            let places = places(frame, street, &text, kind, size);
            put(&mut names, &text, kind, &places);
        }
    }
    names
}

pub fn marked(markers: &[Point], unit: f64) -> impl Iterator<Item = (Point, f64)> {
    markers.iter().flat_map(move |&(x, y)| {
        MARKER.map(|(below, radius)| ((x, y + below * unit), radius * unit))
    })
}

/// A few words in the free parts of the drawing that `is_open` allows, so that hatching is understood where it is seen.
pub fn words_between(
    text: &str,
    names: &[Name],
    markers: &[Point],
    is_open: impl Fn(Point) -> bool,
) -> Vec<Name> {
    let size = LETTERS * PHONE;
    let mut taken: Vec<(Point, f64)> = marked(markers, PHONE).chain(BUTTONS).collect();
    taken.extend(names.iter().flat_map(|name| circles(name, size)));
    let mut words: Vec<Name> = Vec::new();
    for (row, column) in (0..6).flat_map(|row| (0..4).map(move |column| (row, column))) {
        let word = Name {
            text: text.to_owned(),
            x: 140.0 + 230.0 * f64::from(column) + f64::from(row % 2) * 60.0,
            y: 90.0 + 144.0 * f64::from(row),
            turn: 0.0,
            kind: Kind::Hatched,
            desk_only: false,
        };
        let circles = circles(&word, size);
        let far = |other: &Name| (word.x - other.x).hypot(word.y - other.y) > 330.0;
        if circles.iter().all(|&(at, _)| is_open(at))
            && is_free(&word, size, &taken)
            && words.iter().all(far)
        {
            words.push(word);
        }
    }
    words
}

/// Where on a street's straight parts its name fits, nearest to the middle first.
fn places(
    frame: &Frame,
    street: &Street,
    text: &str,
    kind: Kind,
    size: f64,
) -> Vec<(f64, f64, f64)> {
    let width = text.chars().count() as f64 * kind.letter() * size;
    let mut places = Vec::new();
    for run in runs(frame, street) {
        for pair in simplified(&run, size / 3.0).windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = dx.hypot(dy);
            if length < width * 1.05 {
                continue;
            }
            let turn = dy.atan2(dx).to_degrees();
            let turn = match turn {
                turn if turn > 90.0 => turn - 180.0,
                turn if turn <= -90.0 => turn + 180.0,
                turn => turn,
            };
            let margin = width / 2.0 / length;
            for step in 0..=STEPS {
                let at = margin + (1.0 - 2.0 * margin) * f64::from(step) / f64::from(STEPS);
                places.push((a.0 + at * dx, a.1 + at * dy, turn));
            }
        }
    }
    let from_middle = |place: &(f64, f64, f64)| {
        (place.0 - WIDTH / 2.0).powi(2) + (place.1 - HEIGHT / 2.0).powi(2)
    };
    places.sort_by(|a, b| from_middle(a).total_cmp(&from_middle(b)));
    places
}

/// A name as a row of circles, which any turn leaves as easy to compare.
pub fn circles(name: &Name, size: f64) -> Vec<(Point, f64)> {
    let half = name.text.chars().count() as f64 * name.kind.letter() * size / 2.0;
    let count = (half * 2.0 / size).ceil().max(1.0) as i32;
    let (sin, cos) = name.turn.to_radians().sin_cos();
    (0..=count)
        .map(|n| half * (2.0 * f64::from(n) / f64::from(count) - 1.0))
        .map(|along| ((name.x + along * cos, name.y + along * sin), size * 0.75))
        .collect()
}

pub fn is_free(name: &Name, size: f64, taken: &[(Point, f64)]) -> bool {
    circles(name, size).iter().all(|&((x, y), radius)| {
        let within = is_drawn((x, y))
            && (radius..=WIDTH - radius).contains(&x)
            && (radius..=HEIGHT - radius).contains(&y);
        let clear = |&((ox, oy), other): &(Point, f64)| (x - ox).hypot(y - oy) >= radius + other;
        within && taken.iter().all(clear)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;
    use crate::views::projection::View;

    #[test]
    fn lines_are_cut_at_the_bleed() {
        let edge = WIDTH + BLEED;
        assert_eq!(
            clip((0.0, 10.0), (9_000.0, 10.0), DRAWN),
            Some(((0.0, 10.0), (edge, 10.0)))
        );
        assert_eq!(clip((5_000.0, 10.0), (9_000.0, 10.0), DRAWN), None);
        assert_eq!(clip((5_000.0, -9.0), (5_000.0, 10.0), DRAWN), None);
    }

    #[test]
    fn paths_are_short() {
        let check = |line: &[Point], expected: &str| {
            let mut path = String::new();
            draw(&simplified(line, TOLERANCE), &mut path);
            assert_eq!(path, expected);
        };
        check(&[(1.0, 2.0), (6.0, 2.1), (11.0, 2.0)], "M1 2l10 0");
        check(&[(1.0, 2.0), (11.0, 12.0), (5.0, 4.0)], "M1 2l10 10-6-8");
        check(&[(1.0, 2.0), (1.1, 2.2)], "M1 2");
        check(&[], "");
    }

    #[test]
    fn names_keep_off_each_other_and_off_markers() {
        let picture = fixture::picture(1);
        let frame = Frame::of(View::Now, &picture);
        let markers = [frame.units(picture.sightings[0].cell.center())];
        let names = names(&frame, &picture.city, [&markers, &markers]);
        assert_eq!(names.len(), 3);
        assert_eq!(names[0].kind, Kind::District);
        for name in &names {
            assert!((-90.0..=90.0).contains(&name.turn));
            for ((x, y), radius) in circles(name, LETTERS * DESK) {
                let (mx, my) = markers[0];
                assert!((x - mx).hypot(y - my) >= radius);
            }
        }
    }
}
