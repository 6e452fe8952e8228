//! What a phone needs to put the map among its apps (Web Application Manifest).

use serde_json::json;

use crate::views::Picture;
use crate::views::shell::with_lang;
use crate::views::words::Lang;

/// The manifest in a language. Addresses are relative to its own.
pub fn manifest(picture: &Picture, lang: Lang) -> String {
    let icon = |src: &str, sizes: &str, kind: &str| json!({ "src": src, "sizes": sizes, "type": kind, "purpose": "any maskable" });
    let manifest = json!({
        "name": lang.words().title(&picture.city.name),
        "short_name": "Spotlight",
        "lang": lang.code(),
        "dir": lang.dir(),
        "start_url": with_lang("./", lang),
        "scope": "./",
        "display": "minimal-ui",
        "background_color": "#faf8f3",
        "theme_color": "#faf8f3",
        "icons": [
            icon("icon.svg", "any", "image/svg+xml"),
            icon("icon-192.png", "192x192", "image/png"),
            icon("icon-512.png", "512x512", "image/png"),
        ],
    });
    manifest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, spanish};

    #[test]
    fn a_manifest_is_of_a_language_and_has_no_address_but_its_own_folder() {
        let picture = fixture::picture(0);
        let spanish = manifest(&picture, spanish());
        for part in [
            "Presencia policial en Los Angeles",
            "\"start_url\":\"./?lang=es\"",
            "\"lang\":\"es\"",
        ] {
            assert!(spanish.contains(part), "{part}");
        }
        assert!(!spanish.contains("http"));
    }
}
