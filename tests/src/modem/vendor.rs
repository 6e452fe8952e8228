//! Whose modem it is: names, memories and habits of the vendors' modems that people plug into a Raspberry Pi.

use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    Quectel,
    Simcom,
    Huawei,
    Sierra,
    Ublox,
}

/// What differs.
pub(super) struct Profile {
    pub manufacturer: &'static str,
    pub model: &'static str,
    pub revision: &'static str,
    /// The number of a memory's first slot.
    pub first_slot: usize,
    /// Where messages are stored and looked for until the client says otherwise.
    pub memory: &'static str,
    pub cnmi: [usize; 5],
    /// Its command for the SIM's number beside `+CCID`, which answers with its own name.
    pub iccid: &'static str,
    /// What it says once it has booted.
    pub boot: &'static [&'static str],
    /// What it says now and then, unasked.
    pub noise: Option<&'static str>,
}

impl Vendor {
    pub const ALL: [(&'static str, Self); 5] = [
        ("quectel", Self::Quectel),
        ("simcom", Self::Simcom),
        ("huawei", Self::Huawei),
        ("sierra", Self::Sierra),
        ("ublox", Self::Ublox),
    ];

    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, vendor)| *vendor == self);
        named.map_or("", |(name, _)| name)
    }

    pub(super) fn profile(self) -> &'static Profile {
        match self {
            Self::Quectel => &Profile {
                manufacturer: "Quectel",
                model: "EC25",
                revision: "EC25EFAR06A06M4G",
                first_slot: 0,
                memory: "ME",
                cnmi: [2, 1, 0, 0, 0],
                iccid: "+QCCID",
                boot: &["RDY", "+CFUN: 1", "+QUSIM: 1", "+QIND: SMS DONE"],
                noise: None,
            },
            Self::Simcom => &Profile {
                manufacturer: "SIMCOM INCORPORATED",
                model: "SIMCOM_SIM7600E-H",
                revision: "+CGMR: LE20B04SIM7600M22",
                first_slot: 0,
                memory: "SM",
                cnmi: [2, 1, 0, 0, 0],
                iccid: "+CICCID",
                boot: &["RDY", "SMS DONE", "PB DONE"],
                noise: None,
            },
            Self::Huawei => &Profile {
                manufacturer: "huawei",
                model: "E3372",
                revision: "21.180.01.00.00",
                first_slot: 0,
                memory: "SM",
                cnmi: [0, 0, 0, 0, 0],
                iccid: "^ICCID",
                boot: &["^SIMST:1", "^SRVST:2"],
                noise: Some("^RSSI:17"),
            },
            Self::Sierra => &Profile {
                manufacturer: "Sierra Wireless, Incorporated",
                model: "MC7455",
                revision: "SWI9X30C_02.24.05.06",
                first_slot: 0,
                memory: "SM",
                cnmi: [0, 0, 0, 0, 0],
                iccid: "!ICCID",
                boot: &[],
                noise: None,
            },
            Self::Ublox => &Profile {
                manufacturer: "u-blox",
                model: "LARA-R211",
                revision: "30.49",
                first_slot: 1,
                memory: "ME",
                cnmi: [1, 0, 0, 0, 0],
                iccid: "+ICCID",
                boot: &["+UUSIMSTAT: 1"],
                noise: None,
            },
        }
    }
}

impl FromStr for Vendor {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let named = Self::ALL.iter().find(|(known, _)| *known == name);
        named.map(|(_, vendor)| *vendor).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("no vendor `{name}`: {names}")
        })
    }
}
