//! The line: bytes become commands, answers become bytes, and notifications come between them.

use super::at::{self, Command, Form};
use super::fault::{Cure, Fault};
use super::state::{Modem, Output};
use super::{general, messages};

/// Lines of information before `OK`, or what comes instead of it.
pub(super) type Answer = Result<Vec<String>, Fail>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fail {
    Error,
    /// `+CME ERROR`, of the modem.
    Cme(u16),
    /// `+CMS ERROR`, of its messages.
    Cms(u16),
}

/// What is written after `> `.
#[derive(Clone, Debug)]
pub(super) struct Prompt {
    pub is_sent: bool,
    /// The length of the TPDU, in PDU mode.
    pub length: Option<usize>,
    /// The addressee, in text mode.
    pub number: String,
    pub text: Vec<u8>,
}

const CTRL_Z: u8 = 0x1A;
const ESCAPE: u8 = 0x1B;

/// No line is longer; what comes beyond is dropped.
const LONGEST: usize = 4096;

impl Modem {
    /// What a client wrote.
    pub fn receive(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
        self.flush_echo();
    }

    fn byte(&mut self, byte: u8) {
        if !self.faults.is_silent() && (self.settings.echo || self.faults.has(&Fault::EchoAlways)) {
            self.echoed.push(byte);
        }
        if let Some(prompt) = &mut self.prompt {
            match byte {
                CTRL_Z => self.finish_prompt(),
                ESCAPE => {
                    self.prompt = None;
                    self.answer(&[], None);
                }
                _ if prompt.text.len() < LONGEST => prompt.text.push(byte),
                _ => {}
            }
            return;
        }
        match byte {
            b'\r' => {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line).into_owned();
                self.run(&line);
            }
            b'\n' | ESCAPE | CTRL_Z => {}
            0x08 => {
                self.line.pop();
            }
            _ if self.line.len() < LONGEST => self.line.push(byte),
            _ => {}
        }
    }

    fn run(&mut self, line: &str) {
        // What stands before AT was noise on the line.
        let upper = line.to_ascii_uppercase();
        let commands = upper
            .find("AT")
            .and_then(|start| at::commands(&line[start..]));
        let Some(commands) = commands else { return };
        if let Some(silence) = self.faults.silence() {
            match commands.iter().filter_map(general::cure).max() {
                Some(Cure::Restart) if silence <= Cure::Restart => self.restart(),
                Some(cure) => self.faults.cured_by(cure),
                None => {}
            }
            return;
        }
        if self.faults.take(&Fault::ErrorThenOk) {
            self.flush_echo();
            self.send(b"\r\nERROR\r\n\r\nOK\r\n".to_vec());
            return;
        }
        let mut lines = Vec::new();
        let mut fail = None;
        for command in &commands {
            match self.command(command) {
                Ok(more) => lines.extend(more),
                Err(reason) => {
                    fail = Some(reason);
                    break;
                }
            }
            if self.prompt.is_some() {
                self.flush_echo();
                if !self.faults.has(&Fault::NoPrompt) {
                    self.send(b"\r\n> ".to_vec());
                }
                return;
            }
        }
        self.answer(&lines, fail);
        if std::mem::take(&mut self.restarts) {
            self.restart();
        }
        self.after_command();
    }

    fn command(&mut self, command: &Command) -> Answer {
        if let Some(answer) = messages::answer(self, command) {
            return answer;
        }
        general::answer(self, command)
    }

    fn finish_prompt(&mut self) {
        if let Some(prompt) = self.prompt.take() {
            match messages::finish(self, &prompt) {
                Ok(lines) => self.answer(&lines, None),
                Err(fail) => self.answer(&[], Some(fail)),
            }
            self.after_command();
        }
    }

    /// What a command made possible: messages that found no slot, notifications that had to wait.
    fn after_command(&mut self) {
        self.pass_on();
        self.flush_held();
    }

    fn answer(&mut self, lines: &[String], fail: Option<Fail>) {
        self.flush_echo();
        if self.faults.is_silent() {
            return;
        }
        let mut text = String::new();
        if !lines.is_empty() {
            let begin = if self.settings.verbose { "\r\n" } else { "" };
            text = format!("{begin}{}\r\n", lines.join("\r\n"));
        }
        if !self.settings.quiet {
            text += &self.result(fail);
        }
        self.send_answer(text.into_bytes());
    }

    fn result(&self, fail: Option<Fail>) -> String {
        let (word, number) = match fail {
            None => ("OK".to_owned(), "0"),
            Some(Fail::Cme(code)) if self.settings.cmee == 1 => (format!("+CME ERROR: {code}"), ""),
            Some(Fail::Cme(code)) if self.settings.cmee == 2 => {
                (format!("+CME ERROR: {}", general::words(code)), "")
            }
            Some(Fail::Cms(code)) if self.settings.cmee == 2 => {
                (format!("+CMS ERROR: {}", messages::words(code)), "")
            }
            Some(Fail::Cms(code)) => (format!("+CMS ERROR: {code}"), ""),
            Some(_) => ("ERROR".to_owned(), "4"),
        };
        match (self.settings.verbose, number) {
            (true, _) | (false, "") => format!("\r\n{word}\r\n"),
            (false, number) => format!("{number}\r"),
        }
    }

    /// An answer, as the faults leave it.
    fn send_answer(&mut self, mut bytes: Vec<u8>) {
        let list = find(&bytes, b"+CMGL:");
        let pdu = list.or_else(|| find(&bytes, b"+CMGR:"));
        let hang = self.faults.find(|fault| match fault {
            Fault::HangInList { after, cure } => Some((*after, *cure)),
            _ => None,
        });
        if let (Some(_), Some((after, cure))) = (list, hang) {
            self.faults.take(&Fault::HangInList { after, cure });
            bytes.truncate(after);
            self.send(bytes);
            self.faults.set(Fault::Silence(cure));
            return;
        }
        if let Some(header) = pdu
            && self.faults.take(&Fault::HalfPdu)
        {
            let begin = header + find(&bytes[header..], b"\r\n").unwrap_or(0) + 2;
            let length = find(&bytes[begin..], b"\r\n").unwrap_or(0);
            bytes.truncate(begin + length / 2);
            self.send(bytes);
            self.out.push_back(Output::HangUp);
            return;
        }
        if let Some(urc) = self.interrupting.take() {
            // After the first line, or before the result.
            let first = find(&bytes[2.min(bytes.len())..], b"\r\n").map_or(0, |n| n + 4);
            let place = if first < bytes.len() { first } else { 0 };
            let rest = bytes.split_off(place);
            let urc = format!("\r\n{urc}\r\n").into_bytes();
            let (begin, end) = urc.split_at(urc.len() / 2);
            self.send([&bytes, begin].concat());
            self.send([end, &rest].concat());
            return;
        }
        self.send(bytes);
    }

    /// A line that nobody asked for.
    pub(super) fn unsolicited(&mut self, line: &str) {
        self.send(format!("\r\n{line}\r\n").into_bytes());
    }

    /// Notifications, which may have to wait.
    pub(super) fn notify(&mut self, lines: Vec<String>) {
        self.held.extend(lines);
        self.flush_held();
    }

    /// All that waits, in one write.
    pub(super) fn flush_held(&mut self) {
        if self.held.is_empty() || self.prompt.is_some() || self.settings.cnmi[0] == 0 {
            return;
        }
        let mut held = std::mem::take(&mut self.held);
        if self.faults.take(&Fault::UrcInAnswer) {
            self.interrupting = Some(held.remove(0));
        }
        if !held.is_empty() {
            held.extend(self.profile.noise.map(str::to_owned));
        }
        let text: String = held.iter().map(|urc| format!("\r\n{urc}\r\n")).collect();
        self.send(text.into_bytes());
    }

    fn flush_echo(&mut self) {
        let echoed = std::mem::take(&mut self.echoed);
        self.send(echoed);
    }

    fn send(&mut self, bytes: Vec<u8>) {
        if bytes.is_empty() || self.faults.is_silent() {
            return;
        }
        let split = self.faults.find(|fault| match fault {
            Fault::Split(size) => Some(*size),
            _ => None,
        });
        match split {
            Some(size) => {
                let parts = bytes.chunks(size).map(|part| Output::Bytes(part.to_vec()));
                self.out.extend(parts);
            }
            None => self.out.push_back(Output::Bytes(bytes)),
        }
    }
}

/// An answer of nothing but `OK`.
pub(super) fn done() -> Answer {
    Ok(Vec::new())
}

/// An answer of one line.
pub(super) fn says(line: impl Into<String>) -> Answer {
    Ok(vec![line.into()])
}

/// A command that has only one thing to say, in any form.
pub(super) fn is_run(form: &Form) -> bool {
    matches!(form, Form::Run(_))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
