//! Conversations written down, for the tests.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use spotlight_common::gazetteer::Gazetteer;
use spotlight_common::report::{Evidence, Kind};

use super::conversation::{Conversations, Heard, Reply, SenderKey};
use super::limits::Limits;
use super::shows::Shows;
use super::{Wording, answer};
use crate::classify::{Fingerprint, Verdict};
use crate::decide::{Photos, Picture, Seen};
use crate::words::{self, Language};

/// 20:00 UTC, where the scripts begin; their times are minutes after it.
const START: i64 = 1_795_550_400;

pub const HERE: &str = "5th St & San Pedro St";

pub fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(START + 60 * minute).expect("a time")
}

/// A place takes the reports of three.
pub fn conversations() -> Conversations {
    let limits = Limits {
        reports_per_place: 3,
        ..Limits::default()
    };
    Conversations::new(Gazetteer::los_angeles(), Language::English, limits)
}

/// `[police]`, `[unsure]`, `[other]` or `[broken]` before a text is a photo, `[police again]` another copy of it, and
/// `[police, other]` are two.
fn read(message: &str, minute: i64) -> (Photos, &str) {
    let Some((photos, text)) = message
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    else {
        return (Photos::default(), message);
    };
    let photo = |(position, photo): (usize, &str)| {
        let (kind, copy) = photo.split_once(' ').unwrap_or((photo, ""));
        let seen = match kind {
            "police" => Seen::Verdict(Verdict::Police { probability: 0.97 }),
            "unsure" => Seen::Verdict(Verdict::Unsure { probability: 0.5 }),
            "other" => Seen::Verdict(Verdict::NotPolice { probability: 0.02 }),
            _ => Seen::Unreadable,
        };
        let name = match copy {
            "" => format!("{minute} {position}"),
            copy => copy.to_owned(),
        };
        let print = Some(Fingerprint::of_bytes(name.as_bytes()));
        Picture { seen, print }
    };
    let photos = photos.split(", ").enumerate().map(photo);
    (Photos(photos.collect()), text.trim())
}

/// A message that was sent at one minute and is read at another.
pub fn hear(
    conversations: &mut Conversations,
    sender: u64,
    (seen_at, now): (i64, i64),
    message: &str,
) -> Reply {
    let (photos, text) = read(message, now);
    let heard = Heard {
        text,
        said: words::read(text),
        place: Gazetteer::los_angeles().find(text),
        photos,
        seen_at: at(seen_at),
        now: at(now),
    };
    conversations.hear(SenderKey(sender), heard, |_| Shows::NoData)
}

/// The report of a message that is read when it is sent, or `""`, and its answer.
pub fn say(
    conversations: &mut Conversations,
    sender: u64,
    minute: i64,
    message: &str,
) -> (String, String) {
    let reply = hear(conversations, sender, (minute, minute), message);
    let report = reply.draft.map_or_else(String::new, |draft| {
        let kind = match (draft.kind, draft.evidence) {
            (Kind::Present, Evidence::Text) => "present",
            (Kind::Present, Evidence::Photo { .. }) => "photo",
            (Kind::Gone, _) => "gone",
        };
        let minute = (draft.seen_at.as_second() - START) / 60;
        format!("{kind} {} {minute}", draft.place.label)
    });
    let wording = Wording {
        language: Language::English,
        time_zone: TimeZone::UTC,
        example: Gazetteer::los_angeles().example().clone(),
    };
    let answer = reply
        .say
        .map(|say| answer(&say, reply.language, &wording, reply.first));
    if answer
        .as_ref()
        .is_some_and(|answer| answer.tells_of_company)
    {
        conversations.told_of_company(SenderKey(sender));
    }
    (
        report,
        answer.map_or_else(String::new, |answer| answer.text),
    )
}

/// One sender's script: minute, message, the report that it makes, and how its answer begins; `""` is none.
pub fn check(script: &[(i64, &str, &str, &str)]) {
    let mut conversations = conversations();
    for (minute, message, report, answer) in script {
        let (made, said) = say(&mut conversations, 1, *minute, message);
        assert_eq!(
            made, *report,
            "the report of `{message}`, which was answered `{said}`"
        );
        assert!(
            said.starts_with(answer) && said.is_empty() == answer.is_empty(),
            "`{message}` was answered `{said}`, not `{answer}`"
        );
    }
}
