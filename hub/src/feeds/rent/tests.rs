use std::io::Write as _;
use std::path::PathBuf;

use super::*;

fn shared(file: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")).join(file)
}

struct Setup {
    city: City,
    folder: tempfile::TempDir,
}

impl Setup {
    fn new() -> Self {
        Self {
            city: City::load("los-angeles").expect("loads"),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn layer(&self) -> &Layer {
        self.city.rent("rent").expect("a layer")
    }

    fn import(&self, path: &Path, year: Option<i16>) -> Result<Counts, FeedError> {
        import(self.folder.path(), &self.city, self.layer(), path, year)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn lacks(&self) -> Option<String> {
        lacks(self.folder.path(), &self.city, self.layer()).expect("reads")
    }
}

/// Written by us in the form of data.census.gov's download.
const ROWS: &str = "GEO_ID,NAME,B25064_001E,B25064_001M\n\
    Geography,Name,Estimate!!Median gross rent,Margin of Error!!Median gross rent\n\
    1400000US06037101110,x,\"1,612\",145\n\
    1400000US06037101122,x,-,**\n\
    1400000US06037999999,x,900,10\n\
    1400000US06059000100,x,2100,80\n";

fn numbers(counts: &Counts) -> [u64; 6] {
    let rejected: u64 = counts.rejected.values().sum();
    assert_eq!(
        counts.rows,
        counts.skipped + counts.accepted + rejected,
        "{counts:?}"
    );
    [
        counts.rows,
        counts.skipped,
        counts.accepted,
        counts.records,
        counts.duplicates,
        counts.unplaced,
    ]
}

#[test]
fn outlines_and_figures_come_in_any_order_and_again_change_nothing() {
    let setup = Setup::new();
    let why = setup.lacks().expect("no file");
    for part in [
        "no figures",
        "state:06%20county:037",
        "key_signup",
        "--feed rent",
    ] {
        assert!(why.contains(part), "{why}");
    }
    let rows = setup.write("ACSDT5Y2022.B25064-Data.csv", ROWS.as_bytes());
    let counts = setup.import(&rows, None).expect("reads");
    assert_eq!(numbers(&counts), [4, 1, 3, 3, 0, 3]);
    let why = setup.lacks().expect("no outlines");
    assert!(why.contains("cb_2022_06_tract_500k.zip"), "{why}");
    let tracts = shared("la_tracts_utm_shapefile.zip");
    let counts = setup.import(&tracts, None).expect("reads");
    assert_eq!(numbers(&counts), [OUTLINES, 0, OUTLINES, OUTLINES, 0, 0]);
    assert_eq!(setup.lacks(), None);
    let counts = setup.import(&rows, None).expect("reads");
    assert_eq!(numbers(&counts), [4, 1, 3, 0, 3, 1]);
    let counts = setup.import(&tracts, None).expect("reads");
    assert_eq!(numbers(&counts), [OUTLINES, 0, OUTLINES, 0, OUTLINES, 0]);
    // One figure was corrected; another year is another period.
    let newer = setup.write("x.csv", ROWS.replace("1,612", "1,700").as_bytes());
    let counts = setup.import(&newer, Some(2022)).expect("reads");
    assert_eq!(numbers(&counts), [4, 1, 3, 1, 2, 1]);
    setup.import(&newer, Some(2021)).expect("reads");
    let all = rents::rents(setup.folder.path(), "rent").expect("reads");
    let firsts: Vec<_> = all
        .iter()
        .map(|(first, _)| open_data::day(*first))
        .collect();
    assert_eq!(
        firsts,
        [jiff::civil::date(2021, 1, 1), jiff::civil::date(2022, 1, 1)]
    );
    let status = status(setup.folder.path(), &setup.city, Timestamp::now()).expect("reads");
    assert_eq!(status[0].data_through.as_deref(), Some("2022-12-31"));
    assert_eq!((status[0].rows, status[0].error.as_deref()), (6, None));
    assert!(
        status[1]
            .error
            .as_ref()
            .is_some_and(|why| why.contains("ZORI"))
    );
}

/// The shapefile's records, each of another tract.
const OUTLINES: u64 = 999;

/// The corners of the shapefile in degrees, computed by another program (Krueger's series on the GRS 80 ellipsoid).
#[test]
fn outlines_in_metres_are_where_another_program_puts_them() {
    let bytes = std::fs::read(shared("la_tracts_utm_shapefile.zip")).expect("reads");
    let areas = outlines::read(&bytes, &Setup::new().layer().boundaries).expect("reads");
    let near = |one: f64, other: f64| (one - other).abs() < 2e-7;
    for (tract, lat, lon) in [
        ("06037101110", 34.263_222_0, -118.297_919_0),
        ("06037201501", 34.089_049_0, -118.171_754_0),
        ("06037980031", 33.753_779_0, -118.291_048_0),
    ] {
        let corner = areas.0[tract][0][0];
        assert!(near(corner.0, lon) && near(corner.1, lat), "{corner:?}");
    }
    assert_eq!(areas.0.values().flatten().count(), 1_001);
    let corners: Vec<(f64, f64)> = areas.0.values().flatten().flatten().copied().collect();
    assert_eq!(corners.len(), 15_357);
    let sum = |of: fn(&(f64, f64)) -> f64| corners.iter().map(of).sum::<f64>();
    assert!((sum(|corner| corner.1) - 523_597.873_14).abs() < 2e-3);
    assert!((sum(|corner| corner.0) + 1_817_893.099_43).abs() < 2e-3);
}

#[test]
fn zillows_figures_are_drawn_once_the_operator_brings_outlines_of_zip_codes() {
    let setup = Setup::new();
    let layer = setup.city.rent("asking-rent").expect("a layer");
    let import = |path: &Path| import(setup.folder.path(), &setup.city, layer, path, None);
    let figures = shared("zillow_zori_zip_la_county.csv");
    assert_eq!(
        numbers(&import(&figures).expect("reads")),
        [228, 0, 228, 228, 0, 228]
    );
    let why = lacks(setup.folder.path(), &setup.city, layer).expect("reads");
    assert!(why.is_some_and(|why| why.contains("ZIP codes as GeoJSON")));
    let feature = |zip: &str, west: f64| {
        let east = west + 0.01;
        format!(
            r#"{{"type":"Feature","properties":{{"ZCTA5CE20":"{zip}"}},"geometry":{{"type":"Polygon",
            "coordinates":[[[{west},34.04],[{east},34.04],[{east},34.05],[{west},34.05],[{west},34.04]]]}}}}"#
        )
    };
    let all = [("90013", -118.25), ("90014", -118.26), ("10001", -74.0)];
    let all = all.map(|(zip, west)| feature(zip, west)).join(",");
    let text = format!(r#"{{"type":"FeatureCollection","features":[{all}]}}"#);
    let path = setup.write("zips.geojson", text.as_bytes());
    assert_eq!(numbers(&import(&path).expect("reads")), [3, 1, 2, 2, 0, 0]);
    let layers = crate::feeds::load_layers(setup.folder.path(), &setup.city).expect("loads");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0].id, "asking-rent");
    assert_eq!(layers[0].periods[0].period, "2023-10");
    assert_eq!(layers[0].periods[0].rents.len(), 2);
}

#[test]
fn the_download_is_read_from_its_zip() {
    let setup = Setup::new();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, text) in [
        (
            "ACSDT5Y2021.B25064-Column-Metadata.csv",
            "Column Name,Label\nGEO_ID,Geography\n",
        ),
        ("ACSDT5Y2021.B25064-Table-Notes.txt", "notes"),
        ("ACSDT5Y2021.B25064-Data.csv", ROWS),
    ] {
        zip.start_file(name, options).expect("begun");
        zip.write_all(text.as_bytes()).expect("written");
    }
    let bytes = zip.finish().expect("ended").into_inner();
    let path = setup.write("download.zip", &bytes);
    assert_eq!(
        numbers(&setup.import(&path, None).expect("reads")),
        [4, 1, 3, 3, 0, 3]
    );
    let all = rents::rents(setup.folder.path(), "rent").expect("reads");
    assert_eq!(open_data::day(all[0].0), jiff::civil::date(2021, 1, 1));
    for length in (0..bytes.len()).step_by(7) {
        let path = setup.write("cut.zip", &bytes[..length]);
        assert!(setup.import(&path, Some(2022)).is_err(), "{length}");
    }
}

#[test]
fn a_shapefile_of_any_bytes_is_refused_or_read_and_never_more() {
    let setup = Setup::new();
    let bytes = std::fs::read(shared("la_tracts_utm_shapefile.zip")).expect("reads");
    for length in (0..bytes.len()).step_by(bytes.len() / 25) {
        let path = setup.write("cut.zip", &bytes[..length]);
        assert!(setup.import(&path, None).is_err(), "{length}");
    }
    // The parts of it, changed: lengths of records, counts of points, numbers that are none.
    let mut parts = Vec::new();
    let mut zip = zip::ZipArchive::new(Cursor::new(&bytes[..])).expect("a zip");
    for at in 0..zip.len() {
        let mut part = zip.by_index(at).expect("a part");
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).expect("reads");
        parts.push((part.name().expect("a name").to_string(), bytes));
    }
    let shp = parts.iter().position(|(name, _)| name.ends_with(".shp"));
    let dbf = parts.iter().position(|(name, _)| name.ends_with(".dbf"));
    let (shp, dbf) = (shp.expect("shapes"), dbf.expect("a table"));
    let huge = i32::MAX.to_be_bytes();
    for (part, at, with) in [
        (shp, 24, huge.to_vec()),
        (shp, 104, huge.to_vec()),
        (shp, 104, (-1_i32).to_be_bytes().to_vec()),
        (shp, 144, i32::MAX.to_le_bytes().to_vec()),
        (shp, 148, i32::MAX.to_le_bytes().to_vec()),
        (shp, 148, (-1_i32).to_le_bytes().to_vec()),
        (shp, 156, f64::NAN.to_le_bytes().to_vec()),
        (shp, 156, f64::INFINITY.to_le_bytes().to_vec()),
        (shp, 156, 1e300_f64.to_le_bytes().to_vec()),
        (dbf, 4, u32::MAX.to_le_bytes().to_vec()),
        (dbf, 8, vec![0, 0]),
        (dbf, 10, vec![255, 255]),
        (dbf, 48, vec![255]),
    ] {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (n, (name, bytes)) in parts.iter().enumerate() {
            zip.start_file(&**name, zip::write::SimpleFileOptions::default())
                .expect("begun");
            let mut bytes = bytes.clone();
            if n == part {
                bytes[at..at + with.len()].copy_from_slice(&with);
            }
            zip.write_all(&bytes).expect("written");
        }
        let bytes = zip.finish().expect("ended").into_inner();
        let path = setup.write("changed.zip", &bytes);
        if let Ok(counts) = setup.import(&path, None) {
            assert!(counts.accepted <= OUTLINES, "{part} {at} {with:?}");
        }
    }
}

#[test]
fn what_is_not_of_this_city_or_says_no_year_changes_nothing() {
    let setup = Setup::new();
    let error = |name: &str, text: &str, year| {
        let path = setup.write(name, text.as_bytes());
        setup.import(&path, year).expect_err("refused").to_string()
    };
    assert!(error("b25064.csv", ROWS, None).contains("--year"));
    assert!(error("b25064.csv", ROWS, Some(1990)).contains("--year"));
    let far = ROWS.replace("US06037", "US48201");
    assert!(error("2022.csv", &far, None).contains("Los Angeles County, CA"));
    let outlines = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"GEOID":"06037101110"},
        "geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}"#;
    assert!(error("x.geojson", outlines, None).contains("bounds"));
    assert!(!setup.folder.path().join(open_data::FILE).exists());
}

#[test]
fn a_file_replaces_what_is_known_of_its_counties_and_leaves_the_others() {
    let city = City::load("new-york").expect("loads");
    let folder = tempfile::tempdir().expect("a folder");
    let layer = city.rent("rent").expect("a layer");
    let put = |rows: &[(&str, &str)]| {
        let rows = rows
            .iter()
            .map(|(tract, rent)| format!("1400000US{tract},x,{rent}\n"));
        let text = format!("GEO_ID,NAME,B25064_001E\n{}", rows.collect::<String>());
        let path = folder.path().join("rent-2022.csv");
        std::fs::write(&path, text).expect("written");
        numbers(&import(folder.path(), &city, layer, &path, None).expect("reads"))
    };
    let known = || {
        let all = rents::rents(folder.path(), "rent").expect("reads");
        all[0].1.by_area.keys().cloned().collect::<Vec<_>>()
    };
    put(&[("36061000100", "1500"), ("36061000200", "1600")]);
    put(&[("36047000100", "1400")]);
    assert_eq!(known(), ["36047000100", "36061000100", "36061000200"]);
    assert_eq!(put(&[("36061000100", "1500")]), [1, 0, 1, 0, 1, 1]);
    assert_eq!(known(), ["36047000100", "36061000100"]);
}

#[test]
fn a_year_is_read_from_a_downloads_name() {
    for (name, year) in [
        ("ACSDT5Y2022.B25064-Data.csv", Some(2022)),
        (
            "ACSDT5Y2019.B25064_data_with_overlays_2021-03-20T120000.csv",
            Some(2019),
        ),
        ("ACS_17_5YR_B25064_with_ann.csv", Some(2017)),
        ("rent-2022.json", Some(2022)),
        ("acs5-2022-county037.json", Some(2022)),
        ("2021-2022.csv", None),
        ("B25064.csv", None),
        ("5Y20\u{e9}x", None),
        ("ACS_\u{e9}_5YR", None),
    ] {
        assert_eq!(year_of(name), year, "{name}");
    }
}

/// A zipped shapefile of one tract with four corners.
fn shapefile(prj: &str, corners: [(f64, f64); 4]) -> Vec<u8> {
    let mut points = corners.to_vec();
    points.push(corners[0]);
    let mut content: Vec<u8> = 5_i32.to_le_bytes().to_vec();
    content.extend([0; 32]);
    for number in [1, points.len() as i32, 0] {
        content.extend(number.to_le_bytes());
    }
    for (x, y) in points {
        content.extend(x.to_le_bytes());
        content.extend(y.to_le_bytes());
    }
    let words = |bytes: usize| (bytes as i32 / 2).to_be_bytes();
    let mut shp = 9994_i32.to_be_bytes().to_vec();
    shp.extend([0; 20]);
    shp.extend(words(100 + 8 + content.len()));
    shp.extend(1000_i32.to_le_bytes());
    shp.extend(5_i32.to_le_bytes());
    shp.extend([0; 64]);
    shp.extend(1_i32.to_be_bytes());
    shp.extend(words(content.len()));
    shp.extend(content);
    let mut dbf = vec![3, 126, 11, 26, 1, 0, 0, 0, 65, 0, 12, 0];
    dbf.extend([0; 20]);
    dbf.extend(b"GEOID\0\0\0\0\0\0C\0\0\0\0\x0b");
    dbf.extend([0; 15]);
    dbf.extend(b"\r 06037206310\x1a");
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        ("t.shp", &shp[..]),
        ("t.dbf", &dbf),
        ("t.prj", prj.as_bytes()),
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("ended").into_inner()
}

const DEGREES: [(f64, f64); 4] = [
    (-118.25, 34.04),
    (-118.25, 34.05),
    (-118.24, 34.05),
    (-118.24, 34.04),
];
const UTM: [(f64, f64); 4] = [
    (384615.8994, 3767295.7334),
    (384629.4454, 3768404.6210),
    (385552.4643, 3768393.3892),
    (385539.0267, 3767284.5032),
];
const WEB: [(f64, f64); 4] = [
    (-13163529.7863, 4034174.3143),
    (-13163529.7863, 4035517.7821),
    (-13162416.5914, 4035517.7821),
    (-13162416.5914, 4034174.3143),
];
const FEET: [(f64, f64); 4] = [
    (6485927.6182, 1837033.1326),
    (6485936.6694, 1840672.3175),
    (6488965.8634, 1840664.9341),
    (6488957.1743, 1837025.7483),
];

/// As the census's files and most cities' have them; metres and feet by another program.
#[test]
fn outlines_in_degrees_metres_and_feet_are_at_the_same_place() {
    const NAD83: &str = r#"GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    const WGS84: &str = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
    let utm = format!(
        r#"PROJCS["NAD_1983_UTM_Zone_11N",{NAD83},PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-117.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#
    );
    let web = format!(
        r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",{WGS84},PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]]"#
    );
    let feet = format!(
        r#"PROJCS["NAD_1983_StatePlane_California_V_FIPS_0405_Feet",{NAD83},PROJECTION["Lambert_Conformal_Conic"],PARAMETER["False_Easting",6561666.666666666],PARAMETER["False_Northing",1640416.666666667],PARAMETER["Central_Meridian",-118.0],PARAMETER["Standard_Parallel_1",34.03333333333333],PARAMETER["Standard_Parallel_2",35.46666666666667],PARAMETER["Latitude_Of_Origin",33.5],UNIT["Foot_US",0.3048006096012192]]"#
    );
    let layer = Setup::new().layer().clone();
    for (prj, corners) in [
        (NAD83, DEGREES),
        (WGS84, DEGREES),
        (&*utm, UTM),
        (&*web, WEB),
        (&*feet, FEET),
    ] {
        let areas = outlines::read(&shapefile(prj, corners), &layer.boundaries).expect("reads");
        let ring = &areas.0["06037206310"][0];
        assert!(ring.len() == 5, "{prj}");
        for (lon, lat) in ring {
            let is_near = |(x, y): &(f64, f64)| (lon - x).abs() < 1e-6 && (lat - y).abs() < 1e-6;
            assert!(DEGREES.iter().any(is_near), "{prj}: {lat} {lon}");
        }
    }
}
