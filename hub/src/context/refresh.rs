//! What is fetched of a context layer: the city's address is asked whether its file is still the one that is known, and a new
//! one takes the old one's place if it holds about as much.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use ureq::http::header;

use super::command::{has, one, put};
use super::read::{Build, CameraFiles, Report, TransitFiles};
use super::{Drawn, Kept, Which};
use crate::city::City;
use crate::feeds::http::{Client, VERSION};
use crate::feeds::status::{Status, Trouble, status};
use crate::feeds::{FeedError, gtfs, said};
use crate::store::open_data::sources::{self, SourceState};
use crate::store::open_data::{self, OpenData};
use crate::store::reports::StoreError;

/// A file may take so long, and be so large.
const PATIENCE: Duration = Duration::from_secs(1800);
const LARGEST: u64 = 256 << 20;

/// Failures in a row that readers are told of, while somebody asks (seconds).
const TOLD: u32 = 2;
const ABANDONED: i64 = 7 * 24 * 3600;

/// How often a running hub looks for a new file, if it does: transit also for the first time, cameras only once somebody
/// asked for them; and never in the place of what an operator imported.
pub fn every_hours(data: &Path, city: &City, which: Which) -> Result<Option<u32>, StoreError> {
    let Some(hours) = which.source(city).and_then(|source| source.every_hours) else {
        return Ok(None);
    };
    let is_fetched = match which {
        Which::Transit => fetched::<super::Transit>(data, which)?,
        Which::Cameras => fetched::<super::Cameras>(data, which)?,
    };
    let is_wanted = is_fetched.unwrap_or(which == Which::Transit);
    Ok(is_wanted.then_some(hours))
}

fn fetched<T: Drawn>(data: &Path, which: Which) -> Result<Option<bool>, StoreError> {
    let kept: Option<Kept<T>> = open_data::context::context(data, which.id())?;
    Ok(kept.map(|kept| kept.is_fetched))
}

/// Reads the layer's file if it is a new one; nothing to report if it is not.
pub fn read(
    client: &Client,
    store: &OpenData,
    data: &Path,
    city: &City,
    which: Which,
) -> Result<Option<Report>, FeedError> {
    has(which, city)?;
    let id = which.id();
    let mut state = store.source(id, id)?;
    state.tried_at = Timestamp::now().as_second();
    let result = match which {
        Which::Transit => {
            let is_same = |file: File, before: &Kept<super::Transit>| {
                let version = gtfs::versions(file)?;
                Ok(version.is_some() && version == before.version)
            };
            fetch::<TransitFiles>(client, store, data, city, which, &mut state, is_same)
        }
        Which::Cameras => {
            let is_same = |_: File, _: &Kept<super::Cameras>| Ok(false);
            fetch::<CameraFiles>(client, store, data, city, which, &mut state, is_same)
        }
    };
    match &result {
        Ok(report) => {
            state.rows += report.as_ref().map_or(0, |report| report.rows);
            state.read_at = state.tried_at;
            state.succeeded();
        }
        Err(error) => state.failed(said(error)),
    }
    store.put_source(id, id, &state)?;
    result
}

fn fetch<B: Build>(
    client: &Client,
    store: &OpenData,
    data: &Path,
    city: &City,
    which: Which,
    state: &mut SourceState,
    is_same: impl Fn(File, &Kept<B::Layer>) -> Result<bool, FeedError>,
) -> Result<Option<Report>, FeedError> {
    let address = which.source(city).and_then(|source| source.address.clone());
    let address = address.ok_or_else(|| {
        FeedError::Answer(format!(
            "[{}] of the city `{}` has no address; import a file",
            which.id(),
            city.id
        ))
    })?;
    let before: Option<Kept<B::Layer>> = open_data::context::context(data, which.id())?;
    let before = before.filter(|before| before.is_fetched);
    // What is known of another address, or what is not there any more, says nothing.
    state.is_of(&address);
    let known = state.version.clone().filter(|_| before.is_some());
    let mut response =
        client.patiently(|| client.get(&address, "*/*", known.as_deref(), PATIENCE))?;
    if response.status().as_u16() == 304 {
        return Ok(None);
    }
    let version = VERSION
        .iter()
        .find_map(|name| Some(response.headers().get(name)?.to_str().ok()?.to_owned()));
    let form = response.headers().get(header::CONTENT_TYPE);
    if form.is_some_and(|form| form.as_bytes().starts_with(b"text/html")) {
        return Err(FeedError::Type {
            address,
            got: "text/html".to_owned(),
        });
    }
    let mut file = tempfile::tempfile_in(data)?;
    let copied = io::copy(
        &mut response.body_mut().as_reader().take(LARGEST + 1),
        &mut file,
    );
    let copied = copied.map_err(|error| FeedError::Cut {
        address: address.clone(),
        reason: error.to_string(),
    })?;
    if copied > LARGEST {
        return Err(FeedError::Form("larger than such a file would be"));
    }
    file.rewind()?;
    // Where the server does not say whether its file is the same, the file does.
    if let (None, Some(before)) = (&version, &before)
        && is_same(file.try_clone()?, before)?
    {
        return Ok(None);
    }
    file.rewind()?;
    let mut build = B::default();
    let report = one(&mut build, file, city, which.id())?;
    if let Some(before) = &before
        && (report.records - report.unplaced) * 2 < before.what.count() as u64
    {
        return Err(FeedError::Form(
            "less than half of what the map has; `spotlight-hub import` takes it all the same",
        ));
    }
    put(which, store, build, report.rows, true)?;
    state.version = version;
    Ok(Some(report))
}

/// How each layer of the city's file is doing, as `spotlight-hub feeds` lists it.
pub fn statuses(data: &Path, city: &City, now: Timestamp) -> Result<Vec<Status>, StoreError> {
    let mut all = Vec::new();
    for which in Which::ALL {
        if which.source(city).is_none() {
            continue;
        }
        let id = which.id();
        let about = match which {
            Which::Transit => about::<super::Transit>(data, which)?,
            Which::Cameras => about::<super::Cameras>(data, which)?,
        };
        let mut state = sources::source(data, id, id)?.unwrap_or_default();
        let mut as_of = None;
        if let Some((read_at, day, rows)) = about {
            state.read_at = state.read_at.max(read_at);
            state.rows = state.rows.max(rows);
            as_of = day.map(|day| open_data::day(day).to_string());
        }
        let kind = match which {
            Which::Transit => "gtfs",
            Which::Cameras => "geojson",
        };
        let is_scheduled = every_hours(data, city, which)?.is_some();
        all.push(status(
            (id, id, kind),
            Some(state),
            is_scheduled,
            as_of,
            now,
        ));
    }
    Ok(all)
}

type About = (i64, Option<i32>, u64);

fn about<T: Drawn>(data: &Path, which: Which) -> Result<Option<About>, StoreError> {
    let kept: Option<Kept<T>> = open_data::context::context(data, which.id())?;
    Ok(kept.map(|kept| (kept.read_at, kept.as_of, kept.rows)))
}

/// Whether readers should know that a layer cannot be refreshed.
pub fn trouble(data: &Path, which: Which) -> Result<Option<Trouble>, StoreError> {
    let state = sources::source(data, which.id(), which.id())?.unwrap_or_default();
    let is_asked = Timestamp::now().as_second() - state.tried_at < ABANDONED;
    let since = Timestamp::from_second(state.read_at).ok();
    Ok((state.failures >= TOLD && is_asked).then(|| Trouble {
        since: since.filter(|_| state.read_at > 0),
    }))
}
