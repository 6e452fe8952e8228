//! Debian's own smstools3 and gammu-smsd on folders of a test's, without a modem.
//!
//! - `smsd` with `modem_disabled = yes` takes what it received from files of PDUs (`pdu_from_file`) and does everything
//!   else as with a modem: joins parts, writes `incoming`, takes `outgoing`, encodes and logs what it would send.
//! - `gammu-smsd` with gammu's `dummy` phone, whose SIM is a folder of gammu backups: the daemon reads and deletes what lies
//!   there, writes its inbox, takes its outbox, and moves what it sent into `sent`.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::spool::names;
use crate::{daemons, sms, wait};

/// smstools3's daemon.
pub struct Smsd {
    daemon: daemons::Smsd,
    /// The SIM. smsd heeds no file whose path has a hidden folder in it, so it is not in the test's own.
    sim: TempDir,
}

impl Smsd {
    /// Starts it; the intake is to read `folder/incoming` and to answer into `folder/outgoing`.
    pub fn start(folder: &Path, logs: &Path) -> Self {
        let device = folder.join("modem");
        fs::create_dir_all(folder).expect("a folder can be made");
        fs::write(&device, "").expect("a file can be written");
        let sim = tempfile::Builder::new().prefix("sim").tempdir();
        let sim = sim.expect("a temporary folder");
        let modem = format!(
            "device = {}\nmodem_disabled = yes\npdu_from_file = {}/\n",
            device.display(),
            sim.path().display(),
        );
        Self {
            daemon: daemons::Smsd::start(folder, logs, "", &modem),
            sim,
        }
    }

    /// Lets the SIM receive a text, in as many PDUs as it takes.
    pub fn receive(&mut self, name: &str, number: &str, text: &str) {
        for (n, pdu) in sms::deliver(number, text).iter().enumerate() {
            self.receive_pdu(&format!("{name}.{n}"), pdu);
        }
    }

    /// Lets the SIM receive a PDU.
    pub fn receive_pdu(&mut self, name: &str, pdu: &str) {
        self.daemon.assert_alive();
        let part = self.daemon.folder().join(name);
        fs::write(&part, format!("{pdu}\n")).expect("a file can be written");
        fs::rename(&part, self.sim.path().join(name)).expect("a file can be moved");
    }

    /// Waits until the SIM is read. smsd takes a message a second, and sends what it has to send before each.
    pub fn wait_until_read(&self) {
        wait::until_true("smsd reads its SIM", 3 * wait::LONG, || {
            names(self.sim.path()).is_empty()
        });
    }

    /// What lies in `incoming`.
    pub fn incoming(&self) -> Vec<String> {
        self.daemon.incoming()
    }

    /// What smsd sent to a number: the files that it moved into `sent`.
    pub fn sent_to(&self, number: &str) -> Vec<String> {
        let to = format!("To: {}\n", number.trim_start_matches('+'));
        let folder = self.daemon.folder().join("sent");
        let sent = names(&folder).into_iter();
        sent.filter_map(|name| fs::read_to_string(folder.join(name)).ok())
            .filter(|file| file.starts_with(&to))
            .collect()
    }

    /// SIGTERM.
    pub fn stop(self) {
        self.daemon.stop();
    }
}

/// gammu's daemon.
pub struct Gammu {
    daemon: daemons::Gammu,
    received: usize,
}

impl Gammu {
    /// Starts it; the intake is to read `folder/inbox` and to answer into `folder/outbox`. `format` is its `InboxFormat`.
    pub fn start(folder: &Path, format: &str, logs: &Path) -> Self {
        let phone = folder.join("phone");
        fs::create_dir_all(phone.join("sms/1")).expect("a folder can be made");
        let phone = phone.display();
        let phone = format!("model = dummy\nconnection = none\ndevice = {phone}\nport = {phone}\n");
        Self {
            daemon: daemons::Gammu::start(folder, logs, &phone, format),
            received: 0,
        }
    }

    /// Lets the SIM receive a text, as UTF-16 parts of at most 60 characters, now by the clock of `time_zone`.
    pub fn receive(&mut self, number: &str, text: &str, time_zone: &str) {
        self.daemon.assert_alive();
        let units: Vec<u16> = text.encode_utf16().collect();
        let reference = self.received;
        let parts: Vec<_> = units.chunks(60).collect();
        let now = jiff::Timestamp::now()
            .in_tz(time_zone)
            .expect("a time zone");
        for (n, part) in parts.iter().enumerate() {
            let hex: String = part.iter().map(|unit| format!("{unit:04X}")).collect();
            let header = if parts.len() > 1 {
                format!(
                    "UDH = 050003{reference:02X}{:02X}{:02X}\n",
                    parts.len(),
                    n + 1
                )
            } else {
                String::new()
            };
            self.put(&format!(
                "[SMSBackup000]\nSMSC = \"+12135550199\"\nNumber = \"{number}\"\nDateTime = {}\nState = UnRead\n\
                 Text00 = {hex}\nCoding = Unicode_No_Compression\nFolder = 1\nClass = -1\n{header}",
                now.strftime("%Y%m%dT%H%M%S"),
            ));
        }
    }

    /// Lets the SIM receive eight-bit data.
    pub fn receive_data(&mut self, number: &str) {
        self.put(&format!(
            "[SMSBackup000]\nNumber = \"{number}\"\nDateTime = 20261124T133000\nState = UnRead\nText00 = 0006010203\n\
             Coding = 8bit\nFolder = 1\n"
        ));
    }

    fn put(&mut self, backup: &str) {
        self.received += 1;
        let part = self.daemon.folder().join("part");
        fs::write(&part, backup).expect("a file can be written");
        let place = self.daemon.folder().join("phone/sms/1");
        let place = place.join(self.received.to_string());
        fs::rename(&part, place).expect("a file can be moved");
    }

    /// Waits until the SIM is read.
    pub fn wait_until_read(&self) {
        wait::until_true("gammu-smsd reads its SIM", 3 * wait::LONG, || {
            names(&self.daemon.folder().join("phone/sms/1")).is_empty()
        });
    }

    /// What lies in the inbox.
    pub fn inbox(&self) -> Vec<String> {
        self.daemon.inbox()
    }

    /// What gammu sent to a number: the texts of the files that it moved into `sent`.
    pub fn sent_to(&self, number: &str) -> Vec<String> {
        let to = format!("_{number}_");
        let sent = names(&self.daemon.folder().join("sent")).into_iter();
        sent.filter(|name| name.starts_with("OUT") && name.contains(&to))
            .map(|name| fs::read(self.daemon.folder().join("sent").join(name)).expect("a file"))
            .map(|bytes| {
                let units = bytes[2..]
                    .chunks(2)
                    .map(|unit| u16::from_be_bytes([unit[0], unit[1]]));
                String::from_utf16_lossy(&units.collect::<Vec<_>>())
            })
            .collect()
    }

    /// SIGTERM.
    pub fn stop(self) {
        self.daemon.stop();
    }
}
