//! A code for a phone's camera (QR, ISO/IEC 18004), as one path of a drawing.

use std::fmt::Write as _;

use maud::{Markup, html};
use qrcode::{Color, EcLevel, QrCode};

/// Modules around the code that stay light, as the standard asks for.
const QUIET: usize = 4;

/// The code of a text; `None` if it is too long for one. A quarter of it may be torn off or dirty.
pub fn code(text: &str, name: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(text, EcLevel::Q).ok()?;
    let side = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(side).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, other| one == other) {
            if run.first() == Some(&Color::Dark) {
                let (x, y, n) = (x + QUIET, y + QUIET, run.len());
                // Writing to a string does not fail.
                let _ = write!(path, "M{x} {y}h{n}v1h-{n}z");
            }
            x += run.len();
        }
    }
    let whole = side + 2 * QUIET;
    Some(html! {
        svg .code viewBox={ "0 0 " (whole) " " (whole) } role="img" aria-label=(name) shape-rendering="crispEdges" {
            rect width=(whole) height=(whole) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_what_is_too_long_has_none() {
        let drawn = code("sms:+12135550100", "text")
            .expect("fits")
            .into_string();
        // Each corner begins with seven dark modules in a row.
        assert!(drawn.contains("M4 4h7v1h-7z"));
        assert!(drawn.contains("viewBox=\"0 0 29 29\""), "{drawn}");
        assert!(code(&"x".repeat(4_000), "text").is_none());
    }
}
