//! Twilio's ids: two letters and 32 hex digits. A message's id names its sender to whoever has the account: it never
//! prints and never reaches the disk, where its keyed hash stands for it.

use std::fmt;
use std::str::FromStr;

/// An id.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Sid(Box<str>);

/// It is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Twilio id is two letters and 32 hex digits")]
pub struct NoSid;

impl Sid {
    /// As Twilio writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sid {
    type Err = NoSid;

    fn from_str(text: &str) -> Result<Self, NoSid> {
        let (letters, digits) = text.as_bytes().split_at_checked(2).ok_or(NoSid)?;
        let good = letters.iter().all(u8::is_ascii_uppercase)
            && digits.len() == 32
            && digits.iter().all(u8::is_ascii_hexdigit);
        good.then(|| Self(text.into())).ok_or(NoSid)
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sid(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_what_twilio_writes_and_nothing_that_changes_a_path() {
        let good = "MM0123456789abcdef0123456789ABCDEF";
        assert_eq!(
            good.parse::<Sid>().map(|sid| sid.as_str() == good),
            Ok(true)
        );
        for bad in [
            "",
            "MM",
            "é",
            "mm0123456789abcdef0123456789abcdef",
            "MM0123456789abcdef0123456789abcde/",
            "MM0123456789abcdef0123456789abcdef0",
        ] {
            assert_eq!(bad.parse::<Sid>(), Err(NoSid), "{bad}");
        }
        assert_eq!(format!("{:?}", good.parse::<Sid>()), "Ok(Sid(..))");
    }
}
