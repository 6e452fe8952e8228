//! One TOML file a program. Unknown keys are refused, and an error names the key, the line and the file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, de};

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("failed to read `{path}`; `config` prints a commented file to start from")]
    Read {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Reports would cross a network unencrypted.
    #[error(
        "`mqtt://{0}` is another machine: use `mqtts://`, or set `allow_plaintext = true` on a network whose every listener you trust"
    )]
    Plaintext(String),
    /// It is not what it should be. The line itself is not kept: it may hold a secret or a number.
    #[error("`{path}`, line {line}: {message}")]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What, in toml's words without values.
        message: String,
    },
}

/// How to reach the MQTT broker. The section `[broker]` of both programs.
#[derive(Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Broker {
    /// `mqtt://HOST[:1883]` or, with TLS, `mqtts://HOST[:8883]`.
    pub url: BrokerUrl,
    /// PEM of the authority that signed the broker's certificate; the system's authorities if absent.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The name to log in with.
    #[serde(default)]
    pub user: Option<String>,
    /// A file whose first line is the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// Lets `mqtt://` reach another machine, where whoever carries the traffic can read cells and times.
    #[serde(default)]
    pub allow_plaintext: bool,
}

impl Broker {
    /// A broker on this machine, without login.
    pub fn on_loopback(port: u16) -> Self {
        Self {
            url: BrokerUrl {
                host: "127.0.0.1".into(),
                port,
                tls: false,
            },
            ca: None,
            user: None,
            password_file: None,
            allow_plaintext: false,
        }
    }

    /// The password, if one is configured.
    pub fn password(&self) -> Result<Option<zeroize::Zeroizing<String>>, ConfigError> {
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let text = zeroize::Zeroizing::new(read(path)?);
        Ok(Some(zeroize::Zeroizing::new(
            text.lines().next().unwrap_or_default().to_owned(),
        )))
    }

    /// The authority's PEM, if one is configured.
    pub fn ca_pem(&self) -> Result<Option<Vec<u8>>, ConfigError> {
        self.ca
            .as_deref()
            .map(|path| read(path).map(String::into_bytes))
            .transpose()
    }

    /// Refuses plain MQTT to another machine.
    pub fn check(&self) -> Result<(), ConfigError> {
        let local = matches!(self.url.host.as_str(), "127.0.0.1" | "localhost" | "::1");
        if self.url.tls || local || self.allow_plaintext {
            Ok(())
        } else {
            Err(ConfigError::Plaintext(self.url.host.clone()))
        }
    }
}

/// Where a broker listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// Name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub tls: bool,
}

impl FromStr for BrokerUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        // Not quoted: somebody may have written a password into it.
        let bad = || "the address is not `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]`".to_owned();
        let (tls, rest) = match (url.strip_prefix("mqtts://"), url.strip_prefix("mqtt://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return Err(bad()),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or_else(bad)?)),
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        if host.is_empty() || host.contains(['/', '@', ' ', '[']) {
            return Err(bad());
        }
        let port = match port {
            Some(port) => port.parse().map_err(|_| bad())?,
            None if tls => 8883,
            None => 1883,
        };
        Ok(Self {
            host: host.to_owned(),
            port,
            tls,
        })
    }
}

impl<'de> Deserialize<'de> for BrokerUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Reads a configuration from a file.
pub fn load<T: DeserializeOwned>(path: &Path) -> Result<T, ConfigError> {
    parse(&read(path)?, path)
}

/// Reads a configuration from a text; `path` is for errors.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let start = error.span().map_or(0, |span| span.start.min(text.len()));
        let before = &text.as_bytes()[..start];
        ConfigError::Parse {
            path: path.to_owned(),
            line: before.iter().filter(|byte| **byte == b'\n').count() + 1,
            message: without_values(error.message()),
        }
    })
}

/// An error's words without what it quotes of values: strings in `"`, and seven digits or more in a row.
fn without_values(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    for (n, piece) in message.split('"').enumerate() {
        match n % 2 {
            0 => kept.push_str(piece),
            _ => kept.push_str("\"...\""),
        }
    }
    let mut masked = String::with_capacity(kept.len());
    let mut digits = String::new();
    for c in kept.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        masked.push_str(if digits.len() >= 7 {
            "(digits)"
        } else {
            &digits
        });
        digits.clear();
        if c != '\0' {
            masked.push(c);
        }
    }
    masked
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<(String, u16, bool)> {
        text.parse::<BrokerUrl>()
            .ok()
            .map(|url| (url.host, url.port, url.tls))
    }

    #[test]
    fn broker_urls() {
        assert_eq!(
            url("mqtt://localhost"),
            Some(("localhost".into(), 1883, false))
        );
        assert_eq!(
            url("mqtts://hub.example/"),
            Some(("hub.example".into(), 8883, true))
        );
        assert_eq!(url("mqtt://[::1]:99"), Some(("::1".into(), 99, false)));
        for bad in [
            "",
            "localhost",
            "http://x",
            "mqtt://",
            "mqtt://a:b",
            "mqtt://u@h",
            "mqtt://[::1]x",
        ] {
            assert_eq!(url(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_error_names_the_line_and_no_value() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        #[expect(dead_code)]
        struct Settings {
            port: u16,
            url: Option<BrokerUrl>,
        }
        let error = |text: &str| {
            let error = parse::<Settings>(text, Path::new("edge.toml")).expect_err("refused");
            crate::log::chain(&error)
        };
        assert_eq!(
            error("port = 1\nsecret = \"hush-hush\"\n"),
            "`edge.toml`, line 2: unknown field `secret`, expected `port` or `url`"
        );
        for (text, line) in [
            ("# 1\nport = \"hush-hush\"", 2),
            ("port = 2135550100", 1),
            ("port = 1\n\nurl = \"mqtt://user:hush-hush@host\"", 3),
            ("port = 1\nhush-hush", 2),
        ] {
            let said = error(text);
            assert!(said.contains(&format!("line {line}: ")), "{said}");
            assert!(
                !said.contains("hush") && !said.contains("2135550100"),
                "{said}"
            );
        }
    }

    #[test]
    fn plain_mqtt_stays_on_this_machine_unless_allowed() {
        let mut broker = Broker::on_loopback(1883);
        assert!(broker.check().is_ok());
        broker.url.host = "192.0.2.1".into();
        assert!(matches!(broker.check(), Err(ConfigError::Plaintext(_))));
        broker.url.tls = true;
        assert!(broker.check().is_ok());
    }
}
