//! A reader of the map and a caller of webhooks: HTTP over a plain socket, and server-sent events.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No answer of the hub takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// Its status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body, as it came.
    pub body: Vec<u8>,
}

impl Response {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
}

/// GET, or why not: a hub that is being killed in a test may not answer.
pub fn try_get(url: &str, headers: &[(&str, &str)]) -> std::io::Result<Response> {
    whole(open("GET", url, headers, b"")?)
}

/// POST, or why not: an edge that is being killed in a test may not answer.
pub fn try_post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<Response> {
    whole(open("POST", url, headers, body)?)
}

/// POST to something that must answer.
pub fn post(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    try_post(url, headers, body).unwrap_or_else(|error| panic!("POST {url}: {error}"))
}

fn whole(mut reader: BufReader<TcpStream>) -> std::io::Result<Response> {
    let (status, headers) = head(&mut reader)?;
    let mut body = Vec::new();
    reader.read_to_end(&mut body)?;
    Ok(Response {
        status,
        headers,
        body,
    })
}

/// GET of something that must answer.
pub fn get(url: &str) -> Response {
    get_with(url, &[])
}

/// GET with headers.
pub fn get_with(url: &str, headers: &[(&str, &str)]) -> Response {
    try_get(url, headers).unwrap_or_else(|error| panic!("GET {url}: {error}"))
}

/// HTTP/1.0: the body ends with the connection, in one piece.
fn open(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<BufReader<TcpStream>> {
    let rest = url
        .strip_prefix("http://")
        .expect("tests read http:// addresses");
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut request = format!("{method} /{path} HTTP/1.0\r\nHost: {host}\r\n");
    if method == "POST" {
        request += &format!("Content-Length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    stream.write_all((request + "\r\n").as_bytes())?;
    // A refusal may come, and the connection close, before all of the body is sent.
    let _ = stream.write_all(body);
    Ok(BufReader::new(stream))
}

type Head = (u16, Vec<(String, String)>);

fn head(reader: &mut impl BufRead) -> std::io::Result<Head> {
    let bad = || std::io::Error::other("no HTTP answer");
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line
        .split_whitespace()
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(bad)?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    Ok((status, headers))
}

/// One server-sent event.
#[derive(Debug)]
pub struct Event {
    /// When its last byte was read.
    pub at: Instant,
    /// Its kind.
    pub name: String,
    /// What it says.
    pub data: String,
}

/// A viewer that stays connected.
pub struct Viewer {
    /// Events as they come; ends when the hub closes the stream.
    pub events: mpsc::Receiver<Event>,
}

impl Viewer {
    /// Opens the event stream of the map at `url`.
    pub fn open(url: &str) -> Self {
        let address = format!("{}/api/v1/events", url.trim_end_matches('/'));
        let mut reader = open("GET", &address, &[], b"")
            .unwrap_or_else(|error| panic!("GET {address}: {error}"));
        let (status, _) = head(&mut reader).expect("the event stream answers");
        assert_eq!(status, 200, "{address}");
        let (sender, events) = mpsc::channel();
        std::thread::spawn(move || {
            let (mut name, mut data) = (String::new(), String::new());
            for line in reader.lines().map_while(Result::ok) {
                if let Some(value) = line.strip_prefix("event:") {
                    name = value.trim().to_owned();
                } else if let Some(value) = line.strip_prefix("data:") {
                    data.push_str(value.trim());
                } else if line.is_empty() && !data.is_empty() {
                    let event = Event {
                        at: Instant::now(),
                        name: std::mem::take(&mut name),
                        data: std::mem::take(&mut data),
                    };
                    if sender.send(event).is_err() {
                        return;
                    }
                }
            }
        });
        Self { events }
    }

    /// The first event that satisfies `wanted`.
    pub fn wait_for(
        &self,
        what: &str,
        at_most: Duration,
        wanted: impl Fn(&Event) -> bool,
    ) -> Event {
        let deadline = Instant::now() + at_most;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.events.recv_timeout(left) {
                Ok(event) if wanted(&event) => return event,
                Ok(_) => {}
                Err(error) => panic!("{error}; no event came: {what}"),
            }
        }
    }
}
