//! What asks other servers: TLS by the system's certificates, no status taken for an error, no silence borne for long.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// An agent that follows so many redirects by itself, and waits so long to connect, for an answer, and between two reads.
pub fn agent(silence: Duration, redirects: u32) -> Agent {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let certificates = rustls_native_certs::load_native_certs().certs;
    let roots: Vec<_> = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::from(roots))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(redirects)
        .user_agent(concat!("spotlight-hub/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(silence))
        .timeout_recv_response(Some(silence))
        .timeout_per_read(Some(silence))
        .build();
    config.new_agent()
}
