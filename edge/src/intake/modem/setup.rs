//! Bringing a modem to where it keeps messages and tells of them: PDU mode, the SIM as the memory, the SIM open.

use std::io;

use zeroize::Zeroizing;

use super::Section;
use super::at::Fault;
use super::dialogue::{Dialogue, DialogueError, Wire};
use super::facts::{self, Sim};
use super::pin::Tried;
use super::quirks::Quirks;
use super::storage::{self, Memory};

/// For what part of a silence the first answer is waited for, and how often. A modem finds the speed by the first letters.
const GREETING: u32 = 15;
const GREETINGS: u32 = 4;

/// A SIM that is starting is asked again after this part of a silence, so often.
const SIM_WAIT: u32 = 30;
const SIM_ASKED: u32 = 30;

/// A modem that is ready.
#[derive(Debug)]
pub struct Ready {
    pub quirks: Quirks,
    /// What it calls itself.
    pub model: String,
    /// Where it keeps what comes.
    pub memory: Memory,
    /// All that it can be asked for, that one first.
    pub memories: Vec<Memory>,
}

/// Why it is not.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// It does not answer, or refuses what is needed.
    #[error(transparent)]
    Dialogue(#[from] DialogueError),
    /// No SIM.
    #[error("there is no SIM in the modem, or it cannot be read")]
    NoSim,
    /// The SIM wants a PIN that is not known.
    #[error("the SIM wants its PIN: put it into `pin` in [modem], or take it off the SIM")]
    NoPin,
    /// The PIN is wrong.
    #[error(
        "the SIM did not take the `pin` in [modem], and it is not tried again: correct it, or open the SIM in a phone, take its PIN off, and remove `modem.pin-tried` in the data folder"
    )]
    WrongPin,
    /// The PIN cannot be tried safely.
    #[error("the PIN is not tried, for that cannot be noted in the data folder")]
    Note(#[source] io::Error),
    /// Too many wrong PINs.
    #[error("the SIM is locked: put it into a phone and enter its PUK")]
    Puk,
}

/// Whether a modem listens here. Echo is off from then on.
pub async fn greet<W: Wire>(dialogue: &mut Dialogue<W>) -> Result<(), DialogueError> {
    dialogue.break_off().await?;
    let mut greeted = Err(DialogueError::Silent);
    for _ in 0..GREETINGS {
        greeted = match dialogue
            .ask_within("AT", dialogue.silence() / GREETING)
            .await
        {
            Ok(_) => Ok(()),
            Err(error @ DialogueError::Gone(_)) => return Err(error),
            Err(error) => Err(error),
        };
        if greeted.is_ok() {
            break;
        }
    }
    greeted?;
    try_to(dialogue, "ATE0").await?;
    try_to(dialogue, "AT+CMEE=1").await
}

/// Sets up a modem that was greeted.
pub async fn set_up<W: Wire>(
    dialogue: &mut Dialogue<W>,
    section: &Section,
    tried: &Tried,
) -> Result<Ready, SetupError> {
    let (maker, model) = facts::model(dialogue).await?;
    let quirks = Quirks::of_model(&model);
    for command in &quirks.init {
        try_to(dialogue, command).await?;
    }
    open_sim(dialogue, section, tried).await?;
    if let Some(centre) = &section.smsc {
        try_to(dialogue, &format!("AT+CSCA=\"{centre}\"")).await?;
    }
    patiently(dialogue, "AT+CMGF=0").await?;
    let memory = Memory::of(&quirks.memory).unwrap_or(Memory::Sim);
    let memories = choose_memories(dialogue, memory).await?;
    if !ask_for_notices(dialogue, &quirks).await? {
        tracing::warn!(
            "the modem cannot tell of messages; they are found by listing, every `poll` of [modem]"
        );
    }
    Ok(Ready {
        quirks,
        model: format!("{maker} {model}").trim().to_owned(),
        memory,
        memories,
    })
}

/// Opens the SIM. A PIN is tried once in the life of the data folder.
async fn open_sim<W: Wire>(
    dialogue: &mut Dialogue<W>,
    section: &Section,
    tried: &Tried,
) -> Result<(), SetupError> {
    let mut given = false;
    for _ in 0..SIM_ASKED {
        match facts::sim(dialogue).await? {
            Sim::Ready => {
                tried.forget();
                return Ok(());
            }
            Sim::Puk => return Err(SetupError::Puk),
            // It takes a moment to heed the PIN.
            Sim::Pin if given => {}
            Sim::Pin => {
                let pin = section.pin.as_ref().ok_or(SetupError::NoPin)?;
                if tried.was(pin) {
                    return Err(SetupError::WrongPin);
                }
                tried.note(pin).map_err(SetupError::Note)?;
                let command = Zeroizing::new(format!("AT+CPIN=\"{}\"", pin.digits()));
                match dialogue.ask(&command).await {
                    Ok(_) => given = true,
                    Err(DialogueError::Refused(_)) => return Err(SetupError::WrongPin),
                    Err(error) => return Err(error.into()),
                }
            }
            Sim::Missing | Sim::Busy | Sim::Other => {}
        }
        tokio::time::sleep(dialogue.silence() / SIM_WAIT).await;
    }
    Err(match given {
        true => SetupError::WrongPin,
        false => SetupError::NoSim,
    })
}

/// Lets what comes be kept in `memory`; which memories can be read, that one first.
async fn choose_memories<W: Wire>(
    dialogue: &mut Dialogue<W>,
    memory: Memory,
) -> Result<Vec<Memory>, DialogueError> {
    let can = patiently(dialogue, "AT+CPMS=?").await?;
    let name = memory.name();
    let all = format!("AT+CPMS=\"{name}\",\"{name}\",\"{name}\"");
    if let Err(error) = patiently(dialogue, &all).await {
        match error {
            DialogueError::Refused(_) => drop(storage::select(dialogue, memory).await?),
            error => return Err(error),
        }
    }
    let others = storage::readable(&can).into_iter();
    let others = others.filter(|other| *other != memory);
    Ok(std::iter::once(memory).chain(others).collect())
}

/// Whether the modem tells of messages from then on.
async fn ask_for_notices<W: Wire>(
    dialogue: &mut Dialogue<W>,
    quirks: &Quirks,
) -> Result<bool, DialogueError> {
    for form in &quirks.notices {
        match dialogue.ask(&format!("AT+CNMI={form}")).await {
            Ok(_) => return Ok(true),
            Err(DialogueError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// A command that a modem may not know.
pub async fn try_to<W: Wire>(
    dialogue: &mut Dialogue<W>,
    command: &str,
) -> Result<(), DialogueError> {
    match dialogue.ask(command).await {
        Ok(_) | Err(DialogueError::Refused(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A command that a SIM which is starting refuses. What the modem does not know, it never will.
async fn patiently<W: Wire>(
    dialogue: &mut Dialogue<W>,
    command: &str,
) -> Result<Vec<Zeroizing<String>>, DialogueError> {
    let mut asked = 0;
    loop {
        match dialogue.ask(command).await {
            Err(DialogueError::Refused(fault)) if starting(fault) && asked < SIM_ASKED => {
                asked += 1;
                tokio::time::sleep(dialogue.silence() / SIM_WAIT).await;
            }
            other => return other,
        }
    }
}

/// SIM busy, SIM failure, and their like of messages.
fn starting(fault: Fault) -> bool {
    matches!(
        fault,
        Fault::Cme(14 | 13 | 515) | Fault::Cms(310 | 313 | 314 | 315 | 500 | 515)
    )
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    const STEP: (&str, &str) = ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n");

    fn section(pin: Option<&str>) -> Section {
        let pin = pin
            .map(|pin| format!("pin = \"{pin}\""))
            .unwrap_or_default();
        toml::from_str(&format!("port = \"/dev/null\"\n{pin}")).expect("a section")
    }

    #[tokio::test]
    async fn a_modem_that_is_starting_is_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let tried = Tried::new(folder.path(), [7; 32]);
        let script = Script::new(&[
            ("AT+CGMI", "Quectel\r\nOK\r\n"),
            ("AT+CGMM", "EC25\r\nOK\r\n"),
            ("AT+QURCCFG=\"urcport\",\"usbat\"", "ERROR\r\n"),
            STEP,
            ("AT+CPIN?", "+CME ERROR: 14\r\n"),
            STEP,
            ("AT+CPIN?", "+CPIN: READY\r\nOK\r\n"),
            ("AT+CMGF=0", "+CMS ERROR: 314\r\n"),
            STEP,
            ("AT+CMGF=0", "OK\r\n"),
            (
                "AT+CPMS=?",
                "+CPMS: (\"ME\",\"MT\",\"SM\",\"SR\"),(\"ME\"),(\"ME\")\r\nOK\r\n",
            ),
            (
                "AT+CPMS=\"SM\",\"SM\",\"SM\"",
                "+CPMS: 0,10,0,10,0,10\r\nOK\r\n",
            ),
            ("AT+CNMI=2,1,0,0,0", "OK\r\n"),
        ]);
        let ready = run(script, async |mut dialogue| {
            set_up(&mut dialogue, &section(None), &tried).await
        })
        .await
        .expect("ready");
        assert_eq!(ready.model, "Quectel EC25");
        assert_eq!(
            ready.memories,
            [Memory::Sim, Memory::Modem, Memory::Reports]
        );
    }

    #[tokio::test]
    async fn a_wrong_pin_is_tried_once_also_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let ask = async |turns: &[(&str, &str)], pin| {
            let tried = Tried::new(folder.path(), [7; 32]);
            run(Script::new(turns), async |mut dialogue| {
                open_sim(&mut dialogue, &section(pin), &tried).await
            })
            .await
        };
        const WANTS: (&str, &str) = ("AT+CPIN?", "+CPIN: SIM PIN\r\nOK\r\n");
        assert!(matches!(ask(&[WANTS], None).await, Err(SetupError::NoPin)));
        let wrong = ("AT+CPIN=\"1234\"", "+CME ERROR: 16\r\n");
        let first = ask(&[WANTS, wrong, STEP], Some("1234")).await;
        assert!(matches!(first, Err(SetupError::WrongPin)));
        // Its script has no second try.
        let second = ask(&[WANTS], Some("1234")).await;
        assert!(matches!(second, Err(SetupError::WrongPin)));
        let right = [
            WANTS,
            ("AT+CPIN=\"4321\"", "OK\r\n"),
            ("AT+CPIN?", "+CPIN: READY\r\nOK\r\n"),
        ];
        assert!(ask(&right, Some("4321")).await.is_ok());
        let locked = ("AT+CPIN?", "+CPIN: SIM PUK\r\nOK\r\n");
        assert!(matches!(
            ask(&[locked], Some("4321")).await,
            Err(SetupError::Puk)
        ));
    }

    #[tokio::test]
    async fn a_greeting_that_is_not_heard_is_repeated() {
        let script = Script::new(&[
            ("", ""),
            ("AT", ""),
            ("AT", "AT\r\r\nOK\r\n"),
            ("ATE0", "ATE0\r\r\nOK\r\n"),
            ("AT+CMEE=1", "OK\r\n"),
        ]);
        run(script, async |mut dialogue| {
            assert!(greet(&mut dialogue).await.is_ok());
        })
        .await;
    }
}
