//! What is encoded is decoded again; and reassembly, on messages made for it.

use jiff::Timestamp;

use super::{encode::*, *};

const SMSC: &str = "+12065550100";

fn scts() -> Scts {
    match decode_pdu_hex(
        "07912160130350F5400B914151550521F300006230415190628A1103250107E8718D52E61754307E8D51",
    ) {
        Ok(SmsPdu::Deliver(Deliver {
            scts: Some(scts), ..
        })) => scts,
        other => panic!("{other:?}"),
    }
}

fn parts(sender: &str, text: &str, reference: u16) -> Vec<Deliver> {
    let pdus = deliver_pdus(SMSC, sender, text, scts(), reference).expect("a text that fits");
    let decode = |pdu: &String| match decode_pdu_hex(pdu) {
        Ok(SmsPdu::Deliver(deliver)) => deliver,
        other => panic!("{other:?}"),
    };
    pdus.iter().map(decode).collect()
}

/// Pushes parts with their place as token; what the last push gave.
fn push_all(
    reassembly: &mut Reassembly<usize>,
    parts: impl IntoIterator<Item = Deliver>,
) -> Pushed<usize> {
    let mut last = Pushed::Held;
    for (token, part) in parts.into_iter().enumerate() {
        last = reassembly.push(part, token);
    }
    last
}

fn whole(pushed: Pushed<usize>) -> Whole<usize> {
    match pushed {
        Pushed::Whole(whole) => whole,
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_text_of_any_length_comes_back() {
    let alphabets = [
        "abc 5th & Main.\n",
        "a{€}~",
        "@Δß ",
        "Policía ",
        "🚓🚨x",
        "警察a🚓",
    ];
    for alphabet in alphabets {
        for length in (0..400).chain([1000, 4000]) {
            let text: String = alphabet.chars().cycle().take(length).collect();
            let mut parts = parts("+14155550123", &text, length as u16);
            let single = match gsm7_septets(&text) {
                Some(septets) => septets <= 160,
                None => text.encode_utf16().count() <= 70,
            };
            assert_eq!(parts.len() == 1, single, "{alphabet} {length}");
            for part in &parts {
                assert_eq!(
                    (
                        part.smsc.as_ref().map(Address::as_str),
                        part.sender.as_str()
                    ),
                    (Some(SMSC), "+14155550123")
                );
                assert_eq!(part.scts, Some(scts()));
            }
            parts.reverse();
            let whole = whole(push_all(&mut Reassembly::new(), parts));
            assert_eq!(whole.message.text(), Some(text), "{alphabet} {length}");
        }
    }
}

#[test]
fn numbers_and_names_come_back() {
    for sender in [
        "+14155550123",
        "5551234",
        "12220",
        "www.tim.it",
        "Megafon",
        "InternetSMS",
        "*100#",
    ] {
        assert_eq!(parts(sender, "hi", 1)[0].sender.as_str(), sender);
    }
    assert!(parts("Megafon", "hi", 1)[0].sender.is_alphanumeric());
    assert_eq!(
        deliver_pdus(SMSC, "a name too long", "hi", scts(), 1),
        Err(EncodeError::Address)
    );
    assert_eq!(
        deliver_pdus(SMSC, "+14155550123", &"x".repeat(40_000), scts(), 1),
        Err(EncodeError::TooLong)
    );
}

#[test]
fn a_surrogate_pair_cut_between_two_parts_joins() {
    let mut parts = parts("+14155550123", &"🚓".repeat(40), 9);
    // Move half a pair over the seam.
    let (Body::Text(first), Body::Text(second)) = (&parts[0].body, &parts[1].body) else {
        panic!("texts")
    };
    let mut units: Vec<u16> = first
        .read()
        .encode_utf16()
        .chain(second.read().encode_utf16())
        .collect();
    let rest = units.split_off(33);
    let text = |units: &[u16]| {
        Body::Text(Text::of_ucs2(
            &units
                .iter()
                .flat_map(|unit| unit.to_be_bytes())
                .collect::<Vec<_>>(),
        ))
    };
    (parts[0].body, parts[1].body) = (text(&units), text(&rest));
    assert!(
        parts[0]
            .text()
            .is_some_and(|text| text.ends_with('\u{fffd}'))
    );
    assert_eq!(
        whole(push_all(&mut Reassembly::new(), parts))
            .message
            .text(),
        Some("🚓".repeat(40))
    );
}

#[test]
fn an_escape_cut_from_its_septet_joins() {
    let mut parts = parts("+14155550123", &"x".repeat(200), 9);
    parts[0].body = Body::Text(Text::of_septets(vec![0x1b], 0, 0));
    parts[1].body = Body::Text(Text::of_septets(vec![0x65], 0, 0));
    assert_eq!(
        whole(push_all(&mut Reassembly::new(), parts))
            .message
            .text()
            .as_deref(),
        Some("€")
    );
}

#[test]
fn repeated_parts_hand_their_tokens_back_with_the_whole() {
    let [first, second] = &parts("+14155550123", &"x".repeat(200), 1)[..] else {
        panic!("two parts")
    };
    let again = [first, first, first, second].map(Clone::clone);
    assert_eq!(
        whole(push_all(&mut Reassembly::new(), again)).tokens,
        [0, 1, 2, 3]
    );
}

#[test]
fn references_of_other_senders_and_other_widths_are_other_messages() {
    let mut reassembly = Reassembly::new();
    let ours = parts("+14155550123", &"a".repeat(200), 7);
    let theirs = parts("+14155550124", &"b".repeat(200), 7);
    let mut wide = parts("+14155550123", &"c".repeat(200), 7);
    for part in &mut wide {
        part.concat = part.concat.map(|concat| ConcatRef {
            ref_bits: 16,
            ..concat
        });
    }
    for part in [&ours[0], &theirs[1], &wide[0]] {
        assert!(matches!(reassembly.push(part.clone(), 0), Pushed::Held));
    }
    assert_eq!(reassembly.incomplete(), 3);
    for (part, letter) in [(&wide[1], "c"), (&ours[1], "a"), (&theirs[0], "b")] {
        let text = whole(reassembly.push(part.clone(), 1)).message.text();
        assert_eq!(text, Some(letter.repeat(200)));
    }
    assert_eq!(reassembly.incomplete(), 0);
}

#[test]
fn a_reference_that_comes_round_again_begins_a_new_message() {
    let mut reassembly = Reassembly::new();
    let lost = parts("+14155550123", &"a".repeat(200), 7);
    let next = parts("+14155550123", &"b".repeat(200), 7);
    assert!(matches!(reassembly.push(lost[0].clone(), 0), Pushed::Held));
    assert!(matches!(reassembly.push(next[0].clone(), 1), Pushed::Held));
    let whole = whole(reassembly.push(next[1].clone(), 2));
    assert_eq!(
        (whole.message.text(), whole.tokens),
        (Some("b".repeat(200)), vec![1, 2])
    );
    let now = scts().timestamp();
    let long_ago = |_: &usize| Timestamp::UNIX_EPOCH;
    assert!(reassembly.give_up(now, long_ago).is_empty());
    let later = now + jiff::SignedDuration::from_secs(1);
    let given_up = reassembly.give_up(later, long_ago);
    assert_eq!(given_up[0].tokens, [0]);
    assert_eq!(given_up[0].message.text(), Some("a".repeat(153)));
}

#[test]
fn a_part_that_does_not_say_when_it_was_sent_waits_from_its_arrival() {
    let mut reassembly = Reassembly::new();
    let mut part = parts("+14155550123", &"a".repeat(200), 7).remove(0);
    part.scts = None;
    assert!(matches!(reassembly.push(part, 0), Pushed::Held));
    let now = scts().timestamp();
    let arrived = |_: &usize| now;
    assert!(reassembly.give_up(now, arrived).is_empty());
    let later = now + jiff::SignedDuration::from_secs(1);
    assert_eq!(reassembly.give_up(later, arrived).len(), 1);
}

#[test]
fn all_255_parts_join() {
    let text = "police ".repeat(152 * 255 / 7);
    let mut parts = parts("+14155550123", &text, 300);
    assert_eq!(parts.len(), 255);
    parts.rotate_left(100);
    parts.swap(3, 200);
    assert_eq!(
        whole(push_all(&mut Reassembly::new(), parts))
            .message
            .text(),
        Some(text)
    );
}

#[test]
fn a_full_memory_hands_parts_back_and_still_completes_what_it_holds() {
    let mut reassembly = Reassembly::new();
    let flood = |sender: &str, reference| parts(sender, &"x".repeat(200), reference);
    let held = (0..100).filter(|reference| {
        matches!(
            reassembly.push(flood("+14155550199", *reference)[0].clone(), 0),
            Pushed::Held
        )
    });
    assert_eq!(held.count(), 16);
    for number in 0..300 {
        reassembly.push(flood(&format!("+1415555{number:04}"), 1)[0].clone(), 0);
    }
    assert_eq!(reassembly.incomplete(), 256);
    assert!(matches!(
        reassembly.push(flood("+14155559999", 1)[0].clone(), 5),
        Pushed::Full(5)
    ));
    let repeated = flood("+14155550001", 1);
    let full =
        (0..5000).filter(|_| matches!(reassembly.push(repeated[0].clone(), 0), Pushed::Full(_)));
    assert!(full.count() > 0);
    whole(reassembly.push(repeated[1].clone(), 1));
}

#[test]
fn a_multimedia_message_comes_back() {
    let photo: Vec<u8> = [&[0xff, 0xd8, 0xff][..], &[7; 70_000]].concat();
    let images: &[(&str, &[u8])] = &[
        ("image/jpeg", &photo),
        ("image/x-own", b"?"),
        ("application/octet-stream", &photo),
    ];
    let date = Timestamp::from_second(1_773_000_000).expect("a date");
    let from = "+14155550123";
    for (subject, text, expected) in [
        (
            Some("Policía"),
            Some("5th & Main 🚓"),
            "Policía\n5th & Main 🚓",
        ),
        (Some("🚓 here"), None, "🚓 here"),
        (None, Some("at San Pedro"), "at San Pedro"),
        (Some("at San"), Some("at San Pedro"), "at San Pedro"),
        (None, None, ""),
    ] {
        let bytes = retrieve_conf(RetrieveConf {
            transaction_id: "t1",
            from,
            date,
            subject,
            text,
            images,
        });
        let pdu = decode_mms(&bytes).expect("a message");
        assert_eq!(
            (pdu.message_type, pdu.sender(), pdu.date),
            ("m-retrieve-conf", Some(from), Some(1_773_000_000))
        );
        assert_eq!(pdu.message_text(), expected);
        let types: Vec<_> = pdu
            .images()
            .iter()
            .map(|image| (image.content_type.to_string(), image.bytes.len()))
            .collect();
        assert_eq!(
            types,
            [
                ("image/jpeg".to_owned(), 70_003),
                ("image/x-own".to_owned(), 1),
                ("image/jpeg".to_owned(), 70_003)
            ]
        );
        assert_eq!(pdu.retrieve_failure(), None);
        assert!(!format!("{pdu:?} {:?} {:?}", pdu.images(), pdu.from).contains("415"));
    }
}

#[test]
fn lengths_beyond_the_message_cost_nothing_and_are_named() {
    let check = |bytes: &[u8], reason: &str| {
        assert_eq!(decode_mms(bytes).expect_err("refused").to_string(), reason)
    };
    let head = [0x8c, 0x84, 0x98, b't', 0, 0x8d, 0x92];
    let with = |tail: &[u8]| [&head[..], tail].concat();
    // A subject, a list of parts, headers and data of 4 GB.
    check(
        &with(&[0x96, 31, 0x8f, 0xff, 0xff, 0xff, 0x7f, b'x']),
        "cut short in the Subject",
    );
    check(
        &with(&[0x84, 0xa3, 0x8f, 0xff, 0xff, 0xff, 0x7f]),
        "malformed count of parts",
    );
    check(
        &with(&[0x84, 0xa3, 1, 0x8f, 0xff, 0xff, 0xff, 0x7f, 1, 0x9e, 0]),
        "cut short in the headers of a part",
    );
    check(
        &with(&[0x84, 0xa3, 1, 1, 0x8f, 0xff, 0xff, 0xff, 0x7f, 0x9e, 0]),
        "cut short in the data of a part",
    );
    check(
        &with(&[0x84, 0xa3, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x9e, 0]),
        "malformed length of a part",
    );
    check(&with(&[0x85, 5, 1, 2]), "cut short in the Date");
    check(
        &with(&[0x85, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        "malformed Date",
    );
    check(&head, "cut short in the headers");
    check(b"<html>no such message</html>", "no message type");
    check(b"", "no message type");
}

#[test]
fn a_server_that_gives_no_message_says_why() {
    for (status, expected) in [
        (128, None),
        (192, Some(true)),
        (195, Some(true)),
        (224, Some(false)),
        (227, Some(false)),
    ] {
        let bytes = [
            0x8c, 0x84, 0x98, b't', 0, 0x8d, 0x92, 0x99, status, 0x9a, b'n', b'o', 0,
        ];
        let pdu = decode_mms(&bytes).expect("an answer");
        assert_eq!(
            pdu.retrieve_failure(),
            expected.map(|transient| RetrieveFailure { status, transient })
        );
        assert_eq!(pdu.retrieve_text.as_deref(), Some("no"));
        assert!(pdu.parts.is_empty());
    }
}

#[test]
fn subjects_of_every_charset_are_read() {
    let check = |value: &[u8], expected: &str| {
        let bytes = [&[0x8c, 0x82, 0x98, b't', 0, 0x8d, 0x92, 0x96][..], value].concat();
        assert_eq!(
            decode_mms(&bytes).expect("headers").subject.as_deref(),
            Some(expected)
        );
    };
    check(b"plain\0", "plain");
    check(&[5, 0xea, 0x7f, 0xc3, 0xad, 0], "í");
    check(&[4, 0x84, b'x', 0xed, 0], "xí");
    // Cut inside a character.
    check(&[4, 0xea, b'x', 0xc3, 0], "x\u{fffd}");
    // A charset in two octets: windows-1252 is 2252; UTF-16 is 1015, little-endian by its mark, with a NUL unit at the end.
    check(&[5, 2, 0x08, 0xcc, 0x80, 0], "€");
    check(
        &[11, 2, 0x03, 0xf7, 0xff, 0xfe, b'O', 0, b'K', 0, 0, 0],
        "\u{feff}OK",
    );
    check(&[7, 2, 0x03, 0xf5, 0, b'O', 0, b'K'], "OK");
}

#[test]
fn what_is_sent_is_what_a_modem_takes() {
    let [one] = &submit_pdus("+12135550100", "hellohello", 7).expect("encoded")[..] else {
        panic!("one part")
    };
    assert_eq!(one.pdu, "0011000B912131550501F000000B0AE8329BFD4697D9EC37");
    assert_eq!(one.octets, one.pdu.len() / 2 - 1);
    let parts = submit_pdus("2135550100", &"police ".repeat(40), 7).expect("encoded");
    assert_eq!(parts.len(), 2);
    assert!(parts[0].pdu.starts_with("0051000A8112535510000000"));
    assert!(parts[1].pdu.contains("050003070202"));
    assert!(parts.iter().all(|part| part.octets <= 13 + 140));
    let other = submit_pdus("+12135550100", "Policía", 7).expect("encoded");
    assert_eq!(&other[0].pdu[24..26], "08");
    assert!(submit_pdus("+1/2", "x", 7).is_err());
}

#[test]
fn what_waits_too_long_or_takes_the_room_is_given_up_in_part() {
    let (ada, bob) = ("+12135550101", "+12135550102");
    let long = "police ".repeat(60);
    let mut reassembly = Reassembly::new();
    for (token, sender) in [(1, ada), (2, bob), (3, ada)] {
        let part = parts(sender, &long, token).remove(0);
        assert!(matches!(reassembly.push(part, token), Pushed::Held));
    }
    let oldest = reassembly.give_up_oldest(|token| *token > 1);
    let oldest = oldest.expect("one that may go");
    assert!(oldest.is_partial());
    assert_eq!(oldest.tokens, [2]);
    assert!(reassembly.give_up_oldest(|token| *token == 2).is_none());
    let an_hour = std::time::Duration::from_secs(60 * 60);
    assert!(reassembly.give_up_held(an_hour).is_empty());
    assert_eq!(reassembly.give_up_held(std::time::Duration::ZERO).len(), 2);
    assert_eq!(reassembly.incomplete(), 0);
    let mut whole = None;
    for part in parts(ada, &long, 4) {
        if let Pushed::Whole(joined) = reassembly.push(part, 4) {
            whole = Some(joined);
        }
    }
    assert!(whole.is_some_and(|whole| !whole.is_partial()));
}
