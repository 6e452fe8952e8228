//! The cities that a hub serves, the first first: each with its data folder, its part of the coverage and what the
//! configuration gives it alone.

use std::path::PathBuf;
use std::sync::Arc;

use crate::city::City;
use crate::config::{Config, OfCity};
use crate::views::Coverage;
use crate::views::cities::{Cities, Listed};
use crate::{folders, whose};

/// One of them.
pub struct Served {
    pub city: Arc<City>,
    /// Where its open data, its notices and its places lie.
    pub data: PathBuf,
    pub coverage: Arc<Vec<Coverage>>,
    /// Its own number, nodes and basemap.
    pub own: OfCity,
}

/// Loads what a configuration names. Folders that are missing are made.
pub fn load(config: &Config) -> anyhow::Result<Vec<Served>> {
    let names = config.cities()?;
    let cities = names.iter().map(|name| City::load(name));
    let cities: Vec<Box<City>> = cities
        .map(|city| city.map(Box::new))
        .collect::<Result<_, _>>()?;
    let ids: Vec<&str> = cities.iter().map(|city| &*city.id).collect();
    config.check_ids(&ids)?;
    let folders = folders::of_all(&config.data, &cities)?;
    let mut all = Vec::new();
    for (mut city, data) in cities.into_iter().zip(folders) {
        city.furnish(&data)?;
        all.push(Served {
            own: config.by_city.get(&city.id).cloned().unwrap_or_default(),
            city: Arc::new(*city),
            data,
            coverage: Arc::default(),
        });
    }
    let cities: Vec<Arc<City>> = all.iter().map(|served| served.city.clone()).collect();
    let mut coverage = vec![Vec::new(); all.len()];
    for area in &config.coverage {
        coverage[whose::of_area(&cities, &area.outline)].push(Coverage {
            name: area.name.clone(),
            outline: area.outline.clone(),
        });
    }
    for (served, coverage) in all.iter_mut().zip(coverage) {
        served.coverage = Arc::new(coverage);
    }
    warn_of_deaf(&all);
    Ok(all)
}

/// While any node is up, silence in a city whose own are down would be taken for data.
fn warn_of_deaf(all: &[Served]) {
    let covered = || all.iter().filter(|served| !served.coverage.is_empty());
    if covered().count() < 2 {
        return;
    }
    for served in covered().filter(|served| served.own.nodes.is_none()) {
        tracing::warn!(
            city = served.city.id,
            "any node that is up counts for it; name its own in `nodes` of [by_city.ID], unless one node hears all cities"
        );
    }
}

impl Served {
    /// The number to text there, if anybody is asked to: the hub's own where the city has none of its own.
    pub fn phone(&self, config: &Config, is_first: bool) -> Option<String> {
        let is_asked = is_first || !self.coverage.is_empty();
        let own = self.own.phone.clone();
        own.or_else(|| config.phone.clone().filter(|_| is_asked))
    }
}

/// All of them, as the pages of the top and of each folder list them. None where there is no choice.
pub fn listed(all: &[Served]) -> (Cities, Vec<Cities>) {
    if all.len() < 2 {
        return (Cities::default(), vec![Cities::default(); all.len()]);
    }
    let listed = all.iter().map(|served| Listed {
        city: served.city.clone(),
        coverage: served.coverage.clone(),
    });
    let listed = Arc::new(listed.collect::<Vec<_>>());
    let folders = (0..all.len()).map(|n| Cities::in_folder_of(listed.clone(), n));
    (Cities::at_top(listed.clone()), folders.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT;

    fn config(data: &std::path::Path, cities: &str, more: &str) -> Config {
        let text = DEFAULT
            .replace("city = \"los-angeles\"", cities)
            .replace("/var/lib/spotlight-hub", &data.to_string_lossy());
        toml::from_str(&format!("{text}\n{more}")).expect("a configuration")
    }

    const AREAS: &str = "[[coverage]]\nname = 'Pioneer Square'\noutline = [[47.605, -122.335], [47.605, -122.33], [47.6, -122.33]]\n\
        [[coverage]]\nname = 'Skid Row'\noutline = [[34.05, -118.25], [34.05, -118.235], [34.037, -118.235]]\n\
        [by_city.seattle]\nphone = '+1 206 555 0100'\n";

    #[test]
    fn each_city_has_its_folder_its_coverage_and_its_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        let cities = "phone = '+1 213 555 0100'\ncities = ['los-angeles', 'seattle', 'boston']";
        let config = config(data, cities, AREAS);
        let all = load(&config).expect("loads");
        let told = all.iter().enumerate().map(|(n, served)| {
            let coverage = served.coverage.iter().map(|area| &*area.name);
            let phone = served.phone(&config, n == 0).unwrap_or_default();
            (coverage.collect::<Vec<_>>().join(" "), phone)
        });
        let expected = [
            ("Skid Row", "+1 213 555 0100"),
            ("Pioneer Square", "+1 206 555 0100"),
            // Nobody is asked to report there.
            ("", ""),
        ];
        assert_eq!(
            told.collect::<Vec<_>>(),
            expected.map(|(area, phone)| (area.to_owned(), phone.to_owned()))
        );
        assert_eq!(all[0].data, data);
        assert_eq!(all[1].data, data.join("cities/seattle"));
        assert!(all[2].data.is_dir());
        assert!(listed(&all).0.are_several());
    }

    #[test]
    fn one_city_is_alone_and_places_in_its_folder_are_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path(), "city = 'seattle'", "");
        assert!(load(&config).expect("loads")[0].city.gazetteer.is_none());
        let places = "# Spotlight places, version 1\n# bounds: 47.4,-122.5,47.8,-122.2\ncorner,PIKE ST,3RD AVE,,47.609,-122.338\n";
        std::fs::write(folder.path().join("places.csv"), places).expect("written");
        let all = load(&config).expect("loads");
        assert!(all[0].city.gazetteer.is_some());
        assert!(!listed(&all).0.are_several());
        for bad in ["cities = ['seattle', 'seattle']", "cities = ['nowhere']"] {
            assert!(
                load(&self::config(folder.path(), bad, "")).is_err(),
                "{bad}"
            );
        }
    }
}
