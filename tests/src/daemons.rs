//! Debian's `smsd` and `gammu-smsd` as processes: their folders, their configuration and their end. What their modem is, says
//! who starts them.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Running;
use crate::spool::names;

/// smstools3's daemon.
pub struct Smsd {
    folder: PathBuf,
    running: Option<Running>,
    /// Its process group: it starts a process for each modem.
    group: u32,
}

impl Smsd {
    /// Starts it on its folders in `folder`. `settings` are more of its own, `modem` those of its only modem.
    pub fn start(folder: &Path, logs: &Path, settings: &str, modem: &str) -> Self {
        for name in ["incoming", "outgoing", "checked", "failed", "sent"] {
            fs::create_dir_all(folder.join(name)).expect("a folder can be made");
        }
        let path = |name: &str| folder.join(name).display().to_string();
        let configuration = format!(
            "devices = GSM1\nlogfile = {}\nloglevel = 6\nincoming = {}\noutgoing = {}\nchecked = {}\nfailed = {}\n\
             sent = {}\npidfile = {}\ninfofile = {}\nstats =\ndelaytime = 1\ndelaytime_mainprocess = 1\n\
             {settings}[GSM1]\nincoming = yes\n{modem}",
            path("smsd.log"),
            path("incoming"),
            path("outgoing"),
            path("checked"),
            path("failed"),
            path("sent"),
            path("smsd.pid"),
            path("smsd.working"),
        );
        fs::write(folder.join("smsd.conf"), configuration).expect("a configuration");
        let mut command = Command::new(program("smsd", "smstools"));
        command
            .arg("-t")
            .arg(format!("-c{}", folder.join("smsd.conf").display()))
            .process_group(0);
        let running = Running::start("smsd", command, logs);
        Self {
            folder: folder.to_owned(),
            group: running.id(),
            running: Some(running),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fails the test if it has ended.
    pub fn assert_alive(&mut self) {
        if let Some(running) = &mut self.running {
            running.assert_alive();
        }
    }

    /// What lies in `incoming`.
    pub fn incoming(&self) -> Vec<String> {
        names(&self.folder.join("incoming"))
    }

    /// SIGTERM: it ends when its modem's process does.
    pub fn stop(mut self) {
        if let Some(running) = self.running.take() {
            running.terminate();
        }
    }
}

impl Drop for Smsd {
    fn drop(&mut self) {
        // Where it ended in order there is nobody left in its group.
        let _ = Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", self.group)])
            .stderr(Stdio::null())
            .status();
    }
}

/// gammu's daemon.
pub struct Gammu {
    folder: PathBuf,
    running: Running,
}

impl Gammu {
    /// Starts it on its folders in `folder`. `phone` are the settings of its phone, `format` is its `InboxFormat`.
    pub fn start(folder: &Path, logs: &Path, phone: &str, format: &str) -> Self {
        for name in ["inbox", "outbox", "sent", "error"] {
            fs::create_dir_all(folder.join(name)).expect("a folder can be made");
        }
        let path = |name: &str| folder.join(name).display().to_string();
        let configuration = format!(
            "[gammu]\n{phone}[smsd]\nservice = files\ninboxpath = {}/\noutboxpath = {}/\nsentsmspath = {}/\n\
             errorsmspath = {}/\ninboxformat = {format}\nlogfile = {}\ndebuglevel = 1\ncommtimeout = 1\n\
             receivefrequency = 1\n",
            path("inbox"),
            path("outbox"),
            path("sent"),
            path("error"),
            path("smsd.log"),
        );
        fs::write(folder.join("smsdrc"), configuration).expect("a configuration");
        let mut command = Command::new(program("gammu-smsd", "gammu-smsd"));
        command.arg("-c").arg(folder.join("smsdrc"));
        Self {
            folder: folder.to_owned(),
            running: Running::start("gammu-smsd", command, logs),
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Fails the test if it has ended.
    pub fn assert_alive(&mut self) {
        self.running.assert_alive();
    }

    /// What lies in the inbox, a file a part.
    pub fn inbox(&self) -> Vec<String> {
        names(&self.folder.join("inbox"))
    }

    /// SIGTERM.
    pub fn stop(self) {
        self.running.terminate();
    }
}

/// Where Debian has a program, and which package to install where it has not.
pub fn program(name: &str, package: &str) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/bin"].map(|folder| Path::new(folder).join(name));
    let found = folders.into_iter().find(|path| path.exists());
    found.unwrap_or_else(|| panic!("{name} is not installed: apt-get install {package}"))
}
