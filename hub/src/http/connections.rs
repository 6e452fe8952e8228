//! Connections: a bounded number of them, and none held open by a reader that asks nothing or takes no bytes.
//!
//! The bound stays below the system's limit on open files, so that the stores can always open theirs.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Open connections, where the system allows as many files; more wait in the system's queue.
const MOST: usize = 16_000;
/// Files that are no reader's: stores, keys, the broker, the control socket.
const OTHER_FILES: usize = 256;
/// A write that makes no progress for so long ends its connection.
pub const STALLED: Duration = Duration::from_secs(20);
/// So long after what was last written to it a connection ends, unless a whole request has come.
const IDLE: Duration = Duration::from_secs(60);

/// Open connections of this process. The system's soft limit, often 1,024, is raised to its hard one first.
pub static ROOM: LazyLock<usize> = LazyLock::new(|| {
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(error = %error, "failed to raise the limit on open files");
        1024
    });
    let room = room(usize::try_from(files).unwrap_or(usize::MAX));
    if room < MOST {
        tracing::warn!(
            files,
            room,
            "the limit on open files (`ulimit -Hn`, LimitNOFILE=) allows fewer readers"
        );
    }
    room
});

fn room(files: usize) -> usize {
    files.saturating_sub(OTHER_FILES).clamp(16, MOST)
}

/// A listener that keeps to these limits.
pub struct Bounded {
    listener: TcpListener,
    free: Arc<Semaphore>,
    idle: Duration,
}

impl Bounded {
    pub fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            free: Arc::new(Semaphore::new(*ROOM)),
            idle: IDLE,
        }
    }
}

impl Listener for Bounded {
    type Io = Patient;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Patient, SocketAddr) {
        // The semaphore is never closed.
        let permit = self.free.clone().acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Events are small and should leave at once; a socket that refuses this still works.
        let _ = stream.set_nodelay(true);
        let patient = Patient {
            stream,
            deadline: None,
            idle: Box::pin(sleep(self.idle)),
            patience: self.idle,
            permit,
        };
        (patient, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection whose patience with its reader ends.
pub struct Patient {
    stream: TcpStream,
    /// While a write waits.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Until when a request must have come, and been answered. What is read does not put it off: a request that comes
    /// byte by byte is none.
    idle: Pin<Box<Sleep>>,
    patience: Duration,
    permit: Option<OwnedSemaphorePermit>,
}

impl Patient {
    /// The connection without these limits, and its part of the room.
    pub fn into_parts(self) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        (self.stream, self.permit)
    }

    fn bounded<T>(
        &mut self,
        written: Poll<io::Result<T>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.deadline = None;
            self.idle.as_mut().reset(Instant::now() + self.patience);
            return written;
        }
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(sleep(STALLED)));
        if deadline.as_mut().poll(cx).is_ready() || deadline.deadline() <= Instant::now() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if read.is_pending() && self.idle.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(written, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.bounded(written, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[test]
    fn the_stores_keep_files_for_themselves_whatever_the_limit() {
        let check = |files, expected| assert_eq!(room(files), expected, "{files}");
        check(1_024, 768);
        check(4_096, 3_840);
        check(1_048_576, MOST);
        check(usize::MAX, MOST);
        check(64, 16);
    }

    /// Serves one connection that sends `request` and no more, until the server has closed it.
    async fn told(request: &[u8], idle: Duration) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let bounded = Bounded {
            idle,
            ..Bounded::new(listener)
        };
        let page = axum::Router::new().route("/", axum::routing::get(|| async { "hello" }));
        let serving = tokio::spawn(async move { axum::serve(bounded, page).await });
        let mut reader = TcpStream::connect(address).await.expect("connected");
        reader.write_all(request).await.expect("sent");
        let mut answer = Vec::new();
        let ended = tokio::time::timeout(IDLE / 2, reader.read_to_end(&mut answer)).await;
        ended.expect("not held open").expect("closed");
        serving.abort();
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_reader_that_asks_nothing_is_let_go_and_so_is_one_that_was_answered() {
        let soon = Duration::from_millis(50);
        assert_eq!(told(b"", soon).await, "");
        let half = told(b"GET / HTTP/1.1\r\nhost:", soon).await;
        assert!(!half.contains("hello"), "{half}");
        // Ample for an answer on a loaded machine.
        let answered = told(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n", Duration::from_secs(2)).await;
        assert!(answered.ends_with("hello"), "{answered}");
    }
}
