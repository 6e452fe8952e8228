//! Where a city's open data, notices and places lie in a hub's data folder.
//!
//! ```text
//! DATA/              of the city that used it first, as when a hub has no other
//! DATA/home-city     which that is: its bounds in degrees and its id
//! DATA/cities/ID/    of each other one
//! ```
//! The hub and its commands find a city by the same rule, so that no row of one city is ever read into the store of another:
//! its own folder if there is one; else the data folder, unless that is of other ground. An edited copy of a city's file has
//! another id and the same ground, so it keeps its folder. Nothing is moved, whatever the order of the configuration.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::city::City;
use crate::store::open_data;
use crate::store::reports::StoreError;

/// Whose the data folder itself is.
const HOME: &str = "home-city";

/// Where a city's data lies or will lie. Writes nothing.
pub fn of(data: &Path, city: &City) -> PathBuf {
    let own = own(data, city);
    match home(data) {
        _ if own.is_dir() => own,
        Some(home) if !meets(home, city.bounds) => own,
        _ => data.to_owned(),
    }
}

/// The same for whoever is about to write there: a data folder that nobody has used is this city's from now on.
pub fn claimed(data: &Path, city: &City) -> Result<PathBuf, StoreError> {
    // Rows that are there already are of a city that an earlier version did not name: the hub says which, when it runs.
    if !data.join(open_data::FILE).exists() {
        claim(data, city)?;
    }
    let folder = of(data, city);
    make(&folder)?;
    Ok(folder)
}

/// The folders of all cities of a hub, in their order; made where they are missing. No two share one.
pub fn of_all(data: &Path, cities: &[impl AsRef<City>]) -> Result<Vec<PathBuf>, StoreError> {
    if let Some(first) = cities.first() {
        claim(data, first.as_ref())?;
    }
    let mut folders: Vec<PathBuf> = Vec::new();
    for city in cities {
        let city = city.as_ref();
        let mut folder = of(data, city);
        if folders.contains(&folder) {
            folder = own(data, city);
        }
        make(&folder)?;
        folders.push(folder);
    }
    Ok(folders)
}

/// The folders of all cities but the data folder's own, by id.
pub fn others(data: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(data.join("cities")).into_iter().flatten();
    let folders = entries.flatten().map(|entry| entry.path());
    let mut folders: Vec<(String, PathBuf)> = folders
        .filter(|path| path.is_dir())
        .filter_map(|path| Some((path.file_name()?.to_string_lossy().into_owned(), path)))
        .collect();
    folders.sort();
    folders
}

fn own(data: &Path, city: &City) -> PathBuf {
    data.join("cities").join(&city.id)
}

/// Writes whose the data folder is, if it is nobody's.
fn claim(data: &Path, city: &City) -> Result<(), StoreError> {
    make(data)?;
    let path = data.join(HOME);
    write(&path, city).map_err(|source| StoreError::Folder { path, source })
}

fn make(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder).map_err(|source| StoreError::Folder {
        path: folder.to_owned(),
        source,
    })
}

fn write(path: &Path, city: &City) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = match file {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        file => file?,
    };
    let (south, west, north, east) = city.bounds;
    writeln!(file, "{south} {west} {north} {east} {}", city.id)?;
    file.sync_all()
}

/// The bounds of the data folder's own city. A file that was cut off says nothing.
fn home(data: &Path) -> Option<(f64, f64, f64, f64)> {
    let text = fs::read_to_string(data.join(HOME)).ok()?;
    let mut numbers = text.split_whitespace().map(str::parse);
    let mut next = || numbers.next()?.ok();
    Some((next()?, next()?, next()?, next()?))
}

/// Whether two bounds have ground in common.
pub fn meets(
    (south, west, north, east): (f64, f64, f64, f64),
    other: (f64, f64, f64, f64),
) -> bool {
    south < other.2 && other.0 < north && west < other.3 && other.1 < east
}

#[cfg(test)]
mod tests {
    use super::*;

    fn city(name: &str) -> City {
        City::load(name).expect("loads")
    }

    #[test]
    fn the_first_city_has_the_folder_and_others_have_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        let (home, other) = (city("los-angeles"), city("seattle"));
        assert_eq!(of(data, &other), data, "nobody's yet");
        assert_eq!(claimed(data, &home).expect("claimed"), data);
        for _ in 0..2 {
            assert_eq!(of(data, &home), data);
            assert_eq!(of(data, &other), data.join("cities/seattle"));
        }
        // Whatever the order that the hub then names them in.
        let all = [Box::new(other), Box::new(home)];
        let folders = of_all(data, &all).expect("made");
        assert_eq!(folders, [data.join("cities/seattle"), data.to_owned()]);
        assert_eq!(
            others(data),
            [("seattle".to_owned(), data.join("cities/seattle"))]
        );
    }

    #[test]
    fn an_edited_copy_keeps_the_folder_unless_both_are_served() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        let home = city("los-angeles");
        let copy = City {
            id: "mine".to_owned(),
            ..city("los-angeles")
        };
        claimed(data, &home).expect("claimed");
        assert_eq!(of(data, &copy), data);
        let both = [Box::new(home), Box::new(copy)];
        let folders = of_all(data, &both).expect("made");
        assert_eq!(folders, [data.to_owned(), data.join("cities/mine")]);
        assert_eq!(of(data, &both[1]), data.join("cities/mine"));
    }

    #[test]
    fn rows_of_an_earlier_version_stay_where_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        fs::write(data.join(open_data::FILE), "").expect("written");
        // A command cannot know whose they are; the hub does.
        assert_eq!(claimed(data, &city("seattle")).expect("found"), data);
        let all = ["los-angeles", "seattle"].map(|name| Box::new(city(name)));
        let folders = of_all(data, &all).expect("made");
        assert_eq!(folders, [data.to_owned(), data.join("cities/seattle")]);
        for text in ["", "1 2", "x y z w home"] {
            fs::write(data.join(HOME), text).expect("written");
            assert_eq!(of(data, &all[0]), data, "{text}");
        }
    }
}
