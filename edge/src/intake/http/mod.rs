//! The HTTP listener of the webhooks: one for all providers, on loopback unless told otherwise.
//!
//! It takes POST on the paths of the configured hooks and GET on `/healthz`, and nothing else. TLS and a public name are the
//! business of a reverse proxy in front of it; `public_url` says how providers call it, for signatures go over that.
//!
//! # Limits
//! [`limits`] holds those of time, size and number; the rates are options. Who exceeds one gets a plain status (400, 404,
//! 405, 408, 411, 413, 429, 431, 503) and nothing else; a head that comes too slowly gets its connection closed.
//!
//! # What is not kept
//! No address, header or body is logged or written. Peers are known in RAM, to count them. What was refused is counted by
//! path and status and logged as such, at most once a minute each.

mod counts;
mod hook;
pub mod limits;
mod server;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde::Deserialize;

pub use hook::{Answer, Hook, Request, Trial, headers};
pub use server::{HttpError, Server};

/// Where webhooks come in: the section `[http]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The address by which providers call, `https://HOST[:PORT]`, without a path.
    pub public_url: Option<String>,
    /// The reverse proxy's address: only from there the last entry of `X-Forwarded-For` is believed.
    pub proxy: Option<IpAddr>,
    /// Requests a second that one peer may make.
    pub requests_per_peer: u32,
    /// Requests a second that all may make together.
    pub requests: u32,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8081)),
            public_url: None,
            proxy: None,
            requests_per_peer: 200,
            requests: 1000,
        }
    }
}

/// A hook and the path that it answers.
pub type Route = (String, Arc<dyn Hook>);
