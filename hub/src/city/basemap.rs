//! The lines of a city's map: its outline and its main streets, as facts with provenance.

/// A street's longest run.
#[derive(Debug, Clone, PartialEq)]
pub struct Street {
    /// As the city writes it, for instance `SUNSET BLVD`.
    pub name: String,
    /// (latitude, longitude) in degrees.
    pub points: Vec<(f64, f64)>,
    /// Its length in metres.
    pub metres: f64,
}

/// What a map is drawn from where there is no tile server.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Basemap {
    /// The city's rings, (latitude, longitude) in degrees.
    pub outline: Vec<Vec<(f64, f64)>>,
    /// Longest first.
    pub streets: Vec<Street>,
}
