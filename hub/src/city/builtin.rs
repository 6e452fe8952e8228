//! The cities that are built in, by name, and the template of another.

/// Its file, for a copy of one's own.
pub const LOS_ANGELES: &str = include_str!("../../cities/los-angeles.toml");

/// A file to be filled in, its lines commented by `#:`.
pub const TEMPLATE: &str = include_str!("../../cities/template.toml");

/// Names and files.
pub const ALL: [(&str, &str); 7] = [
    ("los-angeles", LOS_ANGELES),
    ("boston", include_str!("../../cities/boston.toml")),
    ("chicago", include_str!("../../cities/chicago.toml")),
    ("new-york", include_str!("../../cities/new-york.toml")),
    ("san-diego", include_str!("../../cities/san-diego.toml")),
    (
        "san-francisco",
        include_str!("../../cities/san-francisco.toml"),
    ),
    ("seattle", include_str!("../../cities/seattle.toml")),
];

/// A city's file by its name.
pub fn file(name: &str) -> Option<&'static str> {
    let mut all = ALL.iter();
    all.find(|(known, _)| *known == name).map(|(_, file)| *file)
}

/// All names, for messages.
pub fn names() -> String {
    ALL.map(|(name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::City;

    #[test]
    fn every_built_in_city_can_be_used() {
        for (name, _) in ALL {
            let city = City::load(name).unwrap_or_else(|error| {
                panic!("{name}: {}", spotlight_common::log::chain(&error));
            });
            assert_eq!(city.id, name);
            assert!(city.districts.len() >= 30, "{name}");
            for (district, lat, lon) in &city.districts {
                assert!(city.holds(*lat, *lon), "{name}: {district}");
            }
            assert!(!city.feeds.is_empty(), "{name}");
            for feed in &city.feeds {
                assert!(feed.spanish.is_some() && !feed.sources.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn the_template_is_a_city_once_it_is_filled_in() {
        let filled: String = TEMPLATE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line).to_owned() + "\n")
            .collect();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("exampleton.toml");
        std::fs::write(&path, filled).expect("written");
        let city = City::load(&path.to_string_lossy()).unwrap_or_else(|error| {
            panic!("{}", spotlight_common::log::chain(&error));
        });
        let kinds: Vec<_> = city.feeds[0]
            .sources
            .iter()
            .map(|source| source.kind.as_str())
            .collect();
        assert_eq!(
            kinds,
            ["socrata", "arcgis", "open311", "ckan", "csv", "geojson"]
        );
        assert!(
            !TEMPLATE
                .lines()
                .any(|line| !line.is_empty() && !line.starts_with('#'))
        );
    }
}
