//! Where a feed's columns stand in a table, and what one of its rows says. The same for every form that rows come in.

use std::borrow::Cow;

use jiff::civil::Date;
use spotlight_common::cell::Cell;

use super::{FeedError, values};
use crate::city::{City, Feed, Match};
use crate::store::open_data::{Accepted, Address, BegunBy, Place};

/// What a row is.
pub enum Row {
    /// Another feed's.
    Skipped,
    /// Unusable, and why.
    Rejected(&'static str),
    /// A request.
    Accepted(Accepted),
}

/// Why a row that reveals a victim is rejected.
pub const VICTIM: &str = "victim";

/// The positions of a feed's columns.
#[derive(Debug, Clone)]
pub struct Layout {
    filter: Option<usize>,
    victims: Vec<usize>,
    officer_initiated: Option<usize>,
    id: usize,
    created: usize,
    address: Option<usize>,
    point: Option<(usize, usize)>,
    location: Option<usize>,
    zip: Option<usize>,
    area: Option<usize>,
}

impl Layout {
    /// Finds the columns by a header. One that is needed and missing is an error that names it: the table has changed, and
    /// none of its rows may be read as if it had not.
    pub fn of(header: &[String], feed: &Feed) -> Result<Self, FeedError> {
        // The names stand in order of preference.
        let find = |names: &[String]| {
            names.iter().find_map(|name| {
                let is_it = |heading: &String| heading.eq_ignore_ascii_case(name);
                header.iter().position(is_it)
            })
        };
        let need = |names: &[String]| {
            find(names)
                .ok_or_else(|| FeedError::MissingColumn(names.first().cloned().unwrap_or_default()))
        };
        let matched = |matched: &Match| need(&matched.column);
        let columns = &feed.columns;
        let layout = Self {
            filter: feed.filter.as_ref().map(matched).transpose()?,
            victims: feed.victims.iter().map(matched).collect::<Result<_, _>>()?,
            officer_initiated: feed.officer_initiated.as_ref().map(matched).transpose()?,
            id: need(&columns.id)?,
            created: need(&columns.created)?,
            address: match columns.address.is_empty() {
                true => None,
                false => Some(need(&columns.address)?),
            },
            point: find(&columns.latitude).zip(find(&columns.longitude)),
            location: find(&columns.location),
            zip: find(&columns.zip),
            area: match feed.boundaries {
                Some(_) => Some(need(&columns.area)?),
                None => None,
            },
        };
        if layout.area.is_none() && layout.point.is_none() && layout.location.is_none() {
            let names = [&columns.latitude, &columns.location];
            return Err(FeedError::MissingColumn(
                names
                    .into_iter()
                    .flatten()
                    .next()
                    .cloned()
                    .unwrap_or_default(),
            ));
        }
        Ok(layout)
    }

    /// All positions that rows are read at, for a portal that is asked for no more than these.
    pub fn positions(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.victims.clone();
        all.extend([self.id, self.created]);
        all.extend(
            self.point
                .map(|(lat, lon)| [lat, lon])
                .into_iter()
                .flatten(),
        );
        all.extend(
            [
                self.filter,
                self.officer_initiated,
                self.address,
                self.location,
                self.zip,
                self.area,
            ]
            .into_iter()
            .flatten(),
        );
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Where the column of the feed's filter stands.
    pub fn filter(&self) -> Option<usize> {
        self.filter
    }

    /// Where the day stands.
    pub fn created(&self) -> usize {
        self.created
    }

    /// What a row says, `text` being what stands at a position. Its address, its point and its id go no further than the hashes
    /// that they are stored as; whatever else it says goes nowhere.
    pub fn row<'a>(&self, text: impl Fn(usize) -> Cow<'a, str>, feed: &Feed, city: &City) -> Row {
        let holds = |matched: Option<&Match>, at: Option<usize>| {
            matched
                .zip(at)
                .map(|(matched, at)| matched.holds(&text(at)))
        };
        if holds(feed.filter.as_ref(), self.filter) == Some(false) {
            return Row::Skipped;
        }
        let mut victims = feed.victims.iter().zip(&self.victims);
        if victims.any(|(victims, &at)| victims.holds(&text(at))) {
            return Row::Rejected(VICTIM);
        }
        let id = text(self.id).trim().to_owned();
        if id.is_empty() {
            return Row::Rejected("id");
        }
        let Some(day) = values::day(&text(self.created), &city.time_zone) else {
            return Row::Rejected("date");
        };
        let begun_by = match holds(feed.officer_initiated.as_ref(), self.officer_initiated) {
            Some(true) => BegunBy::Officer,
            Some(false) => BegunBy::Dispatch,
            None => BegunBy::Untold,
        };
        if let (Some(set), Some(at)) = (city.boundaries_of(feed), self.area) {
            return Row::Accepted(Accepted {
                id,
                address: None,
                day,
                place: set.name_of(&text(at)).map_or(Place::None, Place::Area),
                begun_by,
                has_point: false,
            });
        }
        let in_columns = self
            .point
            .and_then(|(lat, lon)| values::columns(&text(lat), &text(lon)));
        let in_one = self
            .location
            .and_then(|location| values::location(&text(location)));
        // Columns that say 0/0 must not hide a good location.
        let in_city = |point: &(f64, f64)| city.holds(point.0, point.1);
        let point = in_columns
            .filter(in_city)
            .or(in_one.filter(in_city))
            .or(in_columns)
            .or(in_one);
        let written = self
            .address
            .map(|at| values::address(&text(at), &city.address_ends));
        let zip = || self.zip.and_then(|at| values::zip(&text(at)));
        let accepted = Accepted {
            address: Some(address(written.unwrap_or_default(), point)),
            ..placed(id, day, point.filter(in_city), zip, city)
        };
        Row::Accepted(Accepted {
            begun_by,
            ..accepted
        })
    }
}

fn placed(
    id: String,
    day: Date,
    point: Option<(f64, f64)>,
    zip: impl Fn() -> Option<u32>,
    city: &City,
) -> Accepted {
    let cell = point.and_then(|(lat, lon)| Cell::at(lat, lon, 8));
    let place = cell.or_else(|| city.zips.get(&zip()?).copied());
    Accepted {
        id,
        address: None,
        day,
        place: place.map_or(Place::None, Place::Cell),
        begun_by: BegunBy::Untold,
        has_point: cell.is_some(),
    }
}

fn address(written: String, point: Option<(f64, f64)>) -> Address {
    match (written.is_empty(), point) {
        (true, Some((lat, lon))) => {
            // Cut, not rounded anew: one point must not be in two places.
            let [lat, lon] = [lat, lon].map(|degrees| format!("{degrees:.5}"));
            let place = format!("{},{}", &lat[..lat.len() - 2], &lon[..lon.len() - 2]);
            let point = format!("{lat},{lon}");
            Address::Point { point, place }
        }
        (true, None) => Address::Unknown,
        (false, _) => Address::Written(written),
    }
}
