//! One exchange with a carrier's server: a message fetched by GET, or an answer posted. HTTP/1.1 through the carrier's proxy (the
//! request names the whole URL) or without one, over a connection of its own that ends with it.
//!
//! Limits: the whole time, the octets of the head and of the body, announced and counted. A redirect is not followed. What comes
//! with status 200 need not be a message: carriers put web pages there, and their servers' refusals. Bodies are wiped.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, USER_AGENT,
};
use hyper::{Method, Request, Response, Uri};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

use super::access::Access;
use super::bearer::{self, BadUrl, BearerError, server_of};
use crate::decode::{DecodeError, MmsPdu, RetrieveFailure, decode_mms};
use crate::wiped;

/// Octets of an answer's head.
const MAX_HEAD: usize = 16 * 1024;

/// An answer to what is posted says nothing that is used.
const MAX_REPLY: usize = 64 * 1024;

/// What is posted may take so long.
const POST_TIME: Duration = Duration::from_secs(15);

const MESSAGE: &str = "application/vnd.wap.mms-message";
const UA_PROFILE: HeaderName = HeaderName::from_static("x-wap-profile");

/// Why there is no message. Nothing in it names the message.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("its address cannot be fetched: {0}")]
    Address(BadUrl),
    #[error(transparent)]
    Bearer(#[from] BearerError),
    #[error("no whole answer within {0:?}")]
    Timeout(Duration),
    #[error("the connection broke")]
    Broken(#[source] hyper::Error),
    #[error("status {0}")]
    Status(u16),
    #[error("it is longer than {0} bytes")]
    TooLarge(usize),
    #[error("the server sent a web page")]
    Page,
    #[error("what the server sent cannot be read")]
    Unreadable(#[source] DecodeError),
    #[error("the server sent another PDU, of type {0}")]
    Other(&'static str),
    #[error("the server has no message for us: retrieve status {}", .0.status)]
    Refused(RetrieveFailure),
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prospect {
    /// Nothing was reached: the bearer is not there, or not yet.
    Away,
    /// The server may have it later.
    Later,
    /// What came is wrong; another time it may be right.
    Doubtful,
    /// The server has it, and it is not for us.
    Unwanted,
    /// The server does not have it.
    Gone,
}

impl FetchError {
    pub fn prospect(&self) -> Prospect {
        match self {
            Self::Address(_) | Self::Bearer(BearerError::Forbidden) => Prospect::Unwanted,
            Self::Bearer(_) => Prospect::Away,
            Self::Timeout(_) | Self::Broken(_) => Prospect::Later,
            Self::Status(404 | 410) => Prospect::Gone,
            Self::Status(408 | 412 | 425 | 429 | 500..) => Prospect::Later,
            Self::TooLarge(_) => Prospect::Unwanted,
            Self::Status(_) | Self::Page | Self::Unreadable(_) | Self::Other(_) => {
                Prospect::Doubtful
            }
            Self::Refused(failure) if failure.transient => Prospect::Later,
            Self::Refused(_) => Prospect::Gone,
        }
    }
}

/// Fetches the message that lies at a URL.
pub async fn fetch(access: &Access, location: &str) -> Result<MmsPdu, FetchError> {
    let url: Uri = location
        .parse()
        .map_err(|_| FetchError::Address("it is no URL"))?;
    let request = Request::builder()
        .method(Method::GET)
        .header(ACCEPT, format!("*/*, {MESSAGE}"));
    let whole = async {
        let (response, _connection) = exchange(access, &url, request, Bytes::new()).await?;
        match response.status().as_u16() {
            200 => {}
            status => return Err(FetchError::Status(status)),
        }
        let is_page = is_page(&response);
        let body = read(response, access.max_size).await?;
        if is_page || body.trim_ascii_start().starts_with(b"<") {
            return Err(FetchError::Page);
        }
        Ok(body)
    };
    let body = tokio::time::timeout(access.timeout, whole).await;
    let body = body.unwrap_or(Err(FetchError::Timeout(access.timeout)))?;
    let mms = decode_mms(&body).map_err(FetchError::Unreadable)?;
    if mms.message_type != "m-retrieve-conf" {
        return Err(FetchError::Other(mms.message_type));
    }
    match mms.retrieve_failure() {
        Some(failure) => Err(FetchError::Refused(failure)),
        None => Ok(mms),
    }
}

/// Posts an answer to the MMSC, which takes it.
pub async fn post(access: &Access, pdu: &Zeroizing<Vec<u8>>) -> Result<(), FetchError> {
    let request = Request::builder()
        .method(Method::POST)
        .header(ACCEPT, "*/*")
        .header(CONTENT_TYPE, MESSAGE)
        .header(CONTENT_LENGTH, pdu.len());
    let body = Bytes::from_owner(pdu.clone());
    let whole = async {
        let (response, _connection) = exchange(access, &access.mmsc, request, body).await?;
        match response.status().as_u16() {
            200..300 => read(response, MAX_REPLY).await.map(drop),
            status => Err(FetchError::Status(status)),
        }
    };
    let time = access.timeout.min(POST_TIME);
    let done = tokio::time::timeout(time, whole).await;
    done.unwrap_or(Err(FetchError::Timeout(time)))
}

/// A connection, which ends with this.
type Connection = JoinSet<Result<(), hyper::Error>>;

async fn exchange(
    access: &Access,
    url: &Uri,
    request: hyper::http::request::Builder,
    body: Bytes,
) -> Result<(Response<Incoming>, Connection), FetchError> {
    const NO_REQUEST: FetchError = FetchError::Address("it makes no request");
    let server = server_of(url).map_err(FetchError::Address)?;
    let authority = url.authority().ok_or(NO_REQUEST)?.as_str();
    // A proxy is told the whole URL, a server its own part.
    let target = match (&access.proxy, url.path_and_query()) {
        (Some(_), _) => url.clone(),
        (None, Some(path)) => Uri::from(path.clone()),
        (None, None) => Uri::from_static("/"),
    };
    let request = request
        .uri(target)
        .header(HOST, authority)
        .header(USER_AGENT, &access.user_agent)
        .header(UA_PROFILE, &access.ua_profile)
        .header(CONNECTION, "close")
        .body(Full::new(body))
        .map_err(|_| NO_REQUEST)?;
    let stream = bearer::connect(access, &server).await?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(FetchError::Broken)?;
    let mut tasks = Connection::new();
    tasks.spawn(connection);
    let response = sender.send_request(request).await;
    Ok((response.map_err(FetchError::Broken)?, tasks))
}

fn is_page(response: &Response<Incoming>) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.to_ascii_lowercase();
    ["text/html", "application/xhtml", "text/vnd.wap.wml"]
        .iter()
        .any(|page| kind.starts_with(page))
}

/// Reads a body up to a limit.
async fn read(
    response: Response<Incoming>,
    max_body: usize,
) -> Result<Zeroizing<Vec<u8>>, FetchError> {
    let (head, mut incoming) = response.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH);
    let announced: Option<u64> = announced.and_then(|value| value.to_str().ok()?.parse().ok());
    let announced = announced.unwrap_or(0);
    if announced > max_body as u64 {
        return Err(FetchError::TooLarge(max_body));
    }
    let mut body = Zeroizing::new(Vec::with_capacity(announced as usize));
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(FetchError::Broken)?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if body.len() + data.len() > max_body {
            return Err(FetchError::TooLarge(max_body));
        }
        wiped::append(&mut body, data, max_body);
    }
    Ok(body)
}

#[cfg(test)]
mod tests;
