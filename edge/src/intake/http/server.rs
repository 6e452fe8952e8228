//! The listener itself: hyper's HTTP/1 server under the limits of [`super::limits`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::counts::Counts;
use super::limits::{self, Connections, Held, Peer, Place, Rates, Share};
use super::{Answer, Hook, Http, Request, Route};
use crate::wiped;

/// Answers whoever asks whether the listener is there.
const HEALTH: &str = "/healthz";

/// What requests to no hook are counted as.
const OTHER: &str = "other";

/// When a repeat is welcome, in seconds.
const RETRY_AFTER: &str = "10";

/// The wait after a connection could not be accepted, as where the process has no descriptor left.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Why the listener cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is taken, or is not this machine's.
    #[error("failed to listen on {listen}; change `listen` in [http]")]
    Bind {
        /// Where.
        listen: SocketAddr,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Providers cannot call by it, or sign for it.
    #[error("`public_url` in [http] must be https://HOST[:PORT], without a path")]
    PublicUrl,
    /// A hook's path is not one.
    #[error("`{0}` is not a path for a webhook: it must begin with `/`, and `/healthz` is taken")]
    Path(String),
    /// Two hooks have one path.
    #[error("two webhooks have the path `{0}`; give each its own")]
    Twice(String),
}

/// The listener, bound.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

struct Shared {
    hooks: HashMap<String, Arc<dyn Hook>>,
    proxy: Option<IpAddr>,
    rates: Rates,
    connections: Arc<Connections>,
    held: Arc<Held>,
    counts: Counts,
    head_time: Duration,
    body_time: Duration,
}

impl Server {
    /// Binds the address.
    pub async fn bind(settings: &Http, routes: Vec<Route>) -> Result<Self, HttpError> {
        if settings
            .public_url
            .as_deref()
            .is_some_and(|url| !is_origin(url))
        {
            return Err(HttpError::PublicUrl);
        }
        let mut hooks = HashMap::new();
        for (path, hook) in routes {
            if !path.starts_with('/') || path.contains(['?', '#', ' ']) || path == HEALTH {
                return Err(HttpError::Path(path));
            }
            if hooks.insert(path.clone(), hook).is_some() {
                return Err(HttpError::Twice(path));
            }
        }
        let listener =
            TcpListener::bind(settings.listen)
                .await
                .map_err(|source| HttpError::Bind {
                    listen: settings.listen,
                    source,
                })?;
        let rates = Rates::new(
            settings.requests_per_peer,
            settings.requests,
            Instant::now(),
        );
        let shared = Shared {
            hooks,
            proxy: settings.proxy,
            rates,
            connections: Arc::default(),
            held: Arc::default(),
            counts: Counts::default(),
            head_time: limits::HEAD_TIME,
            body_time: limits::BODY_TIME,
        };
        Ok(Self {
            listener,
            shared: Arc::new(shared),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the shutdown, then lets what is under way end within [`limits::CLOSE_TIME`].
    pub async fn run(self, shutdown: CancellationToken) {
        let Self { listener, shared } = self;
        let free = Arc::new(Semaphore::new(limits::CONNECTIONS));
        let mut tasks = JoinSet::new();
        loop {
            let permit = tokio::select! {
                permit = free.clone().acquire_owned() => permit,
                () = shutdown.cancelled() => break,
            };
            let Ok(permit) = permit else { break };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = shutdown.cancelled() => break,
            };
            while tasks.try_join_next().is_some() {}
            match accepted {
                Ok((stream, address)) => {
                    let Some(place) = shared.place(address.ip()) else {
                        continue;
                    };
                    let (shared, stop) = (shared.clone(), shutdown.clone());
                    tasks.spawn(serve(stream, address.ip(), shared, stop, permit, place));
                }
                Err(_) => tokio::time::sleep(ACCEPT_AGAIN).await,
            }
        }
        drop(listener);
        let close = async { while tasks.join_next().await.is_some() {} };
        // What is not done by then is cut off; its provider repeats it.
        let _ = tokio::time::timeout(limits::CLOSE_TIME, close).await;
        tasks.shutdown().await;
    }
}

/// One connection, from its first byte to its last.
async fn serve(
    stream: TcpStream,
    address: IpAddr,
    shared: Arc<Shared>,
    shutdown: CancellationToken,
    _permit: OwnedSemaphorePermit,
    _place: Option<Place>,
) {
    let service = service_fn(|request| {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(shared.respond(address, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(shared.head_time)
        .max_headers(limits::HEADERS)
        .max_buf_size(limits::HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // A connection that ends in an error is its peer's affair.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

impl Shared {
    /// A place for a connection: `None` if its peer has too many, `Some(None)` if its peer is not counted.
    fn place(&self, address: IpAddr) -> Option<Option<Place>> {
        if address.to_canonical().is_loopback() || self.is_proxy(address) {
            return Some(None);
        }
        self.connections.place(Peer::from(address)).map(Some)
    }

    fn is_proxy(&self, address: IpAddr) -> bool {
        self.proxy == Some(address.to_canonical())
    }

    /// Whose request it is: the caller's, or whom the configured proxy names.
    fn peer(&self, address: IpAddr, request: &hyper::Request<Incoming>) -> Peer {
        let forwarded = || {
            let values = request.headers().get_all("x-forwarded-for");
            let last = values.iter().next_back()?.to_str().ok()?;
            last.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        };
        let named = self.is_proxy(address).then(forwarded).flatten();
        Peer::from(named.unwrap_or(address))
    }

    async fn respond(
        &self,
        address: IpAddr,
        request: hyper::Request<Incoming>,
    ) -> Response<Full<Bytes>> {
        let peer = self.peer(address, &request);
        let path = request.uri().path().to_owned();
        let hook = self.hooks.get(&path);
        let answer = if !self.rates.admit(peer, Instant::now()) {
            Answer::plain(429, "too many requests\n")
        } else if let Some(hook) = hook {
            self.answer(hook, request).await
        } else if path == HEALTH && [Method::GET, Method::HEAD].contains(request.method()) {
            Answer::plain(200, "ok\n")
        } else if path == HEALTH {
            Answer::plain(405, "only GET\n")
        } else {
            Answer::plain(404, "not found\n")
        };
        let counted = if hook.is_some() || path == HEALTH {
            &path
        } else {
            OTHER
        };
        self.counts.count(counted, answer.status);
        response(answer, if path == HEALTH { "GET, HEAD" } else { "POST" })
    }

    async fn answer(&self, hook: &Arc<dyn Hook>, request: hyper::Request<Incoming>) -> Answer {
        if request.method() != Method::POST {
            return Answer::plain(405, "only POST\n");
        }
        let (head, body) = request.into_parts();
        let mut share = self.held.share();
        let read = read(body, hook.max_body(), &mut share);
        let body = match tokio::time::timeout(self.body_time, read).await {
            Ok(Ok(body)) => body,
            Ok(Err(refused)) => return refused,
            Err(_) => return Answer::plain(408, "the body came too slowly\n"),
        };
        let path_and_query = head
            .uri
            .path_and_query()
            .map_or_else(|| head.uri.path().to_owned(), ToString::to_string);
        let request = Request {
            path_and_query,
            headers: head.headers,
            body,
        };
        hook.take(request).await
    }
}

/// Whether an address is a scheme, a host and perhaps a port, and no more.
fn is_origin(url: &str) -> bool {
    let Ok(url) = url.trim_end_matches('/').parse::<hyper::Uri>() else {
        return false;
    };
    let authority = url
        .authority()
        .is_some_and(|name| !name.as_str().contains('@'));
    let scheme = matches!(url.scheme_str(), Some("https" | "http"));
    authority && scheme && matches!(url.path(), "" | "/") && url.query().is_none()
}

/// A body within its limits, or the answer that refuses it.
async fn read(
    mut body: Incoming,
    max_body: usize,
    share: &mut Share,
) -> Result<Zeroizing<Vec<u8>>, Answer> {
    let too_large = || Answer::plain(413, "the body is too large\n");
    let announced = hyper::body::Body::size_hint(&body).lower();
    if announced > max_body as u64 {
        return Err(too_large());
    }
    // Only what has come counts: whoever announces much and sends little takes no room from others.
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return Err(Answer::plain(400, "the body broke off\n"));
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > max_body {
            return Err(too_large());
        }
        if !share.grow(data.len()) {
            return Err(Answer::plain(503, "busy\n"));
        }
        wiped::append(&mut bytes, &data, max_body);
    }
    Ok(bytes)
}

fn response(answer: Answer, allowed: &'static str) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(Full::new(Bytes::copy_from_slice(answer.body.as_bytes())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(answer.content_type),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match status.as_u16() {
        405 => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        429 | 503 => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        // The rest of the body was not read, so the connection cannot go on.
        400 | 408 | 413 => {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    response
}

#[cfg(test)]
mod tests;
