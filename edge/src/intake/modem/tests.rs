//! The intake beside a fake modem, on a real pair of pseudo-terminals where that matters.

use std::sync::Arc;

use jiff::Timestamp;
use serial2_tokio::SerialPort;
use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::dialogue::{Dialogue, Wire};
use super::fake::Fake;
use super::pin::Tried;
use super::run::Runner;
use super::script::SILENCE;
use super::setup::{greet, set_up};
use super::talk::{Talk, TalkError};
use super::{Bringer, Mms, Modem, Section};
use crate::decode::encode::{deliver_pdus, submit_pdus};
use crate::decode::{Scts, SmsPdu, decode_pdu_hex};
use crate::intake::{Inbound, Inbox, Payload};
use crate::outbox::Outbox;

pub const KEY: [u8; 32] = [7; 32];

/// Hex of a WAP push in two parts that tells of a multimedia message from `+12135550100`.
fn push_parts() -> [String; 2] {
    push_parts_of("http://mmsc/1", 9)
}

/// The same of one that lies at a URL, its parts with a reference.
pub fn push_parts_of(location: &str, reference: u8) -> [String; 2] {
    let push = b"\x25\x06\x01\xbe\x8c\x82\x98t1\0\x8d\x92\x89\x18\x80+12135550100/TYPE=PLMN\0\x8a\x80\x8e\x02\x10\x00\x88\x05\x81\x03\x03\xf4\x80\x83";
    let push = [&push[..], location.as_bytes(), b"\0"].concat();
    let (first, second) = push.split_at(30);
    [(1, first), (2, second)].map(|(seq, octets)| data(Some((reference, seq)), 2948, octets))
}

/// Hex of a data message.
fn data(part: Option<(u8, u8)>, port: u16, octets: &[u8]) -> String {
    let [high, low] = port.to_be_bytes();
    let mut header = vec![5, 4, high, low, 0x23, 0xf0];
    if let Some((reference, seq)) = part {
        header.extend([0, 3, reference, 2, seq]);
    }
    let header = [&[header.len() as u8], &header[..]].concat();
    let length = header.len() + octets.len();
    let front = [
        0x44, 5, 0x81, 0x27, 0x43, 0xf5, 0, 4, 0x62, 0x11, 0x62, 0x21, 0x43, 0, 0,
    ];
    let tpdu = [&front[..], &[length as u8], &header, octets].concat();
    let hex: String = tpdu.iter().map(|octet| format!("{octet:02X}")).collect();
    format!("07912160130350F5{hex}")
}

fn text(sender: &str, text: &str) -> String {
    texts(sender, text).remove(0)
}

fn texts(sender: &str, text: &str) -> Vec<String> {
    let scts = match decode_pdu_hex(&data(None, 1, b"")) {
        Ok(SmsPdu::Deliver(deliver)) => deliver.scts.expect("a time"),
        other => panic!("{other:?}"),
    };
    let _: Scts = scts;
    deliver_pdus("+12063130530", sender, text, scts, 3).expect("encoded")
}

/// An edge's part, with its outbox in a folder.
pub struct Node {
    pub runner: Arc<Runner>,
    pub inbox: mpsc::Receiver<Inbound>,
    pub outbox: Outbox,
}

fn node(folder: &std::path::Path) -> Node {
    node_on(Outbox::open(folder).expect("an outbox"), folder)
}

fn node_on(outbox: Outbox, folder: &std::path::Path) -> Node {
    node_with(outbox, folder, None)
}

/// With a section `[modem.mms]`, whose task runs.
pub fn node_with(outbox: Outbox, folder: &std::path::Path, mms: Option<&str>) -> Node {
    let before = outbox.removals(Inbox::Modem).expect("readable");
    let (sender, inbox) = mpsc::channel(64);
    let mms = mms.map(|mms| toml::from_str(mms).expect("a section"));
    let section = Section {
        mms,
        ..toml::from_str("poll = \"1s\"").expect("a section")
    };
    let shutdown = CancellationToken::new();
    let (mms, jobs) = section.mms.as_ref().map(Mms::new).unzip();
    let modem = Modem::new(KEY, before, mms);
    if let Some(jobs) = jobs {
        let bringer = Bringer::new(modem.clone(), sender.clone());
        tokio::spawn(bringer.run(jobs, shutdown.clone()));
    }
    let runner = Runner {
        modem,
        section,
        tried: Tried::new(folder, KEY),
        outbox: outbox.clone(),
        inbox: sender,
        shutdown,
    };
    Node {
        runner: Arc::new(runner),
        inbox,
        outbox,
    }
}

impl Node {
    /// Talks with a modem in a task.
    fn talk(&self, wire: impl Wire + 'static) -> tokio::task::JoinHandle<Result<(), TalkError>> {
        let runner = self.runner.clone();
        tokio::spawn(async move {
            let mut dialogue = Dialogue::new(wire, SILENCE);
            greet(&mut dialogue).await?;
            let ready = set_up(&mut dialogue, &runner.section, &runner.tried).await;
            let ready = ready.expect("it is set up");
            if let Some(mms) = &runner.modem.mms {
                mms.sim_is(None);
            }
            Talk::new(&runner, dialogue, ready).run().await
        })
    }

    pub fn talk_with(&self, fake: &Fake) -> tokio::task::JoinHandle<Result<(), TalkError>> {
        let (ours, theirs) = duplex(4096);
        tokio::spawn(fake.clone().serve(theirs));
        self.talk(ours)
    }

    pub async fn next(&mut self) -> Inbound {
        self.inbox.recv().await.expect("a message")
    }

    /// As the pipeline does it.
    pub async fn finish(&self, inbound: &Inbound, answer: Option<&str>) {
        let ticket = &inbound.ticket;
        self.commit(inbound).await;
        if let Some(answer) = answer {
            ticket.intake.answer(ticket.item, answer);
        }
        assert_eq!(ticket.intake.remove(ticket.item), []);
    }

    /// Before the removal.
    pub async fn commit(&self, inbound: &Inbound) {
        let ticket = &inbound.ticket;
        let mut removals = ticket.intake.origins(ticket.item);
        removals.push(ticket.origin);
        let committed = self.outbox.commit(Vec::new(), removals).await;
        committed.expect("committed");
    }

    /// Waits until the outbox wants nothing removed.
    pub async fn settled(&self) {
        while !self
            .outbox
            .removals(Inbox::Modem)
            .expect("readable")
            .is_empty()
        {
            tokio::task::yield_now().await;
        }
    }
}

fn pdu(inbound: &Inbound) -> &str {
    match &inbound.payload {
        Payload::Pdu(pdu) => pdu,
        _ => panic!("a PDU"),
    }
}

#[tokio::test]
async fn a_message_is_removed_after_its_commit_and_its_sender_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    fake.world().echoes = true;
    let message = text("+12135550100", "police at 5th");
    fake.store("SM", 3, &message);
    fake.store("ME", 0, &text("+12135550101", "police at 6th"));
    let (ours, theirs) = SerialPort::pair().expect("pseudo-terminals");
    tokio::spawn(fake.clone().serve(theirs));
    let talk = node.talk(ours);
    let first = node.next().await;
    let second = node.next().await;
    assert_eq!(pdu(&first), message);
    assert_eq!(fake.world().stored.len(), 2);
    node.finish(&first, Some("Thanks")).await;
    node.finish(&second, None).await;
    node.settled().await;
    assert!(fake.is_empty());
    node.runner.shutdown.cancel();
    assert!(talk.await.expect("it ends").is_ok());
    let expected = submit_pdus("+12135550100", "Thanks", 1).expect("encoded");
    assert_eq!(fake.world().sent, [expected[0].pdu.clone()]);
    assert!(node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn what_a_crash_left_is_removed_first_and_not_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let fake = Fake::new();
    fake.store("SM", 1, &text("+12135550100", "police at 5th"));
    let outbox = Outbox::open(folder.path()).expect("an outbox");
    {
        let mut node = node_on(outbox.clone(), folder.path());
        let talk = node.talk_with(&fake);
        let first = node.next().await;
        let committed = node.outbox.commit(Vec::new(), vec![first.ticket.origin]);
        committed.await.expect("committed");
        talk.abort();
        assert!(talk.await.is_err());
    }
    let other = text("+12135550101", "police at 6th");
    fake.store("SM", 2, &other);
    let mut node = node_on(outbox, folder.path());
    fake.world().heard.clear();
    let _talk = node.talk_with(&fake);
    let next = node.next().await;
    assert_eq!(pdu(&next), other);
    // It went before the other was handed on.
    assert!(fake.world().heard.contains(&"AT+CMGD=1".to_owned()));
    node.settled().await;
    assert_eq!(fake.world().stored.len(), 1);
    assert!(node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn a_modem_that_keeps_what_it_should_remove_makes_no_second_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    fake.world().keeps = true;
    fake.store("SM", 1, &text("+12135550100", "police at 5th"));
    let _talk = node.talk_with(&fake);
    let first = node.next().await;
    node.finish(&first, None).await;
    let tries = |fake: &Fake| {
        let world = fake.world();
        let removals = world.heard.iter().filter(|command| *command == "AT+CMGD=1");
        removals.count()
    };
    while tries(&fake) < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(
        node.outbox.removals(Inbox::Modem).expect("readable").len(),
        1
    );
    fake.world().keeps = false;
    node.settled().await;
    assert!(fake.is_empty() && node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn a_slot_that_was_taken_again_keeps_its_new_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    fake.store("SM", 1, &text("+12135550100", "police at 5th"));
    let _talk = node.talk_with(&fake);
    let first = node.next().await;
    // Another program removed it, and the slot was taken before the next listing.
    let other = text("+12135550101", "police at 6th");
    fake.store("SM", 1, &other);
    node.finish(&first, None).await;
    let second = node.next().await;
    assert_eq!(pdu(&second), other);
    node.settled().await;
    assert!(!fake.world().heard.contains(&"AT+CMGD=1".to_owned()));
    node.finish(&second, None).await;
    node.settled().await;
    assert!(fake.is_empty());
}

#[tokio::test]
async fn a_multimedia_message_asks_its_sender_for_a_text_and_other_data_goes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    let [first, second] = push_parts();
    fake.store("SM", 1, &second);
    fake.store("SM", 2, &data(None, 2948, b"\x01\x06\x01\xb6other"));
    fake.store("SM", 3, &data(None, 16000, b"binary"));
    fake.store("SM", 4, "0011000B912131550501F000000B0AE8329BFD4697D9EC37");
    fake.store("SM", 5, &first);
    let _talk = node.talk_with(&fake);
    let (mut told, mut unread) = (0, 0);
    for _ in 0..2 {
        let inbound = node.next().await;
        match &inbound.payload {
            Payload::Plain(plain) => {
                assert_eq!(plain.sender.as_str(), "+12135550100");
                assert_eq!((plain.text.as_str(), plain.photos_missed), ("", 1));
                assert!(plain.sent_at.is_some());
                node.finish(&inbound, Some("Send a text")).await;
                told += 1;
            }
            _ => {
                let ticket = &inbound.ticket;
                ticket.intake.refuse(ticket.item, "not a received message");
                unread += 1;
            }
        }
    }
    assert_eq!((told, unread), (1, 1));
    node.settled().await;
    while !fake.is_empty() || fake.world().sent.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(fake.world().sent[0].starts_with("0011000B912131550501F0"));
}

#[tokio::test]
async fn a_memory_that_stays_full_wants_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    fake.world().total = 2;
    let long = texts("+12135550100", &"police ".repeat(60));
    assert_eq!(long.len(), 3);
    fake.store("SM", 1, &long[0]);
    fake.store("SM", 2, &long[1]);
    let _talk = node.talk_with(&fake);
    let first = node.next().await;
    let second = node.next().await;
    while !first.ticket.intake.wants_room() {
        tokio::task::yield_now().await;
    }
    node.finish(&first, None).await;
    node.finish(&second, None).await;
    while first.ticket.intake.wants_room() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_part_that_comes_twice_goes_with_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut node = node(folder.path());
    let fake = Fake::new();
    let long = texts("+12135550100", &"police ".repeat(30));
    for (slot, part) in (1..).zip([&long[1], &long[0], &long[0]]) {
        fake.store("SM", slot, part);
    }
    let _talk = node.talk_with(&fake);
    let parts = [node.next().await, node.next().await];
    for part in &parts {
        node.finish(part, None).await;
    }
    while !fake.is_empty() {
        tokio::task::yield_now().await;
    }
    node.settled().await;
    // And one that comes after.
    fake.store("SM", 1, &long[1]);
    while !fake.is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(node.inbox.try_recv().is_err());
}

#[tokio::test]
async fn a_message_that_lies_nowhere_is_handed_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let node = node(folder.path());
    let hex = text("+12135550100", "police at 5th");
    let loose = || node.runner.modem.loose(Zeroizing::new(hex.clone()));
    let inbounds = loose();
    let [inbound] = inbounds.as_slice() else {
        panic!("not one");
    };
    assert_eq!(pdu(inbound), hex);
    assert!(inbound.arrived <= Timestamp::now());
    // A network that was not answered delivers it again.
    assert!(loose().is_empty());
    // There is nothing to remove.
    let ticket = &inbound.ticket;
    assert_eq!(ticket.intake.remove(ticket.item), [ticket.origin]);
    assert!(loose().is_empty());
}
