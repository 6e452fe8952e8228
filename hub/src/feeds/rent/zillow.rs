//! Zillow's observed rent index by ZIP code: a row a ZIP code and a column a month, headed `2023-10-31` or, where a table
//! program had it, `10/31/2023`. Only the newest month is taken: Zillow computes all of them anew each month.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::table::{Table, cell};
use super::{Read, take, wrong};
use crate::city::boundaries::BoundarySet;
use crate::feeds::FeedError;
use crate::store::open_data::rents::Rent;

/// No rent index is over it.
const MOST_DOLLARS: f64 = 100_000.0;

/// The ZIP codes of some counties, and the first day of the month.
pub fn read(
    table: &Table,
    counties: &BTreeMap<String, String>,
    set: &BoundarySet,
) -> Result<(Date, Read), FeedError> {
    let needed = |name: &str| {
        let column = table.column(&[name]);
        column.ok_or_else(|| FeedError::MissingColumn(name.to_owned()))
    };
    let (zip, kind) = (needed("RegionName")?, needed("RegionType")?);
    let (state, county) = (needed("State")?, needed("CountyName")?);
    let is_ours = |row: &[String]| {
        let named = format!("{}, {}", cell(row, Some(county)), cell(row, Some(state)));
        let is_zip = cell(row, Some(kind)).eq_ignore_ascii_case("zip");
        is_zip
            && counties
                .values()
                .any(|name| name.eq_ignore_ascii_case(&named))
    };
    let ours: Vec<&Vec<String>> = table.rows.iter().filter(|row| is_ours(row)).collect();
    let months = table.header.iter().enumerate();
    let months = months.filter_map(|(column, name)| Some((month(name)?, column)));
    let has_any = |column: usize| ours.iter().any(|row| !cell(row, Some(column)).is_empty());
    let newest = months.filter(|(_, column)| has_any(*column)).max();
    let Some((first, column)) = newest else {
        let names: Vec<&str> = counties.values().map(String::as_str).collect();
        return Err(wrong(format!(
            "no month has a figure of a ZIP code in {}",
            names.join(" or ")
        )));
    };
    let mut read = Read {
        rows: table.rows.len() as u64,
        skipped: (table.rows.len() - ours.len()) as u64,
        ..Read::default()
    };
    for row in ours {
        let name = cell(row, Some(zip));
        if name.is_empty() || name.len() > 5 || !name.bytes().all(|b| b.is_ascii_digit()) {
            read.reject("area");
            continue;
        }
        match rent(cell(row, Some(column))) {
            Some(rent) => take(&mut read, set, name, rent),
            None => read.reject("value"),
        }
    }
    Ok((first, read))
}

/// The first day of a column's month.
fn month(name: &str) -> Option<Date> {
    let day: Option<Date> = match name.split('/').collect::<Vec<_>>()[..] {
        [month, day, year] => {
            let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
            Date::new(year, month, day).ok()
        }
        _ => name.parse().ok(),
    };
    day.map(Date::first_of_month)
}

fn rent(text: &str) -> Option<Rent> {
    if text.is_empty() {
        return Some(Rent::Unknown);
    }
    let dollars: f64 = text.parse().ok()?;
    let is_rent = (1.0..=MOST_DOLLARS).contains(&dollars);
    is_rent.then(|| Rent::Is {
        dollars: dollars.round() as u32,
        margin: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;
    use crate::city::City;

    fn of(bytes: &[u8]) -> Result<(Date, Read), FeedError> {
        let city = City::load("los-angeles").expect("loads");
        let layer = city.rent("asking-rent").expect("a layer");
        let table = table::read("x.csv", bytes)?;
        read(&table, &layer.counties, &layer.boundaries)
    }

    fn dollars(read: &Read, zip: &str) -> Option<u32> {
        match read.by_area[zip] {
            Rent::Is { dollars, .. } => Some(dollars),
            _ => None,
        }
    }

    #[test]
    fn the_newest_month_of_the_real_file_is_read() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../shared/data/zillow_zori_zip_la_county.csv"
        );
        let (first, read) = of(&std::fs::read(path).expect("reads")).expect("reads");
        assert_eq!(first, jiff::civil::date(2023, 10, 1));
        assert_eq!((read.rows, read.skipped, read.twice), (228, 0, 0));
        assert_eq!(read.by_area.len(), 228);
        let figures = read.by_area.keys().filter_map(|zip| dollars(&read, zip));
        let (count, sum) = figures.fold((0, 0), |(n, sum), dollars| (n + 1, sum + dollars));
        assert_eq!((count, sum), (COUNT, SUM));
        assert_eq!(dollars(&read, "90067"), Some(12_109));
    }

    /// Counted by another program.
    const COUNT: u32 = 228;
    const SUM: u32 = 695_841;

    #[test]
    fn other_kinds_and_counties_are_passed_over_and_what_is_no_rent_refused() {
        let text = "RegionID,SizeRank,RegionName,RegionType,StateName,State,City,Metro,CountyName,2023-09-30,2023-10-31,2023-11-30\n\
            1,1,90013,zip,CA,CA,Los Angeles,x,Los Angeles County,2100.4,2200.6,\n\
            2,2,90014,zip,CA,CA,Los Angeles,x,Los Angeles County,2100,,\n\
            3,3,90015,zip,CA,CA,Los Angeles,x,Los Angeles County,2100,NaN,\n\
            4,4,9001x,zip,CA,CA,Los Angeles,x,Los Angeles County,2100,1,\n\
            5,5,92612,zip,CA,CA,Irvine,x,Orange County,2100,3000,3000\n\
            6,6,Los Angeles,city,CA,CA,,x,Los Angeles County,2100,3000,\n";
        let (first, read) = of(text.as_bytes()).expect("reads");
        assert_eq!(first, jiff::civil::date(2023, 10, 1));
        assert_eq!((read.rows, read.skipped), (6, 2));
        assert_eq!(read.rejected, BTreeMap::from([("area", 1), ("value", 1)]));
        assert_eq!(dollars(&read, "90013"), Some(2201));
        assert_eq!(dollars(&read, "90014"), None);
        let none = text.replace("Los Angeles County", "Ventura County");
        let error = of(none.as_bytes()).expect_err("refused").to_string();
        assert!(error.contains("Los Angeles County, CA"), "{error}");
        assert!(
            of(b"a,b\n1,2\n")
                .expect_err("refused")
                .to_string()
                .contains("RegionName")
        );
    }
}
