use super::*;

/// What `bytes` say after a command, whole and an octet at a time.
fn said(command: &str, bytes: &str) -> Vec<Said> {
    let read = |size: usize| {
        let mut demux = Demux::default();
        if !command.is_empty() {
            demux.expect(command, false);
        }
        for piece in bytes.as_bytes().chunks(size) {
            demux.push(piece);
        }
        std::iter::from_fn(|| demux.pop()).collect::<Vec<_>>()
    };
    let whole = read(bytes.len().max(1));
    for size in [1, 2, 3, 7] {
        assert_eq!(read(size), whole);
    }
    whole
}

fn answer(lines: &[&str], end: Result<(), Fault>) -> Said {
    let lines = lines.iter().map(|line| Zeroizing::new((*line).to_owned()));
    Said::Answer(Answer {
        lines: lines.collect(),
        end,
    })
}

fn stored(memory: Option<Memory>) -> Said {
    Said::Notice(Notice::Stored(memory))
}

#[test]
fn an_answer_is_the_same_with_and_without_echo() {
    for echo in ["", "AT+CSQ\r", "AT+CSQ\r\r\n", "at+csq\r\n"] {
        let bytes = format!("{echo}\r\n+CSQ: 17,99\r\n\r\nOK\r\n");
        assert_eq!(
            said("AT+CSQ", &bytes),
            [answer(&["+CSQ: 17,99"], Ok(()))],
            "{echo:?}"
        );
    }
}

#[test]
fn notices_come_at_any_time() {
    let pdu = "07912143658709F1040B918100551512F20000111010214365000AE8329BFD4697D9EC37";
    let bytes = format!(
        "AT+CMGL=4\r\n+CMTI: \"SM\",3\r\n+CMGL: 1,1,,28\r\n+CDSI: \"SR\",1\r\n{pdu}\r\n+CMT: ,28\r\n{pdu}\r\n\
         ^RSSI:17\r\n+CMGL: 2,0,\"Ana, +CMTI\",28\r\n+CMTI: \"ME\",12,1,\"extra\"\r\n+CDS: 28\r\n{pdu}\r\n{pdu}\r\nOK\r\n"
    );
    assert_eq!(
        said("AT+CMGL=4", &bytes),
        [
            stored(Some(Memory::Sim)),
            stored(Some(Memory::Reports)),
            Said::Notice(Notice::Message(Zeroizing::new(pdu.to_owned()))),
            stored(Some(Memory::Modem)),
            Said::Notice(Notice::Report),
            answer(
                &["+CMGL: 1,1,,28", pdu, "+CMGL: 2,0,\"Ana, +CMTI\",28", pdu],
                Ok(())
            ),
        ]
    );
    assert_eq!(said("", "+CMTI: \"XX\",3\r\n+CMTI\r\n+CMTI:\r\n").len(), 2);
    assert_eq!(said("", "RDY\r\n"), [Said::Notice(Notice::Restarted)]);
}

#[test]
fn an_answer_ends_in_every_way() {
    for (line, end) in [
        ("OK", Ok(())),
        ("ERROR", Err(Fault::Plain)),
        ("+CMS ERROR: 321", Err(Fault::Cms(321))),
        ("+CME ERROR: 10", Err(Fault::Cme(10))),
        ("+CME ERROR: SIM not inserted", Err(Fault::Plain)),
        ("+CMS ERROR:321", Err(Fault::Cms(321))),
        ("COMMAND NOT SUPPORT", Err(Fault::Plain)),
    ] {
        let bytes = format!("\r\n{line}\r\n");
        assert_eq!(said("AT+CMGR=1", &bytes), [answer(&[], end)], "{line}");
    }
    // An `OK` after an error is nobody's, and one of nobody is dropped.
    assert_eq!(
        said("AT+CMGD=1", "ERROR\r\nOK\r\n"),
        [answer(&[], Err(Fault::Plain))]
    );
    assert_eq!(said("", "OK\r\nERROR\r\n+CMGL: 1,1,,4\r\n0011\r\n"), []);
}

#[test]
fn an_earlier_commands_end_is_not_taken_where_a_line_is_insisted_on() {
    let mut demux = Demux::default();
    demux.expect("AT+CMEE?", true);
    demux.push(b"OK\r\n+CMEE: 1\r\nOK\r\n");
    assert_eq!(demux.pop(), Some(answer(&["+CMEE: 1"], Ok(()))));
    assert_eq!(demux.pop(), None);
}

#[test]
fn a_prompt_is_one_only_where_it_is_waited_for() {
    assert_eq!(
        said(
            "AT+CMGS=23",
            "AT+CMGS=23\r\r\n> 0011000B91\u{1a}\r\n+CMTI: \"SM\",1\r\n+CMGS: 7\r\n\r\nOK\r\n"
        ),
        [
            Said::Prompt,
            stored(Some(Memory::Sim)),
            answer(&["+CMGS: 7"], Ok(()))
        ]
    );
    assert_eq!(
        said("AT+CMGS=23", "\r\n+CMS ERROR: 331\r\n"),
        [answer(&[], Err(Fault::Cms(331)))]
    );
    assert_eq!(said("AT+CSQ", "> \r\nOK\r\n"), [answer(&[], Ok(()))]);
}

#[test]
fn what_a_modem_is_called_has_no_name_in_front_or_has() {
    assert_eq!(
        said("AT+CGMM", "AT+CGMM\r\r\nEC25\r\n^HCSQ: 1\r\n\r\nOK\r\n"),
        [answer(&["EC25"], Ok(()))]
    );
    assert_eq!(
        said("AT+CGMM", "+CGMM: A7670E\r\nOK\r\n"),
        [answer(&["+CGMM: A7670E"], Ok(()))]
    );
}

#[test]
fn noise_takes_no_room() {
    let mut demux = Demux::default();
    demux.expect("AT+CMGL=4", false);
    demux.push(&vec![b'A'; 1 << 20]);
    demux.push(b"\r\n");
    for _ in 0..100_000 {
        demux.push(b"+CMGL: 1,1,,4\r\n001122\r\n+CMTI: \"SM\",1\r\n");
    }
    assert!(demux.said.len() <= MAX_SAID);
    let kept = demux.pending.as_ref().map_or(0, |pending| pending.octets);
    assert!(demux.line.capacity() <= 2 * MAX_LINE && kept <= MAX_ANSWER);
    // Half a line and no end is nothing.
    assert_eq!(said("AT+CMGL=4", "+CMGL: 1,1,,28\r\n079121"), []);
}

#[test]
fn any_order_of_anything_is_read_the_same_in_any_pieces() {
    let words = [
        "\r\n",
        "OK",
        "ERROR",
        "+CMGL: 1,1,,28",
        "+CMGL:",
        "07912143658709F1",
        "+CMTI: \"SM\",1",
        "+CMT: ,28",
        "+CDS: 28",
        "AT+CMGL=4",
        "> ",
        "\u{1a}",
        "\0",
        "é",
        "+CMS ERROR: 321",
        "^RSSI:1",
        "RDY",
        ",\"",
        "A",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    for round in 0..2000 {
        let count = 1 + random(24);
        let mut bytes = String::new();
        for _ in 0..count {
            bytes.push_str(words[random(words.len())]);
            if random(2) == 0 {
                bytes.push_str("\r\n");
            }
        }
        let command = ["", "AT+CMGL=4", "AT+CMGS=4", "AT+CGMM"][round % 4];
        said(command, &bytes);
    }
}

#[test]
fn nothing_prints() {
    let said = said("", "+CMT: ,28\r\n07912143658709F1\r\n");
    assert!(!format!("{said:?}").contains("0791"), "{said:?}");
    let answer = answer(&["+CMGL: 1,1,\"Ana\",28"], Ok(()));
    assert!(!format!("{answer:?}").contains("Ana"), "{answer:?}");
}
