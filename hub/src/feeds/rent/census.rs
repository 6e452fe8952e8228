//! The census's table B25064, median gross rent, in the forms in which it is published:
//!
//! - the answer of api.census.gov: `[["NAME","B25064_001E","state","county","tract"],["Census Tract ...","1612","06",...]]`;
//! - data.census.gov's download: `GEO_ID,NAME,B25064_001E,B25064_001M`, then a row of labels, then `1400000US06037101110,...`;
//! - the older one: `GEO.id,GEO.id2,GEO.display-label,HD01_VD01,HD02_VD01`, and the row of labels.
//!
//! What stands in the place of a figure: great negative numbers, `-`, `N`, `(X)`, `**`, `null` or nothing where there is none;
//! `3,500+` and `100-` where the table goes no higher or lower. Numbers without their annotation say that as 3501 and 99,
//! and a margin of -333333333 says that the median lies in such an open end
//! (<https://www.census.gov/data/developers/data-sets/acs-1year/notes-on-acs-estimate-and-annotation-values.html>).

use std::collections::BTreeMap;

use super::table::{Table, cell};
use super::{Read, take, wrong};
use crate::city::boundaries::BoundarySet;
use crate::feeds::FeedError;
use crate::store::open_data::rents::Rent;

/// The median lies in an open end of the table.
const IN_OPEN_END: &str = "-333333333";

/// Nobody pays more a month; what says so is no rent.
const MOST_DOLLARS: u32 = 100_000;

/// Of the tracts of some counties. `year` is the last of its five.
pub fn read(
    table: &Table,
    year: i16,
    counties: &BTreeMap<String, String>,
    set: &BoundarySet,
) -> Result<Read, FeedError> {
    let Some(estimate) = table.column(&["B25064_001E", "HD01_VD01", "B25064_001"]) else {
        let is_view = table
            .header
            .first()
            .is_some_and(|name| name.starts_with("Label"));
        return Err(match is_view {
            true => wrong(
                "it is the view of the table, not the table: on data.census.gov take `Zip` under Download instead of `CSV`",
            ),
            false => FeedError::MissingColumn("B25064_001E".to_owned()),
        });
    };
    let margin = table.column(&["B25064_001M", "HD02_VD01"]);
    let annotation = table.column(&["B25064_001EA"]);
    let area = Area::of(table).ok_or_else(|| FeedError::MissingColumn("GEO_ID".to_owned()))?;
    let mut read = Read::default();
    for (at, row) in table.rows.iter().enumerate() {
        let text = cell(row, Some(estimate));
        // Both downloads have a second header in words.
        if at == 0 && text.to_lowercase().contains("median gross rent") {
            continue;
        }
        read.rows += 1;
        let name = match area.name(row) {
            Named::Tract(name) => name,
            Named::Other => {
                read.skipped += 1;
                continue;
            }
            Named::Nothing => {
                read.reject("area");
                continue;
            }
        };
        if !name
            .get(..5)
            .is_some_and(|code| counties.contains_key(code))
        {
            read.skipped += 1;
            continue;
        }
        let annotated = cell(row, annotation);
        let text = if annotated.ends_with(['+', '-']) && annotated.len() > 1 {
            annotated
        } else {
            text
        };
        match rent(text, cell(row, margin), year) {
            Some(rent) => take(&mut read, set, &name, rent),
            None => read.reject("value"),
        }
    }
    Ok(read)
}

/// Where a row names its tract.
enum Area {
    /// `1400000US06037101110`
    Long(usize),
    /// `06037101110`
    Short(usize),
    /// State, county and tract.
    Parts([usize; 3]),
}

enum Named {
    Tract(String),
    /// A county, a place or the like.
    Other,
    Nothing,
}

impl Area {
    fn of(table: &Table) -> Option<Self> {
        if let Some(column) = table.column(&["GEO_ID", "GEO.id"]) {
            return Some(Self::Long(column));
        }
        if let Some(column) = table.column(&["GEO.id2", "GEOID", "Id2"]) {
            return Some(Self::Short(column));
        }
        let [state, county, tract] = ["state", "county", "tract"].map(|name| table.column(&[name]));
        Some(Self::Parts([state?, county?, tract?]))
    }

    fn name(&self, row: &[String]) -> Named {
        let digits = |text: &str, length: usize| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        match *self {
            Self::Long(column) => match cell(row, Some(column)).split_once("US") {
                Some((level, code)) if level.starts_with("140") && digits(code, 11) => {
                    Named::Tract(code.to_owned())
                }
                Some((level, _)) if level.len() >= 3 && !level.starts_with("140") => Named::Other,
                _ => Named::Nothing,
            },
            Self::Short(column) => match cell(row, Some(column)) {
                code if digits(code, 11) => Named::Tract(code.to_owned()),
                // A table program has taken the zero away.
                code if digits(code, 10) => Named::Tract(format!("0{code}")),
                code if !code.is_empty() && code.len() < 10 => Named::Other,
                _ => Named::Nothing,
            },
            Self::Parts(columns) => {
                let [state, county, tract] = columns.map(|column| cell(row, Some(column)));
                match digits(state, 2) && digits(county, 3) && digits(tract, 6) {
                    true => Named::Tract(format!("{state}{county}{tract}")),
                    false => Named::Nothing,
                }
            }
        }
    }
}

/// What a cell says; `None` where it says nothing that is a rent.
fn rent(text: &str, margin: &str, year: i16) -> Option<Rent> {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | '$' | ' '))
        .collect();
    if is_missing(&plain) {
        return Some(Rent::Unknown);
    }
    if let Some(least) = plain.strip_suffix('+') {
        return Some(Rent::OrMore(dollars(least)?));
    }
    if let Some(most) = plain.strip_suffix('-') {
        return Some(Rent::Under(dollars(most)?));
    }
    let dollars = dollars(&plain)?;
    // Until 2014 the table went to 2,000.
    let end = if year < 2015 { 2001 } else { 3501 };
    let is_open = margin.strip_suffix(".0").unwrap_or(margin) == IN_OPEN_END;
    Some(match dollars {
        99 => Rent::Under(100),
        dollars if dollars == end || (is_open && dollars > 1000) => Rent::OrMore(dollars - 1),
        dollars if is_open => Rent::Under(dollars + 1),
        dollars => Rent::Is {
            dollars,
            margin: self::margin(margin),
        },
    })
}

/// Whether it stands for no figure at all.
fn is_missing(plain: &str) -> bool {
    let is_sign = matches!(plain, "" | "-" | "N" | "(X)" | "null" | "NULL" | "NA");
    // -666666666 and its like: nine times the same digit.
    let code = plain.strip_suffix(".0").unwrap_or(plain);
    let is_code = code.strip_prefix('-').is_some_and(|digits| {
        digits.len() == 9
            && digits
                .bytes()
                .all(|d| d.is_ascii_digit() && d == digits.as_bytes()[0])
    });
    is_sign || is_code || plain.bytes().all(|byte| byte == b'*')
}

fn dollars(text: &str) -> Option<u32> {
    let whole = text.strip_suffix(".0").unwrap_or(text);
    let is_number = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    let dollars: u32 = whole.parse().ok().filter(|_| is_number)?;
    (1..=MOST_DOLLARS).contains(&dollars).then_some(dollars)
}

/// The margin, where there is one: `***` and the like say that none could be computed.
fn margin(text: &str) -> Option<u32> {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ',' | '$' | ' ' | '±' | '+' | '/'))
        .collect();
    let whole = plain.strip_suffix(".0").unwrap_or(&plain);
    let margin: u32 = whole.parse().ok()?;
    (margin <= MOST_DOLLARS).then_some(margin)
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;
    use crate::city::City;

    fn read_text(name: &str, text: &str) -> Result<Read, FeedError> {
        let city = City::load("los-angeles").expect("loads");
        let layer = city.rent("rent").expect("a layer");
        let table = table::read(name, text.as_bytes())?;
        read(&table, 2022, &layer.counties, &layer.boundaries)
    }

    fn is(dollars: u32, margin: u32) -> Rent {
        Rent::Is {
            dollars,
            margin: Some(margin),
        }
    }

    #[test]
    fn each_published_form_says_the_same() {
        let api = r#"[["NAME","B25064_001E","B25064_001M","state","county","tract"],
["Census Tract 1011.10; Los Angeles County; California","1612","145","06","037","101110"],
["Census Tract 2063.10; Los Angeles County; California","612","45","06","037","206310"],
["Census Tract 9800.10; Los Angeles County; California","-666666666","-222222222","06","037","980010"],
["Census Tract 2623.02; Los Angeles County; California","3501","-333333333","06","037","262302"],
["Census Tract 1; Orange County; California","2100","80","06","059","000100"]]"#;
        let download = "\u{feff}GEO_ID,NAME,B25064_001E,B25064_001M,\n\
            Geography,Geographic Area Name,Estimate!!Median gross rent,Margin of Error!!Median gross rent,\n\
            1400000US06037101110,\"Census Tract 1011.10; Los Angeles County; California\",\"1,612\",145,\n\
            1400000US06037206310,\"Census Tract 2063.10; Los Angeles County; California\",612,45,\n\
            1400000US06037980010,\"Census Tract 9800.10; Los Angeles County; California\",-,**,\n\
            1400000US06037262302,\"Census Tract 2623.02; Los Angeles County; California\",\"3,500+\",***,\n\
            1400000US06059000100,\"Census Tract 1; Orange County; California\",2100,80,\n";
        let older = "GEO.id,GEO.id2,GEO.display-label,HD01_VD01,HD02_VD01\r\n\
            Id,Id2,Geography,Estimate; Median gross rent,Margin of Error; Median gross rent\r\n\
            1400000US06037101110,06037101110,\"Census Tract 1011.10, Los Angeles County, California\",1612,145\r\n\
            1400000US06037206310,06037206310,\"Census Tract 2063.10, Los Angeles County, California\",612,45\r\n\
            1400000US06037980010,06037980010,\"Census Tract 9800.10, Los Angeles County, California\",-,**\r\n\
            1400000US06037262302,06037262302,\"Census Tract 2623.02, Los Angeles County, California\",\"3,500+\",***\r\n\
            1400000US06059000100,06059000100,\"Census Tract 1, Orange County, California\",2100,80\r\n";
        let expected = BTreeMap::from([
            ("06037101110".to_owned(), is(1612, 145)),
            ("06037206310".to_owned(), is(612, 45)),
            ("06037980010".to_owned(), Rent::Unknown),
            ("06037262302".to_owned(), Rent::OrMore(3500)),
        ]);
        for text in [api, download, older] {
            let read = read_text("x", text).expect("reads");
            assert_eq!((read.rows, read.skipped, read.twice), (5, 1, 0), "{text}");
            assert_eq!(read.by_area, expected);
            assert!(read.rejected.is_empty());
        }
    }

    #[test]
    fn a_cell_is_a_rent_an_open_end_or_no_figure_and_else_refused() {
        let none = |text: &str| assert_eq!(rent(text, "", 2022), Some(Rent::Unknown), "{text}");
        for text in [
            "",
            "-",
            " - ",
            "N",
            "(X)",
            "**",
            "null",
            "-222222222",
            "-333333333",
            "-555555555",
            "-666666666",
            "-666666666.0",
            "-888888888",
            "-999999999",
        ] {
            none(text);
        }
        for (text, margin, year, expected) in [
            ("1,612", "145", 2022, is(1612, 145)),
            ("1612.0", "145.0", 2022, is(1612, 145)),
            ("$612", "\u{b1}45", 2022, is(612, 45)),
            ("3,500+", "***", 2022, Rent::OrMore(3500)),
            ("2,000+", "***", 2012, Rent::OrMore(2000)),
            ("3501", "", 2022, Rent::OrMore(3500)),
            ("2001", "", 2012, Rent::OrMore(2000)),
            ("5001", "-333333333", 2030, Rent::OrMore(5000)),
            ("100-", "***", 2022, Rent::Under(100)),
            ("99", "-333333333", 2022, Rent::Under(100)),
        ] {
            assert_eq!(rent(text, margin, year), Some(expected), "{text} {margin}");
        }
        for margin in ["", "**", "-222222222", "NaN", "-1"] {
            let expected = Rent::Is {
                dollars: 2001,
                margin: None,
            };
            assert_eq!(rent("2001", margin, 2022), Some(expected), "{margin}");
        }
        for text in [
            "NaN",
            "inf",
            "-5",
            "0",
            "1e3",
            "99999999999",
            "+",
            "x-",
            "1612.55",
        ] {
            assert_eq!(rent(text, "", 2022), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_tract_is_passed_over_and_what_names_nothing_is_refused() {
        let read = read_text(
            "x",
            "GEO_ID,NAME,B25064_001E\n\
             0500000US06037,Los Angeles County,1805\n\
             1600000US0644000,Los Angeles,1823\n\
             1400000US0603710111,short,1000\n\
             ,nothing,1000\n\
             1400000US06037101110,x,nought\n\
             1400000US06037101110,x,1000\n\
             1400000US06037101110,x,1100\n\
             1400000US06037101122\n",
        )
        .expect("reads");
        assert_eq!((read.rows, read.skipped, read.twice), (8, 2, 1));
        assert_eq!(read.rejected, BTreeMap::from([("area", 2), ("value", 1)]));
        assert_eq!(
            read.by_area["06037101110"],
            Rent::Is {
                dollars: 1000,
                margin: None
            }
        );
        assert_eq!(read.by_area["06037101122"], Rent::Unknown);
    }

    #[test]
    fn the_view_of_the_table_and_other_tables_are_told_apart() {
        let error = |text: &str| read_text("x", text).expect_err("refused").to_string();
        let view = error("\"Label (Grouping)\",\"Census Tract 1011.10!!Estimate\"\nx,y\n");
        assert!(view.contains("`Zip`"), "{view}");
        assert!(error("GEO_ID,NAME,B19013_001E\n").contains("B25064_001E"));
        assert!(error("NAME,B25064_001E\n").contains("GEO_ID"));
        assert!(error("<html>Missing Key</html>").contains("key"));
        assert!(error("{\"error\":1}").contains("array"));
        assert!(error("[[1,{}]]").contains("array"));
        assert!(error("").contains("empty"));
    }
}
