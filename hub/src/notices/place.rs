//! Which words may stand for the place of a notice: a street, a corner, a block, a park, as a city posts it, and nothing that
//! names a door, a point, or a way to reach somebody.
//!
//! This tells numbers and signs apart, not meanings: whoever writes the table must leave people out of it.

/// Characters of a place at most.
pub const LONGEST: usize = 80;

/// After a number of a house such a word does not stand: `7 Ave NE`, `145 St`, `1300 block`.
const STREETS: &[&str] = &[
    "st",
    "street",
    "ave",
    "av",
    "avenue",
    "pl",
    "place",
    "way",
    "blvd",
    "boulevard",
    "dr",
    "drive",
    "rd",
    "road",
    "ct",
    "court",
    "ln",
    "lane",
    "pkwy",
    "parkway",
    "ter",
    "terrace",
];

/// In blocks a city announces itself, whatever the number.
const BLOCKS: &[&str] = &["block", "blocks", "blk", "cuadra", "cuadras"];

/// After such a word a number is no house: `Highway 99`, `Exit 164`, `Pier 48`.
const NUMBERED: &[&str] = &[
    "highway",
    "hwy",
    "route",
    "sr",
    "us",
    "i",
    "interstate",
    "exit",
    "pier",
    "section",
    "sections",
    "lot",
    "gate",
    "zone",
    "phase",
    "freeway",
    "fwy",
    "carretera",
    "ruta",
    "salida",
    "muelle",
];

/// Between two places.
const BETWEEN: &[&str] = &[
    "&", "and", "at", "@", "y", "con", "to", "from", "between", "/", "-",
];

/// The words with their white space made plain, or why they may not stand.
pub fn place(text: &str) -> Result<String, &'static str> {
    let text = plain(text, LONGEST)?;
    if text.chars().filter(|c| c.is_alphabetic()).count() < 3 {
        return Err("is no name of a place; write the street, corner or park as it was posted");
    }
    let words: Vec<&str> = text.split(' ').collect();
    for (n, word) in words.iter().enumerate() {
        if is_house(&words, n, word) {
            return Err(
                "has a house number in it; write the corner, the block (`1300 block of Main St`) or the park",
            );
        }
    }
    Ok(text)
}

/// The name of an office, by the same rules but for house numbers.
pub fn office(text: &str) -> Result<String, &'static str> {
    plain(text, LONGEST)
}

/// Text of one line that is short, without marks that no name has, and without a way to reach somebody or a point in it.
fn plain(text: &str, longest: usize) -> Result<String, &'static str> {
    let is_sign = |c: char| {
        c.is_control() || matches!(c, '<' | '>' | '{' | '}' | '[' | ']' | '|' | '\\' | '^' | '~' | '=' | '*' | '_' | '`')
            // Signs that are not seen, and those that turn the direction of writing.
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().any(is_sign) {
        return Err("has signs in it that no name has; write plain words");
    }
    if text.chars().count() > longest {
        return Err("is longer than 80 characters; write the street, corner or park alone");
    }
    let lower = text.to_lowercase();
    if lower.contains("://") || lower.contains("//") || lower.contains("www.") {
        return Err("has an address of the web in it; leave it out");
    }
    if text
        .split(' ')
        .any(|word| word.contains('@') && word != "@")
    {
        return Err("has an address of mail or a user name in it; leave it out");
    }
    if text.split(' ').any(is_coordinate) {
        return Err(
            "has coordinates in it; they have columns of their own, `latitude` and `longitude`",
        );
    }
    if has_phone(&text) {
        return Err("has a telephone number in it; leave it out");
    }
    if text.contains('#') {
        return Err("has a number of a door or a post (`#`) in it; leave it out");
    }
    Ok(text)
}

/// Ten digits or more in a row, or three and four, whatever stands between them.
fn has_phone(text: &str) -> bool {
    let is_between = |c: char| {
        matches!(
            c,
            ' ' | '-' | '.' | '(' | ')' | '+' | '/' | '\u{2010}'..='\u{2015}'
        )
    };
    let runs = text.split(|c: char| !c.is_numeric() && !is_between(c));
    for run in runs {
        let groups: Vec<usize> = run
            .split(is_between)
            .map(|group| group.chars().count())
            .filter(|digits| *digits > 0)
            .collect();
        let digits: usize = groups.iter().sum();
        if digits >= 10 || groups.ends_with(&[3, 4]) || groups == [7] {
            return true;
        }
    }
    false
}

/// `47.6062`, `47°36'06.4`, a plus code.
fn is_coordinate(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '+');
    let is_digits = |text: &str| !text.is_empty() && text.chars().all(char::is_numeric);
    let is_decimal = word.split([',', ';']).any(|part| {
        let part = part.trim_start_matches(['-', '\u{2212}', '+']);
        part.split_once('.')
            .is_some_and(|(whole, rest)| is_digits(whole) && is_digits(rest) && rest.len() >= 2)
    });
    let is_code = word
        .split_once('+')
        .is_some_and(|(one, other)| one.len() >= 4 && other.len() >= 2);
    is_decimal || is_code || word.contains(['\u{b0}', '\u{ba}', '\u{2032}', '\u{2033}'])
}

/// A number's digits at most, and whether a letter follows them: `12`, `1200-1300`, `12b`.
fn number(word: &str) -> Option<(usize, bool)> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut most = (0, false);
    for part in word.split(['-', '/', ',', '\u{2013}', '\u{2014}']) {
        let digits = part.chars().take_while(|c| c.is_numeric()).count();
        let mut rest = part.chars().skip(digits);
        let letter = rest.next();
        if digits == 0 || rest.next().is_some() || letter.is_some_and(|c| !c.is_alphabetic()) {
            return None;
        }
        most = (most.0.max(digits), most.1 || letter.is_some());
    }
    Some(most)
}

fn is_house(words: &[&str], n: usize, word: &str) -> bool {
    let Some((digits, has_letter)) = number(word) else {
        return false;
    };
    let bare = |word: &str| {
        word.trim_matches(['.', ',', ';', '(', ')', ':'])
            .to_lowercase()
    };
    let is_any = |all: &[&str], word: &str| all.contains(&word);
    let mut after = words[n + 1..].iter();
    let next = after.find(|word| number(word).is_none());
    let next = next.map(|word| bare(word)).unwrap_or_default();
    let before = words[..n].iter().rev().find(|word| number(word).is_none());
    if is_any(BLOCKS, &next) || before.is_some_and(|word| is_any(NUMBERED, &bare(word))) {
        return false;
    }
    if digits <= 3 && !has_letter && is_any(STREETS, &next) {
        return false;
    }
    if digits >= 3 {
        return true;
    }
    // `12 Main St`, also after another place; `Sections 1, 2 and 3` has none.
    let begins = match n.checked_sub(1).map(|before| words[before]) {
        None => true,
        Some(before) => {
            before.ends_with([',', ';', ':', '('])
                || is_any(BETWEEN, &bare(before))
                || number(before).is_some()
        }
    };
    begins && next.chars().any(char::is_alphabetic) && !is_any(BETWEEN, &next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cities_post_is_a_place() {
        for text in [
            "Jackson Park",
            "Woodland Park, north lot",
            "5th & San Pedro",
            "5th Ave S & S Michigan St",
            "I-5 7 Ave NE & NE 50 St",
            "I-5 72nd to 85th NB",
            "NE 145 St and 1st Ave NE",
            "S Weller St & 1300 block",
            "1200-1300 block of Main St",
            "Highway 99 at Exit 164",
            "Pier 48",
            "SW Queen Anne Greenbelt - Sections 1, 2, 3 & 4",
            "Parque José Rizal, puente norte",
            "Carpool Lot - 6th & Cherry",
            "Under the (old) bridge @ Main St",
        ] {
            assert_eq!(place(text).as_deref(), Ok(text));
        }
        assert_eq!(place("  Jackson \t Park ").as_deref(), Ok("Jackson Park"));
    }

    #[test]
    fn what_names_a_door_a_point_or_a_person_to_reach_is_none() {
        for (text, reason) in [
            ("1234 Aurora Ave N", "house"),
            ("325 W Galer St", "house"),
            ("12 Main St", "house"),
            ("12 1/2 Main St", "house"),
            ("12b Main St", "house"),
            ("behind the church, 12 Oak Rd", "house"),
            ("Calle Olvera 125", "house"),
            ("Main St & 4417 Pine", "house"),
            ("1234A Main", "house"),
            ("Main St 4417-4421", "house"),
            ("Apt 12, Main St #4", "door"),
            ("Jackson Park 206-555-0100", "telephone"),
            ("Jackson Park (206) 555 0100", "telephone"),
            ("ask at 555-0100", "telephone"),
            ("ask at +12065550100", "telephone"),
            ("Jackson Park 47.6062, -122.3321", "coordinates"),
            ("Jackson Park -122.33", "coordinates"),
            ("47°36'06.4 N Jackson Park", "coordinates"),
            ("Jackson Park 84VVJM8X+9C", "coordinates"),
            ("Jackson Park, mail ana@example.org", "mail"),
            ("Jackson Park @ana", "mail"),
            ("Jackson Park https://example.org", "web"),
            ("Jackson Park ///filled.count.soap", "web"),
            ("<b>Jackson Park</b>", "signs"),
            ("Jackson\u{202e}Park", "signs"),
            ("Jackson\u{0}Park", "signs"),
            ("", "no name"),
            ("5", "no name"),
            ("---", "no name"),
            (&"Park ".repeat(20), "longer"),
            ("６４１７ Pine Street", "house"),
        ] {
            let said = place(text).expect_err(text);
            assert!(said.contains(reason), "{text}: {said}");
        }
    }
}
