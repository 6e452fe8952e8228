//! The addresses of a carrier's servers, asked of the carrier's own name servers over its interface: others often do not know
//! them, or know others. RFC 1035, over UDP.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

/// How long an answer is waited for, and how often one is asked.
const PATIENCE: Duration = Duration::from_secs(3);
const TRIES: usize = 2;

/// The longest answer that is read; without EDNS a server sends 512 octets at most.
const MAX_ANSWER: usize = 1232;

const PORT: u16 = 53;

/// A name server: an address, and a port where it is not the usual one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct NameServer(SocketAddr);

impl TryFrom<String> for NameServer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let address: Option<IpAddr> = text.parse().ok();
        let address = address.map(|address| SocketAddr::new(address, PORT));
        address
            .or_else(|| text.parse().ok())
            .map(Self)
            .ok_or("a name server is written as an address, as in \"10.177.0.34\"")
    }
}

/// What a server said of a name.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Addresses(Vec<IpAddr>),
    /// It has no such name.
    None,
    /// Of another question, or no answer at all.
    Other,
}

/// The addresses of a name; the servers are asked one after the other, until one knows.
pub async fn ask(
    servers: &[NameServer],
    interface: Option<&str>,
    name: &str,
) -> io::Result<Vec<IpAddr>> {
    let mut why = io::Error::from(ErrorKind::NotFound);
    for server in servers {
        match of_server(*server, interface, name).await {
            Ok(addresses) if !addresses.is_empty() => return Ok(addresses),
            Ok(_) => {}
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// Both kinds of addresses at once; the old ones come first, for those are what carriers' networks have.
async fn of_server(
    server: NameServer,
    interface: Option<&str>,
    name: &str,
) -> io::Result<Vec<IpAddr>> {
    let any: IpAddr = match server.0 {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    if let Some(interface) = interface {
        socket.bind_device(Some(interface.as_bytes()))?;
    }
    // Nobody else's answers are heard.
    socket.connect(server.0).await?;
    let mut kinds = [TYPE::A, TYPE::AAAA].map(|kind| (kind, None));
    for _ in 0..TRIES {
        let [a, aaaa] = [getrandom::u32()? as u16, getrandom::u32()? as u16];
        let ids = [a, if aaaa == a { !aaaa } else { aaaa }];
        for ((kind, _), id) in kinds
            .iter()
            .zip(ids)
            .filter(|((_, said), _)| said.is_none())
        {
            socket.send(&question(id, name, *kind)?).await?;
        }
        let end = Instant::now() + PATIENCE;
        let mut octets = [0; MAX_ANSWER];
        while kinds.iter().any(|(_, said)| said.is_none()) {
            let Ok(heard) = timeout_at(end, socket.recv(&mut octets)).await else {
                break;
            };
            let octets = &octets[..heard?];
            for ((kind, said), id) in kinds.iter_mut().zip(ids) {
                match answer(octets, id, name, *kind) {
                    Answer::Addresses(addresses) => *said = Some(addresses),
                    Answer::None => *said = Some(Vec::new()),
                    Answer::Other => {}
                }
            }
        }
    }
    if kinds.iter().all(|(_, said)| said.is_none()) {
        return Err(ErrorKind::TimedOut.into());
    }
    Ok(kinds
        .into_iter()
        .flat_map(|(_, said)| said.unwrap_or_default())
        .collect())
}

fn question(id: u16, name: &str, kind: TYPE) -> io::Result<Vec<u8>> {
    let bad = |_| io::Error::from(ErrorKind::InvalidInput);
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let name = Name::new(name).map_err(bad)?;
    packet
        .questions
        .push(Question::new(name, kind.into(), CLASS::IN.into(), false));
    packet.build_bytes_vec().map_err(bad)
}

/// Names that the asked one stands for are not followed: a server that recurses has put their addresses beside them.
fn answer(octets: &[u8], id: u16, name: &str, kind: TYPE) -> Answer {
    let Ok(packet) = Packet::parse(octets) else {
        return Answer::Other;
    };
    let is_asked = packet.questions.iter().any(|question| {
        question.qtype == kind.into() && question.qname.to_string().eq_ignore_ascii_case(name)
    });
    if packet.id() != id || !packet.has_flags(PacketFlag::RESPONSE) || !is_asked {
        return Answer::Other;
    }
    if packet.rcode() != RCODE::NoError {
        return Answer::None;
    }
    let addresses = packet
        .answers
        .iter()
        .filter_map(|record| match &record.rdata {
            RData::A(a) => Some(Ipv4Addr::from(a.address).into()),
            RData::AAAA(aaaa) => Some(Ipv6Addr::from(aaaa.address).into()),
            _ => None,
        });
    Answer::Addresses(addresses.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `mmsc.example.net` in a message.
    const NAME: &[u8] = b"\x04mmsc\x07example\x03net\0";

    /// What a server says to a question: that the name stands for another, and the other's address.
    fn says(question: &[u8]) -> Vec<u8> {
        let [.., kind_high, kind, _, _] = question else {
            panic!("too short");
        };
        assert!(question[12..12 + NAME.len()].eq_ignore_ascii_case(NAME));
        assert_eq!(*kind_high, 0);
        let (kind, address): (u8, &[u8]) = match kind {
            1 => (1, &[10, 177, 0, 34]),
            28 => (28, &[0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7]),
            other => panic!("type {other}"),
        };
        // Recursion asked for and had; one question, two answers.
        let mut answer = [&question[..2], &[0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0]].concat();
        answer.extend(&question[12..]);
        // CNAME: `in.` and the rest of the first name.
        answer.extend(b"\xc0\x0c\0\x05\0\x01\0\0\0\x3c\0\x05\x02in\xc0\x11");
        answer.extend(b"\xc0\x2e\0");
        answer.extend([kind, 0, 1, 0, 0, 0, 60, 0, address.len() as u8]);
        answer.extend(address);
        answer
    }

    fn text(text: &str) -> Result<NameServer, &'static str> {
        NameServer::try_from(text.to_owned())
    }

    /// A server that does as told with each question, and where it listens.
    async fn server(does: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut octets = [0; MAX_ANSWER];
            while let Ok((count, from)) = socket.recv_from(&mut octets).await {
                for answer in does(&octets[..count]) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        text(&address.to_string()).expect("a server")
    }

    #[tokio::test]
    async fn a_name_is_asked_of_the_carriers_server_over_its_interface() {
        let good = server(|question| {
            let answer = says(question);
            let mut forged = answer.clone();
            forged[0] ^= 1;
            // What is of another question, cut off or no message is passed over.
            vec![
                forged,
                answer[..20].to_vec(),
                Vec::new(),
                vec![0; 12],
                answer,
            ]
        })
        .await;
        let refuses = server(|question| {
            let mut answer = question.to_vec();
            (answer[2], answer[3]) = (0x81, 0x83);
            vec![answer]
        })
        .await;
        let expected: [IpAddr; 2] = ["10.177.0.34", "fd00::7"].map(|a| a.parse().expect("one"));
        let away = text("127.0.0.1:1").expect("a server");
        for servers in [&[good][..], &[refuses, good], &[away, good]] {
            let found = ask(servers, Some("lo"), "MMSC.example.net").await;
            assert_eq!(found.expect("found"), expected);
        }
        let none = ask(&[refuses], None, "mmsc.example.net").await;
        assert_eq!(none.expect_err("none").kind(), ErrorKind::NotFound);
        assert!(ask(&[away], None, "mmsc.example.net").await.is_err());
        let bad = ask(&[good], None, &"a".repeat(70)).await;
        assert_eq!(bad.expect_err("no name").kind(), ErrorKind::InvalidInput);
    }

    #[test]
    fn a_name_server_is_an_address() {
        for (written, address) in [
            ("10.177.0.34", "10.177.0.34:53"),
            ("127.0.0.1:5300", "127.0.0.1:5300"),
            ("2001:db8::1", "[2001:db8::1]:53"),
            ("[2001:db8::1]:5300", "[2001:db8::1]:5300"),
        ] {
            assert_eq!(text(written).expect(written).0.to_string(), address);
        }
        for wrong in ["", "dns.example.net", "10.1", "10.1.2.3:x"] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }
}
