//! The task that has the modem: opens its port, talks, and helps where no talk is to be had, until the shutdown.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::dialogue::{Dialogue, DialogueError, SILENCE};
use super::facts;
use super::pin::Tried;
use super::port::{self, Port, PortError};
use super::recover::{self, Help, Ladder, Trouble};
use super::setup::{self, SetupError};
use super::talk::{Talk, TalkError};
use super::{Modem, Section};
use crate::intake::Inbound;
use crate::outbox::Outbox;

/// A modem that restarts is away for so long.
const RESTART: Duration = Duration::from_secs(15);

/// How long the answer to what is said blindly is waited for.
const FIRST: Duration = Duration::from_secs(2);

/// The operator's command may take so long.
const COMMAND: Duration = Duration::from_secs(60);

/// Runs the modem, in a task.
pub struct Runner {
    pub modem: Arc<Modem>,
    pub section: Section,
    pub tried: Tried,
    pub outbox: Outbox,
    pub inbox: mpsc::Sender<Inbound>,
    pub shutdown: CancellationToken,
}

/// Why no modem answers.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no port, or it cannot be had.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Nothing that is a modem answers there.
    #[error("nothing answers at the modem's port")]
    Silent(#[source] DialogueError),
}

/// Why there is no talk any more.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Talk(#[from] TalkError),
}

impl RunError {
    fn trouble(&self) -> Trouble {
        let of = |error: &DialogueError| match error {
            DialogueError::Gone(_) => Trouble::Away,
            DialogueError::Silent | DialogueError::Refused(_) => Trouble::Silent,
        };
        match self {
            Self::Open(OpenError::Port(PortError::NotFound(_))) => Trouble::Away,
            Self::Open(OpenError::Port(_)) => Trouble::Waiting,
            Self::Open(OpenError::Silent(error))
            | Self::Setup(SetupError::Dialogue(error))
            | Self::Talk(TalkError::Dialogue(error)) => of(error),
            Self::Talk(TalkError::Restarted) => Trouble::Away,
            Self::Setup(SetupError::NoSim) => Trouble::Silent,
            Self::Setup(_) => Trouble::Waiting,
        }
    }
}

impl Runner {
    /// Opens the port and talks, again and again, until the shutdown.
    pub async fn run(self) {
        let mut ladder = Ladder::default();
        let (mut said, mut help) = (String::new(), Help::None);
        while !self.shutdown.is_cancelled() {
            let began = Instant::now();
            let Err(error) = self.once(help).await else {
                continue;
            };
            let has_command = !self.section.power_cycle.is_empty();
            let pause;
            (help, pause) = ladder.next(error.trouble(), began.elapsed(), has_command);
            let chain = spotlight_common::log::chain(&error);
            if chain != said || began.elapsed() >= recover::WELL {
                tracing::warn!(error = chain, next = ?help, "no talk with the modem; trying again, what lies on its SIM waits");
                said = chain;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
    }

    /// One talk, after the help that it needs.
    async fn once(&self, help: Help) -> Result<(), RunError> {
        if help == Help::PowerCycle {
            power_cycle(&self.section.power_cycle).await;
        }
        let ready = async {
            let mut dialogue = match help {
                Help::None | Help::PowerCycle => open(&self.section, None).await?,
                Help::Reset => open(&self.section, Some("ATZ")).await?,
                Help::Restart => {
                    tracing::warn!("restarting the modem");
                    // Its port mostly goes with it.
                    drop(open(&self.section, Some("AT+CFUN=1,1")).await);
                    sleep(RESTART).await;
                    open(&self.section, None).await?
                }
            };
            let ready = setup::set_up(&mut dialogue, &self.section, &self.tried).await?;
            Ok::<_, RunError>((dialogue, ready))
        };
        let (mut dialogue, ready) = tokio::select! {
            ready = ready => ready?,
            () = self.shutdown.cancelled() => return Ok(()),
        };
        tracing::info!(
            model = ready.model,
            known_as = ready.quirks.name,
            "talking with the modem"
        );
        if let Some(mms) = &self.modem.mms {
            let digits = facts::network_of_sim(&mut dialogue).await;
            mms.sim_is(digits.map_err(TalkError::from)?.as_deref());
        }
        Ok(Talk::new(self, dialogue, ready).run().await?)
    }

    /// Hands messages to the pipeline, as fast as it takes them.
    pub async fn hand_over(&self, inbounds: Vec<Inbound>) {
        for inbound in inbounds {
            tokio::select! {
                _ = self.inbox.send(inbound) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
    }
}

/// The first port on which a modem answers. `first` is said to it whether it answers or not: it may be what makes it answer.
pub async fn open(section: &Section, first: Option<&str>) -> Result<Dialogue<Port>, OpenError> {
    let mut failed = None;
    for path in port::candidates(section)? {
        let mut dialogue = match Port::open(&path, section.baud) {
            Ok(port) => Dialogue::new(port, SILENCE),
            Err(error) => {
                failed = Some(OpenError::from(error));
                continue;
            }
        };
        if let Some(command) = first {
            // What it says shows in how it greets.
            let _ = dialogue.break_off().await;
            let _ = dialogue.ask_within(command, FIRST).await;
        }
        match setup::greet(&mut dialogue).await {
            Ok(()) => return Ok(dialogue),
            Err(error) => failed = Some(OpenError::Silent(error)),
        }
    }
    Err(failed.unwrap_or(OpenError::Silent(DialogueError::Silent)))
}

/// Runs the operator's command, for [`COMMAND`] at most.
async fn power_cycle(command: &[String]) {
    let Some((program, arguments)) = command.split_first() else {
        return;
    };
    tracing::warn!(program, "cutting the modem from its power");
    let child = std::process::Command::new(program)
        .args(arguments)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            tracing::error!(error = %error, program, "failed to start `power_cycle` of [modem]");
            return;
        }
    };
    let end = Instant::now() + COMMAND;
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() < end => sleep(Duration::from_millis(100)).await,
            Ok(Some(status)) if status.success() => return,
            Ok(Some(status)) => {
                tracing::error!(%status, program, "`power_cycle` of [modem] failed");
                return;
            }
            Ok(None) | Err(_) => {
                tracing::error!(program, "`power_cycle` of [modem] does not end; ending it");
                let _ = child.kill();
                let _ = child.wait();
                return;
            }
        }
    }
}
