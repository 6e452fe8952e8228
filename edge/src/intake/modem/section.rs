//! The section `[modem]` of the configuration.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use serde::{Deserialize, Deserializer, de};

use super::pin::Pin;
use super::quirks::UsbId;
use super::{MmsSection, ModemError};

/// The shortest interval of listings.
const SHORTEST_POLL: SignedDuration = SignedDuration::from_secs(1);

/// The section `[modem]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The port that takes commands.
    #[serde(default)]
    pub port: Option<PathBuf>,
    /// The modem's USB id, where no port is named. If neither is, any modem that is known.
    #[serde(default)]
    pub usb: Option<UsbId>,
    /// The port's speed. Those on USB have none of their own.
    #[serde(default = "baud")]
    pub baud: u32,
    /// The SIM's PIN.
    #[serde(default)]
    pub pin: Option<Pin>,
    /// The service centre's number, where the SIM has none.
    #[serde(default)]
    pub smsc: Option<String>,
    /// How often the messages are listed.
    #[serde(default = "poll", deserialize_with = "duration")]
    pub poll: SignedDuration,
    /// A program and its arguments, which takes the modem's power away and gives it back.
    #[serde(default)]
    pub power_cycle: Vec<String>,
    /// How multimedia messages are fetched.
    #[serde(default)]
    pub mms: Option<MmsSection>,
}

impl Section {
    pub(super) fn poll(&self) -> Duration {
        self.poll.unsigned_abs()
    }

    pub(super) fn check(&self) -> Result<(), ModemError> {
        let is_number = |number: &String| {
            let digits = number.strip_prefix('+').unwrap_or(number);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        if self.port.is_some() && self.usb.is_some() {
            return Err(ModemError::Setting("names both `port` and `usb`: keep one"));
        }
        if self.poll < SHORTEST_POLL {
            return Err(ModemError::Setting("has a `poll` below 1s"));
        }
        if !self.smsc.as_ref().is_none_or(is_number) {
            return Err(ModemError::Setting(
                "has an `smsc` that is no number, as in \"+12065550100\"",
            ));
        }
        let mms = self.mms.as_ref().map_or(Ok(()), MmsSection::check);
        mms.map_err(ModemError::Mms)
    }
}

fn baud() -> u32 {
    115_200
}

fn poll() -> SignedDuration {
    SignedDuration::from_secs(20)
}

/// As people write it: `20s`, `1m`.
pub(super) fn duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<SignedDuration, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}
