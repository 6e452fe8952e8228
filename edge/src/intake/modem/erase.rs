//! Overwriting what is removed. `AT+CMGD` only marks a slot free: what a SIM holds beneath stays until another message takes it.
//!
//! Where the modem gives access to the SIM's files (`AT+CRSM`, 3GPP TS 27.007 clause 8.18), the record of EF_SMS (3GPP TS 31.102
//! clause 4.2.25) is read and, if it holds this very message, written over with an empty one before the slot is freed: a slot
//! that is taken gets no new message meanwhile. Modems count slots from 0 or from 1, so both records are looked at.

use zeroize::Zeroizing;

use super::dialogue::{Dialogue, DialogueError, Wire};

/// EF_SMS, 6F3C.
const FILE: u32 = 0x6f3c;
const READ_RECORD: u8 = 178;
const UPDATE_RECORD: u8 = 220;

/// Octets of a record: a status, and a PDU with its service centre.
const RECORD: usize = 176;

/// An SMS-DELIVER from nobody, of no time, without a text: what a modem lists if all ends here.
const EMPTY: &str = "000400810000000000000000000000";

/// Whether a PDU is what was written over another.
pub fn is_empty(pdu: &str) -> bool {
    let rest = pdu.strip_prefix(EMPTY);
    rest.is_some_and(|rest| rest.bytes().all(|digit| digit == b'F'))
}

/// Writes over the message of a slot. Whether the modem lets it, as far as it is known.
pub async fn erase<W: Wire>(
    dialogue: &mut Dialogue<W>,
    slot: u16,
    pdu: &str,
) -> Result<bool, DialogueError> {
    for record in [slot, slot.saturating_add(1)] {
        if !(1..=255).contains(&record) {
            continue;
        }
        let read = format!("AT+CRSM={READ_RECORD},{FILE},{record},4,{RECORD}");
        let lines = match dialogue.ask(&read).await {
            Ok(lines) => lines,
            Err(DialogueError::Refused(_)) => return refused(),
            Err(error) => return Err(error),
        };
        let Some(answer) = answer(&lines) else {
            return refused();
        };
        let Some(status) = status_of(&answer, pdu) else {
            continue;
        };
        let padding = "F".repeat(2 * (RECORD - 1) - EMPTY.len());
        let update = format!(
            "AT+CRSM={UPDATE_RECORD},{FILE},{record},4,{RECORD},\"{status}{EMPTY}{padding}\""
        );
        return match dialogue.ask(&update).await {
            Ok(lines) if is_done(&lines) => Ok(true),
            Ok(_) | Err(DialogueError::Refused(_)) => refused(),
            Err(error) => Err(error),
        };
    }
    // Neither holds it: it lies elsewhere on the SIM, or was written over before.
    Ok(true)
}

fn refused() -> Result<bool, DialogueError> {
    tracing::info!(
        "the modem does not let removed messages be overwritten; the SIM keeps them until others take their place"
    );
    Ok(false)
}

/// The status of a record, if it is taken and holds this PDU.
fn status_of<'a>(record: &'a str, pdu: &str) -> Option<&'a str> {
    let (status, held) = record.split_at_checked(2)?;
    let is_taken = u8::from_str_radix(status, 16).is_ok_and(|status| status & 1 == 1);
    let is_it = is_taken && record.len() == 2 * RECORD && held.starts_with(pdu);
    is_it.then_some(status)
}

/// What was read: `+CRSM: 144,0,"01..."`; empty where the SIM has no such record, `None` where it gives none.
fn answer(lines: &[Zeroizing<String>]) -> Option<Zeroizing<String>> {
    let fields = lines.iter().find_map(|line| line.strip_prefix("+CRSM:"))?;
    let mut fields = fields
        .split(',')
        .map(|field| field.trim().trim_matches('"'));
    let (status, _) = (fields.next()?, fields.next()?);
    match status {
        "144" | "145" => Some(Zeroizing::new(fields.next()?.to_ascii_uppercase())),
        // 6A83, 9402: there are fewer records.
        "106" | "148" => Some(Zeroizing::default()),
        _ => None,
    }
}

fn is_done(lines: &[Zeroizing<String>]) -> bool {
    let fields = lines.iter().find_map(|line| line.strip_prefix("+CRSM:"));
    let status = fields.and_then(|fields| fields.split(',').next());
    matches!(status.map(str::trim), Some("144" | "145"))
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;
    use crate::decode::{SmsPdu, decode_pdu_hex};

    const PDU: &str = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37";

    fn record(status: &str, pdu: &str) -> String {
        format!("\"{status}{pdu:F<width$}\"", width = 2 * RECORD - 2)
    }

    fn says(status: &str, pdu: &str) -> String {
        format!("+CRSM: 144,0,{}\r\nOK\r\n", record(status, pdu))
    }

    #[test]
    fn what_is_written_is_a_message_from_nobody() {
        let Ok(SmsPdu::Deliver(deliver)) = decode_pdu_hex(EMPTY) else {
            panic!("a message")
        };
        assert_eq!(deliver.sender.as_str(), "");
        assert_eq!((deliver.text().as_deref(), deliver.scts), (Some(""), None));
        assert!(is_empty(EMPTY) && is_empty(&format!("{EMPTY}FFFF")));
        assert!(!is_empty(PDU) && !is_empty("") && !is_empty(&format!("{EMPTY}00")));
    }

    #[tokio::test]
    async fn only_this_message_is_written_over_and_its_slot_stays_taken() {
        let written = format!("AT+CRSM=220,28476,4,4,176,{}", record("01", EMPTY));
        let done = "+CRSM: 144,0\r\nOK\r\n".to_owned();
        let refused = "+CRSM: 105,130\r\nOK\r\n".to_owned();
        for (slot, turns, lets) in [
            // Slots from 1, and from 0.
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", says("01", PDU)),
                    (written.as_str(), done.clone()),
                ],
                true,
            ),
            (
                3,
                vec![
                    ("AT+CRSM=178,28476,3,4,176", says("01", "0011")),
                    ("AT+CRSM=178,28476,4,4,176", says("01", PDU)),
                    (written.as_str(), done.clone()),
                ],
                true,
            ),
            // A record that is free may be taken at any moment.
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", says("00", PDU)),
                    (
                        "AT+CRSM=178,28476,5,4,176",
                        "+CRSM: 106,131\r\nOK\r\n".to_owned(),
                    ),
                ],
                true,
            ),
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", "ERROR\r\n".to_owned()),
                    ("AT+CMEE?", "+CMEE: 1\r\nOK\r\n".to_owned()),
                ],
                false,
            ),
            (
                4,
                vec![("AT+CRSM=178,28476,4,4,176", refused.clone())],
                false,
            ),
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", says("01", PDU)),
                    (written.as_str(), refused),
                ],
                false,
            ),
        ] {
            let turns: Vec<_> = turns
                .iter()
                .map(|(heard, says)| (*heard, says.as_str()))
                .collect();
            let erased = run(Script::new(&turns), async |mut dialogue| {
                erase(&mut dialogue, slot, PDU).await
            })
            .await;
            assert_eq!(erased.expect("an answer"), lets);
        }
    }
}
