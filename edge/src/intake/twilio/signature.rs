//! The signatures of Twilio's webhooks.
//!
//! What is signed is the webhook's URL as Twilio knows it, then each parameter's name and value, by name and value in the
//! order of their bytes, each pair once. `X-Twilio-Signature` is its HMAC in base64: HMAC-SHA1 under the auth token, or,
//! where `X-Twilio-Webhooks-Signature-Settings: key=..,algorithm=..` names an algorithm, that one under the shared key.
//! Twilio signs the URL at times with its port and at times without, so both are right.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::form::Form;

/// The header of the signature.
pub const SIGNATURE: &str = "x-twilio-signature";

/// The header that names key and algorithm where it is not the auth token's.
pub const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// What signs. Never prints.
pub struct Keys {
    /// The account's auth token.
    pub auth_token: Zeroizing<String>,
    /// The secret of the webhooks' shared key, where one is set up.
    pub shared: Option<Zeroizing<String>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
}

impl Keys {
    /// Whether the form came from Twilio: `signature` and `settings` are the two headers' values.
    pub fn signed(&self, url: &str, form: &Form, signature: &str, settings: Option<&str>) -> bool {
        let (key, algorithm) = match (settings.map(str::trim), &self.shared) {
            (None | Some(""), _) => (&self.auth_token, Algorithm::Sha1),
            (Some(settings), Some(shared)) => match algorithm(settings) {
                Some(algorithm) => (shared, algorithm),
                None => return false,
            },
            (Some(_), None) => return false,
        };
        let Ok(signature) = BASE64_STANDARD.decode(signature.trim()) else {
            return false;
        };
        let parameters = form.sorted();
        let mut urls = both(url).into_iter();
        urls.any(|url| match algorithm {
            Algorithm::Sha1 => verify::<Hmac<Sha1>>(key, &url, &parameters, &signature),
            Algorithm::Sha256 => verify::<Hmac<Sha256>>(key, &url, &parameters, &signature),
        })
    }
}

/// The signature of an empty form, in base64, as Twilio makes it with the auth token.
pub fn of_empty_form(auth_token: &str, url: &str) -> String {
    BASE64_STANDARD.encode(
        mac::<Hmac<Sha1>>(auth_token, url, &[])
            .finalize()
            .into_bytes(),
    )
}

/// In time that does not tell where they differ.
fn verify<M: Mac + KeyInit>(
    key: &str,
    url: &str,
    parameters: &[(&str, &str)],
    signature: &[u8],
) -> bool {
    mac::<M>(key, url, parameters)
        .verify_slice(signature)
        .is_ok()
}

fn mac<M: Mac + KeyInit>(key: &str, url: &str, parameters: &[(&str, &str)]) -> M {
    let mut mac =
        <M as KeyInit>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any size");
    mac.update(url.as_bytes());
    for (name, value) in parameters {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

fn algorithm(settings: &str) -> Option<Algorithm> {
    let mut parts = settings.split(',').filter_map(|part| part.split_once('='));
    let (_, name) = parts.find(|(name, _)| name.trim() == "algorithm")?;
    match name.trim().to_ascii_uppercase().as_str() {
        "HMAC_SHA1" => Some(Algorithm::Sha1),
        "HMAC_SHA256" => Some(Algorithm::Sha256),
        _ => None,
    }
}

/// The URL without a port, and with the one that it names or means.
fn both(url: &str) -> [String; 2] {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, port),
        _ => (authority, if scheme == "http" { "80" } else { "443" }),
    };
    [
        format!("{scheme}://{host}{path}"),
        format!("{scheme}://{host}:{port}{path}"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: &str = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/vectors/webhooks/twilio_signature.json"
    );

    fn keys(token: &str) -> Keys {
        Keys {
            auth_token: Zeroizing::new(token.into()),
            shared: Some(Zeroizing::new(token.into())),
        }
    }

    fn form(parameters: &[(&str, &str)]) -> Form {
        Form::read(&super::super::form::write(parameters)).expect("a form")
    }

    #[test]
    fn the_vectors_hold_and_every_change_breaks_them() {
        let vectors = std::fs::read(VECTORS).expect("the shared vectors");
        let vectors: serde_json::Value = serde_json::from_slice(&vectors).expect("JSON");
        let cases = vectors["cases"].as_array().expect("cases");
        assert!(cases.len() >= 10);
        for case in cases {
            let mut parameters = Vec::new();
            for (name, value) in case["params"].as_object().expect("parameters") {
                match value.as_array() {
                    Some(values) => parameters.extend(
                        values
                            .iter()
                            .map(|value| (name.as_str(), value.as_str().expect("text"))),
                    ),
                    None => parameters.push((name.as_str(), value.as_str().expect("text"))),
                }
            }
            let text = |name: &str| case[name].as_str().expect("text");
            let settings = format!("key=1,algorithm={}", text("algorithm"));
            let settings = (text("algorithm") != "HMAC_SHA1").then_some(settings.as_str());
            let (keys, url, signature) = (keys(text("token")), text("url"), text("signature"));
            assert!(
                keys.signed(url, &form(&parameters), signature, settings),
                "{case}"
            );
            // The order of a form does not matter.
            parameters.reverse();
            assert!(
                keys.signed(url, &form(&parameters), signature, settings),
                "{case}"
            );
            let other = match settings {
                None => Some("key=1,algorithm=HMAC_SHA256"),
                Some(_) => None,
            };
            assert!(!keys.signed(url, &form(&parameters), signature, other));
            assert!(!keys.signed(
                &url.replace("https", "http"),
                &form(&parameters),
                signature,
                settings
            ));
            assert!(!super::tests::keys("1234").signed(
                url,
                &form(&parameters),
                signature,
                settings
            ));
            assert!(!keys.signed(url, &form(&parameters), "", settings));
            assert!(!keys.signed(url, &form(&parameters), &signature[1..], settings));
            parameters.push(("Body", "police"));
            assert!(!keys.signed(url, &form(&parameters), signature, settings));
        }
    }

    #[test]
    fn a_port_makes_no_difference() {
        let check = |url: &str, expected: [&str; 2]| assert_eq!(both(url), expected);
        check(
            "https://a.example/x?y=1:2",
            ["https://a.example/x?y=1:2", "https://a.example:443/x?y=1:2"],
        );
        check(
            "https://a.example:8443/x",
            ["https://a.example/x", "https://a.example:8443/x"],
        );
        check(
            "http://a.example?x",
            ["http://a.example?x", "http://a.example:80?x"],
        );
        check(
            "https://[::1]:8443/x",
            ["https://[::1]/x", "https://[::1]:8443/x"],
        );
    }

    #[test]
    fn without_a_shared_key_nothing_signed_by_one_is_believed() {
        let keys = Keys {
            shared: None,
            ..keys("12345")
        };
        for settings in [
            "key=1,algorithm=HMAC_SHA256",
            "key=1,algorithm=HMAC_SHA1",
            "key=1",
            "algorithm=none",
        ] {
            assert!(!keys.signed("https://a.example/", &form(&[]), "AAAA", Some(settings)));
        }
        assert_eq!(format!("{keys:?}"), "Keys(..)");
    }
}
