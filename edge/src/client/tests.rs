use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers each connection in turn with the bytes given, then closes it; yields the heads that it was sent.
async fn server(answers: Vec<String>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let task = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.expect("a head"));
            }
            heads.push(String::from_utf8(head).expect("text").to_lowercase());
            stream.write_all(answer.as_bytes()).await.expect("taken");
        }
        heads
    });
    (url, task)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

async fn get(url: &str, credentials: Option<&Credentials>) -> Result<Reply, ClientError> {
    let client = Client::new(url).expect("a client");
    client.call(Call::new(Method::GET, url, credentials)).await
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_no_credential_and_neither_does_the_way_back() {
    let credentials = Credentials::basic("user", "open sesame").expect("a header");
    // Each server has its own port, so each is another origin.
    let (last, last_task) = server(vec![answer(
        "200 OK",
        "Content-Type: Image/JPEG; q=1\r\n",
        "photo",
    )])
    .await;
    let to_last = answer("302 Found", &format!("Location: {last}/photo\r\n"), "");
    let (first, first_task) = server(vec![
        answer("301 Moved", "Location: other\r\n", ""),
        answer("307 Moved", "Location: /third?a=b#part\r\n", ""),
        to_last,
    ])
    .await;
    let reply = get(&format!("{first}/a/b"), Some(&credentials))
        .await
        .expect("followed");
    assert_eq!(
        (reply.status, reply.body.as_slice()),
        (200, b"photo".as_slice())
    );
    assert_eq!(reply.content_type.as_deref(), Some("image/jpeg"));
    let heads = first_task.await.expect("served");
    for (head, path) in heads.iter().zip(["/a/b", "/a/other", "/third?a=b"]) {
        assert!(head.starts_with(&format!("get {path} ")), "{head}");
        assert!(head.contains("authorization: basic "), "{head}");
    }
    let heads = last_task.await.expect("served");
    assert!(!heads[0].contains("authorization"), "{heads:?}");
    assert!(!format!("{credentials:?}{reply:?}").contains("sesame"));
}

#[tokio::test]
async fn what_must_not_be_followed_is_not() {
    let redirect = |to: &str| answer("302 Found", &format!("Location: {to}\r\n"), "");
    let (url, _task) = server(vec![redirect("/again"); MAX_REDIRECTS + 1]).await;
    let error = get(&url, None).await.expect_err("a loop");
    assert!(matches!(error, ClientError::Redirect("there are too many")));
    for to in [
        "ftp://127.0.0.1/",
        "https://127.0.0.1/",
        "http://user:word@127.0.0.1/",
        "javascript:1",
    ] {
        let (url, _task) = server(vec![redirect(to)]).await;
        let error = get(&url, None).await.expect_err(to);
        assert!(matches!(error, ClientError::Redirect(_)), "{to}: {error}");
        assert!(!error.was_not_taken());
    }
    let (url, _task) = server(vec![redirect("/elsewhere")]).await;
    let client = Client::new(&url).expect("a client");
    let error = client
        .call(Call::new(Method::DELETE, &url, None))
        .await
        .expect_err("not a GET");
    assert!(matches!(
        error,
        ClientError::Redirect("only a GET follows one")
    ));
}

#[tokio::test]
async fn limits_hold_while_the_answer_comes() {
    let long = "x".repeat(MAX_BODY + 1);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{long}\r\n0\r\n\r\n",
        long.len()
    );
    for answer in [answer("200 OK", "", &long), chunked] {
        let (url, _task) = server(vec![answer]).await;
        let error = get(&url, None).await.expect_err("too long");
        assert!(matches!(error, ClientError::TooLarge(MAX_BODY)), "{error}");
    }
    // A server that takes the request and says nothing: it may have acted.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let client = Client::new(&url).expect("a client");
    let mut call = Call::new(Method::GET, &url, None);
    call.total = Duration::from_millis(50);
    let error = client.call(call).await.expect_err("silence");
    assert!(matches!(error, ClientError::Timeout(_)) && !error.was_not_taken());
    drop(silent);
    let error = get(&url, None).await.expect_err("nobody listens");
    assert!(matches!(error, ClientError::Connect(_)) && error.was_not_taken());
}

#[tokio::test]
async fn a_busy_server_says_how_long() {
    let check = async |status: &str, headers: &str, wait: Option<u64>, not_taken: bool| {
        let (url, _task) = server(vec![answer(status, headers, "secret words")]).await;
        let error = get(&url, None).await.expect_err(status);
        assert_eq!(
            error.retry_after(),
            wait.map(Duration::from_secs),
            "{headers}"
        );
        assert_eq!(error.was_not_taken(), not_taken, "{status} {headers}");
        assert!(!format!("{error}{error:?}").contains("secret"));
    };
    check("429 Too Many", "Retry-After: 7\r\n", Some(7), true).await;
    check("429 Too Many", "", None, true).await;
    check("503 Away", "Retry-After: 99999999\r\n", Some(3600), true).await;
    check(
        "503 Away",
        "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
        Some(0),
        true,
    )
    .await;
    check("503 Away", "Retry-After: soon\r\n", None, false).await;
    let reply = {
        let (url, _task) = server(vec![answer("404 Not Found", "", "")]).await;
        get(&url, None).await.expect("an answer")
    };
    assert_eq!(reply.status, 404);
}

#[test]
fn the_configured_scheme_binds_all_calls() {
    let reason = |url: &str| Client::new(url).expect_err(url).to_string();
    assert!(reason("ftp://127.0.0.1").contains("neither"));
    assert!(reason("127.0.0.1").contains("scheme"));
    assert!(reason("http://a:b@127.0.0.1").contains("user name"));
    assert!(!reason("http://a:b@127.0.0.1").contains("a:b"));
    assert!(Client::new("http://192.0.2.1").is_ok());
    let error = Client::with_credentials("http://192.0.2.1").expect_err("plain");
    assert!(error.to_string().contains("https://"), "{error}");
    for safe in ["https://192.0.2.1", "http://127.0.0.1:8080", "http://[::1]"] {
        assert!(Client::with_credentials(safe).is_ok(), "{safe}");
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = Client::new("http://127.0.0.1:9").expect("a client");
        let error = client
            .call(Call::new(Method::GET, "https://127.0.0.1:9/", None))
            .await;
        assert!(matches!(error, Err(ClientError::Connect(_))));
    });
}
