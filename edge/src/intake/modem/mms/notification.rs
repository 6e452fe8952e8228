//! What a notification tells of the message that waits at the network.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use zeroize::{Zeroize, Zeroizing};

use crate::decode::{MmsPdu, Time};
use crate::intake::Plain;

/// An M-Notification.ind, as far as it is used. It never prints.
#[derive(Clone)]
pub struct Notification {
    pub sender: Option<Zeroizing<String>>,
    /// When the network took it.
    pub sent_at: Option<Timestamp>,
    /// Where the message can be fetched.
    pub location: Option<Zeroizing<String>>,
    pub transaction_id: Option<Zeroizing<String>>,
    /// When the network forgets the message.
    pub expires: Option<Timestamp>,
}

impl Notification {
    /// Of a decoded one, and of the time stamp of the SMS that brought it.
    pub fn new(mut mms: MmsPdu, sent_at: Option<Timestamp>) -> Self {
        let sender = mms.sender().map(|sender| Zeroizing::new(sender.to_owned()));
        let seconds = |seconds: u64| i64::try_from(seconds).ok();
        let expires = match mms.expiry {
            None => None,
            Some(Time::Absolute(at)) => seconds(at).and_then(|at| Timestamp::from_second(at).ok()),
            Some(Time::Relative(after)) => seconds(after).and_then(|after| {
                let from = sent_at.unwrap_or_else(Timestamp::now);
                from.checked_add(SignedDuration::from_secs(after)).ok()
            }),
        };
        let notification = Self {
            sender,
            sent_at,
            location: mms.content_location.take().map(Zeroizing::new),
            transaction_id: mms.transaction_id.take().map(Zeroizing::new),
            expires,
        };
        wipe(&mut mms);
        notification
    }

    /// How long the network keeps the message from now on; `None` where it does not say.
    pub fn left(&self, now: Timestamp) -> Option<Duration> {
        let expires = self.expires?;
        Some(Duration::try_from(expires.duration_since(now)).unwrap_or_default())
    }

    /// The message without what could not be had of it.
    pub fn without(&self) -> Plain {
        Plain {
            sender: self.sender.clone().unwrap_or_default(),
            photos_missed: 1,
            sent_at: self.sent_at,
            ..Plain::default()
        }
    }

    /// The message, as it was fetched.
    pub fn with(&self, mut mms: MmsPdu) -> Plain {
        let sender = mms.sender().map(|sender| Zeroizing::new(sender.to_owned()));
        let date = mms.date.and_then(|seconds| i64::try_from(seconds).ok());
        let date = date.and_then(|seconds| Timestamp::from_second(seconds).ok());
        let plain = Plain {
            sender: sender.or_else(|| self.sender.clone()).unwrap_or_default(),
            text: Zeroizing::new(mms.message_text()),
            photos: mms
                .images()
                .into_iter()
                .map(|image| Zeroizing::new(image.bytes))
                .collect(),
            photos_missed: 0,
            sent_at: date.or(self.sent_at),
        };
        wipe(&mut mms);
        plain
    }
}

/// What a sender wrote and shows.
fn wipe(mms: &mut MmsPdu) {
    for part in &mut mms.parts {
        part.body.zeroize();
    }
    mms.subject.zeroize();
    if let Some(crate::decode::Sender::Address(address)) = &mut mms.from {
        address.zeroize();
    }
}

impl fmt::Debug for Notification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notification(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::encode::{RetrieveConf, retrieve_conf};
    use crate::decode::{Sender, decode_mms};

    #[test]
    fn it_expires_at_a_time_or_some_time_after_it_was_sent() {
        let sent: Timestamp = "2026-11-26T12:00:00Z".parse().expect("a time");
        let now: Timestamp = "2026-11-26T13:00:00Z".parse().expect("a time");
        let left = |expiry, sent_at| {
            let mms = MmsPdu {
                expiry,
                ..MmsPdu::default()
            };
            Notification::new(mms, sent_at).left(now)
        };
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3600));
        assert_eq!(left(None, Some(sent)), None);
        assert_eq!(left(Some(Time::Relative(3 * 3600)), Some(sent)), hours(2));
        assert_eq!(left(Some(Time::Relative(60)), Some(sent)), hours(0));
        let at = now.as_second() as u64 + 3600;
        assert_eq!(left(Some(Time::Absolute(at)), None), hours(1));
        // Beyond all time.
        assert_eq!(left(Some(Time::Absolute(u64::MAX)), None), None);
        assert_eq!(left(Some(Time::Relative(u64::MAX)), None), None);
    }

    #[test]
    fn a_message_has_its_own_sender_or_that_of_its_notification() {
        let mms = MmsPdu {
            from: Some(Sender::Address("+12135550100/TYPE=PLMN".into())),
            ..MmsPdu::default()
        };
        let notification = Notification::new(mms, None);
        assert_eq!(notification.without().sender.as_str(), "+12135550100");
        let fetch = |from| {
            let conf = retrieve_conf(RetrieveConf {
                transaction_id: "1",
                from,
                text: Some("police at 5th"),
                images: &[("image/jpeg", b"photo")],
                ..RetrieveConf::default()
            });
            notification.with(decode_mms(&conf).expect("readable"))
        };
        let plain = fetch("+12135550101");
        assert_eq!(plain.sender.as_str(), "+12135550101");
        assert_eq!(plain.text.as_str(), "police at 5th");
        assert_eq!((plain.photos.len(), plain.photos_missed), (1, 0));
        assert_eq!(*plain.photos[0], b"photo");
        let nobody = MmsPdu {
            message_type: "m-retrieve-conf",
            ..MmsPdu::default()
        };
        assert_eq!(notification.with(nobody).sender.as_str(), "+12135550100");
    }
}
