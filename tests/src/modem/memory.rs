//! A message memory: numbered slots.

/// What a slot holds, with its `<stat>` of 27.005.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub status: Status,
    /// With its SMSC.
    pub pdu: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Unread,
    Read,
    Unsent,
    Sent,
}

impl Status {
    pub(super) fn number(self) -> usize {
        match self {
            Self::Unread => 0,
            Self::Read => 1,
            Self::Unsent => 2,
            Self::Sent => 3,
        }
    }

    /// The first octet of its record on a SIM.
    fn on_sim(self) -> u8 {
        match self {
            Self::Read => 0x01,
            Self::Unread => 0x03,
            Self::Sent => 0x05,
            Self::Unsent => 0x07,
        }
    }

    fn from_sim(octet: u8) -> Option<Self> {
        let all = [Self::Read, Self::Unread, Self::Sent, Self::Unsent];
        all.into_iter()
            .find(|status| status.on_sim() == octet & 0x07)
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Unread => "REC UNREAD",
            Self::Read => "REC READ",
            Self::Unsent => "STO UNSENT",
            Self::Sent => "STO SENT",
        }
    }
}

/// Octets of a SIM's record of EF SMS (31.102, 4.2.25): a status, the PDU with its SMSC, and 0xFF.
pub const RECORD: usize = 176;

/// Slots of one memory.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    slots: Vec<Option<Stored>>,
    /// What lies beneath a free slot: deleting only marks it free.
    beneath: Vec<Vec<u8>>,
}

impl Memory {
    pub fn new(slots: usize) -> Self {
        Self {
            slots: vec![None; slots],
            beneath: vec![vec![0xFF; RECORD - 1]; slots],
        }
    }

    pub fn total(&self) -> usize {
        self.slots.len()
    }

    pub fn used(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// Into the first free slot, which it returns; `None` if there is none.
    pub fn store(&mut self, stored: Stored) -> Option<usize> {
        let n = self.slots.iter().position(Option::is_none)?;
        self.slots[n] = Some(stored);
        Some(n)
    }

    pub fn get(&self, n: usize) -> Option<&Stored> {
        self.slots.get(n)?.as_ref()
    }

    pub fn set_status(&mut self, n: usize, status: Status) {
        if let Some(Some(stored)) = self.slots.get_mut(n) {
            stored.status = status;
        }
    }

    /// Frees a slot; whether it held something.
    pub fn remove(&mut self, n: usize) -> bool {
        let stored = self.slots.get_mut(n).and_then(Option::take);
        if let Some(stored) = &stored {
            self.beneath[n] = padded(&stored.pdu);
        }
        stored.is_some()
    }

    /// A slot as the SIM's record; `None` if there is no such slot.
    pub fn record(&self, n: usize) -> Option<Vec<u8>> {
        let (status, pdu) = match self.slots.get(n)? {
            None => (0x00, self.beneath[n].clone()),
            Some(stored) => (stored.status.on_sim(), padded(&stored.pdu)),
        };
        Some([&[status], &pdu[..]].concat())
    }

    /// Writes a record over a slot; whether there is such a slot.
    pub fn overwrite(&mut self, n: usize, record: &[u8]) -> bool {
        let Some(slot) = self.slots.get_mut(n) else {
            return false;
        };
        let (status, pdu) = record.split_first().unwrap_or((&0, &[]));
        self.beneath[n] = padded(pdu);
        let filling = pdu.iter().rev().take_while(|octet| **octet == 0xFF).count();
        *slot = Status::from_sim(*status).map(|status| Stored {
            status,
            pdu: pdu[..pdu.len() - filling].to_vec(),
        });
        true
    }

    pub fn all(&self) -> impl Iterator<Item = (usize, &Stored)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(n, slot)| Some((n, slot.as_ref()?)))
    }

    pub fn remove_if(&mut self, goes: impl Fn(Status) -> bool) {
        for n in 0..self.slots.len() {
            if self.get(n).is_some_and(|stored| goes(stored.status)) {
                self.remove(n);
            }
        }
    }
}

fn padded(pdu: &[u8]) -> Vec<u8> {
    let mut padded = pdu.to_vec();
    padded.resize(RECORD - 1, 0xFF);
    padded
}
