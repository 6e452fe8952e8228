//! A portal on loopback that answers as a test says, and a city whose feed is there.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::fetch::Fetch;
use super::super::http::{Client, Patience};
use super::*;
use crate::store::open_data::sources::SourceState;

/// What was asked: a path, and its query decoded.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: BTreeMap<String, String>,
}

impl Asked {
    pub fn get(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// What is answered.
#[derive(Clone)]
pub struct Says {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Only half of it comes.
    pub is_cut: bool,
}

impl Says {
    pub fn of(form: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("Content-Type", form.to_owned())],
            body: body.into(),
            is_cut: false,
        }
    }

    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self::of("application/json", body)
    }

    pub fn status(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            ..Self::json(body)
        }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// The portal.
pub struct Portal {
    pub url: String,
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    faults: Arc<Mutex<BTreeMap<usize, Says>>>,
}

impl Portal {
    pub fn start(answer: impl Fn(&Asked) -> Says + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let faults = Arc::<Mutex<BTreeMap<usize, Says>>>::default();
        let (seen, broken) = (asked.clone(), faults.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Some(request) = read(&stream) else { return };
                let count = {
                    let mut seen = seen.lock().expect("whole");
                    seen.push(request.clone());
                    seen.len()
                };
                let fault = broken.lock().expect("whole").remove(&count);
                let says = fault.unwrap_or_else(|| answer(&request));
                let _ = send(stream, &says);
            }
        });
        Self {
            url: format!("http://{address}"),
            address,
            asked,
            faults,
        }
    }

    /// The request of that number from now on, counted from 1, is answered otherwise, once.
    pub fn break_at(&self, number: usize, says: Says) {
        let before = self.asked.lock().expect("whole").len();
        let mut faults = self.faults.lock().expect("whole");
        faults.insert(before + number, says);
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("whole").clone()
    }
}

impl Drop for Portal {
    fn drop(&mut self) {
        // It looks whether it is still wanted: a request without a line ends it.
        let _ = TcpStream::connect(self.address);
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .ok()?;
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let line = lines.next()?;
    let target = line.split(' ').nth(1)?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        });
    Some(Asked {
        path: path.to_owned(),
        query: form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers: headers.collect(),
    })
}

fn send(mut stream: TcpStream, says: &Says) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {} X\r\nConnection: close\r\n",
        says.status
    )?;
    for (name, value) in &says.headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    write!(stream, "Content-Length: {}\r\n\r\n", says.body.len())?;
    let most = if says.is_cut {
        says.body.len() / 2
    } else {
        says.body.len()
    };
    stream.write_all(&says.body[..most])
}

/// A city of a test's own, and its store.
pub struct There {
    pub city: City,
    pub folder: tempfile::TempDir,
    pub store: OpenData,
}

impl There {
    /// `feeds` are its file's; the bounds are those of all of the United States, so that a recorded answer of any city fits.
    pub fn new(feeds: &str) -> Self {
        let text = format!(
            "name = 'There'\ntime_zone = 'America/New_York'\nbounds = [24.0, -125.0, 50.0, -66.0]\n{feeds}"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("there.toml");
        std::fs::write(&path, text).expect("written");
        Self {
            city: City::load(&path.to_string_lossy())
                .unwrap_or_else(|error| panic!("{}", spotlight_common::log::chain(&error))),
            store: OpenData::open(folder.path()).expect("opens"),
            folder,
        }
    }

    /// Reads its first feed's first source.
    pub fn fetch(&self) -> Result<Counts, FeedError> {
        let patience = Patience::default();
        let client = Client::new(&self.city, None, patience);
        let fetch = Fetch {
            client: &client,
            store: &self.store,
            city: &self.city,
            page: patience.page,
            since: None,
            bar: indicatif::ProgressBar::hidden(),
        };
        let feed = &self.city.feeds[0];
        let today = self.city.day(Timestamp::now());
        let tables = fetch::tables(&feed.sources[0], today);
        fetch.source(feed, tables.last().expect("a table"))
    }

    pub fn state(&self) -> SourceState {
        let feed = &self.city.feeds[0];
        let source = &feed.sources[0].id;
        self.store.source(&feed.id, source).expect("kept")
    }
}

/// A feed's file, its words apart: what it maps and where it is.
pub fn feed(columns: &str, source: &str) -> String {
    format!(
        "[[feeds]]\nid = 'encampments'\ntitle = 'T'\nexplanation = 'E'\nunit = 'u'\nsource = 'S'\nlicence = 'L'\n{columns}\n\
         [[feeds.sources]]\nid = 's'\n{source}\n"
    )
}

/// rows, accepted, records, duplicates, unplaced.
pub fn numbers(counts: &Counts) -> [u64; 5] {
    let Counts {
        rows,
        accepted,
        records,
        duplicates,
        unplaced,
        ..
    } = *counts;
    [rows, accepted, records, duplicates, unplaced]
}
