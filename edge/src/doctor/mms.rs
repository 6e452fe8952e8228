//! The checks of what brings multimedia messages to a modem's node: the carrier's settings, the interface, and the proxy.

use spotlight_common::log;

use super::Line;
use crate::intake::modem::{Access, Bearer, BearerError, Link, MmsSection, NoAccess, check_mms};

const BEARER: &str = "MMS bearer";
const PROXY: &str = "MMS proxy";

/// `sim` is what the SIM's identity begins with, where the modem could be asked.
pub async fn run(section: Option<&MmsSection>, sim: Option<&str>, say: &mut impl FnMut(Line)) {
    let Some(section) = section else {
        let detail = "not set up, so who sends a photo is asked for a text; the section [modem.mms] sets it up";
        return say(Line::ok(BEARER, detail));
    };
    // A setting that cannot be used is told of with the modem's.
    if section.check().is_err() {
        return;
    }
    match section.access(sim) {
        Ok(access) => {
            let found = check_mms(&access).await;
            for line in lines(&access, &found) {
                say(line);
            }
        }
        Err(error) => say(no_access(error)),
    }
}

fn no_access(error: NoAccess) -> Line {
    let fix = "set `carrier` in [modem.mms] to the name of the SIM's in edge/carriers.toml, or `mmsc` and `proxy` to what its carrier publishes";
    match error {
        // As while an edge has the modem.
        NoAccess::NoSim => Line::warn(BEARER, error.to_string(), fix),
        NoAccess::Unknown => Line::fail(BEARER, error.to_string(), fix),
    }
}

fn lines(access: &Access, found: &Bearer) -> Vec<Line> {
    let name = access.interface.as_deref().unwrap_or("the system's route");
    let bearer = match (found.link, &found.own) {
        (Some(Link::Missing), _) => Line::fail(
            BEARER,
            format!("there is no interface {name}"),
            format!(
                "bring the carrier's data connection up{}, and set `interface` of [modem.mms] to its name, as `ip link` shows it",
                how(access)
            ),
        ),
        (Some(Link::Down), _) => Line::fail(
            BEARER,
            format!("{name} is down"),
            format!("bring the carrier's data connection up{}", how(access)),
        ),
        (_, Err(error @ BearerError::Interface(_))) => Line::fail(
            BEARER,
            log::chain(error),
            "give the edge CAP_NET_RAW, or a kernel from 5.7 on, which lets everybody bind a socket to an interface",
        ),
        (_, Err(error @ BearerError::Connect(_))) => Line::fail(
            BEARER,
            format!("{name} leads nowhere: {}", log::chain(error)),
            format!(
                "see with `ip address` that it has an address; if not, bring the connection up again{}",
                how(access)
            ),
        ),
        // The name of the server is the next line's.
        _ => Line::ok(BEARER, format!("{name} is up; {}", settings(access))),
    };
    let is_up = bearer.status == super::Status::Ok;
    let mut lines = vec![bearer];
    if is_up {
        lines.push(proxy(found));
    }
    lines
}

fn settings(access: &Access) -> String {
    match access.carrier {
        Some((name, true)) => format!("settings of {name}"),
        Some((name, false)) => {
            format!("settings of {name}, which this project has not tried on a SIM")
        }
        None => "settings of its own".to_owned(),
    }
}

/// How a data connection comes up.
fn how(access: &Access) -> String {
    let apn = access.apn.as_deref().unwrap_or("APN");
    format!(
        " (`nmcli connection add type gsm ifname '*' apn {apn}`, or `mmcli -m any --simple-connect=apn={apn}`, with ModemManager kept from the port that the edge has)"
    )
}

fn proxy(found: &Bearer) -> Line {
    let fix = "see that the APN is the one for multimedia messages and that the SIM's plan has them: a carrier's servers mostly answer over its own connection alone";
    match (&found.own, &found.connects) {
        (Err(error @ BearerError::Name(_)), _) => Line::fail(
            PROXY,
            format!("{}: {}", found.server, log::chain(error)),
            "set `dns` of [modem.mms] to the name servers of the carrier's connection, as `mmcli -b 0` or `resolvectl` shows them",
        ),
        (Err(error), _) | (_, Some(Err(error))) => Line::fail(
            PROXY,
            format!("{}: {}", found.server, log::chain(error)),
            fix,
        ),
        (Ok(_), _) => Line::ok(PROXY, format!("{} takes connections", found.server)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    async fn told(settings: &str, sim: Option<&str>) -> Vec<(&'static str, Status)> {
        let section: MmsSection = toml::from_str(settings).expect("a section");
        let mut lines = Vec::new();
        run(Some(&section), sim, &mut |line| lines.push(line)).await;
        for line in &lines {
            assert!(
                line.status == Status::Ok || !line.fix.is_empty(),
                "{line:?}"
            );
        }
        lines.iter().map(|line| (line.check, line.status)).collect()
    }

    #[tokio::test]
    async fn each_fault_has_its_line_and_its_fix() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let at = |port: u16, interface: &str| {
            format!(
                "interface = \"{interface}\"\nmmsc = \"http://mmsc.invalid/\"\nproxy = \"127.000.000.001:{port}\""
            )
        };
        let (ok, fail) = (Status::Ok, Status::Fail);
        assert_eq!(
            told(&at(port, "lo"), None).await,
            [(BEARER, ok), (PROXY, ok)]
        );
        assert_eq!(told(&at(port, "none0"), None).await, [(BEARER, fail)]);
        drop(listener);
        for nobody in [
            at(port, "lo"),
            "interface = \"lo\"\nmmsc = \"http://mmsc.invalid/\"\ndns = [\"127.0.0.1:1\"]".into(),
        ] {
            assert_eq!(told(&nobody, None).await, [(BEARER, ok), (PROXY, fail)]);
        }
        assert_eq!(told("", None).await, [(BEARER, Status::Warn)]);
        assert_eq!(told("", Some("001010")).await, [(BEARER, fail)]);
        // The modem's line tells of it.
        assert_eq!(told("interface = \"a/b\"", None).await, []);
        let mut lines = Vec::new();
        run(None, None, &mut |line| lines.push(line)).await;
        assert_eq!((lines.len(), lines[0].status), (1, ok));
    }
}
