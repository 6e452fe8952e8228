//! The checks of a modem: its port, itself, its SIM, its network, and the room that is left.

use spotlight_common::log;

use super::{Line, mms};
use crate::intake::modem::{CheckError, Findings, NotSent, Registration, Section, Sim, check};

/// Below this the network may not hear the modem.
const WEAK_DBM: i32 = -105;

/// A line a thing to know, in the order in which a message meets them; a text to the number, if there is one.
pub async fn run(section: &Section, text_to: Option<&str>, say: &mut impl FnMut(Line)) {
    let sim = match check(section, text_to).await {
        Ok(found) => {
            say(Line::ok("modem port", "open, and it answers"));
            for line in lines(&found) {
                say(line);
            }
            found.network_of_sim
        }
        Err(error) => {
            say(port(&error));
            None
        }
    };
    mms::run(section.mms.as_ref(), sim.as_deref(), say).await;
}

fn port(error: &CheckError) -> Line {
    let check = "modem port";
    let fix = match error {
        CheckError::Setting(_) => "correct the section [modem]",
        CheckError::InUse(_) => {
            let fix = "if an edge runs on it, all is well, and its log tells of the modem: stop it to check more; else stop the program that has it (often ModemManager: `systemctl disable --now ModemManager`)";
            return Line::warn(check, log::chain(error), fix);
        }
        CheckError::NotFound(_) => {
            "plug the modem in, and name its port as `ls /dev/serial/by-id` shows it in `port` of [modem]"
        }
        CheckError::Port(_) => "add the edge's user to the group `dialout`, then log in again",
        CheckError::Silent(_) => {
            "name another of the modem's ports, for not all take commands; then take its power away for a moment"
        }
    };
    Line::fail(check, log::chain(error), fix)
}

fn lines(found: &Findings) -> Vec<Line> {
    let model = match found.model.as_str() {
        "" => "it does not say what it is".to_owned(),
        model => format!("{model}, treated as {}", found.known_as),
    };
    let mut lines = vec![Line::ok("modem", model), sim(found.sim)];
    if found.sim != Some(Sim::Ready) {
        return lines;
    }
    lines.push(registration(found));
    lines.push(signal(found.signal));
    lines.push(match found.has_service_centre {
        true => Line::ok("SMSC", "the SIM names its service centre"),
        false => Line::fail(
            "SMSC",
            "the SIM names no service centre: nobody can be answered",
            "ask the SIM's company for its number, and set `smsc` in [modem]",
        ),
    });
    lines.push(storage(found));
    lines.extend(found.sent.as_ref().map(sent));
    lines
}

fn sent(sent: &Result<(), NotSent>) -> Line {
    let check = "test text";
    let Err(error) = sent else {
        return Line::ok(check, "the network took it: see that it arrives");
    };
    let fix = match error {
        NotSent::Number => "write it as +12135550100",
        NotSent::NotTaken(_) => {
            "see the lines above; if all is well there, ask the SIM's company whether it may send texts and is paid for"
        }
    };
    Line::fail(check, log::chain(error), fix)
}

fn sim(sim: Option<Sim>) -> Line {
    let check = "SIM";
    let (detail, fix) = match sim {
        Some(Sim::Ready) => return Line::ok(check, "there, and open"),
        Some(Sim::Pin) => {
            let fix = "set `pin` in [modem], or take the PIN off the SIM in a phone";
            return Line::warn(
                check,
                "it wants its PIN, which the edge gives at its start",
                fix,
            );
        }
        Some(Sim::Puk) => (
            "it is locked after wrong PINs",
            "put it into a phone and enter its PUK",
        ),
        Some(Sim::Missing) => ("there is none", "put a SIM in, the right way round"),
        Some(Sim::Other) => (
            "it wants another code than its PIN",
            "put it into a phone and see what it asks for",
        ),
        Some(Sim::Busy) | None => (
            "it cannot be read",
            "wait a minute and run it again; then take the SIM out and put it in again",
        ),
    };
    Line::fail(check, detail, fix)
}

fn registration(found: &Findings) -> Line {
    let check = "registration";
    let registration = found.registration.unwrap_or(Registration::None);
    if registration.is_registered() {
        let operator = found
            .operator
            .as_deref()
            .unwrap_or("a network without name");
        return Line::ok(check, format!("{}: {operator}", registration.text()));
    }
    let fix = match registration {
        Registration::Denied => {
            "see that the SIM is active and paid for, and its company lets this modem in"
        }
        _ => "check antenna and coverage, and that the modem knows a band that is used here",
    };
    Line::fail(check, registration.text(), fix)
}

fn signal(dbm: Option<i32>) -> Line {
    let check = "signal";
    let fix = "move the modem or its antenna, to a window or outside";
    match dbm {
        Some(dbm) if dbm >= WEAK_DBM => Line::ok(check, format!("{dbm} dBm")),
        Some(dbm) => Line::warn(check, format!("{dbm} dBm, which is weak"), fix),
        None => Line::warn(check, "none", fix),
    }
}

fn storage(found: &Findings) -> Line {
    let check = "SIM storage";
    match found.storage {
        Some(size) => {
            let detail = format!("{} of {} places are taken", size.used, size.total);
            if size.is_nearly_full() {
                let fix = "start the edge, which empties it; its log says what stays";
                Line::warn(check, detail, fix)
            } else {
                Line::ok(check, detail)
            }
        }
        None => Line::fail(
            check,
            "the modem does not say how much it holds",
            "wait a minute and run it again",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;
    use crate::intake::modem::Use;

    fn found() -> Findings {
        Findings {
            model: "Quectel EC25".into(),
            known_as: "Quectel EC25, EG25-G, EC21".into(),
            sim: Some(Sim::Ready),
            registration: Some(Registration::Roaming),
            operator: Some("T-Mobile".into()),
            signal: Some(-79),
            has_service_centre: true,
            storage: Some(Use { used: 1, total: 10 }),
            sent: None,
            network_of_sim: Some("310260".into()),
        }
    }

    fn worst(found: &Findings) -> (Status, String) {
        let lines = lines(found);
        let worst = lines.iter().max_by_key(|line| line.status).expect("a line");
        assert!(worst.status == Status::Ok || !worst.fix.is_empty());
        (worst.status, worst.check.to_owned())
    }

    #[test]
    fn each_fault_has_its_line_and_its_fix() {
        assert_eq!(worst(&found()).0, Status::Ok);
        type Spoil = fn(&mut Findings);
        let cases: [(Spoil, Status, &str); 9] = [
            (|found| found.sim = Some(Sim::Pin), Status::Warn, "SIM"),
            (|found| found.sim = Some(Sim::Puk), Status::Fail, "SIM"),
            (|found| found.sim = None, Status::Fail, "SIM"),
            (
                |found| found.registration = Some(Registration::Denied),
                Status::Fail,
                "registration",
            ),
            (|found| found.signal = None, Status::Warn, "signal"),
            (|found| found.signal = Some(-111), Status::Warn, "signal"),
            (
                |found| found.has_service_centre = false,
                Status::Fail,
                "SMSC",
            ),
            (
                |found| found.storage = Some(Use { used: 8, total: 10 }),
                Status::Warn,
                "SIM storage",
            ),
            (
                |found| found.sent = Some(Err(NotSent::Number)),
                Status::Fail,
                "test text",
            ),
        ];
        for (spoil, status, check) in cases {
            let mut found = found();
            spoil(&mut found);
            assert_eq!(worst(&found), (status, check.to_owned()));
        }
    }

    #[tokio::test]
    async fn a_port_that_is_not_there_fails() {
        let section = toml::from_str("port = \"/dev/not-there\"").expect("a section");
        let mut lines = Vec::new();
        run(&section, None, &mut |line| lines.push(line)).await;
        assert_eq!((lines.len(), lines[0].status), (2, Status::Fail));
        assert_eq!(lines[1].check, "MMS bearer");
    }
}
