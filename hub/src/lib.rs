//! The hub: `ingest -> store -> views -> http`, and `feeds -> store` for city open data.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::keys;
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod agent;
pub mod basemap;
mod boot;
pub mod city;
pub mod config;
pub mod context;
pub mod control;
pub mod feeds;
mod folders;
pub mod gazetteer;
pub mod http;
pub mod ingest;
mod left;
pub mod notices;
mod online;
mod served;
mod state;
pub mod store;
pub mod views;
mod whose;

use basemap::Basemap;
use config::Config;
use feeds::follow::follow;
use feeds::schedule::Schedule;
use ingest::{Identity, Ingest};
use notices::follow::Follower;
use served::Served;
use store::reports::Reports;
use views::Operator;
use views::words::Languages;

/// The hub's key, in its data folder.
pub const KEY_FILE: &str = "hub.key";

/// The hub's folder of a box's data folder, else the folder itself.
pub fn hub_folder(data: &Path) -> PathBuf {
    let boxed = data.join("hub");
    if boxed.is_dir() {
        boxed
    } else {
        data.to_owned()
    }
}

/// The feeds of so many cities are read at one time, however many there are.
const FEEDS_AT_ONCE: usize = 2;

/// Runs until the shutdown, or until a part fails. Bind the listener first, so that its port is known; `ready` is called once
/// everything that the configuration names was read and the map answers.
pub async fn run(
    config: Config,
    listener: TcpListener,
    ready: impl FnOnce() -> anyhow::Result<()>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let clock = Clock::System;
    let cities = served::load(&config)?;
    let key = Arc::new(keys::load_or_create(&config.data.join(KEY_FILE))?);
    let store = Arc::new(Reports::open(&config.data)?);
    let (live, withheld) = boot::sort(
        &config.data,
        &boot::id(),
        ClockQuality::of_system(),
        store.live()?,
    )
    .context("failed to write `boot` in the data folder")?;
    let (top, in_folders) = served::listed(&cities);
    let several = top.are_several();
    let (mut shown, mut followed) = (Vec::new(), Vec::new());
    for (n, (served, in_folder)) in cities.iter().zip(in_folders).enumerate() {
        let (city, data) = (served.city.clone(), &served.data);
        let layers_at = feeds::layers_changed_at(data);
        let (layers, layers_seen) = watch::channel(Arc::new(feeds::load_layers(data, &city)?));
        let fetch = config.feeds.fetch;
        let mut follower = Follower::new(city.clone(), clock.clone(), data, fetch);
        let first = follower.files().unwrap_or_default();
        let (notices, notices_seen) = watch::channel(Arc::new(first));
        let context = context::load(data, &city)?;
        let (context, context_seen) = watch::channel(Arc::new(context));
        shown.push(state::Shown {
            coverage: served.coverage.clone(),
            layers: layers_seen,
            notices: notices_seen,
            context: context_seen,
            phone: served.phone(&config, n == 0),
            operator: Operator {
                name: config.operator.clone(),
                contact: config.contact.clone(),
                rights: served.own.rights.clone().or(config.rights.clone()),
            },
            nodes: served.own.nodes.clone(),
            basemap: basemap_of(served, &config, several).await?,
            public_url: config.public_url.as_ref().map(|url| match n {
                0 => url.clone(),
                _ => format!("{url}{}/", city.id),
            }),
            cities: in_folder,
            city,
        });
        followed.push((layers, layers_at, notices, context, follower));
    }
    let mut state = state::State::new(shown, clock.clone(), live, withheld);
    let left = state.left.clone();
    if let Some(folder) = &config.words {
        let (languages, problems) = Languages::with_folder(folder);
        for problem in problems {
            tracing::warn!(%problem, "words of the page are missing or cannot be used");
        }
        state.languages = languages;
    }
    let pictures = state.pictures(clock.now()).into_iter();
    let (pictures, pictures_seen): (Vec<_>, Vec<_>) = pictures
        .map(|picture| watch::channel(Arc::new(picture)))
        .unzip();
    let (changes, changes_seen) = mpsc::channel(1024);
    let identity = Identity {
        network: config.network,
        key,
    };
    // The clients end after the tasks, so that the last receipts still leave.
    let clients = CancellationToken::new();
    let _clients_end = clients.clone().drop_guard();
    let ingest = Ingest::connect(identity, &config.broker, &clients)?;
    let now_publisher = ingest.now_publisher();

    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let stop = shutdown.clone();
    let all: Vec<_> = cities.iter().map(|served| served.city.clone()).collect();
    let (ingest_store, ingest_cities, ingest_clock) = (store.clone(), all.into(), clock.clone());
    tasks.spawn(async move {
        Ok(ingest
            .run(ingest_store, ingest_cities, ingest_clock, changes, stop)
            .await?)
    });
    let nodes_changed = Arc::new(Notify::new());
    let (stop, keeper_store) = (shutdown.clone(), store.clone());
    let keeper_nodes_changed = nodes_changed.clone();
    tasks.spawn(async move {
        Ok(state::keep(
            state,
            keeper_store,
            changes_seen,
            keeper_nodes_changed,
            pictures,
            now_publisher,
            stop,
        )
        .await?)
    });
    let (stop, data) = (shutdown.clone(), config.data.clone());
    tasks.spawn(async move {
        control::serve(data, store, nodes_changed, stop).await;
        Ok(())
    });
    let token = match &config.feeds.app_token_file {
        Some(path) => Some(
            feeds::command::token(path)
                .with_context(|| format!("`app_token_file` {} cannot be used", path.display()))?,
        ),
        None => None,
    };
    let turns = Arc::new(Semaphore::new(FEEDS_AT_ONCE));
    if let Some(address) = config.metrics {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("failed to listen on {address}; set `metrics` to a free port")
        })?;
        let stop = shutdown.clone();
        let folders = cities.iter().map(|served| served.data.clone());
        let of = folders.zip(pictures_seen.iter().cloned()).collect();
        tasks.spawn(async move {
            http::metrics::serve(listener, of, stop)
                .await
                .context("the server of figures failed")
        });
    }
    for (served, followed) in cities.iter().zip(followed) {
        let (layers, layers_at, notices, context, follower) = followed;
        let schedule = Schedule {
            data: served.data.clone(),
            city: served.city.clone(),
            fetch: config.feeds.fetch,
            token: token.clone(),
        };
        let (stop, turns) = (shutdown.clone(), turns.clone());
        tasks.spawn(async move {
            feeds::schedule::keep_fresh(schedule, turns, stop).await;
            Ok(())
        });
        let stop = shutdown.clone();
        tasks.spawn(async move {
            notices::follow::follow(follower, notices, stop).await;
            Ok(())
        });
        let of = (served.data.clone(), served.city.clone());
        let (stop, of_context) = (shutdown.clone(), of.clone());
        tasks.spawn(async move {
            follow(of_context, layers_at, context, context::load, stop).await;
            Ok(())
        });
        let stop = shutdown.clone();
        tasks.spawn(async move {
            follow(of, layers_at, layers, feeds::load_layers, stop).await;
            Ok(())
        });
    }
    let ids = cities.iter().map(|served| served.city.id.clone());
    let mut in_folders: Vec<_> = ids.zip(pictures_seen).collect();
    let shared = match several {
        true => {
            let (seen, stop) = (in_folders[0].1.clone(), shutdown.clone());
            let first = views::Picture {
                cities: top.clone(),
                ..(**seen.borrow()).clone()
            };
            let (pictures, at_top) = watch::channel(Arc::new(first));
            tasks.spawn(async move {
                show_at_top(seen, top, &pictures, stop).await;
                Ok(())
            });
            http::Shared::with_folders(at_top, in_folders, clock, left)
        }
        false => http::Shared::noting(in_folders.remove(0).1, clock, left),
    };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        http::serve(listener, shared, async move { stop.cancelled().await })
            .await
            .context("the HTTP server failed")
    });
    tracing::info!("hub is running");
    let mut result = ready();
    if result.is_err() {
        shutdown.cancel();
    }
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or_else(|error| Err(error.into()));
        // The first end of any part ends all: a hub without one of them would be silent, not safe.
        shutdown.cancel();
        if result.is_ok() {
            result = ended;
        }
    }
    result
}

/// The map beneath a city's: its own, else the hub's, where that reaches it.
async fn basemap_of(
    served: &Served,
    config: &Config,
    several: bool,
) -> anyhow::Result<Option<Arc<Basemap>>> {
    let own = served.own.basemap.as_ref();
    let Some(path) = own.or(config.basemap.as_ref()) else {
        return Ok(None);
    };
    let basemap = Basemap::open(path).await?;
    let [west, south, east, north] = basemap.bounds();
    let bounds = (south, west, north, east);
    let is_of = own.is_some() || !several || folders::meets(bounds, served.city.bounds);
    Ok(is_of.then(|| Arc::new(basemap)))
}

/// The first city's pictures, as they are shown at the hub's own addresses: the other cities are elsewhere from there.
async fn show_at_top(
    mut seen: watch::Receiver<Arc<views::Picture>>,
    cities: views::cities::Cities,
    pictures: &watch::Sender<Arc<views::Picture>>,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            changed = seen.changed() => if changed.is_err() { return },
            () = shutdown.cancelled() => return,
        }
        let picture = views::Picture {
            cities: cities.clone(),
            ..(**seen.borrow_and_update()).clone()
        };
        pictures.send_replace(Arc::new(picture));
    }
}
