//! Ingest: takes reports from the broker, verifies, commits, receipts; publishes `now`.
//!
//! Two MQTT clients: one only listens, so that it may wait while a batch is committed; one only speaks. A report gets
//! its receipt after its commit. What cannot be opened gets none: an envelope that no known key signed must not be able
//! to make an edge forget a report.

mod client;

use std::collections::BTreeMap;
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use jiff::Timestamp;
use spotlight_common::clock::Clock;
use spotlight_common::config::{Broker, ConfigError};
use spotlight_common::envelope;
use spotlight_common::ids::{Network, NodeId};
use spotlight_common::log;
use spotlight_common::now::Now;
use spotlight_common::receipt::{Outcome, Receipt};
use spotlight_common::report::Report;
use spotlight_common::topic::{self, Leaf, Status};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::city::City;
use crate::store::received::Received;
use crate::store::reports::{Reports, StoreError};
use client::{Event, Speaker};

/// The most deliveries that one transaction takes.
pub const MAX_BATCH: usize = 1024;

/// Why ingest ended.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The broker's section cannot be used.
    #[error("the section [broker] cannot be used")]
    Config(#[from] ConfigError),
    /// TLS cannot be set up.
    #[error("failed to set up TLS to the broker: {0}")]
    Tls(String),
    /// The store failed; nothing was receipted for that batch.
    #[error("failed to store reports")]
    Store(#[from] StoreError),
}

/// What ingest tells the rest of the hub.
#[derive(Debug)]
pub enum Change {
    /// New reports, committed.
    Stored(Vec<Received>),
    /// A node was up at that time.
    Up(NodeId, Timestamp),
    /// A node went.
    Gone(NodeId),
    /// The connection to the broker is lost: no node's presence is known.
    Disconnected,
}

/// Who the hub is.
#[derive(Clone)]
pub struct Identity {
    /// Its network.
    pub network: Network,
    /// The key that signs receipts and `now`.
    pub key: Arc<SigningKey>,
}

/// Publishes the retained `now`.
#[derive(Clone)]
pub struct NowPublisher {
    identity: Identity,
    speaker: Speaker,
}

impl NowPublisher {
    /// Signs and publishes; never waits for a broker that is away or behind.
    pub fn publish(&self, now: &Now) {
        let payload = envelope::seal(&self.identity.key, &self.identity.network, now);
        let topic = topic::now(&self.identity.network);
        self.speaker.publish_retained(&topic, payload);
    }
}

/// The running halves of ingest.
pub struct Ingest {
    identity: Identity,
    events: mpsc::Receiver<Event>,
    speaker: Speaker,
}

impl Ingest {
    /// Starts both clients. A broker that is away is waited for.
    pub fn connect(
        identity: Identity,
        broker: &Broker,
        shutdown: &CancellationToken,
    ) -> Result<Self, IngestError> {
        let hub = spotlight_common::keys::public(&identity.key).to_string();
        let filters = vec![
            topic::of_all_nodes(&identity.network, Leaf::Report),
            topic::of_all_nodes(&identity.network, Leaf::Status),
        ];
        let events = client::listen(broker, &hub, filters, shutdown)?;
        let speaker = client::speak(broker, &hub, shutdown)?;
        Ok(Self {
            identity,
            events,
            speaker,
        })
    }

    /// A handle that publishes `now`.
    pub fn now_publisher(&self) -> NowPublisher {
        NowPublisher {
            identity: self.identity.clone(),
            speaker: self.speaker.clone(),
        }
    }

    /// Runs until the shutdown.
    pub async fn run(
        mut self,
        store: Arc<Reports>,
        cities: Arc<Vec<Arc<City>>>,
        clock: Clock,
        changes: mpsc::Sender<Change>,
        shutdown: CancellationToken,
    ) -> Result<(), IngestError> {
        let mut events = Vec::with_capacity(MAX_BATCH);
        loop {
            let taken = tokio::select! {
                taken = self.events.recv_many(&mut events, MAX_BATCH) => taken,
                () = shutdown.cancelled() => return Ok(()),
            };
            if taken == 0 {
                return Ok(());
            }
            let mut deliveries = Vec::new();
            for event in events.drain(..) {
                match self.read(event, clock.now()) {
                    Some(Read::Report(payload)) => deliveries.push(payload),
                    Some(Read::Change(change)) => {
                        let _ = changes.send(change).await;
                    }
                    None => {}
                }
            }
            if deliveries.is_empty() {
                continue;
            }
            let (store, cities, now) = (store.clone(), cities.clone(), clock.now());
            let network = self.identity.network.clone();
            let work = tokio::task::spawn_blocking(move || {
                take(&store, &network, &cities, deliveries, now)
            });
            let (receipts, stored) = match work.await {
                Ok(Ok(taken)) => taken,
                // No disk space or file descriptor for a key, for now. What gets no receipt comes again.
                Ok(Err(StoreError::Keys(error))) => {
                    let error = log::chain(&error);
                    tracing::error!(error, "took no reports; their edges send them again");
                    continue;
                }
                Ok(Err(error)) => return Err(error.into()),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            };
            for (node, receipts) in receipts {
                let topic = topic::of_node(&self.identity.network, &node, Leaf::Receipt);
                let payload = envelope::seal(&self.identity.key, &self.identity.network, &receipts);
                // First of the two, so that the last receipts still leave; but a broker that is away stops no hub's end.
                tokio::select! {
                    biased;
                    () = self.speaker.publish(&topic, payload) => {}
                    () = shutdown.cancelled() => return Ok(()),
                }
            }
            if !stored.is_empty() {
                let _ = changes.send(Change::Stored(stored)).await;
            }
        }
    }

    fn read(&self, event: Event, now: Timestamp) -> Option<Read> {
        let (name, payload, retained) = match event {
            Event::Message {
                topic,
                payload,
                retained,
            } => (topic, payload, retained),
            Event::Down => return Some(Read::Change(Change::Disconnected)),
        };
        match topic::parse(&self.identity.network, &name)? {
            (node, Leaf::Report) => Some(Read::Report((node, payload))),
            (node, Leaf::Status) => {
                let status: Status = serde_json::from_slice(&payload).ok()?;
                presence(node, status, retained, now).map(Read::Change)
            }
            (_, Leaf::Receipt) => None,
        }
    }
}

enum Read {
    Report((NodeId, Vec<u8>)),
    Change(Change),
}

/// What a status says. One that a broker had kept is of its own time, for the node may be long gone; one that was just
/// sent is of now, whatever the node's clock says.
fn presence(node: NodeId, status: Status, retained: bool, now: Timestamp) -> Option<Change> {
    if !status.online {
        return Some(Change::Gone(node));
    }
    let at = match retained {
        true => Timestamp::from_second(status.at?).ok()?,
        false => now,
    };
    Some(Change::Up(node, at))
}

type Receipts = BTreeMap<NodeId, Vec<Receipt>>;

/// Opens, checks and commits a batch of deliveries: (node of the topic, envelope). Only computes and stores.
pub fn take(
    store: &Reports,
    network: &Network,
    cities: &[Arc<City>],
    deliveries: Vec<(NodeId, Vec<u8>)>,
    now: Timestamp,
) -> Result<(Receipts, Vec<Received>), StoreError> {
    let mut reports = Vec::with_capacity(deliveries.len());
    for (node, payload) in deliveries {
        match envelope::open::<Report>(network, &payload) {
            Ok((signer, report)) if signer == node => reports.push((signer, report)),
            Ok(_) => tracing::warn!("ignored a report on another node's topic"),
            Err(error) => tracing::warn!(error = %error, "ignored what is no report"),
        }
    }
    let (outcomes, stored) = store.accept(&reports, now, |cell| {
        cities.iter().any(|city| city.has(cell))
    })?;
    let mut receipts = Receipts::new();
    for ((node, report), outcome) in reports.iter().zip(outcomes) {
        if let Outcome::Refused(reason) = outcome {
            tracing::warn!(node = %node, reason = %reason, "refused a report");
        }
        let id = report.id;
        receipts
            .entry(*node)
            .or_default()
            .push(Receipt { id, outcome });
    }
    Ok((receipts, stored))
}

#[cfg(test)]
mod tests;
