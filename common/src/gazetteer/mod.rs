//! Places: what a person's words mean on the ground, and how finely Spotlight may say it.
//!
//! Only facts of streets are held: corners that open data names, crossings of its streets, blocks, areas; no address.
//! A place that is not known, or could be two, is a question back to the sender: a wrong place is worse.
//! Everything here is bounded and only computes; [`Gazetteer::load`] alone opens a file. Nothing follows a link.

mod cells;
mod coordinates;
mod corner;
mod course;
mod example;
mod explain;
mod file;
mod index;
mod landmark;
mod mention;
mod phrase;
mod spelling;
mod street;
mod words;
mod written;

#[cfg(test)]
mod tests;

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use flate2::read::DeflateDecoder;
use serde::Serialize;

use crate::cell::Cell;

pub use example::{Example, LONGEST_EXAMPLE};
pub use file::GazetteerError;
pub use index::{Gazetteer, KNOWN_ENOUGH, metres};

/// More of a message than this is not read.
pub const LONGEST_TEXT: usize = 2_000;

/// At most this many candidates are offered.
pub const MOST_CANDIDATES: usize = 3;

/// The places of Los Angeles, as `spotlight-hub gazetteer build` wrote them, deflated by `build.rs`.
const LOS_ANGELES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/los-angeles.csv.deflate"));

/// How exactly a text says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Coordinates.
    Point,
    /// Two streets that meet.
    Intersection,
    /// One street, between two others or by its block.
    Street,
    /// A neighbourhood or a park.
    Area,
    /// Nothing was found.
    None,
}

/// A place on the ground. Only its cell may leave an edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// For instance `5th St & San Pedro St`.
    pub label: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// As published: resolution 9, 8 or 7.
    pub cell: Cell,
    /// How exactly the text said it.
    pub precision: Precision,
}

/// Why no place was found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// Nothing in it looks like a place.
    #[error("the text names no place that is known here")]
    NoPlace,
    /// A link whose place only its owner's server knows.
    #[error("a short map link does not carry the place, and links are never opened")]
    ShortLink,
    /// Coordinates elsewhere.
    #[error("the coordinates are outside the city")]
    OutsideCity,
    /// One street and no second one.
    #[error("`{0}` alone is too long to be a place; its cross street is missing")]
    OneStreet(String),
    /// Two known streets that are not known to meet.
    #[error("no corner of `{0}` and `{1}` is known")]
    UnknownCorner(String, String),
    /// More than one place answers to it.
    #[error("more than one place answers to this")]
    Ambiguous,
    /// A neighbourhood too large for one cell.
    #[error("`{0}` is too large to be a place; a corner in it is missing")]
    TooLarge(String),
}

/// A text without a place, and the places that it may have meant.
#[derive(Debug, Clone, PartialEq)]
pub struct NotFound {
    /// Why.
    pub why: Missing,
    /// Best first, at most [`MOST_CANDIDATES`].
    pub candidates: Vec<Place>,
}

impl From<Missing> for NotFound {
    fn from(why: Missing) -> Self {
        Self {
            why,
            candidates: Vec::new(),
        }
    }
}

impl Gazetteer {
    /// The places built into every binary; read once, then shared.
    pub fn los_angeles() -> Arc<Self> {
        static SHARED: OnceLock<Arc<Gazetteer>> = OnceLock::new();
        Arc::clone(SHARED.get_or_init(|| {
            let mut text = String::new();
            DeflateDecoder::new(LOS_ANGELES)
                .read_to_string(&mut text)
                .expect("the build deflated it");
            Arc::new(
                Self::parse(&text, Path::new("los-angeles.csv"))
                    .expect("the built-in places are read by this crate's tests"),
            )
        }))
    }

    /// Finds the place that a person's text names.
    pub fn find(&self, text: &str) -> Result<Place, NotFound> {
        self.look(text, None)
    }

    /// The same for a node with a neighbourhood of its own: where several places answer, those nearest to it are asked
    /// for first. None is taken for it: a wrong place is worse than a question.
    pub fn find_near(&self, text: &str, home: (f64, f64)) -> Result<Place, NotFound> {
        self.look(text, Some(home))
    }

    fn look(&self, text: &str, home: Option<(f64, f64)>) -> Result<Place, NotFound> {
        let text = match text.char_indices().nth(LONGEST_TEXT) {
            Some((end, _)) => &text[..end],
            None => text,
        };
        // Some messengers escape it.
        let text = &text.replace("&amp;", "&");
        match coordinates::spot(text) {
            coordinates::Spotted::Point(lat, lon) => self.at_point(lat, lon),
            coordinates::Spotted::Words(words) => self.in_words(&words, home),
            coordinates::Spotted::ShortLink(words) => {
                self.in_words(&words, home).map_err(|missing| {
                    let why = match missing.why {
                        Missing::NoPlace => Missing::ShortLink,
                        why => why,
                    };
                    NotFound { why, ..missing }
                })
            }
        }
    }
}
