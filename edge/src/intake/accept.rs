//! Taking messages from a provider that has no inbox to remove them from: it repeats a webhook until it gets its 2xx.
//!
//! A message is known by its provider's id, in the outbox for some days after it was done: a repeat is known, also after a
//! crash or a restart.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::http::Answer;
use super::{Begun, Inbound, Inbox, Intake, Offers, Payload, Plain, Ticket, Waiter};
use crate::outbox::{Origin, Outbox, OutboxError};

/// A webhook is answered after this time at the latest; the work goes on, and the repeated webhook joins it.
pub const PATIENCE: Duration = Duration::from_secs(12);

/// Messages from their offer to their end; more are told to come again.
const UNDER_WAY: usize = 64;

/// Of those, how many may have photos in RAM.
const WITH_PHOTOS: usize = 3;

/// Takes the messages of one provider.
pub struct Acceptor {
    offers: Offers,
    inbox: mpsc::Sender<Inbound>,
    free: Arc<Semaphore>,
    with_photos: Arc<Semaphore>,
    /// What each message holds until its end.
    under_way: Mutex<HashMap<u64, Vec<OwnedSemaphorePermit>>>,
}

/// How a message's photos come into RAM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Photos {
    /// It has none.
    None,
    /// They came with it: where there is no room for them, it is to come again.
    Here,
    /// They are fetched once there is room for them.
    Fetched,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is done, now or before: the provider need not repeat it.
    Done(Origin),
    /// Not yet: it should be repeated.
    NotYet,
}

impl Taken {
    /// The plain answer to a webhook.
    pub fn answer(self) -> Answer {
        match self {
            Self::Done(_) => Answer::plain(200, "ok\n"),
            Self::NotYet => Answer::plain(503, "not yet; send it again\n"),
        }
    }
}

impl Acceptor {
    /// `key` is the node's own; what the outbox knows of this inbox is done.
    pub fn new(
        inbox: Inbox,
        key: [u8; 32],
        outbox: &Outbox,
        messages: mpsc::Sender<Inbound>,
    ) -> Result<Self, OutboxError> {
        Ok(Self {
            offers: Offers::new(inbox, key, outbox.known(inbox)?),
            inbox: messages,
            free: Arc::new(Semaphore::new(UNDER_WAY)),
            with_photos: Arc::new(Semaphore::new(WITH_PHOTOS)),
            under_way: Mutex::default(),
        })
    }

    /// Takes a message by its provider's id and waits for its end. `prepare` gets the message's number and makes what the
    /// pipeline takes; it runs in a task of its own, so that it goes on if the caller goes away.
    pub async fn take<F>(
        self: &Arc<Self>,
        intake: Arc<dyn Intake>,
        id: &[u8],
        photos: Photos,
        prepare: impl FnOnce(u64) -> F,
    ) -> Taken
    where
        F: Future<Output = Plain> + Send + 'static,
    {
        match self.offers.begin(id) {
            Begun::Done(origin) => Taken::Done(origin),
            Begun::UnderWay(waiter) => self.wait(id, waiter).await,
            Begun::New(item, origin, waiter) => {
                let offered = Offered {
                    acceptor: self.clone(),
                    item: Some(item),
                };
                let Ok(permit) = self.free.clone().try_acquire_owned() else {
                    return Taken::NotYet;
                };
                let mut held = vec![permit];
                if photos == Photos::Here {
                    match self.with_photos.clone().try_acquire_owned() {
                        Ok(permit) => held.push(permit),
                        Err(_) => return Taken::NotYet,
                    }
                }
                lock(&self.under_way).insert(item, held);
                let plain = prepare(item);
                let ticket = Ticket {
                    origin,
                    item,
                    intake,
                };
                tokio::spawn(async move {
                    if photos == Photos::Fetched {
                        offered.acceptor.wait_for_room(item).await;
                    }
                    let inbound = Inbound {
                        payload: Payload::Plain(plain.await),
                        arrived: Timestamp::now(),
                        ticket,
                    };
                    if offered.acceptor.inbox.send(inbound).await.is_ok() {
                        offered.handed_over();
                    }
                });
                self.wait(id, waiter).await
            }
        }
    }

    async fn wait(&self, id: &[u8], waiter: Waiter) -> Taken {
        match tokio::time::timeout(PATIENCE, waiter.wait()).await {
            Ok(true) => Taken::Done(self.offers.origin(id)),
            // The pipeline is closing, or takes its time.
            Ok(false) | Err(_) => Taken::NotYet,
        }
    }

    /// Waits until few enough messages have photos in RAM.
    async fn wait_for_room(&self, item: u64) {
        if let Ok(permit) = self.with_photos.clone().acquire_owned().await
            && let Some(held) = lock(&self.under_way).get_mut(&item)
        {
            held.push(permit);
        }
    }

    /// The message is done: whoever waits for it is told. Returns its origin: there is no inbox to remove it from.
    pub fn end(&self, item: u64) -> Vec<Origin> {
        lock(&self.under_way).remove(&item);
        self.offers.end(item).into_iter().collect()
    }

    /// The origin of a message that the pipeline has.
    pub fn origin(&self, id: &[u8]) -> Origin {
        self.offers.origin(id)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A message between its offer and the pipeline: one that does not get there may be offered again.
struct Offered {
    acceptor: Arc<Acceptor>,
    item: Option<u64>,
}

impl Offered {
    fn handed_over(mut self) {
        self.item = None;
    }
}

impl Drop for Offered {
    fn drop(&mut self) {
        if let Some(item) = self.item {
            lock(&self.acceptor.under_way).remove(&item);
            self.acceptor.offers.give_up(item);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Nothing;

    impl Intake for Nothing {
        fn answer(&self, _item: u64, _text: &str) {}
        fn remove(&self, _item: u64) -> Vec<Origin> {
            Vec::new()
        }
        fn refuse(&self, _item: u64, _reason: &str) -> Vec<Origin> {
            Vec::new()
        }
    }

    fn acceptor(folder: &std::path::Path) -> (Arc<Acceptor>, mpsc::Receiver<Inbound>) {
        acceptor_on(&Outbox::open(folder).expect("an outbox"))
    }

    fn acceptor_on(outbox: &Outbox) -> (Arc<Acceptor>, mpsc::Receiver<Inbound>) {
        let (sender, receiver) = mpsc::channel(8);
        let acceptor = Acceptor::new(Inbox::Webhook, [1; 32], outbox, sender).expect("it reads");
        (Arc::new(acceptor), receiver)
    }

    async fn take(acceptor: &Arc<Acceptor>, id: &[u8]) -> Taken {
        acceptor
            .take(Arc::new(Nothing), id, Photos::None, |_| async {
                Plain::default()
            })
            .await
    }

    #[tokio::test]
    async fn a_message_reaches_the_pipeline_once_and_its_repeats_join_or_are_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, mut inbox) = acceptor(folder.path());
        let end = async {
            let inbound = inbox.recv().await.expect("it is handed over");
            // The repeat joins while the first is under way.
            tokio::task::yield_now().await;
            acceptor.end(inbound.ticket.item);
        };
        let (first, second, ()) = tokio::join!(take(&acceptor, b"1"), take(&acceptor, b"1"), end);
        let done = Taken::Done(acceptor.origin(b"1"));
        assert_eq!((first, second), (done, done));
        assert_eq!(take(&acceptor, b"1").await, done);
        assert!(inbox.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_caller_that_goes_away_does_not_take_its_message_along() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, mut inbox) = acceptor(folder.path());
        {
            let mut gone = std::pin::pin!(take(&acceptor, b"1"));
            tokio::select! {
                biased;
                _ = gone.as_mut() => panic!("nothing has ended it"),
                () = std::future::ready(()) => {}
            }
        }
        let inbound = inbox.recv().await.expect("it is handed over all the same");
        acceptor.end(inbound.ticket.item);
        assert_eq!(
            take(&acceptor, b"1").await,
            Taken::Done(acceptor.origin(b"1"))
        );
    }

    #[tokio::test]
    async fn what_the_pipeline_does_not_take_may_come_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, inbox) = acceptor(folder.path());
        drop(inbox);
        assert_eq!(take(&acceptor, b"1").await, Taken::NotYet);
        assert_eq!(take(&acceptor, b"1").await, Taken::NotYet);
    }

    #[tokio::test]
    async fn no_more_are_under_way_than_ram_holds() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, mut inbox) = acceptor(folder.path());
        let mut waiting = tokio::task::JoinSet::new();
        for n in 0..UNDER_WAY {
            let acceptor = acceptor.clone();
            waiting.spawn(async move { take(&acceptor, &n.to_le_bytes()).await });
        }
        let first = inbox.recv().await.expect("it is handed over");
        while acceptor.free.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(take(&acceptor, b"one more").await, Taken::NotYet);
        acceptor.end(first.ticket.item);
        assert_eq!(acceptor.free.available_permits(), 1);
        drop(inbox);
        // What was not handed over is free again.
        while acceptor.free.available_permits() < UNDER_WAY - 8 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn what_was_done_is_known_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let outbox = Outbox::open(folder.path()).expect("an outbox");
        {
            let (acceptor, mut inbox) = acceptor_on(&outbox);
            let end = async {
                let inbound = inbox.recv().await.expect("it is handed over");
                outbox.removed(acceptor.end(inbound.ticket.item)).await;
            };
            let _ = tokio::join!(take(&acceptor, b"1"), end);
            // The outbox's next commit shows that it has written.
            outbox
                .commit(Vec::new(), Vec::new())
                .await
                .expect("written");
        }
        let (acceptor, mut inbox) = acceptor_on(&outbox);
        assert_eq!(
            take(&acceptor, b"1").await,
            Taken::Done(acceptor.origin(b"1"))
        );
        assert!(inbox.try_recv().is_err());
        assert_eq!(outbox.removals(Inbox::Webhook).expect("read"), []);
    }

    #[tokio::test]
    async fn few_messages_have_their_photos_in_ram() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, mut inbox) = acceptor(folder.path());
        let mut waiting = tokio::task::JoinSet::new();
        for n in 0..=WITH_PHOTOS {
            let acceptor = acceptor.clone();
            waiting.spawn(async move {
                let plain = |_| async { Plain::default() };
                acceptor
                    .take(Arc::new(Nothing), &n.to_le_bytes(), Photos::Fetched, plain)
                    .await
            });
        }
        let mut items = Vec::new();
        for _ in 0..WITH_PHOTOS {
            items.push(inbox.recv().await.expect("it is handed over").ticket.item);
        }
        assert!(inbox.try_recv().is_err(), "the last one waits");
        let here = acceptor.take(Arc::new(Nothing), b"here", Photos::Here, |_| async {
            Plain::default()
        });
        assert_eq!(here.await, Taken::NotYet, "there is no room");
        acceptor.end(items[0]);
        assert!(inbox.recv().await.is_some());
    }
}
