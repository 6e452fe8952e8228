//! For tests: a modem on a port, with memories, a network that takes answers, and faults on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a test puts in and looks at.
#[derive(Default)]
pub struct World {
    /// Memory and slot, and the PDU there.
    pub stored: BTreeMap<(String, u16), String>,
    /// The answers that the network took, in hex.
    pub sent: Vec<String>,
    /// All commands that were heard.
    pub heard: Vec<String>,
    /// It says `OK` to removals and does not remove.
    pub keeps: bool,
    /// It repeats what it hears.
    pub echoes: bool,
    /// Slots of the memory.
    pub total: u16,
}

/// A handle on a fake modem.
#[derive(Clone, Default)]
pub struct Fake(Arc<Mutex<World>>);

impl Fake {
    pub fn new() -> Self {
        let fake = Self::default();
        fake.world().total = 10;
        fake
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().expect("not poisoned")
    }

    pub fn store(&self, memory: &str, slot: u16, pdu: &str) {
        let place = (memory.to_owned(), slot);
        self.world().stored.insert(place, pdu.to_owned());
    }

    pub fn is_empty(&self) -> bool {
        self.world().stored.is_empty()
    }

    /// Serves a port until it goes.
    pub async fn serve(self, mut port: impl AsyncRead + AsyncWrite + Unpin) {
        let (mut line, mut memory, mut sending) = (String::new(), "SM".to_owned(), false);
        while let Ok(byte) = port.read_u8().await {
            let says = match byte {
                0x1a if sending => {
                    sending = false;
                    self.world().sent.push(std::mem::take(&mut line));
                    "\r\n+CMGS: 1\r\n\r\nOK\r\n".to_owned()
                }
                b'\r' => {
                    let command = std::mem::take(&mut line);
                    let echo = match self.world().echoes {
                        true => format!("{command}\r\r\n"),
                        false => String::new(),
                    };
                    sending = command.starts_with("AT+CMGS=");
                    echo + &self.answer(&command, &mut memory)
                }
                0x1b => continue,
                byte => {
                    line.push(char::from(byte));
                    continue;
                }
            };
            for piece in says.as_bytes().chunks(16) {
                if port.write_all(piece).await.is_err() {
                    return;
                }
            }
        }
    }

    fn answer(&self, command: &str, memory: &mut String) -> String {
        let mut world = self.world();
        world.heard.push(command.to_owned());
        let (name, value) = command.split_once('=').unwrap_or((command, ""));
        let slot = value.parse().unwrap_or(0);
        let octets = |pdu: &str| pdu.len() / 2 - 8;
        let lines = match name {
            "" => return String::new(),
            "AT+CMGS" => return "\r\n> ".into(),
            "AT+CGMM" => "SIM7600".into(),
            "AT+CPIN?" => "+CPIN: READY".into(),
            "AT+CMEE?" => "+CMEE: 1".into(),
            "AT+CPMS" if value == "?" => "+CPMS: (\"SM\",\"ME\"),(\"SM\"),(\"SM\")".into(),
            "AT+CPMS" => {
                *memory = value[1..3].to_owned();
                let used = world.stored.keys().filter(|(name, _)| name == memory);
                format!(
                    "+CPMS: {},{total},0,{total},0,{total}",
                    used.count(),
                    total = world.total
                )
            }
            "AT+CMGL" => {
                let here = world.stored.iter().filter(|((name, _), _)| name == memory);
                let lines = here.map(|((_, slot), pdu)| {
                    format!("+CMGL: {slot},1,,{}\r\n{pdu}\r\n+CREG: 1", octets(pdu))
                });
                lines.collect::<Vec<_>>().join("\r\n")
            }
            "AT+CMGR" => match world.stored.get(&(memory.clone(), slot)) {
                Some(pdu) => format!("+CMGR: 1,,{}\r\n{pdu}", octets(pdu)),
                None => return "\r\n+CMS ERROR: 321\r\n".into(),
            },
            "AT+CMGD" => {
                if !world.keeps {
                    world.stored.remove(&(memory.clone(), slot));
                }
                String::new()
            }
            "AT+CRSM" => "+CRSM: 105,130".into(),
            _ => String::new(),
        };
        format!("\r\n{lines}\r\n\r\nOK\r\n")
    }
}
