//! Reads the operator's table and those of the city while the hub runs: files whenever they change, addresses when they are due.
//!
//! A table that cannot be read changes nothing: what it said before is announced all the same, and goes in its time. What was
//! read of an address is in RAM alone, so a hub that starts without a connection announces what its files say.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use spotlight_common::clock::Clock;
use spotlight_common::log;
use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::read::LONGEST_FILE;
use super::source::Source;
use super::{FILE, Notice, Reading, changes, read, read_source};
use crate::city::City;
use crate::feeds::FeedError;
use crate::feeds::http::{Client, Patience};

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(5);
/// How long an address may take.
const PAGE: Duration = Duration::from_secs(60);
/// After a failure an address is asked again.
const AGAIN: Duration = Duration::from_secs(3600);

/// How a file looks from outside: it is read again when this changes.
type Look = Option<(SystemTime, u64)>;

/// Follows the tables of one hub.
pub struct Follower {
    city: Arc<City>,
    clock: Clock,
    data: PathBuf,
    /// Whether addresses are asked.
    fetch: bool,
    /// What each table said last, by its source's id; the operator's own by none.
    tables: BTreeMap<String, Vec<Notice>>,
    looks: BTreeMap<String, Look>,
    due: BTreeMap<String, Instant>,
}

impl Follower {
    pub fn new(city: Arc<City>, clock: Clock, data: &Path, fetch: bool) -> Self {
        Self {
            city,
            clock,
            data: data.to_owned(),
            fetch,
            tables: BTreeMap::new(),
            looks: BTreeMap::new(),
            due: BTreeMap::new(),
        }
    }

    /// What all tables say, if a file has changed since the last time.
    pub fn files(&mut self) -> Option<Vec<Notice>> {
        let city = self.city.clone();
        let own = [(FILE, None)].into_iter();
        let others = city.notices.iter();
        let others = others.filter_map(|source| Some((source.file.as_deref()?, Some(source))));
        let mut is_new = false;
        for (file, source) in own.chain(others) {
            is_new |= self.file(file, source);
        }
        is_new.then(|| self.all())
    }

    fn file(&mut self, file: &str, source: Option<&Source>) -> bool {
        let path = self.data.join(file);
        let look = look(&path);
        if self.looks.get(file).copied().unwrap_or_default() == look {
            return false;
        }
        self.looks.insert(file.to_owned(), look);
        match fs::read(&path) {
            Ok(bytes) => self.take(&bytes, source, file),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.tables.remove(id(source));
                true
            }
            Err(error) => {
                tracing::warn!(file, %error, "kept the announced sweeps as they were");
                false
            }
        }
    }

    /// What all tables say, if the table of an address was read.
    fn addresses(&mut self) -> Option<Vec<Notice>> {
        let city = self.city.clone();
        let now = Instant::now();
        let is_due = |source: &&Source| {
            let due = self.due.get(&source.id);
            source.address.is_some() && due.is_none_or(|due| *due <= now)
        };
        let due: Vec<&Source> = city.notices.iter().filter(is_due).collect();
        let mut is_new = false;
        for source in due {
            let wait = match ask(&city, source) {
                Ok(bytes) => {
                    is_new |= self.take(&bytes, Some(source), &source.id);
                    Duration::from_secs(3600 * u64::from(source.every_hours))
                }
                Err(error) => {
                    let error = log::chain(&error);
                    tracing::warn!(
                        source = source.id,
                        error,
                        "kept the announced sweeps as they were"
                    );
                    AGAIN
                }
            };
            self.due.insert(source.id.clone(), now + wait);
        }
        is_new.then(|| self.all())
    }

    /// Takes what a table says in the place of what it said. The log does not repeat a line: it may hold what it should not.
    fn take(&mut self, bytes: &[u8], source: Option<&Source>, table: &str) -> bool {
        let now = self.clock.now();
        let reading = match source {
            None => read(bytes, &self.city, now),
            Some(source) => read_source(bytes, &self.city, source, now),
        };
        let Ok(Reading {
            notices,
            over,
            refused,
            ..
        }) = reading
        else {
            tracing::warn!(
                table,
                "kept the announced sweeps as they were; `spotlight-hub notices check` says why"
            );
            return false;
        };
        if refused > 0 {
            tracing::warn!(
                table,
                lines = refused,
                "some lines cannot be used; `spotlight-hub notices check` names them"
            );
        }
        tracing::info!(
            table,
            notices = notices.len(),
            over,
            "read announced sweeps"
        );
        self.tables.insert(id(source).to_owned(), notices);
        true
    }

    /// All that is to come, the first first.
    fn all(&mut self) -> Vec<Notice> {
        let now = self.clock.now();
        let mut all: Vec<Notice> = self
            .tables
            .values()
            .flatten()
            .filter(|notice| notice.over_at > now)
            .cloned()
            .collect();
        all.sort_by(|one, other| {
            (one.begins_at, &one.place, one.id).cmp(&(other.begins_at, &other.place, other.id))
        });
        if let Err(error) = changes::remember(&self.data, &mut all) {
            tracing::warn!(%error, "failed to write when the announced sweeps changed");
        }
        all
    }
}

fn id(source: Option<&Source>) -> &str {
    source.map_or("", |source| &source.id)
}

fn look(path: &Path) -> Look {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn ask(city: &City, source: &Source) -> Result<Vec<u8>, FeedError> {
    let client = Client::new(city, None, Patience::default());
    let address = source.address.as_deref().unwrap_or_default();
    let mut response = client.get(address, "text/csv", None, PAGE)?;
    let mut bytes = Vec::new();
    let body = response.body_mut().as_reader();
    body.take(LONGEST_FILE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Sends what the tables say, on every change, until the shutdown.
pub async fn follow(
    mut follower: Follower,
    notices: watch::Sender<Arc<Vec<Notice>>>,
    shutdown: CancellationToken,
) {
    loop {
        // A thread of its own: a runtime that ends would wait for an address that drips.
        let (done, work) = oneshot::channel();
        std::thread::spawn(move || {
            let of_files = follower.files();
            let of_addresses = follower.fetch.then(|| follower.addresses()).flatten();
            drop(done.send((follower, of_addresses.or(of_files))));
        });
        tokio::select! {
            ended = work => match ended {
                Ok((again, read)) => {
                    follower = again;
                    if let Some(read) = read {
                        notices.send_replace(Arc::new(read));
                    }
                }
                Err(_) => return,
            },
            () = shutdown.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(more: &str) -> Arc<City> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("city.toml");
        let text = format!(
            "name = 'City'\ntime_zone = 'UTC'\nbounds = [33.0, -119.0, 35.0, -118.0]\nfeeds = []\n{more}"
        );
        fs::write(&path, text).expect("written");
        Arc::new(City::load(&path.to_string_lossy()).expect("loads"))
    }

    fn clock() -> Clock {
        Clock::manual("2026-12-01T20:00:00Z".parse().expect("a time"))
    }

    #[test]
    fn tables_are_read_when_they_change_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let city = city(
            "[[notices]]\nid = 'parks'\nfile = 'parks.csv'\nsource = 'Parks'\nlicence = 'CC0'\n",
        );
        let mut follower = Follower::new(city, clock(), folder.path(), false);
        let mut read = || follower.files().map(|notices| notices.len());
        let write =
            |file: &str, text: &str| fs::write(folder.path().join(file), text).expect("written");
        assert_eq!(read(), None, "there is none");
        write(FILE, "id,date,place\n1,2026-12-03,Echo Park\n");
        assert_eq!(read(), Some(1));
        assert_eq!(read(), None);
        write(
            FILE,
            "id,date,place\n1,2026-12-03,Echo Park\n2,2026-12-04,Echo Park\n3,today,Echo Park\n",
        );
        assert_eq!(read(), Some(2));
        write(
            "parks.csv",
            "id,date,place,note\n1,2026-12-03,Echo Park,x\n",
        );
        assert_eq!(read(), Some(3));
        write(FILE, "id;date;where\n");
        assert_eq!(read(), None);
        fs::remove_file(folder.path().join(FILE)).expect("removed");
        assert_eq!(read(), Some(1));
    }

    #[test]
    fn an_address_is_read_when_it_is_due_and_its_failure_changes_nothing() {
        use std::io::Write as _;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("listens");
        let port = listener.local_addr().expect("bound").port();
        let server = std::thread::spawn(move || {
            let answers = [
                "id,date,place\n1,2026-12-03,Echo Park\n",
                "<html>busy</html>",
            ];
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("asked");
                let mut head = [0; 4096];
                drop(stream.read(&mut head));
                let length = answer.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{answer}"
                );
                stream.write_all(head.as_bytes()).expect("sent");
            }
        });
        let folder = tempfile::tempdir().expect("a folder");
        let city = city(&format!(
            "[[notices]]\nid = 'parks'\naddress = 'http://127.0.0.1:{port}/x.csv'\nsource = 'Parks'\nlicence = 'CC0'\n"
        ));
        let mut follower = Follower::new(city, clock(), folder.path(), true);
        assert_eq!(follower.addresses().map(|notices| notices.len()), Some(1));
        assert_eq!(follower.addresses(), None, "it is not due");
        follower.due.clear();
        assert_eq!(follower.addresses(), None, "that is no table");
        server.join().expect("it ends");
        // And where nobody answers.
        follower.due.clear();
        assert_eq!(follower.addresses(), None);
        assert_eq!(follower.all().len(), 1);
    }
}
