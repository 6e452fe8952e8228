//! All that is wrong with a city's file, not only the first of it: each with the key that it is about.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::boundaries::BoundarySet;
use super::{CityFile, Feed, Source, check, rent};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// For instance `feeds.encampments.columns`.
    pub key: String,
    /// In plain words.
    pub reason: String,
}

/// Times that one part is looked at again without what was wrong with it.
const MOST: usize = 50;

/// All that is wrong with a file's text; nothing if a hub can run on it.
pub fn problems(text: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut file: Table = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map_or(1, |span| {
                1 + text[..span.start.min(text.len())].matches('\n').count()
            });
            return vec![Problem {
                key: format!("line {line}"),
                reason: error.message().to_owned(),
            }];
        }
    };
    let sets: Vec<BoundarySet> = parts(&mut file, "boundaries", "boundaries", &mut found);
    let feeds = feeds(&mut file, &mut found);
    for name in ["boundaries", "feeds"] {
        file.insert(name.to_owned(), Value::Array(Vec::new()));
    }
    let defaults = [
        ("name", Value::from("x")),
        ("time_zone", Value::from("UTC")),
        (
            "bounds",
            Value::Array([0.0, 0.0, 1.0, 1.0].map(Value::Float).to_vec()),
        ),
    ];
    if let Some(city) = part::<CityFile>(file, "", &defaults, &mut found) {
        of_city(&city, &mut found);
        let contexts = [("transit", &city.transit), ("cameras", &city.cameras)];
        if let Err((key, reason)) = check::contexts(contexts) {
            found.push(Problem { key, reason });
        }
    }
    let mut say = |(key, reason): (String, String)| {
        let problem = Problem {
            key: format!("feeds.{key}"),
            reason,
        };
        if !found.contains(&problem) {
            found.push(problem);
        }
    };
    for feed in &feeds {
        let alone = |sources: Vec<Source>| Feed {
            sources,
            ..feed.clone()
        };
        let mut all = vec![alone(Vec::new())];
        all.extend(
            feed.sources
                .iter()
                .map(|source| alone(vec![source.clone()])),
        );
        for feed in all {
            check::check(&[feed], &sets)
                .err()
                .into_iter()
                .for_each(&mut say);
        }
    }
    check::check(&feeds, &sets)
        .err()
        .into_iter()
        .for_each(&mut say);
    found
}

fn of_city(city: &CityFile, found: &mut Vec<Problem>) {
    let mut say = |key: &str, reason: String| {
        found.push(Problem {
            key: key.to_owned(),
            reason,
        });
    };
    if jiff::tz::TimeZone::get(&city.time_zone).is_err() {
        say(
            "time_zone",
            format!("`{}` is no IANA time zone", city.time_zone),
        );
    }
    let (south, west, north, east) = city.bounds;
    let is_on_earth = (-90.0..=90.0).contains(&south)
        && (-90.0..=90.0).contains(&north)
        && (-180.0..=180.0).contains(&west)
        && (-180.0..=180.0).contains(&east);
    if !is_on_earth || south >= north || west >= east {
        say(
            "bounds",
            "needs south, west, north, east in degrees, south below north and west left of east"
                .to_owned(),
        );
    }
    for (name, lat, lon) in &city.districts {
        if !((south..=north).contains(lat) && (west..=east).contains(lon)) {
            say("districts", format!("`{name}` lies outside of `bounds`"));
        }
    }
    if let Err((_, reason)) = rent::layers(city.rent.clone(), &[], &mut Vec::new()) {
        say("rent", reason);
    }
    if let Some(base) = city.base.as_deref().filter(|base| *base != "los-angeles") {
        say(
            "base",
            format!("`{base}` ships with nothing; only los-angeles does"),
        );
    }
}

fn feeds(file: &mut Table, found: &mut Vec<Problem>) -> Vec<Feed> {
    let Some(Value::Array(feeds)) = file.remove("feeds") else {
        found.push(Problem {
            key: "feeds".to_owned(),
            reason: "there is none: a city has at least `feeds = []`".to_owned(),
        });
        return Vec::new();
    };
    let mut good = Vec::new();
    for (n, feed) in feeds.into_iter().enumerate() {
        let Value::Table(mut feed) = feed else {
            continue;
        };
        let id = feed.get("id").and_then(Value::as_str);
        let path = format!("feeds.{}", id.map_or_else(|| n.to_string(), str::to_owned));
        let sources: Vec<Source> = parts(&mut feed, "sources", &format!("{path}.sources"), found);
        let words = ["id", "title", "explanation", "unit", "source", "licence"];
        let mut defaults = words.map(|word| (word, Value::from("x"))).to_vec();
        defaults.push(("columns", Value::Table(Table::new())));
        // What its columns say is looked at only where they are there.
        let before = found.len();
        if let Some(feed) = part::<Feed>(feed, &path, &defaults, found)
            && !found[before..]
                .iter()
                .any(|problem| problem.key.contains(".columns"))
        {
            good.push(Feed { sources, ..feed });
        }
    }
    good
}

/// The parts of a list, those that can be used.
fn parts<T: DeserializeOwned>(
    of: &mut Table,
    name: &str,
    path: &str,
    found: &mut Vec<Problem>,
) -> Vec<T> {
    let Some(Value::Array(all)) = of.remove(name) else {
        return Vec::new();
    };
    let mut good = Vec::new();
    for (n, value) in all.into_iter().enumerate() {
        let Value::Table(table) = value else {
            continue;
        };
        let id = table.get("id").and_then(Value::as_str);
        let path = format!("{path}.{}", id.map_or_else(|| n.to_string(), str::to_owned));
        let before = found.len();
        let defaults = ["id", "address"].map(|key| (key, Value::from("x")));
        let read = part::<T>(table, &path, &defaults, found);
        good.extend(read.filter(|_| found.len() == before));
    }
    good
}

/// A part of the file, read again and again without what was wrong with it, until all of that is known.
fn part<T: DeserializeOwned>(
    mut table: Table,
    path: &str,
    defaults: &[(&str, Value)],
    found: &mut Vec<Problem>,
) -> Option<T> {
    let mut removed: Vec<String> = Vec::new();
    for _ in 0..MOST {
        let error = match table.clone().try_into::<T>() {
            Ok(read) => return Some(read),
            Err(error) => error.to_string(),
        };
        let mut lines = error.lines();
        let reason = lines.next().unwrap_or_default().trim().to_owned();
        let quoted = |line: &str| Some(line.split('`').nth(1)?.to_owned());
        let within = lines.find_map(|line| quoted(line.trim().strip_prefix("in ")?));
        let named = quoted(&reason).filter(|_| reason.contains(" field "));
        let is_missing = reason.starts_with("missing field") && within.is_none();
        let first = within.clone().or(named.clone()).unwrap_or_default();
        let first = first.split('.').next().unwrap_or_default().to_owned();
        if !(is_missing && removed.contains(&first)) {
            let key = [Some(path.to_owned()), within, named];
            let key: Vec<_> = key
                .into_iter()
                .flatten()
                .filter(|key| !key.is_empty())
                .collect();
            found.push(Problem {
                key: key.join("."),
                reason,
            });
        }
        let default = defaults.iter().find(|(key, _)| *key == first);
        if is_missing {
            let (key, value) = default?;
            table.insert((*key).to_owned(), value.clone());
        } else if table.remove(&first).is_none() {
            return None;
        } else {
            removed.push(first);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<(String, String)> {
        let problems = problems(text).into_iter();
        problems
            .map(|problem| (problem.key, problem.reason))
            .collect()
    }

    #[test]
    fn the_built_in_files_have_none() {
        for (name, file) in super::super::builtin::ALL {
            assert_eq!(problems(file), [], "{name}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_with_its_key() {
        let text = r#"
            name = "There"
            time_zone = "Mars/Base"
            bounds = [50, -74, 40, -73]
            colour = "red"
            districts = [["Nowhere", 1.0, 2.0]]
            [[feeds]]
            id = "Camps"
            title = 1
            explanation = "e"
            unit = "u"
            source = "s"
            [feeds.columns]
            id = ["a"]
            created = ["b"]
            colour = ["c"]
            [[feeds]]
            id = "good"
            title = "t"
            explanation = "e"
            unit = "u"
            source = "s"
            licence = "l"
            [feeds.columns]
            id = ["a"]
            created = ["b"]
            [[feeds.sources]]
            id = "one"
            kind = "telnet"
            address = "https://x"
            [[feeds.sources]]
            id = "two"
            kind = "socrata"
            address = "ftp://x"
            [[feeds.sources]]
            id = "three"
            kind = "csv"
            adress = "https://x"
        "#;
        let found = keys(text);
        for (key, reason) in [
            ("time_zone", "Mars/Base"),
            ("bounds", "south below north"),
            ("colour", "unknown field"),
            ("districts", "Nowhere"),
            ("feeds.Camps.title", "invalid type"),
            ("feeds.Camps.columns.colour", "unknown field"),
            ("feeds.Camps.licence", "missing field"),
            ("feeds.good", "columns of a point"),
            ("feeds.good.sources.one.kind", "unknown variant"),
            ("feeds.good.sources.three.adress", "unknown field"),
            ("feeds.good.sources.three.address", "missing field"),
        ] {
            assert!(
                found
                    .iter()
                    .any(|(at, said)| at == key && said.contains(reason)),
                "{key}: {found:#?}"
            );
        }
        let found = keys("name = \"x\nfeeds = []");
        assert!(found[0].0.starts_with("line "), "{found:?}");
        let good = "name = 'x'\ntime_zone = 'UTC'\nbounds = [1, 2, 3, 4]\nfeeds = []";
        assert_eq!(keys(good), [], "integers are degrees too");
        assert!(keys("").iter().any(|(key, _)| key == "time_zone"));
    }
}
