//! The intake beside a fake modem and a carrier's server on loopback.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::super::fake::Fake;
use super::super::tests::{Node, node_with, push_parts_of};
use super::loopback::heard;
use crate::decode::decode_mms;
use crate::decode::encode::{RetrieveConf, retrieve_conf};
use crate::intake::{Inbound, Inbox, Payload, Plain};
use crate::outbox::Outbox;

/// A carrier's server. What it is told is `(message type, status)`.
#[derive(Clone, Default)]
struct Mmsc {
    /// What it says to each GET, the last for good.
    says: Arc<Mutex<Vec<Vec<u8>>>>,
    gets: Arc<Mutex<usize>>,
    told: Arc<Mutex<Vec<(&'static str, u64)>>>,
}

impl Mmsc {
    async fn start(says: Vec<Vec<u8>>) -> (Self, u16) {
        let mmsc = Self {
            says: Arc::new(Mutex::new(says)),
            ..Self::default()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let own = mmsc.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (head, body) = heard(&mut stream).await;
                let _ = stream.write_all(&own.answer(&head, &body)).await;
            }
        });
        (mmsc, port)
    }

    fn answer(&self, head: &str, body: &[u8]) -> Vec<u8> {
        if head.starts_with("GET") {
            *self.gets.lock().expect("not poisoned") += 1;
            let mut says = self.says.lock().expect("not poisoned");
            return match says.len() {
                1 => says[0].clone(),
                _ => says.remove(0),
            };
        }
        let pdu = decode_mms(body).expect("readable");
        let status = pdu.codes.get("status").copied().unwrap_or(0);
        let mut told = self.told.lock().expect("not poisoned");
        told.push((pdu.message_type, status));
        status_line("204 No Content")
    }

    fn told(&self) -> Vec<(&'static str, u64)> {
        self.told.lock().expect("not poisoned").clone()
    }

    fn gets(&self) -> usize {
        *self.gets.lock().expect("not poisoned")
    }
}

fn status_line(status: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

fn message() -> Vec<u8> {
    let message = retrieve_conf(RetrieveConf {
        transaction_id: "m1",
        from: "+12135550101",
        text: Some("police at 5th"),
        images: &[("image/jpeg", b"photo")],
        ..RetrieveConf::default()
    });
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
        message.len()
    );
    [head.as_bytes(), &message].concat()
}

struct World {
    folder: tempfile::TempDir,
    outbox: Outbox,
    fake: Fake,
    mmsc: Mmsc,
    port: u16,
}

impl World {
    /// A notification in two parts lies on the SIM.
    async fn new(says: Vec<Vec<u8>>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let outbox = Outbox::open(folder.path()).expect("an outbox");
        let (mmsc, port) = Mmsc::start(says).await;
        let world = Self {
            folder,
            outbox,
            fake: Fake::new(),
            mmsc,
            port,
        };
        world.notify(1, 9);
        world
    }

    fn notify(&self, slot: u16, reference: u8) {
        let location = format!("http://127.0.0.1:{}/1", self.port);
        let [first, second] = push_parts_of(&location, reference);
        self.fake.store("SM", slot, &first);
        self.fake.store("SM", slot + 1, &second);
    }

    fn node(&self, more: &str) -> Node {
        let mms = format!("mmsc = \"http://127.0.0.1:{}/mms\"\n{more}", self.port);
        node_with(self.outbox.clone(), self.folder.path(), Some(&mms))
    }

    async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let so = async {
            while !is_so(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let so = tokio::time::timeout(Duration::from_secs(30), so).await;
        so.expect("it is so at last");
    }
}

fn plain(inbound: &Inbound) -> &Plain {
    match &inbound.payload {
        Payload::Plain(plain) => plain,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_fetched_and_the_mmsc_told_after_its_commit() {
    let world = World::new(vec![message()]).await;
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    let inbound = node.next().await;
    let fetched = plain(&inbound);
    assert_eq!(fetched.sender.as_str(), "+12135550101");
    assert_eq!(fetched.text.as_str(), "police at 5th");
    assert_eq!((fetched.photos.len(), fetched.photos_missed), (1, 0));
    assert_eq!(
        world.fake.world().stored.len(),
        2,
        "it stays while it waits"
    );
    assert!(world.mmsc.told().is_empty());
    // The network tells of it again, while it is under way.
    world.notify(3, 10);
    world
        .until(|world| {
            world
                .fake
                .world()
                .heard
                .iter()
                .filter(|heard| *heard == "AT+CMGL=4")
                .count()
                >= 3
        })
        .await;
    node.finish(&inbound, Some("Thanks")).await;
    world.until(|world| world.fake.is_empty()).await;
    node.settled().await;
    world
        .until(|world| !world.fake.world().sent.is_empty())
        .await;
    assert_eq!(world.mmsc.told(), [("m-notifyresp-ind", 129)]);
    assert_eq!(world.mmsc.gets(), 1);
    // And after: it is told again, but not fetched.
    world.notify(1, 11);
    world
        .until(|world| world.fake.is_empty() && world.mmsc.told().len() == 2)
        .await;
    assert_eq!(world.mmsc.gets(), 1);
    assert!(node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn what_a_crash_left_is_told_and_removed_and_not_fetched_again() {
    let world = World::new(vec![message()]).await;
    {
        let mut node = world.node("");
        let talk = node.talk_with(&world.fake);
        let inbound = node.next().await;
        node.commit(&inbound).await;
        talk.abort();
        node.runner.shutdown.cancel();
        // Both parts are to be removed.
        let removals = node.outbox.removals(Inbox::Modem).expect("readable");
        assert_eq!(removals.len(), 2);
    }
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    world.until(|world| world.fake.is_empty()).await;
    node.settled().await;
    world
        .until(|world| world.mmsc.told() == [("m-notifyresp-ind", 129)])
        .await;
    assert_eq!(world.mmsc.gets(), 1);
    assert!(node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn a_notification_that_lies_nowhere_is_fetched_too() {
    let world = World::new(vec![message()]).await;
    world.fake.world().stored.clear();
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    let location = format!("http://127.0.0.1:{}/1", world.port);
    let modem = node.runner.modem.clone();
    let mms = modem.mms.as_ref().expect("it is set up");
    // The carrier is known once the SIM is.
    world.until(|_| mms.access().is_some()).await;
    for part in push_parts_of(&location, 9) {
        let inbounds = modem.loose(Zeroizing::new(part));
        assert!(inbounds.is_empty(), "it is fetched first");
    }
    let inbound = node.next().await;
    assert_eq!(plain(&inbound).photos.len(), 1);
    node.finish(&inbound, None).await;
    world
        .until(|world| world.mmsc.told() == [("m-notifyresp-ind", 129)])
        .await;
    node.settled().await;
}

#[tokio::test]
async fn a_server_that_is_busy_is_told_to_wait_and_then_that_it_is_done() {
    let world = World::new(vec![status_line("503 Busy"), message()]).await;
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    let inbound = node.next().await;
    assert_eq!(plain(&inbound).photos.len(), 1);
    assert_eq!(world.mmsc.told(), [("m-notifyresp-ind", 131)]);
    node.finish(&inbound, None).await;
    world.until(|world| world.fake.is_empty()).await;
    assert_eq!(
        world.mmsc.told(),
        [("m-notifyresp-ind", 131), ("m-acknowledge-ind", 0)]
    );
}

#[tokio::test]
async fn what_cannot_be_had_asks_its_sender_for_a_text() {
    for (says, more, told) in [
        (status_line("404 Not Found"), "", vec![]),
        (message(), "max_size = 20", vec![("m-notifyresp-ind", 130)]),
        (
            status_line("412 Not Yet"),
            "retry = \"0s\"",
            vec![("m-notifyresp-ind", 130)],
        ),
    ] {
        let world = World::new(vec![says]).await;
        let mut node = world.node(more);
        let _talk = node.talk_with(&world.fake);
        let inbound = node.next().await;
        let without = plain(&inbound);
        assert_eq!(without.sender.as_str(), "+12135550100");
        assert_eq!((without.photos.len(), without.photos_missed), (0, 1));
        node.finish(&inbound, Some("Send a text")).await;
        world
            .until(|world| world.fake.is_empty() && !world.fake.world().sent.is_empty())
            .await;
        assert_eq!(world.mmsc.told(), told);
    }
}

#[tokio::test]
async fn an_mmsc_that_cannot_be_told_does_not_keep_the_sim_full() {
    let world = World::new(vec![message()]).await;
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    let inbound = node.next().await;
    // From here on it is away, for all that is said.
    let access = node.runner.modem.mms.as_ref().and_then(super::Mms::access);
    assert!(access.is_some());
    let away = super::Access {
        mmsc: "http://127.0.0.1:1/mms".parse().expect("a URL"),
        mmsc_server: super::bearer::Server::try_from("127.0.0.1:1".to_owned()).expect("a server"),
        ..access.expect("it is set").as_ref().clone()
    };
    let receipt = super::Receipt {
        access: Arc::new(away),
        pdu: crate::decode::acknowledge("m1"),
    };
    let brought = super::Brought {
        _room: None,
        receipt: Some(receipt),
    };
    node.runner
        .modem
        .state()
        .mms
        .bring(inbound.ticket.item, brought);
    node.finish(&inbound, None).await;
    world.until(|world| world.fake.is_empty()).await;
    assert!(world.mmsc.told().is_empty());
}

#[tokio::test]
async fn where_the_sim_is_full_the_oldest_is_not_waited_for() {
    let world = World::new(vec![status_line("503 Busy")]).await;
    world.fake.world().total = 2;
    let mut node = world.node("");
    let _talk = node.talk_with(&world.fake);
    let inbound = node.next().await;
    assert_eq!(plain(&inbound).photos_missed, 1);
    node.finish(&inbound, None).await;
    world.until(|world| world.fake.is_empty()).await;
}
