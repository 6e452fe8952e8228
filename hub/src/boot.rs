//! What may show after a boot.
//!
//! A machine without a clock of its own, such as a Raspberry Pi, goes on after a power cut from the time at which it was
//! switched off, until it hears network time. Until then what was seen hours ago would seem to be of now. So the reports
//! of an earlier boot are withheld while nothing says that the clock is right.
//!
//! # On disk
//! `boot` in the hub's data folder: the id that Linux gives each boot, then the bare ids of the withheld reports, one a line.
//! Whatever else is read there is another boot.

use std::collections::HashSet;
use std::path::Path;
use std::{fs, io};

use spotlight_common::clock::ClockQuality;

use crate::store::received::Received;

const FILE: &str = "boot";

/// This boot's id; empty where the system has none.
pub fn id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// Parts the live reports into those that may show and those that are withheld, and remembers which.
pub fn sort(
    folder: &Path,
    boot: &str,
    quality: ClockQuality,
    live: Vec<Received>,
) -> io::Result<(Vec<Received>, Vec<Received>)> {
    let path = folder.join(FILE);
    let before = fs::read_to_string(&path).unwrap_or_default();
    let mut lines = before.lines();
    let is_same = lines.next() == Some(boot);
    let withheld_before: HashSet<&str> = lines.collect();
    let may_show = |row: &Received| {
        let id = row.report.id.to_string();
        quality == ClockQuality::Synced || is_same && !withheld_before.contains(id.as_str())
    };
    let (shown, withheld): (Vec<_>, Vec<_>) = live.into_iter().partition(may_show);
    let ids = withheld
        .iter()
        .map(|row| format!("{}\n", row.report.id))
        .collect::<String>();
    fs::write(path, format!("{boot}\n{ids}"))?;
    if !withheld.is_empty() {
        tracing::warn!(
            reports = withheld.len(),
            "reports from before the boot show once systemd-timesyncd says that the clock is right"
        );
    }
    Ok((shown, withheld))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ClockQuality::{Synced, Unsure};
    use spotlight_common::cell::Cell;
    use spotlight_common::ids::{Epoch, NodeId, Pseudonym, ReportId};
    use spotlight_common::report::{Evidence, Kind, Minute, Report};

    fn row() -> Received {
        Received {
            node: NodeId([1; 32]),
            received_at: Minute(29_900_000),
            report: Report {
                id: ReportId::random(),
                seen_at: Minute(29_900_000),
                cell: Cell::at(34.0442, -118.2439, 9).expect("a cell"),
                kind: Kind::Present,
                evidence: Evidence::Text,
                reporter: Pseudonym(1),
                epoch: Epoch(1),
                clock: Synced,
            },
        }
    }

    #[test]
    fn what_an_earlier_boot_left_waits_for_a_clock_that_is_right() {
        let folder = tempfile::tempdir().expect("a folder");
        let (old, new) = (row(), row());
        let check = |boot: &str, quality, live: &[Received], shown: &[Received]| {
            let sorted = sort(folder.path(), boot, quality, live.to_vec()).expect("sorts");
            let withheld: Vec<_> = live.iter().filter(|row| !shown.contains(row)).collect();
            assert_eq!(sorted.0, shown, "{boot} {quality:?}");
            assert_eq!(sorted.1.iter().collect::<Vec<_>>(), withheld);
        };
        check("one", Unsure, &[], &[]);
        // A hub that only started anew, in the same boot.
        check("one", Unsure, &[old], &[old]);
        check("two", Unsure, &[old], &[]);
        // And again in that boot, which has brought a report of its own.
        check("two", Unsure, &[old, new], &[new]);
        check("two", Unsure, &[old, new], &[new]);
        check("two", Synced, &[old, new], &[old, new]);
        check("three", Synced, &[old, new], &[old, new]);
        fs::write(folder.path().join(FILE), "thr").expect("cut off");
        check("three", Unsure, &[old], &[]);
    }
}
