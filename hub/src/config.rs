//! The hub's configuration: one TOML file.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;
use spotlight_common::config::Broker;
use spotlight_common::ids::Network;

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
    /// A city that is built in, or the path of a city file.
    #[serde(default = "los_angeles")]
    pub city: String,
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

fn los_angeles() -> String {
    "los-angeles".into()
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
