//! What a reader may choose; the whole state of a page's address.

use crate::store::open_data::BegunBy;
use crate::views::Picture;
use crate::views::find::Point;
use crate::views::geojson::begun_by;
use crate::views::layers::{Layer, Period};
use crate::views::projection::View;
use crate::views::words::Lang;

/// What a reader has chosen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Choice {
    pub lang: Lang,
    pub view: View,
    /// Which layer of open data; the first if none.
    pub layer: Option<String>,
    /// Which part of it; its first if none.
    pub begun_by: Option<BegunBy>,
    pub when: When,
    /// The period that it is compared with.
    pub before: Option<String>,
    /// Whether lines and stops are off the map.
    pub hides_transit: bool,
    /// Whether cameras are on it.
    pub shows_cameras: bool,
    /// Where the pin is; such a page is made for one reader and not kept.
    pub place: Option<Point>,
    pub shape: Shape,
}

/// For what the page is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Shape {
    /// For a reader.
    #[default]
    Whole,
    /// For a frame in somebody else's page.
    Embedded,
    /// For a browser to keep until there is no connection: without sightings.
    Kept,
}

/// Which period of open data is on the map.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum When {
    #[default]
    Newest,
    Hidden,
    Of(String),
}

impl Choice {
    /// What an address or a form has to name; nothing of what every reader gets first.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let lang = self.lang.in_address().map(str::to_owned);
        // A place has a view of its own, so with one also the first view needs a name.
        let view = self.view.name().or(self.place.map(|_| "now".to_owned()));
        let by = self.begun_by.and_then(begun_by).map(str::to_owned);
        let period = match &self.when {
            When::Newest => None,
            When::Hidden => Some("none".to_owned()),
            When::Of(period) => Some(period.clone()),
        };
        let fields = [
            ("lang", lang),
            ("view", view),
            ("layer", self.layer.clone()),
            ("by", by),
            ("period", period),
            ("before", self.before.clone()),
            ("transit", self.hides_transit.then(|| "off".to_owned())),
            ("cameras", self.shows_cameras.then(|| "on".to_owned())),
            ("at", self.place.map(Point::name)),
            // From a kept page links lead to the living one.
            (
                "embed",
                (self.shape == Shape::Embedded).then(|| "1".to_owned()),
            ),
        ];
        let fields = fields.into_iter();
        fields
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }

    /// As an address relative to the page's own; empty for what every reader gets first.
    pub fn address(&self, page: &str) -> String {
        let fields = self.fields();
        let query: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        if query.is_empty() {
            page.to_owned()
        } else {
            format!("{page}?{}", query.join("&"))
        }
    }

    /// The same of another part of the city.
    pub fn with_view(&self, view: View) -> Self {
        Self {
            view,
            ..self.clone()
        }
    }

    /// The same with a pin on a place, and what is around it in view.
    pub fn with_place(&self, point: Point, picture: &Picture) -> Self {
        Self {
            place: Some(point),
            ..self.with_view(point.view(&picture.city))
        }
    }

    /// The same without a pin.
    pub fn without_place(&self) -> Self {
        Self {
            place: None,
            ..self.clone()
        }
    }

    /// The same in another language.
    pub fn with_lang(&self, lang: Lang) -> Self {
        Self {
            lang,
            ..self.clone()
        }
    }

    /// The same of another period.
    pub fn with_period(&self, period: &str) -> Self {
        Self {
            when: When::Of(period.to_owned()),
            ..self.clone()
        }
    }

    /// The same with another layer, or another part of one; its newest period. `first` is the layer that needs no name.
    pub fn with_layer(&self, layer: &Layer, begun_by: BegunBy, is_first: bool) -> Self {
        let is_first_part = layer.begun_by.first() == Some(&begun_by);
        Self {
            layer: (!is_first || layer.rents.is_some()).then(|| layer.id.clone()),
            begun_by: (!is_first_part).then_some(begun_by),
            when: match (&self.when, self.is_of(layer, is_first)) {
                (When::Of(period), true) => When::Of(period.clone()),
                _ => When::Newest,
            },
            before: self.before.clone().filter(|_| self.is_of(layer, is_first)),
            ..self.clone()
        }
    }

    /// Whether a layer is the one that was chosen.
    pub fn is_of(&self, layer: &Layer, is_first: bool) -> bool {
        match &self.layer {
            Some(chosen) => *chosen == layer.id,
            None => is_first,
        }
    }

    /// The chosen layer, its part and its period; `None` for a period if it is hidden or there is none.
    pub fn of<'a>(&self, layers: &'a [Layer]) -> Option<(&'a Layer, BegunBy, Option<&'a Period>)> {
        let mut all = layers.iter().enumerate();
        let (_, layer) = all.find(|(n, layer)| self.is_of(layer, *n == 0))?;
        let part = self.begun_by.filter(|by| layer.begun_by.contains(by));
        let part = part.or(layer.begun_by.first().copied()).unwrap_or_default();
        let newest = layer.periods.last();
        let period = match &self.when {
            When::Hidden => None,
            // Nobody who has not asked gets rents on a map of police.
            When::Newest if layer.rents.is_some() && self.layer.is_none() => None,
            When::Newest => newest,
            When::Of(when) => layer.periods.iter().find(|p| p.period == *when).or(newest),
        };
        Some((layer, part, period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::fixture::{self, spanish};

    #[test]
    fn an_address_holds_what_was_chosen_and_no_more() {
        let check = |choice: Choice, expected: &str| assert_eq!(choice.address("./"), expected);
        check(Choice::default(), "./");
        let choice = Choice {
            lang: spanish(),
            view: View::Grid { z: 3, x: 12, y: 9 },
            when: When::Of("2020-09".to_owned()),
            ..Choice::default()
        };
        check(choice.clone(), "./?lang=es&view=3.12.9&period=2020-09");
        check(
            choice.with_view(View::Area(1)),
            "./?lang=es&view=area.1&period=2020-09",
        );
        check(
            choice.with_view(View::CITY),
            "./?lang=es&view=city&period=2020-09",
        );
        let calls = fixture::calls();
        let of = |by| choice.with_layer(&calls, by, false);
        check(of(BegunBy::Officer), "./?lang=es&view=3.12.9&layer=calls");
        check(
            of(BegunBy::Dispatch),
            "./?lang=es&view=3.12.9&layer=calls&by=dispatch",
        );
    }

    #[test]
    fn a_choice_finds_its_layer_part_and_period() {
        let layers = [fixture::layer(), fixture::calls()];
        let of = |choice: Choice| {
            let (layer, by, period) = choice.of(&layers).expect("a layer");
            (layer.id.as_str(), by, period.map(|p| p.period.as_str()))
        };
        let choice = Choice::default();
        assert_eq!(
            of(choice.clone()),
            ("encampments", BegunBy::Untold, Some("2020-09"))
        );
        let calls = choice.with_layer(&layers[1], BegunBy::Dispatch, false);
        assert_eq!(
            of(calls.clone()),
            ("calls", BegunBy::Dispatch, Some("2020-W40"))
        );
        let hidden = Choice {
            when: When::Hidden,
            ..calls
        };
        assert_eq!(of(hidden).2, None);
        assert!(choice.of(&[]).is_none());
    }
}
