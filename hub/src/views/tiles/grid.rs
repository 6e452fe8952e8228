//! Squares of the Web Mercator grid, which every web map cuts its tiles by, and where a point lies in one.

use geo::{Coord, Rect};

/// The least and the greatest zoom that there are tiles of; a map that goes closer stretches the last.
pub const ZOOMS: (u8, u8) = (6, 14);
/// Units across a tile, as other programs have them too.
pub const EXTENT: f64 = 4096.0;
/// Units beyond each edge that are drawn too, so that neither broad lines nor names end at it.
pub const BUFFER: f64 = 128.0;
/// Units in a pixel, where a tile is 512 pixels wide.
pub const PIXEL: f64 = 8.0;
/// Metres around the equator.
const EQUATOR: f64 = 40_075_017.0;
/// Where the grid ends, in degrees.
const MOST_LATITUDE: f64 = 85.05;

/// One square: its zoom, and its column and row from the north-west.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Square {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

impl Square {
    /// As an address names it, each number written in one way only.
    pub fn parse(z: &str, x: &str, y: &str) -> Option<Self> {
        let z = number(z).filter(|z| (u32::from(ZOOMS.0)..=u32::from(ZOOMS.1)).contains(z))?;
        let last = (1 << z) - 1;
        let [x, y] = [number(x)?, number(y)?];
        (x <= last && y <= last).then_some(Self { z: z as u8, x, y })
    }

    /// A point in degrees (latitude, longitude), in units from the square's north-west corner.
    pub fn units(self, (lat, lon): (f64, f64)) -> Coord<f64> {
        let lat = lat.clamp(-MOST_LATITUDE, MOST_LATITUDE).to_radians();
        let across = f64::from(1_u32 << self.z);
        let x = (lon + 180.0) / 360.0 * across - f64::from(self.x);
        let south = 0.5 - lat.tan().asinh() / (2.0 * std::f64::consts::PI);
        let y = south * across - f64::from(self.y);
        Coord {
            x: x * EXTENT,
            y: y * EXTENT,
        }
    }

    /// Metres in a pixel, in its middle.
    pub fn metres(self) -> f64 {
        let across = f64::from(1_u32 << self.z);
        let north = std::f64::consts::PI * (1.0 - 2.0 * (f64::from(self.y) + 0.5) / across);
        // The scale of the projection there.
        EQUATOR / north.cosh() * PIXEL / EXTENT / across
    }

    /// Whether any of it lies within bounds: south, west, north and east in degrees.
    pub fn touches(self, (south, west, north, east): (f64, f64, f64, f64)) -> bool {
        let (least, most) = (self.units((north, west)), self.units((south, east)));
        least.x < EXTENT && least.y < EXTENT && most.x > 0.0 && most.y > 0.0
    }
}

/// What of a square's plane is drawn.
pub fn drawn() -> Rect<f64> {
    Rect::new((-BUFFER, -BUFFER), (EXTENT + BUFFER, EXTENT + BUFFER))
}

fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_has_one_address() {
        let parse = Square::parse;
        let expected = Square {
            z: 12,
            x: 703,
            y: 1635,
        };
        assert_eq!(parse("12", "703", "1635"), Some(expected));
        for (z, x, y) in [
            ("5", "1", "1"),
            ("15", "1", "1"),
            ("12", "4096", "1"),
            ("12", "1", "4096"),
            ("12", "-1", "1"),
            ("12", "+1", "1"),
            ("12", "01", "1"),
            ("12", "1e3", "1"),
            ("12", "", "1"),
            ("99999999999999999999", "1", "1"),
            ("12", "1", "99999999999999999999"),
        ] {
            assert_eq!(parse(z, x, y), None, "{z}/{x}/{y}");
        }
    }

    #[test]
    fn a_point_lies_in_the_square_that_other_maps_put_it_in() {
        // 5th and San Pedro: 12/702/1635 by the usual formula.
        let square = Square {
            z: 12,
            x: 702,
            y: 1635,
        };
        let at = square.units((34.0442, -118.2439));
        assert!((0.0..EXTENT).contains(&at.x), "{at:?}");
        assert!((0.0..EXTENT).contains(&at.y), "{at:?}");
        let world = Square { z: 0, x: 0, y: 0 };
        let middle = world.units((0.0, 0.0));
        assert!((middle.x - EXTENT / 2.0).abs() < 1e-9 && (middle.y - EXTENT / 2.0).abs() < 1e-9);
        assert!(square.touches((34.0, -118.3, 34.1, -118.2)));
        assert!(!square.touches((35.0, -118.3, 35.1, -118.2)));
    }
}
