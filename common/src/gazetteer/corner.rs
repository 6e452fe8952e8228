//! From the streets that a text mentions to one corner, or to a question.

use super::index::{Corner, Gazetteer, metres};
use super::mention::{Gap, Mention, gap, may_meet};
use super::{MOST_CANDIDATES, Missing, NotFound, Place, Precision, phrase, words};

/// Corners as near as this are one place: the two sides of a jogged crossing, `5th St` and `5th Pl`.
pub(super) const ONE_PLACE: f64 = 250.0;

/// A ZIP code reaches this far, in degrees, beyond its known corners.
pub(super) const ZIP_MARGIN: f64 = 0.006;

/// And this far for the only corner of its name: people give the ZIP code of the street's other side.
pub(super) const ZIP_BESIDE: f64 = 0.025;

/// Two mentions that meet in at least one known corner.
pub(super) struct Hit {
    /// Words of the text that it explains.
    from: usize,
    to: usize,
    covered: usize,
    /// Streets named with their kind.
    full: usize,
    corners: Vec<u32>,
}

/// What else tells which of several places is meant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hint {
    pub(super) zip: Option<u32>,
    /// Where the node's own neighbourhood is.
    pub(super) home: Option<(f64, f64)>,
}

impl Gazetteer {
    pub(super) fn in_words(&self, text: &str, home: Option<(f64, f64)>) -> Result<Place, NotFound> {
        let text = phrase::shorten(&words::fold(text));
        let zip = text.iter().rev().find_map(|word| words::zip(word));
        let hint = Hint { zip, home };
        // Los Angeles is a street too: the city at the end counts as one only where the rest is no place.
        let short = without_city(&text, &self.city);
        if short.len() < text.len()
            && let Ok(place) = self.in_folded(short, hint)
        {
            return Ok(place);
        }
        self.in_folded(&text, hint)
    }

    fn in_folded(&self, text: &[String], hint: Hint) -> Result<Place, NotFound> {
        let mentions = self.mentions(text);
        if let Some(found) = self.station(text, hint) {
            return self.station_or_corner(found, self.hits(text, &mentions), hint);
        }
        if let Some(place) = self.between(text, &mentions) {
            return Ok(place);
        }
        let mut hits = self.hits(text, &mentions);
        if hits.is_empty()
            && let Some(found) = self.unlisted(text, &mentions, hint)
        {
            return found;
        }
        if hits.is_empty() {
            hits = self.misspelt(text, &mentions);
        }
        if !hits.is_empty() {
            return self.decide(hits, hint);
        }
        if let Some(place) = self.block(text, &mentions, hint.zip) {
            return Ok(place);
        }
        if let Some(found) = self.landmark(text, false, hint) {
            return found;
        }
        self.area(text)?
            .map_or_else(|| Err(self.explain(text, &mentions)), Ok)
    }

    /// A station, where no corner is said that lies elsewhere: then nobody knows which of them is meant.
    fn station_or_corner(
        &self,
        station: Result<Place, NotFound>,
        hits: Vec<Hit>,
        hint: Hint,
    ) -> Result<Place, NotFound> {
        if hits.is_empty() {
            return station;
        }
        let (station, corner) = (station?, self.decide(hits, hint)?);
        if metres((station.lat, station.lon), (corner.lat, corner.lon)) <= ONE_PLACE {
            return Ok(station);
        }
        Err(NotFound {
            why: Missing::Ambiguous,
            candidates: vec![corner, station],
        })
    }

    pub(super) fn meet(&self, a: &Mention, b: &Mention) -> Vec<u32> {
        let mut corners = Vec::new();
        for &one in &a.streets {
            for &other in &b.streets {
                let of = |street: u32| &self.streets[street as usize].corners;
                let (street, other) = if of(one).len() <= of(other).len() {
                    (one, other)
                } else {
                    (other, one)
                };
                let met = of(street)
                    .iter()
                    .filter(|&&corner| self.corners[corner as usize].other(street) == other);
                corners.extend(met);
            }
        }
        corners.sort_unstable();
        corners.dedup();
        corners
    }

    fn hits(&self, text: &[String], mentions: &[Mention]) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (a, b) in self.pairs(text, mentions) {
            self.hit(a, b, &mut hits);
        }
        hits
    }

    /// The mentions that are said to meet.
    pub(super) fn pairs<'a>(
        &self,
        text: &[String],
        mentions: &'a [Mention],
    ) -> Vec<(&'a Mention, &'a Mention)> {
        let mut pairs = Vec::new();
        for (at, a) in mentions.iter().enumerate() {
            for b in &mentions[at + 1..] {
                if b.start < a.end || b.start - a.end > 6 {
                    continue;
                }
                let between = &text[a.end..b.start];
                let told = between
                    .last()
                    .is_some_and(|word| matches!(word.as_str(), "CALLE" | "AVE" | "LA"))
                    || (a.start > 0 && matches!(text[a.start - 1].as_str(), "CALLE" | "LA"));
                let Some(gap) = gap(between) else { continue };
                let gap = if gap == Gap::Empty && said_to_meet(text, a, b) {
                    Gap::Joined
                } else {
                    gap
                };
                if may_meet(a, gap, b, told) {
                    pairs.push((a, b));
                }
            }
        }
        pairs
    }

    pub(super) fn hit(&self, a: &Mention, b: &Mention, hits: &mut Vec<Hit>) {
        let corners = self.meet(a, b);
        if !corners.is_empty() {
            hits.push(Hit {
                from: a.start.min(b.start),
                to: a.end.max(b.end),
                covered: a.end - a.start + b.end - b.start,
                full: usize::from(a.full) + usize::from(b.full),
                corners,
            });
        }
    }

    fn decide(&self, mut hits: Vec<Hit>, hint: Hint) -> Result<Place, NotFound> {
        // Where two readings share words, the one that explains more of them holds.
        let weight = |hit: &Hit| (hit.covered, hit.full);
        hits.sort_by(|a, b| weight(b).cmp(&weight(a)).then(a.from.cmp(&b.from)));
        let mut kept: Vec<Hit> = Vec::new();
        for hit in hits {
            let beaten = kept.iter().any(|other| {
                hit.from < other.to && other.from < hit.to && weight(other) > weight(&hit)
            });
            if !beaten {
                kept.push(hit);
            }
        }
        kept.sort_by_key(|hit| hit.from);
        let mut corners: Vec<&Corner> = Vec::new();
        for hit in &kept {
            let mut found: Vec<&Corner> = hit
                .corners
                .iter()
                .map(|&corner| &self.corners[corner as usize])
                .collect();
            found.sort_by_key(|corner| {
                let tail = self.has_tail(corner.a) || self.has_tail(corner.b);
                (
                    tail,
                    !corner.named,
                    self.rank(corner.a) + self.rank(corner.b),
                )
            });
            corners.extend(found);
        }
        if let Some(zip) = hint.zip {
            let those = |said: &dyn Fn(&Corner) -> bool| -> Vec<&Corner> {
                let those = corners.iter().copied();
                those.filter(|corner| said(corner)).collect()
            };
            let exact = those(&|corner| corner.zip == zip);
            let near = those(&|corner| self.in_zip(corner, zip, ZIP_MARGIN));
            let beside = || {
                let beside = those(&|corner| self.in_zip(corner, zip, ZIP_BESIDE));
                let only = beside.len() == corners.len() && are_one_place(&corners);
                only.then_some(beside)
            };
            corners = match (exact.is_empty(), near.is_empty()) {
                (false, _) => exact,
                (true, false) => near,
                (true, true) => match beside() {
                    Some(beside) => beside,
                    None => return Err(self.ambiguous(&corners, hint)),
                },
            };
        }
        let one = |corners: &[&Corner]| {
            let first = corners.first()?;
            are_one_place(corners)
                .then_some(*first)
                .and_then(|corner| self.place(corner))
        };
        // `Saticoy St` is not `Saticoy St South`, unless only that one is there.
        let plain: Vec<&Corner> = corners
            .iter()
            .copied()
            .filter(|corner| !self.has_tail(corner.a) && !self.has_tail(corner.b))
            .collect();
        one(&corners)
            .or_else(|| one(&plain))
            .ok_or_else(|| self.ambiguous(&corners, hint))
    }

    /// Streets and avenues are meant before places and courts.
    pub(super) fn rank(&self, street: u32) -> usize {
        let street = &self.streets[street as usize];
        match street.suffix.as_deref() {
            Some("ST" | "AVE" | "BLVD") | None => 0,
            Some(_) => 1,
        }
    }

    fn has_tail(&self, street: u32) -> bool {
        let street = &self.streets[street as usize];
        let last = street.full.rsplit(' ').next();
        street.suffix.is_some()
            && last.is_some_and(|word| words::is_tail(word) && !words::is_suffix(word))
    }

    /// Whether a corner lies in the box of a ZIP code's known corners, or this far (in degrees) around it.
    pub(super) fn in_zip(&self, corner: &Corner, zip: u32, margin: f64) -> bool {
        // A ZIP that no corner has says nothing here.
        self.zips
            .get(&zip)
            .is_none_or(|&[south, west, north, east]| {
                (south - margin..=north + margin).contains(&corner.lat)
                    && (west - margin..=east + margin).contains(&corner.lon)
            })
    }

    /// A question, with the places nearest to home first.
    pub(super) fn ambiguous(&self, corners: &[&Corner], hint: Hint) -> NotFound {
        let mut corners = corners.to_vec();
        if let Some(home) = hint.home {
            let from_home = |corner: &Corner| metres(home, (corner.lat, corner.lon));
            corners.sort_by(|a, b| from_home(a).total_cmp(&from_home(b)));
        }
        let mut candidates: Vec<Place> = Vec::new();
        for corner in corners {
            let apart = candidates
                .iter()
                .all(|place| metres((place.lat, place.lon), (corner.lat, corner.lon)) > ONE_PLACE);
            if apart && candidates.len() < MOST_CANDIDATES {
                candidates.extend(self.place(corner).map(|mut place| {
                    if corner.zip != 0 {
                        place.label = format!("{}, {}", place.label, corner.zip);
                    }
                    place
                }));
            }
        }
        NotFound {
            why: Missing::Ambiguous,
            candidates,
        }
    }

    pub(super) fn place(&self, corner: &Corner) -> Option<Place> {
        Some(Place {
            label: self.corner_label(corner),
            lat: corner.lat,
            lon: corner.lon,
            cell: self.published_cell(corner.lat, corner.lon)?,
            precision: Precision::Intersection,
        })
    }
}

pub(super) fn are_one_place(corners: &[&Corner]) -> bool {
    corners.first().is_some_and(|first| {
        corners
            .iter()
            .all(|corner| metres((first.lat, first.lon), (corner.lat, corner.lon)) <= ONE_PLACE)
    })
}

/// The words before the city's name where they end with it, ` CA` and a ZIP, and no joint is before it.
fn without_city<'a>(text: &'a [String], city: &str) -> &'a [String] {
    let city = words::fold(city);
    let mut end = text.len();
    while end > 0
        && (matches!(
            text[end - 1].as_str(),
            "CA" | "CALIFORNIA" | "USA" | "EE" | "UU" | ","
        ) || words::zip(&text[end - 1]).is_some())
    {
        end -= 1;
    }
    match text[..end].strip_suffix(city.as_slice()) {
        Some(rest)
            if !city.is_empty() && rest.last().is_some_and(|word| !words::is_joint(word)) =>
        {
            rest
        }
        _ => text,
    }
}

/// `corner Main Wall`, or two names and nothing else: no word has to join them.
fn said_to_meet(text: &[String], a: &Mention, b: &Mention) -> bool {
    const BESIDE: &[&str] = &[
        "POLICE",
        "COP",
        "COPS",
        "LAPD",
        "POLICIA",
        "PATRULLA",
        "PATRULLAS",
        "GONE",
        "CLEAR",
        "NOW",
        "RN",
        "AHORA",
        "AHORITA",
        "CARS",
        "CAR",
        "SWEEP",
    ];
    let corner = text[..a.start]
        .iter()
        .rev()
        .take_while(|word| words::is_link(word))
        .any(|word| matches!(word.as_str(), "CORNER" | "ESQUINA" | "ESQ" | "CRUCE"));
    let beside = |words: &[String]| {
        words.iter().all(|word| {
            words::is_link(word) || words::zip(word).is_some() || BESIDE.contains(&word.as_str())
        })
    };
    corner || (beside(&text[..a.start]) && beside(&text[b.end..]))
}
