//! What of open data is on the map.

use crate::store::open_data::BegunBy;
use crate::views::Picture;
use crate::views::choice::Choice;
use crate::views::classes::Classes;
use crate::views::layers::{Layer, Period};
use crate::views::projection::Frame;

/// One part of one period of a layer.
pub struct Shown<'a> {
    pub layer: &'a Layer,
    pub begun_by: BegunBy,
    pub period: &'a Period,
    /// What it is compared with.
    pub before: Option<&'a Period>,
    pub classes: Classes,
}

impl<'a> Shown<'a> {
    /// What a reader chose, as far as a frame shows it.
    pub fn of(picture: &'a Picture, choice: &Choice, frame: &Frame) -> Option<Self> {
        let (layer, begun_by, period) = choice.of(&picture.layers)?;
        let period = period?;
        let before = choice.before.as_ref();
        let before = before
            .and_then(|before| layer.periods.iter().find(|p| p.period == *before))
            .filter(|before| *before != period);
        // One scale for both of them.
        let areas = [Some(period), before].into_iter().flatten();
        let classes = Classes::of(frame, areas.flat_map(|period| period.of(begun_by)));
        Some(Self {
            layer,
            begun_by,
            period,
            before,
            classes,
        })
    }
}
