//! A stranger on the broker: publishes anything, listens to anything.

use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use rumqttc::{
    AsyncClient, Broker as Address, Event, Incoming, MqttOptions, PublishOptions, QoS, SessionMode,
};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

const PATIENCE: Duration = Duration::from_secs(20);

/// What came on a topic.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its topic.
    pub topic: String,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// A connected client; its loop runs on a thread of its own.
pub struct Stranger {
    client: AsyncClient,
    runtime: Runtime,
    acknowledged: mpsc::UnboundedReceiver<()>,
    messages: std_mpsc::Receiver<Message>,
}

impl Stranger {
    /// Connects to the broker on a port of loopback.
    pub fn connect(port: u16, name: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime starts");
        let mut options = MqttOptions::new(name, Address::tcp("127.0.0.1", port));
        options.set_session_mode(SessionMode::Clean);
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, mut eventloop) = AsyncClient::builder(options).capacity(1024).build();
        let (acknowledge, acknowledged) = mpsc::unbounded_channel();
        let (deliver, messages) = std_mpsc::channel();
        runtime.spawn(async move {
            loop {
                match eventloop.poll().await {
                    Ok(Event::Incoming(Incoming::PubAck(_) | Incoming::SubAck(_))) => {
                        if acknowledge.send(()).is_err() {
                            return;
                        }
                    }
                    Ok(Event::Incoming(Incoming::Publish(publish))) => {
                        let message = Message {
                            topic: String::from_utf8_lossy(&publish.topic).into_owned(),
                            payload: publish.payload.to_vec(),
                        };
                        if deliver.send(message).is_err() {
                            return;
                        }
                    }
                    Ok(_) => {}
                    // The broker may be away for a while; the loop connects again when it is polled.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        });
        Self {
            client,
            runtime,
            acknowledged,
            messages,
        }
    }

    /// Subscribes; returns when the broker has agreed.
    pub fn subscribe(&mut self, filter: &str) {
        let asked = self
            .runtime
            .block_on(self.client.subscribe(filter, QoS::AtLeastOnce));
        asked.expect("the client takes requests");
        self.wait_for_acknowledgements(1);
    }

    /// Publishes at QoS 1; returns when the broker has it.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        self.send(topic, payload);
        self.wait_for_acknowledgements(1);
    }

    /// Hands a publish over to the client.
    pub fn send(&self, topic: &str, payload: &[u8]) {
        let options = PublishOptions::at_least_once();
        let asked = self
            .runtime
            .block_on(self.client.publish(topic, payload.to_vec(), options));
        asked.expect("the client takes requests");
    }

    /// Waits for this many PUBACKs and SUBACKs.
    pub fn wait_for_acknowledgements(&mut self, count: usize) {
        let acknowledged = &mut self.acknowledged;
        self.runtime.block_on(async {
            for _ in 0..count {
                let next = tokio::time::timeout(PATIENCE, acknowledged.recv()).await;
                next.expect("the broker acknowledges")
                    .expect("the client runs");
            }
        });
    }

    /// The next message that satisfies `wanted`.
    pub fn wait_for<T>(&self, what: &str, wanted: impl Fn(&Message) -> Option<T>) -> T {
        let deadline = std::time::Instant::now() + crate::wait::LONG;
        loop {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            match self.messages.recv_timeout(left) {
                Ok(message) => {
                    if let Some(found) = wanted(&message) {
                        return found;
                    }
                }
                Err(error) => panic!("{error}; no message came: {what}"),
            }
        }
    }
}
