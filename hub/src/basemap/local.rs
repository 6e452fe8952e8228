//! The archive on the hub's own disk, from which pages get their tiles.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use pmtiles::{
    AsyncBackend, AsyncPmTilesReader, BackendResponse, Compression, HashMapCache, PmtError,
    PmtResult, TileCoord, TileType,
};
use serde_json::Value;

use super::BasemapError;

/// An open archive of vector tiles; cheap to share.
pub struct Basemap {
    reader: AsyncPmTilesReader<OnDisk, HashMapCache>,
    /// Whom its data is of, as text.
    pub attribution: Option<String>,
    /// What its tiles hold, as TileJSON lists it.
    pub layers: Value,
    /// Another for another file.
    pub version: String,
}

/// A tile as it is kept.
pub enum Tile {
    /// Compressed with gzip.
    Gzip(Bytes),
    /// As it is.
    Plain(Bytes),
}

impl Basemap {
    /// Opens the archive that a configuration names.
    pub async fn open(path: &Path) -> Result<Self, BasemapError> {
        let read = |source| BasemapError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read)?;
        let length = file.metadata().map_err(read)?.len();
        let broken = |source| BasemapError::Archive {
            address: path.display().to_string(),
            source,
        };
        let backend = OnDisk(Arc::new(file));
        let reader = AsyncPmTilesReader::try_from_cached_source(backend, HashMapCache::default())
            .await
            .map_err(broken)?;
        let header = reader.get_header();
        let is_ours = header.tile_type == TileType::Mvt
            && [Compression::Gzip, Compression::None].contains(&header.tile_compression);
        if !is_ours {
            return Err(BasemapError::Kind(path.to_owned()));
        }
        let metadata = reader.get_metadata().await.map_err(broken)?;
        let metadata: Value = serde_json::from_str(&metadata).unwrap_or_default();
        let attribution = metadata["attribution"].as_str().map(without_tags);
        let layers = metadata["vector_layers"].clone();
        let version = format!("{}{length}", header.n_tile_entries().map_or(0, u64::from));
        Ok(Self {
            reader,
            attribution,
            layers,
            version,
        })
    }

    /// West, south, east, north; degrees.
    pub fn bounds(&self) -> [f64; 4] {
        let header = self.reader.get_header();
        [
            header.min_longitude,
            header.min_latitude,
            header.max_longitude,
            header.max_latitude,
        ]
    }

    /// The coarsest and the finest.
    pub fn zooms(&self) -> (u8, u8) {
        let header = self.reader.get_header();
        (header.min_zoom, header.max_zoom)
    }

    /// A tile, if there is one.
    pub async fn tile(&self, z: u8, x: u32, y: u32) -> Result<Option<Tile>, PmtError> {
        let Ok(coord) = TileCoord::new(z, x, y) else {
            return Ok(None);
        };
        let tile = self.reader.get_tile(coord).await?;
        Ok(
            tile.map(|tile| match self.reader.get_header().tile_compression {
                Compression::Gzip => Tile::Gzip(tile),
                _ => Tile::Plain(tile),
            }),
        )
    }
}

impl std::fmt::Debug for Basemap {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Basemap")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Attributions come with links in them; the page writes its own.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for character in html.chars() {
        match character {
            '<' => is_tag = true,
            '>' => is_tag = false,
            _ if !is_tag => text.push(character),
            _ => (),
        }
    }
    text.trim().to_owned()
}

struct OnDisk(Arc<File>);

impl AsyncBackend for OnDisk {
    async fn read(&self, offset: u64, length: usize) -> PmtResult<BackendResponse> {
        let file = self.0.clone();
        let read = move || {
            let mut bytes = vec![0; length];
            let mut filled = 0;
            while filled < length {
                match file.read_at(&mut bytes[filled..], offset + filled as u64)? {
                    0 => break,
                    n => filled += n,
                }
            }
            bytes.truncate(filled);
            Ok(bytes)
        };
        let bytes = tokio::task::spawn_blocking(read)
            .await
            .map_err(std::io::Error::other)
            .and_then(|read| read)
            .map_err(PmtError::Reading)?;
        Ok(BackendResponse::new(Bytes::from(bytes)))
    }
}
