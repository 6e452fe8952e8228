//! The commands of 27.007: who the modem is, whether its SIM and its network are ready.

use super::at::{Command, Form};
use super::fault::{Cure, Fault};
use super::line::{Answer, Fail, done, is_run, says};
use super::memory::RECORD;
use super::pdu;
use super::state::{Lock, Modem};
use crate::sms::semi_octets;

/// Numbers that no modem and no SIM has: a test IMEI, the test network 001-01.
const IMEI: &str = "004999010640000";
const IMSI: &str = "001010123456789";
const ICCID: &str = "8901001012345678902";
/// Files of a SIM (31.102).
const EF_ICCID: usize = 0x2FE2;
const EF_SMS: usize = 0x6F3C;
const OPERATOR: [&str; 3] = ["Test Network", "TestNet", "00101"];

/// Commands that are taken, remembered, and change nothing here.
const REMEMBERED: [&str; 27] = [
    "+CCWA", "+CGACT", "+CGATT", "+CGAUTH", "+CGDCONT", "+CGEREP", "+CGQMIN", "+CGQREQ", "+CLIP",
    "+CLIR", "+CMER", "+CMMS", "+COLP", "+CRC", "+CSCB", "+CSMP", "+CSSN", "+CTZR", "+CTZU",
    "+CUSD", "+CVHU", "+ICF", "+IFC", "+IPR", "+QCFG", "+QURCCFG", "^CURC",
];

/// `AT+CFUN=1,1`.
fn is_restart(command: &Command) -> bool {
    command.name == "+CFUN" && command.number(0) == Some(1) && command.number(1) == Some(1)
}

/// What a command may cure.
pub(super) fn cure(command: &Command) -> Option<Cure> {
    match command.name.as_str() {
        "Z" => Some(Cure::Reset),
        _ => is_restart(command).then_some(Cure::Restart),
    }
}

/// What `+CMEE=2` says.
pub(super) fn words(code: u16) -> &'static str {
    match code {
        3 => "operation not allowed",
        4 => "operation not supported",
        10 => "SIM not inserted",
        11 => "SIM PIN required",
        12 => "SIM PUK required",
        13 => "SIM failure",
        16 => "incorrect password",
        30 => "no network service",
        50 => "Incorrect parameters",
        _ => "unknown",
    }
}

impl Modem {
    /// Whether the SIM can be read.
    pub(super) fn sim_ready(&self) -> Result<(), Fail> {
        if self.faults.has(&Fault::NoSim) {
            return Err(Fail::Cme(10));
        }
        match self.lock {
            Lock::Open => Ok(()),
            Lock::Pin { .. } => Err(Fail::Cme(11)),
            Lock::Puk { tries: 0 } => Err(Fail::Cme(13)),
            Lock::Puk { .. } => Err(Fail::Cme(12)),
        }
    }

    fn enter_pin(&mut self, pin: &str, new: &str) -> Answer {
        let is_pin = self.options.pin.as_deref() == Some(pin);
        self.lock = match self.lock {
            Lock::Open => return Err(Fail::Cme(3)),
            Lock::Pin { .. } if is_pin => Lock::Open,
            Lock::Pin { tries } if tries > 1 => Lock::Pin { tries: tries - 1 },
            Lock::Pin { .. } => Lock::Puk { tries: 10 },
            Lock::Puk { tries } if tries > 0 && pin == self.options.puk && !new.is_empty() => {
                self.options.pin = Some(new.to_owned());
                Lock::Open
            }
            Lock::Puk { tries } => Lock::Puk {
                tries: tries.saturating_sub(1),
            },
        };
        if self.lock != Lock::Open {
            return Err(Fail::Cme(16));
        }
        self.registration_changed();
        done()
    }
}

pub(super) fn answer(modem: &mut Modem, command: &Command) -> Answer {
    use Form::{Read, Run, Set, Test};
    let profile = modem.profile;
    match (command.name.as_str(), &command.form) {
        ("E", Run(n)) => modem.settings.echo = *n == Some(1),
        ("V", Run(n)) => modem.settings.verbose = *n == Some(1),
        ("Q", Run(n)) => modem.settings.quiet = *n == Some(1),
        ("Z" | "&F", _) => modem.default_settings(),
        ("I", Run(_)) => {
            let names = [
                format!("Manufacturer: {}", profile.manufacturer),
                format!("Model: {}", profile.model),
                format!(
                    "Revision: {}",
                    profile.revision.trim_start_matches("+CGMR: ")
                ),
                format!("IMEI: {IMEI}"),
            ];
            return Ok(names.to_vec());
        }
        ("S", Read) => return says("000"),
        ("L" | "M" | "X" | "S" | "H" | "&C" | "&D" | "&K" | "&S" | "&W" | "\\", _) => {}
        ("D" | "A", _) => return Err(Fail::Error),
        (
            "+CGMI" | "+GMI" | "+CGMM" | "+GMM" | "+CGMR" | "+GMR" | "+CGSN" | "+GSN" | "+CIMI"
            | "+GCAP",
            Test,
        ) => {}
        ("+CGMI" | "+GMI", Run(_)) => return says(profile.manufacturer),
        ("+CGMM" | "+GMM", Run(_)) => return says(profile.model),
        ("+CGMR" | "+GMR", Run(_)) => return says(profile.revision),
        ("+CGSN" | "+GSN", Run(_) | Set(_)) => return says(IMEI),
        ("+GCAP", Run(_)) => return says("+GCAP: +CGSM"),
        ("+CIMI", Run(_)) => {
            modem.sim_ready()?;
            return says(IMSI);
        }
        (name, form) if (name == "+CCID" || name == profile.iccid) && *form != Test => {
            modem.sim_ready()?;
            return says(format!("{name}: {ICCID}"));
        }
        ("+CNUM", Run(_)) => modem.sim_ready()?,
        ("+CRSM", Set(_)) => return restricted_sim_access(modem, command),
        ("+CMEE", Set(_)) => modem.settings.cmee = within(command.number(0), 2)?,
        ("+CMEE", Read) => return says(format!("+CMEE: {}", modem.settings.cmee)),
        ("+CMEE", Test) => return says("+CMEE: (0-2)"),
        ("+CPIN", Read) => {
            let state = match modem.sim_ready() {
                Ok(()) => "READY",
                Err(Fail::Cme(11)) => "SIM PIN",
                Err(Fail::Cme(12)) => "SIM PUK",
                Err(fail) => return Err(fail),
            };
            return says(format!("+CPIN: {state}"));
        }
        ("+CPIN", Set(_)) => return modem.enter_pin(command.parameter(0), command.parameter(1)),
        ("+CPIN", Test) => {}
        ("+CLCK", Test) => return says("+CLCK: (\"SC\")"),
        ("+CLCK", Set(_)) => {
            modem.sim_ready()?;
            if command.parameter(0) != "SC" || command.number(1) != Some(2) {
                return Err(Fail::Cme(3));
            }
            return says(format!("+CLCK: {}", u8::from(modem.options.pin.is_some())));
        }
        ("+CFUN", Set(_)) if is_restart(command) => modem.restarts = true,
        ("+CFUN", Set(_)) => {
            modem.settings.functionality = within(command.number(0), 4)?;
            modem.registration_changed();
        }
        ("+CFUN", Read) => return says(format!("+CFUN: {}", modem.settings.functionality)),
        ("+CFUN", Test) => return says("+CFUN: (0,1,4),(0,1)"),
        ("+CPAS", Run(_)) => return says("+CPAS: 0"),
        ("+CSQ", Run(_)) => {
            let quality = if modem.is_registered() { 17 } else { 99 };
            return says(format!("+CSQ: {quality},99"));
        }
        ("+CSQ", Test) => return says("+CSQ: (0-31,99),(0-7,99)"),
        ("+CREG" | "+CGREG" | "+CEREG", form) => return registration(modem, command, form),
        ("+COPS", form) => return operator(modem, command, form),
        ("+CCLK", Read) => return says(format!("+CCLK: \"{}\"", pdu::clock(modem.now()))),
        ("+CCLK", Set(_)) => {
            modem.faults.take(&Fault::Clock1970);
        }
        ("+WS46", Test) => return says("+WS46: (12,22,25,28,29)"),
        ("+WS46", Read) => return says("+WS46: 25"),
        ("+CSCS", Test) => return says("+CSCS: (\"IRA\",\"GSM\",\"UCS2\")"),
        ("+CSCS", Read) => return says(format!("+CSCS: \"{}\"", modem.settings.cscs)),
        ("+CSCS", Set(_)) => {
            let name = command.parameter(0);
            if !["IRA", "GSM", "UCS2"].contains(&name) {
                return Err(Fail::Cme(3));
            }
            modem.settings.cscs = name.to_owned();
        }
        // No call is under way, no context has an address.
        ("+CLCC" | "+CGPADDR" | "+CEER", form) if is_run(form) => {}
        (name, form) if REMEMBERED.contains(&name) => return remembered(modem, command, form),
        _ => return Err(Fail::Error),
    }
    done()
}

/// The SIM's files: its number, and the records behind its slots. No other is there.
fn restricted_sim_access(modem: &mut Modem, command: &Command) -> Answer {
    modem.sim_ready()?;
    if modem.faults.has(&Fault::NoSimFiles) {
        return Err(Fail::Cme(4));
    }
    let record = command.number(2).and_then(|number| number.checked_sub(1));
    match (command.number(0), command.number(1), record) {
        (Some(176), Some(EF_ICCID), _) => {
            let number = pdu::hex(&semi_octets(ICCID));
            says(format!("+CRSM: 144,0,\"{number}\""))
        }
        (Some(178), Some(EF_SMS), Some(n)) => match modem.sim.record(n) {
            Some(record) => says(format!("+CRSM: 144,0,\"{}\"", pdu::hex(&record))),
            None => says("+CRSM: 106,131,\"\""),
        },
        (Some(220), Some(EF_SMS), Some(n)) => {
            let octets = pdu::octets(command.parameter(5));
            let octets = octets
                .filter(|octets| octets.len() == RECORD)
                .ok_or(Fail::Cme(50))?;
            let is_there = modem.sim.overwrite(n, &octets);
            says(if is_there {
                "+CRSM: 144,0,\"\""
            } else {
                "+CRSM: 106,131,\"\""
            })
        }
        _ => says("+CRSM: 106,130,\"\""),
    }
}

fn within(number: Option<usize>, most: usize) -> Result<usize, Fail> {
    number.filter(|number| *number <= most).ok_or(Fail::Cme(50))
}

fn registration(modem: &mut Modem, command: &Command, form: &Form) -> Answer {
    let n = match command.name.as_str() {
        "+CREG" => 0,
        "+CGREG" => 1,
        _ => 2,
    };
    match form {
        Form::Set(_) => modem.settings.registration[n] = within(command.number(0), 2)?,
        Form::Test => return says(format!("{}: (0-2)", command.name)),
        _ => {
            let mode = modem.settings.registration[n];
            let state = if modem.is_registered() { 1 } else { 2 };
            let cell = if mode == 2 && state == 1 {
                ",\"1A2B\",\"01C3D4E5\",7"
            } else {
                ""
            };
            return says(format!("{}: {mode},{state}{cell}", command.name));
        }
    }
    done()
}

fn operator(modem: &mut Modem, command: &Command, form: &Form) -> Answer {
    let [long, short, number] = OPERATOR;
    match form {
        Form::Test => {
            return says(format!(
                "+COPS: (2,\"{long}\",\"{short}\",\"{number}\",7),,(0-4),(0-2)"
            ));
        }
        Form::Set(_) => {
            modem.sim_ready()?;
            if let Some(format) = command.number(1) {
                modem.settings.cops_format = within(Some(format), 2)?;
            }
        }
        _ if modem.is_registered() => {
            let format = modem.settings.cops_format;
            return says(format!("+COPS: 0,{format},\"{}\",7", OPERATOR[format]));
        }
        _ => return says("+COPS: 0"),
    }
    done()
}

fn remembered(modem: &mut Modem, command: &Command, form: &Form) -> Answer {
    let name = &command.name;
    match form {
        Form::Set(parameters) => {
            let other = &mut modem.settings.other;
            other.insert(name.clone(), parameters.join(","));
        }
        Form::Read => {
            let default = match name.as_str() {
                "+CGATT" => Some("1"),
                "+CGDCONT" | "+CGACT" => None,
                "+CSMP" => Some("17,167,0,0"),
                "+CSCB" => Some("0,\"\",\"\""),
                "+IFC" => Some("2,2"),
                "+IPR" => Some("115200"),
                _ => Some("0"),
            };
            let set = modem.settings.other.get(name).map(String::as_str);
            if let Some(value) = set.or(default) {
                return says(format!("{name}: {value}"));
            }
        }
        Form::Test => match name.as_str() {
            "+CGDCONT" => {
                let kinds = ["IP", "IPV6", "IPV4V6"];
                let lines = kinds.map(|kind| format!("+CGDCONT: (1-16),\"{kind}\",,,(0-2),(0-4)"));
                return Ok(lines.to_vec());
            }
            "+IFC" => return says("+IFC: (0,2),(0,2)"),
            "+CMER" => return says("+CMER: (0-3),0,0,(0,1),0"),
            "+CGEREP" => return says("+CGEREP: (0-2),(0,1)"),
            _ => {}
        },
        Form::Run(_) => {}
    }
    done()
}
