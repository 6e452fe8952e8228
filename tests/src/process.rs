//! The built binaries as processes. Whatever a test starts ends with the test.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use crate::wait;

/// A running program; its stdout and stderr go to files of their own, which stay when it is gone.
pub struct Running {
    name: String,
    child: Child,
    out: PathBuf,
    err: PathBuf,
}

/// Where the binaries under test lie.
pub fn binary(name: &str) -> PathBuf {
    let folder = match std::env::var_os("SPOTLIGHT_BIN_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => {
            let own = std::env::current_exe().expect("a test knows its own file");
            let deps = own.parent().expect("a file lies in a folder");
            if deps.ends_with("deps") {
                deps.parent().unwrap_or(deps)
            } else {
                deps
            }
            .to_owned()
        }
    };
    let path = folder.join(name);
    assert!(
        path.exists(),
        "{} is not built: cargo build --release --workspace --all-targets --locked",
        path.display()
    );
    path
}

/// The repository's top folder.
pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the repository")
}

/// A command of a built binary. It runs in the repository, so that `models/` is found.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(binary(name));
    command.current_dir(top()).stdin(Stdio::null());
    command
}

/// Runs a built binary to its end.
pub fn output(name: &str, arguments: &[&str]) -> Output {
    command(name)
        .args(arguments)
        .output()
        .expect("a built binary starts")
}

/// Runs a program of the system to its end.
pub fn system(name: &str, arguments: &[&str]) -> Output {
    let output = Command::new(name).args(arguments).output();
    output.unwrap_or_else(|error| panic!("{name}: {error}; `tests/run` installs it"))
}

/// The ports of tests, below those that the system gives to outgoing connections: none of these takes one before it is
/// used, or while what listens there starts again.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// A port that nothing listens on, and that no other test of this process was given.
pub fn free_port() -> u16 {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id();
    let next = || {
        let n = first.wrapping_add(GIVEN.fetch_add(1, Ordering::Relaxed).into());
        PORTS.start + (n % PORTS.len() as u32) as u16
    };
    std::iter::repeat_with(next)
        .take(PORTS.len())
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("loopback has a free port")
}

impl Running {
    /// Starts a command; its output goes to new files `NAME.N.out` and `NAME.N.err` in `logs`.
    pub fn start(name: &str, mut command: Command, logs: &Path) -> Self {
        fs::create_dir_all(logs).expect("the log folder can be made");
        let free = (0..).find(|n| !logs.join(format!("{name}.{n}.err")).exists());
        let n = free.expect("the numbers do not end");
        let (out, err) = (
            logs.join(format!("{name}.{n}.out")),
            logs.join(format!("{name}.{n}.err")),
        );
        let child = command
            .stdin(Stdio::null())
            .stdout(File::create(&out).expect("a log can be made"))
            .stderr(File::create(&err).expect("a log can be made"))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        Self {
            name: name.to_owned(),
            child,
            out,
            err,
        }
    }

    /// The address that the first line of stdout names after `ready`.
    pub fn ready(&mut self) -> String {
        let what = format!("{} prints `ready URL`", self.name);
        wait::until(&what, wait::LONG, || {
            self.assert_alive();
            let out = self.stdout();
            let (line, _) = out.split_once('\n')?;
            let url = line
                .strip_prefix("ready ")
                .unwrap_or_else(|| panic!("first line: {line}"));
            Some(url.trim().to_owned())
        })
    }

    /// Panics with the end of its log if it has ended.
    pub fn assert_alive(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            panic!("{} ended with {status}:\n{}", self.name, self.stderr());
        }
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// All of its stdout so far.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.out).unwrap_or_default()).into_owned()
    }

    /// All of its stderr so far.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.err).unwrap_or_default()).into_owned()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no code of its own runs.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM, and how it ended and how long that took.
    pub fn terminate(mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        let sent = Command::new("kill")
            .args(["-TERM", &self.id().to_string()])
            .status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "{} takes a signal",
            self.name
        );
        let what = format!("{} ends after SIGTERM", self.name);
        let status = wait::until(&what, wait::LONG, || self.child.try_wait().ok().flatten());
        (status, start.elapsed())
    }

    /// Waits until it ends by itself.
    pub fn wait_for_end(mut self, at_most: Duration) -> ExitStatus {
        let what = format!("{} ends", self.name);
        wait::until(&what, at_most, || self.child.try_wait().ok().flatten())
    }

    /// Its memory in use, in kB.
    pub fn resident_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    fn end(&mut self) {
        // It may have ended already: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            eprintln!(
                "--- stderr of {} ---\n{}",
                self.name,
                last_lines(&self.stderr(), 40)
            );
        }
    }
}

fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
