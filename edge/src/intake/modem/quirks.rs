//! What is known of each modem: `edge/modems.toml`, whose head says what it holds.

use std::sync::LazyLock;

use serde::Deserialize;

/// An entry of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quirks {
    pub name: String,
    pub usb: Vec<UsbId>,
    pub models: Vec<String>,
    pub interfaces: Vec<u8>,
    pub init: Vec<String>,
    pub notices: Vec<String>,
    pub memory: String,
    pub overwrites: bool,
}

/// Vendor and product of a USB device, written `2c7c:0125`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct UsbId {
    pub vendor: u16,
    pub product: u16,
}

impl TryFrom<String> for UsbId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (vendor, product) = text.split_once(':').unwrap_or_default();
        let number = |digits: &str| match digits.len() {
            4 => u16::from_str_radix(digits, 16).ok(),
            _ => None,
        };
        number(vendor)
            .zip(number(product))
            .map(|(vendor, product)| Self { vendor, product })
            .ok_or("a USB id is written as `lsusb` shows it, `2c7c:0125`")
    }
}

#[derive(Deserialize)]
struct Table {
    modem: Vec<Quirks>,
}

static TABLE: LazyLock<Vec<Quirks>> = LazyLock::new(|| {
    let table: Result<Table, _> = toml::from_str(include_str!("../../../modems.toml"));
    table.map(|table| table.modem).unwrap_or_default()
});

impl Quirks {
    /// Of the modem with this id.
    pub fn of_usb(id: UsbId) -> Option<&'static Self> {
        TABLE.iter().find(|quirks| quirks.usb.contains(&id))
    }

    /// Of the modem that calls itself so.
    pub fn of_model(model: &str) -> Self {
        let model = model.trim().to_ascii_uppercase();
        let named = TABLE.iter().find(|quirks| {
            let mut names = quirks.models.iter();
            names.any(|name| model.starts_with(&name.to_ascii_uppercase()))
        });
        let quirks = named.or(TABLE.last()).cloned();
        quirks.unwrap_or_else(Self::none)
    }

    fn none() -> Self {
        Self {
            name: String::new(),
            usb: Vec::new(),
            models: Vec::new(),
            interfaces: Vec::new(),
            init: Vec::new(),
            notices: Vec::new(),
            memory: "SM".into(),
            overwrites: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::storage::Memory;
    use super::*;

    #[test]
    fn the_table_is_valid_and_ends_with_what_holds_for_any_modem() {
        assert!(TABLE.len() > 5);
        for quirks in TABLE.iter() {
            assert!(Memory::of(&quirks.memory).is_some(), "{}", quirks.name);
            assert!(!quirks.notices.is_empty(), "{}", quirks.name);
            assert!(
                quirks.init.iter().all(|init| init.starts_with("AT")),
                "{}",
                quirks.name
            );
        }
        let unknown = Quirks::of_model("anything");
        assert!(unknown.models.is_empty() && !unknown.overwrites);
    }

    #[test]
    fn a_modem_is_known_by_its_id_and_by_its_name() {
        let id = |text: &str| UsbId::try_from(text.to_owned());
        let quectel = Quirks::of_usb(id("2c7c:0125").expect("an id")).expect("known");
        assert!(quectel.name.contains("EC25"));
        assert!(Quirks::of_usb(id("ffff:0000").expect("an id")).is_none());
        for wrong in ["", "2c7c", "2c7c:125", "2c7c:01255", "xxxx:0125"] {
            assert!(id(wrong).is_err(), "{wrong}");
        }
        for (model, name) in [
            ("EG25", "EC25"),
            ("E3372", "E3372"),
            ("E173", "E173"),
            ("SIMCOM_SIM7600G-H", "SIM7600"),
            ("A7670E", "A7670"),
            ("SARA-U201", "SARA"),
            ("MC7455", "MC7455"),
        ] {
            assert!(Quirks::of_model(model).name.contains(name), "{model}");
        }
    }
}
