//! Looking for what must not be there: every file of a folder, byte by byte.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::sms;

/// Bytes that must not occur, and what they are.
pub struct Secret {
    what: String,
    bytes: Vec<u8>,
}

/// A phone number in every form that a careless program would leave it in.
pub fn number(number: &str) -> Vec<Secret> {
    let digits = number.trim_start_matches('+');
    let national = digits.strip_prefix('1').unwrap_or(digits);
    let grouped = format!("{}-{}-{}", &national[..3], &national[3..6], &national[6..]);
    let binary: u64 = digits.parse().expect("a number is digits");
    let utf16 = |text: &str| {
        text.encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect::<Vec<u8>>()
    };
    let secret = |form: &str, bytes: Vec<u8>| Secret {
        what: format!("{number} as {form}"),
        bytes,
    };
    let mut odd = sms::semi_octets(national);
    odd.truncate(national.len() / 2);
    vec![
        secret("digits", national.as_bytes().to_vec()),
        secret("grouped digits", grouped.into_bytes()),
        secret("UTF-16 digits", utf16(national)),
        secret("semi-octets", sms::semi_octets(digits)),
        secret("semi-octets without country", odd),
        secret("hex of semi-octets", hex(&sms::semi_octets(digits)[..5])),
        secret("an integer", binary.to_le_bytes()[..5].to_vec()),
        secret(
            "an integer, high end first",
            binary.to_be_bytes()[3..].to_vec(),
        ),
    ]
}

/// A message's text: each form of the whole and of its beginning.
pub fn text(text: &str) -> Vec<Secret> {
    let secret = |form: &str, bytes: Vec<u8>| Secret {
        what: format!("a text as {form}"),
        bytes,
    };
    let mut secrets = vec![
        secret("UTF-8", text.as_bytes().to_vec()),
        secret("lower case", text.to_lowercase().into_bytes()),
        secret(
            "UTF-16, high end first",
            text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        secret(
            "UTF-16, low end first",
            text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
    ];
    if let Some(septets) = sms::septets(text) {
        let mut packed = sms::pack(&septets, 0);
        packed.pop();
        secrets.push(secret("packed septets", packed.clone()));
        secrets.push(secret("hex of packed septets", hex(&packed)));
    }
    secrets
}

/// A photo: windows of 32 bytes from all over it.
pub fn photo(photo: &[u8]) -> Vec<Secret> {
    let last = photo
        .len()
        .checked_sub(32)
        .expect("a photo has over 32 bytes");
    // Its first kilobyte is header and tables, which other JPEGs share.
    (1..=15)
        .map(|n| last * n / 15)
        .filter(|at| *at >= 1024)
        .map(|at| Secret {
            what: format!("photo bytes at {at}"),
            bytes: photo[at..at + 32].to_vec(),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}

/// Every regular file below a folder, except below those named.
pub fn files(folder: &Path, except: &[&Path]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if except.contains(&folder.as_path()) {
            continue;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(fs::FileType::is_dir) {
                folders.push(path)
            } else if kind.is_ok_and(|kind| kind.is_file()) {
                // A socket holds nothing.
                files.push(path)
            }
        }
    }
    files
}

/// What of the secrets a file holds. Hex is found in either case. Panics at a file that cannot be read.
pub fn found_in(path: &Path, secrets: &[Secret]) -> Vec<String> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        // It went after it was listed: it holds nothing any more.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => panic!("{} cannot be looked into: {error}", path.display()),
    };
    let lower = bytes.to_ascii_lowercase();
    let holds =
        |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).any(|window| window == wanted);
    let found = secrets
        .iter()
        .filter(|secret| holds(&bytes, &secret.bytes) || holds(&lower, &secret.bytes));
    found
        .map(|secret| format!("{}: {}", path.display(), secret.what))
        .collect()
}

/// Fails if one of the files holds one of the secrets.
pub fn assert_none(files: &[PathBuf], secrets: &[Secret]) {
    let found = files.iter().flat_map(|path| found_in(path, secrets));
    let found: Vec<_> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_careless_program_is_found_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("leak");
        let check = |leak: &[u8], secrets: Vec<Secret>, expected: bool| {
            fs::write(&path, leak).expect("a file");
            let found: Vec<_> = files(folder.path(), &[])
                .iter()
                .flat_map(|path| found_in(path, &secrets))
                .collect();
            assert_eq!(!found.is_empty(), expected, "{found:?}");
        };
        let pdu = sms::deliver("+12135550142", "police at the river").remove(0);
        check(pdu.as_bytes(), number("+12135550142"), true);
        check(pdu.as_bytes(), text("police at the river"), true);
        check(b"call 213-555-0142", number("+12135550142"), true);
        check(b"nothing to see", number("+12135550142"), false);
        let mut random = crate::random::Random::new(7);
        let noise: Vec<u8> = (0..40_000).map(|_| random.number() as u8).collect();
        check(&noise[5000..9000], photo(&noise), true);
        check(&noise[..1024], photo(&noise), false);
    }
}
