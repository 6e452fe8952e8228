//! A text at a modem to the event at an open viewer, at the pace of a serial line and as fast as the pipe goes.

use std::time::Instant;

use spotlight_tests::modem::{Options, Simulator};
use spotlight_tests::world::{Apart, number, texts_all_over};
use spotlight_tests::{http as client, sms, wait};

use crate::{LIMIT, milliseconds};

/// Texts, one after the other.
const TEXTS: usize = 50;

/// From the network's hand-over to the last byte of the event; the edge is told of each, reads it from the SIM, commits,
/// publishes, answers by the modem and clears the slot.
pub fn figure() {
    for (name, baud) in [("115200 baud", Some(115_200)), ("full speed", None)] {
        let mut apart = Apart::prepare();
        let options = Options {
            baud,
            ..Options::default()
        };
        let modem = Simulator::start(options, &apart.folder().join("dev")).expect("a modem");
        apart.configure_edge(&format!("[modem]\nport = {:?}\n", modem.device()));
        apart.add_node();
        apart.start_hub();
        let start = Instant::now();
        apart.start_edge();
        let edge = apart.edge.as_ref().expect("it was just started");
        let text = |from: usize, text: &str| {
            modem
                .deliver(&sms::deliver(&number(from), text)[0])
                .expect("a PDU");
        };
        let viewer = client::Viewer::open(&apart.map.url);
        let texts = texts_all_over(TEXTS + 1);
        // The modem is set up before the first is read.
        text(TEXTS, &texts[TEXTS].0);
        let cell = &texts[TEXTS].1;
        let event = viewer.wait_for("the first event", LIMIT, |event| event.data.contains(cell));
        let first = event.at - start;
        let mut took = Vec::new();
        for (n, (said, cell)) in texts[..TEXTS].iter().enumerate() {
            // A text on a line that is busy with the last one's answer is the next one's wait.
            wait::until_true("the last one is done with", LIMIT, || {
                modem.is_empty() && modem.sent().len() == n + 1
            });
            let start = Instant::now();
            text(n, said);
            let event =
                viewer.wait_for("the text's event", LIMIT, |event| event.data.contains(cell));
            took.push(event.at - start);
        }
        took.sort_unstable();
        println!(
            "`spotlight-edge run`, text at the modem to event at viewer, {name}, {TEXTS} texts one by one: p50 {:.1} ms, p99 {:.1} ms; \
             start to the first text's event {:.1} s; resident {:.1} MB",
            milliseconds(took[TEXTS / 2]),
            milliseconds(took[TEXTS * 99 / 100]),
            first.as_secs_f64(),
            edge.resident_kb() as f64 / 1000.0,
        );
        drop(viewer);
        apart.stop();
    }
}
