//! Boundary files, as portals publish them, into a boundary set: `read -> simplify -> store`.

pub mod read;
pub mod simplify;

use std::fs;
use std::path::PathBuf;

use super::FeedError;
use crate::city::{City, CityError};
use crate::folders;
use crate::store::open_data::OpenData;

/// Borders are drawn to so many metres.
pub const TOLERANCE: f64 = 12.0;

/// `spotlight-hub boundaries`.
#[derive(Debug, clap::Args)]
pub struct BoundariesArgs {
    /// A built-in city, or the path of a city file.
    #[arg(long)]
    pub city: String,
    /// One of the city's boundary sets.
    #[arg(long)]
    pub set: String,
    /// The hub's data folder, or a box's: the map takes them from there.
    #[arg(long, required_unless_present = "out")]
    pub data: Option<PathBuf>,
    /// Write them as text instead, as they ship with a city.
    #[arg(long, conflicts_with = "data")]
    pub out: Option<PathBuf>,
    /// GeoJSON, or a zip of a shapefile with its .prj.
    pub file: PathBuf,
}

/// Reads a file's areas into the store, or writes them as text; a JSON line on stdout says how many.
pub fn run(args: &BoundariesArgs) -> Result<String, FeedError> {
    let city = City::load(&args.city)?;
    let set = city
        .boundaries
        .iter()
        .find(|set| set.id == args.set)
        .ok_or_else(|| CityError::Set {
            city: args.city.clone(),
            set: args.set.clone(),
        })?;
    let read = read::read(&fs::read(&args.file)?, set)?;
    let areas = simplify::simplify(&read, TOLERANCE);
    let corners = simplify::count(&areas.0);
    if let Some(out) = &args.out {
        let about = [
            format!("{}: {}", city.name, set.id),
            format!("terms: {}", set.licence),
            format!(
                "simplified to {TOLERANCE} m by: spotlight-hub boundaries --city {} --set {} --out FILE",
                city.id, set.id
            ),
        ];
        fs::write(out, areas.write(&about))?;
    }
    if let Some(data) = &args.data {
        let store = OpenData::open(&folders::claimed(&crate::hub_folder(data), &city)?)?;
        let now = jiff::Timestamp::now().as_second();
        store.put_areas(&set.id, &areas, store.areas(set)?, now)?;
    }
    let line = serde_json::json!({
        "file": args.file.display().to_string(),
        "set": set.id,
        "areas": areas.0.len(),
        "corners": corners,
    });
    Ok(format!("{line}\n"))
}
