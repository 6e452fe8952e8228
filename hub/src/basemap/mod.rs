//! A map of the world beneath ours, where an operator has one: a PMTiles archive (version 3) on the hub's own disk, cut once
//! from a public build. Nobody's browser asks that build for anything.

pub mod command;
mod extract;
mod local;
mod remote;

#[cfg(test)]
mod tests;

pub use extract::{Extract, extract};
pub use local::{Basemap, Tile};
pub use remote::Remote;

/// Why an archive cannot be read or cut.
#[derive(Debug, thiserror::Error)]
pub enum BasemapError {
    /// The server that has it cannot be reached, or gave up.
    #[error("`{address}` cannot be read: {reason}")]
    Unreachable {
        /// As it was given.
        address: String,
        /// What was said.
        reason: String,
    },
    /// It sends whole files only.
    #[error(
        "`{0}` does not send parts of a file (HTTP ranges); take an address that does, or download the file whole"
    )]
    NoRanges(String),
    /// Another version took its place.
    #[error("`{0}` was replaced while it was read: start again")]
    Changed(String),
    /// Nothing of it lies in the box.
    #[error("the archive has no tile in this box: it is of {0}")]
    Elsewhere(String),
    /// Too much to ask for.
    #[error(
        "the box holds {tiles} tiles, more than {most}: take a smaller one, or a lower --max-zoom"
    )]
    TooLarge {
        /// How many.
        tiles: u64,
        /// How many at most.
        most: u64,
    },
    /// It is no archive of this format, or a damaged one.
    #[error("`{address}` is no PMTiles archive that can be read")]
    Archive {
        /// As it was given.
        address: String,
        /// What is wrong.
        #[source]
        source: pmtiles::PmtError,
    },
    /// The file that the configuration names cannot be opened.
    #[error("failed to read the basemap `{path}`: name another in hub.toml, or none")]
    Read {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Pictures, or compressed otherwise.
    #[error("`{0}` holds no vector tiles that pages read: MVT, compressed with gzip or not at all")]
    Kind(std::path::PathBuf),
    /// The extract cannot be written.
    #[error("failed to write `{path}`")]
    Write {
        /// Which file.
        path: std::path::PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
