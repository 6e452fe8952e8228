//! MMS PDUs put together octet by octet, after OMA-TS-MMS_ENC and WAP-230-WSP, and read field by field; and what costs too much.

use serde_json::{Value, json};

use super::{DecodeError, MAX_IMAGES, MmsPdu, decode_mms, encode, json::mms_json};

const RETRIEVE: &[u8] = &[0x8c, 0x84, 0x98, b't', 0, 0x8d, 0x92];
const NOTIFICATION: &[u8] = &[0x8c, 0x82, 0x98, b't', 0, 0x8d, 0x92];

fn read(bytes: &[u8]) -> Value {
    mms_json(bytes).unwrap_or_else(|err| panic!("{err}"))
}

fn refused(bytes: &[u8]) -> String {
    match decode_mms(bytes) {
        Ok(_) => panic!("not refused"),
        Err(err) => err.to_string(),
    }
}

/// A notification with this header.
fn header(octets: &[u8]) -> Value {
    read(&[NOTIFICATION, octets].concat())
}

/// A message of one multipart with these parts.
fn message(content_type: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
    [RETRIEVE, &[0x84], content_type, &multipart(parts)].concat()
}

fn multipart(parts: &[Vec<u8>]) -> Vec<u8> {
    [encode_uintvar(parts.len()), parts.concat()].concat()
}

fn encode_uintvar(value: usize) -> Vec<u8> {
    let mut octets = vec![(value & 0x7f) as u8];
    let mut rest = value >> 7;
    while rest > 0 {
        octets.insert(0, (rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    octets
}

fn part(headers: &[u8], body: &[u8]) -> Vec<u8> {
    [
        encode_uintvar(headers.len()),
        encode_uintvar(body.len()),
        headers.to_vec(),
        body.to_vec(),
    ]
    .concat()
}

const MIXED: &[u8] = &[0xa3];

#[test]
fn headers_are_read_in_every_form() {
    let check = |octets: &[u8], key: &str, expected: Value| {
        let answer = header(octets);
        assert_eq!(
            answer.get(key).unwrap_or(&Value::Null),
            &expected,
            "{octets:x?}"
        );
        assert_eq!(answer.get("trailing_error"), None, "{octets:x?}");
    };
    check(b"\x89\x0e\x80+12135550142\0", "from", json!("+12135550142"));
    check(b"\x89\x01\x81", "from", Value::Null);
    check(b"\x89\x07\x80\x05\xeaa@b\0", "from", json!("a@b"));
    check(b"\x89\x1f\x05\x80a@b\0", "from", json!("a@b"));
    check(
        b"\x97a@b\0\x97+1213/TYPE=PLMN\0",
        "to",
        json!(["a@b", "+1213/TYPE=PLMN"]),
    );
    check(b"\x82a\0", "cc", json!(["a"]));
    check(b"\x81a\0", "bcc", json!(["a"]));
    check(
        b"\x88\x05\x81\x03\x03\xf4\x80",
        "expiry",
        json!({"relative": 259_200}),
    );
    check(b"\x88\x02\x81\x81", "expiry", json!({"relative": 1}));
    check(
        b"\x88\x06\x80\x04\x65\0\0\0",
        "expiry",
        json!({"absolute": 0x6500_0000}),
    );
    check(
        b"\x87\x02\x81\x8a",
        "delivery_time",
        json!({"relative": 10}),
    );
    check(b"\x85\x04\x65\0\0\0", "date", json!(0x6500_0000));
    check(b"\x85\x08\0\0\0\0\x65\0\0\0", "date", json!(0x6500_0000));
    check(b"\x8e\xff", "message_size", json!(127));
    check(b"\x8e\x02\x01\x00", "message_size", json!(256));
    for (octet, class) in [
        (128, "personal"),
        (129, "advertisement"),
        (130, "informational"),
        (131, "auto"),
    ] {
        check(&[0x8a, octet], "message_class", json!(class));
    }
    check(b"\x8amade-up\0", "message_class", json!("made-up"));
    check(b"\x8d\x93", "mms_version", json!("1.3"));
    check(b"\x8d\x9f", "mms_version", json!("1"));
    check(b"\x8d1.0\0", "mms_version", json!("1.0"));
    check(
        b"\x83http://mmsc/1?a=b\0",
        "content_location",
        json!("http://mmsc/1?a=b"),
    );
    check(b"\x8f\x82", "priority", json!(130));
    check(b"\x99\xe0", "retrieve_status", json!(224));
    check(b"\x9aNot found\0", "retrieve_text", json!("Not found"));
    check(b"X-Own\0yes\0", "ext", json!({"X-Own": "yes"}));
    // Headers of later versions, of one octet, of a length, of text; code pages; a NUL between.
    for unknown in [
        &b"\x9c\x80"[..],
        b"\x9d\x05\x80\x03\x01\x02\x03",
        b"\x9eid\0",
        b"\xb8\x80",
        b"\xa0\x04\x81\x80a\0",
        b"\xc0\x81",
        b"\x01",
        b"\x7f\x01",
        b"\0\0",
    ] {
        check(&[unknown, b"\x8f\x81"].concat(), "priority", json!(129));
    }
}

#[test]
fn texts_are_read_in_their_charsets() {
    let check = |value: &[u8], expected: &str| {
        let counted = [&[0x96, value.len() as u8], value].concat();
        assert_eq!(header(&counted)["subject"], expected, "{value:x?}");
        // The length in its long form, and a header behind it.
        let long = [&[0x96, 31, value.len() as u8], value, &[0x8f, 0x81]].concat();
        let answer = header(&long);
        assert_eq!(
            (&answer["subject"], &answer["priority"]),
            (&json!(expected), &json!(129))
        );
    };
    check(b"\xeaPolic\xc3\xada\0", "Policía");
    check(b"\xea\x7f\xc3\xa9\0", "é");
    check(b"\x84Polic\xeda\0", "Policía");
    check(b"\x02\x08\xccPolic\xeda \x80\0", "Policía €");
    check(b"\x91\x8cx\x8e@\0", "警察");
    check(b"\xa6\xb0\xe6\xc2\xfb\0", "경찰");
    check(b"\xf2\xbe\xaf\xb2\xec\0", "警察");
    check(b"\x02\x03\xf7\xfe\xff\0O\0K\0\0", "\u{feff}OK");
    check(b"\x02\x03\xf7\xff\xfeO\0K\0\0\0", "\u{feff}OK");
    check(b"\x02\x03\xf5\0O\0K\0\0", "OK");
    check(b"\x02\x03\xf6O\0K\0\0\0", "OK");
    check(b"\x02\x03\xe8\0O\0K", "OK");
    check(b"\x83caf\xc3\xa9\0", "café");
    check(b"\x03\x0f\xff\xffhi\0", "hi");
    check(b"hi\0", "hi");
    check(b"\xeano end", "no end");
    check(b"\xea\0", "");
    check(b"\xea\"quoted\" and not\0", "\"quoted\" and not");
    assert_eq!(
        header(b"\x96\"quoted\" and not\0")["subject"],
        "\"quoted\" and not"
    );
    assert_eq!(header(b"\x96\x7f\xc3\xa9\0")["subject"], "é");
    assert_eq!(header(b"\x96\xc3\xa9\0")["subject"], "é");
    assert_eq!(header(b"\x96\0")["subject"], "");
}

#[test]
fn content_types_and_their_parameters_are_read() {
    let check = |content_type: &[u8], media: &str, params: Value| {
        let answer = read(&message(content_type, &[part(&[0x83], b"hi")]));
        assert_eq!(answer["content_type"], media, "{content_type:x?}");
        assert_eq!(answer["content_type_params"], params, "{content_type:x?}");
        assert_eq!(answer["parts"][0]["text"], "hi", "{content_type:x?}");
    };
    check(&[0xa3], "application/vnd.wap.multipart.mixed", json!({}));
    check(
        b"\x01\xb3",
        "application/vnd.wap.multipart.related",
        json!({}),
    );
    check(
        b"\x1f\x01\xa6",
        "application/vnd.wap.multipart.alternative",
        json!({}),
    );
    check(
        b"application/vnd.wap.multipart.mixed\0",
        "application/vnd.wap.multipart.mixed",
        json!({}),
    );
    check(b"multipart/related\0", "multipart/related", json!({}));
    check(&[0x8c], "multipart/mixed", json!({}));
    let related = |params: &[u8]| [&[params.len() as u8 + 1, 0xb3], params].concat();
    let media = "application/vnd.wap.multipart.related";
    check(
        &related(b"\x89application/smil\0\x8a<1>\0"),
        media,
        json!({"type": "application/smil", "start": "<1>"}),
    );
    check(
        &related(b"\x99<1>\0\x9ainfo\0"),
        media,
        json!({"start": "<1>", "start-info": "info"}),
    );
    check(
        &related(b"\x89\xa3"),
        media,
        json!({"type": "application/vnd.wap.multipart.mixed"}),
    );
    check(&related(b"\x81\xea"), media, json!({"charset": "utf-8"}));
    check(
        &related(b"\x81\x02\x03\xf7"),
        media,
        json!({"charset": "utf-16"}),
    );
    check(&related(b"\x81\x80"), media, json!({"charset": "*"}));
    check(&related(b"\x81utf-8\0"), media, json!({"charset": "utf-8"}));
    check(
        &related(b"\x85a.jpg\0\x97\"b.jpg\0"),
        media,
        json!({"name": "b.jpg"}),
    );
    check(
        &related(b"\x85\xd0\xbe.jpg\0\x81\xea"),
        media,
        json!({"name": "о.jpg", "charset": "utf-8"}),
    );
    check(
        &related(b"own\0\"a b\0num\0\x85"),
        media,
        json!({"own": "a b", "num": "5"}),
    );
    check(
        &related(b"own\0\0\x81\xea"),
        media,
        json!({"own": "", "charset": "utf-8"}),
    );
    // One that cannot be read ends them, and no more than them.
    check(
        &related(b"\x81\xea\x81"),
        media,
        json!({"charset": "utf-8"}),
    );
}

#[test]
fn parts_are_read_with_all_their_headers() {
    let check = |headers: &[u8], key: &str, expected: Value| {
        let answer = read(&message(
            MIXED,
            &[part(headers, b"cG9saWNl"), part(&[0x83], b"next")],
        ));
        assert_eq!(answer["parts"][0][key], expected, "{headers:x?}");
        assert_eq!(answer["parts"][1]["text"], "next", "{headers:x?}");
    };
    check(b"\x83", "content_type", json!("text/plain"));
    check(b"\x9e", "content_type", json!("image/jpeg"));
    check(b"image/heic\0", "content_type", json!("image/heic"));
    check(b"\x03\x83\x81\xea", "params", json!({"charset": "utf-8"}));
    check(b"\x9e\xc0\"<a@b>\0", "content_id", json!("<a@b>"));
    check(b"\x9e\xc0<a@b>\0", "content_id", json!("<a@b>"));
    check(
        b"\x9e\x8ea.jpg\0\xc0\"<1>\0",
        "content_location",
        json!("a.jpg"),
    );
    check(
        b"\x83\xae\x0e\x81\x86photo 1.jpg\0\x8ea\0",
        "content_location",
        json!("a"),
    );
    check(b"\x83\xae\x01\x81\x8ea\0", "content_location", json!("a"));
    check(b"\x83\x7f\x01\x01\x8ea\0", "content_location", json!("a"));
    check(b"\x83\x8d\x85\x8ea\0", "content_location", json!("a"));
    check(b"\x83X-Own\0a\0", "headers", json!({"X-Own": "a"}));
    check(
        b"\x83Content-Transfer-Encoding\0base64\0",
        "decoded_text",
        json!("police"),
    );
    check(
        b"\x83content-transfer-encoding\0BASE64\0",
        "decoded_text",
        json!("police"),
    );
    // A part without a type, or with one that cannot be read.
    check(b"", "content_type", json!("application/octet-stream"));
    check(b"\x05", "content_type", json!("application/octet-stream"));
}

#[test]
fn pictures_and_texts_are_found_in_multiparts_of_multiparts() {
    let jpeg = b"\xff\xd8\xff\xe0picture".to_vec();
    let inner = multipart(&[part(&[0x83], b"inner"), part(&[0x9e], &jpeg)]);
    for nested in [
        &[0xa6][..],
        &[0xa3],
        &[0xb3],
        b"multipart/alternative\0",
        &[0x8f],
    ] {
        let bytes = message(
            MIXED,
            &[
                part(&[0x83], b"outer"),
                part(nested, &inner),
                part(b"", &jpeg),
            ],
        );
        let pdu = decode_mms(&bytes).expect("a message");
        assert_eq!(pdu.message_text(), "outer\ninner", "{nested:x?}");
        assert_eq!(pdu.images().len(), 2, "{nested:x?}");
    }
    // What calls itself multipart and is none stays one part.
    let mime = [RETRIEVE, b"\x84multipart/mixed\0--x\r\n"].concat();
    assert_eq!(read(&mime)["parts"][0]["len"], 5);
    // A message that is one picture.
    let bare = [RETRIEVE, &[0x84, 0x9e], &jpeg].concat();
    assert_eq!(decode_mms(&bare).expect("a message").images().len(), 1);
}

/// Two and a half million parts in eight megabytes: as many are looked at as one list may hold.
#[test]
fn what_a_message_nests_costs_no_more_than_what_it_lists() {
    let nested = |tiny: &[u8]| {
        let inner = multipart(&vec![tiny.to_vec(); 255]);
        let middle = multipart(&vec![part(&[0xa3], &inner); 255]);
        let count = (8 << 20) / (middle.len() + 16);
        message(MIXED, &vec![part(&[0xa3], &middle); count.min(255)])
    };
    let pictures = nested(&part(&[0x9e], b"\xff\xd8\xff"));
    assert!(pictures.len() > 7 << 20, "{}", pictures.len());
    let pdu = decode_mms(&pictures).expect("a message");
    let images = pdu.images();
    assert_eq!(images.len(), MAX_IMAGES);
    assert_eq!(
        images
            .iter()
            .map(|image| image.bytes.capacity())
            .sum::<usize>(),
        3 * MAX_IMAGES
    );
    let texts = decode_mms(&nested(&part(&[0x83], b"hi"))).expect("a message");
    assert!(texts.images().is_empty());
    let lines = texts.message_text().lines().count();
    assert!((1..=512).contains(&lines), "{lines}");
}

#[test]
fn what_a_sender_wrote_is_not_shown() {
    let secret = [
        part(b"secret/type\0", b"secret"),
        part(b"\x0c\x9e\x85secret.jpg\0", b"\xff\xd8\xffsecret"),
        part(b"image/secret\0", b"secret"),
        part(
            b"\x83X-secret\0secret\0\x8esecret\0\xc0\"<secret>\0",
            b"secret",
        ),
    ];
    let pdu = decode_mms(&message(MIXED, &secret)).expect("a message");
    let kinds: Vec<_> = pdu.parts.iter().map(|part| &part.content_type).collect();
    assert_eq!(kinds[1].params["name"], "secret.jpg");
    let shown = format!("{pdu:?} {:?} {:?} {kinds:?}", pdu.parts, pdu.images());
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.contains("Image(9 octets, hidden)"), "{shown}");
    assert_eq!(pdu.images().len(), 2);
}

#[test]
fn a_server_that_refuses_is_read_with_its_reason() {
    for status in [192u8, 193, 194, 224, 225, 226, 227] {
        let pdu = decode_mms(&[RETRIEVE, &[0x99, status, 0x9a], b"no\0"].concat()).expect("read");
        let failure = pdu.retrieve_failure().expect("a failure");
        assert_eq!((failure.status, failure.transient), (status, status < 224));
    }
    let fine = message(MIXED, &[part(&[0x83], b"hi")]);
    let fine = [RETRIEVE, &[0x99, 128], &fine[RETRIEVE.len()..]].concat();
    assert!(
        decode_mms(&fine)
            .expect("a message")
            .retrieve_failure()
            .is_none()
    );
}

#[test]
fn bad_bytes_have_one_plain_reason() {
    let parts = |octets: &[u8]| [RETRIEVE, &[0x84], MIXED, octets].concat();
    assert_eq!(refused(b""), "no message type");
    assert_eq!(refused(b"<html>not found</html>"), "no message type");
    assert_eq!(refused(&[0xff; 64]), "no message type");
    assert_eq!(refused(&[0; 5000]), "no message type");
    assert_eq!(refused(RETRIEVE), "cut short in the headers");
    assert_eq!(refused(&parts(b"")), "cut short in the count of parts");
    assert_eq!(refused(&parts(b"\xce\x10")), "malformed count of parts");
    assert_eq!(
        refused(&parts(b"\x8f\xff\xff\xff\x7f")),
        "malformed count of parts"
    );
    assert_eq!(
        refused(&parts(b"\xff\xff\xff\xff\x7f")),
        "malformed count of parts"
    );
    assert_eq!(
        refused(&parts(b"\x80\x80\x80\x80\x80\x01")),
        "malformed count of parts"
    );
    // Four gigabytes announced, eight octets there.
    assert_eq!(
        refused(&parts(b"\x01\x01\x8f\xff\xff\xff\x7f\x83hi")),
        "cut short in the data of a part"
    );
    assert_eq!(
        refused(&parts(b"\x01\x8f\xff\xff\xff\x7f\x01\x83hi")),
        "cut short in the headers of a part"
    );
    assert_eq!(
        refused(&[NOTIFICATION, b"\x96\x1f\x8f\xff\xff\xff\x7fhi"].concat()),
        "cut short in the Subject"
    );
    assert_eq!(
        refused(&[NOTIFICATION, b"\x85\x1e\x01"].concat()),
        "cut short in the Date"
    );
    assert_eq!(
        refused(&[NOTIFICATION, b"\x8e\x09\x01\0\0\0\0\0\0\0\0"].concat()),
        "malformed Message-Size"
    );
    let many: Vec<Vec<u8>> = vec![part(&[0x83], b""); 10_000];
    assert_eq!(refused(&message(MIXED, &many)), "malformed count of parts");
    assert_eq!(
        refused(&vec![0x8c; (8 << 20) + 1]),
        "MMS is longer than any message"
    );
    assert_eq!(
        refused(&[NOTIFICATION, &b"\x97a\0".repeat(5_000)].concat()),
        "malformed headers"
    );
    // Behind the last part anything may stand.
    let padded = [message(MIXED, &[part(&[0x83], b"hi")]), vec![0xff; 4096]].concat();
    assert_eq!(read(&padded)["parts"][0]["text"], "hi");
}

/// Everything that a decoded message holds, in octets.
fn held(pdu: &MmsPdu) -> usize {
    let parts = pdu.parts.iter().map(|part| {
        let texts = part
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len());
        part.body.len() + texts.sum::<usize>() + part.content_type.media.len()
    });
    let lists = [&pdu.to, &pdu.cc, &pdu.bcc];
    let addresses = lists.iter().flat_map(|list| list.iter()).map(String::len);
    parts.sum::<usize>()
        + addresses.sum::<usize>()
        + pdu
            .extensions
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>()
}

/// What a decoder makes of a message stays within a few times its octets, however they announce and nest.
#[test]
fn what_is_made_of_a_message_is_bounded_by_its_octets() {
    let check = |name: &str, bytes: &[u8]| {
        // Every octet may become a replacement character of three, twice: as a name and as a type.
        let bound = 6 * bytes.len() + 64 * 1024;
        if let Ok(pdu) = decode_mms(bytes) {
            assert!(
                held(&pdu) <= bound,
                "{name}: {} of {}",
                held(&pdu),
                bytes.len()
            );
            assert!(pdu.message_text().len() <= bound, "{name}");
            let images: usize = pdu.images().iter().map(|image| image.bytes.len()).sum();
            assert!(images <= bound, "{name}");
        }
        let _ = mms_json(&bytes[..bytes.len().min(1 << 16)]).map(|json| {
            assert!(
                json.to_string().len() <= 12 * bytes.len() + 256 * 1024,
                "{name}"
            )
        });
    };
    let mut nested = multipart(&[part(&[0x83], b"deep")]);
    for _ in 0..1_000 {
        nested = multipart(&[part(&[0xa3], &nested)]);
    }
    check("nested", &message(MIXED, &[part(&[0xa3], &nested)]));
    let wide: Vec<Vec<u8>> = vec![part(&[0xa3], &multipart(&vec![part(&[0x83], b""); 255])); 255];
    check("wide", &message(MIXED, &wide));
    check(
        "headers of a part",
        &message(
            MIXED,
            &[part(
                &[&[0x83][..], &b"a\0b\0".repeat(100_000)].concat(),
                b"",
            )],
        ),
    );
    check(
        "parameters",
        &message(
            &[
                &[0x1f][..],
                &encode_uintvar(300_001),
                &[0xa3],
                &b"a\0b\0".repeat(75_000),
            ]
            .concat(),
            &[],
        ),
    );
    check(
        "one long text",
        &[NOTIFICATION, &[0x96], &vec![0xff; 1 << 20]].concat(),
    );
    check(
        "nothing but NULs",
        &[NOTIFICATION, &vec![0; 1 << 20]].concat(),
    );
    check(
        "encoded words",
        &[NOTIFICATION, b"\x96", &b"=?utf-8?B?QQ==?= ".repeat(50_000)].concat(),
    );
    check(
        "equal signs",
        &message(
            MIXED,
            &[part(
                b"\x83Content-Transfer-Encoding\0quoted-printable\0",
                &vec![b'='; 1 << 20],
            )],
        ),
    );
    check(
        "own message",
        &encode::retrieve_conf(encode::RetrieveConf {
            text: Some("cops"),
            ..Default::default()
        }),
    );
}

#[test]
fn no_mutation_of_our_own_messages_panics_or_grows() {
    let jpeg = b"\xff\xd8\xff\xe0picture".to_vec();
    let inner = multipart(&[
        part(b"\x03\x83\x81\xea", "Policía".as_bytes()),
        part(&[0x9e], &jpeg),
    ]);
    let whole = message(
        b"\x1a\xb3\x89application/smil\0\x8a<1>\0",
        &[
            part(
                b"\x03\x83\x81\xea\x8ea.txt\0\xc0\"<1>\0X-Own\0a\0",
                b"5th & San Pedro",
            ),
            part(&[0xa6], &inner),
            part(b"\x83Content-Transfer-Encoding\0base64\0", b"cG9saWNl"),
        ],
    );
    let headers = [NOTIFICATION, b"\x89\x07\x80\x05\xeaa@b\0\x96\x09\x02\x03\xf7\xfe\xff\0O\0K\x88\x05\x81\x03\x03\xf4\x80\x97a\0X-Own\0b\0"].concat();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let mut read = 0;
    for _ in 0..60_000 {
        let mut bytes = if random(3) == 0 {
            headers.clone()
        } else {
            whole.clone()
        };
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes.truncate(at.max(8)),
                1 => bytes[at] = [0, 1, 0x1e, 0x1f, 0x7f, 0x80, 0x84, 0xff][random(8)],
                2 => bytes[at] ^= 1 << random(8),
                _ => bytes
                    .splice(at..at, std::iter::repeat_n(random(256) as u8, random(6)))
                    .for_each(drop),
            }
        }
        match decode_mms(&bytes) {
            Ok(pdu) => {
                read += 1;
                assert!(held(&pdu) <= 6 * bytes.len() + 1024);
                let _ = (
                    pdu.message_text(),
                    pdu.images().len(),
                    pdu.sender().is_some(),
                );
                let _ = mms_json(&bytes);
            }
            Err(DecodeError::TooLong(_)) => panic!("{} octets", bytes.len()),
            Err(_) => {}
        }
    }
    assert!(read > 10_000, "{read}");
}
