//! Which part of a city a notice is of: what people call it, so that they can follow their own alone.

use crate::city::City;

/// A place further from the middle of every district than this, in kilometres, is of none.
const FARTHEST: f64 = 6.0;
const KM_PER_DEGREE: f64 = 111.2;

/// The district whose middle is nearest.
pub fn nearest(city: &City, lat: f64, lon: f64) -> Option<&str> {
    let km = |(_, there, east): &&(String, f64, f64)| {
        let (north, east) = (lat - there, (lon - east) * lat.to_radians().cos());
        north.hypot(east) * KM_PER_DEGREE
    };
    let districts = city.districts.iter();
    let nearest = districts.min_by(|one, other| km(one).total_cmp(&km(other)))?;
    (km(&nearest) <= FARTHEST).then_some(&nearest.0)
}

/// The district of a name, in any case.
pub fn named<'a>(city: &'a City, name: &str) -> Option<&'a str> {
    let wanted = name.trim().to_lowercase();
    let mut districts = city.districts.iter();
    districts
        .find(|(name, _, _)| name.to_lowercase() == wanted)
        .map(|(name, _, _)| &**name)
}

/// A name as it stands in an address: `Lake City` is `lake-city`.
pub fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_of_the_nearest_district_unless_all_are_far() {
        let city = City::load("los-angeles").expect("loads");
        for (lat, lon, expected) in [
            (34.0425, -118.2440, Some("Skid Row")),
            (33.7300, -118.2900, Some("San Pedro")),
            (34.4000, -118.1000, None),
        ] {
            assert_eq!(nearest(&city, lat, lon), expected);
        }
        assert_eq!(named(&city, " skid row "), Some("Skid Row"));
        assert_eq!(named(&city, "Ballard"), None);
    }

    #[test]
    fn a_name_can_stand_in_an_address() {
        for (name, expected) in [
            ("Lake City", "lake-city"),
            ("Pico-Union", "pico-union"),
            (" U. District / \"Ave\"", "u-district-ave"),
        ] {
            assert_eq!(slug(name), expected);
        }
    }
}
