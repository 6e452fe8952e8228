//! The checks of what every node has.

use std::path::Path;

use spotlight_common::clock::ClockQuality;
use spotlight_common::config::Broker;
use spotlight_common::log;

use super::Line;
use crate::classify::ModelError;
use crate::config::Config;
use crate::link::{self, ProbeError};
use crate::outbox::{Month, OutboxError, Summary};

pub fn configuration(config: &Config) -> Line {
    let check = "configuration";
    if jiff::tz::TimeZone::get(&config.time_zone).is_err() {
        let fix = "set `time_zone` to a name as `timedatectl list-timezones` lists it";
        return Line::fail(check, format!("no time zone `{}`", config.time_zone), fix);
    }
    if let Err(error) = config.broker.check() {
        return Line::fail(check, error.to_string(), "correct `url` in [broker]");
    }
    let intakes = config.intakes();
    if intakes.is_empty() {
        let fix = "set `spool`, or add a section such as [smstools] or [gammu]";
        return Line::fail(check, "no intake: no message can arrive", fix);
    }
    let detail = format!(
        "network {}, intakes: {}",
        config.network,
        intakes.join(", ")
    );
    Line::ok(check, detail)
}

pub fn clock() -> Line {
    match ClockQuality::of_system() {
        ClockQuality::Synced => Line::ok("clock", "follows network time"),
        ClockQuality::Unsure => Line::warn(
            "clock",
            "nothing says that it follows network time; reports say so too",
            "run systemd-timesyncd: `timedatectl set-ntp true`",
        ),
    }
}

pub fn model(path: Option<&Path>) -> Line {
    let check = "model";
    match crate::classifier(path) {
        Ok(_) => Line::ok(check, "its hash is the manifest's, and it runs"),
        Err(error) => {
            let fix = match error.downcast_ref::<ModelError>() {
                Some(ModelError::Read { .. }) => "install the model, or name its folder in `model`",
                _ => "install the model and its manifest again, together",
            };
            Line::fail(check, log::chain(error.as_ref()), fix)
        }
    }
}

pub fn gazetteer(path: Option<&Path>) -> Line {
    let check = "gazetteer";
    match (crate::gazetteer(path), path) {
        (Ok(_), Some(path)) => Line::ok(check, format!("`{}`", path.display())),
        (Ok(_), None) => Line::ok(check, "the built-in Los Angeles"),
        (Err(error), _) => {
            let fix = "correct the file that `gazetteer` names, or remove the key";
            Line::fail(check, log::chain(error.as_ref()), fix)
        }
    }
}

pub fn outbox(data: &Path, looked: &Result<Option<Summary>, OutboxError>) -> Line {
    let check = "outbox";
    let summary = match looked {
        Ok(Some(summary)) => summary,
        Ok(None) => return absent(data),
        Err(error @ OutboxError::Changing(_)) => {
            return Line::warn(check, log::chain(error), "run it again");
        }
        Err(error) => {
            let fix =
                "restore `outbox.redb` from a backup, or move it away: its reports are lost then";
            return Line::fail(check, log::chain(error), fix);
        }
    };
    let (state, pending, removals) = (
        if summary.in_use {
            "in use by a running edge"
        } else {
            "opens"
        },
        summary.pending,
        summary.removals,
    );
    let refusals: Vec<_> = summary
        .refusals
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    let refused = match refusals.as_slice() {
        [] => "none refused".to_owned(),
        refusals => format!("refused by the hub: {}", refusals.join(", ")),
    };
    let detail =
        format!("{state}; {pending} without a receipt, {removals} removals open, {refused}");
    if refusals.is_empty() {
        Line::ok(check, detail)
    } else {
        let fix =
            "ask the hub's operator: `spotlight-hub node list` shows whether it knows this node";
        Line::warn(check, detail, fix)
    }
}

/// The answers of this month, and how many there may be.
pub fn answers(config: &Config, outbox: Option<&Summary>) -> Line {
    let check = "answers";
    let zone = jiff::tz::TimeZone::get(&config.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let month = Month::of(jiff::Timestamp::now().to_zoned_datetime(zone).date());
    let sent = match outbox.and_then(|summary| summary.answers) {
        Some((latest, count)) if latest >= month => count,
        _ => 0,
    };
    let Some(cap) = config.limits.answers_per_month else {
        return Line::ok(check, format!("{sent} this month, without a limit"));
    };
    let detail = format!("{sent} of {cap} this month");
    let fix = "raise `answers_per_month` in [limits] if the budget allows it; messages are still reported beyond it";
    if sent >= cap {
        Line::warn(check, format!("{detail}: nobody is answered"), fix)
    } else if sent >= cap - cap / 5 {
        Line::warn(check, format!("{detail}: it will not last"), fix)
    } else {
        Line::ok(check, detail)
    }
}

/// The edge makes its folder at its first start, if it may.
fn absent(data: &Path) -> Line {
    let parent = data.ancestors().find(|folder| folder.exists());
    match parent.map(super::folders::writable) {
        Some(Ok(())) => Line::ok("outbox", "none yet; the first start makes it"),
        Some(Err(error)) => Line::fail(
            "outbox",
            format!("cannot be made in `{}`: {error}", data.display()),
            "give the edge's user the folder that `data` names",
        ),
        None => Line::fail("outbox", "there is no folder for it", "correct `data`"),
    }
}

pub async fn broker(broker: &Broker) -> Line {
    let check = "broker";
    let place = format!("{}:{}", broker.url.host, broker.url.port);
    let fix = match link::probe(broker).await {
        Ok(()) => {
            let tls = if broker.url.tls {
                "with TLS"
            } else {
                "without TLS"
            };
            let login = match broker.user {
                Some(_) => "login accepted",
                None => "no login",
            };
            return Line::ok(check, format!("{place} answers, {tls}, {login}"));
        }
        Err(error) => {
            let fix = match &error {
                ProbeError::Link(_) => "correct the section [broker] and the files that it names",
                ProbeError::Refused(_) => {
                    "correct `user` and `password_file`, or let the node in at the broker"
                }
                ProbeError::Tls(_) => {
                    "check that `ca` is the authority of the broker's certificate, and its name the host's"
                }
                ProbeError::Away(_) => {
                    "start the broker, or correct `url`; open its port in the firewall"
                }
                ProbeError::Silent(_) => {
                    "check that `url` names an MQTT port, and `mqtts://` one with TLS"
                }
            };
            (log::chain(&error), fix)
        }
    };
    Line::fail(check, format!("{place}: {}", fix.0), fix.1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Status;
    use crate::outbox::{Inbox, Origin, Outbox, look};

    #[test]
    fn an_outbox_that_is_not_one_fails_and_one_that_is_not_there_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(
            outbox(folder.path(), &look(folder.path())).status,
            Status::Ok
        );
        let later = folder.path().join("not/yet");
        assert_eq!(outbox(&later, &look(&later)).status, Status::Ok);
        assert!(!folder.path().join("outbox.redb").exists());
        std::fs::write(folder.path().join("outbox.redb"), "no database").expect("written");
        assert_eq!(
            outbox(folder.path(), &look(folder.path())).status,
            Status::Fail
        );
    }

    #[tokio::test]
    async fn looking_into_an_open_outbox_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let opened = Outbox::open(folder.path()).expect("an outbox");
        let origin = Origin::new(Inbox::Gammu, &[7; 32], b"name");
        opened
            .commit(Vec::new(), vec![origin])
            .await
            .expect("committed");
        let line = outbox(folder.path(), &look(folder.path()));
        assert_eq!(line.status, Status::Ok, "{}", line.detail);
        assert!(
            line.detail.contains("in use by a running edge"),
            "{}",
            line.detail
        );
        assert!(line.detail.contains("1 removals open"), "{}", line.detail);
        drop(opened);
    }

    #[test]
    fn the_months_answers_are_held_against_their_limit() {
        let now = jiff::Timestamp::now().in_tz("America/Los_Angeles");
        let month = Month::of(now.expect("a time zone").date());
        let answers = |cap: Option<u64>, month: Month, count: u64| {
            let mut config: Config = toml::from_str(crate::config::DEFAULT).expect("it is valid");
            config.limits.answers_per_month = cap;
            let summary = Summary {
                in_use: false,
                pending: 0,
                refusals: Vec::new(),
                removals: 0,
                answers: Some((month, count)),
            };
            super::answers(&config, Some(&summary))
        };
        let before = Month(month.0 - 1);
        for (cap, month, count, status, said) in [
            (None, month, 7, Status::Ok, "7 this month"),
            (Some(10), month, 7, Status::Ok, "7 of 10"),
            (Some(10), month, 8, Status::Warn, "8 of 10"),
            (Some(10), month, 10, Status::Warn, "nobody is answered"),
            (Some(10), before, 10, Status::Ok, "0 of 10"),
        ] {
            let line = answers(cap, month, count);
            assert_eq!(line.status, status, "{}", line.detail);
            assert!(line.detail.contains(said), "{}", line.detail);
        }
    }

    #[test]
    fn a_wrong_gazetteer_and_a_missing_model_fail() {
        let nowhere = Path::new("/nonexistent");
        assert_eq!(gazetteer(Some(nowhere)).status, Status::Fail);
        assert_eq!(gazetteer(None).status, Status::Ok);
        assert_eq!(model(Some(nowhere)).status, Status::Fail);
    }

    #[tokio::test]
    async fn no_broker_fails() {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("loopback");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        assert_eq!(
            broker(&Broker::on_loopback(port)).await.status,
            Status::Fail
        );
    }
}
