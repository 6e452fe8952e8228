//! Rents and the outlines of their areas, from files that the operator brings: `table -> census | zillow -> store`.
//!
//! A rent is published as it is: it is a figure of thousands of households, made by who publishes it so that none of them can
//! be told. Nothing is counted or added up. A period that is imported again is replaced.

mod census;
mod table;
mod zillow;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Cursor, Read as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::Date;
use spotlight_common::log;

use super::boundaries::{TOLERANCE, read as outlines, simplify};
use super::command::{ImportArgs, print};
use super::import::Counts;
use super::status::Status;
use super::values::cut;
use super::{FeedError, StoreError};
use crate::city::City;
use crate::city::boundaries::{Areas, BoundarySet, Ring};
use crate::city::rent::{Kind, Rent as Layer};
use crate::folders;
use crate::store::open_data::rents::{self, Rent, Rents};
use crate::store::open_data::sources::{self, StoredAreas};
use crate::store::open_data::{self, OpenData};

/// What a file may have. Zillow's has 10 MB; the outlines of a whole state's tracts, which are packed, as much.
const MOST_BYTES: u64 = 64 << 20;

/// What has been read of a table.
#[derive(Debug, Default)]
struct Read {
    /// Without headers.
    rows: u64,
    /// Of other counties, or of no tract.
    skipped: u64,
    /// Of an area that an earlier row had.
    twice: u64,
    rejected: BTreeMap<&'static str, u64>,
    by_area: BTreeMap<String, Rent>,
}

impl Read {
    fn reject(&mut self, reason: &'static str) {
        *self.rejected.entry(reason).or_default() += 1;
    }
}

/// The first row of an area counts.
fn take(read: &mut Read, set: &BoundarySet, name: &str, rent: Rent) {
    match set.name_of(name) {
        Some(name) if read.by_area.contains_key(&name) => read.twice += 1,
        Some(name) => {
            read.by_area.insert(name, rent);
        }
        None => read.reject("area"),
    }
}

fn wrong(reason: impl std::fmt::Display) -> FeedError {
    FeedError::Rent(cut(&reason.to_string(), 300))
}

/// Imports files of rents and of outlines, in any order, a JSON line each on stdout.
pub fn run_import(args: &ImportArgs, city: &City, layer: &Layer) -> Result<ExitCode, FeedError> {
    let data = folders::claimed(&crate::hub_folder(&args.data), city)?;
    let mut code = ExitCode::SUCCESS;
    for path in &args.file {
        match import(&data, city, layer, path, args.year) {
            Ok(counts) => print(&counts)?,
            Err(error @ FeedError::Store(_)) => return Err(error),
            Err(error) => {
                code = ExitCode::FAILURE;
                let reason = log::chain(&error);
                eprintln!("{}: {reason}", path.display());
                print(&serde_json::json!({ "file": path.display().to_string(), "error": reason }))?;
            }
        }
    }
    if let Some(lacks) = lacks(&data, city, layer)? {
        eprintln!("{}: {lacks}", layer.kind.id());
    }
    Ok(code)
}

/// One file into the store, which is opened only for one that could be read.
pub fn import(
    data: &Path,
    city: &City,
    layer: &Layer,
    path: &Path,
    year: Option<i16>,
) -> Result<Counts, FeedError> {
    let start = Instant::now();
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(wrong(format!("it is over {MOST_BYTES} bytes")));
    }
    let mut counts = match are_outlines(&bytes) {
        true => import_outlines(data, city, layer, &bytes)?,
        false => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            import_rents(data, layer, &table::read(&name, &bytes)?, &name, year)?
        }
    };
    counts.file = path.display().to_string();
    counts.seconds = start.elapsed().as_secs_f64();
    Ok(counts)
}

/// Whether it is a zipped shapefile or GeoJSON.
fn are_outlines(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"PK\x03\x04") {
        let Ok(zip) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            return false;
        };
        let mut names = zip.file_names().flatten();
        return names.any(|name| name.to_lowercase().ends_with(".shp"));
    }
    let mut start = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    start.find(|byte| !matches!(byte, 0xef | 0xbb | 0xbf)) == Some(&b'{')
}

fn import_outlines(
    data: &Path,
    city: &City,
    layer: &Layer,
    bytes: &[u8],
) -> Result<Counts, FeedError> {
    let set = &layer.boundaries;
    let read = outlines::read(bytes, set)?;
    let rows = read.0.len() as u64;
    let is_of_county = |name: &String| {
        let code = name.get(..5).unwrap_or_default();
        layer.kind != Kind::Census || layer.counties.contains_key(code)
    };
    let near = read.0.into_iter();
    let near = near.filter(|(name, rings)| is_of_county(name) && reaches(city, rings));
    let near = Areas(near.collect());
    if near.0.is_empty() {
        return Err(wrong(format!(
            "none of its {rows} outlines is of {} and reaches into `bounds` of the city's file",
            layer
                .counties
                .values()
                .cloned()
                .collect::<Vec<_>>()
                .join(" or ")
        )));
    }
    let areas = simplify::simplify(&near, TOLERANCE);
    let store = OpenData::open(data)?;
    let before = store.areas(set)?;
    let is_known =
        |(name, rings): &(&String, &Vec<Ring>)| before.areas.0.get(*name) == Some(*rings);
    let duplicates = areas.0.iter().filter(is_known).count() as u64;
    let accepted = areas.0.len() as u64;
    store.put_areas(&set.id, &areas, before, Timestamp::now().as_second())?;
    Ok(Counts {
        rows,
        skipped: rows - accepted,
        accepted,
        records: accepted - duplicates,
        duplicates,
        ..Counts::default()
    })
}

/// Whether the box around rings reaches into the city's bounds.
fn reaches(city: &City, rings: &[Ring]) -> bool {
    let (south, west, north, east) = city.bounds;
    let mut corners = rings.iter().flatten();
    let Some(&(lon, lat)) = corners.next() else {
        return false;
    };
    let (mut least, mut most) = ((lat, lon), (lat, lon));
    for &(lon, lat) in corners {
        least = (least.0.min(lat), least.1.min(lon));
        most = (most.0.max(lat), most.1.max(lon));
    }
    least.0 <= north && most.0 >= south && least.1 <= east && most.1 >= west
}

fn import_rents(
    data: &Path,
    layer: &Layer,
    table: &table::Table,
    file: &str,
    year: Option<i16>,
) -> Result<Counts, FeedError> {
    let (first, read) = match layer.kind {
        Kind::Census => {
            let year = match year
                .or_else(|| year_of(&table.name))
                .or_else(|| year_of(file))
            {
                Some(year) if (2009..=2100).contains(&year) => year,
                _ => {
                    return Err(wrong(
                        "it does not say of which year it is: add `--year 2022`, the last of its five",
                    ));
                }
            };
            let first = Date::new(year, 1, 1).map_err(wrong)?;
            let read = census::read(table, year, &layer.counties, &layer.boundaries)?;
            (first, read)
        }
        Kind::Zillow => zillow::read(table, &layer.counties, &layer.boundaries)?,
    };
    if read.by_area.is_empty() {
        let names: Vec<&str> = layer.counties.values().map(String::as_str).collect();
        return Err(wrong(format!(
            "none of its {} rows is of an area in {}",
            read.rows,
            names.join(" or ")
        )));
    }
    let store = OpenData::open(data)?;
    let number = open_data::number(first);
    let known = rents::rents(data, layer.kind.id())?.into_iter();
    let known = known.filter(|(first, _)| *first == number);
    let known: Rents = known.map(|(_, rents)| rents).next().unwrap_or_default();
    let is_known = |(name, rent): &(&String, &Rent)| known.by_area.get(*name) == Some(*rent);
    let duplicates = read.twice + read.by_area.iter().filter(is_known).count() as u64;
    let accepted = read.by_area.len() as u64 + read.twice;
    let outlines = store.areas(&layer.boundaries)?;
    let unplaced = read.by_area.keys().filter(|name| !has(&outlines, name));
    let counts = Counts {
        rows: read.rows,
        skipped: read.skipped,
        accepted,
        records: accepted - duplicates,
        duplicates,
        unplaced: unplaced.count() as u64,
        rejected: read.rejected,
        ..Counts::default()
    };
    let by_area = match layer.kind {
        Kind::Census => with_other_counties(read.by_area, known.by_area),
        Kind::Zillow => read.by_area,
    };
    let rents = Rents {
        read_at: Timestamp::now().as_second(),
        by_area,
    };
    store.put_rents(layer.kind.id(), number, &rents)?;
    Ok(counts)
}

/// A file's rents in the place of those that are known of its counties: the census answers for a county at a time.
fn with_other_counties(
    mut rents: BTreeMap<String, Rent>,
    known: BTreeMap<String, Rent>,
) -> BTreeMap<String, Rent> {
    let county = |name: &String| name.get(..5).unwrap_or_default().to_owned();
    let counties: BTreeSet<String> = rents.keys().map(county).collect();
    let others = known.into_iter();
    rents.extend(others.filter(|(name, _)| !counties.contains(&county(name))));
    rents
}

/// Whether an area's outline is known, also from earlier lines.
pub fn has(outlines: &StoredAreas, name: &str) -> bool {
    outlines.areas.has(name) || outlines.former.has(name)
}

/// The year that the name of a download says: `ACSDT5Y2022.B25064-Data.csv`, `ACS_17_5YR_B25064_with_ann.csv`, `rent-2022.json`.
fn year_of(name: &str) -> Option<i16> {
    let number = |text: &str, length: usize| -> Option<i16> {
        let digits = text.get(..length)?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number)
    };
    if let Some((_, rest)) = name.split_once("5Y")
        && let Some(year) = number(rest, 4)
    {
        return Some(year);
    }
    if let Some((_, rest)) = name.split_once("ACS_")
        && rest.get(2..6) == Some("_5YR")
    {
        return number(rest, 2).map(|year| 2000 + year);
    }
    let words = name.split(|c: char| !c.is_ascii_digit());
    let mut years = words
        .filter(|word| word.len() == 4)
        .filter_map(|word| number(word, 4))
        .filter(|year| (2009..=2100).contains(year));
    let year = years.next()?;
    years.next().is_none().then_some(year)
}

/// Why a layer is not on the map, and what to do; nothing if it is.
pub fn lacks(data: &Path, city: &City, layer: &Layer) -> Result<Option<String>, StoreError> {
    let rents = rents::rents(data, layer.kind.id())?;
    let outlines = sources::areas(data, &layer.boundaries)?;
    let mut all = rents.iter().flat_map(|(_, rents)| rents.by_area.keys());
    let is_drawn = all.any(|name| has(&outlines, name));
    let (city, id) = (&city.id, layer.kind.id());
    let import = format!("then `spotlight-hub import --city {city} --feed {id} --data DATA FILE`");
    Ok(
        match (rents.is_empty(), outlines.areas.0.is_empty(), is_drawn) {
            (true, _, _) => Some(format!("no figures: {}, {import}", figures_from(layer))),
            (_, true, _) => Some(format!("no outlines: {}, {import}", outlines_from(layer))),
            (_, _, false) => Some(format!(
                "no figure is of an area whose outline is known; the outlines must be of the same census: {}, {import}",
                outlines_from(layer)
            )),
            _ => None,
        },
    )
}

fn figures_from(layer: &Layer) -> String {
    match layer.kind {
        Kind::Census => {
            let of = layer.counties.keys().filter_map(|code| {
                let (state, county) = code.split_at_checked(2)?;
                Some(format!(
                    "https://api.census.gov/data/2022/acs/acs5?get=NAME,B25064_001E,B25064_001M&for=tract:*&in=state:{state}%20county:{county}&key=KEY"
                ))
            });
            format!(
                "save {} as rent-2022.json, or another year's (a KEY is free, at https://api.census.gov/data/key_signup.html), or take table B25064 by \
                 census tract as `Zip` from https://data.census.gov/table/ACSDT5Y2022.B25064",
                of.collect::<Vec<_>>().join(" and ")
            )
        }
        Kind::Zillow => "if Zillow's terms suit you, take ZORI by ZIP code from https://www.zillow.com/research/data/"
            .to_owned(),
    }
}

fn outlines_from(layer: &Layer) -> String {
    match layer.kind {
        Kind::Census => {
            let mut states: Vec<&str> = layer
                .counties
                .keys()
                .filter_map(|code| code.get(..2))
                .collect();
            states.dedup();
            let files = states.iter().map(|state| {
                format!("https://www2.census.gov/geo/tiger/GENZ2022/shp/cb_2022_{state}_tract_500k.zip")
            });
            format!(
                "take {} (figures of 2019 and before need those of GENZ2019)",
                files.collect::<Vec<_>>().join(" and ")
            )
        }
        Kind::Zillow => "bring the city's ZIP codes as GeoJSON or a zipped shapefile: the census has those of the whole country \
            as ZCTA, of which you cut out yours"
            .to_owned(),
    }
}

/// The layers as `spotlight-hub feeds` lists them, with why one is not on the map.
pub fn status(data: &Path, city: &City, now: Timestamp) -> Result<Vec<Status>, StoreError> {
    let mut all = Vec::new();
    for layer in &city.rents {
        let rents = rents::rents(data, layer.kind.id())?;
        let newest = rents.last().map(|(first, _)| open_data::day(*first));
        let read_at = rents.iter().map(|(_, rents)| rents.read_at).max();
        let last_success = read_at.and_then(|at| Timestamp::from_second(at).ok());
        all.push(Status {
            feed: layer.kind.id().to_owned(),
            source: match layer.kind {
                Kind::Census => "B25064",
                Kind::Zillow => "ZORI",
            }
            .to_owned(),
            kind: "file",
            last_success,
            age_hours: last_success.map(|at| (now.as_second() - at.as_second()) / 3600),
            rows: rents
                .iter()
                .map(|(_, rents)| rents.by_area.len() as u64)
                .sum(),
            data_through: newest.map(|first| through(layer.kind, first).to_string()),
            next: None,
            failures: 0,
            error: lacks(data, city, layer)?,
        });
    }
    Ok(all)
}

/// The last day of a period.
pub fn through(kind: Kind, first: Date) -> Date {
    match kind {
        Kind::Census => first.last_of_year(),
        Kind::Zillow => first.last_of_month(),
    }
}

#[cfg(test)]
mod tests;
