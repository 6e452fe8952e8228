//! The relay: `intake -> decode -> place -> classify -> outbox -> link`. [`pipeline`] lists the steps.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use spotlight_common::clock::Clock;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::keys;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub mod classify;
pub mod client;
pub mod config;
pub mod counters;
mod decide;
pub mod decode;
pub mod doctor;
pub mod file;
mod hex;
pub mod intake;
pub mod link;
mod message;
pub mod outbox;
pub mod pipeline;
pub mod place;
pub mod pseudonym;
pub mod reply;
mod wiped;
pub mod words;

use classify::Classifier;
use config::Config;
use intake::provider::Parts;
use intake::{android, gammu, http, modem, smstools, spool, telnyx, twilio, webhook};
use outbox::Outbox;
use pipeline::{Pipeline, Talk};
use reply::Wording;

/// The node's key, in its data folder.
pub const KEY_FILE: &str = "node.key";

/// Items that are read and wait for the pipeline; the intake waits while it is full.
const INBOX: usize = 256;

/// The places that a configuration names, else the built-in ones.
pub fn gazetteer(path: Option<&Path>) -> anyhow::Result<Arc<Gazetteer>> {
    Ok(match path {
        Some(path) => Arc::new(Gazetteer::load(path)?),
        None => Gazetteer::los_angeles(),
    })
}

/// The model that a configuration names, else the one found.
pub fn classifier(path: Option<&Path>) -> anyhow::Result<Classifier> {
    let path = path.map_or_else(classify::default_model_path, Path::to_owned);
    Ok(Classifier::load(&path)?)
}

/// Runs until the shutdown, or until a part fails.
pub async fn run(config: Config, shutdown: CancellationToken) -> anyhow::Result<()> {
    anyhow::ensure!(
        !config.intakes().is_empty(),
        "the configuration names no intake, so no message can arrive: set `spool`, or add a section such as [smstools]"
    );
    let key = keys::load_or_create(&config.data.join(KEY_FILE))?;
    let outbox = Outbox::open(&config.data)?;
    let time_zone = jiff::tz::TimeZone::get(&config.time_zone)
        .with_context(|| format!("no time zone `{}`", config.time_zone))?;
    let model = config.model.clone();
    let classifier = tokio::task::spawn_blocking(move || classifier(model.as_deref())).await??;
    let peers = link::Peers {
        network: config.network.clone(),
        node: keys::public(&key),
        hub: config.hub_key,
    };
    let gazetteer = gazetteer(config.gazetteer.as_deref())?;
    let (heard, now) = watch::channel(None);
    let wording = Wording {
        language: config.language,
        time_zone,
        example: gazetteer.example().clone(),
    };
    let talk = Talk::new(
        gazetteer.clone(),
        wording,
        config.limits.clone(),
        now,
        Clock::System,
        config.trust_clock,
    );
    let pipeline = Arc::new(Pipeline {
        network: config.network.clone(),
        key: key.clone(),
        gazetteer,
        home: config.home,
        photo_places: config.photo_places,
        classifier: Arc::new(classifier),
        pseudonyms: pseudonym::Pseudonyms::new()?,
        outbox: outbox.clone(),
        clock: Clock::System,
        country_code: config.country_code.clone(),
        talk,
        photos: Semaphore::new(1),
        abort_after_commit: std::env::var_os("SPOTLIGHT_TEST_ABORT_AFTER_COMMIT").is_some(),
    });

    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let (inbox, inbounds) = mpsc::channel(INBOX);
    // Origins are hashed with a key of the node's own, so that they are the same after a restart.
    let parts = Parts {
        key: blake3::derive_key("spotlight 2026 origins", key.as_bytes()),
        outbox: outbox.clone(),
        inbox,
        shutdown: shutdown.clone(),
        tasks: &mut tasks,
    };
    start_intakes(&config, parts).await?;
    // After the intakes, so that a node that says it is online receives.
    let (stop, broker, at_end) = (shutdown.clone(), config.broker.clone(), outbox.clone());
    tasks.spawn(async move { Ok(link::run(peers, &broker, outbox, heard, stop).await?) });
    // The last counts are logged when the pipeline has ended.
    let counted = CancellationToken::new();
    let (counting, stop) = (pipeline.clone(), counted.clone());
    tasks.spawn(async move {
        counters::log(|| counting.counts(), stop).await;
        Ok(())
    });
    let stop = shutdown.clone();
    tasks.spawn(async move {
        let _counted = counted.drop_guard();
        pipeline.run(inbounds, stop).await
    });
    tracing::info!("edge is running");

    let mut result = Ok(());
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap_or_else(|error| Err(error.into()));
        // The first end of any part ends all: what lies in the inbox waits for the next start.
        shutdown.cancel();
        if result.is_ok() {
            result = ended;
        }
    }
    // What was removed and receipted last is noted before the process ends.
    let flushed = at_end.flush().await;
    if result.is_ok() {
        flushed?;
    }
    result
}

/// Starts every intake that the configuration names, and the listener of those that are called. The inbox closes when the
/// last of them ends.
async fn start_intakes(config: &Config, mut parts: Parts<'_>) -> anyhow::Result<()> {
    let (zone, key) = (&config.time_zone, parts.key);
    if let Some(folder) = &config.spool {
        parts.watch(spool::open(folder, key)?);
    }
    if let Some(section) = &config.smstools {
        parts.watch(smstools::open(section, zone, key)?);
    }
    if let Some(section) = &config.gammu {
        parts.watch(gammu::open(section, zone, key)?);
    }
    if let Some(section) = &config.modem {
        modem::start(section, &config.data, &mut parts)?;
    }
    let mut routes: Vec<http::Route> = Vec::new();
    if let Some(section) = &config.webhook {
        routes.push(webhook::start(section, &parts)?);
    }
    if let Some(section) = &config.telnyx {
        routes.push(telnyx::start(section, &mut parts)?);
    }
    if let Some(section) = &config.android {
        routes.push(android::start(section, &mut parts)?);
    }
    if let Some(settings) = &config.twilio {
        let twilio = twilio::start(settings, &mut parts)?;
        // Without a public address nobody calls: the listings bring all.
        if let Some(public_url) = &config.http.public_url {
            routes.push((twilio::PATH.into(), Arc::new(twilio.hook(public_url))));
        }
    }
    if !routes.is_empty() {
        let server = http::Server::bind(&config.http, routes).await?;
        let stop = parts.shutdown.clone();
        parts.tasks.spawn(async move {
            server.run(stop).await;
            Ok(())
        });
    }
    Ok(())
}
