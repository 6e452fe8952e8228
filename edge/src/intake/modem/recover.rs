//! What is done when a modem does not answer: ever stronger help, with ever longer pauses. No I/O.
//!
//! A silent modem is reset (`ATZ`), restarted (`AT+CFUN=1,1`), left to itself for the length of a pause, and cut from its power
//! by the operator's command, if there is one; then from the start again. For one whose port is gone all but the last is in
//! vain: it is looked for again, and its power is cut after [`AWAY`] tries. What lies on the SIM stays there all the while.

use std::time::Duration;

/// The first pause; each is twice as long as the last.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A talk of this length was well: what went wrong before it is over.
pub const WELL: Duration = Duration::from_secs(2 * 60);

/// Tries after which the power of a modem that is not there is cut.
const AWAY: u32 = 6;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The modem says nothing, or nothing that can be used.
    Silent,
    /// Its port is not there, or went.
    Away,
    /// Another program has its port, or the SIM lacks something: nothing but waiting helps.
    Waiting,
}

/// What to do before the next talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Help {
    /// Nothing.
    None,
    /// `ATZ`.
    Reset,
    /// `AT+CFUN=1,1`.
    Restart,
    /// The operator's command.
    PowerCycle,
}

/// How far it has come.
#[derive(Debug, Default)]
pub struct Ladder {
    /// Troubles since it was well.
    count: u32,
    silent: usize,
}

impl Ladder {
    /// After a talk of this length: the help, and the pause before it.
    pub fn next(
        &mut self,
        trouble: Trouble,
        talked: Duration,
        has_command: bool,
    ) -> (Help, Duration) {
        if talked >= WELL {
            *self = Self::default();
        }
        let pause = FIRST.saturating_mul(1 << self.count.min(16)).min(LONGEST);
        self.count += 1;
        let help = match trouble {
            Trouble::Waiting => Help::None,
            Trouble::Away if has_command && self.count.is_multiple_of(AWAY) => Help::PowerCycle,
            Trouble::Away => Help::None,
            Trouble::Silent => {
                let rungs: &[Help] = match has_command {
                    true => &[Help::Reset, Help::Restart, Help::None, Help::PowerCycle],
                    false => &[Help::Reset, Help::Restart, Help::None],
                };
                let help = rungs[self.silent % rungs.len()];
                self.silent += 1;
                help
            }
        };
        (help, pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_grows_and_so_do_the_pauses_until_it_was_well() {
        let mut ladder = Ladder::default();
        let mut next = |trouble, command| ladder.next(trouble, Duration::ZERO, command);
        let silent: Vec<_> = (0..5).map(|_| next(Trouble::Silent, true)).collect();
        let help: Vec<_> = silent.iter().map(|(help, _)| *help).collect();
        assert_eq!(
            help,
            [
                Help::Reset,
                Help::Restart,
                Help::None,
                Help::PowerCycle,
                Help::Reset
            ]
        );
        let pauses: Vec<_> = silent.iter().map(|(_, pause)| pause.as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
        for _ in 0..20 {
            assert_ne!(next(Trouble::Silent, false).0, Help::PowerCycle);
        }
        assert_eq!(next(Trouble::Waiting, true), (Help::None, LONGEST));
        assert_eq!(
            ladder.next(Trouble::Silent, WELL, true),
            (Help::Reset, FIRST)
        );
    }

    #[test]
    fn a_modem_that_is_away_is_looked_for_and_cut_from_its_power_at_last() {
        let mut ladder = Ladder::default();
        let mut next = |command| ladder.next(Trouble::Away, Duration::ZERO, command).0;
        let help: Vec<_> = (0..AWAY).map(|_| next(true)).collect();
        assert_eq!(help[..5], [Help::None; 5]);
        assert_eq!(help[5], Help::PowerCycle);
        assert!((0..20).all(|_| next(false) == Help::None));
    }
}
