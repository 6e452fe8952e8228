//! GeoJSON (RFC 7946) and zipped shapefiles; the latter are taken to longitude and latitude by their .prj.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use geojson::{FeatureCollection, GeometryValue};
use proj4rs::proj::Proj;
use shapefile::dbase;

use super::super::FeedError;
use super::super::values::cut;
use crate::city::boundaries::{Areas, BoundarySet, Ring};

/// What one part of a zip may unpack to.
pub const MOST_BYTES: u64 = 64 << 20;

/// Corners that a set may have.
const MOST_CORNERS: usize = 2_000_000;

/// The areas of a file. Features of one name are one area.
pub fn read(bytes: &[u8], set: &BoundarySet) -> Result<Areas, FeedError> {
    let features = if bytes.starts_with(b"PK\x03\x04") {
        shapefile(bytes, set)?
    } else {
        geojson(bytes, set)?
    };
    let mut areas: BTreeMap<String, Vec<Ring>> = BTreeMap::new();
    let mut corners = 0;
    for (name, rings) in features {
        let Some(name) = set.name_of(&name) else {
            continue;
        };
        for ring in rings {
            corners += ring.len();
            let is_on_earth = ring
                .iter()
                .all(|(lon, lat)| lat.abs() <= 90.0 && lon.abs() <= 180.0);
            if !is_on_earth {
                return Err(wrong("its coordinates are not degrees"));
            }
            if ring.len() >= 4 {
                areas.entry(name.clone()).or_default().push(ring);
            }
        }
        if corners > MOST_CORNERS {
            return Err(wrong("it has too many corners"));
        }
    }
    if areas.is_empty() {
        return Err(wrong("no feature is an area with a name"));
    }
    Ok(Areas(areas))
}

fn wrong(reason: impl std::fmt::Display) -> FeedError {
    // What is wrong may be quoted, and be long.
    FeedError::Boundaries(cut(&reason.to_string(), 300))
}

fn geojson(bytes: &[u8], set: &BoundarySet) -> Result<Vec<(String, Vec<Ring>)>, FeedError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|_| wrong("it is neither GeoJSON nor a zipped shapefile"))?;
    let collection: FeatureCollection = text
        .trim_start_matches('\u{feff}')
        .parse()
        .map_err(|error| wrong(format!("not a GeoJSON FeatureCollection: {error}")))?;
    if is_part(&collection) {
        return Err(wrong(
            "the server gives only a part of it (`exceededTransferLimit`); fetch the rest by hand",
        ));
    }
    let mut named = false;
    let mut features = Vec::new();
    for feature in collection.features {
        let properties = feature.properties.unwrap_or_default();
        let value = set.name.iter().find_map(|name| {
            let mut properties = properties.iter();
            properties.find(|(key, _)| key.eq_ignore_ascii_case(name))
        });
        named |= value.is_some();
        let name = match value {
            Some((_, serde_json::Value::String(name))) => name.clone(),
            Some((_, serde_json::Value::Number(name))) => name.to_string(),
            _ => continue,
        };
        let Some(geometry) = feature.geometry else {
            continue;
        };
        let polygons = match geometry.value {
            GeometryValue::Polygon { coordinates } => vec![coordinates],
            GeometryValue::MultiPolygon { coordinates } => coordinates,
            _ => continue,
        };
        let mut rings = Vec::new();
        for line in polygons.into_iter().flatten() {
            // Some sets carry a height of 0 as a third number.
            let ring: Option<Ring> = line
                .iter()
                .map(|position| {
                    let numbers = position.as_slice();
                    Some((*numbers.first()?, *numbers.get(1)?))
                })
                .collect();
            rings.push(ring.ok_or_else(|| wrong("a position has fewer than two numbers"))?);
        }
        features.push((name, rings));
    }
    if !named {
        return Err(no_name(set));
    }
    Ok(features)
}

/// What an ArcGIS server says of an answer that it cut short.
fn is_part(collection: &FeatureCollection) -> bool {
    let members = collection.foreign_members.iter().flatten();
    let properties = members
        .clone()
        .filter(|(key, _)| *key == "properties")
        .filter_map(|(_, value)| value.as_object())
        .flatten();
    members.chain(properties).any(|(key, value)| {
        key == "exceededTransferLimit" && value == &serde_json::Value::Bool(true)
    })
}

fn no_name(set: &BoundarySet) -> FeedError {
    wrong(format!(
        "no feature has a property `{}`; if it was renamed, add the new name to the city's file",
        set.name.join("` or `")
    ))
}

fn shapefile(bytes: &[u8], set: &BoundarySet) -> Result<Vec<(String, Vec<Ring>)>, FeedError> {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(wrong)?;
    let mut part = |end: &str| -> Result<Vec<u8>, FeedError> {
        let name = zip
            .file_names()
            .flatten()
            .map(Cow::into_owned)
            .find(|name| name.to_lowercase().ends_with(end))
            .ok_or_else(|| wrong(format!("the zip has no {end} file")))?;
        let file = zip.by_name(&name).map_err(wrong)?;
        let mut bytes = Vec::new();
        file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MOST_BYTES {
            return Err(wrong(format!("its {end} file is over {MOST_BYTES} bytes")));
        }
        Ok(bytes)
    };
    let (shp, dbf, prj) = (part(".shp")?, part(".dbf")?, part(".prj")?);
    let projection = String::from_utf8_lossy(&prj);
    let from = proj4wkt::wkt_to_projstring(&projection)
        .map_err(|error| wrong(format!("its .prj is not understood: {error:?}")))?;
    let from = Proj::from_proj_string(&from)
        .map_err(|error| wrong(format!("its projection is unknown: {error}")))?;
    let to = Proj::from_proj_string("+proj=longlat +datum=WGS84 +no_defs").map_err(wrong)?;
    let shapes = shapefile::ShapeReader::new(Cursor::new(shp)).map_err(wrong)?;
    let table = dbase::Reader::new(Cursor::new(dbf)).map_err(wrong)?;
    let mut reader = shapefile::Reader::new(shapes, table);
    let mut named = false;
    let mut features = Vec::new();
    for row in reader.iter_shapes_and_records_as::<shapefile::Polygon, dbase::Record>() {
        let (polygon, record) = row.map_err(wrong)?;
        let value = record.into_iter().find_map(|(key, value)| {
            let is_it = set.name.iter().any(|name| key.eq_ignore_ascii_case(name));
            is_it.then_some(value)
        });
        named |= value.is_some();
        let name = match value {
            Some(dbase::FieldValue::Character(Some(name))) => name,
            Some(dbase::FieldValue::Numeric(Some(name))) => name.to_string(),
            Some(dbase::FieldValue::Integer(name)) => name.to_string(),
            _ => continue,
        };
        let mut rings = Vec::new();
        for ring in polygon.rings() {
            let ring: Result<Ring, FeedError> = ring
                .points()
                .iter()
                .map(|point| degrees((point.x, point.y), &from, &to))
                .collect();
            rings.push(ring?);
        }
        features.push((name, rings));
    }
    if !named {
        return Err(no_name(set));
    }
    Ok(features)
}

fn degrees((x, y): (f64, f64), from: &Proj, to: &Proj) -> Result<(f64, f64), FeedError> {
    let mut point = if from.is_latlong() {
        (x.to_radians(), y.to_radians(), 0.0)
    } else {
        (x, y, 0.0)
    };
    proj4rs::transform::transform(from, to, &mut point)
        .map_err(|error| wrong(format!("a corner cannot be projected: {error}")))?;
    Ok((point.0.to_degrees(), point.1.to_degrees()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::City;
    use geo::Area as _;

    fn shared(file: &str) -> Vec<u8> {
        std::fs::read(format!(
            "{}/../../shared/data/{file}",
            env!("CARGO_MANIFEST_DIR")
        ))
        .expect("reads")
    }

    fn set(name: &str) -> BoundarySet {
        toml::from_str(&format!("id = 'x'\nname = ['{name}']")).expect("a set")
    }

    #[test]
    fn the_real_sets_are_read_also_with_heights_and_in_metres() {
        let districts = City::load_set("reporting-districts");
        let areas = read(&shared("lapd_reporting_districts.geojson"), &districts).expect("reads");
        assert!(areas.has("0127") && !areas.has("127") && !areas.has("0000"));
        // Distinct names, counted apart with Python: one council of 100 is there in two features.
        for (file, set, count) in [
            ("la_city_boundary.geojson", set("city"), 1),
            ("la_city_council_2012.geojson", set("DISTRICT"), 15),
            ("la_neighborhood_councils_2020.geojson", set("Name"), 99),
            ("lapd_bureaus.geojson", set("name"), 4),
            ("lapd_divisions.geojson", set("name"), 21),
            ("lapd_basic_car_areas.geojson", set("number"), 169),
            ("lapd_reporting_districts.geojson", districts, 1_135),
            ("latimes_neighborhoods_v6.geojson", set("name"), 318),
            ("la_tracts_utm_shapefile.zip", set("GEOID"), 999),
        ] {
            let areas = read(&shared(file), &set).expect(file);
            assert_eq!(areas.0.len(), count, "{file}");
        }
        let tracts = read(&shared("la_tracts_utm_shapefile.zip"), &set("GEOID")).expect("reads");
        assert!(tracts.has("06037101110"));
        for (lon, lat) in tracts.0.values().flatten().flatten() {
            assert!(
                (32.7..35.0).contains(lat) && (-119.1..-117.5).contains(lon),
                "{lat} {lon}"
            );
        }
        let names: Vec<&str> = tracts.0.keys().map(String::as_str).collect();
        // About 1,200 square kilometres.
        let km2 = tracts.outline(names).unsigned_area() * 111.2 * 92.2;
        assert!((1_000.0..1_500.0).contains(&km2), "{km2}");
    }

    #[test]
    fn what_is_no_boundary_file_is_refused_with_a_reason() {
        let named = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":1},"geometry":null}]}"#;
        let far = br#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"n":"A"},
            "geometry":{"type":"Polygon","coordinates":[[[6e6,1e6],[6e6,2e6],[7e6,1e6],[6e6,1e6]]]}}]}"#;
        for (bytes, reason) in [
            (&b""[..], "GeoJSON"),
            (b"<html>", "GeoJSON"),
            (b"\xff\xfe", "GeoJSON"),
            (b"PK\x03\x04rest", ""),
            (named, "no feature is an area"),
            (far, "not degrees"),
        ] {
            let error = read(bytes, &set("n")).expect_err("refused").to_string();
            assert!(error.contains(reason), "{error}");
        }
        let error = read(named, &set("REPDIST"))
            .expect_err("refused")
            .to_string();
        assert!(error.contains("`REPDIST`"), "{error}");
        let zip = shared("la_tracts_utm_shapefile.zip");
        for length in (0..zip.len()).step_by(zip.len() / 40) {
            assert!(read(&zip[..length], &set("NAME")).is_err());
        }
    }
}
