//! SMS-DELIVER PDUs put together octet by octet, after 3GPP TS 23.040 and 23.038, and read field by field.

use serde_json::{Value, json};

use super::{gsm7, json::pdu_json};

const SCTS: [u8; 7] = [0x62, 0x30, 0x41, 0x51, 0x90, 0x62, 0x8a];

/// A PDU without a service centre, from +1 213 555 0142.
fn pdu(first: u8, pid: u8, dcs: u8, scts: [u8; 7], length: usize, user_data: &[u8]) -> String {
    let sender = [0x0b, 0x91, 0x21, 0x31, 0x55, 0x55, 0x10, 0xf2];
    let mut octets = vec![0, first];
    octets.extend(sender);
    octets.extend([pid, dcs]);
    octets.extend(scts);
    octets.push(u8::try_from(length).expect("an octet"));
    octets.extend(user_data);
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn read(hex: &str) -> Value {
    pdu_json(hex).unwrap_or_else(|err| panic!("{err}: {hex}"))
}

/// Septets with a header of elements in front.
fn septets(header: &[u8], septets: &[u8]) -> String {
    if header.is_empty() {
        return pdu(4, 0, 0, SCTS, septets.len(), &gsm7::pack(septets, 0));
    }
    let header = [&[header.len() as u8], header].concat();
    let fill = (7 - header.len() * 8 % 7) % 7;
    let length = (header.len() * 8).div_ceil(7) + septets.len();
    let user_data = [&header[..], &gsm7::pack(septets, fill)].concat();
    pdu(0x44, 0, 0, SCTS, length, &user_data)
}

fn octets(dcs: u8, octets: &[u8]) -> String {
    pdu(4, 0, dcs, SCTS, octets.len(), octets)
}

#[test]
fn every_data_coding_scheme_says_text_or_data() {
    let hi = [b'h', b'i', b'7'];
    for dcs in 0..=255u8 {
        let general = dcs < 0x80;
        let ucs2 = (general && dcs & 0x2c == 0x08) || dcs & 0xf0 == 0xe0;
        let eight_bit = (general && (dcs & 0x20 != 0 || dcs & 0x0c == 0x04)) || dcs & 0xf4 == 0xf4;
        let (hex, key, value) = if ucs2 {
            (octets(dcs, &[0, b'h', 0, b'i']), "text", "hi")
        } else if eight_bit {
            (octets(dcs, &hi), "data", "686937")
        } else {
            (pdu(4, 0, dcs, SCTS, 3, &gsm7::pack(&hi, 0)), "text", "hi7")
        };
        let answer = read(&hex);
        assert_eq!((&answer["dcs"], &answer[key]), (&json!(dcs), &json!(value)));
        assert_eq!(answer.get("alphabet").is_some(), eight_bit, "{dcs:#x}");
    }
}

#[test]
fn text_begins_at_the_septet_after_a_header_of_any_length() {
    for length in 3..20 {
        let mut header = vec![0x70, length - 2];
        header.extend((0..length - 2).map(|at| 0xa0 | at));
        for text in 0..30 {
            let letters: Vec<u8> = (0..text).map(|at| b'a' + at % 26).collect();
            let answer = read(&septets(&header, &letters));
            let expected = String::from_utf8(letters).expect("letters");
            assert_eq!(answer["text"], expected.as_str(), "{length} {text}");
            assert_eq!(answer["udh"][0]["iei"], 0x70);
        }
    }
}

#[test]
fn elements_of_the_header_are_read() {
    let check = |header: &[u8], key: &str, expected: Value| {
        let answer = read(&septets(header, b"hi"));
        assert_eq!(answer["text"], "hi", "{header:?}");
        assert_eq!(
            answer.get(key).unwrap_or(&Value::Null),
            &expected,
            "{header:?}"
        );
    };
    let concat = |reference: u16, bits: u8, total: u8, seq: u8| json!({"ref": reference, "ref_bits": bits, "total": total, "seq": seq});
    check(&[0, 3, 7, 2, 1], "concat", concat(7, 8, 2, 1));
    check(&[8, 4, 1, 7, 3, 3], "concat", concat(0x107, 16, 3, 3));
    check(&[0, 3, 255, 255, 255], "concat", concat(255, 8, 255, 255));
    // Parts that do not add up, and elements of another size, say nothing.
    check(&[0, 3, 7, 2, 0], "concat", Value::Null);
    check(&[0, 3, 7, 2, 3], "concat", Value::Null);
    check(&[0, 3, 7, 0, 0], "concat", Value::Null);
    check(&[0, 2, 7, 2], "concat", Value::Null);
    check(&[8, 3, 7, 2, 1], "concat", Value::Null);
    // The last of two counts.
    check(
        &[0, 3, 7, 2, 1, 0, 3, 8, 2, 2],
        "concat",
        concat(8, 8, 2, 2),
    );
    check(
        &[4, 2, 0xf0, 0xf1],
        "ports",
        json!({"dst": 0xf0, "src": 0xf1}),
    );
    check(
        &[5, 4, 0x0b, 0x84, 0x23, 0xf0],
        "ports",
        json!({"dst": 2948, "src": 9200}),
    );
    check(&[5, 2, 0x0b, 0x84], "ports", Value::Null);
    check(&[0x25, 1, 3], "locking_shift", json!(3));
    check(&[0x24, 1, 2], "single_shift", json!(2));
    check(&[0x25, 0], "locking_shift", Value::Null);
    // A language that nobody assigned is the default one.
    check(&[0x25, 1, 99], "locking_shift", json!(99));
    check(&[0x70, 0], "udh", json!([{"iei": 0x70, "data": ""}]));
    assert_eq!(
        read(&pdu(0x44, 0, 0, SCTS, 3, &[0, 0xd0, 0x34]))["udh"],
        json!([])
    );
    let data = [5, 0, 3, 7, 2, 1, 0xca, 0xfe];
    let answer = read(&pdu(0x44, 0, 4, SCTS, data.len(), &data));
    assert_eq!(
        (&answer["data"], &answer["alphabet"]),
        (&json!("cafe"), &json!("8bit"))
    );
    let ucs2 = [5, 0, 3, 7, 2, 1, 0x8b, 0x66, 0x5b, 0xdf];
    assert_eq!(
        read(&pdu(0x44, 0, 8, SCTS, ucs2.len(), &ucs2))["text"],
        "警察"
    );
}

#[test]
fn every_language_reads_its_two_tables() {
    // One character of each locking table that is nowhere else, and one of each single shift table (23.038, annex A).
    let locking = [
        (1, 0x60, 'ç'),
        (3, 0x0c, 'ô'),
        (4, 0x40, 'ব'),
        (5, 0x40, 'બ'),
        (6, 0x40, 'ब'),
        (7, 0x40, 'ಬ'),
        (8, 0x40, 'ബ'),
        (9, 0x40, 'ବ'),
        (10, 0x40, 'ਬ'),
        (11, 0x42, 'ம'),
        (12, 0x40, 'బ'),
        (13, 0x40, 'ص'),
    ];
    let single = [
        (1, 0x53, 'Ş'),
        (2, 0x61, 'á'),
        (3, 0x7b, 'ã'),
        (4, 0x1c, '২'),
        (5, 0x1c, '૦'),
        (6, 0x1c, '०'),
        (7, 0x1c, '೦'),
        (8, 0x1c, '൦'),
        (9, 0x1c, '୦'),
        (10, 0x1c, '੦'),
        (11, 0x1c, '௦'),
        (12, 0x1c, '౦'),
        (13, 0x1c, '۰'),
    ];
    for (language, septet, expected) in locking {
        let answer = read(&septets(&[0x25, 1, language], &[septet, b' ', 0x1b, 0x65]));
        assert_eq!(
            answer["text"],
            format!("{expected} €"),
            "locking {language}"
        );
    }
    for (language, septet, expected) in single {
        let answer = read(&septets(
            &[0x24, 1, language],
            &[b'A', 0x1b, septet, 0x1b, 0x65],
        ));
        assert_eq!(answer["text"], format!("A{expected}€"), "single {language}");
    }
    // Spanish has no locking table.
    let answer = read(&septets(&[0x25, 1, 2, 0x24, 1, 2], &[0x60, 0x1b, 0x6f]));
    assert_eq!(answer["text"], "¿ó");
}

#[test]
fn the_ends_of_texts_are_read() {
    assert_eq!(read(&septets(&[], b"hi\x1b"))["text"], "hi ");
    assert_eq!(read(&septets(&[], b"hi\x1b\x1b!"))["text"], "hi !");
    assert_eq!(read(&septets(&[], b"hi\x1bz"))["text"], "hiz");
    assert_eq!(read(&septets(&[], &[0; 8]))["text"], "@@@@@@@@");
    assert_eq!(read(&septets(&[], &[b'a'; 160]))["text"], "a".repeat(160));
    assert_eq!(read(&septets(&[], &[]))["text"], "");
    // Half a unit is dropped, half a pair shows.
    assert_eq!(read(&octets(8, &[0, b'h', 0, b'i', 0]))["text"], "hi");
    assert_eq!(
        read(&octets(8, &[0xd8, 0x3d, 0, b'i']))["text"],
        "\u{fffd}i"
    );
    assert_eq!(read(&octets(8, &[0xde, 0x93]))["text"], "\u{fffd}");
    assert_eq!(read(&octets(8, &[0xd8, 0x3d, 0xde, 0x93]))["text"], "🚓");
    // Octets behind the user data are the modem's.
    assert_eq!(read(&(septets(&[], b"hi") + "ffff00"))["text"], "hi");
}

#[test]
fn time_stamps_are_read_or_refused() {
    let check = |scts: [u8; 7], expected: Result<&str, ()>| {
        let answer = pdu_json(&pdu(4, 0, 0, scts, 0, &[]));
        let said = answer
            .as_ref()
            .map(|keys| keys["scts"].as_str().unwrap_or("none"));
        assert_eq!(said.map_err(|_| ()), expected, "{scts:x?}");
    };
    check(SCTS, Ok("2026-03-14T15:09:26-07:00"));
    check(
        [0x62, 0x21, 0x13, 0x32, 0x95, 0x95, 0x00],
        Ok("2026-12-31T23:59:59+00:00"),
    );
    check(
        [0x42, 0x20, 0x92, 0x00, 0x00, 0x00, 0x08],
        Ok("2024-02-29T00:00:00+00:00"),
    );
    check(
        [0x62, 0x10, 0x10, 0x00, 0x00, 0x00, 0x4a],
        Ok("2026-01-01T00:00:00-06:00"),
    );
    check(
        [0x62, 0x10, 0x10, 0x00, 0x00, 0x00, 0x32],
        Ok("2026-01-01T00:00:00+05:45"),
    );
    check(
        [0x62, 0x10, 0x10, 0x00, 0x00, 0x00, 0x41],
        Ok("2026-01-01T00:00:00+03:30"),
    );
    check(
        [0x99, 0x10, 0x10, 0x00, 0x00, 0x00, 0x00],
        Ok("1999-01-01T00:00:00+00:00"),
    );
    check([0; 7], Ok("none"));
    check([0x62, 0x20, 0x03, 0x00, 0x00, 0x00, 0x00], Err(()));
    check([0x62, 0x31, 0x10, 0x00, 0x00, 0x00, 0x00], Err(()));
    check([0x62, 0x10, 0x10, 0x42, 0x00, 0x00, 0x00], Err(()));
    check([0xa2, 0x10, 0x10, 0x00, 0x00, 0x00, 0x00], Err(()));
    check([0x62, 0x10, 0x10, 0x00, 0x00, 0x00, 0xf0], Err(()));
}

#[test]
fn what_a_phone_does_not_get_and_what_is_cut_is_refused() {
    let check = |hex: &str, expected: &str| {
        let found = pdu_json(hex).map_err(|err| err.to_string());
        assert_eq!(found, Err(expected.to_owned()), "{hex}");
    };
    let whole = septets(&[0, 3, 7, 2, 1], b"hello hello hello");
    for end in (0..whole.len()).step_by(2) {
        assert!(pdu_json(&whole[..end]).is_err(), "{end}");
    }
    check(
        &pdu(5, 0, 0, SCTS, 0, &[]),
        "not a received message: SMS-SUBMIT-REPORT",
    );
    check(
        &pdu(7, 0, 0, SCTS, 0, &[]),
        "not a received message: reserved message type",
    );
    check(
        &pdu(4, 0, 0, SCTS, 10, b"short"),
        "cut short in the user data",
    );
    check(
        &pdu(4, 0, 8, SCTS, 200, &[0; 140]),
        "cut short in the user data",
    );
    check(
        &pdu(0x44, 0, 0, SCTS, 2, &[5, 0, 3]),
        "cut short in the user data header",
    );
    check(
        &pdu(0x44, 0, 0, SCTS, 0, &[]),
        "cut short in the user data header",
    );
    // A header that fills more septets than the message has.
    check(
        &pdu(0x44, 0, 0, SCTS, 6, &[5, 0, 3, 7, 2, 1]),
        "malformed user data header",
    );
    // A service centre of 200 octets.
    check(
        &("c8".to_owned() + &whole),
        "malformed service centre address",
    );
    for pid in [0x00, 0x3f, 0x40, 0x7f, 0xff] {
        assert_eq!(read(&pdu(4, pid, 0, SCTS, 0, &[]))["pid"], pid);
    }
    // The other bits of the first octet say nothing of use here.
    for first in [0x00, 0x04, 0x20, 0x24, 0x80, 0xa4] {
        assert_eq!(read(&pdu(first, 0, 0, SCTS, 0, &[]))["type"], "deliver");
    }
}
