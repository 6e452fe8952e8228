//! Fetching context layers: a new file takes the old one's place, and only then.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::replay::{Portal, Says};
use super::*;
use crate::city::context::ContextSource;
use crate::context::{Cameras, Kept, Transit, Which, refresh};
use crate::feeds::gtfs::fixture::{ROUTES, STOPS, TRIPS, feed, shapes, zip};
use crate::feeds::http::{Client, Patience};

struct Setup {
    city: City,
    folder: tempfile::TempDir,
    store: OpenData,
    client: Client,
}

impl Setup {
    fn new(address: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut city = City::load("los-angeles").expect("loads");
        let at = |source: &mut Option<ContextSource>| {
            if let Some(source) = source {
                source.address = Some(address.to_owned());
            }
        };
        at(&mut city.transit);
        at(&mut city.cameras);
        Self {
            client: Client::new(&city, None, Patience::default()),
            store: OpenData::open(folder.path()).expect("opens"),
            city,
            folder,
        }
    }

    /// Whether it was read anew; else the reason why not, or none where it was as it was.
    fn fetch(&self, which: Which) -> Result<bool, String> {
        let Self {
            city,
            folder,
            store,
            client,
        } = self;
        let read = refresh::read(client, store, folder.path(), city, which);
        read.map(|report| report.is_some())
            .map_err(|error| error.to_string())
    }

    fn stops(&self) -> usize {
        let kept: Option<Kept<Transit>> =
            open_data::context::context(self.folder.path(), "transit").expect("reads");
        kept.map_or(0, |kept| kept.what.stops.len())
    }

    fn hours(&self, which: Which) -> Option<u32> {
        refresh::every_hours(self.folder.path(), &self.city, which).expect("told")
    }
}

fn zipped() -> Says {
    Says::of("application/zip", feed(""))
}

#[test]
fn a_file_is_read_again_when_its_tag_changes() {
    let turn = AtomicUsize::new(0);
    let portal = Portal::start(move |asked| {
        let known = asked.headers.get("if-none-match").map(String::as_str);
        match (turn.fetch_add(1, Ordering::SeqCst), known) {
            (0, None) => zipped().with("ETag", "\"one\""),
            (1, Some("\"one\"")) => Says::status(304, ""),
            (2, Some("\"one\"")) => zipped().with("ETag", "\"two\""),
            _ => Says::status(400, "not what was expected"),
        }
    });
    let setup = Setup::new(&portal.url);
    assert_eq!(setup.fetch(Which::Transit), Ok(true));
    assert_eq!(setup.stops(), 5);
    assert_eq!(setup.fetch(Which::Transit), Ok(false));
    assert_eq!(setup.fetch(Which::Transit), Ok(true));
}

#[test]
fn without_a_tag_the_feeds_own_version_tells_and_a_stump_is_not_taken() {
    let turn = AtomicUsize::new(0);
    let portal = Portal::start(move |_| {
        let shapes = shapes();
        let with = |stops: &str, version: &str| {
            let info = format!("feed_version\n{version}\n");
            let files: [(&str, &[u8]); 5] = [
                ("stops.txt", stops.as_bytes()),
                ("routes.txt", ROUTES.as_bytes()),
                ("trips.txt", TRIPS.as_bytes()),
                ("shapes.txt", shapes.as_bytes()),
                ("feed_info.txt", info.as_bytes()),
            ];
            Says::of("application/zip", zip(&files))
        };
        let one_stop = "stop_name,stop_lat,stop_lon\nOne,34.0,-118.3\n";
        match turn.fetch_add(1, Ordering::SeqCst) {
            0 => with(STOPS, "7"),
            // Other stops under the same version: not looked at.
            1 => with(one_stop, "7"),
            2 => with(one_stop, "8"),
            3 => Says::of("text/html", "<p>Moved"),
            _ => Says::of("application/zip", &feed("")[..200]),
        }
    });
    let setup = Setup::new(&portal.url);
    assert_eq!(setup.fetch(Which::Transit), Ok(true));
    assert_eq!(setup.fetch(Which::Transit), Ok(false));
    let refused = setup.fetch(Which::Transit).expect_err("too few");
    assert!(refused.contains("less than half"), "{refused}");
    let refused = setup.fetch(Which::Transit).expect_err("a page");
    assert!(refused.contains("text/html"), "{refused}");
    assert!(setup.fetch(Which::Transit).is_err());
    assert_eq!(setup.stops(), 5, "the map stays as it was");
    let trouble = refresh::trouble(setup.folder.path(), Which::Transit).expect("told");
    assert!(trouble.is_some_and(|trouble| trouble.since.is_some()));
}

#[test]
fn cameras_are_asked_for_once_somebody_did_and_an_import_is_not_overwritten() {
    let file = std::fs::read(shared("socal_alpr_cameras.geojson.gz")).expect("reads");
    let portal = Portal::start(move |_| Says::of("application/gzip", file.clone()));
    let setup = Setup::new(&portal.url);
    assert_eq!(setup.hours(Which::Transit), Some(168));
    assert_eq!(setup.hours(Which::Cameras), None, "nobody asked for them");
    assert_eq!(setup.fetch(Which::Cameras), Ok(true));
    assert_eq!(setup.hours(Which::Cameras), Some(168));
    let kept: Option<Kept<Cameras>> =
        open_data::context::context(setup.folder.path(), "cameras").expect("reads");
    assert_eq!(kept.map(|kept| kept.what.at.len()), Some(1_830));
    let rail = shared("gtfs_lametro_rail_2024-02-22.zip");
    let (city, data) = (&setup.city, setup.folder.path());
    crate::context::command::import(Which::Transit, city, data, &[rail]).expect("imports");
    assert_eq!(setup.hours(Which::Transit), None);
}
