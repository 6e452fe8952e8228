//! What a modem says of itself, its SIM and its network.

use zeroize::Zeroizing;

use super::at::Fault;
use super::dialogue::{Dialogue, DialogueError, Wire};

/// How it is with the SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sim {
    Ready,
    /// It wants its PIN.
    Pin,
    /// It is locked until somebody gives its PUK.
    Puk,
    /// There is none.
    Missing,
    /// It is starting.
    Busy,
    /// It wants something else.
    Other,
}

/// How it is with the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    Home,
    Roaming,
    Searching,
    Denied,
    None,
}

impl Registration {
    /// Whether messages come and go.
    pub fn is_registered(self) -> bool {
        matches!(self, Self::Home | Self::Roaming)
    }

    /// In words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Home => "registered",
            Self::Roaming => "registered, roaming",
            Self::Searching => "searching for a network",
            Self::Denied => "the network refuses this SIM",
            Self::None => "not registered",
        }
    }
}

type Lines = [Zeroizing<String>];

/// The modem's maker and model. What it calls its model comes second.
pub async fn model<W: Wire>(dialogue: &mut Dialogue<W>) -> Result<(String, String), DialogueError> {
    let mut said = [String::new(), String::new()];
    for (command, said) in ["AT+CGMI", "AT+CGMM"].into_iter().zip(&mut said) {
        match dialogue.ask(command).await {
            Ok(lines) => *said = called(&lines, &command[2..]),
            Err(DialogueError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let [maker, model] = said;
    Ok((maker, model))
}

fn called(lines: &Lines, name: &str) -> String {
    let line = lines.first().map(|line| line.as_str()).unwrap_or_default();
    let line = line.strip_prefix(name).unwrap_or(line);
    let line = line.trim_start_matches(':').trim().trim_matches('"');
    line.chars().take(40).collect()
}

pub async fn sim<W: Wire>(dialogue: &mut Dialogue<W>) -> Result<Sim, DialogueError> {
    match dialogue.ask("AT+CPIN?").await {
        Ok(lines) => Ok(sim_says(&lines)),
        Err(DialogueError::Refused(Fault::Cme(10))) => Ok(Sim::Missing),
        // Busy, or it has failed, which a start may mend.
        Err(DialogueError::Refused(_)) => Ok(Sim::Busy),
        Err(error) => Err(error),
    }
}

fn sim_says(lines: &Lines) -> Sim {
    match field(lines, "+CPIN:").as_deref() {
        Some("READY") => Sim::Ready,
        Some("SIM PIN") => Sim::Pin,
        Some("SIM PUK") => Sim::Puk,
        Some(_) => Sim::Other,
        None => Sim::Busy,
    }
}

/// The best that it says of any kind of network.
pub async fn registration<W: Wire>(
    dialogue: &mut Dialogue<W>,
) -> Result<Registration, DialogueError> {
    let mut best = Registration::None;
    for name in ["+CREG", "+CEREG", "+CGREG"] {
        match dialogue.ask(&format!("AT{name}?")).await {
            Ok(lines) => {
                let found = registered(&lines, name);
                if found.is_registered() {
                    return Ok(found);
                }
                if best == Registration::None {
                    best = found;
                }
            }
            Err(DialogueError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(best)
}

/// `+CREG: 0,1` as an answer; a notice, `+CREG: 1`, may stand beside it.
fn registered(lines: &Lines, name: &str) -> Registration {
    let mut stats = lines.iter().filter_map(|line| {
        let fields: Vec<&str> = line.strip_prefix(name)?.split([':', ',']).skip(1).collect();
        let number = |index: usize| fields.get(index)?.trim().parse::<u8>().ok();
        number(1).or_else(|| number(0))
    });
    match stats.next_back() {
        Some(1 | 6) => Registration::Home,
        Some(5 | 7) => Registration::Roaming,
        Some(2) => Registration::Searching,
        Some(3) => Registration::Denied,
        _ => Registration::None,
    }
}

/// The signal in dBm; `None` where there is none.
pub async fn signal<W: Wire>(dialogue: &mut Dialogue<W>) -> Result<Option<i32>, DialogueError> {
    Ok(dbm(&dialogue.ask("AT+CSQ").await?))
}

fn dbm(lines: &Lines) -> Option<i32> {
    let level: i32 = field(lines, "+CSQ:")?.split(',').next()?.parse().ok()?;
    (0..=31).contains(&level).then_some(2 * level - 113)
}

/// Whether the SIM names a service centre.
pub async fn has_service_centre<W: Wire>(
    dialogue: &mut Dialogue<W>,
) -> Result<bool, DialogueError> {
    match dialogue.ask("AT+CSCA?").await {
        Ok(lines) => Ok(quoted(&lines, "+CSCA:").is_some_and(|number| number.len() > 2)),
        Err(DialogueError::Refused(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The digits that the SIM's identity begins with, which name its carrier; the rest would name its owner.
pub async fn network_of_sim<W: Wire>(
    dialogue: &mut Dialogue<W>,
) -> Result<Option<String>, DialogueError> {
    match dialogue.ask("AT+CIMI").await {
        Ok(lines) => Ok(network(&lines)),
        Err(DialogueError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Three digits of the country, and two or three of the network.
fn network(lines: &Lines) -> Option<String> {
    lines.iter().find_map(|line| {
        let identity = line.strip_prefix("+CIMI:").unwrap_or(line);
        let identity = identity.trim().trim_matches('"');
        let is_one = (6..=15).contains(&identity.len())
            && identity.bytes().all(|digit| digit.is_ascii_digit());
        is_one.then(|| identity[..6].to_owned())
    })
}

/// The network's name.
pub async fn operator<W: Wire>(
    dialogue: &mut Dialogue<W>,
) -> Result<Option<String>, DialogueError> {
    match dialogue.ask("AT+COPS?").await {
        Ok(lines) => Ok(quoted(&lines, "+COPS:")),
        Err(DialogueError::Refused(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn field(lines: &Lines, name: &str) -> Option<String> {
    let rest = lines.iter().find_map(|line| line.strip_prefix(name))?;
    Some(rest.trim().trim_matches('"').to_owned())
}

fn quoted(lines: &Lines, name: &str) -> Option<String> {
    let rest = lines.iter().find_map(|line| line.strip_prefix(name))?;
    let text = rest.split('"').nth(1)?;
    Some(text.chars().take(40).collect())
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    fn lines(lines: &[&str]) -> Vec<Zeroizing<String>> {
        let lines = lines.iter().map(|line| Zeroizing::new((*line).to_owned()));
        lines.collect()
    }

    #[test]
    fn what_modems_say_is_read() {
        for (line, expected) in [
            ("+CPIN: READY", Sim::Ready),
            ("+CPIN:\"SIM PIN\"", Sim::Pin),
            ("+CPIN: SIM PUK", Sim::Puk),
            ("+CPIN: SIM PIN2", Sim::Other),
        ] {
            assert_eq!(sim_says(&lines(&[line])), expected, "{line}");
        }
        for (said, expected) in [
            (&["+CREG: 0,1"][..], Registration::Home),
            (&["+CREG: 2,5,\"1A2B\",\"0C3D\",7"], Registration::Roaming),
            (&["+CREG: 1", "+CREG: 1,2"], Registration::Searching),
            (&["+CREG: 0,3"], Registration::Denied),
            (&["+CREG: 0,6"], Registration::Home),
            (&["+CREG: 0,0"], Registration::None),
            (&[], Registration::None),
        ] {
            assert_eq!(registered(&lines(said), "+CREG"), expected, "{said:?}");
        }
        assert_eq!(dbm(&lines(&["+CSQ: 17,99"])), Some(-79));
        assert_eq!(dbm(&lines(&["+CSQ: 99,99"])), None);
        assert_eq!(dbm(&[]), None);
        assert_eq!(
            network(&lines(&["310260123456789"])).as_deref(),
            Some("310260")
        );
        assert_eq!(
            network(&lines(&["+CIMI: \"001010123456789\""])).as_deref(),
            Some("001010")
        );
        assert_eq!(network(&lines(&["", "12345", "+CREG: 1"])), None);
        let centre = quoted(&lines(&["+CSCA: \"+12065550100\",145"]), "+CSCA:");
        assert_eq!(centre.as_deref(), Some("+12065550100"));
        assert_eq!(called(&lines(&["+CGMM: \"A7670E\""]), "+CGMM"), "A7670E");
        assert_eq!(called(&lines(&["EC25"]), "+CGMM"), "EC25");
    }

    #[tokio::test]
    async fn a_sims_carrier_is_asked_for_and_no_more_of_its_identity_kept() {
        for (says, expected) in [
            ("310260123456789\r\nOK\r\n", Some("310260")),
            ("+CIMI: 310410123456789\r\nOK\r\n", Some("310410")),
            ("OK\r\n", None),
        ] {
            let script = Script::new(&[("AT+CIMI", says)]);
            let asked = run(script, async |mut dialogue| {
                network_of_sim(&mut dialogue).await
            });
            assert_eq!(asked.await.expect("an answer").as_deref(), expected);
        }
    }
}
