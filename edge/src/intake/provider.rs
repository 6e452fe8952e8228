//! What the intakes of providers have in common: their secrets, their parts, and what their JSON carries.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::Method;
use serde::{Deserialize, Deserializer};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::accept::Acceptor;
use super::folder::{Folder, Format};
use super::{Inbound, Inbox};
use crate::client::{Call, Client, ClientError, Credentials, Reply};
use crate::outbox::{Outbox, OutboxError};

/// Why a provider's intake cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// A secret's file cannot be read.
    #[error("failed to read the secret in `{path}`")]
    Secret {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A secret's file has nothing in its first line.
    #[error("the first line of `{0}` is empty; it must hold the secret")]
    NoSecret(PathBuf),
    /// A setting is not what it should be.
    #[error("`{key}` in [{section}] {fault}")]
    Setting {
        /// Its section.
        section: &'static str,
        /// Its name.
        key: &'static str,
        /// What is wrong, and how it is right.
        fault: &'static str,
    },
    /// The provider's address cannot be used.
    #[error("the address in [{section}] cannot be used")]
    Address {
        /// Its section.
        section: &'static str,
        /// Why.
        #[source]
        source: ClientError,
    },
    /// What is known of earlier messages cannot be read.
    #[error(transparent)]
    Outbox(#[from] OutboxError),
}

/// A picture may take so long.
pub const FETCH_TIME: Duration = Duration::from_secs(20);

/// The largest picture that is fetched, in bytes: carriers cut an MMS at 0.3 to 3 MB.
pub const MAX_PHOTO: usize = 5 * 1024 * 1024;

/// All pictures of one message together, in bytes.
pub const MAX_PHOTO_BYTES: usize = 8 * 1024 * 1024;

/// What stands between this node and a provider's API, as `doctor` finds it.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A setting or a secret cannot be used.
    #[error("{0}")]
    Setting(String),
    /// The API does not know the credentials.
    #[error("the credentials are refused")]
    Refused,
    /// The API says something else.
    #[error("it answers with status {0}")]
    Status(u16),
    /// No answer.
    #[error("it does not answer")]
    Away(#[source] ClientError),
    /// An answer that cannot be read.
    #[error("its answer is not what its documentation says")]
    Answer,
}

impl CheckError {
    /// A setting's fault, with its causes.
    pub fn setting(error: impl std::error::Error + 'static) -> Self {
        Self::Setting(spotlight_common::log::chain(&error))
    }
}

/// Asks a provider's API by GET, with credentials and for nothing that is anybody's.
pub async fn ask(
    client: &Client,
    url: &str,
    credentials: &Credentials,
) -> Result<Reply, CheckError> {
    let call = Call::new(Method::GET, url, Some(credentials));
    let reply = client.call(call).await.map_err(CheckError::Away)?;
    match reply.status {
        200..300 => Ok(reply),
        401 | 403 => Err(CheckError::Refused),
        status => Err(CheckError::Status(status)),
    }
}

/// What an intake is made of besides its own settings.
pub struct Parts<'a> {
    /// The node's own key, under which ids are hashed.
    pub key: [u8; 32],
    /// Where removals are kept.
    pub outbox: Outbox,
    /// Where messages go.
    pub inbox: mpsc::Sender<Inbound>,
    /// Ends its tasks.
    pub shutdown: CancellationToken,
    /// Where its tasks run.
    pub tasks: &'a mut JoinSet<anyhow::Result<()>>,
}

impl Parts<'_> {
    /// Reads a folder until the shutdown.
    pub(crate) fn watch<F: Format>(&mut self, folder: Arc<Folder<F>>) {
        let (outbox, inbox) = (self.outbox.clone(), self.inbox.clone());
        let shutdown = self.shutdown.clone();
        self.tasks
            .spawn(async move { Ok(folder.run(outbox, inbox, shutdown).await?) });
    }

    /// Takes the messages of one provider.
    pub fn acceptor(&self, inbox: Inbox) -> Result<Arc<Acceptor>, OutboxError> {
        let acceptor = Acceptor::new(inbox, self.key, &self.outbox, self.inbox.clone())?;
        Ok(Arc::new(acceptor))
    }
}

/// The secret in a file's first line.
pub fn secret(path: &Path) -> Result<Zeroizing<String>, ProviderError> {
    let text = std::fs::read_to_string(path).map_err(|source| ProviderError::Secret {
        path: path.to_owned(),
        source,
    })?;
    let text = Zeroizing::new(text);
    match text.lines().next().map(str::trim) {
        Some(line) if !line.is_empty() => Ok(Zeroizing::new(line.to_owned())),
        _ => Err(ProviderError::NoSecret(path.to_owned())),
    }
}

/// A string of a provider's JSON that says something of a sender: wiped when dropped.
pub struct Wiped(pub Zeroizing<String>);

impl<'de> Deserialize<'de> for Wiped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// Whether a media type is a picture's.
pub fn is_image(content_type: &str) -> bool {
    content_type
        .get(..6)
        .is_some_and(|start| start.eq_ignore_ascii_case("image/"))
}

/// A photo in base64, also as a data URI.
pub fn photo(base64: &str) -> Option<Zeroizing<Vec<u8>>> {
    let base64 = match base64.strip_prefix("data:") {
        Some(uri) => uri.split_once(";base64,")?.1,
        None => base64,
    };
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(base64.trim()).ok()?);
    (!bytes.is_empty()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn photos_come_as_base64_or_as_data_uris() {
        let photo = |text: &str| photo(text).map(|bytes| bytes.to_vec());
        assert_eq!(photo("/9j/"), Some(vec![0xff, 0xd8, 0xff]));
        assert_eq!(
            photo("data:image/jpeg;base64,/9j/"),
            Some(vec![0xff, 0xd8, 0xff])
        );
        for bad in ["", "data:image/jpeg,abc", "data:;base64,", "%%%%", "/9j"] {
            assert_eq!(photo(bad), None, "{bad}");
        }
        assert!(is_image("Image/JPEG"));
        assert!(!is_image("imag"));
        assert!(!is_image("application/smil"));
    }

    #[test]
    fn a_secret_is_a_files_first_line() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("secret");
        std::fs::write(&path, "hush\r\nmore\n").expect("it is written");
        assert_eq!(secret(&path).expect("a secret").as_str(), "hush");
        std::fs::write(&path, "\nhush\n").expect("it is written");
        assert!(matches!(secret(&path), Err(ProviderError::NoSecret(_))));
        let missing = folder.path().join("none");
        assert!(matches!(
            secret(&missing),
            Err(ProviderError::Secret { .. })
        ));
    }
}
