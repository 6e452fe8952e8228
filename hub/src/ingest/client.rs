//! The hub's two MQTT clients, each with one loop that always polls it.

use std::time::Duration;

use rumqttc::{
    AsyncClient, Broker as Address, EventLoop, Incoming, MqttOptions, PublishOptions, QoS,
    SessionMode, SubscribeFilterInput, Transport,
};
use spotlight_common::config::Broker;
use spotlight_common::envelope;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{IngestError, MAX_BATCH};

/// The wait before the next try after a lost connection.
const BACKOFF: Duration = Duration::from_millis(500);

/// What the listener hears.
pub enum Event {
    /// A message of a subscribed topic.
    Message { topic: String, payload: Vec<u8> },
    /// The connection is lost.
    Down,
}

/// The speaking client; clones share it.
#[derive(Clone)]
pub struct Speaker(AsyncClient);

impl Speaker {
    pub async fn publish(&self, topic: &str, payload: Vec<u8>, retain: bool) {
        let options = PublishOptions::at_least_once().retain(retain);
        if let Err(error) = self.0.publish(topic, payload, options).await {
            tracing::warn!(error = %error, "the MQTT client does not take requests");
        }
    }
}

/// Listens to topics. While the receiver is slow the broker has to wait: nothing is dropped here.
pub fn listen(
    broker: &Broker,
    hub: &str,
    filters: Vec<String>,
    shutdown: &CancellationToken,
) -> Result<mpsc::Receiver<Event>, IngestError> {
    let (client, mut eventloop) = connect(broker, &format!("hub-in-{}", &hub[..16]))?;
    let (events, receiver) = mpsc::channel(4 * MAX_BATCH);
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        loop {
            let event = match poll(&mut eventloop, &shutdown).await {
                Polled::Ended => return,
                Polled::Event(rumqttc::Event::Incoming(Incoming::ConnAck(_))) => {
                    let filters = filters
                        .iter()
                        .map(|filter| SubscribeFilterInput::new(filter.clone(), QoS::AtLeastOnce));
                    if let Err(error) = client.try_subscribe_many(filters) {
                        tracing::error!(error = %error, "failed to subscribe to the reports");
                    }
                    tracing::info!("connected to the broker");
                    continue;
                }
                Polled::Event(rumqttc::Event::Incoming(Incoming::Publish(publish))) => {
                    Event::Message {
                        topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                        payload: publish.payload.to_vec(),
                    }
                }
                Polled::Event(_) => continue,
                Polled::Lost => Event::Down,
            };
            tokio::select! {
                sent = events.send(event) => if sent.is_err() { return },
                () = shutdown.cancelled() => return,
            }
        }
    });
    Ok(receiver)
}

/// A client that only publishes.
pub fn speak(
    broker: &Broker,
    hub: &str,
    shutdown: &CancellationToken,
) -> Result<Speaker, IngestError> {
    let (client, mut eventloop) = connect(broker, &format!("hub-out-{}", &hub[..16]))?;
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        while !matches!(poll(&mut eventloop, &shutdown).await, Polled::Ended) {}
    });
    Ok(Speaker(client))
}

enum Polled {
    Event(rumqttc::Event),
    Lost,
    Ended,
}

async fn poll(eventloop: &mut EventLoop, shutdown: &CancellationToken) -> Polled {
    let polled = tokio::select! {
        polled = eventloop.poll() => polled,
        () = shutdown.cancelled() => return Polled::Ended,
    };
    match polled {
        Ok(event) => Polled::Event(event),
        Err(error) => {
            tracing::warn!(error = %error, "no connection to the broker; trying again");
            tokio::select! {
                () = tokio::time::sleep(BACKOFF) => Polled::Lost,
                () = shutdown.cancelled() => Polled::Ended,
            }
        }
    }
}

fn connect(broker: &Broker, id: &str) -> Result<(AsyncClient, EventLoop), IngestError> {
    broker.check()?;
    let mut options = MqttOptions::new(id, Address::tcp(broker.url.host.clone(), broker.url.port));
    options.set_keep_alive(30);
    options.set_session_mode(SessionMode::Clean);
    options.set_max_packet_size(envelope::MAX_BYTES + 1024, envelope::MAX_BYTES + 1024);
    options.set_inflight(1000);
    if let (Some(user), password) = (&broker.user, broker.password()?) {
        let password = password
            .map(|password| password.to_string())
            .unwrap_or_default();
        options.set_credentials(user.clone(), password);
    }
    if broker.url.tls {
        let transport = match broker.ca_pem()? {
            Some(pem) => Transport::tls(pem, None, None),
            None => Transport::try_tls_with_default_config()
                .map_err(|error| IngestError::Tls(error.to_string()))?,
        };
        options.set_transport(transport);
    }
    Ok(AsyncClient::builder(options)
        .capacity(4 * MAX_BATCH)
        .build())
}
