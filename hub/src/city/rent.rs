//! The rent layers of a city: figures of areas, which are never counted or added up, from files that the operator brings.
//!
//! A city's file says only of which counties:
//!
//! ```toml
//! [rent]
//! counties = { "06037" = "Los Angeles County, CA" }
//! ```
//!
//! What the layers say is the same everywhere and stands in `cities/rent.toml`; `[rent.census]` and `[rent.zillow]` in the
//! city's file say it otherwise.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::boundaries::BoundarySet;
use super::feed::{Feed, FeedWords};

/// The words of every city.
const WORDS: &str = include_str!("../../cities/rent.toml");

/// Where the figures are from, and so what they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The census's table B25064: the median of what renters pay, by census tract and five years.
    Census,
    /// Zillow's observed rent index: what is asked, by ZIP code and month.
    Zillow,
}

impl Kind {
    /// The layer's id, and what `import --feed` calls it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Census => "rent",
            Self::Zillow => "asking-rent",
        }
    }

    /// The boundary set of its areas.
    pub fn set(self) -> &'static str {
        match self {
            Self::Census => "tracts",
            Self::Zillow => "zips",
        }
    }

    /// The areas as files of outlines name them, unless the city's file has a set of that id.
    fn boundaries(self) -> BoundarySet {
        let (names, digits): (&[&str], usize) = match self {
            Self::Census => (&["GEOID", "GEOID20", "GEOID10", "geoid"], 11),
            Self::Zillow => (
                &[
                    "ZCTA5CE20",
                    "ZCTA5CE10",
                    "GEOID20",
                    "GEOID10",
                    "ZIPCODE",
                    "ZIP",
                    "zip_code",
                    "zip",
                ],
                5,
            ),
        };
        BoundarySet {
            id: self.set().to_owned(),
            name: names.iter().map(|name| (*name).to_owned()).collect(),
            digits: Some(digits),
            ..BoundarySet::default()
        }
    }
}

/// One layer of rents.
#[derive(Debug, Clone, PartialEq)]
pub struct Rent {
    pub kind: Kind,
    pub words: RentWords,
    /// The areas that rows name.
    pub boundaries: BoundarySet,
    /// Counties: the census's code of five digits, and `Los Angeles County, CA`.
    pub counties: BTreeMap<String, String>,
}

/// What a layer says of itself.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RentWords {
    /// In plain words.
    pub title: String,
    /// What a figure means, and what it does not.
    pub explanation: String,
    /// What it is in.
    pub unit: String,
    /// Who publishes it.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// The same in Spanish.
    #[serde(default)]
    pub spanish: Option<FeedWords>,
}

/// `[rent]` of a city's file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RentFile {
    counties: BTreeMap<String, String>,
    #[serde(default)]
    census: Option<RentWords>,
    #[serde(default)]
    zillow: Option<RentWords>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Everywhere {
    census: RentWords,
    zillow: RentWords,
}

/// The layers of a city whose file has `[rent]`, and their boundary sets beside those of the file; else the part that is wrong,
/// and how.
pub fn layers(
    file: Option<RentFile>,
    feeds: &[Feed],
    sets: &mut Vec<BoundarySet>,
) -> Result<Vec<Rent>, (String, String)> {
    let Some(file) = file else {
        return Ok(Vec::new());
    };
    let wrong = |reason: String| ("rent".to_owned(), reason);
    let is_code = |code: &String| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = |(code, name): (&String, &String)| is_code(code) && name.contains(", ");
    if file.counties.is_empty() || !file.counties.iter().all(is_whole) {
        return Err(wrong(
            "needs `counties`, each with its code of five digits: { \"06037\" = \"Los Angeles County, CA\" }"
                .to_owned(),
        ));
    }
    let everywhere: Everywhere = toml::from_str(WORDS).map_err(|error| wrong(error.to_string()))?;
    let words = [
        (Kind::Census, file.census, everywhere.census),
        (Kind::Zillow, file.zillow, everywhere.zillow),
    ];
    let mut layers = Vec::new();
    for (kind, own, words) in words {
        if feeds.iter().any(|feed| feed.id == kind.id()) {
            return Err(wrong(format!(
                "and the feed `{0}` are both the layer `{0}`",
                kind.id()
            )));
        }
        if !sets.iter().any(|set| set.id == kind.set()) {
            sets.push(kind.boundaries());
        }
        let set = sets.iter().find(|set| set.id == kind.set());
        layers.push(Rent {
            kind,
            words: own.unwrap_or(words),
            boundaries: set.cloned().unwrap_or_default(),
            counties: file.counties.clone(),
        });
    }
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::city::{City, builtin};

    #[test]
    fn every_built_in_city_says_of_which_counties_and_both_languages_have_the_words() {
        for (name, _) in builtin::ALL {
            let city = City::load(name).expect("loads");
            let ids: Vec<&str> = city.rents.iter().map(|rent| rent.kind.id()).collect();
            assert_eq!(ids, ["rent", "asking-rent"], "{name}");
            for rent in &city.rents {
                assert!(rent.words.spanish.is_some());
                assert_eq!(rent.boundaries.id, rent.kind.set());
                assert!(
                    city.boundaries
                        .iter()
                        .any(|set| set.id == rent.boundaries.id)
                );
            }
        }
        let city = City::load("new-york").expect("loads");
        assert_eq!(city.rents[0].counties.len(), 5);
    }

    #[test]
    fn a_lost_zero_comes_back() {
        let tracts = Kind::Census.boundaries();
        assert_eq!(tracts.name_of("6037101110").as_deref(), Some("06037101110"));
        let zips = Kind::Zillow.boundaries();
        assert_eq!(zips.name_of("2108").as_deref(), Some("02108"));
    }

    #[test]
    fn what_names_no_county_or_a_layer_that_is_there_is_refused() {
        let of = |text: &str| toml::from_str::<RentFile>(text).expect("a table");
        for text in [
            "counties = {}",
            "counties = { 6037 = 'Los Angeles County, CA' }",
            "counties = { 06037 = 'Los Angeles' }",
        ] {
            let (part, reason) = layers(Some(of(text)), &[], &mut Vec::new()).expect_err("refused");
            assert!(part == "rent" && reason.contains("five digits"), "{reason}");
        }
        let mut feed = City::load("los-angeles").expect("loads").feeds[0].clone();
        feed.id = "rent".to_owned();
        let good = of("counties = { 06037 = 'Los Angeles County, CA' }");
        let (_, reason) = layers(Some(good), &[feed], &mut Vec::new()).expect_err("refused");
        assert!(reason.contains("`rent`"), "{reason}");
    }
}
