//! The running hub's answer to its own command line: a Unix socket in the data folder.
//!
//! redb gives its file to one process, so `what-do-you-know` asks the hub that holds it. The socket takes no input:
//! whoever may connect gets the tables, one JSON object a line. The folder's permissions guard it.

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio::net::UnixListener;
use tokio_util::sync::CancellationToken;

use crate::store::reports::{Reports, StoreError, Table};

fn socket(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// One JSON object a line.
pub fn lines(tables: &[Table]) -> String {
    let line = |table| serde_json::to_string(table).expect("our own types always serialise") + "\n";
    tables.iter().map(line).collect()
}

/// Answers until the shutdown. Without a socket the hub runs as well; only the question must wait for its end.
pub async fn serve(data: PathBuf, store: Arc<Reports>, shutdown: CancellationToken) {
    let path = socket(&data);
    let _ = std::fs::remove_file(&path);
    let listener = match UnixListener::bind(&path) {
        Ok(listener) => listener,
        Err(error) => {
            return tracing::warn!(error = %error, "no control socket; is the data folder's path over 100 characters?");
        }
    };
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let Ok((mut stream, _)) = accepted else {
            continue;
        };
        let (store, data) = (store.clone(), data.clone());
        let answer =
            tokio::task::spawn_blocking(move || tables(&store, &data).map(|tables| lines(&tables)));
        match answer.await {
            Ok(Ok(answer)) => drop(stream.write_all(answer.as_bytes()).await),
            Ok(Err(error)) => tracing::error!(error = %error, "failed to list the tables"),
            Err(_) => {}
        }
    }
    let _ = std::fs::remove_file(&path);
}

/// The tables of a data folder: from the hub that runs on it, else from its files.
pub fn what_do_you_know(data: &Path) -> Result<String, StoreError> {
    if let Ok(answer) = ask(data) {
        return Ok(answer);
    }
    let store = Reports::open(data)?;
    Ok(lines(&tables(&store, data)?))
}

fn ask(data: &Path) -> io::Result<String> {
    let mut answer = String::new();
    UnixStream::connect(socket(data))?.read_to_string(&mut answer)?;
    if answer.is_empty() {
        Err(io::ErrorKind::UnexpectedEof.into())
    } else {
        Ok(answer)
    }
}

fn tables(store: &Reports, data: &Path) -> Result<Vec<Table>, StoreError> {
    let mut tables = store.tables()?;
    tables.extend(crate::store::open_data::tables(data)?);
    Ok(tables)
}
