//! Stations and landmarks in a text, and neighbourhoods.

use super::corner::{Hint, ONE_PLACE};
use super::index::{Gazetteer, metres};
use super::{MOST_CANDIDATES, Missing, NotFound, Place, Precision, words};
use crate::cell::Cell;

/// The largest area that one cell of resolution 7 stands for.
const LARGEST_AREA: f64 = 8.0;

/// No name that is looked for has more words.
const LONGEST_NAME: usize = 8;

impl Gazetteer {
    /// A station, which is said with that word and so before any corner.
    pub(super) fn station(&self, text: &[String], hint: Hint) -> Option<Result<Place, NotFound>> {
        text.iter()
            .any(|word| says_station(word))
            .then(|| self.landmark(text, true, hint))
            .flatten()
    }

    /// The longest name of a landmark in a text.
    pub(super) fn landmark(
        &self,
        text: &[String],
        stations_only: bool,
        hint: Hint,
    ) -> Option<Result<Place, NotFound>> {
        if self.landmarks.is_empty() {
            return None;
        }
        let text = one_joint(text);
        let word = |at: Option<usize>| at.and_then(|at| text.get(at)).map(String::as_str);
        // `with` and its like join two streets; `at`, `near` and others do where a street stands before them.
        let joins = |word: &str| matches!(word, "&" | "CON" | "X" | "N" | "CROSS" | "ESQUINA");
        let is_street = |word: &str| self.by_alias.contains_key(word);
        for length in (1..=LONGEST_NAME.min(text.len())).rev() {
            for start in 0..=text.len() - length {
                let words = &text[start..start + length];
                let is_station = [words.first(), words.last()]
                    .into_iter()
                    .flatten()
                    .any(|word| says_station(word));
                // `Slauson` of `Western & Slauson station` is half a corner, not the station.
                let before = word(start.checked_sub(1)).is_some_and(|joint| {
                    let street = word(start.checked_sub(2)).is_some_and(is_street);
                    joint == "&" || words::is_joint(joint) && street
                });
                let half = before || word(Some(start + length)).is_some_and(joins);
                if is_station && half || stations_only && !is_station {
                    continue;
                }
                let name = words::joined(words);
                let Some(found) = self.by_landmark.get(&name) else {
                    continue;
                };
                // A landmark that shares its name with a street is said with more than that.
                if !is_station && self.by_alias.contains_key(&name) {
                    continue;
                }
                let place = self.one_landmark(found);
                // What lies in another ZIP code than the one that is said is not what is meant.
                if let (Ok(place), Some(zip)) = (&place, hint.zip)
                    && !self
                        .near((place.lat, place.lon), 1_500.0)
                        .any(|(corner, _)| corner.zip == zip)
                {
                    continue;
                }
                return Some(place);
            }
        }
        None
    }

    fn one_landmark(&self, found: &[u32]) -> Result<Place, NotFound> {
        let mut candidates: Vec<Place> = Vec::new();
        for &id in found {
            let landmark = &self.landmarks[id as usize];
            let apart = candidates.iter().all(|place| {
                metres((place.lat, place.lon), (landmark.lat, landmark.lon)) > ONE_PLACE
            });
            if !apart || candidates.len() >= MOST_CANDIDATES {
                continue;
            }
            candidates.extend(
                self.published_cell(landmark.lat, landmark.lon)
                    .map(|cell| Place {
                        label: landmark.name.clone(),
                        lat: landmark.lat,
                        lon: landmark.lon,
                        cell,
                        precision: Precision::Point,
                    }),
            );
        }
        match (candidates.len(), candidates.pop()) {
            (1, Some(place)) => Ok(place),
            (0, _) | (_, None) => Err(Missing::NoPlace.into()),
            (_, Some(last)) => {
                candidates.push(last);
                Err(NotFound {
                    why: Missing::Ambiguous,
                    candidates,
                })
            }
        }
    }

    /// A neighbourhood. One that shares its name with a street counts after `in` or `en` only.
    pub(super) fn area(&self, text: &[String]) -> Result<Option<Place>, NotFound> {
        for length in (1..=5.min(text.len())).rev() {
            for start in 0..=text.len() - length {
                let name = text[start..start + length].join(" ");
                let Some(&area) = self.by_area.get(&name) else {
                    continue;
                };
                let said = start > 0 && matches!(text[start - 1].as_str(), "IN" | "EN");
                if self.by_alias.contains_key(&name) && !said && text.len() > length {
                    continue;
                }
                let area = &self.areas[area as usize];
                if area.square_km > LARGEST_AREA {
                    return Err(Missing::TooLarge(area.name.clone()).into());
                }
                return Ok(Cell::at(area.lat, area.lon, 7).map(|cell| Place {
                    label: area.name.clone(),
                    lat: area.lat,
                    lon: area.lon,
                    cell,
                    precision: Precision::Area,
                }));
            }
        }
        Ok(None)
    }
}

fn says_station(word: &str) -> bool {
    matches!(word, "STATION" | "ESTACION" | "METRO")
}

/// `and` and `y` as `&`; `estacion de` as `estacion`.
fn one_joint(text: &[String]) -> Vec<String> {
    let mut words: Vec<String> = Vec::with_capacity(text.len());
    for word in text {
        match word.as_str() {
            "DE" | "DEL" if words.last().is_some_and(|last| last == "ESTACION") => {}
            "AND" | "Y" => words.push("&".to_owned()),
            _ => words.push(word.clone()),
        }
    }
    words
}
