//! The network behind the modem: it brings messages while somebody can take them, and keeps what was sent.

use std::collections::VecDeque;

use super::fault::Fault;
use super::line::Fail;
use super::memory::{Status, Stored};
use super::pdu::{self, Type};
use super::state::{Lock, Modem};

/// A message that the modem sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `+CMGS: reference`.
    pub reference: u8,
    pub number: String,
    /// Hex, where it is 8-bit data.
    pub text: String,
    /// The SUBMIT, with its SMSC.
    pub pdu: String,
}

#[derive(Debug, Default)]
pub(super) struct Network {
    /// What it could not bring yet, oldest first.
    waiting: VecDeque<Vec<u8>>,
    /// What went straight to the client, who has to acknowledge it.
    unacknowledged: Option<Vec<u8>>,
    sent: Vec<Sent>,
    reference: u8,
}

impl Network {
    /// What was never acknowledged is brought again.
    pub fn give_back(&mut self) {
        if let Some(pdu) = self.unacknowledged.take() {
            self.waiting.push_front(pdu);
        }
    }

    pub fn acknowledge(&mut self) -> bool {
        self.unacknowledged.take().is_some()
    }
}

impl Modem {
    /// Somebody sends this DELIVER or STATUS-REPORT, hex with its SMSC.
    pub fn deliver(&mut self, hex: &str) -> Result<(), String> {
        self.deliver_together(&[hex])
    }

    /// Several at once: their notifications come in one write.
    pub fn deliver_together<T: AsRef<str>>(&mut self, hex: &[T]) -> Result<(), String> {
        for hex in hex {
            let pdu = pdu::octets(hex.as_ref()).ok_or("a PDU is hex")?;
            self.network.waiting.push_back(pdu);
        }
        self.pass_on();
        Ok(())
    }

    /// How many messages the network could not bring yet.
    pub fn waiting(&self) -> usize {
        self.network.waiting.len() + usize::from(self.network.unacknowledged.is_some())
    }

    /// All that was sent, oldest first.
    pub fn sent(&self) -> &[Sent] {
        &self.network.sent
    }

    /// Whether the network knows the modem.
    pub(super) fn is_registered(&self) -> bool {
        self.settings.functionality == 1
            && self.lock == Lock::Open
            && !self.faults.has(&Fault::NoSim)
            && !self.faults.has(&Fault::NotRegistered)
    }

    /// Tells a client who asked to be told.
    pub(super) fn registration_changed(&mut self) {
        let state = if self.is_registered() { 1 } else { 2 };
        for (n, name) in ["+CREG", "+CGREG", "+CEREG"].into_iter().enumerate() {
            if self.settings.registration[n] > 0 {
                self.unsolicited(&format!("{name}: {state}"));
            }
        }
    }

    /// Brings what waits, as far as there is room.
    pub(super) fn pass_on(&mut self) {
        let mut notifications = Vec::new();
        while self.is_registered() && self.network.unacknowledged.is_none() {
            let Some(pdu) = self.network.waiting.pop_front() else {
                break;
            };
            match self.take(&pdu) {
                Some(notification) => notifications.extend(notification),
                None => {
                    self.network.waiting.push_front(pdu);
                    break;
                }
            }
        }
        self.notify(notifications);
    }

    /// Takes one in; `None` if there is no room, else what is to be said about it.
    fn take(&mut self, pdu: &[u8]) -> Option<Option<String>> {
        let stored = Stored {
            status: Status::Unread,
            pdu: pdu.to_vec(),
        };
        let length = pdu::tpdu(pdu).len();
        if pdu::kind(pdu) == Type::StatusReport {
            if self.settings.cnmi[3] == 1 {
                return Some(Some(format!("+CDS: {length}\r\n{}", pdu::hex(pdu))));
            }
            let number = self.store_in("SR", stored)?;
            let is_told = self.settings.cnmi[3] == 2;
            return Some(is_told.then(|| format!("+CDSI: \"SR\",{number}")));
        }
        if self.settings.cnmi[1] == 2 {
            if self.settings.csms == 1 {
                self.network.unacknowledged = Some(pdu.to_vec());
            }
            return Some(Some(self.shown_at_once(pdu)));
        }
        let memory = self.settings.memories[2].clone();
        let number = self.store_in(&memory, stored)?;
        if self.settings.cnmi[1] == 0 {
            return Some(None);
        }
        let named = self.faults.find(|fault| match fault {
            Fault::UrcMemory(name) => Some(name.clone()),
            _ => None,
        });
        let more = if self.faults.has(&Fault::ExtraFields) {
            ",1,\"SMS\""
        } else {
            ""
        };
        let named = named.unwrap_or(memory);
        Some(Some(format!("+CMTI: \"{named}\",{number}{more}")))
    }

    fn shown_at_once(&self, pdu: &[u8]) -> String {
        if self.settings.cmgf == 0 {
            return format!("+CMT: ,{}\r\n{}", pdu::tpdu(pdu).len(), pdu::hex(pdu));
        }
        let summary = pdu::summary(pdu);
        let (number, text) = (
            self.in_charset(&summary.number),
            self.in_charset(&summary.text),
        );
        format!("+CMT: \"{number}\",,\"{}\"\r\n{text}", summary.time)
    }

    /// Sends a SUBMIT; its reference.
    pub(super) fn submit(&mut self, submit: &[u8]) -> Result<u8, Fail> {
        let code = self.faults.find(|fault| match fault {
            Fault::SendFails(code) => Some(*code),
            _ => None,
        });
        if let Some(code) = code {
            return Err(Fail::Cms(code));
        }
        if !self.is_registered() {
            return Err(Fail::Cms(331));
        }
        if pdu::kind(submit) != Type::Submit {
            return Err(Fail::Cms(304));
        }
        self.network.reference = self.network.reference.wrapping_add(1);
        let reference = self.network.reference;
        let summary = pdu::summary(submit);
        self.network.sent.push(Sent {
            reference,
            number: summary.number,
            text: summary.text,
            pdu: pdu::hex(submit),
        });
        let wants_report = pdu::tpdu(submit)
            .first()
            .is_some_and(|first| first & 0x20 != 0);
        if wants_report {
            let report = pdu::status_report(submit, reference, &self.options.smsc, self.now());
            self.network.waiting.push_back(report);
        }
        Ok(reference)
    }
}
