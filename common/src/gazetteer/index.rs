//! A city's places in memory, by name and by position.

use std::collections::{HashMap, HashSet};

use super::example::Example;
use super::words;
use crate::cell::Cell;

/// A cell is known well enough from this many distinct addresses or intersections on.
pub const KNOWN_ENOUGH: usize = 12;

/// The places of one city.
#[derive(Debug)]
pub struct Gazetteer {
    pub(super) city: String,
    /// South, west, north, east.
    pub(super) bounds: [f64; 4],
    pub(super) streets: Vec<Street>,
    pub(super) by_alias: HashMap<String, Vec<u32>>,
    pub(super) longest_alias: usize,
    /// By latitude.
    pub(super) corners: Vec<Corner>,
    /// Some corners are computed, so that others may be missing.
    pub(super) computed: bool,
    pub(super) zips: HashMap<u32, [f64; 4]>,
    pub(super) areas: Vec<Area>,
    pub(super) by_area: HashMap<String, u32>,
    pub(super) landmarks: Vec<Landmark>,
    pub(super) by_landmark: HashMap<String, Vec<u32>>,
    pub(super) blocks: HashMap<(u32, u32), Vec<Block>>,
    pub(super) known: HashSet<Cell>,
    pub(super) example: Example,
}

#[derive(Debug)]
pub(super) struct Street {
    /// As people write it.
    pub(super) title: String,
    /// Folded, with its kind.
    pub(super) full: String,
    /// Folded, without it, no spaces: for slips of the thumb.
    pub(super) joined: String,
    pub(super) suffix: Option<String>,
    /// Where it meets others; by latitude.
    pub(super) corners: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Corner {
    pub(super) a: u32,
    pub(super) b: u32,
    pub(super) zip: u32,
    pub(super) lat: f64,
    pub(super) lon: f64,
    /// A row of open data names it; else it is computed.
    pub(super) named: bool,
}

impl Corner {
    /// The street that meets `street` here.
    pub(super) fn other(&self, street: u32) -> u32 {
        if self.a == street { self.b } else { self.a }
    }
}

#[derive(Debug)]
pub(super) struct Area {
    pub(super) name: String,
    pub(super) lat: f64,
    pub(super) lon: f64,
    pub(super) square_km: f64,
}

/// A station, or what people meet at.
#[derive(Debug)]
pub(super) struct Landmark {
    pub(super) name: String,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) zip: u32,
    pub(super) lat: f64,
    pub(super) lon: f64,
}

/// Metres between two points of one city (flat earth: off by less than 1 in 1,000 over 50 km).
pub fn metres(a: (f64, f64), b: (f64, f64)) -> f64 {
    let north = (a.0 - b.0) * 111_195.0;
    let east = (a.1 - b.1) * 111_195.0 * ((a.0 + b.0) / 2.0).to_radians().cos();
    north.hypot(east)
}

/// Collects the facts of a file.
#[derive(Default)]
pub(super) struct Builder {
    pub(super) city: String,
    pub(super) bounds: Option<[f64; 4]>,
    streets: Vec<Street>,
    by_name: HashMap<String, u32>,
    by_alias: HashMap<String, Vec<u32>>,
    corners: Vec<Corner>,
    areas: Vec<Area>,
    by_area: HashMap<String, u32>,
    landmarks: Vec<Landmark>,
    by_landmark: HashMap<String, Vec<u32>>,
    blocks: HashMap<(u32, u32), Vec<Block>>,
    nicknames: Vec<(String, String)>,
    known: HashSet<Cell>,
    example: Option<Example>,
}

impl Builder {
    pub(super) fn corner(
        &mut self,
        a: &str,
        b: &str,
        zip: u32,
        (lat, lon): (f64, f64),
        named: bool,
    ) -> Result<(), String> {
        let (a, b) = (self.street(a)?, self.street(b)?);
        self.corners.push(Corner {
            a,
            b,
            zip,
            lat,
            lon,
            named,
        });
        Ok(())
    }

    pub(super) fn block(
        &mut self,
        street: &str,
        hundred: u32,
        zip: u32,
        (lat, lon): (f64, f64),
    ) -> Result<(), String> {
        let street = self.street(street)?;
        self.blocks
            .entry((street, hundred / 100))
            .or_default()
            .push(Block { zip, lat, lon });
        Ok(())
    }

    pub(super) fn area(
        &mut self,
        name: &str,
        (lat, lon): (f64, f64),
        square_km: f64,
    ) -> Result<(), String> {
        let folded = words::fold(name).join(" ");
        if folded.is_empty() {
            return Err(format!("`{name}` is not a name"));
        }
        self.by_area.insert(folded, index(self.areas.len()));
        self.areas.push(Area {
            name: name.to_owned(),
            lat,
            lon,
            square_km,
        });
        Ok(())
    }

    /// A landmark answers to its name; a station to each half of `Wilshire / Vermont Station`, too, and to `estacion`.
    pub(super) fn landmark(
        &mut self,
        name: &str,
        (lat, lon): (f64, f64),
        is_station: bool,
    ) -> Result<(), String> {
        let names = if is_station {
            words::station_names(name)
        } else {
            let whole = words::joined(&words::fold(name));
            if whole.is_empty() {
                Vec::new()
            } else {
                vec![whole]
            }
        };
        if names.is_empty() {
            return Err(format!("`{name}` is not a name"));
        }
        let id = index(self.landmarks.len());
        for name in names {
            let own = self.by_landmark.entry(name).or_default();
            if own.last() != Some(&id) {
                own.push(id);
            }
        }
        self.landmarks.push(Landmark {
            name: name.to_owned(),
            lat,
            lon,
        });
        Ok(())
    }

    pub(super) fn alias(&mut self, nickname: &str, street: &str) -> Result<(), String> {
        self.nicknames
            .push((words::fold(nickname).join(" "), street.to_owned()));
        Ok(())
    }

    pub(super) fn known(&mut self, cell: Cell) -> Result<(), String> {
        if !matches!(cell.resolution(), 7 | 8) {
            return Err(format!("cell `{cell}` is neither of resolution 7 nor 8"));
        }
        self.known.insert(cell);
        Ok(())
    }

    pub(super) fn example(&mut self, one: &str, other: &str) -> Result<(), String> {
        self.example = Some(Example::new(one, other)?);
        Ok(())
    }

    fn street(&mut self, name: &str) -> Result<u32, String> {
        if let Some(&id) = self.by_name.get(name) {
            return Ok(id);
        }
        let parts =
            words::street_name(name).ok_or_else(|| format!("`{name}` is not a street's name"))?;
        let id = index(self.streets.len());
        self.by_name.insert(name.to_owned(), id);
        let joined = parts
            .aliases
            .first()
            .map(|alias| alias.replace(' ', ""))
            .unwrap_or_default();
        for alias in parts.aliases {
            self.by_alias.entry(alias).or_default().push(id);
        }
        self.streets.push(Street {
            title: words::title(name),
            full: parts.full,
            joined,
            suffix: parts.suffix,
            corners: Vec::new(),
        });
        Ok(id)
    }

    pub(super) fn finish(mut self) -> Result<Gazetteer, String> {
        let bounds = self
            .bounds
            .ok_or("the header has no `# bounds: south,west,north,east`")?;
        for (nickname, street) in std::mem::take(&mut self.nicknames) {
            // A nickname of a street without a corner leads nowhere, and is no mistake.
            if let Some(&id) = self.by_name.get(&street) {
                self.by_alias.entry(nickname).or_default().push(id);
            }
        }
        self.corners.sort_by(|a, b| a.lat.total_cmp(&b.lat));
        let mut zips: HashMap<u32, [f64; 4]> = HashMap::new();
        for (at, corner) in self.corners.iter().enumerate() {
            self.streets[corner.a as usize].corners.push(index(at));
            self.streets[corner.b as usize].corners.push(index(at));
            let near = zips
                .entry(corner.zip)
                .or_insert([corner.lat, corner.lon, corner.lat, corner.lon]);
            near[0] = near[0].min(corner.lat);
            near[1] = near[1].min(corner.lon);
            near[2] = near[2].max(corner.lat);
            near[3] = near[3].max(corner.lon);
        }
        zips.remove(&0);
        for street in &mut self.streets {
            street.corners.shrink_to_fit();
        }
        let gazetteer = Gazetteer {
            city: self.city,
            bounds,
            longest_alias: self
                .by_alias
                .keys()
                .map(|alias| alias.split(' ').count())
                .max()
                .unwrap_or(0)
                .min(6),
            computed: self.corners.iter().any(|corner| !corner.named),
            streets: self.streets,
            by_alias: self.by_alias,
            corners: self.corners,
            zips,
            areas: self.areas,
            by_area: self.by_area,
            landmarks: self.landmarks,
            by_landmark: self.by_landmark,
            blocks: self.blocks,
            known: self.known,
            example: self.example.clone().unwrap_or_default(),
        };
        if let Some(example) = self.example {
            let text = example.text();
            gazetteer
                .find(&text)
                .map_err(|missing| format!("the example `{text}` cannot serve: {}", missing.why))?;
        }
        Ok(gazetteer)
    }
}

/// Files are bounded far below 2^32 lines.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
