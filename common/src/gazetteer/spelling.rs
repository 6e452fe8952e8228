//! Slips of a tired thumb: one letter wrong, missing, doubled or swapped with its neighbour.

use super::corner::Hit;
use super::index::Gazetteer;
use super::mention::{Gap, Mention, Strength, gap};
use super::words;

/// Common words of reports; none is a slip of a street that it resembles (`store` of Stare St, `carros` of Carlos St).
const NO_SLIPS: &[&str] = &[
    "ABOUT",
    "AGAIN",
    "AHORA",
    "AHORITA",
    "ALERTA",
    "ALLEY",
    "AMIGOS",
    "ARRESTING",
    "BANCO",
    "BETWEEN",
    "BURGER",
    "CAMION",
    "CARROS",
    "CARTS",
    "CEMENT",
    "CHECKING",
    "CORNER",
    "COURTS",
    "CREWS",
    "DRIVING",
    "ELEVEN",
    "ESQUINA",
    "ESTABA",
    "FATHER",
    "FIGHT",
    "GARDENS",
    "GASOLINA",
    "GRACIAS",
    "HEADING",
    "HELICOPTER",
    "HORSE",
    "LAPD",
    "LAWYER",
    "LIGHT",
    "LUCES",
    "MARKED",
    "MCDONALDS",
    "MORNING",
    "MOTHER",
    "MOTORCYCLE",
    "MOTOS",
    "OFFICER",
    "OFFICERS",
    "PARADO",
    "PARKED",
    "PATROL",
    "PATRULLA",
    "PEOPLE",
    "PLAZA",
    "POLICE",
    "POLICIA",
    "POLICIAS",
    "RANGER",
    "RESIDENTS",
    "RIGHT",
    "SEVEN",
    "SHERIFF",
    "SHERIFFS",
    "STILL",
    "STORE",
    "STREET",
    "TABLE",
    "TENTS",
    "THEIR",
    "THERE",
    "TODAY",
    "TRASH",
    "TRUCKS",
    "TUNNEL",
    "UNITS",
    "WALKING",
    "WARNING",
    "WHILE",
];

impl Gazetteer {
    /// One street is known, and the words on its other side are nearly one of the streets that it meets.
    pub(super) fn misspelt(&self, text: &[String], mentions: &[Mention]) -> Vec<Hit> {
        const MOST_ANCHORS: usize = 8;
        let taken = |from: usize, to: usize| {
            mentions.iter().any(|mention| {
                let same = mention.start == from && mention.end >= to;
                let within =
                    mention.start >= from && mention.end <= to && mention.end > mention.start + 1;
                (same || within) && mention.strength > Strength::Number
            })
        };
        let anchors = mentions
            .iter()
            .filter(|mention| mention.strength != Strength::Common);
        let mut hits = Vec::new();
        for anchor in anchors.take(MOST_ANCHORS) {
            for length in 1..=3 {
                for distance in 1..=4 {
                    let after = (anchor.end + distance, anchor.end + distance + length);
                    let before = anchor
                        .start
                        .checked_sub(distance + length)
                        .map(|from| (from, from + length));
                    for (from, to) in [Some(after), before].into_iter().flatten() {
                        let Some(window) = text.get(from..to) else {
                            continue;
                        };
                        let between = if from >= anchor.end {
                            &text[anchor.end..from]
                        } else {
                            &text[to..anchor.start]
                        };
                        let Some(tie) = gap(between).filter(|&tie| tie >= Gap::Joined) else {
                            continue;
                        };
                        let sure = anchor.strength > Strength::Number || tie == Gap::Crossed;
                        if !sure || taken(from, to) || !may_be_slip(window) {
                            continue;
                        }
                        if let Some(guess) = self.nearly(anchor, window, from) {
                            self.hit(anchor, &guess, &mut hits);
                        }
                    }
                }
            }
        }
        hits
    }

    /// The streets that meet `anchor` and are spelt nearly as `window`.
    fn nearly(&self, anchor: &Mention, window: &[String], start: usize) -> Option<Mention> {
        let written = window.concat();
        let most = forgiven(written.len());
        if most == 0
            || window
                .iter()
                .any(|word| word.bytes().any(|byte| !byte.is_ascii_alphabetic()))
        {
            return None;
        }
        let mut least = most;
        let mut streets = Vec::new();
        for &anchored in &anchor.streets {
            for &corner in &self.streets[anchored as usize].corners {
                let partner = self.corners[corner as usize].other(anchored);
                let street = &self.streets[partner as usize];
                if street.suffix.as_deref() == Some("FWY") {
                    continue;
                }
                let allowed = least.min(forgiven(street.joined.len()));
                if let Some(slips) = slips(&written, &street.joined, allowed) {
                    if slips < least {
                        least = slips;
                        streets.clear();
                    }
                    if !streets.contains(&partner) {
                        streets.push(partner);
                    }
                }
            }
        }
        (!streets.is_empty()).then(|| Mention {
            start,
            end: start + window.len(),
            streets,
            full: false,
            strength: Strength::Strong,
        })
    }
}

/// Whether words could be a misspelt name: an article may begin one, another link neither begins nor ends it.
fn may_be_slip(window: &[String]) -> bool {
    let article = |word: &String| matches!(word.as_str(), "LA" | "EL" | "DEL" | "DE");
    let link = |word: &String| words::is_link(word) || words::is_suffix(word);
    let (Some(first), Some(last)) = (window.first(), window.last()) else {
        return false;
    };
    (article(first) || !link(first))
        && !link(last)
        && !window.iter().any(|word| NO_SLIPS.contains(&word.as_str()))
}

/// How many slips a name of this length forgives: none below 5 letters, two from 8 on.
fn forgiven(length: usize) -> usize {
    match length {
        0..5 => 0,
        5..8 => 1,
        _ => 2,
    }
}

/// The number of slips between two ASCII names (restricted Damerau-Levenshtein), if at most `most`.
fn slips(a: &str, b: &str, most: usize) -> Option<usize> {
    const LONGEST: usize = 40;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > most || a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    let mut before = [0_usize; LONGEST + 1];
    let mut last = [0_usize; LONGEST + 1];
    let mut now = [0_usize; LONGEST + 1];
    for (at, cell) in last.iter_mut().enumerate() {
        *cell = at;
    }
    for i in 1..=a.len() {
        now[0] = i;
        let mut least = i;
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = changed.min(last[j] + 1).min(now[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            now[j] = best;
            least = least.min(best);
        }
        if least > most {
            return None;
        }
        before = last;
        last = now;
    }
    Some(last[b.len()]).filter(|&distance| distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_counted_up_to_a_bound() {
        let check = |a: &str, b: &str, expected| assert_eq!(slips(a, b, 2), expected, "{a} {b}");
        check("SANPEDRO", "SANPEDRO", Some(0));
        check("SNAPEDRO", "SANPEDRO", Some(1));
        check("SANPERDO", "SANPEDRO", Some(1));
        check("SANPEDR", "SANPEDRO", Some(1));
        check("VERMOUNT", "VERMONT", Some(1));
        check("FIGEROA", "FIGUEROA", Some(1));
        check("FIGUROAA", "FIGUEROA", Some(2));
        check("WALL", "HILL", Some(2));
        check("ALAMEDA", "CENTRAL", None);
        check("", "ABC", None);
    }
}
