//! A provider's API on loopback: it keeps what it was asked and answers as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::wait;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Its method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.path))
    }
}

/// What is answered.
pub struct Says {
    /// Its status.
    pub status: u16,
    /// Its headers, `Content-Length` apart.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How the body comes.
    pub pace: Pace,
}

/// How a body comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pace {
    /// Whole.
    #[default]
    Whole,
    /// Half of it; then the connection ends.
    Half,
    /// A byte now and then, for as long as somebody listens.
    Drip,
}

impl Says {
    /// A status alone.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            pace: Pace::Whole,
        }
    }

    /// A file of a media type.
    pub fn file(content_type: &str, body: &[u8]) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type", content_type.to_owned())],
            body: body.to_vec(),
            pace: Pace::Whole,
        }
    }

    /// A redirect.
    pub fn redirect(location: String) -> Self {
        Self {
            status: 302,
            headers: vec![("Location", location)],
            body: Vec::new(),
            pace: Pace::Whole,
        }
    }
}

/// The server; it stops when this goes.
pub struct Server {
    /// Its address, without a path.
    pub url: String,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Starts it; `answer` gets each request and how many came before it.
    pub fn start(answer: impl Fn(&Asked, usize) -> Says + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let stop = Arc::<AtomicBool>::default();
        let (seen, stopped) = (asked.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Some((mut stream, request)) = read(stream) else {
                    continue;
                };
                let before = seen.lock().expect("no test panics in it").len();
                let says = answer(&request, before);
                seen.lock().expect("no test panics in it").push(request);
                let _ = send(&mut stream, &says);
            }
        });
        Self {
            url: format!("http://{address}"),
            address,
            asked,
            stop,
            thread: Some(thread),
        }
    }

    /// All that came so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no test panics in it").clone()
    }

    /// Waits until so many came.
    pub fn wait_for(&self, count: usize) -> Vec<Asked> {
        let what = format!("{count} requests at {}", self.url);
        wait::until(&what, wait::LONG, || {
            Some(self.asked()).filter(|asked| asked.len() >= count)
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // The connection ends the wait for one.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(crate) fn read(stream: TcpStream) -> Option<(TcpStream, Asked)> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, rest) = line.split_once(' ')?;
    let (path, _) = rest.split_once(' ')?;
    let (method, path) = (method.to_owned(), path.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let mut asked = Asked {
        method,
        path,
        headers,
        body: Vec::new(),
    };
    let length = asked
        .header("content-length")
        .map_or(Some(0), |length| length.parse().ok())?;
    asked.body = vec![0; length];
    reader.read_exact(&mut asked.body).ok()?;
    Some((reader.into_inner(), asked))
}

pub(crate) fn send(stream: &mut TcpStream, says: &Says) -> std::io::Result<()> {
    let bytes = bytes(says);
    let body = bytes.len() - says.body.len();
    match says.pace {
        Pace::Whole => stream.write_all(&bytes),
        Pace::Half => stream.write_all(&bytes[..body + says.body.len() / 2]),
        Pace::Drip => {
            stream.write_all(&bytes[..body])?;
            for byte in &bytes[body..] {
                stream.write_all(&[*byte])?;
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(())
        }
    }
}

fn bytes(says: &Says) -> Vec<u8> {
    let mut head = format!(
        "HTTP/1.1 {} x\r\nConnection: close\r\nContent-Length: {}\r\n",
        says.status,
        says.body.len()
    );
    for (name, value) in &says.headers {
        head += &format!("{name}: {value}\r\n");
    }
    [(head + "\r\n").as_bytes(), &says.body].concat()
}
