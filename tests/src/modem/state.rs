//! What a modem remembers, and what happens to it: power, plug, faults.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::fault::{Cure, Fault, Faults};
use super::line::Prompt;
use super::memory::{Memory, Stored};
use super::messages::Which;
use super::network::Network;
use super::vendor::{Profile, Vendor};

/// What a modem is when it leaves the shop.
#[derive(Clone, Debug)]
pub struct Options {
    pub vendor: Vendor,
    /// Of the SIM, and of the modem's own memory.
    pub slots: usize,
    pub pin: Option<String>,
    pub puk: String,
    /// Bits a second on the line; `None` is as fast as it goes.
    pub baud: Option<u32>,
    /// The service centre's number.
    pub smsc: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            vendor: Vendor::Simcom,
            slots: 20,
            pin: None,
            puk: "12345678".to_owned(),
            baud: None,
            smsc: "+12135550199".to_owned(),
        }
    }
}

/// What comes out of a modem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// In one write.
    Bytes(Vec<u8>),
    /// The port goes away.
    HangUp,
    /// The port goes away and comes back under another number.
    Renumber,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    Open,
    Pin { tries: u8 },
    Puk { tries: u8 },
}

/// What AT&F and a boot set back.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub echo: bool,
    pub verbose: bool,
    pub quiet: bool,
    pub cmee: usize,
    /// 0 is PDU mode, 1 text mode.
    pub cmgf: usize,
    pub csms: usize,
    pub csdh: usize,
    pub cscs: String,
    pub cnmi: [usize; 5],
    /// For reading and deleting, for writing and sending, for receiving.
    pub memories: [String; 3],
    /// Of CREG, CGREG, CEREG.
    pub registration: [usize; 3],
    pub cops_format: usize,
    pub functionality: usize,
    /// Of commands that are remembered and have no effect here.
    pub other: BTreeMap<String, String>,
}

impl Settings {
    fn new(profile: &Profile) -> Self {
        Self {
            echo: true,
            verbose: true,
            quiet: false,
            cmee: 0,
            cmgf: 0,
            csms: 0,
            csdh: 0,
            cscs: "IRA".to_owned(),
            cnmi: profile.cnmi,
            memories: [(); 3].map(|()| profile.memory.to_owned()),
            registration: [0; 3],
            cops_format: 0,
            functionality: 1,
            other: BTreeMap::new(),
        }
    }
}

/// A modem, its SIM and its network.
pub struct Modem {
    pub(super) options: Options,
    pub(super) profile: &'static Profile,
    pub(super) settings: Settings,
    pub(super) lock: Lock,
    pub(super) sim: Memory,
    pub(super) phone: Memory,
    pub(super) reports: Memory,
    pub(super) network: Network,
    pub(super) faults: Faults,
    pub(super) line: Vec<u8>,
    pub(super) prompt: Option<Prompt>,
    pub(super) echoed: Vec<u8>,
    /// Notifications that wait for the end of a prompt or for a mode that lets them out.
    pub(super) held: Vec<String>,
    /// The one that is to come in the middle of an answer.
    pub(super) interrupting: Option<String>,
    pub(super) restarts: bool,
    pub(super) out: VecDeque<Output>,
}

impl Modem {
    /// A modem that has booted.
    pub fn new(options: Options) -> Self {
        let profile = options.vendor.profile();
        let mut modem = Self {
            profile,
            settings: Settings::new(profile),
            lock: Lock::Open,
            sim: Memory::new(options.slots),
            phone: Memory::new(options.slots),
            reports: Memory::new(options.slots),
            network: Network::default(),
            faults: Faults::default(),
            line: Vec::new(),
            prompt: None,
            echoed: Vec::new(),
            held: Vec::new(),
            interrupting: None,
            restarts: false,
            out: VecDeque::new(),
            options,
        };
        modem.boot();
        modem.out.clear();
        modem
    }

    /// What came out since it was last asked.
    pub fn output(&mut self) -> Vec<Output> {
        self.out.drain(..).collect()
    }

    /// The same, as text.
    pub fn said(&mut self) -> String {
        let bytes = self.output().into_iter().flat_map(|output| match output {
            Output::Bytes(bytes) => bytes,
            Output::HangUp | Output::Renumber => Vec::new(),
        });
        String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
    }

    /// A client opens the port.
    pub fn opened(&mut self) {
        self.faults.cured_by(Cure::Open);
    }

    /// The last client closes it: DTR falls, and the modem is in command mode again.
    pub fn closed(&mut self) {
        if !self.faults.has(&Fault::PromptStays) {
            self.line.clear();
            self.prompt = None;
        }
        self.echoed.clear();
        self.out.clear();
        self.network.give_back();
    }

    /// The power goes and comes back. What is stored stays.
    pub fn power_cycle(&mut self) {
        self.faults.cured_by(Cure::Power);
        self.line.clear();
        self.prompt = None;
        self.out.clear();
        self.boot();
    }

    /// `AT+CFUN=1,1`.
    pub(super) fn restart(&mut self) {
        self.faults.cured_by(Cure::Restart);
        if self.faults.has(&Fault::RestartRenumbers) {
            self.out.push_back(Output::Renumber);
            return;
        }
        self.boot();
    }

    fn boot(&mut self) {
        self.settings = Settings::new(self.profile);
        self.held.clear();
        self.interrupting = None;
        self.network.give_back();
        if !matches!(self.lock, Lock::Puk { .. }) && self.options.pin.is_some() {
            self.lock = Lock::Pin { tries: 3 };
        }
        for urc in self.profile.boot {
            self.unsolicited(urc);
        }
        self.pass_on();
    }

    /// AT&F, ATZ.
    pub(super) fn default_settings(&mut self) {
        let functionality = self.settings.functionality;
        self.settings = Settings::new(self.profile);
        self.settings.functionality = functionality;
    }

    /// Lets something go wrong.
    pub fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Puk => self.lock = Lock::Puk { tries: 10 },
            fault => self.faults.set(fault),
        }
        self.registration_changed();
    }

    /// Nothing goes wrong any more.
    pub fn mend(&mut self) {
        self.faults.clear();
        if let Lock::Puk { .. } = self.lock {
            self.lock = Lock::Open;
        }
        self.registration_changed();
        self.pass_on();
    }

    /// Whether it answers nothing.
    pub fn is_silent(&self) -> bool {
        self.faults.is_silent()
    }

    /// What lies in a memory (`SM`, `ME`, `MT`, `SR`), by number.
    pub fn stored(&self, memory: &str) -> Vec<(usize, Stored)> {
        let all = self.numbered(memory).into_iter();
        all.filter_map(|(number, which, n)| Some((number, self.memory(which).get(n)?.clone())))
            .collect()
    }

    /// The record of EF SMS behind a slot of the SIM, counted from 1, as whoever reads the SIM's files finds it: also what lies
    /// beneath a free slot.
    pub fn record(&self, number: usize) -> Option<Vec<u8>> {
        self.sim.record(number.checked_sub(1)?)
    }

    /// Puts a message into a memory, past the network; its number.
    pub fn store(&mut self, memory: &str, stored: Stored) -> Option<usize> {
        self.store_in(memory, stored)
    }

    /// Fills the free slots of a memory with what is not ours to answer: a WAP push, an alphanumeric sender, 8-bit data.
    pub fn fill(&mut self, memory: &str) -> usize {
        let foreign = [
            crate::sms::deliver_data("+12135550142", b"\x01\x06\x04\x03\xae\x81\xea\x8d\xca"),
            // "Carrier" says: "Your balance is low."
            "07912131550591F9040ED0C3B05C9E2ECB01000862114221430000280059006F00750072002000620061006C0061006E006300650020\
             006900730020006C006F0077002E"
                .to_owned(),
            crate::sms::deliver("711711", "Your code is 123456")[0].clone(),
        ];
        let pdus = foreign.iter().filter_map(|hex| super::pdu::octets(hex));
        let mut filled = 0;
        for pdu in pdus.collect::<Vec<_>>().into_iter().cycle() {
            let status = super::memory::Status::Read;
            if self.store_in(memory, Stored { status, pdu }).is_none() {
                break;
            }
            filled += 1;
        }
        filled
    }

    pub(super) fn memory(&self, which: Which) -> &Memory {
        match which {
            Which::Sim => &self.sim,
            Which::Phone => &self.phone,
            Which::Reports => &self.reports,
        }
    }

    pub(super) fn memory_mut(&mut self, which: Which) -> &mut Memory {
        match which {
            Which::Sim => &mut self.sim,
            Which::Phone => &mut self.phone,
            Which::Reports => &mut self.reports,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        if self.faults.has(&Fault::Clock1970) {
            return Timestamp::UNIX_EPOCH;
        }
        Timestamp::now()
    }
}
