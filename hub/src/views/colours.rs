//! The style sheet's colours as eyes see them that lack a kind of cone, or all colour: what a reader must tell apart stays
//! apart, by day and by night. The sheet itself is read, so no change of a colour goes unseen.

use std::collections::HashMap;

use spotlight_common::now::Level;

use crate::views::classes::COLOURS;
use crate::views::shell::STYLE;
use crate::views::svg;

type Rgb = [f64; 3];
type Matrix = [Rgb; 3];

/// Linear RGB to what is seen of it: Machado, Oliveira and Fernandes 2009, severity 1.0; without any colour, luminance.
const EYES: [(&str, Matrix); 5] = [
    (
        "all cones",
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ),
    (
        "protanopia",
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ),
    ("achromatopsia", [[0.2126, 0.7152, 0.0722]; 3]),
];

/// Distances in OKLab, where black and white are 1 apart and about 0.02 can just be told side by side.
const CLASS_FROM_NEXT: f64 = 0.065;
const CLASS_FROM_LAND: f64 = 0.045;
const STREET_FROM_LAND: f64 = 0.035;
const STREET_FROM_CLASS: f64 = 0.08;
const MARK_FROM_GROUND: f64 = 0.15;
const NUMBER_FROM_MARK: f64 = 0.4;

/// The variables by day, and by night.
fn sheets() -> [(&'static str, HashMap<&'static str, Rgb>); 2] {
    let (day, rest) = STYLE.split_once("@media").expect("a sheet by night");
    let (night, _) = rest.split_once("}}").expect("its end");
    let day = colours(day.split('}').next().expect("a first rule"));
    let mut all = day.clone();
    all.extend(colours(night));
    [("day", day), ("night", all)]
}

fn colours(rule: &'static str) -> HashMap<&'static str, Rgb> {
    let parts = rule.split(['{', ';']);
    let named = parts.filter_map(|part| part.strip_prefix("--")?.split_once(":#"));
    named.map(|(name, hex)| (name, linear(hex))).collect()
}

/// `fff` or `1c4f8f` in linear light.
fn linear(hex: &str) -> Rgb {
    let digits = hex.len() / 3;
    [0, 1, 2].map(|n| {
        let part = &hex[n * digits..(n + 1) * digits];
        let value = u8::from_str_radix(&part.repeat(3 - digits), 16).expect("a colour");
        let value = f64::from(value) / 255.0;
        match value {
            ..=0.04045 => value / 12.92,
            _ => ((value + 0.055) / 1.055).powf(2.4),
        }
    })
}

fn times(matrix: &Matrix, [x, y, z]: Rgb) -> Rgb {
    matrix.map(|[a, b, c]| a * x + b * y + c * z)
}

/// Lightness and two axes of colour, as those eyes see them.
fn oklab(eyes: &Matrix, rgb: Rgb) -> Rgb {
    let seen = times(eyes, rgb).map(|part| part.clamp(0.0, 1.0));
    let cones = times(
        &[
            [0.4122214708, 0.5363325363, 0.0514459929],
            [0.2119034982, 0.6806995451, 0.1073969566],
            [0.0883024619, 0.2817188376, 0.6299787005],
        ],
        seen,
    );
    times(
        &[
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ],
        cones.map(f64::cbrt),
    )
}

fn apart(eyes: &Matrix, one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (oklab(eyes, one), oklab(eyes, other));
    let squares = one.iter().zip(other).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

/// Fails for each pair that some eyes see nearer than `least`.
fn check(pairs: &[(&str, &str)], least: f64) {
    let mut near = Vec::new();
    for (sheet, colours) in sheets() {
        for (name, eyes) in &EYES {
            for (one, other) in pairs {
                let far = apart(eyes, colours[one], colours[other]);
                if far < least {
                    near.push(format!("{sheet}, {name}: {one} and {other} {far:.3}"));
                }
            }
        }
    }
    assert!(near.is_empty(), "under {least}: {near:#?}");
}

const CLASSES: [&str; COLOURS] = ["k0", "k1", "k2", "k3"];
/// Those of rents.
const RENTS: [&str; COLOURS] = ["v0", "v1", "v2", "v3"];

#[test]
fn each_class_is_told_from_the_next_and_from_bare_land() {
    for scale in [CLASSES, RENTS] {
        let next: Vec<_> = scale.windows(2).map(|pair| (pair[0], pair[1])).collect();
        check(&next, CLASS_FROM_NEXT);
        check(&scale.map(|class| ("land", class)), CLASS_FROM_LAND);
        // The more there are, the farther from the paper, so that order is seen without a legend.
        for (sheet, colours) in sheets() {
            for (name, eyes) in &EYES {
                let light = |name: &str| oklab(eyes, colours[name])[0];
                let from_paper = scale.map(|class| (light(class) - light("paper")).abs());
                assert!(from_paper.is_sorted(), "{sheet}, {name}: {from_paper:?}");
            }
        }
    }
}

#[test]
fn streets_are_seen_on_land_and_on_every_class() {
    check(&[("land", "street")], STREET_FROM_LAND);
    check(&CLASSES.map(|class| ("street", class)), STREET_FROM_CLASS);
    check(&RENTS.map(|class| ("street", class)), STREET_FROM_CLASS);
}

#[test]
fn rails_are_seen_on_every_ground_and_told_from_streets() {
    let grounds = CLASSES.into_iter().chain(["land", "fog", "street", "card"]);
    let pairs: Vec<_> = grounds.map(|ground| ("rail", ground)).collect();
    check(&pairs, MARK_FROM_GROUND);
}

#[test]
fn marks_are_seen_on_every_ground_and_their_numbers_on_them() {
    for mark in ["sure", "photo", "loose"] {
        let grounds = CLASSES.into_iter().chain(RENTS).chain(["land", "fog"]);
        let pairs: Vec<_> = grounds.map(|ground| (mark, ground)).collect();
        check(&pairs, MARK_FROM_GROUND);
    }
    let numbers = [("sure", "sure-ink"), ("photo-fill", "ink"), ("card", "ink")];
    check(&numbers, NUMBER_FROM_MARK);
    // The highest level is also the only one that is filled with its own colour.
    check(
        &[("sure", "photo-fill"), ("sure", "card")],
        MARK_FROM_GROUND,
    );
}

#[test]
fn levels_differ_in_shape_too() {
    let drawn = svg::symbols().into_string();
    let levels = [Level::Corroborated, Level::Photo, Level::Unconfirmed];
    let shapes = levels.map(|level| {
        let class = format!(" class=\"b-{}\"", level.as_str());
        let (before, _) = drawn.split_once(&class).expect("a shape");
        before.rsplit('<').next().unwrap_or_default()
    });
    assert_eq!(shapes, ["path", "rect", "circle"]);
}
