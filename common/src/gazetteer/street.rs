//! One street, and which part of it: between two others, or by its block.

use super::corner::ONE_PLACE;
use super::index::{Corner, Gazetteer, metres};
use super::mention::{Gap, Mention, gap};
use super::{Place, Precision, words};

impl Gazetteer {
    /// `San Pedro between 5th and 6th`: the middle of the two corners.
    pub(super) fn between(&self, text: &[String], mentions: &[Mention]) -> Option<Place> {
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

    /// `512 San Julian St`, `cuadra 500 de San Julian`: the 500 block, where the file knows it.
    pub(super) fn block(
        &self,
        text: &[String],
        mentions: &[Mention],
        zip: Option<u32>,
    ) -> Option<Place> {
        let longest = mentions
            .iter()
            .max_by_key(|mention| mention.end - mention.start)?;
        let number = number_before(&text[..longest.start])
            .or_else(|| number_behind(&text[longest.end..]))?;
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
}

/// `512`, `500 block of`, `cuadra 500 de la calle`.
fn number_before(words: &[String]) -> Option<u32> {
    let between = |word: &&String| {
        words::is_direction(word)
            || matches!(
                word.as_str(),
                "BLOCK" | "OF" | "THE" | "DE" | "DEL" | "LA" | "EL" | "CALLE" | "AVE"
            )
    };
    let number = words.iter().rposition(|word| !between(&word))?;
    // The file's blocks are of the side that most houses are on, south and east of the city's middle.
    let is_other_side = |word: &String| matches!(word.as_str(), "N" | "W");
    match words[number + 1..].iter().any(is_other_side) {
        true => None,
        false => house_number(&words[number]),
    }
}

/// `, 500 block`.
fn number_behind(words: &[String]) -> Option<u32> {
    let mut words = words.iter().filter(|word| *word != ",");
    let number = house_number(words.next()?)?;
    (words.next()? == "BLOCK").then_some(number)
}

fn house_number(word: &str) -> Option<u32> {
    (words::is_bare_number(word) && (3..=5).contains(&word.len()))
        .then(|| word.parse().ok())
        .flatten()
}
