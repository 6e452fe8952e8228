//! The talk with a modem that is ready: list, remove, answer, until the port is gone or the shutdown.
//!
//! A listing is made at once, after each notice, after removals, and every `poll`. Removals of an earlier run are the first that
//! it brings about, before anything is handed on.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::answers::{self, Sent};
use super::at::Notice;
use super::dialogue::{Dialogue, DialogueError, Wire};
use super::erase;
use super::holdings::Piece;
use super::run::Runner;
use super::setup::Ready;
use super::storage::{self, Memory};

/// After the shutdown, what the pipeline still hands over may take so long, and is waited for while none comes.
const CLOSE: Duration = Duration::from_secs(4);
const QUIET: Duration = Duration::from_millis(300);

/// How a talk ended.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    /// The modem does not answer, refuses what is needed, or is gone.
    #[error(transparent)]
    Dialogue(#[from] DialogueError),
    /// It began anew by itself.
    #[error("the modem started anew")]
    Restarted,
}

/// A talk.
pub struct Talk<'a, W> {
    runner: &'a Runner,
    dialogue: Dialogue<W>,
    ready: Ready,
    /// The memory that is read.
    selected: Option<Memory>,
    /// Whether slots of the SIM can be overwritten.
    erases: bool,
}

impl<'a, W: Wire> Talk<'a, W> {
    pub fn new(runner: &'a Runner, dialogue: Dialogue<W>, ready: Ready) -> Self {
        Self {
            erases: ready.quirks.overwrites,
            runner,
            dialogue,
            ready,
            selected: None,
        }
    }

    /// Talks until the shutdown, and then to the end of what the pipeline still hands over.
    pub async fn run(mut self) -> Result<(), TalkError> {
        let shutdown = self.runner.shutdown.clone();
        let late = async {
            shutdown.cancelled().await;
            sleep(CLOSE).await;
        };
        let ended = tokio::select! {
            ended = self.serve() => ended,
            () = late => Ok(()),
        };
        // What came without a place to lie in is nowhere else.
        while let Some(notice) = self.dialogue.take_notice() {
            if let Notice::Message(pdu) = notice {
                let inbounds = self.runner.modem.loose(pdu);
                self.runner.hand_over(inbounds).await;
            }
        }
        ended
    }

    async fn serve(&mut self) -> Result<(), TalkError> {
        let poll = self.runner.section.poll();
        let mut list_at = Instant::now();
        loop {
            if list_at <= Instant::now() {
                // What it removed is confirmed by the next.
                let again = self.round().await?;
                list_at = Instant::now() + if again { Duration::ZERO } else { poll };
            }
            if self.remove_due().await? {
                // The next listing confirms it.
                list_at = Instant::now();
                continue;
            }
            self.send_one().await?;
            let closing = self.runner.shutdown.is_cancelled();
            let (now, due) = (Instant::now(), self.runner.modem.next_due());
            let is_due = due.is_some_and(|due| due <= now);
            let next = match closing {
                true if is_due => now,
                true => now + QUIET,
                false => due.unwrap_or(list_at).min(list_at),
            };
            tokio::select! {
                notice = self.dialogue.notice() => {
                    self.heed(notice?).await?;
                    list_at = Instant::now();
                }
                () = self.runner.modem.changed() => {}
                () = sleep_until(next) => {
                    if closing && !is_due {
                        return Ok(());
                    }
                }
                () = self.runner.shutdown.cancelled(), if !closing => {}
            }
        }
    }

    async fn heed(&mut self, notice: Notice) -> Result<(), TalkError> {
        match notice {
            Notice::Stored(memory) => {
                // It may keep them elsewhere than it was told to.
                let memory = memory.filter(|memory| !self.ready.memories.contains(memory));
                self.ready.memories.extend(memory);
            }
            Notice::Message(pdu) => {
                let inbounds = self.runner.modem.loose(pdu);
                self.runner.hand_over(inbounds).await;
            }
            Notice::Report => {}
            Notice::Restarted => return Err(TalkError::Restarted),
        }
        Ok(())
    }

    /// Lists every memory. What is to be removed goes first, then what is new is handed to the pipeline. Whether anything was
    /// removed.
    async fn round(&mut self) -> Result<bool, DialogueError> {
        for memory in self.ready.memories.clone() {
            let size = match storage::select(&mut self.dialogue, memory).await {
                Ok(size) => size,
                // Not every memory that is named is there.
                Err(DialogueError::Refused(_)) if memory != self.ready.memory => {
                    self.ready.memories.retain(|other| *other != memory);
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.selected = Some(memory);
            let listing = storage::list(&mut self.dialogue, size).await?;
            let gone = self.runner.modem.listed(memory, &listing);
            if memory == self.ready.memory {
                self.runner.modem.note_use(size);
            }
            self.runner.outbox.removed(gone).await;
        }
        let removed = self.remove_due().await?;
        let gone = self.runner.modem.round_ends();
        self.runner.outbox.removed(gone).await;
        let inbounds = self.runner.modem.offer();
        self.runner.hand_over(inbounds).await;
        Ok(removed)
    }

    /// Tries the removals that are due; whether there were any.
    async fn remove_due(&mut self) -> Result<bool, DialogueError> {
        let due = self.runner.modem.due();
        for piece in &due {
            let removed = self.remove(piece).await;
            let tries = self.runner.modem.tried(piece, removed.is_ok());
            match removed {
                Err(DialogueError::Refused(fault)) => {
                    if tries.is_power_of_two() {
                        tracing::warn!(error = %fault, tries, "the modem does not remove a message yet; trying again");
                    }
                }
                removed => removed?,
            }
        }
        Ok(!due.is_empty())
    }

    /// Removes a message, if it still lies where it lay: the slot may have been taken again.
    async fn remove(&mut self, piece: &Piece) -> Result<(), DialogueError> {
        let (memory, slot) = (piece.place.memory, piece.place.slot);
        if self.selected != Some(memory) {
            self.selected = None;
            storage::select(&mut self.dialogue, memory).await?;
            self.selected = Some(memory);
        }
        let Some(stored) = storage::read_slot(&mut self.dialogue, slot).await? else {
            return Ok(());
        };
        if !self.runner.modem.is(piece, &stored.pdu) {
            return Ok(());
        }
        if self.erases && memory == Memory::Sim {
            self.erases = erase::erase(&mut self.dialogue, slot, &stored.pdu).await?;
        }
        storage::delete(&mut self.dialogue, slot).await
    }

    /// Sends the answer that is due first.
    async fn send_one(&mut self) -> Result<(), DialogueError> {
        let Some(outgoing) = self.runner.modem.take_answer() else {
            return Ok(());
        };
        let (sent, wrong) = answers::send(&mut self.dialogue, outgoing, Instant::now()).await;
        match sent {
            Sent::Yes => {}
            Sent::Again(outgoing) => self.runner.modem.answers(|all| all.again(outgoing)),
            Sent::Lost(reason) => self.runner.modem.answers(|all| all.lost(reason)),
        }
        wrong.map_or(Ok(()), Err)
    }
}
