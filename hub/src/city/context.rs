//! What a city's file says of a context layer: what is drawn so that people find their way, or beside what they look for.
//! It has no periods and counts nothing.

use serde::Deserialize;

use super::FeedWords;

/// The cameras of every city that does not say otherwise.
const CAMERAS: &str = include_str!("../../cities/cameras.toml");

/// `transit` or `cameras` in a city's file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextSource {
    /// In plain words.
    pub title: String,
    /// What it shows, and what it does not mean.
    pub explanation: String,
    /// What is drawn.
    pub unit: String,
    /// Who publishes it.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// What a map that shows it has to say, where the terms ask for that.
    #[serde(default)]
    pub credit: Option<String>,
    /// The same in Spanish.
    #[serde(default)]
    pub spanish: Option<FeedWords>,
    /// A file: GTFS in a zip, or GeoJSON, plain or gzip.
    #[serde(default)]
    pub address: Option<String>,
    /// How often a running hub looks for a new one, in hours; without it only `fetch` does.
    #[serde(default)]
    pub every_hours: Option<u32>,
}

impl ContextSource {
    /// The cameras of a city whose file says nothing of them.
    pub fn cameras() -> Option<Self> {
        toml::from_str(CAMERAS).ok()
    }

    /// What is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let is_web =
            |address: &String| address.starts_with("https://") || address.starts_with("http://");
        if self
            .address
            .as_ref()
            .is_some_and(|address| !is_web(address))
        {
            return Err("needs an address with https://".to_owned());
        }
        match self.every_hours {
            Some(0) => Err("has `every_hours = 0`; at least 1".to_owned()),
            Some(hours) if hours > 24 * 366 => Err("has `every_hours` of over a year".to_owned()),
            Some(_) if self.address.is_none() => {
                Err("has `every_hours` and no `address`".to_owned())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_city_has_cameras_on_the_terms_of_who_mapped_them() {
        let cameras = ContextSource::cameras().expect("of its form");
        assert_eq!(cameras.check(), Ok(()));
        assert!(cameras.spanish.is_some() && cameras.licence.contains("ODbL"));
        assert!(
            cameras
                .credit
                .is_some_and(|credit| credit.contains("OpenStreetMap"))
        );
    }

    #[test]
    fn what_would_break_silently_is_named() {
        let read = |more: &str| {
            let text = format!(
                "title = 't'\nexplanation = 'e'\nunit = 'u'\nsource = 's'\nlicence = 'l'\n{more}"
            );
            toml::from_str::<ContextSource>(&text).expect("of its form")
        };
        assert_eq!(read("").check(), Ok(()));
        assert_eq!(
            read("address = 'https://x/'\nevery_hours = 168").check(),
            Ok(())
        );
        for (more, reason) in [
            ("address = 'ftp://x/'", "https"),
            ("every_hours = 24", "address"),
            ("address = 'https://x/'\nevery_hours = 0", "every_hours"),
        ] {
            assert!(
                read(more).check().expect_err("refused").contains(reason),
                "{more}"
            );
        }
    }
}
