//! The edge's HTTP client: what an intake asks its provider.
//!
//! - A client is made for one configured address. Where that says `https`, every request and redirect is `https`; plain
//!   `http` is spoken only where the configured address says so (a gateway on the same bench, a test).
//! - Redirects are followed by hand: GET only, [`MAX_REDIRECTS`] at most. `Authorization` goes to the origin (scheme, host,
//!   port) of the first request and never again once a redirect has left it.
//! - Limits: connecting, the whole exchange with its redirects, and the bytes of the answer, counted while they come.
//! - Errors name what failed, never a body, a query or a credential. Bodies are wiped when dropped.
//!
//! Roots come from the system's store (rustls-native-certs, which the MQTT client uses already): the operator's system keeps
//! it current, `SSL_CERT_FILE` can name another, and a list that is built in would age with the binary.

use std::fmt;
use std::io;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION,
    RETRY_AFTER, USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::wiped;

/// Redirects of one call.
pub const MAX_REDIRECTS: usize = 5;

/// TCP is up within this time, or the call failed.
const CONNECT: Duration = Duration::from_secs(5);

/// A whole call, where it says nothing else.
const TOTAL: Duration = Duration::from_secs(15);

/// An answer's body, where the call says nothing else.
const MAX_BODY: usize = 1024 * 1024;

/// Idle connections are dropped before servers do it: a request on one that is just being closed may be lost.
const IDLE: Duration = Duration::from_secs(15);

/// No server is waited for longer.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// Why a call brought no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The address cannot be used by this client.
    #[error("the address cannot be used: {0}")]
    Address(&'static str),
    /// The system has no certificates to check a server by.
    #[error("the system's certificates cannot be read; install `ca-certificates`")]
    Roots(#[source] io::Error),
    /// No connection, so nothing was sent.
    #[error("failed to connect")]
    Connect(#[source] legacy::Error),
    /// No whole answer in time. The server may have acted.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection broke. The server may have acted.
    #[error("the connection broke")]
    Broken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is too long.
    #[error("the answer is longer than {0} bytes")]
    TooLarge(usize),
    /// A redirect that is not followed.
    #[error("a redirect is not followed: {0}")]
    Redirect(&'static str),
    /// The server takes nothing now: 429 or 503.
    #[error("the server asks to wait (status {status})")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// How long, if it says so.
        retry_after: Option<Duration>,
    },
}

impl ClientError {
    /// Whether the server surely did not act on the call, so that repeating it cannot make it twice. A 503 that names no
    /// time may come from a proxy whose server did act.
    pub fn was_not_taken(&self) -> bool {
        match self {
            Self::Address(_) | Self::Roots(_) | Self::Connect(_) => true,
            Self::Busy {
                status,
                retry_after,
            } => *status == 429 || retry_after.is_some(),
            Self::Timeout(_) | Self::Broken(_) | Self::TooLarge(_) | Self::Redirect(_) => false,
        }
    }

    /// How long the server asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Who calls. Never prints.
#[derive(Clone)]
pub struct Credentials(HeaderValue);

impl Credentials {
    /// HTTP basic authentication.
    pub fn basic(user: &str, password: &str) -> Result<Self, ClientError> {
        let pair = Zeroizing::new(format!("{user}:{password}"));
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
        Self::new(&Zeroizing::new(format!("Basic {}", *encoded)))
    }

    /// A bearer token.
    pub fn bearer(token: &str) -> Result<Self, ClientError> {
        Self::new(&Zeroizing::new(format!("Bearer {token}")))
    }

    fn new(value: &str) -> Result<Self, ClientError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            ClientError::Address("the credential holds a character that no header takes")
        })?;
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

/// What is asked.
pub struct Call<'a> {
    /// Its method.
    pub method: Method,
    /// Its address, absolute.
    pub url: &'a str,
    /// Who asks.
    pub credentials: Option<&'a Credentials>,
    /// More headers, as of a signature.
    pub headers: HeaderMap,
    /// Media type and bytes of its body.
    pub body: Option<(&'static str, Zeroizing<Vec<u8>>)>,
    /// The longest answer that is taken.
    pub max_body: usize,
    /// The longest that all of it may take.
    pub total: Duration,
}

impl<'a> Call<'a> {
    /// A call without a body, within the usual limits.
    pub fn new(method: Method, url: &'a str, credentials: Option<&'a Credentials>) -> Self {
        Self {
            method,
            url,
            credentials,
            headers: HeaderMap::new(),
            body: None,
            max_body: MAX_BODY,
            total: TOTAL,
        }
    }
}

/// A server's answer, whatever its status, 429 and 503 apart.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Media type in lower case, without parameters.
    pub content_type: Option<String>,
    /// Its body.
    pub body: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

type Outgoing = Full<Bytes>;

/// A client for one configured address. Clones share its connections.
#[derive(Clone)]
pub struct Client(Transport);

#[derive(Clone)]
enum Transport {
    Tls(legacy::Client<HttpsConnector<HttpConnector>, Outgoing>),
    Plain(legacy::Client<HttpConnector, Outgoing>),
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Transport::Tls(_) => "Client(https)",
            Transport::Plain(_) => "Client(http)",
        })
    }
}

impl Client {
    /// The same for an address that credentials go to: `https`, or this machine.
    pub fn with_credentials(configured: &str) -> Result<Self, ClientError> {
        let url = parse(configured)?;
        let host = url.host().unwrap_or_default();
        let here = matches!(host, "127.0.0.1" | "localhost" | "[::1]");
        if url.scheme_str() == Some("http") && !here {
            return Err(ClientError::Address(
                "credentials go there, so it must begin with https://",
            ));
        }
        Self::new(configured)
    }

    /// For a configured address; its scheme is that of all calls.
    pub fn new(configured: &str) -> Result<Self, ClientError> {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(CONNECT));
        connector.set_nodelay(true);
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        builder
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new());
        let transport = match parse(configured)?.scheme_str() {
            Some("https") => {
                connector.enforce_http(false);
                let connector = HttpsConnectorBuilder::new()
                    .with_native_roots()
                    .map_err(ClientError::Roots)?
                    .https_only()
                    .enable_http1()
                    .wrap_connector(connector);
                Transport::Tls(builder.build(connector))
            }
            Some("http") => Transport::Plain(builder.build(connector)),
            _ => {
                return Err(ClientError::Address(
                    "it begins neither with https:// nor with http://",
                ));
            }
        };
        Ok(Self(transport))
    }

    /// Makes a call and reads its answer whole.
    pub async fn call(&self, call: Call<'_>) -> Result<Reply, ClientError> {
        let total = call.total;
        tokio::time::timeout(total, self.follow(call))
            .await
            .unwrap_or(Err(ClientError::Timeout(total)))
    }

    async fn follow(&self, call: Call<'_>) -> Result<Reply, ClientError> {
        let mut url = parse(call.url)?;
        let mut credentials = call.credentials;
        // Shared by all attempts, wiped with the last of them.
        let body = call
            .body
            .map(|(kind, bytes)| (kind, Bytes::from_owner(bytes)));
        for _ in 0..=MAX_REDIRECTS {
            let mut request = Request::builder()
                .method(&call.method)
                .uri(url.clone())
                .header(USER_AGENT, "spotlight")
                .header(ACCEPT, "*/*");
            if let Some(headers) = request.headers_mut() {
                headers.extend(call.headers.clone());
            }
            let response = self.once(request, credentials, body.clone()).await?;
            let status = response.status().as_u16();
            match status {
                429 | 503 => {
                    return Err(ClientError::Busy {
                        status,
                        retry_after: retry_after(response.headers(), Timestamp::now()),
                    });
                }
                301 | 302 | 303 | 307 | 308 => {}
                _ => return read(response, call.max_body).await,
            }
            if call.method != Method::GET {
                return Err(ClientError::Redirect("only a GET follows one"));
            }
            let location = response.headers().get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            let next = resolve(
                &url,
                location.ok_or(ClientError::Redirect("it names no address"))?,
            )?;
            if next.scheme() != url.scheme() {
                return Err(ClientError::Redirect("it changes between https and http"));
            }
            if origin(&next) != origin(&url) {
                credentials = None;
            }
            url = next;
        }
        Err(ClientError::Redirect("there are too many"))
    }

    async fn once(
        &self,
        mut request: hyper::http::request::Builder,
        credentials: Option<&Credentials>,
        body: Option<(&'static str, Bytes)>,
    ) -> Result<Response<Incoming>, ClientError> {
        if let Some(Credentials(value)) = credentials {
            request = request.header(AUTHORIZATION, value);
        }
        let mut bytes = Bytes::new();
        if let Some((kind, body)) = body {
            request = request.header(CONTENT_TYPE, kind);
            bytes = body;
        }
        let request = request
            .body(Full::new(bytes))
            .map_err(|_| ClientError::Address("it makes no request"))?;
        let answer = match &self.0 {
            Transport::Tls(client) => client.request(request).await,
            Transport::Plain(client) => client.request(request).await,
        };
        answer.map_err(|error| match error.is_connect() {
            true => ClientError::Connect(error),
            false => ClientError::Broken(error.into()),
        })
    }
}

/// An absolute address with a host and without a credential in it.
fn parse(url: &str) -> Result<Uri, ClientError> {
    let url: Uri = url
        .parse()
        .map_err(|_| ClientError::Address("it is no URL"))?;
    let authority = url
        .authority()
        .ok_or(ClientError::Address("it names no host"))?;
    if url.scheme().is_none() {
        return Err(ClientError::Address("it names no scheme"));
    }
    if authority.as_str().contains('@') {
        return Err(ClientError::Address("it holds a user name"));
    }
    Ok(url)
}

fn origin(url: &Uri) -> (Option<&str>, Option<String>, Option<u16>) {
    let port = url.port_u16().or(match url.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    });
    (
        url.scheme_str(),
        url.host().map(str::to_ascii_lowercase),
        port,
    )
}

/// A redirect's target: absolute, of the same scheme, host or folder (RFC 3986, without dot segments).
fn resolve(base: &Uri, location: &str) -> Result<Uri, ClientError> {
    let location = location.split('#').next().unwrap_or_default();
    let scheme = base.scheme_str().unwrap_or_default();
    let authority = base.authority().map(|authority| authority.as_str());
    let authority = authority.unwrap_or_default();
    let head = location.split(['/', '?']).next().unwrap_or_default();
    let target = if head.contains(':') {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else if location.starts_with('?') {
        format!("{scheme}://{authority}{}{location}", base.path())
    } else {
        let folder = base
            .path()
            .rsplit_once('/')
            .map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{location}")
    };
    parse(&target).map_err(|_| ClientError::Redirect("its address cannot be used"))
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match value.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
            Duration::try_from(at.duration_since(now)).unwrap_or_default()
        }
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

/// Reads a body up to a limit. Buffers that were too small are wiped.
async fn read(response: Response<Incoming>, max_body: usize) -> Result<Reply, ClientError> {
    let (head, mut incoming) = response.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH);
    let announced = announced
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok())
        .unwrap_or_else(|| incoming.size_hint().lower());
    if announced > max_body as u64 {
        return Err(ClientError::TooLarge(max_body));
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced as usize));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| ClientError::Broken(error.into()))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if body.len() + data.len() > max_body {
            return Err(ClientError::TooLarge(max_body));
        }
        wiped::append(&mut body, data, max_body);
    }
    let content_type = head.headers.get(CONTENT_TYPE);
    Ok(Reply {
        status: head.status.as_u16(),
        content_type: content_type
            .and_then(|value| value.to_str().ok()?.split(';').next())
            .map(|kind| kind.trim().to_ascii_lowercase()),
        body,
    })
}

#[cfg(test)]
mod tests;
