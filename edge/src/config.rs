//! The edge's configuration: one TOML file.

use std::path::PathBuf;

use serde::Deserialize;
use spotlight_common::config::Broker;
use spotlight_common::ids::{Network, NodeId};

use crate::intake::{android, gammu, http, modem, smstools, telnyx, twilio, webhook};
use crate::reply::limits::Limits;
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
    /// The folders of smstools3.
    #[serde(default)]
    pub smstools: Option<smstools::Section>,
    /// The folders of gammu-smsd.
    #[serde(default)]
    pub gammu: Option<gammu::Section>,
    /// A modem.
    #[serde(default)]
    pub modem: Option<modem::Section>,
    /// Where webhooks come in.
    #[serde(default)]
    pub http: http::Http,
    /// The generic webhook.
    #[serde(default)]
    pub webhook: Option<webhook::Section>,
    /// Telnyx.
    #[serde(default)]
    pub telnyx: Option<telnyx::Section>,
    /// An Android phone.
    #[serde(default)]
    pub android: Option<android::Section>,
    /// The hub's pinned public key.
    pub hub_key: NodeId,
    /// The model's file or folder.
    #[serde(default)]
    pub model: Option<PathBuf>,
    /// The places file.
    #[serde(default)]
    pub gazetteer: Option<PathBuf>,
    /// The middle of the neighbourhood whose people text this node, (latitude, longitude) in degrees.
    #[serde(default)]
    pub home: Option<(f64, f64)>,
    /// Whether the place that a photo says it was taken at counts where its sender names none.
    #[serde(default)]
    pub photo_places: bool,
    /// The country of numbers that name none, E.164 without `+`.
    #[serde(default = "country_code")]
    pub country_code: String,
    /// The language of answers where a text does not tell.
    #[serde(default = "language")]
    pub language: Language,
    /// The IANA time zone of answers.
    #[serde(default = "time_zone")]
    pub time_zone: String,
    /// Something other than systemd-timesyncd keeps this machine's clock right.
    #[serde(default)]
    pub trust_clock: bool,
    /// Who is heard and answered how often.
    #[serde(default)]
    pub limits: Limits,
    /// The MQTT broker.
    pub broker: Broker,
    /// The number at Twilio.
    #[serde(default)]
    pub twilio: Option<twilio::Settings>,
}

impl Config {
    /// The intakes that are configured.
    pub fn intakes(&self) -> Vec<&'static str> {
        let intakes = [
            ("spool", self.spool.is_some()),
            ("smstools", self.smstools.is_some()),
            ("gammu", self.gammu.is_some()),
            ("modem", self.modem.is_some()),
            ("webhook", self.webhook.is_some()),
            ("telnyx", self.telnyx.is_some()),
            ("android", self.android.is_some()),
            ("twilio", self.twilio.is_some()),
        ];
        let configured = intakes.into_iter().filter(|(_, configured)| *configured);
        configured.map(|(name, _)| name).collect()
    }
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

    #[test]
    fn the_commented_sections_of_the_default_file_are_valid() {
        let start = DEFAULT.find("# [modem]").expect("the sections are there");
        let sections: String = DEFAULT[start..]
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.starts_with('[') || line.contains(" = "))
            .map(|line| format!("{line}\n"))
            .collect();
        let config: Config =
            toml::from_str(&format!("{DEFAULT}\n{sections}")).expect("they are valid");
        for name in ["modem", "webhook", "telnyx", "android", "twilio"] {
            assert!(config.intakes().contains(&name), "{name}");
        }
        assert!(config.modem.is_some_and(|modem| modem.mms.is_some()));
        assert_eq!(config.http.listen.port(), 8081);
    }
}
