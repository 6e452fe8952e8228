//! What a person writes between two streets, said in the one word that [`super::mention`] knows; and numbers in words.

use super::words;

/// Connectors of several words, folded, longest first where one begins another. `NEAR` also stands for a block or less away.
const PHRASES: &[(&str, &str)] = &[
    ("ACROSS THE ST FROM", "NEAR"),
    ("A LA ALTURA DEL", "NEAR"),
    ("A LA ALTURA DE", "NEAR"),
    ("A LA ALTURA", "NEAR"),
    ("AL LADO DEL", "NEAR"),
    ("AL LADO DE", "NEAR"),
    ("A MEDIA CUADRA DE", "NEAR"),
    ("MEDIA CUADRA DE", "NEAR"),
    ("A UNA CUADRA DE", "NEAR"),
    ("UNA CUADRA DE", "NEAR"),
    ("EN FRENTE DEL", "NEAR"),
    ("EN FRENTE DE", "NEAR"),
    ("ENFRENTE DEL", "NEAR"),
    ("ENFRENTE DE", "NEAR"),
    ("FRENTE AL", "NEAR"),
    ("FRENTE A", "NEAR"),
    ("WHERE IT MEETS", "&"),
    ("WHERE IT CROSSES", "&"),
    ("CROSS ST IS", "CROSS"),
    ("CROSS STREETS", "CROSS"),
    ("CROSS ST", "CROSS"),
    ("IN FRONT OF", "NEAR"),
    ("ACROSS FROM", "NEAR"),
    ("ACROSS", "NEAR"),
    ("CLOSE TO", "NEAR"),
    ("NEXT TO", "NEAR"),
    ("RIGHT BY", "NEAR"),
    ("RIGHT AT", "AT"),
    ("RIGHT NEAR", "NEAR"),
    ("RIGHT OFF", "NEAR"),
    ("OFF OF", "NEAR"),
    ("JUST OFF", "NEAR"),
    ("JUST PAST", "NEAR"),
    ("JUST BEFORE", "NEAR"),
    ("OFF", "NEAR"),
    ("PAST", "NEAR"),
    ("BEFORE", "NEAR"),
    ("MEETS", "&"),
    ("CROSSES", "&"),
    ("INTERSECTS WITH", "&"),
    ("INTERSECTS", "&"),
    ("INTERSECTION", "CORNER"),
    ("INTERSECCION", "CORNER"),
    ("CERCA DEL", "NEAR"),
    ("CERCA DE", "NEAR"),
    ("CERCA", "NEAR"),
    ("JUNTO AL", "NEAR"),
    ("JUNTO A", "NEAR"),
    ("CASI CON", "CON"),
    ("CASI ESQUINA CON", "CON"),
    ("CASI ESQUINA", "CON"),
    ("CASI ESQ", "CON"),
    ("ANTES DE", "NEAR"),
    ("DESPUES DE", "NEAR"),
    ("PASANDO", "NEAR"),
    ("POR FAVOR", "FAVOR"),
    ("POR", "NEAR"),
    ("B & W", "BETWEEN"),
    ("B & T", "BETWEEN"),
];

/// Says each connector in one word, joins `FIFTY #1` to `#51` and `LA CINCO` to `LA 5`, and leaves out roadways.
pub(super) fn shorten(words: &[String]) -> Vec<String> {
    let mut short: Vec<String> = Vec::with_capacity(words.len());
    let mut rest = words;
    while let Some(first) = rest.first() {
        if short.last().is_some_and(|word| words::is_suffix(word))
            && let Some(taken) = roadway(rest)
        {
            rest = &rest[taken..];
            continue;
        }
        let (word, taken) = connector(rest)
            .or_else(|| ordinal(rest))
            .or_else(|| numeral(short.last(), first))
            .unwrap_or((first.clone(), 1));
        short.push(word);
        rest = &rest[taken..];
    }
    short
}

fn connector(rest: &[String]) -> Option<(String, usize)> {
    if let Some(taken) = block_away(rest) {
        return Some(("NEAR".to_owned(), taken));
    }
    PHRASES.iter().find_map(|(phrase, word)| {
        let mut taken = 0;
        let same = phrase.split(' ').all(|part| {
            taken += 1;
            rest.get(taken - 1).is_some_and(|word| word == part)
        });
        same.then(|| ((*word).to_owned(), taken))
    })
}

/// `N/R`, `NORTHEAST ROADWAY`: a side of a divided street, which the streets of a file are not told apart by.
fn roadway(rest: &[String]) -> Option<usize> {
    const SIDES: [&str; 8] = [
        "N",
        "S",
        "E",
        "W",
        "NORTHEAST",
        "NORTHWEST",
        "SOUTHEAST",
        "SOUTHWEST",
    ];
    match rest.first()?.as_str() {
        "NR" | "SR" | "ER" | "WR" => Some(1),
        side if SIDES.contains(&side) && rest.get(1).is_some_and(|word| word == "RDWY") => Some(2),
        _ => None,
    }
}

/// `a block south of`, `half a block from`, `just north of`, `1 block past`: how many words it takes.
fn block_away(rest: &[String]) -> Option<usize> {
    let mut at = 0;
    let mut skip = |any: &[&str]| {
        let found = rest
            .get(at)
            .is_some_and(|word| any.contains(&word.as_str()));
        at += usize::from(found);
        found
    };
    let just = skip(&["JUST"]);
    let half = skip(&["HALF"]);
    let one = skip(&["A", "1", "ONE"]);
    let block = skip(&["BLOCK"]);
    let block = (half || one) && block;
    if !block && (half || one) {
        return None;
    }
    skip(&["AWAY", "UP", "DOWN"]);
    let direction = skip(&["N", "S", "E", "W"]);
    let ended = skip(&["OF", "FROM"]) || (block && skip(&["PAST", "BEFORE", "OFF"]));
    (ended && (block || just || direction)).then_some(at)
}

/// `TWENTY #1`.
fn ordinal(rest: &[String]) -> Option<(String, usize)> {
    let tens = match rest.first()?.as_str() {
        "TWENTY" => 20,
        "THIRTY" => 30,
        "FORTY" | "FOURTY" => 40,
        "FIFTY" => 50,
        "SIXTY" => 60,
        "SEVENTY" => 70,
        "EIGHTY" => 80,
        "NINETY" => 90,
        _ => return None,
    };
    let units: u32 = rest.get(1)?.strip_prefix('#')?.parse().ok()?;
    (1..=9)
        .contains(&units)
        .then(|| (format!("#{}", tens + units), 2))
}

/// `la cinco y San Pedro`, `calle seis`.
fn numeral(before: Option<&String>, word: &str) -> Option<(String, usize)> {
    if !before.is_some_and(|before| matches!(before.as_str(), "LA" | "CALLE")) {
        return None;
    }
    let number = match word {
        "UNO" | "UNA" => "1",
        "DOS" => "2",
        "TRES" => "3",
        "CUATRO" => "4",
        "CINCO" => "5",
        "SEIS" => "6",
        "SIETE" => "7",
        "OCHO" => "8",
        "NUEVE" => "9",
        "DIEZ" => "10",
        "ONCE" => "11",
        "DOCE" => "12",
        _ => return None,
    };
    Some((number.to_owned(), 1))
}

#[cfg(test)]
mod tests {
    use super::super::words::fold;
    use super::*;

    #[test]
    fn connectors_are_said_in_one_word() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shorten(&fold(text)).join(" "), expected, "{text}");
        };
        check("5th close to main", "#5 NEAR MAIN");
        check("5th half a block from main", "#5 NEAR MAIN");
        check("5th just north of main", "#5 NEAR MAIN");
        check("5th south of main", "#5 NEAR MAIN");
        check("5th 1 block west of main", "#5 NEAR MAIN");
        check("5th two blocks from main", "#5 TWO BLOCKS FROM MAIN");
        check("5ta en frente de san pedro", "#5 NEAR SAN PEDRO");
        check("la cinco y main", "LA 5 Y MAIN");
        check("fifty-first & main", "#51 & MAIN");
        check("gracias por favor", "GRACIAS FAVOR");
        check("a cop", "A COP");
        check("half", "HALF");
        check("", "");
    }
}
