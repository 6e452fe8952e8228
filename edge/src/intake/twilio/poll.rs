//! Listing what lies at Twilio: what no webhook brought is read, what is done and still there is deleted.
//!
//! A listing reaches back [`LOOK_BACK`]: a number's older history is left alone, and the first listing says how much of it
//! there is. That, and each while removals of an earlier run are open, reaches back without end, so that they are found; one
//! that two whole listings in a row do not show is gone.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tokio_util::sync::CancellationToken;

use super::media::Media;
use super::rest::{Listed, RestError, Which};
use super::{Received, Twilio};
use crate::intake::Begun;
use crate::outbox::{Inbox, Origin, Outbox};

/// What is older is not read: its news is old, and it may be from before the number was this node's.
pub const LOOK_BACK: SignedDuration = SignedDuration::from_hours(72);

/// An answer that has no final state by then is deleted all the same.
const ANSWER_AGE: SignedDuration = SignedDuration::from_hours(1);

/// Lists until the shutdown: at once, then by the configured interval.
pub async fn run(twilio: &Arc<Twilio>, outbox: &Outbox, shutdown: &CancellationToken) {
    let before = outbox.removals(Inbox::Twilio).unwrap_or_else(|error| {
        // What is not found again stays at Twilio until the next start; it is known all the same.
        tracing::error!(error = %spotlight_common::log::chain(&error), "open removals cannot be read");
        Vec::new()
    });
    let mut open = Open {
        left: before.into_iter().collect(),
        missed: HashSet::new(),
        is_first: true,
    };
    loop {
        let mut wait = twilio.poll;
        let round = async {
            look(twilio, &mut open, outbox).await?;
            delete_answers(twilio).await
        };
        let result = tokio::select! {
            result = round => result,
            () = shutdown.cancelled() => return,
        };
        if let Err(error) = result {
            tracing::warn!(error = %spotlight_common::log::chain(&error), "Twilio's messages cannot be listed; trying again");
            wait = wait.max(error.retry_after().unwrap_or_default());
        }
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = shutdown.cancelled() => return,
        }
    }
}

/// Removals of an earlier run that are not known to be made, and those of them that the last listing did not show.
struct Open {
    left: HashSet<Origin>,
    missed: HashSet<Origin>,
    /// Nothing was listed yet.
    is_first: bool,
}

impl Open {
    /// Those that this whole listing and the one before do not show.
    fn gone(&mut self, shown: &HashSet<Origin>) -> Vec<Origin> {
        let missing: HashSet<Origin> = self.left.difference(shown).copied().collect();
        let gone: Vec<Origin> = missing.intersection(&self.missed).copied().collect();
        self.left.retain(|origin| !gone.contains(origin));
        self.missed = missing;
        gone
    }
}

async fn look(twilio: &Arc<Twilio>, open: &mut Open, outbox: &Outbox) -> Result<(), RestError> {
    let oldest = Timestamp::now()
        .saturating_sub(LOOK_BACK)
        .unwrap_or(Timestamp::MIN);
    let since = (open.left.is_empty() && !open.is_first)
        .then(|| oldest.to_zoned_datetime(TimeZone::UTC).date());
    let listing = twilio.rest.list(Which::Inbound, since).await?;
    let (mut shown, mut left_alone) = (HashSet::new(), 0_usize);
    for message in listing.messages {
        let origin = twilio.offers.origin(message.sid.as_str().as_bytes());
        shown.insert(origin);
        let is_old = message.created.is_some_and(|created| created < oldest);
        if !is_old || open.left.contains(&origin) {
            take(twilio, message).await;
        } else {
            left_alone += 1;
        }
    }
    if std::mem::take(&mut open.is_first) && left_alone > 0 {
        tracing::warn!(
            messages = left_alone,
            "messages at Twilio are older than three days and are left there; delete them in its console"
        );
    }
    if listing.complete {
        outbox.removed(open.gone(&shown)).await;
    }
    Ok(())
}

async fn take(twilio: &Arc<Twilio>, message: Listed) {
    match twilio.offers.begin(message.sid.as_str().as_bytes()) {
        Begun::UnderWay(_) => {}
        Begun::Done(origin) => {
            twilio.removals.add(
                message.sid,
                Some(origin),
                message.media > 0,
                Default::default(),
            );
        }
        Begun::New(item, origin, _) => {
            let received = Received {
                is_answered: twilio.answers_itself(&message.text),
                sid: message.sid,
                sender: message.sender,
                text: message.text,
                media: Media::Count(message.media),
                sent_at: message.created,
            };
            if message.media == 0 {
                // In their order, as fast as the pipeline takes them.
                twilio.clone().receive(received, item, origin).await;
            } else {
                tokio::spawn(twilio.clone().receive(received, item, origin));
            }
        }
    }
}

/// Answers lie at Twilio with their receiver's number: those that were delivered, or never will be, are deleted too.
async fn delete_answers(twilio: &Arc<Twilio>) -> Result<(), RestError> {
    let now = Timestamp::now();
    let since = now.saturating_sub(LOOK_BACK).unwrap_or(Timestamp::MIN);
    let since = since.to_zoned_datetime(TimeZone::UTC).date();
    for answer in twilio
        .rest
        .list(Which::Outbound, Some(since))
        .await?
        .messages
    {
        let is_final = matches!(
            answer.status.as_str(),
            "delivered" | "undelivered" | "failed"
        );
        let is_old = answer
            .created
            .is_some_and(|created| now.duration_since(created) > ANSWER_AGE);
        if is_final || is_old {
            twilio
                .removals
                .add(answer.sid, None, answer.media > 0, Default::default());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_removal_is_gone_when_two_listings_in_a_row_do_not_show_it() {
        let origin = |n: u8| Origin::new(Inbox::Twilio, &[0; 32], &[n]);
        let set = |numbers: &[u8]| numbers.iter().map(|n| origin(*n)).collect::<HashSet<_>>();
        let mut open = Open {
            left: set(&[1, 2, 3]),
            missed: HashSet::new(),
            is_first: true,
        };
        assert_eq!(open.gone(&set(&[1, 2])), []);
        assert_eq!(open.gone(&set(&[1, 3])), []);
        assert_eq!(open.gone(&set(&[1, 3])), [origin(2)]);
        assert_eq!(open.gone(&set(&[])), []);
        assert_eq!(open.gone(&set(&[])).len(), 2);
        assert!(open.left.is_empty());
    }
}
