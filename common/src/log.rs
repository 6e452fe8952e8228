//! Logs go to stderr, so that stdout stays for answers. Never a number, a text, a photo or a payload.

use tracing_subscriber::EnvFilter;

/// What traces the names of files, which in the folders of other programs hold numbers.
const TRACES_NAMES: [&str; 2] = ["notify=info", "notify::inotify=info"];

/// Starts logging at `info`, or as `SPOTLIGHT_LOG` says (for instance `debug` or `spotlight_edge=trace`).
pub fn start() {
    let wanted = std::env::var("SPOTLIGHT_LOG").ok();
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter(wanted.as_deref()))
        .with_writer(std::io::stderr)
        .with_target(false)
        .try_init();
}

fn filter(wanted: Option<&str>) -> EnvFilter {
    let wanted = wanted.and_then(|wanted| EnvFilter::try_new(wanted).ok());
    let usual = || EnvFilter::new("info,rumqttd=off,tract=error");
    let silent = TRACES_NAMES.map(|silent| silent.parse().expect("a directive"));
    silent
        .into_iter()
        .fold(wanted.unwrap_or_else(usual), EnvFilter::add_directive)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wish_makes_names_of_files_traced() {
        for wanted in [None, Some("trace"), Some("notify=trace"), Some("=,=")] {
            let filter = filter(wanted).to_string();
            for silent in TRACES_NAMES {
                assert!(filter.contains(silent), "{filter}");
            }
            assert!(!filter.contains("notify=trace"), "{filter}");
        }
        let inotify = filter(Some("notify::inotify=trace")).to_string();
        assert!(!inotify.contains("trace"), "{inotify}");
    }
}
