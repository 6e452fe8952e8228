//! Taking messages from a provider that has no inbox to remove them from: it repeats a webhook until it gets its 2xx.
//!
//! A message is known by its provider's id. Its removal (in the outbox since the commit, 5 bytes) is confirmed only
//! [`REMEMBERED`] after it was done, counted in uptime: until then a repeat is known, also after a crash or a restart.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::http::Answer;
use super::offers::REMEMBERED;
use super::{Begun, Inbound, Inbox, Intake, Offers, Payload, Plain, Ticket, Waiter};
use crate::outbox::{Origin, Outbox, OutboxError};

/// A webhook is answered after this time at the latest; the work goes on, and the repeated webhook joins it.
pub const PATIENCE: Duration = Duration::from_secs(12);

/// Messages from their offer to their end, with their photos in RAM; more are told to come again.
const UNDER_WAY: usize = 64;

/// How often what is old is forgotten.
const FORGET: Duration = Duration::from_secs(600);

/// Takes the messages of one provider.
pub struct Acceptor {
    offers: Offers,
    inbox: mpsc::Sender<Inbound>,
    outbox: Outbox,
    done: Mutex<VecDeque<(Instant, Origin)>>,
    free: Arc<Semaphore>,
    under_way: Mutex<HashMap<u64, OwnedSemaphorePermit>>,
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
    /// `key` is the node's own; what the outbox holds of this inbox is known as done.
    pub fn new(
        inbox: Inbox,
        key: [u8; 32],
        outbox: Outbox,
        messages: mpsc::Sender<Inbound>,
    ) -> Result<Self, OutboxError> {
        let before = outbox.removals(inbox)?;
        let now = Instant::now();
        Ok(Self {
            offers: Offers::new(inbox, key, before.iter().copied()),
            inbox: messages,
            outbox,
            done: Mutex::new(before.into_iter().map(|origin| (now, origin)).collect()),
            free: Arc::new(Semaphore::new(UNDER_WAY)),
            under_way: Mutex::default(),
        })
    }

    /// Takes a message by its provider's id and waits for its end. `prepare` gets the message's number and makes what the
    /// pipeline takes; it runs in a task of its own, so that it goes on if the caller goes away.
    pub async fn take<F>(
        self: &Arc<Self>,
        intake: Arc<dyn Intake>,
        id: &[u8],
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
                lock(&self.under_way).insert(item, permit);
                let plain = prepare(item);
                let ticket = Ticket {
                    origin,
                    item,
                    intake,
                };
                tokio::spawn(async move {
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
            Ok(Some(_)) => Taken::Done(self.offers.origin(id)),
            // The pipeline is closing, or takes its time.
            Ok(None) | Err(_) => Taken::NotYet,
        }
    }

    /// The message is done: whoever waits for it is told.
    pub fn end(&self, item: u64) {
        lock(&self.under_way).remove(&item);
        if let Some(origin) = self.offers.end(item, None) {
            lock(&self.done).push_back((Instant::now(), origin));
        }
    }

    /// The origin of a message that the pipeline has.
    pub fn origin(&self, id: &[u8]) -> Origin {
        self.offers.origin(id)
    }

    /// Confirms the removals of what no provider repeats any more, until the shutdown.
    pub async fn forget(&self, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(FORGET) => {}
                () = shutdown.cancelled() => return,
            }
            let old = self.old(Instant::now());
            self.outbox.removed(old).await;
        }
    }

    /// Takes out what was done [`REMEMBERED`] ago.
    fn old(&self, now: Instant) -> Vec<Origin> {
        let mut done = lock(&self.done);
        let count = done.partition_point(|(at, _)| now.saturating_duration_since(*at) > REMEMBERED);
        done.drain(..count).map(|(_, origin)| origin).collect()
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
        let outbox = Outbox::open(folder).expect("an outbox");
        let (sender, receiver) = mpsc::channel(8);
        let acceptor = Acceptor::new(Inbox::Webhook, [1; 32], outbox, sender).expect("it reads");
        (Arc::new(acceptor), receiver)
    }

    async fn take(acceptor: &Arc<Acceptor>, id: &[u8]) -> Taken {
        acceptor
            .take(Arc::new(Nothing), id, |_| async { Plain::default() })
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
    async fn what_is_done_is_confirmed_after_two_days_of_uptime_and_not_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let (acceptor, mut inbox) = acceptor(folder.path());
        let end = async {
            let inbound = inbox.recv().await.expect("it is handed over");
            acceptor.end(inbound.ticket.item);
        };
        let _ = tokio::join!(take(&acceptor, b"1"), end);
        let now = Instant::now();
        assert_eq!(acceptor.old(now + REMEMBERED - Duration::from_secs(60)), []);
        let later = now + REMEMBERED + Duration::from_secs(60);
        assert_eq!(acceptor.old(later), [acceptor.origin(b"1")]);
        assert_eq!(acceptor.old(later), []);
    }
}
