use std::future::Future;
use std::pin::Pin;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinHandle;

use super::*;

/// Answers with the size of what it took.
struct Size;

impl Hook for Size {
    fn take<'a>(&'a self, request: Request) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        let answer = format!("{} {}\n", request.path_and_query, request.body.len());
        Box::pin(async move { Answer::plain(200, &answer) })
    }

    fn max_body(&self) -> usize {
        100
    }
}

struct World {
    address: SocketAddr,
    shutdown: CancellationToken,
    running: JoinHandle<()>,
}

/// So that no test waits for the real limits.
const SHORT: Duration = Duration::from_millis(300);

async fn world(change: impl FnOnce(&mut Http)) -> World {
    start(change, limits::HEAD_TIME, limits::BODY_TIME).await
}

async fn start(change: impl FnOnce(&mut Http), head_time: Duration, body_time: Duration) -> World {
    let mut settings = Http {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        ..Http::default()
    };
    change(&mut settings);
    let routes: Vec<Route> = vec![("/hook".into(), Arc::new(Size))];
    let mut server = Server::bind(&settings, routes).await.expect("it binds");
    let shared = Arc::get_mut(&mut server.shared).expect("it does not run yet");
    (shared.head_time, shared.body_time) = (head_time, body_time);
    let address = server.address().expect("it has an address");
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(server.run(shutdown.clone()));
    World {
        address,
        shutdown,
        running,
    }
}

/// Sends bytes and reads until the server closes.
async fn exchange(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("it accepts");
    // A refusal may come before all is sent.
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(path: &str, headers: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn status(answer: &str) -> u16 {
    let status = answer.split(' ').nth(1).and_then(|code| code.parse().ok());
    status.unwrap_or_else(|| panic!("no answer: {answer:?}"))
}

#[tokio::test]
async fn hooks_take_posts_and_nothing_else_is_there() {
    let world = world(|_| {}).await;
    let hook = exchange(world.address, &post("/hook?a=%20b", "", "abc")).await;
    assert_eq!(status(&hook), 200);
    assert!(hook.ends_with("/hook?a=%20b 3\n"), "{hook}");
    let get = |path: &str| format!("GET {path} HTTP/1.0\r\n\r\n");
    for (request, expected) in [
        (get("/healthz"), 200),
        (post("/healthz", "", ""), 405),
        (get("/hook"), 405),
        (get("/"), 404),
        (post("/hook/", "", ""), 404),
        (post("/hook", "", &"x".repeat(100)), 200),
        (post("/hook", "", &"x".repeat(101)), 413),
        ("nonsense\r\n\r\n".into(), 400),
        (
            post("/hook", &format!("x: {}\r\n", "y".repeat(limits::HEAD)), ""),
            431,
        ),
        (
            post("/hook", &"x: y\r\n".repeat(limits::HEADERS + 1), ""),
            431,
        ),
    ] {
        assert_eq!(
            status(&exchange(world.address, &request).await),
            expected,
            "{request:.60}"
        );
    }
    // A body that does not say its size is held to the same.
    let chunked = |chunks: usize| {
        let chunk = format!("40\r\n{}\r\n", "x".repeat(0x40));
        format!(
            "POST /hook HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n",
            chunk.repeat(chunks)
        )
    };
    assert_eq!(status(&exchange(world.address, &chunked(1)).await), 200);
    assert_eq!(status(&exchange(world.address, &chunked(2)).await), 413);
}

#[tokio::test]
async fn a_public_address_is_a_host_and_no_more() {
    for (url, is_good) in [
        ("https://text.example.org", true),
        ("https://text.example.org:8443/", true),
        ("text.example.org", false),
        ("https://text.example.org/sms", false),
        ("https://u:p@text.example.org", false),
        ("ftp://text.example.org", false),
        ("", false),
    ] {
        let settings = Http {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url: Some(url.into()),
            ..Http::default()
        };
        let bound = Server::bind(&settings, Vec::new()).await;
        assert_eq!(bound.is_ok(), is_good, "{url}");
    }
}

#[tokio::test]
async fn floods_are_refused_by_peer_and_by_the_proxys_word() {
    let world = world(|settings| {
        settings.requests_per_peer = 3;
        settings.proxy = Some(IpAddr::from([127, 0, 0, 1]));
    })
    .await;
    let mut answers = Vec::new();
    for peer in ["192.0.2.1", "192.0.2.2"] {
        for _ in 0..6 {
            // What a caller claims stands before what the proxy adds.
            let header = format!("X-Forwarded-For: 198.51.100.{}, {peer}\r\n", answers.len());
            answers.push(status(
                &exchange(world.address, &post("/hook", &header, "")).await,
            ));
        }
    }
    let good = answers.iter().filter(|status| **status == 200).count();
    assert!((6..=8).contains(&good), "{answers:?}");
    assert!(answers.contains(&429), "{answers:?}");
}

#[tokio::test]
async fn slow_heads_are_cut_off_and_slow_bodies_told_so() {
    let slow_head = start(|_| {}, SHORT, limits::BODY_TIME).await;
    assert_eq!(exchange(slow_head.address, "POST /hook HT").await, "");
    // A kept connection that is idle closes too.
    let idle = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(status(&exchange(slow_head.address, idle).await), 200);
    let slow_body = start(|_| {}, limits::HEAD_TIME, SHORT).await;
    let request = "POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx";
    assert_eq!(status(&exchange(slow_body.address, request).await), 408);
}

#[tokio::test]
async fn a_shutdown_ends_it_in_time_though_somebody_stays_connected() {
    let world = world(|_| {}).await;
    let mut idle = TcpStream::connect(world.address).await.expect("it accepts");
    idle.write_all(b"POST /hook HTTP/1.1\r\nContent-Length: 5\r\n\r\nx")
        .await
        .expect("it is sent");
    world.shutdown.cancel();
    let end = tokio::time::timeout(limits::CLOSE_TIME + Duration::from_secs(5), world.running);
    end.await.expect("in time").expect("it does not panic");
    assert!(TcpStream::connect(world.address).await.is_err());
}

#[tokio::test]
async fn paths_are_checked() {
    let bind = async |paths: &[&str]| {
        let routes = paths.iter();
        let routes = routes.map(|path| ((*path).to_owned(), Arc::new(Size) as Arc<dyn Hook>));
        let settings = Http {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..Http::default()
        };
        Server::bind(&settings, routes.collect()).await.err()
    };
    assert!(bind(&["/a", "/b"]).await.is_none());
    assert!(matches!(
        bind(&["/a", "/a"]).await,
        Some(HttpError::Twice(_))
    ));
    for bad in ["", "a", "/healthz", "/a?b"] {
        assert!(
            matches!(bind(&[bad]).await, Some(HttpError::Path(_))),
            "{bad}"
        );
    }
}
