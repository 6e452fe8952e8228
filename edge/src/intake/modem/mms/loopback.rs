//! For tests: what a server on loopback hears.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

/// A request, its head and its body.
pub async fn heard(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut heard = Vec::new();
    loop {
        if let Some(end) = heard.windows(4).position(|octets| octets == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&heard[..end + 2]).into_owned();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.lines().next()?.parse().ok());
            let body = &heard[end + 4..];
            if body.len() >= length.unwrap_or(0) {
                return (head, body.to_vec());
            }
        }
        let mut octets = [0; 4096];
        match stream.read(&mut octets).await {
            Ok(count @ 1..) => heard.extend_from_slice(&octets[..count]),
            _ => return (String::from_utf8_lossy(&heard).into_owned(), Vec::new()),
        }
    }
}
