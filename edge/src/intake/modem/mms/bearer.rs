//! The way to a carrier's servers: the interface that the system brought up, addresses as carriers write them, and a connection.
//!
//! A socket is bound to the interface (`SO_BINDTODEVICE`), so that nothing of a message leaves by another way. Names are asked of
//! the carrier's name servers, where the configuration says them, and else of the system. Where no proxy stands between, an address is taken from a notification, which anybody may have sent: those of this
//! machine and, unless an interface is set, of its own networks are refused.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::Uri;
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};

use super::access::Access;
use super::names;

/// Addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// A host and a port. Carriers write addresses with zeros in front, `010.012.000.001:8080`: the numbers are decimal all the same.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Server {
    pub host: String,
    pub port: u16,
}

impl TryFrom<String> for Server {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        const FORM: &str = "a proxy is written HOST:PORT, as in \"proxy.example.net:80\"";
        let (host, port) = text.rsplit_once(':').ok_or(FORM)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._[]:".contains(c);
        if host.is_empty() || !host.chars().all(is_plain) {
            return Err(FORM);
        }
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(FORM)?;
        let host = host.to_owned();
        Ok(Self { host, port })
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Server {
    /// The address that the host is, if it is no name.
    fn address(&self) -> Option<IpAddr> {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        decimal(host)
            .map(IpAddr::V4)
            .or_else(|| host.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
    }

    async fn addresses(&self, access: &Access) -> io::Result<Vec<SocketAddr>> {
        if let Some(address) = self.address() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        if access.dns.is_empty() {
            let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await?;
            return Ok(found.take(MAX_ADDRESSES).collect());
        }
        let found = names::ask(&access.dns, access.interface.as_deref(), &self.host).await?;
        let found = found.into_iter().take(MAX_ADDRESSES);
        Ok(found
            .map(|address| SocketAddr::new(address, self.port))
            .collect())
    }
}

/// Four decimal numbers, with any zeros in front.
fn decimal(host: &str) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut fields = host.split('.');
    for octet in &mut octets {
        let field = fields.next()?;
        let is_number = (1..=3).contains(&field.len()) && field.bytes().all(|c| c.is_ascii_digit());
        *octet = is_number.then(|| field.parse().ok())??;
    }
    fields.next().is_none().then(|| octets.into())
}

/// Why a URL cannot be used.
pub type BadUrl = &'static str;

/// The server of a URL that can be fetched: plain HTTP, which is all that MMSCs speak, and no user's name in it.
pub fn server_of(url: &Uri) -> Result<Server, BadUrl> {
    if url.scheme_str() != Some("http") {
        return Err("it does not begin with http://");
    }
    let authority = url.authority().ok_or("it names no host")?;
    if authority.as_str().contains('@') {
        return Err("it holds a user name");
    }
    if authority.host().is_empty() {
        return Err("it names no host");
    }
    Ok(Server {
        host: authority.host().to_owned(),
        port: authority.port_u16().unwrap_or(80),
    })
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum BearerError {
    /// There is no such interface, or this process may not use it.
    #[error("the interface cannot be used")]
    Interface(#[source] io::Error),
    /// Its name is not known.
    #[error("the server's name is not found")]
    Name(#[source] io::Error),
    /// An address that no message lies at.
    #[error("the server's address is one of this machine or its own network")]
    Forbidden,
    /// It does not take the connection.
    #[error("failed to connect")]
    Connect(#[source] io::Error),
}

/// Connects to the proxy, or, where there is none, to the server of a URL.
pub async fn connect(access: &Access, server: &Server) -> Result<TcpStream, BearerError> {
    let target = access.proxy.as_ref().unwrap_or(server);
    let mut failed = None;
    for address in allowed(access, target).await? {
        let socket = match address {
            SocketAddr::V4(_) => TcpSocket::new_v4(),
            SocketAddr::V6(_) => TcpSocket::new_v6(),
        };
        let socket = socket.map_err(BearerError::Connect)?;
        if let Some(interface) = &access.interface {
            let bound = socket.bind_device(Some(interface.as_bytes()));
            bound.map_err(BearerError::Interface)?;
        }
        match socket.connect(address).await {
            Ok(stream) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(
        || BearerError::Name(io::ErrorKind::NotFound.into()),
        BearerError::Connect,
    ))
}

/// The address that this machine has on the way to a server; nothing is sent.
pub async fn own_address(access: &Access, server: &Server) -> Result<IpAddr, BearerError> {
    let target = access.proxy.as_ref().unwrap_or(server);
    let mut failed = None;
    for address in allowed(access, target).await? {
        let any = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
        };
        let socket = UdpSocket::bind((any, 0)).await;
        let socket = socket.map_err(BearerError::Connect)?;
        if let Some(interface) = &access.interface {
            let bound = socket.bind_device(Some(interface.as_bytes()));
            bound.map_err(BearerError::Interface)?;
        }
        let own = match socket.connect(address).await {
            Ok(()) => socket.local_addr(),
            Err(error) => Err(error),
        };
        match own {
            Ok(own) => return Ok(own.ip()),
            Err(error) => failed = Some(error),
        }
    }
    Err(failed.map_or_else(
        || BearerError::Name(io::ErrorKind::NotFound.into()),
        BearerError::Connect,
    ))
}

async fn allowed(access: &Access, target: &Server) -> Result<Vec<SocketAddr>, BearerError> {
    let addresses = target.addresses(access).await.map_err(BearerError::Name)?;
    // What the operator or the table names is meant.
    let is_meant = access.proxy.is_some() || *target == access.mmsc_server;
    let (all, has_interface) = (addresses.len(), access.interface.is_some());
    let allowed: Vec<_> = addresses
        .into_iter()
        .filter(|address| is_meant || !is_own(address.ip(), has_interface))
        .collect();
    if allowed.is_empty() && all > 0 {
        return Err(BearerError::Forbidden);
    }
    Ok(allowed)
}

/// Whether an address is this machine's, or one of the networks that it stands in. Carriers use private addresses, too: where
/// the socket is bound to their interface, those are theirs.
fn is_own(address: IpAddr, has_interface: bool) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            v4.is_loopback()
                || v4.is_unspecified()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_multicast()
                || (!has_interface && v4.is_private())
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || (!has_interface && v6.is_unique_local())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<Server, &'static str> {
        Server::try_from(text.to_owned())
    }

    #[test]
    fn addresses_are_decimal_however_carriers_write_them() {
        for (written, address) in [
            ("010.012.000.001:8080", Some("10.12.0.1")),
            ("10.12.0.1:80", Some("10.12.0.1")),
            ("099.008.077.255:80", Some("99.8.77.255")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("proxy.example.net:80", None),
            // A name, though a strange one.
            ("010.012.000.256:80", None),
            ("10.12.1:80", None),
            ("1.2.3.4.5:80", None),
        ] {
            let expected = address.map(|address| address.parse().expect("an address"));
            let server = server(written).expect("a server");
            assert_eq!(server.address(), expected, "{written}");
        }
        for wrong in [
            "",
            "proxy",
            ":80",
            "proxy:",
            "proxy:0",
            "proxy:70000",
            "http://proxy:80",
            "a b:80",
        ] {
            assert!(server(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn only_plain_http_is_fetched() {
        let of =
            |url: &str| server_of(&url.parse().expect("a URL")).map(|server| server.to_string());
        assert_eq!(of("http://mmsc/1"), Ok("mmsc:80".into()));
        assert_eq!(
            of("http://010.012.000.001:8002/a?b"),
            Ok("010.012.000.001:8002".into())
        );
        for wrong in ["https://mmsc/1", "ftp://mmsc/1", "/1", "http://me@mmsc/1"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_notification_leads_to_no_server_in_the_house() {
        for (address, always, without_interface) in [
            ("127.0.0.1", true, true),
            ("0.0.0.0", true, true),
            ("169.254.169.254", true, true),
            ("224.0.0.1", true, true),
            ("::1", true, true),
            ("::ffff:127.0.0.1", true, true),
            ("fe80::1", true, true),
            ("10.12.0.1", false, true),
            ("192.168.1.1", false, true),
            ("fd00::1", false, true),
            ("166.216.166.67", false, false),
            ("2607:fb90::1", false, false),
        ] {
            let ip = address.parse().expect("an address");
            assert_eq!(is_own(ip, true), always, "{address}");
            assert_eq!(is_own(ip, false), without_interface, "{address}");
        }
    }
}
