//! The corner that stands for any other where people are told what to text: `for example: 5th & San Pedro`.

use super::Precision;
use super::index::{Gazetteer, metres};

/// More characters than this, of its two streets together, would make an answer longer than one segment.
const LONGEST: usize = 13;

/// What "{one} & {other}" takes at most.
pub const LONGEST_EXAMPLE: usize = LONGEST + 3;

/// Where its city knows its streets, one of its own corners, as people there say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// For instance `5th`.
    pub one: String,
    /// For instance `San Pedro`.
    pub other: String,
}

impl Default for Example {
    /// What nobody takes for more than an example.
    fn default() -> Self {
        Self {
            one: "1st".to_owned(),
            other: "Main".to_owned(),
        }
    }
}

impl Example {
    pub(super) fn new(one: &str, other: &str) -> Result<Self, String> {
        let is_said = |street: &str| {
            let mut characters = street.chars();
            !street.is_empty() && characters.all(|c| c.is_ascii_alphanumeric() || c == ' ')
        };
        if !is_said(one) || !is_said(other) || one.len() + other.len() > LONGEST {
            return Err(format!(
                "an example is two streets of plain letters and digits, {LONGEST} characters together, not `{one}` and `{other}`"
            ));
        }
        Ok(Self {
            one: one.to_owned(),
            other: other.to_owned(),
        })
    }

    /// 5 where the first street is `5th`: languages say it in their own way.
    pub fn number(&self) -> Option<usize> {
        let digits = self.one.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let ending = &self.one[digits.len()..];
        let number = digits.parse().ok()?;
        matches!(ending, "st" | "nd" | "rd" | "th").then_some(number)
    }

    /// As an English text says it.
    pub(super) fn text(&self) -> String {
        format!("{} & {}", self.one, self.other)
    }
}

impl Gazetteer {
    /// What to say for an example.
    pub fn example(&self) -> &Example {
        &self.example
    }

    /// A corner that serves: a numbered street and one with a short name where there are such, as much in the middle of all as
    /// can be, and known by these words alone.
    pub fn choose_example(&self) -> Option<Example> {
        let middle = (
            middle(self.corners.iter().map(|corner| corner.lat))?,
            middle(self.corners.iter().map(|corner| corner.lon))?,
        );
        let mut corners: Vec<(bool, f64, Example, (f64, f64))> = Vec::new();
        for corner in &self.corners {
            let [a, b] = [corner.a, corner.b].map(|street| self.said(street));
            let at = (corner.lat, corner.lon);
            for (one, other) in [(&a, &b), (&b, &a)] {
                let Ok(example) = Example::new(one, other) else {
                    continue;
                };
                let is_named = !other.contains(|c: char| c.is_ascii_digit());
                let is_numbered = example.number().is_some_and(|number| number <= 10);
                if is_named {
                    corners.push((!is_numbered, metres(at, middle), example, at));
                }
            }
        }
        corners.sort_by(|one, other| {
            let by_kind = one.0.cmp(&other.0);
            by_kind.then(one.1.total_cmp(&other.1))
        });
        let mut corners = corners.into_iter();
        corners.find_map(|(_, _, example, at)| {
            /// Another corner of these names may be meant where the place lies farther off than this, in metres.
            const SAME: f64 = 200.0;
            let place = self.find(&example.text()).ok()?;
            let is_it = metres((place.lat, place.lon), at) < SAME;
            (place.precision == Precision::Intersection && is_it).then_some(example)
        })
    }

    /// A street as people say it: its name without its kind.
    fn said(&self, street: u32) -> String {
        let street = &self.streets[street as usize];
        match (&street.suffix, street.title.rsplit_once(' ')) {
            (Some(_), Some((name, _))) => name.to_owned(),
            _ => street.title.clone(),
        }
    }
}

/// The median.
fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_citys_own_is_one_of_its_corners_and_others_have_that_of_everywhere() {
        let los_angeles = Gazetteer::los_angeles();
        assert_eq!(los_angeles.example().text(), "5th & San Pedro");
        let head = "# Spotlight places, version 1\n# bounds: 33,-119,35,-118\n";
        let none = Gazetteer::parse(head, Path::new("p.csv")).expect("places");
        assert_eq!(none.example().text(), "1st & Main");
        assert_eq!(none.choose_example(), None);
    }

    #[test]
    fn a_numbered_street_in_the_middle_is_chosen_and_never_one_of_two_corners() {
        let corners = |lines: &[&str]| {
            let head = "# Spotlight places, version 1\n# bounds: 33,-119,35,-118\n";
            let places = format!("{head}{}", lines.join("\n"));
            let places = Gazetteer::parse(&places, Path::new("p.csv")).expect("places");
            places.choose_example().map(|example| example.text())
        };
        let by_name = "corner,OAK ST,PINE AVE,,34.02,-118.50";
        let numbered = "corner,OAK ST,7TH ST,,34.00,-118.50";
        let far = "corner,OAK ST,9TH ST,,34.90,-118.90";
        assert_eq!(
            corners(&[far, by_name, numbered]),
            Some("7th & Oak".to_owned())
        );
        assert_eq!(corners(&[by_name]), Some("Oak & Pine".to_owned()));
        let twice = "corner,OAK AVE,7TH ST,,34.00,-118.60";
        assert_eq!(
            corners(&[numbered, twice, by_name]),
            Some("Oak & Pine".to_owned())
        );
        let long = "corner,MARTIN LUTHER KING JR BLVD,7TH ST,,34.00,-118.50";
        assert_eq!(corners(&[long, "corner,7TH ST,8TH AVE,,34,-118.5"]), None);
    }

    #[test]
    fn numbered_streets_have_a_number() {
        let number = |one| Example::new(one, "Oak").expect("an example").number();
        assert_eq!(
            ["1st", "22nd", "3rd", "10th"].map(number),
            [1, 22, 3, 10].map(Some)
        );
        assert_eq!(["Oak", "5ths", "A1", "th"].map(number), [None; 4]);
    }
}
