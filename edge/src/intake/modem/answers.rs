//! Answers, sent one after the other, each at most once.
//!
//! A part is sent again only where the network surely did not take it, and for [`WORTH`] at most: an answer names times. Never
//! after a silence behind the PDU: it may be on its way. What could not be sent is counted and logged as a number.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::at::Fault;
use super::dialogue::{Dialogue, DialogueError, SendError, Wire};
use crate::decode::encode::submit_pdus;
pub use crate::intake::send::WORTH;

/// Answers that wait at once; more are dropped and counted.
const QUEUE: usize = 256;

/// The first wait before a part is sent again, doubled each time up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One answer: what of it is still to be sent.
pub struct Outgoing {
    parts: VecDeque<(usize, Zeroizing<String>)>,
    queued: Instant,
    due: Instant,
    wait: Duration,
}

/// The answers that wait.
#[derive(Default)]
pub struct Answers {
    queue: VecDeque<Outgoing>,
    reference: u8,
    unsent: u64,
}

impl Answers {
    /// Queues an answer.
    pub fn push(&mut self, to: &str, text: &str) {
        if self.queue.len() >= QUEUE {
            return self.lost("the queue is full");
        }
        self.reference = self.reference.wrapping_add(1);
        let Ok(parts) = submit_pdus(to, text, self.reference.into()) else {
            return self.lost("it cannot be written as an SMS to this sender");
        };
        let parts = parts.into_iter();
        let now = Instant::now();
        self.queue.push_back(Outgoing {
            parts: parts
                .map(|part| (part.octets, Zeroizing::new(part.pdu)))
                .collect(),
            queued: now,
            due: now,
            wait: FIRST_WAIT,
        });
    }

    /// The one that is due first.
    pub fn take_due(&mut self, now: Instant) -> Option<Outgoing> {
        let index = self.queue.iter().position(|outgoing| outgoing.due <= now)?;
        self.queue.remove(index)
    }

    /// When the next is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.queue.iter().map(|outgoing| outgoing.due).min()
    }

    /// What was not taken is to be sent again, while it is worth it.
    pub fn again(&mut self, mut outgoing: Outgoing) {
        let now = Instant::now();
        outgoing.due = now + outgoing.wait;
        outgoing.wait = (2 * outgoing.wait).min(LONGEST_WAIT);
        if outgoing.due > outgoing.queued + WORTH {
            return self.lost("the network did not take it in time");
        }
        self.queue.push_back(outgoing);
    }

    pub fn lost(&mut self, reason: &'static str) {
        self.unsent += 1;
        tracing::warn!(
            reason,
            unsent = self.unsent,
            "an answer was not sent by the modem"
        );
    }
}

/// How an answer fared.
pub enum Sent {
    Yes,
    /// It may be sent again later.
    Again(Outgoing),
    /// It may not.
    Lost(&'static str),
}

/// Sends an answer; and what is wrong with the modem, if something is.
pub async fn send<W: Wire>(
    dialogue: &mut Dialogue<W>,
    mut outgoing: Outgoing,
    now: Instant,
) -> (Sent, Option<DialogueError>) {
    if now > outgoing.queued + WORTH {
        return (Sent::Lost("the modem was away for too long"), None);
    }
    while let Some((octets, pdu)) = outgoing.parts.front() {
        match dialogue.submit(*octets, pdu).await {
            Ok(()) => {
                outgoing.parts.pop_front();
            }
            Err(SendError::NotTaken(DialogueError::Refused(fault))) => {
                let sent = if passes(fault) {
                    Sent::Again(outgoing)
                } else {
                    Sent::Lost("the network refused it")
                };
                return (sent, None);
            }
            Err(SendError::NotTaken(error)) => return (Sent::Again(outgoing), Some(error)),
            Err(SendError::Unknown(error)) => {
                return (Sent::Lost("nobody knows whether it was sent"), Some(error));
            }
        }
    }
    (Sent::Yes, None)
}

/// Whether a refusal is of this moment: the network's temporary causes (3GPP TS 24.011 annex E-2), no network, a busy SIM.
fn passes(fault: Fault) -> bool {
    matches!(fault, Fault::Cms(38 | 41 | 42 | 47 | 314 | 331))
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    const STEP: (&str, &str) = ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n");

    #[tokio::test]
    async fn a_part_that_was_not_taken_is_sent_again_and_no_other() {
        let mut answers = Answers::default();
        answers.push("+12135550100", &"police ".repeat(40));
        let parts = submit_pdus("+12135550100", &"police ".repeat(40), 1).expect("encoded");
        let command: Vec<_> = parts
            .iter()
            .map(|part| format!("AT+CMGS={}", part.octets))
            .collect();
        let pdu: Vec<_> = parts
            .iter()
            .map(|part| format!("{}\u{1a}", part.pdu))
            .collect();
        let script = Script::new(&[
            (&command[0], "> "),
            (&pdu[0], "+CMGS: 1\r\nOK\r\n"),
            (&command[1], "> "),
            (&pdu[1], "+CMS ERROR: 42\r\n"),
            STEP,
            (&command[1], "> "),
            (&pdu[1], "+CMGS: 2\r\nOK\r\n"),
        ]);
        run(script, async |mut dialogue| {
            let now = Instant::now();
            let outgoing = answers.take_due(now).expect("due");
            let (Sent::Again(outgoing), None) = send(&mut dialogue, outgoing, now).await else {
                panic!("again")
            };
            answers.again(outgoing);
            assert!(answers.take_due(now).is_none());
            let due = answers.next_due().expect("it waits");
            let outgoing = answers.take_due(due).expect("due");
            assert!(matches!(
                send(&mut dialogue, outgoing, due).await,
                (Sent::Yes, None)
            ));
        })
        .await;
    }

    #[tokio::test]
    async fn what_may_be_on_its_way_or_is_refused_for_good_is_not_sent_again() {
        let mut answers = Answers::default();
        for (turns, known) in [
            (&[("AT+CMGS=23", "> ")][..], false),
            (&[("AT+CMGS=23", "+CMS ERROR: 304\r\n"), STEP], true),
        ] {
            answers.push("+12135550100", "hellohello");
            run(Script::new(turns), async |mut dialogue| {
                let now = Instant::now();
                let outgoing = answers.take_due(now).expect("due");
                let (sent, wrong) = send(&mut dialogue, outgoing, now).await;
                assert!(matches!(sent, Sent::Lost(_)));
                assert_eq!(wrong.is_none(), known);
            })
            .await;
        }
        for _ in 0..QUEUE + 3 {
            answers.push("+12135550100", "hellohello");
        }
        answers.push("+1/2", "hellohello");
        assert_eq!((answers.queue.len(), answers.unsent), (QUEUE, 4));
        let late = Instant::now() + WORTH * 2;
        let outgoing = answers.take_due(late).expect("due");
        run(Script::new(&[]), async |mut dialogue| {
            assert!(matches!(
                send(&mut dialogue, outgoing, late).await,
                (Sent::Lost(_), None)
            ));
        })
        .await;
    }
}
