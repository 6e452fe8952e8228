//! WAP pushes, WAP-235-PushOTA and WAP-230-WSP clause 8.2.4.1: what tells a phone that a multimedia message waits for it.

use super::{DecodeError, MmsPdu, cursor::Cursor, decode_mms, wsp};

/// The port of WAP pushes.
pub const PORT: u16 = 2948;

/// The PDU type of a push.
const PUSH: u8 = 0x06;

/// The multimedia message's PDU in a push. `None` if it holds something else.
pub fn decode_push(octets: &[u8]) -> Result<Option<MmsPdu>, DecodeError> {
    const WHAT: &str = "push";
    let mut cursor = Cursor::new(octets);
    cursor.octet(WHAT)?;
    if cursor.octet(WHAT)? != PUSH {
        return Err(DecodeError::Malformed(WHAT));
    }
    let length = wsp::uintvar(&mut cursor, WHAT)?;
    let mut headers = Cursor::new(cursor.take(length, WHAT)?);
    let content_type = wsp::content_type(&mut headers)?;
    if !content_type.is("application/vnd.wap.mms-message") {
        return Ok(None);
    }
    decode_mms(cursor.rest()).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An M-Notification.ind from a number.
    const NOTIFICATION: &[u8] =
        b"\x8c\x82\x98t1\0\x8d\x92\x89\x18\x80+12135550100/TYPE=PLMN\0\x8a\x80\x8e\x02\x10\x00\x88\x05\x81\x03\x03\xf4\x80\x83http://mmsc/1\0";

    #[test]
    fn a_notification_is_found_in_its_push() {
        for headers in [
            &b"\x01\xbe"[..],
            b"\x22application/vnd.wap.mms-message\0\xaf\x84",
            b"\x04\xbe\xaf\x84\x00",
        ] {
            let octets = [b"\x25\x06", headers, NOTIFICATION].concat();
            let mms = decode_push(&octets).expect("readable").expect("an MMS");
            assert_eq!(mms.message_type, "m-notification-ind");
            assert_eq!(mms.sender(), Some("+12135550100"));
        }
    }

    #[test]
    fn other_pushes_are_told_apart_and_cut_ones_refused() {
        assert_eq!(decode_push(b"\x01\x06\x01\xb6hello"), Ok(None));
        assert!(decode_push(b"\x01\x07\x01\xbe").is_err());
        let whole = [&b"\x25\x06\x01\xbe"[..], NOTIFICATION].concat();
        for length in 0..6 {
            assert!(decode_push(&whole[..length]).is_err(), "{length}");
        }
    }
}
