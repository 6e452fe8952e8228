//! Coordinates in a text: written out, or carried by a link of a map.
//!
//! No link is ever fetched: asking a map's server for the place behind a short link would tell it who asks and where.

/// What a text says about coordinates.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spotted {
    /// (latitude, longitude) in degrees.
    Point(f64, f64),
    /// A link that only its owner's server could resolve, and the text without it.
    ShortLink(String),
    /// No coordinates; the text, with each link replaced by the words that it asks for.
    Words(String),
}

/// Hosts whose links are opaque: the place is not in the link.
const OPAQUE_HOSTS: &[&str] = &[
    "maps.app.goo.gl",
    "goo.gl",
    "g.co",
    "g.page",
    "share.google",
    "maps.apple",
    "bit.ly",
    "t.co",
    "tinyurl.com",
    "is.gd",
    "ow.ly",
    "osm.org",
    "what3words.com",
    "w3w.co",
    "waze.com",
    "ul.waze.com",
    "www.waze.com",
    "plus.codes",
    "maps.google.com",
    "www.google.com",
    "google.com",
    "maps.apple.com",
    "www.openstreetmap.org",
    "openstreetmap.org",
];

/// Parameters that carry a place, most exact first. `@` of Google is where the view stands, so it comes after them.
const PARAMETERS: &[&str] = &[
    "q=",
    "query=",
    "coordinate=",
    "ll=",
    "sll=",
    "destination=",
    "daddr=",
    "center=",
    "loc=",
    "cp=",
    "saddr=",
];

pub(super) fn spot(text: &str) -> Spotted {
    let mut words = String::with_capacity(text.len());
    let mut opaque = false;
    for piece in text.split_inclusive(char::is_whitespace) {
        let trimmed = piece.trim().trim_matches(['<', '>', '(', ')', '"', '\'']);
        if !is_link(trimmed) {
            words.push_str(piece);
            continue;
        }
        let link = decode(trimmed);
        if let Some((lat, lon)) = in_link(&link) {
            return Spotted::Point(lat, lon);
        }
        match asked_for(&link) {
            Some(query) => words.push_str(&query),
            None => opaque |= OPAQUE_HOSTS.contains(&host(&link)),
        }
        words.push(' ');
    }
    if let Some((lat, lon)) = written(&words) {
        return Spotted::Point(lat, lon);
    }
    if opaque {
        Spotted::ShortLink(words)
    } else {
        Spotted::Words(words)
    }
}

fn is_link(word: &str) -> bool {
    let lower = word
        .get(..8.min(word.len()))
        .unwrap_or_default()
        .to_ascii_lowercase();
    lower.starts_with("http://")
        || lower.starts_with("https://")
        || lower.starts_with("geo:")
        || lower.starts_with("www.")
        || lower.starts_with("maps.")
        || lower.starts_with("goo.gl/")
        || (word.contains('/') && OPAQUE_HOSTS.contains(&host(word)))
}

fn host(link: &str) -> &str {
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    rest.split(['/', '?', '#', ':']).next().unwrap_or_default()
}

/// Undoes percent encoding; what is not valid stays as it is.
fn decode(link: &str) -> String {
    let bytes = link.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let pair = link
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, pair) {
            (b'%', Some(value)) => {
                out.push(value);
                at += 3;
            }
            (b'+', _) => {
                out.push(b' ');
                at += 1;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn in_link(link: &str) -> Option<(f64, f64)> {
    if let Some(rest) = strip_ignoring_case(link, "geo:") {
        // `geo:0,0?q=lat,lon(label)` is how Android shares a pin.
        return parameter(rest).or_else(|| leading_pair(rest));
    }
    if let Some((_, rest)) = link.rsplit_once("!3d") {
        let (lat, rest) = leading_number(rest)?;
        return Some((lat, leading_number(rest.strip_prefix("!4d")?)?.0));
    }
    if let (Some(lat), Some(lon)) = (value_of(link, "mlat="), value_of(link, "mlon=")) {
        return Some((leading_number(lat)?.0, leading_number(lon)?.0));
    }
    if let Some(found) = parameter(link) {
        return Some(found);
    }
    if let Some((_, rest)) = link.split_once('@')
        && let Some(found) = leading_pair(rest)
    {
        return Some(found);
    }
    if let Some((_, rest)) = link.split_once("#map=") {
        let (_, rest) = rest.split_once('/')?;
        let (lat, rest) = leading_number(rest)?;
        return Some((lat, leading_number(rest.strip_prefix('/')?)?.0));
    }
    link.split('/')
        .find_map(|part| leading_pair(part).or_else(|| written(part)))
}

fn parameter(link: &str) -> Option<(f64, f64)> {
    PARAMETERS.iter().find_map(|name| {
        let value = value_of(link, name)?;
        leading_pair(value.strip_prefix("loc:").unwrap_or(value))
    })
}

/// The words that a link asks a map to look for.
fn asked_for(link: &str) -> Option<String> {
    let value = value_of(link, "q=")
        .or_else(|| value_of(link, "query="))
        .or_else(|| {
            let (_, rest) = link
                .split_once("/place/")
                .or_else(|| link.split_once("/search/"))?;
            rest.split(['/', '?']).next()
        })?;
    value
        .contains(char::is_alphabetic)
        .then(|| value.to_owned())
}

/// A parameter's value. A decoded `&` inside a value is taken for the next parameter only if one follows.
fn value_of<'a>(link: &'a str, name: &str) -> Option<&'a str> {
    let start = link.match_indices(name).find_map(|(at, _)| {
        (at > 0 && matches!(link.as_bytes()[at - 1], b'?' | b'&' | b'#' | b';'))
            .then_some(at + name.len())
    })?;
    let rest = &link[start..];
    let end = rest
        .match_indices('&')
        .find(|(at, _)| {
            let next = rest[at + 1..].split('&').next().unwrap_or_default();
            next.split_once('=')
                .is_some_and(|(key, _)| !key.contains(' '))
        })
        .map_or(rest.len(), |(at, _)| at);
    Some(&rest[..end])
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// `34.0442,-118.2439` at the start.
fn leading_pair(text: &str) -> Option<(f64, f64)> {
    let (lat, rest) = leading_number(text.trim_start())?;
    let rest = rest.trim_start().strip_prefix([',', ' '])?;
    let (lon, _) = leading_number(rest.trim_start())?;
    Some((lat, lon))
}

fn leading_number(text: &str) -> Option<(f64, &str)> {
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

/// Coordinates written in a sentence: two numbers of at least three decimals, or degrees, minutes and seconds.
fn written(text: &str) -> Option<(f64, f64)> {
    let text = text.replace(['−', '–'], "-");
    let mut numbers: Vec<(f64, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < text.len() && numbers.len() < 64 {
        let rest = &text[at..];
        let fresh = !text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '.');
        if fresh
            && rest.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+'))
            && let Some((number, after)) = leading_number(rest)
        {
            let length = rest.len() - after.len();
            numbers.push((number, at, at + length));
            at += length.max(1);
            continue;
        }
        at += rest.chars().next().map_or(1, char::len_utf8);
    }
    sexagesimal(&text, &numbers).or_else(|| {
        numbers.windows(2).find_map(|pair| {
            let [(lat, from, to), (lon, next, end)] = pair else {
                return None;
            };
            let between = text.get(*to..*next)?;
            let near = between.len() <= 16
                && between.chars().all(|c| {
                    !c.is_alphabetic()
                        || matches!(c, 'N' | 'n')
                        || "latlonglngLATLONGLNG".contains(c)
                });
            if !near || decimals(&text[*from..*to]) < 3 || decimals(&text[*next..*end]) < 3 {
                return None;
            }
            let west = text[*end..]
                .trim_start_matches(['°', ' '])
                .starts_with(['W', 'w', 'O', 'o']);
            Some((*lat, if west { -lon.abs() } else { *lon }))
        })
    })
}

fn decimals(number: &str) -> usize {
    number
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len())
}

/// `34°02'39.1"N 118°14'38.0"W`, as Google writes a dropped pin.
fn sexagesimal(text: &str, numbers: &[(f64, usize, usize)]) -> Option<(f64, f64)> {
    let angle = |parts: &[(f64, usize, usize)]| -> Option<f64> {
        let [
            (degrees, _, end),
            (minutes, _, minutes_end),
            (seconds, _, seconds_end),
        ] = parts
        else {
            return None;
        };
        let marks = text.get(*end..)?.starts_with('°')
            && text.get(*minutes_end..)?.starts_with(['\'', '′', '’'])
            && text.get(*seconds_end..)?.starts_with(['"', '″', '”', '\'']);
        let sign = text
            .get(*seconds_end..)?
            .chars()
            .find(|c| c.is_alphanumeric())?;
        let value = degrees.abs() + minutes / 60.0 + seconds / 3600.0;
        marks.then_some(if matches!(sign, 'S' | 'W' | 'O') {
            -value
        } else {
            value
        })
    };
    numbers
        .windows(6)
        .find_map(|six| Some((angle(&six[..3])?, angle(&six[3..])?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_link_and_notation_is_read() {
        let check = |text: &str| {
            let Spotted::Point(lat, lon) = spot(text) else {
                panic!("{text}: {:?}", spot(text))
            };
            assert!(
                (lat - 34.0442).abs() < 2e-4 && (lon + 118.2439).abs() < 2e-4,
                "{text}: {lat} {lon}"
            );
        };
        check("34.0442,-118.2439");
        check("cops at 34.0442, -118.2439 now");
        check("(34.0442 -118.2439)");
        check("34.0442° N, 118.2439° W");
        check("lat 34.0442 lon -118.2439");
        check("https://www.google.com/maps/@34.0442,-118.2439,17z");
        check(
            "https://www.google.com/maps/place/5th+St/@34.1,-118.3,17z/data=!3m1!4b1!4m4!3m3!8m2!3d34.0442!4d-118.2439",
        );
        check("https://www.google.com/maps/place/34%C2%B002'39.1%22N+118%C2%B014'38.0%22W/");
        check("https://maps.google.com/?q=34.0442,-118.2439");
        check("https://maps.google.com/maps?q=loc:34.0442,-118.2439&z=16");
        check("https://www.google.com/maps/search/?api=1&query=34.0442%2C-118.2439");
        check("https://www.google.com/maps/search/34.0442,+-118.2439?entry=tts");
        check("http://maps.google.com/maps?f=q&ll=34.0442,-118.2439&z=15");
        check("https://maps.apple.com/?ll=34.0442,-118.2439&q=Dropped%20Pin");
        check("look https://maps.apple.com/place?coordinate=34.0442,-118.2439&name=x");
        check("https://www.openstreetmap.org/#map=18/34.0442/-118.2439");
        check("https://www.openstreetmap.org/?mlat=34.0442&mlon=-118.2439#map=5/1.0/2.0");
        check("geo:34.0442,-118.2439;u=20");
        check("geo:0,0?q=34.0442,-118.2439(cops)");
        check("34°02'39.1\"N 118°14'38.0\"W");
        check("https://waze.com/ul?ll=34.0442%2C-118.2439&navigate=yes");
    }

    #[test]
    fn short_links_are_named_and_never_taken_for_words() {
        let short = |text: &str, rest: &str| {
            assert_eq!(spot(text), Spotted::ShortLink(rest.to_owned()), "{text}")
        };
        short("https://maps.app.goo.gl/5thSanPedroXYZ", " ");
        short("cops https://goo.gl/maps/abc123", "cops  ");
        short("maps.app.goo.gl/abc", " ");
        short("https://maps.apple/p/abc.def", " ");
    }

    #[test]
    fn words_stay_words() {
        let words = |text: &str, rest: &str| {
            assert_eq!(spot(text), Spotted::Words(rest.to_owned()), "{text}")
        };
        words("5th & San Pedro", "5th & San Pedro");
        words("213-555-0142 at 5.30", "213-555-0142 at 5.30");
        words(
            "https://maps.google.com/?q=5th+St+%26+San+Pedro+St",
            "5th St & San Pedro St ",
        );
    }
}
