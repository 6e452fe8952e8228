//! A city's places, streets and outline from files of its own, as `spotlight-hub gazetteer build` writes them.
//!
//! A city's file names them by paths from its own folder (`places`, `streets`, `outline`), and what lies under these names in
//! the city's data folder takes their place: `places.csv`, `streets.txt`, `outline.txt`. So a built-in city gets its streets
//! without a file of its own. A file that cannot be used stops the hub's start, as any other setting does.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::log;

use super::basemap::{self, Street};
use super::{City, CityError};

/// Their names in a city's data folder.
pub const PLACES: &str = "places.csv";
pub const STREETS: &str = "streets.txt";
pub const OUTLINE: &str = "outline.txt";

/// A larger file of streets or of an outline is not a city's: all of Los Angeles takes 0.2 MB.
const LARGEST: u64 = 16 << 20;

/// So much of a file's words about its sources is shown.
const LONGEST_SOURCE: usize = 200;

/// The files that a city's ground is read from, where there are any.
#[derive(Debug, Clone, Default)]
pub struct Files {
    pub places: Option<PathBuf>,
    pub streets: Option<PathBuf>,
    pub outline: Option<PathBuf>,
}

impl Files {
    /// What lies in a city's data folder.
    fn in_folder(folder: &Path) -> Self {
        let there = |name: &str| Some(folder.join(name)).filter(|path| path.is_file());
        Self {
            places: there(PLACES),
            streets: there(STREETS),
            outline: there(OUTLINE),
        }
    }
}

impl City {
    /// Takes what lies in its data folder in the place of what it has.
    pub fn furnish(&mut self, folder: &Path) -> Result<(), CityError> {
        self.read_ground(&Files::in_folder(folder))
    }

    pub(super) fn read_ground(&mut self, files: &Files) -> Result<(), CityError> {
        let id = self.id.clone();
        let failed = |path: &Path, reason: String| CityError::Ground {
            city: id.clone(),
            path: path.to_owned(),
            reason,
        };
        let text = |path: &Path| read(path).map_err(|error| failed(path, error.to_string()));
        if let Some(path) = &files.places {
            let places = Gazetteer::load(path);
            let places = places.map_err(|error| failed(path, log::chain(&error)))?;
            self.gazetteer = Some(Arc::new(places));
            self.add_sources(&head(path).map_err(|error| failed(path, error.to_string()))?);
        }
        if let Some(path) = &files.outline {
            let rings = basemap::outline(&text(path)?);
            self.basemap.outline = rings.map_err(|error| failed(path, error.to_string()))?;
        }
        if let Some(path) = &files.streets {
            let text = text(path)?;
            let streets = basemap::streets(&text);
            let streets: Vec<Street> = streets.map_err(|error| failed(path, error.to_string()))?;
            self.basemap.streets = streets;
            self.basemap.rank(&self.main_streets, &self.through_streets);
            self.add_sources(&text);
        }
        Ok(())
    }

    /// What a file's header says of where it comes from: some terms want it shown.
    fn add_sources(&mut self, text: &str) {
        let header = text.lines().take_while(|line| line.starts_with('#'));
        for line in header {
            if let Some(source) = line.strip_prefix("# source:") {
                let source: String = source.trim().chars().take(LONGEST_SOURCE).collect();
                if !source.is_empty() && !self.ground_from.contains(&source) {
                    self.ground_from.push(source);
                }
            }
        }
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        let reason = format!("it is larger than {LARGEST} bytes");
        return Err(io::Error::new(ErrorKind::InvalidData, reason));
    }
    Ok(text)
}

/// The beginning of a file.
fn head(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(8 << 10).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use spotlight_common::cell::Cell;
    use std::fs;

    const PLACES_OF: &str = "# Spotlight places, version 1\n# city: Exampleton\n# source: a map, CC0\n\
        # bounds: 36.0,-115.4,36.4,-115.0\ncorner,1ST ST,OAK ST,,36.17,-115.14\n";
    const STREETS_OF: &str = "# Spotlight streets, version 1\n# source: a map, CC0\n\
        OAK ST 36.17,-115.14 36.18,-115.14\n1ST ST 36.17,-115.16 36.17,-115.13\n";
    const OUTLINE_OF: &str =
        "# Spotlight outline, version 1\n36.1,-115.2 36.2,-115.2 36.2,-115.1 36.1,-115.2\n";
    const CITY: &str = "name = 'Exampleton'\ntime_zone = 'UTC'\nbounds = [36.0, -115.4, 36.4, -115.0]\nfeeds = []\n";

    fn load(folder: &Path, more: &str) -> Result<City, CityError> {
        let path = folder.join("exampleton.toml");
        fs::write(&path, format!("{CITY}{more}")).expect("written");
        City::load(&path.to_string_lossy())
    }

    #[test]
    fn a_citys_file_names_its_ground_from_its_own_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let ground = folder.path().join("ground");
        fs::create_dir(&ground).expect("made");
        for (name, text) in [
            ("p.csv", PLACES_OF),
            ("s.txt", STREETS_OF),
            ("o.txt", OUTLINE_OF),
        ] {
            fs::write(ground.join(name), text).expect("written");
        }
        let more = "places = 'ground/p.csv'\nstreets = 'ground/s.txt'\noutline = 'ground/o.txt'\nmain_streets = ['OAK ST']\n";
        let city = load(folder.path(), more).expect("loads");
        assert_eq!(city.basemap.outline.len(), 1);
        let names: Vec<_> = city.basemap.streets.iter().map(|s| &*s.name).collect();
        assert_eq!(names, ["OAK ST", "1ST ST"], "its own list comes first");
        assert_eq!(city.ground_from, ["a map, CC0"]);
        let cell = Cell::at(36.17, -115.14, 9).expect("a cell");
        assert_eq!(city.label(cell), "near 1st St & Oak St");
    }

    #[test]
    fn what_lies_in_the_data_folder_comes_first_and_an_error_names_file_and_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = tempfile::tempdir().expect("a folder");
        let mut city = load(folder.path(), "").expect("loads");
        city.furnish(data.path()).expect("nothing is there");
        assert!(city.gazetteer.is_none() && city.ground_from.is_empty());
        fs::write(data.path().join(PLACES), PLACES_OF).expect("written");
        fs::write(data.path().join(STREETS), STREETS_OF).expect("written");
        city.furnish(data.path()).expect("furnished");
        assert!(city.gazetteer.is_some() && city.basemap.streets.len() == 2);
        for (name, text, part) in [
            (PLACES, "corner,A,B", "line 1"),
            (
                STREETS,
                "# Spotlight streets, version 1\nOAK ST 1",
                "line 2",
            ),
            (OUTLINE, "# Spotlight outline, version 1\n1,2", "line 2"),
        ] {
            let data = tempfile::tempdir().expect("a folder");
            fs::write(data.path().join(name), text).expect("written");
            let error = city.furnish(data.path()).expect_err("refused").to_string();
            assert!(error.contains(name) && error.contains(part), "{error}");
        }
        let error = load(folder.path(), "streets = 'none.txt'\n").expect_err("refused");
        assert!(error.to_string().contains("none.txt"), "{error}");
    }
}
