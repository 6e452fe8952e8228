//! The hub's configuration: one TOML file.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use spotlight_common::config::Broker;
use spotlight_common::ids::{Network, NodeId};

/// The default file, commented, as `spotlight-hub config` prints it.
pub const DEFAULT: &str = include_str!("../hub.toml");

/// All settings.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The network whose reports it takes.
    pub network: Network,
    /// The folder of its stores and its key.
    pub data: PathBuf,
    /// A city that is built in, or the path of a city file; Los Angeles where neither this nor `cities` is set.
    #[serde(default)]
    pub city: Option<String>,
    /// The same of several, the first at the addresses that a hub of one city has.
    #[serde(default)]
    pub cities: Option<Vec<String>>,
    /// What one of several cities has of its own, by its id.
    #[serde(default)]
    pub by_city: BTreeMap<String, OfCity>,
    /// Where the map is served.
    #[serde(default = "listen")]
    pub listen: SocketAddr,
    /// The number to text, as it is to be shown.
    #[serde(default)]
    pub phone: Option<String>,
    /// Who runs this hub, as the page says it.
    #[serde(default)]
    pub operator: Option<String>,
    /// Where they can be reached: an address of mail or of the web, or other words.
    #[serde(default)]
    pub contact: Option<String>,
    /// Whom people can ask about their rights in a sweep: a telephone number, an address, other words.
    #[serde(default)]
    pub rights: Option<String>,
    /// A PMTiles archive of vector tiles to draw beneath the living map, as `basemap fetch` cuts one.
    #[serde(default)]
    pub basemap: Option<PathBuf>,
    /// Where readers find the map, for what is printed or copied.
    #[serde(default, deserialize_with = "public_url")]
    pub public_url: Option<String>,
    /// A folder of more languages for the page, or other words for those that it has.
    #[serde(default)]
    pub words: Option<PathBuf>,
    /// The neighbourhoods where people know the number.
    #[serde(default)]
    pub coverage: Vec<CoverageArea>,
    /// How city open data is kept fresh.
    #[serde(default)]
    pub feeds: FeedsConfig,
    /// Where Prometheus may ask; nowhere unless set.
    #[serde(default)]
    pub metrics: Option<SocketAddr>,
    /// The MQTT broker.
    pub broker: Broker,
}

/// What one of several cities has of its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfCity {
    /// The number to text there.
    #[serde(default)]
    pub phone: Option<String>,
    /// Whom people can ask about their rights there.
    #[serde(default)]
    pub rights: Option<String>,
    /// The nodes that hear that number: while none of them is up there is no data. Without it, any node.
    #[serde(default)]
    pub nodes: Option<BTreeSet<NodeId>>,
    /// A PMTiles archive for its map.
    #[serde(default)]
    pub basemap: Option<PathBuf>,
}

/// How city open data is kept fresh.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedsConfig {
    /// Whether the city's portals are asked at all.
    #[serde(default = "yes")]
    pub fetch: bool,
    /// A file with the portal's application token.
    #[serde(default)]
    pub app_token_file: Option<PathBuf>,
}

impl Default for FeedsConfig {
    fn default() -> Self {
        Self {
            fetch: true,
            app_token_file: None,
        }
    }
}

/// Why a configuration names no cities that a hub can serve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CitiesError {
    /// Two settings for one thing.
    #[error("set either `city`, for one, or `cities`, for several; not both")]
    Both,
    /// None.
    #[error("`cities` names none; name one or more, as in cities = [\"los-angeles\", \"seattle\"]")]
    None,
    /// Twice the same address.
    #[error(
        "`cities` has two of the id `{0}`; a city file's name is its id, so give one file another name"
    )]
    Twice(String),
    /// No address.
    #[error(
        "`{0}` cannot be the address of a city among several: name its file in a-z, 0-9 and -, and not as a page of the hub is called"
    )]
    Address(String),
    /// A section without its city.
    #[error("[by_city.{0}] is of no city that `cities` names")]
    Unknown(String),
}

/// The first parts of a hub's own addresses.
const TAKEN: [&str; 14] = [
    "about", "api", "assets", "cities", "feed", "healthz", "icon", "list", "metrics", "ogc",
    "openapi", "poster", "sweeps", "tiles",
];

impl Config {
    /// The cities to serve, by name or path, the first first.
    pub fn cities(&self) -> Result<Vec<String>, CitiesError> {
        match (&self.city, &self.cities) {
            (Some(_), Some(_)) => Err(CitiesError::Both),
            (None, Some(cities)) if cities.is_empty() => Err(CitiesError::None),
            (None, Some(cities)) => Ok(cities.clone()),
            (Some(city), None) => Ok(vec![city.clone()]),
            (None, None) => Ok(vec!["los-angeles".to_owned()]),
        }
    }

    /// Whether cities of these ids can be served together.
    pub fn check_ids(&self, ids: &[&str]) -> Result<(), CitiesError> {
        for (n, id) in ids.iter().enumerate() {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            let is_address = !id.is_empty() && id.chars().all(is_plain) && !TAKEN.contains(id);
            // The only one has no address of its own.
            if ids.len() > 1 && !is_address {
                return Err(CitiesError::Address((*id).to_owned()));
            }
            if ids[..n].contains(id) {
                return Err(CitiesError::Twice((*id).to_owned()));
            }
        }
        let mut sections = self.by_city.keys();
        match sections.find(|id| !ids.contains(&id.as_str())) {
            Some(id) => Err(CitiesError::Unknown(id.clone())),
            None => Ok(()),
        }
    }
}

fn yes() -> bool {
    true
}

/// One neighbourhood.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageArea {
    /// What people call it.
    pub name: String,
    /// Its outline: at least three (latitude, longitude) in degrees, not closed.
    pub outline: Vec<(f64, f64)>,
}

fn listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 8080))
}

/// An address that a phone can open, ending in the folder's slash.
fn public_url<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let url = String::deserialize(value)?;
    let rest = url
        .strip_prefix("https://")
        .or(url.strip_prefix("http://"))
        .unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_graphic() && !"\"'<>?#".contains(c);
    if rest.is_empty() || !rest.chars().all(is_plain) {
        let reason = "`public_url` must be the map's address, such as \"https://example.org/map/\"";
        return Err(serde::de::Error::custom(reason));
    }
    Ok(Some(format!("{}/", url.trim_end_matches('/'))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_is_valid_and_unknown_keys_are_refused() {
        let config: Config = toml::from_str(DEFAULT).expect("the default file is valid");
        assert!(config.listen.ip().is_loopback());
        let error = toml::from_str::<Config>(&format!("colour = 1\n{DEFAULT}"))
            .err()
            .expect("refused");
        assert!(error.to_string().contains("colour"));
    }

    #[test]
    fn one_city_or_several_and_never_two_of_a_name() {
        let one = "city = \"los-angeles\"\n";
        let read = |text: &str| {
            let text = DEFAULT.replace(one, text);
            toml::from_str::<Config>(&text).expect("a configuration")
        };
        assert!(DEFAULT.contains(one));
        let check = |text: &str, expected: &[&str]| {
            assert_eq!(read(text).cities().expect(text), expected);
        };
        check(one, &["los-angeles"]);
        check("", &["los-angeles"]);
        let both = ["seattle", "los-angeles"];
        check("cities = [\"seattle\", \"los-angeles\"]\n", &both);
        assert_eq!(read("cities = []\n").cities(), Err(CitiesError::None));
        let error = read(&format!("{one}cities = [\"seattle\"]\n")).cities();
        assert_eq!(error, Err(CitiesError::Both));
        let config = read(one);
        assert_eq!(config.check_ids(&both), Ok(()));
        assert_eq!(config.check_ids(&["My City"]), Ok(()));
        let twice = config.check_ids(&["seattle", "seattle"]);
        assert_eq!(twice, Err(CitiesError::Twice("seattle".to_owned())));
        for bad in ["api", "list", "My City", "", "..", "a/b"] {
            let error = config.check_ids(&["seattle", bad]);
            assert_eq!(error, Err(CitiesError::Address(bad.to_owned())));
        }
    }

    #[test]
    fn a_citys_own_section_names_a_city() {
        let text = format!("{DEFAULT}\n[by_city.seattle]\nphone = \"+12065550100\"\n");
        let config: Config = toml::from_str(&text).expect("a configuration");
        assert_eq!(config.check_ids(&["los-angeles", "seattle"]), Ok(()));
        let error = config.check_ids(&["los-angeles"]);
        assert_eq!(error, Err(CitiesError::Unknown("seattle".to_owned())));
    }

    #[test]
    fn a_public_address_can_be_opened_and_ends_in_a_slash() {
        let read = |url: &str| {
            let text = format!("public_url = {url:?}\n{DEFAULT}");
            toml::from_str::<Config>(&text).map(|config| config.public_url)
        };
        let check = |url: &str, expected: &str| {
            assert_eq!(read(url).expect(url), Some(expected.to_owned()));
        };
        check("https://example.org", "https://example.org/");
        check("http://map.local/la/", "http://map.local/la/");
        for bad in [
            "",
            "example.org",
            "https://",
            "javascript:alert(1)",
            "https://a/?b",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
