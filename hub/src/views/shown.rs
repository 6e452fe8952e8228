//! What of open data is on the map.

use crate::store::open_data::BegunBy;
use crate::views::Picture;
use crate::views::choice::Choice;
use crate::views::classes::Classes;
use crate::views::layers::{Area, Layer, Period};
use crate::views::projection::Frame;

/// One part of one period of a layer.
pub struct Shown<'a> {
    pub layer: &'a Layer,
    pub begun_by: BegunBy,
    pub period: &'a Period,
    pub classes: Classes,
}

impl<'a> Shown<'a> {
    /// What a reader chose, as far as a frame shows it.
    pub fn of(picture: &'a Picture, choice: &Choice, frame: &Frame) -> Option<Self> {
        let (layer, begun_by, period) = choice.of(&picture.layers)?;
        let period = period?;
        let classes = Classes::of(frame, period.of(begun_by));
        Some(Self {
            layer,
            begun_by,
            period,
            classes,
        })
    }

    /// What is drawn.
    pub fn areas(&self) -> impl Iterator<Item = &'a Area> {
        self.period.of(self.begun_by)
    }
}
