//! A small feed for tests.

use std::fs::File;
use std::io::{Cursor, Seek as _, Write as _};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A zip of these files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let started = zip.start_file(*name, SimpleFileOptions::default());
        started.expect("started");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished").into_inner()
}

/// Bytes as a file to read.
pub fn file(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bytes).expect("written");
    file.rewind().expect("at its start");
    file
}

pub const STOPS: &str = "\u{feff}stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station
S1,\"First, Station\",34.000,-118.300,1,
S1A,\"First, Station\",34.000,-118.300,0,S1
S1E,Entrance,34.000,-118.300,2,S1
S2,Second,34.030,-118.300,1,
P,Orphan,34.010,-118.300,0,GONE
B1,5th / Main,34.020,-118.300,,
B2,5th / Main,34.0201,-118.300,,
B3,5th / Main,34.090,-118.300,,
X1,,34.020,-118.300,,
X2,Nowhere,0,0,,
X3,What,34.020,-118.300,9,
X4,Far,48.8,2.4,1,
";

pub const ROUTES: &str =
    "route_id,agency_id,route_short_name,route_long_name,route_type,route_color
A,,,Metro A Line,0,0072BC
51,,51,Seventh Street,3,nocolour
N,,Nameless route,,2,
F,,,Far away,1,
Q,,,Strange,42,
Z,,,,1,
A,,,Again,0,
";

pub const TRIPS: &str = "route_id,service_id,trip_id,direction_id,shape_id
A,w,1,0,north
A,w,2,1,south
A,w,3,0,branch
51,w,4,0,seventh
F,w,5,0,far
N,w,6,0,
Q,w,7,0,north
";

/// `south` is `north` from the other end and two metres beside it; `branch` leaves it after three kilometres.
pub fn shapes() -> String {
    let mut rows = vec![
        "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence".to_owned(),
        "north,x,-118.3,1".to_owned(),
        "north,34.0,-118.3,y".to_owned(),
        "unused,34.0,-118.3,1".to_owned(),
    ];
    for n in 0..=60 {
        let along = f64::from(n) * 0.001;
        rows.push(format!("north,{},-118.3,{}", 34.0 + along, n + 1));
        rows.push(format!("south,{},-118.30002,{}", 34.06 - along, 10 * n));
    }
    // Its rows are in no order.
    for n in (0..=50).rev() {
        let along = f64::from(n) * 0.001;
        let (lat, lon) = (34.0 + along.min(0.03), -118.3 - (along - 0.03).max(0.0));
        rows.push(format!("branch,{lat},{lon},{n}"));
    }
    for n in 0..=20 {
        rows.push(format!(
            "seventh,34.02,{},{n}",
            -118.31 + f64::from(n) * 0.001
        ));
        rows.push(format!("far,48.8,{},{n}", 2.3 + f64::from(n) * 0.001));
    }
    rows.join("\r\n") + "\r\n"
}

/// The whole feed in a folder; an empty name for none.
pub fn feed(folder: &str) -> Vec<u8> {
    let name = |table: &str| format!("{folder}{table}");
    let shapes = shapes();
    zip(&[
        (&name("stops.txt"), STOPS.as_bytes()),
        (&name("routes.txt"), ROUTES.as_bytes()),
        (&name("trips.txt"), TRIPS.as_bytes()),
        (&name("shapes.txt"), shapes.as_bytes()),
        (&name("stop_times.txt"), b"not looked at"),
        (
            &name("feed_info.txt"),
            b"feed_publisher_name,feed_version,feed_start_date\nX,7,20260103\n",
        ),
    ])
}
