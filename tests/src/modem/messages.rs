//! The commands of 27.005: lists, reads, deletes, writes and sends messages.

use super::at::{Command, Form};
use super::fault::Fault;
use super::line::{Answer, Fail, Prompt, done, says};
use super::memory::{Status, Stored};
use super::pdu::{self, Type};
use super::state::Modem;

/// A memory behind a name: `MT` is the SIM's slots and then the modem's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which {
    Sim,
    Phone,
    Reports,
}

/// What `+CMEE=2` says.
pub(super) fn words(code: u16) -> &'static str {
    match code {
        302 => "operation not allowed",
        304 => "invalid PDU mode parameter",
        305 => "invalid text mode parameter",
        310 => "SIM not inserted",
        311 => "SIM PIN required",
        316 => "SIM PUK required",
        321 => "invalid memory index",
        322 => "memory full",
        331 => "no network service",
        _ => "unknown error",
    }
}

impl Modem {
    fn parts(&self, memory: &str) -> &'static [Which] {
        match memory {
            "SM" => &[Which::Sim],
            "ME" => &[Which::Phone],
            "MT" => &[Which::Sim, Which::Phone],
            "SR" => &[Which::Reports],
            _ => &[],
        }
    }

    /// All that a memory holds, by number.
    pub(super) fn numbered(&self, memory: &str) -> Vec<(usize, Which, usize)> {
        let mut first = self.profile.first_slot;
        let mut numbered = Vec::new();
        for which in self.parts(memory) {
            let slots = self.memory(*which);
            numbered.extend(slots.all().map(|(n, _)| (first + n, *which, n)));
            first += slots.total();
        }
        numbered
    }

    /// The slot of a number.
    fn locate(&self, memory: &str, number: usize) -> Option<(Which, usize)> {
        let mut n = number.checked_sub(self.profile.first_slot)?;
        for which in self.parts(memory) {
            let total = self.memory(*which).total();
            if n < total {
                return Some((*which, n));
            }
            n -= total;
        }
        None
    }

    /// Into the first free slot; its number.
    pub(super) fn store_in(&mut self, memory: &str, stored: Stored) -> Option<usize> {
        let mut first = self.profile.first_slot;
        for which in self.parts(memory) {
            let slots = self.memory_mut(*which);
            if let Some(n) = slots.store(stored.clone()) {
                return Some(first + n);
            }
            first += slots.total();
        }
        None
    }

    /// `used,total`.
    fn usage(&self, memory: &str) -> String {
        let parts = self.parts(memory).iter().map(|which| self.memory(*which));
        let (used, total) = parts.fold((0, 0), |(used, total), slots| {
            (used + slots.used(), total + slots.total())
        });
        format!("{used},{total}")
    }

    /// Text as text mode shows it in the chosen character set.
    pub(super) fn in_charset(&self, text: &str) -> String {
        if self.settings.cscs == "UCS2" {
            let units = text.encode_utf16();
            return units.map(|unit| format!("{unit:04X}")).collect();
        }
        let plain = |character: char| if character.is_ascii() { character } else { '?' };
        text.chars().map(plain).collect()
    }

    fn read_in_charset(&self, text: &str) -> String {
        let octets = (self.settings.cscs == "UCS2")
            .then(|| pdu::octets(text))
            .flatten();
        let Some(octets) = octets else {
            return text.to_owned();
        };
        let units = octets.chunks_exact(2);
        let units: Vec<_> = units
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    }

    /// A message as CMGL and CMGR show it, after `begin`.
    fn shown(&self, begin: &str, stored: &Stored) -> [String; 2] {
        if self.settings.cmgf == 0 {
            let length = pdu::tpdu(&stored.pdu).len();
            let status = stored.status.number();
            return [format!("{begin}{status},,{length}"), pdu::hex(&stored.pdu)];
        }
        let summary = pdu::summary(&stored.pdu);
        let number = self.in_charset(&summary.number);
        let time = match summary.time.as_str() {
            "" => String::new(),
            time => format!("\"{time}\""),
        };
        let mut header = format!("{begin}\"{}\",\"{number}\",,{time}", stored.status.text());
        if self.settings.csdh == 1 {
            let kind = if summary.number.starts_with('+') {
                145
            } else {
                129
            };
            header += &format!(",{kind},{}", summary.text.chars().count());
        }
        let text = if summary.is_eight_bit {
            summary.text
        } else {
            self.in_charset(&summary.text)
        };
        [header, text]
    }

    fn list(&mut self, wanted: &str) -> Answer {
        let wanted = match wanted {
            "4" | "ALL" => None,
            "" | "0" | "REC UNREAD" => Some(Status::Unread),
            "1" | "REC READ" => Some(Status::Read),
            "2" | "STO UNSENT" => Some(Status::Unsent),
            "3" | "STO SENT" => Some(Status::Sent),
            _ => return Err(Fail::Cms(302)),
        };
        let memory = self.settings.memories[0].clone();
        let mut lines = Vec::new();
        for (number, which, n) in self.numbered(&memory) {
            let Some(stored) = self.memory(which).get(n) else {
                continue;
            };
            if wanted.is_none_or(|wanted| wanted == stored.status) {
                lines.extend(self.shown(&format!("+CMGL: {number},"), stored));
                self.mark_read(which, n);
            }
        }
        Ok(lines)
    }

    fn read(&mut self, number: Option<usize>) -> Answer {
        let memory = self.settings.memories[0].clone();
        let slot = number.and_then(|number| self.locate(&memory, number));
        let (which, n) = slot.ok_or(Fail::Cms(321))?;
        match self.memory(which).get(n) {
            Some(stored) => {
                let lines = self.shown("+CMGR: ", stored).to_vec();
                self.mark_read(which, n);
                Ok(lines)
            }
            None if self.faults.has(&Fault::EmptySlotError) => Err(Fail::Cms(321)),
            None => done(),
        }
    }

    fn mark_read(&mut self, which: Which, n: usize) {
        let is_unread = |stored: &Stored| stored.status == Status::Unread;
        if self.memory(which).get(n).is_some_and(is_unread) {
            self.memory_mut(which).set_status(n, Status::Read);
        }
    }

    fn delete(&mut self, number: Option<usize>, flag: usize) -> Answer {
        if self.faults.take(&Fault::RefuseDelete) {
            return Err(Fail::Cms(302));
        }
        if self.faults.take(&Fault::LoseDelete) {
            return done();
        }
        let memory = self.settings.memories[0].clone();
        if flag == 0 {
            let slot = number.and_then(|number| self.locate(&memory, number));
            let (which, n) = slot.ok_or(Fail::Cms(321))?;
            let removed = self.memory_mut(which).remove(n);
            if !removed && self.faults.has(&Fault::EmptySlotError) {
                return Err(Fail::Cms(321));
            }
            return done();
        }
        let goes = move |status: Status| match flag {
            1 => status == Status::Read,
            2 => matches!(status, Status::Read | Status::Sent),
            3 => status != Status::Unread,
            _ => true,
        };
        for which in self.parts(&memory) {
            self.memory_mut(*which).remove_if(goes);
        }
        done()
    }

    fn choose_memories(&mut self, command: &Command) -> Answer {
        let mut chosen = self.settings.memories.clone();
        for (n, memory) in chosen.iter_mut().enumerate() {
            match command.parameter(n) {
                "" => {}
                name @ ("SM" | "ME" | "MT") => *memory = name.to_owned(),
                "SR" if n == 0 => *memory = "SR".to_owned(),
                _ => return Err(Fail::Cms(302)),
            }
        }
        self.settings.memories = chosen;
        let usage = self.settings.memories.clone().map(|name| self.usage(&name));
        says(format!("+CPMS: {}", usage.join(",")))
    }

    fn notifications(&mut self, command: &Command) -> Answer {
        let most = [3, 3, 3, 2, 1];
        let mut chosen = self.settings.cnmi;
        for (n, setting) in chosen.iter_mut().enumerate() {
            if let Some(number) = command.number(n) {
                if number > most[n] {
                    return Err(Fail::Cms(303));
                }
                *setting = number;
            }
        }
        self.settings.cnmi = chosen;
        if chosen[0] > 0 && chosen[4] == 1 {
            self.held.clear();
        }
        done()
    }

    fn prompt(&mut self, command: &Command) -> Answer {
        let is_sent = command.name == "+CMGS";
        let is_pdu = self.settings.cmgf == 0;
        let length = if is_pdu { command.number(0) } else { None };
        if is_pdu && length.is_none() {
            return Err(Fail::Cms(304));
        }
        let number = self.read_in_charset(command.parameter(0));
        if !is_pdu && is_sent && number.is_empty() {
            return Err(Fail::Cms(305));
        }
        self.prompt = Some(Prompt {
            is_sent,
            length,
            number,
            text: Vec::new(),
        });
        done()
    }

    fn send_stored(&mut self, number: Option<usize>) -> Answer {
        let memory = self.settings.memories[1].clone();
        let slot = number.and_then(|number| self.locate(&memory, number));
        let (which, n) = slot.ok_or(Fail::Cms(321))?;
        let stored = self.memory(which).get(n).cloned().ok_or(Fail::Cms(321))?;
        let reference = self.submit(&stored.pdu)?;
        self.memory_mut(which).set_status(n, Status::Sent);
        says(format!("+CMSS: {reference}"))
    }
}

/// `None` if it is no command about messages.
pub(super) fn answer(modem: &mut Modem, command: &Command) -> Option<Answer> {
    let needs_sim = matches!(
        command.name.as_str(),
        "+CMGL" | "+CMGR" | "+CMGD" | "+CMGW" | "+CMGS" | "+CMSS" | "+CPMS" | "+CSCA"
    );
    if needs_sim && let Err(fail) = modem.sim_ready() {
        let code = match fail {
            Fail::Cme(10) => 310,
            Fail::Cme(11) => 311,
            Fail::Cme(12) => 316,
            _ => 500,
        };
        return Some(Err(Fail::Cms(code)));
    }
    answered(modem, command).transpose()
}

/// `Ok(None)` if it is no command about messages.
fn answered(modem: &mut Modem, command: &Command) -> Result<Option<Vec<String>>, Fail> {
    use Form::{Read, Run, Set, Test};
    let answer = match (command.name.as_str(), &command.form) {
        ("+CMGF", Set(_)) => {
            let mode = command.number(0).filter(|mode| *mode <= 1);
            modem.settings.cmgf = mode.ok_or(Fail::Cms(303))?;
            done()
        }
        ("+CMGF", Read) => says(format!("+CMGF: {}", modem.settings.cmgf)),
        ("+CMGF", Test) => says("+CMGF: (0,1)"),
        ("+CSDH", Set(_)) => {
            modem.settings.csdh = command.number(0).unwrap_or(0);
            done()
        }
        ("+CSDH", Read) => says(format!("+CSDH: {}", modem.settings.csdh)),
        ("+CSMS", Set(_)) => {
            let service = command.number(0).filter(|service| *service <= 1);
            modem.settings.csms = service.ok_or(Fail::Cms(303))?;
            says("+CSMS: 1,1,1")
        }
        ("+CSMS", Read) => says(format!("+CSMS: {},1,1,1", modem.settings.csms)),
        ("+CSMS", Test) => says("+CSMS: (0,1)"),
        ("+CPMS", Set(_)) => modem.choose_memories(command),
        ("+CPMS", Read) => {
            let memories = modem.settings.memories.iter();
            let memories = memories.map(|name| format!("\"{name}\",{}", modem.usage(name)));
            says(format!("+CPMS: {}", memories.collect::<Vec<_>>().join(",")))
        }
        ("+CPMS", Test) => {
            let others = "(\"SM\",\"ME\",\"MT\")";
            says(format!(
                "+CPMS: (\"SM\",\"ME\",\"MT\",\"SR\"),{others},{others}"
            ))
        }
        ("+CNMI", Set(_)) => modem.notifications(command),
        ("+CNMI", Read) => {
            let settings = modem.settings.cnmi.map(|setting| setting.to_string());
            says(format!("+CNMI: {}", settings.join(",")))
        }
        ("+CNMI", Test) => says("+CNMI: (0-3),(0-3),(0-3),(0-2),(0,1)"),
        ("+CNMA", Run(_) | Set(_)) => {
            if modem.settings.csms == 0 || !modem.network.acknowledge() {
                return Err(Fail::Cms(340));
            }
            done()
        }
        ("+CSCA", Set(_)) => {
            modem.options.smsc = modem.read_in_charset(command.parameter(0));
            done()
        }
        ("+CSCA", Read) => {
            let number = modem.in_charset(&modem.options.smsc);
            says(format!("+CSCA: \"{number}\",145"))
        }
        ("+CMGL", Test) => says(match modem.settings.cmgf {
            0 => "+CMGL: (0-4)",
            _ => "+CMGL: (\"REC UNREAD\",\"REC READ\",\"STO UNSENT\",\"STO SENT\",\"ALL\")",
        }),
        ("+CMGL", _) => modem.list(command.parameter(0)),
        ("+CMGR", Set(_)) => modem.read(command.number(0)),
        ("+CMGD", Test) => {
            let memory = &modem.settings.memories[0];
            let numbers = modem.numbered(memory).into_iter();
            let numbers: Vec<_> = numbers.map(|(number, _, _)| number.to_string()).collect();
            says(format!("+CMGD: ({}),(0-4)", numbers.join(",")))
        }
        ("+CMGD", Set(_)) => modem.delete(command.number(0), command.number(1).unwrap_or(0)),
        ("+CMGS" | "+CMGW", Set(_)) => modem.prompt(command),
        ("+CMSS", Set(_)) => modem.send_stored(command.number(0)),
        ("+CMGR" | "+CMGS" | "+CMGW" | "+CMSS" | "+CNMA" | "+CSCA" | "+CSDH", Test) => done(),
        _ => return Ok(None),
    };
    answer.map(Some)
}

/// Ctrl-Z after what was prompted for.
pub(super) fn finish(modem: &mut Modem, prompt: &Prompt) -> Answer {
    let text = String::from_utf8_lossy(&prompt.text).into_owned();
    let submit = match prompt.length {
        Some(length) => {
            let submit = pdu::octets(&text).ok_or(Fail::Cms(304))?;
            if pdu::tpdu(&submit).len() != length || length == 0 {
                return Err(Fail::Cms(304));
            }
            submit
        }
        None => {
            let text = modem.read_in_charset(&text);
            pdu::submit(&prompt.number, &text).ok_or(Fail::Cms(305))?
        }
    };
    if prompt.is_sent {
        let reference = modem.submit(&submit)?;
        return says(format!("+CMGS: {reference}"));
    }
    let status = match pdu::kind(&submit) {
        Type::Submit => Status::Unsent,
        _ => Status::Read,
    };
    let memory = modem.settings.memories[1].clone();
    let stored = Stored {
        status,
        pdu: submit,
    };
    let number = modem.store_in(&memory, stored).ok_or(Fail::Cms(322))?;
    says(format!("+CMGW: {number}"))
}
