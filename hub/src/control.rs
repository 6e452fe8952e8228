//! The running hub's answer to its own command line: a Unix socket in the data folder.
//!
//! redb gives its file to one process, so what a command asks of the store is asked of the hub that holds it, else done on
//! the file itself: the same question, the same answer.
//!
//! # Wire
//! One connection a question: a JSON [`Question`] and the end of writing; back comes a JSON `{"Ok": text}` or
//! `{"Err": reason}`. Only the hub's own user and root are answered: the socket's mode is 0600, and the peer's user is
//! checked as well. A question is at most `LONGEST_QUESTION` bytes and `PATIENCE` long.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use serde::{Deserialize, Serialize};
use spotlight_common::ids::NodeId;
use spotlight_common::log;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::folders;
use crate::store::open_data;
use crate::store::reports::{Reports, StoreError};

const LONGEST_QUESTION: u64 = 4096;

/// How long a question may take to be asked, and how long a command waits for a hub that is just starting or ending.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a command asks of the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The tables, one JSON object a line.
    Tables,
    /// The nodes, one JSON object a line.
    Nodes,
    /// Take what this key signs from now on.
    AddNode {
        /// The node's public key.
        key: NodeId,
        /// The operator's name for it.
        label: String,
    },
    /// Refuse what this key signs from now on.
    RevokeNode {
        /// The node's public key.
        key: NodeId,
    },
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The question cannot be answered as it stands.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A hub listens, but does not answer.
    #[error("the running hub does not answer on `{path}`")]
    Socket {
        /// Where it listens.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Asks the hub that runs on a data folder, else answers from its files.
pub fn ask(data: &Path, question: &Question) -> Result<String, ControlError> {
    let start = Instant::now();
    loop {
        let path = socket(data);
        match UnixStream::connect(&path) {
            Ok(stream) => {
                return ask_hub(stream, question)
                    .map_err(|source| ControlError::Socket { path, source })?
                    .map_err(ControlError::Refused);
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err(ControlError::Socket {
                    path,
                    source: error,
                });
            }
            // No hub runs; or one is starting or ending, and then its file is in use.
            Err(_) => {}
        }
        match Reports::open(data) {
            Ok(store) => return answer(&store, data, question),
            Err(StoreError::InUse(_)) if start.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn ask_hub(mut stream: UnixStream, question: &Question) -> io::Result<Result<String, String>> {
    stream.set_read_timeout(Some(3 * PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&serde_json::to_vec(question)?)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_slice(&answer)?)
}

/// Answers until the shutdown. Without a socket the hub runs as well; only the commands must wait for its end.
/// `nodes_changed` is told of every node that is added or revoked.
pub async fn serve(
    data: PathBuf,
    store: Arc<Reports>,
    nodes_changed: Arc<Notify>,
    shutdown: CancellationToken,
) {
    let (listener, owner) = match listen(&data) {
        Ok(listening) => listening,
        Err(error) => {
            return tracing::warn!(error = %error, "no control socket; is the data folder's path over 100 characters?");
        }
    };
    let mut conversations = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = conversations.join_next() => continue,
            () = shutdown.cancelled() => break,
        };
        let Ok((stream, _)) = accepted else {
            // Out of descriptors, most likely: others end.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        match stream.peer_cred() {
            Ok(peer) if peer.uid() == owner || peer.uid() == 0 => {
                let (store, data) = (store.clone(), data.clone());
                let nodes_changed = nodes_changed.clone();
                conversations.spawn(tokio::time::timeout(2 * PATIENCE, async move {
                    if let Err(error) = converse(stream, store, data, &nodes_changed).await {
                        tracing::warn!(error = %error, "a command's question was cut off");
                    }
                }));
            }
            _ => tracing::warn!("ignored another user on the control socket"),
        }
    }
    let _ = fs::remove_file(socket(&data));
}

/// Listens beside its place and moves there, so that nobody else can connect and a dead hub's socket is replaced.
/// Returns the user that owns it.
fn listen(data: &Path) -> io::Result<(UnixListener, u32)> {
    let beside = data.join("control.new");
    let _ = fs::remove_file(&beside);
    let listener = UnixListener::bind(&beside)?;
    fs::set_permissions(&beside, fs::Permissions::from_mode(0o600))?;
    let owner = fs::metadata(&beside)?.uid();
    fs::rename(&beside, socket(data))?;
    Ok((listener, owner))
}

async fn converse(
    mut stream: tokio::net::UnixStream,
    store: Arc<Reports>,
    data: PathBuf,
    nodes_changed: &Notify,
) -> io::Result<()> {
    let (reader, mut writer) = stream.split();
    let mut question = Vec::new();
    let mut reader = reader.take(LONGEST_QUESTION);
    tokio::time::timeout(PATIENCE, reader.read_to_end(&mut question)).await??;
    let work = tokio::task::spawn_blocking(move || -> Result<String, String> {
        let question = serde_json::from_slice(&question)
            .map_err(|_| "this hub does not know the question; is it of another version?")?;
        answer(&store, &data, &question).map_err(|error| log::chain(&error))
    });
    let answer = work.await.unwrap_or_else(|error| Err(error.to_string()));
    // Whatever was asked: to read the nodes once more costs nothing.
    nodes_changed.notify_one();
    writer.write_all(&serde_json::to_vec(&answer)?).await
}

fn answer(store: &Reports, data: &Path, question: &Question) -> Result<String, ControlError> {
    match question {
        Question::Tables => {
            let mut tables = store.tables()?;
            tables.extend(open_data::published::tables(data)?);
            for (id, folder) in folders::others(data) {
                let of_city = open_data::published::tables(&folder)?.into_iter();
                tables.extend(of_city.map(|mut table| {
                    table.table = format!("cities/{id}/{}", table.table);
                    table
                }));
            }
            Ok(lines(tables))
        }
        Question::Nodes => Ok(lines(store.nodes()?.into_iter().map(|(key, node)| {
            serde_json::json!({ "key": key, "label": node.label, "revoked": node.revoked })
        }))),
        Question::AddNode { key, label } => {
            store.add_node(key, label)?;
            Ok(String::new())
        }
        Question::RevokeNode { key } => {
            if store.revoke_node(key)? {
                Ok(String::new())
            } else {
                Err(ControlError::Refused(format!(
                    "no node has the key {key}; `spotlight-hub node list` shows all"
                )))
            }
        }
    }
}

/// One JSON object a line.
fn lines<T: Serialize>(rows: impl IntoIterator<Item = T>) -> String {
    let line = |row| serde_json::to_string(&row).expect("our own types always serialise") + "\n";
    rows.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests;
