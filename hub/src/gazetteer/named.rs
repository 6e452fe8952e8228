//! What has a name and is no street: neighbourhoods, stations, landmarks.

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// So many square kilometres.
    Area(u8),
    Station,
    Landmark,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) at: (f64, f64),
}

/// Kinds of amenity that people know a place by.
const AMENITIES: &[&str] = &[
    "arts_centre",
    "bus_station",
    "clinic",
    "college",
    "community_centre",
    "conference_centre",
    "courthouse",
    "ferry_terminal",
    "fire_station",
    "hospital",
    "library",
    "marketplace",
    "mosque",
    "place_of_worship",
    "police",
    "post_office",
    "prison",
    "public_bath",
    "school",
    "shelter",
    "social_centre",
    "social_facility",
    "synagogue",
    "theatre",
    "toilets",
    "townhall",
    "university",
];

/// How large, in square kilometres, a place that the map shows as a point is taken to be.
fn size(place: &str) -> Option<u8> {
    match place {
        "square" | "city_block" => Some(0),
        "neighbourhood" | "locality" => Some(1),
        "quarter" | "hamlet" => Some(3),
        "suburb" | "village" => Some(9),
        _ => None,
    }
}

/// Words that say what a place is and not which: a node named `Police` must not be found in every message.
const GENERIC: [&str; 22] = [
    "police",
    "station",
    "fire",
    "toilets",
    "toilet",
    "restroom",
    "school",
    "shelter",
    "church",
    "park",
    "library",
    "hospital",
    "clinic",
    "market",
    "the",
    "bus",
    "train",
    "metro",
    "public",
    "community",
    "center",
    "lapd",
];

fn is_generic(name: &str) -> bool {
    let mut words = name.split_whitespace();
    words.all(|word| GENERIC.contains(&word.to_lowercase().as_str()))
}

/// What a map's tags say it is, if people would say where by it.
pub(super) fn of_tags(tags: &[(&str, &str)]) -> Option<(Kind, String)> {
    let tag = |key: &str| {
        tags.iter()
            .find(|(k, _)| *k == key)
            .map(|(_, value)| *value)
    };
    let name = plain(tag("name")?).filter(|name| !is_generic(name))?;
    let station = matches!(tag("railway"), Some("station" | "halt"))
        || tag("public_transport") == Some("station");
    let kind = if station {
        Kind::Station
    } else if let Some(size) = tag("place").and_then(size) {
        Kind::Area(size)
    } else if tag("amenity").is_some_and(|amenity| AMENITIES.contains(&amenity))
        || matches!(tag("leisure"), Some("park" | "stadium" | "sports_centre"))
        || matches!(tag("tourism"), Some("attraction" | "museum"))
    {
        Kind::Landmark
    } else {
        return None;
    };
    Some((kind, name))
}

/// A name as a line of the places file can hold it: no comma, and neither empty nor a sentence.
pub(super) fn plain(name: &str) -> Option<String> {
    let plain = name
        .replace(',', " ")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let letters = plain.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 3 && plain.len() <= 80 && !plain.starts_with('#')).then_some(plain)
}
