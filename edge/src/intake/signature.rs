//! What signed webhooks have in common: HMAC-SHA256, compared in constant time, and a window of time.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How far a webhook's own time may lie from this node's.
pub const WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// A secret that signs. It never prints.
pub struct HmacKey(Zeroizing<Vec<u8>>);

impl HmacKey {
    /// From the secret's own bytes.
    pub fn new(secret: &[u8]) -> Self {
        Self(Zeroizing::new(secret.to_vec()))
    }

    /// Whether `hex` is the HMAC-SHA256 of the parts in a row, in time that does not tell where it differs.
    pub fn signed(&self, parts: &[&[u8]], hex: &str) -> bool {
        let Some(signature) = from_hex(hex) else {
            return false;
        };
        self.mac(parts).verify_slice(&signature).is_ok()
    }

    /// The HMAC-SHA256 of the parts in a row, in hex.
    pub fn sign(&self, parts: &[&[u8]]) -> String {
        let bytes = self.mac(parts).finalize().into_bytes();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any size");
        for part in parts {
            mac.update(part);
        }
        mac
    }
}

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HmacKey(..)")
    }
}

/// Whether a webhook's time, in Unix seconds, is within the window.
pub fn is_fresh(seconds: &str, now: Timestamp) -> bool {
    let sent = seconds
        .parse::<i64>()
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    sent.is_some_and(|sent| now.duration_since(sent).abs() <= WINDOW)
}

fn from_hex(hex: &str) -> Option<[u8; 32]> {
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (byte, digits) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        // `from_str_radix` would take a sign.
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const VECTOR: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn the_rfcs_vector_is_good_and_its_neighbours_are_not() {
        let key = HmacKey::new(b"Jefe");
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert!(key.signed(&parts, VECTOR));
        assert!(key.signed(&parts, &VECTOR.to_uppercase()));
        for wrong in [
            "",
            "5b",
            &VECTOR.replacen('5', "6", 1),
            &VECTOR.replacen("5b", "+b", 1),
        ] {
            assert!(!key.signed(&parts, wrong), "{wrong}");
        }
        assert!(!key.signed(&[b"what do ya want"], VECTOR));
        assert!(!HmacKey::new(b"jefe").signed(&parts, VECTOR));
        assert_eq!(format!("{key:?}"), "HmacKey(..)");
    }

    #[test]
    fn the_window_is_five_minutes_both_ways() {
        let now = Timestamp::from_second(1_800_000_000).expect("a time");
        for (seconds, fresh) in [
            ("1800000000", true),
            ("1799999700", true),
            ("1799999699", false),
            ("1800000300", true),
            ("1800000301", false),
            ("-1", false),
            ("99999999999999999999", false),
            ("now", false),
            ("", false),
        ] {
            assert_eq!(is_fresh(seconds, now), fresh, "{seconds}");
        }
    }
}
