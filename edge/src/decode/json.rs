//! What `spotlight-edge decode` prints: the keys of the test vectors. The one place where numbers and texts are shown, because
//! the operator asked for exactly that.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::hex::hex;

use super::{
    Body, DecodeError, Deliver, MmsPdu, Part, SmsPdu, Time, decode_mms, decode_pdu_hex, mms::Sender,
};

pub fn pdu_json(hex: &str) -> Result<Value, DecodeError> {
    Ok(match decode_pdu_hex(hex)? {
        SmsPdu::Deliver(deliver) => Value::Object(deliver_json(&deliver)),
        SmsPdu::StatusReport(_) => json!({"type": "status-report"}),
    })
}

fn deliver_json(deliver: &Deliver) -> Map<String, Value> {
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| drop(keys.insert(key.to_owned(), value));
    put("type", "deliver".into());
    put(
        "smsc",
        deliver.smsc.as_ref().map(|smsc| smsc.as_str()).into(),
    );
    put("sender", deliver.sender.as_str().into());
    put("scts", deliver.scts.map(|scts| scts.to_string()).into());
    put("dcs", deliver.dcs.into());
    put("pid", deliver.pid.into());
    if let Some(udh) = &deliver.udh {
        put(
            "udh",
            udh.iter()
                .map(|element| json!({"iei": element.iei, "data": hex(&element.data)}))
                .collect(),
        );
    }
    if let Some(ports) = deliver.ports {
        put(
            "ports",
            json!({"dst": ports.destination, "src": ports.source}),
        );
    }
    if let Some(concat) = deliver.concat {
        put(
            "concat",
            json!({"ref": concat.reference, "ref_bits": concat.ref_bits, "total": concat.total, "seq": concat.seq}),
        );
    }
    if let Some(language) = deliver.locking_shift {
        put("locking_shift", language.into());
    }
    if let Some(language) = deliver.single_shift {
        put("single_shift", language.into());
    }
    match &deliver.body {
        Body::Text(text) => put("text", text.read().into()),
        Body::Data(data) => {
            put("data", hex(data).into());
            put("alphabet", "8bit".into());
        }
    }
    keys
}

pub fn mms_json(bytes: &[u8]) -> Result<Value, DecodeError> {
    decode_mms(bytes).map(|pdu| Value::Object(mms_keys(&pdu)))
}

fn mms_keys(pdu: &MmsPdu) -> Map<String, Value> {
    let mut keys = Map::new();
    let mut put = |key: &str, value: Value| drop(keys.insert(key.to_owned(), value));
    put("message_type", pdu.message_type.into());
    let texts = [
        ("transaction_id", &pdu.transaction_id),
        ("mms_version", &pdu.mms_version),
        ("message_id", &pdu.message_id),
        ("subject", &pdu.subject),
        ("message_class", &pdu.message_class),
        ("content_location", &pdu.content_location),
        ("retrieve_text", &pdu.retrieve_text),
        ("response_text", &pdu.response_text),
    ];
    for (key, text) in texts {
        if let Some(text) = text {
            put(key, text.as_str().into());
        }
    }
    match &pdu.from {
        Some(Sender::Address(address)) => put("from", address.as_str().into()),
        Some(Sender::InsertAddress) => put("from", Value::Null),
        None => {}
    }
    for (key, list) in [("to", &pdu.to), ("cc", &pdu.cc), ("bcc", &pdu.bcc)] {
        if !list.is_empty() {
            put(key, list.as_slice().into());
        }
    }
    for (key, number) in [("date", pdu.date), ("message_size", pdu.message_size)] {
        if let Some(number) = number {
            put(key, number.into());
        }
    }
    for (key, time) in [("expiry", pdu.expiry), ("delivery_time", pdu.delivery_time)] {
        match time {
            Some(Time::Absolute(seconds)) => put(key, json!({"absolute": seconds})),
            Some(Time::Relative(seconds)) => put(key, json!({"relative": seconds})),
            None => {}
        }
    }
    for (key, code) in &pdu.codes {
        put(key, (*code).into());
    }
    if !pdu.extensions.is_empty() {
        put(
            "ext",
            pdu.extensions
                .iter()
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect(),
        );
    }
    if let Some(content_type) = &pdu.content_type {
        put("content_type", content_type.media.as_str().into());
        put("content_type_params", json!(content_type.params));
        put("parts", pdu.parts.iter().map(part_json).collect());
    }
    if let Some(reason) = pdu.trailing_error {
        put("trailing_error", reason.into());
    }
    keys
}

fn part_json(part: &Part) -> Value {
    let headers: Map<String, Value> = part
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    let mut keys = json!({
        "content_type": part.content_type.media,
        "params": part.content_type.params,
        "content_id": part.content_id,
        "content_location": part.content_location,
        "headers": headers,
        "len": part.body.len(),
        "sha256": hex(&Sha256::digest(&part.body)),
    });
    if part.content_type.starts_with("text/") {
        keys["text"] = part.carried_text().into();
        if let Some(text) = part.decoded_text() {
            keys["decoded_text"] = text.into();
        }
    }
    keys
}
