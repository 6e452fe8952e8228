//! Overwriting what was removed. `AT+CMGD` only marks a slot free: what a SIM holds beneath stays until another message takes it.
//!
//! Where the modem gives access to the SIM's files (`AT+CRSM`, 3GPP TS 27.007 clause 8.18), the record of EF_SMS (3GPP TS 31.102
//! clause 4.2.25) is read, and written over if it is free and holds this very message. Modems count slots from 0 or from 1, so
//! both records are looked at.

use zeroize::Zeroizing;

use super::dialogue::{Dialogue, DialogueError, Wire};

/// EF_SMS, 6F3C.
const FILE: u32 = 0x6f3c;
const READ_RECORD: u8 = 178;
const UPDATE_RECORD: u8 = 220;

/// Octets of a record: a status, and a PDU with its service centre.
const RECORD: usize = 176;

/// Writes over a message that was removed from a slot. Whether the modem lets it, as far as it is known.
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
        if answer.len() == 2 * RECORD && is_removed(&answer, pdu) {
            let update = format!(
                "AT+CRSM={UPDATE_RECORD},{FILE},{record},4,{RECORD},\"00{}\"",
                "FF".repeat(RECORD - 1)
            );
            return match dialogue.ask(&update).await {
                Ok(lines) if answer_is_good(&lines) => Ok(true),
                Ok(_) | Err(DialogueError::Refused(_)) => refused(),
                Err(error) => Err(error),
            };
        }
    }
    // Neither holds it: it was overwritten already.
    Ok(true)
}

fn refused() -> Result<bool, DialogueError> {
    tracing::info!(
        "the modem does not let removed messages be overwritten; the SIM keeps them until others take their place"
    );
    Ok(false)
}

/// Whether a record is free and holds this PDU.
fn is_removed(record: &str, pdu: &str) -> bool {
    record.starts_with("00") && record[2..].starts_with(pdu)
}

/// What was read: `+CRSM: 144,0,"00..."`; empty where the SIM has no such record, `None` where it gives none.
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

fn answer_is_good(lines: &[Zeroizing<String>]) -> bool {
    let fields = lines.iter().find_map(|line| line.strip_prefix("+CRSM:"));
    fields.is_some_and(|fields| {
        ["144", "145"].contains(&fields.split(',').next().unwrap_or_default().trim())
    })
}

#[cfg(test)]
mod tests {
    use super::super::script::{Script, run};
    use super::*;

    const PDU: &str = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37";

    fn record(status: &str, pdu: &str) -> String {
        format!(
            "+CRSM: 144,0,\"{status}{pdu:F<width$}\"\r\nOK\r\n",
            width = 2 * RECORD - 2
        )
    }

    #[tokio::test]
    async fn only_the_message_that_was_removed_is_written_over() {
        let written = format!(
            "AT+CRSM=220,28476,4,4,176,\"00{}\"",
            "FF".repeat(RECORD - 1)
        );
        for (slot, turns, lets) in [
            // Slots from 1, and from 0.
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", record("00", PDU)),
                    (written.as_str(), "+CRSM: 144,0\r\nOK\r\n".to_owned()),
                ],
                true,
            ),
            (
                3,
                vec![
                    ("AT+CRSM=178,28476,3,4,176", record("01", "0011")),
                    ("AT+CRSM=178,28476,4,4,176", record("00", PDU)),
                    (written.as_str(), "+CRSM: 144,0\r\nOK\r\n".to_owned()),
                ],
                true,
            ),
            // Taken again meanwhile, by the same sender even.
            (
                4,
                vec![
                    ("AT+CRSM=178,28476,4,4,176", record("01", PDU)),
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
                vec![(
                    "AT+CRSM=178,28476,4,4,176",
                    "+CRSM: 105,130\r\nOK\r\n".to_owned(),
                )],
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
