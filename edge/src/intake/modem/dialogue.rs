//! Command and answer over a port, one at a time. What comes by itself meanwhile is kept.
//!
//! After an error the two sides may be out of step: some modems say `OK` behind `ERROR`, and an answer may come late. So a
//! question follows whose answer cannot be mistaken, and what comes before that is dropped.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use zeroize::Zeroizing;

use super::at::{Answer, Demux, Fault, Notice, Said};

/// A modem that says nothing for so long is helped.
pub const SILENCE: Duration = Duration::from_secs(30);

/// The network may take so many times as long to take a message.
const SEND: u32 = 3;

/// A modem that goes on talking is listened to so many times as long.
const AT_MOST: u32 = 8;

/// The answer that sets both in step is waited for a part of it.
const IN_STEP: u32 = 15;

/// Its question: every modem answers it, with and without a SIM.
const STEP: &str = "AT+CMEE?";

/// Notices that nobody has taken yet.
const MAX_NOTICES: usize = 256;

const CTRL_Z: u8 = 0x1a;
const ESCAPE: u8 = 0x1b;

/// A port, or what stands for it in a test.
pub trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<W: AsyncRead + AsyncWrite + Unpin + Send> Wire for W {}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub enum DialogueError {
    /// The port is gone.
    #[error("the port is gone")]
    Gone(#[source] io::Error),
    /// The modem says nothing.
    #[error("the modem does not answer")]
    Silent,
    /// The modem says no.
    #[error("the modem refused")]
    Refused(#[source] Fault),
}

/// Why a message was not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The network did not get it.
    #[error("it was not taken")]
    NotTaken(#[source] DialogueError),
    /// It may be on its way.
    #[error("nobody knows whether it was taken")]
    Unknown(#[source] DialogueError),
}

/// Both sides of a port.
pub struct Dialogue<W> {
    wire: W,
    demux: Demux,
    notices: VecDeque<Notice>,
    silence: Duration,
}

impl<W: Wire> Dialogue<W> {
    /// `silence`: a modem that says nothing for so long is taken for silent. All other waits are parts of it.
    pub fn new(wire: W, silence: Duration) -> Self {
        Self {
            silence,
            wire,
            demux: Demux::default(),
            notices: VecDeque::new(),
        }
    }

    /// See [`Dialogue::new`].
    pub fn silence(&self) -> Duration {
        self.silence
    }

    /// The lines of a command's answer.
    pub async fn ask(&mut self, command: &str) -> Result<Vec<Zeroizing<String>>, DialogueError> {
        self.ask_within(command, self.silence).await
    }

    /// The same of a modem that may say nothing for so long.
    pub async fn ask_within(
        &mut self,
        command: &str,
        silence: Duration,
    ) -> Result<Vec<Zeroizing<String>>, DialogueError> {
        self.command(command, false, silence).await?;
        let answer = self.answer(silence).await?;
        self.lines_of(answer).await
    }

    /// Hands over a message for the network; `length` is that of its PDU in octets, without the service centre.
    pub async fn submit(&mut self, length: usize, pdu: &str) -> Result<(), SendError> {
        let command = format!("AT+CMGS={length}");
        let prompt = async {
            self.command(&command, false, self.silence).await?;
            self.said(self.silence, |said| match said {
                Said::Prompt => Some(None),
                Said::Answer(answer) => Some(Some(answer)),
                Said::Notice(_) => None,
            })
            .await
        };
        match prompt.await.map_err(SendError::NotTaken)? {
            None => {}
            Some(answer) => {
                let refused = self.lines_of(answer).await.err();
                let refused = refused.unwrap_or(DialogueError::Refused(Fault::Plain));
                return Err(SendError::NotTaken(refused));
            }
        }
        let mut octets = Zeroizing::new(pdu.as_bytes().to_vec());
        octets.push(CTRL_Z);
        self.write(&octets).await.map_err(SendError::Unknown)?;
        let answer = self
            .answer(SEND * self.silence)
            .await
            .map_err(SendError::Unknown)?;
        match self.lines_of(answer).await {
            Ok(_) => Ok(()),
            Err(error @ DialogueError::Refused(_)) => Err(SendError::NotTaken(error)),
            // The answer came; what is wrong with the port since then shows at the next command.
            Err(error) => Err(SendError::Unknown(error)),
        }
    }

    /// Ends what an earlier talk may have left open, such as a message half handed over.
    pub async fn break_off(&mut self) -> Result<(), DialogueError> {
        let written = timeout(self.silence / IN_STEP, self.write(&[ESCAPE, b'\r'])).await;
        written.unwrap_or(Err(DialogueError::Silent))
    }

    /// What the modem said by itself and nobody has taken.
    pub fn take_notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// The next that it says by itself. It may be dropped at any time, and nothing is lost.
    pub async fn notice(&mut self) -> Result<Notice, DialogueError> {
        loop {
            if let Some(notice) = self.notices.pop_front() {
                return Ok(notice);
            }
            match self.demux.pop() {
                Some(Said::Notice(notice)) => return Ok(notice),
                Some(_) => {}
                None => self.read().await?,
            }
        }
    }

    /// The lines, if the answer ended well. Else both sides are set in step.
    async fn lines_of(&mut self, answer: Answer) -> Result<Vec<Zeroizing<String>>, DialogueError> {
        match answer.end {
            Ok(()) => Ok(answer.lines),
            Err(fault) => {
                self.step().await?;
                Err(DialogueError::Refused(fault))
            }
        }
    }

    async fn step(&mut self) -> Result<(), DialogueError> {
        self.command(STEP, true, self.silence).await?;
        match self.answer(self.silence / IN_STEP).await {
            Ok(_) => Ok(()),
            // It has no such command, or is silent, which the next command finds.
            Err(DialogueError::Silent) => {
                self.demux.give_up();
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn command(
        &mut self,
        command: &str,
        insists: bool,
        silence: Duration,
    ) -> Result<(), DialogueError> {
        // What was said before is no answer to this.
        while let Some(said) = self.demux.pop() {
            self.keep(said);
        }
        self.demux.expect(command, insists);
        let line = Zeroizing::new(format!("{command}\r"));
        let written = timeout(silence, self.write(line.as_bytes())).await;
        written.unwrap_or(Err(DialogueError::Silent))
    }

    async fn answer(&mut self, silence: Duration) -> Result<Answer, DialogueError> {
        self.said(silence, |said| match said {
            Said::Answer(answer) => Some(answer),
            Said::Notice(_) | Said::Prompt => None,
        })
        .await
    }

    /// The first that `wanted` takes. Notices are kept.
    async fn said<T>(
        &mut self,
        silence: Duration,
        wanted: impl Fn(Said) -> Option<T>,
    ) -> Result<T, DialogueError> {
        let end = Instant::now() + silence * AT_MOST;
        loop {
            while let Some(said) = self.demux.pop() {
                match said {
                    said @ Said::Notice(_) => self.keep(said),
                    said => {
                        if let Some(found) = wanted(said) {
                            return Ok(found);
                        }
                    }
                }
            }
            let until = end.min(Instant::now() + silence);
            match timeout_at(until, self.read()).await {
                Ok(read) => read?,
                Err(_) => {
                    self.demux.give_up();
                    return Err(DialogueError::Silent);
                }
            }
        }
    }

    fn keep(&mut self, said: Said) {
        if let Said::Notice(notice) = said
            && self.notices.len() < MAX_NOTICES
        {
            self.notices.push_back(notice);
        }
    }

    async fn read(&mut self) -> Result<(), DialogueError> {
        let mut bytes = Zeroizing::new([0; 1024]);
        match self.wire.read(&mut *bytes).await {
            Ok(0) => Err(DialogueError::Gone(io::ErrorKind::UnexpectedEof.into())),
            Ok(count) => {
                self.demux.push(&bytes[..count]);
                Ok(())
            }
            Err(error) => Err(DialogueError::Gone(error)),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), DialogueError> {
        let written = async {
            self.wire.write_all(bytes).await?;
            self.wire.flush().await
        };
        written.await.map_err(DialogueError::Gone)
    }
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_through_noise() {
        let script = Script::new(&[("AT+CSQ", "+CMTI: \"SM\",1\r\n+CSQ: 17,99\r\nOK\r\n")]);
        let (lines, notice) = run(script, async |mut dialogue| {
            let lines = dialogue.ask("AT+CSQ").await.expect("an answer");
            (lines, dialogue.notice().await)
        })
        .await;
        assert_eq!(lines, [Zeroizing::new("+CSQ: 17,99".to_owned())]);
        assert!(matches!(notice, Ok(Notice::Stored(Some(_)))));
    }

    #[tokio::test]
    async fn an_ok_behind_an_error_is_not_the_next_answer() {
        let script = Script::new(&[
            ("AT+CMGD=1", "ERROR\r\n\r\nOK\r\n"),
            ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n"),
            ("AT+CSQ", "+CSQ: 5,99\r\nOK\r\n"),
        ]);
        run(script, async |mut dialogue| {
            let refused = dialogue.ask("AT+CMGD=1").await;
            assert!(matches!(refused, Err(DialogueError::Refused(Fault::Plain))));
            let lines = dialogue.ask("AT+CSQ").await.expect("an answer");
            assert_eq!(lines, [Zeroizing::new("+CSQ: 5,99".to_owned())]);
        })
        .await;
    }

    #[tokio::test]
    async fn an_answer_that_comes_too_late_is_not_the_next_commands() {
        let script = Script::new(&[
            ("AT+CMGD=1", "ERROR\r\n"),
            ("AT+CMEE?", ""),
            ("AT+CSQ", "+CMEE: 1\r\nOK\r\n+CSQ: 5,99\r\nOK\r\n"),
            ("AT+CMGD=2", "OK\r\n"),
        ]);
        run(script, async |mut dialogue| {
            let refused = dialogue.ask("AT+CMGD=1").await;
            assert!(matches!(refused, Err(DialogueError::Refused(Fault::Plain))));
            let lines = dialogue.ask("AT+CSQ").await.expect("an answer");
            assert_eq!(lines, [Zeroizing::new("+CSQ: 5,99".to_owned())]);
            assert!(dialogue.ask("AT+CMGD=2").await.expect("done").is_empty());
        })
        .await;
    }

    #[tokio::test]
    async fn a_silent_modem_is_told_from_one_that_is_gone() {
        run(Script::new(&[("AT", "")]), async |mut dialogue| {
            let before = Instant::now();
            assert!(matches!(
                dialogue.ask("AT").await,
                Err(DialogueError::Silent)
            ));
            assert!(before.elapsed() >= dialogue.silence());
        })
        .await;
        let script = Script::new(&[("AT+CMGL=4", "+CMGL: 1,1,,28\r\n079121")]).then_gone();
        run(script, async |mut dialogue| {
            assert!(matches!(
                dialogue.ask("AT+CMGL=4").await,
                Err(DialogueError::Gone(_))
            ));
        })
        .await;
    }

    #[tokio::test]
    async fn a_message_goes_behind_the_prompt() {
        let script = Script::new(&[
            ("AT+CMGS=4", "\r\n> "),
            ("00110000\u{1a}", "\r\n+CMGS: 12\r\n\r\nOK\r\n"),
            ("AT+CMGS=4", "+CMS ERROR: 331\r\n"),
            ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n"),
        ]);
        run(script, async |mut dialogue| {
            assert!(dialogue.submit(4, "00110000").await.is_ok());
            let refused = dialogue.submit(4, "00110000").await;
            assert!(matches!(
                refused,
                Err(SendError::NotTaken(DialogueError::Refused(Fault::Cms(331))))
            ));
        })
        .await;
    }

    #[tokio::test]
    async fn a_message_without_an_answer_may_be_on_its_way() {
        let script = Script::new(&[("AT+CMGS=4", "> "), ("00110000\u{1a}", "")]);
        run(script, async |mut dialogue| {
            let sent = dialogue.submit(4, "00110000").await;
            assert!(matches!(
                sent,
                Err(SendError::Unknown(DialogueError::Silent))
            ));
        })
        .await;
        // Without a prompt nothing was sent.
        run(Script::new(&[("AT+CMGS=4", "")]), async |mut dialogue| {
            let sent = dialogue.submit(4, "00110000").await;
            assert!(matches!(
                sent,
                Err(SendError::NotTaken(DialogueError::Silent))
            ));
        })
        .await;
    }
}
