//! The part of an archive within a box, as an archive of its own.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use pmtiles::{AsyncPmTilesReader, Header, PmTilesWriter, TileCoord, TileId};

use super::{BasemapError, Remote};

/// No extract has more tiles; a county at zoom 15 has fifty thousand.
const MOST_TILES: u64 = 1_000_000;

/// What was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extract {
    /// Tiles in it.
    pub tiles: u64,
    /// Its size, octets.
    pub octets: u64,
}

/// Cuts `bbox` (west, south, east, north; degrees) down to `max_zoom` out of an archive into a file, which appears whole or not
/// at all. `step` hears of each tile asked for: how many so far, and of how many.
pub async fn extract(
    remote: &Remote,
    address: &str,
    bbox: [f64; 4],
    max_zoom: u8,
    to: &Path,
    mut step: impl FnMut(u64, u64),
) -> Result<Extract, BasemapError> {
    let broken = |source| {
        remote.failure().unwrap_or(BasemapError::Archive {
            address: address.to_owned(),
            source,
        })
    };
    let reader = AsyncPmTilesReader::try_from_source(remote)
        .await
        .map_err(broken)?;
    let header = reader.get_header();
    let metadata = reader.get_metadata().await.map_err(broken)?;
    let (lowest, highest) = (header.min_zoom, header.max_zoom.min(max_zoom));
    let bbox = overlap(bbox, header)?;
    let ids = ids(bbox, lowest, highest)?;

    let part = to.with_extension("part");
    let unwritten = |source: std::io::Error| BasemapError::Write {
        path: to.to_owned(),
        source,
    };
    let file = BufWriter::new(File::create(&part).map_err(unwritten)?);
    let other = |error: pmtiles::PmtError| unwritten(std::io::Error::other(error));
    let mut writer = PmTilesWriter::new(header.tile_type)
        .precompressed(header.tile_compression)
        .min_zoom(lowest)
        .max_zoom(highest)
        .bounds(bbox[0], bbox[1], bbox[2], bbox[3])
        .center((bbox[0] + bbox[2]) / 2.0, (bbox[1] + bbox[3]) / 2.0)
        .center_zoom(highest.min(12))
        .metadata(metadata)
        .create(file)
        .map_err(other)?;
    let (all, mut tiles) = (ids.len() as u64, 0);
    for (n, id) in ids.into_iter().enumerate() {
        step(n as u64 + 1, all);
        if let Some(tile) = reader.get_tile(id).await.map_err(broken)? {
            writer.add_tile(TileCoord::from(id), &tile).map_err(other)?;
            tiles += 1;
        }
    }
    writer.finalize().map_err(other)?;
    let file = File::open(&part).map_err(unwritten)?;
    file.sync_all().map_err(unwritten)?;
    let octets = file.metadata().map_err(unwritten)?.len();
    std::fs::rename(&part, to).map_err(unwritten)?;
    Ok(Extract { tiles, octets })
}

/// What of a box an archive covers.
fn overlap(bbox: [f64; 4], header: &Header) -> Result<[f64; 4], BasemapError> {
    let [west, south, east, north] = bbox;
    let both = [
        west.max(header.min_longitude),
        south.max(header.min_latitude),
        east.min(header.max_longitude),
        north.min(header.max_latitude),
    ];
    if both[0] < both[2] && both[1] < both[3] {
        return Ok(both);
    }
    Err(BasemapError::Elsewhere(format!(
        "{},{},{},{}",
        header.min_longitude, header.min_latitude, header.max_longitude, header.max_latitude
    )))
}

/// The tiles that a box touches, in the order in which an archive keeps them.
fn ids(bbox: [f64; 4], lowest: u8, highest: u8) -> Result<Vec<TileId>, BasemapError> {
    let mut all = Vec::new();
    let mut count = 0_u64;
    for z in lowest..=highest {
        let [west, south, east, north] = bbox;
        let (left, top) = tile(z, west, north);
        let (right, bottom) = tile(z, east, south);
        count += u64::from(right - left + 1) * u64::from(bottom - top + 1);
        if count > MOST_TILES {
            return Err(BasemapError::TooLarge {
                tiles: count,
                most: MOST_TILES,
            });
        }
        let coords = (left..=right).flat_map(|x| (top..=bottom).map(move |y| (x, y)));
        all.extend(coords.filter_map(|(x, y)| Some(TileId::from(TileCoord::new(z, x, y).ok()?))));
    }
    all.sort_unstable_by_key(|id| id.value());
    Ok(all)
}

/// The tile of a place, web Mercator.
fn tile(z: u8, lon: f64, lat: f64) -> (u32, u32) {
    let side = f64::from(1_u32 << z.min(30));
    let lat = lat.clamp(-85.05, 85.05).to_radians();
    let x = (lon + 180.0) / 360.0 * side;
    let y = (1.0 - lat.tan().asinh() / std::f64::consts::PI) / 2.0 * side;
    let within = |value: f64| value.floor().clamp(0.0, side - 1.0) as u32;
    (within(x), within(y))
}
