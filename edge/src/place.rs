//! The `place` diagnostic: what the gazetteer finds for a text, as the contract writes it.

use serde_json::{Value, json};
use spotlight_common::gazetteer::{Gazetteer, Place, Precision};

/// One object: `text`, `found`, `label`, `lat`, `lon`, `cell` (as published), `precision`, `candidates`.
pub fn json(gazetteer: &Gazetteer, text: &str) -> Value {
    match gazetteer.find(text) {
        Ok(place) => json!({
            "text": text,
            "found": true,
            "label": place.label,
            "lat": place.lat,
            "lon": place.lon,
            "cell": place.cell,
            "precision": place.precision,
            "candidates": [],
        }),
        Err(missing) => json!({
            "text": text,
            "found": false,
            "label": null,
            "lat": null,
            "lon": null,
            "cell": null,
            "precision": Precision::None,
            "candidates": missing.candidates.iter().map(candidate).collect::<Vec<_>>(),
            "reason": missing.why.to_string(),
        }),
    }
}

fn candidate(place: &Place) -> Value {
    json!({ "label": place.label, "lat": place.lat, "lon": place.lon, "cell": place.cell })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_found_place_and_one_that_is_not() {
        let gazetteer = Gazetteer::los_angeles();
        let found = json(&gazetteer, "5th & San Pedro");
        assert_eq!(found["found"], true);
        assert_eq!(found["precision"], "intersection");
        assert_eq!(found["cell"], json(&gazetteer, "34.0442,-118.2439")["cell"]);
        let missing = json(&gazetteer, "nowhere at all");
        assert_eq!(missing["found"], false);
        assert_eq!(missing["precision"], "none");
        assert!(missing["cell"].is_null() && missing["candidates"].is_array());
    }
}
