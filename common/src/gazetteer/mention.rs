//! Where a text mentions streets, and what stands between two mentions.

use super::index::Gazetteer;
use super::words;

/// At most this many mentions of one text are weighed.
const MOST_MENTIONS: usize = 64;

/// Words that are streets somewhere but mostly something else; they count with their kind or across an `&` only.
const COMMON: &[&str] = &[
    "PARK", "CT", "SCHOOL", "MARKET", "STATION", "BRIDGE", "CITY", "CLUB", "CENTER", "CENTRE",
    "BEACH", "RIVER", "LAKE", "CANAL", "CASE", "CLIFF", "STATE", "HAVEN", "SALE", "SHORT", "UNION",
    "YOUNG", "WHITE", "KING", "ART", "DON", "MAY", "MARCH", "JUNE", "SECOND", "TOWN", "PLAZA",
    "OFFICE", "FIELD", "#2", "#1",
];

/// What may follow a bare number that is a street.
const AFTER_NUMBER: &[&str] = &[
    "RIGHT", "NOW", "RN", "THERE", "HERE", "TODAY", "AHORA", "AQUI", "AHORITA", "HOY", "PLS",
    "PLEASE", "FAVOR", "POR", "STREETS", "ASAP", "LA", "DTLA",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// `5`: could be anything.
    Number,
    /// `PARK`: mostly not a street.
    Common,
    /// `WALL`.
    Plain,
    /// `5TH`, `WALL ST`, `SAN JULIAN`.
    Strong,
}

#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) streets: Vec<u32>,
    /// The name was written with its kind.
    pub(super) full: bool,
    pub(super) strength: Strength,
}

/// How two mentions are tied, loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing but a comma, an article or a direction.
    Empty,
    /// `at`, `by`, `near`.
    Joined,
    /// `&`, `and`, `y`, `con`.
    Crossed,
}

/// What stands between two mentions; `None` if anything but links does.
pub(super) fn gap(between: &[String]) -> Option<Gap> {
    if between.len() > 6 || !between.iter().all(|word| words::is_link(word)) {
        return None;
    }
    let has = |list: &[&str]| between.iter().any(|word| list.contains(&word.as_str()));
    Some(
        if has(&[
            "&", "AND", "N", "Y", "X", "CON", "CROSS", "CROSSING", "ESQUINA", "ESQ", "CORNER",
            "CRUCE",
        ]) {
            Gap::Crossed
        } else if between.iter().any(|word| words::is_joint(word)) {
            Gap::Joined
        } else {
            Gap::Empty
        },
    )
}

impl Gazetteer {
    /// Every street that the words mention, in their order.
    pub(super) fn mentions(&self, text: &[String]) -> Vec<Mention> {
        let mut mentions = Vec::new();
        for start in 0..text.len() {
            for length in (1..=self.longest_alias.min(text.len() - start)).rev() {
                let name = text[start..start + length].join(" ");
                if let Some(streets) = self.by_alias.get(&name) {
                    self.mention(text, start, start + length, &name, streets, &mut mentions);
                }
                if mentions.len() >= MOST_MENTIONS {
                    return mentions;
                }
            }
        }
        mentions
    }

    fn mention(
        &self,
        text: &[String],
        start: usize,
        end: usize,
        name: &str,
        streets: &[u32],
        mentions: &mut Vec<Mention>,
    ) {
        let spoken: Vec<u32> = streets
            .iter()
            .copied()
            .filter(|&street| self.streets[street as usize].full == name)
            .collect();
        let whole = end - start > 1
            && text
                .get(end - 1)
                .is_some_and(|word| words::is_suffix(word) || words::is_tail(word));
        if whole && !spoken.is_empty() {
            mentions.push(Mention {
                start,
                end,
                streets: spoken,
                full: true,
                strength: Strength::Strong,
            });
            return;
        }
        let suffix = text.get(end).filter(|word| words::is_suffix(word));
        if let Some(suffix) = suffix {
            let kind: Vec<u32> = streets
                .iter()
                .copied()
                .filter(|&street| {
                    self.streets[street as usize].suffix.as_deref() == Some(suffix.as_str())
                })
                .collect();
            let numbered = name.starts_with('#') || words::is_bare_number(name);
            // `Broadway Ave` is Broadway; `5th Ave` is never 5th Street.
            let (streets, full) = if kind.is_empty() {
                (streets.to_vec(), false)
            } else {
                (kind, true)
            };
            if full || (!numbered && name.len() > 1) {
                mentions.push(Mention {
                    start,
                    end: end + 1,
                    streets,
                    full,
                    strength: Strength::Strong,
                });
            }
            if suffix != "ST" || !self.begins_with_saint(text, end) {
                return;
            }
        }
        if name.len() == 1 && !words::is_bare_number(name) {
            return;
        }
        // `Hollywood` alone is the boulevard, never the freeway.
        let streets: Vec<u32> = streets
            .iter()
            .copied()
            .filter(|&street| self.streets[street as usize].suffix.as_deref() != Some("FWY"))
            .collect();
        if streets.is_empty() {
            return;
        }
        let strength = if words::is_bare_number(name) {
            if !may_be_number(text, start, end) {
                return;
            }
            Strength::Number
        } else if COMMON.contains(&name) {
            Strength::Common
        } else if name.starts_with('#') || end - start > 1 || name.len() > 6 {
            Strength::Strong
        } else {
            Strength::Plain
        };
        mentions.push(Mention {
            start,
            end,
            streets,
            full: false,
            strength,
        });
    }

    /// `5th St Andrews`: is the `ST` the beginning of the next name?
    fn begins_with_saint(&self, text: &[String], at: usize) -> bool {
        text.get(at..at + 2)
            .is_some_and(|pair| self.by_alias.contains_key(&pair.join(" ")))
    }
}

/// Whether a bare number stands where a street's name could: not `3 cops`, not `5 pm`.
fn may_be_number(text: &[String], start: usize, end: usize) -> bool {
    let told = start > 0 && matches!(text[start - 1].as_str(), "CALLE" | "AVE");
    let after = text.get(end).map(String::as_str);
    told || after.is_none_or(|word| {
        words::is_link(word)
            || words::zip(word).is_some()
            || AFTER_NUMBER.contains(&word)
            || words::is_direction(word)
    })
}

/// Whether two mentions with this between them may be a corner.
pub(super) fn may_meet(a: &Mention, gap: Gap, b: &Mention, told: bool) -> bool {
    let weaker = a.strength.min(b.strength);
    match weaker {
        Strength::Number => {
            a.strength != b.strength && (gap == Gap::Crossed || (told && gap >= Gap::Joined))
        }
        Strength::Common => a.strength != b.strength && gap == Gap::Crossed,
        Strength::Plain => gap >= Gap::Joined || a.strength.max(b.strength) == Strength::Strong,
        Strength::Strong => true,
    }
}
