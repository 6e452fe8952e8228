//! What an AT port says, as notices and answers: bytes in, [`Said`] out. No I/O; never a panic; memory bounded.
//!
//! A line is an echo, a notice (an unsolicited result code, 3GPP TS 27.005 and 27.007), a line of the answer that is waited for,
//! or its end. Notices come at any time, also inside an answer; those of a message have its PDU in their next line. A line that
//! is none of these, such as an `OK` for which nobody waits, is dropped. Lines may hold numbers and texts: nothing of them prints.

use std::collections::VecDeque;
use std::fmt;

use zeroize::Zeroizing;

use super::storage::Memory;

/// Octets of a line; a PDU has at most 352 digits, and modems pad.
const MAX_LINE: usize = 2048;

/// Octets of an answer: the list of a full memory of 255 messages is half of it.
const MAX_ANSWER: usize = 256 * 1024;

/// Notices that nobody has taken yet.
const MAX_SAID: usize = 1024;

/// What came from the port.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// It came by itself.
    Notice(Notice),
    /// The command that was expected has its answer.
    Answer(Answer),
    /// The modem waits for a PDU.
    Prompt,
}

/// What a modem says by itself.
#[derive(Clone, PartialEq, Eq)]
pub enum Notice {
    /// A message, or the report of one that was sent, came to lie in a memory.
    Stored(Option<Memory>),
    /// A message came and lies nowhere: this PDU is all there is of it.
    Message(Zeroizing<String>),
    /// The report of one that was sent came, and lies nowhere.
    Report,
    /// The modem began anew, and has forgotten what it was told.
    Restarted,
}

/// A command's answer.
#[derive(PartialEq, Eq)]
pub struct Answer {
    /// Its lines, without the last.
    pub lines: Vec<Zeroizing<String>>,
    /// Its last line: how it ended.
    pub end: Result<(), Fault>,
}

/// How a modem says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// `ERROR` and its like.
    #[error("ERROR")]
    Plain,
    /// `+CME ERROR`, 3GPP TS 27.007 clause 9.2.
    #[error("+CME ERROR: {0}")]
    Cme(u16),
    /// `+CMS ERROR`, 3GPP TS 27.005 clause 3.2.5.
    #[error("+CMS ERROR: {0}")]
    Cms(u16),
}

/// The state between two reads of a port.
#[derive(Default)]
pub struct Demux {
    line: Zeroizing<Vec<u8>>,
    /// The line is too long to be one.
    overrun: bool,
    pending: Option<Pending>,
    /// The command that was given up last, if its answer has a line of its name: that may still come.
    given_up: Option<String>,
    /// A line of that answer came, so the next end is its, and nobody waits for it.
    is_late: bool,
    /// The next line of digits belongs to a notice.
    notice: Option<WithPdu>,
    said: VecDeque<Said>,
}

/// The notices that have a PDU in their next line.
#[derive(Clone, Copy)]
enum WithPdu {
    Message,
    Report,
    Broadcast,
}

/// A command whose answer is waited for.
struct Pending {
    name: String,
    with_pdus: bool,
    /// Its answer has a line that begins with its name, else the answer is another's.
    insists: bool,
    prompts: bool,
    lines: Vec<Zeroizing<String>>,
    octets: usize,
    /// There were more lines than are kept.
    is_cut: bool,
}

impl Demux {
    /// From now on an answer is of this command. `insists`: one without a line of its name is an earlier command's.
    pub fn expect(&mut self, command: &str, insists: bool) {
        let name = command.get(2..).unwrap_or_default();
        let name = name.split(['=', '?', ';']).next().unwrap_or_default();
        self.pending = Some(Pending {
            with_pdus: ["+CMGL", "+CMGR"].contains(&name),
            prompts: name == "+CMGS",
            name: name.to_owned(),
            insists,
            lines: Vec::new(),
            octets: 0,
            is_cut: false,
        });
    }

    /// Nobody waits any more. An answer that insists is known by its name when it comes late, and is no other command's.
    pub fn give_up(&mut self) {
        if let Some(pending) = self.pending.take() {
            self.given_up = pending.insists.then_some(pending.name);
            self.is_late = false;
        }
    }

    /// Takes what was read.
    pub fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\r' | b'\n' => self.end_line(),
                b'>' if self.line.is_empty() && !self.overrun && self.awaits_prompt() => {
                    if let Some(pending) = &mut self.pending {
                        pending.prompts = false;
                    }
                    self.say(Said::Prompt);
                }
                // What a starting modem, or an echoed Ctrl-Z, leaves between lines.
                0..0x20 | 0x7f => {}
                b' ' if self.line.is_empty() => {}
                _ if self.line.len() < MAX_LINE => self.line.push(*byte),
                _ => self.overrun = true,
            }
        }
    }

    /// What came first and was not taken yet.
    pub fn pop(&mut self) -> Option<Said> {
        self.said.pop_front()
    }

    fn awaits_prompt(&self) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.prompts)
    }

    fn say(&mut self, said: Said) {
        if self.said.len() < MAX_SAID {
            self.said.push_back(said);
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.overrun) || line.is_empty() {
            return;
        }
        let line = Zeroizing::new(String::from_utf8_lossy(&line).trim_end().to_owned());
        self.take(line);
    }

    fn take(&mut self, line: Zeroizing<String>) {
        if let Some(kind) = self.notice
            && is_hex(&line)
        {
            self.notice = None;
            match kind {
                WithPdu::Message => self.say(Said::Notice(Notice::Message(line))),
                WithPdu::Report => self.say(Said::Notice(Notice::Report)),
                WithPdu::Broadcast => {}
            }
            return;
        }
        if let Some(pending) = &mut self.pending
            && pending.owns(&line)
        {
            pending.keep(line);
            return;
        }
        if let Some(name) = &self.given_up
            && is_of(name, &line)
        {
            self.is_late = true;
            return;
        }
        if let Some(end) = end(&line) {
            if std::mem::take(&mut self.is_late) {
                self.given_up = None;
                return;
            }
            if let Some(pending) = self.pending.take() {
                if end.is_ok() && pending.insists && pending.lines.is_empty() {
                    self.pending = Some(pending);
                } else {
                    // Half an answer is none.
                    let end = match pending.is_cut {
                        true => end.and(Err(Fault::Plain)),
                        false => end,
                    };
                    let lines = pending.lines;
                    self.say(Said::Answer(Answer { lines, end }));
                }
            }
            return;
        }
        if self.take_notice(&line) {
            return;
        }
        if let Some(pending) = &mut self.pending
            && pending.is_unnamed()
            && !line.to_ascii_uppercase().starts_with("AT")
            && !line.starts_with(['+', '^', '*', '$', '%', '#', '!'])
        {
            pending.keep(line);
        }
    }

    /// Whether the line is a notice.
    fn take_notice(&mut self, line: &str) -> bool {
        let after = |name: &str| line.strip_prefix(name).map(str::trim_start);
        if let Some(rest) = after("+CMTI:").or(after("+CDSI:")) {
            let memory = rest.split('"').nth(1).and_then(Memory::of);
            self.say(Said::Notice(Notice::Stored(memory)));
        } else if after("+CMT:").is_some() {
            self.notice = Some(WithPdu::Message);
        } else if after("+CDS:").is_some() {
            self.notice = Some(WithPdu::Report);
        } else if after("+CBM:").is_some() {
            self.notice = Some(WithPdu::Broadcast);
        } else if RESTARTED.contains(&line) {
            self.say(Said::Notice(Notice::Restarted));
        } else {
            return OTHERS.contains(&line);
        }
        true
    }
}

/// What a modem says when it has begun anew.
const RESTARTED: [&str; 5] = ["RDY", "SYSSTART", "^SYSSTART", "*ATREADY: 1", "START"];

/// What it says that means nothing here.
const OTHERS: [&str; 9] = [
    "RING",
    "SMS DONE",
    "SMS READY",
    "SMS Ready",
    "PB DONE",
    "Call Ready",
    "NORMAL POWER DOWN",
    "POWERED DOWN",
    "UNDER-VOLTAGE WARNNING",
];

impl Pending {
    /// Whether a line is surely of this answer.
    fn owns(&self, line: &str) -> bool {
        let named = is_of(&self.name, line);
        // A PDU follows the line that tells of it; more than one is a number, or noise.
        let follows = self.with_pdus
            && is_hex(line)
            && self
                .lines
                .last()
                .is_some_and(|last| last.starts_with(self.name.as_str()));
        named || follows
    }

    /// Whether its answer comes without its name: what a modem says of itself and its SIM.
    fn is_unnamed(&self) -> bool {
        matches!(
            self.name.as_str(),
            "I" | "+CGMI" | "+CGMM" | "+CGMR" | "+CIMI" | "+GMM" | "+GMI"
        )
    }

    fn keep(&mut self, line: Zeroizing<String>) {
        if self.octets + line.len() <= MAX_ANSWER {
            self.octets += line.len();
            self.lines.push(line);
        } else {
            self.is_cut = true;
        }
    }
}

/// Whether a line bears a command's name.
fn is_of(name: &str, line: &str) -> bool {
    let rest = line.strip_prefix(name).unwrap_or_default();
    !name.is_empty() && rest.starts_with(':')
}

/// How an answer ends, if the line ends one.
fn end(line: &str) -> Option<Result<(), Fault>> {
    let code = |rest: &str| rest.trim().parse().ok();
    if let Some(rest) = line.strip_prefix("+CME ERROR:") {
        return Some(Err(code(rest).map_or(Fault::Plain, Fault::Cme)));
    }
    if let Some(rest) = line.strip_prefix("+CMS ERROR:") {
        return Some(Err(code(rest).map_or(Fault::Plain, Fault::Cms)));
    }
    match line {
        "OK" => Some(Ok(())),
        "ERROR" | "COMMAND NOT SUPPORT" | "TOO MANY PARAMETERS" | "NO CARRIER" => {
            Some(Err(Fault::Plain))
        }
        _ => None,
    }
}

/// Whether a line may be a PDU.
pub fn is_hex(line: &str) -> bool {
    line.len() >= 2 && line.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Debug for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stored(memory) => write!(f, "Stored({memory:?})"),
            Self::Message(_) => f.write_str("Message(..)"),
            Self::Report => f.write_str("Report"),
            Self::Restarted => f.write_str("Restarted"),
        }
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} lines, {:?})", self.lines.len(), self.end)
    }
}

#[cfg(test)]
mod tests;
