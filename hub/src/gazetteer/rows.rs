//! Rows of open data as facts of streets: who stands on which street, and which streets meet.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;
use std::str::FromStr;

use simd_csv::{ByteRecord, ReaderBuilder};

use super::BuildError;

/// Kinds of street as cities abbreviate them and as we write them.
const KINDS: &[(&str, &str)] = &[
    ("AV", "AVE"),
    ("AVENUE", "AVE"),
    ("STREET", "ST"),
    ("RD", "ROAD"),
    ("LN", "LANE"),
    ("WY", "WAY"),
    ("WK", "WALK"),
    ("DRIVE", "DR"),
    ("BOULEVARD", "BLVD"),
    ("CL", "CIR"),
    ("PLACE", "PL"),
    ("FWY", "FRWY"),
];

const ALL_KINDS: &[&str] = &[
    "AVE", "ST", "BLVD", "DR", "PL", "WAY", "ROAD", "LANE", "CT", "TER", "CIR", "HWY", "WALK",
];

/// Which column holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap {
    address: Option<String>,
    streets: Option<(String, String)>,
    zip: Option<String>,
    lat: String,
    lon: String,
}

impl FromStr for FieldMap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields = HashMap::new();
        for pair in text.split(',') {
            let (key, column) = pair
                .split_once('=')
                .ok_or_else(|| format!("`{pair}` is not KEY=COLUMN"))?;
            let key = key.trim();
            if !["address", "street_a", "street_b", "zip", "lat", "lon"].contains(&key) {
                return Err(format!(
                    "`{key}` is not address, street_a, street_b, zip, lat or lon"
                ));
            }
            fields.insert(key, column.trim().to_ascii_lowercase());
        }
        let streets = fields.remove("street_a").zip(fields.remove("street_b"));
        let address = fields.remove("address");
        if streets.is_none() && address.is_none() {
            return Err("needs address, or street_a and street_b".to_owned());
        }
        Ok(Self {
            address,
            streets,
            zip: fields.remove("zip"),
            lat: fields.remove("lat").ok_or("needs lat")?,
            lon: fields.remove("lon").ok_or("needs lon")?,
        })
    }
}

/// The mean of several readings of one place.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mean {
    lat: f64,
    lon: f64,
    count: u32,
}

impl Mean {
    fn add(&mut self, (lat, lon): (f64, f64)) {
        self.lat += lat;
        self.lon += lon;
        self.count += 1;
    }

    pub(super) fn point(&self) -> (f64, f64) {
        let count = f64::from(self.count.max(1));
        (self.lat / count, self.lon / count)
    }
}

/// A house or a corner on a street.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) at: (f64, f64),
    pub(super) zip: u32,
    /// Its house number and the side of the city (`N`, `S`, `E`, `W`); `None` for a corner.
    pub(super) house: Option<(u32, Option<char>)>,
}

/// Two streets in alphabetical order, and a ZIP code.
pub(super) type CornerKey = (String, String, u32);

/// What the rows say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) rows: usize,
    /// Each distinct address or corner. Never written.
    pub(super) addresses: BTreeMap<String, Mean>,
    pub(super) corners: BTreeMap<CornerKey, Mean>,
    pub(super) streets: BTreeMap<String, Vec<Stop>>,
}

/// One row's address, understood.
#[derive(Debug, PartialEq)]
enum Address {
    House {
        number: u32,
        side: Option<char>,
        street: String,
    },
    Corner {
        a: String,
        b: String,
    },
}

/// Adds a file's rows to the facts.
pub(super) fn read(path: &Path, map: &FieldMap, facts: &mut Facts) -> Result<(), BuildError> {
    let file = File::open(path).map_err(|source| BuildError::Read {
        path: path.to_owned(),
        source,
    })?;
    let csv = |source| BuildError::Csv {
        path: path.to_owned(),
        source,
    };
    let mut reader = ReaderBuilder::with_capacity(1 << 16)
        .flexible(true)
        .from_reader(file);
    let names: Vec<String> = reader
        .byte_headers()
        .map_err(csv)?
        .iter()
        .map(|name| {
            text(name)
                .trim_start_matches('\u{feff}')
                .to_ascii_lowercase()
        })
        .collect();
    let column = |name: &String| {
        names
            .iter()
            .position(|other| other == name)
            .ok_or_else(|| BuildError::Column {
                path: path.to_owned(),
                column: name.clone(),
            })
    };
    let address = map.address.as_ref().map(column).transpose()?;
    let streets = map
        .streets
        .as_ref()
        .map(|(a, b)| Ok((column(a)?, column(b)?)))
        .transpose()?;
    let zip = map.zip.as_ref().map(column).transpose()?;
    let (lat, lon) = (column(&map.lat)?, column(&map.lon)?);
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(csv)? {
        facts.rows += 1;
        let field = |at: usize| record.get(at).map(text).unwrap_or_default();
        let Some(at) = point(&field(lat), &field(lon)) else {
            continue;
        };
        let written = match (address, streets) {
            (_, Some((a, b))) => format!("{} AT {}", field(a), field(b)),
            (Some(at), None) => field(at),
            (None, None) => continue,
        };
        let zip = zip.map(field).unwrap_or_default();
        facts.add(&written, &zip, at);
    }
    Ok(())
}

impl Facts {
    fn add(&mut self, written: &str, zip: &str, at: (f64, f64)) {
        let written = collapse(&written.to_ascii_uppercase());
        let (street, end) = match written.rsplit_once(", ") {
            Some((street, end)) if end.bytes().all(|b| b.is_ascii_digit()) => (street, end),
            _ => (written.as_str(), zip),
        };
        let zip = end.get(..5).and_then(|zip| zip.parse().ok()).unwrap_or(0);
        let Some(address) = understand(street) else {
            return;
        };
        let seen = self.addresses.entry(written.clone()).or_default();
        let first = seen.count == 0;
        seen.add(at);
        match address {
            Address::House {
                number,
                side,
                street,
            } => {
                if first {
                    self.streets.entry(street).or_default().push(Stop {
                        at,
                        zip,
                        house: Some((number, side)),
                    });
                }
            }
            Address::Corner { a, b } => {
                if first {
                    for street in [&a, &b] {
                        let stop = Stop {
                            at,
                            zip,
                            house: None,
                        };
                        self.streets.entry(street.clone()).or_default().push(stop);
                    }
                }
                let (a, b) = if a <= b { (a, b) } else { (b, a) };
                self.corners.entry((a, b, zip)).or_default().add(at);
            }
        }
    }
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Coordinates in degrees; missing, null-island and off-the-globe ones are none.
pub(super) fn point(lat: &str, lon: &str) -> Option<(f64, f64)> {
    let (lat, lon): (f64, f64) = (lat.parse().ok()?, lon.parse().ok()?);
    let sound = (-90.0..=90.0).contains(&lat)
        && (-180.0..=180.0).contains(&lon)
        && (lat, lon) != (0.0, 0.0);
    sound.then_some((lat, lon))
}

fn understand(written: &str) -> Option<Address> {
    if let Some((a, b)) = written.split_once(" AT ") {
        let (a, b) = (street_name(a)?, street_name(b)?);
        return (a != b).then_some(Address::Corner { a, b });
    }
    let (number, mut rest) = written.split_once(' ')?;
    // No house has a greater number.
    let number = number.parse().ok().filter(|number| *number <= 99_999)?;
    if let Some((fraction, after)) = rest.split_once(' ')
        && fraction.contains('/')
    {
        rest = after;
    }
    let mut side = None;
    if let Some((direction, after)) = rest.split_once(' ')
        && matches!(direction, "N" | "S" | "E" | "W")
        && !ALL_KINDS.contains(&after)
    {
        side = direction.chars().next();
        rest = after;
    }
    Some(Address::House {
        number,
        side,
        street: street_name(rest)?,
    })
}

/// A divided street has a name for each of its roadways, which nobody says: `EXPOSITION BOULEVARD N/R`.
const ROADWAYS: &[&str] = &[
    " NORTHEAST ROADWAY",
    " NORTHWEST ROADWAY",
    " SOUTHEAST ROADWAY",
    " SOUTHWEST ROADWAY",
    " NORTHEAST RDWY",
    " NORTHWEST RDWY",
    " SOUTHEAST RDWY",
    " SOUTHWEST RDWY",
    " NORTH ROADWAY",
    " SOUTH ROADWAY",
    " EAST ROADWAY",
    " WEST ROADWAY",
    " N/R",
    " S/R",
    " E/R",
    " W/R",
];

/// A street's name as we write it: no comma, no roadway, one abbreviation for each kind.
pub(super) fn street_name(written: &str) -> Option<String> {
    let plain = collapse(&written.replace(',', " "));
    let plain = ROADWAYS
        .iter()
        .find_map(|roadway| plain.strip_suffix(roadway))
        .unwrap_or(&plain)
        .to_owned();
    let good = plain.len() >= 3
        && plain.len() <= 60
        && plain.bytes().any(|byte| byte.is_ascii_alphabetic())
        && plain.split(' ').all(|word| word != "USA");
    if !good {
        return None;
    }
    let Some((name, kind)) = plain.rsplit_once(' ') else {
        return Some(plain);
    };
    match KINDS.iter().find(|(written, _)| *written == kind) {
        Some((_, ours)) => Some(format!("{name} {ours}")),
        None => Some(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_understood() {
        let house = |number, side, street: &str| {
            Some(Address::House {
                number,
                side,
                street: street.to_owned(),
            })
        };
        let corner = |a: &str, b: &str| {
            Some(Address::Corner {
                a: a.to_owned(),
                b: b.to_owned(),
            })
        };
        let check =
            |written: &str, expected| assert_eq!(understand(written), expected, "{written}");
        check(
            "2111 W BELLEVUE AVE",
            house(2111, Some('W'), "BELLEVUE AVE"),
        );
        check(
            "1502 1/2 S HARVARD BLVD",
            house(1502, Some('S'), "HARVARD BLVD"),
        );
        check("1021 E ST", house(1021, None, "E ST"));
        check("1021 W E ST", house(1021, Some('W'), "E ST"));
        check("12 S MAIN STREET", house(12, Some('S'), "MAIN ST"));
        check("WALL ST AT 5TH ST", corner("WALL ST", "5TH ST"));
        check(
            "BUDLONG AVE AT MARTIN LUTHER KING, JR BLVD",
            corner("BUDLONG AVE", "MARTIN LUTHER KING JR BLVD"),
        );
        check(
            "EXPOSITION BOULEVARD N/R AT 3RD AVE",
            corner("EXPOSITION BLVD", "3RD AVE"),
        );
        check(
            "POLK ST AT SAN FERNANDO ROAD NORTHEAST ROADWAY",
            corner("POLK ST", "SAN FERNANDO ROAD"),
        );
        check("5TH ST AT 5TH ST", None);
        check("PARK AVE AND STEPNEY", None);
    }

    #[test]
    fn a_field_map_names_what_it_lacks() {
        assert!("address=A,lat=y,lon=x".parse::<FieldMap>().is_ok());
        assert!(
            "street_a=A,street_b=B,zip=Z,lat=y,lon=x"
                .parse::<FieldMap>()
                .is_ok()
        );
        assert_eq!(
            "address=A,lat=y".parse::<FieldMap>(),
            Err("needs lon".to_owned())
        );
        assert!("street_a=A,lat=y,lon=x".parse::<FieldMap>().is_err());
        assert!("colour=A".parse::<FieldMap>().is_err());
    }
}
