//! A year of requests as the city exports them: our own rows with the real files' statistics.
//!
//! Shares of types, sources and states, empty cells, repeated addresses and the newest row first are as in the four exports
//! that the built-in places were made from. Coordinates have all the digits of a double, so a row has 382 bytes where
//! real ones have 344 to 375. Streets and ZIP codes are real, who lives where is not.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use jiff::civil::date;
use spotlight_tests::process;
use spotlight_tests::random::Random;

const HEADER: &str = "SRNumber,CreatedDate,UpdatedDate,ActionTaken,Owner,RequestType,Status,RequestSource,\
    CreatedByUserOrganization,MobileOS,Anonymous,AssignTo,ServiceDate,ClosedDate,AddressVerified,ApproximateAddress,Address,\
    HouseNumber,Direction,StreetName,Suffix,ZipCode,Latitude,Longitude,Location,TBMPage,TBMColumn,TBMRow,APC,CD,CDMember,NC,\
    NCName,PolicePrecinct";

/// The type that the feed `encampments` takes.
pub const KIND: &str = "Homeless Encampment";

/// Of ten thousand rows, and whose they are.
const KINDS: [(usize, &str, &str); 11] = [
    (4530, "Bulky Items", "BOS"),
    (2517, "Graffiti Removal", "OCB"),
    (902, "Illegal Dumping Pickup", "BOS"),
    (790, "Metal/Household Appliances", "BOS"),
    (390, KIND, "BOS"),
    (375, "Electronic Waste", "BOS"),
    (209, "Dead Animal Removal", "BOS"),
    (139, "Other", "ITA"),
    (76, "Single Streetlight Issue", "BSL"),
    (55, "Multiple Streetlight Issue", "BSL"),
    (17, "Report Water Waste", "LADWP"),
];
const STATES: [(usize, &str); 4] = [
    (9675, "Closed"),
    (298, "Cancelled"),
    (15, "Open"),
    (12, "Referred Out"),
];
/// Who filed it, how, and on what telephone.
const SOURCES: [(usize, &str, &str, &str); 6] = [
    (4600, "Call", "BOS", ""),
    (1500, "Mobile App", "Self Service", "iOS"),
    (880, "Mobile App", "Self Service", "Android"),
    (1650, "Driver Self Report", "OCB", ""),
    (1330, "Self Service", "Self Service", ""),
    (40, "Email", "ITA", ""),
];
const ASSIGNED: [&str; 8] = ["EV", "NC", "SLA", "WV", "WLA", "HB", "GAPBH", "NEGB_ELA"];
/// Where it is for the city: `APC,CD,CDMember,NC,NCName,PolicePrecinct`.
const DISTRICTS: [&str; 8] = [
    "South Los Angeles APC,8,Marqueece Harris-Dawson,74,EMPOWERMENT CONGRESS SOUTHEAST AREA NDC,77TH STREET",
    "South Valley APC,3,Bob Blumenfield,12,WOODLAND HILLS-WARNER CENTER NC,TOPANGA",
    "Central APC,13,Mitch O'Farrell,34,EAST HOLLYWOOD NC,RAMPART",
    "North Valley APC,7,Monica Rodriguez,5,SYLMAR NC,MISSION",
    "East Los Angeles APC,14,Jose Huizar,50,BOYLE HEIGHTS NC,HOLLENBECK",
    "West Los Angeles APC,11,Mike Bonin,64,VENICE NC,PACIFIC",
    "South Los Angeles APC,10,Herb J. Wesson Jr.,71,\"UNITED NEIGHBORHOODS OF THE HISTORIC ARLINGTON HEIGHTS, WEST ADAMS, \
     AND JEFFERSON PARK COMMUNITY\",SOUTHWEST",
    "Harbor APC,15,Joe Buscaino,90,WILMINGTON NC,HARBOR",
];

/// Of a hundred encampment rows, these are about an address that has one of the same day.
const REPEATED: usize = 11;

/// Of a hundred other rows, these have no coordinates; 0 to 17 in the real files. Of encampments, one.
const UNPLACED: usize = 10;

const DAY: u64 = 24 * 60 * 60;

/// Writes the file, unless it is there: it gets its name when it is whole.
pub fn write(path: &Path, rows: u64) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let part = path.with_extension("part");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&part)?);
    let mut random = Random::new(311);
    let (corners, days) = (corners(), days());
    // The places of the last encampment rows.
    let mut recent: VecDeque<Place> = VecDeque::new();
    writeln!(out, "{HEADER}")?;
    for row in 0..rows {
        let (kind, owner) = weighted(&KINDS, &mut random, |kind| (kind.0, (kind.1, kind.2)));
        let is_ours = kind == KIND;
        let place = if is_ours && recent.len() == 32 && random.below(100) < REPEATED {
            recent[random.below(32)].clone()
        } else {
            let has_point = random.below(100) >= if is_ours { 1 } else { UNPLACED };
            Place::new(
                &corners[random.below(corners.len())],
                has_point,
                &mut random,
            )
        };
        let created = 365 * DAY * (rows - row) / (rows + 1);
        let (source, organization, telephone) =
            weighted(&SOURCES, &mut random, |s| (s.0, (s.1, s.2, s.3)));
        let state = weighted(&STATES, &mut random, |state| (state.0, state.1));
        let closed = created + random.number() % (9 * DAY);
        let service = closed / DAY * DAY;
        write!(
            out,
            "1-{:010},{},{},SR Created,{owner},{kind},{state},{source},{organization},{telephone},{},{},",
            1_262_691_971 - row * 10,
            Time(created, &days),
            Time(closed + random.number() % DAY, &days),
            if random.below(10) == 0 { 'Y' } else { 'N' },
            ASSIGNED[random.below(ASSIGNED.len())],
        )?;
        match random.below(100) {
            0..6 => write!(out, ",{}", Time(closed, &days))?,
            _ => write!(out, "{},{}", Time(service, &days), Time(closed, &days))?,
        }
        writeln!(
            out,
            ",Y,{},{},{},{},{},{}",
            if random.below(10) < 3 { "" } else { "N" },
            place.text,
            500 + random.below(250),
            char::from(b'A' + random.below(10) as u8),
            1 + random.below(7),
            DISTRICTS[random.below(DISTRICTS.len())],
        )?;
        if is_ours {
            recent.push_back(place);
            if recent.len() > 32 {
                recent.pop_front();
            }
        }
    }
    out.into_inner()?.sync_all()?;
    fs::rename(part, path)
}

/// One of a table, by its weights out of ten thousand.
fn weighted<'a, T, V>(
    table: &'a [T],
    random: &mut Random,
    take: impl Fn(&'a T) -> (usize, V),
) -> V {
    let mut at = random.below(10_000);
    for entry in table {
        let (weight, value) = take(entry);
        if at < weight {
            return value;
        }
        at -= weight;
    }
    unreachable!("the weights of a table make ten thousand")
}

/// Two streets, a ZIP code and a point.
struct Corner {
    streets: [String; 2],
    zip: String,
    point: [f64; 2],
}

fn corners() -> Vec<Corner> {
    let file = process::top().join("common/places/los-angeles.csv");
    let text = fs::read_to_string(file).expect("the shipped places");
    let corner = |line: &str| match line.split(',').collect::<Vec<_>>()[..] {
        ["corner", a, b, zip, lat, lon] => Some(Corner {
            streets: [a.to_owned(), b.to_owned()],
            zip: zip.to_owned(),
            point: [lat, lon].map(|degrees| degrees.parse().expect("degrees")),
        }),
        _ => None,
    };
    text.lines().filter_map(corner).collect()
}

/// From `Address` to `Location`.
#[derive(Clone)]
struct Place {
    text: String,
}

impl Place {
    fn new(corner: &Corner, has_point: bool, random: &mut Random) -> Self {
        let [street, other] = &corner.streets;
        let zip = &corner.zip;
        let is_house = random.below(100) < 86;
        let mut near = |degrees: f64| {
            let off = if is_house {
                random.below(8_000_000) as f64 / 1e9 - 0.004
            } else {
                0.0
            };
            degrees + off + 4.7e-11
        };
        let point = corner.point.map(&mut near);
        let mut text = match street.rsplit_once(' ') {
            Some((name, suffix)) if is_house => {
                let number = 100 + random.below(12_000);
                let direction = ["W", "N", "S", "E"][random.below(4)];
                format!(
                    "\"{number} {direction} {street}, {zip}\",{number},{direction},{name},{suffix},{zip},"
                )
            }
            _ => format!("\"{street} AT {other}, {zip}\",,,,,{zip},"),
        };
        match point {
            [lat, lon] if has_point => {
                text += &format!("{lat:.14},{lon:.14},\"({lat:.14}, {lon:.14})\"")
            }
            _ => text += ",,",
        }
        Self { text }
    }
}

/// The days from the first of 2018, as the export writes them.
fn days() -> Vec<String> {
    let days = date(2018, 1, 1).series(jiff::ToSpan::days(1)).take(400);
    days.map(|day| day.strftime("%m/%d/%Y").to_string())
        .collect()
}

/// Seconds since the first of 2018, as the export writes them.
struct Time<'a>(u64, &'a [String]);

impl std::fmt::Display for Time<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(seconds, days) = self;
        let (day, hour) = (&days[(seconds / DAY) as usize], seconds / 3600 % 24);
        let half = if hour < 12 { "AM" } else { "PM" };
        let hour = (hour + 11) % 12 + 1;
        write!(
            f,
            "{day} {hour:02}:{:02}:{:02} {half}",
            seconds / 60 % 60,
            seconds % 60
        )
    }
}
