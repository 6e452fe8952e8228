//! Exchanges with a server on loopback.

use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::loopback::heard;
use super::*;
use crate::decode::encode::{RetrieveConf, retrieve_conf};
use crate::decode::{MmsStatus, notify_resp};

fn message() -> Vec<u8> {
    retrieve_conf(RetrieveConf {
        transaction_id: "1",
        from: "+12135550100",
        text: Some("police at 5th"),
        images: &[("image/jpeg", b"photo")],
        ..RetrieveConf::default()
    })
}

/// What a server says once; then it closes, or, where it is to be slow, holds on. It returns what it heard.
async fn serve(says: Vec<u8>, holds: bool) -> (u16, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let (head, body) = heard(&mut stream).await;
        let _ = stream.write_all(&says).await;
        if holds {
            // Until the other side has had enough.
            let _ = stream.read(&mut [0; 16]).await;
        }
        head + &String::from_utf8_lossy(&body)
    });
    (port, heard)
}

fn access(port: u16, more: &str) -> Arc<Access> {
    let text = format!("mmsc = \"http://127.0.0.1:{port}/mms\"\ntimeout = \"1s\"\n{more}");
    let section: super::super::Section = toml::from_str(&text).expect("a section");
    section.check().expect("valid");
    section.access(None).expect("all is said")
}

fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn fetched(says: Vec<u8>, holds: bool, more: &str) -> Result<MmsPdu, FetchError> {
    let (port, _server) = serve(says, holds).await;
    let location = format!("http://127.0.0.1:{port}/1");
    fetch(&access(port, more), &location).await
}

#[tokio::test]
async fn a_message_comes_through_the_proxy_and_over_the_interface() {
    let (port, server) = serve(answer("200 OK", &message()), false).await;
    let proxy =
        format!("proxy = \"127.000.000.001:{port}\"\ninterface = \"lo\"\nuser_agent = \"ua\"");
    let mms = fetch(&access(1, &proxy), "http://mmsc.invalid:8002/m?a=1").await;
    let mms = mms.expect("a message");
    assert_eq!(mms.message_text(), "police at 5th");
    let heard = server.await.expect("heard").to_lowercase();
    assert!(
        heard.starts_with("get http://mmsc.invalid:8002/m?a=1 http/1.1\r\n"),
        "{heard}"
    );
    for line in [
        "host: mmsc.invalid:8002\r\n",
        "user-agent: ua\r\n",
        "x-wap-profile: http",
    ] {
        assert!(heard.contains(line), "{heard}");
    }
}

#[tokio::test]
async fn without_a_proxy_its_own_server_is_asked() {
    let (port, server) = serve(answer("200 OK", &message()), false).await;
    let location = format!("http://127.0.0.1:{port}/m?a=1");
    assert!(fetch(&access(port, ""), &location).await.is_ok());
    let heard = server.await.expect("heard");
    assert!(heard.starts_with("GET /m?a=1 HTTP/1.1\r\n"), "{heard}");
}

#[tokio::test]
async fn an_answer_is_posted_to_the_mmsc() {
    let (port, server) = serve(answer("204 No Content", b""), false).await;
    let pdu = notify_resp("T1", MmsStatus::Retrieved);
    post(&access(port, ""), &pdu).await.expect("taken");
    let heard = server.await.expect("heard");
    assert!(heard.starts_with("POST /mms HTTP/1.1\r\n"), "{heard}");
    assert!(heard.contains("content-type: application/vnd.wap.mms-message\r\n"));
    assert!(heard.contains("T1\0"));
    let (port, _server) = serve(answer("500 No", b""), false).await;
    assert!(post(&access(port, ""), &pdu).await.is_err());
}

#[tokio::test]
async fn every_failure_has_its_prospect() {
    let message = message();
    let cut = {
        let whole = answer("200 OK", &message);
        whole[..whole.len() - 3].to_vec()
    };
    let refused = |status: u8| {
        answer(
            "200 OK",
            &[0x8c, 0x84, 0x98, b'1', 0, 0x8d, 0x92, 0x99, status],
        )
    };
    let notification = b"\x8c\x82\x98t1\0\x8d\x92\x8a\x80";
    let cases: Vec<(&str, Vec<u8>, bool, &str, Prospect)> = vec![
        (
            "404",
            answer("404 Not Found", b""),
            false,
            "",
            Prospect::Gone,
        ),
        ("410", answer("410 Gone", b""), false, "", Prospect::Gone),
        (
            "412",
            answer("412 Not Yet", b""),
            false,
            "",
            Prospect::Later,
        ),
        ("503", answer("503 Busy", b""), false, "", Prospect::Later),
        ("403", answer("403 No", b""), false, "", Prospect::Doubtful),
        (
            "redirect",
            answer("302 Found\r\nLocation: http://127.0.0.1/", b""),
            false,
            "",
            Prospect::Doubtful,
        ),
        (
            "page",
            answer("200 OK\r\nContent-Type: text/html; charset=x", b"hello"),
            false,
            "",
            Prospect::Doubtful,
        ),
        (
            "page that hides",
            answer(
                "200 OK\r\nContent-Type: application/vnd.wap.mms-message",
                b"\r\n <html>",
            ),
            false,
            "",
            Prospect::Doubtful,
        ),
        (
            "nonsense",
            answer("200 OK", b"nonsense"),
            false,
            "",
            Prospect::Doubtful,
        ),
        (
            "nothing",
            answer("200 OK", b""),
            false,
            "",
            Prospect::Doubtful,
        ),
        (
            "other PDU",
            answer("200 OK", notification),
            false,
            "",
            Prospect::Doubtful,
        ),
        ("cut connection", cut, false, "", Prospect::Later),
        (
            "cut message",
            answer("200 OK", &message[..message.len() - 3]),
            false,
            "",
            Prospect::Doubtful,
        ),
        ("no answer", Vec::new(), false, "", Prospect::Later),
        (
            "no HTTP",
            b"hello\r\n\r\n".to_vec(),
            false,
            "",
            Prospect::Later,
        ),
        (
            "endless head",
            format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD)).into_bytes(),
            true,
            "",
            Prospect::Later,
        ),
        (
            "slow",
            answer("200 OK", &message)[..60].to_vec(),
            true,
            "",
            Prospect::Later,
        ),
        ("transient", refused(0xc0), false, "", Prospect::Later),
        ("permanent", refused(0xe2), false, "", Prospect::Gone),
        (
            "announced too large",
            answer("200 OK", &message),
            false,
            "max_size = 20",
            Prospect::Unwanted,
        ),
        (
            "too large",
            [b"HTTP/1.1 200 OK\r\n\r\n", &message[..]].concat(),
            false,
            "max_size = 20",
            Prospect::Unwanted,
        ),
        (
            "no interface",
            Vec::new(),
            false,
            "interface = \"none0\"",
            Prospect::Away,
        ),
    ];
    for (name, says, holds, more, expected) in cases {
        let error = fetched(says, holds, more).await.expect_err(name);
        assert_eq!(error.prospect(), expected, "{name}: {error:?}");
        let said = spotlight_common::log::chain(&error);
        assert!(!said.contains("http://"), "{name}: {said}");
    }
}

#[tokio::test]
async fn addresses_that_are_none_of_a_carriers_are_not_asked() {
    for (location, expected) in [
        ("", Prospect::Unwanted),
        ("not a url", Prospect::Unwanted),
        ("https://mmsc.example.net/1", Prospect::Unwanted),
        ("http://me@mmsc.example.net/1", Prospect::Unwanted),
        // Not where the MMSC is.
        ("http://127.0.0.1:1/1", Prospect::Unwanted),
        ("http://192.168.1.1/1", Prospect::Unwanted),
        // Nothing listens there, but it is the MMSC's.
        ("http://127.0.0.1:2/1", Prospect::Away),
    ] {
        let error = fetch(&access(2, ""), location).await.expect_err(location);
        assert_eq!(error.prospect(), expected, "{location}: {error:?}");
    }
}
