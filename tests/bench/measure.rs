//! A program run to its end, watched.

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often its memory is looked at; the kernel keeps the peak.
const LOOK: Duration = Duration::from_millis(2);

/// Seconds, peak memory in MB, and what it prints.
pub fn run(mut command: Command) -> (f64, f64, String) {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kb = 0.0;
    while child.try_wait().expect("it runs").is_none() {
        let status = fs::read_to_string(&status).unwrap_or_default();
        // There is no such line once it has ended.
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        peak_kb = number
            .and_then(|number| number.parse().ok())
            .unwrap_or(peak_kb);
        thread::sleep(LOOK);
    }
    let seconds = start.elapsed().as_secs_f64();
    let output = child.wait_with_output().expect("it has ended");
    assert!(output.status.success(), "{command:?} ends well");
    let said = String::from_utf8(output.stdout).expect("it prints text");
    (seconds, peak_kb / 1000.0, said)
}
