//! The page that a browser keeps for when there is no connection.
//!
//! It holds no sighting at all. A kept sighting would have to go at its `fades_at` by the phone's own clock, and that may
//! have been set back, or may have stood still for days: without the hub's word nothing there can be trusted to fade. What
//! a phone does not hold it cannot show, to its owner or to whoever takes it away. So the page is kept with the map, the
//! layers and the number to text, all of it hatched, and says from when it is.

use crate::views::Picture;

/// What of a picture may be kept.
pub fn picture(picture: &Picture) -> Picture {
    Picture {
        sightings: Vec::new(),
        node_online: false,
        ..picture.clone()
    }
}

/// What a kept page says in the place of what holds only while there is a connection.
pub const INSTEAD: [(&str, &str); 8] = [
    ("as-of", "offline-from"),
    ("no-data", "offline"),
    ("no-data-why", "offline-why"),
    ("no-coverage", "offline"),
    ("no-coverage-why", "offline-why"),
    ("none-now", "offline"),
    ("lost", "offline-from"),
    ("connecting", "offline-from"),
];

#[cfg(test)]
mod tests {
    use crate::views::choice::{Choice, Shape};
    use crate::views::fixture::{self, english, spanish};
    use crate::views::page::map_page;

    #[test]
    fn a_kept_page_holds_no_sighting_and_says_from_when_it_is() {
        let picture = fixture::picture(5);
        let check = |lang, from: &str| {
            let choice = Choice {
                lang,
                shape: Shape::Kept,
                ..Choice::default()
            };
            let page = map_page(&picture, picture.at, &choice, Some("assets/live.js"));
            for sighting in &picture.sightings {
                assert!(!page.contains(&sighting.cell.to_string()));
            }
            for part in ["data-fades", "class=\"mark", "San Pedro St &amp;"] {
                assert!(!page.contains(part), "{part}");
            }
            assert!(page.contains(from), "{from}");
            assert!(page.contains("<p id=\"nodata\"><strong>"));
            assert!(page.contains("class=\"k"), "the layers are there");
            // Its links lead to the living page.
            assert!(!page.contains("kept=1"));
        };
        check(
            english(),
            "Offline. This is from July 1, 2026, 15:00</span>",
        );
        check(spanish(), "Esto es del 1 de julio de 2026, 15:00</span>");
    }
}
