//! What a webhook is to its provider's intake: a request, read whole within its limits, and a plain answer.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use hyper::HeaderMap;
use hyper::header::HeaderValue;
use zeroize::Zeroizing;

/// A POST to a hook. RAM only; its content never prints.
pub struct Request {
    /// Path and query as sent, for providers that sign them.
    pub path_and_query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Zeroizing<Vec<u8>>,
}

impl Request {
    /// A header's value, if it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok(),
            _ => None,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(..)")
    }
}

/// The answer to a webhook. Only its status prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status. 2xx says that the message needs no repeating.
    pub status: u16,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body; a provider may send it to the sender.
    pub body: Zeroizing<String>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// A status and a plain reason.
    pub fn plain(status: u16, reason: &str) -> Self {
        Self {
            status,
            content_type: "text/plain; charset=utf-8",
            body: Zeroizing::new(reason.into()),
        }
    }
}

/// What answers a hook's requests.
pub trait Hook: Send + Sync {
    /// Checks the signature first; answers 2xx only after the message is committed or was known.
    ///
    /// The future is dropped where it waits when the caller goes away: work that must go on belongs into a task.
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

    /// The largest body that it reads, in bytes.
    fn max_body(&self) -> usize {
        super::limits::BODY
    }
}

/// A request by which `doctor` tries a hook. It is no message: where its signature is right it gets `accepted`, else 403.
pub struct Trial {
    /// Where the hook is.
    pub path: String,
    /// Media type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: &'static str,
    /// The headers of a right signature; absent where only the provider can sign.
    pub signed: Option<HeaderMap>,
    /// The headers of a wrong one.
    pub forged: HeaderMap,
    /// The status of what is signed right.
    pub accepted: u16,
}

impl Trial {
    /// Of JSON that is signed with its time by an HMAC in hex; `names` are the headers of time and signature.
    pub fn json(
        path: &str,
        body: &'static str,
        names: [&'static str; 2],
        time: &str,
        signature: &str,
        accepted: u16,
    ) -> Self {
        let [time_name, name] = names;
        let signed = |signature: &str| headers(&[(time_name, time), (name, signature)]);
        Self {
            path: path.to_owned(),
            content_type: "application/json",
            body,
            signed: Some(signed(signature)),
            forged: signed(&"0".repeat(signature.len())),
            accepted,
        }
    }
}

/// Headers from names and values; a value that no header takes is left out, and so is not believed.
pub fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs.iter().filter_map(|(name, value)| {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        Some((hyper::header::HeaderName::from_static(name), value))
    });
    pairs.collect()
}
