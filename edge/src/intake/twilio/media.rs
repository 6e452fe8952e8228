//! The photos of a message.
//!
//! They are asked for by id at the configured API, never at an address that a webhook names, so that the credentials go
//! nowhere else; the client leaves them behind where Twilio redirects to another host. What Twilio cannot give now is asked
//! for again for [`PATIENCE`]; what it will never give (expired, too large, of another type) is counted as missed.

use std::time::Duration;

use tokio::time::Instant;
use zeroize::Zeroizing;

use super::rest::{Medium, Rest, RestError};
use super::sid::Sid;
use crate::intake::provider::MAX_PHOTO_BYTES;

/// Media of one message, as Twilio's documentation says.
pub const MAX_MEDIA: usize = 10;

/// How long photos are asked for again; the message stays at Twilio meanwhile.
const PATIENCE: Duration = Duration::from_secs(120);

/// The first wait before asking again; it doubles.
const AGAIN: Duration = Duration::from_millis(500);

/// What of a message's photos could be had.
#[derive(Default)]
pub struct Photos {
    /// Their bytes.
    pub had: Vec<Zeroizing<Vec<u8>>>,
    /// How many could not be had.
    pub missed: usize,
}

/// What a webhook or a listing says of a message's media.
pub enum Media {
    /// All of them are known.
    Known(Vec<Medium>),
    /// So many; Twilio has their list.
    Count(usize),
}

impl Media {
    /// How many.
    pub fn count(&self) -> usize {
        match self {
            Self::Known(media) => media.len(),
            Self::Count(count) => *count,
        }
    }
}

/// Fetches the photos of a message one by one. Media of other kinds (contacts, sounds) are left alone.
pub async fn fetch(rest: &Rest, message: &Sid, media: &Media) -> Photos {
    let until = Instant::now() + PATIENCE;
    let mut photos = Photos::default();
    let listed;
    let media = match media {
        Media::Known(media) => media,
        Media::Count(0) => return photos,
        Media::Count(count) => match ask(until, || rest.media(message)).await {
            Some(media) => {
                photos.missed = count.saturating_sub(media.len());
                listed = media;
                &listed
            }
            None => {
                photos.missed = *count;
                return photos;
            }
        },
    };
    let mut left = MAX_PHOTO_BYTES;
    for medium in media.iter().take(MAX_MEDIA) {
        if !medium.content_type.starts_with("image/") {
            continue;
        }
        let reply = match can_be_read(&medium.content_type) {
            true => ask(until, || rest.medium(message, &medium.sid, left)).await,
            false => None,
        };
        match reply {
            Some(reply) if reply.content_type.as_deref().is_some_and(can_be_read) => {
                left -= reply.body.len().min(left);
                photos.had.push(reply.body);
            }
            _ => photos.missed += 1,
        }
    }
    photos
}

fn can_be_read(content_type: &str) -> bool {
    matches!(content_type, "image/jpeg" | "image/jpg" | "image/png")
}

/// Asks until there is an answer, a refusal, or no time left.
async fn ask<T, F>(until: Instant, question: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, RestError>>,
{
    let mut wait = AGAIN;
    loop {
        let error = match question().await {
            Ok(answer) => return Some(answer),
            Err(error) => error,
        };
        wait = error.retry_after().unwrap_or(wait);
        if !error.may_pass() || Instant::now() + wait > until {
            tracing::info!(error = %spotlight_common::log::chain(&error), "a photo cannot be had");
            return None;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
}
