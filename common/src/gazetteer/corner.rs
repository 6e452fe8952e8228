//! From the streets that a text mentions to one corner, or to a question.

use super::index::{Corner, Gazetteer, metres};
use super::mention::{Gap, Mention, Strength, gap, may_meet};
use super::{MOST_CANDIDATES, Missing, NotFound, Place, Precision, phrase, words};
use crate::cell::Cell;

/// Corners as near as this are one place: the two sides of a jogged crossing, `5th St` and `5th Pl`.
pub(super) const ONE_PLACE: f64 = 250.0;

/// A ZIP code reaches this far, in degrees, beyond its known corners.
const ZIP_MARGIN: f64 = 0.006;

/// The largest area that one cell of resolution 7 stands for.
const LARGEST_AREA: f64 = 8.0;

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

impl Gazetteer {
    pub(super) fn in_words(&self, text: &str) -> Result<Place, NotFound> {
        let text = phrase::shorten(&words::fold(text));
        let zip = text.iter().rev().find_map(|word| words::zip(word));
        // Los Angeles is a street too: the city at the end counts as one only where the rest is no place.
        let short = without_city(&text, &self.city);
        if short.len() < text.len()
            && let Ok(place) = self.in_folded(short, zip)
        {
            return Ok(place);
        }
        self.in_folded(&text, zip)
    }

    fn in_folded(&self, text: &[String], zip: Option<u32>) -> Result<Place, NotFound> {
        let mentions = self.mentions(text);
        if let Some(place) = self.between(text, &mentions) {
            return Ok(place);
        }
        let mut hits = self.hits(text, &mentions);
        if hits.is_empty()
            && let Some(found) = self.unlisted(text, &mentions, zip)
        {
            return found;
        }
        if hits.is_empty() {
            hits = self.misspelt(text, &mentions);
        }
        if !hits.is_empty() {
            return self.decide(hits, zip);
        }
        if let Some(place) = self.block(text, &mentions, zip) {
            return Ok(place);
        }
        self.area(text)?
            .map_or_else(|| Err(self.explain(text, &mentions)), Ok)
    }

    fn meet(&self, a: &Mention, b: &Mention) -> Vec<u32> {
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

    fn decide(&self, mut hits: Vec<Hit>, zip: Option<u32>) -> Result<Place, NotFound> {
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
        if let Some(zip) = zip {
            let exact: Vec<&Corner> = corners
                .iter()
                .copied()
                .filter(|corner| corner.zip == zip)
                .collect();
            let near: Vec<&Corner> = corners
                .iter()
                .copied()
                .filter(|corner| self.in_zip(corner, zip))
                .collect();
            let here = if exact.is_empty() { near } else { exact };
            if here.is_empty() {
                return Err(self.ambiguous(&corners));
            }
            corners = here;
        }
        let one = |corners: &[&Corner]| {
            let first = corners.first()?;
            let together = corners.iter().all(|corner| {
                metres((first.lat, first.lon), (corner.lat, corner.lon)) <= ONE_PLACE
            });
            together
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
            .ok_or_else(|| self.ambiguous(&corners))
    }

    /// Streets and avenues are meant before places and courts.
    fn rank(&self, street: u32) -> usize {
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

    pub(super) fn in_zip(&self, corner: &Corner, zip: u32) -> bool {
        // A ZIP that no corner has says nothing here.
        self.zips
            .get(&zip)
            .is_none_or(|&[south, west, north, east]| {
                (south - ZIP_MARGIN..=north + ZIP_MARGIN).contains(&corner.lat)
                    && (west - ZIP_MARGIN..=east + ZIP_MARGIN).contains(&corner.lon)
            })
    }

    pub(super) fn ambiguous(&self, corners: &[&Corner]) -> NotFound {
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

    /// `San Pedro between 5th and 6th`: the middle of the two corners.
    fn between(&self, text: &[String], mentions: &[Mention]) -> Option<Place> {
        const LONGEST_BLOCK: f64 = 900.0;
        let word = text.iter().position(|word| word == "BETWEEN")?;
        let linked = |from: usize, to: usize| {
            text.get(from..to).is_some_and(|words| {
                words.len() < 4 && words.iter().all(|word| words::is_link(word))
            })
        };
        let one = mentions
            .iter()
            .filter(|m| m.start > word && linked(word + 1, m.start))
            .max_by_key(|m| (std::cmp::Reverse(m.start), m.end))?;
        let other = mentions
            .iter()
            .filter(|m| m.start > one.end && gap(&text[one.end..m.start]) == Some(Gap::Crossed))
            .max_by_key(|m| (std::cmp::Reverse(m.start), m.end))?;
        let along = mentions
            .iter()
            .filter(|m| m.end <= word && linked(m.end, word))
            .max_by_key(|m| (m.end, m.end - m.start))
            .or_else(|| {
                mentions
                    .iter()
                    .filter(|m| m.start >= other.end && linked(other.end, m.start))
                    .max_by_key(|m| m.end - m.start)
            })?;
        let mut pairs = Vec::new();
        for a in self.meet(along, one) {
            for b in self.meet(along, other) {
                let (a, b) = (&self.corners[a as usize], &self.corners[b as usize]);
                let length = metres((a.lat, a.lon), (b.lat, b.lon));
                if length > 1.0 && length < LONGEST_BLOCK {
                    pairs.push((a, b));
                }
            }
        }
        let &(a, b) = pairs.first()?;
        let (lat, lon) = ((a.lat + b.lat) / 2.0, (a.lon + b.lon) / 2.0);
        let elsewhere = pairs
            .iter()
            .any(|(a, _)| metres((a.lat, a.lon), (lat, lon)) > LONGEST_BLOCK);
        let street = |corner: &Corner, of: &Mention| {
            let id = if of.streets.contains(&corner.a) {
                corner.a
            } else {
                corner.b
            };
            self.streets[id as usize].title.clone()
        };
        let cell = self.published_cell(lat, lon)?;
        (!elsewhere).then(|| Place {
            label: format!(
                "{} between {} and {}",
                street(a, along),
                street(a, one),
                street(b, other)
            ),
            lat,
            lon,
            cell,
            precision: Precision::Street,
        })
    }

    /// `512 San Julian St`: the 500 block, where the file knows it.
    fn block(&self, text: &[String], mentions: &[Mention], zip: Option<u32>) -> Option<Place> {
        let longest = mentions
            .iter()
            .max_by_key(|mention| mention.end - mention.start)?;
        let mut at = longest.start.checked_sub(1)?;
        while at > 0
            && (words::is_direction(&text[at]) || matches!(text[at].as_str(), "BLOCK" | "OF"))
        {
            at -= 1;
        }
        let number: u32 = Some(&text[at])
            .filter(|word| words::is_bare_number(word) && (3..=5).contains(&word.len()))?
            .parse()
            .ok()?;
        let blocks: Vec<_> = longest
            .streets
            .iter()
            .flat_map(|&street| {
                let blocks = self
                    .blocks
                    .get(&(street, number / 100))
                    .into_iter()
                    .flatten();
                blocks.map(move |block| (street, block))
            })
            .filter(|(_, block)| zip.is_none_or(|zip| block.zip == zip))
            .collect();
        let &(street, block) = blocks.first()?;
        let one = blocks.iter().all(|(_, other)| {
            metres((block.lat, block.lon), (other.lat, other.lon)) <= 2.0 * ONE_PLACE
        });
        let cell = self.published_cell(block.lat, block.lon)?;
        one.then(|| Place {
            label: format!(
                "{} block of {}",
                number / 100 * 100,
                self.streets[street as usize].title
            ),
            lat: block.lat,
            lon: block.lon,
            cell,
            precision: Precision::Street,
        })
    }

    /// A neighbourhood. One that shares its name with a street counts after `in` or `en` only.
    fn area(&self, text: &[String]) -> Result<Option<Place>, NotFound> {
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

    fn explain(&self, text: &[String], mentions: &[Mention]) -> NotFound {
        // The name with its kind only where one kind of street has it.
        let name = |mention: &Mention| match mention.streets.as_slice() {
            [] => String::new(),
            &[street] => self.streets[street as usize].title.clone(),
            &[street, ..] => {
                let street = &self.streets[street as usize];
                match street.title.rsplit_once(' ') {
                    Some((core, _)) if street.suffix.is_some() && !mention.full => core.to_owned(),
                    _ => street.title.clone(),
                }
            }
        };
        let sure: Vec<&Mention> = mentions
            .iter()
            .filter(|m| m.strength >= Strength::Plain)
            .collect();
        for (at, a) in sure.iter().enumerate() {
            for b in &sure[at + 1..] {
                if b.start >= a.end && gap(&text[a.end..b.start]).is_some() {
                    return Missing::UnknownCorner(name(a), name(b)).into();
                }
            }
        }
        match sure
            .iter()
            .max_by_key(|mention| (mention.strength, mention.end - mention.start))
        {
            Some(mention) if mention.strength == Strength::Strong || told(text, mention) => {
                Missing::OneStreet(name(mention)).into()
            }
            _ => Missing::NoPlace.into(),
        }
    }
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

/// `on Main`: a preposition says that a word is a street.
fn told(text: &[String], mention: &Mention) -> bool {
    let before = mention.start.checked_sub(1).and_then(|at| text.get(at));
    before.is_some_and(|word| {
        matches!(
            word.as_str(),
            "ON" | "AT" | "EN" | "CALLE" | "BY" | "NEAR" | "AVE"
        )
    })
}
