//! Debian's mosquitto on loopback, with its persistence in a folder of the test's.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{Running, free_port};
use crate::wait;

/// A broker that can be killed and started again on the same port and files.
pub struct Mosquitto {
    /// Where it listens.
    pub port: u16,
    /// Its configuration and its database.
    pub folder: PathBuf,
    running: Option<Running>,
    logs: PathBuf,
}

impl Mosquitto {
    /// Starts one in a new folder.
    pub fn start(folder: &Path, logs: &Path) -> Self {
        let port = free_port();
        fs::create_dir_all(folder).expect("the broker's folder can be made");
        let configuration = format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {}/\n\
             autosave_interval 1\npersistent_client_expiration 1d\nmax_queued_messages 50000\nmax_inflight_messages 1000\nlog_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\nlog_type subscribe\nlog_type unsubscribe\n\
             user {}\n",
            folder.display(),
            user(),
        );
        fs::write(folder.join("mosquitto.conf"), configuration)
            .expect("a configuration can be written");
        let mut broker = Self {
            port,
            folder: folder.to_owned(),
            running: None,
            logs: logs.to_owned(),
        };
        broker.restart();
        broker
    }

    /// `mqtt://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// SIGTERM: it writes its database.
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.terminate();
        }
    }

    /// Starts it on what its folder holds.
    pub fn restart(&mut self) {
        let mut command = Command::new(program());
        command.arg("-c").arg(self.folder.join("mosquitto.conf"));
        let mut running = Running::start("mosquitto", command, &self.logs);
        wait::until_true("mosquitto listens", wait::LONG, || {
            running.assert_alive();
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        });
        self.running = Some(running);
    }
}

fn program() -> &'static str {
    let found = [
        "/usr/sbin/mosquitto",
        "/usr/bin/mosquitto",
        "/usr/local/sbin/mosquitto",
    ];
    let found = found.into_iter().find(|path| Path::new(path).exists());
    found.expect("mosquitto is not installed: apt-get install mosquitto")
}

/// Who we are: started by root, mosquitto would give up its rights and with them the test's folder.
fn user() -> String {
    let id = Command::new("id")
        .arg("-un")
        .output()
        .expect("id prints a name");
    String::from_utf8_lossy(&id.stdout).trim().to_owned()
}
