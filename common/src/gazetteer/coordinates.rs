//! Coordinates in a text: written out, or carried by a link of a map.
//!
//! No link is ever fetched: asking a map's server for the place behind a short link would tell it who asks and where.

use super::written::{leading_number, leading_pair, written};

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
    "viewpoint=",
    "to=ll.",
    "latlng=",
    "pin=",
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
        // `cops:https://...`
        let (glued, piece) = piece.split_at(scheme(piece).unwrap_or(0));
        words.push_str(glued);
        let trimmed = piece
            .trim()
            .trim_matches(['<', '>', '(', ')', '[', ']', '"', '\'', ',']);
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
            None => {
                let host = host(&link);
                opaque |= OPAQUE_HOSTS
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(host));
            }
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

/// Where a link begins inside a word.
fn scheme(word: &str) -> Option<usize> {
    let at = word.find("://")?;
    ["https", "http"].iter().find_map(|scheme| {
        let from = at.checked_sub(scheme.len())?;
        word.get(from..at)?
            .eq_ignore_ascii_case(scheme)
            .then_some(from)
    })
}

fn is_link(word: &str) -> bool {
    const STARTS: &[&str] = &[
        "http://",
        "https://",
        "geo:",
        "www.",
        "maps.",
        "goo.gl/",
        "maps://",
        "waze://",
        "comgooglemaps:",
        "google.navigation:",
    ];
    STARTS
        .iter()
        .any(|start| strip_ignoring_case(word, start).is_some())
        || (word.contains('/')
            && OPAQUE_HOSTS
                .iter()
                .any(|known| known.eq_ignore_ascii_case(host(word))))
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
    if let Some(found) = in_data(link) {
        return Some(found);
    }
    let pair = |lat: &str, lon: &str| {
        let (lat, lon) = (value_of(link, lat)?, value_of(link, lon)?);
        Some((leading_number(lat)?.0, leading_number(lon)?.0))
    };
    if let Some(found) = pair("mlat=", "mlon=")
        .or_else(|| parameter(link))
        .or_else(|| pair("lat=", "lon="))
        .or_else(|| pair("lat=", "lng="))
    {
        return Some(found);
    }
    // The path says what the link is for, the last point of a way to it; the view comes after.
    let path = link.split(['?', '#']).next().unwrap_or(link);
    let mut places = path
        .split('/')
        .filter(|part| !part.starts_with('@'))
        .filter_map(|part| leading_pair(part).or_else(|| written(part)));
    let place = if path.contains("/dir/") {
        places.next_back()
    } else {
        places.next()
    };
    if place.is_some() {
        return place;
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
    written(link)
}

/// Google's `data=`: `!3dLAT!4dLON` of a place, `!2dLON!3dLAT` of a view, `!1dLON!2dLAT` of the last point of a way.
fn in_data(link: &str) -> Option<(f64, f64)> {
    let pair = |first: &str, second: &str| {
        let (_, rest) = link.rsplit_once(first)?;
        let (one, rest) = leading_number(rest)?;
        Some((one, leading_number(rest.strip_prefix(second)?)?.0))
    };
    let swapped = |(lon, lat): (f64, f64)| (lat, lon);
    let on_the_globe = |&(lat, lon): &(f64, f64)| lat.abs() <= 90.0 && lon.abs() <= 180.0;
    pair("!3d", "!4d")
        .or_else(|| pair("!2d", "!3d").map(swapped))
        .or_else(|| pair("!1d", "!2d").map(swapped))
        .filter(on_the_globe)
}

fn parameter(link: &str) -> Option<(f64, f64)> {
    PARAMETERS.iter().find_map(|name| {
        let value = value_of(link, name)?;
        leading_pair(value.strip_prefix("loc:").unwrap_or(value))
    })
}

/// The words that a link asks a map to look for.
fn asked_for(link: &str) -> Option<String> {
    let value = ["q=", "query=", "address=", "daddr=", "destination="]
        .iter()
        .find_map(|name| value_of(link, name))
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
        (at > 0 && matches!(link.as_bytes()[at - 1], b'?' | b'&' | b'#' | b';' | b':'))
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
        check("https://www.waze.com/live-map/directions?to=ll.34.0442%2C-118.2439");
        check("waze://?ll=34.0442,-118.2439&navigate=yes");
        check("google.navigation:q=34.0442,-118.2439");
        check("https://www.google.com/maps/embed?pb=!1m18!1d3305!2d-118.2439!3d34.0442!5e0");
        check("https://www.google.com/maps/dir/34.2,-118.4/34.0442,-118.2439/@34.1,-118.3,12z");
        check(
            "https://www.google.com/maps/dir/x/y/@34.1,-118.3,12z/data=!1d-118.4!2d34.2!1d-118.2439!2d34.0442!3e0",
        );
        check("https://www.google.com/maps/place/34.0442,-118.2439/@34.1,-118.3,12z");
        check("https://www.openstreetmap.org/?lat=34.0442&lon=-118.2439&zoom=17");
        check("https://www.bing.com/maps?cp=34.0442~-118.2439&lvl=16");
        check("HTTPS://MAPS.GOOGLE.COM/?Q=34.0442,-118.2439");
        check("cops:https://maps.google.com/?q=34.0442,-118.2439");
        check("N34.0442 W118.2439");
        check("N 34.0442, W 118.2439");
        check("34.0442N 118.2439W");
        check("Latitude: 34.0442, Longitude: -118.2439");
        check("latitud 34.0442 longitud -118.2439");
        check("34,04420 -118,24390");
        check("34,04420; -118,24390");
        check("34° 2.652' N 118° 14.634' W");
        check("34°02.652'N, 118°14.634'W");
        check("34 02 39.1 N 118 14 38.0 W");
        check("N34°02'39.1\" W118°14'38.0\"");
        check("34º 02' 39.1'' N, 118º 14' 38.0'' O");
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
        short("HTTPS://MAPS.APP.GOO.GL/5thSanPedro", " ");
        short("cops:https://maps.app.goo.gl/5thSanPedro", "cops: ");
    }

    #[test]
    fn words_stay_words() {
        let words = |text: &str, rest: &str| {
            assert_eq!(spot(text), Spotted::Words(rest.to_owned()), "{text}")
        };
        words("5th & San Pedro", "5th & San Pedro");
        words("213-555-0142 at 5.30", "213-555-0142 at 5.30");
        words("5 10 N 6 20 W", "5 10 N 6 20 W");
        words("5:30 10:45 pm", "5:30 10:45 pm");
        words("1,500 and 2,500 people", "1,500 and 2,500 people");
        words("https://maps.apple.com/?address=5th%20St", "5th St ");
        words(
            "https://maps.google.com/?q=5th+St+%26+San+Pedro+St",
            "5th St & San Pedro St ",
        );
    }
}
