//! What lies in a modem's memories: the lines of `+CMGL`, `+CMGR`, `+CPMS` read, and their commands.

use std::fmt;

use zeroize::Zeroizing;

use super::at::{Fault, is_hex};
use super::dialogue::{Dialogue, DialogueError, Wire};

/// A memory of messages, 3GPP TS 27.005 clause 3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Memory {
    /// `SM`: the SIM.
    Sim = 1,
    /// `ME`: the modem.
    Modem = 2,
    /// `SR`: the reports of what was sent.
    Reports = 3,
}

impl Memory {
    /// By its name. `MT` is no memory of its own: it shows SIM and modem together.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "SM" => Some(Self::Sim),
            "ME" => Some(Self::Modem),
            "SR" => Some(Self::Reports),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sim => "SM",
            Self::Modem => "ME",
            Self::Reports => "SR",
        }
    }
}

/// How many messages a memory holds, and has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Use {
    pub used: u32,
    pub total: u32,
}

impl Use {
    /// Whether four fifths of it are taken.
    pub fn is_nearly_full(self) -> bool {
        self.total > 0 && self.used * 5 >= self.total * 4
    }
}

/// A message as a memory holds it.
#[derive(PartialEq, Eq)]
pub struct Stored {
    pub slot: u16,
    /// In hex, in upper case.
    pub pdu: Zeroizing<String>,
    /// Whether the PDU is as long as was said: one that is not may have lost octets on its way.
    pub is_whole: bool,
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Stored({}, ..)", self.slot)
    }
}

/// All that a memory holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub stored: Vec<Stored>,
    /// Slots that hold something that could not be read well.
    pub unclear: Vec<u16>,
}

/// The messages of a `+CMGL`. Lines that are none are passed over; a slot that is told of twice counts once.
pub fn listed(lines: &[Zeroizing<String>]) -> Listing {
    let mut listing = Listing::default();
    for (index, line) in lines.iter().enumerate() {
        let Some(fields) = line.strip_prefix("+CMGL:") else {
            continue;
        };
        let slot = fields
            .split(',')
            .next()
            .and_then(|slot| slot.trim().parse().ok());
        let Some(slot) = slot else {
            continue;
        };
        let known = listing.stored.iter().any(|stored| stored.slot == slot);
        match lines
            .get(index + 1)
            .and_then(|pdu| message(slot, fields, pdu))
        {
            Some(message) if !known => listing.stored.push(message),
            Some(_) => {}
            None => listing.unclear.push(slot),
        }
    }
    listing
}

/// The message of a `+CMGR`; `None` where the slot is empty.
pub fn read(slot: u16, lines: &[Zeroizing<String>]) -> Option<Stored> {
    lines.windows(2).find_map(|pair| {
        let fields = pair[0].strip_prefix("+CMGR:")?;
        message(slot, fields, &pair[1])
    })
}

/// The length stands last: some modems leave out the name between, and names may hold commas.
fn message(slot: u16, fields: &str, pdu: &str) -> Option<Stored> {
    if !is_hex(pdu) {
        return None;
    }
    let told: Option<usize> = fields.rsplit(',').next()?.trim().parse().ok();
    // It counts the octets behind the service centre's address.
    let centre = usize::from_str_radix(pdu.get(..2)?, 16).ok()? + 1;
    let has = (pdu.len() / 2).checked_sub(centre);
    Some(Stored {
        slot,
        pdu: Zeroizing::new(pdu.to_ascii_uppercase()),
        is_whole: pdu.len().is_multiple_of(2) && has.is_some() && has == told,
    })
}

/// The use of the memory that is read: `+CPMS: 3,10,...` as an answer, `+CPMS: "SM",3,10,...` as what is set.
pub fn used(lines: &[Zeroizing<String>]) -> Option<Use> {
    let fields = lines.iter().find_map(|line| line.strip_prefix("+CPMS:"))?;
    let mut numbers = fields
        .split(',')
        .map(str::trim)
        .skip_while(|field| field.starts_with('"'))
        .map(|field| field.parse().ok());
    Some(Use {
        used: numbers.next()??,
        total: numbers.next()??,
    })
}

/// The memories that can be read: the first list of `+CPMS: ("SM","ME"),(...),(...)`.
pub fn readable(lines: &[Zeroizing<String>]) -> Vec<Memory> {
    let fields = lines.iter().find_map(|line| line.strip_prefix("+CPMS:"));
    let first = fields.and_then(|fields| fields.split(')').next());
    let names = first.unwrap_or_default().split('"');
    names.filter_map(Memory::of).collect()
}

/// Makes a memory the one that is read.
pub async fn select<W: Wire>(
    dialogue: &mut Dialogue<W>,
    memory: Memory,
) -> Result<Use, DialogueError> {
    let answer = dialogue
        .ask(&format!("AT+CPMS=\"{}\"", memory.name()))
        .await?;
    Ok(used(&answer).unwrap_or_default())
}

/// All messages of the memory that is read. Where a modem cannot list, one bad slot may be why: each is read by itself.
pub async fn list<W: Wire>(
    dialogue: &mut Dialogue<W>,
    size: Use,
) -> Result<Listing, DialogueError> {
    let mut listing = match dialogue.ask("AT+CMGL=4").await {
        Ok(lines) => listed(&lines),
        // A memory without messages.
        Err(DialogueError::Refused(Fault::Cms(321))) => Listing::default(),
        Err(DialogueError::Refused(_)) if size.total > 0 => each(dialogue, size).await?,
        Err(error) => return Err(error),
    };
    for stored in &mut listing.stored {
        if !stored.is_whole
            && let Ok(Some(again)) = unless_away(read_slot(dialogue, stored.slot).await)?
        {
            // A modem that is wrong about lengths says the same PDU twice.
            let is_whole = again.is_whole || again.pdu == stored.pdu;
            *stored = Stored { is_whole, ..again };
        }
    }
    let cut = listing.stored.extract_if(.., |stored| !stored.is_whole);
    listing.unclear.extend(cut.map(|stored| stored.slot));
    Ok(listing)
}

async fn each<W: Wire>(dialogue: &mut Dialogue<W>, size: Use) -> Result<Listing, DialogueError> {
    let mut listing = Listing::default();
    // Some modems count from 0.
    for slot in 0..=u16::try_from(size.total)
        .unwrap_or(u16::MAX)
        .min(MOST_SLOTS)
    {
        match unless_away(read_slot(dialogue, slot).await)? {
            Ok(stored) => listing.stored.extend(stored),
            // Slots that are not there are refused, too; where nothing can be read this is no listing.
            Err(error) if slot >= REFUSED && listing.unclear.len() > usize::from(slot) - 1 => {
                return Err(error);
            }
            Err(_) => listing.unclear.push(slot),
        }
    }
    Ok(listing)
}

/// Takes a refusal for an answer.
fn unless_away<T>(
    answer: Result<T, DialogueError>,
) -> Result<Result<T, DialogueError>, DialogueError> {
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(error @ DialogueError::Refused(_)) => Ok(Err(error)),
        Err(error) => Err(error),
    }
}

/// So many slots that are refused from the first on are enough.
const REFUSED: u16 = 3;

/// Slots that are read one by one.
const MOST_SLOTS: u16 = 255;

/// What lies in a slot of the memory that is read.
pub async fn read_slot<W: Wire>(
    dialogue: &mut Dialogue<W>,
    slot: u16,
) -> Result<Option<Stored>, DialogueError> {
    match dialogue.ask(&format!("AT+CMGR={slot}")).await {
        Ok(lines) => Ok(read(slot, &lines)),
        Err(DialogueError::Refused(Fault::Cms(321))) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Frees a slot of the memory that is read.
pub async fn delete<W: Wire>(dialogue: &mut Dialogue<W>, slot: u16) -> Result<(), DialogueError> {
    match dialogue.ask(&format!("AT+CMGD={slot}")).await {
        Ok(_) | Err(DialogueError::Refused(Fault::Cms(321))) => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    const PDU: &str = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37";

    fn lines(lines: &[&str]) -> Vec<Zeroizing<String>> {
        let lines = lines.iter().map(|line| Zeroizing::new((*line).to_owned()));
        lines.collect()
    }

    #[test]
    fn a_list_is_read_whatever_names_stand_in_it() {
        for (header, slot, is_whole) in [
            ("+CMGL: 1,1,,28", 1, true),
            ("+CMGL:0,0,\"\",28", 0, true),
            ("+CMGL: 255,1,\"Ana, \"\"the\"\" one\",28", 255, true),
            ("+CMGL: 7,1,28", 7, true),
            ("+CMGL: 7,1,,27", 7, false),
            ("+CMGL: 7,1,,", 7, false),
            ("+CMGL: 7", 7, false),
        ] {
            let stored = listed(&lines(&[header, &PDU.to_lowercase()])).stored;
            assert_eq!(stored.len(), 1, "{header}");
            let pdu = Zeroizing::new(PDU.to_owned());
            assert_eq!(
                stored[0],
                Stored {
                    slot,
                    pdu,
                    is_whole
                },
                "{header}"
            );
        }
        for (none, unclear) in [
            (&["+CMGL: 1,1,,28"][..], &[1][..]),
            (&[PDU], &[]),
            (&["+CMGL: x,1,,28", PDU], &[]),
            (&["+CMGL: 70000,1,,28", PDU], &[]),
            (&["+CMGL: 1,1,,28", "not hex"], &[1]),
            (&["+CMGL: 2,1,,28", "+CMGL: 3,1,,28"], &[2, 3]),
        ] {
            let listing = listed(&lines(none));
            assert_eq!((listing.stored.len(), &listing.unclear[..]), (0, unclear));
        }
        let twice = lines(&["+CMGL: 1,1,,28", PDU, "+CMGL: 1,1,,28", PDU]);
        assert_eq!(listed(&twice).stored.len(), 1);
        // Half a PDU is not whole, and neither is half an octet.
        for cut in [3, PDU.len() - 2, PDU.len() - 1] {
            assert!(!listed(&lines(&["+CMGL: 1,1,,28", &PDU[..cut]])).stored[0].is_whole);
        }
    }

    #[test]
    fn a_slot_is_read_or_empty() {
        let stored = read(3, &lines(&["+CMGR: 1,,28", PDU])).expect("a message");
        assert!(stored.is_whole && stored.slot == 3);
        assert_eq!(read(3, &[]), None);
        assert_eq!(read(3, &lines(&["+CMGR: 0,,0"])), None);
    }

    #[test]
    fn the_use_of_a_memory_is_read() {
        for (line, expected) in [
            ("+CPMS: 3,10,3,10,3,10", Some((3, 10))),
            ("+CPMS: \"SM\",3,10,\"SM\",3,10,\"ME\",0,23", Some((3, 10))),
            ("+CPMS:40,50", Some((40, 50))),
            ("+CPMS: \"SM\"", None),
            ("OK", None),
        ] {
            let expected = expected.map(|(used, total)| Use { used, total });
            assert_eq!(used(&lines(&[line])), expected, "{line}");
        }
        let full = |used, total| Use { used, total }.is_nearly_full();
        assert!(full(8, 10) && full(20, 20) && !full(7, 10) && !full(0, 0));
        assert_eq!(
            readable(&lines(&[
                "+CPMS: (\"ME\",\"MT\",\"SM\",\"SR\"),(\"ME\",\"SM\"),(\"BM\")"
            ])),
            [Memory::Modem, Memory::Sim, Memory::Reports]
        );
        assert_eq!(readable(&lines(&["+CPMS: (0,1)"])), []);
    }

    #[tokio::test]
    async fn a_pdu_that_is_not_as_long_as_was_said_is_read_again() {
        let cut = &PDU[..40];
        let [whole, short] = [PDU, cut].map(|pdu| format!("+CMGR: 1,,28\r\n{pdu}\r\nOK\r\n"));
        let list = format!(
            "+CMGL: 1,1,,28\r\n{cut}\r\n+CMGL: 2,1,,28\r\n{cut}\r\n+CMGL: 3,1,,28\r\n{cut}00\r\nOK\r\n"
        );
        let script = Script::new(&[
            ("AT+CMGL=4", &list),
            ("AT+CMGR=1", &whole),
            ("AT+CMGR=2", &short),
            ("AT+CMGR=3", &short),
        ]);
        let size = Use { used: 3, total: 10 };
        let listing = run(script, async |mut dialogue| {
            list_of(&mut dialogue, size).await
        })
        .await;
        // The second is what the modem holds, whatever it says of its length; the third may be another each time.
        assert_eq!((listing.stored.len(), listing.unclear), (2, vec![3]));
        assert_eq!(listing.stored[0].pdu.as_str(), PDU);
    }

    #[tokio::test]
    async fn where_there_is_no_list_each_slot_is_read() {
        let message = format!("+CMGR: 1,,28\r\n{PDU}\r\nOK\r\n");
        let refused = "+CMS ERROR: 500\r\n";
        let step = ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n");
        let empty = "+CMS ERROR: 321\r\n";
        let size = Use { used: 2, total: 2 };
        let script = Script::new(&[
            ("AT+CMGL=4", refused),
            step,
            ("AT+CMGR=0", empty),
            step,
            ("AT+CMGR=1", refused),
            step,
            ("AT+CMGR=2", &message),
        ]);
        let listing = run(script, async |mut dialogue| {
            list_of(&mut dialogue, size).await
        })
        .await;
        assert_eq!((listing.stored.len(), listing.unclear), (1, vec![1]));
    }

    async fn list_of<W: Wire>(dialogue: &mut Dialogue<W>, size: Use) -> Listing {
        list(dialogue, size).await.expect("a listing")
    }
}
