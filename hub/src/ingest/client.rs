//! The hub's two MQTT clients, each with one loop that always polls it.

use std::sync::{Arc, Mutex, MutexGuard};
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

/// What a node sends is a few hundred bytes; anything longer is dropped where it arrives, so that a full queue is a few
/// megabytes.
const LONGEST_TOPIC: usize = 256;
const LONGEST_PAYLOAD: usize = 1024;

/// What the listener hears.
pub enum Event {
    /// A message of a subscribed topic.
    Message {
        topic: String,
        payload: Vec<u8>,
        /// The broker had kept it from before.
        retained: bool,
    },
    /// The connection is lost.
    Down,
}

/// The speaking client; clones share it.
#[derive(Clone)]
pub struct Speaker {
    client: AsyncClient,
    retained: Arc<Mutex<Retained>>,
}

/// What the broker is to retain. Without a connection only the newest waits, however long the broker is away.
#[derive(Default)]
struct Retained {
    connected: bool,
    waiting: Option<(String, Vec<u8>)>,
}

impl Speaker {
    /// Publishes; waits while the client's queue is full.
    pub async fn publish(&self, topic: &str, payload: Vec<u8>) {
        let options = PublishOptions::at_least_once();
        if let Err(error) = self.client.publish(topic, payload, options).await {
            tracing::warn!(error = %error, "the MQTT client does not take requests");
        }
    }

    /// Publishes what the broker is to retain, once there is a connection; never waits. Where the broker is behind it is
    /// left out, for the next takes its place.
    pub fn publish_retained(&self, topic: &str, payload: Vec<u8>) {
        let mut retained = self.retained();
        if retained.connected {
            self.try_publish_retained(topic, payload);
        } else {
            retained.waiting = Some((topic.to_owned(), payload));
        }
    }

    fn try_publish_retained(&self, topic: &str, payload: Vec<u8>) {
        let options = PublishOptions::at_least_once().retained();
        if let Err(error) = self.client.try_publish(topic, payload, options) {
            tracing::warn!(error = %error, "the broker is behind; left out what it should retain");
        }
    }

    fn set_connected(&self, connected: bool) {
        let mut retained = self.retained();
        retained.connected = connected;
        if connected && let Some((topic, payload)) = retained.waiting.take() {
            self.try_publish_retained(&topic, payload);
        }
    }

    fn retained(&self) -> MutexGuard<'_, Retained> {
        self.retained
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// Listens to topics. While the receiver is slow the broker has to wait: nothing is dropped here but what is too long.
pub fn listen(
    broker: &Broker,
    hub: &str,
    filters: Vec<String>,
    shutdown: &CancellationToken,
) -> Result<mpsc::Receiver<Event>, IngestError> {
    let (client, mut eventloop) = connect(broker, &format!("hub-in-{}", &hub[..16]))?;
    let (events, receiver) = mpsc::channel(4 * MAX_BATCH);
    let mut too_long: u64 = 0;
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
                    let (topic, payload) = (&publish.topic, &publish.payload);
                    match message(topic, payload, publish.retain) {
                        Some(message) => message,
                        None => {
                            too_long += 1;
                            // Seldom enough, however many come.
                            if too_long.is_power_of_two() {
                                tracing::warn!(messages = too_long, "ignored what is too long");
                            }
                            continue;
                        }
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

fn message(topic: &[u8], payload: &[u8], retained: bool) -> Option<Event> {
    if topic.len() > LONGEST_TOPIC || payload.len() > LONGEST_PAYLOAD {
        return None;
    }
    Some(Event::Message {
        topic: String::from_utf8_lossy(topic).into_owned(),
        payload: payload.to_vec(),
        retained,
    })
}

/// A client that only publishes.
pub fn speak(
    broker: &Broker,
    hub: &str,
    shutdown: &CancellationToken,
) -> Result<Speaker, IngestError> {
    let (client, mut eventloop) = connect(broker, &format!("hub-out-{}", &hub[..16]))?;
    let speaker = Speaker {
        client,
        retained: Arc::default(),
    };
    let (shutdown, connection) = (shutdown.clone(), speaker.clone());
    tokio::spawn(async move {
        loop {
            match poll(&mut eventloop, &shutdown).await {
                Polled::Event(rumqttc::Event::Incoming(Incoming::ConnAck(_))) => {
                    connection.set_connected(true);
                }
                Polled::Event(_) => {}
                Polled::Lost => connection.set_connected(false),
                Polled::Ended => return,
            }
        }
    });
    Ok(speaker)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_longer_than_any_report_is_not_kept() {
        let check = |topic: usize, payload: usize, kept| {
            let message = message(&vec![b't'; topic], &vec![0; payload], false);
            assert_eq!(message.is_some(), kept, "{topic}, {payload}");
        };
        check(120, 300, true);
        check(LONGEST_TOPIC, LONGEST_PAYLOAD, true);
        check(LONGEST_TOPIC + 1, 0, false);
        check(120, LONGEST_PAYLOAD + 1, false);
        check(120, envelope::MAX_BYTES, false);
    }
}
