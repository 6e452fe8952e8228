//! What is known of each carrier: `edge/carriers.toml`, whose head says what it holds.

use std::sync::LazyLock;

use serde::Deserialize;

use super::bearer::Server;

/// An entry of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    pub id: String,
    pub name: String,
    pub mccmnc: Vec<String>,
    pub apn: String,
    pub mmsc: String,
    #[serde(default)]
    pub proxy: Option<Server>,
    #[serde(default)]
    pub user_agent: Option<String>,
    #[serde(default)]
    pub ua_profile: Option<String>,
    pub max_size: usize,
    pub verified: bool,
}

#[derive(Deserialize)]
struct Table {
    carrier: Vec<Carrier>,
}

static TABLE: LazyLock<Vec<Carrier>> = LazyLock::new(|| {
    let table: Result<Table, _> = toml::from_str(include_str!("../../../../carriers.toml"));
    table.map(|table| table.carrier).unwrap_or_default()
});

impl Carrier {
    /// By its name in the configuration.
    pub fn named(id: &str) -> Option<&'static Self> {
        TABLE.iter().find(|carrier| carrier.id == id)
    }

    /// Of a SIM, by the digits that its identity begins with: the longest code that they begin with counts.
    pub fn of_sim(digits: &str) -> Option<&'static Self> {
        let codes = TABLE
            .iter()
            .flat_map(|carrier| carrier.mccmnc.iter().map(move |code| (code, carrier)));
        codes
            .filter(|(code, _)| digits.starts_with(code.as_str()))
            .max_by_key(|(code, _)| code.len())
            .map(|(_, carrier)| carrier)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::bearer::server_of;
    use super::*;
    use crate::decode::MAX_MMS_OCTETS;

    #[test]
    fn the_table_is_valid_and_names_each_code_and_carrier_once() {
        assert!(TABLE.len() > 5);
        let (mut ids, mut codes) = (HashSet::new(), HashSet::new());
        for carrier in TABLE.iter() {
            assert!(ids.insert(&carrier.id), "{}", carrier.id);
            assert!(
                server_of(&carrier.mmsc.parse().expect("a URL")).is_ok(),
                "{}",
                carrier.id
            );
            assert!(!carrier.apn.is_empty() && !carrier.name.is_empty());
            assert!((300_000..=MAX_MMS_OCTETS).contains(&carrier.max_size));
            for code in &carrier.mccmnc {
                assert!(matches!(code.len(), 5 | 6), "{code}");
                assert!(code.bytes().all(|digit| digit.is_ascii_digit()), "{code}");
                assert!(codes.insert(code), "{code}");
            }
        }
    }

    #[test]
    fn a_sims_carrier_is_known_by_how_its_identity_begins() {
        let of = |digits| Carrier::of_sim(digits).map(|carrier| carrier.id.as_str());
        assert_eq!(of("310260"), Some("tmobile-us"));
        assert_eq!(of("310410"), Some("att-us"));
        assert_eq!(of("311480"), Some("verizon-us"));
        assert_eq!(of("001010"), None);
        assert_eq!(of(""), None);
        assert!(Carrier::named("mint").is_some() && Carrier::named("none").is_none());
    }
}
