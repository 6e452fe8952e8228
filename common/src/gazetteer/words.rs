//! Words as people and cities write them, folded to one spelling.
//!
//! A street's name and a person's text go through the same folding, so that they meet: `5TH ST`, `5ta`, `quinta` and
//! `fifth street` all begin with `#5`; `Avenida Vermont` and `VERMONT AVE` share `VERMONT` and `AVE`.

/// At most this many words of a text are read.
const MAX_WORDS: usize = 256;

/// The kinds of street, as folded. `CALLE` stands before a name, never after.
const SUFFIXES: &[&str] = &[
    "ST", "AVE", "BLVD", "DR", "RD", "LN", "PL", "CT", "TER", "CIR", "HWY", "PKWY", "FWY", "WAY",
    "WALK", "RDWY", "GRN", "MALL", "TR", "CK", "AL",
];

/// What may follow a street's kind: `CAHUENGA BLVD WEST`, `EXPOSITION BOULEVARD N/R`.
const TAILS: &[&str] = &[
    "N",
    "S",
    "E",
    "W",
    "NR",
    "SR",
    "ER",
    "WR",
    "RDWY",
    "NORTHEAST",
    "SOUTHWEST",
];

/// Words that may stand between the two streets of a corner.
const LINKS: &[&str] = &[
    "&", ",", "AND", "N", "S", "E", "W", "Y", "X", "AT", "CON", "ESQUINA", "ESQ", "CORNER",
    "CROSS", "CROSSING", "CRUCE", "OF", "NEAR", "BY", "ON", "IN", "OFF", "THE", "LA", "EL", "DE",
    "DEL", "EN", "CALLE", "AVE", "BLVD", "NR", "SR", "BETWEEN", "RDWY",
];

/// Those of them that say that two streets meet.
const JOINTS: &[&str] = &[
    "&", "AND", "N", "Y", "X", "E", "AT", "CON", "ESQUINA", "ESQ", "CROSS", "CROSSING", "BY",
    "NEAR", "BETWEEN",
];

pub(super) fn is_suffix(word: &str) -> bool {
    SUFFIXES.contains(&word)
}

pub(super) fn is_tail(word: &str) -> bool {
    TAILS.contains(&word)
}

pub(super) fn is_link(word: &str) -> bool {
    LINKS.contains(&word)
}

pub(super) fn is_joint(word: &str) -> bool {
    JOINTS.contains(&word)
}

pub(super) fn is_direction(word: &str) -> bool {
    matches!(word, "N" | "S" | "E" | "W")
}

/// A number without anything that says that it is a street.
pub(super) fn is_bare_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// A five-digit ZIP code of California.
pub(super) fn zip(word: &str) -> Option<u32> {
    (word.len() == 5 && is_bare_number(word))
        .then(|| word.parse().ok())
        .flatten()
        .filter(|zip| (90_000..=96_199).contains(zip))
}

/// Splits a text into folded words; `&`, `@`, `/` and `+` become the word `&`, and a comma stays one.
pub(super) fn fold(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        if words.len() >= MAX_WORDS {
            return words;
        }
        match plain(character) {
            Some('\'') => {}
            Some(letter) => word.push(letter),
            // `5:30` is a time, never two streets.
            None if character == ':'
                && word.ends_with(|last: char| last.is_ascii_digit())
                && characters.peek().is_some_and(char::is_ascii_digit) =>
            {
                word.push(':');
            }
            // `N/R` is a frontage road, written so by the city.
            None if character == '/'
                && is_direction(&word)
                && characters.peek().copied().and_then(plain) == Some('R') => {}
            None => {
                finish(&mut word, &mut words);
                match character {
                    '&' | '@' | '/' | '+' => words.push("&".to_owned()),
                    ',' | ';' | '\n' => words.push(",".to_owned()),
                    _ => {}
                }
            }
        }
    }
    finish(&mut word, &mut words);
    words.truncate(MAX_WORDS);
    words
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(spell(word));
        word.clear();
    }
}

/// A letter without its accent and in capitals; an apostrophe as `'`; `None` for what parts words.
fn plain(character: char) -> Option<char> {
    Some(match character {
        'a'..='z' => character.to_ascii_uppercase(),
        'A'..='Z' | '0'..='9' => character,
        'á' | 'à' | 'ä' | 'â' | 'Á' | 'À' | 'Ä' | 'Â' | 'ª' => 'A',
        'é' | 'è' | 'ë' | 'ê' | 'É' | 'È' | 'Ë' | 'Ê' => 'E',
        'í' | 'ì' | 'ï' | 'î' | 'Í' | 'Ì' | 'Ï' | 'Î' => 'I',
        'ó' | 'ò' | 'ö' | 'ô' | 'Ó' | 'Ò' | 'Ö' | 'Ô' | 'º' => 'O',
        'ú' | 'ù' | 'ü' | 'û' | 'Ú' | 'Ù' | 'Ü' | 'Û' => 'U',
        'ñ' | 'Ñ' => 'N',
        // An apostrophe, or an accent that stands by itself, as some phones write them: neither parts a word.
        '\'' | '’' | '‘' | '`' | '´' | '\u{300}'..='\u{36f}' => '\'',
        _ => return None,
    })
}

/// One spelling for each word that has several.
fn spell(word: &str) -> String {
    let folded = match word {
        "STREET" | "STR" | "SAINT" => "ST",
        "AVENUE" | "AVENIDA" | "AV" | "AVEN" | "AVN" | "AVDA" => "AVE",
        "BOULEVARD" | "BULEVAR" | "BOULEVAR" | "BLV" | "BVD" | "BL" | "BOUL" => "BLVD",
        "DRIVE" | "DRV" => "DR",
        "ROAD" => "RD",
        "LANE" => "LN",
        "PLACE" => "PL",
        "COURT" => "CT",
        "TERRACE" => "TER",
        "CIRCLE" | "CL" => "CIR",
        "HIGHWAY" | "HWAY" => "HWY",
        "PARKWAY" => "PKWY",
        "FREEWAY" | "FRWY" => "FWY",
        "ROADWAY" => "RDWY",
        "WY" => "WAY",
        "WK" => "WALK",
        "BLK" => "BLOCK",
        "MOUNT" => "MT",
        "FORT" => "FT",
        "STA" => "SANTA",
        "NORTH" | "NORTE" => "N",
        "SOUTH" | "SUR" => "S",
        "EAST" | "ESTE" => "E",
        "WEST" | "OESTE" => "W",
        "BTW" | "BTWN" | "ENTRE" => "BETWEEN",
        "FIRST" | "PRIMERA" | "PRIMERO" => "#1",
        "SECOND" | "SEGUNDA" => "#2",
        "THIRD" | "TERCERA" => "#3",
        "FOURTH" | "CUARTA" => "#4",
        "FIFTH" | "QUINTA" => "#5",
        "SIXTH" | "SEXTA" => "#6",
        "SEVENTH" | "SEPTIMA" => "#7",
        "EIGHTH" | "EIGTH" | "OCTAVA" => "#8",
        "NINTH" | "NOVENA" => "#9",
        "TENTH" | "DECIMA" => "#10",
        "ELEVENTH" => "#11",
        "TWELFTH" => "#12",
        "THIRTEENTH" => "#13",
        "FOURTEENTH" => "#14",
        "FIFTEENTH" => "#15",
        "SIXTEENTH" => "#16",
        "SEVENTEENTH" => "#17",
        "EIGHTEENTH" => "#18",
        "NINETEENTH" => "#19",
        "TWENTIETH" => "#20",
        "THIRTIETH" => "#30",
        "FORTIETH" => "#40",
        "FIFTIETH" => "#50",
        "SIXTIETH" => "#60",
        "SEVENTIETH" => "#70",
        "EIGHTIETH" => "#80",
        "NINETIETH" => "#90",
        _ => return ordinal(word).unwrap_or_else(|| word.to_owned()),
    };
    folded.to_owned()
}

/// `5TH`, `5TA` and `5A` as `#5`.
fn ordinal(word: &str) -> Option<String> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let ending = word.get(digits..)?;
    let known = matches!(
        ending,
        "ST" | "ND"
            | "RD"
            | "TH"
            | "TA"
            | "TO"
            | "RA"
            | "RO"
            | "DA"
            | "DO"
            | "MA"
            | "MO"
            | "VA"
            | "VO"
            | "NA"
            | "A"
    );
    let number = word.get(..digits)?;
    ((1..=3).contains(&digits) && known).then(|| format!("#{}", number.trim_start_matches('0')))
}

/// A street's name in its parts.
pub(super) struct StreetName {
    /// The whole of it, folded: `#5 ST`.
    pub(super) full: String,
    /// Its kind, if it says one.
    pub(super) suffix: Option<String>,
    /// What people may call it, best first; never empty.
    pub(super) aliases: Vec<String>,
}

/// Takes a street's name apart; `None` if nothing is left of it.
pub(super) fn street_name(name: &str) -> Option<StreetName> {
    let words: Vec<String> = fold(name).into_iter().filter(|word| word != ",").collect();
    let full = words.join(" ");
    let mut core: &[String] = &words;
    while core.len() > 2 && core.last().is_some_and(|word| is_tail(word)) {
        core = &core[..core.len() - 1];
    }
    let mut suffix = None;
    if core.len() > 1 && core.last().is_some_and(|word| is_suffix(word)) {
        suffix = core.last().cloned();
        core = &core[..core.len() - 1];
    } else if core.len() < words.len() {
        // A last word that looks like a direction but follows no kind of street belongs to the name.
        core = &words;
    }
    if core.is_empty() {
        return None;
    }
    let mut aliases = vec![core.join(" ")];
    let mut add = |alias: String| {
        if !alias.is_empty() && !aliases.contains(&alias) {
            aliases.push(alias);
        }
    };
    if core.len() > 2 {
        let short: Vec<&str> = core
            .iter()
            .map(String::as_str)
            .filter(|word| word.len() > 1 && *word != "JR")
            .collect();
        add(short.join(" "));
    }
    if core.len() > 1 {
        if is_direction(&core[0]) {
            add(core[1..].join(" "));
        }
        if core[0] == "AVE" && core.len() == 2 && is_bare_number(&core[1]) {
            add(core[1].clone());
        }
        let joined = core.concat();
        if joined.len() > 4 {
            add(joined);
        }
    }
    if let [word] = core
        && let Some(number) = word.strip_prefix('#')
    {
        add(number.to_owned());
    }
    add(full.clone());
    Some(StreetName {
        full,
        suffix,
        aliases,
    })
}

/// Words as one name, without what may or may not be written between them.
pub(super) fn joined(words: &[String]) -> String {
    let words: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| *word != "&")
        .collect();
    words.join(" ")
}

/// What people call a station: `Pershing Square Station`, `estacion Pershing Square`, `metro Pershing Square`; one named
/// after two streets or places also by either.
pub(super) fn station_names(name: &str) -> Vec<String> {
    let folded = fold(name);
    let core = match folded.split_last() {
        Some((last, core)) if last == "STATION" => core,
        _ => &folded,
    };
    let mut cores = vec![joined(core)];
    cores.extend(core.split(|word| word == "&").map(joined));
    // `7th St` as `7th`.
    for at in 0..cores.len() {
        let short: Vec<&str> = cores[at]
            .split(' ')
            .filter(|word| !is_suffix(word))
            .collect();
        cores.push(short.join(" "));
    }
    cores.sort_unstable();
    cores.dedup();
    cores
        .iter()
        .filter(|core| !core.is_empty())
        .flat_map(|core| {
            [
                format!("{core} STATION"),
                format!("ESTACION {core}"),
                format!("METRO {core}"),
                format!("{core} METRO"),
            ]
        })
        .collect()
}

/// A name in capitals as people write it: `MCDONALD AVE` as `McDonald Ave`.
pub(super) fn title(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        match word.trim_end_matches(',') {
            "FRWY" => out.push_str("Fwy"),
            "ROAD" => out.push_str("Rd"),
            "LANE" => out.push_str("Ln"),
            "BOULEVARD" => out.push_str("Blvd"),
            "STREET" => out.push_str("St"),
            "N/R" | "S/R" | "E/R" | "W/R" => out.push_str(word),
            word => capitalise(word, &mut out),
        }
    }
    out
}

fn capitalise(word: &str, out: &mut String) {
    let lower = word.to_ascii_lowercase();
    let mut up = !word.starts_with(|first: char| first.is_ascii_digit());
    let scottish = lower.len() > 4 && lower.starts_with("mc");
    for (at, character) in lower.char_indices() {
        if up || (scottish && at == 2) {
            out.push(character.to_ascii_uppercase());
        } else {
            out.push(character);
        }
        up = matches!(character, '-' | '.' | '/') || (character == '\'' && at == 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_what_people_and_cities_write() {
        let check =
            |text: &str, expected: &str| assert_eq!(fold(text).join(" "), expected, "{text}");
        check("5th & San Pedro", "#5 & SAN PEDRO");
        check("Fifth street/san pedro", "#5 ST & SAN PEDRO");
        check("la 5ta con Avenida Vermont!!", "LA #5 CON AVE VERMONT");
        check("César E. Chávez", "CESAR E CHAVEZ");
        check("O'Farrell, 90013", "OFARRELL , 90013");
        check("TOPHAM STREET N/R", "TOPHAM ST NR");
        check("5&6", "5 & 6");
        check("5:30 main", "5:30 MAIN");
        check("Ce\u{301}sar Cha\u{301}vez", "CESAR CHAVEZ");
        check("🚓🚓", "");
    }

    #[test]
    fn a_street_answers_to_its_short_names() {
        let check = |name: &str, suffix: Option<&str>, aliases: &[&str]| {
            let parts = street_name(name).expect("a name");
            assert_eq!(parts.suffix.as_deref(), suffix, "{name}");
            assert_eq!(parts.aliases, aliases, "{name}");
        };
        check("5TH ST", Some("ST"), &["#5", "5", "#5 ST"]);
        check(
            "SAN PEDRO ST",
            Some("ST"),
            &["SAN PEDRO", "SANPEDRO", "SAN PEDRO ST"],
        );
        check("AVENUE 50", None, &["AVE 50", "50", "AVE50"]);
        check(
            "CAHUENGA BLVD WEST",
            Some("BLVD"),
            &["CAHUENGA", "CAHUENGA BLVD W"],
        );
        check("BROADWAY", None, &["BROADWAY"]);
        check("E ST", Some("ST"), &["E", "E ST"]);
        check("WEST BLVD", Some("BLVD"), &["W", "W BLVD"]);
        check(
            "MARTIN LUTHER KING, JR BLVD",
            Some("BLVD"),
            &[
                "MARTIN LUTHER KING JR",
                "MARTIN LUTHER KING",
                "MARTINLUTHERKINGJR",
                "MARTIN LUTHER KING JR BLVD",
            ],
        );
        assert!(street_name(" , ").is_none());
    }

    #[test]
    fn names_are_set_in_title_case() {
        let check = |name: &str, expected: &str| assert_eq!(title(name), expected);
        check("5TH ST", "5th St");
        check("MCDONALD AVE", "McDonald Ave");
        check("JAMES M. WOOD BLVD", "James M. Wood Blvd");
        check("MARTIN LUTHER KING, JR BLVD", "Martin Luther King Jr Blvd");
        check("KENSINGTON ROAD", "Kensington Rd");
    }
}
