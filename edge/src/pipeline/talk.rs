//! The pipeline's side of the conversation: who is heard, what is said, and whether the answer may leave.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use spotlight_common::clock::{Clock, ClockQuality};
use spotlight_common::gazetteer::{Gazetteer, NotFound, Place};
use spotlight_common::keys::KeyError;
use spotlight_common::now::Now;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Pipeline, Unfinished, again};
use crate::counters::{Counters, Counts};
use crate::decide::Photos;
use crate::message::Message;
use crate::outbox::Month;
use crate::reply::conversation::{Conversations, Heard, Reply, SenderKey};
use crate::reply::limits::{Admitted, Limits};
use crate::reply::shows::{self, Shows};
use crate::reply::{self, Say, Wording};
use crate::words::{self, Said};

/// What the conversation needs.
pub struct Talk {
    conversations: Mutex<Conversations>,
    wording: Wording,
    now: watch::Receiver<Option<Arc<Now>>>,
    clock: Clock,
    trust_clock: bool,
    text_key: std::hash::RandomState,
    /// What the operator sees.
    pub counters: Counters,
}

/// Whether a message is read.
pub(super) enum Admission {
    /// It is.
    Read,
    /// It is not, and this is said.
    Say(Say),
    /// It is not, and nothing is said.
    Drop,
}

/// An answer that may leave, and the month that it counts in.
pub(super) struct Leaving {
    pub text: String,
    pub month: Month,
}

impl Talk {
    /// `now` is the newest that the hub has signed.
    pub fn new(
        gazetteer: Arc<Gazetteer>,
        wording: Wording,
        limits: Limits,
        now: watch::Receiver<Option<Arc<Now>>>,
        clock: Clock,
        trust_clock: bool,
    ) -> Self {
        Self {
            conversations: Mutex::new(Conversations::new(gazetteer, wording.language, limits)),
            wording,
            now,
            clock,
            trust_clock,
            text_key: std::hash::RandomState::new(),
            counters: Counters::default(),
        }
    }

    /// The calendar month where the node stands.
    pub fn month(&self) -> Month {
        let date = self
            .clock
            .now()
            .to_zoned_datetime(self.wording.time_zone.clone())
            .date();
        Month::of(date)
    }

    /// Whether this machine's clock is right.
    pub fn clock_quality(&self) -> ClockQuality {
        if self.trust_clock {
            ClockQuality::Synced
        } else {
            ClockQuality::of_system()
        }
    }

    fn conversations(&self) -> MutexGuard<'_, Conversations> {
        self.conversations
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn shows(&self, gazetteer: &Gazetteer, place: &Place, at: Timestamp) -> Shows {
        let now = self.now.borrow().clone();
        let shows = shows::near(now.as_deref(), place, gazetteer, at, self.clock_quality());
        self.counters.questions.add();
        if shows == Shows::NoData {
            self.counters.no_data.add();
        }
        shows
    }
}

impl Pipeline {
    /// What the operator sees.
    pub fn counts(&self) -> Counts {
        self.talk
            .counters
            .counts(self.outbox.answers(self.talk.month()))
    }

    /// By what the conversation knows the sender. Where there is no key for the day it tries again, until the shutdown.
    pub(super) async fn sender(
        &self,
        message: &Message,
        shutdown: &CancellationToken,
    ) -> Result<SenderKey, Unfinished> {
        loop {
            match self.sender_today(message) {
                Ok(sender) => return Ok(sender),
                Err(error) => {
                    tracing::error!(error = %error, "no key for the day, so nobody can be told apart; trying again");
                }
            }
            again(shutdown).await?;
        }
    }

    fn sender_today(&self, message: &Message) -> Result<SenderKey, KeyError> {
        // Held over both, so that no message of yesterday's key comes between.
        let mut conversations = self.talk.conversations();
        let (sender, epoch) = self.pseudonyms.sender(&message.sender)?;
        conversations.under(epoch);
        Ok(sender)
    }

    /// Forgets what is over: the day's key, what was asked and said, what was counted. Called every minute, so that a node
    /// to which nobody writes forgets, too.
    pub(super) fn forget_old(&self) {
        let mut conversations = self.talk.conversations();
        match self.pseudonyms.epoch() {
            Ok(epoch) => conversations.under(epoch),
            Err(error) => tracing::error!(error = %error, "no key for the day; trying again"),
        }
        conversations.forget_old(self.clock.now());
    }

    /// Message -> whether it is read. STOP is always heard; machines and our own words never are.
    pub(super) fn admit(&self, sender: SenderKey, message: &Message, said: Said) -> Admission {
        let counters = &self.talk.counters;
        counters.messages.add();
        if message.sender.is_machine() || said.robot {
            counters.robots.add();
            return Admission::Drop;
        }
        if reply::is_ours(&message.text) {
            counters.echoes.add();
            return Admission::Drop;
        }
        let mut conversations = self.talk.conversations();
        if said.stop {
            conversations.stop(sender);
            if message.photos.is_empty() && message.photos_missed == 0 {
                return Admission::Read;
            }
        }
        let text = words::bare(&message.text);
        let has_words = !text.is_empty() && message.photos.is_empty();
        let text = has_words.then(|| std::hash::BuildHasher::hash_one(&self.talk.text_key, text));
        match conversations.gate.admit(sender, text, self.clock.now()) {
            Admitted::Yes => Admission::Read,
            Admitted::Same => {
                counters.same_text.add();
                Admission::Drop
            }
            Admitted::TooMany { until, first } => {
                counters.too_many.add();
                if first {
                    Admission::Say(Say::TooMany { until })
                } else {
                    Admission::Drop
                }
            }
        }
    }

    /// What is said to a sender whose message is not read, in the language that is known of them, else in the message's.
    pub(super) fn unread(&self, sender: SenderKey, said: Said, say: Say) -> Reply {
        let known = self.talk.conversations().language_of(sender);
        Reply {
            say: Some(say),
            language: known.or(said.language),
            ..Reply::default()
        }
    }

    /// Words, place and photos -> what comes of them beside what was said before.
    pub(super) fn converse(
        &self,
        sender: SenderKey,
        message: &Message,
        said: Said,
        place: Result<Place, NotFound>,
        photos: Photos,
    ) -> Reply {
        let now = self.clock.now();
        let heard = Heard {
            text: &message.text,
            said,
            place,
            photos,
            seen_at: self.seen_at(message),
            now,
        };
        let shows = |place: &Place| self.talk.shows(&self.gazetteer, place, now);
        let reply = self.talk.conversations().hear(sender, heard, shows);
        let counters = &self.talk.counters;
        match &reply.say {
            Some(Say::Many { .. }) => counters.place_full.add(),
            Some(Say::Repeated) => counters.repeated_photos.add(),
            Some(Say::Choose { .. } | Say::Ask(_) | Say::GoneWhere) => counters.asked.add(),
            None if !said.stop => counters.stopped.add(),
            _ => {}
        }
        reply
    }

    /// What is to be said -> its words, if they may leave: to someone who can be answered, within minute and month.
    pub(super) fn word(
        &self,
        sender: SenderKey,
        message: &Message,
        reply: Reply,
    ) -> Option<Leaving> {
        let say = reply.say?;
        let talk = &self.talk;
        let mut conversations = talk.conversations();
        if !message.sender.can_be_answered() || conversations.is_stopped(sender) {
            return None;
        }
        if !conversations.gate.answer(self.clock.now()) {
            talk.counters.minute_full.add();
            return None;
        }
        let month = talk.month();
        if !self
            .outbox
            .set_answer_aside(month, conversations.gate.per_month())
        {
            talk.counters.month_full.add();
            return None;
        }
        let answer = if message.is_partial {
            reply::answer_partial(&say, reply.language, &talk.wording)
        } else {
            reply::answer(&say, reply.language, &talk.wording, reply.first)
        };
        if answer.tells_of_company {
            conversations.told_of_company(sender);
        }
        let text = answer.text;
        Some(Leaving { text, month })
    }
}
