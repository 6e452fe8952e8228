//! What is asked of Twilio's REST API (version 2010-04-01). Errors name the status, never a body.

use std::time::Duration;

use hyper::Method;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::form;
use super::sid::Sid;
use crate::client::{Call, Client, ClientError, Credentials, Reply};
use crate::intake::send::Api;

/// Messages of a page. A page of the longest texts, escaped, stays under the client's limit.
const PAGE: usize = 50;

/// Messages of one listing, all in RAM; the next listing brings what is left.
const MAX_LISTED: usize = 2000;

/// A photo may take its time.
const MEDIA_TIME: Duration = Duration::from_secs(30);

/// Why Twilio did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum RestError {
    /// No answer.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// An answer that says no.
    #[error("Twilio answered with status {0}")]
    Status(u16),
    /// An answer that cannot be read.
    #[error("Twilio's answer is not what its documentation says")]
    Answer,
}

impl RestError {
    /// How long Twilio asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Client(error) => error.retry_after(),
            Self::Status(_) | Self::Answer => None,
        }
    }

    /// Whether asking again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Client(error) => {
                !matches!(error, ClientError::TooLarge(_) | ClientError::Redirect(_))
            }
            Self::Status(status) => *status >= 500 || *status == 408,
            Self::Answer => false,
        }
    }
}

/// Which messages are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// What was sent to the number.
    Inbound,
    /// What the number sent.
    Outbound,
}

/// A message of a listing. RAM only.
pub struct Listed {
    /// Its id.
    pub sid: Sid,
    /// Who sent it.
    pub sender: Zeroizing<String>,
    /// Its words.
    pub text: Zeroizing<String>,
    /// How many media it has.
    pub media: usize,
    /// When Twilio took it.
    pub created: Option<Timestamp>,
    /// Its state, in Twilio's words.
    pub status: String,
}

/// A listing, oldest first.
pub struct Listing {
    /// The messages.
    pub messages: Vec<Listed>,
    /// Whether it holds all that there are.
    pub complete: bool,
}

/// A medium of a message.
#[derive(Debug, Clone)]
pub struct Medium {
    /// Its id.
    pub sid: Sid,
    /// Its media type, in lower case.
    pub content_type: String,
}

/// The API, as one account sees it.
#[derive(Debug)]
pub struct Rest {
    client: Client,
    credentials: Credentials,
    api_url: String,
    account: String,
    number: String,
}

#[derive(Deserialize)]
struct MessagePage {
    messages: Vec<Wire>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    sid: String,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    num_media: Option<String>,
    #[serde(default)]
    direction: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    date_created: Option<String>,
}

#[derive(Deserialize)]
struct NumberPage {
    incoming_phone_numbers: Vec<WireNumber>,
}

#[derive(Deserialize)]
struct WireNumber {
    #[serde(default)]
    sms_url: Option<String>,
}

#[derive(Deserialize)]
struct MediaPage {
    media_list: Vec<WireMedium>,
}

#[derive(Deserialize)]
struct WireMedium {
    sid: String,
    #[serde(default)]
    content_type: Option<String>,
}

impl Rest {
    /// For an account and its number.
    pub fn new(
        api_url: &str,
        account: &Sid,
        auth_token: &str,
        number: &str,
    ) -> Result<Self, ClientError> {
        Ok(Self {
            client: Client::with_credentials(api_url)?,
            credentials: Credentials::basic(account.as_str(), auth_token)?,
            api_url: api_url.trim_end_matches('/').to_owned(),
            account: format!("/2010-04-01/Accounts/{}", account.as_str()),
            number: number.to_owned(),
        })
    }

    /// Lists messages since a day (UTC).
    pub async fn list(&self, which: Which, since: Option<Date>) -> Result<Listing, RestError> {
        let page = PAGE.to_string();
        let since = since.map(|date| date.to_string());
        let name = match which {
            Which::Inbound => "To",
            Which::Outbound => "From",
        };
        let mut parameters = vec![(name, self.number.as_str()), ("PageSize", page.as_str())];
        if let Some(since) = &since {
            // `DateSent>=DAY`: the comparison is part of the name.
            parameters.push(("DateSent>", since));
        }
        let query = form::write(&parameters);
        let query = std::str::from_utf8(&query).map_err(|_| RestError::Answer)?;
        let mut next = Some(format!("{}/Messages.json?{query}", self.account));
        let mut messages = Vec::new();
        while let Some(path) = next {
            if messages.len() >= MAX_LISTED {
                return Ok(sorted(messages, false));
            }
            let page: MessagePage = json(&self.get(&path).await?)?;
            if page.messages.is_empty() {
                break;
            }
            let wanted = page.messages.into_iter().filter_map(Wire::read);
            messages.extend(
                wanted
                    .filter(|(_, kind)| *kind == which)
                    .map(|(message, _)| message),
            );
            next = page.next_page_uri.filter(|uri| !uri.is_empty());
            if next.as_ref().is_some_and(|uri| !uri.starts_with('/')) {
                return Err(RestError::Answer);
            }
        }
        Ok(sorted(messages, true))
    }

    /// The media of a message; none where it is not there any more.
    pub async fn media(&self, message: &Sid) -> Result<Vec<Medium>, RestError> {
        let reply = self
            .ask(
                Method::GET,
                &format!("{}/Media.json", self.message(message)),
            )
            .await?;
        if reply.status == 404 {
            return Ok(Vec::new());
        }
        let page: MediaPage = json(&good(reply)?)?;
        let media = page.media_list.into_iter().filter_map(|medium| {
            Some(Medium {
                sid: medium.sid.parse().ok()?,
                content_type: medium.content_type.unwrap_or_default().to_ascii_lowercase(),
            })
        });
        Ok(media.collect())
    }

    /// A medium's bytes: Twilio redirects to where they lie.
    pub async fn medium(
        &self,
        message: &Sid,
        medium: &Sid,
        max_body: usize,
    ) -> Result<Reply, RestError> {
        let url = format!(
            "{}{}/Media/{}",
            self.api_url,
            self.message(message),
            medium.as_str()
        );
        let mut call = Call::new(Method::GET, &url, Some(&self.credentials));
        call.max_body = max_body;
        call.total = MEDIA_TIME;
        good(self.client.call(call).await?)
    }

    /// Deletes a message, its media first: without the message they could not be found again. What is not there is deleted.
    pub async fn delete(&self, message: &Sid, with_media: bool) -> Result<(), RestError> {
        if with_media {
            for medium in self.media(message).await? {
                self.delete_at(&format!(
                    "{}/Media/{}.json",
                    self.message(message),
                    medium.sid.as_str()
                ))
                .await?;
            }
        }
        self.delete_at(&format!("{}.json", self.message(message)))
            .await
    }

    /// Where texts from the number go out.
    pub fn sends(&self) -> Api {
        Api {
            name: "twilio",
            client: self.client.clone(),
            url: format!("{}{}/Messages.json", self.api_url, self.account),
            credentials: self.credentials.clone(),
            body: |sms| {
                let from = sms.from.as_ref().map_or("", |from| from.as_str());
                let form = form::write(&[("To", &sms.to), ("From", from), ("Body", &sms.text)]);
                ("application/x-www-form-urlencoded", form)
            },
        }
    }

    /// The webhook that the number's messages go to, as the account's settings say; `None` if the number is not the account's.
    pub async fn number_webhook(&self) -> Result<Option<String>, RestError> {
        let query = form::write(&[("PhoneNumber", &self.number), ("PageSize", "1")]);
        let query = std::str::from_utf8(&query).map_err(|_| RestError::Answer)?;
        let path = format!("{}/IncomingPhoneNumbers.json?{query}", self.account);
        let page: NumberPage = json(&self.get(&path).await?)?;
        let number = page.incoming_phone_numbers.into_iter().next();
        Ok(number.map(|number| number.sms_url.unwrap_or_default()))
    }

    async fn delete_at(&self, path: &str) -> Result<(), RestError> {
        let reply = self.ask(Method::DELETE, path).await?;
        match reply.status {
            200..300 | 404 => Ok(()),
            status => Err(RestError::Status(status)),
        }
    }

    async fn get(&self, path: &str) -> Result<Reply, RestError> {
        good(self.ask(Method::GET, path).await?)
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Reply, RestError> {
        let url = format!("{}{path}", self.api_url);
        Ok(self
            .client
            .call(Call::new(method, &url, Some(&self.credentials)))
            .await?)
    }

    fn message(&self, message: &Sid) -> String {
        format!("{}/Messages/{}", self.account, message.as_str())
    }
}

impl Wire {
    fn read(self) -> Option<(Listed, Which)> {
        let (sender, text) = (
            Zeroizing::new(self.from.unwrap_or_default()),
            Zeroizing::new(self.body.unwrap_or_default()),
        );
        let which = match self.direction.as_str() {
            "inbound" => Which::Inbound,
            _ => Which::Outbound,
        };
        let created = self.date_created.as_deref();
        let listed = Listed {
            sid: self.sid.parse().ok()?,
            sender,
            text,
            media: self
                .num_media
                .and_then(|count| count.parse().ok())
                .unwrap_or(0),
            created: created
                .and_then(|date| Some(jiff::fmt::rfc2822::parse(date).ok()?.timestamp())),
            status: self.status,
        };
        Some((listed, which))
    }
}

fn sorted(mut messages: Vec<Listed>, complete: bool) -> Listing {
    // Twilio lists the newest first: reversing keeps the order of those of one second.
    messages.reverse();
    messages.sort_by_key(|message| message.created);
    Listing { messages, complete }
}

fn good(reply: Reply) -> Result<Reply, RestError> {
    match reply.status {
        200..300 => Ok(reply),
        status => Err(RestError::Status(status)),
    }
}

/// The reason is not kept: it would quote the answer.
fn json<'a, T: Deserialize<'a>>(reply: &'a Reply) -> Result<T, RestError> {
    serde_json::from_slice(&reply.body).map_err(|_| RestError::Answer)
}
