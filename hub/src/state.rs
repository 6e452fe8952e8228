//! The hub's present: the live reports in RAM, turned into a [`Picture`] whenever something changes or fades.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::clock::Clock;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::ids::{NodeId, ReportId};
use spotlight_common::now::{CurrentSighting, Now, Outline};
use spotlight_common::report::Minute;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::city::City;
use crate::ingest::{Change, NowPublisher};
use crate::store::received::Received;
use crate::store::reports::{Reports, StoreError};
use crate::views::layers::Layer;
use crate::views::merge::merge;
use crate::views::{Coverage, Picture, Sighting};

/// The retained `now` is written again this often, so that readers can tell a silent hub from an empty map.
const NOW_EVERY: Duration = Duration::from_secs(60);

/// Changes that come within this time are shown together.
const SETTLE: Duration = Duration::from_millis(20);

/// What a picture is made from.
pub struct State {
    pub city: Arc<City>,
    pub gazetteer: Arc<Gazetteer>,
    pub coverage: Arc<Vec<Coverage>>,
    pub layers: watch::Receiver<Arc<Vec<Layer>>>,
    pub phone: Option<String>,
    pub clock: Clock,
    cells: HashMap<Cell, Vec<Received>>,
    online: BTreeSet<NodeId>,
}

impl State {
    pub fn new(
        city: Arc<City>,
        gazetteer: Arc<Gazetteer>,
        coverage: Vec<Coverage>,
        layers: watch::Receiver<Arc<Vec<Layer>>>,
        phone: Option<String>,
        clock: Clock,
        live: Vec<Received>,
    ) -> Self {
        let mut state = Self {
            city,
            gazetteer,
            coverage: Arc::new(coverage),
            layers,
            phone,
            clock,
            cells: HashMap::new(),
            online: BTreeSet::new(),
        };
        state.add(live);
        state
    }

    fn add(&mut self, reports: Vec<Received>) {
        for received in reports {
            self.cells
                .entry(received.report.cell)
                .or_default()
                .push(received);
        }
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Stored(reports) => self.add(reports),
            Change::Node(node, true) => drop(self.online.insert(node)),
            Change::Node(node, false) => drop(self.online.remove(&node)),
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
                label: self.gazetteer.cell_label(merged.cell),
                level: merged.level,
                first_seen: merged.first_seen,
                last_seen: merged.last_seen,
                reported_gone: merged.reported_gone,
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
            coverage: self.coverage.clone(),
            node_online: !self.online.is_empty(),
            phone: self.phone.clone(),
        }
    }

    /// The reports whose time has come to be erased; they leave RAM here.
    fn take_erased(&mut self, at: Timestamp) -> Vec<ReportId> {
        let mut erased = Vec::new();
        self.cells.retain(|_, reports| {
            reports.retain(|received| {
                let keep = received.erased_at() > at;
                if !keep {
                    erased.push(received.report.id);
                }
                keep
            });
            !reports.is_empty()
        });
        erased
    }
}

/// Keeps the picture until the shutdown: on every change, at every fading, and erases what has had its hour.
pub async fn keep(
    mut state: State,
    store: Arc<Reports>,
    mut changes: mpsc::Receiver<Change>,
    pictures: watch::Sender<Arc<Picture>>,
    now_publisher: NowPublisher,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let mut layers = state.layers.clone();
    let mut housekeeping = tokio::time::interval(NOW_EVERY);
    housekeeping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut forgotten_on = 0;
    loop {
        let mut publish_now = true;
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
            changed = layers.changed() => if changed.is_err() { return Ok(()) } else { publish_now = false },
            () = until_next_fading(&shown, &state.clock) => {}
            _ = housekeeping.tick() => {
                let at = state.clock.now();
                let erased = state.take_erased(at);
                let today = Minute::of(at).0 / (24 * 60);
                let forget = forgotten_on != today;
                forgotten_on = today;
                let store = store.clone();
                let work = tokio::task::spawn_blocking(move || {
                    store.erase(&erased, at)?;
                    if forget { store.forget(at) } else { Ok(()) }
                });
                work.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))?;
            }
            () = shutdown.cancelled() => return Ok(()),
        }
        let picture = Arc::new(state.picture(state.clock.now()));
        if publish_now {
            now_publisher.publish(&now(&picture)).await;
        }
        pictures.send_replace(picture);
    }
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
