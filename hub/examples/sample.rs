//! Makes `cities/los-angeles/sample-encampments.csv` from real exports: the dates and counts of the encampment rows, each
//! address replaced by a corner of the same resolution-8 cell, each id by a new one.
//!
//! `cargo run --release -p spotlight-hub --example sample -- CORNERS.csv EXPORT.csv... > sample.csv`

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fs::File;
use std::io::{Read, Write};

use spotlight_common::cell::Cell;
use spotlight_hub::city::City;
use spotlight_hub::feeds::layout::Row;
use spotlight_hub::feeds::rows::Rows;
use spotlight_hub::store::open_data::{Address, Place};

type Corners = HashMap<Cell, Vec<(String, f64, f64)>>;

fn text(address: Address) -> String {
    match address {
        Address::Written(written) => written,
        Address::Point { point, .. } => point,
        Address::Unknown => String::new(),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut corners = read_corners(&arguments.next().ok_or("name the corners' file first")?)?;
    let exports: Vec<String> = arguments.collect();
    let city = City::load("los-angeles")?;
    let feed = city.feed("encampments")?;
    // A corner that is itself the address of some complaint is none of ours to name.
    let mut complained = HashSet::new();
    for path in &exports {
        let mut rows = Rows::open(File::open(path)?, feed)?;
        while let Some(row) = rows.next(feed, &city)? {
            if let Row::Accepted(row) = row {
                complained.extend(row.address.map(text));
            }
        }
    }
    for choice in corners.values_mut() {
        choice.retain(|(name, _, _)| {
            !complained.contains(name) && !complained.contains(&turned(name))
        });
    }
    corners.retain(|_, choice| !choice.is_empty());
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "SRNumber,CreatedDate,RequestType,Status,Address,ZipCode,Latitude,Longitude,Location"
    )?;
    let (mut number, mut dropped, mut seen) = (0, 0, HashSet::new());
    // One corner an address, so that the count of addresses stays near the true one.
    let mut corner_of: HashMap<String, usize> = HashMap::new();
    for path in exports {
        let mut rows = Rows::open(File::open(path)?, feed)?;
        while let Some(row) = rows.next(feed, &city)? {
            let Row::Accepted(row) = row else { continue };
            if !seen.insert(row.id) {
                continue;
            }
            let choice = match row.place {
                Place::Cell(cell) => corners.get(&cell),
                _ => None,
            };
            let Some(choice) = choice else {
                dropped += 1;
                continue;
            };
            let address = row.address.map(text).unwrap_or_default();
            let known = corner_of.get(&address).copied();
            let position = match known {
                Some(position) => position,
                None => random(choice.len())?,
            };
            corner_of.insert(address, position);
            let (name, lat, lon) = &choice[position % choice.len()];
            number += 1;
            let day = row.day.strftime("%m/%d/%Y");
            let zip = name.rsplit(' ').next().unwrap_or_default();
            writeln!(
                out,
                "S-{number:05},{day} 12:00:00 PM,Homeless Encampment,Closed,\"{name}\",{zip},{lat},{lon},\"({lat}, {lon})\""
            )?;
        }
    }
    eprintln!("{number} rows, {dropped} dropped for want of a corner in their cell");
    Ok(())
}

fn read_corners(path: &str) -> Result<Corners, Box<dyn Error>> {
    let mut text = String::new();
    File::open(path)?.read_to_string(&mut text)?;
    let mut corners = Corners::new();
    for line in text.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        let [street, other, zip, lat, lon, _] = fields[..] else {
            continue;
        };
        let (lat, lon): (f64, f64) = (lat.parse()?, lon.parse()?);
        if let Some(cell) = Cell::at(lat, lon, 8) {
            corners.entry(cell).or_default().push((
                format!("{street} AT {other}, {zip}"),
                lat,
                lon,
            ));
        }
    }
    Ok(corners)
}

/// `A AT B, ZIP` as `B AT A, ZIP`.
fn turned(name: &str) -> String {
    let (streets, zip) = name.split_once(", ").unwrap_or((name, ""));
    match streets.split_once(" AT ") {
        Some((street, other)) => format!("{other} AT {street}, {zip}"),
        None => name.to_owned(),
    }
}

fn random(below: usize) -> Result<usize, Box<dyn Error>> {
    let bytes: [u8; 8] = spotlight_common::keys::random_bytes()?;
    Ok((u64::from_le_bytes(bytes) % below as u64) as usize)
}
