//! What goes wrong on command. Each is what a modem was seen to do.

use std::str::FromStr;

/// What ends a modem's silence: this, or what is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cure {
    /// The port is opened anew.
    Open,
    /// `ATZ`.
    Reset,
    /// `AT+CFUN=1,1`.
    Restart,
    /// The power is taken away, or the plug is pulled.
    Power,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The next list stops after so many bytes; after that, silence.
    HangInList {
        after: usize,
        cure: Cure,
    },
    /// No answer to anything.
    Silence(Cure),
    /// `+CMTI` names this memory, whatever the message was stored in.
    UrcMemory(String),
    /// The next notification comes in the middle of an answer, in two writes.
    UrcInAnswer,
    /// Answers come in writes of so many bytes.
    Split(usize),
    /// The echo stays, whatever is asked.
    EchoAlways,
    /// The next command is answered by `ERROR` and then by `OK`.
    ErrorThenOk,
    /// `+CMTI` has more fields than the standard's.
    ExtraFields,
    /// An empty slot is `+CMS ERROR: 321`, for reading and for deleting.
    EmptySlotError,
    /// The next answer with a PDU ends in the middle of it, and the port is gone.
    HalfPdu,
    /// The clock is that of a modem that never had the network's.
    Clock1970,
    NotRegistered,
    /// The SIM is not found.
    NoSim,
    /// The SIM asks for the PUK.
    Puk,
    /// The SIM's files cannot be read or written by `AT+CRSM`.
    NoSimFiles,
    /// `AT+CFUN=1,1` takes the port away, and it comes back under another number.
    RestartRenumbers,
    /// Sending ends in `+CMS ERROR` with this code.
    SendFails(u16),
    /// `AT+CMGS` is never prompted for the message.
    NoPrompt,
    /// A prompt outlives the client that asked for it.
    PromptStays,
    /// The next deletion is refused.
    RefuseDelete,
    /// The next deletion is answered by `OK` and not done.
    LoseDelete,
}

/// As they are written on a line of control, with what they take.
pub const NAMES: [(&str, &str); 21] = [
    ("hang-in-list", "[BYTES=200] [open|reset|restart|power]"),
    ("silence", "[open|reset|restart|power]"),
    ("urc-memory", "[NAME=MT]"),
    ("urc-in-answer", ""),
    ("split", "[BYTES=7]"),
    ("echo-always", ""),
    ("error-then-ok", ""),
    ("extra-fields", ""),
    ("empty-slot-error", ""),
    ("half-pdu", ""),
    ("clock-1970", ""),
    ("not-registered", ""),
    ("no-sim", ""),
    ("puk", ""),
    ("no-sim-files", ""),
    ("restart-renumbers", ""),
    ("send-fails", "[CODE=500]"),
    ("no-prompt", ""),
    ("prompt-stays", ""),
    ("refuse-delete", ""),
    ("lose-delete", ""),
];

impl FromStr for Fault {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        let mut number = None;
        let mut cure = Cure::Open;
        let mut word = None;
        for given in words {
            match (given, given.parse()) {
                (_, Ok(given)) => number = Some(given),
                ("open", _) => cure = Cure::Open,
                ("reset", _) => cure = Cure::Reset,
                ("restart", _) => cure = Cure::Restart,
                ("power", _) => cure = Cure::Power,
                (given, _) => word = Some(given.to_owned()),
            }
        }
        let code = |number: usize| u16::try_from(number).map_err(|_| "no such code".to_owned());
        Ok(match name {
            "hang-in-list" => Self::HangInList {
                after: number.unwrap_or(200),
                cure,
            },
            "silence" => Self::Silence(cure),
            "urc-memory" => Self::UrcMemory(word.unwrap_or_else(|| "MT".to_owned())),
            "urc-in-answer" => Self::UrcInAnswer,
            "split" => Self::Split(number.unwrap_or(7).max(1)),
            "echo-always" => Self::EchoAlways,
            "error-then-ok" => Self::ErrorThenOk,
            "extra-fields" => Self::ExtraFields,
            "empty-slot-error" => Self::EmptySlotError,
            "half-pdu" => Self::HalfPdu,
            "clock-1970" => Self::Clock1970,
            "not-registered" => Self::NotRegistered,
            "no-sim" => Self::NoSim,
            "puk" => Self::Puk,
            "no-sim-files" => Self::NoSimFiles,
            "restart-renumbers" => Self::RestartRenumbers,
            "send-fails" => Self::SendFails(code(number.unwrap_or(500))?),
            "no-prompt" => Self::NoPrompt,
            "prompt-stays" => Self::PromptStays,
            "refuse-delete" => Self::RefuseDelete,
            "lose-delete" => Self::LoseDelete,
            other => return Err(format!("no fault `{other}`")),
        })
    }
}

/// Those that are set.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub fn set(&mut self, fault: Fault) {
        self.0
            .retain(|set| std::mem::discriminant(set) != std::mem::discriminant(&fault));
        self.0.push(fault);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn has(&self, fault: &Fault) -> bool {
        self.0.contains(fault)
    }

    /// The first one that `pick` knows.
    pub fn find<T>(&self, pick: impl Fn(&Fault) -> Option<T>) -> Option<T> {
        self.0.iter().find_map(pick)
    }

    /// A fault that happens once: whether it is set; it is not any more.
    pub fn take(&mut self, fault: &Fault) -> bool {
        let set = self.has(fault);
        self.0.retain(|other| other != fault);
        set
    }

    /// Takes away what a stronger event than silence ends.
    pub fn cured_by(&mut self, event: Cure) {
        self.0
            .retain(|fault| !matches!(fault, Fault::Silence(cure) if *cure <= event));
    }

    pub fn is_silent(&self) -> bool {
        self.silence().is_some()
    }

    pub fn silence(&self) -> Option<Cure> {
        self.find(|fault| match fault {
            Fault::Silence(cure) => Some(*cure),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_fault() {
        for (name, _) in NAMES {
            assert!(Fault::from_str(name).is_ok(), "{name}");
        }
        assert_eq!(
            Fault::from_str("hang-in-list 64 power"),
            Ok(Fault::HangInList {
                after: 64,
                cure: Cure::Power
            })
        );
        assert!(Fault::from_str("nothing").is_err());
    }
}
