//! The edge's configuration: one TOML file.

use std::path::PathBuf;

use serde::Deserialize;
use spotlight_common::config::Broker;
use spotlight_common::ids::{Network, NodeId};

use crate::intake::twilio;
use crate::words::Language;

/// The default file, commented, as `spotlight-edge config` prints it.
pub const DEFAULT: &str = include_str!("../edge.toml");

/// All settings.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The network that it reports to.
    pub network: Network,
    /// The folder of the outbox and the node's key.
    pub data: PathBuf,
    /// The spool folder, with `in` and `out`.
    #[serde(default)]
    pub spool: Option<PathBuf>,
    /// The hub's pinned public key.
    pub hub_key: NodeId,
    /// The model's file or folder.
    #[serde(default)]
    pub model: Option<PathBuf>,
    /// The places file.
    #[serde(default)]
    pub gazetteer: Option<PathBuf>,
    /// The country of numbers that name none, E.164 without `+`.
    #[serde(default = "country_code")]
    pub country_code: String,
    /// The language of answers where a text does not tell.
    #[serde(default = "language")]
    pub language: Language,
    /// The IANA time zone of answers.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// The MQTT broker.
    pub broker: Broker,
    /// The number at Twilio.
    #[serde(default)]
    pub twilio: Option<twilio::Settings>,
}

fn country_code() -> String {
    "1".into()
}

fn language() -> Language {
    Language::English
}

fn time_zone() -> String {
    "America/Los_Angeles".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_is_valid_and_unknown_keys_are_refused() {
        let config: Config = toml::from_str(DEFAULT).expect("the default file is valid");
        assert!(config.broker.check().is_ok());
        let error = toml::from_str::<Config>(&format!("colour = 1\n{DEFAULT}"))
            .err()
            .expect("refused");
        assert!(error.to_string().contains("colour"));
    }
}
