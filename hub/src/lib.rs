//! The hub: `ingest -> store -> views -> http`, and `feeds -> store` for city open data.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::keys;
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc, watch};
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
pub mod gazetteer;
pub mod http;
pub mod ingest;
mod left;
pub mod notices;
mod online;
mod state;
pub mod store;
pub mod views;

use basemap::Basemap;
use city::City;
use config::Config;
use feeds::schedule::Schedule;
use ingest::{Identity, Ingest};
use notices::follow::Follower;
use store::reports::Reports;
use views::layers::Layer;
use views::words::Languages;
use views::{Coverage, Operator};

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

/// How often a running hub looks whether an import has changed the layers.
const LAYERS_EVERY: Duration = Duration::from_secs(5);

/// Runs until the shutdown, or until a part fails. Bind the listener first, so that its port is known; `ready` is called once
/// everything that the configuration names was read and the map answers.
pub async fn run(
    config: Config,
    listener: TcpListener,
    ready: impl FnOnce() -> anyhow::Result<()>,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let clock = Clock::System;
    let city = Arc::new(City::load(&config.city)?);
    let key = Arc::new(keys::load_or_create(&config.data.join(KEY_FILE))?);
    let store = Arc::new(Reports::open(&config.data)?);
    let (live, withheld) = boot::sort(
        &config.data,
        &boot::id(),
        ClockQuality::of_system(),
        store.live()?,
    )
    .context("failed to write `boot` in the data folder")?;
    let layers_at = feeds::layers_changed_at(&config.data);
    let (layers, layers_seen) = watch::channel(Arc::new(feeds::load_layers(&config.data, &city)?));

    let coverage = config.coverage.into_iter().map(|area| Coverage {
        name: area.name,
        outline: area.outline,
    });
    let mut state = state::State::new(
        city.clone(),
        coverage.collect(),
        layers_seen,
        config.phone,
        clock.clone(),
        live,
        withheld,
    );
    state.operator = Operator {
        name: config.operator,
        contact: config.contact,
        rights: config.rights,
    };
    let fetch = config.feeds.fetch;
    let mut follower = Follower::new(city.clone(), clock.clone(), &config.data, fetch);
    let first = follower.files().unwrap_or_default();
    let (notices, notices_seen) = watch::channel(Arc::new(first));
    state.notices = notices_seen;
    let context = context::load(&config.data, &city)?;
    let (context, context_seen) = watch::channel(Arc::new(context));
    state.context = context_seen;
    let left = state.left.clone();
    state.public_url = config.public_url;
    if let Some(folder) = &config.words {
        let (languages, problems) = Languages::with_folder(folder);
        for problem in problems {
            tracing::warn!(%problem, "words of the page are missing or cannot be used");
        }
        state.languages = languages;
    }
    if let Some(path) = &config.basemap {
        state.basemap = Some(Arc::new(Basemap::open(path).await?));
    }
    let (pictures, pictures_seen) = watch::channel(Arc::new(state.picture(clock.now())));
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
    let (ingest_store, ingest_city, ingest_clock) = (store.clone(), city.clone(), clock.clone());
    tasks.spawn(async move {
        Ok(ingest
            .run(ingest_store, ingest_city, ingest_clock, changes, stop)
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
    let schedule =
        Schedule {
            data: config.data.clone(),
            city: city.clone(),
            fetch: config.feeds.fetch,
            token: match &config.feeds.app_token_file {
                Some(path) => Some(feeds::command::token(path).with_context(|| {
                    format!("`app_token_file` {} cannot be used", path.display())
                })?),
                None => None,
            },
        };
    let stop = shutdown.clone();
    tasks.spawn(async move {
        feeds::schedule::keep_fresh(schedule, stop).await;
        Ok(())
    });
    if let Some(address) = config.metrics {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("failed to listen on {address}; set `metrics` to a free port")
        })?;
        let (stop, data, city) = (shutdown.clone(), config.data.clone(), city.clone());
        let pictures = pictures_seen.clone();
        tasks.spawn(async move {
            http::metrics::serve(listener, data, city, pictures, stop)
                .await
                .context("the server of figures failed")
        });
    }
    let (stop, data) = (shutdown.clone(), config.data.clone());
    let context_city = city.clone();
    tasks.spawn(async move {
        context::follow::follow(data, context_city, context, stop).await;
        Ok(())
    });
    let stop = shutdown.clone();
    tasks.spawn(async move {
        notices::follow::follow(follower, notices, stop).await;
        Ok(())
    });
    let (stop, data) = (shutdown.clone(), config.data);
    tasks.spawn(async move {
        follow_layers(&data, &city, layers_at, &layers, stop).await;
        Ok(())
    });
    let stop = shutdown.clone();
    let shared = http::Shared::noting(pictures_seen, clock, left);
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

/// Shows what an import has published, without a restart.
async fn follow_layers(
    data: &Path,
    city: &Arc<City>,
    mut seen: Option<SystemTime>,
    layers: &watch::Sender<Arc<Vec<Layer>>>,
    shutdown: CancellationToken,
) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(LAYERS_EVERY) => {}
            () = shutdown.cancelled() => return,
        }
        let changed = feeds::layers_changed_at(data);
        if changed == seen {
            continue;
        }
        let (folder, city) = (data.to_owned(), city.clone());
        match tokio::task::spawn_blocking(move || feeds::load_layers(&folder, &city)).await {
            Ok(Ok(loaded)) => {
                seen = changed;
                layers.send_if_modified(|shown| {
                    let is_new = **shown != loaded;
                    if is_new {
                        *shown = Arc::new(loaded);
                    }
                    is_new
                });
            }
            Ok(Err(error)) => {
                tracing::warn!(error = %spotlight_common::log::chain(&error), "kept the layers as they were")
            }
            Err(_) => {}
        }
    }
}
