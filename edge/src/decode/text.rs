//! The text of a short message as its parts carried it, so that what was cut between two parts joins again.

use std::fmt;

use super::gsm7;

/// Runs of septets or UTF-16 units. A surrogate pair, or an escape and its septet, may lie on both sides of a seam:
/// parts are joined here and read as characters afterwards. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text {
    runs: Vec<Run>,
}

#[derive(Clone, PartialEq, Eq)]
enum Run {
    /// GSM septets and the languages of their locking and single shift tables.
    Septets {
        septets: Vec<u8>,
        locking: u8,
        single: u8,
    },
    Utf16(Vec<u16>),
}

impl Text {
    pub(super) fn of_septets(septets: Vec<u8>, locking: u8, single: u8) -> Self {
        Self {
            runs: vec![Run::Septets {
                septets,
                locking,
                single,
            }],
        }
    }

    /// UCS-2 octets, big-endian; half a unit at the end is dropped.
    pub(super) fn of_ucs2(octets: &[u8]) -> Self {
        let units = octets
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        Self {
            runs: vec![Run::Utf16(units)],
        }
    }

    /// Half a surrogate pair is read as U+FFFD.
    pub fn read(&self) -> String {
        let read = |run: &Run| match run {
            Run::Septets {
                septets,
                locking,
                single,
            } => gsm7::read(septets, *locking, *single),
            Run::Utf16(units) => String::from_utf16_lossy(units),
        };
        self.runs.iter().map(read).collect()
    }

    /// Appends the text of the next part.
    pub(super) fn join(&mut self, next: Text) {
        for run in next.runs {
            match (self.runs.last_mut(), run) {
                (Some(Run::Utf16(units)), Run::Utf16(more)) => units.extend(more),
                (
                    Some(Run::Septets {
                        septets,
                        locking,
                        single,
                    }),
                    Run::Septets {
                        septets: more,
                        locking: l,
                        single: s,
                    },
                ) if (*locking, *single) == (l, s) => {
                    septets.extend(more);
                }
                (_, run) => self.runs.push(run),
            }
        }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} runs, hidden)", self.runs.len())
    }
}
