//! Coordinates as people and phones write them out: decimals, degrees with minutes and seconds, compass letters.

/// A number in a text, and where it stands.
#[derive(Clone, Copy)]
struct Number {
    value: f64,
    from: usize,
    to: usize,
}

/// At most this many numbers of a text are looked at.
const MOST_NUMBERS: usize = 64;

/// Coordinates written in a sentence: two numbers of at least three decimals, or degrees, minutes and seconds.
pub(super) fn written(text: &str) -> Option<(f64, f64)> {
    let text = decimal_points(&text.replace(['−', '–'], "-"));
    let numbers = numbers(&text);
    sexagesimal(&text, &numbers).or_else(|| {
        numbers.windows(2).find_map(|pair| {
            let &[lat, lon] = pair else { return None };
            let between = text.get(lat.to..lon.from)?;
            if !is_between(between)
                || decimals(&text[lat.from..lat.to]) < 3
                || decimals(&text[lon.from..lon.to]) < 3
            {
                return None;
            }
            let west = direction(&text, lon.from, lon.to).is_some_and(|d| matches!(d, 'W' | 'O'));
            Some((lat.value, if west { -lon.value.abs() } else { lon.value }))
        })
    })
}

/// `34,04420; -118,24390` as half of the world writes it: at least four digits, so that no thousands are meant.
fn decimal_points(text: &str) -> String {
    let bytes = text.as_bytes();
    let digits = |from: usize, step: isize| {
        let mut at = from;
        let mut count = 0;
        while bytes.get(at).is_some_and(u8::is_ascii_digit) && count < 12 {
            count += 1;
            match at.checked_add_signed(step) {
                Some(next) => at = next,
                None => break,
            }
        }
        count
    };
    let commas: Vec<usize> = text
        .match_indices(',')
        .map(|(at, _)| at)
        .filter(|&at| at > 0 && (1..=3).contains(&digits(at - 1, -1)) && digits(at + 1, 1) >= 4)
        .take(MOST_NUMBERS)
        .collect();
    if commas.len() < 2 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for at in commas {
        out.push_str(&text[from..at]);
        out.push('.');
        from = at + 1;
    }
    out + &text[from..]
}

fn numbers(text: &str) -> Vec<Number> {
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < text.len() && numbers.len() < MOST_NUMBERS {
        let rest = &text[at..];
        if rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+'))
            && is_fresh(&text[..at])
            && let Some((value, after)) = leading_number(rest)
        {
            let to = at + (rest.len() - after.len()).max(1);
            numbers.push(Number {
                value,
                from: at,
                to,
            });
            at = to;
            continue;
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    numbers
}

/// Whether a number may begin after this: no word and no number runs into it, but for `N` and its like.
fn is_fresh(before: &str) -> bool {
    let mut back = before.chars().rev();
    match back.next() {
        Some(last) if last.is_alphabetic() => {
            matches!(
                last,
                'N' | 'n' | 'W' | 'w' | 'O' | 'o' | 'S' | 's' | 'E' | 'e'
            ) && back.next().is_none_or(|c| !c.is_alphanumeric())
        }
        Some(last) => !last.is_numeric() && last != '.',
        None => true,
    }
}

/// What may stand between a latitude and a longitude.
fn is_between(between: &str) -> bool {
    between.len() <= 24
        && between
            .split(|c: char| !c.is_alphabetic())
            .filter(|word| !word.is_empty())
            .all(|word| {
                let word = word.to_ascii_lowercase();
                matches!(
                    word.as_str(),
                    "n" | "w"
                        | "o"
                        | "lat"
                        | "latitude"
                        | "latitud"
                        | "lon"
                        | "lng"
                        | "long"
                        | "longitude"
                        | "longitud"
                        | "y"
                        | "and"
                        | "deg"
                )
            })
}

fn decimals(number: &str) -> usize {
    number
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// The letter of a compass that belongs to a number: before it, where no other number claims it, else behind it.
fn direction(text: &str, from: usize, to: usize) -> Option<char> {
    let compass = |c: char| {
        let letter = c.to_ascii_uppercase();
        matches!(letter, 'N' | 'S' | 'E' | 'W' | 'O').then_some(letter)
    };
    let marks = |c: char| c == ' ' || is_mark(c);
    let head = text.get(..from)?;
    let before = head
        .trim_end_matches(' ')
        .chars()
        .next_back()
        .and_then(compass);
    let before = before.filter(|_| {
        let glued = !head.ends_with(' ');
        let mut back = head.trim_end_matches(' ').chars().rev().skip(1).peekable();
        let alone = back.peek().is_none_or(|c| !c.is_alphanumeric());
        let claimed = back
            .find(|c| *c != ' ')
            .is_some_and(|c| c.is_numeric() || is_mark(c));
        alone && (glued || !claimed)
    });
    before.or_else(|| {
        let mut after = text.get(to..)?.trim_start_matches(marks).chars();
        let letter = compass(after.next()?)?;
        after
            .next()
            .is_none_or(|c| !c.is_alphabetic())
            .then_some(letter)
    })
}

fn is_mark(c: char) -> bool {
    matches!(
        c,
        '°' | 'º' | '˚' | '\'' | '′' | '’' | '‘' | '"' | '″' | '”' | '“' | ':'
    )
}

/// `34°02'39.1"N 118°14'38.0"W`, as Google writes a dropped pin; `34° 2.65' N`; `34 02 39.1 N, 118 14 38 W`.
fn sexagesimal(text: &str, numbers: &[Number]) -> Option<(f64, f64)> {
    (0..numbers.len()).find_map(|at| {
        let (lat, taken, end) = angle(text, &numbers[at..])?;
        let next = numbers.get(at + taken)?;
        let between = text.get(end..next.from)?;
        let (lon, ..) = angle(text, &numbers[at + taken..])?;
        is_between(between).then_some((lat, lon))
    })
}

/// An angle of degrees and minutes, perhaps with seconds: its value, how many numbers it takes and where they end.
/// Without a degree sign it needs the letter of its direction, and decimals.
fn angle(text: &str, numbers: &[Number]) -> Option<(f64, usize, usize)> {
    let (degrees, minutes) = (numbers.first()?, numbers.get(1)?);
    let apart = |from: usize, to: usize| {
        text.get(from..to)
            .filter(|marks| !marks.is_empty() && marks.chars().all(|c| c == ' ' || is_mark(c)))
    };
    let sign = apart(degrees.to, minutes.from)?.contains(['°', 'º', '˚']);
    let whole = |number: &Number| number.value.fract() == 0.0 && number.value >= 0.0;
    let small = |number: &Number| (0.0..60.0).contains(&number.value);
    if degrees.value.fract() != 0.0 || degrees.value.abs() > 180.0 || !small(minutes) {
        return None;
    }
    let seconds = numbers.get(2).filter(|seconds| {
        let before = text.get(minutes.to..seconds.from).unwrap_or_default();
        whole(minutes)
            && small(seconds)
            && apart(minutes.to, seconds.from).is_some()
            && (before.contains(['\'', '′', '’']) || !sign)
    });
    let last = seconds.unwrap_or(minutes);
    let letter = direction(text, degrees.from, last.to);
    let marked = text
        .get(last.to..)?
        .starts_with(['\'', '′', '’', '"', '″', '”']);
    // `5 10 N` is a way to speak of streets.
    let exact = text.get(last.from..last.to)?.contains('.');
    if !(sign && (marked || letter.is_some()) || (letter.is_some() && exact)) {
        return None;
    }
    let value = degrees.value.abs()
        + minutes.value / 60.0
        + seconds.map_or(0.0, |seconds| seconds.value / 3600.0);
    let negative = degrees.value.is_sign_negative() || matches!(letter, Some('S' | 'W' | 'O'));
    let taken = if seconds.is_some() { 3 } else { 2 };
    Some((if negative { -value } else { value }, taken, last.to))
}

/// `34.0442,-118.2439` at the start.
pub(super) fn leading_pair(text: &str) -> Option<(f64, f64)> {
    let (lat, rest) = leading_number(text.trim_start())?;
    let rest = rest.trim_start().strip_prefix([',', ' '])?;
    let (lon, _) = leading_number(rest.trim_start())?;
    Some((lat, lon))
}

pub(super) fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text
        .char_indices()
        .take(24)
        .find(|&(at, character)| {
            !(character.is_ascii_digit()
                || character == '.'
                || (at == 0 && matches!(character, '-' | '+')))
        })
        .map_or_else(
            || text.char_indices().nth(24).map_or(text.len(), |(at, _)| at),
            |(at, _)| at,
        );
    let number = text[..end].trim_end_matches('.').parse().ok()?;
    Some((number, &text[end..]))
}
