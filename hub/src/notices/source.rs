//! Where else notices come from: tables that a city publishes, as its file names them.

use serde::Deserialize;

use crate::city::City;

/// A table of notices besides the operator's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// For instance `parks`.
    pub id: String,
    /// Where it is published: a CSV file.
    #[serde(default)]
    pub address: Option<String>,
    /// Or a file that somebody brings, in the hub's data folder.
    #[serde(default)]
    pub file: Option<String>,
    /// How often the address is read.
    #[serde(default = "six")]
    pub every_hours: u32,
    /// Who publishes it; said of each notice that does not say itself.
    pub source: String,
    /// On which terms.
    pub licence: String,
    /// What its columns are called, where it is not as in `notices.csv`.
    #[serde(default)]
    pub columns: Columns,
}

fn six() -> u32 {
    6
}

/// The names that a column has had, in order of preference; without any its own.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    pub id: Vec<String>,
    pub date: Vec<String>,
    pub start: Vec<String>,
    pub end: Vec<String>,
    pub place: Vec<String>,
    pub area: Vec<String>,
    pub latitude: Vec<String>,
    pub longitude: Vec<String>,
    pub kind: Vec<String>,
    pub source: Vec<String>,
}

impl Columns {
    /// In the order of the names in `read`.
    pub fn all(&self) -> [&[String]; 10] {
        [
            &self.id,
            &self.date,
            &self.start,
            &self.end,
            &self.place,
            &self.area,
            &self.latitude,
            &self.longitude,
            &self.kind,
            &self.source,
        ]
    }
}

/// What would be silent if it were wrong: the part of the city's file, and why.
pub fn check(sources: &[Source]) -> Result<(), (String, String)> {
    for (n, source) in sources.iter().enumerate() {
        let wrong = |reason: &str| Err((format!("notices/{}", source.id), reason.to_owned()));
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if source.id.is_empty() || source.id.len() > 40 || !source.id.bytes().all(is_plain) {
            return wrong("needs an id of 1 to 40 of a-z, 0-9 and -");
        }
        if sources[..n].iter().any(|other| other.id == source.id) {
            return wrong("stands twice");
        }
        if !(1..=24 * 31).contains(&source.every_hours) {
            return wrong("needs `every_hours` of 1 to 744");
        }
        match (&source.address, &source.file) {
            (Some(address), None)
                if address.starts_with("https://") || address.starts_with("http://") => {}
            (Some(_), None) => return wrong("needs an address with https://"),
            (None, Some(file))
                if file == super::FILE || file.is_empty() || file.contains(['/', '\\']) =>
            {
                return wrong(
                    "needs a `file` that lies in the data folder itself and is not notices.csv",
                );
            }
            (None, Some(_)) => {}
            _ => return wrong("needs either `address` or `file`"),
        }
    }
    Ok(())
}

/// The addresses that are read.
pub fn addresses(city: &City) -> impl Iterator<Item = &str> {
    city.notices
        .iter()
        .filter_map(|source| source.address.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_silent_is_named() {
        let source = |more: &str| -> Source {
            let text = format!("id = 'parks'\nsource = 's'\nlicence = 'l'\n{more}");
            toml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
        };
        let good = || source("address = 'https://data.example/x.csv'");
        assert_eq!(check(&[good()]), Ok(()));
        assert_eq!(
            check(&[source("file = 'parks.csv'\ncolumns = { date = ['Day'] }")]),
            Ok(())
        );
        for (more, reason) in [
            ("", "either"),
            ("address = 'https://x/'\nfile = 'x.csv'", "either"),
            ("address = 'ftp://x/'", "https"),
            ("file = '../x.csv'", "data folder"),
            ("file = 'notices.csv'", "data folder"),
            ("file = 'x.csv'\nevery_hours = 0", "every_hours"),
        ] {
            let (part, said) = check(&[source(more)]).expect_err(more);
            assert!(
                part == "notices/parks" && said.contains(reason),
                "{more}: {said}"
            );
        }
        assert!(check(&[good(), good()]).is_err());
    }
}
