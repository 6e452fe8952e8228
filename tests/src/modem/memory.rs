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

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Unread => "REC UNREAD",
            Self::Read => "REC READ",
            Self::Unsent => "STO UNSENT",
            Self::Sent => "STO SENT",
        }
    }
}

/// Slots of one memory.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    slots: Vec<Option<Stored>>,
}

impl Memory {
    pub fn new(slots: usize) -> Self {
        Self {
            slots: vec![None; slots],
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

    pub fn slot(&mut self, n: usize) -> Option<&mut Option<Stored>> {
        self.slots.get_mut(n)
    }

    pub fn all(&self) -> impl Iterator<Item = (usize, &Stored)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(n, slot)| Some((n, slot.as_ref()?)))
    }

    pub fn remove_if(&mut self, remove: impl Fn(Status) -> bool) {
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|stored| remove(stored.status)) {
                *slot = None;
            }
        }
    }
}
