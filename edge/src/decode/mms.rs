//! MMS PDUs, OMA-TS-MMS_ENC-V1_3: headers one after the other, and for messages a Content-Type last, with the body behind it.
//!
//! Strict where a header is cut, lenient where carriers are known to be careless: a missing last NUL, octets after the end,
//! headers and charsets that nobody knows.

use std::{collections::BTreeMap, fmt};

use super::{ContentType, DecodeError, Part, cursor::Cursor, multipart, wsp};

/// Octets of the largest PDU read; carriers stop at 1 to 3 MB.
pub const MAX_OCTETS: usize = 8 << 20;
/// Headers of one PDU; a list of recipients has one each.
const MAX_HEADERS: usize = 1024;

/// The headers of a PDU and its parts. Those that are absent from it are `None` or empty. Its `Debug` shows its type alone.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct MmsPdu {
    /// X-Mms-Message-Type by its name, `m-retrieve-conf` for a message that came.
    pub message_type: &'static str,
    pub transaction_id: Option<String>,
    /// `1.3`
    pub mms_version: Option<String>,
    pub message_id: Option<String>,
    /// Seconds since 1970.
    pub date: Option<u64>,
    pub from: Option<Sender>,
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub subject: Option<String>,
    /// `personal`, `advertisement`, `informational`, `auto`, or what the sender made up.
    pub message_class: Option<String>,
    /// Octets.
    pub message_size: Option<u64>,
    pub expiry: Option<Time>,
    pub delivery_time: Option<Time>,
    /// Where a notified message can be fetched.
    pub content_location: Option<String>,
    pub retrieve_text: Option<String>,
    pub response_text: Option<String>,
    /// Headers whose value is one assigned number, by their name without `X-Mms-`: `priority`, `retrieve_status`, `delivery_report` ...
    pub codes: BTreeMap<&'static str, u64>,
    /// Headers with a textual name, as carried.
    pub extensions: BTreeMap<String, String>,
    pub content_type: Option<ContentType>,
    pub parts: Vec<Part>,
    /// What was wrong behind the last header that could be read.
    pub trailing_error: Option<&'static str>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Sender {
    /// As carried: a number with `/TYPE=PLMN`, or an e-mail address.
    Address(String),
    /// The network is asked to fill it in.
    InsertAddress,
}

/// Seconds since 1970, or from the date of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    Absolute(u64),
    Relative(u64),
}

pub fn decode_mms(bytes: &[u8]) -> Result<MmsPdu, DecodeError> {
    if bytes.len() > MAX_OCTETS {
        return Err(DecodeError::TooLong("MMS"));
    }
    let mut cursor = Cursor::new(bytes);
    let mut pdu = MmsPdu::default();
    let mut headers = 0;
    while pdu.content_type.is_none() && pdu.trailing_error.is_none() && !cursor.is_empty() {
        headers += 1;
        if headers > MAX_HEADERS {
            return Err(if pdu.message_type.is_empty() {
                DecodeError::NoMessageType
            } else {
                DecodeError::Malformed("headers")
            });
        }
        // Bytes that are no MMS at all are told so, not where they first went wrong.
        pdu.header(&mut cursor).map_err(|err| {
            if pdu.message_type.is_empty() {
                DecodeError::NoMessageType
            } else {
                err
            }
        })?;
    }
    if pdu.message_type.is_empty() {
        return Err(DecodeError::NoMessageType);
    }
    match pdu.content_type.clone() {
        Some(content_type) => {
            let whole = Part {
                content_type,
                body: cursor.rest().to_vec(),
                ..Part::default()
            };
            pdu.parts = if whole.is_multipart() {
                multipart::parse(cursor.rest())?
            } else if whole.is_mime_multipart() {
                // Written by its Internet name, it mostly still is WSP's.
                multipart::parse(cursor.rest()).unwrap_or_else(|_| vec![whole])
            } else {
                vec![whole]
            };
        }
        // A refusal of the server's needs no content; a message without any was cut.
        None if pdu.message_type == "m-retrieve-conf"
            && !pdu.codes.contains_key("retrieve_status") =>
        {
            return Err(DecodeError::Truncated("headers"));
        }
        None => {}
    }
    Ok(pdu)
}

impl MmsPdu {
    fn header(&mut self, cursor: &mut Cursor<'_>) -> Result<(), DecodeError> {
        let Some(first) = cursor.peek() else {
            return Ok(());
        };
        if first < 0x80 {
            self.extension(cursor);
            return Ok(());
        }
        cursor.octet("header")?;
        match first & 0x7f {
            0x01 => {
                let address = self.encoded(cursor, "Bcc")?;
                self.bcc.push(address)
            }
            0x02 => {
                let address = self.encoded(cursor, "Cc")?;
                self.cc.push(address)
            }
            0x03 => self.content_location = Some(self.text(cursor)),
            0x04 => self.content_type = Some(wsp::content_type(cursor)?),
            0x05 => self.date = Some(wsp::integer(cursor, "Date")?),
            0x06 => self.code(cursor, "delivery_report")?,
            0x07 => self.delivery_time = Some(time(cursor, "Delivery-Time")?),
            0x08 => self.expiry = Some(time(cursor, "Expiry")?),
            0x09 => self.from = Some(self.sender_value(cursor)?),
            0x0a => self.message_class = Some(self.class(cursor)?),
            0x0b => self.message_id = Some(self.text(cursor)),
            0x0c => self.message_type = message_type(cursor.octet("Message-Type")?)?,
            0x0d => self.mms_version = Some(self.version(cursor)?),
            0x0e => self.message_size = Some(wsp::integer(cursor, "Message-Size")?),
            0x0f => self.code(cursor, "priority")?,
            0x10 => self.code(cursor, "read_report")?,
            0x11 => self.code(cursor, "report_allowed")?,
            0x12 => self.code(cursor, "response_status")?,
            0x13 => self.response_text = Some(self.encoded(cursor, "Response-Text")?),
            0x14 => self.code(cursor, "sender_visibility")?,
            0x15 => self.code(cursor, "status")?,
            0x16 => self.subject = Some(self.encoded(cursor, "Subject")?),
            0x17 => {
                let address = self.encoded(cursor, "To")?;
                self.to.push(address)
            }
            0x18 => self.transaction_id = Some(self.text(cursor)),
            0x19 => self.code(cursor, "retrieve_status")?,
            0x1a => self.retrieve_text = Some(self.encoded(cursor, "Retrieve-Text")?),
            0x1b => self.code(cursor, "read_status")?,
            // Later headers say nothing of use here; one that cannot be passed over is what some carriers leave behind a PDU.
            _ if wsp::skip(cursor, "header").is_err() => {
                self.trailing_error = Some("unreadable last header")
            }
            _ => {}
        }
        Ok(())
    }

    /// A header with a textual name. A NUL, or a change of code page, between headers is passed over.
    fn extension(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.peek() {
            Some(0x20..=0x7e) => {}
            // The long form names its page in a second octet.
            first => {
                let octets = if first == Some(0x7f) { 2 } else { 1 };
                let _ = cursor.take(octets.min(cursor.rest().len()), "header");
                return;
            }
        }
        let name = wsp::text_string(cursor);
        let value = wsp::text_string(cursor);
        if value.terminated {
            self.extensions.insert(name.read(), value.read());
        } else {
            self.trailing_error = Some("unterminated last header");
        }
    }

    fn text(&mut self, cursor: &mut Cursor<'_>) -> String {
        let text = wsp::text_string(cursor);
        self.note(text.terminated);
        text.read()
    }

    fn encoded(
        &mut self,
        cursor: &mut Cursor<'_>,
        what: &'static str,
    ) -> Result<String, DecodeError> {
        let (text, terminated) = wsp::encoded_string(cursor, what)?;
        self.note(terminated);
        Ok(text)
    }

    fn note(&mut self, terminated: bool) {
        if !terminated {
            self.trailing_error = Some("unterminated last text-string");
        }
    }

    /// A value of one octet from 0x80. Another form is read as a number, or passed over.
    fn code(&mut self, cursor: &mut Cursor<'_>, name: &'static str) -> Result<(), DecodeError> {
        let value = match cursor.peek().ok_or(DecodeError::Truncated(name))? {
            0x80.. => u64::from(cursor.octet(name)?),
            0..=31 => wsp::long_integer(cursor, name)?,
            _ => return wsp::skip(cursor, name),
        };
        self.codes.insert(name, value);
        Ok(())
    }

    /// A length, then a token: 128 and an address, or 129 for the network to insert one.
    fn sender_value(&mut self, cursor: &mut Cursor<'_>) -> Result<Sender, DecodeError> {
        const WHAT: &str = "From";
        if cursor.peek().is_some_and(|first| first > 31) {
            return self.encoded(cursor, WHAT).map(Sender::Address);
        }
        let mut value = wsp::counted(cursor, WHAT)?;
        match value.octet(WHAT)? {
            128 if value.is_empty() => Ok(Sender::Address(String::new())),
            128 => Ok(Sender::Address(wsp::encoded_string(&mut value, WHAT)?.0)),
            129 => Ok(Sender::InsertAddress),
            _ => Err(DecodeError::Malformed(WHAT)),
        }
    }

    fn class(&mut self, cursor: &mut Cursor<'_>) -> Result<String, DecodeError> {
        const WHAT: &str = "Message-Class";
        let name = match cursor.peek().ok_or(DecodeError::Truncated(WHAT))? {
            0x80.. => match cursor.octet(WHAT)? {
                128 => "personal",
                129 => "advertisement",
                130 => "informational",
                131 => "auto",
                _ => return Err(DecodeError::Malformed(WHAT)),
            },
            _ => return Ok(self.text(cursor)),
        };
        Ok(name.to_owned())
    }

    /// A Short-integer of three bits for the major version and four for the minor, 15 for none; or text.
    fn version(&mut self, cursor: &mut Cursor<'_>) -> Result<String, DecodeError> {
        const WHAT: &str = "MMS-Version";
        if cursor
            .peek()
            .is_some_and(|first| (32..128).contains(&first))
        {
            return Ok(self.text(cursor));
        }
        let version = wsp::integer(cursor, WHAT)?;
        let (major, minor) = (version >> 4 & 7, version & 15);
        Ok(if minor == 15 {
            major.to_string()
        } else {
            format!("{major}.{minor}")
        })
    }
}

/// A length, then a token: 128 for a date, 129 for seconds from now.
fn time(cursor: &mut Cursor<'_>, what: &'static str) -> Result<Time, DecodeError> {
    let mut value = wsp::counted(cursor, what)?;
    match value.octet(what)? {
        128 => wsp::integer(&mut value, what).map(Time::Absolute),
        129 => wsp::integer(&mut value, what).map(Time::Relative),
        _ => Err(DecodeError::Malformed(what)),
    }
}

/// X-Mms-Message-Type, clause 7.3.30.
fn message_type(number: u8) -> Result<&'static str, DecodeError> {
    Ok(match number {
        128 => "m-send-req",
        129 => "m-send-conf",
        130 => "m-notification-ind",
        131 => "m-notifyresp-ind",
        132 => "m-retrieve-conf",
        133 => "m-acknowledge-ind",
        134 => "m-delivery-ind",
        135 => "m-read-rec-ind",
        136 => "m-read-orig-ind",
        137 => "m-forward-req",
        138 => "m-forward-conf",
        139 => "m-mbox-store-req",
        140 => "m-mbox-store-conf",
        141 => "m-mbox-view-req",
        142 => "m-mbox-view-conf",
        143 => "m-mbox-upload-req",
        144 => "m-mbox-upload-conf",
        145 => "m-mbox-delete-req",
        146 => "m-mbox-delete-conf",
        147 => "m-mbox-descr",
        148 => "m-delete-req",
        149 => "m-delete-conf",
        150 => "m-cancel-req",
        151 => "m-cancel-conf",
        _ => return Err(DecodeError::Malformed("message type")),
    })
}

impl fmt::Debug for MmsPdu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "MmsPdu({}, {} parts, hidden)",
            self.message_type,
            self.parts.len()
        )
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sender::Address(_) => "Address(hidden)",
            Sender::InsertAddress => "InsertAddress",
        })
    }
}
