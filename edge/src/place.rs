//! The step from words to a place: `decode -> place -> classify`.
//!
//! It only computes. Of what it finds, the cell alone goes on to the report; label and point serve the answer to the
//! sender and `spotlight-edge place`.

use serde::Serialize;
use spotlight_common::cell::Cell;
use spotlight_common::gazetteer::{Gazetteer, Missing, NotFound, Place, Precision};

use crate::decode::gps;

/// The place that a message's text names, or why there is none and what it may have meant, nearest to the node's home first.
pub fn place(
    gazetteer: &Gazetteer,
    text: &str,
    home: Option<(f64, f64)>,
) -> Result<Place, NotFound> {
    match home {
        Some(home) => gazetteer.find_near(text, home),
        None => gazetteer.find(text),
    }
}

/// Where a photo says that it was taken, if its sender named no place at all.
pub fn taken_at<P: AsRef<[u8]>>(
    gazetteer: &Gazetteer,
    photos: &[P],
    missing: NotFound,
) -> Result<Place, NotFound> {
    if missing.why != Missing::NoPlace {
        return Err(missing);
    }
    let mut places = photos.iter().filter_map(|photo| gps(photo.as_ref()));
    match places.next() {
        Some((lat, lon)) => gazetteer.find(&format!("{lat:.5},{lon:.5}")),
        None => Err(missing),
    }
}

/// What `spotlight-edge place` prints for a text, one JSON object a line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    text: String,
    found: bool,
    label: Option<String>,
    lat: Option<f64>,
    lon: Option<f64>,
    cell: Option<Cell>,
    precision: Precision,
    candidates: Vec<Candidate>,
}

/// A place that the text may have meant.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Candidate {
    label: String,
    lat: f64,
    lon: f64,
    cell: Cell,
}

/// The line for a text: `println!("{}", serde_json::to_string(&line(&gazetteer, text))?)`.
pub fn line(gazetteer: &Gazetteer, text: &str) -> Line {
    let (place, candidates) = match place(gazetteer, text, None) {
        Ok(place) => (Some(place), Vec::new()),
        Err(missing) => (None, missing.candidates),
    };
    Line {
        text: text.to_owned(),
        found: place.is_some(),
        lat: place.as_ref().map(|place| place.lat),
        lon: place.as_ref().map(|place| place.lon),
        cell: place.as_ref().map(|place| place.cell),
        precision: place
            .as_ref()
            .map_or(Precision::None, |place| place.precision),
        label: place.map(|place| place.label),
        candidates: candidates
            .into_iter()
            .map(
                |Place {
                     label,
                     lat,
                     lon,
                     cell,
                     ..
                 }| Candidate {
                    label,
                    lat,
                    lon,
                    cell,
                },
            )
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_contracts_keys_found_or_not() {
        let gazetteer = Gazetteer::los_angeles();
        let json = |text: &str| serde_json::to_value(line(&gazetteer, text)).expect("serializable");
        let found = json("5th & San Pedro");
        assert_eq!(found["found"], true);
        assert_eq!(found["label"], "5th St & San Pedro St");
        assert_eq!(found["precision"], "intersection");
        assert_eq!(found["cell"], "8929a1d7503ffff");
        assert_eq!(found["candidates"], serde_json::json!([]));
        assert_eq!(
            json("help").to_string(),
            serde_json::json!({
                "text": "help", "found": false, "label": null, "lat": null, "lon": null, "cell": null,
                "precision": "none", "candidates": []
            })
            .to_string()
        );
        // Both corners are asked for, the nearest to home first.
        let first = |home| {
            let missing = place(&gazetteer, "4th ave & vernon ave", Some(home));
            let candidates = missing.expect_err("two").candidates;
            (candidates.len(), candidates[0].lat, candidates[0].lon)
        };
        let (south_la, venice) = (first((34.00, -118.32)), first((33.99, -118.47)));
        assert_eq!((south_la.0, venice.0), (2, 2));
        assert!(
            south_la.2 > -118.4 && venice.2 < -118.4,
            "{south_la:?} {venice:?}"
        );
        let asked = json("4th ave & vernon ave");
        assert_eq!(asked["found"], false);
        assert!(asked["candidates"][1]["cell"].is_string(), "{asked}");
    }

    #[test]
    fn a_photo_tells_the_place_only_where_the_text_names_none() {
        let gazetteer = Gazetteer::los_angeles();
        let photo = crate::decode::gps::tests::photo;
        let here = photo([34, 2, 3912], b'N', [118, 14, 3804], b'W');
        let elsewhere = photo([40, 0, 0], b'N', [75, 0, 0], b'W');
        let found = |text: &str, photos: &[&[u8]]| {
            place(&gazetteer, text, None).or_else(|missing| taken_at(&gazetteer, photos, missing))
        };
        let at = found("cops", &[b"no photo", &here]).expect("told by the second");
        assert_eq!(
            at.cell,
            found("5th & San Pedro", &[]).expect("a corner").cell
        );
        for (text, photos, why) in [
            ("cops", &[][..], Missing::NoPlace),
            ("cops", &[&elsewhere[..]][..], Missing::OutsideCity),
            ("4th ave & vernon ave", &[&here[..]][..], Missing::Ambiguous),
        ] {
            assert_eq!(found(text, photos).expect_err(text).why, why, "{text}");
        }
    }
}
