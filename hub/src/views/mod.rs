//! What the public may see. Views are computed from committed state once per change; raw records cannot reach them.

use std::sync::Arc;

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::now::Level;

use crate::basemap::Basemap;
use crate::city::City;
use crate::context::Context;
use crate::notices::Notice;
use crate::views::cities::Cities;
use crate::views::layers::Layer;
use crate::views::words::Languages;

pub mod about;
pub mod atom;
pub mod choice;
pub mod cities;
pub mod classes;
pub mod context;
pub mod csv;
pub mod elsewhere;
pub mod embed;
pub mod find;
pub mod geojson;
pub mod history;
pub mod ics;
pub mod install;
pub mod layers;
pub mod legend;
pub mod list;
pub mod live;
pub mod living;
pub mod merge;
pub mod offline;
pub mod open_data;
pub mod page;
pub mod poster;
pub mod projection;
pub mod qr;
pub mod rents;
pub mod shell;
pub mod shown;
pub mod spread;
pub mod streets;
pub mod svg;
pub mod sweeps;
pub mod texting;
pub mod tiles;
pub mod time;
pub mod words;

#[cfg(test)]
mod colours;
#[cfg(test)]
pub(crate) mod fixture;

/// What the reports of one cell say now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where: resolution 9, 8 or 7.
    pub cell: Cell,
    /// The gazetteer's words for the cell, such as "near 5TH ST & SAN PEDRO ST".
    pub label: String,
    /// How much it rests on.
    pub level: Level,
    /// The first of the reports that it rests on, to the minute.
    pub first_seen: Timestamp,
    /// The last of them.
    pub last_seen: Timestamp,
    /// When a lone other sender said that they were gone.
    pub reported_gone: Option<Timestamp>,
    /// From this second on nobody may show it.
    pub fades_at: Timestamp,
}

/// An area whose people know the number, as the operator declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// What people call it.
    pub name: String,
    /// Its outline, (latitude, longitude) in degrees, not closed.
    pub outline: Vec<(f64, f64)>,
}

/// Who runs this hub, as far as they say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// A name, or how they describe themselves.
    pub name: Option<String>,
    /// Where they can be reached.
    pub contact: Option<String>,
    /// Whom people can ask about their rights in a sweep.
    pub rights: Option<String>,
}

/// Everything that any view shows, at one instant.
#[derive(Debug, Clone)]
pub struct Picture {
    /// When it was put together.
    pub at: Timestamp,
    /// The city it is of.
    pub city: Arc<City>,
    /// Newest first; none that has faded at `at`.
    pub sightings: Vec<Sighting>,
    /// Open data, aggregated.
    pub layers: Arc<Vec<Layer>>,
    /// What is drawn so that people find their way, and beside it.
    pub context: Arc<Context>,
    /// Announced sweeps, the first first. A view takes them from [`upcoming`].
    pub notices: Arc<Vec<Notice>>,
    /// Outside it every view says "no data".
    pub coverage: Arc<Vec<Coverage>>,
    /// Whether any node is connected: while none is, silence inside the coverage is "no data" too.
    pub node_online: bool,
    /// The number to text, if the operator has set one.
    pub phone: Option<String>,
    /// Who runs the hub.
    pub operator: Operator,
    /// A map of the world beneath the living map, where the operator has one.
    pub basemap: Option<Arc<Basemap>>,
    /// The map's own address, if the operator has set it.
    pub public_url: Option<String>,
    /// In which its pages are written; they stay the same while the hub runs.
    pub languages: Languages,
    /// All cities of the hub; they stay the same too.
    pub cities: Cities,
}

impl Picture {
    /// Whether it differs from another in nothing but the time at which it was put together.
    pub fn shows_the_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.city, &other.city)
            && self.sightings == other.sightings
            && Arc::ptr_eq(&self.layers, &other.layers)
            && Arc::ptr_eq(&self.context, &other.context)
            && Arc::ptr_eq(&self.notices, &other.notices)
            && Arc::ptr_eq(&self.coverage, &other.coverage)
            && self.node_online == other.node_online
            && self.phone == other.phone
            && self.operator == other.operator
            && self.basemap.as_ref().map(Arc::as_ptr) == other.basemap.as_ref().map(Arc::as_ptr)
            && self.public_url == other.public_url
    }

    /// Whether an area without a sighting says anything at all: somebody is asked to report, and can be heard.
    pub fn has_data(&self) -> bool {
        self.node_online && !self.coverage.is_empty()
    }
}

/// The sightings that may be shown at an instant: none that has faded, whenever the picture was put together.
pub fn current(picture: &Picture, at: Timestamp) -> impl Iterator<Item = &Sighting> {
    let sightings = picture.sightings.iter();
    sightings.filter(move |sighting| sighting.fades_at > at)
}

/// The announced sweeps that may be shown at an instant: none that is over, whenever the picture was put together.
pub fn upcoming(picture: &Picture, at: Timestamp) -> impl Iterator<Item = &Notice> + Clone {
    let notices = picture.notices.iter();
    notices.filter(move |notice| notice.over_at > at)
}
