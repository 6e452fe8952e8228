//! Where announced sweeps are, on the map: the cell of about a kilometre in which the posted place lies, with its row's letter.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use spotlight_common::cell::Cell;
use spotlight_common::gazetteer::metres;

use crate::notices::Notice;
use crate::views::choice::{Choice, Shape};
use crate::views::projection::Frame;
use crate::views::shell::with_lang;
use crate::views::streets::ring;
use crate::views::sweeps::ON_MAP;
use crate::views::words::Words;
use crate::views::{Picture, current, upcoming};

/// The rows of the map's page, each with its letter on the map if the notice says where.
pub fn lettered(picture: &Picture, at: Timestamp) -> impl Iterator<Item = (&Notice, Option<char>)> {
    let mut letters = 'A'..='Z';
    let rows = upcoming(picture, at).take(ON_MAP);
    rows.map(move |notice| (notice, notice.cell.and_then(|_| letters.next())))
}

/// What is drawn of them.
pub struct Zones {
    pub drawn: Markup,
    /// Where the letters are, in units of the frame.
    pub leaves: Vec<(f64, f64)>,
}

/// The cells, each with a letter at one of its corners, away from what is seen now. No line crosses a letter. In a frame, which
/// has no rows, they have no letter and lead to the page of all. The script moves them by their `data-degrees` as it moves the
/// map, and takes each from it when it is over.
pub fn zones(picture: &Picture, at: Timestamp, frame: &Frame, choice: &Choice) -> Zones {
    let seen: Vec<_> = current(picture, at).map(|s| s.cell.center()).collect();
    let mut taken: HashMap<Cell, Vec<usize>> = HashMap::new();
    let (mut zones, mut letters, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    for (notice, letter) in lettered(picture, at) {
        let (Some(cell), Some(letter)) = (notice.cell, letter) else {
            continue;
        };
        let corners = cell.boundary();
        let taken = taken.entry(cell).or_default();
        let corner = free(&corners, taken, &seen);
        taken.push(corner);
        zones.push(zone(notice, &corners, frame));
        letters.push(leaf(notice, letter, corners[corner], frame, choice));
        leaves.push(frame.units(corners[corner]));
    }
    Zones {
        drawn: html! { @for part in zones.iter().chain(&letters) { (part) } },
        leaves,
    }
}

/// The corner that is farthest from all sightings, none of those that letters have; where that is the same, the northern one.
fn free(corners: &[(f64, f64)], taken: &[usize], seen: &[(f64, f64)]) -> usize {
    /// What is farther off than this, in metres, covers nothing.
    const FAR: f64 = 1_500.0;
    let room = |n: usize| {
        let away = seen.iter().map(|at| metres(corners[n], *at));
        away.fold(FAR, f64::min)
    };
    let all = 0..corners.len();
    // In a cell with more sweeps than corners they share one.
    let is_free = |n: &usize| taken.len() >= corners.len() || !taken.contains(n);
    let best = all.filter(is_free).max_by(|&one, &other| {
        let by_room = room(one).total_cmp(&room(other));
        by_room.then(corners[one].0.total_cmp(&corners[other].0))
    });
    best.unwrap_or(0)
}

fn zone(notice: &Notice, corners: &[(f64, f64)], frame: &Frame) -> Markup {
    let mut outline = String::new();
    ring(frame, corners.iter().copied(), &mut outline);
    let degrees: Vec<String> = corners.iter().map(|corner| degrees(*corner)).collect();
    html! {
        path #{ "z-" (notice.id.simple()) } .zone d=(outline)
            data-over=(notice.over_at.as_second()) data-degrees=(degrees.join(",")) {}
    }
}

fn leaf(
    notice: &Notice,
    letter: char,
    corner: (f64, f64),
    frame: &Frame,
    choice: &Choice,
) -> Markup {
    let (x, y) = frame.units(corner);
    let (page, letter, target) = match choice.shape {
        Shape::Embedded => (with_lang("sweeps", choice.lang), None, Some("_blank")),
        Shape::Whole | Shape::Kept => (String::new(), Some(letter), None),
    };
    html! {
        a .leaf href={ (page) "#n-" (notice.id.simple()) } target=[target] rel=[target.map(|_| "noopener")] tabindex="-1"
            data-over=(notice.over_at.as_second()) data-degrees=(degrees(corner))
        {
            g transform={ "translate(" (x.round()) " " (y.round()) ")" } {
                g .badge { circle .hit r="28" {} (lettered_leaf(letter)) }
            }
        }
    }
}

fn degrees((lat, lon): (f64, f64)) -> String {
    format!("{lat:.4} {lon:.4}")
}

/// A leaf of a calendar, with a letter on it where there are rows.
fn lettered_leaf(letter: Option<char>) -> Markup {
    html! {
        use href="#b-leaf" x="-16" y="-16" width="32" height="32" {}
        @if let Some(letter) = letter { text .no y="7.5" { (letter) } }
    }
}

/// The way from a row to its cell on the map.
pub fn link(notice: &Notice, letter: char, words: Words) -> Markup {
    html! {
        a .to href={ "#z-" (notice.id.simple()) } aria-label={ (words.map_heading()) ": " (letter) } {
            svg viewBox="-16 -16 32 32" aria-hidden="true" { (lettered_leaf(Some(letter))) }
        }
    }
}

/// What the legend says of them.
pub fn legend(words: Words) -> Markup {
    html! {
        li .zones-mean {
            svg .sample viewBox="-16 -16 32 32" aria-hidden="true" { (lettered_leaf(Some('A'))) }
            span { (words.sweeps_zone_means()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::views::{fixture, page};

    #[test]
    fn a_row_and_its_cell_lead_to_each_other_and_one_without_a_place_has_no_letter() {
        let mut picture = fixture::picture(0);
        picture.notices = fixture::notices();
        let drawn = page::map_page(&picture, picture.at, &Choice::default(), None);
        let placed: Vec<_> = lettered(&picture, picture.at).collect();
        assert!(placed.iter().any(|(_, letter)| *letter == Some('A')));
        for (notice, letter) in placed {
            let id = notice.id.simple();
            let [zone, to] =
                ["id=\"z-", "href=\"#z-"].map(|part| drawn.contains(&format!("{part}{id}\"")));
            assert_eq!([zone, to], [letter.is_some(); 2], "{}", notice.place);
        }
    }

    #[test]
    fn what_is_over_goes_from_the_map_and_one_cell_has_a_corner_for_each() {
        let mut picture = fixture::picture(0);
        let mut notices = fixture::notices().to_vec();
        let cell = notices.iter().find_map(|notice| notice.cell);
        for notice in &mut notices {
            notice.cell = cell;
        }
        let over = notices[0].over_at;
        picture.notices = notices.into();
        let frame = Frame::of(Choice::default().view, &picture);
        let corners = |at| {
            let drawn = zones(&picture, at, &frame, &Choice::default());
            let drawn = drawn.drawn.into_string();
            let parts = drawn.split("translate(").skip(1);
            let places = parts.map(|part| part.split(')').next().expect("its end").to_owned());
            places.collect::<BTreeSet<_>>().len()
        };
        assert_eq!((corners(picture.at), corners(over)), (3, 2));
    }

    #[test]
    fn a_letter_is_at_the_northern_corner_or_where_no_sighting_lies_near() {
        let cell: Cell = "8829a1d757fffff".parse().expect("a cell");
        let corners = cell.boundary();
        let north = free(&corners, &[], &[]);
        assert!(corners.iter().all(|corner| corner.0 <= corners[north].0));
        assert_eq!(free(&corners, &[], &[(34.3, -118.6)]), north, "far away");
        let opposite = (north + corners.len() / 2) % corners.len();
        assert_eq!(free(&corners, &[], &[corners[north]]), opposite);
        let other = free(&corners, &[opposite], &[corners[north]]);
        assert!(![north, opposite].contains(&other));
        let all: Vec<usize> = (0..corners.len()).collect();
        assert!(free(&corners, &all, &[]) < corners.len());
    }
}
