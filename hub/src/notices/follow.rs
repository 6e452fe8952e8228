//! Reads the operator's table while the hub runs, whenever it changes.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use spotlight_common::clock::Clock;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{FILE, Notice, changes, read};
use crate::city::City;

/// How often the table is looked at.
const EVERY: Duration = Duration::from_secs(5);

/// How a file looks from outside: it is read again when this changes.
type Look = Option<(SystemTime, u64)>;

/// Follows the table of one data folder.
pub struct Follower {
    pub city: Arc<City>,
    pub clock: Clock,
    /// What was read last.
    look: Look,
}

impl Follower {
    pub fn new(city: Arc<City>, clock: Clock) -> Self {
        Self {
            city,
            clock,
            look: None,
        }
    }

    /// What the table says, if it has changed since the last time. A table that cannot be read changes nothing: what it said
    /// before is announced all the same, and goes in its time.
    pub fn read(&mut self, data: &Path) -> Option<Vec<Notice>> {
        let path = data.join(FILE);
        let look = look(&path);
        if look == self.look {
            return None;
        }
        self.look = look;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Some(Vec::new()),
            Err(error) => {
                tracing::warn!(file = FILE, %error, "kept the announced sweeps as they were");
                return None;
            }
        };
        // What stands in the table may be what should not: the log does not repeat it.
        let mut reading = match read(&bytes, &self.city, self.clock.now()) {
            Ok(reading) => reading,
            Err(_) => {
                tracing::warn!(
                    file = FILE,
                    "kept the announced sweeps as they were; `spotlight-hub notices check` says why"
                );
                return None;
            }
        };
        if reading.refused > 0 {
            let lines = reading.refused;
            tracing::warn!(
                file = FILE,
                lines,
                "some lines cannot be used; `spotlight-hub notices check` names them"
            );
        }
        if let Err(error) = changes::remember(data, &mut reading.notices) {
            tracing::warn!(%error, "failed to write when the announced sweeps changed");
        }
        tracing::info!(
            notices = reading.notices.len(),
            over = reading.over,
            "read the announced sweeps"
        );
        Some(reading.notices)
    }
}

fn look(path: &Path) -> Look {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

/// Sends what the table says, on every change, until the shutdown.
pub async fn follow(
    mut follower: Follower,
    data: &Path,
    notices: watch::Sender<Arc<Vec<Notice>>>,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.cancelled() => return,
        }
        let folder = data.to_owned();
        let work = tokio::task::spawn_blocking(move || {
            let read = follower.read(&folder);
            (follower, read)
        });
        let Ok((again, read)) = work.await else {
            return;
        };
        follower = again;
        if let Some(read) = read {
            notices.send_replace(Arc::new(read));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_when_it_changes_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Clock::manual("2026-12-01T20:00:00Z".parse().expect("a time"));
        let city = Arc::new(City::load("los-angeles").expect("loads"));
        let mut follower = Follower::new(city, clock);
        let mut read = || follower.read(folder.path()).map(|notices| notices.len());
        let path = folder.path().join(FILE);
        let write = |text: &str| fs::write(&path, text).expect("written");
        assert_eq!(read(), None, "there is none");
        write("id,date,place\n1,2026-12-03,Echo Park\n");
        assert_eq!(read(), Some(1));
        assert_eq!(read(), None);
        write("id,date,place\n1,2026-12-03,Echo Park\n2,2026-12-04,Echo Park\n3,today,Echo Park\n");
        assert_eq!(read(), Some(2));
        write("id;date;where\n");
        assert_eq!(read(), None);
        fs::remove_file(&path).expect("removed");
        assert_eq!(read(), Some(0));
    }
}
