//! What portals are asked through: one GET, its redirects followed to listed hosts only, its failures told apart, and tried
//! again where that may help. Blocking, as everything that reads feeds is.

use std::collections::BTreeSet;
use std::io::Read;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::{Response, Uri, header};
use ureq::{Agent, Body};

use super::FeedError;
use super::failure;
use super::values::cut;
use crate::agent::agent;
use crate::city::{City, Kind};

/// Redirects that are followed.
const HOPS: usize = 5;

/// Times that something is asked for at most, and the pause after the first failure, which doubles.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(500);

/// A portal that wants a longer pause than this gets it: whoever asked gives up for now.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is read of the body of a failure.
const REASON_BYTES: u64 = 4096;

/// What is kept of what a portal says, and of what it calls an answer's form: it may be long.
pub const SAID: usize = 200;
pub const FORM: usize = 60;

/// How long a portal may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For its first byte, and between two.
    pub silence: Duration,
    /// For a page, from the first byte to the last: one that drips is given up.
    pub page: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(60),
            page: Duration::from_secs(300),
        }
    }
}

/// Asks portals.
pub struct Client {
    agent: Agent,
    hosts: BTreeSet<String>,
    /// Those of them that are told the token.
    portals: BTreeSet<String>,
    token: Option<String>,
}

/// What an answer's version is called, for asking whether it is still the same.
pub const VERSION: [header::HeaderName; 2] = [header::ETAG, header::LAST_MODIFIED];

impl Client {
    /// Asks the hosts of a city's sources, and those that it lists besides. `token` is Socrata's application token.
    pub fn new(city: &City, token: Option<String>, patience: Patience) -> Self {
        let sources = city.feeds.iter().flat_map(|feed| &feed.sources);
        let portals = sources
            .clone()
            .filter(|source| source.kind == Kind::Socrata);
        let listed = city.hosts.iter().map(|host| host.to_lowercase());
        let portals: BTreeSet<String> = portals
            .filter_map(|source| host(&source.address))
            .chain(listed)
            .collect();
        let sets = city.boundaries.iter();
        let contexts = [&city.transit, &city.cameras].into_iter().flatten();
        let hosts = sources
            .filter_map(|source| host(&source.address))
            .chain(sets.filter_map(|set| host(set.address.as_deref()?)))
            .chain(contexts.filter_map(|source| host(source.address.as_deref()?)))
            .chain(crate::notices::source::addresses(city).filter_map(host))
            .chain(portals.iter().cloned());
        Self {
            agent: agent(patience.silence, 0),
            hosts: hosts.collect(),
            portals,
            token,
        }
    }

    /// Asks the hosts of some addresses, or hosts by their names, and tells nobody a token.
    pub fn of_hosts<'a>(addresses: impl Iterator<Item = &'a String>, patience: Patience) -> Self {
        let hosts =
            addresses.map(|address| host(address).unwrap_or_else(|| address.to_lowercase()));
        Self {
            agent: agent(patience.silence, 0),
            hosts: hosts.collect(),
            portals: BTreeSet::new(),
            token: None,
        }
    }

    /// Does what may fail for a while, again after a pause where that may help.
    pub fn patiently<T>(&self, ask: impl Fn() -> Result<T, FeedError>) -> Result<T, FeedError> {
        let mut pause = PAUSE;
        let mut attempt = 1;
        loop {
            let error = match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wait = match &error {
                FeedError::Busy {
                    until: Some(until), ..
                } => {
                    let left = until.as_second() - Timestamp::now().as_second();
                    Duration::from_secs(u64::try_from(left).unwrap_or(0))
                }
                FeedError::Busy { .. }
                | FeedError::Portal { status: 500.., .. }
                | FeedError::Unreachable { .. }
                | FeedError::Cut { .. } => pause,
                _ => return Err(error),
            };
            if attempt == TRIES || wait > LONGEST_PAUSE {
                return Err(error);
            }
            std::thread::sleep(wait);
            pause *= 2;
            attempt += 1;
        }
    }

    /// An answer of 200, or of 304 where `version` is what the portal called its last one. `accept` is the type that is wanted;
    /// its body may take as long as `page`. Asked once.
    pub fn get(
        &self,
        address: &str,
        accept: &str,
        version: Option<&str>,
        page: Duration,
    ) -> Result<Response<Body>, FeedError> {
        let mut address = address.to_owned();
        for _ in 0..=HOPS {
            let response = self.once(&address, accept, version, page)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return self.judge(response, &address);
            }
            let to = response.headers().get(header::LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or_default();
            let to = absolute(&address, to).ok_or_else(|| FeedError::Redirect {
                from: place(&address),
                to: cut(to, SAID),
            })?;
            address = to;
        }
        Err(FeedError::Redirect {
            from: place(&address),
            to: "ever further".to_owned(),
        })
    }

    fn once(
        &self,
        address: &str,
        accept: &str,
        version: Option<&str>,
        page: Duration,
    ) -> Result<Response<Body>, FeedError> {
        let host = host(address).unwrap_or_default();
        let is_safe = address.starts_with("https://") || is_loopback(&host);
        if !is_safe || !self.hosts.contains(&host) {
            return Err(FeedError::Redirect {
                from: "the city's file".to_owned(),
                to: place(address),
            });
        }
        let mut request = self.agent.get(address).header(header::ACCEPT, accept);
        if let Some(token) = self.token.as_ref().filter(|_| self.portals.contains(&host)) {
            request = request.header("X-App-Token", token);
        }
        if let Some(version) = version {
            let condition = match version.starts_with('"') || version.starts_with("W/") {
                true => header::IF_NONE_MATCH,
                false => header::IF_MODIFIED_SINCE,
            };
            request = request.header(condition, version);
        }
        let request = request.config().timeout_recv_body(Some(page)).build();
        request.call().map_err(|error| FeedError::Unreachable {
            address: place(address),
            reason: error.to_string(),
        })
    }

    fn judge(
        &self,
        mut response: Response<Body>,
        address: &str,
    ) -> Result<Response<Body>, FeedError> {
        let status = response.status().as_u16();
        if matches!(status, 200 | 304) {
            return Ok(response);
        }
        let address = place(address);
        if matches!(status, 429 | 503) {
            let after = response.headers().get(header::RETRY_AFTER);
            let until = after.and_then(|after| retry_after(after.to_str().ok()?, Timestamp::now()));
            return Err(FeedError::Busy { address, until });
        }
        let mut body = Vec::new();
        let read = response
            .body_mut()
            .as_reader()
            .take(REASON_BYTES)
            .read_to_end(&mut body);
        let said = read.map(|_| failure::said(&body)).unwrap_or_default();
        Err(FeedError::Portal {
            address,
            status,
            said,
        })
    }
}

/// The time that `Retry-After` names: seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(text: &str, now: Timestamp) -> Option<Timestamp> {
    if let Ok(seconds) = text.trim().parse::<u32>() {
        return now
            .checked_add(Duration::from_secs(u64::from(seconds)))
            .ok();
    }
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text.trim());
    date.ok()
}

fn host(address: &str) -> Option<String> {
    let uri: Uri = address.parse().ok()?;
    Some(uri.host()?.to_lowercase())
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    let address = bare.parse::<std::net::IpAddr>();
    // RFC 6761, 6.3.
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// An address without its query, for messages.
pub fn place(address: &str) -> String {
    cut(address.split('?').next().unwrap_or_default(), SAID)
}

/// Where a redirect leads, seen from where it stands.
fn absolute(from: &str, to: &str) -> Option<String> {
    if to.starts_with("https://") || to.starts_with("http://") {
        return Some(to.to_owned());
    }
    let from: Uri = from.parse().ok()?;
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    (to.starts_with('/') && !to.starts_with("//")).then(|| format!("{scheme}://{authority}{to}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_seconds_or_dates() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().expect("a time");
        let after = |text| retry_after(text, now).map(|at| at.as_second() - now.as_second());
        assert_eq!(after("30"), Some(30));
        assert_eq!(after("Wed, 25 Nov 2026 12:01:00 GMT"), Some(60));
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn redirects_are_seen_from_where_they_stand() {
        let from = "https://data.example/a/b?c";
        assert_eq!(
            absolute(from, "/d").as_deref(),
            Some("https://data.example/d")
        );
        assert_eq!(
            absolute(from, "https://x.example/").as_deref(),
            Some("https://x.example/")
        );
        for to in ["", "//x.example/", "ftp://x.example/", "d"] {
            assert_eq!(absolute(from, to), None, "{to}");
        }
    }
}
