//! How well a places file finds the corners of an export that it was not built from.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use spotlight_common::gazetteer::{Gazetteer, GazetteerError};

use super::BuildError;
use super::plane::Plane;
use super::rows::{self, Facts, FieldMap};

/// `spotlight-hub gazetteer check`
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The places file; without it the built-in one
    #[arg(long, value_name = "FILE")]
    pub places: Option<PathBuf>,
    /// An export whose corners are the truth
    #[arg(long, value_name = "FILE")]
    pub csv: PathBuf,
    /// Which columns hold what, as for `build`
    #[arg(
        long,
        value_name = "KEY=COLUMN,...",
        default_value = "address=address,zip=zipcode,lat=latitude,lon=longitude"
    )]
    pub map: FieldMap,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The places file cannot be used.
    #[error("the places file cannot be used")]
    Places(#[from] GazetteerError),
    /// The export cannot be used.
    #[error("the export cannot be used")]
    Rows(#[from] BuildError),
}

/// Of the corners of an export, asked for as `A & B, ZIP`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// How many there are.
    pub corners: usize,
    /// How many of these are of two streets that the places know.
    pub known: usize,
    /// How many were found, right or wrong.
    pub found: usize,
    /// The found ones, of all.
    pub hit_rate: f64,
    /// The found ones, of those of two known streets.
    pub hit_rate_of_known: f64,
    /// Of the found ones, in metres.
    pub median_error_m: f64,
    /// Found more than 400 m off.
    pub over_400_m: usize,
    /// Answered with a question because several places answer to it.
    pub asked_back: usize,
}

/// Measures.
pub fn check(args: &CheckArgs) -> Result<Measured, CheckError> {
    let gazetteer = match &args.places {
        Some(path) => std::sync::Arc::new(Gazetteer::load(path)?),
        None => Gazetteer::los_angeles(),
    };
    let mut facts = Facts::default();
    rows::read(&args.csv, &args.map, &mut facts)?;
    let mut errors = Vec::new();
    let (mut known, mut asked_back) = (0, 0);
    for ((a, b, zip), mean) in &facts.corners {
        let (lat, lon) = mean.point();
        known += usize::from(gazetteer.knows_street(a) && gazetteer.knows_street(b));
        match gazetteer.find(&format!("{a} & {b}, {zip}")) {
            Ok(place) => {
                let plane = Plane::around(lat, lon);
                let error = plane
                    .project((place.lat, place.lon))
                    .distance(plane.project((lat, lon)));
                if error > 400.0 {
                    tracing::debug!(a, b, zip, error, label = place.label, "found far off");
                }
                errors.push(error);
            }
            Err(missing) => {
                let known = gazetteer.knows_street(a) && gazetteer.knows_street(b);
                tracing::debug!(a, b, zip, lat, lon, known, why = ?missing.why, asked = missing.candidates.len(), "not found");
                asked_back += usize::from(!missing.candidates.is_empty());
            }
        }
    }
    errors.sort_by(f64::total_cmp);
    Ok(Measured {
        corners: facts.corners.len(),
        known,
        found: errors.len(),
        hit_rate: errors.len() as f64 / facts.corners.len().max(1) as f64,
        hit_rate_of_known: errors.len() as f64 / known.max(1) as f64,
        median_error_m: errors.get(errors.len() / 2).copied().unwrap_or(0.0),
        over_400_m: errors.iter().filter(|&&error| error > 400.0).count(),
        asked_back,
    })
}
