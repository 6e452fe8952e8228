//! What `doctor` asks of the way to a carrier's servers. No message is fetched.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use super::access::Access;
use super::bearer::{self, BearerError};

/// A connection may take so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// IFF_UP, as in /sys/class/net/NAME/flags.
const UP: u32 = 1;

/// How it is with the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    Missing,
    Down,
    Up,
}

/// What was found.
#[derive(Debug)]
pub struct Bearer {
    /// Absent where none is configured.
    pub link: Option<Link>,
    /// This machine's address on the way there.
    pub own: Result<IpAddr, BearerError>,
    /// The proxy, or the MMSC where there is none.
    pub server: String,
    /// Whether it takes a connection; absent where it was not tried.
    pub connects: Option<Result<(), BearerError>>,
}

/// Looks at the interface, and connects to the proxy or the MMSC.
pub async fn check(access: &Access) -> Bearer {
    let server = access.proxy.as_ref().unwrap_or(&access.mmsc_server);
    let link = access.interface.as_deref().map(link);
    let late = || BearerError::Connect(std::io::ErrorKind::TimedOut.into());
    let own = tokio::time::timeout(PATIENCE, bearer::own_address(access, server));
    let own = own.await.unwrap_or_else(|_| Err(late()));
    let connects = match own {
        Ok(_) => {
            let connects = tokio::time::timeout(PATIENCE, bearer::connect(access, server));
            Some(match connects.await {
                Ok(connected) => connected.map(drop),
                Err(_) => Err(late()),
            })
        }
        Err(_) => None,
    };
    Bearer {
        link,
        own,
        server: server.to_string(),
        connects,
    }
}

fn link(interface: &str) -> Link {
    let flags = Path::new("/sys/class/net").join(interface).join("flags");
    let Ok(flags) = std::fs::read_to_string(flags) else {
        return Link::Missing;
    };
    let flags = flags.trim().trim_start_matches("0x");
    match u32::from_str_radix(flags, 16) {
        Ok(flags) if flags & UP == UP => Link::Up,
        _ => Link::Down,
    }
}
