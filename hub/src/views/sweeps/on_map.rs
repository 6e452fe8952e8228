//! Where announced sweeps are, on the map: the cell of about a kilometre in which the posted place lies, with its row's letter.

use std::collections::HashMap;

use jiff::Timestamp;
use maud::{Markup, html};
use spotlight_common::cell::Cell;

use crate::notices::Notice;
use crate::views::projection::Frame;
use crate::views::streets::ring;
use crate::views::sweeps::ON_MAP;
use crate::views::words::Words;
use crate::views::{Picture, upcoming};

/// The rows of the map's page, each with its letter on the map if the notice says where.
pub fn lettered(picture: &Picture, at: Timestamp) -> impl Iterator<Item = (&Notice, Option<char>)> {
    let mut letters = 'A'..='Z';
    let rows = upcoming(picture, at).take(ON_MAP);
    rows.map(move |notice| (notice, notice.cell.and_then(|_| letters.next())))
}

/// The cells, each with a letter at one of its corners: the first at the northern one, those of the same cell at the next.
/// No line crosses a letter. The script moves them by their `data-degrees` as it moves the map, and takes each from it when it
/// is over.
pub fn zones(picture: &Picture, at: Timestamp, frame: &Frame) -> Markup {
    let mut taken: HashMap<Cell, usize> = HashMap::new();
    let placed = lettered(picture, at).filter_map(|(notice, letter)| {
        let (cell, letter) = (notice.cell?, letter?);
        let corners = cell.boundary();
        let turn = taken.entry(cell).and_modify(|n| *n += 1).or_default();
        let corner = (northern(&corners) + *turn) % corners.len();
        Some((
            zone(notice, &corners, frame),
            leaf(notice, letter, corners[corner], frame),
        ))
    });
    let (zones, leaves): (Vec<_>, Vec<_>) = placed.unzip();
    html! { @for part in zones.iter().chain(&leaves) { (part) } }
}

fn northern(corners: &[(f64, f64)]) -> usize {
    let all = corners.iter().enumerate();
    let top = all.max_by(|(_, one), (_, other)| one.0.total_cmp(&other.0));
    top.map_or(0, |(n, _)| n)
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

fn leaf(notice: &Notice, letter: char, corner: (f64, f64), frame: &Frame) -> Markup {
    let (x, y) = frame.units(corner);
    html! {
        a .leaf href={ "#n-" (notice.id.simple()) } tabindex="-1"
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

/// A leaf of a calendar with a letter on it.
fn lettered_leaf(letter: char) -> Markup {
    html! {
        use href="#b-leaf" x="-16" y="-16" width="32" height="32" {}
        text .no y="7.5" { (letter) }
    }
}

/// The way from a row to its cell on the map.
pub fn link(notice: &Notice, letter: char, words: Words) -> Markup {
    html! {
        a .to href={ "#z-" (notice.id.simple()) } aria-label={ (words.map_heading()) ": " (letter) } {
            svg viewBox="-16 -16 32 32" aria-hidden="true" { (lettered_leaf(letter)) }
        }
    }
}

/// What the legend says of them.
pub fn legend(words: Words) -> Markup {
    html! {
        li .zones-mean {
            svg .sample viewBox="-16 -16 32 32" aria-hidden="true" { (lettered_leaf('A')) }
            span { (words.sweeps_zone_means()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::views::choice::Choice;
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
            let drawn = zones(&picture, at, &frame).into_string();
            let parts = drawn.split("translate(").skip(1);
            let places = parts.map(|part| part.split(')').next().expect("its end").to_owned());
            places.collect::<BTreeSet<_>>().len()
        };
        assert_eq!((corners(picture.at), corners(over)), (3, 2));
    }
}
