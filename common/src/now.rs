//! The retained `now` message: what the map shows at this time, so that an edge can answer texts while the hub is away.

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::report::Minute;

/// How much a sighting rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// One report in words.
    Unconfirmed,
    /// One with photo evidence.
    Photo,
    /// Two independent reports within 60 minutes.
    Corroborated,
}

impl Level {
    /// The word that every view uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Photo => "photo",
            Self::Corroborated => "corroborated",
        }
    }
}

/// One cell of the map as it stands. Obey `fades_at`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSighting {
    /// Where.
    pub cell: Cell,
    /// How sure.
    pub level: Level,
    /// The last report of police being present.
    pub last_seen: Minute,
    /// When a lone other sender said that they were gone.
    pub reported_gone: Option<Minute>,
    /// From this second on it must not be shown.
    pub fades_at: Minute,
}

/// An area whose people know the number: its outline, (latitude, longitude) in millionths of a degree, not closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outline(pub Vec<(i32, i32)>);

impl Outline {
    /// From degrees.
    pub fn new(points: &[(f64, f64)]) -> Self {
        // Saturates where a value is off the globe.
        let micro = |degrees: f64| (degrees * 1e6).round() as i32;
        let points = points.iter();
        Self(points.map(|&(lat, lon)| (micro(lat), micro(lon))).collect())
    }

    /// Whether a point lies inside, by the even-odd rule.
    pub fn contains(&self, lat: f64, lon: f64) -> bool {
        let (lat, lon) = (lat * 1e6, lon * 1e6);
        let points = self
            .0
            .iter()
            .map(|&(lat, lon)| (f64::from(lat), f64::from(lon)));
        let ends = points.clone().cycle().skip(1);
        let crossed = points
            .zip(ends)
            .filter(|&((a_lat, a_lon), (b_lat, b_lon))| {
                (a_lat > lat) != (b_lat > lat)
                    && lon < a_lon + (lat - a_lat) / (b_lat - a_lat) * (b_lon - a_lon)
            });
        crossed.count() % 2 == 1
    }
}

/// What the map shows, with the hub's time of writing, and where and whether silence means anything at all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Seconds since 1970; over 10 minutes old means "no data".
    pub written_at: i64,
    /// Whether any node is connected: while none is, silence means "no data".
    pub node_online: bool,
    /// Outside of these, silence means "no data". The first areas, of at most [`Now::MOST_POINTS`] points together.
    pub coverage: Vec<Outline>,
    /// Whether `sightings` holds all there are; if not, silence means "no data".
    pub complete: bool,
    /// In order of cell; the newest [`Now::MOST_SIGHTINGS`].
    pub sightings: Vec<CurrentSighting>,
}

impl Now {
    /// 27 bytes each at most, so that all fit an envelope.
    pub const MOST_SIGHTINGS: usize = 4096;

    /// 10 bytes each at most.
    pub const MOST_POINTS: usize = 4096;

    /// Whether people at a point know the number.
    pub fn covers(&self, lat: f64, lon: f64) -> bool {
        self.coverage
            .iter()
            .any(|outline| outline.contains(lat, lon))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_holds_what_lies_inside() {
        let outline = Outline::new(&[
            (34.0, -118.3),
            (34.1, -118.3),
            (34.1, -118.2),
            (34.05, -118.25),
            (34.0, -118.2),
        ]);
        for (lat, lon, inside) in [
            (34.05, -118.28, true),
            (34.08, -118.23, true),
            (34.05, -118.22, false),
            (34.05, -118.31, false),
            (33.99, -118.25, false),
            (0.0, 0.0, false),
        ] {
            assert_eq!(outline.contains(lat, lon), inside, "{lat} {lon}");
        }
        assert!(!Outline(Vec::new()).contains(34.0, -118.0));
    }

    #[test]
    fn the_largest_fits_an_envelope() {
        let sighting = CurrentSighting {
            cell: Cell::at(34.05, -118.24, 9).expect("a cell"),
            level: Level::Corroborated,
            last_seen: Minute(u32::MAX),
            reported_gone: Some(Minute(u32::MAX)),
            fades_at: Minute(u32::MAX),
        };
        let now = Now {
            written_at: i64::MAX,
            node_online: true,
            coverage: vec![Outline(vec![(i32::MIN, i32::MAX); Now::MOST_POINTS])],
            complete: false,
            sightings: vec![sighting; Now::MOST_SIGHTINGS],
        };
        let network = "a-network".parse().expect("a name");
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let sealed = crate::envelope::seal(&key, &network, &now);
        assert!(
            sealed.len() <= crate::envelope::MAX_BYTES,
            "{}",
            sealed.len()
        );
    }
}
