//! Cells: H3 hexagons, the only places that cross the wire.
//!
//! A sighting's cell has resolution 9 (about 430 m across), 8 or 7; an encampment layer's has 8 or coarser.
//! Source: <https://h3geo.org/docs/core-library/restable>.

use std::fmt;
use std::str::FromStr;

use h3o::{CellIndex, LatLng, Resolution};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An H3 cell of any resolution. Hex in text, its 64-bit index in postcard.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell(CellIndex);

/// Why a value is not a cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an H3 cell")]
pub struct CellError(String);

impl Cell {
    /// The resolutions that a report's cell may have.
    pub const REPORTED: std::ops::RangeInclusive<u8> = 7..=9;

    /// The cell of `resolution` (0 to 15) that holds a point; `None` if the point or the resolution is off the globe.
    pub fn at(lat: f64, lon: f64, resolution: u8) -> Option<Self> {
        if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
            return None;
        }
        let resolution = Resolution::try_from(resolution).ok()?;
        Some(Self(LatLng::new(lat, lon).ok()?.to_cell(resolution)))
    }

    /// Its 64-bit H3 index.
    pub fn index(self) -> u64 {
        self.0.into()
    }

    /// From a 64-bit H3 index.
    pub fn from_index(index: u64) -> Result<Self, CellError> {
        CellIndex::try_from(index)
            .map(Self)
            .map_err(|_| CellError(format!("{index:x}")))
    }

    /// The same as an `h3o` index, for geometry.
    pub fn h3(self) -> CellIndex {
        self.0
    }

    /// 0 to 15.
    pub fn resolution(self) -> u8 {
        self.0.resolution().into()
    }

    /// The cell of a coarser resolution that holds it; itself at its own; `None` at a finer one.
    pub fn parent(self, resolution: u8) -> Option<Self> {
        self.0
            .parent(Resolution::try_from(resolution).ok()?)
            .map(Self)
    }

    /// Its middle, (latitude, longitude) in degrees.
    pub fn center(self) -> (f64, f64) {
        let center = LatLng::from(self.0);
        (center.lat(), center.lng())
    }

    /// Its outline, anticlockwise and not closed, (latitude, longitude) in degrees.
    pub fn boundary(self) -> Vec<(f64, f64)> {
        self.0
            .boundary()
            .iter()
            .map(|corner| (corner.lat(), corner.lng()))
            .collect()
    }
}

impl From<CellIndex> for Cell {
    fn from(index: CellIndex) -> Self {
        Self(index)
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cell({self})")
    }
}

impl FromStr for Cell {
    type Err = CellError;

    fn from_str(text: &str) -> Result<Self, CellError> {
        text.parse()
            .map(Self)
            .map_err(|_| CellError(text.to_owned()))
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.index().serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
                .parse()
                .map_err(de::Error::custom)
        } else {
            Self::from_index(u64::deserialize(deserializer)?).map_err(de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_and_its_parents() {
        let cell = Cell::at(34.0442, -118.2439, 9).expect("on the globe");
        assert_eq!(cell.resolution(), 9);
        assert_eq!(cell.parent(8), Cell::at(34.0442, -118.2439, 8));
        assert_eq!(cell.parent(10), None);
        assert_eq!(cell.boundary().len(), 6);
        assert_eq!(cell.to_string().parse(), Ok(cell));
        assert_eq!(Cell::from_index(cell.index()), Ok(cell));
    }

    #[test]
    fn nothing_off_the_globe_is_a_cell() {
        assert_eq!(Cell::at(f64::NAN, 0.0, 9), None);
        assert_eq!(Cell::at(91.0, 0.0, 9), None);
        assert_eq!(Cell::at(0.0, 181.0, 9), None);
        assert_eq!(Cell::at(0.0, 0.0, 16), None);
        assert!(Cell::from_index(0).is_err());
        assert!("zzz".parse::<Cell>().is_err());
    }
}
