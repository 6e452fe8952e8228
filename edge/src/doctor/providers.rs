//! The checks of what providers say of this node: its credentials, and where they send its messages. Each is one question
//! that reads no message and changes nothing.

use spotlight_common::log;

use super::Line;
use crate::config::Config;
use crate::intake::provider::CheckError;
use crate::intake::{android, telnyx, twilio};

/// A line a configured provider.
pub async fn run(config: &Config, say: &mut impl FnMut(Line)) {
    if let Some(settings) = &config.twilio {
        say(twilio(settings, config.http.public_url.as_deref()).await);
    }
    if let Some(section) = &config.telnyx {
        say(match telnyx::check(section).await {
            Ok(()) => Line::ok("telnyx", "the API key is taken"),
            Err(error) => fault(
                "telnyx",
                &error,
                "make a new API key in the portal, and put it into `api_key_file`",
            ),
        });
    }
    if let Some(section) = &config.android {
        say(android(section).await);
    }
}

async fn twilio(settings: &twilio::Settings, public_url: Option<&str>) -> Line {
    let check = "twilio";
    let webhook = match twilio::number_webhook(settings).await {
        Ok(Some(webhook)) => webhook,
        Ok(None) => {
            let fix = "set `number` to one that the console lists for this account";
            return Line::fail(check, "the number is not this account's", fix);
        }
        Err(error) => {
            let fix = "copy account SID and auth token from Twilio's console again";
            return fault(check, &error, fix);
        }
    };
    let Some(public_url) = public_url else {
        let detail = format!(
            "the credentials are taken, and the number is this account's; no `public_url`: messages are listed every {:#}",
            settings.poll
        );
        return Line::ok(check, detail);
    };
    let ours = format!("{}{}", public_url.trim_end_matches('/'), twilio::PATH);
    if webhook.trim_end_matches('/') == ours {
        let detail = "the credentials are taken, and the number's messages come to this node";
        return Line::ok(check, detail);
    }
    let detail = format!(
        "the number's messages do not go to {ours}: they are only listed, every {:#}",
        settings.poll
    );
    let fix = "set that address in the console as the webhook of the number, or of its messaging service, with POST";
    Line::warn(check, detail, fix)
}

async fn android(section: &android::Section) -> Line {
    let check = "android";
    match android::unregistered(section).await {
        Ok(None) => Line::ok(check, "no `url`: its messages come, and nobody is answered"),
        Ok(Some(missing)) if missing.is_empty() => {
            Line::ok(check, "the phone answers, and tells of texts and pictures")
        }
        Ok(Some(missing)) => {
            let detail = format!("the phone tells nobody of {}", missing.join(", "));
            let fix = "register this node's address for them at the phone's /webhooks";
            Line::warn(check, detail, fix)
        }
        Err(error) => fault(
            check,
            &error,
            "copy `user` and the password from the app's local server again",
        ),
    }
}

/// `credentials` is what to do where these are refused.
fn fault(check: &'static str, error: &CheckError, credentials: &'static str) -> Line {
    let fix = match error {
        CheckError::Setting(_) => "correct its section, or the file that it names",
        CheckError::Refused => credentials,
        CheckError::Away(_) => {
            "check this machine's connection and DNS, and the section's address; is the other side on?"
        }
        CheckError::Status(429 | 500..) => "try again in a few minutes",
        CheckError::Status(_) | CheckError::Answer => "check the address in its section",
    };
    Line::fail(check, log::chain(error), fix)
}
