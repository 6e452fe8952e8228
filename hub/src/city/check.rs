//! What a city's file must say, beyond its form: what would break a layer silently is an error at the start.

use std::collections::BTreeSet;

use super::boundaries::BoundarySet;
use super::context::ContextSource;
use super::feed::{Feed, Kind, Match};

/// What the store and the map call other things.
const RESERVED: [&str; 6] = [
    "key",
    "format",
    "boundaries",
    "context",
    "transit",
    "cameras",
];

/// The part that is wrong, and how.
pub fn check(feeds: &[Feed], boundaries: &[BoundarySet]) -> Result<(), (String, String)> {
    let mut sets = BTreeSet::new();
    for set in boundaries {
        let of = |reason: String| (set.id.clone(), reason);
        id(&set.id).map_err(of)?;
        if !sets.insert(set.id.as_str()) {
            return Err(of("stands twice".to_owned()));
        }
        if set.name.is_empty() {
            return Err(of("names no property `name`".to_owned()));
        }
        hours(set.every_hours).map_err(of)?;
    }
    let mut ids = BTreeSet::new();
    for feed in feeds {
        let of = |reason: String| (feed.id.clone(), reason);
        id(&feed.id).map_err(of)?;
        if RESERVED.contains(&feed.id.as_str()) || !ids.insert(feed.id.as_str()) {
            return Err(of(
                "stands twice, or is a word that the store uses".to_owned()
            ));
        }
        columns(feed, &sets).map_err(of)?;
        let matches = feed
            .filter
            .iter()
            .chain(&feed.victims)
            .chain(&feed.officer_initiated);
        for Match {
            column,
            is,
            starts,
            contains,
        } in matches
        {
            let words = [is, starts, contains];
            let is_blank = |words: &&Vec<String>| words.iter().any(|word| word.trim().is_empty());
            if column.is_empty()
                || words.iter().all(|words| words.is_empty())
                || words.iter().any(is_blank)
            {
                return Err(of(
                    "has a match without a column, without words, or with an empty one".to_owned(),
                ));
            }
        }
        sources(feed)?;
    }
    Ok(())
}

/// The context layer that is wrong, and how.
pub fn contexts(all: [(&str, &Option<ContextSource>); 2]) -> Result<(), (String, String)> {
    for (id, source) in all {
        if let Some(source) = source {
            source.check().map_err(|reason| (id.to_owned(), reason))?;
        }
    }
    Ok(())
}

/// It stands in addresses, in keys of the store and in figures.
fn id(id: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match !id.is_empty() && id.len() <= 40 && id.bytes().all(is_plain) {
        true => Ok(()),
        false => Err("needs an id of 1 to 40 of a-z, 0-9 and -".to_owned()),
    }
}

fn hours(every: Option<u32>) -> Result<(), String> {
    match every {
        Some(0) => Err("has `every_hours = 0`; at least 1".to_owned()),
        Some(hours) if hours > 24 * 366 => Err("has `every_hours` of over a year".to_owned()),
        _ => Ok(()),
    }
}

fn columns(feed: &Feed, sets: &BTreeSet<&str>) -> Result<(), String> {
    let columns = &feed.columns;
    if columns.id.is_empty() || columns.created.is_empty() {
        return Err("names no column `id` or `created`".to_owned());
    }
    let has_point = !columns.location.is_empty()
        || !columns.latitude.is_empty() && !columns.longitude.is_empty();
    match &feed.boundaries {
        Some(id) if !sets.contains(id.as_str()) => Err(format!(
            "is of the boundaries `{id}`, which the city does not have"
        )),
        Some(_) if columns.area.is_empty() => Err("names no column `area`".to_owned()),
        None if !has_point => Err("has neither `boundaries` nor columns of a point".to_owned()),
        _ => Ok(()),
    }
}

fn sources(feed: &Feed) -> Result<(), (String, String)> {
    let mut ids = BTreeSet::new();
    for source in &feed.sources {
        let of = |reason: String| (format!("{}/{}", feed.id, source.id), reason);
        id(&source.id).map_err(of)?;
        hours(source.every_hours).map_err(of)?;
        if !ids.insert(source.id.as_str()) {
            return Err(of("stands twice".to_owned()));
        }
        let is_portal = matches!(source.kind, Kind::Socrata | Kind::Ckan);
        if is_portal && source.dataset.is_none() && source.title.is_none() {
            return Err(of("needs `dataset` or `title`".to_owned()));
        }
        if source.kind == Kind::Open311 && source.from.is_none() && source.days.is_none() {
            return Err(of(
                "needs `from` or `days`: Open311 is asked window by window".to_owned(),
            ));
        }
        if source.page_size == Some(0) {
            return Err(of("has `page_size = 0`; at least 1".to_owned()));
        }
        let is_of_years = source
            .title
            .as_ref()
            .is_some_and(|title| title.contains("{year}"));
        if is_of_years && source.from.is_none() {
            return Err(of("has `{year}` in its title and needs `from`".to_owned()));
        }
        if !(source.address.starts_with("https://") || source.address.starts_with("http://")) {
            return Err(of("needs an address with https://".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(more: &str) -> Feed {
        let text = format!(
            "id = 'f'\ntitle = 't'\nexplanation = 'e'\nunit = 'u'\nsource = 's'\nlicence = 'l'\n\
             columns = {{ id = ['a'], created = ['b'], location = ['c'] }}\n{more}"
        );
        toml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn what_would_break_silently_is_named() {
        let source = |more: &str| {
            format!("[[sources]]\nid = 's'\nkind = 'csv'\naddress = 'https://x/'\n{more}")
        };
        assert!(check(&[feed(&source(""))], &[]).is_ok());
        for (more, reason) in [
            (source("every_hours = 0"), "every_hours"),
            (source("") + &source(""), "twice"),
            (source("").replace("'s'", "'s/t'"), "id"),
            (source("").replace("'csv'", "'socrata'"), "dataset"),
            (source("").replace("https", "ftp"), "https"),
            (source("title = 'T {year}'"), "from"),
            ("filter = { column = ['x'] }".to_owned(), "without words"),
            (
                "victims = [{ column = ['x'], contains = [''] }]".to_owned(),
                "empty",
            ),
            ("boundaries = 'none'".to_owned(), "does not have"),
        ] {
            let (_, said) = check(&[feed(&more)], &[]).expect_err("refused");
            assert!(said.contains(reason), "{more}: {said}");
        }
        for id in ["key", "format", "boundaries", "", "A", "a/b", "a b"] {
            let mut bad = feed("");
            bad.id = id.to_owned();
            assert!(check(&[bad], &[]).is_err(), "{id}");
        }
        assert!(check(&[feed(""), feed("")], &[]).is_err());
    }
}
