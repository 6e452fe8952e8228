//! The MQTT broker of a box: rumqttd in this process, on loopback.
//!
//! It keeps nothing on disk and knows no users, so it never faces a network; what crosses it is signed, and the outbox
//! keeps every report until the hub's receipt. It has no end of its own: it goes with the process.
//!
//! rumqttd takes a fixed port and tells nobody whether it could listen. So a free port is looked for, the thread is
//! watched until the port answers, and another port is tried if it was taken in between.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use rumqttd::{Config, ConnectionSettings, RouterConfig, ServerSettings};
use spotlight_common::envelope;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

/// A box has one edge and two clients of its hub; the rest is room for looking in.
const MAX_CONNECTIONS: usize = 32;

/// Messages sent to a client and not yet acknowledged.
const MAX_INFLIGHT: usize = 200;

/// What a topic filter keeps in RAM for clients that are behind: at most this many bytes in so many segments, sized for
/// a Raspberry Pi. Older messages are dropped; the outbox sends them again.
const SEGMENT_BYTES: usize = 1024 * 1024;
const SEGMENTS: usize = 10;

/// A port that was free may be taken before the broker has it.
const TRIES: u32 = 5;

/// The broker listens within milliseconds, or not at all.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the thread is watched after the port answered: had another program answered, it would end within this.
const SECOND_LOOK: Duration = Duration::from_millis(20);

/// Why there is no broker.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// No port is free, or no thread can be made.
    #[error("failed to start the MQTT broker on 127.0.0.1")]
    System(#[from] io::Error),
    /// It did not come to listen.
    #[error("the MQTT broker could not listen on 127.0.0.1; tried {TRIES} ports")]
    NotListening,
}

/// A broker that listens.
pub struct Broker {
    /// Where, on 127.0.0.1.
    pub port: u16,
    /// Resolves if the broker stops, which it never should.
    pub stopped: oneshot::Receiver<()>,
}

/// Starts the broker; it listens when this returns.
pub async fn start() -> Result<Broker, BrokerError> {
    for _ in 0..TRIES {
        let port = free_port()?;
        let mut stopped = run(port)?;
        if answers(port, &mut stopped).await {
            return Ok(Broker { port, stopped });
        }
    }
    Err(BrokerError::NotListening)
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Runs the broker on a thread of its own; the sender is dropped when it ends.
fn run(port: u16) -> io::Result<oneshot::Receiver<()>> {
    let (running, stopped) = oneshot::channel();
    thread::Builder::new()
        .name("mqtt-broker".into())
        .spawn(move || {
            let _running: oneshot::Sender<()> = running;
            if let Err(error) = rumqttd::Broker::new(config(port)).start() {
                tracing::error!(error = %error, "the MQTT broker failed");
            }
        })?;
    Ok(stopped)
}

async fn answers(port: u16, stopped: &mut oneshot::Receiver<()>) -> bool {
    let running = |stopped: &mut oneshot::Receiver<()>| {
        matches!(stopped.try_recv(), Err(oneshot::error::TryRecvError::Empty))
    };
    let deadline = Instant::now() + PATIENCE;
    while running(stopped) && Instant::now() < deadline {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .await
            .is_ok()
        {
            sleep(SECOND_LOOK).await;
            return running(stopped);
        }
        sleep(Duration::from_millis(2)).await;
    }
    false
}

fn config(port: u16) -> Config {
    let server = ServerSettings {
        name: "loopback".into(),
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        tls: None,
        next_connection_delay_ms: 1,
        connections: ConnectionSettings {
            connection_timeout_ms: 5_000,
            // The largest envelope, its topic and the packet's header.
            max_payload_size: envelope::MAX_BYTES + 1024,
            max_inflight_count: MAX_INFLIGHT,
            auth: None,
            external_auth: None,
            dynamic_filters: true,
        },
    };
    Config {
        router: RouterConfig {
            max_connections: MAX_CONNECTIONS,
            max_outgoing_packet_count: 200,
            max_segment_size: SEGMENT_BYTES,
            max_segment_count: SEGMENTS,
            ..RouterConfig::default()
        },
        v4: Some(HashMap::from([("loopback".into(), server)])),
        ..Config::default()
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::{
        AsyncClient, Broker as Address, Event, EventLoop, Incoming, LastWill, MqttOptions,
        PublishOptions, QoS, SessionMode,
    };
    use tokio::time::timeout;

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    fn client(port: u16, id: &str, will: Option<&str>) -> (AsyncClient, EventLoop) {
        let mut options = MqttOptions::new(id, Address::tcp("127.0.0.1", port));
        options.set_session_mode(SessionMode::Clean);
        options.set_max_packet_size(envelope::MAX_BYTES + 1024, envelope::MAX_BYTES + 1024);
        if let Some(topic) = will {
            options.set_last_will(LastWill::new(topic, "offline", QoS::AtLeastOnce, true));
        }
        AsyncClient::builder(options).capacity(16).build()
    }

    /// Polls until a packet that `wanted` knows.
    async fn until<T>(eventloop: &mut EventLoop, wanted: impl Fn(Incoming) -> Option<T>) -> T {
        let search = async {
            loop {
                if let Event::Incoming(packet) = eventloop.poll().await.expect("a connection")
                    && let Some(found) = wanted(packet)
                {
                    return found;
                }
            }
        };
        timeout(SOON, search).await.expect("in time")
    }

    fn message(packet: Incoming) -> Option<(String, Vec<u8>)> {
        match packet {
            Incoming::Publish(publish) => Some((
                String::from_utf8_lossy(&publish.topic).into_owned(),
                publish.payload.to_vec(),
            )),
            _ => None,
        }
    }

    async fn subscribed(port: u16, id: &str, filter: &str) -> (AsyncClient, EventLoop) {
        let (client, mut eventloop) = client(port, id, None);
        client
            .subscribe(filter, QoS::AtLeastOnce)
            .await
            .expect("subscribed");
        until(&mut eventloop, |packet| {
            matches!(packet, Incoming::SubAck(_)).then_some(())
        })
        .await;
        (client, eventloop)
    }

    #[tokio::test]
    async fn a_message_of_the_largest_envelope_arrives_and_is_acknowledged() {
        let broker = start().await.expect("a broker");
        let (_subscriber, mut incoming) = subscribed(broker.port, "hub", "a/+/report").await;
        let (publisher, mut eventloop) = client(broker.port, "edge", None);
        let payload = vec![7; envelope::MAX_BYTES];
        publisher
            .publish(
                "a/b/report",
                payload.clone(),
                PublishOptions::at_least_once(),
            )
            .await
            .expect("published");
        until(&mut eventloop, |packet| {
            matches!(packet, Incoming::PubAck(_)).then_some(())
        })
        .await;
        assert_eq!(
            until(&mut incoming, message).await,
            ("a/b/report".into(), payload)
        );
    }

    #[tokio::test]
    async fn a_retained_message_reaches_who_comes_later() {
        let broker = start().await.expect("a broker");
        let (publisher, mut eventloop) = client(broker.port, "hub", None);
        for text in ["old", "new"] {
            let options = PublishOptions::at_least_once().retained();
            publisher
                .publish("a/now", text, options)
                .await
                .expect("published");
            until(&mut eventloop, |packet| {
                matches!(packet, Incoming::PubAck(_)).then_some(())
            })
            .await;
        }
        let (_subscriber, mut incoming) = subscribed(broker.port, "edge", "a/now").await;
        assert_eq!(
            until(&mut incoming, message).await,
            ("a/now".into(), b"new".to_vec())
        );
    }

    #[tokio::test]
    async fn the_last_will_of_a_lost_client_is_published() {
        let broker = start().await.expect("a broker");
        let (_subscriber, mut incoming) = subscribed(broker.port, "hub", "a/+/status").await;
        let (_edge, mut eventloop) = client(broker.port, "edge", Some("a/edge/status"));
        until(&mut eventloop, |packet| {
            matches!(packet, Incoming::ConnAck(_)).then_some(())
        })
        .await;
        drop(eventloop);
        assert_eq!(
            until(&mut incoming, message).await,
            ("a/edge/status".into(), b"offline".to_vec())
        );
    }
}
