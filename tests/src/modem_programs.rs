//! Debian's own programs for modems, on the modem simulator: smstools3's `smsd`, gammu's and ModemManager.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;

use crate::daemons::{self, program};
use crate::modem::Simulator;
use crate::process::Running;
use crate::wait;

/// smstools3's daemon on a modem.
pub struct Smsd(daemons::Smsd);

impl Smsd {
    /// Starts it. It reads the modem's own storage, keeps parts apart, and sends what lies in `folder/outgoing`.
    pub fn start(simulator: &Simulator, folder: &Path, logs: &Path) -> Self {
        let modem = format!(
            "device = {}\nbaudrate = 115200\n",
            simulator.device().display()
        );
        Self(daemons::Smsd::start(
            folder,
            logs,
            "internal_combine = no\n",
            &modem,
        ))
    }

    /// Lets it send a text.
    pub fn send(&self, name: &str, number: &str, text: &str) {
        let part = self.0.folder().join(name);
        let to = number.trim_start_matches('+');
        fs::write(&part, format!("To: {to}\n\n{text}\n")).expect("a file can be written");
        fs::rename(part, self.0.folder().join("outgoing").join(name)).expect("a file can be moved");
    }

    /// What it received.
    pub fn incoming(&self) -> Vec<String> {
        self.0.incoming()
    }

    /// SIGTERM.
    pub fn stop(self) {
        self.0.stop();
    }
}

/// gammu's daemon on a modem.
pub struct Gammu(daemons::Gammu);

impl Gammu {
    /// Starts it. It reads the modem's own storage, and sends what lies in `folder/outbox`.
    pub fn start(simulator: &Simulator, folder: &Path, logs: &Path) -> Self {
        let device = simulator.device().display();
        let phone = format!("device = {device}\nconnection = at115200\n");
        Self(daemons::Gammu::start(folder, logs, &phone, "unicode"))
    }

    /// Lets it send a text.
    pub fn send(&self, number: &str, text: &str) {
        let part = self.0.folder().join("part");
        fs::write(&part, text).expect("a file can be written");
        let name = format!("OUT{number}.txt");
        fs::rename(part, self.0.folder().join("outbox").join(name)).expect("a file can be moved");
    }

    /// What it received, a file a part.
    pub fn inbox(&self) -> Vec<String> {
        self.0.inbox()
    }

    /// SIGTERM.
    pub fn stop(self) {
        self.0.stop();
    }
}

/// ModemManager on a D-Bus of its own.
///
/// It takes a modem without a device of the kernel's, which a PTY is, only as a Unix socket; a thread carries the bytes
/// between that and the port.
pub struct ModemManager {
    // Dropped in this order.
    daemon: Running,
    _bus: Running,
    _bridge: Bridge,
    address: String,
}

const NAME: &str = "org.freedesktop.ModemManager1";

impl ModemManager {
    /// Starts it and waits until it has found the modem.
    pub fn start(simulator: &Simulator, folder: &Path, logs: &Path) -> Self {
        let socket = folder.join("modem.socket");
        let bridge = Bridge::start(&socket, simulator.device()).expect("a socket can be made");
        let address = format!("unix:path={}", folder.join("bus").display());
        let mut bus = Command::new(program("dbus-daemon", "dbus-daemon"));
        bus.args([
            "--session",
            "--nofork",
            "--nopidfile",
            "--address",
            &address,
        ]);
        let bus = Running::start("dbus-daemon", bus, logs);
        wait::until_true("the bus listens", wait::LONG, || {
            folder.join("bus").exists()
        });
        let mut daemon = Command::new(program("ModemManager", "modemmanager"));
        let session = [
            "--test-session",
            "--test-enable",
            "--test-no-udev",
            "--no-auto-scan",
        ];
        let alone = ["--test-no-suspend-resume", "--test-no-qrtr", "--debug"];
        daemon
            .args(session)
            .args(alone)
            .env("DBUS_SESSION_BUS_ADDRESS", &address)
            // What would ask somebody's desktop for permission.
            .env("DBUS_SYSTEM_BUS_ADDRESS", &address);
        let daemon = Running::start("ModemManager", daemon, logs);
        let manager = Self {
            daemon,
            _bus: bus,
            _bridge: bridge,
            address,
        };
        wait::until_true("ModemManager takes the modem", wait::LONG, || {
            let mut command = Command::new(program("dbus-send", "dbus-daemon"));
            command
                .arg(format!("--bus={}", manager.address))
                .args(["--print-reply", "--type=method_call"])
                .arg(format!("--dest={NAME}"))
                .arg("/org/freedesktop/ModemManager1")
                .arg(format!("{NAME}.Test.SetProfile"))
                .args(["string:simulator", "string:generic"])
                .arg(format!("array:string:{}", socket.display()));
            let output = command.output();
            output.is_ok_and(|output| output.status.success())
        });
        wait::until_true("ModemManager knows the modem", wait::LONG, || {
            manager.ask(&["-m", "any"])["modem"]["generic"]["state"] == "disabled"
        });
        manager
    }

    /// Switches the modem on: its messages are listed and new ones noticed.
    pub fn enable(&self) {
        self.tell(&["-m", "any", "--enable"]);
        wait::until_true("the modem is registered", wait::LONG, || {
            self.ask(&["-m", "any"])["modem"]["generic"]["state"] == "registered"
        });
    }

    /// The state and text of each message that it received, and the path that it has on the bus.
    pub fn messages(&self) -> Vec<(String, String, String)> {
        let list = self.ask(&["-m", "any", "--messaging-list-sms"]);
        let paths = list["modem.messaging.sms"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let paths = paths.iter().filter_map(|path| path.as_str());
        paths
            .map(|path| {
                let sms = &self.ask(&["-s", path])["sms"];
                let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let state = word(&sms["properties"]["state"]);
                (state, word(&sms["content"]["text"]), path.to_owned())
            })
            .collect()
    }

    /// Deletes a message.
    pub fn delete(&self, path: &str) {
        self.tell(&["-m", "any", &format!("--messaging-delete-sms={path}")]);
    }

    /// Sends a text.
    pub fn send(&self, number: &str, text: &str) {
        let wanted = format!("--messaging-create-sms=number='{number}',text='{text}'");
        let said = self.tell(&["-m", "any", &wanted]);
        let path = said.split_whitespace().find(|word| word.contains("/SMS/"));
        self.tell(&["-s", path.expect("the new message's path"), "--send"]);
    }

    /// SIGTERM: it switches the modem off first.
    pub fn stop(self) {
        self.daemon.terminate();
    }

    fn mmcli(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program("mmcli", "modemmanager"));
        command
            .args(arguments)
            .env("DBUS_SYSTEM_BUS_ADDRESS", &self.address);
        command
    }

    fn tell(&self, arguments: &[&str]) -> String {
        let output = self.mmcli(arguments).output().expect("mmcli starts");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "mmcli {arguments:?}: {error}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn ask(&self, arguments: &[&str]) -> Value {
        let output = self
            .mmcli(arguments)
            .arg("-J")
            .output()
            .expect("mmcli starts");
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }
}

/// A socket whose every client is one of the port's.
struct Bridge {
    socket: PathBuf,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Bridge {
    fn start(socket: &Path, device: &Path) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        let stopped = Arc::new(AtomicBool::new(false));
        let (theirs, device) = (stopped.clone(), device.to_owned());
        let thread = std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if theirs.load(Ordering::SeqCst) {
                    return;
                }
                let port = OpenOptions::new().read(true).write(true).open(&device);
                if let Ok(port) = port {
                    // Either end's end is the other's.
                    let _ = carry(client, port);
                }
            }
        });
        Ok(Self {
            socket: socket.to_owned(),
            stopped,
            thread: Some(thread),
        })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Ends the wait for the next client.
        let _ = UnixStream::connect(&self.socket);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn carry(mut client: UnixStream, mut port: File) -> io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(client.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(port.as_fd(), PollFlags::IN),
        ];
        poll(&mut fds, None)?;
        let ready = [0, 1].map(|n| !fds[n].revents().is_empty());
        if ready[0] {
            match client.read(&mut bytes)? {
                0 => return Ok(()),
                count => port.write_all(&bytes[..count])?,
            }
        }
        if ready[1] {
            match port.read(&mut bytes)? {
                0 => return Ok(()),
                count => client.write_all(&bytes[..count])?,
            }
        }
    }
}
