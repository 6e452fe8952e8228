//! `spotlight-edge doctor`: what of this node works, and what to do where it does not.
//!
//! One check, one line. A check changes nothing that it looks at and may be run while the edge runs. No line holds a secret,
//! a number or a name of a file that may hold one.

mod checks;
mod folders;
mod hooks;
mod mms;
mod modem;
mod providers;

use std::path::Path;

use serde::Serialize;
use spotlight_common::config;
use spotlight_common::log;

use crate::config::Config;
use crate::outbox;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All is well.
    Ok,
    /// It works, but somebody should look.
    Warn,
    /// It does not work.
    Fail,
}

/// One line: `{"check","status","detail","fix"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What was looked at.
    pub check: &'static str,
    /// How that ended.
    pub status: Status,
    /// What was seen.
    pub detail: String,
    /// What to do; empty where nothing is to be done.
    pub fix: String,
}

impl Line {
    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Ok,
            detail: detail.into(),
            fix: String::new(),
        }
    }

    fn warn(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            check,
            status: Status::Warn,
            detail: detail.into(),
            fix: fix.into(),
        }
    }

    fn fail(check: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            status: Status::Fail,
            ..Self::warn(check, detail, fix)
        }
    }

    /// As a person reads it.
    pub fn text(&self) -> String {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        let line = format!("{status:<4}  {:<13}  {}", self.check, self.detail);
        if self.fix.is_empty() {
            line
        } else {
            format!("{line}. Fix: {}", self.fix)
        }
    }
}

/// Checks the node of a configuration file, in the order in which a message meets the parts; `print` gets each line as soon
/// as it is known. With a number the modem sends it a text. Returns the worst.
pub async fn run(path: &Path, text_to: Option<&str>, mut print: impl FnMut(&Line)) -> Status {
    let mut worst = Status::Ok;
    let mut say = |line: Line| {
        worst = worst.max(line.status);
        print(&line);
    };
    let config: Config = match config::load(path) {
        Ok(config) => config,
        Err(error) => {
            let fix = "see `spotlight-edge config` for a commented file";
            say(Line::fail("configuration", log::chain(&error), fix));
            return worst;
        }
    };
    say(checks::configuration(&config));
    say(checks::clock());
    if let Some(spool) = &config.spool {
        say(folders::spool(spool));
    }
    if let Some(section) = &config.smstools {
        say(folders::pair(
            "smstools",
            &section.incoming,
            &section.outgoing,
        ));
    }
    if let Some(section) = &config.gammu {
        say(folders::pair("gammu", &section.inbox, &section.outbox));
    }
    if let Some(section) = &config.modem {
        modem::run(section, text_to, &mut say).await;
    } else if text_to.is_some() {
        let fix = "give the configuration a section [modem]";
        say(Line::fail("test text", "there is no modem to send it", fix));
    }
    hooks::run(&config, &mut say).await;
    providers::run(&config, &mut say).await;
    say(checks::model(config.model.as_deref()));
    say(checks::gazetteer(config.gazetteer.as_deref()));
    let outbox = outbox::look(&config.data);
    say(checks::outbox(&config.data, &outbox));
    if let Ok(summary) = &outbox {
        say(checks::answers(&config, summary.as_ref()));
    }
    say(checks::broker(&config.broker).await);
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_fix() {
        let line = Line::fail("broker", "no connection", "start it");
        assert_eq!(
            line.text(),
            "FAIL  broker         no connection. Fix: start it"
        );
        assert_eq!(
            serde_json::to_string(&Line::ok("clock", "synced")).expect("JSON"),
            r#"{"check":"clock","status":"ok","detail":"synced","fix":""}"#
        );
    }

    #[test]
    fn the_worst_counts() {
        assert!(Status::Fail > Status::Warn && Status::Warn > Status::Ok);
    }

    #[tokio::test]
    async fn a_file_that_is_no_configuration_is_one_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("edge.toml");
        std::fs::write(&path, "network = 2135550100\n").expect("written");
        for path in [path, folder.path().join("missing.toml")] {
            let mut lines = Vec::new();
            let worst = run(&path, None, |line| lines.push(line.clone())).await;
            assert_eq!((worst, lines.len()), (Status::Fail, 1));
            assert_eq!(lines[0].check, "configuration");
            assert!(
                !lines[0].text().contains("2135550100"),
                "{}",
                lines[0].text()
            );
        }
    }
}
