//! What `doctor` asks of the phone, and how it tries the webhook.

use jiff::Timestamp;
use serde::Deserialize;

use super::{SIGNATURE, Section, TIMESTAMP, server};
use crate::intake::http::Trial;
use crate::intake::provider::{CheckError, ask, secret};
use crate::intake::signature::HmacKey;

/// The events that a phone must tell of, or messages are missed.
const NEEDED: [&str; 2] = ["sms:received", "mms:downloaded"];

/// A webhook that the app knows.
#[derive(Deserialize)]
struct Registered {
    event: String,
}

/// Which of the events that we need the phone does not tell anybody of; `None` where no `url` names the phone.
pub async fn unregistered(section: &Section) -> Result<Option<Vec<&'static str>>, CheckError> {
    let Some(server) = server(section).map_err(CheckError::setting)? else {
        return Ok(None);
    };
    let url = format!("{}/webhooks", server.url);
    let reply = ask(&server.client, &url, &server.credentials).await?;
    let known: Vec<Registered> =
        serde_json::from_slice(&reply.body).map_err(|_| CheckError::Answer)?;
    let missing = NEEDED
        .into_iter()
        .filter(|event| known.iter().all(|known| known.event != *event));
    Ok(Some(missing.collect()))
}

/// The event by which the app tries a webhook: signed right, it is acknowledged.
pub fn trial(section: &Section, now: Timestamp) -> Result<Trial, CheckError> {
    let secret = secret(&section.signing_key_file).map_err(CheckError::setting)?;
    let (time, body) = (
        now.as_second().to_string(),
        r#"{"event":"system:ping","payload":{}}"#,
    );
    let signature = HmacKey::new(secret.as_bytes()).sign(&[body.as_bytes(), time.as_bytes()]);
    let names = [TIMESTAMP, SIGNATURE];
    Ok(Trial::json(
        &section.path,
        body,
        names,
        &time,
        &signature,
        200,
    ))
}
