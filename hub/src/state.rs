//! The hub's present: the live reports in RAM, turned into a [`Picture`] whenever something changes or fades.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::ids::ReportId;
use spotlight_common::log;
use spotlight_common::now::{CurrentSighting, Now, Outline};
use spotlight_common::report::Minute;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::basemap::Basemap;
use crate::city::City;
use crate::context::Context;
use crate::ingest::{Change, NowPublisher};
use crate::left::Left;
use crate::notices::Notice;
use crate::online::Online;
use crate::store::received::Received;
use crate::store::reports::{Reports, StoreError};
use crate::views::layers::Layer;
use crate::views::merge::merge;
use crate::views::words::Languages;
use crate::views::{Coverage, Operator, Picture, Sighting};

/// The retained `now` is written again this often, so that readers can tell a silent hub from an empty map.
const NOW_EVERY: Duration = Duration::from_secs(60);

/// Changes that come within this time are shown together.
const SETTLE: Duration = Duration::from_millis(20);

/// What a picture is made from.
pub struct State {
    pub city: Arc<City>,
    pub coverage: Arc<Vec<Coverage>>,
    pub layers: watch::Receiver<Arc<Vec<Layer>>>,
    /// Announced sweeps, as far as they were to come when they were read.
    pub notices: watch::Receiver<Arc<Vec<Notice>>>,
    pub context: watch::Receiver<Arc<Context>>,
    pub phone: Option<String>,
    pub operator: Operator,
    pub basemap: Option<Arc<Basemap>>,
    pub public_url: Option<String>,
    pub languages: Languages,
    pub clock: Clock,
    cells: HashMap<Cell, Vec<Received>>,
    /// Reports of an earlier boot, while the clock may be behind.
    withheld: Vec<Received>,
    online: Online,
    /// What readers of the page say of sightings.
    pub left: Arc<Left>,
}

impl State {
    pub fn new(
        city: Arc<City>,
        coverage: Vec<Coverage>,
        layers: watch::Receiver<Arc<Vec<Layer>>>,
        phone: Option<String>,
        clock: Clock,
        live: Vec<Received>,
        withheld: Vec<Received>,
    ) -> Self {
        let mut state = Self {
            city,
            coverage: Arc::new(coverage),
            layers,
            notices: watch::channel(Arc::default()).1,
            context: watch::channel(Arc::default()).1,
            phone,
            operator: Operator::default(),
            basemap: None,
            public_url: None,
            languages: Languages::built_in(),
            clock,
            cells: HashMap::new(),
            withheld,
            online: Online::default(),
            left: Arc::default(),
        };
        state.add(live);
        state
    }

    fn add(&mut self, reports: Vec<Received>) {
        for received in reports {
            self.left.reported(&received);
            self.cells
                .entry(received.report.cell)
                .or_default()
                .push(received);
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Stored(reports) => self.add(reports),
            Change::Up(node, at) => self.online.is_up(node, at, self.clock.now()),
            Change::Gone(node) => self.online.is_gone(node),
            Change::Disconnected => self.online.clear(),
        }
    }

    /// The picture at an instant, newest sighting first.
    pub fn picture(&self, at: Timestamp) -> Picture {
        let mut sightings: Vec<_> = self
            .cells
            .values()
            .filter_map(|reports| merge(reports, at))
            .map(|merged| Sighting {
                cell: merged.cell,
                label: self.city.label(merged.cell),
                level: merged.level,
                first_seen: merged.first_seen,
                last_seen: merged.last_seen,
                reported_gone: merged
                    .reported_gone
                    .or_else(|| self.left.noted(merged.cell, merged.last_seen)),
                fades_at: merged.fades_at,
            })
            .collect();
        sightings
            .sort_by(|one, other| (other.last_seen, one.cell).cmp(&(one.last_seen, other.cell)));
        Picture {
            at,
            city: self.city.clone(),
            sightings,
            layers: self.layers.borrow().clone(),
            context: self.context.borrow().clone(),
            notices: self.notices.borrow().clone(),
            coverage: self.coverage.clone(),
            node_online: self.online.any(at),
            phone: self.phone.clone(),
            operator: self.operator.clone(),
            basemap: self.basemap.clone(),
            public_url: self.public_url.clone(),
            languages: self.languages.clone(),
        }
    }

    /// Who may count as a node that is up: all that were added and are not revoked.
    async fn read_nodes(&mut self, store: &Arc<Reports>) -> Result<(), StoreError> {
        let store = store.clone();
        let nodes = blocking(move || store.nodes()).await?;
        let known = nodes.into_iter().filter(|(_, node)| !node.revoked);
        self.online.set_known(known.map(|(id, _)| id).collect());
        Ok(())
    }

    /// Shows what was withheld, once the clock is right.
    fn release(&mut self, quality: ClockQuality) {
        if quality == ClockQuality::Synced {
            let withheld = std::mem::take(&mut self.withheld);
            self.add(withheld);
        }
    }

    /// The reports whose time has come to be erased; they leave RAM here.
    fn take_erased(&mut self, at: Timestamp) -> Vec<ReportId> {
        let mut erased = Vec::new();
        let mut take = |reports: &mut Vec<Received>| {
            reports.retain(|received| {
                let keep = received.erased_at() > at;
                if !keep {
                    erased.push(received.report.id);
                }
                keep
            });
        };
        take(&mut self.withheld);
        self.cells.retain(|_, reports| {
            take(reports);
            !reports.is_empty()
        });
        erased
    }
}

/// Keeps the picture until the shutdown: on every change, at every fading, and erases what has had its hour.
/// `nodes_changed` tells that a node was added or revoked.
pub async fn keep(
    mut state: State,
    store: Arc<Reports>,
    mut changes: mpsc::Receiver<Change>,
    nodes_changed: Arc<Notify>,
    pictures: watch::Sender<Arc<Picture>>,
    now_publisher: NowPublisher,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let mut layers = state.layers.clone();
    let mut notices = state.notices.clone();
    let mut context = state.context.clone();
    let left = state.left.clone();
    let mut housekeeping = tokio::time::interval(NOW_EVERY);
    housekeeping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut forgotten_on = 0;
    loop {
        let mut is_due = false;
        let shown = pictures.borrow().clone();
        tokio::select! {
            change = changes.recv() => match change {
                Some(change) => {
                    state.apply(change);
                    tokio::time::sleep(SETTLE).await;
                    while let Ok(change) = changes.try_recv() {
                        state.apply(change);
                    }
                }
                None => return Ok(()),
            },
            changed = layers.changed() => if changed.is_err() { return Ok(()) },
            changed = notices.changed() => if changed.is_err() { return Ok(()) },
            // Whoever has no context layers sends none.
            Ok(()) = context.changed() => {}
            () = until_next_fading(&shown, &state.clock) => {}
            () = left.changed() => {}
            () = nodes_changed.notified() => state.read_nodes(&store).await?,
            _ = housekeeping.tick() => {
                is_due = true;
                state.release(ClockQuality::of_system());
                let at = state.clock.now();
                let erased = state.take_erased(at);
                let today = Minute::of(at).0 / (24 * 60);
                let forget = forgotten_on != today;
                let work = {
                    let store = store.clone();
                    move || {
                        store.erase(&erased, at)?;
                        if forget { store.forget(at) } else { Ok(()) }
                    }
                };
                match blocking(work).await {
                    Ok(()) => forgotten_on = today,
                    // The rows are removed; whatever key is over is tried again each minute.
                    Err(StoreError::Keys(error)) => {
                        let error = log::chain(&error);
                        tracing::error!(error, "failed to destroy keys; trying again in a minute");
                    }
                    Err(error) => return Err(error),
                }
                state.read_nodes(&store).await?;
            }
            () = shutdown.cancelled() => return Ok(()),
        }
        let picture = Arc::new(state.picture(state.clock.now()));
        left.forget_all_but(picture.sightings.iter().map(|sighting| sighting.cell));
        // First the readers of this hub: the broker may be away.
        let is_new = pictures.send_if_modified(|shown| {
            let is_new = !shown.shows_the_same(&picture);
            if is_new {
                *shown = picture.clone();
            }
            is_new
        });
        if is_new || is_due {
            now_publisher.publish(&now(&picture));
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// Sleeps to the next second at which a sighting fades, but never long: the machine may sleep or its clock be set.
async fn until_next_fading(picture: &Picture, clock: &Clock) {
    let at = clock.now();
    let next = picture
        .sightings
        .iter()
        .map(|sighting| sighting.fades_at)
        .min();
    let wait = next.map_or(NOW_EVERY, |next| {
        Duration::try_from(next.duration_since(at))
            .unwrap_or_default()
            .min(NOW_EVERY)
    });
    tokio::time::sleep(wait.max(Duration::from_millis(5))).await;
}

/// What edges answer from: no more than an envelope holds, and it says so where something had to stay out.
fn now(picture: &Picture) -> Now {
    let mut sightings: Vec<_> = picture
        .sightings
        .iter()
        .take(Now::MOST_SIGHTINGS)
        .map(|sighting| CurrentSighting {
            cell: sighting.cell,
            level: sighting.level,
            last_seen: Minute::of(sighting.last_seen),
            reported_gone: sighting.reported_gone.map(Minute::of),
            fades_at: Minute::of(sighting.fades_at),
        })
        .collect();
    sightings.sort_by_key(|sighting| sighting.cell);
    let mut points = 0;
    let coverage = picture.coverage.iter().take_while(|area| {
        points += area.outline.len();
        points <= Now::MOST_POINTS
    });
    Now {
        written_at: picture.at.as_second(),
        node_online: picture.node_online,
        coverage: coverage.map(|area| Outline::new(&area.outline)).collect(),
        complete: sightings.len() == picture.sightings.len(),
        sightings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spotlight_common::ids::{Epoch, NodeId, Pseudonym};
    use spotlight_common::report::{Evidence, Kind, Report};

    use crate::views::fixture;

    const NODE: NodeId = NodeId([1; 32]);

    fn now() -> Timestamp {
        fixture::at("2026-07-01T22:00:00Z")
    }

    fn row(lat: f64) -> Received {
        Received {
            node: NODE,
            received_at: Minute::of(now()),
            report: Report {
                id: ReportId::random(),
                seen_at: Minute::of(now()),
                cell: Cell::at(lat, -118.2439, 9).expect("a cell"),
                kind: Kind::Present,
                evidence: Evidence::Text,
                reporter: Pseudonym(1),
                epoch: Epoch(1),
                clock: ClockQuality::Synced,
            },
        }
    }

    fn state(live: Vec<Received>, withheld: Vec<Received>) -> State {
        let (_, layers) = watch::channel(Arc::default());
        let (city, clock) = (Arc::new(fixture::city()), Clock::manual(now()));
        State::new(city, Vec::new(), layers, None, clock, live, withheld)
    }

    #[test]
    fn what_is_withheld_shows_when_the_clock_is_right_and_is_erased_like_the_rest() {
        let (shown, withheld) = (row(34.0442), row(34.1));
        let mut state = state(vec![shown], vec![withheld]);
        let count = |state: &State| state.picture(now()).sightings.len();
        state.release(ClockQuality::Unsure);
        assert_eq!(count(&state), 1);
        assert!(state.take_erased(now()).is_empty());
        let mut erased = state.take_erased(shown.erased_at());
        erased.sort();
        let mut both = [shown.report.id, withheld.report.id];
        both.sort();
        assert_eq!(erased, both);
        let mut state = self::state(vec![shown], vec![withheld]);
        state.release(ClockQuality::Synced);
        assert_eq!(count(&state), 2);
    }

    #[test]
    fn a_note_of_the_page_goes_with_the_sighting_or_a_new_report_and_ends_nothing() {
        let cell = row(34.0442).report.cell;
        let later = |minutes| now() + jiff::SignedDuration::from_mins(minutes);
        let gone = |state: &State, minutes| {
            let picture = state.picture(later(minutes));
            let sightings = picture.sightings.iter();
            sightings.map(|s| s.reported_gone).collect::<Vec<_>>()
        };
        let mut state = state(vec![row(34.0442)], Vec::new());
        for second in 0..600 {
            let at = later(5) + jiff::SignedDuration::from_secs(second);
            state.left.note(cell, at).expect("noted");
        }
        assert_eq!(gone(&state, 15), [Some(later(5))]);
        assert_eq!(gone(&state, 59), [Some(later(5))]);
        assert!(gone(&state, 60).is_empty(), "it fades in its time");
        // An older report that comes late says nothing against the note; a newer one does.
        let said = |minutes: u32| {
            let mut said = row(34.0442);
            said.report.seen_at.0 += minutes;
            said.received_at.0 += minutes;
            said
        };
        state.add(vec![said(4)]);
        assert_eq!(gone(&state, 15), [Some(later(5))]);
        state.add(vec![said(5)]);
        assert_eq!(gone(&state, 15), [None]);
        assert!(
            state.left.note(cell, later(14)).is_err(),
            "not at once again"
        );
        state.left.note(cell, later(15)).expect("noted");
        assert_eq!(gone(&state, 15), [Some(later(15))]);
        state.left.forget_all_but(std::iter::empty());
        assert_eq!(gone(&state, 15), [None]);
    }

    #[test]
    fn a_text_that_says_gone_counts_before_a_note_of_the_page() {
        let said = row(34.0442);
        let mut gone = said;
        gone.report.id = ReportId::random();
        gone.report.kind = Kind::Gone;
        gone.report.reporter = Pseudonym(2);
        let state = state(vec![said, gone], Vec::new());
        let later = now() + jiff::SignedDuration::from_mins(5);
        state.left.note(said.report.cell, later).expect("noted");
        assert_eq!(state.picture(later).sightings[0].reported_gone, Some(now()));
    }

    #[test]
    fn a_node_that_was_never_added_makes_no_data_of_nothing() {
        let mut state = state(Vec::new(), Vec::new());
        state.apply(Change::Up(NODE, now()));
        assert!(!state.picture(now()).node_online);
        state.online.set_known([NODE].into());
        assert!(state.picture(now()).node_online);
        state.apply(Change::Disconnected);
        assert!(!state.picture(now()).node_online);
    }

    #[test]
    fn a_picture_of_another_minute_shows_the_same_and_one_that_differs_does_not() {
        let mut state = state(vec![row(34.0442)], Vec::new());
        let first = state.picture(now());
        let at = |minutes| now() + jiff::SignedDuration::from_mins(minutes);
        assert!(first.shows_the_same(&state.picture(at(1))));
        assert!(!first.shows_the_same(&state.picture(at(60))), "it faded");
        state.add(vec![row(34.1)]);
        assert!(!first.shows_the_same(&state.picture(at(1))));
    }
}
