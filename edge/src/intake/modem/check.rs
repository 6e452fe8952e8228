//! What `doctor` asks of a modem: nothing that is a message, and nothing that changes more than how the modem answers. It sends
//! a text where somebody asked for one.

use super::Section;
use super::dialogue::{Dialogue, SendError, Wire};
use super::facts::{self, Registration, Sim};
use super::port::PortError;
use super::quirks::Quirks;
use super::run::open;
use super::storage::{self, Use};
use super::{ModemError, OpenError};
use crate::decode::encode::submit_pdus;

/// What the text says.
const TEST: &str = "Spotlight test: your modem sends. Nothing to do.";

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A setting is not what it must be.
    #[error(transparent)]
    Setting(#[from] ModemError),
    /// Another program has the port, which may be a running edge.
    #[error(transparent)]
    InUse(PortError),
    /// There is no port.
    #[error(transparent)]
    NotFound(PortError),
    /// It cannot be opened.
    #[error(transparent)]
    Port(PortError),
    /// The port is open, and nothing answers there.
    #[error(transparent)]
    Silent(OpenError),
}

impl From<OpenError> for CheckError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Port(error @ PortError::InUse { .. }) => Self::InUse(error),
            OpenError::Port(error @ PortError::NotFound(_)) => Self::NotFound(error),
            OpenError::Port(error) => Self::Port(error),
            error @ OpenError::Silent(_) => Self::Silent(error),
        }
    }
}

/// What was found. What could not be asked is absent.
#[derive(Debug)]
pub struct Findings {
    /// What the modem calls itself.
    pub model: String,
    /// The entry of the table that it is treated by.
    pub known_as: String,
    pub sim: Option<Sim>,
    pub registration: Option<Registration>,
    pub operator: Option<String>,
    /// In dBm.
    pub signal: Option<i32>,
    /// Whether the SIM knows where to hand answers to.
    pub has_service_centre: bool,
    pub storage: Option<Use>,
    /// Whether the network took a text; only where one was asked for.
    pub sent: Option<Result<(), NotSent>>,
    /// The digits that the SIM's identity begins with.
    pub network_of_sim: Option<String>,
}

/// Why a text was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It is no number that a text can go to.
    #[error("the number is not one that a text can go to")]
    Number,
    /// The modem, or the network, did not take it.
    #[error(transparent)]
    NotTaken(#[from] SendError),
}

/// Asks the modem of a section, and sends a text to the number, if there is one.
pub async fn check(section: &Section, text_to: Option<&str>) -> Result<Findings, CheckError> {
    section.check()?;
    let mut dialogue = open(section, None).await?;
    let mut findings = ask(&mut dialogue).await;
    findings.has_service_centre |= section.smsc.is_some();
    if let Some(number) = text_to.filter(|_| findings.sim == Some(Sim::Ready)) {
        findings.sent = Some(send(&mut dialogue, section, number).await);
    }
    Ok(findings)
}

async fn send<W: Wire>(
    dialogue: &mut Dialogue<W>,
    section: &Section,
    number: &str,
) -> Result<(), NotSent> {
    let parts = submit_pdus(number, TEST, 0).map_err(|_| NotSent::Number)?;
    if let Some(centre) = &section.smsc {
        // Where it is refused the SIM's own may do.
        let _ = dialogue.ask(&format!("AT+CSCA=\"{centre}\"")).await;
    }
    let pdu_mode = dialogue.ask("AT+CMGF=0").await;
    pdu_mode.map_err(SendError::NotTaken)?;
    for part in parts {
        dialogue.submit(part.octets, &part.pdu).await?;
    }
    Ok(())
}

async fn ask<W: Wire>(dialogue: &mut Dialogue<W>) -> Findings {
    let (maker, model) = facts::model(dialogue).await.unwrap_or_default();
    let quirks = Quirks::of_model(&model);
    let memory = storage::Memory::of(&quirks.memory).unwrap_or(storage::Memory::Sim);
    let sim = facts::sim(dialogue).await.ok();
    let is_open = sim == Some(Sim::Ready);
    Findings {
        model: format!("{maker} {model}").trim().to_owned(),
        known_as: quirks.name,
        registration: facts::registration(dialogue).await.ok(),
        operator: facts::operator(dialogue).await.ok().flatten(),
        signal: facts::signal(dialogue).await.ok().flatten(),
        has_service_centre: facts::has_service_centre(dialogue).await.unwrap_or(false),
        storage: match is_open {
            true => storage::select(dialogue, memory).await.ok(),
            false => None,
        },
        sent: None,
        network_of_sim: match is_open {
            true => facts::network_of_sim(dialogue).await.ok().flatten(),
            false => None,
        },
        sim,
    }
}
