//! The section `[modem.mms]`, and what it comes to with the table of carriers.

use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use jiff::SignedDuration;
use serde::Deserialize;

use super::super::section::duration;
use super::bearer::{Server, server_of};
use super::carriers::Carrier;
use super::names::NameServer;
use crate::decode::MAX_MMS_OCTETS;

/// What an MMSC is told where neither the configuration nor the table says: what phones of no particular maker say.
const USER_AGENT: &str = "Android-Mms/2.0";
const UA_PROFILE: &str = "http://www.google.com/oha/rdf/ua-profile-kila.xml";

/// The largest message, where nothing else is said; carriers stop at 1 to 3 MB.
const MAX_SIZE: usize = 4_000_000;

/// An interface's name, as Linux takes it.
const MAX_NAME: usize = 15;

/// The section `[modem.mms]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// The interface that the system brought up for the carrier. If absent, the system's own way.
    #[serde(default)]
    pub interface: Option<String>,
    /// The carrier's name servers. If absent, the system's are asked.
    #[serde(default)]
    pub dns: Vec<NameServer>,
    /// The access point, for whoever brings that up.
    #[serde(default)]
    pub apn: Option<String>,
    /// The carrier's name in the table. If absent, the SIM's counts.
    #[serde(default)]
    pub carrier: Option<String>,
    /// Where messages are answered, instead of the table's. Then there is no proxy but `proxy`.
    #[serde(default)]
    pub mmsc: Option<String>,
    /// The carrier's proxy, instead of the table's.
    #[serde(default)]
    pub proxy: Option<Server>,
    #[serde(default)]
    pub user_agent: Option<String>,
    #[serde(default)]
    pub ua_profile: Option<String>,
    /// The largest message, in bytes.
    #[serde(default)]
    pub max_size: Option<usize>,
    /// How long one try may take.
    #[serde(default = "timeout", deserialize_with = "duration")]
    pub timeout: SignedDuration,
    /// How long a message is tried for, if it does not expire before.
    #[serde(default = "retry", deserialize_with = "duration")]
    pub retry: SignedDuration,
}

fn timeout() -> SignedDuration {
    SignedDuration::from_secs(120)
}

fn retry() -> SignedDuration {
    SignedDuration::from_hours(6)
}

/// Why the carrier's servers are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAccess {
    /// The SIM does not say whose it is.
    #[error("the SIM does not say which carrier's it is")]
    NoSim,
    /// The table does not know it.
    #[error("the table of carriers does not know this SIM's")]
    Unknown,
}

/// All that fetching needs.
#[derive(Debug, Clone)]
pub struct Access {
    pub interface: Option<String>,
    pub dns: Vec<NameServer>,
    pub apn: Option<String>,
    /// The carrier's name, where the table knows it, and whether somebody tried what it says.
    pub carrier: Option<(&'static str, bool)>,
    pub mmsc: Uri,
    pub mmsc_server: Server,
    pub proxy: Option<Server>,
    pub user_agent: HeaderValue,
    pub ua_profile: HeaderValue,
    pub max_size: usize,
    pub timeout: Duration,
    pub retry: Duration,
}

impl Section {
    /// What is wrong with a setting.
    pub fn check(&self) -> Result<(), &'static str> {
        let is_name = |name: &String| {
            (1..=MAX_NAME).contains(&name.len())
                && name.bytes().all(|c| c.is_ascii_graphic() && c != b'/')
                && !matches!(name.as_str(), "." | "..")
        };
        if !self.interface.as_ref().is_none_or(is_name) {
            return Err("has an `interface` that is no name of one, as in \"wwan0\"");
        }
        if let Some(carrier) = &self.carrier
            && Carrier::named(carrier).is_none()
        {
            return Err("names a `carrier` that `edge/carriers.toml` does not know");
        }
        if let Some(mmsc) = &self.mmsc {
            let url: Result<Uri, _> = mmsc.parse();
            if !url.is_ok_and(|url| server_of(&url).is_ok()) {
                return Err("has an `mmsc` that is no URL, as in \"http://mmsc.example.net/mms\"");
            }
        }
        for header in [&self.user_agent, &self.ua_profile].into_iter().flatten() {
            if HeaderValue::from_str(header).is_err() {
                return Err("has a `user_agent` or `ua_profile` that no header takes");
            }
        }
        let sizes = 1..=MAX_MMS_OCTETS;
        if !self.max_size.is_none_or(|size| sizes.contains(&size)) {
            return Err("has a `max_size` that is not between 1 and 8388608 bytes");
        }
        if self.timeout < SignedDuration::from_secs(1) || self.retry.is_negative() {
            return Err("has a `timeout` below 1s, or a `retry` below 0s");
        }
        Ok(())
    }

    /// What it comes to on a SIM, given the first digits of its identity.
    pub fn access(&self, sim: Option<&str>) -> Result<Arc<Access>, NoAccess> {
        let carrier = match &self.carrier {
            Some(id) => Carrier::named(id),
            None => sim.and_then(Carrier::of_sim),
        };
        let unknown = match sim {
            None => NoAccess::NoSim,
            Some(_) => NoAccess::Unknown,
        };
        let mmsc = self.mmsc.as_ref().or(carrier.map(|carrier| &carrier.mmsc));
        let mmsc: Uri = mmsc.and_then(|mmsc| mmsc.parse().ok()).ok_or(unknown)?;
        let proxy = match (&self.proxy, &self.mmsc) {
            (None, None) => carrier.and_then(|carrier| carrier.proxy.clone()),
            (own, _) => own.clone(),
        };
        let header = |own: &Option<String>, table: Option<&String>, usual| {
            let text = own.as_ref().or(table);
            text.and_then(|text| HeaderValue::from_str(text).ok())
                .unwrap_or(HeaderValue::from_static(usual))
        };
        let user_agent = carrier.and_then(|carrier| carrier.user_agent.as_ref());
        let ua_profile = carrier.and_then(|carrier| carrier.ua_profile.as_ref());
        let max_size = self.max_size.or(carrier.map(|carrier| carrier.max_size));
        Ok(Arc::new(Access {
            interface: self.interface.clone(),
            dns: self.dns.clone(),
            apn: self
                .apn
                .clone()
                .or(carrier.map(|carrier| carrier.apn.clone())),
            carrier: carrier.map(|carrier| (carrier.name.as_str(), carrier.verified)),
            mmsc_server: server_of(&mmsc).map_err(|_| unknown)?,
            mmsc,
            proxy,
            user_agent: header(&self.user_agent, user_agent, USER_AGENT),
            ua_profile: header(&self.ua_profile, ua_profile, UA_PROFILE),
            max_size: max_size.unwrap_or(MAX_SIZE),
            timeout: self.timeout.unsigned_abs(),
            retry: self.retry.unsigned_abs(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(text: &str) -> Section {
        toml::from_str(text).expect("a section")
    }

    #[test]
    fn the_sims_carrier_counts_where_nothing_else_is_said() {
        let access = section("interface = \"wwan0\"").access(Some("310410"));
        let access = access.expect("known");
        assert_eq!(access.mmsc, "http://mmsc.mobile.att.net");
        let proxy = access.proxy.as_ref().expect("a proxy");
        assert_eq!(proxy.to_string(), "proxy.mobile.att.net:80");
        assert_eq!(access.carrier, Some(("AT&T", false)));
        assert_eq!(access.user_agent, USER_AGENT);
        let access = section("carrier = \"mint\"\nuser_agent = \"x\"").access(Some("310260"));
        let access = access.expect("known");
        assert_eq!(access.apn.as_deref(), Some("wholesale"));
        assert_eq!(
            (access.user_agent.as_bytes(), access.proxy.clone()),
            (&b"x"[..], None)
        );
        // Another server has another proxy, or none.
        let own = "mmsc = \"http://mmsc.example.net/m\"\nmax_size = 1000";
        let access = section(own).access(Some("310410")).expect("known");
        assert_eq!((access.proxy.clone(), access.max_size), (None, 1000));
        assert!(section(own).access(None).is_ok());
        let own = format!("{own}\nproxy = \"010.012.000.001:8080\"");
        assert!(
            section(&own)
                .access(None)
                .is_ok_and(|access| access.proxy.is_some())
        );
        assert_eq!(section("").access(None).err(), Some(NoAccess::NoSim));
        assert_eq!(
            section("").access(Some("001010")).err(),
            Some(NoAccess::Unknown)
        );
    }

    #[test]
    fn settings_that_cannot_be_used_are_told() {
        assert_eq!(
            section("carrier = \"tmobile-us\"\nretry = \"1h\"").check(),
            Ok(())
        );
        for wrong in [
            "interface = \"\"",
            "interface = \"a/b\"",
            "interface = \"a-name-too-long-for-one\"",
            "carrier = \"none\"",
            "mmsc = \"https://mmsc.example.net\"",
            "mmsc = \"mmsc\"",
            "user_agent = \"a\\nb\"",
            "max_size = 0",
            "max_size = 9000000",
            "timeout = \"0s\"",
            "retry = \"-1s\"",
        ] {
            assert!(section(wrong).check().is_err(), "{wrong}");
        }
        assert!(toml::from_str::<Section>("proxy = \"proxy\"").is_err());
    }
}
