//! The task that brings messages, each in a task of its own, until the shutdown: what is unfinished then lies on the SIM.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::super::Modem;
use super::fetch::{FetchError, Prospect, fetch, post};
use super::patience::Patience;
use super::{Access, Brought, Job, Notification, Receipt};
use crate::decode::{MmsPdu, MmsStatus, acknowledge, notify_resp};
use crate::intake::Inbound;

/// Messages in RAM at once.
const ROOMS: usize = 2;

/// MMSCs that are told something at once.
const TELLING: usize = 2;

/// The pauses between the tries to tell an MMSC.
const TELL_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(5)];

/// What the tasks need.
#[derive(Clone)]
pub struct Bringer {
    modem: Arc<Modem>,
    inbox: mpsc::Sender<Inbound>,
    rooms: Arc<Semaphore>,
    telling: Arc<Semaphore>,
    /// Whether the bearer has reached a server since the start.
    is_proven: Arc<AtomicBool>,
}

/// How a message ended.
enum End {
    Message(Box<MmsPdu>, OwnedSemaphorePermit),
    /// It cannot be had; what the MMSC is told of that.
    Without(Option<MmsStatus>),
}

/// A message that is followed.
struct Followed {
    notification: Notification,
    access: Arc<Access>,
    /// The MMSC was told that it will be fetched later.
    is_deferred: bool,
}

impl Bringer {
    pub fn new(modem: Arc<Modem>, inbox: mpsc::Sender<Inbound>) -> Self {
        Self {
            modem,
            inbox,
            rooms: Arc::new(Semaphore::new(ROOMS)),
            telling: Arc::new(Semaphore::new(TELLING)),
            is_proven: Arc::default(),
        }
    }

    /// Does the jobs until the shutdown.
    pub async fn run(self, mut jobs: mpsc::Receiver<Job>, shutdown: CancellationToken) {
        let mut under_way = JoinSet::new();
        loop {
            let job = tokio::select! {
                job = jobs.recv() => job,
                Some(ended) = under_way.join_next() => {
                    if ended.is_err() {
                        // Its words are not said: they may hold the message's.
                        tracing::error!("the fetching of a message failed; it stays on the SIM");
                    }
                    continue;
                }
                () = shutdown.cancelled() => return,
            };
            let Some(job) = job else {
                return;
            };
            let bringer = self.clone();
            under_way.spawn(async move {
                match job {
                    Job::Fetch {
                        item,
                        notification,
                        access,
                        given_up,
                    } => {
                        let followed = Followed {
                            notification,
                            access,
                            is_deferred: false,
                        };
                        bringer.bring(item, followed, &given_up).await;
                    }
                    Job::Tell { item, receipt } => {
                        bringer.tell(&receipt).await;
                        if let Some(item) = item {
                            bringer.modem.told(item);
                        }
                    }
                }
            });
        }
    }

    /// Brings a message to the pipeline, with what it says and shows or without.
    async fn bring(&self, item: u64, mut followed: Followed, given_up: &CancellationToken) {
        let end = self.follow(&mut followed, given_up).await;
        let Followed {
            notification,
            access,
            is_deferred,
        } = followed;
        let id = notification.transaction_id.as_ref();
        let (plain, room, pdu) = match end {
            End::Message(mut mms, room) => {
                // Who was told to wait is told again by the message's own number.
                let own = mms.transaction_id.take().map(Zeroizing::new);
                let pdu = match own.filter(|_| is_deferred) {
                    Some(own) => Some(acknowledge(&own)),
                    None => id.map(|id| notify_resp(id, MmsStatus::Retrieved)),
                };
                (notification.with(*mms), Some(room), pdu)
            }
            End::Without(status) => {
                let pdu = id.zip(status).map(|(id, status)| notify_resp(id, status));
                (notification.without(), None, pdu)
            }
        };
        let receipt = pdu.map(|pdu| Receipt { access, pdu });
        let brought = Brought {
            _room: room,
            receipt,
        };
        if let Some(inbound) = self.modem.brought(item, plain, brought) {
            // It fails when the pipeline closes.
            let _ = self.inbox.send(inbound).await;
        }
    }

    /// Fetches a message, again and again as long as there is hope.
    async fn follow(&self, followed: &mut Followed, given_up: &CancellationToken) -> End {
        let Some(location) = followed.notification.location.clone() else {
            return End::Without(None);
        };
        let access = followed.access.clone();
        let mut patience = Patience::new(access.retry);
        let began = Instant::now();
        loop {
            let Ok(room) = self.rooms.clone().acquire_owned().await else {
                return End::Without(None);
            };
            let error = match fetch(&access, &location).await {
                Ok(mms) => {
                    self.is_proven.store(true, Ordering::Relaxed);
                    return End::Message(Box::new(mms), room);
                }
                Err(error) => error,
            };
            drop(room);
            let prospect = error.prospect();
            if prospect != Prospect::Away {
                self.is_proven.store(true, Ordering::Relaxed);
            }
            let left = followed.notification.left(Timestamp::now());
            let is_proven = self.is_proven.load(Ordering::Relaxed);
            let pause = patience.next(prospect, began.elapsed(), left, is_proven);
            say(&location, &error, pause);
            let Some(pause) = pause else {
                return End::Without(rejected(prospect));
            };
            if prospect == Prospect::Later && !followed.is_deferred {
                followed.is_deferred = self.defer(followed).await;
            }
            tokio::select! {
                () = sleep(pause) => {}
                () = given_up.cancelled() => {
                    tracing::warn!("a multimedia message is not waited for any more: the SIM is full");
                    return End::Without(rejected(prospect));
                }
            }
        }
    }

    /// Whether the MMSC knows now that the message will be fetched later, so that it does not notify again.
    async fn defer(&self, followed: &Followed) -> bool {
        match &followed.notification.transaction_id {
            Some(id) => post(&followed.access, &notify_resp(id, MmsStatus::Deferred))
                .await
                .is_ok(),
            None => false,
        }
    }

    /// Tells the MMSC, a few times if it has to be.
    async fn tell(&self, receipt: &Receipt) {
        let _one = self.telling.acquire().await;
        let mut pauses = TELL_AGAIN.into_iter();
        while let Err(error) = post(&receipt.access, &receipt.pdu).await {
            let Some(pause) = pauses.next() else {
                tracing::warn!(
                    error = spotlight_common::log::chain(&error),
                    host = receipt.access.mmsc.host(),
                    "the carrier's server was not told that a message is done"
                );
                return;
            };
            sleep(pause).await;
        }
    }
}

/// A server that has a message which is not waited for any more may delete it.
fn rejected(prospect: Prospect) -> Option<MmsStatus> {
    match prospect {
        Prospect::Later | Prospect::Doubtful | Prospect::Unwanted => Some(MmsStatus::Rejected),
        Prospect::Away | Prospect::Gone => None,
    }
}

fn say(location: &str, error: &FetchError, pause: Option<Duration>) {
    let url: Option<hyper::Uri> = location.parse().ok();
    let host = url.as_ref().and_then(|url| url.host());
    let error = spotlight_common::log::chain(error);
    match pause {
        Some(pause) => {
            tracing::warn!(
                error,
                host,
                ?pause,
                "a multimedia message cannot be fetched yet"
            );
        }
        None => tracing::warn!(
            error,
            host,
            "a multimedia message cannot be fetched; its sender is asked for a text"
        ),
    }
}
