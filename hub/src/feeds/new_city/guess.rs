//! What a table's columns are, told by their values first and by their names where values fit several.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::super::saved::Table;
use super::super::soda::text;
use super::super::values;

/// Words of complaints about people who live outside, in small letters.
const WORDS: [&str; 7] = [
    "encamp",
    "homeless",
    "unhoused",
    "unsheltered",
    "tent",
    "campament",
    "sit/lie",
];

/// A share of the values that are there: enough of them are of a form for the column to be.
const ENOUGH: f64 = 0.8;

/// Values that a filter names at most.
const MOST_VALUES: usize = 12;

/// A proposal: the names of columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Guess {
    pub id: Option<String>,
    pub created: Option<String>,
    pub address: Option<String>,
    pub point: Option<(String, String)>,
    pub location: Option<String>,
    pub zip: Option<String>,
    /// The column of categories, and those of its values that are about encampments.
    pub category: Option<(String, Vec<String>)>,
}

/// A column's values, those that are there.
struct Column<'a> {
    name: &'a str,
    lower: String,
    values: Vec<String>,
    rows: usize,
}

impl Column<'_> {
    fn share(&self, is: impl Fn(&str) -> bool) -> f64 {
        let count = self.values.iter().filter(|value| is(value)).count();
        count as f64 / self.values.len().max(1) as f64
    }

    fn is_mostly(&self, is: impl Fn(&str) -> bool) -> bool {
        !self.values.is_empty() && self.share(is) >= ENOUGH
    }

    /// How many of some words its name has, the first counting most.
    fn named(&self, words: &[&str]) -> usize {
        let found = words.iter().position(|word| self.lower.contains(word));
        found.map_or(0, |at| words.len() - at)
    }

    fn distinct(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for value in &self.values {
            *counts.entry(value.as_str()).or_default() += 1;
        }
        counts
    }
}

impl Guess {
    /// Looks at a table's first rows.
    pub fn of(table: &Table, zone: &TimeZone) -> Self {
        let columns: Vec<Column<'_>> = table
            .columns
            .iter()
            .map(|name| Column {
                name,
                lower: name.to_lowercase(),
                values: table
                    .rows
                    .iter()
                    .map(|row| text(row, name).trim().to_owned())
                    .filter(|value| !value.is_empty())
                    .collect(),
                rows: table.rows.len(),
            })
            .collect();
        let best = |score: &dyn Fn(&Column<'_>) -> Option<usize>| {
            let scored = columns.iter().enumerate().filter_map(|(at, column)| {
                // Of equals the first: tables begin with what matters.
                Some((score(column)?, std::cmp::Reverse(at), column))
            });
            let best = scored.max_by_key(|(score, at, _)| (*score, *at));
            best.map(|(_, _, column)| column.name.to_owned())
        };
        let is_date = |value: &str| value.len() >= 6 && values::day(value, zone).is_some();
        let is_number = |value: &str| value.parse::<f64>().is_ok();
        let within = |column: &Column<'_>, most: f64| {
            let is_degrees = |value: &str| {
                let degrees: Option<f64> = value.parse().ok();
                degrees.is_some_and(|degrees| degrees.abs() <= most && value.contains('.'))
            };
            column.is_mostly(is_degrees)
        };
        let created = best(&|column| {
            let names = [
                "creat", "open", "request", "receiv", "report", "entry", "file", "date", "time",
                "_at",
            ];
            let is_later = [
                "clos", "updat", "modif", "due", "expect", "resol", "load", "as_of",
            ];
            let is_it = column.is_mostly(is_date) && column.values.len() * 2 >= column.rows;
            let is_later = is_later.iter().any(|word| column.lower.contains(word));
            is_it.then(|| {
                if is_later {
                    0
                } else {
                    1 + column.named(&names)
                }
            })
        });
        let latitude = best(&|column| {
            let score = column.named(&["latitude", "lat"]);
            (score > 0 && within(column, 90.0)).then_some(score)
        });
        let longitude = best(&|column| {
            let score = column.named(&["longitude", "long", "lng", "lon"]);
            (score > 0 && within(column, 180.0)).then_some(score)
        });
        let location = best(&|column| {
            let is_it = column.is_mostly(|value| values::location(value).is_some());
            is_it.then(|| 1 + column.named(&["geometry", "location", "point"]))
        });
        let id = best(&|column| {
            let distinct = column.distinct().len();
            let is_whole = distinct == column.rows && column.values.len() == column.rows;
            let is_short = column.values.iter().all(|value| value.len() <= 64);
            let is_other =
                column.is_mostly(is_date) || within(column, 180.0) || column.lower == "geometry";
            let names = [
                "service_request_id",
                "casenumber",
                "request_id",
                "case_id",
                "srnumber",
                "unique",
                "number",
                "_id",
                "id",
                "key",
                "case",
            ];
            // The row's number in its table is nobody's id: it changes when the table is made anew.
            let is_of_table = ["objectid", "_id", "fid", "shape"].contains(&column.lower.as_str());
            (is_whole && is_short && !is_other).then(|| match column.lower.as_str() {
                _ if is_of_table => 0,
                "id" => names.len() - 1,
                _ => 1 + column.named(&names),
            })
        });
        let is_taken = |name: &str| {
            [&created, &latitude, &longitude, &location, &id]
                .into_iter()
                .flatten()
                .any(|taken| taken == name)
        };
        let is_address = |value: &str| {
            let upper = value.to_uppercase();
            let has_number = upper
                .split(' ')
                .next()
                .is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
            let has_words =
                upper.split(' ').count() >= 2 && upper.contains(|c: char| c.is_alphabetic());
            let is_corner = [" AT ", " AND ", " / ", " \\ ", " & ", "INTERSECTION"]
                .iter()
                .any(|word| upper.contains(word));
            has_words && (has_number || is_corner)
        };
        let address = best(&|column| {
            let share = column.share(is_address);
            let score = column.named(&[
                "incident_address",
                "address",
                "location",
                "intersection",
                "street",
            ]);
            let is_it = share >= 0.5 && score > 0 && !column.is_mostly(is_date);
            (is_it && !is_taken(column.name) && !column.lower.contains("agency")).then_some(score)
        });
        let zip = best(&|column| {
            let score = column.named(&["zip", "postal"]);
            (score > 0 && column.is_mostly(|value| values::zip(value).is_some())).then_some(score)
        });
        let is_meant = |value: &str| {
            let value = value.to_lowercase();
            let words = value.split(|c: char| !(c.is_alphanumeric() || c == '/'));
            let mut words = words.map(|word| WORDS.iter().any(|known| word.starts_with(known)));
            words.any(|is| is)
        };
        let names = [
            "service_name",
            "request_type",
            "requesttype",
            "complaint_type",
            "call_type",
            "type",
            "categor",
            "subject",
            "problem",
        ];
        let is_category = |column: &Column<'_>| {
            let distinct = column.distinct().len();
            let is_short = column.values.iter().all(|value| value.len() <= 80);
            let is_few = distinct * 2 <= column.rows.max(4) || column.named(&names) > 0;
            is_short && is_few && !is_taken(column.name) && !column.is_mostly(is_number)
        };
        let meant = best(&|column| {
            let count = column.values.iter().filter(|value| is_meant(value)).count();
            (count > 0 && is_category(column)).then(|| count * 16 + column.named(&names))
        });
        // Where no row is about one, the column that is called so; its words are for the operator to find.
        let category = meant.or_else(|| {
            best(&|column| {
                let score = column.named(&names);
                (score > 0 && is_category(column)).then_some(score)
            })
        });
        let category = category.map(|name| {
            let column = columns.iter().find(|column| column.name == name);
            let distinct = column.map(Column::distinct).unwrap_or_default();
            let meant = distinct
                .keys()
                .filter(|value| is_meant(value))
                .take(MOST_VALUES);
            (name, meant.map(|value| (*value).to_owned()).collect())
        });
        let point = latitude.zip(longitude);
        Self {
            location: location.filter(|_| point.is_none() || table.form == "ArcGIS JSON"),
            id,
            created,
            address,
            point,
            zip,
            category,
        }
    }

    /// What a file needs and no column looks like.
    pub fn missing(&self) -> Vec<&'static str> {
        let needed = [
            ("an id", self.id.is_some()),
            ("a date", self.created.is_some()),
            ("a point", self.point.is_some() || self.location.is_some()),
        ];
        needed
            .into_iter()
            .filter(|(_, is_there)| !is_there)
            .map(|(what, _)| what)
            .collect()
    }

    /// Around the points of the rows, and a little more: all but the outermost, for some cities place rows wrongly.
    pub fn bounds(&self, table: &Table) -> Option<[f64; 4]> {
        let point = |row: &_| match (&self.point, &self.location) {
            (Some((lat, lon)), _) => values::columns(&text(row, lat), &text(row, lon)),
            (None, Some(location)) => values::location(&text(row, location)),
            (None, None) => None,
        };
        let points: Vec<_> = table
            .rows
            .iter()
            .filter_map(point)
            .filter(|point| *point != (0.0, 0.0))
            .collect();
        let middle = |of: &dyn Fn(&(f64, f64)) -> f64| {
            let mut all: Vec<f64> = points.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied()
        };
        let (lat, lon) = (middle(&|point| point.0)?, middle(&|point| point.1)?);
        // No city is wider than a degree: what lies farther off is a slip.
        let near = points
            .iter()
            .filter(|point| (point.0 - lat).abs() < 0.5 && (point.1 - lon).abs() < 0.6);
        let mut bounds = [lat, lon, lat, lon];
        for (lat, lon) in near {
            bounds = [
                bounds[0].min(*lat),
                bounds[1].min(*lon),
                bounds[2].max(*lat),
                bounds[3].max(*lon),
            ];
        }
        let [south, west, north, east] = bounds;
        let out = |degrees: f64, by: f64| ((degrees + by) * 100.0).round() / 100.0;
        Some([
            out(south, -0.05),
            out(west, -0.05),
            out(north, 0.05),
            out(east, 0.05),
        ])
    }
}
