//! For tests: the other side of a port, which says what a script tells it to.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::dialogue::Dialogue;

/// After this time without a word it is silent.
pub const SILENCE: Duration = Duration::from_millis(1500);

/// What the modem is to hear, in this order, and what it says to each.
pub struct Script {
    turns: Vec<(String, String)>,
    then_gone: bool,
}

impl Script {
    pub fn new(turns: &[(&str, &str)]) -> Self {
        let turns = turns
            .iter()
            .map(|(heard, says)| ((*heard).to_owned(), (*says).to_owned()));
        Self {
            turns: turns.collect(),
            then_gone: false,
        }
    }

    /// The port is gone after the last turn.
    pub fn then_gone(mut self) -> Self {
        self.then_gone = true;
        self
    }

    /// Plays it, in pieces of a few octets, and fails where something else is heard.
    async fn play(self, mut port: DuplexStream) {
        for (heard, says) in &self.turns {
            let mut line = String::new();
            while let Ok(byte) = port.read_u8().await {
                match char::from(byte) {
                    '\r' => break,
                    character => line.push(character),
                }
                if byte == 0x1a {
                    break;
                }
            }
            assert_eq!(line.trim_start_matches('\u{1b}'), heard);
            for piece in says.as_bytes().chunks(5) {
                if port.write_all(piece).await.is_err() {
                    return;
                }
            }
        }
        if !self.then_gone {
            // Whatever else is said is heard and not answered.
            let _ = port.read_to_end(&mut Vec::new()).await;
        }
    }
}

/// Runs a test beside a script, to the end of both.
pub async fn run<T>(script: Script, test: impl AsyncFnOnce(Dialogue<DuplexStream>) -> T) -> T {
    let (ours, theirs) = duplex(4096);
    let (said, ()) = tokio::join!(test(Dialogue::new(ours, SILENCE)), script.play(theirs));
    said
}
