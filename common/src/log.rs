//! Logs go to stderr, so that stdout stays for answers. Never a number, a text, a photo or a payload.

use tracing_subscriber::EnvFilter;

/// Starts logging at `info`, or as `SPOTLIGHT_LOG` says (for instance `debug` or `spotlight_edge=trace`).
pub fn start() {
    let filter = EnvFilter::try_from_env("SPOTLIGHT_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,rumqttd=off,tract=error"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

/// An error and its causes on one line, for the end of `main` and for log fields.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        next = cause.source();
    }
    line
}
