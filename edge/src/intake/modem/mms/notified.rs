//! What the intake does about multimedia messages: from the notification on the SIM to the pipeline, and from there to its removal.

use std::sync::Arc;

use super::super::holdings::{New, Piece};
use super::super::pushes::{Pushed, is_data};
use super::super::repeats::First;
use super::super::{Modem, State};
use super::{Brought, Job, Notification, Receipt, Taken};
use crate::decode::{SmsPdu, decode_pdu_hex};
use crate::intake::{Inbound, Payload, Plain};

impl Modem {
    /// A multimedia message waits at the network. It is fetched in a task; where that cannot be, it is offered without its photos.
    pub(in super::super) fn notified(
        self: &Arc<Self>,
        state: &mut State,
        pieces: Vec<Piece>,
        notification: Notification,
    ) -> Option<Inbound> {
        // An MMSC that was not told in time notifies again, with another time stamp.
        let location = notification.location.as_ref();
        let name = location.map(|location| state.repeats.name_of_mms(location));
        match name.map_or(First::New, |name| state.repeats.first(name)) {
            First::UnderWay(item) => {
                for piece in pieces {
                    state.holdings.attach(item, piece);
                }
                return None;
            }
            First::Done => {
                if let Some(mms) = &self.mms {
                    mms.tell_again(&notification);
                }
                state.refuse(pieces, "it came twice");
                return None;
            }
            First::New => {}
        }
        let origin = pieces.first()?.origin;
        let sender = notification.sender.clone().unwrap_or_default();
        let item = state.holdings.offer(pieces, sender);
        if let Some(name) = name {
            state.repeats.begin(name, item);
        }
        let plain = notification.without();
        if let Some(mms) = &self.mms
            && notification.location.is_some()
            && let Some(access) = mms.access()
            && let Some(given_up) = state.mms.wait(item)
        {
            let job = Job::Fetch {
                item,
                notification,
                access,
                given_up,
            };
            match mms.start(job) {
                // Or else it lies on the SIM for the next start.
                Taken::Yes | Taken::Closed => return None,
                Taken::Full => drop(state.mms.end(item)),
            }
        }
        Some(self.inbound(item, origin, Payload::Plain(plain)))
    }

    /// Notifications that an earlier run was done with are removed. It may have ended before the MMSC was told.
    pub(in super::super) fn tell_of_settled(&self) {
        let mut state = self.state();
        for New { piece, pdu } in state.holdings.take_settled() {
            let Some(mms) = &self.mms else {
                continue;
            };
            if let Ok(SmsPdu::Deliver(deliver)) = decode_pdu_hex(&pdu)
                && is_data(&deliver)
                && let Pushed::Mms(_, notification) = state.settled.push(deliver, piece)
            {
                if let Some(location) = &notification.location {
                    let name = state.repeats.name_of_mms(location);
                    state.repeats.is_done(name);
                }
                mms.tell_again(&notification);
            }
        }
    }

    /// A multimedia message as it can be had. `None` if nothing is known of it any more.
    pub(in super::super) fn brought(
        self: &Arc<Self>,
        item: u64,
        plain: Plain,
        brought: Brought,
    ) -> Option<Inbound> {
        let mut state = self.state();
        let origin = *state.holdings.origins(item).first()?;
        state.holdings.sent_by(item, plain.sender.clone());
        state.mms.bring(item, brought);
        Some(self.inbound(item, origin, Payload::Plain(plain)))
    }

    /// Whether the MMSC is told that a message is done before that goes, at the next start if need be.
    pub(in super::super) fn tells(&self, item: u64, receipt: Receipt) -> bool {
        let item = Some(item);
        match &self.mms {
            Some(mms) => !matches!(mms.start(Job::Tell { item, receipt }), Taken::Full),
            None => false,
        }
    }

    /// The MMSC was told that a message is done.
    pub(in super::super) fn told(&self, item: u64) {
        self.state().holdings.end_told(item);
        self.changed.notify_one();
    }
}
