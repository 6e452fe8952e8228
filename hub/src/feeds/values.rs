//! What a cell of an export says: the local day and the place of a row. Only computes; a bad value is `None`, never a panic.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

/// The day of a wall time in any form that the city's exports have had: `MM/DD/YYYY hh:mm:ss AM`, `YYYY-MM-DD hh:mm:ss`,
/// `YYYY-MM-DDThh:mm:ss.000`, `M/D/YY h:mm`, each also without its time. One that names its offset is taken to the city's zone.
pub fn day(text: &str, zone: &TimeZone) -> Option<Date> {
    let text = text.trim();
    if let Ok(instant) = text.parse::<Timestamp>() {
        return since_1990(instant.to_zoned_datetime(zone.clone()).date());
    }
    let (day, time) = match text.find([' ', 'T']) {
        Some(end) => (&text[..end], text[end + 1..].trim()),
        None => (text, ""),
    };
    if !(time.is_empty() || is_time(time)) {
        return None;
    }
    let mut parts = day.split(['/', '-']);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, of_month) = if day.contains('-') {
        (first, second, third)
    } else {
        (third, first, second)
    };
    let year = match year.len() {
        4 => number(year)?,
        2 if !day.contains('-') => 2000 + number(year)?,
        _ => return None,
    };
    let (month, of_month) = (
        i8::try_from(number(month)?).ok()?,
        i8::try_from(number(of_month)?).ok()?,
    );
    since_1990(Date::new(year, month, of_month).ok()?)
}

/// No city's requests are older: an earlier day is a slip.
fn since_1990(day: Date) -> Option<Date> {
    Some(day).filter(|day| *day >= date(1990, 1, 1))
}

/// `h:mm`, `hh:mm:ss`, with fractions, with AM or PM.
fn is_time(time: &str) -> bool {
    let upper = time.to_ascii_uppercase();
    let half = upper
        .strip_suffix("AM")
        .or_else(|| upper.strip_suffix("PM"));
    let clock = half.unwrap_or(&upper).trim();
    let clock = clock.split_once('.').map_or(clock, |(whole, _)| whole);
    let fields: Vec<_> = clock.split(':').map(number).collect();
    let hours = if half.is_some() { 1..=12 } else { 0..=23 };
    match fields[..] {
        [Some(hour), Some(minute)] => hours.contains(&hour) && minute < 60,
        [Some(hour), Some(minute), Some(second)] => {
            hours.contains(&hour) && minute < 60 && second < 60
        }
        _ => false,
    }
}

fn number(text: &str) -> Option<i16> {
    let good = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if good { text.parse().ok() } else { None }
}

/// A point in two columns, (latitude, longitude).
pub fn columns(latitude: &str, longitude: &str) -> Option<(f64, f64)> {
    Some((degrees(latitude)?, degrees(longitude)?))
}

/// A point in one column: `(lat, lon)`, `POINT (lon lat)`, or a GeoJSON Point.
pub fn location(text: &str) -> Option<(f64, f64)> {
    let text = text.trim();
    if text.starts_with('{') {
        let json: serde_json::Value = serde_json::from_str(text).ok()?;
        let coordinates = json.get("coordinates")?.as_array()?;
        return Some((
            coordinates.get(1)?.as_f64()?,
            coordinates.first()?.as_f64()?,
        ));
    }
    let inner = |text: &str| -> Option<(f64, f64)> {
        let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
        let mut numbers = inner.split([',', ' ']).filter(|part| !part.is_empty());
        let pair = (degrees(numbers.next()?)?, degrees(numbers.next()?)?);
        numbers.next().is_none().then_some(pair)
    };
    match text.get(..5) {
        Some(point) if point.eq_ignore_ascii_case("POINT") => {
            inner(&text[5..]).map(|(lon, lat)| (lat, lon))
        }
        _ => inner(text),
    }
}

fn degrees(text: &str) -> Option<f64> {
    text.trim()
        .parse()
        .ok()
        .filter(|degrees: &f64| degrees.is_finite())
}

/// An address as duplicates are known by: in capitals, white space collapsed, and the city's name not in it, which only the
/// newer of its tables write: `1989 LUCILE AVE, LOS ANGELES, CA, 90039` is `1989 LUCILE AVE, 90039`. `ends` are in capitals.
pub fn address(text: &str, ends: &[String]) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let mut address = words.join(" ").to_uppercase();
    for end in ends {
        if let Some(at) = address.find(end.as_str()) {
            address.replace_range(at..at + end.len(), "");
            break;
        }
    }
    address
}

/// What others wrote, without control characters and no longer than so many characters.
pub fn cut(text: &str, most: usize) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(most)
        .collect()
}

/// A ZIP code's five digits: `90013`, `90013-1004`, `90013.0`.
pub fn zip(text: &str) -> Option<u32> {
    let digits = text.trim().get(..5)?;
    let is_zip = digits.bytes().all(|byte| byte.is_ascii_digit())
        && !text.trim()[5..].starts_with(|c: char| c.is_alphanumeric());
    is_zip.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_every_form() {
        let zone = TimeZone::get("America/Los_Angeles").expect("a zone");
        let day = |text: &str| day(text, &zone);
        for text in [
            "12/31/2017 11:59:58 PM",
            "2017-12-31 23:59:58",
            "2017-12-31T23:59:58.000",
            "12/31/17 23:59",
            "12/31/2017",
            "2017-12-31",
            "2018-01-01T07:59:58Z",
            "2018-01-01T00:59:58-07:00",
        ] {
            assert_eq!(day(text), Some(date(2017, 12, 31)), "{text}");
        }
        assert_eq!(day("1/1/20 0:05"), Some(date(2020, 1, 1)));
        // The hour that comes twice, and the one that never comes, have their day.
        assert_eq!(day("11/05/2017 01:30:00 AM"), Some(date(2017, 11, 5)));
        assert_eq!(day("2017-03-12 02:30:00"), Some(date(2017, 3, 12)));
        assert_eq!(day("2/29/20 23:59"), Some(date(2020, 2, 29)));
        for text in [
            "",
            "2/29/19 0:05",
            "0/1/20 0:05",
            "2020-00-10",
            "2020-01-02 24:00:00",
            "01/02/2020 00:30:00 AM",
            "2020-01-02Tx",
            "yesterday",
            "13/31/2017",
            "02/30/2018",
            "2017-12-31 25:00:00",
            "12/31/2017 13:00:00 PM",
            "31.12.2017",
            "1/1/1900",
            "12/31/2017 é",
            "1/1/1/1",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn points_in_every_form() {
        let point = Some((34.07, -118.26));
        assert_eq!(columns("34.07", " -118.26 "), point);
        for text in [
            "(34.07, -118.26)",
            "POINT (-118.26 34.07)",
            "point(-118.26 34.07)",
            r#"{"type":"Point","coordinates":[-118.26,34.07]}"#,
        ] {
            assert_eq!(location(text), point, "{text}");
        }
        for text in [
            "",
            "(34.07)",
            "POINT EMPTY",
            "(a, b)",
            "{",
            "(1, 2, 3)",
            "(NaN, 1)",
        ] {
            assert_eq!(location(text), None, "{text}");
        }
        assert_eq!(columns("", ""), None);
    }

    #[test]
    fn addresses_are_one_whatever_their_spacing() {
        assert_eq!(
            address("  2111  w bellevue ave,\t90026 ", &[]),
            "2111 W BELLEVUE AVE, 90026"
        );
        let ends = [", LOS ANGELES, CA".to_owned()];
        for (written, known) in [
            (
                "1989 LUCILE AVE, LOS ANGELES, CA, 90039",
                "1989 LUCILE AVE, 90039",
            ),
            ("100 Los Angeles St, Los Angeles, CA", "100 LOS ANGELES ST"),
            ("100 LOS ANGELES ST, 90012", "100 LOS ANGELES ST, 90012"),
        ] {
            assert_eq!(address(written, &ends), known);
        }
    }

    #[test]
    fn zip_codes_are_five_digits() {
        for text in ["90013", " 90013-1004 ", "90013.0"] {
            assert_eq!(zip(text), Some(90_013), "{text}");
        }
        for text in ["", "9001", "900134", "9001é", "CA900"] {
            assert_eq!(zip(text), None, "{text}");
        }
    }
}
