//! The zip that a feed comes in: its tables lie at the top, in a folder, or in zips within it.
//!
//! A zip may claim more than it has and hold more than it weighs. Its directory is read up to a bound, each table up to
//! another, and a zip within it is copied to a nameless file and not into memory.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use zip::ZipArchive;

use crate::feeds::FeedError;

/// What is read to find out what a zip holds; its directory takes some 60 bytes an entry.
const DIRECTORY: u64 = 4 << 20;

/// The largest table. It is read through, not kept.
const LARGEST: u64 = 1 << 30;

/// The largest zip within a zip.
const LARGEST_WITHIN: u64 = 256 << 20;

/// A zip holds no more feeds.
const MOST_WITHIN: usize = 8;

/// The table that every feed has.
const FIRST: &str = "stops.txt";

/// One feed's tables.
pub struct Archive {
    zip: ZipArchive<Allowed<File>>,
    allowed: Rc<Cell<u64>>,
    /// In which they lie, with its slash.
    folder: String,
}

/// The feed of a zip; where it has none, those of the zips in it.
pub fn open(file: File) -> Result<Vec<Archive>, FeedError> {
    let mut archive = Archive::of(file)?;
    let mut names: Vec<(usize, String)> = (0..archive.zip.len())
        .filter_map(|at| Some((at, archive.zip.name_for_index(at)?.ok()?.into_owned())))
        .collect();
    // The nearest to the top.
    let depth = |name: &str| name.matches('/').count();
    names.sort_by_key(|(at, name)| (depth(name), *at));
    let folder = |name: &str| {
        let folder = name.strip_suffix(FIRST)?;
        (folder.is_empty() || folder.ends_with('/')).then(|| folder.to_owned())
    };
    if let Some(folder) = names.iter().find_map(|(_, name)| folder(name)) {
        archive.folder = folder;
        return Ok(vec![archive]);
    }
    let is_zip = |name: &str| name.to_ascii_lowercase().ends_with(".zip");
    let within = names.iter().filter(|(_, name)| is_zip(name));
    let mut feeds = Vec::new();
    for (at, _) in within.take(MOST_WITHIN) {
        let inner = Archive::of(archive.unpacked(*at)?)?;
        let mut inner = Archive {
            folder: String::new(),
            ..inner
        };
        let all = (0..inner.zip.len()).filter_map(|at| inner.zip.name_for_index(at)?.ok());
        let mut folders: Vec<String> = all.filter_map(|name| folder(&name)).collect();
        folders.sort_by_key(|folder| depth(folder));
        if let Some(folder) = folders.into_iter().next() {
            inner.folder = folder;
            feeds.push(inner);
        }
    }
    match feeds.is_empty() {
        true => Err(FeedError::Form("a zip without a stops.txt")),
        false => Ok(feeds),
    }
}

impl Archive {
    fn of(file: File) -> Result<Self, FeedError> {
        let allowed = Rc::new(Cell::new(DIRECTORY));
        let input = Allowed {
            input: file,
            allowed: allowed.clone(),
        };
        let zip = ZipArchive::new(input).map_err(|error| match error {
            zip::result::ZipError::Io(error) if error.get_ref().is_some() => FeedError::Io(error),
            _ => FeedError::Form("no zip that can be read"),
        })?;
        allowed.set(u64::MAX);
        Ok(Self {
            zip,
            allowed,
            folder: String::new(),
        })
    }

    /// One of its tables, if it has it and something is in it.
    pub fn table(&mut self, name: &str) -> Result<Option<impl Read + use<'_>>, FeedError> {
        let name = format!("{}{name}", self.folder);
        let Some(at) = self.zip.index_for_name(&name) else {
            return Ok(None);
        };
        self.allowed.set(u64::MAX);
        let entry = self.zip.by_index(at).map_err(unreadable)?;
        if entry.size() == 0 {
            return Ok(None);
        }
        Ok(Some(Allowed {
            input: entry,
            allowed: Rc::new(Cell::new(LARGEST)),
        }))
    }

    fn unpacked(&mut self, at: usize) -> Result<File, FeedError> {
        let mut inner = tempfile::tempfile()?;
        let entry = self.zip.by_index(at).map_err(unreadable)?;
        let mut entry = Allowed {
            input: entry,
            allowed: Rc::new(Cell::new(LARGEST_WITHIN)),
        };
        io::copy(&mut entry, &mut inner)?;
        inner.rewind()?;
        Ok(inner)
    }
}

fn unreadable(error: zip::result::ZipError) -> FeedError {
    FeedError::Io(io::Error::other(error))
}

/// Bytes of which there may be only so many.
struct Allowed<R> {
    input: R,
    allowed: Rc<Cell<u64>>,
}

impl<R: Read> Read for Allowed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        match self.allowed.get().checked_sub(read as u64) {
            Some(left) => self.allowed.set(left),
            None => {
                return Err(io::Error::other(
                    "the zip holds more than a feed of one city would",
                ));
            }
        }
        Ok(read)
    }
}

impl<R: Seek> Seek for Allowed<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.input.seek(to)
    }
}
