//! A city as a plane: metres east and north of a point in it.

/// Metres east and north of the plane's origin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// The tangent plane of a city (off by less than 1 in 1,000 over 50 km).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plane {
    lat: f64,
    lon: f64,
    east: f64,
}

const NORTH: f64 = 111_195.0;

impl Plane {
    pub(crate) fn around(lat: f64, lon: f64) -> Self {
        Self {
            lat,
            lon,
            east: NORTH * lat.to_radians().cos(),
        }
    }

    pub(crate) fn project(&self, (lat, lon): (f64, f64)) -> Point {
        Point {
            x: (lon - self.lon) * self.east,
            y: (lat - self.lat) * NORTH,
        }
    }

    pub(crate) fn unproject(&self, point: Point) -> (f64, f64) {
        (self.lat + point.y / NORTH, self.lon + point.x / self.east)
    }
}

impl Point {
    pub(crate) fn distance(self, other: Self) -> f64 {
        (self.x - other.x).hypot(self.y - other.y)
    }

    /// How far it is from a segment.
    pub(crate) fn distance_to_segment(self, a: Self, b: Self) -> f64 {
        self.distance(self.onto_segment(a, b))
    }

    /// The point of a segment nearest to it.
    pub(crate) fn onto_segment(self, a: Self, b: Self) -> Self {
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let square = dx * dx + dy * dy;
        if square == 0.0 {
            return a;
        }
        let along = (((self.x - a.x) * dx + (self.y - a.y) * dy) / square).clamp(0.0, 1.0);
        Self {
            x: a.x + along * dx,
            y: a.y + along * dy,
        }
    }
}

/// The length of a line.
pub(crate) fn length(line: &[Point]) -> f64 {
    line.windows(2).map(|pair| pair[0].distance(pair[1])).sum()
}
