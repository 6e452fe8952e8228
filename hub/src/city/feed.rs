//! A feed as a city's file describes it: where its rows come from, which are its own, and what their columns are called.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

/// One layer of open data, and how its rows are read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// For instance `encampments`.
    pub id: String,
    /// In plain words.
    pub title: String,
    /// What a count means, and what it does not.
    pub explanation: String,
    /// What is counted.
    pub unit: String,
    /// Who publishes the rows.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// The same in Spanish; without it a Spanish page says it in the language above.
    #[serde(default)]
    pub spanish: Option<FeedWords>,
    /// How long the periods are that are published one by one.
    #[serde(default)]
    pub period: Span,
    /// The boundary set whose areas the rows name; without it rows have points, and areas are H3 cells.
    #[serde(default)]
    pub boundaries: Option<String>,
    /// Which rows are this feed's; without it all.
    #[serde(default)]
    pub filter: Option<Match>,
    /// Rows that reveal a victim: they never enter the store.
    #[serde(default)]
    pub victims: Vec<Match>,
    /// Rows of what officers began by themselves, counted apart from what they were sent to.
    #[serde(default)]
    pub officer_initiated: Option<Match>,
    /// What the columns are called.
    pub columns: Columns,
    /// Where rows come from without anybody's doing.
    #[serde(default)]
    pub sources: Vec<Source>,
}

/// What a feed says of itself in another language.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedWords {
    /// In plain words.
    pub title: String,
    /// What a count means, and what it does not.
    pub explanation: String,
    /// What is counted.
    pub unit: String,
}

/// How long a published period is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// A calendar month.
    #[default]
    Month,
    /// Monday to Sunday.
    Week,
    /// Five years, named by the last: only what the census publishes so.
    #[serde(skip)]
    FiveYears,
}

impl Span {
    /// As a city's file calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Week => "week",
            Self::FiveYears => "five years",
        }
    }
}

/// Whether a column says something, in any case and with white space trimmed: one of `is`, or something that begins with one
/// of `starts`, or has one of `contains` in it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The names that the column has had.
    pub column: Vec<String>,
    /// All that it says.
    #[serde(default, deserialize_with = "upper")]
    pub is: Vec<String>,
    /// How it begins.
    #[serde(default, deserialize_with = "upper")]
    pub starts: Vec<String>,
    /// What it has in it.
    #[serde(default, deserialize_with = "upper")]
    pub contains: Vec<String>,
}

impl Match {
    /// The characters of the shortest text that is meant.
    pub fn shortest(&self) -> usize {
        let all = self.is.iter().chain(&self.starts).chain(&self.contains);
        all.map(|text| text.chars().count()).min().unwrap_or(0)
    }

    /// Whether a column's text is meant.
    pub fn holds(&self, text: &str) -> bool {
        let text = text.trim();
        if self.starts.is_empty() && self.contains.is_empty() {
            // Nearly every row of an export ends here: without a copy of its text.
            return self.is.iter().any(|is| is.eq_ignore_ascii_case(text));
        }
        let text = text.to_uppercase();
        self.is.contains(&text)
            || self.starts.iter().any(|start| text.starts_with(start))
            || self.contains.iter().any(|part| text.contains(part))
    }
}

fn upper<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    Ok(words.iter().map(|word| word.to_uppercase()).collect())
}

/// The names that each column has had, the preferred first; upper and lower case are the same.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Columns {
    /// The row's id.
    pub id: Vec<String>,
    /// When it was filed or dispatched, the city's wall time.
    pub created: Vec<String>,
    /// Its address or corner.
    pub address: Vec<String>,
    /// Latitude in degrees.
    pub latitude: Vec<String>,
    /// Longitude in degrees.
    pub longitude: Vec<String>,
    /// Both in one.
    pub location: Vec<String>,
    /// Its ZIP code: where a row without a point is placed by.
    pub zip: Vec<String>,
    /// The area of `boundaries` that it names.
    pub area: Vec<String>,
}

/// One table that a feed's rows are fetched from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// For instance `cases`; the store knows its state by it.
    pub id: String,
    /// How it is spoken to.
    pub kind: Kind,
    /// A portal, such as `https://data.lacity.org`, or a file.
    pub address: String,
    /// A portal's dataset, such as `2cy6-i7zn`, or a table's id in a CKAN datastore.
    #[serde(default)]
    pub dataset: Option<String>,
    /// Instead of it: its exact title, looked up in the portal's catalogue; `{year}` is the present year.
    #[serde(default)]
    pub title: Option<String>,
    /// The ids that titles are known to have, should the catalogue not answer.
    #[serde(default)]
    pub known: BTreeMap<String, String>,
    /// How often a running hub reads it, in hours; without it only `fetch` does.
    #[serde(default)]
    pub every_hours: Option<u32>,
    /// The first day that it can have rows of.
    #[serde(default, deserialize_with = "day")]
    pub from: Option<Date>,
    /// The last one.
    #[serde(default, deserialize_with = "day")]
    pub to: Option<Date>,
    /// A first reading goes back so many days; without it to the beginning.
    #[serde(default)]
    pub days: Option<u16>,
    /// ArcGIS: the city stores its wall time where its server says UTC.
    #[serde(default)]
    pub local_time_as_utc: bool,
    /// Open311: JSON, or XML where an endpoint has nothing else.
    #[serde(default)]
    pub format: Format,
    /// Open311: the endpoint wants the city's wall time without a zone.
    #[serde(default)]
    pub zoneless_dates: bool,
    /// Open311: which of several cities an endpoint is asked about.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// Open311: the endpoint pages, and is asked for so many requests a page.
    #[serde(default)]
    pub page_size: Option<u32>,
    /// CKAN: the package that `title` is looked up in.
    #[serde(default)]
    pub package: Option<String>,
    /// CKAN: words that a row must have, for a table of which most rows are another feed's.
    #[serde(default)]
    pub search: Option<String>,
}

/// How a source is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A dataset of a Socrata portal, read through SODA 2.1 (<https://dev.socrata.com/docs/>).
    Socrata,
    /// A file of comma-separated values, plain or gzip; also Socrata's dump of a whole dataset.
    Csv,
    /// A layer of an ArcGIS FeatureServer or MapServer.
    Arcgis,
    /// An endpoint of Open311 GeoReport v2.
    Open311,
    /// A table of a CKAN datastore.
    Ckan,
    /// A file of GeoJSON, plain or gzip.
    Geojson,
}

/// The form of an Open311 endpoint's answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    #[default]
    Json,
    Xml,
}

impl Kind {
    /// As a city's file calls it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Socrata => "socrata",
            Self::Csv => "csv",
            Self::Arcgis => "arcgis",
            Self::Open311 => "open311",
            Self::Ckan => "ckan",
            Self::Geojson => "geojson",
        }
    }
}

/// `"2026-01-31"`.
fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_in_any_case_and_of_any_of_its_words() {
        let read = |toml: &str| toml::from_str::<Match>(toml).expect("a match");
        let filter = read("column = ['Type']\nis = ['Homeless Encampment']");
        assert!(filter.holds(" HOMELESS encampment ") && !filter.holds("Homeless"));
        let victims =
            read("column = ['c']\nis = ['245D']\nstarts = ['620']\ncontains = ['dom viol']");
        for text in ["245d", "620FR", "SUSP DOM VIOL NOW"] {
            assert!(victims.holds(text), "{text}");
        }
        for text in ["", "245", "1620", "415G"] {
            assert!(!victims.holds(text), "{text}");
        }
    }

    #[test]
    fn a_source_is_of_a_known_kind() {
        let source: Source = toml::from_str(
            "id = 'cases'\nkind = 'socrata'\naddress = 'https://data.example'\ntitle = 'Cases {year}'\nfrom = '2026-01-01'",
        )
        .expect("a source");
        assert_eq!(source.kind.as_str(), "socrata");
        assert_eq!(source.from, Some(jiff::civil::date(2026, 1, 1)));
        for wrong in [
            "kind = 'telnet'",
            "kind = 'csv'\nfrom = 'May'",
            "kind = 'csv'\nevery = 1",
        ] {
            assert!(
                toml::from_str::<Source>(&format!("id = 'x'\naddress = 'x'\n{wrong}")).is_err()
            );
        }
    }
}
