//! A sender's number. It lives in RAM, is wiped when dropped, and never prints.

use std::fmt;

use zeroize::Zeroizing;

/// A sender in one canonical form, so that one person has one pseudonym whatever the bearer wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Phone(Zeroizing<String>);

impl Phone {
    /// From what a bearer gives: `+12135550100`, `2135550100`, `12135550100/TYPE=PLMN`, or an alphanumeric sender.
    /// National numbers get the node's country code (`1` in North America); E.164 numbers have up to 15 digits.
    pub fn new(address: &str, country_code: &str) -> Self {
        let address = address.split("/TYPE=").next().unwrap_or(address).trim();
        let digits: Zeroizing<String> =
            Zeroizing::new(address.chars().filter(char::is_ascii_digit).collect());
        let is_number = !digits.is_empty()
            && address
                .chars()
                .all(|c| c.is_ascii_digit() || "+-(). ".contains(c));
        let canonical = if !is_number {
            address.to_lowercase()
        } else if address.starts_with('+') {
            format!("+{}", *digits)
        } else if let Some(rest) = digits.strip_prefix("00") {
            format!("+{rest}")
        } else if country_code == "1" && digits.len() == 11 && digits.starts_with('1') {
            format!("+{}", *digits)
        } else if digits.len() <= 6 {
            digits.to_string()
        } else {
            format!("+{country_code}{}", digits.trim_start_matches('0'))
        };
        Self(Zeroizing::new(canonical))
    }

    /// The canonical form, for hashing and for nothing else.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether no person texts from it: short codes and names are machines'; an address is a person's mail.
    pub fn is_machine(&self) -> bool {
        !self.can_be_answered() && !self.0.contains('@')
    }

    /// Whether an answer can reach it: alphanumeric senders and short codes take none.
    pub fn can_be_answered(&self) -> bool {
        self.0.starts_with('+')
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_has_one_form() {
        let expected = Phone::new("+12135550100", "1");
        for written in [
            "12135550100",
            "2135550100",
            "+1 (213) 555-0100",
            "+12135550100/TYPE=PLMN",
            "0012135550100",
        ] {
            assert_eq!(Phone::new(written, "1"), expected);
        }
        assert_eq!(
            Phone::new("02079460000", "44"),
            Phone::new("+442079460000", "44")
        );
    }

    #[test]
    fn short_codes_and_names_take_no_answer_and_nothing_prints() {
        assert!(!Phone::new("72345", "1").can_be_answered());
        assert!(!Phone::new("INFO", "1").can_be_answered());
        for (address, is_machine) in [
            ("72345", true),
            ("INFO", true),
            ("a@b.example", false),
            ("2135550100", false),
        ] {
            assert_eq!(
                Phone::new(address, "1").is_machine(),
                is_machine,
                "{address}"
            );
        }
        assert!(Phone::new("+12135550100", "1").can_be_answered());
        assert_eq!(
            format!("{:?}", Phone::new("+12135550100", "1")),
            "Phone(..)"
        );
    }
}
