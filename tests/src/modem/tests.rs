use super::*;
use crate::sms;

/// What the modem says to what is written, without the bare carriage returns.
fn say(modem: &mut Modem, written: &str) -> String {
    modem.receive(written.as_bytes());
    modem.said().replace('\r', "")
}

fn modem() -> Modem {
    let mut modem = Modem::new(Options::default());
    assert_eq!(say(&mut modem, "ATE0\r"), "ATE0\nOK\n");
    modem
}

fn text(n: usize) -> String {
    sms::deliver("+12135550100", &format!("police {n}"))[0].clone()
}

#[test]
fn a_whole_conversation() {
    let mut modem = modem();
    modem.deliver(&text(1)).unwrap();
    assert_eq!(modem.said(), "\r\n+CMTI: \"SM\",0\r\n");
    let length = text(1).len() / 2 - 8;
    assert_eq!(
        say(&mut modem, "AT+CMGL=4\r"),
        format!("\n+CMGL: 0,0,,{length}\n{}\n\nOK\n", text(1))
    );
    assert!(say(&mut modem, "AT+CMGR=0\r").starts_with("\n+CMGR: 1,,"));
    assert_eq!(say(&mut modem, "AT+CMGD=0\r"), "\nOK\n");
    assert_eq!(say(&mut modem, "AT+CMGL=4\r"), "\nOK\n");
    assert_eq!(say(&mut modem, "AT+CMGR=0\r"), "\nOK\n");
    assert_eq!(say(&mut modem, "AT+CMGR=20\r"), "\n+CMS ERROR: 321\n");
    assert_eq!(
        say(&mut modem, "AT+CPMS=\"SR\",\"ME\"\r"),
        "\n+CPMS: 0,20,0,20,0,20\n\nOK\n"
    );
    assert_eq!(say(&mut modem, "AT+NOTHING\r"), "\nERROR\n");
    assert_eq!(say(&mut modem, "noise AT\r\n"), "\nOK\n");
    assert_eq!(say(&mut modem, "hello\r\n"), "");
}

#[test]
fn a_message_is_sent_and_its_report_comes() {
    let mut modem = modem();
    say(&mut modem, "AT+CNMI=2,1,0,2,0\r");
    assert_eq!(say(&mut modem, "AT+CMGS=23\r"), "\n> ");
    modem.deliver(&text(1)).unwrap();
    assert_eq!(modem.said(), "", "a prompt is not interrupted");
    let answer = say(
        &mut modem,
        "0031000B916407281553F80000AA0AE8329BFD4697D9EC37\x1a",
    );
    assert_eq!(
        answer,
        "\n+CMGS: 1\n\nOK\n\n+CMTI: \"SM\",0\n\n+CDSI: \"SR\",0\n"
    );
    assert_eq!(modem.sent()[0].number, "+46708251358");
    assert_eq!(modem.sent()[0].text, "hellohello");
    assert_eq!(modem.stored("SR").len(), 1);

    say(&mut modem, "AT+CMGS=23\r");
    assert_eq!(say(&mut modem, "0031\x1b"), "\nOK\n");
    say(&mut modem, "AT+CMGS=22\r");
    assert_eq!(
        say(
            &mut modem,
            "0031000B916407281553F80000AA0AE8329BFD4697D9EC37\x1a"
        ),
        "\n+CMS ERROR: 304\n"
    );
    assert_eq!(modem.sent().len(), 1);

    say(&mut modem, "AT+CMGF=1\r");
    assert_eq!(say(&mut modem, "AT+CMGW=\"+12135550100\"\r"), "\n> ");
    assert_eq!(say(&mut modem, "police gone\x1a"), "\n+CMGW: 1\n\nOK\n");
    assert_eq!(say(&mut modem, "AT+CMSS=1\r"), "\n+CMSS: 2\n\nOK\n");
    assert_eq!(modem.sent()[1].text, "police gone");
}

#[test]
fn text_mode_lists_by_character_set() {
    let mut modem = modem();
    modem
        .deliver(&sms::deliver("+12135550100", "policía")[0])
        .unwrap();
    modem.said();
    say(&mut modem, "AT+CMGF=1;+CSCS=\"UCS2\"\r");
    let list = say(&mut modem, "AT+CMGL=\"ALL\"\r");
    assert!(
        list.contains("+CMGL: 0,\"REC UNREAD\",\"002B0031"),
        "{list}"
    );
    assert!(list.contains("\n0070006F006C0069006300ED0061\n"), "{list}");
    say(&mut modem, "AT+CSCS=\"IRA\"\r");
    let list = say(&mut modem, "AT+CMGL=\"REC READ\"\r");
    assert!(list.contains("\"+12135550100\",,\""), "{list}");
}

#[test]
fn a_full_sim_leaves_messages_in_the_network() {
    let mut modem = modem();
    assert_eq!(modem.fill("SM"), 20);
    for n in 0..3 {
        modem.deliver(&text(n)).unwrap();
    }
    assert_eq!((modem.said().as_str(), modem.waiting()), ("", 3));
    assert_eq!(say(&mut modem, "AT+CMGD=7\r"), "\nOK\n\n+CMTI: \"SM\",7\n");
    assert_eq!(modem.waiting(), 2);
    assert_eq!(
        say(&mut modem, "AT+CMGD=1,4\r"),
        "\nOK\n\n+CMTI: \"SM\",0\n\n+CMTI: \"SM\",1\n"
    );
    assert_eq!((modem.waiting(), modem.stored("SM").len()), (0, 2));
}

#[test]
fn what_is_not_acknowledged_comes_again() {
    let mut modem = modem();
    say(&mut modem, "AT+CSMS=1;+CNMI=2,2\r");
    modem.deliver(&text(1)).unwrap();
    modem.deliver(&text(2)).unwrap();
    assert!(modem.said().starts_with("\r\n+CMT: ,"));
    assert_eq!(modem.waiting(), 2);
    assert!(say(&mut modem, "AT+CNMA\r").starts_with("\nOK\n\n+CMT: ,"));
    modem.closed();
    assert_eq!(modem.waiting(), 1);
}

#[test]
fn the_pin_is_asked_for_and_three_wrong_ones_lock_it() {
    let pin = Some("1234".to_owned());
    let mut modem = Modem::new(Options {
        pin,
        ..Options::default()
    });
    say(&mut modem, "ATE0;+CMEE=1\r");
    modem.deliver(&text(1)).unwrap();
    assert_eq!(say(&mut modem, "AT+CPIN?\r"), "\n+CPIN: SIM PIN\n\nOK\n");
    assert_eq!(say(&mut modem, "AT+CMGL=4\r"), "\n+CMS ERROR: 311\n");
    assert_eq!(say(&mut modem, "AT+CPIN=\"0000\"\r"), "\n+CME ERROR: 16\n");
    assert_eq!(
        say(&mut modem, "AT+CPIN=\"1234\"\r"),
        "\nOK\n\n+CMTI: \"SM\",0\n",
        "what waited is delivered"
    );
    modem.power_cycle();
    modem.said();
    say(&mut modem, "ATE0\r");
    for _ in 0..3 {
        say(&mut modem, "AT+CPIN=0000\r");
    }
    assert_eq!(say(&mut modem, "AT+CPIN?\r"), "\n+CPIN: SIM PUK\n\nOK\n");
    assert_eq!(say(&mut modem, "AT+CPIN=\"12345678\",\"4321\"\r"), "\nOK\n");
    assert_eq!(
        say(&mut modem, "AT+CREG?;+CSQ\r"),
        "\n+CREG: 0,1\n+CSQ: 17,99\n\nOK\n"
    );
}

#[test]
fn every_vendor_answers_the_first_questions() {
    for (name, vendor) in Vendor::ALL {
        let mut modem = Modem::new(Options {
            vendor,
            ..Options::default()
        });
        assert_eq!(vendor.name(), name);
        for command in [
            "ATE0",
            "ATI",
            "AT+CGMI;+CGMM;+CGMR;+CGSN;+CIMI;+CCID",
            "AT+CPMS?",
            "AT+CNMI?",
            "AT+COPS?",
        ] {
            let answer = say(&mut modem, &format!("{command}\r"));
            assert!(answer.ends_with("\nOK\n"), "{name}: {command}: {answer}");
        }
    }
}

#[test]
fn a_hang_ends_when_the_port_is_opened_anew() {
    let mut modem = modem();
    modem.deliver(&text(1)).unwrap();
    modem.said();
    modem.fault("hang-in-list 20".parse().unwrap());
    assert_eq!(say(&mut modem, "AT+CMGL=4\r").len(), 20 - 2);
    assert_eq!(say(&mut modem, "AT\r"), "");
    modem.closed();
    modem.opened();
    assert_eq!(say(&mut modem, "AT\r"), "\nOK\n");
}

#[test]
fn silence_ends_by_its_cure_and_what_is_stronger() {
    for cure in [Cure::Open, Cure::Reset, Cure::Restart, Cure::Power] {
        for by in [Cure::Open, Cure::Reset, Cure::Restart, Cure::Power] {
            let mut modem = modem();
            modem.fault(Fault::Silence(cure));
            assert_eq!(say(&mut modem, "AT\r"), "");
            match by {
                Cure::Open => modem.opened(),
                Cure::Reset => modem.receive(b"ATZ\r"),
                Cure::Restart => modem.receive(b"AT+CFUN=1,1\r"),
                Cure::Power => modem.power_cycle(),
            }
            modem.said();
            assert_eq!(!modem.is_silent(), by >= cure, "{cure:?} by {by:?}");
            assert_eq!(say(&mut modem, "AT\r").ends_with("OK\n"), by >= cure);
        }
    }
}

#[test]
fn what_was_deleted_lies_on_the_sim_until_it_is_written_over() {
    let mut modem = modem();
    modem.deliver(&text(1)).unwrap();
    modem.said();
    let read = "AT+CRSM=178,28476,1,4,176\r";
    let pdu = text(1);
    assert!(say(&mut modem, read).starts_with(&format!("\n+CRSM: 144,0,\"03{pdu}FF")));
    say(&mut modem, "AT+CMGD=0\r");
    assert!(say(&mut modem, read).starts_with(&format!("\n+CRSM: 144,0,\"00{pdu}FF")));
    let nothing = format!("00{}", "FF".repeat(memory::RECORD - 1));
    let written = say(
        &mut modem,
        &format!("AT+CRSM=220,28476,1,4,176,\"{nothing}\"\r"),
    );
    assert_eq!(written, "\n+CRSM: 144,0,\"\"\n\nOK\n");
    assert_eq!(pdu::hex(&modem.record(1).unwrap()), nothing);
    assert_eq!(modem.record(21), None);
    let beyond = say(&mut modem, "AT+CRSM=178,28476,21,4,176\r");
    assert_eq!(beyond, "\n+CRSM: 106,131,\"\"\n\nOK\n");
    modem.fault(Fault::NoSimFiles);
    assert_eq!(say(&mut modem, read), "\nERROR\n");
}

#[test]
fn notifications_come_as_the_faults_want() {
    let mut modem = modem();
    modem.fault(Fault::UrcMemory("MT".to_owned()));
    modem.fault(Fault::ExtraFields);
    modem.deliver_together(&[text(1), text(2)]).unwrap();
    let output = modem.output();
    let together = b"\r\n+CMTI: \"MT\",0,1,\"SMS\"\r\n\r\n+CMTI: \"MT\",1,1,\"SMS\"\r\n";
    assert_eq!(output, [Output::Bytes(together.to_vec())]);

    modem.mend();
    modem.fault(Fault::UrcInAnswer);
    modem.deliver(&text(3)).unwrap();
    assert_eq!(modem.said(), "");
    modem.receive(b"AT+CMGR=0\r");
    let output = modem.output();
    assert_eq!(output.len(), 2);
    let Output::Bytes(first) = &output[0] else {
        panic!("bytes")
    };
    let first = String::from_utf8_lossy(first);
    assert!(
        first.starts_with("\r\n+CMGR: 0,,") && first.ends_with("\r\n+CMTI:"),
        "{first}"
    );
    modem.fault(Fault::Split(3));
    modem.receive(b"AT\r");
    assert_eq!(modem.output().len(), 2);
}

#[test]
fn answers_are_harmed_once() {
    let mut modem = modem();
    modem.deliver(&text(1)).unwrap();
    modem.said();
    modem.fault(Fault::ErrorThenOk);
    assert_eq!(say(&mut modem, "AT\r"), "\nERROR\n\nOK\n");
    modem.fault(Fault::RefuseDelete);
    assert_eq!(say(&mut modem, "AT+CMGD=0\r"), "\n+CMS ERROR: 302\n");
    modem.fault(Fault::LoseDelete);
    assert_eq!(say(&mut modem, "AT+CMGD=0\r"), "\nOK\n");
    assert_eq!(modem.stored("SM").len(), 1);
    modem.fault(Fault::HalfPdu);
    modem.receive(b"AT+CMGL=4\r");
    let output = modem.output();
    assert_eq!(output.last(), Some(&Output::HangUp));
    assert_eq!(say(&mut modem, "AT+CMGD=0\r"), "\nOK\n");
    modem.fault(Fault::EmptySlotError);
    assert_eq!(say(&mut modem, "AT+CMGD=0\r"), "\n+CMS ERROR: 321\n");
    assert_eq!(say(&mut modem, "AT+CMGR=0\r"), "\n+CMS ERROR: 321\n");
}

#[test]
fn sending_fails_as_the_faults_want() {
    let submit = "0001000B916407281553F800000AE8329BFD4697D9EC37\x1a";
    let mut modem = modem();
    for (fault, answer) in [
        (Fault::SendFails(500), "\n+CMS ERROR: 500\n"),
        (Fault::NotRegistered, "\n+CMS ERROR: 331\n"),
    ] {
        modem.fault(fault);
        say(&mut modem, "AT+CMGS=22\r");
        assert_eq!(say(&mut modem, submit), answer);
        modem.mend();
    }
    modem.fault(Fault::NoPrompt);
    assert_eq!(say(&mut modem, "AT+CMGS=22\r"), "");
    modem.closed();
    assert_eq!(say(&mut modem, "AT\r"), "\nOK\n", "DTR ends a prompt");
    modem.mend();
    modem.fault(Fault::PromptStays);
    say(&mut modem, "AT+CMGS=22\r");
    modem.closed();
    assert_eq!(say(&mut modem, "AT\r"), "");
    assert_eq!(say(&mut modem, "\x1bAT\r"), "\nOK\n\nOK\n");
    assert_eq!(modem.sent(), []);
}

#[test]
fn the_clock_the_echo_and_the_sim_go_wrong() {
    let mut modem = modem();
    say(&mut modem, "AT+CMEE=2\r");
    modem.fault(Fault::Clock1970);
    assert!(say(&mut modem, "AT+CCLK?\r").starts_with("\n+CCLK: \"70/01/01,00:00:00+00\""));
    modem.fault(Fault::NoSim);
    assert_eq!(
        say(&mut modem, "AT+CPIN?\r"),
        "\n+CME ERROR: SIM not inserted\n"
    );
    modem.fault(Fault::EchoAlways);
    assert_eq!(say(&mut modem, "ATE0\r"), "ATE0\nOK\n");
    modem.mend();
    modem.fault(Fault::Puk);
    assert_eq!(say(&mut modem, "AT+CPIN?\r"), "\n+CPIN: SIM PUK\n\nOK\n");
}
