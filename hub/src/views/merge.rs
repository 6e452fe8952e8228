//! From reports to sightings: a pure function of the set of reports of one cell, whatever their order.
//!
//! A report's time is the earlier of its own and the hub's time of receipt, to the minute. A `gone` takes back what its
//! own reporter said up to that minute. Of the `present` that remain, the last run counts: those that end in the last one
//! without an hour between two. Two independent `gone` not before its end close the run; a lone `gone` of another is
//! shown beside it. Independent: same node, same epoch, different pseudonym; nothing else is.
//!
//! It takes n log n steps, for anyone may send a cell thousands of reports.

use std::collections::HashMap;

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::ids::{Epoch, NodeId, Pseudonym};
use spotlight_common::now::Level;
use spotlight_common::report::{Evidence, Kind, Minute};

use crate::store::received::{LIFE_MINUTES, Received};

/// What merging says of one cell; the label is added by the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merged {
    /// Where.
    pub cell: Cell,
    /// How much it rests on.
    pub level: Level,
    /// The run's first report.
    pub first_seen: Timestamp,
    /// Its last.
    pub last_seen: Timestamp,
    /// A lone other's `gone`.
    pub reported_gone: Option<Timestamp>,
    /// When it fades.
    pub fades_at: Timestamp,
}

/// What the reports of one cell say at an instant; `None` if nothing shows.
pub fn merge(reports: &[Received], at: Timestamp) -> Option<Merged> {
    let gones = || {
        reports
            .iter()
            .filter(|report| report.report.kind == Kind::Gone)
    };
    let mut last_gone: HashMap<Reporter, Minute> = HashMap::new();
    for gone in gones() {
        let last = last_gone.entry(reporter(gone)).or_insert(gone.time());
        *last = gone.time().max(*last);
    }
    let taken_back = |present: &Received| {
        last_gone
            .get(&reporter(present))
            .is_some_and(|gone| *gone >= present.time())
    };
    let mut run: Vec<_> = reports
        .iter()
        .filter(|report| report.report.kind == Kind::Present && !taken_back(report))
        .collect();
    run.sort_by_key(|present| std::cmp::Reverse(present.time()));
    let last = run.first()?.time();
    let mut earliest = last;
    run.retain(|present| {
        let in_run = earliest.0 - present.time().0 < LIFE_MINUTES;
        if in_run {
            earliest = present.time();
        }
        in_run
    });

    let fades_at = Minute(last.0.saturating_add(LIFE_MINUTES)).start();
    if fades_at <= at {
        return None;
    }
    let mut after: Vec<_> = gones().filter(|gone| gone.time() >= last).collect();
    after.sort_by_key(|gone| std::cmp::Reverse(gone.time()));
    if are_any_independent(&after, u32::MAX) {
        return None;
    }
    let corroborated = are_any_independent(&run, LIFE_MINUTES);
    let photo = run
        .iter()
        .any(|present| matches!(present.report.evidence, Evidence::Photo { .. }));
    Some(Merged {
        cell: run.first()?.report.cell,
        level: match (corroborated, photo) {
            (true, _) => Level::Corroborated,
            (false, true) => Level::Photo,
            (false, false) => Level::Unconfirmed,
        },
        first_seen: earliest.start(),
        last_seen: last.start(),
        reported_gone: after
            .iter()
            .map(|gone| gone.time())
            .max()
            .map(Minute::start),
        fades_at,
    })
}

type Reporter = (NodeId, Epoch, Pseudonym);

fn reporter(received: &Received) -> Reporter {
    (
        received.node,
        received.report.epoch,
        received.report.reporter,
    )
}

/// Whether two of the reports, in order of time, are independent and at most so many minutes apart. If any two of a node
/// and epoch are, then so are two that follow each other among those.
fn are_any_independent(reports: &[&Received], minutes: u32) -> bool {
    let mut before: HashMap<(NodeId, Epoch), (Pseudonym, Minute)> = HashMap::new();
    reports.iter().any(|report| {
        let (node, epoch, pseudonym) = reporter(report);
        let time = report.time();
        let last = before.insert((node, epoch), (pseudonym, time));
        last.is_some_and(|(other, then)| other != pseudonym && then.0.abs_diff(time.0) <= minutes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use spotlight_common::clock::ClockQuality;
    use spotlight_common::ids::ReportId;
    use spotlight_common::report::Report;

    const NOON: u32 = 29_900_000;

    /// `minute` counts from noon; `who` is a pseudonym; `P` present, `F` present with photo, `G` gone.
    fn said(what: char, who: u64, minute: u32) -> Received {
        Received {
            node: NodeId([1; 32]),
            received_at: Minute(NOON + minute),
            report: Report {
                id: ReportId::random(),
                seen_at: Minute(NOON + minute),
                cell: Cell::at(34.0442, -118.2439, 9).expect("a cell"),
                kind: if what == 'G' {
                    Kind::Gone
                } else {
                    Kind::Present
                },
                evidence: if what == 'F' {
                    Evidence::Photo { police: 97 }
                } else {
                    Evidence::Text
                },
                reporter: Pseudonym(who),
                epoch: Epoch(1),
                clock: ClockQuality::Synced,
            },
        }
    }

    /// Merges in every rotation and reversed, for the order must not matter.
    fn at(reports: &[Received], minute: u32) -> Option<Merged> {
        let time = Minute(NOON + minute).start();
        let merged = merge(reports, time);
        let mut turned = reports.to_vec();
        for _ in 0..reports.len() {
            turned.rotate_left(1);
            assert_eq!(merge(&turned, time), merged);
        }
        turned.reverse();
        assert_eq!(merge(&turned, time), merged);
        merged
    }

    fn level(reports: &[Received], minute: u32) -> Option<Level> {
        at(reports, minute).map(|merged| merged.level)
    }

    #[test]
    fn one_report_is_unconfirmed_until_the_second_it_fades() {
        let reports = [said('P', 1, 0)];
        assert_eq!(level(&reports, 0), Some(Level::Unconfirmed));
        assert_eq!(level(&reports, 59), Some(Level::Unconfirmed));
        assert_eq!(level(&reports, 60), None);
        assert_eq!(level(&[], 0), None);
    }

    #[test]
    fn a_photo_and_two_independent_senders_raise_the_level() {
        assert_eq!(level(&[said('F', 1, 0)], 1), Some(Level::Photo));
        assert_eq!(
            level(&[said('P', 1, 0), said('P', 1, 5)], 6),
            Some(Level::Unconfirmed)
        );
        assert_eq!(
            level(&[said('P', 1, 0), said('P', 2, 5)], 6),
            Some(Level::Corroborated)
        );
        assert_eq!(
            level(&[said('F', 1, 0), said('F', 1, 5)], 6),
            Some(Level::Photo)
        );
    }

    #[test]
    fn another_node_or_epoch_is_not_independent() {
        let mut other_node = said('P', 2, 5);
        other_node.node = NodeId([2; 32]);
        let mut other_epoch = said('P', 2, 5);
        other_epoch.report.epoch = Epoch(2);
        assert_eq!(
            level(&[said('P', 1, 0), other_node], 6),
            Some(Level::Unconfirmed)
        );
        assert_eq!(
            level(&[said('P', 1, 0), other_epoch], 6),
            Some(Level::Unconfirmed)
        );
    }

    #[test]
    fn gone_takes_back_ones_own_report_and_only_notes_anothers() {
        assert_eq!(level(&[said('P', 1, 0), said('G', 1, 3)], 4), None);
        assert_eq!(
            level(&[said('P', 1, 5), said('G', 1, 3)], 6),
            Some(Level::Unconfirmed)
        );
        let noted = at(&[said('P', 1, 0), said('G', 2, 3)], 4).expect("shows");
        assert_eq!(noted.reported_gone, Some(Minute(NOON + 3).start()));
        let both = [said('P', 1, 0), said('P', 2, 1), said('G', 1, 3)];
        assert_eq!(level(&both, 4), Some(Level::Unconfirmed));
    }

    #[test]
    fn two_independent_gone_end_it_and_a_later_report_begins_anew() {
        let ended = [said('P', 1, 0), said('G', 2, 3), said('G', 3, 4)];
        assert_eq!(level(&ended, 5), None);
        let again = [
            said('P', 1, 0),
            said('G', 2, 3),
            said('G', 3, 4),
            said('P', 4, 6),
        ];
        assert!(at(&again, 7).is_some());
        assert_eq!(
            level(&[said('P', 1, 0), said('G', 2, 3), said('G', 2, 4)], 5),
            Some(Level::Unconfirmed)
        );
    }

    #[test]
    fn a_run_ends_where_it_had_faded() {
        let reports = [said('F', 1, 0), said('P', 2, 70)];
        let merged = at(&reports, 71).expect("shows");
        assert_eq!(merged.level, Level::Unconfirmed);
        assert_eq!(merged.first_seen, Minute(NOON + 70).start());
    }

    #[test]
    fn a_clock_that_runs_ahead_gains_no_time() {
        let mut report = said('P', 1, 0);
        report.report.seen_at = Minute(NOON + 500);
        assert_eq!(
            at(&[report], 1).expect("shows").fades_at,
            Minute(NOON + 60).start()
        );
    }

    /// The definition, pair by pair.
    fn by_definition(reports: &[Received], at: Timestamp) -> Option<Merged> {
        let of = |kind| reports.iter().filter(move |r| r.report.kind == kind);
        let are_independent = |one: &Received, other: &Received| {
            let (a, b) = (reporter(one), reporter(other));
            (a.0, a.1) == (b.0, b.1) && a.2 != b.2
        };
        let is_taken_back = |present: &Received| {
            of(Kind::Gone)
                .any(|gone| reporter(gone) == reporter(present) && gone.time() >= present.time())
        };
        let kept: Vec<_> = of(Kind::Present).filter(|p| !is_taken_back(p)).collect();
        let last = kept.iter().map(|present| present.time()).max()?;
        let mut first = last;
        while let Some(earlier) = kept
            .iter()
            .map(|present| present.time())
            .find(|time| *time < first && first.0 - time.0 < LIFE_MINUTES)
        {
            first = earlier;
        }
        let run: Vec<_> = kept.iter().filter(|p| p.time() >= first).collect();
        let fades_at = Minute(last.0 + LIFE_MINUTES).start();
        let after: Vec<_> = of(Kind::Gone).filter(|gone| gone.time() >= last).collect();
        let ended = after
            .iter()
            .any(|one| after.iter().any(|other| are_independent(one, other)));
        if fades_at <= at || ended {
            return None;
        }
        let corroborated = run.iter().any(|one| {
            run.iter().any(|other| {
                let apart = one.time().0.abs_diff(other.time().0);
                are_independent(one, other) && apart <= LIFE_MINUTES
            })
        });
        let photo = run
            .iter()
            .any(|present| matches!(present.report.evidence, Evidence::Photo { .. }));
        let level = match (corroborated, photo) {
            (true, _) => Level::Corroborated,
            (false, true) => Level::Photo,
            (false, false) => Level::Unconfirmed,
        };
        Some(Merged {
            cell: reports[0].report.cell,
            level,
            first_seen: first.start(),
            last_seen: last.start(),
            reported_gone: after.iter().map(|gone| gone.time().start()).max(),
            fades_at,
        })
    }

    #[test]
    fn any_set_merges_as_the_definition_says_in_any_order() {
        let mut state: u64 = 0x5eed;
        let mut below = |end: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % end
        };
        let mut shown = [0; 4];
        for _ in 0..20_000 {
            let minutes = 1 + below(150);
            let mut reports: Vec<Received> = (0..1 + below(9))
                .map(|_| {
                    let what = ['P', 'P', 'F', 'G', 'P'][below(5) as usize];
                    let mut report = said(what, below(4), below(minutes) as u32);
                    report.node = NodeId([below(2) as u8; 32]);
                    report.report.epoch = Epoch(below(2));
                    report
                })
                .collect();
            let time = Minute(NOON + below(200) as u32).start();
            let expected = by_definition(&reports, time);
            for _ in 0..3 {
                assert_eq!(merge(&reports, time), expected, "{reports:?} at {time}");
                let (one, other) = (below(reports.len() as u64), below(reports.len() as u64));
                reports.swap(one as usize, other as usize);
            }
            shown[expected.map_or(3, |merged| merged.level as usize)] += 1;
        }
        assert!(shown.iter().all(|sets| *sets > 500), "{shown:?}");
    }
}
