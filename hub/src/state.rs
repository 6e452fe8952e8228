//! The hub's present: the live reports in RAM, turned into a [`Picture`] whenever something changes or fades.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::cell::Cell;
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::ids::{NodeId, ReportId};
use spotlight_common::log;
use spotlight_common::now::{CurrentSighting, Now, Outline};
use spotlight_common::report::Minute;
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until};
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
use crate::views::cities::Cities;
use crate::views::layers::Layer;
use crate::views::merge::merge;
use crate::views::words::Languages;
use crate::views::{Coverage, Operator, Picture, Sighting};
use crate::whose;

/// The retained `now` is written again this often, so that readers can tell a silent hub from an empty map.
const NOW_EVERY: Duration = Duration::from_secs(60);

/// Changes that come so soon after what was last shown are shown together.
const SETTLE: Duration = Duration::from_millis(20);

/// One of the hub's cities, and what only its picture shows.
pub struct Shown {
    pub city: Arc<City>,
    pub coverage: Arc<Vec<Coverage>>,
    pub layers: watch::Receiver<Arc<Vec<Layer>>>,
    /// Announced sweeps, as far as they were to come when they were read.
    pub notices: watch::Receiver<Arc<Vec<Notice>>>,
    pub context: watch::Receiver<Arc<Context>>,
    pub phone: Option<String>,
    pub operator: Operator,
    /// The nodes that hear its number; any where none are named.
    pub nodes: Option<BTreeSet<NodeId>>,
    pub basemap: Option<Arc<Basemap>>,
    pub public_url: Option<String>,
    /// All cities, as its pages list them.
    pub cities: Cities,
}

#[cfg(test)]
impl Shown {
    /// A city of which nothing but its name is known.
    pub fn new(city: Arc<City>) -> Self {
        Self {
            city,
            coverage: Arc::default(),
            layers: watch::channel(Arc::default()).1,
            notices: watch::channel(Arc::default()).1,
            context: watch::channel(Arc::default()).1,
            phone: None,
            operator: Operator::default(),
            nodes: None,
            basemap: None,
            public_url: None,
            cities: Cities::default(),
        }
    }
}

/// What pictures are made from: one for each city.
pub struct State {
    shown: Vec<Shown>,
    /// The same cities.
    cities: Vec<Arc<City>>,
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
        shown: Vec<Shown>,
        clock: Clock,
        live: Vec<Received>,
        withheld: Vec<Received>,
    ) -> Self {
        let mut state = Self {
            cities: shown.iter().map(|shown| shown.city.clone()).collect(),
            shown,
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

    /// Each city's picture at an instant, newest sighting first. A sighting is in exactly one.
    pub fn pictures(&self, at: Timestamp) -> Vec<Picture> {
        let mut sightings: Vec<Vec<Sighting>> = vec![Vec::new(); self.shown.len()];
        for merged in self.cells.values().filter_map(|reports| merge(reports, at)) {
            let n = whose::of_cell(&self.cities, merged.cell);
            sightings[n].push(Sighting {
                cell: merged.cell,
                label: self.cities[n].label(merged.cell),
                level: merged.level,
                first_seen: merged.first_seen,
                last_seen: merged.last_seen,
                reported_gone: merged
                    .reported_gone
                    .or_else(|| self.left.noted(merged.cell, merged.last_seen)),
                fades_at: merged.fades_at,
            });
        }
        let pictures = self.shown.iter().zip(sightings);
        let pictures = pictures.map(|(shown, mut sightings)| {
            sightings.sort_by(|one, other| {
                (other.last_seen, one.cell).cmp(&(one.last_seen, other.cell))
            });
            Picture {
                at,
                city: shown.city.clone(),
                sightings,
                layers: shown.layers.borrow().clone(),
                context: shown.context.borrow().clone(),
                notices: shown.notices.borrow().clone(),
                coverage: shown.coverage.clone(),
                node_online: self.online.any_of(shown.nodes.as_ref(), at),
                phone: shown.phone.clone(),
                operator: shown.operator.clone(),
                basemap: shown.basemap.clone(),
                public_url: shown.public_url.clone(),
                languages: self.languages.clone(),
                cities: shown.cities.clone(),
            }
        });
        pictures.collect()
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
    pictures: Vec<watch::Sender<Arc<Picture>>>,
    now_publisher: NowPublisher,
    shutdown: CancellationToken,
) -> Result<(), StoreError> {
    let (mut layers, mut notices, mut context) = (Vec::new(), Vec::new(), Vec::new());
    for shown in &state.shown {
        layers.push(shown.layers.clone());
        notices.push(shown.notices.clone());
        context.push(shown.context.clone());
    }
    let left = state.left.clone();
    let mut housekeeping = tokio::time::interval(NOW_EVERY);
    housekeeping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut forgotten_on = 0;
    let mut settled = Instant::now();
    loop {
        let mut is_due = false;
        let next = next_fading(&pictures);
        tokio::select! {
            change = changes.recv() => match change {
                Some(change) => {
                    state.apply(change);
                    sleep_until(settled).await;
                    while let Ok(change) = changes.try_recv() {
                        state.apply(change);
                    }
                }
                None => return Ok(()),
            },
            changed = any_changed(&mut layers) => if changed.is_err() { return Ok(()) },
            changed = any_changed(&mut notices) => if changed.is_err() { return Ok(()) },
            // Whoever has no context layers sends none.
            Ok(()) = any_changed(&mut context) => {}
            () = until_fading(next, &state.clock) => {}
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
        let at = state.clock.now();
        let made = state.pictures(at);
        let cells = made.iter().flat_map(|picture| &picture.sightings);
        left.forget_all_but(cells.map(|sighting| sighting.cell));
        let now = now(at, state.online.any(at), &made);
        // First the readers of this hub: the broker may be away.
        let mut is_new = false;
        for (pictures, picture) in pictures.iter().zip(made) {
            is_new |= pictures.send_if_modified(|shown| {
                let is_new = !shown.shows_the_same(&picture);
                if is_new {
                    *shown = Arc::new(picture);
                }
                is_new
            });
        }
        if is_new {
            settled = Instant::now() + SETTLE;
        }
        if is_new || is_due {
            now_publisher.publish(&now);
        }
    }
}

/// Waits until one of them has changed. An error where nobody sends any more.
async fn any_changed<T>(all: &mut [watch::Receiver<T>]) -> Result<(), watch::error::RecvError> {
    let mut waiting: Vec<_> = all.iter_mut().map(|one| Box::pin(one.changed())).collect();
    std::future::poll_fn(|context| {
        let mut all = waiting.iter_mut();
        let ready = all.find_map(|one| match one.as_mut().poll(context) {
            Poll::Ready(changed) => Some(changed),
            Poll::Pending => None,
        });
        ready.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// When the next of what is shown fades.
fn next_fading(pictures: &[watch::Sender<Arc<Picture>>]) -> Option<Timestamp> {
    let firsts = pictures.iter().filter_map(|picture| {
        let picture = picture.borrow();
        let sightings = picture.sightings.iter();
        sightings.map(|sighting| sighting.fades_at).min()
    });
    firsts.min()
}

/// Sleeps to the next second at which a sighting fades, but never long: the machine may sleep or its clock be set.
async fn until_fading(next: Option<Timestamp>, clock: &Clock) {
    let at = clock.now();
    let wait = next.map_or(NOW_EVERY, |next| {
        Duration::try_from(next.duration_since(at))
            .unwrap_or_default()
            .min(NOW_EVERY)
    });
    tokio::time::sleep(wait.max(Duration::from_millis(5))).await;
}

/// What edges answer from, of all cities: no more than an envelope holds, and it says so where something had to stay out.
fn now(at: Timestamp, node_online: bool, pictures: &[Picture]) -> Now {
    let mut newest: Vec<&Sighting> = pictures.iter().flat_map(|p| &p.sightings).collect();
    let all = newest.len();
    newest.sort_by_key(|sighting| std::cmp::Reverse(sighting.last_seen));
    let mut sightings: Vec<_> = newest
        .into_iter()
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
    let coverage = pictures.iter().flat_map(|picture| picture.coverage.iter());
    let coverage = coverage.take_while(|area| {
        points += area.outline.len();
        points <= Now::MOST_POINTS
    });
    Now {
        written_at: at.as_second(),
        node_online,
        coverage: coverage.map(|area| Outline::new(&area.outline)).collect(),
        complete: sightings.len() == all,
        sightings,
    }
}

#[cfg(test)]
mod tests;
