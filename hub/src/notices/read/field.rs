//! What stands in one field of a line, or what is wrong with it.

use jiff::civil::{Date, Time};
use uuid::Uuid;

use super::super::Kind;
use super::super::source::Source;
use crate::city::City;
use crate::feeds::values;

/// A hash: what is in the table's own id is not told.
pub fn id(id: &str, city: &City, of: Option<&Source>) -> Result<Uuid, String> {
    if id.is_empty() || id.chars().count() > 40 {
        return Err("needs an `id` of 1 to 40 characters that no other line has, and that stays the same when the line is corrected".to_owned());
    }
    let mut hash = blake3::Hasher::new();
    let table = of.map_or("", |of| &of.id);
    for name in ["spotlight.notice.v1", &city.id, table, id] {
        hash.update(name.as_bytes()).update(b"\0");
    }
    let mut bytes = [0; 16];
    hash.finalize_xof().fill(&mut bytes);
    Ok(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// `2026-12-03` and nothing else: of `12/3/2026` half of the world reads another day.
pub fn day(text: &str) -> Result<Date, String> {
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let day = is_form.then(|| text.parse().ok()).flatten();
    day.ok_or_else(|| {
        format!(
            "has the `date` `{}`; write it as year-month-day, such as 2026-12-03",
            short(text)
        )
    })
}

/// `7:00`, `07:00`, `15:30`, `7:00 AM`.
pub fn time(text: &str, name: &str) -> Result<Option<Time>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let upper = text.to_ascii_uppercase();
    let mut halves = [("AM", 0), ("PM", 12)].into_iter();
    let half = halves
        .find_map(|(half, more)| Some((upper.strip_suffix(half)?.trim_end().to_owned(), more)));
    let (clock, more) = half
        .as_ref()
        .map_or((&*upper, None), |(clock, more)| (&**clock, Some(*more)));
    let number = |text: &str| {
        let is_number =
            (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<i8>().ok()).flatten()
    };
    let read = || {
        let (hour, minute) = clock.split_once(':')?;
        let (hour, minute) = (number(hour)?, number(minute).filter(|_| minute.len() == 2)?);
        let hour = match more {
            None => hour,
            Some(more) if (1..=12).contains(&hour) => hour % 12 + more,
            Some(_) => return None,
        };
        Time::new(hour, minute, 0, 0).ok()
    };
    let time = read().ok_or_else(|| {
        format!(
            "has the `{name}` `{}`; write it as 07:00 or 15:30, or leave it empty",
            short(text)
        )
    })?;
    Ok(Some(time))
}

/// Degrees in the city, or none where neither is written.
pub fn point(latitude: &str, longitude: &str, city: &City) -> Result<Option<(f64, f64)>, String> {
    if latitude.is_empty() && longitude.is_empty() {
        return Ok(None);
    }
    let degrees = |text: &str| {
        text.parse::<f64>()
            .ok()
            .filter(|degrees| degrees.is_finite())
    };
    let point = degrees(latitude).zip(degrees(longitude));
    let (lat, lon) = point.ok_or("has no coordinates that can be read; write degrees such as 47.60 and -122.33 into `latitude` and `longitude`, or leave both empty")?;
    match city.holds(lat, lon) {
        true => Ok(Some((lat, lon))),
        false => Err(format!(
            "has coordinates that are not in {}; are `latitude` and `longitude` the other way around?",
            city.name
        )),
    }
}

/// A sweep where nothing is written.
pub fn kind(text: &str) -> Result<Kind, String> {
    if text.is_empty() {
        return Ok(Kind::Sweep);
    }
    let mut all = Kind::ALL.into_iter();
    let kind = all.find(|(name, _)| name.eq_ignore_ascii_case(text));
    let names = || Kind::ALL.map(|(name, _)| name).join(", ");
    kind.map(|(_, kind)| kind).ok_or_else(|| {
        format!(
            "has the `kind` `{}`; write one of {}, or leave it empty",
            short(text),
            names()
        )
    })
}

/// What is wrong with an area's name, and which there are.
pub fn unknown_area(named: &str, city: &City) -> String {
    let names: Vec<&str> = city
        .districts
        .iter()
        .map(|(name, _, _)| name.as_str())
        .collect();
    let reason = format!(
        "has the `area` `{}`, which is no district of {}",
        short(named),
        city.name
    );
    match names.is_empty() {
        true => format!("{reason}: its file names none, so leave it empty"),
        false => format!(
            "{reason}; leave it empty or write one of: {}",
            names.join(", ")
        ),
    }
}

/// What stands there, as far as a reason has to show it.
pub fn short(text: &str) -> String {
    values::cut(text, 20)
}
