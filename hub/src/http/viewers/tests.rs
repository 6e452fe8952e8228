use std::io::{ErrorKind, Write as _};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{STALLED, Viewer};
use crate::http::bodies::{self, Key};
use crate::http::serve::serve;
use crate::http::tests::{Server, server};
use crate::views::fixture;

/// Ample on a loaded machine; nothing takes it.
const LONG: Duration = Duration::from_secs(20);

/// A server that serves on a port of its own.
struct Serving {
    server: Server,
    address: std::net::SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<std::io::Result<()>>,
}

async fn serving(sightings: usize) -> Serving {
    let server = server(sightings);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move { _ = stopped.await };
    let ended = tokio::spawn(serve(listener, server.shared.clone(), shutdown));
    Serving {
        server,
        address,
        stop: Some(stop),
        ended,
    }
}

/// One reader of the stream.
struct Reader(BufReader<TcpStream>);

impl Serving {
    /// Asks for the stream, and returns its head, too.
    async fn watch(&self) -> (Reader, String) {
        let stream = TcpStream::connect(self.address).await.expect("connected");
        let mut reader = Reader(BufReader::new(stream));
        let head = reader.ask("GET", "/api/v1/events").await;
        (reader, head)
    }

    async fn stop(mut self) {
        let stop = self.stop.take().expect("not stopped yet");
        stop.send(()).expect("still serving");
        let ended = tokio::time::timeout(Duration::from_secs(4), self.ended).await;
        let ended = ended.expect("in time").expect("no panic");
        ended.expect("no error");
    }
}

impl Reader {
    async fn ask(&mut self, method: &str, path: &str) -> String {
        self.ask_as(method, path, "").await
    }

    async fn ask_as(&mut self, method: &str, path: &str, headers: &str) -> String {
        let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
        let sent = self.0.get_mut().write_all(request.as_bytes()).await;
        sent.expect("sent");
        self.until("\r\n").await
    }

    /// The lines up to an empty one, without waiting long for them.
    async fn until(&mut self, empty: &str) -> String {
        let mut text = String::new();
        loop {
            let read = tokio::time::timeout(LONG, self.0.read_line(&mut text)).await;
            let read = read.expect("in time").expect("text");
            if read == 0 || text.ends_with(&format!("\n{empty}")) {
                return text;
            }
        }
    }

    async fn frame(&mut self) -> String {
        self.until("\n").await
    }
}

#[tokio::test]
async fn a_stream_begins_with_the_state_and_follows_changes_and_fades() {
    let serving = serving(1).await;
    let (mut reader, head) = serving.watch().await;
    assert!(head.contains(" 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/event-stream\r\n"));
    assert!(head.contains("content-security-policy: "));
    let lengths = ["content-length", "transfer-encoding"];
    assert!(lengths.iter().all(|length| !head.contains(length)));
    let first = reader.frame().await;
    assert!(first.starts_with("event: sightings\ndata: {"), "{first}");
    assert!(first.ends_with("}\n\n"));
    assert_eq!(first.matches("\"cell\"").count(), 1);
    let Server {
        pictures, clock, ..
    } = &serving.server;
    pictures.send_replace(Arc::new(fixture::picture(3)));
    assert_eq!(reader.frame().await.matches("\"cell\"").count(), 3);
    // The same again, and then something new: nobody is sent the same twice.
    pictures.send_replace(Arc::new(fixture::picture(3)));
    clock.set(fixture::at("2026-07-01T22:01:30Z"));
    pictures.send_replace(Arc::new(fixture::picture(4)));
    assert_eq!(reader.frame().await.matches("\"cell\"").count(), 4);
    // Nobody publishes, but two of the four fall due.
    clock.set(fixture::at("2026-07-01T22:56:00Z"));
    assert_eq!(reader.frame().await.matches("\"cell\"").count(), 2);
    serving.stop().await;
    assert_eq!(reader.frame().await, "");
}

#[tokio::test]
async fn a_browser_is_told_the_same_in_gzip() {
    let serving = serving(1).await;
    let stream = TcpStream::connect(serving.address).await;
    let mut reader = Reader(BufReader::new(stream.expect("connected")));
    let accepts = "accept-encoding: gzip, deflate, br\r\n";
    let head = reader.ask_as("GET", "/api/v1/events", accepts).await;
    assert!(head.contains("content-encoding: gzip\r\n"), "{head}");
    assert!(head.contains("vary: Accept-Encoding\r\n"), "{head}");
    let mut unzipped = flate2::write::GzDecoder::new(Vec::new());
    for shown in [1, 40, 3] {
        serving
            .server
            .pictures
            .send_replace(Arc::new(fixture::picture(shown)));
        let frame = loop {
            let read = unzipped.get_ref();
            if let Some(end) = read.windows(2).position(|two| two == b"\n\n") {
                let frame = String::from_utf8(read[..end].to_vec()).expect("text");
                unzipped.get_mut().drain(..end + 2);
                break frame;
            }
            let mut octets = [0; 512];
            let read = tokio::time::timeout(LONG, reader.0.read(&mut octets)).await;
            let read = read.expect("in time").expect("read");
            assert_ne!(read, 0, "it stays");
            unzipped.write_all(&octets[..read]).expect("gzip");
            unzipped.flush().expect("gzip");
        };
        assert!(frame.starts_with("event: sightings\ndata: {"), "{frame}");
        assert_eq!(frame.matches("\"cell\"").count(), shown);
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_stream_that_begins_with_a_kept_frame_says_the_time_at_once() {
    let serving = serving(1).await;
    let (mut first, _) = serving.watch().await;
    first.frame().await;
    serving
        .server
        .clock
        .set(fixture::at("2026-07-01T22:00:45Z"));
    let (mut second, _) = serving.watch().await;
    assert!(second.frame().await.contains("22:00:00Z\""));
    let time = second.frame().await;
    assert_eq!(time, ":\nevent: alive\ndata: 2026-07-01T22:00:45Z\n\n");
    serving.stop().await;
}

#[tokio::test]
async fn a_connection_that_answered_a_page_may_stay_for_events() {
    let serving = serving(1).await;
    let stream = TcpStream::connect(serving.address).await;
    let mut reader = Reader(BufReader::new(stream.expect("connected")));
    let head = reader.ask("GET", "/healthz").await;
    assert!(head.starts_with("HTTP/1.1 200 OK"));
    let mut body = [0; 3];
    reader.0.read_exact(&mut body).await.expect("its body");
    assert_eq!(&body, b"ok\n");
    reader.ask("GET", "/api/v1/events").await;
    assert!(reader.frame().await.starts_with("event: sightings"));
    serving.stop().await;
}

#[tokio::test]
async fn who_asks_for_the_head_alone_is_told_no_event() {
    let serving = serving(1).await;
    let stream = TcpStream::connect(serving.address).await;
    let mut reader = Reader(BufReader::new(stream.expect("connected")));
    let head = reader.ask("HEAD", "/api/v1/events").await;
    assert!(head.contains("text/event-stream"));
    let mut rest = String::new();
    let ended = tokio::time::timeout(LONG, reader.0.read_to_string(&mut rest)).await;
    ended.expect("in time").expect("closed");
    assert_eq!(rest, "");
    serving.stop().await;
}

#[tokio::test]
async fn a_slow_reader_gets_the_newest_state_and_holds_nobody_up() {
    let serving = serving(1).await;
    let (mut slow, _) = serving.watch().await;
    let (mut quick, _) = serving.watch().await;
    slow.frame().await;
    quick.frame().await;
    // More than its socket and the system's buffers take: 6 MB, of which it reads nothing.
    let mut picture = fixture::picture(4);
    let name = "Skid Row ".repeat(20_000);
    for n in 0..32 {
        picture.sightings[0].label = format!("{name}{n}");
        serving
            .server
            .pictures
            .send_replace(Arc::new(picture.clone()));
        assert!(quick.frame().await.contains(&format!(" {n}\"")));
    }
    // What it had begun comes whole, then the newest, and of what was between at most what fitted.
    let mut frames = 0;
    loop {
        let frame = slow.frame().await;
        assert!(frame.starts_with("event: sightings") && frame.ends_with("}\n\n"));
        frames += 1;
        if frame.contains(" 31\"") {
            break;
        }
    }
    assert!(frames < 32, "{frames}");
    serving.stop().await;
}

#[tokio::test]
async fn who_takes_nothing_for_long_is_let_go() {
    let server = server(1);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let _reads_nothing = std::net::TcpStream::connect(address).expect("connected");
    let (stream, _) = listener.accept().expect("accepted");
    stream.set_nonblocking(true).expect("set");
    let room = Arc::new(tokio::sync::Semaphore::new(1));
    let ready = bodies::ready(&server.shared, Key::Event).await;
    let start = Instant::now();
    let mut viewer = Viewer {
        stream,
        in_gzip: false,
        rest: vec![b'x'; 64 << 20].into(),
        seen: ready.expect("ready"),
        written: start,
        _permits: (room.try_acquire_owned().expect("room"), None),
    };
    viewer.write(start).expect("it takes some");
    assert!(!viewer.rest.is_empty());
    viewer.write(start + STALLED / 2).expect("it may wait");
    let error = viewer.write(start + STALLED).expect_err("let go");
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

#[tokio::test]
async fn serving_ends_with_open_streams_and_idle_connections() {
    let serving = serving(1).await;
    let (mut reader, _) = serving.watch().await;
    let mut idle = TcpStream::connect(serving.address)
        .await
        .expect("connected");
    reader.frame().await;
    serving.stop().await;
    let mut rest = Vec::new();
    let closed = tokio::time::timeout(LONG, idle.read_to_end(&mut rest)).await;
    closed.expect("in time").ok();
    assert!(rest.is_empty());
}
