//! The link: carries the outbox to the hub over MQTT, and receipts back.
//!
//! The MQTT client is not the queue. A PUBACK is a broker's word, not the hub's, so it is ignored: a report is sent
//! again until the hub's signed receipt for it arrives, over any number of connections and crashes. The hub knows
//! duplicates by id. At most [`WINDOW`] reports are under way at once; while no receipts come, resending slows from
//! [`FIRST_RESEND`] to [`LAST_RESEND`].
//!
//! It also hears the hub's retained `now` and hands on the newest that the pinned key signed.

mod client;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use spotlight_common::config::{Broker, ConfigError};
use spotlight_common::envelope;
use spotlight_common::ids::{Network, NodeId, ReportId};
use spotlight_common::now::Now;
use spotlight_common::receipt::{Outcome, Receipt};
use spotlight_common::topic::{self, Leaf, Status};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::outbox::{Outbox, OutboxError, Sequence};
use client::{Client, Event};
pub use client::{ProbeError, probe};

/// The most reports under way without a receipt.
pub const WINDOW: usize = 256;

/// How long a receipt may take before its report is sent again.
pub const FIRST_RESEND: Duration = Duration::from_secs(10);

/// The longest wait between two sendings of one report while the hub is silent.
pub const LAST_RESEND: Duration = Duration::from_secs(120);

/// How often a connected node says that it is: a hub that hears nothing for ten of these holds it for gone.
pub const STATUS_EVERY: Duration = Duration::from_secs(60);

/// Whose link it is, and whose receipts it believes.
#[derive(Clone)]
pub struct Peers {
    /// The network that both are in.
    pub network: Network,
    /// This node.
    pub node: NodeId,
    /// The hub's pinned key.
    pub hub: NodeId,
}

/// Why the link ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The broker's section cannot be used.
    #[error("the section [broker] cannot be used")]
    Config(#[from] ConfigError),
    /// TLS cannot be set up.
    #[error("failed to set up TLS to the broker: {0}")]
    Tls(String),
    /// The outbox cannot be read.
    #[error("failed to read the outbox")]
    Outbox(#[from] OutboxError),
}

/// The newest `now` that was heard, for whoever answers questions.
pub type Heard = watch::Sender<Option<Arc<Now>>>;

/// Runs until the shutdown. A broker that is away is waited for.
pub async fn run(
    peers: Peers,
    broker: &Broker,
    outbox: Outbox,
    heard: Heard,
    shutdown: CancellationToken,
) -> Result<(), LinkError> {
    let status = topic::of_node(&peers.network, &peers.node, Leaf::Status);
    let (client, mut events) = client::connect(broker, &peers.node, &status, &shutdown)?;
    let mut link = Link {
        report_topic: topic::of_node(&peers.network, &peers.node, Leaf::Report),
        receipt_topic: topic::of_node(&peers.network, &peers.node, Leaf::Receipt),
        now_topic: topic::now(&peers.network),
        peers,
        outbox,
        heard,
        client,
        under_way: HashMap::new(),
        after: Sequence::default(),
        at_end: false,
        connected: false,
        resend: FIRST_RESEND,
    };
    let mut renew = tokio::time::interval(STATUS_EVERY);
    renew.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(Event::Up) => link.up(&status).await,
                Some(Event::Down) => link.connected = false,
                Some(Event::Message { topic, payload }) => link.hear(&topic, &payload).await,
                None => return Ok(()),
            },
            () = link.outbox.committed() => link.at_end = false,
            () = tokio::time::sleep_until(link.next_resend()) => link.expire(),
            _ = renew.tick() => if link.connected { link.say_online(&status).await },
            () = shutdown.cancelled() => {
                link.client.publish_retained(&status, &offline()).await;
                link.client.disconnect().await;
                while events.recv().await.is_some() {}
                return Ok(());
            }
        }
        link.send().await?;
    }
}

/// The last will, and what a node says before it goes.
fn offline() -> Vec<u8> {
    said(Status {
        online: false,
        at: None,
    })
}

/// What a connected node says, and when.
fn online(now: Timestamp) -> Vec<u8> {
    said(Status {
        online: true,
        at: Some(now.as_second()),
    })
}

fn said(status: Status) -> Vec<u8> {
    serde_json::to_vec(&status).expect("our own types always serialise")
}

struct Link {
    peers: Peers,
    report_topic: String,
    receipt_topic: String,
    now_topic: String,
    outbox: Outbox,
    heard: Heard,
    client: Client,
    /// Reports that were sent and not receipted, and when they are due again.
    under_way: HashMap<ReportId, Instant>,
    /// How far the outbox was read.
    after: Sequence,
    /// Whether there was nothing after that.
    at_end: bool,
    connected: bool,
    resend: Duration,
}

impl Link {
    /// A new connection knows nothing of the last one: subscribe, say that we are here, and start over.
    async fn up(&mut self, status: &str) {
        self.client.subscribe(&self.receipt_topic).await;
        self.client.subscribe(&self.now_topic).await;
        self.say_online(status).await;
        self.connected = true;
        self.start_over();
        tracing::info!(pending = self.outbox.len(), "connected to the broker");
    }

    async fn say_online(&self, status: &str) {
        let online = online(Timestamp::now());
        self.client.publish_retained(status, &online).await;
    }

    fn start_over(&mut self) {
        self.under_way.clear();
        self.after = Sequence::default();
        self.at_end = false;
    }

    /// Sends what is pending while the window has room. A page may overfill the window by one batch.
    async fn send(&mut self) -> Result<(), LinkError> {
        while self.connected && !self.at_end && self.under_way.len() < WINDOW {
            let (outbox, after) = (self.outbox.clone(), self.after);
            let room = WINDOW - self.under_way.len();
            let page = tokio::task::spawn_blocking(move || outbox.pending(after, room)).await;
            let (entries, next) = page.unwrap_or(Err(OutboxError::Closed))?;
            match next {
                Some(next) => self.after = next,
                None => self.at_end = true,
            }
            for entry in entries {
                if self.under_way.contains_key(&entry.id) {
                    continue;
                }
                self.under_way
                    .insert(entry.id, Instant::now() + self.resend);
                self.client
                    .publish(&self.report_topic, entry.envelope)
                    .await;
            }
        }
        Ok(())
    }

    async fn hear(&mut self, topic: &str, payload: &[u8]) {
        if topic == self.receipt_topic {
            self.receipts(payload).await;
        } else if topic == self.now_topic {
            self.now(payload);
        }
    }

    /// Keeps the newest: a broker that brings an old one again changes nothing.
    fn now(&self, payload: &[u8]) {
        let (signer, now) = match envelope::open::<Now>(&self.peers.network, payload) {
            Ok(opened) => opened,
            Err(error) => return tracing::warn!(error = %error, "ignored what is no `now`"),
        };
        if signer != self.peers.hub {
            return tracing::warn!("ignored a `now` that the pinned hub key did not sign");
        }
        self.heard.send_if_modified(|newest| {
            let newer = newest
                .as_ref()
                .is_none_or(|newest| newest.written_at <= now.written_at);
            if newer {
                *newest = Some(Arc::new(now));
            }
            newer
        });
    }

    async fn receipts(&mut self, payload: &[u8]) {
        let opened = envelope::open::<Vec<Receipt>>(&self.peers.network, payload);
        let (signer, receipts) = match opened {
            Ok(opened) => opened,
            Err(error) => return tracing::warn!(error = %error, "ignored what is no receipt"),
        };
        if signer != self.peers.hub {
            return tracing::warn!("ignored a receipt that the pinned hub key did not sign");
        }
        self.resend = FIRST_RESEND;
        for receipt in receipts {
            self.receipt(receipt).await;
        }
    }

    async fn receipt(&mut self, receipt: Receipt) {
        match receipt.outcome {
            Outcome::Stored | Outcome::Duplicate => {
                self.under_way.remove(&receipt.id);
                self.outbox.settle(receipt.id, None).await;
            }
            Outcome::Refused(reason) if reason.is_mendable() => {
                // It keeps its place in the window and is sent again, in case the operator has mended it.
                if let Some(due) = self.under_way.get_mut(&receipt.id) {
                    *due = Instant::now() + LAST_RESEND;
                }
                tracing::error!(
                    node = %self.peers.node,
                    "the hub does not know this node; run `spotlight-hub node add` with this key there"
                );
            }
            Outcome::Refused(reason) => {
                tracing::error!(report = %receipt.id, reason = %reason, "the hub refused a report");
                self.under_way.remove(&receipt.id);
                self.outbox.settle(receipt.id, Some(reason)).await;
            }
        }
    }

    fn next_resend(&self) -> Instant {
        let idle = Instant::now() + LAST_RESEND;
        self.under_way.values().min().copied().unwrap_or(idle)
    }

    /// A receipt is overdue: read the outbox from its start again, and be slower next time.
    fn expire(&mut self) {
        let now = Instant::now();
        let before = self.under_way.len();
        self.under_way.retain(|_, due| *due > now);
        if self.under_way.len() < before {
            self.after = Sequence::default();
            self.at_end = false;
            self.resend = (self.resend * 2).min(LAST_RESEND);
        }
    }
}
