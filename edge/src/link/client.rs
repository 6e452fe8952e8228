//! One MQTT client, one loop that always polls it.

use std::time::Duration;

use rumqttc::{
    AsyncClient, Broker as Address, ConnectionError, Incoming, LastWill, MqttOptions,
    PublishOptions, QoS, SessionMode, Transport,
};
use spotlight_common::config::Broker;
use spotlight_common::envelope;
use spotlight_common::ids::NodeId;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{LinkError, offline};

/// Requests and events that wait. Far above twice the window, so that the two queues never wait for each other.
const QUEUE: usize = 2048;

/// The first wait after a lost connection, doubled up to [`LAST_BACKOFF`].
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// The longest wait before the next try.
const LAST_BACKOFF: Duration = Duration::from_secs(15);

/// What the link is told.
pub enum Event {
    /// A connection stands.
    Up,
    /// It is lost.
    Down,
    /// A message of a subscribed topic.
    Message { topic: String, payload: Vec<u8> },
}

/// The sending half.
pub struct Client(AsyncClient);

impl Client {
    pub async fn subscribe(&self, topic: &str) {
        log_if_closed(self.0.subscribe(topic, QoS::AtLeastOnce).await);
    }

    pub async fn publish(&self, topic: &str, payload: Vec<u8>) {
        log_if_closed(
            self.0
                .publish(topic, payload, PublishOptions::at_least_once())
                .await,
        );
    }

    pub async fn publish_retained(&self, topic: &str, payload: &[u8]) {
        let options = PublishOptions::at_least_once().retained();
        log_if_closed(self.0.publish(topic, payload.to_vec(), options).await);
    }

    pub async fn disconnect(&self) {
        log_if_closed(self.0.disconnect_with_timeout(Duration::from_secs(2)).await);
    }
}

fn log_if_closed(result: Result<(), rumqttc::ClientError>) {
    if let Err(error) = result {
        tracing::warn!(error = %error, "the MQTT client does not take requests");
    }
}

/// Starts the loop. It ends with the disconnect, or a little after the shutdown.
pub fn connect(
    broker: &Broker,
    node: &NodeId,
    status_topic: &str,
    shutdown: &CancellationToken,
) -> Result<(Client, mpsc::Receiver<Event>), LinkError> {
    let mut options = options(broker, &format!("edge-{}", &node.to_string()[..16]))?;
    options.set_last_will(LastWill::new(
        status_topic,
        offline(),
        QoS::AtLeastOnce,
        true,
    ));
    let (client, mut eventloop) = AsyncClient::builder(options).capacity(QUEUE).build();
    let (events, receiver) = mpsc::channel(QUEUE);
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        let mut backoff = FIRST_BACKOFF;
        loop {
            let event = match eventloop.poll().await {
                Ok(rumqttc::Event::Incoming(Incoming::ConnAck(_))) => {
                    backoff = FIRST_BACKOFF;
                    Event::Up
                }
                Ok(rumqttc::Event::Incoming(Incoming::Publish(publish))) => Event::Message {
                    topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                    payload: publish.payload.to_vec(),
                },
                Ok(rumqttc::Event::Outgoing(rumqttc::Outgoing::Disconnect))
                    if shutdown.is_cancelled() =>
                {
                    return;
                }
                Ok(_) => continue,
                Err(error) => {
                    if shutdown.is_cancelled() {
                        return;
                    }
                    tracing::warn!(error = %error, "no connection to the broker; trying again");
                    if events.send(Event::Down).await.is_err() {
                        return;
                    }
                    tokio::select! {
                        () = tokio::time::sleep(jittered(backoff)) => {}
                        () = shutdown.cancelled() => return,
                    }
                    backoff = (backoff * 2).min(LAST_BACKOFF);
                    continue;
                }
            };
            if events.send(event).await.is_err() {
                return;
            }
        }
    });
    Ok((Client(client), receiver))
}

/// Where the broker is, who we are to it, and what we say when we are gone.
fn options(broker: &Broker, client_id: &str) -> Result<MqttOptions, LinkError> {
    broker.check()?;
    let address = Address::tcp(broker.url.host.clone(), broker.url.port);
    let mut options = MqttOptions::new(client_id, address);
    options.set_keep_alive(30);
    options.set_session_mode(SessionMode::Clean);
    options.set_max_packet_size(envelope::MAX_BYTES + 1024, envelope::MAX_BYTES + 1024);
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
                .map_err(|error| LinkError::Tls(error.to_string()))?,
        };
        options.set_transport(transport);
    }
    Ok(options)
}

/// Connects once and says whether the broker lets us in. Publishes nothing; under a name of its own, so that an edge that
/// runs keeps its connection.
pub async fn probe(broker: &Broker) -> Result<(), ProbeError> {
    let random: [u8; 4] = spotlight_common::keys::random_bytes().unwrap_or_default();
    let id = format!("doctor-{:08x}", u32::from_le_bytes(random));
    let (client, mut eventloop) = AsyncClient::builder(options(broker, &id)?)
        .capacity(2)
        .build();
    let answered = tokio::time::timeout(PROBE, async {
        loop {
            match eventloop.poll().await {
                Ok(rumqttc::Event::Incoming(Incoming::ConnAck(_))) => return Ok(()),
                Ok(_) => {}
                Err(ConnectionError::ConnectionRefused(code)) => {
                    return Err(ProbeError::Refused(format!("{code:?}")));
                }
                Err(ConnectionError::Tls(error)) => return Err(ProbeError::Tls(error.to_string())),
                Err(error) => return Err(ProbeError::Away(error.to_string())),
            }
        }
    });
    let answered = answered.await.unwrap_or(Err(ProbeError::Silent(PROBE)));
    drop(client);
    answered
}

/// How long a broker may take to answer a probe.
const PROBE: Duration = Duration::from_secs(10);

/// Why the broker does not let us in.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// We cannot try.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// It refused the login.
    #[error("the broker refused the login ({0})")]
    Refused(String),
    /// Its certificate, or the encryption.
    #[error("no TLS with the broker: {0}")]
    Tls(String),
    /// Nothing answers there.
    #[error("no connection: {0}")]
    Away(String),
    /// Something takes the connection and does not speak.
    #[error("something takes the connection but does not answer within {0:?}")]
    Silent(Duration),
}

/// Half to whole of the wait, so that many nodes do not come back at once.
fn jittered(wait: Duration) -> Duration {
    let random: [u8; 1] = spotlight_common::keys::random_bytes().unwrap_or([255]);
    wait / 2 + wait.mul_f64(f64::from(random[0]) / 510.0)
}
