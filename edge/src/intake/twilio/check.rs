//! What `doctor` asks of Twilio, and how it tries the webhook.

use super::rest::RestError;
use super::{PATH, Settings, signature};
use crate::intake::http::{Trial, headers};
use crate::intake::provider::CheckError;

impl From<RestError> for CheckError {
    fn from(error: RestError) -> Self {
        match error {
            RestError::Client(error) => Self::Away(error),
            RestError::Status(401 | 403) => Self::Refused,
            RestError::Status(status) => Self::Status(status),
            RestError::Answer => Self::Answer,
        }
    }
}

/// The webhook that the number's messages go to, empty where to none; `None` if the number is not the account's.
pub async fn number_webhook(settings: &Settings) -> Result<Option<String>, CheckError> {
    let account = settings.account().map_err(CheckError::setting)?;
    Ok(account.rest.number_webhook().await?)
}

/// An empty form: signed right, it is refused as another account's.
pub fn trial(settings: &Settings, public_url: &str) -> Result<Trial, CheckError> {
    let token = settings.account().map_err(CheckError::setting)?.auth_token;
    let url = format!("{}{PATH}", public_url.trim_end_matches('/'));
    let signed = |signature: &str| headers(&[(signature::SIGNATURE, signature)]);
    Ok(Trial {
        path: PATH.into(),
        content_type: "application/x-www-form-urlencoded",
        body: "",
        signed: Some(signed(&signature::of_empty_form(&token, &url))),
        forged: signed(&signature::of_empty_form("", &url)),
        accepted: 422,
    })
}
