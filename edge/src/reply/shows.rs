//! What is said of a place now, from the hub's signed `now`. Only computes.
//!
//! Silence is not safety: without a fresh `now`, with a clock that may be wrong, outside the coverage, while no node is
//! up and where `now` could not hold everything, silence is "no data".

use jiff::{SignedDuration, Timestamp};
use spotlight_common::clock::ClockQuality;
use spotlight_common::gazetteer::{Gazetteer, Place, metres};
use spotlight_common::now::{Level, Now};

/// A `now` that is older says nothing of the present.
pub const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// So far ahead of ours the hub's clock may be; more, and one of them is wrong.
const AHEAD: SignedDuration = SignedDuration::from_mins(2);

/// What is asked for lies this near to a cell's edge, in metres.
const NEAR: f64 = 1_000.0;

/// What shows near a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// Nobody can say.
    NoData,
    /// No sighting, which means little.
    Nothing,
    /// Nearest first.
    Seen(Vec<Sight>),
}

/// A sighting, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// The gazetteer's words for its cell.
    pub label: String,
    /// The last report of police being present.
    pub last_seen: Timestamp,
    /// How sure.
    pub level: Level,
    /// A lone other said that they left.
    pub reported_gone: bool,
}

/// What shows near a place at an instant.
pub fn near(
    now: Option<&Now>,
    place: &Place,
    gazetteer: &Gazetteer,
    at: Timestamp,
    clock: ClockQuality,
) -> Shows {
    let Some(now) = now.filter(|now| clock == ClockQuality::Synced && is_fresh(now, at)) else {
        return Shows::NoData;
    };
    let mut sights: Vec<_> = now
        .sightings
        .iter()
        .filter(|sighting| sighting.fades_at.start() > at)
        .map(|sighting| {
            (
                metres((place.lat, place.lon), sighting.cell.center()),
                sighting,
            )
        })
        .filter(|(distance, sighting)| *distance <= NEAR + radius(sighting.cell.resolution()))
        .collect();
    sights.sort_by(|one, other| one.0.total_cmp(&other.0));
    if !sights.is_empty() {
        let seen = sights.into_iter().map(|(_, sighting)| Sight {
            label: gazetteer.cell_label(sighting.cell),
            last_seen: sighting.last_seen.start(),
            level: sighting.level,
            reported_gone: sighting.reported_gone.is_some(),
        });
        Shows::Seen(seen.collect())
    } else if now.complete && now.node_online && now.covers(place.lat, place.lon) {
        Shows::Nothing
    } else {
        Shows::NoData
    }
}

fn is_fresh(now: &Now, at: Timestamp) -> bool {
    let age = SignedDuration::from_secs(at.as_second().saturating_sub(now.written_at));
    (-AHEAD..=FRESH).contains(&age)
}

/// From a cell's middle to its corners, in metres, on average.
/// Source: <https://h3geo.org/docs/core-library/restable>, edge lengths.
fn radius(resolution: u8) -> f64 {
    match resolution {
        9.. => 201.0,
        8 => 531.0,
        _ => 1_406.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spotlight_common::now::{CurrentSighting, Outline};
    use spotlight_common::report::Minute;

    const AT: i64 = 1_795_562_400;

    fn place(text: &str) -> Place {
        Gazetteer::los_angeles().find(text).expect("a place")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(AT + second).expect("a time")
    }

    fn now() -> Now {
        Now {
            written_at: AT,
            node_online: true,
            coverage: vec![Outline::new(&[
                (34.03, -118.26),
                (34.06, -118.26),
                (34.06, -118.22),
                (34.03, -118.22),
            ])],
            complete: true,
            sightings: vec![CurrentSighting {
                cell: place("5th & San Pedro").cell,
                level: Level::Photo,
                last_seen: Minute::of(at(-1200)),
                reported_gone: None,
                fades_at: Minute::of(at(2400)),
            }],
        }
    }

    #[test]
    fn silence_is_called_no_data_unless_all_is_known() {
        let gazetteer = Gazetteer::los_angeles();
        let check = |change: &dyn Fn(&mut Now), asked: &str, second: i64, clock, expected: &str| {
            let mut now = now();
            change(&mut now);
            let shows = near(Some(&now), &place(asked), &gazetteer, at(second), clock);
            let said = match shows {
                Shows::NoData => "no data".to_owned(),
                Shows::Nothing => "nothing".to_owned(),
                Shows::Seen(sights) => format!("{} seen", sights.len()),
            };
            assert_eq!(said, expected, "{asked} {second}");
        };
        use ClockQuality::{Synced, Unsure};
        let (here, inside, outside) = (
            "5th & San Pedro",
            "34.0580,-118.2550",
            "Sunset & Echo Park Ave",
        );
        let as_it_is = |_: &mut Now| {};
        check(&as_it_is, here, 0, Synced, "1 seen");
        check(&as_it_is, "6th & San Pedro", 0, Synced, "1 seen");
        check(&as_it_is, inside, 0, Synced, "nothing");
        check(&as_it_is, outside, 0, Synced, "no data");
        for (asked, second, clock) in [
            (here, 601, Synced),
            (here, -121, Synced),
            (here, 0, Unsure),
            (inside, 601, Synced),
        ] {
            check(&as_it_is, asked, second, clock, "no data");
        }
        check(&|now| now.node_online = false, inside, 0, Synced, "no data");
        check(&|now| now.node_online = false, here, 0, Synced, "1 seen");
        check(&|now| now.complete = false, inside, 0, Synced, "no data");
        check(&|now| now.coverage.clear(), inside, 0, Synced, "no data");
        // What has faded is not shown, however fresh the `now`.
        check(
            &|now| now.sightings[0].fades_at = Minute::of(at(0)),
            here,
            0,
            Synced,
            "nothing",
        );
        assert_eq!(
            near(None, &place(here), &gazetteer, at(0), Synced),
            Shows::NoData
        );
    }
}
