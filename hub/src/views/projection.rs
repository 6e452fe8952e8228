//! From degrees to the units of a drawing, and which part of the city a drawing shows.
//!
//! A city is small enough for a plane: metres east and south of the middle of its bounds.
//! A drawing is 1,000 units wide and 720 high, so that a phone has room for words above and below it; a page's links name it by zoom and a grid of a quarter of its width, so
//! that there are few enough of them to keep.

use crate::city::City;
use crate::views::Picture;

/// Units across a drawing.
pub const WIDTH: f64 = 1000.0;
/// Units from its top to its bottom.
pub const HEIGHT: f64 = 720.0;
/// What is drawn beyond each edge, so that a screen of another shape is filled too.
pub const BLEED: f64 = 250.0;
/// At zoom 0 a drawing holds the city, and each zoom halves its width.
pub const MAX_ZOOM: u8 = 6;
/// No first picture is closer than this, in metres.
const LEAST_WIDTH: f64 = 3_600.0;

/// Metres east and south of a city's middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    pub lat: f64,
    pub lon: f64,
    /// Metres in a degree of latitude and of longitude.
    pub per_lat: f64,
    pub per_lon: f64,
    /// Metres across a drawing that holds the city.
    pub width: f64,
}

impl Plane {
    pub fn of(city: &City) -> Self {
        let (south, west, north, east) = city.bounds;
        let (lat, lon) = ((south + north) / 2.0, (west + east) / 2.0);
        let per_lat = 110_950.0;
        let per_lon = 111_320.0 * lat.to_radians().cos();
        let (wide, high) = ((east - west) * per_lon, (north - south) * per_lat);
        let width = wide.max(high * WIDTH / HEIGHT).max(LEAST_WIDTH) * 1.04;
        Self {
            lat,
            lon,
            per_lat,
            per_lon,
            width,
        }
    }

    /// A point in degrees, in metres east and south of the middle.
    pub fn metres(&self, (lat, lon): (f64, f64)) -> (f64, f64) {
        (
            (lon - self.lon) * self.per_lon,
            (self.lat - lat) * self.per_lat,
        )
    }
}

/// Which part of the city a reader asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum View {
    /// The coverage and what is seen now.
    #[default]
    Now,
    /// One neighbourhood of the coverage, counted from 0.
    Area(u8),
    /// Zoom, and the middle in quarters of a width from the city's top left.
    Grid { z: u8, x: u16, y: u16 },
}

impl View {
    /// All of the city.
    pub const CITY: Self = Self::Grid { z: 0, x: 2, y: 2 };

    /// As an address has it; nothing for what every reader gets first.
    pub fn name(self) -> Option<String> {
        match self {
            Self::Now => None,
            Self::Area(n) => Some(format!("area.{n}")),
            Self::CITY => Some("city".to_owned()),
            Self::Grid { z, x, y } => Some(format!("{z}.{x}.{y}")),
        }
    }

    /// The nearest view that a link can name.
    pub fn grid(z: i32, plane: &Plane, (x, y): (f64, f64)) -> Self {
        let z = z.clamp(0, i32::from(MAX_ZOOM));
        if z == 0 {
            return Self::CITY;
        }
        let quarter = plane.width / f64::from(1 << z) / 4.0;
        let last = f64::from(4 << z);
        let on_grid = |metres: f64| ((metres + plane.width / 2.0) / quarter).round();
        Self::Grid {
            z: z as u8,
            x: on_grid(x).clamp(0.0, last) as u16,
            y: on_grid(y).clamp(0.0, last) as u16,
        }
    }
}

/// A part of the plane and how it becomes units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    pub plane: Plane,
    /// The middle, in metres.
    pub middle: (f64, f64),
    /// Metres across.
    pub width: f64,
}

impl Frame {
    pub fn of(view: View, picture: &Picture) -> Self {
        let plane = Plane::of(&picture.city);
        match view {
            View::Now => Self::around_now(plane, picture),
            View::Area(n) => match picture.coverage.get(usize::from(n)) {
                Some(area) => Self::around(plane, area.outline.iter().copied()),
                None => Self::around_now(plane, picture),
            },
            View::Grid { z, x, y } => {
                let z = z.min(MAX_ZOOM);
                let width = plane.width / f64::from(1 << z);
                let metres = |quarters: u16| {
                    f64::from(quarters.min(4 << z)) * width / 4.0 - plane.width / 2.0
                };
                Self {
                    plane,
                    middle: (metres(x), metres(y)),
                    width,
                }
            }
        }
    }

    /// Holds the coverage and every sighting; without either, the city.
    fn around_now(plane: Plane, picture: &Picture) -> Self {
        let cells = picture.sightings.iter().flat_map(|s| s.cell.boundary());
        let outlines = picture.coverage.iter().flat_map(|c| c.outline.clone());
        if picture.sightings.is_empty() && picture.coverage.is_empty() {
            return Self::of(View::CITY, picture);
        }
        Self::around(plane, cells.chain(outlines))
    }

    /// Holds some points, at least one, with room for a mark on each.
    fn around(plane: Plane, points: impl Iterator<Item = (f64, f64)>) -> Self {
        let (mut west, mut north) = (f64::INFINITY, f64::INFINITY);
        let (mut east, mut south) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for point in points {
            let (x, y) = plane.metres(point);
            (west, east) = (west.min(x), east.max(x));
            (north, south) = (north.min(y), south.max(y));
        }
        let width = (east - west).max((south - north) * WIDTH / HEIGHT) * 1.14;
        Self {
            plane,
            middle: ((west + east) / 2.0, (north + south) / 2.0),
            width: width.clamp(LEAST_WIDTH, plane.width),
        }
    }

    /// A point in degrees, in units.
    pub fn units(&self, point: (f64, f64)) -> (f64, f64) {
        let (x, y) = self.plane.metres(point);
        let scale = WIDTH / self.width;
        (
            (x - self.middle.0) * scale + WIDTH / 2.0,
            (y - self.middle.1) * scale + HEIGHT / 2.0,
        )
    }

    /// The zoom of the grid that comes nearest.
    pub fn zoom(&self) -> i32 {
        (self.plane.width / self.width).log2().round() as i32
    }

    /// The view that a link leads to: so many zooms closer, so many widths to the right and heights down.
    pub fn step(&self, closer: i32, right: f64, down: f64) -> View {
        let (x, y) = self.middle;
        let to = (
            x + right * self.width,
            y + down * self.width * HEIGHT / WIDTH,
        );
        View::grid(self.zoom() + closer, &self.plane, to)
    }
}

/// Whether a point in units is drawn at all.
pub fn is_drawn((x, y): (f64, f64)) -> bool {
    (-BLEED..=WIDTH + BLEED).contains(&x) && (-BLEED..=HEIGHT + BLEED).contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture;

    #[test]
    fn the_first_view_holds_coverage_and_sightings() {
        let picture = fixture::picture(3);
        let frame = Frame::of(View::Now, &picture);
        for sighting in &picture.sightings {
            let (x, y) = frame.units(sighting.cell.center());
            assert!((0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y));
        }
        assert!(frame.width < frame.plane.width / 3.0);
    }

    #[test]
    fn without_coverage_or_sightings_it_is_the_city() {
        let mut picture = fixture::picture(0);
        picture.coverage = std::sync::Arc::new(Vec::new());
        assert_eq!(
            Frame::of(View::Now, &picture),
            Frame::of(View::CITY, &picture)
        );
    }

    #[test]
    fn links_stay_on_the_grid() {
        let picture = fixture::picture(1);
        let frame = Frame::of(View::Now, &picture);
        let closer = Frame::of(frame.step(1, 0.0, 0.0), &picture);
        assert!(closer.width < frame.width);
        assert!((closer.middle.0 - frame.middle.0).abs() <= closer.width / 8.0 + 1.0);
        let mut view = View::CITY;
        for _ in 0..20 {
            view = Frame::of(view, &picture).step(1, 9.0, 9.0);
        }
        assert!(matches!(view, View::Grid { z: MAX_ZOOM, x, .. } if x <= 4 << MAX_ZOOM));
        // A hand-made address cannot leave it either.
        let wild = View::Grid {
            z: 255,
            x: u16::MAX,
            y: u16::MAX,
        };
        assert!(Frame::of(wild, &picture).width > 100.0);
    }
}
