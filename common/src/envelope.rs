//! The signed envelope around reports, receipts and `now`.
//!
//! Wire layout, postcard: `version: u8`, `signer: [u8; 32]`, `signature: [u8; 64]`, `body: bytes` (the value, postcard).
//! The ed25519 signature is over `"spotlight" 0 version 0 purpose 0 network 0 body`, so that no message can be replayed as
//! another kind, in another network or under another version. Readers refuse an unknown version, more than
//! [`MAX_BYTES`], trailing bytes, and every signature that `verify_strict` refuses.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::ids::{Network, NodeId};
use crate::now::Now;
use crate::receipt::Receipt;
use crate::report::Report;

/// The version that this code writes, and the only one it reads.
pub const VERSION: u8 = 1;

/// An envelope larger than this is refused unread.
pub const MAX_BYTES: usize = 256 * 1024;

/// A value that travels signed.
pub trait Signed: Serialize + DeserializeOwned {
    /// What the signature says it is.
    const PURPOSE: &'static str;
}

impl Signed for Report {
    const PURPOSE: &'static str = "report";
}

/// One signature answers all of a node's deliveries that the hub committed together.
impl Signed for Vec<Receipt> {
    const PURPOSE: &'static str = "receipts";
}

impl Signed for Now {
    const PURPOSE: &'static str = "now";
}

/// Why an envelope cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Over [`MAX_BYTES`].
    #[error("envelope of over {MAX_BYTES} bytes")]
    TooLarge,
    /// Written by another version.
    #[error("envelope of version {0}; this one reads {VERSION}")]
    Version(u8),
    /// Not an envelope, or its body is no such value.
    #[error("envelope cannot be read")]
    Malformed,
    /// Not signed by the key it names, or not for this purpose and network.
    #[error("signature does not match")]
    Signature,
}

#[derive(Serialize, Deserialize)]
struct Wire<'a> {
    version: u8,
    signer: NodeId,
    #[serde(with = "signature_bytes")]
    signature: [u8; 64],
    body: &'a [u8],
}

/// Signs a value for a network.
pub fn seal<T: Signed>(key: &SigningKey, network: &Network, value: &T) -> Vec<u8> {
    let body = postcard::to_stdvec(value).expect("our own types always serialise");
    let signature = key.sign(&signed_bytes::<T>(VERSION, network, &body));
    let wire = Wire {
        version: VERSION,
        signer: NodeId(key.verifying_key().to_bytes()),
        signature: signature.to_bytes(),
        body: &body,
    };
    postcard::to_stdvec(&wire).expect("our own types always serialise")
}

/// Checks the signature and returns the signer and the value. Whether the signer may say so is the caller's to decide.
pub fn open<T: Signed>(network: &Network, bytes: &[u8]) -> Result<(NodeId, T), EnvelopeError> {
    if bytes.len() > MAX_BYTES {
        return Err(EnvelopeError::TooLarge);
    }
    match bytes.first() {
        Some(&VERSION) => {}
        Some(&other) => return Err(EnvelopeError::Version(other)),
        None => return Err(EnvelopeError::Malformed),
    }
    let wire: Wire<'_> = read_exactly(bytes)?;
    let key = VerifyingKey::from_bytes(&wire.signer.0).map_err(|_| EnvelopeError::Signature)?;
    let signature = Signature::from_bytes(&wire.signature);
    key.verify_strict(
        &signed_bytes::<T>(wire.version, network, wire.body),
        &signature,
    )
    .map_err(|_| EnvelopeError::Signature)?;
    Ok((wire.signer, read_exactly(wire.body)?))
}

fn read_exactly<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, EnvelopeError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(EnvelopeError::Malformed),
    }
}

fn signed_bytes<T: Signed>(version: u8, network: &Network, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(64 + body.len());
    bytes.extend_from_slice(b"spotlight\0");
    bytes.extend_from_slice(&[version, 0]);
    bytes.extend_from_slice(T::PURPOSE.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(network.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(body);
    bytes
}

/// serde knows arrays up to 32 items: a signature travels as two halves.
mod signature_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(bytes: &[u8; 64], serializer: S) -> Result<S::Ok, S::Error> {
        let (mut r, mut s) = ([0; 32], [0; 32]);
        r.copy_from_slice(&bytes[..32]);
        s.copy_from_slice(&bytes[32..]);
        (r, s).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 64], D::Error> {
        let (r, s) = <([u8; 32], [u8; 32])>::deserialize(deserializer)?;
        let mut bytes = [0; 64];
        bytes[..32].copy_from_slice(&r);
        bytes[32..].copy_from_slice(&s);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ReportId;
    use crate::receipt::Outcome;

    fn receipts() -> Vec<Receipt> {
        vec![Receipt {
            id: ReportId::random(),
            outcome: Outcome::Stored,
        }]
    }

    fn network(name: &str) -> Network {
        name.parse().expect("a network name")
    }

    #[test]
    fn what_is_sealed_opens_as_it_was() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let receipts = receipts();
        let bytes = seal(&key, &network("la"), &receipts);
        let (signer, opened) = open::<Vec<Receipt>>(&network("la"), &bytes).expect("opens");
        assert_eq!(signer.0, key.verifying_key().to_bytes());
        assert_eq!(opened, receipts);
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_refused() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let bytes = seal(&key, &network("la"), &receipts());
        for at in 0..bytes.len() {
            let mut forged = bytes.clone();
            forged[at] ^= 0x55;
            assert!(
                open::<Vec<Receipt>>(&network("la"), &forged).is_err(),
                "byte {at}"
            );
            assert!(
                open::<Vec<Receipt>>(&network("la"), &bytes[..at]).is_err(),
                "cut {at}"
            );
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(open::<Vec<Receipt>>(&network("la"), &longer).is_err());
    }

    #[test]
    fn another_network_and_another_purpose_are_refused() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let bytes = seal(&key, &network("la"), &receipts());
        assert_eq!(
            open::<Vec<Receipt>>(&network("sf"), &bytes),
            Err(EnvelopeError::Signature)
        );
        assert_eq!(
            open::<Now>(&network("la"), &bytes),
            Err(EnvelopeError::Signature)
        );
    }

    #[test]
    fn size_and_version_are_bounded() {
        let la = network("la");
        assert_eq!(
            open::<Vec<Receipt>>(&la, &vec![VERSION; MAX_BYTES + 1]),
            Err(EnvelopeError::TooLarge)
        );
        assert_eq!(
            open::<Vec<Receipt>>(&la, &[9]),
            Err(EnvelopeError::Version(9))
        );
        assert_eq!(
            open::<Vec<Receipt>>(&la, &[]),
            Err(EnvelopeError::Malformed)
        );
    }
}
