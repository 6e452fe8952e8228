//! What one more report costs a hub that knows ten thousand, and one that knows ten million.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use spotlight_common::clock::ClockQuality;
use spotlight_common::ids::{Epoch, NodeId, Pseudonym, ReportId};
use spotlight_common::report::{Evidence, Kind, Minute, Report};
use spotlight_hub::store::reports::Reports;
use tempfile::TempDir;

use super::median;

const FEW: usize = 10_000;
const MANY: usize = 10_000_000;

/// So many reports fill the store in one commit.
const BULK: usize = 100_000;

/// Single reports and batches that are timed, on both in turn.
const TIMED: usize = 200;
const BATCH: usize = 100;

/// Prints the cost of a report alone and in a batch, with a short and with a long history.
pub fn figure() {
    let start = Instant::now();
    let (few, many) = (Known::filled(FEW), Known::filled(MANY));
    let filling = start.elapsed();
    let mut alone = [const { Vec::new() }; 2];
    let mut batched = [const { Vec::new() }; 2];
    for _ in 0..TIMED {
        for (n, known) in [&few, &many].into_iter().enumerate() {
            alone[n].push(known.take(1));
            batched[n].push(known.take(BATCH) / BATCH as f64);
        }
    }
    let [alone_few, alone_many] = alone.map(median);
    let [batched_few, batched_many] = batched.map(median);
    println!(
        "the hub's store, durable, {TIMED} turns: a report alone with {FEW} and {MANY} known: {alone_few:.0} and {alone_many:.0} us \
         ({:.2}); of {BATCH} together, each: {batched_few:.1} and {batched_many:.1} us ({:.2}); filled in {:.0} s",
        alone_many / alone_few,
        batched_many / batched_few,
        filling.as_secs_f64(),
    );
}

struct Known {
    reports: Reports,
    node: NodeId,
    _folder: TempDir,
}

impl Known {
    fn filled(count: usize) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let reports = Reports::open(folder.path()).expect("a new store");
        let node = NodeId([7; 32]);
        reports.add_node(&node, "bench").expect("a node is added");
        let known = Self {
            reports,
            node,
            _folder: folder,
        };
        // Of days ago: known, and nothing of them live.
        let old = Timestamp::now() - Duration::from_secs(5 * 24 * 3600);
        let mut left = count;
        while left > 0 {
            let batch = left.min(BULK);
            known.accept(batch, old);
            left -= batch;
        }
        known
    }

    fn accept(&self, count: usize, seen_at: Timestamp) {
        let report = |n: usize| Report {
            id: ReportId::random(),
            seen_at: Minute::of(seen_at),
            cell: "8929a1d6233ffff".parse().expect("a cell"),
            kind: Kind::Present,
            evidence: Evidence::Text,
            reporter: Pseudonym(n as u64),
            epoch: Epoch(1),
            clock: ClockQuality::Synced,
        };
        let batch: Vec<_> = (0..count).map(|n| (self.node, report(n))).collect();
        let accepted = self.reports.accept(&batch, Timestamp::now(), |_| true);
        accepted.expect("a batch is stored");
    }

    /// Microseconds.
    fn take(&self, count: usize) -> f64 {
        let start = Instant::now();
        self.accept(count, Timestamp::now());
        start.elapsed().as_secs_f64() * 1e6
    }
}
