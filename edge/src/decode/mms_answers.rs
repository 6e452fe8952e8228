//! What a phone answers an MMSC: M-NotifyResp.ind to a notification, M-Acknowledge.ind to a message whose fetching was put off.
//! OMA-TS-MMS_ENC-V1_3, clauses 6.2 and 6.4. Neither lets the sender be told anything.

use zeroize::Zeroizing;

use super::encode::text_string;

/// X-Mms-Status, clause 7.3.54.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum MmsStatus {
    Retrieved = 129,
    Rejected = 130,
    /// It will be fetched later.
    Deferred = 131,
}

const MESSAGE_TYPE: u8 = 0x8c;
const NOTIFY_RESP: u8 = 131;
const ACKNOWLEDGE: u8 = 133;
const TRANSACTION_ID: u8 = 0x98;
/// X-Mms-MMS-Version: 1.2.
const VERSION: [u8; 2] = [0x8d, 0x92];
const STATUS: u8 = 0x95;
/// X-Mms-Report-Allowed: no.
const NO_REPORT: [u8; 2] = [0x91, 129];

/// The answer to the notification with this transaction id.
pub fn notify_resp(transaction_id: &str, status: MmsStatus) -> Zeroizing<Vec<u8>> {
    let mut pdu = begin(NOTIFY_RESP, transaction_id);
    pdu.extend([STATUS, status as u8]);
    pdu.extend(NO_REPORT);
    pdu
}

/// The answer to the message with this transaction id.
pub fn acknowledge(transaction_id: &str) -> Zeroizing<Vec<u8>> {
    let mut pdu = begin(ACKNOWLEDGE, transaction_id);
    pdu.extend(NO_REPORT);
    pdu
}

/// Large enough that it does not move while it grows.
fn begin(message_type: u8, transaction_id: &str) -> Zeroizing<Vec<u8>> {
    let mut pdu = Zeroizing::new(Vec::with_capacity(transaction_id.len() + 16));
    pdu.extend([MESSAGE_TYPE, message_type, TRANSACTION_ID]);
    pdu.extend(Zeroizing::new(text_string(transaction_id)).iter());
    pdu.extend(VERSION);
    pdu
}

#[cfg(test)]
mod tests {
    use super::super::decode_mms;
    use super::*;

    #[test]
    fn answers_are_read_as_they_were_meant() {
        for (status, id) in [
            (MmsStatus::Retrieved, "T1"),
            (MmsStatus::Rejected, "0123456789abcdef0123456789abcdef@mmsc"),
            (MmsStatus::Deferred, ""),
        ] {
            let pdu = decode_mms(&notify_resp(id, status)).expect("readable");
            assert_eq!(pdu.message_type, "m-notifyresp-ind");
            assert_eq!(pdu.transaction_id.as_deref(), Some(id));
            assert_eq!(pdu.mms_version.as_deref(), Some("1.2"));
            assert_eq!(pdu.codes["status"], status as u64);
            assert_eq!(pdu.codes["report_allowed"], 129);
            assert_eq!(pdu.trailing_error, None);
        }
        let pdu = decode_mms(&acknowledge("T2")).expect("readable");
        assert_eq!(pdu.message_type, "m-acknowledge-ind");
        assert_eq!(pdu.transaction_id.as_deref(), Some("T2"));
        assert_eq!(pdu.codes["report_allowed"], 129);
    }

    #[test]
    fn their_octets_are_the_standards() {
        assert_eq!(
            *notify_resp("a", MmsStatus::Retrieved),
            *b"\x8c\x83\x98a\0\x8d\x92\x95\x81\x91\x81"
        );
        assert_eq!(*acknowledge("a"), *b"\x8c\x85\x98a\0\x8d\x92\x91\x81");
    }
}
