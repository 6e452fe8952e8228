//! Multimedia messages: a notification on the SIM says where one lies at the network, and it is fetched from there.
//!
//! - The notification stays on the SIM, as any message does, until the report is committed. While its message is waited for, the
//!   talk with the modem goes on: each is followed by a task of its own (`bring`).
//! - The bearer is the system's: an interface that it brought up, to which sockets are bound (`bearer`). What a carrier wants is a
//!   table (`carriers`) and the configuration (`access`). One exchange is `fetch`; how often it is tried, `patience`.
//! - What was fetched goes to the pipeline with its words and photos. What cannot be had goes there, too, as a message whose photo
//!   could not be had: its sender is asked for a text.
//! - The MMSC is told after the commit, for then it deletes the message; and before the notification is removed, so that after a
//!   crash in between the next start tells it. It is told a few times; the removal does not wait for more.
//!
//! Two messages are in RAM at once, from their fetching to their end. Numbers, words, photos and URLs never print: of a URL, its
//! host alone.

mod access;
mod bearer;
mod bring;
mod carriers;
mod check;
mod fetch;
mod items;
#[cfg(test)]
mod loopback;
mod names;
mod notification;
mod notified;
mod patience;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use access::{Access, NoAccess, Section};
pub use bearer::BearerError;
pub use bring::Bringer;
pub use check::{Bearer, Link, check};
pub use items::{Brought, Items, Receipt};
pub use notification::Notification;

use crate::decode::{MmsStatus, notify_resp};

/// Jobs that wait for their task.
const MAX_JOBS: usize = 256;

/// What is to be done beside the talk.
pub enum Job {
    /// A message is to be fetched.
    Fetch {
        item: u64,
        notification: Notification,
        access: Arc<Access>,
        /// It is not waited for any more.
        given_up: CancellationToken,
    },
    /// The MMSC is to be told; then the item may go, if it is one.
    Tell { item: Option<u64>, receipt: Receipt },
}

/// The intake's end of it.
pub struct Mms {
    section: Section,
    jobs: mpsc::Sender<Job>,
    /// What holds for the SIM that was seen last.
    access: Mutex<Result<Arc<Access>, NoAccess>>,
}

impl fmt::Debug for Mms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mms(..)")
    }
}

/// Whether a job was taken.
pub enum Taken {
    Yes,
    /// There are too many.
    Full,
    /// The node is stopping.
    Closed,
}

impl Mms {
    /// With what its task is to get.
    pub fn new(section: &Section) -> (Self, mpsc::Receiver<Job>) {
        let (jobs, receiver) = mpsc::channel(MAX_JOBS);
        let mms = Self {
            section: section.clone(),
            jobs,
            access: Mutex::new(Err(NoAccess::NoSim)),
        };
        (mms, receiver)
    }

    /// The modem has a SIM whose identity begins with these digits. `None` where it does not say.
    pub fn sim_is(&self, digits: Option<&str>) {
        let access = self.section.access(digits);
        match &access {
            Ok(access) => {
                let carrier = access.carrier.map(|(name, _)| name);
                tracing::info!(
                    carrier,
                    host = access.mmsc.host(),
                    interface = access.interface,
                    "multimedia messages are fetched"
                );
            }
            Err(error) => {
                tracing::warn!(error = %error, "multimedia messages cannot be fetched, their senders are asked for a text; set `carrier` or `mmsc` in [modem.mms]");
            }
        }
        *self.access.lock().unwrap_or_else(PoisonError::into_inner) = access;
    }

    /// What holds now, if messages can be fetched.
    pub fn access(&self) -> Option<Arc<Access>> {
        let access = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        access.as_ref().ok().cloned()
    }

    pub fn start(&self, job: Job) -> Taken {
        match self.jobs.try_send(job) {
            Ok(()) => Taken::Yes,
            Err(mpsc::error::TrySendError::Full(_)) => Taken::Full,
            Err(mpsc::error::TrySendError::Closed(_)) => Taken::Closed,
        }
    }

    /// Tells the MMSC of a message that was done before, which it may not know.
    pub fn tell_again(&self, notification: &Notification) {
        if let (Some(access), Some(id)) = (self.access(), &notification.transaction_id) {
            let pdu = notify_resp(id, MmsStatus::Retrieved);
            let receipt = Receipt { access, pdu };
            // It is told once more than needed, or not at all.
            let _ = self.start(Job::Tell {
                item: None,
                receipt,
            });
        }
    }
}

#[cfg(test)]
mod tests;
